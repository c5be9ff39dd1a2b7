"""Sentences come whole or not at all, and other people's text in them can start nothing."""

import re
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import ManifestError
from bot.texts import Safe, Texts, inert

EN = """
### About one meeting
# A comment.

accepted = Meeting { $meeting } accepted: { $title }.
starts = { DAY($start, $now) }, { CLOCK($start) } ({ $zone })
day = { DAY($start) }
count =
    { $count ->
        [one] { $count } meeting
       *[other] { $count } meetings
    }
kind =
    { $kind ->
        [series] the whole series
       *[other] one meeting
    }
product = { -name(case: "from") } says { $count }
both = { accepted } { count }
-name =
    { $case ->
        [from] Statusbot
       *[other] The bot
    }
"""
RU = """
accepted = Встреча { $meeting } принята: { $title }.
starts = { DAY($start, $now) }, { CLOCK($start) } ({ $zone })
day = { DAY($start) }
count =
    { $count ->
        [one] { $count } встреча
        [few] { $count } встречи
       *[other] { $count } встреч
    }
kind = { $kind }
product = { $count }
both = { accepted } { count }
only = Только здесь
"""
ZONE = ZoneInfo("Europe/Moscow")
START = datetime(2026, 11, 25, 9, 5, tzinfo=ZONE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "meeting").mkdir()
    (tmp_path / "app.toml").touch()
    (tmp_path / "meeting" / "en.ftl").write_text(EN, encoding="utf-8")
    (tmp_path / "meeting" / "ru.ftl").write_text(RU, encoding="utf-8")
    return tmp_path


@pytest.fixture
def texts(folder: Path) -> Texts:
    return Texts(folder, ["en", "ru"])


def test_say_fills_a_sentence_in(texts: Texts) -> None:
    assert texts.say("en", "meeting.accepted", meeting=651, title="Sync") == "Meeting 651 accepted: Sync."
    assert texts.say("ru", "meeting.accepted", meeting=651, title="Сверка") == "Встреча 651 принята: Сверка."


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("number", [1651, 123456789012345678, 1234567])
def test_numbers_can_be_copied(texts: Texts, language: str, number: int) -> None:
    assert f" {number} " in texts.say(language, "meeting.accepted", meeting=number, title="x")


@pytest.mark.parametrize(
    ("language", "count", "text"),
    [
        ("en", 1, "1 meeting"),
        ("en", 2, "2 meetings"),
        ("en", 1.5, "1.5 meetings"),
        ("ru", 1, "1 встреча"),
        ("ru", 3, "3 встречи"),
        ("ru", 11, "11 встреч"),
        ("ru", 1021, "1021 встреча"),
        ("ru", 1.5, "1,5 встреч"),
    ],
)
def test_plurals(texts: Texts, language: str, count: float, text: str) -> None:
    assert texts.say(language, "meeting.count", count=count) == text


def test_a_word_may_choose_a_variant(texts: Texts) -> None:
    assert texts.say("en", "meeting.kind", kind="series") == "the whole series"
    assert texts.say("en", "meeting.kind", kind=Safe("other")) == "one meeting"


@pytest.mark.parametrize(
    ("language", "now", "text"),
    [
        ("en", datetime(2026, 11, 20, tzinfo=UTC), "Wed, Nov 25, 09:05 (Moscow)"),
        ("en", datetime(2027, 11, 20, tzinfo=UTC), "Wed, Nov 25, 2026, 09:05 (Moscow)"),
        ("en", datetime(2025, 12, 31, 21, tzinfo=UTC), "Wed, Nov 25, 09:05 (Moscow)"),  # 2026 in Moscow
        ("ru", datetime(2026, 11, 20, tzinfo=UTC), "ср, 25 нояб., 09:05 (Moscow)"),
        ("ru", datetime(2027, 11, 20, tzinfo=UTC), "ср, 25 нояб. 2026\N{NO-BREAK SPACE}г., 09:05 (Moscow)"),
    ],
)
def test_times_are_wall_clock_with_the_year_only_when_it_differs(
    texts: Texts, language: str, now: datetime, text: str
) -> None:
    said = texts.say(language, "meeting.starts", start=START, now=now, zone="Moscow")

    assert re.sub(r"\s", " ", said) == re.sub(r"\s", " ", text)


