"""Presence: `im.user.status.*`, always as the sender (contract H); for a while, if they say for how long."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot import (
    FALLBACK_ZONE,
    Button,
    Call,
    Context,
    Outcome,
    Reply,
    Router,
    Safe,
    Timer,
    TimeUnclear,
    Undoing,
    end_of_meeting,
)
from bot.bitrix24.methods import im, person
from bot.bitrix24.methods.im import Presence
from bot.bitrix24.methods.person import WorkingDay
from bot.errors import NotLasting

router = Router()

_SUBJECT = "presence"
_RESTORE = "restore-presence"
# What the buttons below a presence without an end offer.
_OFFERS = ("30m", "1h", "day-end")


@router.command("status")
async def status(ctx: Context) -> Reply:
    """Tell the sender's presence, and when it will change."""
    presence = await im.user_status_get(ctx.as_user)
    if presence is None:
        return ctx.reply("presence.unknown-now")
    await ctx.saw_presence(presence)
    timer = await ctx.timer()
    if timer is None or timer.presence != presence:
        return ctx.reply(f"presence.{presence}-now")
    return ctx.reply(f"presence.{presence}-now-until", until=_until(ctx, timer))


@router.command("online")
async def online(ctx: Context, until: str | None) -> Reply:
    return await _change(ctx, Presence.ONLINE, until)


@router.command("dnd")
async def dnd(ctx: Context, until: str | None) -> Reply:
    return await _change(ctx, Presence.DND, until)


@router.command("away")
async def away(ctx: Context, until: str | None) -> Reply:
    return await _change(ctx, Presence.AWAY, until)


@router.command("break")
async def take_break(ctx: Context, until: str | None) -> Reply:
    return await _change(ctx, Presence.BREAK, until)


@router.command(_RESTORE)
async def restore_presence(ctx: Context, given: str, former: str, ended_at: str, afterwards: str) -> Reply:
    """Undo a presence, unless the sender has changed it by hand since.

    Args:
        ctx: Who undoes.
        given: What the command had set.
        former: What was there before.
        ended_at: When the timer of `former` was to end, unix seconds; 0 for none.
        afterwards: What was to return then.
    """
    if await ctx.superseded(_SUBJECT):
        return ctx.reply("presence.superseded", "refused")
    ends = datetime.fromtimestamp(int(ended_at), UTC)
    is_timed = ends > ctx.now
    wanted = Presence(former if is_timed or not int(ended_at) else afterwards)
    if await im.user_status_get(ctx.as_user) not in (given, former, wanted):
        return ctx.reply("presence.changed-since", "refused")
    changed = await im.change_user_status(ctx.as_user, wanted)
    if changed.after is not wanted:
        return ctx.reply("presence.not-confirmed", "failed")
    if is_timed:
        await ctx.start_timer(wanted, afterwards, ends, ctx.day.zone if ctx.day else FALLBACK_ZONE)
    else:
        await ctx.stop_timer()
    await ctx.saw_presence(wanted)
    ctx.carried_out(_SUBJECT)
    return _done(ctx, wanted, await ctx.timer())


async def _change(ctx: Context, wanted: Presence, until: str | None = None) -> Reply:
    if await ctx.superseded(_SUBJECT):
        return ctx.reply("presence.superseded", "refused")
    if until is None:
        return await _set(ctx, wanted)
    try:
        return await _set_until(ctx, wanted, until)
    except TimeUnclear as unclear:
        word = ctx.manifest.commands[ctx.call.name].words[ctx.language][0]
        return ctx.reply(
            f"presence.time-{unclear.reason}", "refused", word=Safe(word), said=Safe(ctx.call.phrase or word)
        )


async def _set(ctx: Context, wanted: Presence) -> Reply:
    """Set the sender's presence, without an end, and believe only what is read back."""
    timer = await ctx.timer()
    if ctx.repeated and await im.user_status_get(ctx.as_user) is wanted:  # most likely this very command's doing
        changed = im.Changed(wanted, wanted)
    else:
        changed = await im.change_user_status(ctx.as_user, wanted, with_day=not ctx.is_day_fresh)
        if not ctx.is_day_fresh:  # so that a time can be understood at once when one is given
            await ctx.place_day(changed.day)
    if changed.after is not wanted:
        return ctx.reply("presence.not-confirmed", "failed")
    before = _before(ctx, wanted, changed.before)
    if before is not wanted or timer is not None:
        await ctx.undo_with(_undoing(wanted, before, timer))
    await ctx.stop_timer()
    await ctx.saw_presence(wanted)
    ctx.carried_out(_SUBJECT)
    return _done(ctx, wanted, None, "unchanged" if before is wanted else "done")


