"""manifest/ read into one checked Manifest: what the bot can do, in which words.

A folder per capability holds `capability.toml` (scopes and commands) and one `.ftl` per language; `errors/` holds texts
only. Whatever contradicts itself ends the start with a line that names the file, because a command that means two
things would act on a guess.
"""

import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, StrictBool, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from bot.errors import ManifestError

TEXTS_ONLY = "errors"


T = TypeVar("T")
_CLOSED = ConfigDict(extra="forbid")
_LOST = frozenset(".!,;:#№/\"'")  # signs that the grammar drops or gives a meaning of its own
_SAME = str.maketrans({"\u0451": "\u0435"})  # Cyrillic io, usually written as ie


def _sayable(word: str) -> str:
    """Refuse a word that no message could match after it was normalised."""
    if not word or word != " ".join(word.split()) or word != word.casefold():
        raise ValueError(f"{word!r} must be lower case with single spaces")
    if any(sign in _LOST or sign.isdigit() for sign in word):
        raise ValueError(f"{word!r} holds a digit or a sign that messages lose")
    return word


Words = Mapping[str, tuple[Annotated[str, AfterValidator(_sayable)], ...]]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Filled = Annotated[str, Field(min_length=1)]


class Argument(StrEnum):
    """What may follow a command."""

    MEETING = "meeting"  # a number; several in one message are several calls
    MEETING_OR_NONE = "meeting?"
    KEY = "key"  # opaque, put into a button by us


@dataclass(frozen=True, slots=True, kw_only=True, config=_CLOSED)
class App:
    """app.toml.

    Attributes:
        code: Identity of the bot at the portal; never changes.
        languages: Each has words for every command and texts in every folder.
        scopes: What the bot needs whatever its capabilities.
        button_command: Hidden slash command that all buttons use.
        polite: By language, words that may stand around a command.
        nouns: By language, words that may stand before a number.
        joiners: By language, words that may stand between numbers.
    """

    code: Name
    name: Filled
    last_name: str
    work_position: str
    color: Filled
    languages: Annotated[tuple[Name, ...], Field(min_length=1)]
    scopes: tuple[Filled, ...]
    event_mode: Literal["webhook"]
    button_command: Name
    polite: Words
    nouns: Words
    joiners: Words


