"""Recurring meetings: the rule of a series and the days it falls on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.emulator.php import Json

NO_END = date(2038, 1, 1)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_MONTHS_PER_YEAR = 12


@dataclass(frozen=True, slots=True)
class Rule:
    """How a meeting repeats."""

    frequency: str
    interval: int = 1
    days: tuple[str, ...] = ()  # weekly only: MO ... SU
    count: int | None = None
    until: date | None = None

    @classmethod
    def parse(cls, text: str) -> "Rule":
        """Read the usual notation, such as `FREQ=WEEKLY;BYDAY=MO,WE;COUNT=5`.

        Raises:
            ValueError: The frequency is missing or unknown.
        """
        parts = dict(part.split("=", 1) for part in text.upper().split(";") if part)
        frequency = parts.get("FREQ", "")
        if frequency not in _FREQUENCIES:
            raise ValueError(f"no such frequency: {text!r}")
        return cls(
            frequency,
            int(parts.get("INTERVAL", "1")),
            tuple(day for day in parts.get("BYDAY", "").split(",") if day),
            int(parts["COUNT"]) if "COUNT" in parts else None,
            date.fromisoformat(parts["UNTIL"][:8]) if "UNTIL" in parts else None,
        )

    @property
    def last_day(self) -> date:
        return self.until or NO_END

    def described(self, shown_until: str, until_stamp: int) -> dict[str, Json]:
        """Return the `RRULE` map of an entry; `~UNTIL` is empty when the series has no end of its own."""
        days: dict[str, Json] = {"BYDAY": {day: day for day in self.days}} if self.days else {}
        count: dict[str, Json] = {"COUNT": self.count} if self.count else {}
        return {
            "FREQ": self.frequency,
            "INTERVAL": self.interval,
            **days,
            **count,
            "UNTIL": shown_until,
            "~UNTIL": shown_until if self.until else "",
            "UNTIL_TS": until_stamp,
        }

    def starts(self, first: datetime) -> Iterator[tuple[int, datetime]]:
        """Yield each start with its index, the first being 0."""
        for index, start in enumerate(self._endless(first)):
            if start.date() > self.last_day or (self.count is not None and index >= self.count):
                return
            yield index, start

    def _endless(self, first: datetime) -> Iterator[datetime]:
        if self.frequency == "WEEKLY" and self.days:
            yield from self._weekly(first)
            return
        step = 0
        while True:
            start = self._step(first, step)
            if start is not None:
                yield start
            step += self.interval

    def _weekly(self, first: datetime) -> Iterator[datetime]:
        monday = first - timedelta(days=first.weekday())
        numbers = sorted(_DAYS.index(day) for day in self.days)
        while True:
            for start in (monday + timedelta(days=number) for number in numbers):
                if start >= first:
                    yield start
            monday += timedelta(weeks=self.interval)

    def _step(self, first: datetime, step: int) -> datetime | None:
        """Return the start `step` periods later, or nothing where the month is too short."""
        if self.frequency in {"DAILY", "WEEKLY"}:
            return first + timedelta(days=step * (1 if self.frequency == "DAILY" else 7))
        months = first.month - 1 + step * (_MONTHS_PER_YEAR if self.frequency == "YEARLY" else 1)
        try:
            return first.replace(year=first.year + months // _MONTHS_PER_YEAR, month=months % _MONTHS_PER_YEAR + 1)
        except ValueError:
            return None
