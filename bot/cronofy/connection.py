"""From the code that a browser brought to an account that one person may use (sections 2.3, 2.5)."""

import asyncio
import secrets

import structlog

from bot.accounts import Account
from bot.cronofy.authorization import Grant
from bot.cronofy.methods.identity import USERINFO, read_identity
from bot.cronofy.oauth import Cronofy
from bot.errors import AccountTaken, CronofyError, CronofyRightMissing

log = structlog.get_logger()

# So long somebody who waits for a page waits for their zone as well.
_ZONE_S = 4.0


async def permission(cronofy: Cronofy, portal: str, user_id: int, code: str, redirect_uri: str, now: float) -> Account:
    """Exchange `code`, and return the account as it is to be stored (`Accounts.saving`); nothing is stored yet.

    Raises:
        AccountTaken: it is another person's here. What they have granted is left alone: it is the same permission.
        CronofyRightMissing: something that we need was not granted.
        GrantRefused, CronofyRefusesUs, CronofyAway, CronofyUnreadable: as from `OAuthClient.exchange`.
    """
    grant = await cronofy.oauth.exchange(code, redirect_uri)
    former = await cronofy.accounts.of_sub(portal, grant.sub)
    if former is not None and former.user_id != user_id:
        raise AccountTaken(method="oauth.token")
    if grant.missing:
        if former is None:
            await _give_back(cronofy, grant)
        without = f"without {' '.join(sorted(grant.missing))}"
        raise CronofyRightMissing(without, method="oauth.token", missing=grant.missing)
    return Account(
        portal=portal,
        user_id=user_id,
        sub=grant.sub,
        access_token=grant.access_token,
        refresh_token=grant.refresh_token,
        scope=grant.scope,
        zone=await _zone(cronofy, grant),
        push_key=secrets.token_urlsafe(24) if former is None else former.push_key,
        made_at=int(now),
        channel_id=None if former is None else former.channel_id,
    )


async def _zone(cronofy: Cronofy, grant: Grant) -> str:
    """Ask for the zone; the code is spent, so nothing that goes wrong here undoes the connection."""
    try:
        async with asyncio.timeout(_ZONE_S):
            return read_identity(await cronofy.rest.call(USERINFO, grant.access_token)).zone
    except (CronofyError, TimeoutError):
        return ""


async def _give_back(cronofy: Cronofy, grant: Grant) -> None:
    """Give back a permission that is of no use."""
    try:
        await cronofy.oauth.revoke(grant.refresh_token)
    except CronofyError as error:
        log.warning("account.not-revoked", reason=type(error).__name__)
