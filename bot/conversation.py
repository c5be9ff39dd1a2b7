"""One message of one person to one reply: who may speak, what is meant, and the patience that a portal needs.

Contract section I says whom to ignore and whom to refuse; interface section 4 what a message may do.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import structlog
from structlog.contextvars import bind_contextvars

from bot import events
from bot.admission import Spoken, is_outsider, is_typed, reason_to_refuse
from bot.bitrix24.methods import imbot
from bot.context import QUESTION, Context, Reply
from bot.errors import AuthorizationLost, BitrixError, MethodBlocked, NotConnected, NotProven, Unavailable
from bot.grammar import Call, Unclear, Understood, bind
from bot.order import Place
from bot.parts import Parts
from bot.speech import Address, Speech, patiently
from bot.states import Waiting
from bot.store import Portal
from bot.texts import Safe

log = structlog.get_logger()

# Capability whose commands answer a question of ours; every other command drops the question.
_CONFIRM = "confirm"
# Capability whose commands are about the permission itself, so that they never wait for it.
_CONNECT = "connect"


# After this a person is told, once, that the portal is slow.
SLOW_S = 15.0


class Conversation:
    """One message and its answer.

    Args:
        parts: What to work with.
        event: The message.
        portal: Where it was written.
        key: Of its entry in the inbox; another one than the event's own when it waited for its person to connect.
        starts: As the inbox counts them.
    """

    def __init__(self, parts: Parts, event: Spoken, portal: Portal, *, key: str | None = None, starts: int = 1) -> None:
        self._parts = parts
        self._event = event
        self._portal = portal
        self._key = key or event.key
        self._starts = starts
        self._dialog_id = event.dialog_id or str(event.user.id)
        self._language = self._choose_language(None)
        # Calls that were begun, and the replies of those that ended: a repeated attempt goes on where the last one stopped.
        self._begun = 0
        self._replies: list[Reply] = []
        self._needs_connection = False
        self._notice: int | None = None  # our message that says to wait
        self._notice_tried = False

    async def answer(self) -> str:
        """Do what the message means and send the reply; return what became of it."""
        if self._starts > 1 and await self._parts.store.states.is_resumed(self._key):
            return "resumed"
        reply = await self._reply()
        if self._needs_connection:
            await self._wait_for_connection()
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
                try:
                    with self._parts.outbox.working():  # between attempts nobody's reply has to wait for this one
                        return await self._attempt(self._left(meant.calls))
                except BitrixError as error:
                    await self._tell_of_delay(error)
                    raise
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

    def _age(self) -> float:
        return self._parts.clock() - self._event.sent_at

    def _too_late(self) -> bool:
        return abs(self._age()) > self._parts.settings.max_event_age

    def _outlasts(self, error: BitrixError | NotConnected) -> bool:
        """Whether a method is blocked for so long that the command will be too old by then."""
        blocked_s = error.wait_s if isinstance(error, MethodBlocked) else None
        return blocked_s is not None and self._age() + blocked_s > self._parts.settings.max_event_age

    def _refused(self, command: str, key: str, **args: str) -> Reply:
        self._parts.metrics.commands.labels(command, "refused").inc()
        return Reply(self._parts.texts.say(self._language, key, **args), "refused")

    # --- carrying out

    def _left(self, calls: Sequence[Call]) -> Sequence[Call]:
        """Leave out what a message said about connecting itself when it has waited for just that."""
        if self._key == self._event.key:
            return calls
        return [call for call in calls if self._parts.manifest.commands[call.name].capability != _CONNECT]

    async def _attempt(self, calls: Sequence[Call]) -> Reply:
        """Carry out what is left of `calls`. Raises what may pass by itself; everything else is a reply."""
        commands, store = self._parts.manifest.commands, self._parts.store
        ctx = self._context(calls[0])
        for number, call in enumerate(calls[len(self._replies) :], start=len(self._replies) + 1):
            if commands[call.name].capability != _CONFIRM:
                await store.questions.drop(ctx.portal, ctx.user_id, unless_asked_by=ctx.event_key)
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
            if error.retriable and not self._outlasts(error):
                raise
            reply = self._failed(ctx, error)
        except Exception:
            log.exception("command.broken")
            reply = ctx.reply("errors.internal", "failed")
        self._parts.metrics.commands.labels(ctx.call.name, reply.outcome).inc()
        return reply

    def _failed(self, ctx: Context, error: BitrixError | NotConnected) -> Reply:
        log.info("command.failed", reason=type(error).__name__, error_code=getattr(error, "code", ""))
        if isinstance(error, NotProven):
            return ctx.reply(error.text, "refused")
        if isinstance(error, MethodBlocked):
            return ctx.reply("errors.method-blocked", "failed", minutes=math.ceil((error.wait_s or 0) / 60))
        if not isinstance(error, NotConnected | AuthorizationLost):
            return ctx.reply(error.text, "failed")
        self._needs_connection = True
        return ctx.offer_connection(error.text, "refused") if ctx.private else ctx.reply("connect.elsewhere", "refused")

    async def _wait_for_connection(self) -> None:
        """Keep the message, to be carried out once its sender has connected."""
        event = self._event
        place = self._place()
        member_id, user_id = self._portal.member_id, event.user.id
        command = Waiting(self._key, member_id, user_id, events.dump(event), place.message_id, place.sent_at)
        await self._parts.store.states.wait(command)

    def _context(self, call: Call) -> Context:
        event, portal, parts = self._event, self._portal, self._parts
        claimed = event.has_token and event.auth_user_id is None
        return Context(
            as_user=parts.bitrix24.as_user(portal, event.user.id, claimed=claimed),
            user_id=event.user.id,
            portal=portal.member_id,
            dialog_id=self._dialog_id,
            private=self._is_private(),
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

    def _is_private(self) -> bool:
        return self._event.chat.private or self._dialog_id == str(self._event.user.id)

    def _place(self) -> Place:
        return Place(self._event.message_id if is_typed(self._event) else None, self._event.sent_at)

    # --- answering

    async def tell(self, key: str) -> None:
        """Send a sentence that answers no command."""
        await self.send(self._refused("given-up", key))

    async def send(self, reply: Reply) -> bool:
        """Send `reply` to where the message came from; False when the portal refuses for good."""
        text, buttons = reply.text, await self._buttons(reply)
        notice = await self._find_notice()
        return await (
            self._speech().say(text, buttons) if notice is None else self._speech().rewrite(notice, text, buttons)
        )

    def _speech(self) -> Speech:
        event = self._event
        return Speech(self._parts, self._portal, Address(event.bot_id, event.user.id, event.api, self._dialog_id))

    async def _find_notice(self) -> int | None:
        if self._notice is None and self._starts > 1:
            self._notice = await self._parts.store.notices.find(self._key)
        return self._notice

    async def _tell_of_delay(self, why: BitrixError) -> None:
        """Say that the portal is slow, once the sender has waited for long, or will have to; the outcome replaces it."""
        blocked_s = (why.wait_s or 0.0) if isinstance(why, MethodBlocked) else 0.0
        if self._notice_tried or self._age() + blocked_s < SLOW_S or await self._find_notice() is not None:
            return
        try:
            self._notice = await self._speech().try_to_say(self._parts.texts.say(self._language, "errors.slow"))
        except Unavailable:
            return  # it was not posted, so the next attempt may try again
        self._notice_tried = True
        if self._notice is not None:
            now = self._parts.clock()
            await self._parts.store.notices.keep(self._key, self._portal.member_id, self._notice, now)

    async def _buttons(self, reply: Reply) -> list[imbot.AnyButton]:
        buttons: list[imbot.AnyButton] = []
        if reply.asks:
            buttons.extend(await self._ask(reply.asks))
        if reply.connects and self._is_private():
            buttons.append(await self._link())
        return buttons

    async def _link(self) -> imbot.LinkButton:
        """Return a fresh link to the portal's page of permission; those that the person had before serve no longer."""
        event, settings = self._event, self._parts.settings
        state = await self._parts.store.states.open(
            self._portal.member_id,
            event.user.id,
            dialog_id=self._dialog_id,
            bot_id=event.bot_id,
            language=self._language,
            now=self._parts.clock(),
        )
        query = urlencode({"client_id": settings.client_id, "state": state})
        label = self._parts.texts.say(self._language, "connect.button")
        return imbot.LinkButton(label, f"{settings.portal_url}/oauth/authorize/?{query}")

    async def _ask(self, calls: Sequence[Call]) -> list[imbot.Button]:
        event, texts, store = self._event, self._parts.texts, self._parts.store
        key = await store.questions.ask(
            self._portal.member_id,
            event.user.id,
            self._dialog_id,
            tuple((call.name, call.words) for call in calls),
            language=self._language,
            asked_at=int(self._parts.clock()),
            asked_by=event.key,
        )
        # A "yes" that was written before the question does not answer it, however late it arrives.
        await store.order.carry_out(self._portal.member_id, event.user.id, QUESTION, self._place())
        command = self._parts.manifest.app.button_command
        return [
            imbot.Button(texts.say(self._language, "confirm.button-yes"), command, f"confirm {key}", primary=True),
            imbot.Button(texts.say(self._language, "confirm.button-no"), command, f"dismiss {key}"),
        ]
