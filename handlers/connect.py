"""The permission to act for a person (contract B.1): asked for with a link, and forgotten on request.

`disconnect` forgets what is stored. It cannot keep Bitrix24 from sending a new permission along with the person's next message
(contract E.2), and without it no command could be carried out at all; so the answer says what to expect. An account at Cronofy is
a permission of its own and stays.
"""

from bot import Context, Reply, Router, Safe

router = Router()


@router.command("connect")
async def connect(ctx: Context) -> Reply:
    """Give the sender a link of their own; where others read along, only say where it is to be had."""
    if not ctx.private:
        return ctx.reply("connect.private-only", "refused")
    return ctx.offer_connection("connect.link")


@router.command("disconnect")
async def disconnect(ctx: Context) -> Reply:
    """Forget the sender's permission, their links, and the commands that wait for one."""
    timer = await ctx.disconnect()
    lines = [ctx.text("connect.forgotten" if timer is None else "connect.forgotten-with-timer")]
    if await ctx.has_account():
        lines.append(ctx.text("connect.cronofy-stays"))
    return Reply(Safe("\n".join(lines)))
