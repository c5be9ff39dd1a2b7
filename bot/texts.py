"""Sentences of manifest/, and other people's text made inert before it stands in one.

A template is ours and may hold BBCode; what is put into it is somebody's text unless it says otherwise (`Safe`), so that
nobody has to remember: a meeting's title reaches a chat through `inert` or not at all.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from fluent.runtime import FluentBundle
from fluent.runtime.types import FluentFloat, FluentInt
from fluent.syntax import FluentParser, ast

from bot.errors import ManifestError
from bot.locales import locale_of

LIMIT = 80  # characters of other people's text
MARKS = 4  # signs above or below one letter; more of them climb over the lines around

Value = str | int | float | date  # a datetime is a date

_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})  # categories that show nothing or anything
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters and marks that nobody sees
_ENTITY = re.compile(r"&(?=#|[0-9a-z]+;|(?:amp|apos|gt|lt|quot))", re.IGNORECASE)
_BARE_HOST = re.compile(r"\b(www)\.(?=\S)", re.IGNORECASE)
_FRONT = frozenset(" >-/\\=\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\u2501")
_FUNCTIONS = frozenset({"CLOCK", "DAY", "NUMBER"})
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))


class Safe(str):
    """Text that can start nothing when it is shown: a sentence of ours, or what `inert` made of another's."""

    __slots__ = ()


def inert(text: str, limit: int = LIMIT, empty: str = "\u2014") -> Safe:
    """Make text of other people harmless inside a message of the bot (contract D.4).

    Brackets become look-alikes, since the server decodes HTML entities back; those are broken up for the same reason.
    Made inert once more, the result stays what it is.

    Args:
        text: Anything.
        limit: Most characters of the result, at least 1; an ellipsis marks what was cut.
        empty: Stands for a text of which nothing is left.
    """
    plain = "".join(_thinned(_visible(sign) for sign in text))
    plain = _ENTITY.sub("\uff06", plain.replace("[", "\uff3b").replace("]", "\uff3d"))
    plain = _BARE_HOST.sub(r"\1. ", plain.replace("://", ": //"))
    plain = " ".join(plain.split())
    start = next((at for at, sign in enumerate(plain) if sign not in _FRONT and not _clings(sign)), len(plain))
    return Safe(_cut(plain[start:], max(limit, 1)) or empty)


def _visible(sign: str) -> str:
    """Return a space for what breaks lines, turns text round or shows nothing."""
    return " " if sign in _BLANK or unicodedata.category(sign) in _HIDDEN else sign


def _thinned(signs: Iterable[str]) -> Iterator[str]:
    """Pass at most MARKS marks on after each letter."""
    marks = 0
    for sign in signs:
        marks = marks + 1 if unicodedata.category(sign) in {"Mn", "Me"} else 0
        if marks <= MARKS:
            yield sign


