"""The words of all commands, and the politeness around them."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from bot.grammar.model import ByLanguage, Languages, Spoken, Vocabulary
from bot.grammar.words import STOPS, Book, Line, owned
from bot.references import normal


@dataclass(slots=True)
class Phrase:
    """A word, or several in a row, and what it means alone (`bare`) and before something else (`taking`).

    Attributes:
        casual: It serves in small talk as well.
    """

    spelling: str
    languages: Languages = frozenset()
    bare: str | None = None
    taking: str | None = None
    casual: bool = False


class Lexicon:
    """Finds commands in a line, and what may surround them."""

    def __init__(self, manifest: Vocabulary) -> None:
        app = manifest.app
        self.phrases = Book(_phrases(manifest.commands.values()))
        self._polite, self._requests = owned(app.polite), owned(app.requests)
        self._openings = owned(app.polite, app.openings, app.requests)
        self._picture = re.compile(f"({_pictures(manifest.commands.values())})(?=[#№0-9])")
        fillers = owned(app.polite, app.openings, app.requests, app.nouns, app.articles, app.joiners)
        self._fillers = _by_word(fillers)
        self._scripts = _scripts((app.polite, app.negations, app.vague))

    def spaced(self, text: str) -> str:
        """Return a line with a space between a picture that is a command and the number behind it."""
        return self._picture.sub(r"\1 ", text)

    def trimmed(self, text: str) -> Line:
        """Return a line without final stops and, at both ends, politeness with its commas.

        A final question mark goes too if the line opens with a request: "could you" asks for what follows.
        """
        stops = STOPS
        line = Line.of(text)
        start, asks = self._opening(line.words)
        if asks:
            stops += "?"
            line = Line.of(text, stops=stops)
            start, _ = self._opening(line.words)
        return line.cut(start, self._ending(line.words, start, stops))

    def is_polite(self, text: str) -> bool:
        """Whether a line is politeness and nothing else."""
        return self._opening(Line.of(text).words)[0] > 0 and not self.trimmed(text).tokens

    def after(self, line: Line, length: int) -> Line:
        """Return what follows the first words, without politeness between."""
        words = line.words
        comma = words[length : length + 1] == (",",) and self._polite.length(words, length + 1) > 0
        return line.cut(_skip(self._polite, words, length + comma))

    def language(self, phrase: Phrase | None, words: Iterable[str]) -> str | None:
        """Return the language that a command and words around it agree on; words of several languages have no say."""
        votes = [*(self._fillers.get(word, frozenset()) for word in words), *([phrase.languages] if phrase else ())]
        return agreed(votes)

    def by_script(self, text: str) -> str | None:
        """Return the only language that is written in all scripts of the text's letters."""
        scripts = {_script(sign) for sign in text if sign.isalpha()}
        fitting = [language for language, own in self._scripts.items() if scripts and scripts <= own]
        return fitting[0] if len(fitting) == 1 else None

    def _opening(self, words: tuple[str, ...]) -> tuple[int, bool]:
        """Return how many words of politeness stand in front, and whether a request is among them."""
        length = _skip(self._openings, words, 0)
        return length, any(self._requests.length(words, at) for at in range(length))

    def _ending(self, words: tuple[str, ...], start: int, stops: str) -> int:
        """Return where the words end that are neither politeness nor stops."""
        end = len(words)
        while end > start:
            if not words[end - 1].strip(stops):
                end -= 1
            elif length := self._polite.length_before(words[start:end], end - start):
                end -= length
                end -= end > start and words[end - 1] == ","
            else:
                break
        return end


def agreed(votes: Iterable[Languages]) -> str | None:
    """Return the language of all votes that are for one language, if it is the same one."""
    told = {language for vote in votes if len(vote) == 1 for language in vote}
    return told.pop() if len(told) == 1 else None


def _skip(book: Book[Languages], words: tuple[str, ...], at: int) -> int:
    """Return where the phrases of a book end that begin `at` a word, each with a comma or stops behind it."""
    while length := book.length(words, at):
        at += length
        at += at < len(words) and not words[at].strip(STOPS + ",")
    return at


def _phrases(commands: Iterable[Spoken]) -> dict[str, Phrase]:
    phrases: dict[str, Phrase] = {}
    for command in commands:
        for language, words in command.words.items():
            for word in words:
                phrase = phrases.setdefault(normal(word), Phrase(word))
                phrase.languages |= {language}
                phrase.casual |= word in command.casual.get(language, ())
                if command.args:
                    phrase.taking = command.name
                if all(arg.endswith("?") for arg in command.args):
                    phrase.bare = command.name
    return phrases


def _pictures(commands: Iterable[Spoken]) -> str:
    """Return those command words that are pictures, as alternatives of a pattern."""
    words = {normal(word) for command in commands for group in command.words.values() for word in group}
    return (
        "|".join(sorted(re.escape(word) for word in words if all(unicodedata.category(sign) == "So" for sign in word)))
        or "(?!)"
    )


def _by_word(book: Book[Languages]) -> dict[str, Languages]:
    """Return the languages of each single word."""
    owners: dict[str, Languages] = {}
    for phrase, languages in book.entries.items():
        for word in phrase:
            owners[word] = owners.get(word, frozenset()) | languages
    return owners


def _scripts(tables: Iterable[ByLanguage]) -> dict[str, set[str]]:
    """Return the scripts in which each language is written; commands may hold names in foreign ones."""
    scripts: dict[str, set[str]] = {}
    for table in tables:
        for language, words in table.items():
            scripts.setdefault(language, set()).update(_script(sign) for sign in "".join(words) if sign.isalpha())
    return scripts


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
