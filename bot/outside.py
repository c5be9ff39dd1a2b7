"""Events outside Bitrix24 as people meet them in a chat: by a short name, with the answer that is on its way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.context import Context
from bot.cronofy.methods import events
from bot.cronofy.methods.external import Answer, EventRef, ExternalEvent, instant
from bot.cronofy.methods.identity import userinfo
from bot.externals import Shown, Underway, answer_key, name_of
from bot.references import External, write
from bot.texts import LIMIT, Safe, inert

# Characters of a title where many events are named in one reply.
_BRIEF = 16


@dataclass(frozen=True, slots=True)
class Outside:
    """An event outside Bitrix24.

    Attributes:
        name: What buttons and questions call it.
        key: By which answers to it are kept, also when it moves and is named anew.
        shown: As it was when it got that name.
        event: As it is now; None when it is not there any more, deleted ones included.
        underway: The answer that is on its way, if one is.
        zone: In which the person reads clocks.
    """

    name: str
    key: str
    shown: Shown
    event: ExternalEvent | None
    underway: Underway | None
    zone: ZoneInfo

    @property
    def answer(self) -> Answer | None:
        """What the person has answered last, whether it has arrived or not."""
        if self.underway is not None:
            return Answer(self.underway.wanted)
        return None if self.event is None else self.event.answer

    @property
    def has_moved(self) -> bool:
        return self.event is not None and self.event.starts.isoformat() != self.shown.starts

    @property
    def reference(self) -> str:
        return write(External(self.name))

    @property
    def now(self) -> Shown:
        """As it would be shown now, moved as it may be."""
        if self.event is None:
            return self.shown
        return replace(self.shown, calendar_id=self.event.ref.calendar_id, starts=self.event.starts.isoformat())


async def name_events(ctx: Context, found: Sequence[ExternalEvent], zone: ZoneInfo) -> list[str]:
    """Return the short name of each event, for this person, who reads clocks in `zone`."""
    shown = [_shown(event, zone) for event in found]
    return await ctx.store.externals.name(ctx.portal, ctx.user_id, shown, ctx.now.timestamp())


async def look_up(ctx: Context, name: str, *, with_calendar: bool = True) -> Outside | None:
    """Read an event again, by its name; None when this person was shown none of that name.

    Args:
        ctx: Whose event.
        name: As it was shown.
        with_calendar: Read what may be done in its calendar, too, which takes one more call.

    Raises:
        CronofyError: It cannot be read.
    """
    externals = ctx.store.externals
    shown = await externals.find(ctx.portal, ctx.user_id, name)
    if shown is None:
        return None
    as_account = ctx.as_account
    calendars = (await userinfo(as_account)).calendars if with_calendar else {}
    zone = ctx.day.zone if ctx.day else ZoneInfo(shown.zone)
    ref = EventRef(shown.calendar_id, shown.event_uid, _moment(shown.starts))
    event = await events.again(as_account, calendars, ref, zone)
    key = _key(ctx, shown)
    underway = await externals.underway(ctx.portal, ctx.user_id, key, ctx.now.timestamp())
    return Outside(name, key, shown, None if event is None or event.deleted else event, underway, zone)


async def rename(ctx: Context, outside: Outside) -> str:
    """Return the reference under which an event is known from now on, moved as it may be."""
    (name,) = await ctx.store.externals.name(ctx.portal, ctx.user_id, [outside.now], ctx.now.timestamp())
    return write(External(name))


def known_as(ctx: Context, outside: Outside) -> tuple[str, ...]:
    """Return what lists may call an event: as it was shown, and as it is now."""
    names = (outside.name, name_of(ctx.portal, ctx.user_id, outside.now))
    return tuple(dict.fromkeys(write(External(name)) for name in names))


async def begin(ctx: Context, key: str, answer: Underway) -> None:
    """Write down that an answer is being sent."""
    await ctx.store.externals.begin(ctx.portal, ctx.user_id, key, answer)


async def sent(ctx: Context, key: str, answer: Underway) -> None:
    """Write down that Cronofy has taken an answer."""
    await ctx.store.externals.sent(ctx.portal, ctx.user_id, key, answer, ctx.now.timestamp())


async def arrived(ctx: Context, key: str, answer: Underway | None) -> None:
    """Forget an answer that was on its way, if one was: it has arrived, or never will."""
    if answer is not None:
        await ctx.store.externals.arrived(ctx.portal, ctx.user_id, key, answer)


async def underway_of(ctx: Context, name: str) -> tuple[str, Underway | None]:
    """Return the key of an event, and the answer to it that is on its way, if one is, without reading the event again."""
    externals = ctx.store.externals
    shown = await externals.find(ctx.portal, ctx.user_id, name)
    if shown is None:
        return "", None
    key = _key(ctx, shown)
    return key, await externals.underway(ctx.portal, ctx.user_id, key, ctx.now.timestamp())


def _key(ctx: Context, shown: Shown) -> str:
    return answer_key(ctx.portal, ctx.user_id, shown.calendar_id, shown.event_uid)


def _shown(event: ExternalEvent, zone: ZoneInfo) -> Shown:
    calendar = event.calendar.name if event.calendar else ""
    starts = event.starts.isoformat()
    return Shown(event.ref.calendar_id, event.ref.event_uid, starts, event.title, calendar, zone.key)


def _moment(written: str) -> date:
    return datetime.fromisoformat(written) if "T" in written else date.fromisoformat(written)


# --- words


def outside_label(ctx: Context, outside: Outside, *, limit: int = LIMIT) -> Safe:
    """Name an event: title, day and time, calendar; in a group, where others read along, say only that it is one."""
    event, zone = outside.event, outside.zone
    if event is None or event.calendar is None:
        starts = outside.shown.starts if event is None else event.starts.isoformat()
        return _label(ctx, replace(outside.shown, starts=starts), zone, limit)
    return _label(ctx, _shown(event, zone), zone, limit)


def event_label(ctx: Context, event: ExternalEvent, zone: ZoneInfo, *, limit: int = LIMIT) -> Safe:
    """Name an event that was just read."""
    return _label(ctx, _shown(event, zone), zone, limit)


def event_brief(ctx: Context, event: ExternalEvent, zone: ZoneInfo) -> Safe:
    """Name an event that was just read in a few words."""
    return _brief(ctx, _shown(event, zone), zone)


def _label(ctx: Context, shown: Shown, zone: ZoneInfo, limit: int) -> Safe:
    if not ctx.private:
        return ctx.text("outside.nameless")
    moment, starts = _moment(shown.starts), _starts(shown, zone)
    key = "outside.at-time" if isinstance(moment, datetime) else "outside.on-day"
    title, calendar = inert(shown.title, limit), inert(shown.calendar, limit)
    return ctx.text(key, title=title, calendar=calendar, start=starts, now=ctx.now, zone=Safe(zone.key))


def outside_brief(ctx: Context, outside: Outside) -> Safe:
    """Name an event in a few words."""
    return _brief(ctx, outside.shown, outside.zone)


async def reference_label(ctx: Context, reference: str) -> Safe:
    """Name an event that cannot be read now, by what a question or a list calls it."""
    shown = await ctx.store.externals.find(ctx.portal, ctx.user_id, reference.removeprefix(write(External(""))))
    return ctx.text("outside.nameless") if shown is None else _label(ctx, shown, ZoneInfo(shown.zone), LIMIT)


async def reference_brief(ctx: Context, reference: str) -> Safe:
    """Name an event in a few words, by what a question or a list calls it."""
    shown = await ctx.store.externals.find(ctx.portal, ctx.user_id, reference.removeprefix(write(External(""))))
    return ctx.text("outside.nameless") if shown is None else _brief(ctx, shown, ZoneInfo(shown.zone))


def _brief(ctx: Context, shown: Shown, zone: ZoneInfo) -> Safe:
    if not ctx.private:
        return ctx.text("outside.nameless")
    return ctx.text("outside.brief", title=inert(shown.title, _BRIEF), start=_starts(shown, zone), now=ctx.now)


def _starts(shown: Shown, zone: ZoneInfo) -> datetime:
    return instant(_moment(shown.starts), zone).astimezone(zone)
