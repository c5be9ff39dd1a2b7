"""A message's text to the commands that it certainly means, or the reason why it means none.

Certain or not at all: a text is understood only when all of it is, since a guess would answer a colleague in the
sender's name. What changes nothing may vary: case, spaces, a final full stop, politeness, the nouns before a number.

Numbers need a comma, a semicolon or "and" between them, for "12 345" may be one number; likewise "12,345" without a
space, though not "651,652": meetings of one portal have numbers of about the same length.
"""

import inspect
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol, get_type_hints

from bot.errors import ManifestError

LONGEST = 2_000  # characters of a text that is looked at
MOST = 20  # calls of one message

Reason = Literal[
    "empty",
    "long",
    "unknown",
    "unknown-slash",
    "stale-button",
    "which",  # a command that needs a number, and nothing after it
    "number",  # something after it that is no number
    "row",  # "#1" to "#9": a row of the sender's last list
    "separate",  # numbers that may be parts of one number
    "too-many",
    "extra",  # a command that stands alone, and something after it
    "lines",  # one of several lines
]
Languages = frozenset[str]

_TOKEN = re.compile(r"[,;]|[^\s,;]+")
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufeff]")  # not what turns text round: \u202e ...
_ACCENTED = re.compile("[^\u0300-\u036f][\u0300-\u036f]+")
_GROUPED = re.compile(r"(?<![0-9])[0-9]{1,2},[0-9]{3}(?![0-9])")
_ROW = re.compile(r"# ?[1-9](?![0-9])")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NUMBER = r"[1-9][0-9]{0,17}"
_MEANING: Mapping[str, object] = {"meeting": int, "meeting?": int | None, "key": str}