def test_the_year_stands_where_the_sentence_does_not_know_now(texts: Texts) -> None:
    assert texts.say("en", "meeting.day", start=START) == "Wed, Nov 25, 2026"
    assert texts.say("en", "meeting.day", start=date(2026, 11, 25)) == "Wed, Nov 25, 2026"


def test_other_peoples_text_is_inert_and_ours_is_not(texts: Texts) -> None:
    theirs = texts.say("en", "meeting.accepted", meeting=1, title="[send=yes]x[/send]")
    ours = texts.say("en", "meeting.accepted", meeting=1, title=Safe("[b]x[/b]"))

    assert theirs == "Meeting 1 accepted: ［send=yes］x［/send］."
    assert ours == "Meeting 1 accepted: [b]x[/b]."
    assert isinstance(theirs, Safe)


def test_text_of_others_is_no_template(texts: Texts) -> None:
    assert texts.say("en", "meeting.accepted", meeting=1, title="{ $meeting }") == "Meeting 1 accepted: { $meeting }."


@pytest.mark.parametrize("language", ["de", "", None, "EN"])
def test_an_unknown_language_is_answered_in_the_fallback(folder: Path, language: str | None) -> None:
    assert Texts(folder, ["en", "ru"]).say(language, "meeting.count", count=1) == "1 meeting"
    assert Texts(folder, ["en", "ru"], "ru").say(language, "meeting.count", count=1) == "1 встреча"


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("meeting.nothing", {}),
        ("accepted", {}),
        ("meeting.only", {}),
        ("meeting.-name", {}),
        ("meeting.accepted", {"meeting": 1}),
        ("meeting.both", {"meeting": 1, "title": "x"}),
        ("meeting.starts", {"start": START, "zone": "x"}),
        ("meeting.day", {"start": 5}),
        ("meeting.day", {"start": "tomorrow"}),
        ("meeting.accepted", {"meeting": 1, "title": Safe("x" * 3_000)}),
    ],
)
def test_half_a_sentence_is_never_said(texts: Texts, key: str, values: dict[str, str | int | date]) -> None:
    with pytest.raises(LookupError):
        texts.say("en", key, **values)


@pytest.mark.parametrize("value", [None, True, ["x"], object()])
def test_a_value_of_another_kind_is_refused(texts: Texts, value: object) -> None:
    with pytest.raises(TypeError):
        texts.say("en", "meeting.accepted", meeting=1, title=value)


def test_a_value_that_is_not_used_does_no_harm(texts: Texts) -> None:
    assert texts.say("en", "meeting.count", count=1, language="xx", key=None, spare=[]) == "1 meeting"


def test_keys_and_variables_are_known_for_comparison(texts: Texts) -> None:
    assert texts.keys("ru") - texts.keys("en") == {"meeting.only"}
    assert texts.variables("en", "meeting.both") == {"meeting", "title", "count"}
    assert texts.variables("en", "meeting.product") == {"count"}
    assert texts.variables("ru", "meeting.only") == frozenset()


@pytest.mark.parametrize(
    ("ftl", "reason"),
    [
        ("accepted\n", "not understood: accepted"),
        ("a = { $x\nb = y\n", "not understood"),
        ("a = x\na = y\n", "a stands there twice"),
        ("a =\n    .label = x\n", "a stands there twice or has no text"),
        ("a = { b }\n", "b does not exist"),
        ("a = { -b }\n", "-b does not exist"),
        ("a = { -b }\n-b = { $x }\n", r"-b\(\$x\) does not exist"),
        ("a = { WEEKDAY($x) }\n", "WEEKDAY does not exist"),
        ("a = { b }\nb = { a }\n", "circle"),
    ],
)
def test_a_broken_file_is_named(folder: Path, ftl: str, reason: str) -> None:
    (folder / "meeting" / "ru.ftl").write_text(ftl, encoding="utf-8")

    texts = Texts(folder, ["en", "ru"])
    with pytest.raises(ManifestError, match=rf"ru\.ftl: .*{reason}"):
        texts.read()
    with pytest.raises(ManifestError, match=rf"ru\.ftl: .*{reason}"):
        texts.say("ru", "meeting.count", count=1)
    assert texts.say("en", "meeting.count", count=1) == "1 meeting"


