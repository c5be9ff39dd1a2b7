"""Meetings: what the portal says of one, and the answer of whoever asks (contract G)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.bitrix24.limits import Step
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
        ends: Likewise; None also when it ends in another zone.
        series: The answer counts for all occurrences.
        exception: It is one day of a series that was moved or changed; accepting it accepts the whole series (contract G.1).
    """

    meeting_id: int
    parent_id: int
    answer: Answer
    title: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    zone: str = ""
    all_day: bool = False
    series: bool = False
    exception: bool = False


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
        if error.code or error.retriable:
            raise
        # The calendar's own complaint: no such meeting, or details only for staff.
        if "answer" in answers.errors or not outsider:
            return None
        details = {}
    known = known_answer(status)
    if known is None or not isinstance(details, dict):
        return None
    if not details:
        return Invitation(meeting_id, meeting_id, known)
    if details.get("IS_ACCESSIBLE_TO_USER") is False or details.get("DELETED") == "Y" or not details.get("IS_MEETING"):
        return None
    attendees = _attendees(details)
    if attendees is not None:
        if as_user.user_id not in attendees:
            return None
        if known is not Answer.HOST:  # who the portal calls the host is never to be answered for
            known = attendees[as_user.user_id] or known
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
        Step.END,
        halt=True,
    )
    _ = answers["set"]  # `true` says nothing, an error does
    try:
        status = answers["answer"]
    except BitrixError as error:
        if error.code or error.retriable:
            raise
        return None
    return known_answer(status)


def known_answer(status: object) -> Answer | None:
    """Return the answer that the portal means; None for what is none."""
    return _ANSWERS.get(status) if isinstance(status, str) else None


_ANSWERS: Mapping[str, Answer] = {answer.value: answer for answer in Answer}


def _attendees(details: Mapping[str, Any]) -> dict[int, Answer | None] | None:
    """Return who is invited now with their answers; None when the portal lists nobody.

    `calendar.meeting.status.get` does not tell: the row of a removed guest stays behind, and for one who was invited again it
    may be read instead of the new one (contract G.2).
    """
    listed = details.get("ATTENDEE_LIST")
    if isinstance(listed, dict):  # what PHP makes of a list with gaps
        listed = list(listed.values())
    if not isinstance(listed, list):
        return None
    people = [person for person in listed if isinstance(person, dict) and str(person.get("id")).isdecimal()]
    return {int(person["id"]): known_answer(person.get("status")) for person in people}


def _invitation(meeting_id: int, status: Answer, details: Mapping[str, Any], user_id: int) -> Invitation:
    parent_id = str(details.get("PARENT_ID") or "")
    starts, has_time = wall_clock(str(details.get("DATE_FROM_FORMATTED") or ""))
    return Invitation(
        meeting_id=meeting_id,
        parent_id=int(parent_id) if parent_id.isdecimal() else meeting_id,
        answer=Answer.HOST if str(details.get("MEETING_HOST")) == str(user_id) else status,
        title=str(details["NAME"]) if details.get("NAME") else None,
        starts=starts,
        ends=_end(details),
        zone=str(details.get("TZ_FROM") or ""),
        all_day=details.get("DT_SKIP_TIME") == "Y" or not has_time,
        series=bool(details.get("RRULE")),
        exception=str(details.get("RECURRENCE_ID") or 0) != "0",
    )


def _end(details: Mapping[str, Any]) -> datetime | None:
    if details.get("TZ_TO") != details.get("TZ_FROM"):
        return None
    return wall_clock(str(details.get("DATE_TO_FORMATTED") or ""))[0]


_MONTHS = {
    name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)
}
# The only rendering of a date that does not depend on the portal's language (contract G.4).
_FORMATTED = re.compile(r"\w{3} (?P<month>\w{3}) (?P<day>\d{1,2}) (?P<year>\d{4})( (?P<time>\d{1,2}:\d{2})(:\d{2})?)?")


def wall_clock(text: str) -> tuple[datetime | None, bool]:
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
