"""Meeting answers: the procedure of contract G.1, always as the sender; what stands outside Bitrix24 is answered there."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias

from bot import (
    Call,
    Context,
    External,
    Found,
    Number,
    Outcome,
    Reference,
    Reply,
    Router,
    Safe,
    Undoing,
    brief,
    clash_outside,
    find,
    label,
    note_answer,
    unanswered,
    write,
)
from bot.bitrix24.methods import calendar
from bot.bitrix24.methods.calendar import Answer, Invitation
from bot.errors import BitrixError, NotConnected

router = Router()

_DONE = {Answer.YES: "meeting.accepted", Answer.NO: "meeting.declined", Answer.OPEN: "meeting.undecided"}
_ALREADY = {
    Answer.YES: "meeting.already-accepted",
    Answer.NO: "meeting.already-declined",
    Answer.OPEN: "meeting.already-undecided",
}
# What the same command is outside.
_THERE = {
    Answer.YES: Call("answer-outside", ("accepted",)),
    Answer.NO: Call("answer-outside", ("declined",)),
    Answer.OPEN: Call("reset-outside", ()),
}
_Here: TypeAlias = Callable[[Invitation], Awaitable[Reply]]
_STATUS = {
    Answer.YES: "meeting.status-yes",
    Answer.NO: "meeting.status-no",
    Answer.OPEN: "meeting.status-open",
    Answer.HOST: "meeting.status-host",
}


@router.command("accept")
async def accept(ctx: Context, meeting: Reference) -> Reply:
    """Accept an invitation on behalf of the sender."""
    return await _answer(ctx, meeting, Answer.YES)


@router.command("decline")
async def decline(ctx: Context, meeting: Reference) -> Reply:
    """Decline an invitation on behalf of the sender."""
    return await _answer(ctx, meeting, Answer.NO)


@router.command("reset")
async def reset(ctx: Context, meeting: Reference) -> Reply:
    """Take an answer back. The portal tells the organiser "declined" (contract G.1), so the sender confirms first."""
    return await _answer(ctx, meeting, Answer.OPEN)


@router.command("accept-which")
async def accept_which(ctx: Context) -> Reply:
    """Find out what a bare "accept" is about."""
    return await unanswered(ctx, "accept")


@router.command("decline-which")
async def decline_which(ctx: Context) -> Reply:
    """Find out what a bare "decline" is about."""
    return await unanswered(ctx, "decline")


@router.command("maybe")
async def maybe(ctx: Context, meeting: Reference) -> Reply:
    """Answer "tentative" outside; in Bitrix24 refuse, which knows no "maybe" and would tell the organiser "declined"."""

    async def refuse(invited: Invitation) -> Reply:
        key = "meeting.host" if invited.answer is Answer.HOST else "meeting.no-maybe"
        return _reply(ctx, key, "refused", invited)

    return await _each(ctx, await find(ctx, meeting, "maybe"), refuse, Call("answer-outside", ("tentative",)))


@router.command("meeting-status")
async def meeting_status(ctx: Context, meeting: Reference) -> Reply:
    """Tell the sender's own answer."""

    async def tell(invited: Invitation) -> Reply:
        return _reply(ctx, _STATUS[invited.answer], "done", invited)

    return await _each(ctx, await find(ctx, meeting), tell, Call("status-outside", ()))


@router.command("restore-answer")
async def restore_answer(ctx: Context, meeting: Reference, given: str, former: str) -> Reply:
    """Undo an answer: restore the former one, unless the sender has changed it by hand since."""
    found = await find(ctx, meeting)
    if isinstance(found, Reply):
        return found
    invited = found.inside
    assert invited is not None  # noqa: S101 - we wrote its number
    if invited.answer not in (given, former):
        return _reply(ctx, "meeting.changed-since", "refused", invited)
    reply = await _set(ctx, invited, Answer(former), undoes=True)
    if reply.outcome != "done" or given != Answer.YES or not (invited.series or invited.exception):
        return reply
    # An acceptance spreads over a series, what takes it back does not (contract G.1).
    rest = ctx.text("meeting.changed-days-stay" if invited.series else "meeting.other-days-stay")
    return replace(reply, text=Safe(f"{reply.text} {rest}"))


async def _answer(ctx: Context, meeting: Reference, wanted: Answer) -> Reply:
    there = _THERE[wanted]
    found = await find(ctx, meeting, ctx.call.name)
    return await _each(ctx, found, lambda one: _set(ctx, one, wanted), there, wanted)


