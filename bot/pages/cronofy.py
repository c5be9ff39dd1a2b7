"""Where Cronofy sends the browser of a person who was asked for permission: `GET /cronofy` (contract of Cronofy, 2.1, 2.5)."""

import asyncio
import re
from collections.abc import Callable, Mapping

import structlog

from bot import events
from bot.accounts import Account
from bot.cronofy.connection import permission
from bot.cronofy.oauth import Cronofy
from bot.errors import (
    AccountTaken,
    CronofyAway,
    CronofyBusy,
    CronofyError,
    CronofyNotReached,
    CronofyRightMissing,
    CronofyUnreadable,
    GrantRefused,
    NotConnected,
    StorageError,
)
from bot.inbox import Entry, Inbox
from bot.pages.page import CODE, Callback, Page, Refused, in_log
from bot.settings import Settings
from bot.states import State
from bot.store import Store
from bot.texts import Texts

log = structlog.get_logger()

# What the authorize page says instead of a code (RFC 6749, 4.1.2.1); it goes into the log.
_ERROR = re.compile(r"[a-z_]{1,64}")

_DONE = Page(200, "cronofy.page-done-title", "cronofy.page-done-text")
_DECLINED = Page(200, "cronofy.page-declined-title", "cronofy.page-declined-text")
_TAKEN = Page(403, "cronofy.page-failed-title", "cronofy.page-taken-text")
_LOST = Page(503, "cronofy.page-failed-title", "cronofy.page-lost-text")
_BROKEN = Page(503, "cronofy.page-failed-title", "cronofy.page-broken-text")
_LACKING: Mapping[frozenset[str], Page] = {
    frozenset({"read_events"}): Page(403, "cronofy.page-failed-title", "cronofy.page-no-reading-text"),
    frozenset({"change_participation_status"}): Page(
        403, "cronofy.page-failed-title", "cronofy.page-no-answering-text"
    ),
    frozenset({"read_events", "change_participation_status"}): Page(
        403, "cronofy.page-failed-title", "cronofy.page-no-rights-text"
    ),
}


class CronofyPage(Callback):
    """Stores the account that a person has connected, and tells them; another one that they had is given back by the news of it."""

    purpose = "cronofy"
    brings = frozenset({"state", "code", "error"})
    gone = Page(400, "cronofy.page-gone-title", "cronofy.page-gone-text")
    used = Page(400, "cronofy.page-used-title", "cronofy.page-used-text")
    later = Page(503, "cronofy.page-later-title", "cronofy.page-later-text")

    def __init__(
        self,
        cronofy: Cronofy,
        settings: Settings,
        store: Store,
        inbox: Inbox,
        texts: Texts,
        clock: Callable[[], float],
        answer_s: float,
    ) -> None:
        super().__init__(settings, store, inbox, texts, clock, answer_s)
        self._cronofy = cronofy

    async def _connect(self, state: State, query: Mapping[str, str], until: float) -> Page:
        self._check(state)
        if self._store.portal(state.portal) is None:
            raise Refused(self.gone, "portal forgotten")
        code = self._code(query)
        if code is None:
            log.info("account.declined", user_id=state.user_id)
            return _DECLINED  # the link still serves: who comes to think otherwise may go back
        await self._use(state, until)
        try:
            async with asyncio.timeout_at(until):
                account = await self._permission(state, code)
                await self._keep(state, account)
        except AccountTaken as error:
            raise Refused(_TAKEN, in_log(error)) from None
        except (StorageError, TimeoutError) as error:
            raise Refused(_LOST, str(error) or "Cronofy or the database are too slow") from None
        log.info("account.linked", user_id=state.user_id)
        return _DONE

    def _code(self, query: Mapping[str, str]) -> str | None:
        """Return the code; None when the person does not agree."""
        error = query.get("error", "")
        if error == "access_denied":
            return None
        if "error" in query:
            raise Refused(_BROKEN, error if _ERROR.fullmatch(error) else "an error")
        code = query.get("code", "")
        if not CODE.fullmatch(code):
            raise Refused(self.gone, "no code")
        return code

    async def _permission(self, state: State, code: str) -> Account:
        url, now = self._settings.cronofy_url, self._clock()
        try:
            return await permission(self._cronofy, state.portal, state.user_id, code, url, now)
        except (CronofyNotReached, CronofyBusy) as error:
            await self._store.states.give_back(state)
            raise Refused(self.later, in_log(error)) from None
        except AccountTaken as error:
            raise Refused(_TAKEN, in_log(error)) from None
        except CronofyRightMissing as error:
            raise Refused(_LACKING.get(error.missing, _BROKEN), str(error)) from None
        except GrantRefused as error:
            raise Refused(self.gone, in_log(error)) from None
        except (CronofyAway, CronofyUnreadable) as error:
            raise Refused(_LOST, in_log(error)) from None
        except CronofyError as error:  # the administrator's business, and in the log as such
            raise Refused(_BROKEN, in_log(error)) from None

    async def _keep(self, state: State, account: Account) -> None:
        """Store the account, and tell the person."""
        now = self._clock()
        former = await self._store.accounts.sub_of(state.portal, state.user_id)
        linked = events.AccountLinked(
            portal=state.portal,
            sent_at=int(now),
            domain=self._settings.portal,
            user_id=state.user_id,
            bot_id=state.bot_id,
            dialog_id=state.dialog_id,
            language=state.language,
            digest=state.digest[:32],
            former="" if former in (None, account.sub) else former,
        )
        news = Entry(linked.key, linked.lane, events.dump(linked), sent_at=linked.sent_at)
        also = [self._store.states.connecting(state, [], now), self._store.accounts.saving(account)]
        try:
            await self._inbox.put(news, also=also)
        except NotConnected as error:
            await self._give_back(account)
            raise Refused(self.gone, str(error)) from None

    async def _give_back(self, account: Account) -> None:
        """Give back what nobody wants any more, unless it is the permission of somebody here."""
        try:
            if await self._store.accounts.of_sub(account.portal, account.sub) is None:
                await self._cronofy.oauth.revoke(account.refresh_token)
        except (CronofyError, StorageError) as error:
            log.warning("account.not-revoked", user_id=account.user_id, reason=type(error).__name__)
