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
_LOST = frozenset('.!,;:#№/"')  # signs that the grammar drops or gives a meaning of its own
_SAME = str.maketrans({"\u0451": "\u0435"})  # Cyrillic io, usually written as ie
_LOSABLE = ("polite", "openings", "requests", "joiners")  # tables of app.toml whose words no command can have
_TABLES = (
    *(*_LOSABLE, "language_names", "nouns", "articles", "prepositions"),
    *("next", "all", "negations", "clauses", "vague"),
)


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

    MEETING = "meeting"  # a reference; several in one message are several calls
    UNTIL = "until?"  # the rest of the line, a time in words
    LANGUAGE = "language"  # one of ours, by its code or a name
    COMMAND = "command?"  # one of ours, by any of its words
    KEY = "key"  # opaque, put into a button by us
    NUMBER = "number"  # 1 to 99, likewise


_IN_BUTTONS = frozenset({Argument.KEY, Argument.NUMBER})
_OPTIONAL = frozenset({Argument.UNTIL, Argument.COMMAND})


@dataclass(frozen=True, slots=True, kw_only=True, config=_CLOSED)
class App:
    """app.toml.

    Attributes:
        code: Identity of the bot at the portal; never changes.
        languages: Each has words for every command and texts in every folder.
        scopes: What the bot needs whatever its capabilities.
        button_command: Hidden slash command that all buttons use.
        help: Capabilities that the help lists, in this order.
        layouts: By language, the keys of its keyboard in the same order.
        language_names: Of each language, in all languages.
        polite: Words that may stand around a command; like all words below by language.
        openings: Words that may stand before a command.
        requests: Words that may open a command and make a question of it.
        nouns: Words that may stand before a number or a title.
        articles: Words that may stand before such a noun, or in its place.
        prepositions: Words that may stand before a title only.
        joiners: Words that may stand between numbers.
        next: Words for the meeting that begins next.
        all: Words for all meetings, of a period when words of `periods` follow.
        negations: Words that turn a meaning round.
        clauses: Words that open a clause about an end: a comma may stand before them, and negations behind them turn nothing round.
        vague: Words that tell no meeting by themselves.
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
    help: tuple[Name, ...]
    layouts: Mapping[str, Filled]
    language_names: Words
    polite: Words
    openings: Words
    requests: Words
    nouns: Words
    articles: Words
    prepositions: Words
    joiners: Words
    next: Words
    all: Words
    periods: Mapping[Literal["today", "tomorrow", "week"], Words]
    negations: Words
    clauses: Words
    vague: Words


@dataclass(frozen=True, slots=True, kw_only=True, config=_CLOSED)
class Command:
    """One thing that a person can ask for.

    Attributes:
        words: By language, what people say for it, the most usual first; empty when only buttons reach it.
        casual: Those of its words that serve in small talk as well.
        slash: Registered at the portal as `/name`.
        inner: Only other commands call it; what people type or press does not.
    """

    name: Name
    capability: str
    words: Words
    args: tuple[Argument, ...]
    slash: StrictBool
    casual: Words = Field(default_factory=dict)
    inner: StrictBool = False


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
    if unknown := set(app.help) - capabilities.keys():
        _fail(folder / "app.toml", f"help: there is no capability {min(unknown)}")
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
    periods = {f"periods.{name}": words for name, words in app.periods.items()}
    for name, words in {**{name: getattr(app, name) for name in _TABLES}, **periods}.items():
        _check_languages(file, name, words, app)
    if len(set(map(len, app.layouts.values()))) > 1:
        _fail(file, "layouts: all must have the same number of keys")
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
        if command.casual:
            _check_languages(file, f"commands.{name}.casual", command.casual, app)
        for language, words in command.casual.items():
            if other := set(words) - set(command.words[language]):
                _fail(file, f"commands.{name}.casual: {min(other)!r} is none of its words")
        if _IN_BUTTONS & set(command.args) or len(command.args) > 1:
            _fail(file, f"commands.{name}: words go with one argument at most, and never with a key or number")
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
    """Refuse a word that would mean two commands, with something after it or without.

    Across languages too, since the grammar hears all of them at once.
    """
    fillers = {word for name in _LOSABLE for group in getattr(app, name).values() for word in group}
    claims: dict[tuple[str, bool], Command] = {}
    for command in commands.values():
        for language, word in _spoken(command):
            file = _home(folder, command)
            if word in fillers:
                _fail(file, f"commands.{command.name}: app.toml lets messages lose the word {word!r}")
            for followed in _uses(command):
                other = claims.setdefault((word.translate(_SAME), followed), command)
                if other is not command:
                    _fail(file, f"commands.{command.name}: {word!r} ({language}) means {other.name} already")


def _spoken(command: Command) -> Iterator[tuple[str, str]]:
    return ((language, word) for language, words in command.words.items() for word in words)


def _uses(command: Command) -> set[bool]:
    """Whether the command is meant with something after its word, without, or both."""
    if not command.args:
        return {False}
    return {True, False} if _OPTIONAL & set(command.args) else {True}


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
