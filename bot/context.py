"""What a handler gets: the Context of one command, and the Router that it registers with."""

import math
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from bot import events
from bot.bitrix24.methods.person import WorkingDay
from bot.bitrix24.oauth import AsUser
from bot.changes import Change, Undoing
from bot.cronofy.oauth import AsAccount, Cronofy
from bot.database import Work
from bot.errors import CronofyNotSetUp, ManifestError, NotLinked
from bot.grammar import Call
from bot.inbox import Entry, Inbox
from bot.lists import Listing
from bot.manifest import Manifest
from bot.order import Place
from bot.people import ZONE_FRESH_S, Person
from bot.questions import Question
from bot.replies import Outcome, Reply
from bot.states import Purpose
from bot.store import Store
from bot.texts import Safe, Texts
from bot.timers import Timer
from bot.times import Times

# How long a confirmation may be given (interface, section 4).
QUESTION_OPEN = timedelta(minutes=10)
# What asking is "carried out" on, so that words older than the question are told apart.
QUESTION = "question"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One command of one person.

    Attributes:
        as_user: Calls the portal as the sender, and as nobody else.
        user_id: The sender.
        dialog_id: Where the command came from and the answer goes.
        private: Nobody else reads the answer.
        outsider: An extranet user, admitted by the administrator.
        language: Of the answer.
        now: The time to reckon with, aware, UTC.
        sent_at: When the command was sent, unix seconds.
        repeated: It was begun before and may have had its effect already.
        confirmed: The sender has confirmed it.
        call: The command itself.
        manifest: What else can be asked for.
        event_key: Equal keys are one message, delivered or begun again.
        place: Where it stands among the sender's other messages.
        store: What is kept.
        texts: Every sentence.
        person: What was known of the sender when the message came.
        times: Reads "for 45m" and the like.
        inbox: Takes what is to happen later.
        bot_id: The bot that was written to.
        cronofy: The way to calendars outside Bitrix24; None where they are not set up.
        run: Carries out other commands in the place of this one.
        at_end: What is written down when the message is done with, as in `Delivery`.
        alone: It is the only command of its message.
        within: The command in whose place this one is carried out; None for one that somebody gave.
    """

    as_user: AsUser
    user_id: int
    portal: str
    dialog_id: str
    private: bool
    outsider: bool
    language: str
    now: datetime
    sent_at: int
    repeated: bool
    confirmed: bool
    call: Call
    manifest: Manifest
    event_key: str
    place: Place
    store: Store
    texts: Texts
    person: Person
    times: Times
    inbox: Inbox
    bot_id: int
    cronofy: Cronofy | None
    run: Callable[["Context", Sequence[Call]], Awaitable[Reply]]
    at_end: list[Work[Any]]
    alone: bool = True
    within: Call | None = None

    @property
    def made_by(self) -> str:
        """What tells this command from all others, also when it is carried out again after an interruption."""
        return " ".join((self.event_key, self.call.name, *self.call.words))

    def text(self, key: str, **args: Any) -> Safe:
        """Return a sentence in the sender's language. Plain strings among `args` count as other people's text."""
        return self.texts.say(self.language, key, **args)

    def reply(self, key: str, outcome: Outcome = "done", **args: Any) -> Reply:
        return Reply(self.text(key, **args), outcome)

    def together(self, replies: Sequence[Reply]) -> Reply:
        """Join the replies to several parts of one command."""
        return Reply.together(replies, self.text("errors.no-room"))

    def offer_connection(self, key: str, outcome: Outcome = "done", *, to: Purpose = "bitrix24") -> Reply:
        """Answer with a link on which the sender permits us to act for them. Only in private: others must not see it."""
        return Reply(self.text(key), outcome, connects=(to,) if self.private else ())

    async def disconnect(self) -> Timer | None:
        """Forget every permission of the sender's, their links to connect, and what waits for one.

        Returns:
            Their timer, which cannot end without a permission and so is stopped.
        """
        timer = await self.timer()
        await self.store.forget_person(self.portal, self.user_id)
        self.as_user.look_anew()
        return timer

    # --- calendars outside Bitrix24

    @property
    def as_account(self) -> AsAccount:
        """Calls Cronofy with the account that the sender has connected, if any.

        Raises:
            CronofyNotSetUp: nobody can connect one here.
        """
        if self.cronofy is None:
            raise CronofyNotSetUp
        return self.cronofy.as_account(self.portal, self.user_id)

    async def has_account(self) -> bool:
        """Whether the sender has connected an account at Cronofy, broken as it may be."""
        return self.cronofy is not None and await self.store.accounts.sub_of(self.portal, self.user_id) is not None

    async def unlink(self) -> bool:
        """Give the permission for the sender's account back, forget it, and close their links to connect one.

        Returns:
            False when Cronofy could not be told, so that the permission remains there.

        Raises:
            CronofyNotSetUp: nobody can connect one here.
            NotLinked: the sender has connected none.
        """
        if self.cronofy is None:
            raise CronofyNotSetUp
        await self.store.states.close(self.portal, self.user_id, "cronofy")
        account = await self.store.accounts.find(self.portal, self.user_id)
        if account is None:
            raise NotLinked
        await self.store.externals.forget(self.portal, self.user_id)
        return await self.cronofy.unlink(account)

    # --- the order of commands

    async def superseded(self, subject: str) -> bool:
        """Whether a newer command of the sender was carried out on `subject` already."""
        return await self.store.order.superseded(self.portal, self.user_id, subject, self.place)

    def carried_out(self, subject: str) -> None:
        """Remember, from the end of its message on, that this command was carried out, so that an older one that is late does not undo it."""
        self.at_end.append(self.store.order.carrying_out(self.portal, self.user_id, subject, self.place))

    # --- questions

    async def take_question(self, *, key: str | None = None) -> Question | None:
        """Return the open question and close it.

        Args:
            key: Of the button that was pressed; None for words. Either counts only where the question was asked.
        """
        if key is None and await self.superseded(QUESTION):
            return None
        return await self.store.questions.take(
            self.portal,
            self.user_id,
            taken_by=self.event_key,
            asked_since=self.sent_at - int(QUESTION_OPEN.total_seconds()),
            dialog_id=self.dialog_id,
            key=key,
        )

    async def run_confirmed(self, question: Question) -> Reply:
        """Carry out what was asked about."""
        confirmed = replace(self, confirmed=question.confirms)
        return await self.run(confirmed, [Call(name, words) for name, words in question.calls])

    # --- lists

    async def last_list(self) -> Listing | None:
        """Return the list that the sender was shown here last, before this message."""
        now = self.now.timestamp()
        lists = self.store.lists
        return await lists.last(self.portal, self.user_id, self.dialog_id, now, unless_by=self.event_key)

    # --- language, zone

    def speaking(self, language: str) -> "Context":
        """Return the same command in another language, that of the button, say; what the person chose goes before."""
        return replace(self, language=self.person.language or language)

    async def choose_language(self, language: str) -> "Context":
        """Remember the sender's language, and return the same command in it."""
        await self.store.people.choose_language(self.portal, self.user_id, language)
        return replace(self, language=language, person=replace(self.person, language=language))

    @property
    def day(self) -> WorkingDay | None:
        """The sender's zone and working day, as the portal told it last; None when it was not asked or did not tell."""
        if self.person.zone is None:
            return None
        ends = self.person.day_ends
        return WorkingDay(ZoneInfo(self.person.zone), None if ends is None else time.fromisoformat(ends))

    @property
    def is_day_fresh(self) -> bool:
        """Whether the portal was asked for `day` lately, so that it need not be asked again."""
        return 0 <= self.now.timestamp() - self.person.zone_asked_at < ZONE_FRESH_S

    async def place_day(self, day: WorkingDay | None) -> None:
        """Remember what the portal says of the sender's zone and working day; it may not say it every time."""
        if day is None and self.person.zone is not None:
            return
        zone = None if day is None else day.zone.key
        ends = None if day is None or day.ends is None else day.ends.isoformat()
        if self.is_day_fresh and (zone, ends) == (self.person.zone, self.person.day_ends):
            return
        await self.store.people.place(self.portal, self.user_id, zone, ends, self.now.timestamp())

    async def saw_presence(self, presence: str) -> None:
        """Remember the sender's presence: after an interruption nobody could tell what it was before."""
        if presence != self.person.presence:
            await self.store.people.saw(self.portal, self.user_id, presence)

    # --- taking things back

    async def undo_with(self, undoing: Undoing) -> None:
        """Remember that this command changes something, and which call restores it."""
        await self.store.changes.remember(self.portal, self.user_id, self._change, undoing, self.now.timestamp())

    @property
    def _change(self) -> str:
        """What one command does to several meetings is one change, and so is what others do in its place."""
        given = self.within or self.call
        return f"{self.event_key}:{given.line}:{given.name}"

    async def undo_without(self, undoing: Undoing) -> None:
        """Forget what `undo_with` was told, since nothing has come of it."""
        await self.store.changes.take_back(self.portal, self.user_id, self._change, undoing)

    async def last_change(self) -> Change | None:
        return await self.store.changes.last(self.portal, self.user_id, self.now.timestamp())

    async def begun(self) -> tuple[str, ...]:
        """Return the meetings that this command had begun to answer before it was interrupted, as references.

        Among several commands of one message nobody can tell which of them had.
        """
        change = await self.last_change() if self.repeated and self.alone else None
        if change is None or change.made_by != self._change:
            return ()
        return tuple(call.words[0] for call in change.undoing)

    async def mark_undone(self) -> None:
        await self.store.changes.undo(self.portal, self.user_id, self.event_key)

    # --- timers

    async def timer(self) -> Timer | None:
        """Return the sender's timer, if one runs."""
        return await self.store.timers.find(self.portal, self.user_id)

    async def start_timer(
        self, presence: str, former: str, ends: datetime, zone: ZoneInfo, *, undoing: Undoing | None = None
    ) -> None:
        """Let `presence` end at `ends`, when `former` returns; instead of any other timer of the sender's.

        Args:
            presence: What was set.
            former: What it was before.
            ends: Aware.
            zone: To tell the end in.
            undoing: As for `undo_with`; kept in the same transaction.
        """
        ends_at = math.ceil(ends.timestamp())
        timer = Timer(
            portal=self.portal,
            user_id=self.user_id,
            timer_id=secrets.token_hex(4),
            made_by=self.made_by,
            presence=presence,
            former=former,
            ends_at=ends_at,
            zone=zone.key,
            bot_id=self.bot_id,
            language=self.language,
        )
        due = events.TimerDue(
            portal=self.portal, sent_at=ends_at, domain="", user_id=self.user_id, timer_id=timer.timer_id
        )
        entry = Entry(due.key, due.lane, events.dump(due), sent_at=ends_at)
        also = [self.store.timers.starting(timer)]
        if undoing is not None:
            changes, now = self.store.changes, self.now.timestamp()
            also.append(changes.remembering(self.portal, self.user_id, self._change, undoing, now))
        await self.inbox.put_at(ends_at, entry, also=also)

    async def stop_timer(self) -> None:
        """Let the sender's presence be what it is."""
        await self.store.timers.stop(self.portal, self.user_id)


CommandHandler: TypeAlias = Callable[..., Awaitable[Reply]]


class Router:
    """The handlers of one module, by command."""

    def __init__(self) -> None:
        self.handlers: dict[str, CommandHandler] = {}

    def command(self, name: str) -> Callable[[CommandHandler], CommandHandler]:
        """Register the decorated function for a command of manifest/."""

        def register(handler: CommandHandler) -> CommandHandler:
            if name in self.handlers:
                raise ManifestError(f"Two handlers for the command {name}.")
            self.handlers[name] = handler
            return handler

        return register

    @classmethod
    def of(cls, routers: Iterable["Router"]) -> "Router":
        """Return one router with the handlers of all."""
        whole = cls()
        for router in routers:
            for name, handler in router.handlers.items():
                whole.command(name)(handler)
        return whole
