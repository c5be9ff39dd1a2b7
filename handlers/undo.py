"""Taking back what the sender's last command changed: one level, for a day."""

from bot import Call, Change, Context, Reply, Router, Safe, reference_brief

router = Router()


@router.command("undo")
async def undo(ctx: Context) -> Reply:
    """Carry out the calls that restore what was before; each of them leaves alone what was changed by hand since.

    What has to be confirmed is asked about before anything is done.
    """
    change = await ctx.last_change()
    if change is None or change.undone_by not in (None, ctx.event_key):
        return ctx.reply("undo.nothing", "refused")
    asking = [Call(call.name, call.words) for call in change.undoing if call.asks]
    if asking and not ctx.confirmed:
        question = await ctx.run(ctx, asking)
        if question.asks:
            text, others = question.text, await _others(ctx, change)
            if others:
                text = ctx.text("undo.with-it", question=text, meetings=Safe(", ".join(others)))
            return Reply(text, "asked", asks=(ctx.call,))
    reply = await ctx.run(ctx, [Call(call.name, call.words) for call in change.undoing])
    if reply.outcome not in ("refused", "failed", "asked"):  # what was not restored can still be
        await ctx.mark_undone()
    return reply


async def _others(ctx: Context, change: Change) -> list[Safe]:
    """Name the meetings whose former answers return without a question."""
    names = []
    for call in change.undoing:
        if call.asks or not call.returns:
            continue
        if call.name == "restore-outside":
            names.append(await reference_brief(ctx, call.words[0]))
        elif call.name == "restore-answer":
            names.append(Safe(call.words[0]))
    return names
