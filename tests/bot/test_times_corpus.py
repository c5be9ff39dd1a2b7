"""Times as people write them: somebody else's list of lengths, and our own of everything, with traps."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.times import Meeting, Times, TimeUnclear

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples"
LANGUAGES = ("en", "ru")
DURATIONS = tomllib.loads((SAMPLES / "durations.toml").read_text(encoding="utf-8"))
EVERYDAY = tomllib.loads((SAMPLES / "everyday_times.toml").read_text(encoding="utf-8"))

DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}  # how we count, see bot/times
# Not taken for lengths on purpose: "less" than what, and quarters of a year or of an hour.
NOT_UNDERSTOOD = {"en": {"2 less minutes", "2 fewer minutes", "3 quarters"}, "ru": {"3 квартала"}}


@pytest.fixture(scope="module")
def times() -> Times:
    return Times.load(ROOT / "manifest", LANGUAGES)


def length(text: str) -> timedelta:
    """Turn "27 month" into a length; months that make a year count as one."""
    figure, unit = text.split()
    number = int(figure)
    if unit in ("second", "minute", "hour"):
        return timedelta(**{f"{unit}s": number})
    if unit == "quarter":
        number, unit = number * 3, "month"
    years, rest = divmod(number, 12) if unit == "month" else (0, number)
    return timedelta(days=years * DAYS["year"] + rest * DAYS[unit])


def spoken(language: str) -> list[tuple[str, timedelta]]:
    groups = DURATIONS[language].items()
    return [(phrase, length(said)) for said, phrases in groups if said != "none" for phrase in phrases]


def span(times: Times, phrase: str) -> timedelta | None:
    try:
        return times.read(phrase.replace("ё", "е")).span
    except TimeUnclear:
        return None


def outcome(times: Times, phrase: str) -> datetime | str:
    try:
        return times.read(phrase).ends(
            now=EVERYDAY["now"],
            zone=ZoneInfo(EVERYDAY["zone"]),
            day_end=EVERYDAY["day_end"],
            meetings=[Meeting(*edges) for edges in EVERYDAY["meetings"]],
        )
    except TimeUnclear as unclear:
        return unclear.reason


@pytest.mark.parametrize("language", LANGUAGES)
def test_duckling_lengths_are_understood_but_for_those_listed(times: Times, language: str):
    wrong = {phrase for phrase, expected in spoken(language) if span(times, phrase) != expected}

    assert wrong == NOT_UNDERSTOOD[language]


@pytest.mark.parametrize(("language", "size"), [("en", 78), ("ru", 68)])
def test_duckling_lengths_are_understood_to_95_percent(times: Times, language: str, size: int):
    phrases = spoken(language)
    right = [phrase for phrase, expected in phrases if span(times, phrase) == expected]

    assert len(phrases) == size
    assert len(right) >= 0.95 * size


@pytest.mark.parametrize("language", LANGUAGES)
def test_lengths_of_one_language_need_no_other(language: str):
    alone = Times.load(ROOT / "manifest", [language])

    assert {phrase for phrase, said in spoken(language) if span(alone, phrase) != said} == NOT_UNDERSTOOD[language]


@pytest.mark.parametrize("phrase", [phrase for language in LANGUAGES for phrase in DURATIONS[language]["none"]])
def test_what_is_no_length_is_not_understood(times: Times, phrase: str):
    with pytest.raises(TimeUnclear) as caught:
        times.read(phrase)

    assert caught.value.reason == "unknown"


@pytest.mark.parametrize("phrase", [*EVERYDAY["en"].items(), *EVERYDAY["ru"].items()], ids=lambda phrase: phrase[0])
def test_everyday_phrase_has_its_outcome(times: Times, phrase: tuple[str, datetime | str]):
    text, expected = phrase

    assert outcome(times, text) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_everyday_phrases_are_many_and_a_third_are_traps(language: str):
    traps = [text for text, expected in EVERYDAY[language].items() if isinstance(expected, str)]

    assert len(EVERYDAY[language]) >= 90
    assert len(traps) * 3 >= len(EVERYDAY[language])
