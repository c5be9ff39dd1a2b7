"""What people write, in both languages: everything certain is understood, and nothing else is."""

import tomllib
from pathlib import Path
from typing import Literal

import pytest

from bot.grammar import Grammar, Understood
from bot.manifest import load

ROOT = Path(__file__).parents[2]
SAMPLES = tomllib.loads((ROOT / "tests" / "samples" / "messages.toml").read_text(encoding="utf-8"))

Kind = Literal["clear", "slips", "traps"]


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar(load(ROOT / "manifest"))


def messages(*kinds: Kind) -> list[tuple[str, str]]:
    return [(text, meaning) for tables in SAMPLES.values() for kind in kinds for text, meaning in tables[kind].items()]


def meaning_of(grammar: Grammar, text: str) -> str:
    """Write calls as `accept 651, status`, and anything unclear as its reason in brackets, with the suggestion."""
    answer = grammar.split(text)
    if isinstance(answer, Understood):
        return ", ".join(" ".join((call.name, *call.words)) for call in answer.calls)
    return f"({answer.reason})" + (f" {answer.suggested}?" if answer.suggestion else "")


@pytest.mark.parametrize(("text", "meaning"), messages("clear", "slips", "traps"))
def test_a_message_means_what_it_says(grammar: Grammar, text: str, meaning: str) -> None:
    assert meaning_of(grammar, text) == meaning


@pytest.mark.parametrize(("text", "meaning"), messages("slips"))
def test_a_suggestion_is_what_its_own_words_mean(grammar: Grammar, text: str, meaning: str) -> None:
    answer = grammar.split(text)
    name, _, params = answer.suggested.partition(" ")
    retyped = grammar.slash(name, params) if name.startswith("/") else grammar.split(answer.suggested)

    assert retyped == Understood(answer.suggestion, retyped.language)


def test_no_trap_is_acted_on() -> None:
    acting = [text for text, meaning in messages("traps") if not meaning.startswith("(") and " title?:" not in meaning]

    assert acting == []


def test_clear_messages_are_acted_on_and_slips_suggested() -> None:
    assert [text for text, meaning in messages("clear") if meaning.startswith("(")] == []
    assert [text for text, meaning in messages("slips") if not meaning.endswith("?")] == []


def test_the_corpus_is_large_bilingual_and_cunning() -> None:
    sizes = {language: sum(map(len, tables.values())) for language, tables in SAMPLES.items()}
    traps = len(messages("traps"))

    assert sum(sizes.values()) >= 320
    assert sizes.keys() == {"en", "ru"}
    assert min(sizes.values()) * 100 >= 45 * sum(sizes.values())
    assert traps * 3 >= sum(sizes.values())
