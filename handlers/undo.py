"""Taking back what the sender's last command changed: one level, for a day."""

from bot import Call, Context, Reply, Router

router = Router()


@router.command("undo")
async def undo(ctx: Context) -> Reply:
    """Carry out the calls that restore what was before; each of them leaves alone what was changed by hand since."""
    change = await ctx.last_change()
    if change is None or change.undone_by not in (None, ctx.event_key):
        return ctx.reply("undo.nothing", "refused")
    reply = await ctx.run(ctx, [Call(name, words) for name, words in change.undoing])
    if reply.asks:
        # The whole is confirmed and carried out again, not only the part that needs it.
        return Reply(reply.text, "asked", asks=(ctx.call,))
    if reply.outcome not in ("refused", "failed"):  # what was not restored can still be
        await ctx.mark_undone()
    return reply
