"""A line in words, and tables to look words up in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from bot.grammar.model import ByLanguage, Languages
from bot.references import normal

T = TypeVar("T")

_TOKEN = re.compile(r"[,;]|[^\s,;]+")
STOPS = ".!"


class _Token(NamedTuple):
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Line:
    """Words of a normalised line, with commas and stops apart from them."""

    text: str
    tokens: tuple[_Token, ...]

    @classmethod
    def of(cls, text: str, *, stops: str = STOPS) -> "Line":
        tokens: list[_Token] = []
        for found in _TOKEN.finditer(text):
            word, start, end = found[0].rstrip(stops), found.start(), found.end()
            if word:
                tokens.append(_Token(word, start, start + len(word)))
            if len(word) < len(found[0]):
                tokens.append(_Token(found[0][len(word) :], start + len(word), end))
        return cls(text, tuple(tokens))

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(token.text for token in self.tokens)

    @property
    def spaced(self) -> str:
        """All words and signs with a space between them."""
        return " ".join(self.words)

    @property
    def raw(self) -> str:
        """The part of the line in which the words stand."""
        return self.text[self.tokens[0].start : self.tokens[-1].end] if self.tokens else ""

    def begins_sentence(self, at: int) -> bool:
        """Whether a stop stands here, so that what follows is another sentence."""
        return at < len(self.tokens) and not self.tokens[at].text.strip(STOPS)

    def cut(self, start: int, end: int | None = None) -> "Line":
        return Line(self.text, self.tokens[start:end])


class Book(Generic[T]):
    """Phrases of one or more words, and what each means."""

    def __init__(self, entries: Mapping[str, T]) -> None:
        self.entries: Mapping[tuple[str, ...], T] = {tuple(text.split()): meaning for text, meaning in entries.items()}
        self._longest = max(map(len, self.entries), default=0)

    def find(self, words: Sequence[str], at: int = 0) -> tuple[T, int] | None:
        """Return the meaning of the longest phrase that begins `at` a word, and how many words it has."""
        for length in range(min(self._longest, len(words) - at), 0, -1):
            phrase = tuple(words[at : at + length])
            if phrase in self.entries:
                return self.entries[phrase], length
        return None

    def length(self, words: Sequence[str], at: int = 0) -> int:
        """Return how many words the longest phrase has that begins `at` a word; 0 when none does."""
        found = self.find(words, at)
        return found[1] if found else 0

    def length_before(self, words: Sequence[str], end: int) -> int:
        """Return how many words the longest phrase has that ends right before `end`; 0 when none does."""
        lengths = range(min(self._longest, end), 0, -1)
        return next((length for length in lengths if tuple(words[end - length : end]) in self.entries), 0)


def phrases(table: ByLanguage) -> list[str]:
    return [normal(phrase) for group in table.values() for phrase in group]


def owned(*tables: ByLanguage) -> Book[Languages]:
    """Return the phrases of all tables, each with its languages."""
    owners: dict[str, Languages] = {}
    for table in tables:
        for language, group in table.items():
            for phrase in map(normal, group):
                owners[phrase] = owners.get(phrase, frozenset()) | {language}
    return Book(owners)


def single(*tables: ByLanguage) -> frozenset[str]:
    """Return every single word of the phrases of all tables."""
    return frozenset(word for table in tables for phrase in phrases(table) for word in phrase.split())
