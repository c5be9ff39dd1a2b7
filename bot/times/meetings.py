"""Ends of meetings: "until my next meeting ends", "for the rest of the meeting", "до конца встречи"; which one, not when."""

import re

from bot.times.expression import Which
from bot.times.moments import one_of
from bot.times.words import Words


class Meetings:
    """What one language calls the end of a meeting. Never its beginning: "until the meeting" may be either."""

    def __init__(self, words: Words) -> None:
        self._which = words.meetings
        until, meeting = one_of(words.until), f"({one_of(words.meetings)})"
        self._until = (
            re.compile(f"{until} {one_of(words.end_of)} {meeting}"),
            re.compile(f"{until} {meeting} {one_of(words.over)}"),
        )
        self._during = re.compile(f"{one_of(words.during)} {meeting}")

    def read(self, text: str) -> Which | None:
        """Return whose end is meant; None for what is anything else, or more than that."""
        for pattern in self._until:
            if said := pattern.fullmatch(text):
                return self._which[said[1]]
        said = self._during.fullmatch(text)
        # As long as one lasts is from now on only if it has begun.
        return "running" if said and self._which[said[1]] != "next" else None
