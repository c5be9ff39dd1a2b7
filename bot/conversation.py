"""One message of one person to one reply: who may speak, what is meant, and the patience that a portal needs.

Contract section I says whom to ignore and whom to refuse; interface section 4 what a message may do.
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeAlias

import stamina
import structlog
from structlog.contextvars import bind_contextvars

from bot import events
from bot.bitrix24.methods import imbot
from bot.bitrix24.oauth import Bitrix24
from bot.context import QUESTION, Context, Reply, Router
from bot.errors import BitrixError, BotError, MethodBlocked, MethodMissing, NotConnected
from bot.grammar import Call, Grammar, Unclear, Understood, bind
from bot.manifest import Manifest
from bot.metrics import Metrics
from bot.settings import Settings
from bot.store import Place, Portal, Store
from bot.texts import Safe, Texts

log = structlog.get_logger()

Spoken: TypeAlias = events.MessageAdded | events.CommandAdded

# Capability whose commands answer a question of ours; every other command drops the question.
_CONFIRM = "confirm"
# Open lines: the writer is a customer of the company.
_CUSTOMER_CHATS = frozenset({"LINES", "LIVECHAT"})
_CUSTOMER_LOGIN = "imconnector"
# Logins of outsiders. Nobody knows what the login of an employee's single sign-on may be called, so only these are refused.
_OUTSIDE_LOGINS = frozenset(
    "bot email __controller replica sale saleanonymous shop call document_editor calendar_sharing im_guest".split()
)
_OUTSIDE_TYPES = frozenset({"extranet", "collaber", "guest", "email"})
_ADMITTED_TYPES = frozenset({"extranet", "collaber", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What conversations work with; one for the whole service."""

    settings: Settings
    manifest: Manifest
    texts: Texts
    grammar: Grammar
    router: Router
    store: Store
    bitrix24: Bitrix24
    metrics: Metrics
    clock: Callable[[], float] = time.time


def patiently() -> AsyncIterator[stamina.Attempt]:
    """Try until it succeeds or fails for good, with growing, jittered waits, for what may pass by itself."""
    return stamina.retry_context(on=_wait, attempts=None, timeout=None, wait_initial=0.5, wait_max=30.0).__aiter__()


def _wait(error: Exception) -> bool | float:
    if isinstance(error, MethodBlocked) and error.wait_s is not None:
        return error.wait_s
    return isinstance(error, BotError) and error.retriable


def reason_to_ignore(event: Spoken) -> str | None:
    """Return why nobody is to be answered, if so: machines, customers, system messages (contract I)."""
    user, chat = event.user, event.chat
    if user.bot or user.type == "bot" or user.id == event.bot_id:
        return "bot"
    if user.connector or user.external_auth_id == _CUSTOMER_LOGIN or chat.entity_type.upper() in _CUSTOMER_CHATS:
        return "customer"
    if not user.active:
        return "inactive"
    if event.is_system or (_typed(event) and event.author_id == 0):
        return "system message"
    return None


def _typed(event: Spoken) -> bool:
    """Whether the person wrote the message itself; what is pressed is a message of the bot."""
    return isinstance(event, events.MessageAdded) or event.context == "textarea"


def reason_to_refuse(event: Spoken, *, allow_extranet: bool) -> str | None:
    """Return the text key that tells the sender why nothing is done for them, if so."""
    user = event.user
    if user.network or user.external_auth_id in _OUTSIDE_LOGINS:
        return "errors.staff-only"
    if is_outsider(user) and not (allow_extranet and user.type in _ADMITTED_TYPES):
        return "errors.staff-only"
    if event.forwarded:
        return "errors.forwarded"
    if _typed(event) and event.author_id != user.id:
        return "errors.not-proven"
    if event.auth_user_id not in (None, user.id):
        return "errors.not-proven"
    return None


def is_outsider(user: events.User) -> bool:
    return user.extranet or user.type in _OUTSIDE_TYPES


