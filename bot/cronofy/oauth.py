"""Tokens: which to use for whom, and how to renew them (section 2.4).

An access token is refreshed only after Cronofy refused it, one refresh at a time per account, whichever replica needs it; others
wait for its result.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import structlog

from bot.accounts import Account, Accounts
from bot.cronofy.authorization import OAuthClient
from bot.cronofy.methods import channels
from bot.cronofy.rest import Call, RestClient
from bot.errors import AccessRefused, CronofyError, GrantRefused, LinkBroken, NotLinked
from bot.metrics import Metrics
from bot.patience import until_stored
from bot.settings import CronofyApp
from bot.sharing import Alone, Sharing

log = structlog.get_logger()


class Cronofy:
    """Everything needed to act on one data centre, for one deployment."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        app: CronofyApp,
        accounts: Accounts,
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
        *,
        sharing: Sharing | None = None,
        hold: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.app = app
        self.accounts = accounts
        self.sharing = sharing or Alone()
        self.rest = RestClient(transport, app, metrics, clock, sharing=self.sharing, hold=hold)
        self.oauth = OAuthClient(self.rest, app)

    def as_account(self, portal: str, user_id: int) -> "AsAccount":
        """Return the means to act with the account that a person has connected."""
        return AsAccount(self, portal, user_id)

    async def working(self, portal: str, user_id: int) -> Account:
        """Return a person's account.

        Raises:
            NotLinked: they have connected none.
            LinkBroken: they have to connect it again.
        """
        account = await self.accounts.find(portal, user_id)
        if account is None:
            raise NotLinked
        if account.state == "broken":
            raise LinkBroken
        return account

    async def instead_of(self, refused: Account) -> Account:
        """Return the account with tokens that Cronofy has not refused: what somebody stored meanwhile, or else refreshed ones.

        Raises:
            NotLinked: it was forgotten meanwhile.
            LinkBroken: the permission is gone; the account is marked as broken.
            CronofyError: it cannot be told now.
        """
        async with self.sharing.turn(f"account {refused.portal} {refused.user_id}"):
            stored = await self.working(refused.portal, refused.user_id)
            if stored.access_token != refused.access_token:
                return stored
            try:
                renewed = await self.oauth.refresh(stored)
            except GrantRefused as error:
                log.info("account.broken", user_id=stored.user_id)
                await self.accounts.break_(stored)
                raise LinkBroken(method=error.method, code=error.code) from None
            if not await until_stored(self.accounts.renew, stored, renewed):  # the former ones may be used up
                return await self.working(refused.portal, refused.user_id)
            log.info("account.refreshed", user_id=stored.user_id)
            return renewed

    async def unlink(self, account: Account) -> bool:
        """Give the permission back and forget the account; False when Cronofy could not be told, so that it stays there."""
        revoked = True
        try:
            await self._revoke(account)
        except CronofyError as error:
            log.warning("account.not-revoked", user_id=account.user_id, reason=type(error).__name__)
            revoked = False
        await self.accounts.forget(account)
        return revoked

    async def revoke_all(self, portal: str) -> None:
        """Give back the permissions of all accounts of a portal; nothing is forgotten here.

        Raises:
            CronofyError: it takes no more of them.
        """
        for account in await self.accounts.of_portal(portal):
            await self._revoke(account)

    async def _revoke(self, account: Account) -> None:
        """Give a permission back, after closing the channel of the account."""
        if account.channel_id is not None:
            try:
                await channels.delete(self.as_account(account.portal, account.user_id), account.channel_id)
            except CronofyError as error:  # Cronofy itself closes one that nobody answers for a day
                log.info("channel.not-closed", user_id=account.user_id, reason=type(error).__name__)
            # Closing may have renewed the tokens.
            account = await self.accounts.of_sub(account.portal, account.sub) or account
        if account.refresh_token:
            await self.oauth.revoke(account.refresh_token)
        else:
            await self.oauth.revoke_account(account.sub)


class AsAccount:
    """Calls with the tokens of the account that one person has connected."""

    def __init__(self, cronofy: Cronofy, portal: str, user_id: int) -> None:
        self._cronofy = cronofy
        self._portal = portal
        self._user_id = user_id

    async def call(self, call: Call) -> Any:
        """Make a call, once more with fresh tokens when Cronofy does not accept those that there are.

        Raises:
            NotLinked: there is no account.
            LinkBroken: its permission is gone.
            CronofyError: see `RestClient.call`.
        """
        account = await self._cronofy.working(self._portal, self._user_id)
        try:
            return await self._cronofy.rest.call(call, account.access_token)
        except AccessRefused:
            account = await self._cronofy.instead_of(account)
        return await self._cronofy.rest.call(call, account.access_token)

    def page(self, call: Call, address: str) -> Call:
        """Return the call for a further page of an answer; raises CronofyUnreadable as `RestClient.page`."""
        return self._cronofy.rest.page(call, address)

    async def granted(self) -> frozenset[str]:
        """Return what the person has granted."""
        account = await self._cronofy.working(self._portal, self._user_id)
        return frozenset(account.scope.split())
