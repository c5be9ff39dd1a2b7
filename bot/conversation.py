"""One message of one person to one reply: who may speak, what is meant, and the patience that a portal needs.

Contract section I says whom to ignore and whom to refuse; interface section 4 what a message may do.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import structlog
from structlog.contextvars import bind_contextvars

from bot import events
from bot.acting import context_of
from bot.admission import Spoken, is_outsider, reason_to_refuse
from bot.answering import Answering, place_of
from bot.context import Context
from bot.errors import (
    AuthorizationLost,
    BitrixError,
    CronofyError,
    CronofyNotSetUp,
    MethodBlocked,
    NotConnected,
    NotLasting,
    NotLinked,
    NotProven,
    StorageError,
)
from bot.grammar import Call, Unclear, Understood, bind
from bot.inbox import Delivery
from bot.parts import Parts
from bot.people import Person
from bot.replies import Outcome, Reply
from bot.speech import patiently
from bot.states import Waiting
from bot.store import Portal
from bot.texts import Safe
from bot.tokens import Pairs

log = structlog.get_logger()

# Capability whose commands answer a question of ours; every other command drops the question.
_CONFIRM = "confirm"
# Capabilities whose commands are about permissions themselves, so that they never wait for one.
_CONNECT = frozenset({"connect", "cronofy"})


# After this a person is told, once, that the portal is slow.
SLOW_S = 15.0


class Conversation:
    """One message and its answer.

    Args:
        parts: What to work with.
        event: The message.
        portal: Where it was written.
        delivery: How the inbox handed it out; its key is another one than the event's own when it waited for its person to connect.
    """

    def __init__(self, parts: Parts, event: Spoken, portal: Portal, delivery: Delivery) -> None:
        self._parts = parts
        self._event = event
        self._portal = portal
        self._at_end = delivery.at_end
        self._key = delivery.entry.key
        self._starts = delivery.starts
        self._known = Pairs()
        self._answering = Answering(parts, event, portal, delivery, self._known)
        self._person = Person()
        self._asked_by: str | None = None  # the event that asked the question which is open
        self._language = portal.language
        # Calls that were begun, and the replies of those that ended: a repeated attempt goes on where the last one stopped.
        self._begun = 0
        self._replies: list[Reply] = []
        self._needs_connection = False

    async def answer(self) -> str:
        """Do what the message means and send the reply; return what became of it."""
        if self._starts > 1 and await self._parts.store.states.is_resumed(self._key):
            return "resumed"
        await self._begin()
        reply = await self._reply()
        if self._needs_connection:
            await self._wait_for_connection()
        return reply.outcome if await self._send(reply) else "unanswered"

    async def _begin(self) -> None:
        """Look up, at once, what is known of the sender, and the tokens that this will need."""
        event, portal, store = self._event, self._portal, self._parts.store
        sender = portal.member_id, event.user.id
        person, asked_by = store.people.finding(*sender), store.questions.finding(*sender)
        pairs = self._parts.bitrix24.finding(portal, event.bot_id, event.user.id)
        found = await store.database.read(lambda c: (person(c), asked_by(c), pairs(c)))
        self._person, self._asked_by, known = found
        self._known.learn(known)
        self._language = self._choose_language(None)

    async def _reply(self) -> Reply:
        meant = self._meaning()
        # Forwarded words are somebody else's and do not tell the sender's language.
        self._language = self._choose_language(None if self._event.forwarded else meant.language)
        refusal = reason_to_refuse(self._event, allow_extranet=self._parts.settings.allow_extranet)
        if refusal is not None:
            return self._refused("refused", refusal)
        if isinstance(meant, Unclear):
            if meant.suggestion:
                return self._suggested(meant)
            told = {"word": Safe(meant.word or ""), "command": Safe(meant.command or "")}
            return self._refused("unclear", f"errors.unclear-{meant.reason}", **told)
        bind_contextvars(command=" ".join(dict.fromkeys(call.name for call in meant.calls)))
        return await patiently(self._attempt, self._left(meant.calls))

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
            (language for language in (self._person.language, of_words, self._event.language) if language in languages),
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

    def _refused(self, command: str, key: str, /, **args: str) -> Reply:
        self._parts.metrics.commands.labels(command, "refused").inc()
        return Reply(self._parts.texts.say(self._language, key, **args), "refused")

    def _suggested(self, meant: Unclear) -> Reply:
        """Ask whether a misspelt command was meant; it is carried out only when the sender says so."""
        self._parts.metrics.commands.labels("unclear", "asked").inc()
        said = {"suggested": meant.suggested}  # holds words of the sender, so it is made inert
        text = self._parts.texts.say(self._language, "errors.unclear-suggestion", **said)
        label = self._parts.texts.say(self._language, "errors.suggestion-button", **said)
        return Reply(text, "asked", asks=meant.suggestion, agrees=label, suggests=True)

    # --- carrying out

    def _left(self, calls: Sequence[Call]) -> Sequence[Call]:
        """Leave out what a message said about connecting itself when it has waited for just that."""
        if self._key == self._event.key:
            return calls
        return [call for call in calls if self._parts.manifest.commands[call.name].capability not in _CONNECT]

    async def _attempt(self, calls: Sequence[Call]) -> Reply:
        """Carry out what is left of `calls`, if there is still time. Raises what may pass by itself; everything else is a reply."""
        if self._too_late():
            begun = self._starts > 1 or self._begun > 0
            key = "errors.too-late-to-finish" if begun else "errors.too-late"
            return await self._together([*self._replies, self._refused("late", key)])
        try:
            # Between attempts nobody's reply has to wait for this one.
            with self._parts.outbox.working(self._event.user.id):
                return await self._carry_out(calls)
        except BitrixError as error:
            await self._tell_of_delay(error)
            self._known.forget()  # the next attempt may come much later
            raise

    async def _carry_out(self, calls: Sequence[Call]) -> Reply:
        ctx = replace(self._context(calls[0]), alone=len(calls) == 1)
        for number, call in enumerate(calls[len(self._replies) :], start=len(self._replies) + 1):
            if self._parts.manifest.commands[call.name].capability != _CONFIRM:
                await self._drop_question()
            repeated = self._starts > 1 or number <= self._begun
            self._begun = number
            if number > 1:  # one of the commands before may have chosen a language
                self._person = await self._parts.store.people.find(self._portal.member_id, self._event.user.id)
                ctx = replace(ctx, person=self._person, language=self._person.language or ctx.language)
            self._replies.append(await self._call(replace(ctx, call=call, repeated=repeated)))
        return await self._together(self._replies)

    async def _drop_question(self) -> None:
        if self._asked_by not in (None, self._event.key):
            who = self._portal.member_id, self._event.user.id
            await self._parts.store.questions.drop(*who, unless_asked_by=self._event.key)
            self._asked_by = None

    async def _run(self, ctx: Context, calls: Sequence[Call]) -> Reply:
        within = ctx.within or ctx.call
        return await self._together([await self._call(replace(ctx, call=call, within=within)) for call in calls])

    async def _together(self, replies: Sequence[Reply]) -> Reply:
        whole = Reply.together(replies, self._parts.texts.say(self._language, "errors.no-room"))
        if any(reply.lists for reply in replies) and not whole.lists:  # nobody saw it, so no row of it can be meant
            await self._parts.store.lists.forget(self._portal.member_id, self._event.key)
        return whole

    async def _call(self, ctx: Context) -> Reply:
        handler = self._parts.router.handlers[ctx.call.name]
        try:
            reply = await handler(ctx, **bind(handler, ctx.call))
        except (BitrixError, NotConnected) as error:
            if error.retriable and not self._outlasts(error):
                raise
            reply = self._failed(ctx, error)
        except CronofyError as error:  # its client was patient enough; a calendar outside holds nothing else up
            reply = self._failed_outside(ctx, error)
        except StorageError:  # the inbox hands the event out again once the database is back
            raise
        except Exception:
            log.exception("command.broken")
            reply = ctx.reply("errors.internal", "failed")
        if not self._parts.manifest.commands[ctx.call.name].inner:  # which only do a part of another one
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
        if ctx.private:
            return ctx.offer_connection(error.text, "refused")
        return ctx.reply(
            "connect.elsewhere-lasting" if isinstance(error, NotLasting) else "connect.elsewhere", "refused"
        )

    def _failed_outside(self, ctx: Context, error: CronofyError) -> Reply:
        log.info("command.failed", reason=type(error).__name__, error_code=error.code)
        outcome: Outcome = "refused" if isinstance(error, NotLinked | CronofyNotSetUp) else "failed"
        return ctx.reply(error.text, outcome, minutes=error.minutes)

    async def _wait_for_connection(self) -> None:
        """Keep the message, to be carried out once its sender has connected."""
        event = self._event
        place = place_of(event)
        member_id, user_id = self._portal.member_id, event.user.id
        command = Waiting(self._key, member_id, user_id, events.dump(event), place.message_id, place.sent_at)
        await self._parts.store.states.wait(command)

    def _context(self, call: Call) -> Context:
        event, portal, parts = self._event, self._portal, self._parts
        claimed = event.has_token and event.auth_user_id is None
        return context_of(
            parts,
            portal,
            self._person,
            as_user=parts.bitrix24.as_user(portal, event.user.id, claimed=claimed, known=self._known),
            event_key=event.key,
            place=place_of(event),
            dialog_id=event.answer_to,
            private=event.private,
            outsider=is_outsider(event.user),
            language=self._language,
            bot_id=event.bot_id,
            call=call,
            run=self._run,
            at_end=self._at_end,
        )

    # --- answering

    async def tell(self, key: str) -> None:
        """Send a sentence that answers no command."""
        await self._begin()
        await self._send(self._refused("given-up", key))

    async def _send(self, reply: Reply) -> bool:
        return await self._answering.send(reply, reply.language or self._language)

    async def _tell_of_delay(self, why: BitrixError) -> None:
        """Say that the portal is slow, once the sender has waited for long, or will have to."""
        blocked_s = (why.wait_s or 0.0) if isinstance(why, MethodBlocked) else 0.0
        if self._age() + blocked_s >= SLOW_S:
            await self._answering.ask_for_patience(self._language)
