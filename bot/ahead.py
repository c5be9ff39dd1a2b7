"""What is ahead of a person: in Bitrix24's calendar, in those outside, and what stands in both, once.

Calendars outside are read for private chats only, since others must not see what is in them.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.bitrix24.methods import agenda as agendas
from bot.bitrix24.methods.agenda import Agenda, Entry
from bot.bitrix24.methods.calendar import Answer
from bot.context import Context
from bot.cronofy.methods import events
from bot.cronofy.methods.external import Answer as OutsideAnswer
from bot.cronofy.methods.external import ExternalEvent, Obstacle, Person, instant
from bot.cronofy.methods.identity import Identity, userinfo
from bot.errors import BitrixError, CronofyAway, CronofyError
from bot.externals import Underway, answer_key
from bot.lists import Remark
from bot.naming import FALLBACK_ZONE
from bot.references import normal

# How far ahead invitations and titles are looked for; the portal's own default.
FAR_DAYS = 60
_WEEK = timedelta(days=7)
# Which days are read outside depends on the person's zone, which the portal tells at the same time only.
_MARGIN = timedelta(days=1)
# Seconds that a list waits for the calendars outside.
_PATIENCE_S = 4.0
_GOING = (OutsideAnswer.YES, OutsideAnswer.MAYBE)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Meeting:
    """Something in a person's calendars: inside Bitrix24, outside, or in both.

    Attributes:
        starts: In the person's zone; midnight there for an all-day entry.
        ends: Likewise, exclusive.
        barred: Why its outside part cannot be answered; None when it can, or when there is none.
        underway: The answer that is on its way outside; None when none is.
    """

    inside: Entry | None
    outside: ExternalEvent | None
    starts: datetime
    ends: datetime
    barred: Obstacle | None = None
    underway: OutsideAnswer | None = None

    @property
    def title(self) -> str:
        """Other people's text; "" where only "busy" may be shown."""
        if self.inside is not None:
            return self.inside.title if self.inside.accessible else ""
        return self.outside.title if self.outside is not None else ""

    @property
    def all_day(self) -> bool:
        return self.inside.all_day if self.inside is not None else self.outside is not None and self.outside.all_day

    @property
    def inside_answer(self) -> Answer | None:
        """The answer in Bitrix24 of somebody who was invited there; None for everybody else."""
        entry = self.inside
        if entry is None or not entry.accessible or entry.answer is Answer.HOST:
            return None
        return entry.answer

    @property
    def outside_answer(self) -> OutsideAnswer | None:
        """The answer outside, where one can be given, as it will be when what is on its way has arrived."""
        if self.outside is None or self.barred is not None:
            return None
        return self.underway or self.outside.answer

    @property
    def is_meeting(self) -> bool:
        """Whether somebody has invited somebody, as far as the person may know."""
        inside = self.inside is not None and self.inside.accessible and self.inside.answer is not None
        return inside or (self.outside is not None and self.barred is not Obstacle.NOT_INVITED)

    @property
    def answerable(self) -> bool:
        return self.inside_answer is not None or self.outside_answer is not None

    @property
    def is_declined(self) -> bool:
        """Whether the person has declined it wherever it takes an answer."""
        return self.answerable and {self.inside_answer, self.outside_answer} <= {None, Answer.NO, OutsideAnswer.NO}

    @property
    def is_open(self) -> bool:
        """Whether it waits for the person's answer somewhere."""
        return self.inside_answer is Answer.OPEN or self.outside_answer is OutsideAnswer.OPEN

    @property
    def attends(self) -> bool:
        """Whether the person goes, perhaps, or is the host; nobody goes to what was cancelled."""
        entry, event = self.inside, None if self.barred is Obstacle.CANCELLED else self.outside
        inside = entry is not None and entry.accessible and entry.answer in (Answer.YES, Answer.HOST)
        return inside or (event is not None and (self.underway or event.answer) in _GOING)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What has not ended, by start, in `zone`.

    Attributes:
        remarks: What is missing, and why.
        whole: Every calendar was read that was to be.
    """

    meetings: tuple[Meeting, ...]
    zone: ZoneInfo
    remarks: tuple[Remark, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _Outside:
    """What is told of the calendars outside."""

    events: Sequence[ExternalEvent] = ()
    remarks: tuple[Remark, ...] = ()
    whole: bool = True
    underway: Mapping[str, Underway] = field(default_factory=dict)


async def read(ctx: Context, days: int = FAR_DAYS) -> Ahead:
    """Read the sender's next days, and learn their zone by the way.

    Raises:
        BitrixError: The portal's calendar cannot be read; it says so, where the portal refuses without a code (contract G.5).
    """
    outside = asyncio.create_task(_read_outside(ctx, days))
    try:
        agenda = await _read_inside(ctx, days)
    except BaseException:
        outside.cancel()
        raise
    told, until = await outside, ctx.now + timedelta(days=days)
    within = [event for event in told.events if events.touches(event, ctx.now, until, agenda.zone)]
    return _together(ctx, agenda, replace(told, events=within))


async def beside(ctx: Context, event: ExternalEvent, days: int) -> tuple[Meeting, ...]:
    """Return what Bitrix24's calendar holds, with one event outside among it.

    Raises:
        BitrixError: As from `read`.
    """
    return _together(ctx, await _read_inside(ctx, days), _Outside((event,))).meetings


async def _read_inside(ctx: Context, days: int) -> Agenda:
    try:
        agenda = await agendas.agenda(ctx.as_user, days=days, now=ctx.now, fallback=_zone(ctx))
    except BitrixError as error:
        if error.code or error.retriable:
            raise
        raise BitrixError(method=error.method, text="agenda.closed") from None
    await ctx.place_day(agenda.day)
    return agenda


def _zone(ctx: Context) -> ZoneInfo:
    return ctx.day.zone if ctx.day else FALLBACK_ZONE


async def _read_outside(ctx: Context, days: int) -> _Outside:
    """Read the calendars outside; when that fails, the portal's are shown all the same."""
    if not ctx.private or not await ctx.has_account():
        return _Outside()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            identity = await userinfo(ctx.as_account)
            since, until = ctx.now - _MARGIN, ctx.now + timedelta(days=days) + _MARGIN
            found = await events.read(ctx.as_account, identity.calendars, since, until, _zone(ctx))
    except TimeoutError:
        return _Outside(remarks=(Remark(CronofyAway.text),), whole=False)
    except CronofyError as error:
        return _Outside(remarks=(Remark(error.text, minutes=error.minutes),), whole=False)
    underway = await ctx.store.externals.all_underway(ctx.portal, ctx.user_id, ctx.now.timestamp())
    whole = not any(profile.connected and profile.syncing for profile in identity.profiles)
    return _Outside(found, tuple(_remarks(identity)), whole, underway)


