"""Meeting answers: the procedure of contract G.1, always as the sender."""

from bot import Context, Reply, Router, Safe
from bot.bitrix24.methods import calendar
from bot.bitrix24.methods.calendar import Answer, Invitation

router = Router()

_DONE = {Answer.YES: "meeting.accepted", Answer.NO: "meeting.declined", Answer.OPEN: "meeting.undecided"}
_ALREADY = {
    Answer.YES: "meeting.already-accepted",
    Answer.NO: "meeting.already-declined",
    Answer.OPEN: "meeting.already-undecided",
}
_STATUS = {
    Answer.YES: "meeting.status-yes",
    Answer.NO: "meeting.status-no",
    Answer.OPEN: "meeting.status-open",
    Answer.HOST: "meeting.status-host",
}


@router.command("accept")
async def accept(ctx: Context, meeting_id: int) -> Reply:
    """Accept an invitation on behalf of the sender."""
    return await _answer(ctx, meeting_id, Answer.YES)


@router.command("decline")
async def decline(ctx: Context, meeting_id: int) -> Reply:
    """Decline an invitation on behalf of the sender."""
    return await _answer(ctx, meeting_id, Answer.NO)


@router.command("reset")
async def reset(ctx: Context, meeting_id: int) -> Reply:
    """Take an answer back. The portal tells the organiser "declined" (contract G.1), so the sender confirms first."""
    return await _answer(ctx, meeting_id, Answer.OPEN, ask=not ctx.confirmed)


@router.command("maybe")
async def maybe(ctx: Context, meeting_id: int) -> Reply:
    """Refuse: the portal knows no "maybe" and would tell the organiser "declined"."""
    invited = await calendar.invitation(ctx.as_user, meeting_id, outsider=ctx.outsider)
    if invited is None:
        return ctx.reply("meeting.unavailable", "refused", number=meeting_id)
    meeting = _label(ctx, invited)
    if invited.answer is Answer.HOST:
        return ctx.reply("meeting.host", "refused", meeting=meeting)
    return ctx.reply("meeting.no-maybe", "refused", meeting=meeting, number=meeting_id)


@router.command("meeting-status")
async def meeting_status(ctx: Context, meeting_id: int) -> Reply:
    """Tell the sender's own answer."""
    invited = await calendar.invitation(ctx.as_user, meeting_id, outsider=ctx.outsider)
    if invited is None:
        return ctx.reply("meeting.unavailable", "refused", number=meeting_id)
    return ctx.reply(_STATUS[invited.answer], meeting=_label(ctx, invited))


async def _answer(ctx: Context, meeting_id: int, wanted: Answer, *, ask: bool = False) -> Reply:
    """Read, change only what is not so yet, and believe only what is read back."""
    invited = await calendar.invitation(ctx.as_user, meeting_id, outsider=ctx.outsider)
    if invited is None:
        return ctx.reply("meeting.unavailable", "refused", number=meeting_id)
    meeting, subject = _label(ctx, invited, wanted), f"meeting:{invited.parent_id}"
    if invited.answer is Answer.HOST:
        return ctx.reply("meeting.host", "refused", meeting=meeting)
    if await ctx.superseded(subject):
        return ctx.reply("meeting.superseded", "refused", meeting=meeting)
    if invited.answer is wanted:
        await ctx.carried_out(subject)
        # After an interruption it was most likely this very command.
        return ctx.reply((_DONE if ctx.repeated else _ALREADY)[wanted], "unchanged", meeting=meeting)
    if ask:
        return ctx.ask("meeting.reset-ask", meeting=meeting)
    if await calendar.answer(ctx.as_user, invited, wanted) is not wanted:
        return ctx.reply("meeting.not-confirmed", "failed", meeting=meeting)
    await ctx.carried_out(subject)
    return ctx.reply(_DONE[wanted], meeting=meeting)


def _label(ctx: Context, invited: Invitation, wanted: Answer | None = None) -> Safe:
    """Name a meeting: number, title, day and time. In a group only the number, since others read it too.

    Accepting a changed day of a series accepts the series; every other answer is for that day alone (contract G.1).
    """
    if not ctx.private or invited.title is None:
        return ctx.text("meeting.number", number=invited.meeting_id)
    label = ctx.text("meeting.number-and-title", number=invited.meeting_id, title=invited.title)
    if invited.starts is not None:
        key = _when(invited)
        label = ctx.text(key, meeting=label, start=invited.starts, zone=invited.zone, now=ctx.now)
    if invited.series or (invited.exception and wanted is Answer.YES):
        return ctx.text("meeting.whole-series", meeting=label)
    return ctx.text("meeting.one-day", meeting=label) if invited.exception else label


def _when(invited: Invitation) -> str:
    if invited.all_day:
        return "meeting.on-day"
    return "meeting.at-time" if invited.zone else "meeting.at-time-somewhere"
