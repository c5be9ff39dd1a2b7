"""Answers to a question of ours: by word where it was asked, or by its button, which the outcome then replaces."""

from dataclasses import replace

from bot import Context, Reply, Router

router = Router()


@router.command("yes")
async def yes(ctx: Context) -> Reply:
    """Confirm in words."""
    question = await ctx.take_question()
    return ctx.reply("confirm.nothing-asked", "refused") if question is None else await ctx.run_confirmed(question)


@router.command("no")
async def no(ctx: Context) -> Reply:
    """Decline to confirm, in words."""
    question = await ctx.take_question()
    return ctx.reply("confirm.nothing-asked", "refused") if question is None else ctx.reply("confirm.dismissed")


@router.command("confirm")
async def confirm(ctx: Context, key: str) -> Reply:
    """Confirm by button; only the person who was asked can."""
    question = await ctx.take_question(key=key)
    if question is None:
        return ctx.reply("confirm.closed", "refused")
    ctx = ctx.speaking(question.language)
    return replace(await ctx.run_confirmed(question), in_place=True, language=ctx.language)


@router.command("dismiss")
async def dismiss(ctx: Context, key: str) -> Reply:
    """Decline to confirm, by button."""
    question = await ctx.take_question(key=key)
    if question is None:
        return ctx.reply("confirm.closed", "refused")
    return replace(ctx.speaking(question.language).reply("confirm.dismissed"), in_place=True)
