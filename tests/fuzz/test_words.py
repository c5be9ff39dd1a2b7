"""What anybody may write to the bot: messages, slash commands, buttons, ends in words, references."""

import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot import references
from bot.grammar import LONGEST, Understood
from bot.references import All, External, Next, Number, Row, Titled, normal
from tests.fuzz import checks, drawn
from tests.fuzz.bounds import bounded

REPEATED = "accept 651\n|accept 651, |no |a |'|accept |ok great |e\u0301|+ |# |651 |please, |!.|\n.|acept |«a» |one |\u200b|, |1,|not yes "
ZONES = ("Europe/Riga", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Casablanca")
INSTANTS = st.integers(0, 15 * 365 * 86_400).map(lambda s: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=s))


@bounded(400)
@given(drawn.messages)
def test_any_message_means_what_it_says_or_nothing(text):
    checks.sentence(text)


@bounded(200)
@given(drawn.rewritten())
def test_what_reads_the_same_means_the_same(texts):
    text, other = texts
    assume(normal(normal(text)) == normal(normal(other)))

    assert checks.GRAMMAR.split(text) == checks.GRAMMAR.split(other)


@bounded(300)
@given(
    st.sampled_from(sorted(drawn.COMMANDS)),
    st.sampled_from(sorted(checks.NEGATIONS)),
    st.sampled_from((*drawn.REFERENCES, *drawn.TIMES)),
    st.sampled_from(("{0} {1} {2}", "{0}, {1} {2}", "{1} {0} {2}", "{1}, {0} {2}", "{1} {2} {0}", "{1} {2}, {0}")),
)
def test_negation_calls_nothing_that_it_negates(phrase, negation, rest, order):
    answer = checks.GRAMMAR.split(order.format(negation, phrase, rest))

    calls = answer.calls if isinstance(answer, Understood) else ()
    asked = [call for call in calls if call.words and call.words[0].startswith("title?:")]  # and acted on by nobody
    assert {call.name for call in calls if call not in asked} <= {"decline", "help"} - {drawn.COMMANDS[phrase]} | {
        "help"
    }


@bounded(100)
@given(st.sampled_from(sorted(checks.MANIFEST.commands)) | st.text(max_size=10), drawn.messages)
def test_any_slash_command_is_answered(name, params):
    answer = checks.GRAMMAR.slash(name, params)

    assert answer == checks.GRAMMAR.slash(f"/{name}", params)
    assert not isinstance(answer, Understood) or name.removeprefix("/") in checks.MANIFEST.commands


@bounded(200)
@given(
    st.sampled_from(sorted(checks.MANIFEST.commands)),
    st.lists(
        st.sampled_from(("651", "#2", "#2@k3f9", "3", "k3f9", "@ru", "30m", "ext:0123456789ab", "title:x"))
        | st.text(max_size=5)
    ),
)
def test_any_button_is_one_of_ours_or_stale(name, words):
    checks.button(" ".join((name, *words)))


@pytest.mark.parametrize("piece", REPEATED.split("|"))
def test_work_grows_with_the_length_and_ends_at_the_bound(piece):
    """Counted in calls of functions, so that a busy machine changes nothing."""
    text = piece * (LONGEST + 1)
    half, whole, beyond = (calls_of(text[:length]) for length in (LONGEST // 2, LONGEST, len(text)))

    assert whole < 2.5 * half
    assert beyond < whole


def calls_of(text):
    """Return how many functions are called to understand a text."""
    count = 0

    def call(*_):
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(call)
    try:
        checks.GRAMMAR.split(text)
    finally:
        sys.setprofile(before)
    return count


# --- ends

NUMBERS = "0 1 2 5 12 15 24 30 45 99 999999 1.5 1,25 ½ 1/2 007".split()
UNITS = "s m h d minutes hours days weeks months years decades centuries часа минут лет".split()
FRAMES = "for|until|till|by|на|до|tomorrow|завтра|monday|в пятницу|9:00|24:00|25:61|5pm|25.11|2026-11-25|29 feb|nov|and|и|-|,".split(
    "|"
)
ENDS = st.lists(st.sampled_from((*NUMBERS, *UNITS, *FRAMES)) | st.text(max_size=4), max_size=7)


@bounded(400)
@given(ENDS.map(" ".join) | ENDS.map("".join), INSTANTS, st.sampled_from(ZONES).map(ZoneInfo))
def test_any_end_is_within_a_week_or_unclear(text, now, zone):
    checks.moment(text, now=now, zone=zone)


@bounded(100)
@given(st.integers(0, 167), st.integers(0, 59), INSTANTS)
def test_length_is_as_long_as_it_says(hours, minutes, now):
    assume(hours or minutes)

    for text in (f"for {hours}h{minutes:02}m", f"{hours} hours {minutes} minutes", f"на {hours} ч {minutes} мин"):
        said = text if hours and minutes else f"for {hours}h" if hours else f"на {minutes} минут"
        end = checks.TIMES.read(said).ends(now=now, zone=checks.RIGA, day_end=None)

        assert end - now == timedelta(hours=hours, minutes=minutes)


# --- references

KEYS = st.text(alphabet="ABCxyz019_-", min_size=1, max_size=64)
REFERENCES = st.one_of(
    st.integers(1, 10**18 - 1).map(Number),
    st.builds(Row, st.integers(1, 9), st.just("") | KEYS),
    st.text(alphabet="0123456789abcdef", min_size=12, max_size=12).map(External),
    st.just(Next()),
    st.builds(Titled, st.text(min_size=1, max_size=40), st.booleans()),
    st.sampled_from(("", "today", "tomorrow", "week")).map(All),
)


@bounded(200)
@given(REFERENCES)
def test_any_reference_is_read_as_it_was_written(reference):
    assert references.read(references.write(reference)) == reference


@bounded(200)
@given(st.text(alphabet="0129#@:?-extnlaodygrwk abc\n\u0661", max_size=16))
def test_any_word_is_one_reference_or_none(word):
    try:
        reference = references.read(word)
    except ValueError:
        return

    assert references.write(reference) == word
