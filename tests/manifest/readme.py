"""The parts of both READMEs that are made from other files, between marks that name them.

`.venv/bin/python -m tests.manifest.readme` writes them anew.
"""

import re
from pathlib import Path

from click.testing import CliRunner

from bot.commandline import cli
from bot.manifest import Argument, Command, load
from bot.settings import PREFIX, Settings
from bot.texts import Texts

ROOT = Path(__file__).parents[2]
FILES = {"en": ROOT / "README.md", "ru": ROOT / "README.ru.md"}
PUBLIC_URL = "https://bot.example.com"  # what both READMEs tell the story with

_COMMANDS = {
    "en": "| slash command | English | Russian | does |",
    "ru": "| слэш-команда | по-русски | по-английски | что делает |",
}
_FOLLOWS = {
    "en": {
        Argument.MEETING: " and a meeting",
        Argument.UNTIL: ", for a while if you like",
        Argument.LANGUAGE: " and a language",
        Argument.COMMAND: " and a command if you like",
    },
    "ru": {
        Argument.MEETING: " и встреча",
        Argument.UNTIL: ", можно на время",
        Argument.LANGUAGE: " и язык",
        Argument.COMMAND: ", можно с командой",
    },
}
_SETTINGS = {"en": "| setting | meaning | default |", "ru": "| настройка | что значит | по умолчанию |"}
_NEEDED = {"en": "needed", "ru": "нужна"}
# Three lines of .env.example: what a setting means in English, in Russian, and its name with a default.
_SETTING = re.compile(rf"# (?P<en>.+)\n# (?P<ru>.+)\n{PREFIX}(?P<name>\w+)=(?P<default>.*)\n")


def parts(language: str) -> dict[str, str]:
    """Return every made part of a README, by the name in its marks."""
    return {"commands": commands(language), "settings": settings(language), "form": form(), "unit": unit()}


def commands(language: str) -> str:
    """Return the table of commands that manifest/ makes, for readers of a language."""
    manifest = load(ROOT / "manifest")
    texts = Texts(ROOT / "manifest", manifest.app.languages)
    order = [*manifest.app.help, *manifest.capabilities]
    spoken = sorted(
        (command for command in manifest.commands.values() if command.words),
        key=lambda command: order.index(command.capability),
    )
    rows = [_command(command, texts, language) for command in spoken]
    return "\n".join([_COMMANDS[language], "| --- | --- | --- | --- |", *rows])


def _command(command: Command, texts: Texts, language: str) -> str:
    slash = f"`/{command.name}{' 651' if Argument.MEETING in command.args else ''}`" if command.slash else ""
    follows = "".join(_FOLLOWS[language][argument] for argument in command.args)
    own_first = sorted(("en", "ru"), key=lambda spoken: spoken != language)
    words = [", ".join(f"`{word}`" for word in command.words[spoken]) + follows for spoken in own_first]
    title = texts.say(language, f"{command.capability}.{command.name}-title")
    return f"| {slash} | {words[0]} | {words[1]} | {title} |"


def settings(language: str) -> str:
    """Return the table of settings that .env.example makes."""
    found = _SETTING.finditer((ROOT / ".env.example").read_text(encoding="utf-8"))
    rows = [f"| `{PREFIX}{one['name']}` | {one[language]} | {_default(one, language)} |" for one in found]
    return "\n".join([_SETTINGS[language], "| --- | --- | --- |", *rows])


def _default(setting: re.Match[str], language: str) -> str:
    if Settings.model_fields[setting["name"].lower()].is_required():
        return _NEEDED[language]
    return setting["default"] and f"`{setting['default']}`"


def form() -> str:
    """Return what `statusbot manifest` prints."""
    printed = CliRunner().invoke(cli, ["manifest"], env={f"{PREFIX}PUBLIC_URL": PUBLIC_URL}, catch_exceptions=False)
    return f"```\n{printed.output}```"


def unit() -> str:
    """Return what deploy/statusbot.service says to do once, without the start, which comes when the settings are complete."""
    said, _, _ = (ROOT / "deploy" / "statusbot.service").read_text(encoding="utf-8").partition("systemctl enable")
    lines = [line.removeprefix("#   ") for line in said.splitlines() if re.match("#   +[^ ]", line)]
    return "\n".join(["```sh", *lines, "```"])


def mark(name: str) -> re.Pattern[str]:
    """Find a made part between its marks; group 2 is the part itself."""
    return re.compile(rf"(<!-- {name}: [^>]* -->\n)(.*?)(\n<!-- /{name} -->)", re.DOTALL)


def main() -> None:
    for language, file in FILES.items():
        text = file.read_text(encoding="utf-8")
        for name, part in parts(language).items():
            text = mark(name).sub(lambda found, part=part: found[1] + part + found[3], text)  # type: ignore[misc]
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
