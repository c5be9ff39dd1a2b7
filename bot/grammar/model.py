"""What the grammar needs of a manifest, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

Reason: TypeAlias = Literal[
    "empty",
    "long",
    "unknown",
    "unknown-slash",
    "stale-button",
    "which",  # a command that needs a meeting, and nothing after it
    "number",  # something after it that tells no meeting
    "row",  # a lone digit after small talk: a row of a list, a number, or how many minutes?
    "separate",  # numbers that may be parts of one number
    "too-many",
    "language",  # none of ours, or none at all
    "extra",  # a command, and after it something that it cannot have
    "extra-meeting",  # namely a meeting
    "lines",  # one of several lines
]
Languages: TypeAlias = frozenset[str]
ByLanguage: TypeAlias = Mapping[str, tuple[str, ...]]


class Wording(Protocol):
    """Words that are no commands, by language; `bot.manifest.App` says what each table is for."""

    @property
    def languages(self) -> tuple[str, ...]: ...
    @property
    def language_names(self) -> ByLanguage: ...
    @property
    def layouts(self) -> Mapping[str, str]: ...
    @property
    def polite(self) -> ByLanguage: ...
    @property
    def openings(self) -> ByLanguage: ...
    @property
    def requests(self) -> ByLanguage: ...
    @property
    def nouns(self) -> ByLanguage: ...
    @property
    def articles(self) -> ByLanguage: ...
    @property
    def prepositions(self) -> ByLanguage: ...
    @property
    def joiners(self) -> ByLanguage: ...
    @property
    def next(self) -> ByLanguage: ...
    @property
    def all(self) -> ByLanguage: ...
    @property
    def periods(self) -> Mapping[Literal["today", "tomorrow", "week"], ByLanguage]: ...
    @property
    def negations(self) -> ByLanguage: ...
    @property
    def clauses(self) -> ByLanguage: ...
    @property
    def vague(self) -> ByLanguage: ...


class Spoken(Protocol):
    """A command, as far as its words and arguments go."""

    @property
    def name(self) -> str: ...
    @property
    def words(self) -> ByLanguage: ...
    @property
    def casual(self) -> ByLanguage: ...
    @property
    def args(self) -> tuple[str, ...]: ...
    @property
    def slash(self) -> bool: ...
    @property
    def inner(self) -> bool: ...


class Vocabulary(Protocol):
    @property
    def app(self) -> Wording: ...
    @property
    def commands(self) -> Mapping[str, Spoken]: ...


@dataclass(frozen=True, slots=True)
class Call:
    """One command with its arguments as they were written; `bind` gives them types.

    A meeting is a word of `bot.references.write`.

    Attributes:
        line: Which line of its message gave it; calls of one line are one command.
        phrase: What it was called there, in the manifest's spelling; "" where nobody wrote it.
    """

    name: str
    words: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)
    phrase: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Understood:
    """What to do, in order.

    Attributes:
        language: The one that all words belong to, None when they belong to several or to none in particular.
    """

    calls: tuple[Call, ...]
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nothing is done.

    Attributes:
        language: As in Understood; for a text without known words the only one with such letters.
        command: The command whose word was recognised.
        word: That word in the manifest's spelling, for an example to show; never text of the sender.
        suggestion: What was probably meant, to be asked about.
        suggested: The same in words; it may hold text of the sender.
    """

    reason: Reason
    language: str | None = None
    command: str | None = None
    word: str | None = None
    suggestion: tuple[Call, ...] = ()
    suggested: str = ""
