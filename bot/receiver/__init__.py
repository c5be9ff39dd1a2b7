"""The public routes: what the portal and Cronofy post is read, proven, stored, and only then answered with 200.

Anyone can post here. Nothing of a body is believed before its application token was compared with that of the installation, or,
for an installation itself, before the pinned portal has confirmed its token (contract A.3), or, for a push of Cronofy, before its
signature was compared. No address from a body is ever called.
"""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiolimiter import AsyncLimiter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot import events
from bot.admission import is_typed, reason_to_ignore, reason_to_refuse
from bot.bitrix24.authorization import choose_server
from bot.bitrix24.connection import WithToken
from bot.bitrix24.methods import app as app_methods
from bot.bitrix24.oauth import Bitrix24
from bot.cronofy.oauth import Cronofy
from bot.database import Work
from bot.errors import BitrixError, ForeignEvent, MalformedBody, StorageError, Unavailable
from bot.inbox import Entry, Inbox
from bot.inbox.room import look_for_room
from bot.metrics import Metrics
from bot.pages import Bitrix24Page, CronofyPage
from bot.patience import Patience
from bot.receiver.pushes import Pushes
from bot.receiver.requests import MAX_BODY, Taking, answering, log_refusals, quiet_malformed, read_body, traced
from bot.settings import Settings
from bot.sharing import Alone
from bot.store import Portal, Store
from bot.texts import Texts
from bot.tokens import TokenPair

log = structlog.get_logger()

__all__ = ["MAX_BODY", "Receiver"]

BODY_S = 30.0  # a slower body is given up
ANSWER_S = 9.0  # what takes longer, once the body is there, is answered 503, within 10 s
_FORM = "application/x-www-form-urlencoded"
# A pair of the bot's own tokens comes with every event; a new one is stored only when it lives this much longer.
_BOT_TOKENS_S = 600
# Installations that reach the portal to be verified: a flood of forged ones must not use up its quota.
_VERIFICATIONS_PER_MINUTE = 20


