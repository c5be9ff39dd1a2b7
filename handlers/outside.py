"""Answers to invitations outside Bitrix24, through Cronofy (section 5 of its contract), always with the sender's own account.

Cronofy takes an answer and carries it out later. So nothing is reported as done before the calendar shows it: what is on its way is
called that, and the message is rewritten once more is known.
"""

from dataclasses import replace

from bot import (
    Call,
    Context,
    External,
    Follow,
    Outcome,
    Outside,
    Reference,
    Reply,
    Router,
    Safe,
    Underway,
    Undoing,
    arrived,
    begin,
    clash_inside,
    known_as,
    look_up,
    note_answer,
    outside_brief,
    outside_label,
    reference_label,
    rename,
    sent,
    underway_of,
    write,
)
from bot.cronofy.methods import participation
from bot.cronofy.methods.external import Answer, ExternalEvent, Obstacle
from bot.errors import AnswerRefused, CronofyAway, CronofyBusy, CronofyError, CronofyGone, NotLinked

router = Router()

# Seconds after an answer at which the calendar is looked at, the last time included.
_LOOKS_S = (2, 5, 15, 60, 300)
# From when to when an answer of which nobody knows whether Cronofy has got it is sent again, if the calendar does not show it.
_AGAIN_S = (15, 330)


@router.command("answer-outside")
async def answer_outside(ctx: Context, meeting: Reference, answer: str) -> Reply:
    """Answer an invitation on behalf of the sender."""
    found = await _find(ctx, meeting)
    return found if isinstance(found, Reply) else await _set(ctx, found, Answer(answer))


@router.command("reset-outside")
async def reset_outside(ctx: Context, meeting: Reference) -> Reply:
    """Refuse: outside nobody can take an answer back."""
    found = await _find(ctx, meeting)
    return found if isinstance(found, Reply) else _reply(ctx, "outside.no-reset", "refused", found)


@router.command("status-outside")
async def status_outside(ctx: Context, meeting: Reference) -> Reply:
    """Tell the sender's own answer, and whether it is still on its way."""
    found = await _find(ctx, meeting)
    if isinstance(found, Reply):
        return found
    if found.event is None:
        return _gone(ctx, found)
    if found.event.obstacle(ctx.now.astimezone(found.zone)) is Obstacle.NOT_INVITED:
        return _reply(ctx, "outside.barred-not-invited", "refused", found)
    if found.underway is not None and found.event.answer != found.underway.wanted:
        return _on_its_way(ctx, found, found.underway)
    return _reply(ctx, f"outside.status-{found.event.answer}", "done", found)


@router.command("restore-outside")
async def restore_outside(ctx: Context, meeting: Reference, given: str, former: str) -> Reply:
    """Undo an answer: restore the former one, unless the sender has changed it by hand since."""
    found = await _find(ctx, meeting)
    if isinstance(found, Reply):
        return found
    if found.event is None:
        return _reply(
            ctx, "outside.removed-for-good" if given == Answer.NO else "outside.gone", "refused", found, state="gone"
        )
    if found.answer not in (given, former):
        return _reply(ctx, "outside.changed-since", "refused", found)
    if former not in participation.ANSWERS:
        return _reply(ctx, "outside.no-reset", "refused", found)
    return await _set(ctx, found, Answer(former), undoes=True)


@router.command("confirm-outside")
async def confirm_outside(ctx: Context, meeting: Reference, answer: str, before: str) -> Reply:
    """Tell whether an answer that was sent has arrived; `waiting` as long as it may still do so."""
    assert isinstance(meeting, External)  # noqa: S101 - we wrote it
    try:
        found = await look_up(ctx, meeting.name, with_calendar=False)
    except NotLinked:
        found = None
    except CronofyError as error:
        wait_s = (error.wait_s or 0.0) if isinstance(error, CronofyBusy) else 0.0
        if later := await _look_later(ctx, meeting.name, least_s=wait_s):
            return later
        found = None
    if found is None:
        reply = await _lost(ctx, write(meeting))
    else:
        reply = await _known(ctx, found, Answer(answer), before)
    return reply


# --- before an answer


async def _find(ctx: Context, meeting: Reference) -> Outside | Reply:
    found = await look_up(ctx, meeting.name) if isinstance(meeting, External) else None
    return ctx.reply("outside.unknown", "refused") if found is None else found


