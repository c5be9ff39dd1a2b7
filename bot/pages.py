"""The page that a browser is sent to with a code (contract B.1): `GET /bitrix24`.

Whoever opens it may be anybody, so it believes nothing but what the authorization server says about the code, and tells nothing but
what the person has to do next. A state is marked as used before its code is sent, so that of two requests one is served; only when
nobody took the code does it serve again. The pair, the news for the person and the commands that waited are stored in one transaction:
a kill leaves either nothing of it or all of it.
"""

import asyncio
import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import escape

import structlog
from aiohttp import web

from bot import events
from bot.bitrix24.connection import permission
from bot.bitrix24.oauth import Bitrix24
from bot.errors import (
    AuthorizationLost,
    BitrixError,
    BotError,
    NotConnected,
    NotProven,
    NotReached,
    StorageError,
    Unavailable,
)
from bot.inbox import Entry, Inbox
from bot.settings import Settings
from bot.states import STATE_S, State, Waiting
from bot.store import Portal, Store, TokenPair
from bot.texts import Texts

log = structlog.get_logger()

_CODE = re.compile(r"[!-~]{1,512}")
_PREFERENCE = re.compile(r"([a-z]{2,3})(?:-[a-z0-9-]+)?\s*(?:;\s*q=(0(?:\.[0-9]{1,3})?|1(?:\.0{1,3})?))?\s*(?:,|$)")

_HEADER = 200  # characters of a header that are looked at

_STYLE = "body{font:16px/1.5 system-ui;max-width:36em;margin:15vh auto;padding:0 1em}"
_HTML = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{style}</style></head><body><h1>{title}</h1><p>{text}</p></body></html>
"""
_STYLE_HASH = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class _Page:
    status: int
    title: str
    text: str


_ABOUT = _Page(200, "connect.page-about-title", "connect.page-about-text")
_DONE = _Page(200, "connect.page-done-title", "connect.page-done-text")
_GONE = _Page(400, "connect.page-gone-title", "connect.page-gone-text")
_USED = _Page(400, "connect.page-used-title", "connect.page-used-text")
_OTHER = _Page(403, "connect.page-other-title", "connect.page-other-text")
_LATER = _Page(503, "connect.page-later-title", "connect.page-later-text")
_LOST = _Page(503, "connect.page-lost-title", "connect.page-lost-text")
_BROKEN = _Page(503, "connect.page-broken-title", "connect.page-broken-text")


class _Refused(Exception):
    """Nothing was stored. The reason is for the log alone."""

    def __init__(self, page: _Page, reason: str) -> None:
        super().__init__(reason)
        self.page = page


class Pages:
    def __init__(
        self,
        settings: Settings,
        store: Store,
        inbox: Inbox,
        bitrix24: Bitrix24,
        texts: Texts,
        clock: Callable[[], float],
        store_s: float,
    ) -> None:
        self._settings = settings
        self._store = store
        self._inbox = inbox
        self._bitrix24 = bitrix24
        self._texts = texts
        self._clock = clock
        self._store_s = store_s

    async def show(self, request: web.Request) -> web.Response:
        """Connect the person whose browser brought a state and a code; without either, say what this address is."""
        query, language = request.query, _preferred(request.headers.get("Accept-Language", ""), self._texts)
        if "state" not in query and "code" not in query:
            return self._render(_ABOUT, language)
        state: State | None = None
        try:
            state = await self._find(query)
            page = await self._connect(state, query)
        except (_Refused, StorageError, TimeoutError) as error:
            page = error.page if isinstance(error, _Refused) else _LATER
            reason = str(error) or type(error).__name__
            log.warning("connection.refused", status=page.status, reason=reason, user_id=state and state.user_id)
        return self._render(page, state.language if state else language)

    async def _find(self, query: Mapping[str, str]) -> State:
        async with asyncio.timeout(self._store_s):
            state = await self._store.states.find(query.get("state", ""))
        if state is None:
            raise _Refused(_GONE, "unknown state")
        return state

    async def _connect(self, state: State, query: Mapping[str, str]) -> _Page:
        portal, code = self._examine(state, query)
        async with asyncio.timeout(self._store_s):
            if not await self._store.states.use(state, self._clock()):
                raise _Refused(_USED, "used state")
        pair = await self._permission(portal, state, code)
        try:
            async with asyncio.timeout(self._store_s):
                await self._keep(state, pair)
        except NotConnected as error:
            raise _Refused(_GONE, str(error)) from None
        except (StorageError, TimeoutError) as error:
            raise _Refused(_LOST, str(error) or "the database does not answer") from None
        log.info("person.connected", user_id=state.user_id)
        return _DONE

    def _examine(self, state: State, query: Mapping[str, str]) -> tuple[Portal, str]:
        """Return the portal and the code, if the request can be what the portal sent."""
        if state.used_at is not None:
            raise _Refused(_USED, "used state")
        if int(self._clock()) > state.expires_at:
            raise _Refused(_GONE, "expired state")
        portal, code = self._store.portal(state.portal), query.get("code", "")
        if portal is None or not _CODE.fullmatch(code):
            raise _Refused(_GONE, "no code" if portal else "portal forgotten")
        domain, member_id = query.get("domain"), query.get("member_id")
        if domain is not None and domain.lower() != self._settings.portal:
            raise _Refused(_GONE, "another portal than the pinned one")
        if member_id not in (None, portal.member_id):
            raise _Refused(_GONE, "another member_id than the pinned one")
        return portal, code

    async def _permission(self, portal: Portal, state: State, code: str) -> TokenPair:
        try:
            return await permission(self._bitrix24, portal, self._settings.portal, state.user_id, code)
        except NotReached as error:
            await self._store.states.give_back(state)
            raise _Refused(_LATER, _in_log(error)) from None
        except NotProven as error:
            raise _Refused(_OTHER, str(error)) from None
        except AuthorizationLost as error:
            raise _Refused(_GONE, _in_log(error)) from None
        except Unavailable as error:
            raise _Refused(_LOST, _in_log(error)) from None
        except BitrixError as error:  # the administrator's business, and in the log as such
            raise _Refused(_BROKEN, _in_log(error)) from None

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
                self._store.saving_tokens(state.portal, pair, even_if_older=True),
            ],
        )

    def _render(self, page: _Page, language: str | None) -> web.Response:
        spoken = self._texts.language(language)
        html = _HTML.format(
            language=escape(spoken),
            title=escape(self._texts.say(spoken, page.title)),
            text=escape(self._texts.say(spoken, page.text)),
            style=_STYLE,
        )
        return web.Response(status=page.status, text=html, content_type="text/html", headers=_HEADERS)


def _again(command: Waiting, lane: str) -> Entry:
    return Entry(f"{command.key}:connected", lane, command.body, command.message_id, command.sent_at)


def _in_log(error: BotError) -> str:
    return f"{type(error).__name__} {getattr(error, 'code', '')}".strip()


def _preferred(header: str, texts: Texts) -> str | None:
    """Return the language of ours that a browser likes best; None when it names none of them."""
    wishes = sorted(_PREFERENCE.findall(header.lower()[:_HEADER]), key=lambda wish: -float(wish[1] or 1))
    return next((name for name, weight in wishes if float(weight or 1) and texts.language(name) == name), None)
