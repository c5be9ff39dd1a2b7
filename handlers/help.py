"""What the bot understands, made from manifest/."""

from bot import Argument, Command, Context, Reply, Router, Safe

router = Router()

_EXAMPLES = {
    Argument.MEETING: "help.example-meeting",
    Argument.UNTIL: "help.example-until",
    Argument.LANGUAGE: "help.example-language",
    Argument.COMMAND: "help.example-command",
}


@router.command("help")
async def help_(ctx: Context, command: str | None) -> Reply:
    """Explain one command, or tell which there are."""
    explained = [_explained(ctx, meant) for meant in _meanings(ctx, command)] if command else []
    return Reply(Safe("\n".join(explained or _overview(ctx))))


def _overview(ctx: Context) -> list[Safe]:
    """Return a line for each capability, with the most usual word of each of its commands."""
    lines = [
        ctx.text("help.line", words=_words(ctx, name), about=ctx.text(f"{name}.about"))
        for name in ctx.manifest.app.help
    ]
    return [ctx.text("help.head"), *lines, ctx.text("help.foot")]


def _words(ctx: Context, capability: str) -> Safe:
    commands = [command for command in ctx.manifest.capabilities[capability].commands if command.words]
    return Safe(", ".join(dict.fromkeys(command.words[ctx.language][0] for command in commands)))


def _meanings(ctx: Context, name: str) -> list[Command]:
    """Return the commands that share their most usual word with one, such as "status" alone and "status 651".

    A command that only buttons reach has none.
    """
    word = ctx.manifest.commands[name].words.get(ctx.language, ())[:1]
    return [
        command
        for command in ctx.manifest.commands.values()
        if word and command.words.get(ctx.language, ())[:1] == word
    ]


def _explained(ctx: Context, command: Command) -> Safe:
    word, *others = map(Safe, command.words[ctx.language])
    title = ctx.text(f"{command.capability}.{command.name}-title")
    lines = [ctx.text("help.one", word=word, title=title)]
    if others:
        lines.append(ctx.text("help.one-also", words=Safe(", ".join(others))))
    key = next((_EXAMPLES[argument] for argument in command.args if argument in _EXAMPLES), "help.example-none")
    examples = ctx.text(key, word=word)
    return Safe("\n".join([*lines, ctx.text("help.one-example", examples=examples)]))
