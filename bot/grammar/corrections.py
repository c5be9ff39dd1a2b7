"""What a line that is not understood was probably meant to be: mistyped, or typed with the wrong keyboard layout.

Only whole words of commands are guessed, and only those that nobody says for anything else.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import permutations

from bot.grammar.lexicon import Phrase
from bot.grammar.words import Book, Line

LONGEST = 200  # characters of a text that is looked at
SHORTEST = 3  # letters of a word that may be mistyped
LONGEST_SHORT = 5  # letters of a word that may have one slip only
MOST_SLIPS = 2


class Corrections:
    """Proposes other texts for a line.

    Args:
        phrases: All commands.
        layouts: By language, the keys of its keyboard in the same order.
        negations: Counts the words that turn a meaning round.
    """

    def __init__(
        self, phrases: Book[Phrase], layouts: Mapping[str, str], negations: Callable[[Iterable[str]], int]
    ) -> None:
        self._phrases = phrases
        self._guessable = {words: phrase for words, phrase in phrases.entries.items() if not phrase.casual}
        self._layouts = [str.maketrans(typed, meant) for typed, meant in permutations(layouts.values(), 2)]
        self._negations = negations

    def of(self, line: Line, *, among: Collection[str] | None = None) -> Iterator[str]:
        """Return what may have been meant, the likeliest first.

        Args:
            line: What was written, without politeness.
            among: The only commands that come into question, by name.
        """
        if not line.tokens or len(line.text) > LONGEST:
            return
        for layout in self._layouts:
            retyped = Line.of(line.raw.translate(layout))
            found = self._phrases.find(retyped.words)
            if found and not found[0].casual and retyped.raw != line.raw:
                yield retyped.raw
        found = self._phrases.find(line.words) if among is None else None
        corrected = self._nearest(line, among, beyond=found[1] if found else 0)
        if corrected is not None:
            phrase, length = corrected
            yield f"{phrase.spelling} {line.cut(length).raw}".strip()

    def _nearest(self, line: Line, among: Collection[str] | None, *, beyond: int) -> tuple[Phrase, int] | None:
        """Return the phrase that the first words are closest to, and how many they are; None when in doubt.

        Args:
            line: What was written.
            among: As for `of`.
            beyond: How many of its words are a phrase already, so that a longer one only comes into question.
        """
        best: dict[tuple[str | None, str | None], tuple[Phrase, int]] = {}
        least = MOST_SLIPS + 1
        for known, phrase in self._guessable.items():
            typed = line.words[: len(known)]
            is_meant = (among is None or phrase.spelling in among) and min(len(typed), len(known)) > beyond
            slips = self._slips(typed, known) if is_meant else None
            if slips is not None and slips < least:
                best, least = {}, slips
            if slips == least:
                best.setdefault((phrase.bare, phrase.taking), (phrase, len(typed)))
        return next(iter(best.values())) if len(best) == 1 else None

    def _slips(self, typed: tuple[str, ...], known: tuple[str, ...]) -> int | None:
        """Return how many slips lie between two phrases, None when they are something else than slips."""
        one, other = " ".join(typed), " ".join(known)
        letters = min(len(one), len(other))
        if letters < SHORTEST or any(map(str.isdigit, one)):
            return None
        if self._negations(typed) != self._negations(known) or (one != other and one.endswith(other)):
            return None  # such as "unaccept"
        most = MOST_SLIPS if letters > LONGEST_SHORT else 1
        from rapidfuzz.distance import OSA  # noqa: PLC0415 - 3 MB, for who misspells

        slips = OSA.distance(one, other, score_cutoff=most)
        return slips if slips <= most else None