def _clings(sign: str) -> bool:
    """Whether the sign is shown as a part of the one before it."""
    return sign in _SKIN_TONES or unicodedata.category(sign).startswith("M")


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    end = limit - 1
    while end and _clings(text[end]):
        end -= 1
    return text[:end].rstrip(" .") + "\u2026"  # "www.\u2026" would be a link again


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A message of an .ftl file, ready to be filled in."""

    bundle: FluentBundle
    name: str
    variables: frozenset[str]

    def fill(self, values: Mapping[str, Value]) -> str:
        if missing := self.variables - values.keys():
            raise LookupError(f"{self.name}: no value for {', '.join(sorted(missing))}")
        pattern = self.bundle.get_message(self.name).value
        used = {name: _argument(values[name]) for name in self.variables}
        filled, errors = self.bundle.format_pattern(pattern, used) if pattern else ("", ["it has no text"])
        if errors:
            raise LookupError(f"{self.name}: {errors[0]}")
        return str(filled)


class Texts:
    """Every sentence in every language; a key is `folder.id`, such as `meeting.accepted`.

    A file is read when the first of its sentences is needed, so that a start need not wait for all of them; then `read` them.
    """

    def __init__(self, folder: Path, languages: Iterable[str], fallback: str = "en") -> None:
        """Find all files.

        Args:
            folder: manifest/.
            languages: Names of the .ftl files, which are also names of locales.
            fallback: Language of those who speak none of them.

        Raises:
            ManifestError: The fallback is none of the languages.
        """
        self._files = {
            language: {file.parent.name: file for file in folder.glob(f"*/{language}.ftl")} for language in languages
        }
        if fallback not in self._files:
            raise ManifestError(f"{folder}: there are no texts in the language {fallback}")
        self._fallback = fallback
        self._sentences: dict[Path, dict[str, _Sentence]] = {}

    def read(self) -> None:
        """Read every file; may be done in a thread.

        Raises:
            ManifestError: One cannot be understood.
        """
        for language in self._files:
            self.keys(language)

    def say(self, language: str | None, key: str, /, **values: Value) -> Safe:
        """Return a sentence with its variables filled in; values that it does not use are ignored.

        A `str` is somebody's text and made inert unless it is `Safe`; numbers are written without grouping, so that a
        meeting's number can be copied; times are wall clock as they are, convert them to the reader's zone before.

        Raises:
            LookupError: There is no such sentence, or a variable has no value.
            TypeError: A value is of a kind that cannot be shown.
            ManifestError: The file of the sentence cannot be understood.
        """
        return Safe(self._sentence(self.language(language), key).fill(values))

    def language(self, wanted: str | None) -> str:
        """Return the language that is spoken to somebody who wants this one."""
        return wanted if wanted is not None and wanted in self._files else self._fallback

    def keys(self, language: str) -> frozenset[str]:
        folders = self._files[language]
        return frozenset(f"{folder}.{name}" for folder in folders for name in self._of(language, folder))

    def variables(self, language: str, key: str) -> frozenset[str]:
        """Return the names that `say` needs for a sentence, those in other sentences that it quotes included."""
        return self._sentence(language, key).variables

    def _sentence(self, language: str, key: str) -> _Sentence:
        folder, _, name = key.partition(".")
        if folder not in self._files[language] or name not in self._of(language, folder):
            raise LookupError(f"no text {key} in the language {language}")
        return self._of(language, folder)[name]

    def _of(self, language: str, folder: str) -> Mapping[str, _Sentence]:
        """Return the sentences of one file."""
        file = self._files[language][folder]
        if file not in self._sentences:
            self._sentences[file] = _read(file, language)
        return self._sentences[file]


def _argument(value: Value) -> object:
    """Return a value as Fluent shows it."""
    if isinstance(value, Safe | date):
        return value
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{type(value).__name__} is no value for a text")
    return (FluentInt if isinstance(value, int) else FluentFloat)(value, useGrouping=False)


def _read(file: Path, language: str) -> dict[str, _Sentence]:
    """Read one .ftl file; what Fluent would skip silently is an error."""
    try:
        resource = FluentParser(with_spans=False).parse(file.read_text(encoding="utf-8"))
        locale = locale_of(language)
    except (OSError, UnknownLocaleError, ValueError) as error:
        raise ManifestError(f"{file}: {error}") from error
    entries: dict[str, ast.Message | ast.Term] = {}
    for entry in resource.body:
        if isinstance(entry, ast.Junk):
            raise ManifestError(f"{file}: not understood: {(entry.content or '').strip().partition(chr(10))[0]}")
        if isinstance(entry, ast.Message | ast.Term):
            if _name(entry) in entries or entry.value is None:
                raise ManifestError(f"{file}: {_name(entry)} stands there twice or has no text")
            entries[_name(entry)] = entry
    functions: dict[str, Callable[[Any], Any]] = {"DAY": partial(_day, locale), "CLOCK": partial(_clock, locale)}
    bundle = FluentBundle([language], functions, use_isolating=False)
    bundle.add_resource(resource)
    try:
        variables = {name: frozenset(_variables(entry, entries)) for name, entry in entries.items()}
    except LookupError as error:
        raise ManifestError(f"{file}: {error.args[0]} does not exist") from error
    except RecursionError as error:
        raise ManifestError(f"{file}: sentences quote each other in a circle") from error
    return {name: _Sentence(bundle, name, variables[name]) for name in entries if not name.startswith("-")}


def _name(entry: ast.Message | ast.Term | ast.MessageReference | ast.TermReference) -> str:
    return ("-" if isinstance(entry, ast.Term | ast.TermReference) else "") + entry.id.name


def _variables(node: object, entries: Mapping[str, ast.Message | ast.Term]) -> Iterator[str]:
    """Walk through a sentence and those that it quotes.

    Raises:
        LookupError: It uses an entry or a function that does not exist.
        RecursionError: It quotes itself.
    """
    if isinstance(node, list):
        for item in node:
            yield from _variables(item, entries)
    elif isinstance(node, ast.VariableReference):
        yield node.id.name
    elif isinstance(node, ast.MessageReference):
        yield from _variables(entries[_name(node)], entries)
    elif isinstance(node, ast.BaseNode):
        if isinstance(node, ast.TermReference):  # a term has variables of its own, filled in where it is quoted
            given = {argument.name.name for argument in node.arguments.named} if node.arguments else set()
            if missing := set(_variables(entries[_name(node)], entries)) - given:
                raise LookupError(f"{_name(node)}(${min(missing)})")
        elif isinstance(node, ast.FunctionReference) and node.id.name not in _FUNCTIONS:
            raise LookupError(node.id.name)
        for item in vars(node).values():
            yield from _variables(item, entries)


def _day(locale: Locale, day: date, now: date | None = None) -> str:
    """DAY($start) in an .ftl file: weekday, day and month; DAY($start, $now) leaves the year out while it is the same."""
    if isinstance(day, datetime) and isinstance(now, datetime):
        now = now.astimezone(day.tzinfo)
    skeleton = "MMMEd" if now is not None and now.year == day.year else "yMMMEd"
    return format_skeleton(skeleton, datetime(day.year, day.month, day.day), locale=locale)  # noqa: DTZ001


def _clock(locale: Locale, time: datetime) -> str:
    """CLOCK($start) in an .ftl file: hours and minutes, of 24 hours in every language."""
    return format_skeleton("Hm", time.replace(tzinfo=None), locale=locale)
