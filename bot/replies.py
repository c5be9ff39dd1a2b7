"""What a handler returns: one answer, its buttons, and what it asks the sender to confirm."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from bot.grammar import Call
from bot.lists import State
from bot.texts import Safe

Outcome: TypeAlias = Literal["done", "unchanged", "asked", "refused", "failed"]


# Characters of a reply; more is no conversation, and fills a telephone's screen twice.
LONGEST = 1_000
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
class Reply:
    """One answer.

    Attributes:
        text: In the sender's language; everybody else's text in it is inert.
        outcome: What became of the command, for log and metrics.
        short: The same in a few words, for when many commands are answered together.
        asks: The commands that are carried out if the sender confirms.
        agrees: What the button that confirms says, instead of the usual "yes".
        connects: A button with the sender's link to connect goes along; private chats only.
        buttons: Rows of other buttons.
        in_place: It replaces the message whose button was pressed, if it answers a button.
        state: What a row of a list shows of the meeting from now on.
        language: Of the reply, when it is another one than the message's.
    """

    text: Safe
    outcome: Outcome = "done"
    short: Safe | None = None
    asks: tuple[Call, ...] = ()
    agrees: Safe | None = None
    connects: bool = False
    buttons: tuple[tuple[Button, ...], ...] = ()
    in_place: bool = False
    state: State | None = None
    language: str | None = None

    @classmethod
    def together(cls, replies: Sequence["Reply"], more: Safe) -> "Reply":
        """Join the answers to one message; equal lines are said once, and all more briefly when they grow too long.

        Args:
            replies: At least one.
            more: Says that there was no room for the rest. Questions are left out first, since what is not read is not agreed
                to; then the longest, which tell things and have done nothing.
        """
        if len(replies) == 1:
            return replies[0]
        text = _joined([reply.text for reply in replies])
        if len(text) > LONGEST:
            replies = [replace(reply, text=reply.short or reply.text) for reply in replies]
            text = _joined([reply.text for reply in replies])
        while len(text) > LONGEST and len(replies) > 1:
            questions = [number for number, reply in enumerate(replies) if reply.asks]
            longest = max(range(len(replies)), key=lambda number: len(replies[number].text))
            left_out = questions[-1] if questions else longest
            replies = [reply for number, reply in enumerate(replies) if number != left_out]
            text = _joined([*(reply.text for reply in replies), more])
        outcomes = {reply.outcome for reply in replies}
        return cls(
            text=Safe(text),
            outcome=outcomes.pop() if len(outcomes) == 1 else "failed" if "failed" in outcomes else "done",
            asks=tuple(call for reply in replies for call in reply.asks),
            connects=any(reply.connects for reply in replies),
            buttons=_told_apart([row for reply in replies for row in reply.buttons])[:MOST_ROWS],
            in_place=all(reply.in_place for reply in replies),
        )


def _told_apart(rows: Sequence[tuple[Button, ...]]) -> tuple[tuple[Button, ...], ...]:
    """Leave the last of rows that say the same: a later command goes before an earlier one."""
    last = {tuple(button.label for button in row): row for row in rows}
    return tuple(last.values())


def _joined(lines: Sequence[Safe]) -> str:
    return "\n".join(dict.fromkeys(lines))