@dataclass(frozen=True, slots=True, kw_only=True, config=_CLOSED)
class Command:
    """One thing that a person can ask for.

    Attributes:
        words: By language, what people say for it, the most usual first; empty when only buttons reach it.
        slash: Registered at the portal as `/name`.
    """

    name: Name
    capability: str
    words: Words
    args: tuple[Argument, ...]
    slash: StrictBool


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """A folder of manifest/ that declares commands; `handlers.<name>` carries them out."""

    name: str
    scopes: tuple[str, ...]
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All of manifest/ except the sentences.

    Attributes:
        commands: By name, in the order of the files.
        scopes: What the application form must tick, sorted.
    """

    app: App
    capabilities: Mapping[str, Capability]
    commands: Mapping[str, Command]
    scopes: tuple[str, ...]


def load(folder: Path) -> Manifest:
    """Read and check manifest/.

    Raises:
        ManifestError: A file is missing, unreadable, incomplete or contradicts another one.
    """
    app = _app(folder / "app.toml")
    folders = [entry for entry in sorted(folder.iterdir()) if entry.is_dir() and not entry.name.startswith(("_", "."))]
    capabilities = {entry.name: _capability(entry, app) for entry in folders if entry.name != TEXTS_ONLY}
    for entry in {*folders, folder / TEXTS_ONLY}:
        for language in app.languages:
            if not (entry / f"{language}.ftl").is_file():
                _fail(entry / f"{language}.ftl", f"is missing, app.toml lists the language {language}")
    commands: dict[str, Command] = {}
    for command in (command for capability in capabilities.values() for command in capability.commands):
        if (other := commands.setdefault(command.name, command)) is not command:
            _fail(_home(folder, command), f"command {command.name} exists in {other.capability} already")
    _check_claims(folder, app, commands)
    scopes = {*app.scopes, *(scope for capability in capabilities.values() for scope in capability.scopes)}
    return Manifest(app=app, capabilities=capabilities, commands=commands, scopes=tuple(sorted(scopes)))


def _app(file: Path) -> App:
    app = _build(App, _table(file), file)
    for name, words in (("polite", app.polite), ("nouns", app.nouns), ("joiners", app.joiners)):
        _check_languages(file, name, words, app)
    return app


def _capability(folder: Path, app: App) -> Capability:
    file = folder / "capability.toml"
    table = _table(file)
    if unknown := table.keys() - {"scopes", "commands"}:
        _fail(file, f"unknown key {min(unknown)}")
    commands = _build(dict[str, dict[str, Any]], table.get("commands", {}), file, "commands")
    scopes = _build(tuple[Filled, ...], table.get("scopes"), file, "scopes")
    return Capability(
        name=folder.name,
        scopes=scopes,
        commands=tuple(_command(name, values, folder, app) for name, values in commands.items()),
    )


def _command(name: str, values: dict[str, Any], folder: Path, app: App) -> Command:
    """Build a command and check what it says about itself."""
    file = folder / "capability.toml"
    if given := values.keys() & {"name", "capability"}:
        _fail(file, f"commands.{name}: unknown key {min(given)}")
    command = _build(Command, {**values, "name": name, "capability": folder.name}, file, f"commands.{name}")
    if command.words:
        _check_languages(file, f"commands.{name}.words", command.words, app)
        if Argument.KEY in command.args or len(command.args) > 1:
            _fail(file, f"commands.{name}: words go with one argument at most, and never with a key")
    if command.slash and name not in command.words.get("en", ()):
        _fail(file, f"commands.{name}: a slash command must be one of its own English words")
    return command


def _check_languages(file: Path, place: str, words: Words, app: App) -> None:
    for language in app.languages:
        if not words.get(language):
            _fail(file, f"{place}: no words in the language {language}")
    if foreign := words.keys() - set(app.languages):
        _fail(file, f"{place}: app.toml does not list the language {min(foreign)}")


def _check_claims(folder: Path, app: App, commands: Mapping[str, Command]) -> None:
    """Refuse a word that would mean two commands, with a number after it or without.

    Across languages too, since the grammar hears all of them at once.
    """
    fillers = {word for words in (app.polite, app.nouns, app.joiners) for group in words.values() for word in group}
    claims: dict[tuple[str, bool], Command] = {}
    for command in commands.values():
        for language, word in _spoken(command):
            file = _home(folder, command)
            if word in fillers:
                _fail(file, f"commands.{command.name}: app.toml lets messages lose the word {word!r}")
            for with_number in _uses(command):
                other = claims.setdefault((word.translate(_SAME), with_number), command)
                if other is not command:
                    _fail(file, f"commands.{command.name}: {word!r} ({language}) means {other.name} already")


def _spoken(command: Command) -> Iterator[tuple[str, str]]:
    return ((language, word) for language, words in command.words.items() for word in words)


def _uses(command: Command) -> set[bool]:
    """Whether the command is meant with something after its word, without, or both."""
    if not command.args:
        return {False}
    return {True} if command.args == (Argument.MEETING,) else {True, False}


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        _fail(file, "is missing")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        _fail(file, str(error))


def _build(kind: type[T], values: object, file: Path, place: str = "") -> T:
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(filter(None, (place, *map(str, first["loc"]))))
        _fail(file, f"{where}: {first['msg']}")


def _home(folder: Path, command: Command) -> Path:
    return folder / command.capability / "capability.toml"


def _fail(file: Path, reason: str) -> NoReturn:
    raise ManifestError(f"{file}: {reason}")
