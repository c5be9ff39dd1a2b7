"""Points in time: "17:00", "tomorrow 9:00", "до 5 вечера", "25 ноября 10:00"."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from bot.times.expression import Ahead, Dated, Day, Expression, TimeUnclear, Weekday
from bot.times.words import Words

_NOON = 12  # o'clock
_DAY = 24  # hours
_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_DOTTED = re.compile(r"(?P<day>[0-9]{1,2})[.-](?P<month>[0-9]{1,2})\.?(?:(?<=\.)(?P<year>[0-9]{4})\.?)?")


class _Clock(NamedTuple):
    """A time of day, as in Expression."""

    times: tuple[timedelta, ...] = ()
    day_end: bool = False


class Moments:
    """The points in time of one language."""

    def __init__(self, words: Words) -> None:
        self._words = words
        hour = one_of(word for word, number in words.numbers.items() if number.is_integer() and number <= _DAY)
        self._time = re.compile(
            rf"(?P<hour>[0-9]{{1,2}}|{hour})(?:[:.-](?P<minute>[0-5][0-9]))?"
            rf"(?: ?{one_of(words.oclock)})?(?: ?(?P<half>{one_of(words.hours)}))?"
        )
        number, name = rf"(?P<day>[0-9]{{1,2}})(?: ?{one_of(words.ordinals)})?", r"(?P<month>[^\W\d_]+)"
        self._dates = (
            re.compile(rf"{number}(?: {one_of(words.of_month)})? {name}(?: (?P<year>[0-9]{{4}}))?"),
            re.compile(rf"{name} {number}(?: (?P<year>[0-9]{{4}}))?"),
        )
        self._at, self._on = (re.compile(f"{one_of(phrases)} ") for phrases in (words.at, words.on))

    def read(self, text: str) -> Expression:
        """Understand a day, a time, or both in either order, all of it.

        Raises:
            TimeUnclear: "when" for what has two meanings ("5.11", "5 nov 10"), else "unknown".
        """
        readings = set(self._readings(text))
        if len(readings) != 1:
            raise TimeUnclear("when" if readings else "unknown")
        return readings.pop()

    def _readings(self, text: str) -> Iterator[Expression]:
        if clock := self._clock(text):
            yield Expression(clock=clock.times, day_end=clock.day_end)
        if day := self._day(text):
            yield Expression(day=day)
        spaces = [found.start() for found in re.finditer(" ", text)]
        halves = [(text[:at].removesuffix(","), text[at + 1 :]) for at in spaces]
        for day_text, clock_text in (*halves, *((right, left) for left, right in halves)):
            if (clock := self._clock(clock_text)) and (day := self._day(day_text)):
                yield Expression(day=day, clock=clock.times, day_end=clock.day_end)

    def _clock(self, text: str) -> _Clock | None:
        text = self._at.sub("", text, count=1) if self._at.match(text) else text
        if text in self._words.noon:
            return _Clock((timedelta(hours=_NOON),))
        if text in self._words.midnight:
            return _Clock((timedelta(), timedelta(hours=_DAY)))
        if text in self._words.day_end:
            return _Clock(day_end=True)
        said = self._time.fullmatch(text)
        hours = self._hours(said) if said else ()
        minutes = timedelta(minutes=int(said["minute"] or 0)) if said else timedelta()
        return _Clock(tuple(timedelta(hours=hour) + minutes for hour in hours)) if hours else None

    def _hours(self, said: re.Match[str]) -> tuple[int, ...]:
        """Return the hours of the day that may be meant, none if there is no such hour."""
        hour = int(said["hour"]) if said["hour"].isdigit() else int(self._words.numbers[said["hour"]])
        if said["half"]:
            first, last = self._words.hours[said["half"]]
            twelve = 1 <= hour <= _NOON
            fitting = {at for at in range(first, last + 1) if at == hour or (twelve and (at - hour) % _NOON == 0)}
            fitting |= {at % _DAY for at in fitting}
        elif said["minute"]:
            fitting = {hour} if hour < _DAY or said["minute"] == "00" else set()
        else:  # 5, or 17
            fitting = {hour, hour + _NOON} if 1 <= hour <= _NOON else {hour} - {0}
        if 0 in fitting and not int(said["minute"] or 0):  # midnight
            fitting.add(_DAY)
        return tuple(sorted(fitting)) if hour <= _DAY else ()

    def _day(self, text: str) -> Day | None:
        text = self._on.sub("", text, count=1) if self._on.match(text) else text
        days = self._words.days.get(text)
        if days is not None:
            return Ahead(days)
        if said := _ISO.fullmatch(text) or _DOTTED.fullmatch(text):
            return _dated(said, int(said["month"]))
        for pattern in self._dates:
            if said := pattern.fullmatch(text):
                month = self._words.months.get(said["month"])
                return None if month is None else _dated(said, month)
        number = self._words.weekdays.get(text)
        return None if number is None else Weekday(number - 1)


def one_of(phrases: Iterable[str]) -> str:
    """Return a pattern of any of the phrases, the longest first; of nothing at all if there are none."""
    return f"(?:{'|'.join(map(re.escape, sorted(phrases, key=len, reverse=True))) or '(?!)'})"


def _dated(said: re.Match[str], month: int) -> Dated | None:
    dated = Dated(int(said["day"]), month, int(said["year"]) if said["year"] else None)
    return dated if dated.exists() else None