async def _each(ctx: Context, found: Found | Reply, here: _Here, there: Call, wanted: Answer | None = None) -> Reply:
    """Answer about a meeting wherever it stands. What has to be asked about outside is asked before anything is done.

    Args:
        ctx: Whose command.
        found: Which meeting.
        here: What to do in Bitrix24.
        there: The command outside, but for the event.
        wanted: The answer that it is to have in Bitrix24, if any.
    """
    if isinstance(found, Reply):
        return found
    if found.outside is None:
        assert found.inside is not None  # noqa: S101 - it stands somewhere
        return await here(found.inside)
    outside = await ctx.run(ctx, [Call(there.name, (write(External(found.outside)), *there.words))])
    if found.inside is None:
        return outside
    if outside.asks:
        return _ask_about_both(ctx, outside, found.inside, wanted)
    return ctx.together([await here(found.inside), outside])


def _ask_about_both(ctx: Context, outside: Reply, invited: Invitation, wanted: Answer | None) -> Reply:
    """Make a question about an event outside one about the meeting that it is in Bitrix24, too."""
    inside, asked = Call(ctx.call.name, (write(Number(invited.meeting_id)),)), outside.short or outside.text
    return replace(
        outside,
        text=ctx.text("meeting.ask-in-both", question=outside.text, meeting=label(ctx, invited, wanted)),
        short=ctx.text("meeting.ask-in-both-short", question=asked, number=invited.meeting_id),
        asks=(inside, *outside.asks),
    )


async def _set(ctx: Context, invited: Invitation, wanted: Answer, *, undoes: bool = False) -> Reply:
    """Change only what is not so yet, and believe only what is read back."""
    before = invited.answer
    if before is Answer.HOST:
        return _reply(ctx, "meeting.host", "refused", invited)
    if await ctx.superseded(_subject(invited)):
        return _reply(ctx, "meeting.superseded", "refused", invited)
    if before is wanted:
        _remember(ctx, invited, wanted)
        # After an interruption it was most likely this very command.
        return _reply(ctx, (_DONE if ctx.repeated else _ALREADY)[wanted], "unchanged", invited, wanted)
    if wanted is Answer.OPEN and not ctx.confirmed:
        return _ask_to_reset(ctx, invited)
    after = await (calendar.answer(ctx.as_user, invited, wanted) if undoes else _change(ctx, invited, wanted))
    if after is not wanted:
        return _reply(ctx, "meeting.not-confirmed", "failed", invited)
    _remember(ctx, invited, wanted)
    done = _reply(ctx, _DONE[wanted], "done", invited, wanted)
    if wanted is Answer.YES and not undoes and (clash := await clash_outside(ctx, invited)):
        return replace(done, text=Safe(f"{done.text} {clash}"))
    if undoes or wanted is not Answer.NO or not invited.series:
        return done
    return replace(done, text=ctx.text("meeting.declined-series", meeting=label(ctx, invited, wanted)))


def _subject(invited: Invitation) -> str:
    return f"meeting:{invited.parent_id}"


def _remember(ctx: Context, invited: Invitation, answer: Answer) -> None:
    ctx.carried_out(_subject(invited))
    note_answer(ctx, write(Number(invited.parent_id)), answer.value)


def _ask_to_reset(ctx: Context, invited: Invitation) -> Reply:
    """Ask about this very meeting: what "next" means may be another one by the time of the answer."""
    return Reply(
        ctx.text("meeting.reset-ask", meeting=label(ctx, invited)),
        "asked",
        short=ctx.text("meeting.reset-ask-short", meeting=brief(ctx, invited)),
        asks=(Call(ctx.call.name, (str(invited.meeting_id), *ctx.call.words[1:])),),
    )


async def _change(ctx: Context, invited: Invitation, wanted: Answer) -> Answer | None:
    """Give an answer, so that it can be undone; what was there is kept first, since afterwards nobody could tell."""
    words = (str(invited.parent_id), wanted.value, invited.answer.value)
    undoing = Undoing("restore-answer", words, asks=invited.answer is Answer.OPEN)
    await ctx.undo_with(undoing)
    try:
        return await calendar.answer(ctx.as_user, invited, wanted)
    except (BitrixError, NotConnected) as error:
        if not error.retriable:
            await ctx.undo_without(undoing)
        raise


def _reply(ctx: Context, key: str, outcome: Outcome, invited: Invitation, wanted: Answer | None = None) -> Reply:
    """Answer about one meeting; `wanted` is what it is answered with from now on."""
    return Reply(
        ctx.text(key, meeting=label(ctx, invited, wanted), number=invited.meeting_id),
        outcome,
        short=ctx.text(f"{key}-short", meeting=brief(ctx, invited)),
        shows=((write(Number(invited.parent_id)), (wanted or invited.answer).value),),
    )