class Conversation:
    """One message and its answer."""

    def __init__(self, parts: Parts, event: Spoken, portal: Portal, *, starts: int = 1) -> None:
        self._parts = parts
        self._event = event
        self._portal = portal
        self._starts = starts
        self._dialog_id = event.dialog_id or str(event.user.id)
        self._language = self._choose_language(None)
        # Calls that were begun, and the replies of those that ended: a repeated attempt goes on where the last one stopped.
        self._begun = 0
        self._replies: list[Reply] = []

    async def answer(self) -> str:
        """Do what the message means and send the reply; return what became of it."""
        reply = await self._reply()
        return reply.outcome if await self.send(reply) else "unanswered"

    async def _reply(self) -> Reply:
        meant = self._meaning()
        # Forwarded words are somebody else's and do not tell the sender's language.
        self._language = self._choose_language(None if self._event.forwarded else meant.language)
        refusal = reason_to_refuse(self._event, allow_extranet=self._parts.settings.allow_extranet)
        if refusal is not None:
            return self._refused("refused", refusal)
        if isinstance(meant, Unclear):
            return self._refused("unclear", f"errors.unclear-{meant.reason}", word=Safe(meant.word or ""))
        bind_contextvars(command=" ".join(dict.fromkeys(call.name for call in meant.calls)))
        async for attempt in patiently():
            with attempt:
                if self._too_late():
                    begun = self._starts > 1 or self._begun > 0
                    key = "errors.too-late-to-finish" if begun else "errors.too-late"
                    return Reply.together([*self._replies, self._refused("late", key)])
                return await self._attempt(meant.calls)
        raise AssertionError("attempts end with a result or an error")

    def _meaning(self) -> Understood | Unclear:
        event, grammar = self._event, self._parts.grammar
        if isinstance(event, events.MessageAdded):
            return grammar.split(event.text)
        if event.command == self._parts.manifest.app.button_command:
            return grammar.button(event.params)
        return grammar.slash(event.command, event.params)

    def _choose_language(self, of_words: str | None) -> str:
        languages = self._parts.manifest.app.languages
        return next(
            (language for language in (of_words, self._event.language) if language in languages),
            self._parts.settings.language,
        )

    def _too_late(self) -> bool:
        return abs(self._parts.clock() - self._event.sent_at) > self._parts.settings.max_event_age

    def _refused(self, command: str, key: str, **args: str) -> Reply:
        self._parts.metrics.commands.labels(command, "refused").inc()
        return Reply(self._parts.texts.say(self._language, key, **args), "refused")

    # --- carrying out

    async def _attempt(self, calls: Sequence[Call]) -> Reply:
        """Carry out what is left of `calls`. Raises what may pass by itself; everything else is a reply."""
        commands, store = self._parts.manifest.commands, self._parts.store
        ctx = self._context(calls[0])
        for number, call in enumerate(calls[len(self._replies) :], start=len(self._replies) + 1):
            if commands[call.name].capability != _CONFIRM:
                await store.drop_question(ctx.portal, ctx.user_id, unless_asked_by=ctx.event_key)
            repeated = self._starts > 1 or number <= self._begun
            self._begun = number
            self._replies.append(await self._call(replace(ctx, call=call, repeated=repeated)))
        return Reply.together(self._replies)

    async def _run(self, ctx: Context, calls: Sequence[Call]) -> Reply:
        return Reply.together([await self._call(replace(ctx, call=call)) for call in calls])

    async def _call(self, ctx: Context) -> Reply:
        handler = self._parts.router.handlers[ctx.call.name]
        try:
            reply = await handler(ctx, **bind(handler, ctx.call))
        except (BitrixError, NotConnected) as error:
            if error.retriable:
                raise
            log.info("command.failed", reason=type(error).__name__, error_code=getattr(error, "code", ""))
            reply = ctx.reply(error.text, "refused" if isinstance(error, NotConnected) else "failed")
        except Exception:
            log.exception("command.broken")
            reply = ctx.reply("errors.internal", "failed")
        self._parts.metrics.commands.labels(ctx.call.name, reply.outcome).inc()
        return reply

    def _context(self, call: Call) -> Context:
        event, portal, parts = self._event, self._portal, self._parts
        claimed = event.has_token and event.auth_user_id is None
        return Context(
            as_user=parts.bitrix24.as_user(portal, event.user.id, claimed=claimed),
            user_id=event.user.id,
            portal=portal.member_id,
            dialog_id=self._dialog_id,
            private=event.chat.private or self._dialog_id == str(event.user.id),
            outsider=is_outsider(event.user),
            language=self._language,
            now=datetime.fromtimestamp(parts.clock(), UTC),
            sent_at=event.sent_at,
            repeated=False,
            confirmed=False,
            call=call,
            manifest=parts.manifest,
            event_key=event.key,
            place=self._place(),
            store=parts.store,
            texts=parts.texts,
            run=self._run,
        )

    def _place(self) -> Place:
        return Place(self._event.message_id if _typed(self._event) else None, self._event.sent_at)

    # --- answering

    async def tell(self, key: str) -> None:
        """Send a sentence that answers no command."""
        await self.send(self._refused("given-up", key))

    async def send(self, reply: Reply) -> bool:
        """Send `reply` to where the message came from; False when the portal refuses for good."""
        buttons = await self._buttons(reply)
        as_bot = self._parts.bitrix24.as_bot(self._portal, self._event.bot_id, self._event.user.id)
        api: imbot.Api = "v1" if (self._portal.bot_api or self._event.api) == "v1" else "v2"
        try:
            async for attempt in patiently():
                with attempt:
                    try:
                        await imbot.message_send(as_bot, api, self._dialog_id, reply.text, buttons)
                    except MethodMissing:
                        await imbot.message_send(as_bot, "v1", self._dialog_id, reply.text, buttons)
        except BotError as error:
            log.warning("reply.refused", reason=type(error).__name__, error_code=getattr(error, "code", ""))
            return False
        self._parts.metrics.replies.inc()
        return True

    async def _buttons(self, reply: Reply) -> list[imbot.Button]:
        if not reply.asks:
            return []
        event, texts, store = self._event, self._parts.texts, self._parts.store
        key = await store.ask(
            self._portal.member_id,
            event.user.id,
            self._dialog_id,
            tuple((call.name, call.words) for call in reply.asks),
            language=self._language,
            asked_at=int(self._parts.clock()),
            asked_by=event.key,
        )
        # A "yes" that was written before the question does not answer it, however late it arrives.
        await store.carry_out(self._portal.member_id, event.user.id, QUESTION, self._place())
        command = self._parts.manifest.app.button_command
        return [
            imbot.Button(texts.say(self._language, "confirm.button-yes"), command, f"confirm {key}", primary=True),
            imbot.Button(texts.say(self._language, "confirm.button-no"), command, f"dismiss {key}"),
        ]
