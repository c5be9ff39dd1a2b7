"""Where Bitrix24 sends the browser of a person who was asked for permission: `GET /bitrix24` (contract B.1)."""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from bot import events
from bot.bitrix24.connection import permission
from bot.bitrix24.oauth import Bitrix24
from bot.errors import (
    AuthorizationLost,
    BitrixError,
    NotConnected,
    NotProven,
    NotReached,
    StorageError,
    Unavailable,
)
from bot.inbox import Entry, Inbox
from bot.pages.page import CODE, Callback, Page, Refused, in_log
from bot.settings import Settings
from bot.states import STATE_S, State, Waiting
from bot.store import Portal, Store
from bot.texts import Texts
from bot.tokens import TokenPair

log = structlog.get_logger()


_DONE = Page(200, "connect.page-done-title", "connect.page-done-text")
_OTHER = Page(403, "connect.page-other-title", "connect.page-other-text")
_LOST = Page(503, "connect.page-lost-title", "connect.page-lost-text")
_BROKEN = Page(503, "connect.page-broken-title", "connect.page-broken-text")


class Bitrix24Page(Callback):
    """Stores a person's pair, tells them, and carries out the commands that waited for it."""

    purpose = "bitrix24"
    brings = frozenset({"state", "code"})
    gone = Page(400, "connect.page-gone-title", "connect.page-gone-text")
    used = Page(400, "connect.page-used-title", "connect.page-used-text")
    later = Page(503, "connect.page-later-title", "connect.page-later-text")

    def __init__(
        self,
        bitrix24: Bitrix24,
        settings: Settings,
        store: Store,
        inbox: Inbox,
        texts: Texts,
        clock: Callable[[], float],
        answer_s: float,
    ) -> None:
        super().__init__(settings, store, inbox, texts, clock, answer_s)
        self._bitrix24 = bitrix24

    async def _connect(self, state: State, query: Mapping[str, str], until: float) -> Page:
        portal, code = self._examine(state, query)
        await self._use(state, until)
        try:
            async with asyncio.timeout_at(until):
                pair = await self._permission(portal, state, code)
                await self._keep(state, pair)
        except NotConnected as error:
            raise Refused(self.gone, str(error)) from None
        except (StorageError, TimeoutError) as error:
            raise Refused(_LOST, str(error) or "portal, authorization server or database are too slow") from None
        log.info("person.connected", user_id=state.user_id)
        return _DONE

    def _examine(self, state: State, query: Mapping[str, str]) -> tuple[Portal, str]:
        """Return the portal and the code, if the request can be what the portal sent."""
        self._check(state)
        portal, code = self._store.portal(state.portal), query.get("code", "")
        if portal is None or not CODE.fullmatch(code):
            raise Refused(self.gone, "no code" if portal else "portal forgotten")
        domain, member_id = query.get("domain"), query.get("member_id")
        if domain is not None and domain.lower() != self._settings.portal:
            raise Refused(self.gone, "another portal than the pinned one")
        if member_id not in (None, portal.member_id):
            raise Refused(self.gone, "another member_id than the pinned one")
        return portal, code

    async def _permission(self, portal: Portal, state: State, code: str) -> TokenPair:
        try:
            return await permission(self._bitrix24, portal, self._settings.portal, state.user_id, code)
        except NotReached as error:
            await self._store.states.give_back(state)
            raise Refused(self.later, in_log(error)) from None
        except NotProven as error:
            raise Refused(_OTHER, str(error)) from None
        except AuthorizationLost as error:
            raise Refused(self.gone, in_log(error)) from None
        except Unavailable as error:
            raise Refused(_LOST, in_log(error)) from None
        except BitrixError as error:  # the administrator's business, and in the log as such
            raise Refused(_BROKEN, in_log(error)) from None

    async def _keep(self, state: State, pair: TokenPair) -> None:
        """Store the pair, tell the person, and put what waited back into the inbox, younger than ten minutes as it must be."""
        now = self._clock()
        commands = await self._store.states.waiting(state.portal, state.user_id)
        oldest = now - min(STATE_S, self._settings.max_event_age)
        timely = [command for command in commands if command.sent_at >= oldest]
        connected = events.Connected(
            portal=state.portal,
            sent_at=int(now),
            domain=self._settings.portal,
            user_id=state.user_id,
            bot_id=state.bot_id,
            dialog_id=state.dialog_id,
            language=state.language,
            too_late=len(timely) < len(commands),
            digest=state.digest[:32],
        )
        # The news first: it counts as sent when the first of the commands was.
        news_at = min([int(now), *(command.sent_at for command in timely)])
        news = Entry(connected.key, connected.lane, events.dump(connected), sent_at=news_at)
        await self._inbox.put(
            news,
            *(_again(command, connected.lane) for command in timely),
            also=[
                self._store.states.connecting(state, commands, now),
                self._store.tokens.saving(state.portal, pair, even_if_older=True),
            ],
        )


def _again(command: Waiting, lane: str) -> Entry:
    return Entry(f"{command.key}:connected", lane, command.body, command.message_id, command.sent_at)
