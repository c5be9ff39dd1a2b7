"""Which meetings the words after a command mean: numbers, rows of a list, the next one, all of them, or a title.

Numbers need a comma, a semicolon or "and" between them, for "12 345" may be one number; likewise "12,345" and "19,99"
without a space, though not "651,652": meetings of one portal have numbers of about the same length.

A title is whatever else could be a part of one. It harms little to take too much for a title, since no meeting will have
it; so only what may stand in a title and mean something else is left out: other commands, negations, words such as "it".
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Literal

from bot.grammar.lexicon import Phrase
from bot.grammar.model import ByLanguage, Wording
from bot.grammar.words import Book, Line, owned, phrases, single
from bot.references import LAST_ROW, NUMBER, All, Next, Number, Reference, Row, Titled

MOST = 20  # calls of one message
LONGEST_TITLE = 80  # characters
FEWEST_LETTERS = 2  # of a title
MOST_CASUAL = 4  # words of a title after small talk

_GROUPED = re.compile(r"(?<![0-9])[0-9]{1,2},[0-9]{3}(?![0-9])|[0-9],[0-9]{1,2}(?![0-9])")
_ITEM = re.compile(f"(# ?)?({NUMBER})")
_QUOTED = re.compile("«([^«»]+)»|[“„]([^“”„]+)[”“]|\"([^\"]+)\"|'([^']+)'")
_TITLE = re.compile(r"[^\W\d_](?:[^\W_]|[ _'.:/&+()%#№|*\u0300-\u036f\u2013\u2014-])*")
_FOREIGN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))  # categories of signs that no title holds

Unmeant = Literal["which", "number", "row", "separate", "too-many", "unknown"]


class Meetings:
    """Reads what follows a command.

    Args:
        wording: Of the manifest.
        commands: All of them.
    """

    def __init__(self, wording: Wording, commands: Book[Phrase]) -> None:
        self._commands = commands
        self._named = Book(_named(wording))
        self._leading = owned(wording.articles, wording.nouns)
        self._prepositions = owned(wording.prepositions)
        self._turning = single(wording.negations)
        vague = (wording.vague, wording.next, wording.all, *wording.periods.values())
        fillers = (wording.articles, wording.nouns, wording.prepositions, wording.joiners)
        self._joiners = single(wording.joiners, wording.vague)
        self._vague = single(*vague, *fillers)
        article, noun, joiner = map(_either, (wording.articles, wording.nouns, wording.joiners))
        item = f"(?:(?:{article}) )?(?:(?:{noun}) )?(?:[#№] ?)?{NUMBER}"
        between = f"(?:[,;](?: (?:{joiner}))?|(?:{joiner})) "
        self._listed = re.compile(f"{item}(?: {between}{item})*")
        self._strung = re.compile(f"{item}(?: (?:{between})?{item})*")

    def read(self, rest: Line, *, casual: bool) -> tuple[Reference, ...] | Unmeant:
        """Return all meetings that are meant, or why that is not certain.

        Args:
            rest: What follows the command.
            casual: The command's word serves in small talk as well.
        """
        if self._strung.fullmatch(rest.spaced):
            return self._numbers(rest, casual=casual)
        reference = self._named_or_titled(rest, casual=casual)
        if reference is None:
            told = not casual or any(sign.isdigit() for sign in rest.raw)
            return "number" if told else "unknown"
        return reference if reference == "which" else (reference,)

    def tells(self, rest: Line) -> bool:
        """Whether words certainly mean a meeting, or several, whichever."""
        if self._strung.fullmatch(rest.spaced):
            return True
        return self._named_or_titled(rest, casual=False) in {"which", Next()}

    def negations(self, words: Iterable[str]) -> int:
        """Return how many of the words turn a meaning round."""
        return sum(word in self._turning for word in words)

    def _numbers(self, rest: Line, *, casual: bool) -> tuple[Reference, ...] | Unmeant:
        if _GROUPED.search(rest.raw) or not self._listed.fullmatch(rest.spaced):
            return "separate"
        items = _ITEM.findall(rest.spaced)
        if casual and any(len(number) == 1 and not mark for mark, number in items):
            return "row"
        meant = dict.fromkeys(_numbered(int(number), row=bool(mark)) for mark, number in items)
        return tuple(meant) if len(meant) <= MOST else "too-many"

    def _named_or_titled(self, rest: Line, *, casual: bool) -> Reference | Literal["which"] | None:
        words, at = rest.words, 0
        while at < len(words):
            named = self._named.find(words, at)
            if named and at + named[1] == len(words):
                return named[0]
            skipped = self._leading.length(words, at) or self._prepositions.length(words, at)
            if not skipped:
                return self._title(rest.cut(at), casual=casual)
            at += skipped
        return "which" if all(self._leading.length((word,)) for word in words) else None

    def _title(self, words: Line, *, casual: bool) -> Titled | None:
        text = words.raw
        quoted = _QUOTED.fullmatch(text)
        title = next(filter(None, quoted.groups())).strip() if quoted else text
        if len(title) > LONGEST_TITLE or _letters(title) < FEWEST_LETTERS or not _is_clean(title):
            return None
        if not quoted and not (_TITLE.fullmatch(text) and self._is_telling(words)):
            return None
        if casual and (len(title.split()) > MOST_CASUAL or any(map(str.isdigit, title))):
            return None
        return Titled(title, casual=casual)

    def _is_telling(self, line: Line) -> bool:
        """Whether words may be a title and are nothing else."""
        words = line.words
        if "//" in line.raw or self.negations(words) or self._commands_among(words):
            return False
        if any(map(line.begins_sentence, range(len(words)))):
            return False
        return any(_letters(word) >= FEWEST_LETTERS and word not in self._vague for word in words)

    def _commands_among(self, words: Sequence[str]) -> bool:
        """Whether another command stands here: alone, after "and", or with numbers."""
        for at in range(len(words)):
            found = self._commands.find(words, at)
            if found is None:
                continue
            after = " ".join(words[at + found[1] :])
            joined = at > 0 and words[at - 1] in self._joiners
            if joined or self._strung.fullmatch(after) or (at == 0 and not after):
                return True
        return False


def _named(wording: Wording) -> dict[str, Reference]:
    """Return the phrases that name meetings without number or title."""
    named: dict[str, Reference] = dict.fromkeys(phrases(wording.next), Next())
    for every in phrases(wording.all):
        named[every] = All()
        for period, table in wording.periods.items():
            named.update({f"{every} {when}": All(period) for when in phrases(table)})
    return named


def _numbered(number: int, *, row: bool) -> Number | Row:
    return Row(number) if row and number <= LAST_ROW else Number(number)


def _either(table: ByLanguage) -> str:
    return "|".join(map(re.escape, phrases(table)))


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _is_clean(title: str) -> bool:
    return all(unicodedata.category(sign) not in _FOREIGN for sign in title)
