"""What the bot understands, made from manifest/."""

from bot import Context, Reply, Router, Safe

router = Router()


@router.command("help")
async def help_(ctx: Context) -> Reply:
    """List the commands: a line each, the most usual word first."""
    lines = [
        ctx.text(
            "help.line-with-number" if command.args else "help.line",
            word=command.words[ctx.language][0],
            title=ctx.text(f"{command.capability}.{command.name}-title"),
        )
        for command in ctx.manifest.commands.values()
        if command.words and command.capability not in ("confirm", "help")
    ]
    return Reply(Safe("\n".join([ctx.text("help.head"), *lines, ctx.text("help.foot")])))
