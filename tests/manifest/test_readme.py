"""README.md and README.ru.md tell what exists."""

import re
from pathlib import Path

import pytest

from bot.__main__ import cli
from bot.grammar import Grammar, Understood
from bot.manifest import Argument, Command, load
from bot.texts import Texts

ROOT = Path(__file__).parents[2]
READMES = {
    "en": (ROOT / "README.md").read_text(encoding="utf-8"),
    "ru": (ROOT / "README.ru.md").read_text(encoding="utf-8"),
}
HEADS = {
    "en": "| slash command | English | Russian | does |",
    "ru": "| слэш-команда | по-русски | по-английски | что делает |",
}
FOLLOWS = {
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
EXAMPLES = {"en": "Talking to it", "ru": "Как с ним говорить"}


def commands_table(language: str) -> str:
    """Return the table of commands that manifest/ makes, for readers of a language."""
    manifest = load(ROOT / "manifest")
    texts = Texts(ROOT / "manifest", manifest.app.languages)
    order = [*manifest.app.help, *manifest.capabilities]
    spoken = sorted(
        (command for command in manifest.commands.values() if command.words),
        key=lambda command: order.index(command.capability),
    )
    rows = [row(command, texts, language) for command in spoken]
    return "\n".join([HEADS[language], "| --- | --- | --- | --- |", *rows])


def row(command: Command, texts: Texts, language: str) -> str:
    slash = f"`/{command.name}{' 651' if Argument.MEETING in command.args else ''}`" if command.slash else ""
    follows = "".join(FOLLOWS[language][argument] for argument in command.args)
    own_first = sorted(("en", "ru"), key=lambda spoken: spoken != language)
    words = [", ".join(f"`{word}`" for word in command.words[spoken]) + follows for spoken in own_first]
    title = texts.say(language, f"{command.capability}.{command.name}-title")
    return f"| {slash} | {words[0]} | {words[1]} | {title} |"


@pytest.mark.parametrize("language", READMES)
def test_table_of_commands_is_current(language):
    found = re.search(r"<!-- commands: [^>]* -->\n(.*)\n<!-- /commands -->", READMES[language], re.DOTALL)
    wanted = commands_table(language)

    assert found is not None
    assert found[1] == wanted, f"the {language} README needs this table between the marks:\n{wanted}"


@pytest.mark.parametrize("language", READMES)
def test_every_example_is_understood(language):
    section = re.search(rf"^## {EXAMPLES[language]}\n(.*?)^## ", READMES[language], re.DOTALL | re.MULTILINE)
    grammar = Grammar(load(ROOT / "manifest"))

    assert section is not None
    for example in re.findall("`([^`]+)`", section[1]):
        assert isinstance(grammar.split(example), Understood), example


@pytest.mark.parametrize("language", READMES)
@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_of_the_command_line_is_mentioned(name, language):
    assert re.search(rf"\bstatusbot {name}\b", READMES[language])


@pytest.mark.parametrize("language", READMES)
@pytest.mark.parametrize(
    "target", re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)
def test_every_target_of_make_is_mentioned(target, language):
    assert re.search(rf"\bmake {target}\b", READMES[language])
