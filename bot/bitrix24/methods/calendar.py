"""Meetings: what the portal says of one, and the answer of whoever asks (contract G)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.bitrix24.oauth import AsUser
from bot.bitrix24.rest import Command
from bot.errors import BitrixError


class Answer(StrEnum):
    """Meeting answer, as the portal writes it."""

    YES = "Y"
    NO = "N"
    OPEN = "Q"
    HOST = "H"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A meeting as one of its attendees sees it. `title` is other people's text.

    Attributes:
        meeting_id: The number that the person wrote: the meeting's own, or that of the person's copy.
        parent_id: The meeting's own number, whichever was written.
        starts: Wall clock in `zone`, without time for an all-day meeting; None when the portal does not tell.
        series: The answer counts for all occurrences.
    """

    meeting_id: int
    parent_id: int
    answer: Answer
    title: str | None = None
    starts: datetime | None = None
    zone: str = ""
    all_day: bool = False
    series: bool = False


async def invitation(as_user: AsUser, meeting_id: int, *, outsider: bool = False) -> Invitation | None:
    """Read a meeting and the person's own answer, in one request.

    Args:
        as_user: The person.
        meeting_id: Number of the meeting or of the person's copy, above 0.
        outsider: An extranet user whom the administrator admitted. The portal shows them no details.

    Returns:
        None when the meeting is missing, deleted, no meeting, or not theirs: nobody learns which (contract G.1).
    """
    answers = await as_user.batch(
        {
            "meeting": Command("calendar.event.getbyid", {"id": meeting_id}),
            "answer": Command("calendar.meeting.status.get", {"eventId": meeting_id}),
        }
    )
    try:
        status = answers["answer"]
        details = answers["meeting"]
    except BitrixError as error:
        if error.code:
            raise
        # The calendar's own complaint: no such meeting, or details only for staff.
        if "answer" in answers.errors or not outsider:
            return None
        details = {}
    known = _answer(status)
    if known is None or not isinstance(details, dict):
        return None
    if details and not _attends(details, as_user.user_id):
        return None
    return _invitation(meeting_id, known, details, as_user.user_id)


async def answer(as_user: AsUser, invited: Invitation, wanted: Answer) -> Answer | None:
    """Set the person's answer and return what the portal then has; None when it has none any more.

    One request. Never call it for what is so already: each set notifies the organiser again (contract G.1).
    """
    answers = await as_user.batch(
        {
            "set": Command("calendar.meeting.status.set", {"eventId": invited.meeting_id, "status": wanted.value}),
            "answer": Command("calendar.meeting.status.get", {"eventId": invited.meeting_id}),
        },
        halt=True,
    )
    _ = answers["set"]  # `true` says nothing, an error does
    try:
        status = answers["answer"]
    except BitrixError as error:
        if error.code or error.retriable:
            raise
        return None
    return _answer(status)


def _answer(status: object) -> Answer | None:
    return next((answer for answer in Answer if answer == status), None)


def _attends(details: Mapping[str, Any], user_id: int) -> bool:
    """Whether a fresh look at the meeting still shows the person among its attendees.

    The answer alone does not tell: the row of a removed guest stays behind (contract G.2).
    """
    if details.get("IS_ACCESSIBLE_TO_USER") is False or details.get("DELETED") == "Y" or not details.get("IS_MEETING"):
        return False
    attendees = details.get("ATTENDEE_LIST")
    if not isinstance(attendees, list):
        return True  # the portal lists nobody, so the row is all there is
    return any(isinstance(person, dict) and str(person.get("id")) == str(user_id) for person in attendees)


def _invitation(meeting_id: int, status: Answer, details: Mapping[str, Any], user_id: int) -> Invitation:
    parent_id = str(details.get("PARENT_ID") or "")
    starts, has_time = _wall_clock(str(details.get("DATE_FROM_FORMATTED") or ""))
    return Invitation(
        meeting_id=meeting_id,
        parent_id=int(parent_id) if parent_id.isdecimal() else meeting_id,
        answer=Answer.HOST if str(details.get("MEETING_HOST")) == str(user_id) else status,
        title=str(details["NAME"]) if details.get("NAME") else None,
        starts=starts,
        zone=str(details.get("TZ_FROM") or ""),
        all_day=details.get("DT_SKIP_TIME") == "Y" or not has_time,
        series=bool(details.get("RRULE")) or bool(details.get("RECURRENCE_ID")),
    )


_MONTHS = {
    name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)
}
# The only rendering of a date that does not depend on the portal's language (contract G.4).
_FORMATTED = re.compile(r"\w{3} (?P<month>\w{3}) (?P<day>\d{1,2}) (?P<year>\d{4})( (?P<time>\d{1,2}:\d{2})(:\d{2})?)?")


def _wall_clock(text: str) -> tuple[datetime | None, bool]:
    """Read `Wed Nov 25 2026 10:00:00`; the time is missing for all-day meetings."""
    found = _FORMATTED.fullmatch(text.strip())
    if found is None or found["month"] not in _MONTHS:
        return None, False
    hour, _, minute = (found["time"] or "0:0").partition(":")
    try:
        moment = datetime(int(found["year"]), _MONTHS[found["month"]], int(found["day"]), int(hour), int(minute))  # noqa: DTZ001
    except ValueError:
        return None, False
    return moment, found["time"] is not None
