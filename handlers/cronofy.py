"""The permission to see and answer invitations outside Bitrix24: asked for with a link, shown, and given back on request."""

from bot import Context, Reply, Router, Safe, describe_account
from bot.cronofy.methods.identity import userinfo
from bot.errors import CronofyRightMissing, LinkBroken, NotLinked

router = Router()


@router.command("connect-cronofy")
async def connect_cronofy(ctx: Context) -> Reply:
    """Give the sender a link of their own, unless their account is connected and works; then show it."""
    as_account = ctx.as_account
    if not ctx.private:
        return ctx.reply("cronofy.private-only", "refused")
    try:
        identity = await userinfo(as_account)
    except LinkBroken:
        return ctx.offer_connection("cronofy.link-again", to="cronofy")
    except NotLinked:
        return ctx.offer_connection("cronofy.link", to="cronofy")
    except CronofyRightMissing:
        return ctx.offer_connection("cronofy.link-with-all-rights", to="cronofy")
    if identity.lacks_rights:
        return ctx.offer_connection("cronofy.link-with-all-rights", to="cronofy")
    lines, links = describe_account(ctx.text, identity)
    return Reply(Safe("\n".join([ctx.text("cronofy.already"), *lines])), "unchanged", links=links)


@router.command("disconnect-cronofy")
async def disconnect_cronofy(ctx: Context) -> Reply:
    """Give the permission back at Cronofy, and forget it here in any case."""
    try:
        revoked = await ctx.unlink()
    except NotLinked:
        # An interrupted attempt may have done it already.
        return ctx.reply("cronofy.forgotten") if ctx.repeated else ctx.reply("cronofy.nothing-connected", "unchanged")
    return ctx.reply("cronofy.forgotten" if revoked else "cronofy.forgotten-here-only")
