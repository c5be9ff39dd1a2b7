"""What a handler gets and what it returns: Context, Reply, and the Router that it registers with."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from bot.bitrix24.oauth import AsUser
from bot.errors import ManifestError
from bot.grammar import Call
from bot.manifest import Manifest
from bot.order import Place
from bot.questions import Question
from bot.store import Store
from bot.texts import Safe, Texts

# How long a confirmation may be given (interface, section 4).
QUESTION_OPEN = timedelta(minutes=10)
# What asking is "carried out" on, so that words older than the question are told apart.
QUESTION = "question"

Outcome: TypeAlias = Literal["done", "unchanged", "asked", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    Attributes:
        text: In the sender's language; everybody else's text in it is inert.
        outcome: What became of the command, for log and metrics.
        asks: The commands that are carried out if the sender confirms.
        connects: A button with the sender's link to connect goes along; private chats only.
    """

    text: Safe
    outcome: Outcome = "done"
    asks: tuple[Call, ...] = ()
    connects: bool = False

    @classmethod
    def together(cls, replies: Sequence["Reply"]) -> "Reply":
        """Join the answers to one message; equal lines are said once."""
        lines = dict.fromkeys(reply.text for reply in replies)
        return cls(
            text=Safe("\n".join(lines)),
            outcome=replies[0].outcome if len({reply.outcome for reply in replies}) == 1 else "done",
            asks=tuple(call for reply in replies for call in reply.asks),
            connects=any(reply.connects for reply in replies),
        )


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
    run: Callable[["Context", Sequence[Call]], Awaitable[Reply]]

    def text(self, key: str, **args: Any) -> Safe:
        """Return a sentence in the sender's language. Plain strings among `args` count as other people's text."""
        return self.texts.say(self.language, key, **args)

    def reply(self, key: str, outcome: Outcome = "done", **args: Any) -> Reply:
        return Reply(self.text(key, **args), outcome)

    def ask(self, key: str, **args: Any) -> Reply:
        """Ask the sender to confirm this very command; it then runs again, `confirmed`."""
        return Reply(self.text(key, **args), "asked", (self.call,))

    def offer_connection(self, key: str, outcome: Outcome = "done", **args: Any) -> Reply:
        """Answer with a link on which the sender permits us to act for them. Only in private: others must not see it."""
        return Reply(self.text(key, **args), outcome, connects=self.private)

    async def disconnect(self) -> None:
        """Forget every permission of the sender's, their links to connect, and what waits for one."""
        await self.store.forget_person(self.portal, self.user_id)

    async def superseded(self, subject: str) -> bool:
        """Whether a newer command of the sender was carried out on `subject` already."""
        return await self.store.order.superseded(self.portal, self.user_id, subject, self.place)

    async def carried_out(self, subject: str) -> None:
        """Remember that this command was carried out, so that an older one that is late does not undo it."""
        await self.store.order.carry_out(self.portal, self.user_id, subject, self.place)

    async def take_question(self, *, key: str | None = None) -> Question | None:
        """Return the open question and close it.

        Args:
            key: Of the button that was pressed; None for words, which count only where the question was asked.
        """
        if key is None and await self.superseded(QUESTION):
            return None
        return await self.store.questions.take(
            self.portal,
            self.user_id,
            taken_by=self.event_key,
            asked_since=self.sent_at - int(QUESTION_OPEN.total_seconds()),
            **({"dialog_id": self.dialog_id} if key is None else {"key": key}),
        )

    def speaking(self, language: str) -> "Context":
        """Return the same command in another language, that of the button, say."""
        return replace(self, language=language)

    async def run_confirmed(self, question: Question) -> Reply:
        """Carry out what was asked about."""
        confirmed = replace(self, confirmed=True)
        return await self.run(confirmed, [Call(name, words) for name, words in question.calls])


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
