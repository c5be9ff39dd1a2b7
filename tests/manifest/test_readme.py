"""README.md tells what exists."""

import re
from pathlib import Path

import pytest

from bot.__main__ import cli
from bot.grammar import Grammar, Understood
from bot.manifest import Argument, Command, load
from bot.texts import Texts

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FOLLOWS = {
    Argument.MEETING: " and a meeting",
    Argument.UNTIL: ", for a while if you like",
    Argument.LANGUAGE: " and a language",
    Argument.COMMAND: " and a command if you like",
}


def commands_table() -> str:
    """Return the table of commands that manifest/ makes."""
    manifest = load(ROOT / "manifest")
    texts = Texts(ROOT / "manifest", manifest.app.languages)
    order = [*manifest.app.help, *manifest.capabilities]
    spoken = sorted(
        (command for command in manifest.commands.values() if command.words),
        key=lambda command: order.index(command.capability),
    )
    rows = [row(command, texts) for command in spoken]
    return "\n".join(["| slash command | English | Russian | does |", "| --- | --- | --- | --- |", *rows])


def row(command: Command, texts: Texts) -> str:
    slash = f"`/{command.name}{' 651' if Argument.MEETING in command.args else ''}`" if command.slash else ""
    follows = "".join(FOLLOWS[argument] for argument in command.args)
    words = [", ".join(f"`{word}`" for word in command.words[language]) + follows for language in ("en", "ru")]
    title = texts.say("en", f"{command.capability}.{command.name}-title")
    return f"| {slash} | {words[0]} | {words[1]} | {title} |"


def test_table_of_commands_is_current():
    found = re.search(r"<!-- commands: [^>]* -->\n(.*)\n<!-- /commands -->", README, re.DOTALL)
    wanted = commands_table()

    assert found is not None
    assert found[1] == wanted, f"README.md needs this table between the marks:\n{wanted}"


def test_every_example_is_understood():
    section = re.search(r"^## Talking to it\n(.*?)^## ", README, re.DOTALL | re.MULTILINE)
    grammar = Grammar(load(ROOT / "manifest"))

    assert section is not None
    for example in re.findall("`([^`]+)`", section[1]):
        assert isinstance(grammar.split(example), Understood), example


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_of_the_command_line_is_mentioned(name):
    assert re.search(rf"\bstatusbot {name}\b", README)


@pytest.mark.parametrize(
    "target", re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)
def test_every_target_of_make_is_mentioned(target):
    assert re.search(rf"\bmake {target}\b", README)
