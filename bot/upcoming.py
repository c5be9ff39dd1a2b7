"""When the meeting ends with which somebody's presence shall end: of those that they attend, in all of their calendars."""

from datetime import UTC, datetime

from bot import ahead
from bot.context import Context
from bot.cronofy.methods.external import ExternalEvent
from bot.errors import BitrixError
from bot.times import LONGEST, Expression, Meeting, TimeUnclear


async def end_of_meeting(ctx: Context, expression: Expression) -> datetime:
    """Return the end of the meeting that an expression depends on; the calendars are read once.

    What is neither accepted nor the sender's own invitation does not count, nor do all-day entries.

    Raises:
        TimeUnclear: It is not certain which one is meant, a calendar is missing, or others would learn of it.
        BitrixError: The portal's calendar cannot be read now.
    """
    if not ctx.private:
        raise TimeUnclear("in-group")
    try:
        found = await ahead.read(ctx, LONGEST.days)
    except BitrixError as error:
        if error.text != "agenda.closed":
            raise
        raise TimeUnclear("no-calendar") from None
    if not found.whole:
        raise TimeUnclear("no-calendar")
    attended = filter(_counts, found.meetings)
    meetings = [Meeting(meeting.starts.astimezone(UTC), meeting.ends.astimezone(UTC)) for meeting in attended]
    return expression.ends(now=ctx.now, zone=found.zone, day_end=None, meetings=meetings)


def _counts(meeting: ahead.Meeting) -> bool:
    """Whether the person is in a meeting then."""
    if meeting.all_day or not meeting.attends:
        return False
    return meeting.outside is None or _is_with_others(meeting.outside)


def _is_with_others(event: ExternalEvent) -> bool:
    """Whether an event outside is a meeting; what people put down for themselves may count as accepted there."""
    own = event.calendar.profile.name.casefold() if event.calendar is not None else ""
    people = event.attendees if event.organizer is None else (event.organizer, *event.attendees)
    return any(person.email.casefold() != own for person in people)
