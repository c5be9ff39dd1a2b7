"""Presence: `im.user.status.*`, always as the sender (contract H)."""

from bot import Context, Reply, Router
from bot.bitrix24.methods import im
from bot.bitrix24.methods.im import Presence

router = Router()

_SUBJECT = "presence"
_DONE = {
    Presence.ONLINE: "presence.online-done",
    Presence.DND: "presence.dnd-done",
    Presence.AWAY: "presence.away-done",
    Presence.BREAK: "presence.break-done",
}
_NOW = {
    Presence.ONLINE: "presence.online-now",
    Presence.DND: "presence.dnd-now",
    Presence.AWAY: "presence.away-now",
    Presence.BREAK: "presence.break-now",
}


@router.command("status")
async def status(ctx: Context) -> Reply:
    """Tell the sender's presence."""
    presence = await im.user_status_get(ctx.as_user)
    return ctx.reply("presence.unknown-now" if presence is None else _NOW[presence])


@router.command("online")
async def online(ctx: Context) -> Reply:
    return await _change(ctx, Presence.ONLINE)


@router.command("dnd")
async def dnd(ctx: Context) -> Reply:
    return await _change(ctx, Presence.DND)


@router.command("away")
async def away(ctx: Context) -> Reply:
    return await _change(ctx, Presence.AWAY)


@router.command("break")
async def take_break(ctx: Context) -> Reply:
    return await _change(ctx, Presence.BREAK)


async def _change(ctx: Context, wanted: Presence) -> Reply:
    """Set the sender's presence and believe only what is read back."""
    if await ctx.superseded(_SUBJECT):
        return ctx.reply("presence.superseded", "refused")
    if ctx.repeated and await im.user_status_get(ctx.as_user) is wanted:  # most likely this very command's doing
        await ctx.carried_out(_SUBJECT)
        return ctx.reply(_DONE[wanted], "unchanged")
    before, after = await im.change_user_status(ctx.as_user, wanted)
    if after is not wanted:
        return ctx.reply("presence.not-confirmed", "failed")
    await ctx.carried_out(_SUBJECT)
    return ctx.reply(_DONE[wanted], "unchanged" if before is wanted else "done")
