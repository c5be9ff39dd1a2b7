"""The channels through which Cronofy tells of changes, one for each account that a person has connected (contract of Cronofy, 8).

Everything works without them, only later: a push is a hint to read what would be read anyway. So whatever goes wrong here is
left to the next round. Cronofy closes a channel that was not answered for a day, and tells nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.accounts import Account
from bot.cronofy.methods import channels
from bot.cronofy.oauth import Cronofy
from bot.errors import CronofyError, CronofyGone, CronofyLocked, CronofyRightMissing, NotLinked, StorageError
from bot.settings import Settings
from bot.store import Store

log = structlog.get_logger()

_HOUR_S = 3600
_HOURS = 24
# Between accounts, each of which costs some of the 500 requests a minute that all that we do has to share.
_PAUSE_S = 1.0
# Characters of `Account.push_key`.
_KEY_LENGTH = 32
# Trouble of one account; any other would meet the next one too.
_OF_ONE = (NotLinked, CronofyLocked, CronofyRightMissing, CronofyGone)


def push_address(settings: Settings, push_key: str) -> str:
    """Return where Cronofy tells of changes in the account that has the key."""
    return f"{settings.cronofy_url}/events?key={push_key}"


def longest_public_url(settings: Settings) -> int | None:
    """Return how many characters the public address may have, if it has more; None when it leaves room for a key."""
    excess = len(push_address(settings, "k" * _KEY_LENGTH)) - channels.MAX_ADDRESS
    return len(settings.public_url) - excess if excess > 0 else None


class Channels:
    """Sees to the channels of all accounts; every part of it may be repeated.

    Args:
        cronofy: Whom to ask.
        settings: Where we are reached.
        store: Whose accounts they are.
        sleep: Waits between accounts and between rounds.
    """

    def __init__(
        self,
        cronofy: Cronofy,
        settings: Settings,
        store: Store,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._cronofy = cronofy
        self._settings = settings
        self._store = store
        self._sleep = sleep

    async def try_to_open(self, portal: str, user_id: int) -> CronofyError | None:
        """See that the account of a person has its channel; return what was in the way, which is a line of log and no more."""
        if longest_public_url(self._settings) is not None:
            return None
        try:
            await self._open(portal, user_id)
        except CronofyError as error:
            log.info("channel.not-opened", user_id=user_id, reason=type(error).__name__)
            return error
        return None

    async def _open(self, portal: str, user_id: int) -> None:
        """Take the channel that leads to us, or else open one: nobody knows what came of a former attempt."""
        async with self._cronofy.sharing.turn(f"channel {portal} {user_id}"):
            await self._open_in_turn(portal, user_id)

    async def _open_in_turn(self, portal: str, user_id: int) -> None:
        account = await self._cronofy.working(portal, user_id)
        as_account, address = self._cronofy.as_account(portal, user_id), push_address(self._settings, account.push_key)
        listed = await channels.listing(as_account)
        channel = next((one for one in listed if one.callback_url == address), None)
        if channel is None:
            await self._store.accounts.listen(account, None)  # whatever comes of the next call
            channel = await channels.create(as_account, address)
        elif channel.channel_id == account.channel_id:
            return
        await self._store.accounts.listen(account, channel.channel_id)
        log.info("channel.opened", user_id=user_id)

    async def look_after(self, hour: int | None) -> None:
        """See to the accounts whose turn it is in an hour of the day (UTC), or with None to those that have no channel."""
        portals = [portal.member_id for portal in self._store.all_portals()]
        accounts = [account for portal in portals for account in await self._store.accounts.of_portal(portal)]
        for account in filter(lambda one: _is_due(one, hour), accounts):
            error = await self.try_to_open(account.portal, account.user_id)
            if error is not None and not isinstance(error, _OF_ONE):
                return
            await self._sleep(_PAUSE_S)

    async def keep(self, clock: Callable[[], float]) -> None:
        """Look after channels forever: first after those that are missing, then after each one once a day."""
        if (longest := longest_public_url(self._settings)) is not None:
            log.warning("channels.impossible", reason=f"STATUSBOT_PUBLIC_URL has more than {longest} characters")
            return
        hour = None
        while True:
            try:
                await self.look_after(hour)
            except StorageError as error:
                log.warning("channels.not-kept", reason=str(error))
            except Exception:
                log.exception("channels.not-kept")
            await self._sleep(_HOUR_S - clock() % _HOUR_S + 1)  # well within the next hour
            hour = int(clock() // _HOUR_S) % _HOURS


def _is_due(account: Account, hour: int | None) -> bool:
    if account.state == "broken":
        return False
    return account.channel_id is None if hour is None else account.user_id % _HOURS == hour