async def _set_until(ctx: Context, wanted: Presence, until: str) -> Reply:
    """Set the sender's presence for a while; what it was before returns by itself.

    Raises:
        TimeUnclear: It is not certain when that ends; nothing was changed.
        NotLasting: We may not be able to act for the sender then; nothing was changed.
    """
    timer = await ctx.timer()
    if ctx.repeated and timer is not None and timer.made_by == ctx.made_by and timer.presence == wanted:
        await ctx.saw_presence(wanted)
        ctx.carried_out(_SUBJECT)
        return _done(ctx, wanted, timer)
    ends, day, is_known = await _end(ctx, until)
    changed = await im.change_user_status(ctx.as_user, wanted, with_day=not is_known)
    if not is_known:
        day = changed.day or ctx.day
        await ctx.place_day(changed.day)
    if changed.after is not wanted:
        return ctx.reply("presence.not-confirmed", "failed")
    before = _before(ctx, wanted, changed.before)
    former = await _former(ctx, wanted, before, timer)
    undoing = _undoing(wanted, before, timer)
    is_guess = ctx.repeated and changed.before is wanted
    await ctx.start_timer(wanted, former, ends, day.zone if day else FALLBACK_ZONE, undoing=undoing)
    await ctx.saw_presence(wanted)
    ctx.carried_out(_SUBJECT)
    done = _done(ctx, wanted, await ctx.timer())
    if not is_guess:
        return done
    # An attempt was interrupted after it had set the presence, so nobody has seen what was there before.
    return replace(
        done, text=ctx.text("presence.former-guessed", done=done.text, former=ctx.text(f"presence.name-{former}"))
    )


async def _end(ctx: Context, until: str) -> tuple[datetime, WorkingDay | None, bool]:
    """Return when `until` is, the sender's day, and whether the portal was asked for it lately.

    Raises:
        TimeUnclear, NotLasting: As for `_set_until`.
    """
    expression = ctx.times.read(until)
    day, is_known = ctx.day, ctx.is_day_fresh
    if expression.meeting is not None:
        ends = await end_of_meeting(ctx, expression)
    else:
        if expression.span is None and not is_known:
            told = await person.read_working_day(ctx.as_user)
            await ctx.place_day(told)
            day, is_known = told or day, True
        zone = day.zone if day else FALLBACK_ZONE
        ends = expression.ends(now=ctx.now, zone=zone, day_end=day.ends if day else None)
    if not await ctx.as_user.lasts_until(ends.timestamp()):
        raise NotLasting
    return ends, day, is_known


async def _former(ctx: Context, wanted: Presence, before: Presence | None, timer: Timer | None) -> str:
    """Return what comes back in the end: what was there before the first of several timers.

    Somebody who gives an end to the presence that they have just set wants back what it has replaced.
    """
    if timer is not None and timer.presence == before:
        return timer.former
    if before is wanted:
        change = await ctx.last_change()
        for call in change.undoing if change and change.undone_by is None else ():
            if call.name == _RESTORE and call.words[0] == wanted:
                return call.words[1]
    return before or Presence.ONLINE


def _before(ctx: Context, wanted: Presence, read: Presence | None) -> Presence | None:
    """Return what was there before this command.

    That is what was read, unless an attempt that was interrupted has set it; then it is what we saw last.
    """
    if not ctx.repeated or read is not wanted:
        return read
    return Presence(ctx.person.presence or Presence.ONLINE)


def _undoing(given: Presence, before: Presence | None, timer: Timer | None) -> Undoing:
    """Return what undoes a change, with the timer that it has stopped."""
    if timer is None or timer.presence != before:
        return Undoing(_RESTORE, (given, before or Presence.ONLINE, "0", Presence.ONLINE))
    return Undoing(_RESTORE, (given, timer.presence, str(timer.ends_at), timer.former))


# --- words


def _until(ctx: Context, timer: Timer) -> Safe:
    zone = ZoneInfo(timer.zone)
    ends = datetime.fromtimestamp(timer.ends_at, zone)
    is_today = ends.date() == ctx.now.astimezone(zone).date()
    key = "presence.until-time" if is_today else "presence.until-day"
    return ctx.text(key, end=ends, zone=Safe(timer.zone), now=ctx.now)


def _done(ctx: Context, presence: Presence, timer: Timer | None, outcome: Outcome = "done") -> Reply:
    if timer is None:
        text = ctx.text(f"presence.{presence}-done")
    else:
        text = ctx.text(f"presence.{presence}-done-until", until=_until(ctx, timer))
    buttons = _offers(ctx, presence, timer) if ctx.private else ()
    return Reply(text, outcome, buttons=(buttons,) if buttons else (), in_place=ctx.private)


def _offers(ctx: Context, presence: Presence, timer: Timer | None) -> tuple[Button, ...]:
    """Return buttons that let a presence end; for private chats only, since a press acts for whoever presses."""
    if presence is Presence.ONLINE:
        return ()
    if timer is not None:
        return (Button(ctx.text("presence.button-online"), Call("online")),)
    offers = _OFFERS[:-1] if _is_day_over(ctx) else _OFFERS
    return tuple(Button(ctx.text(f"presence.button-{offer}"), Call(presence.value, (offer,))) for offer in offers)


def _is_day_over(ctx: Context) -> bool:
    """Whether the sender's working day has ended, as far as that is known."""
    return ctx.day is not None and ctx.day.ends is not None and ctx.now.astimezone(ctx.day.zone).time() >= ctx.day.ends
