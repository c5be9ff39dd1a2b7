"""The language that a person is spoken to in."""

from bot import Context, Reply, Router

router = Router()


@router.command("language")
async def language(ctx: Context, code: str) -> Reply:
    """Remember it, and answer in it at once."""
    return (await ctx.choose_language(code)).reply("language.done")
