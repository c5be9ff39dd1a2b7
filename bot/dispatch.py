"""An event of the inbox to whoever deals with it.

Handlers return, they never send. A `BotError` becomes a sentence; one that may pass is tried again in place, so that the person's
lane waits while others go on, until the command is too old to be carried out. Anything else is logged with its traceback and
answered with `errors.internal`.
"""

import importlib
import time
from collections.abc import Awaitable, Callable

import structlog
from structlog.contextvars import bound_contextvars, get_contextvars

from bot import events, tracing
from bot.admission import reason_to_ignore
from bot.alarm import Alarm
from bot.bitrix24.methods import imbot
from bot.bitrix24.sync import Wanted, sync
from bot.context import Router
from bot.conversation import Conversation
from bot.errors import BitrixError, CronofyError, ManifestError, NotConnected
from bot.following import Following
from bot.grammar import check_signature
from bot.greeting import greet
from bot.hearing import hear
from bot.inbox import Delivery
from bot.linking import tell_linked
from bot.manifest import Argument, Manifest
from bot.parts import Parts
from bot.settings import Settings
from bot.speech import Address, Speech, patiently
from bot.store import Portal
from bot.texts import Texts

log = structlog.get_logger()


def load_handlers(manifest: Manifest) -> Router:
    """Import the handlers of each capability and check that they are those that manifest/ declares.

    Raises:
        ManifestError: a command has no handler, a handler no command, or their arguments differ.
    """
    names = [name for name, capability in manifest.capabilities.items() if capability.commands]
    router = Router.of(importlib.import_module(f"handlers.{name}").router for name in names)
    if differing := manifest.commands.keys() ^ router.handlers.keys():
        raise ManifestError(f"Commands and handlers differ: {', '.join(sorted(differing))}.")
    for name, handler in router.handlers.items():
        check_signature(manifest.commands[name], handler)
    return router


def wanted(settings: Settings, manifest: Manifest, texts: Texts) -> Wanted:
    """Return what the portal should have, as manifest/ and the settings say."""
    app = manifest.app
    extranet = settings.allow_extranet
    titles = _titles(texts, app.languages, "help.button-title")
    behind_buttons = imbot.SlashCommand(app.button_command, titles, {}, hidden=True, extranet=extranet)
    commands = [
        imbot.SlashCommand(
            name=command.name,
            titles=_titles(texts, app.languages, f"{command.capability}.{command.name}-title"),
            params=_titles(texts, app.languages, f"{command.capability}.{command.name}-params")
            if Argument.MEETING in command.args
            else {},
            hidden=False,
            extranet=extranet,
        )
        for command in manifest.commands.values()
        if command.slash
    ]
    profile = imbot.BotProfile(app.code, app.name, app.last_name, app.work_position, app.color)
    return Wanted(profile, [*commands, behind_buttons], settings.events_url, settings.bot_api)


def _titles(texts: Texts, languages: tuple[str, ...], key: str) -> dict[str, str]:
    return {language: str(texts.say(language, key)) for language in languages}