def _remarks(identity: Identity) -> Iterable[Remark]:
    for profile in identity.profiles:
        if not profile.connected:
            yield Remark("cronofy.login-disconnected", profile.name, profile.relink_url)
        elif profile.syncing:
            yield Remark("cronofy.login-syncing", profile.name)


def clashing(meeting: Meeting, others: Iterable[Meeting]) -> Meeting | None:
    """Return what the person attends at the same time in the other calendar, if anything."""
    if meeting.all_day or (meeting.inside is not None and meeting.outside is not None):
        return None
    return next((other for other in others if _clash(meeting, other)), None)


def _clash(meeting: Meeting, other: Meeting) -> bool:
    if other is meeting or other.all_day or not other.attends:
        return False
    is_elsewhere = other.inside is None if meeting.outside is None else other.outside is None
    starts = max(meeting.starts.timestamp(), other.starts.timestamp())
    return is_elsewhere and starts < min(meeting.ends.timestamp(), other.ends.timestamp())


# --- the same meeting in both


def _together(ctx: Context, agenda: Agenda, outside: _Outside) -> Ahead:
    zone, left = agenda.zone, list(outside.events)
    meetings = []
    for entry in agenda.entries:
        twin = next((event for event in left if _is_same(entry, event, zone)), None)
        if twin is not None:
            left.remove(twin)
        meetings.append(_meeting(ctx, entry, twin, zone, outside.underway))
    meetings += [_meeting(ctx, None, event, zone, outside.underway) for event in left]
    meetings.sort(key=lambda meeting: meeting.starts.timestamp())  # which keeps the order of what starts at once
    return Ahead(tuple(meetings), zone, outside.remarks, outside.whole)