async def _set(ctx: Context, found: Outside, wanted: Answer, *, undoes: bool = False) -> Reply:
    """Send only what is not so yet, and what nothing stands in the way of."""
    subject, event = f"external:{found.key}", found.event
    if await ctx.superseded(subject):
        return _reply(ctx, "outside.superseded", "refused", found)
    if event is None:
        return await _vanished(ctx, found, wanted)
    if found.answer is wanted:
        ctx.carried_out(subject)
        return await _same(ctx, found, event, wanted)
    why = event.obstacle(ctx.now.astimezone(found.zone))
    if why is not None:
        return _reply(ctx, f"outside.barred-{why}", "refused", found)
    # What is undone is the same event, wherever it has moved to.
    if question := await _question(ctx, found, event, wanted, moves=found.has_moved and not undoes):
        return question
    reply = await _send(ctx, found, event, wanted, undoes=undoes)
    if reply.outcome == "sent":
        ctx.carried_out(subject)
    return reply


async def _same(ctx: Context, found: Outside, event: ExternalEvent, wanted: Answer) -> Reply:
    """Answer what is so already, or on its way."""
    if found.underway is not None and event.answer is not wanted:
        return _on_its_way(ctx, found, found.underway)
    await arrived(ctx, found.key, found.underway)
    # After an interruption it was most likely this very command.
    is_ours = ctx.repeated or found.underway is not None
    key = f"outside.{wanted}" if is_ours else f"outside.already-{wanted}"
    return _reply(ctx, key, "unchanged", found, wanted)


async def _vanished(ctx: Context, found: Outside, wanted: Answer) -> Reply:
    """Answer about what is not there any more, which may be our own doing."""
    underway = found.underway
    if underway is not None and underway.wanted == wanted and underway.removes:
        await arrived(ctx, found.key, underway)
        return _reply(ctx, "outside.removed", "unchanged", found, state="gone")
    return _gone(ctx, found)


async def _question(ctx: Context, found: Outside, event: ExternalEvent, wanted: Answer, *, moves: bool) -> Reply | None:
    """Ask about what cannot be taken back, and about what is not as it was shown: that, even if it was confirmed."""
    removes = wanted is Answer.NO and event.declining_removes
    if not moves and (not removes or ctx.confirmed):
        return None
    name = outside_label(ctx, found)
    if moves and removes:
        calendar = event.calendar.name if event.calendar else found.shown.calendar
        name = ctx.text("outside.removed-by-declining", meeting=name, calendar=calendar)
    key = f"outside.moved-ask-{wanted}" if moves else "outside.removing-ask"
    asked = Call(ctx.call.name, (await rename(ctx, found), *ctx.call.words[1:]))
    short = ctx.text(f"{key}-short", meeting=outside_brief(ctx, found))
    return Reply(ctx.text(key, meeting=name), "asked", short=short, asks=(asked,))


# --- an answer on its way


async def _send(ctx: Context, found: Outside, event: ExternalEvent, wanted: Answer, *, undoes: bool) -> Reply:
    """Send an answer, so that it can be undone and is not sent twice, whatever interrupts us."""
    former = found.answer or Answer.UNKNOWN
    removes = wanted is Answer.NO and event.declining_removes
    undoing = Undoing(
        "restore-outside",
        (found.reference, wanted, former),
        asks=former is Answer.NO and event.declining_removes,
        returns=former in participation.ANSWERS and not removes,
    )
    if not undoes:
        await ctx.undo_with(undoing)
    before = event.answer if found.underway is None else f"{event.answer}-{found.underway.wanted}"
    underway = Underway(wanted, before, removes, int(ctx.now.timestamp()), None)
    await begin(ctx, found.key, underway)
    try:
        await participation.answer(ctx.as_account, event.ref, wanted)
    except CronofyError as error:
        if isinstance(error, CronofyAway) and not isinstance(error, CronofyBusy):
            return _on_its_way(ctx, found, underway)
        await (begin(ctx, found.key, found.underway) if found.underway else arrived(ctx, found.key, underway))
        if not undoes:
            await ctx.undo_without(undoing)
        return await _refused(ctx, found, error)
    await sent(ctx, found.key, underway)
    clash = await clash_inside(ctx, event) if wanted is not Answer.NO else None
    return _on_its_way(ctx, found, replace(underway, sent_at=underway.begun_at), clash)