class Dispatcher:
    """The handler that the inbox runs."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def handle(self, delivery: Delivery) -> None:
        """Carry out one event and answer it. Returns when nothing is left to do for it."""
        await self._told(delivery, self._handle)

    async def give_up(self, delivery: Delivery) -> None:
        """Tell the sender that an event was given up."""
        await self._told(delivery, self._give_up)

    async def _told(self, delivery: Delivery, act: Callable[[events.Event, Delivery], Awaitable[str]]) -> None:
        """Do something about an event in the name of the request that brought it, and leave one line of what became of it."""
        began_at, body = time.monotonic(), delivery.entry.body
        with tracing.handling(events.origin_of(body), self._parts.clock()) as trace:
            event = events.load(body)
            with bound_contextvars(event_key=event.key, user_id=_person(event), command=None):
                outcome = await act(event, delivery)
                tracing.note(kind=event.kind, outcome=outcome, command=get_contextvars()["command"] or "")
                log.info(
                    "event.handled",
                    kind=event.kind,
                    outcome=outcome,
                    duration_ms=round((time.monotonic() - began_at) * 1000),
                    waited_ms=None if trace.waited_s is None else round(trace.waited_s * 1000),
                    requests=trace.calls,
                )

    async def _handle(self, event: events.Event, delivery: Delivery) -> str:
        portal = await self._portal(event)
        return "portal forgotten" if portal is None else await self._carry_out(event, portal, delivery)

    async def _portal(self, event: events.Event) -> Portal | None:
        """Return the installation that an event concerns, as it is now; None when it is gone."""
        store = self._parts.store
        if store.portal(event.portal) is None or not isinstance(event, events.PersonalEvent):
            # It was stored together with its event, which may have been quicker than our memory; or another process did it: a
            # replica, or `statusbot sync`, after which the bot has another id. What a person writes names the bot itself.
            await store.load()
        return store.portal(event.portal)

    async def _give_up(self, event: events.Event, delivery: Delivery) -> str:
        portal = await self._portal(event)
        if portal is not None and isinstance(event, events.TimerDue):
            await Alarm(self._parts, portal).give_up(event)
        if portal is None or not isinstance(event, events.MessageAdded | events.CommandAdded):
            return "given up"
        if reason_to_ignore(event) is None:
            await Conversation(self._parts, event, portal, delivery).tell("errors.given-up")
        return "given up"

    async def _carry_out(self, event: events.Event, portal: Portal, delivery: Delivery) -> str:
        match event:
            case events.MessageAdded() | events.CommandAdded():
                if reason := reason_to_ignore(event):
                    return f"ignored: {reason}"
                return await Conversation(self._parts, event, portal, delivery).answer()
            case events.ChatJoined():
                return (
                    f"ignored: {reason}"
                    if (reason := reason_to_ignore(event))
                    else await greet(self._parts, event, portal)
                )
            case events.OwnEvent():
                return await self._carry_out_own(event, portal)
            case events.AppInstalled():
                return await self._synchronise(portal)
            case events.AppUninstalled():
                await self._forget(portal)
            case events.BotRemoved() if event.bot_id == portal.bot_id:
                await self._parts.store.bot_registered(portal.member_id, None, None)
            case _:
                return "ignored: nothing to do"
        return "done"

    async def _carry_out_own(self, event: events.AnyOwnEvent, portal: Portal) -> str:
        match event:
            case events.TimerDue():
                return await Alarm(self._parts, portal).ring(event)
            case events.Connected():
                return await self._tell_connected(event, portal)
            case events.AccountLinked():
                return await tell_linked(self._parts, event, portal)
            case events.FollowUpDue():
                return await Following(self._parts, portal).look(event)
            case events.AccountChanged():
                return await hear(self._parts, event, portal)

    async def _tell_connected(self, event: events.Connected, portal: Portal) -> str:
        key = "connect.done-too-late" if event.too_late else "connect.done"
        to = Address(portal.bot_id or event.bot_id, event.user_id, "v2", event.dialog_id)
        said = await Speech(self._parts, portal, to).say(self._parts.texts.say(event.language, key))
        return "done" if said else "unanswered"

    async def _forget(self, portal: Portal) -> None:
        """Forget all that belongs to an installation, after giving back what people have granted at Cronofy, if that goes."""
        try:
            if self._parts.cronofy is not None:
                await self._parts.cronofy.revoke_all(portal.member_id)
        except CronofyError as error:
            log.warning("accounts.not-revoked", reason=type(error).__name__)
        await self._parts.store.forget_portal(portal.member_id)

    async def _synchronise(self, portal: Portal) -> str:
        """Register bot, commands and subscriptions after an installation."""
        parts = self._parts
        caller = parts.bitrix24.as_user(portal, portal.installer_id, background=True)
        try:
            await patiently(sync, caller, portal, parts.store, wanted(parts.settings, parts.manifest, parts.texts))
        except (BitrixError, NotConnected) as error:
            log.error("portal.not-synchronised", reason=type(error).__name__, error_code=getattr(error, "code", ""))
            return "failed"
        return "done"


def _person(event: events.Event) -> int | None:
    if isinstance(event, events.PersonalEvent):
        return event.user.id
    return event.user_id if isinstance(event, events.OwnEvent) else None
