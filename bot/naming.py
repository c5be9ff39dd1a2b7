"""How a meeting is named in a chat. In a group only by its number, since others read it too (interface, section 4)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.bitrix24.methods.agenda import Entry
from bot.bitrix24.methods.calendar import Answer, Invitation
from bot.bitrix24.methods.person import known_zone
from bot.context import Context
from bot.texts import LIMIT, Safe, inert

# Characters of number and title together where many meetings are named in one reply: so twenty of them fit, whatever
# their numbers.
BRIEF = 26
# Where the portal knows no zone of a person and the meeting has none either.
FALLBACK_ZONE = ZoneInfo("UTC")


def label(ctx: Context, invited: Invitation, wanted: Answer | None = None, *, limit: int = LIMIT) -> Safe:
    """Name a meeting: number, title, day and time.

    Accepting a changed day of a series accepts the series; every other answer is for that day alone (contract G.1).

    Args:
        ctx: Who reads it, and where.
        invited: The meeting.
        wanted: The answer that is to be given.
        limit: Most characters of the title.
    """
    if not ctx.private or invited.title is None:
        return ctx.text("meeting.number", number=invited.meeting_id)
    title = inert(invited.title, limit)
    name = ctx.text("meeting.number-and-title", number=invited.meeting_id, title=title)
    if invited.starts is not None:
        starts, zone = _on_clock_of(ctx, invited)
        name = ctx.text(_when(invited, starts, ctx.now), meeting=name, start=starts, zone=zone, now=ctx.now)
    if invited.series or (invited.exception and wanted is Answer.YES):
        return ctx.text("meeting.whole-series", meeting=name)
    return ctx.text("meeting.one-day", meeting=name) if invited.exception else name


def brief(ctx: Context, invited: Invitation) -> Safe:
    """Name a meeting in a few words: number and the beginning of its title."""
    if not ctx.private or invited.title is None:
        return Safe(str(invited.meeting_id))
    limit = BRIEF - len(str(invited.meeting_id))
    return ctx.text("meeting.brief", number=invited.meeting_id, title=inert(invited.title, limit))


def invitation_of(entry: Entry) -> Invitation:
    """Return what `calendar.event.get.nearest` told about a meeting in the shape of what `getbyid` tells."""
    return Invitation(
        meeting_id=entry.meeting_id,
        parent_id=entry.meeting_id,
        answer=entry.answer or Answer.HOST,
        title=entry.title if entry.accessible else None,
        starts=entry.starts.replace(tzinfo=None),
        zone=str(entry.starts.tzinfo),
        all_day=entry.all_day,
        series=entry.series,
        exception=entry.exception,
    )


def _on_clock_of(ctx: Context, invited: Invitation) -> tuple[datetime, Safe]:
    """Return the start on the reader's own clock, as far as it is known, and the zone's name."""
    assert invited.starts is not None  # noqa: S101 - asked before
    written = known_zone(invited.zone)
    if written is None or invited.all_day or ctx.day is None:
        return invited.starts, inert(invited.zone)
    return invited.starts.replace(tzinfo=written).astimezone(ctx.day.zone), Safe(ctx.day.zone.key)


def _when(invited: Invitation, starts: datetime, now: datetime) -> str:
    if invited.series and starts.date() < now.date():  # its first day is long ago, and the portal tells no other
        return "meeting.every-day" if invited.all_day else "meeting.at-clock"
    if invited.all_day:
        return "meeting.on-day"
    return "meeting.at-time" if invited.zone else "meeting.at-time-somewhere"
