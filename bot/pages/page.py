"""What the pages have in common on which people arrive with a state and a code: words, headers, and the order of events.

A state is marked as used before its code is sent, so that of two requests one is served; only when nobody took the code does it
serve again.
"""

import asyncio
import base64
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import ClassVar

import structlog
from aiohttp import web

from bot.errors import BotError, StorageError
from bot.inbox import Inbox
from bot.settings import Settings
from bot.states import Purpose, State
from bot.store import Store
from bot.texts import Texts

log = structlog.get_logger()

CODE = re.compile(r"[!-~]{1,512}")  # what may be one

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
class Page:
    status: int
    title: str
    text: str


_ABOUT = Page(200, "connect.page-about-title", "connect.page-about-text")


class Refused(Exception):
    """Nothing was stored. The reason is for the log alone."""

    def __init__(self, page: Page, reason: str) -> None:
        super().__init__(reason)
        self.page = page


class Callback(ABC):
    """A page that a browser is sent to after a person was asked for permission.

    Attributes:
        purpose: Of the links that lead here; others are unknown.
        brings: Parameters of which one is there when somebody was sent; without any the page says what this address is.
        gone: For a state that is unknown or expired.
        used: For one that has served.
        later: For a database that does not answer in time, while nothing has happened yet.
    """

    purpose: ClassVar[Purpose]
    brings: ClassVar[frozenset[str]]
    gone: ClassVar[Page]
    used: ClassVar[Page]
    later: ClassVar[Page]

    def __init__(
        self, settings: Settings, store: Store, inbox: Inbox, texts: Texts, clock: Callable[[], float], answer_s: float
    ) -> None:
        self._settings = settings
        self._store = store
        self._inbox = inbox
        self._texts = texts
        self._clock = clock
        self._answer_s = answer_s

    async def show(self, request: web.Request) -> web.Response:
        """Connect the person whose browser brought a state and a code; without either, say what this address is."""
        query, language = request.query, _preferred(request.headers.get("Accept-Language", ""), self._texts)
        if not self.brings & query.keys():
            return self._render(_ABOUT, language)
        state: State | None = None
        until = asyncio.get_running_loop().time() + self._answer_s
        try:
            async with asyncio.timeout_at(until):
                state = await self._find(query)
            page = await self._connect(state, query, until)
        except (Refused, StorageError, TimeoutError) as error:
            page = error.page if isinstance(error, Refused) else self.later
            reason = str(error) or type(error).__name__
            log.warning("connection.refused", status=page.status, reason=reason, user_id=state and state.user_id)
        return self._render(page, state.language if state else language)

    @abstractmethod
    async def _connect(self, state: State, query: Mapping[str, str], until: float) -> Page:
        """Do what the state was given out for, by `until` on the loop's clock.

        Raises:
            Refused: it is not done, and the page says what to do.
            StorageError, TimeoutError: it is not done, and nothing has happened.
        """

    async def _find(self, query: Mapping[str, str]) -> State:
        state = await self._store.states.find(query.get("state", ""), self.purpose)
        if state is None:
            raise Refused(self.gone, "unknown state")
        return state

    def _check(self, state: State) -> None:
        """Refuse a state that serves no more, or never did: of a portal that is not the pinned one."""
        if not self._settings.admits(state.portal):
            raise Refused(self.gone, "another member_id than the pinned one")
        if state.used_at is not None:
            raise Refused(self.used, "used state")
        if int(self._clock()) > state.expires_at:
            raise Refused(self.gone, "expired state")

    async def _use(self, state: State, until: float) -> None:
        async with asyncio.timeout_at(until):
            if not await self._store.states.use(state, self._clock()):
                raise Refused(self.used, "used state")

    def _render(self, page: Page, language: str | None) -> web.Response:
        spoken = self._texts.language(language)
        html = _HTML.format(
            language=escape(spoken),
            title=escape(self._texts.say(spoken, page.title)),
            text=escape(self._texts.say(spoken, page.text)),
            style=_STYLE,
        )
        return web.Response(status=page.status, text=html, content_type="text/html", headers=_HEADERS)


def in_log(error: BotError) -> str:
    """Return an error without its message, which may hold texts of others."""
    return f"{type(error).__name__} {getattr(error, 'code', '')}".strip()


def _preferred(header: str, texts: Texts) -> str | None:
    """Return the language of ours that a browser likes best; None when it names none of them."""
    wishes = sorted(_PREFERENCE.findall(header.lower()[:_HEADER]), key=lambda wish: -float(wish[1] or 1))
    return next((name for name, weight in wishes if float(weight or 1) and texts.language(name) == name), None)
