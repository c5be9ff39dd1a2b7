"""README.md tells what exists."""

import re
from pathlib import Path

import pytest

from bot.__main__ import cli
from bot.manifest import Argument, Command, load
from bot.texts import Texts

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands_table() -> str:
    """Return the table of commands that manifest/ makes."""
    manifest = load(ROOT / "manifest")
    texts = Texts(ROOT / "manifest", manifest.app.languages)
    last = ("confirm", "help")
    spoken = sorted(
        (command for command in manifest.commands.values() if command.words), key=lambda c: c.capability in last
    )
    rows = [row(command, texts) for command in spoken]
    return "\n".join(["| slash command | English | Russian | does |", "| --- | --- | --- | --- |", *rows])


def row(command: Command, texts: Texts) -> str:
    takes_number = Argument.MEETING in command.args
    slash = f"`/{command.name}{' 651' if takes_number else ''}`" if command.slash else ""
    words = [
        ", ".join(f"`{word}`" for word in command.words[language]) + (" and a number" if takes_number else "")
        for language in ("en", "ru")
    ]
    title = texts.say("en", f"{command.capability}.{command.name}-title")
    return f"| {slash} | {words[0]} | {words[1]} | {title} |"


def test_table_of_commands_is_current():
    found = re.search(r"<!-- commands: [^>]* -->\n(.*)\n<!-- /commands -->", README, re.DOTALL)
    wanted = commands_table()

    assert found is not None
    assert found[1] == wanted, f"README.md needs this table between the marks:\n{wanted}"


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_of_the_command_line_is_mentioned(name):
    assert re.search(rf"\bstatusbot {name}\b", README)


@pytest.mark.parametrize(
    "target", re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)
def test_every_target_of_make_is_mentioned(target):
    assert re.search(rf"\bmake {target}\b", README)
