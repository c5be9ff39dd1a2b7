"""Lengths: "45m", "1h30", "an hour and a half", "на полтора часа"."""

import re
import unicodedata
from collections.abc import Container
from datetime import timedelta

from bot.times.expression import TimeUnclear
from bot.times.words import Words

HOUR = timedelta(hours=1)
_MINUTES = 60  # in an hour

# Of decimals only those that cannot be minutes, for "1.30 h" is half past to some; three may be thousands.
_NUMBER = re.compile(r"[0-9]{1,6}(?:[.,](?:[0-9]|25|75))?")
_PART = re.compile(r"([1-9])/([2-9])|[\u00bc-\u00be]")  # 1/2, or the sign for it
_TOKEN = re.compile(r"[0-9]+/[0-9]+|[0-9]+(?:[.,][0-9]+)?|[^\W\d_]+|\S")
_COLON = re.compile(r"([0-9]{1,2}):([0-5][0-9]) ?([^\W\d_]+)")


def read(text: str, words: Words) -> timedelta:
    """Understand a length, all of it; more than can be counted is the longest there is.

    Raises:
        TimeUnclear: "when" for a number without a unit, else "unknown".
    """
    colon = _COLON.fullmatch(text)
    if colon and words.units.get(colon[3]) == HOUR:
        return timedelta(hours=int(colon[1]), minutes=int(colon[2]))
    try:
        return _Reading(text, words).length()
    except OverflowError:  # 999999 decades
        return timedelta.max


class _Reading:
    """Goes through the words from left to right; a method either takes what it names or takes nothing."""

    def __init__(self, text: str, words: Words) -> None:
        self._tokens = _TOKEN.findall(text)
        self._words = words
        self._at = 0

    def length(self) -> timedelta:
        length = self._term(below=timedelta.max)
        if length is not None:
            return length
        bare = self._amount() is not None and not self._token
        raise TimeUnclear("when" if bare else "unknown")

    def _term(self, *, below: timedelta) -> timedelta | None:
        """Take an amount of a unit smaller than `below`, and the smaller ones that follow to the end."""
        start = self._at
        amount = self._amount()
        unit = self._unit(amount)
        if unit is None or unit >= below:
            self._at = start
            return None
        return unit * (1 if amount is None else amount) + self._rest(unit, whole=amount is None or amount.is_integer())

    def _rest(self, unit: timedelta, *, whole: bool) -> timedelta:
        """Take what follows a term: smaller units, "and a half" of the same, or the minutes of "1h30"."""
        if not self._token:
            return timedelta()
        joined = self._take((*self._words.joiners, ","))
        smaller = self._term(below=unit)
        if smaller is not None:
            return smaller
        amount = self._amount()
        if amount is not None and not self._token:
            if joined and whole and amount < 1:
                return unit * amount
            if unit == HOUR and whole and amount.is_integer() and amount < _MINUTES:
                return timedelta(minutes=amount)
        raise TimeUnclear("unknown")

    def _amount(self) -> float | None:
        """Take a number, a part, or a number and a part."""
        number = self._product()
        if number is None or number < 1 or not number.is_integer():
            return number
        start = self._at
        joined = self._take(self._words.joiners)
        sign = _PART.fullmatch(self._token)
        part = self._product()
        if part is not None and part < 1 and (joined or sign):
            return number + part
        self._at = start
        return number

    def _product(self) -> float | None:
        """Take a number, a part, or a number of parts that make less than one."""
        number = self._count()
        part = self._words.parts.get(self._token, 1) * (1 if number is None else number)
        if self._token in self._words.parts and part < 1:
            self._at += 1
            return part
        sign = _PART.fullmatch(self._token) if number is None else None
        if sign is None:
            return number
        self._at += 1
        return int(sign[1]) / int(sign[2]) if sign[1] else unicodedata.numeric(sign[0])

    def _count(self) -> float | None:
        """Take a number in figures or in words, or an article."""
        token = self._token
        if _NUMBER.fullmatch(token):
            self._at += 1
            return float(token.replace(",", "."))
        if self._take(self._words.articles):
            return 1.0
        number = self._words.numbers.get(token)
        if number is None:
            return None
        self._at += 1
        ones = self._words.numbers.get(self._token, 0)
        if number >= 20 and number % 10 == 0 and ones in range(1, 10):  # noqa: PLR2004 - twenty, thirty ...
            self._at += 1
            return number + ones
        return number

    def _unit(self, amount: float | None) -> timedelta | None:
        """Take a unit, with the words that may stand between the amount and it."""
        if amount is None and self._token not in self._words.alone:
            return None
        if amount is not None:
            self._take(self._words.more)
            if not amount.is_integer():
                self._take(self._words.of)
            if amount < 1:
                self._take(self._words.articles)
        unit = self._words.units.get(self._token)
        self._at += unit is not None
        return unit

    @property
    def _token(self) -> str:
        """The next word, empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, words: Container[str]) -> bool:
        taken = bool(self._token) and self._token in words
        self._at += taken
        return taken
