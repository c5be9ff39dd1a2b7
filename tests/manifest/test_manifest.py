"""manifest/, handlers and sentences agree: whatever is declared exists, and whatever exists is declared."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

from bot import finding, greeting, times
from bot.bitrix24.methods.im import Presence
from bot.cronofy.methods import participation
from bot.cronofy.methods.external import Answer, Obstacle
from bot.errors import BotError, CronofyError
from bot.grammar import Grammar, Reason, check_signature
from bot.lists import State
from bot.manifest import Argument, Manifest, load
from bot.references import Period
from bot.texts import Texts
from handlers import meeting, presence

ROOT = Path(__file__).parents[2]
SPEECHLESS = ROOT / "bot" / "cronofy"  # a client: its dotted names are those of log lines and of the API
SPEAKING = {"ask", "reply", "say", "tell", "text"}  # methods whose first text argument is a key
NAME = "[a-z](?:[a-z0-9-]*[a-z0-9])?"
NEEDS_WORD = {
    "extra",
    "extra-meeting",
    "language",
    "number",
    "row",
    "separate",
    "which",
}  # reasons that the grammar gives with a word
ARGUMENTS = {
    Argument.MEETING: "651",
    Argument.UNTIL: "until 15:00",
    Argument.LANGUAGE: "en",
    Argument.COMMAND: "accept",
}


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
    for file, tree in ((file, tree) for file, tree in sources() if not file.is_relative_to(SPEECHLESS)):
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


def asked_for(tree_node: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """Every key that a method is given to say, with the names of the values beside it."""
    for key in spoken(tree_node):
        names = {keyword.arg for keyword in tree_node.keywords}
        if None not in names:  # a mapping, of which only a run can tell what it holds
            yield key.value, names


def constants() -> set[str]:
    """Every text that stands in the code."""
    nodes = (node for _, tree in sources() for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def given_to(function: str) -> set[str]:
    """Every text that a function is called with somewhere."""
    nodes = (node for _, tree in sources() for node in ast.walk(tree))
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    values = (argument for call in calls if call.func.id == function for argument in call.args)
    return {value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)}


def templates() -> Iterator[re.Pattern[str]]:
    """What f-strings in the code may put together, as far as it may be a key: a group for each part that is filled in."""
    nodes = (node for _, tree in sources() for node in ast.walk(tree))
    for parts in (node.values for node in nodes if isinstance(node, ast.JoinedStr)):
        fixed = "".join(part.value for part in parts if isinstance(part, ast.Constant))
        if re.fullmatch("[a-z0-9.-]+", fixed) and re.search("[a-z]", fixed):
            yield re.compile("".join(re.escape(p.value) if isinstance(p, ast.Constant) else "(.+)" for p in parts))


def made_keys(manifest: Manifest) -> Iterator[tuple[str, set[str]]]:
    """Keys that the code puts together from tables of its own and names in manifest/, with the values that it gives."""
    for command in manifest.commands.values():
        yield f"{command.capability}.{command.name}-title", set()
        if Argument.MEETING in command.args:
            yield f"{command.capability}.{command.name}-params", set()
    for capability in manifest.app.help:
        yield f"{capability}.about", set()
    for command in greeting._OFFERS:
        yield f"help.button-{command}", set()
    for reason in get_args(Reason):
        yield f"errors.unclear-{reason}", {"word", "command"} if reason in NEEDS_WORD else set()
    yield from agenda_keys()
    yield from outside_keys()
    yield from presence_keys()
    tables = (meeting._DONE, meeting._ALREADY, meeting._STATUS)
    answers = {key for table in tables for key in table.values()}
    for key in answers | {key for key in given_to("_reply") if key.startswith("meeting.")}:
        yield key, {"meeting", "number"}
        yield f"{key}-short", {"meeting"}


def agenda_keys() -> Iterator[tuple[str, set[str]]]:
    for name in {*filter(None, get_args(Period)), *given_to("show")}:
        yield f"agenda.heading-{name}", {"zone", "word"}
        yield f"agenda.empty-{name}", set()
        yield f"agenda.empty-{name}-so-far", set()
    for state in {*get_args(State), *Answer, "own", "gone"} - {"outside"}:
        yield f"agenda.answer-{state}", set()
    for verb in finding._OUTSIDE:
        yield f"agenda.button-{verb}", {"row"}
        yield f"meeting.{verb}-ask", {"meeting"}
        yield f"meeting.{verb}-ask-short", {"meeting"}
        yield f"meeting.{verb}-button", {"number"}
        yield f"outside.{verb}-button", set()


def outside_keys() -> Iterator[tuple[str, set[str]]]:
    for answer in participation.ANSWERS:
        yield f"agenda.answer-sent-{answer}", set()
        for key in (f"{answer}", f"already-{answer}", f"sent-{answer}", f"moved-ask-{answer}"):
            yield from both_lengths(f"outside.{key}")
    for answer in Answer:
        yield from both_lengths(f"outside.status-{answer}")
    for obstacle in Obstacle:
        yield f"outside.why-{obstacle}", set()
        yield from both_lengths(f"outside.barred-{obstacle}")
    for key in given_to("_reply"):
        if key.startswith("outside."):
            yield from both_lengths(key)


def both_lengths(key: str) -> Iterator[tuple[str, set[str]]]:
    yield key, {"meeting"}
    yield f"{key}-short", {"meeting"}


def presence_keys() -> Iterator[tuple[str, set[str]]]:
    for status in Presence:
        for moment in ("done", "now"):
            yield f"presence.{status}-{moment}", set()
            yield f"presence.{status}-{moment}-until", {"until"}
    for offer in presence._OFFERS:
        yield f"presence.button-{offer}", set()
    for reason in get_args(times.Reason):
        yield f"presence.time-{reason}", {"word", "said"}


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
                answer = grammar.split(" ".join([word, *(ARGUMENTS[argument] for argument in command.args)]))
                assert [call.name for call in answer.calls] == [command.name], word


def test_every_language_says_the_same_things(manifest: Manifest, texts: Texts) -> None:
    first, *others = manifest.app.languages

    for language in others:
        assert texts.keys(language) == texts.keys(first)
        for key in texts.keys(first):
            assert texts.variables(language, key) == texts.variables(first, key), key


def test_every_key_that_the_code_makes_is_a_sentence_that_needs_no_more_than_it_gets(
    manifest: Manifest, texts: Texts
) -> None:
    for key, given in made_keys(manifest):
        assert key in texts.keys("en"), key
        assert texts.variables("en", key) <= given, key


def test_every_key_that_is_said_gets_all_that_its_sentence_needs(texts: Texts) -> None:
    said = [pair for _, tree in sources() for node in ast.walk(tree) for pair in asked_for(node)]

    assert len(said) > 50
    for key, given in said:
        assert texts.variables("en", key) <= given, key


def test_every_key_in_the_code_is_a_sentence(manifest: Manifest, texts: Texts) -> None:
    folders = {key.partition(".")[0] for key in texts.keys("en")}
    missing = {(key, place) for key, place in text_keys(folders) if key not in texts.keys("en")}

    assert missing == set()
    assert {"errors.internal", "meeting.accepted"} <= {key for key, _ in text_keys(folders)}


def test_every_sentence_is_said_somewhere(manifest: Manifest, texts: Texts) -> None:
    folders = {key.partition(".")[0] for key in texts.keys("en")}
    said = {key for key, _ in text_keys(folders)}
    shapes, known = list(templates()), constants() | manifest.commands.keys() | manifest.capabilities.keys()
    unsaid = {
        key
        for key in texts.keys("en") - said
        if not any(found and known.issuperset(found.groups()) for found in (shape.fullmatch(key) for shape in shapes))
    }
    # The few words of a sentence are said together with it.
    unsaid = {key for key in unsaid if not key.endswith("-short") or key.removesuffix("-short") in unsaid}

    assert unsaid == set()


def test_every_error_has_a_sentence_without_variables_but_what_it_gives(texts: Texts) -> None:
    pending = [BotError]
    for error in pending:
        pending.extend(error.__subclasses__())
        given = {"minutes"} if issubclass(error, CronofyError) else set()
        assert texts.variables("en", error.text) <= given, error


def test_every_capability_has_tests(manifest: Manifest) -> None:
    for name in manifest.capabilities:
        assert (ROOT / "tests" / "handlers" / f"test_{name}.py").is_file(), name
