"""What a handler returns: one answer, its buttons, and what it asks the sender to confirm."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from bot.grammar import Call
from bot.states import Purpose
from bot.texts import Safe

# `sent`: on its way, and not certain yet. `waiting`: a follow-up has nothing new to say.
Outcome: TypeAlias = Literal["done", "sent", "unchanged", "asked", "refused", "failed", "waiting"]


# Characters of a reply; more is no conversation, and fills a telephone's screen twice.
LONGEST = 1_000
# What is longer explains or lists something.
_LONG = 200
# Rows of buttons; the portal takes a keyboard of 30 KB (contract D.5).
MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Button:
    """A button below a reply; it does `does` for whoever presses it."""

    label: Safe
    does: Call
    primary: bool = False
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A button below a reply that opens a page in the browser of whoever presses it; private chats only."""

    label: Safe
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Follow:
    """A command that will know better what became of something; what it says replaces what was said.

    Attributes:
        after_s: Seconds until it is worth while to ask it.
        adds: A sentence that goes on to be said when all has gone well.
        is_whole: What it will say is the whole message, whatever that has become meanwhile.
    """

    asks: Call
    after_s: float
    adds: Safe | None = None
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    Attributes:
        text: In the sender's language; everybody else's text in it is inert.
        outcome: What became of the command, for log and metrics.
        short: The same in a few words, for when many commands are answered together.
        asks: The commands that are carried out if the sender confirms.
        agrees: What the button that confirms says, instead of the usual "yes".
        suggests: A "yes" only tells what was meant; what those commands ask about is asked then.
        connects: A button with the sender's link to connect goes along for each; private chats only.
        links: Buttons that lead elsewhere.
        buttons: Rows of other buttons.
        in_place: It replaces the message whose button was pressed, if it answers a button.
        lists: It shows a list with rows to refer to.
        shows: What rows of lists show from now on: references of meetings, and their states.
        follows: It is not the last word.
        parts: The replies that it was joined from, when one of them is not the last word.
        language: Of the reply, when it is another one than the message's.
    """

    text: Safe
    outcome: Outcome = "done"
    short: Safe | None = None
    asks: tuple[Call, ...] = ()
    agrees: Safe | None = None
    suggests: bool = False
    connects: tuple[Purpose, ...] = ()
    links: tuple[Link, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    in_place: bool = False
    lists: bool = False
    shows: tuple[tuple[str, str], ...] = ()
    follows: Follow | None = None
    parts: tuple["Reply", ...] = ()
    language: str | None = None

    @classmethod
    def together(cls, replies: Sequence["Reply"], more: Safe) -> "Reply":
        """Join the answers to one message; equal lines are said once, and all more briefly when they grow too long.

        Args:
            replies: At least one.
            more: Says that there was no room for all. Long ones are left out first, which tell things and have done nothing; then
                questions, since what is not read is not agreed to.
        """
        if len(replies) == 1:
            return replies[0]
        parts = tuple(part for reply in replies for part in (reply.parts or (reply,)))
        text = _joined([reply.text for reply in replies])
        if len(text) > LONGEST:
            replies = [replace(reply, text=reply.short or reply.text) for reply in replies]
            text = _joined([reply.text for reply in replies])
        while len(text) > LONGEST and len(replies) > 1:
            least = _least_needed(replies)
            replies = [reply for reply in replies if reply is not least]
            text = _joined([*(reply.text for reply in replies), more])
        outcomes = {reply.outcome for reply in replies}
        return cls(
            text=Safe(text),
            outcome=outcomes.pop() if len(outcomes) == 1 else "failed" if "failed" in outcomes else "done",
            asks=tuple(call for reply in replies for call in reply.asks),
            suggests=any(reply.suggests for reply in replies),
            connects=tuple(dict.fromkeys(purpose for reply in replies for purpose in reply.connects)),
            links=tuple(dict.fromkeys(link for reply in replies for link in reply.links)),
            buttons=_told_apart([row for reply in replies for row in reply.buttons])[:MOST_ROWS],
            in_place=all(reply.in_place for reply in replies),
            lists=any(reply.lists for reply in replies),
            shows=tuple(shown for reply in parts for shown in reply.shows),
            parts=parts if any(reply.follows for reply in parts) else (),
        )


def _least_needed(replies: Sequence[Reply]) -> Reply:
    told = [reply for reply in replies if not reply.asks and len(reply.text) > _LONG]
    questions = [reply for reply in replies if reply.asks]
    return max(told, key=lambda reply: len(reply.text)) if told else [*replies, *questions][-1]


def _told_apart(rows: Sequence[tuple[Button, ...]]) -> tuple[tuple[Button, ...], ...]:
    """Leave the last of rows that say the same: a later command goes before an earlier one."""
    last = {tuple(button.label for button in row): row for row in rows}
    return tuple(last.values())


def _joined(lines: Sequence[Safe]) -> str:
    return "\n".join(dict.fromkeys(lines))
