"""Who writes what. Each kind of people is there for what can be said about them afterwards."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

# What a command is about: a meeting by its number, or the presence.
Subject: TypeAlias = int | str
PRESENCE = "presence"

# Their last command holds, whatever happened to those before it; nothing else of theirs changes anything.
STEADY = range(101, 121)
# They set presences that end by themselves, so that in the end they are online, as they were.
TIMED = range(121, 127)
# They do whatever the bot offers; it only has to answer them.
RESTLESS = range(127, 137)
PEOPLE = range(STEADY.start, RESTLESS.stop)

# Some steady people share a group with the bot.
GROUP, IN_GROUP = 311, range(101, 109)
MEETINGS_EACH = 3

_ANSWERS = {
    "Y": ("accept {}", "yes {}", "+ {}", "Accept meeting {}!", "принять {}", "пойду {}", "/accept {}"),
    "N": ("decline {}", "no {}", "- {}", "please decline #{}", "отклонить {}", "не пойду {}", "/decline {}"),
}
_LOOKS = ("status {}", "статус {}")
_PRESENCES = {
    "online": ("online", "available", "в сети"),
    "dnd": ("dnd", "do not disturb", "не беспокоить", "/dnd"),
    "away": ("away", "отошла"),
    "break": ("brb", "обед"),
}
_TIMED = ("dnd for {} seconds", "away for {} seconds", "не беспокоить {} секунд", "break for {} seconds")
_RESTLESS = (
    "accept {}", "decline {}", "reset {}", "yes", "yes", "no", "undo", "undo", "meetings", "invitations", "help", "status",
    "dnd for 45m", "away until tomorrow 9:00", "online", "accept", "maybe {}", "not a command at all", "language ru", "language en",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What one message asks for.

    Attributes:
        number: Stands in the answer and in no other person's, for some commands in no other answer at all; None: no number
            of a meeting does.
        wants: State of `subject` afterwards; None: nothing is changed, or nobody can tell.
    """

    user_id: int
    text: str
    number: int | None = None
    in_group: bool = False
    subject: Subject | None = None
    wants: str | None = None


def meetings_of(user_id: int) -> range:
    """Return the meetings to which nobody else is invited."""
    return range(100 * user_id, 100 * user_id + MEETINGS_EACH)


class Words:
    """What people write, drawn from `chance`."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        # Nobody is invited to these, which the answer says with the number.
        self._marks: Iterator[int] = itertools.count(900_001)

    def next(self) -> Command:
        """Return what somebody writes."""
        (people,) = self._chance.choices((STEADY, TIMED, RESTLESS), weights=(8, 1, 2))
        return self.of(self._chance.choice(people))

    def of(self, user_id: int) -> Command:
        """Return what this person writes."""
        if user_id in RESTLESS:
            text = self._chance.choice(_RESTLESS).format(self._chance.choice(meetings_of(user_id)))
            return Command(user_id=user_id, text=text)
        if user_id in TIMED:
            text = self._chance.choice(_TIMED).format(self._chance.randint(2, 8))
            return Command(user_id=user_id, text=text)
        # Colleagues see what is written in a group, so nobody changes a presence there.
        in_group = user_id in IN_GROUP and self._chance.random() < 0.4
        kinds = (self._answer, self._look, self._unknown, self._presence)
        (kind,) = self._chance.choices(kinds, weights=(6, 1, 1, 0 if in_group else 3))
        return kind(user_id, in_group=in_group)

    def _answer(self, user_id: int, *, in_group: bool) -> Command:
        meeting = self._chance.choice(meetings_of(user_id))
        wants = self._chance.choice(tuple(_ANSWERS))
        text = self._chance.choice(_ANSWERS[wants]).format(meeting)
        is_plain = text[0] != "/" and text[-1] != "!"
        is_marked = is_plain and self._chance.random() < 0.3
        mark = next(self._marks) if is_marked else None
        return Command(
            user_id=user_id,
            text=f"{text}, {mark}" if mark else text,
            number=mark or meeting,
            in_group=in_group and is_plain,
            subject=meeting,
            wants=wants,
        )

    def _presence(self, user_id: int, *, in_group: bool) -> Command:
        wants = self._chance.choice(tuple(_PRESENCES))
        text = self._chance.choice(_PRESENCES[wants])
        return Command(user_id=user_id, text=text, in_group=in_group, subject=PRESENCE, wants=wants)

    def _look(self, user_id: int, *, in_group: bool) -> Command:
        meeting = self._chance.choice(meetings_of(user_id))
        text = self._chance.choice(_LOOKS).format(meeting)
        return Command(user_id=user_id, text=text, number=meeting, in_group=in_group)

    def _unknown(self, user_id: int, *, in_group: bool) -> Command:
        mark = next(self._marks)
        return Command(user_id=user_id, text=self._chance.choice(_LOOKS).format(mark), number=mark, in_group=in_group)
