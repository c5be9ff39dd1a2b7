"""A message's text to the commands that it certainly means, or the reason why it means none.

Certain or not at all: a text is understood only when all of it is, since a guess would answer a colleague in the
sender's name. What changes nothing may vary: case, spaces, a final full stop, politeness, the words before a number.
"""

import re
from dataclasses import replace

from bot import references
from bot.grammar.corrections import Corrections
from bot.grammar.lexicon import Lexicon, Phrase, agreed
from bot.grammar.meetings import MOST, Meetings
from bot.grammar.model import Call, Reason, Unclear, Understood, Vocabulary, Wording
from bot.grammar.words import Line, owned
from bot.references import LAST_ROW, NUMBER, Titled, folded, normal, write

LONGEST = 2_000  # characters of a text that is looked at
LONGEST_TIME = 100  # characters of a time in words

_KEY = "[A-Za-z0-9_-]{1,64}"
_PATTERNS = {
    "meeting": f"{NUMBER}|#[1-{LAST_ROW}]@{_KEY}",
    "until?": "[a-z0-9:-]{1,16}",
    "key": _KEY,
    "number": "[1-9][0-9]?",
}


class Grammar:
    """All words of a manifest, ready to be looked up."""

    def __init__(self, manifest: Vocabulary) -> None:
        self._commands = manifest.commands
        self._lexicon = Lexicon(manifest)
        self._meetings = Meetings(manifest.app, self._lexicon.phrases)
        self._clauses = owned(manifest.app.clauses)
        self._languages = _named(manifest.app)
        self._corrections = Corrections(self._lexicon.phrases, manifest.app.layouts, self._meetings.negations)

    def split(self, text: str) -> Understood | Unclear:
        """Understand what somebody wrote; each line that is not empty is a command, and all are or none is."""
        if len(text) > LONGEST:
            return Unclear("long", self._lexicon.by_script(text[:LONGEST]))
        text = folded(text).strip()
        if text.startswith((",", ":")):  # left over from a mention of the bot
            text = text[1:]
        lines = [normal(line) for line in text.splitlines() if line.strip()]
        if not lines:
            return Unclear("empty")
        telling = [line for line in lines if not self._lexicon.is_polite(line)] or lines[:1]
        if len(telling) == 1:
            return self._corrected(telling[0], self._line(telling[0]))
        return _together([self._line(line) for line in telling])

    def slash(self, name: str, params: str) -> Understood | Unclear:
        """Understand a slash command; its name is the same in all languages, so it tells none.

        Args:
            name: As the portal reports it, with or without its slash.
            params: The rest of the line.
        """
        name = name.removeprefix("/")
        if len(params) > LONGEST:
            return Unclear("long", self._lexicon.by_script(params[:LONGEST]))
        if name in self._commands and self._commands[name].slash:
            return self._line(normal(f"{name} {params}"), mute=1)
        unknown = Unclear("unknown-slash", self._lexicon.by_script(params))
        return self._corrected(normal(f"/{name} {params}"), unknown)

    def button(self, params: str) -> Understood | Unclear:
        """Understand what we put into a button, or what somebody typed in its place.

        Args:
            params: A command's name and arguments, and perhaps the language of the message: `dnd 30m @ru`.
        """
        name, *words = (params.split() if len(params) <= LONGEST else ()) or [""]
        language = words.pop()[1:] if words and words[-1].startswith("@") else None
        command = self._commands.get(name)
        if command is not None and not command.inner and self._fits(words, command.args):
            return Understood((Call(name, tuple(words)),), language)
        return Unclear("stale-button")

    def _line(self, text: str, *, mute: int = 0) -> Understood | Unclear:
        """Understand one normalised line, whose first `mute` words tell no language."""
        text = self._lexicon.spaced(text)
        line = self._lexicon.trimmed(text)
        script = self._lexicon.by_script(" ".join(text.split()[mute:]))
        phrase, length = self._lexicon.phrases.find(line.words) or (None, 0)
        if phrase is None or line.begins_sentence(length):
            return self._unknown(text, script)
        calls = self._calls(phrase, self._lexicon.after(line, length))
        titled = isinstance(calls, tuple) and any(map(self._is_titled, calls))  # a title may be in any language
        language = self._lexicon.language(None if mute else phrase, () if titled else Line.of(text).words)
        if isinstance(calls, tuple):
            return Understood(tuple(replace(call, phrase=phrase.spelling) for call in calls), language)
        if calls == "unknown":
            return Unclear(calls, language or script)
        return Unclear(calls, language or script, phrase.taking or phrase.bare, phrase.spelling)

    def _unknown(self, text: str, script: str | None) -> Unclear:
        """Say why a line begins with no known word."""
        first, _, rest = text.partition(" ")
        if first.startswith("/"):
            return Unclear("unknown-slash", self._lexicon.by_script(rest))
        found = self._lexicon.phrases.find((first[:1],))
        if found and found[0].taking is not None and re.fullmatch("[0-9]+[.!]*", first[1:]):
            return Unclear("number", script, found[0].taking, found[0].spelling)  # "-651": a minus or a refusal?
        return Unclear("unknown", script)

    # --- what follows a command

    def _calls(self, phrase: Phrase, rest: Line) -> tuple[Call, ...] | Reason:
        if not rest.tokens and phrase.bare is not None:
            return (Call(phrase.bare),)
        if phrase.taking is None:
            return "extra-meeting" if self._meetings.tells(rest) else "extra"
        match self._commands[phrase.taking].args[0]:
            case "meeting":
                meant = self._meetings.read(rest, casual=phrase.casual) if rest.tokens else "which"
                return meant if isinstance(meant, str) else tuple(Call(phrase.taking, (write(one),)) for one in meant)
            case "language":
                word = self._languages.get(rest.raw)
            case "command?":
                word = self._command(rest)
            case _:
                word = self._until(rest)
        if word is None:
            return "language" if phrase.bare is None else "extra"
        return (Call(phrase.taking, (word,)),)

    def _command(self, rest: Line) -> str | None:
        """Return the command that a person asks about."""
        name = rest.raw.removeprefix("/")
        if name in self._commands and self._commands[name].words:
            return name
        phrase = self._lexicon.phrases.entries.get(rest.words)
        return None if phrase is None else phrase.taking or phrase.bare

    def _until(self, rest: Line) -> str | None:
        """Return what may be a time; whether it is one, others decide."""
        comma = int(rest.words[:1] == (",",))
        is_clause = self._clauses.length(rest.words, comma) > 0
        text = rest.cut(comma).raw if is_clause else rest.raw
        is_turned = not is_clause and self._meetings.negations(rest.words) > 0
        if len(text) > LONGEST_TIME or text.endswith("?") or is_turned:
            return None
        return text if text.removeprefix("'")[:1].isalnum() else None  # 'til

    def _is_titled(self, call: Call) -> bool:
        return self._commands[call.name].args == ("meeting",) and isinstance(references.read(call.words[0]), Titled)

    def _fits(self, words: list[str], args: tuple[str, ...]) -> bool:
        """Whether the words of a button are what its command takes."""
        least = sum(not arg.endswith("?") for arg in args)
        return least <= len(words) <= len(args) and all(map(self._is, args, words))

    def _is(self, arg: str, word: str) -> bool:
        if arg in _PATTERNS:
            return re.fullmatch(_PATTERNS[arg], word) is not None
        return word in (self._languages.values() if arg == "language" else self._commands)

    # --- what was probably meant

    def _corrected(self, text: str, answer: Understood | Unclear) -> Understood | Unclear:
        """Add a suggestion to the answer to a text that begins with no known word, or goes on with one."""
        if isinstance(answer, Understood) or answer.reason not in {"unknown", "unknown-slash", "extra"}:
            return answer
        slash = "/" if text.startswith("/") else ""
        names = [name for name, command in self._commands.items() if command.slash] if slash else None
        for correction in self._corrections.of(self._lexicon.trimmed(text.removeprefix("/")), among=names):
            meant = self._line(normal(correction))
            if isinstance(meant, Understood) and all(map(self._is_certain, meant.calls)):
                language = answer.language if slash else meant.language
                return replace(answer, language=language, suggestion=meant.calls, suggested=slash + correction)
        return answer

    def _is_certain(self, call: Call) -> bool:
        """Whether a call holds nothing that only others can judge; a time must have a figure at least."""
        if self._commands[call.name].args == ("until?",):
            return not call.words or any(map(str.isdigit, call.words[0]))
        return not self._is_titled(call)


def _together(answers: list[Understood | Unclear]) -> Understood | Unclear:
    """Join the answers to several lines."""
    unclear = [answer for answer in answers if isinstance(answer, Unclear)]
    if unclear:
        first = unclear[0]
        reason: Reason = first.reason if len(unclear) == len(answers) else "lines"
        return replace(first, reason=reason)
    understood = [answer for answer in answers if isinstance(answer, Understood)]
    calls = tuple(replace(call, line=line) for line, answer in enumerate(understood) for call in answer.calls)
    language = agreed(frozenset({answer.language}) for answer in understood if answer.language)
    return Understood(calls, language) if len(calls) <= MOST else Unclear("too-many", language)


def _named(wording: Wording) -> dict[str, str]:
    """Return the languages by all their names."""
    named = {normal(name): language for language, names in wording.language_names.items() for name in names}
    return {**named, **{language: language for language in wording.languages}}