class Fillers(Protocol):
    """Words that may accompany a command, by language."""

    @property
    def polite(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def nouns(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def joiners(self) -> Mapping[str, tuple[str, ...]]: ...


class Spoken(Protocol):
    """A command, as far as its words and arguments go."""

    @property
    def name(self) -> str: ...
    @property
    def words(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def args(self) -> tuple[str, ...]: ...
    @property
    def slash(self) -> bool: ...


class Vocabulary(Protocol):
    """What the grammar needs of a manifest."""

    @property
    def app(self) -> Fillers: ...
    @property
    def commands(self) -> Mapping[str, Spoken]: ...


@dataclass(frozen=True, slots=True)
class Call:
    """One command with its arguments as they were written; `bind` gives them types."""

    name: str
    words: tuple[str, ...] = ()


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
    """

    reason: Reason
    language: str | None = None
    command: str | None = None
    word: str | None = None


@dataclass(slots=True)
class _Phrase:
    """A word, or several in a row, and what it means alone (`bare`) and before something else (`taking`)."""

    spelling: str
    languages: Languages = frozenset()
    bare: str | None = None
    taking: str | None = None


class Grammar:
    """All words of a manifest, ready to be looked up."""

    def __init__(self, manifest: Vocabulary) -> None:
        self._commands = manifest.commands
        self._phrases = _phrases(manifest.commands.values())
        self._longest = max(map(len, self._phrases), default=0)
        self._polite, self._nouns, joiners = map(
            _owners, (manifest.app.polite, manifest.app.nouns, manifest.app.joiners)
        )
        self._fillers = {**self._polite, **self._nouns, **joiners}
        self._scripts = _scripts(manifest.commands.values())
        noun, joiner = ("|".join(map(re.escape, words)) for words in (self._nouns, joiners))
        item = f"(?:(?:{noun}) )?(?:[#№] ?)?{_NUMBER}"
        between = f"(?:[,;](?: (?:{joiner}))?|(?:{joiner})) "
        self._listed = re.compile(f"{item}(?: {between}{item})*")
        self._strung = re.compile(f"{item}(?: (?:{between})?{item})*")

    def split(self, text: str) -> Understood | Unclear:
        """Understand what somebody wrote; each line that is not empty is a command, and all are or none is."""
        if len(text) > LONGEST:
            return Unclear("long", self._by_script(text[:LONGEST]))
        text = _normal(text).strip()
        if text.startswith((",", ":")):  # left over from a mention of the bot
            text = text[1:]
        answers = [self._line(line) for line in text.splitlines() if line.strip()]
        if not answers:
            return Unclear("empty")
        unclear = [answer for answer in answers if isinstance(answer, Unclear)]
        if unclear:
            first = unclear[0]
            reason: Reason = first.reason if len(unclear) == len(answers) else "lines"
            return Unclear(reason, first.language, first.command, first.word)
        understood = [answer for answer in answers if isinstance(answer, Understood)]
        calls = tuple(call for answer in understood for call in answer.calls)
        language = _agreed(frozenset({answer.language}) for answer in understood if answer.language)
        return Understood(calls, language) if len(calls) <= MOST else Unclear("too-many", language)

    def slash(self, name: str, params: str) -> Understood | Unclear:
        """Understand a slash command; its name is the same in all languages, so it tells none.

        Args:
            name: As the portal reports it, with or without its slash.
            params: The rest of the line.
        """
        name = name.removeprefix("/")
        if len(params) > LONGEST:
            return Unclear("long", self._by_script(params[:LONGEST]))
        if name not in self._commands or not self._commands[name].slash:
            return Unclear("unknown-slash", self._by_script(params))
        return self._line(_normal(f"{name} {params}"), mute=1)

    def button(self, params: str) -> Understood | Unclear:
        """Understand what we put into a button, or what somebody typed in its place: a command's name, arguments."""
        name, *words = (params.split() if len(params) <= LONGEST else ()) or [""]
        if name in self._commands and _fits(words, self._commands[name].args):
            return Understood((Call(name, tuple(words)),))
        return Unclear("stale-button")

    def _line(self, line: str, *, mute: int = 0) -> Understood | Unclear:
        """Understand one normalised line, whose first `mute` words tell no language."""
        tokens = _TOKEN.findall(line)
        phrase, rest = self._phrase(self._trimmed(tokens))
        script = self._by_script(" ".join(tokens[mute:]))
        if phrase is None:
            return self._unknown(tokens, script)
        votes = [self._fillers[token] for token in tokens if token in self._fillers]
        language = _agreed(votes if mute else [phrase.languages, *votes])
        calls = self._calls(phrase, rest, grouped=_GROUPED.search(line) is not None)
        if isinstance(calls, tuple):
            return Understood(calls, language)
        return Unclear(calls, language or script, phrase.taking or phrase.bare, phrase.spelling)

    def _trimmed(self, tokens: Iterable[str]) -> list[str]:
        """Drop final stops and, at both ends, polite words with their commas."""
        left, size = self._after_politeness(list(tokens)), -1
        while left and len(left) != size:
            size = len(left)
            left[-1] = left[-1].rstrip(".!")
            if not left[-1]:
                left.pop()
            elif left[-1] in self._polite:
                left.pop()
                left = left[:-1] if left[-1:] == [","] else left
        return left

    def _after_politeness(self, tokens: list[str]) -> list[str]:
        """Drop polite words in front, with a comma behind them."""
        while tokens and tokens[0] in self._polite:
            tokens = tokens[2:] if tokens[1:2] == [","] else tokens[1:]
        return tokens

    def _phrase(self, tokens: list[str]) -> tuple[_Phrase | None, list[str]]:
        """Find the longest known phrase in front, and what follows it."""
        for length in range(min(self._longest, len(tokens)), 0, -1):
            phrase = self._phrases.get(tuple(tokens[:length]))
            if phrase is not None:
                rest = tokens[length:]
                if rest[:1] == [","] and rest[1:2] and rest[1] in self._polite:
                    rest = rest[1:]
                return phrase, self._after_politeness(rest)
        return None, tokens

    def _calls(self, phrase: _Phrase, rest: list[str], *, grouped: bool) -> tuple[Call, ...] | Reason:
        if not rest and phrase.bare is not None:
            return (Call(phrase.bare),)
        if phrase.taking is None:
            return "extra"
        if not rest or (len(rest) == 1 and rest[0] in self._nouns):
            return "which"
        numbers = self._numbers(" ".join(rest), grouped=grouped)
        return numbers if isinstance(numbers, str) else tuple(Call(phrase.taking, (number,)) for number in numbers)

    def _numbers(self, listed: str, *, grouped: bool) -> list[str] | Reason:
        if not self._strung.fullmatch(listed):
            return "number"
        if _ROW.search(listed):
            return "row"
        if grouped or not self._listed.fullmatch(listed):
            return "separate"
        numbers = list(dict.fromkeys(re.findall(_NUMBER, listed)))
        return numbers if len(numbers) <= MOST else "too-many"

    def _unknown(self, tokens: list[str], script: str | None) -> Unclear:
        """Say why a line begins with no known word."""
        first = tokens[0]
        if first.startswith("/"):
            return Unclear("unknown-slash", self._by_script(" ".join(tokens[1:])))
        phrase = self._phrases.get((first[:1],))
        if phrase is not None and phrase.taking is not None and re.fullmatch("[0-9]+", first[1:]):
            return Unclear("number", script, phrase.taking, phrase.spelling)  # "-651": a minus or a refusal?
        return Unclear("unknown", script)

    def _by_script(self, text: str) -> str | None:
        """Return the only language that is written in all scripts of the text's letters."""
        scripts = {_script(sign) for sign in text if sign.isalpha()}
        fitting = [language for language, own in self._scripts.items() if scripts and scripts <= own]
        return fitting[0] if len(fitting) == 1 else None


def check_signature(command: Spoken, function: Callable[..., object]) -> None:
    """Compare a handler with what the manifest says of its command.

    Raises:
        ManifestError: Their arguments differ in number or kind.
    """
    wanted = [_MEANING[arg] for arg in command.args]
    found = [kind for _, kind in _parameters(function)]
    if wanted != found:
        raise ManifestError(
            f"command {command.name}: the manifest says ({', '.join(command.args)}), "
            f"the handler takes ({', '.join(map(inspect.formatannotation, found))})"
        )


def bind(function: Callable[..., object], call: Call) -> dict[str, object]:
    """Give a call's words the names and types of a handler's parameters after `ctx`.

    Raises:
        ManifestError: The handler takes something else; `check_signature` finds that at the start.
    """
    bound: dict[str, object] = {}
    words = list(call.words)
    for name, kind in _parameters(function):
        if not words and kind != int | None:
            raise ManifestError(f"command {call.name}: nothing is left for {name}")
        word = words.pop(0) if words else None
        bound[name] = word if word is None or kind is str else int(word)
    if words:
        raise ManifestError(f"command {call.name}: the handler takes {len(bound)} arguments, not {len(call.words)}")
    return bound


@cache
def _parameters(function: Callable[..., object]) -> tuple[tuple[str, object], ...]:
    """Name and type of each parameter after the first."""
    try:
        hints = get_type_hints(function)
    except NameError as error:
        raise ManifestError(f"{function.__qualname__}: {error}") from error
    names = list(inspect.signature(function).parameters)[1:]
    return tuple((name, hints.get(name, object)) for name in names)


def _fits(words: list[str], args: tuple[str, ...]) -> bool:
    """Whether the words of a button are what its command takes."""
    least = sum(not arg.endswith("?") for arg in args)
    patterns = [_KEY if arg == "key" else _NUMBER for arg in args]
    return least <= len(words) <= len(args) and all(map(re.fullmatch, patterns, words))


def _phrases(commands: Iterable[Spoken]) -> dict[tuple[str, ...], _Phrase]:
    phrases: dict[tuple[str, ...], _Phrase] = {}
    for command in commands:
        for language, words in command.words.items():
            for word in words:
                phrase = phrases.setdefault(tuple(_normal(word).split()), _Phrase(word))
                phrase.languages |= {language}
                if command.args:
                    phrase.taking = command.name
                if all(arg.endswith("?") for arg in command.args):
                    phrase.bare = command.name
    return phrases


def _owners(words: Mapping[str, tuple[str, ...]]) -> dict[str, Languages]:
    """Return the languages of each word."""
    owners: dict[str, Languages] = {}
    for language, group in words.items():
        for word in map(_normal, group):
            owners[word] = owners.get(word, frozenset()) | {language}
    return owners


def _scripts(commands: Iterable[Spoken]) -> dict[str, set[str]]:
    """Return the scripts in which each language is written."""
    scripts: dict[str, set[str]] = {}
    for command in commands:
        for language, words in command.words.items():
            scripts.setdefault(language, set()).update(_script(sign) for sign in "".join(words) if sign.isalpha())
    return scripts


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _agreed(votes: Iterable[Languages]) -> str | None:
    """Return the language of all votes that are for one language, if it is the same one."""
    told = {language for vote in votes if len(vote) == 1 for language in vote}
    return told.pop() if len(told) == 1 else None


def _normal(text: str) -> str:
    """Make equal what looks equal, except that no foreign letter becomes a Latin one."""
    text = _ACCENTED.sub(lambda found: unicodedata.normalize("NFC", found[0]), _INVISIBLE.sub(" ", text))
    folded = ((sign, sign.casefold()) for sign in text)
    kept = (sign if low.isascii() and not sign.isascii() else low for sign, low in folded)
    return "".join(kept).replace("\u0451", "\u0435")  # Cyrillic io, usually written as ie
