"""What was said about an end, and the instant that it means for somebody at some moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Literal, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from bot.errors import BotError

SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(days=7)
_HALF_DAY, _DAY = timedelta(hours=12), timedelta(days=1)
_MORNING = time(5)  # what is earlier belongs to the evening before

Reason = Literal[
    "unknown",  # no time that we understand
    "past",
    "twice",  # clocks are put back: they show it two times
    "skipped",  # clocks are put forward: they never show it
    "far",
    "soon",
    "when",  # several meanings, or a part is missing: to be asked with an example
    "no-day-end",  # it depends on the end of a working day that is not known
    "no-meeting",  # it depends on a meeting, of which there is none ahead
    "no-meeting-today",  # none runs or begins today
    "no-meeting-now",  # none runs
    "meetings",  # several meetings may be meant, and they end at different times
    "no-calendar",  # it depends on a calendar that cannot be read
    "in-group",  # it depends on a calendar, and others read along
]

# Whose end is meant: that of the meeting that runs, of that one or else of today's next, of the next to begin.
Which = Literal["running", "nearest", "next"]
_NO_MEETING: Mapping[Which, Reason] = {
    "running": "no-meeting-now",
    "nearest": "no-meeting-today",
    "next": "no-meeting",
}


class TimeUnclear(BotError):
    """Nothing is done, because an end is not certain or not possible. Holds no text of the sender."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Meeting(NamedTuple):
    """When the person is in a meeting; both aware, UTC."""

    starts: datetime
    ends: datetime


class Day(Protocol):
    def near(self, today: date) -> tuple[date, ...]:
        """Return the dates that may be meant today, not empty."""
        ...


@dataclass(frozen=True, slots=True)
class Ahead:
    """Today, tomorrow, and so on."""

    days: int

    def near(self, today: date) -> tuple[date, ...]:
        return (today + timedelta(days=self.days),)


@dataclass(frozen=True, slots=True)
class Weekday:
    """The next one; on such a day it may be today's too. `number` is 0 on Mondays."""

    number: int

    def near(self, today: date) -> tuple[date, ...]:
        wait = (self.number - today.weekday()) % 7
        return (today + timedelta(days=wait),) if wait else (today, today + timedelta(days=7))


@dataclass(frozen=True, slots=True)
class Dated:
    """A day of the year; without a year the next one, today included."""

    day: int
    month: int
    year: int | None = None

    def exists(self) -> bool:
        """Whether some year has it, or the one that is named."""
        try:
            date(2000 if self.year is None else self.year, self.month, self.day)
        except ValueError:
            return False
        return True

    def near(self, today: date) -> tuple[date, ...]:
        if self.year is not None:
            return (date(self.year, self.month, self.day),)
        years = (Dated(self.day, self.month, year) for year in count(today.year))
        return next(dates for year in years if year.exists() and (dates := year.near(today)) >= (today,))


@dataclass(frozen=True, slots=True)
class Expression:
    """A length, the end of a meeting, or a day with a time; one without a time never ends anything.

    Attributes:
        span: Elapsed time; set for lengths only, which need no zone.
        day: None for today.
        clock: What the time may be, counted from 0:00 of the day; empty when none was said. From 24 hours on it is
            reached on the following day.
        day_end: The time is the end of the person's working day.
        meeting: It ends with this meeting of the person's, which needs their calendar.
    """

    span: timedelta | None = None
    day: Day | None = None
    clock: tuple[timedelta, ...] = ()
    day_end: bool = False
    meeting: Which | None = None

    def ends(
        self, *, now: datetime, zone: ZoneInfo, day_end: time | None, meetings: Iterable[Meeting] = ()
    ) -> datetime:
        """Return the end as an aware UTC instant, from 1 second to 7 days after `now`.

        Args:
            now: Aware, UTC.
            zone: Where the person reads the clock.
            day_end: When the person's working day ends there; None if that is not known.
            meetings: Those of the person that may be meant; needed if `meeting` is set.

        Raises:
            TimeUnclear: There is no such instant, or more than one, or it is out of bounds.
        """
        if self.meeting is not None:
            end = _end_of(self.meeting, meetings, now, zone)
        elif self.span is None:
            end = self._instant(now, zone, day_end)
        elif self.span > LONGEST:
            raise TimeUnclear("far")
        else:
            end = now + self.span
        if end - now < SHORTEST:
            raise TimeUnclear("soon")
        if end - now > LONGEST:
            raise TimeUnclear("far")
        return end

    def _instant(self, now: datetime, zone: ZoneInfo, day_end: time | None) -> datetime:
        """Find the only meaning, which has to be ahead; a bare hour that may be the morning's has two."""
        here = now.astimezone(zone)
        clock = self._clock(day_end)
        walls = [datetime.combine(day, time()) + at for day in self._days(here.date()) for at in clock]
        ahead = [wall for wall in walls if max(_both(wall, zone)) > now]
        if not ahead and self.day is None:  # "until 1:30", said in the evening: at noon it may be the afternoon's
            past = [wall for wall in walls if wall.time() < _MORNING and wall + _HALF_DAY <= here.replace(tzinfo=None)]
            ahead = [wall + _DAY for wall in past]
        if len(ahead) != 1 or _is_bare_hour(clock):
            raise TimeUnclear("when" if ahead or not clock else "past")
        shown = {at for at in _both(ahead[0], zone) if at.astimezone(zone).replace(tzinfo=None) == ahead[0]}
        if len(shown) != 1:
            raise TimeUnclear("twice" if shown else "skipped")
        return shown.pop()

    def _clock(self, day_end: time | None) -> tuple[timedelta, ...]:
        if not self.day_end:
            return self.clock
        if day_end is None:
            raise TimeUnclear("no-day-end")
        return (datetime.combine(date.min, day_end) - datetime.combine(date.min, time()),)

    def _days(self, today: date) -> tuple[date, ...]:
        """Return the dates that may be meant, as long as they are near enough to be looked at closely."""
        days = self.day.near(today) if self.day else (today,)
        if days[-1] < today:
            raise TimeUnclear("past")
        if days[0] - today > LONGEST:
            raise TimeUnclear("far")
        return days


def _end_of(which: Which, meetings: Iterable[Meeting], now: datetime, zone: ZoneInfo) -> datetime:
    """Return when the meeting that is meant ends, or all those that may be."""
    within = [meeting for meeting in meetings if meeting.starts - now <= LONGEST and meeting.ends > now]
    running = [meeting for meeting in within if meeting.starts <= now]
    first = min((meeting.starts for meeting in within if meeting.starts > now), default=None)
    coming = [meeting for meeting in within if meeting.starts == first]
    if which == "next":
        meant = coming
    elif running or which == "running":
        meant = running
    else:
        today = now.astimezone(zone).date()
        meant = [meeting for meeting in coming if meeting.starts.astimezone(zone).date() == today]
    ends = {meeting.ends for meeting in meant}
    if len(ends) != 1:
        raise TimeUnclear("meetings" if ends else _NO_MEETING[which])
    return ends.pop()


def _is_bare_hour(clock: tuple[timedelta, ...]) -> bool:
    """Whether a time may be one of the morning and one of the evening."""
    return len(clock) > 1 and clock[1] - clock[0] == _HALF_DAY


def _both(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Return the instants of a time before and after a change of clocks; equal when there is no change (PEP 495)."""
    return tuple(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
