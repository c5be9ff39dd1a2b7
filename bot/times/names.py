"""What single words mean, as dateparser knows them: units, days and months of a language.

Its answers are taken only where they are of the kind that was asked for; it reads "1 tomorrow" as well.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from dateparser.date import DateDataParser

BASE = datetime(2001, 4, 1, tzinfo=UTC)  # from here a month has 30 days and a year 365
LONGEST_WORD = 20  # letters
_DATE = ("year", "month", "day")


class _Answer(NamedTuple):
    """A point in time, of which `parts` were said; the rest is that of BASE."""

    at: datetime
    period: str
    parts: tuple[str, ...]


def known(language: str) -> bool:
    """Whether dateparser has words in this language."""
    try:
        for kind in ("relative-time", "absolute-time"):
            _ask(language, kind, "1")
    except ValueError:
        return False
    return True


def unit(language: str, word: str) -> timedelta | None:
    """Return how long one of that unit is."""
    answer = _ask(language, "relative-time", f"1 {word}") if _plain(word) else None
    return answer.at - BASE if answer and not _ask(language, "relative-time", word) else None


def days_ahead(language: str, phrase: str) -> int | None:
    """Return how far away "today" (0), "tomorrow" or the like is."""
    answer = _ask(language, "relative-time", phrase)
    return (answer.at - BASE).days if answer and answer.period == "day" and answer.parts == _DATE else None


def weekday(language: str, word: str) -> int | None:
    """Return 0 for Monday to 6 for Sunday."""
    answer = _ask(language, "absolute-time", word) if _plain(word) else None
    return answer.at.weekday() if answer and answer.parts == _DATE else None


def month(language: str, word: str) -> int | None:
    """Return 1 to 12."""
    answer = _ask(language, "absolute-time", word) if _plain(word) else None
    return answer.at.month if answer and answer.parts == ("month",) else None


def _plain(word: str) -> bool:
    return word.isalpha() and len(word) <= LONGEST_WORD


@lru_cache(maxsize=1024)
def _ask(language: str, kind: str, text: str) -> _Answer | None:
    data = _parser(language, kind).get_date_data(text)
    return _Answer(data.date_obj, data.period, data.parts) if data.date_obj else None


@lru_cache(maxsize=32)
def _parser(language: str, kind: str) -> DateDataParser:
    settings = {
        "PARSERS": [kind],
        "RELATIVE_BASE": BASE,
        "PREFER_DATES_FROM": "future",
        "TIMEZONE": "UTC",  # else it looks for the machine's
        "RETURN_AS_TIMEZONE_AWARE": True,
    }
    return DateDataParser(languages=[language], settings=settings)
