"""Suggestions: what was probably meant is asked about, and only when it would be certain without the slip."""

from pathlib import Path

import pytest

from bot.grammar import Call, Grammar, Unclear
from bot.manifest import load


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar(load(Path(__file__).parents[2] / "manifest"))


def test_a_suggestion_comes_with_the_reason_and_speaks_its_own_language(grammar: Grammar) -> None:
    accept = (Call("accept", ("651",)),)

    assert grammar.split("acept 651") == Unclear("unknown", "en", None, None, accept, "accept 651")
    assert grammar.split("фссузе 651") == Unclear("unknown", "en", None, None, accept, "accept 651")
    assert grammar.split("/acept 651") == Unclear("unknown-slash", None, None, None, accept, "/accept 651")
    assert grammar.slash("acept", "651") == grammar.split("/acept 651")


def test_politeness_around_a_slip_does_not_matter(grammar: Grammar) -> None:
    assert grammar.split("Hi bot, could you acept 651, please?").suggested == "accept 651"
    assert grammar.split("hi\nacept 651\nthanks").suggested == "accept 651"


@pytest.mark.parametrize(
    "text",
    [
        "unaccept 651",  # the opposite
        "непринять 651",
        "not accept 651",
        "dont acept 651",
        "не принимю 651",
        "непойду 651",
        "yess 651",  # words of small talk are not guessed
        "нуы 651",
        "goin 651",
        "acept standup",  # a title is never certain
        "acept it",
        "acept 651?",
        "acept 651 or 652",
        "acept 12 345",
        "awya for a while",
        "acept 651\ndeclin 652",
        "accept 651\nacept 652",
        "acc3pt 651",
        "acceptation 651",
        "ac 651",
        "dn",
        "/acpt standup",
        "/page k3f9 2",
        "/yess",
        "/maybe 651",
    ],
)
def test_nothing_is_suggested_when_in_doubt(grammar: Grammar, text: str) -> None:
    answer = grammar.split(text)

    assert isinstance(answer, Unclear)
    assert (answer.suggestion, answer.suggested) == ((), "")


def test_two_commands_equally_near_are_none(grammar: Grammar) -> None:
    assert grammar.split("конект").suggestion == ()
    assert grammar.split("диconnect").suggestion == ()


def test_a_known_word_is_never_taken_for_another(grammar: Grammar) -> None:
    assert grammar.split("decline foo?").suggestion == ()
    assert grammar.split("прими").calls == (Call("accept-which"),)
    assert grammar.split("приму 651").calls == (Call("accept", ("651",)),)
    assert grammar.split("отменить 651").suggestion == ()


def test_long_texts_get_no_suggestion(grammar: Grammar) -> None:
    assert grammar.split("acept " + ", ".join(["651"] * 30)).suggested
    assert grammar.split("acept " + ", ".join(["651"] * 60)).suggestion == ()
    assert grammar.slash("acept", "651, " * 60 + "651").suggestion == ()