def _meeting(
    ctx: Context,
    entry: Entry | None,
    event: ExternalEvent | None,
    zone: ZoneInfo,
    underway: Mapping[str, Underway],
) -> Meeting:
    if event is None:
        assert entry is not None  # noqa: S101 - one of both
        return Meeting(entry, None, entry.starts, entry.ends)
    starts, ends = (instant(moment, zone).astimezone(zone) for moment in (event.starts, event.ends))
    barred = event.obstacle(ctx.now.astimezone(zone))
    return Meeting(entry, event, starts, ends, barred, on_its_way(ctx, event, underway))


def on_its_way(ctx: Context, event: ExternalEvent, underway: Mapping[str, Underway]) -> OutsideAnswer | None:
    """Return the answer to an event that the calendar does not show yet, if there is one among those of the sender."""
    sent = underway.get(answer_key(ctx.portal, ctx.user_id, event.ref.calendar_id, event.ref.event_uid))
    return None if sent is None or event.answer == sent.wanted else OutsideAnswer(sent.wanted)


def _is_same(entry: Entry, event: ExternalEvent, zone: ZoneInfo) -> bool:
    """Whether both are one meeting: its time, its title, and its organiser."""
    if entry.answer is None or not entry.accessible or entry.all_day is not event.all_day:
        return False
    times = ((entry.starts, event.starts), (entry.ends, event.ends))
    if any(ours.timestamp() != instant(theirs, zone).timestamp() for ours, theirs in times):
        return False
    return normal(entry.title) == normal(event.title) and _is_host(entry.host, event.organizer)


def _is_host(name: str, organizer: Person | None) -> bool:
    """Whether an organiser outside is the host of that name, whose address the portal does not tell.

    First and last name may change places, and where there is an address only, it may be made of them.
    """
    ours = sorted(_WORD.findall(normal(name)))
    if not ours or organizer is None:
        return False
    theirs = _WORD.findall(normal(organizer.name)) or _WORD.findall(normal(organizer.email.partition("@")[0]))
    return ours == sorted(theirs)


# --- choosing


def in_period(ctx: Context, ahead: Ahead, period: str) -> list[Meeting]:
    """Return what takes place today, tomorrow, or within the next seven days, on the sender's clock."""
    if period == "week":
        end = (ctx.now + _WEEK).timestamp()
        return [one for one in ahead.meetings if one.starts.timestamp() < end]
    today = ctx.now.astimezone(ahead.zone).date()
    day = today + timedelta(days=1) if period == "tomorrow" else today
    return [one for one in ahead.meetings if _takes_place(one, day)]


def _takes_place(meeting: Meeting, day: date) -> bool:
    last = (meeting.ends - timedelta(microseconds=1)).date()
    return meeting.starts.date() <= day <= last


def once(meetings: Iterable[Meeting], *, series_outside: bool = False) -> list[Meeting]:
    """Leave the first occurrence of each meeting, whose answer in Bitrix24 counts for all of them.

    Outside each occurrence has an answer of its own; those are left out on request only.
    """
    first: dict[object, Meeting] = {}
    for number, one in enumerate(meetings):
        series = one.outside.series if one.outside is not None and series_outside else ""
        first.setdefault(one.inside.meeting_id if one.inside else series or (number,), one)
    return list(first.values())
