"""What is ahead in a person's calendar, on the person's own clock (contract G.4, G.5)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.bitrix24.methods.calendar import Answer, known_answer, wall_clock
from bot.bitrix24.methods.person import WorkingDay, known_zone, working_day, working_day_commands
from bot.bitrix24.oauth import AsUser
from bot.bitrix24.rest import Command

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a person's calendar; `title`, `place` and `host` are other people's text.

    Attributes:
        meeting_id: The number that people quote.
        starts: In the person's zone; midnight there for an all-day entry.
        ends: Likewise, exclusive: the midnight after the last day of an all-day entry.
        answer: None for an entry that is no meeting.
        series: The answer counts for all occurrences.
        exception: It is one day of a series that was moved or changed (contract G.1).
        place: Free text only; empty for rooms that the portal writes as a code.
        accessible: False when nothing but the time may be shown.
        host: Name of the organiser of a meeting; "" when it is not told.
    """

    meeting_id: int
    title: str
    starts: datetime
    ends: datetime
    all_day: bool
    answer: Answer | None
    series: bool
    exception: bool
    place: str
    accessible: bool
    host: str = ""


@dataclass(frozen=True, slots=True)
class Agenda:
    """What has not ended, by start, in `zone`; and the working day as far as the portal tells one."""

    entries: tuple[Entry, ...]
    zone: ZoneInfo
    day: WorkingDay | None


async def agenda(as_user: AsUser, *, days: int, now: datetime, fallback: ZoneInfo) -> Agenda:
    """Read a person's next days, with their zone, in one request.

    Args:
        as_user: The person.
        days: How far ahead, counted from the portal's now. The portal lists 75 entries at most, none that was declined.
        now: Aware; what has ended by then is left out.
        fallback: The zone of times when the portal names none for the person.

    Raises:
        BitrixError: The calendar cannot be read; without a code for people who are not staff (contract G.5).
    """
    # Without `forCurrentUser` the portal answers about somebody else than it seems (contract G.5).
    nearest = Command("calendar.event.get.nearest", {"days": days, "forCurrentUser": True})
    about_day = working_day_commands()
    answers = await as_user.batch({"nearest": nearest, **about_day}, spare=about_day.keys())
    day = working_day(answers)
    zone = fallback if day is None else day.zone
    listed = answers["nearest"]
    if isinstance(listed, dict):  # what PHP makes of a list with gaps
        listed = list(listed.values())
    rows = listed if isinstance(listed, list) else []
    entries = [entry for row in rows if (entry := _entry(row, zone, as_user.user_id)) is not None]
    # Stamps, because Python compares two moments of one zone by their wall clocks.
    ahead = [entry for entry in entries if entry.ends.timestamp() > now.timestamp()]
    return Agenda(tuple(sorted(ahead, key=lambda entry: (entry.starts.timestamp(), entry.meeting_id))), zone, day)


def _entry(row: object, zone: ZoneInfo, user_id: int) -> Entry | None:
    """Read a row; None for one that does not tell what it is or when."""
    if not isinstance(row, dict) or row.get("DELETED") == "Y":
        return None
    entry_id = _number(row.get("ID"))
    if entry_id is None:
        return None
    try:
        starts, ends, all_day = _span(row, zone)
    except (TypeError, ValueError, OverflowError):
        return None
    return Entry(
        meeting_id=_number(row.get("PARENT_ID")) or entry_id,
        title=_text(row.get("NAME")),
        starts=starts,
        ends=ends,
        all_day=all_day,
        answer=_answer(row, user_id),
        series=bool(row.get("RRULE")),
        exception=str(row.get("RECURRENCE_ID") or 0) != "0",
        place=_place(_text(row.get("LOCATION"))),
        accessible=row.get("IS_ACCESSIBLE_TO_USER") not in (False, "0", "N"),
        host=_host(row),
    )


_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


def _number(value: object) -> int | None:
    return int(str(value)) if _NUMBER.fullmatch(str(value)) else None


def _answer(row: Mapping[str, Any], user_id: int) -> Answer | None:
    if not _is_yes(row.get("IS_MEETING")):
        return None
    return Answer.HOST if str(row.get("MEETING_HOST")) == str(user_id) else known_answer(row.get("MEETING_STATUS"))


def _host(row: Mapping[str, Any]) -> str:
    meeting = row.get("MEETING")
    return _text(meeting.get("HOST_NAME")) if isinstance(meeting, dict) else ""


def _is_yes(value: object) -> bool:
    return value in (True, "1", "Y")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


# How the portal writes a room of its own, `calendar_<room>_<event>`, and one of the older kind.
_ROOM = re.compile(r"(calendar|ECMR)_[0-9]+(_[0-9]*)?")


def _place(location: str) -> str:
    location = location.strip()
    return "" if _ROOM.fullmatch(location) else location


# --- times


def _span(row: Mapping[str, Any], zone: ZoneInfo) -> tuple[datetime, datetime, bool]:
    """Return start, end and whether it is an all-day entry.

    Raises:
        TypeError, ValueError: The portal does not tell one of the two.
        OverflowError: One is beyond the calendar.
    """
    (first, has_time), (last, _) = _wall_clock(row, "FROM"), _wall_clock(row, "TO")
    if row.get("DT_SKIP_TIME") == "Y" or not has_time:
        return _midnight(first, zone), _midnight(last, zone) + _DAY, True
    starts, ends = _moment(row, "FROM", first, zone), _moment(row, "TO", last, zone)
    if ends.timestamp() <= starts.timestamp():  # from the first of two equal hours into the second
        ends = max(starts, ends.replace(fold=1), key=datetime.timestamp)
    return starts, ends, False


def _wall_clock(row: Mapping[str, Any], edge: str) -> tuple[datetime, bool]:
    moment, has_time = wall_clock(_text(row.get(f"DATE_{edge}_FORMATTED")))
    if moment is None:
        raise ValueError(f"no date under DATE_{edge}_FORMATTED")
    return moment, has_time


def _midnight(day: datetime, zone: ZoneInfo) -> datetime:
    return day.replace(hour=0, minute=0, tzinfo=zone)


def _moment(row: Mapping[str, Any], edge: str, wall: datetime, zone: ZoneInfo) -> datetime:
    """Return a moment of a row in the person's zone, from the entry's wall clock (contract G.4, J.9).

    With the entry's zone the moment is exact. The other shape of the row tells only how far the person's clock is from the
    entry's, and so the person's wall clock: exact too, but for the hour that comes twice when clocks are put back. The portal
    itself takes such a time for the first of the two.
    """
    written = known_zone(row.get(f"TZ_{edge}"))
    if written is None:
        wall -= timedelta(seconds=int(row.get(f"~USER_OFFSET_{edge}") or 0))
    # By way of UTC, so that an hour that is left out in spring becomes one that exists.
    return wall.replace(tzinfo=written or zone).astimezone(UTC).astimezone(zone)