async def _known(ctx: Context, found: Outside, wanted: Answer, before: str) -> Reply:
    """Return the last word on an answer, if there is one by now."""
    underway, event = found.underway, found.event
    if underway is not None and underway.wanted != wanted:
        return _reply(ctx, "outside.answered-since", "refused", found)
    if event is None:
        await arrived(ctx, found.key, underway)
        removed = underway is not None and underway.removes
        return _reply(ctx, "outside.removed", "done", found, state="gone") if removed else _gone(ctx, found)
    if event.answer is wanted:
        await arrived(ctx, found.key, underway)
        return _reply(ctx, f"outside.{wanted}", "done", found, wanted)
    if event.answer not in before.split("-"):  # by hand, in the calendar itself
        await arrived(ctx, found.key, underway)
        return _reply(ctx, "outside.changed-since", "refused", found, event.answer)
    if underway is not None:
        refused = await _send_again(ctx, found, event, underway)
        if reply := refused or await _look_later(ctx, found.name):
            return reply
    await arrived(ctx, found.key, underway)
    key = "outside.not-confirmed" if underway is not None and underway.sent_at is not None else "outside.not-known"
    return _reply(ctx, key, "failed", found, event.answer)


async def _send_again(ctx: Context, found: Outside, event: ExternalEvent, underway: Underway) -> Reply | None:
    """Send an answer once more that may never have left; return the refusal, if it is one."""
    first, last = _AGAIN_S
    if underway.sent_at is not None or not first <= ctx.now.timestamp() - underway.begun_at <= last:
        return None
    try:
        await participation.answer(ctx.as_account, event.ref, Answer(underway.wanted))
    except CronofyAway:
        return None
    except CronofyError as error:
        await arrived(ctx, found.key, underway)
        return await _refused(ctx, found, error)
    await sent(ctx, found.key, underway)
    return None


async def _look_later(ctx: Context, name: str, *, least_s: float = 0.0) -> Reply | None:
    """Return when to look again, not before `least_s` seconds; None when that was done often enough."""
    now = ctx.now.timestamp()
    _, underway = await underway_of(ctx, name)
    elapsed_s = now - underway.looked_after_from if underway else now
    after_s = next((look - elapsed_s for look in _LOOKS_S if look - elapsed_s >= 1), None)
    if after_s is None:
        return None
    return Reply(ctx.text("outside.waiting"), "waiting", follows=Follow(ctx.call, max(after_s, least_s)))


async def _lost(ctx: Context, reference: str) -> Reply:
    """Say that nobody can tell what became of an answer."""
    key, underway = await underway_of(ctx, reference.removeprefix(write(External(""))))
    await arrived(ctx, key, underway)
    lost = ctx.text("outside.lost", meeting=await reference_label(ctx, reference))
    note_answer(ctx, reference, Answer.UNKNOWN)
    return Reply(lost, "failed", shows=((reference, Answer.UNKNOWN),))


# --- words


def _on_its_way(ctx: Context, found: Outside, underway: Underway, clash: Safe | None = None) -> Reply:
    """Say what is on its way, or may be, and that the last word follows."""
    call = Call("confirm-outside", (found.reference, underway.wanted, underway.before))
    key = "outside.unsure" if underway.sent_at is None else f"outside.sent-{underway.wanted}"
    reply = _reply(ctx, key, "sent", found, state=f"sent-{underway.wanted}")
    text = reply.text if clash is None else Safe(f"{reply.text} {clash}")
    return replace(reply, text=text, follows=Follow(call, _LOOKS_S[0], adds=clash))


async def _refused(ctx: Context, found: Outside, error: CronofyError) -> Reply:
    """Say why an answer was not taken; that the event is gone only if it is."""
    if isinstance(error, CronofyGone):
        again = await look_up(ctx, found.name)
        if again is None or again.event is None:
            return _gone(ctx, found)
        error = AnswerRefused(method=error.method)
    why = ctx.text(error.text, minutes=error.minutes)
    return Reply(
        ctx.text("outside.refused", meeting=outside_label(ctx, found), why=why),
        "failed",
        short=ctx.text("outside.refused-short", meeting=outside_brief(ctx, found)),
    )


def _gone(ctx: Context, found: Outside) -> Reply:
    return _reply(ctx, "outside.gone", "refused", found, state="gone")


def _reply(
    ctx: Context, key: str, outcome: Outcome, found: Outside, wanted: Answer | None = None, *, state: str = ""
) -> Reply:
    """Answer about one event; `wanted` or `state` is what lists show of it from now on."""
    shown = state or wanted
    shows = tuple((reference, shown) for reference in known_as(ctx, found)) if shown else ()
    for reference, now in shows:
        note_answer(ctx, reference, now)
    return Reply(
        ctx.text(key, meeting=outside_label(ctx, found)),
        outcome,
        short=ctx.text(f"{key}-short", meeting=outside_brief(ctx, found)),
        shows=shows,
    )
