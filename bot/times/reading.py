"""Texts to expressions: what kind of time follows which word, in each language by itself."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from bot.times import spans
from bot.times.expression import Expression, Reason, TimeUnclear
from bot.times.meetings import Meetings
from bot.times.moments import Moments, one_of
from bot.times.words import Words, load

LONGEST = 100  # characters of a text that is looked at

_STOP = re.compile(r"(?<=[^\W\d_])\.(?=[ 0-9]|$)")  # of an abbreviation
_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
_FIGURES = re.compile(r"[0-9]+(?:[.,:/-][0-9]+)*")  # a number, a time, a date: nobody knows


class Times:
    """All words of manifest/times.toml, ready to be looked up."""

    def __init__(self, words: Mapping[str, Words]) -> None:
        self._languages = [_Language(group) for group in words.values()]

    @classmethod
    def load(cls, folder: Path, languages: Iterable[str]) -> "Times":
        """Read the words of `languages` in manifest/.

        Raises:
            ManifestError: times.toml is missing, unreadable or incomplete.
        """
        return cls(load(folder, languages))

    def read(self, text: str) -> Expression:
        """Understand what stands after a presence, in any one language; words of two in one text are not understood.

        Args:
            text: Lower case, single spaces, ie for Cyrillic io, no final stop.

        Raises:
            TimeUnclear: "unknown", or "when" for something that has to be asked about.
        """
        readings: set[Expression] = set()
        reasons: set[Reason] = set()
        for language in self._languages if len(text) <= LONGEST else ():
            try:
                readings.add(language.read(text))
            except TimeUnclear as unclear:
                reasons.add(unclear.reason)
        if len(readings) != 1:
            raise TimeUnclear("when" if readings or "when" in reasons else "unknown")
        return readings.pop()


class _Language:
    """How one language says it."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._moments = Moments(words)
        self._meetings = Meetings(words)
        self._until, self._about = (re.compile(f"{one_of(phrases)} ") for phrases in (words.until, words.about))
        self._lasting = re.compile(f"{one_of(words.lasting)} ")
        self._same = re.compile(rf"(?<![^\W\d_]){one_of(words.same)}(?![^\W\d_])")

    def read(self, text: str) -> Expression:
        text = " ".join(_HYPHEN.sub(" ", _STOP.sub(" ", text)).split())
        text = self._same.sub(lambda found: self._words.same[found[0]], text)
        meeting = self._meetings.read(text)
        if meeting is not None:
            return Expression(meeting=meeting)
        try:
            until = self._until.match(text)
            return self._moment(text[until.end() :]) if until else self._length(text)
        except TimeUnclear:
            if set(text.split()).isdisjoint(self._words.vague):
                raise
            raise TimeUnclear("when") from None

    def _moment(self, text: str) -> Expression:
        """Understand what follows "until"; a length, or a figure that is no time, has to be asked about."""
        try:
            return self._moments.read(text)
        except TimeUnclear as unclear:
            if unclear.reason == "unknown" and not _FIGURES.fullmatch(text):
                spans.read(text, self._words)
            raise TimeUnclear("when") from None

    def _length(self, text: str) -> Expression:
        """Understand what follows "for" or nothing; a point in time has to be asked about, save the end of the day."""
        for words in (self._about, self._lasting, self._about):
            start = words.match(text)
            text = text[start.end() :] if start else text
        if _FIGURES.fullmatch(text):
            raise TimeUnclear("when")
        try:
            return Expression(span=spans.read(text, self._words))
        except TimeUnclear as unclear:
            if unclear.reason == "when":
                raise
        moment = self._moments.read(text)
        if moment == Expression(day_end=True):
            return moment
        raise TimeUnclear("when")
