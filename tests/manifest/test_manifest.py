"""manifest/, handlers and sentences agree: whatever is declared exists, and whatever exists is declared."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

from bot.errors import BotError
from bot.grammar import Grammar, Reason, check_signature
from bot.manifest import Argument, Manifest, load
from bot.texts import Texts

ROOT = Path(__file__).parents[2]
SPEAKING = {"ask", "reply", "say", "tell", "text"}  # methods whose first text argument is a key
NAME = "[a-z](?:[a-z0-9-]*[a-z0-9])?"
NEEDS_WORD = {"extra", "number", "row", "separate", "which"}  # reasons that the grammar gives with a word


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return load(ROOT / "manifest")


@pytest.fixture(scope="module")
def texts(manifest: Manifest) -> Texts:
    return Texts(ROOT / "manifest", manifest.app.languages)


def handlers(capability: str) -> dict[str, object]:
    return import_module(f"handlers.{capability}").router.handlers


def sources() -> Iterator[tuple[Path, ast.Module]]:
    """Our code without the emulator, which has sentences of its own."""
    for file in sorted([*ROOT.glob("bot/**/*.py"), *ROOT.glob("handlers/**/*.py")]):
        if "emulator" not in file.parts:
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def text_keys(folders: set[str]) -> Iterator[tuple[str, str]]:
    """Every key in the code with its place."""
    known = re.compile(rf"(?:{'|'.join(sorted(folders))})\.{NAME}")
    for file, tree in sources():
        for node in ast.walk(tree):
            for found in (node, *spoken(node), *class_texts(node)):
                key = found.value if isinstance(found, ast.Constant) else None
                if isinstance(key, str) and (found is not node or known.fullmatch(key)):
                    yield key, f"{file.relative_to(ROOT)}:{found.lineno}"


def spoken(node: ast.AST) -> list[ast.expr]:
    """Return the key that is given to a method which says it, even one that no folder can hold."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in SPEAKING:
        return []
    keys = (key for key in node.args if isinstance(key, ast.Constant))
    return [key for key in keys if re.fullmatch(rf"{NAME}\.{NAME}", str(key.value))][:1]


def class_texts(node: ast.AST) -> list[ast.expr]:
    """Return what classes, such as errors, declare as their `text`."""
    body = node.body if isinstance(node, ast.ClassDef) else []
    plain = [(line.targets[0], line.value) for line in body if isinstance(line, ast.Assign)]
    typed = [(line.target, line.value) for line in body if isinstance(line, ast.AnnAssign) and line.value]
    return [value for target, value in plain + typed if isinstance(target, ast.Name) and target.id == "text"]


def made_keys(manifest: Manifest) -> Iterator[str]:
    """Keys that the code puts together from names in manifest/ and reasons of the grammar."""
    for command in manifest.commands.values():
        yield f"{command.capability}.{command.name}-title"
        if {Argument.MEETING, Argument.MEETING_OR_NONE} & set(command.args):
            yield f"{command.capability}.{command.name}-params"
    for reason in get_args(Reason):
        yield f"errors.unclear-{reason}"


def test_every_command_has_a_handler_and_every_handler_a_command(manifest: Manifest) -> None:
    declared = {
        name: {command.name for command in capability.commands} for name, capability in manifest.capabilities.items()
    }
    modules = {file.stem for file in ROOT.glob("handlers/*.py")} - {"__init__"}

    assert modules == declared.keys()
    assert {name: set(handlers(name)) for name in modules} == declared


def test_every_handler_takes_what_the_manifest_says(manifest: Manifest) -> None:
    for command in manifest.commands.values():
        check_signature(command, handlers(command.capability)[command.name])


def test_every_word_reaches_its_command(manifest: Manifest) -> None:
    grammar = Grammar(manifest)

    for command in manifest.commands.values():
        for words in command.words.values():
            for word in words:
                answer = grammar.split(f"{word} 651" if command.args else word)
                assert [call.name for call in answer.calls] == [command.name], word


def test_every_language_says_the_same_things(manifest: Manifest, texts: Texts) -> None:
    first, *others = manifest.app.languages

    for language in others:
        assert texts.keys(language) == texts.keys(first)
        for key in texts.keys(first):
            assert texts.variables(language, key) == texts.variables(first, key), key


def test_every_command_has_a_title_and_every_reason_a_sentence(manifest: Manifest, texts: Texts) -> None:
    for language in manifest.app.languages:
        for key in made_keys(manifest):
            assert key in texts.keys(language), (language, key)
        for key in (key for key in made_keys(manifest) if key.endswith(("-title", "-params"))):
            assert texts.variables(language, key) == frozenset(), key


def test_sentences_about_unclear_messages_ask_only_for_the_word(texts: Texts) -> None:
    for reason in get_args(Reason):
        allowed = {"word"} if reason in NEEDS_WORD else set()
        assert texts.variables("en", f"errors.unclear-{reason}") <= allowed, reason


def test_every_key_in_the_code_is_a_sentence(manifest: Manifest, texts: Texts) -> None:
    folders = {key.partition(".")[0] for key in texts.keys("en")}
    missing = {(key, place) for key, place in text_keys(folders) if key not in texts.keys("en")}

    assert missing == set()
    assert {"errors.internal", "meeting.accepted"} <= {key for key, _ in text_keys(folders)}


def test_every_sentence_is_said_somewhere(manifest: Manifest, texts: Texts) -> None:
    folders = {key.partition(".")[0] for key in texts.keys("en")}
    said = {key for key, _ in text_keys(folders)} | set(made_keys(manifest))

    assert texts.keys("en") - said == set()


def test_every_error_has_a_sentence_without_variables(texts: Texts) -> None:
    pending = [BotError]
    for error in pending:
        pending.extend(error.__subclasses__())
        assert texts.variables("en", error.text) == frozenset(), error


def test_every_capability_has_tests(manifest: Manifest) -> None:
    for name in manifest.capabilities:
        assert (ROOT / "tests" / "handlers" / f"test_{name}.py").is_file(), name