def test_languages_have_to_be_real(folder: Path) -> None:
    (folder / "meeting" / "zz.ftl").write_text("a = b\n", encoding="utf-8")

    with pytest.raises(ManifestError, match=r"zz\.ftl"):
        Texts(folder, ["en", "zz"]).read()
    with pytest.raises(ManifestError, match="no texts in the language de"):
        Texts(folder, ["en"], "de")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Weekly sync", "Weekly sync"),
        ("Сверка №5 (зал «Б»)", "Сверка №5 (зал «Б»)"),
        ("R&D: Q&A, 5 > 3", "R&D: Q&A, 5 > 3"),
        ("a - b / c", "a - b / c"),
        ("  a \t b\u00a0c  ", "a b c"),
        ("a\nb\r\nc\u2028d\x00e", "a b c d e"),
        ("a\u202eb\u200bc\u2066d\ufeffe\u3164f", "a b c d e f"),
        ("[send=accept 651]ok[/send]", "［send=accept 651］ok［/send］"),
        ("[[b]]", "［［b］］"),
        ("$result[read][0]", "$result［read］［0］"),
        ("&#91;send&#93;", "＆#91;send＆#93;"),
        ("&#x5B;b]", "＆#x5B;b］"),
        ("&lbrack;b&rbrack;", "＆lbrack;b＆rbrack;"),
        ("&amp;#91;", "＆amp;#91;"),
        ("&amp#91", "＆amp#91"),
        ("&LT;b&gt", "＆LT;b＆gt"),
        ("see https://evil.example/x", "see https: //evil.example/x"),
        ("x:///y://", "x: ///y: //"),
        ("www.evil.example", "www. evil.example"),
        ("go to WWW.evil.example", "go to WWW. evil.example"),
        ("(www.evil.example", "(www. evil.example"),
        ("awww. nice", "awww. nice"),
        (">> quoted", "quoted"),
        ("> - / quoted", "quoted"),
        ("------", "—"),
        ("—— title", "title"),
        ("/accept 651", "accept 651"),
        ("-\n>accept", "accept"),
        (">\u0338x", "x"),
        ("\u0301x", "x"),
        ("", "—"),
        ("\u202e\u200b \n", "—"),
        ("\ud800x\udfff", "x"),
        ("Z" + "\u0301" * 50 + "algo", "Z" + "\u0301" * 4 + "algo"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
        ("x" * 78 + "  yz", "x" * 78 + "…"),
    ],
)
def test_inert(text: str, shown: str) -> None:
    assert inert(text) == shown


def test_inert_takes_limit_and_placeholder_from_the_caller() -> None:
    assert inert("Weekly sync", 7) == "Weekly…"
    assert inert("Weekly sync", 8) == "Weekly…"
    assert inert("Weekly", 1) == "…"
    assert inert("ab", 0) == "…"
    assert inert("[]", 2) == "［］"
    assert inert(" ", empty="(no title)") == "(no title)"


@pytest.mark.parametrize("cluster", ["e\u0301", "ক\u09be", "👍\U0001f3fd", "❤\ufe0f"])
def test_a_letter_is_not_cut_from_its_marks(cluster: str) -> None:
    assert inert("abc" + cluster + "defg", 5) == "abc…"


TRICKY = st.lists(
    st.sampled_from(
        [
            *"[]<>&#;:/-.$wW \n\r\t\u2028\u202e\u200b\u0338\u0301x5",
            "://",
            "www.",
            "&#91;",
            "&lbrack;",
            "$result[",
            "[send=",
        ]
    )
).map("".join)


@given(st.text() | TRICKY, st.integers(1, 90))
@example(":\u200b//", 80)
@example("ww\u200bw.x", 80)
@example("[WWW.0", 6)
def test_inert_leaves_nothing_that_acts(text: str, limit: int) -> None:
    shown = inert(text, limit)

    assert 1 <= len(shown) <= limit
    assert not set("[]\n\r\t\u2028") & set(shown)
    assert not {unicodedata.category(sign) for sign in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert "://" not in shown
    assert not re.search(r"\bwww\.\S", shown, re.IGNORECASE)
    assert not re.search(r"&(#|\w+;)", shown)
    assert not shown.startswith((">", "-", "/", " "))
    assert inert(shown, limit) == shown or shown == "—"
    shown.encode()