class Receiver:
    def __init__(
        self,
        settings: Settings,
        store: Store,
        inbox: Inbox,
        bitrix24: Bitrix24,
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
        *,
        texts: Texts,
        cronofy: Cronofy | None = None,
        body_s: float = BODY_S,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._settings = settings
        self._store = store
        self._inbox = inbox
        self._bitrix24 = bitrix24
        self._metrics = metrics
        self._clock = clock
        self._body_s = body_s
        self._answer_s = answer_s
        # An attempt that begins within this most often ends in time, so that the log can tell why it failed.
        self._insistently = Patience(on=StorageError, within_s=0.7 * answer_s, wait_initial=0.1, wait_max=1.0)
        self._turns = Alone()
        self._has_refused = False  # an event could not be stored, and since then none has been
        page = Bitrix24Page(bitrix24, settings, store, inbox, texts, clock, answer_s)
        self._pages = {"/bitrix24": page.show}
        self._posts = {
            "/bitrix24/install": answering(self._of_form(self._install)),
            "/bitrix24/events": answering(self._of_form(self._events)),
        }
        if cronofy is not None:
            self._pages["/cronofy"] = CronofyPage(cronofy, settings, store, inbox, texts, clock, answer_s).show
            pushes = Pushes(cronofy, inbox, metrics, clock, body_s=body_s, answer_s=answer_s)
            self._posts["/cronofy/events"] = answering(pushes.take)
        self._verifications = AsyncLimiter(_VERIFICATIONS_PER_MINUTE, 60)
        self._bot_tokens: dict[tuple[str, int], int] = {}

    def app(self) -> web.Application:
        quiet_malformed()
        middlewares = [traced({*self._posts, *self._pages}, self._clock), log_refusals]
        app = web.Application(client_max_size=MAX_BODY, middlewares=middlewares)
        for path, take in self._posts.items():
            app.router.add_post(path, take)
        for path, show in self._pages.items():
            # A look at the head of the page must not use its code up.
            app.router.add_get(path, show, allow_head=False)
        app.router.add_get("/health/live", _live)
        app.router.add_get("/health/ready", self._ready)
        app.router.add_get("/metrics", self._show_metrics)
        return app

    # --- requests to events

    def _of_form(self, take: Callable[[events.Tree], Awaitable[None]]) -> Taking:
        """Return what takes requests whose body is a form."""

        async def read(request: web.Request) -> None:
            if request.content_type != _FORM:
                raise web.HTTPUnsupportedMediaType(text=f"the body must be {_FORM}\n")
            tree = events.parse_form(await read_body(request, self._body_s))
            async with asyncio.timeout(self._answer_s):
                await take(tree)

        return read

    async def _events(self, tree: events.Tree) -> None:
        if events.event_name(tree) == "ONAPPINSTALL":
            await self._install(tree)
            return
        portal = await self._prove(tree)
        found = events.decode(tree, portal=portal.member_id)
        for event in found:
            self._metrics.events.labels(event.kind).inc()
        wanted = [self._dated(event) for event in found if self._is_wanted(event)]
        if not wanted:
            return
        bot_pair = await self._bot_pair(tree, portal)
        pairs = [pair for pair in (self._author_pair(tree, wanted[0]), bot_pair) if pair is not None]
        also = [self._store.tokens.saving(portal.member_id, pair) for pair in pairs]
        await self._put(*wanted, also=also)
        if bot_pair is not None:
            self._bot_tokens[portal.member_id, bot_pair.user_id] = bot_pair.expires_at

    async def _put(self, *found: events.Event, also: Sequence[Work[Any]]) -> None:
        """Store events, and what comes with them, trying again while there is time: nobody delivers them a second time.

        Raises:
            StorageError: they could not be stored.
        """
        # In the order in which they came: what a person says next may be about what they have said before.
        try:
            async with self._turns.turn(found[0].lane):
                await self._insistently(self._inbox.put, *map(_entry, found), also=also)
        except (StorageError, asyncio.CancelledError):  # the latter when time is up
            self._has_refused = True
            raise
        self._has_refused = False

    async def _prove(self, tree: events.Tree) -> Portal:
        """Return the installation that a body comes from, which another replica may have verified just now.

        Raises:
            ForeignEvent: we do not know it, or the body does not carry its token.
            StorageError, SettingsError: we could not look.
        """
        try:
            return self._proven(tree)
        except ForeignEvent:
            await self._store.look_again()
        return self._proven(tree)

    def _proven(self, tree: events.Tree) -> Portal:
        name, token = events.member_id(tree), (events.application_token(tree) or "").encode()
        # A body with minimal `auth` need not name its portal (contract E.2); the token tells.
        portals = [portal for portal in self._store.all_portals() if self._settings.admits(portal.member_id)]
        known = [portal for portal in portals if name in (None, portal.member_id)]
        proven = [portal for portal in known if hmac.compare_digest(token, portal.application_token.encode())]
        if not proven:
            raise ForeignEvent("wrong application token" if known else "unknown portal")
        return proven[0]

    def _is_wanted(self, event: events.Event) -> bool:
        """Whether there is anything to do for the event; the rest is answered and forgotten."""
        if isinstance(event, events.MessageAdded | events.CommandAdded | events.ChatJoined):
            reason = reason_to_ignore(event)
            if reason is not None:
                log.info("event.ignored", event_key=event.key, reason=reason)
            return reason is None
        return isinstance(event, events.AppUninstalled | events.BotRemoved)

    def _dated(self, event: events.Event) -> events.Event:
        """Give an event that names no time that of its arrival."""
        return event if event.sent_at else replace(event, sent_at=int(self._clock()))

    def _author_pair(self, tree: events.Tree, event: events.Event) -> TokenPair | None:
        """Return the tokens of the writer that came with a message; events themselves hold none."""
        author = events.author_credentials(tree)
        if author is None or not isinstance(event, events.MessageAdded | events.CommandAdded):
            return None
        if reason_to_refuse(event, allow_extranet=self._settings.allow_extranet) is not None:
            return None
        return TokenPair(
            user_id=event.user.id,
            access_token=author.access_token,
            refresh_token=author.refresh_token,
            expires_at=author.expires_at or 0,
            proven=author.user_id == event.user.id,
        )

    async def _bot_pair(self, tree: events.Tree, portal: Portal) -> TokenPair | None:
        """Return our bot's own tokens, when those that are stored will expire much sooner.

        Raises:
            StorageError, SettingsError: we could not look whether it is our bot.
        """
        found = events.bot_credentials(tree)
        if found is None or not await self._is_our_bot(found[0], portal):  # the id may be a person's
            return None
        bot_id, credentials = found
        expires_at = credentials.expires_at or 0
        if expires_at < self._bot_tokens.get((portal.member_id, bot_id), 0) + _BOT_TOKENS_S:
            return None
        return TokenPair(bot_id, credentials.access_token, credentials.refresh_token, expires_at)

    async def _is_our_bot(self, bot_id: int, portal: Portal) -> bool:
        """Whether a portal's bot has this id, which another process may have registered just now."""
        if bot_id == portal.bot_id:
            return True
        await self._store.look_again()
        current = self._store.portal(portal.member_id)
        return current is not None and bot_id == current.bot_id

    # --- installation

    async def _install(self, tree: events.Tree) -> None:
        """Verify an installation against the pinned portal, then store it together with its event.

        Raises:
            ForeignEvent: another portal or application, or a token that the portal does not confirm.
            Unavailable: the portal cannot be asked.
        """
        found = events.decode(tree)
        event = found[0] if found else None
        credentials, token = events.author_credentials(tree), events.application_token(tree)
        if not isinstance(event, events.AppInstalled) or credentials is None or token is None:
            raise MalformedBody("no installation with its tokens")
        await self._store.look_again()
        self._check_pins(event)
        installer_id = await self._confirm(credentials)
        portal = Portal(
            member_id=event.portal,
            application_token=token,
            oauth_server=choose_server(self._settings.oauth_server, event.server_endpoint),
            installer_id=installer_id,
            language=event.language,
        )
        pair = TokenPair(installer_id, credentials.access_token, credentials.refresh_token, credentials.expires_at or 0)
        await self._put(self._dated(event), also=[self._store.installing(portal, pair)])
        self._store.keep(portal)
        self._bot_tokens.clear()  # those that were stored went with what was there before
        log.info("portal.installed", installer_id=installer_id)

    def _check_pins(self, event: events.AppInstalled) -> None:
        """Refuse what is not the portal that the administrator pinned."""
        pinned = self._settings.portal
        if event.domain.lower() != pinned or _host(event.client_endpoint, pinned) != pinned:
            raise ForeignEvent("another portal than the pinned one")
        known = [portal.member_id for portal in self._store.all_portals()]
        is_another = bool(known) and event.portal not in known and self._settings.member_id is None
        if not event.portal or is_another or not self._settings.admits(event.portal):
            raise ForeignEvent("another member_id than the pinned one")

    async def _confirm(self, credentials: events.Credentials) -> int:
        """Ask the pinned portal whose token this is, of which application; return the person."""
        if not self._verifications.has_capacity():
            raise Unavailable("too many installations to verify")
        await self._verifications.acquire()
        caller = WithToken(self._bitrix24, credentials.access_token)
        try:
            code = await app_methods.app_code(caller)
            owner = await app_methods.profile_id(caller)
        except Unavailable:
            raise
        except BitrixError:
            raise ForeignEvent("the portal does not confirm the token") from None
        if code != self._settings.client_id:
            raise ForeignEvent("another application")
        if owner is None or credentials.user_id not in (None, owner):
            raise ForeignEvent("the token belongs to somebody else")
        return owner

    # --- health

    async def _ready(self, _request: web.Request) -> web.Response:
        """Ready means: events can be stored."""
        try:
            async with asyncio.timeout(self._answer_s):
                await self._try_to_store()
        except (StorageError, TimeoutError) as error:
            return web.Response(
                status=503, text=f"events cannot be stored: {str(error) or 'the database does not answer'}\n"
            )
        return web.Response(text="ready\n")

    async def _try_to_store(self) -> None:
        database = self._store.database
        if not self._has_refused:
            await database.try_to_write()
        else:  # a row that changes may find room where an event finds none
            await database.write(look_for_room)

    async def _show_metrics(self, _request: web.Request) -> web.Response:
        self._metrics.pending.set(self._inbox.pending)
        page = generate_latest(self._metrics.registry)
        return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _entry(event: events.Event) -> Entry:
    typed = isinstance(event, events.MessageAdded | events.CommandAdded) and is_typed(event)
    return Entry(
        key=event.key,
        lane=event.lane,
        body=events.dump(event),
        message_id=event.message_id if typed else None,  # type: ignore[union-attr]
        sent_at=event.sent_at,
    )


def _host(address: str, missing: str) -> str:
    """Return host and port of an address; "" of what is none."""
    try:
        return urlsplit(address).netloc.lower() if address else missing
    except ValueError:
        return ""


async def _live(_request: web.Request) -> web.Response:
    return web.Response(text="alive\n")
