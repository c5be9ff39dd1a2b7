"""Questions about meetings that are meant: how these are named in them, and what a "yes" carries out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.ahead import Ahead, Meeting
from bot.bitrix24.methods.calendar import Answer, Invitation
from bot.context import Context
from bot.cronofy.methods.external import ExternalEvent
from bot.grammar import Call
from bot.naming import brief, invitation_of, label
from bot.outside import event_brief, event_label, name_events
from bot.references import External, Number, write
from bot.replies import Reply
from bot.texts import LIMIT, Safe, inert

# Characters of a title in a question about several meetings.
TITLE = 40
# The commands that give an answer in Bitrix24, with it; a reset asks about itself.
ANSWERS: Mapping[str, Answer] = {"accept": Answer.YES, "decline": Answer.NO}


@dataclass(frozen=True, slots=True)
class Found:
    """The meeting that is meant.

    Attributes:
        inside: As it is in Bitrix24, with the sender's answer; None when it is not there.
        outside: The name of the event that it is outside; None when it is not there.
    """

    inside: Invitation | None
    outside: str | None = None

    @property
    def references(self) -> tuple[str, ...]:
        inside = (write(Number(self.inside.meeting_id)),) if self.inside else ()
        return (*inside, write(External(self.outside))) if self.outside else inside


@dataclass(frozen=True, slots=True)
class Named:
    """A meeting that is meant, and how it is named in a question."""

    found: Found
    label: Safe
    brief: Safe


async def name_meetings(
    ctx: Context, ahead: Ahead, meetings: Sequence[Meeting], verb: str, *, limit: int = LIMIT
) -> list[Named]:
    """Name meetings. What the answer would remove for good is said with it."""
    events = [meeting.outside for meeting in meetings if meeting.outside is not None]
    names = iter(await name_events(ctx, events, ahead.zone))
    return [
        _name(ctx, meeting, ahead.zone, None if meeting.outside is None else next(names), verb, limit)
        for meeting in meetings
    ]


def _name(ctx: Context, meeting: Meeting, zone: ZoneInfo, name: str | None, verb: str, limit: int) -> Named:
    entry, event = meeting.inside, meeting.outside
    invited = invitation_of(entry) if entry is not None and entry.answer is not None and entry.accessible else None
    if invited is not None and meeting.outside_answer is None:
        name = None
    if invited is not None:
        named = Named(Found(invited, name), label(ctx, invited, ANSWERS.get(verb), limit=limit), brief(ctx, invited))
    else:
        assert event is not None  # noqa: S101 - nobody means what is no meeting
        named = Named(Found(None, name), event_label(ctx, event, zone, limit=limit), event_brief(ctx, event, zone))
    if name is None or event is None:
        return named
    return replace(named, label=with_removal(ctx, named.label, event, verb))


def with_removal(ctx: Context, called: Safe, event: ExternalEvent, verb: str) -> Safe:
    """Say with the name of a meeting if the answer removes it outside for good."""
    if verb != "decline" or not event.declining_removes:
        return called
    calendar = inert(event.calendar.name if event.calendar else "", TITLE)
    return ctx.text("outside.removed-by-declining", meeting=called, calendar=calendar)


def ask(ctx: Context, named: Named, verb: str, text: Safe | None = None) -> Reply:
    """Ask whether to answer a meeting."""
    inside = named.found.inside
    agrees = (
        ctx.text(f"outside.{verb}-button")
        if inside is None
        else ctx.text(f"meeting.{verb}-button", number=inside.meeting_id)
    )
    return Reply(
        text or ctx.text(f"meeting.{verb}-ask", meeting=named.label),
        "asked",
        asks=tuple(Call(verb, (reference,)) for reference in named.found.references),
        agrees=agrees,
        short=ctx.text(f"meeting.{verb}-ask-short", meeting=named.brief),
    )


def ask_all(ctx: Context, named: Sequence[Named], count: int, verb: str) -> Reply:
    """Ask about the first `count` meetings, each of them named."""
    asked, left = named[:count], len(named) - count
    lines = [ctx.text("agenda.all-line", meeting=one.label) for one in asked]
    more = [ctx.text("agenda.all-more", more=left)] if left else []
    references = [reference for one in asked for reference in one.found.references]
    return Reply(
        Safe("\n".join([ctx.text(f"agenda.all-{verb}", count=count), *lines, *more])),
        "asked",
        asks=tuple(Call(ctx.call.name, (reference,)) for reference in references),
    )
