"""When a time ends, where it cannot, and which words manifest/times.toml must have."""

import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ManifestError
from bot.times import Expression, Meeting, Times, TimeUnclear

MANIFEST = Path(__file__).parents[2] / "manifest"
RIGA = ZoneInfo("Europe/Riga")
NEW_YORK = ZoneInfo("America/New_York")
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)  # 11:00 in Riga
ALL = Times.load(MANIFEST, ("en", "ru"))  # read once, it holds no state
WORDS = tomllib.loads((MANIFEST / "times.toml").read_text(encoding="utf-8"))

GERMAN = """
[de]
until = ["bis"]
lasting = ["für"]
about = ["etwa"]
more = []
of = []
articles = []
joiners = ["und"]
alone = []
at = ["um"]
on = ["am"]
oclock = ["uhr"]
ordinals = ["."]
of_month = []
noon = ["mittag"]
midnight = ["mitternacht"]
day_end = ["feierabend"]
end_of = ["zum ende"]
over = ["zu ende ist"]
during = ["während"]
vague = ["abend"]
numbers = { ein = 1, eine = 1, zwei = 2, anderthalb = 1.5 }
parts = { halb = 0.5, halbe = 0.5, viertel = 0.25 }
meetings = { "der besprechung" = "nearest", "die besprechung" = "nearest", "die nächste besprechung" = "next" }
hours = { "nachmittags" = [12, 18] }
units = { minute = "PT1M", minuten = "PT1M", stunde = "PT1H", stunden = "PT1H", tage = "P1D" }
days = { heute = 0, morgen = 1, "übermorgen" = 2 }
weekdays = { montag = 1, freitag = 5 }
months = { november = 11, dezember = 12 }
same = { "h" = "stunde", "zweieinhalb" = "zwei und halb" }
"""


def ends(
    text: str,
    now: datetime = MONDAY,
    zone: ZoneInfo = RIGA,
    *,
    day_end: time | None = time(18),
    meetings: Sequence[Meeting] = (),
    times: Times = ALL,
) -> str:
    """Write the end as the person's clock shows it, or the reason why there is none."""
    try:
        end = times.read(text).ends(now=now, zone=zone, day_end=day_end, meetings=meetings)
    except TimeUnclear as unclear:
        return unclear.reason
    assert end.tzinfo is UTC
    return f"{end.astimezone(zone):%a %d %H:%M:%S}".removesuffix(":00")


def at(zone: ZoneInfo, *moment: int) -> datetime:
    return datetime(*moment, tzinfo=zone).astimezone(UTC)


def test_length_is_known_before_any_clock():
    assert ALL.read("for 45m") == Expression(span=timedelta(minutes=45))


def test_point_in_time_has_no_length():
    assert ALL.read("until 15:00").span is None


def test_length_beyond_seven_days_is_a_length_that_is_refused():
    expression = ALL.read("for 2 years and 3 months")

    assert expression.span == timedelta(days=2 * 365 + 3 * 30)
    with pytest.raises(TimeUnclear, match="far"):
        expression.ends(now=MONDAY, zone=RIGA, day_end=None)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("for 7 days", "Mon 30 11:00"),
        ("for 168 hours", "Mon 30 11:00"),
        ("for 1 week and 1 second", "far"),
        ("999999 years", "far"),
        ("1 second", "Mon 23 11:00:01"),
        ("0.5 seconds", "soon"),
        ("until 31.12.9999 10:00", "far"),
        ("until 01.01.0001 10:00", "past"),
        ("until 0000-01-01 10:00", "unknown"),
        ("until 29 february 10:00", "far"),
        ("until 30 february 10:00", "unknown"),
        ("until 25 five 10:00", "unknown"),
        ("until 23.11. 15:00", "Mon 23 15:00"),
        ("until 23.11. 10:00", "past"),
        ("until 30.11. 11:00", "Mon 30 11:00"),
        ("until 30.11. 11:01", "far"),
    ],
)
def test_end_is_kept_within_its_bounds(text: str, end: str):
    assert ends(text) == end


@pytest.mark.parametrize(("hour", "end"), [(4, "when"), (5, "when"), (16, "when"), (17, "past"), (23, "past")])
def test_bare_hour_of_morning_or_evening_is_asked(hour: int, end: str):
    assert ends("until 5", at(RIGA, 2026, 11, 23, hour)) == end
    assert ends("до 5", at(RIGA, 2026, 11, 23, hour)) == end


def test_twelve_is_noon_or_midnight():
    assert ends("until 12", at(RIGA, 2026, 11, 23, 11)) == "when"
    assert ends("until 12", at(RIGA, 2026, 11, 23, 13)) == "when"


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("until 1am", "Tue 24 01:00"),
        ("until 12:30am", "Tue 24 00:30"),
        ("until 0:30", "Tue 24 00:30"),
        ("until 04:59", "Tue 24 04:59"),
        ("until 1 in the morning", "Tue 24 01:00"),
        ("до 0:30", "Tue 24 00:30"),
        ("до часу ночи", "Tue 24 01:00"),
        ("until 05:00", "past"),
        ("until today 1am", "past"),
        ("until 1", "when"),
        ("до часа", "when"),
    ],
)
def test_small_hours_are_those_of_the_coming_night(text: str, end: str):
    assert ends(text, at(RIGA, 2026, 11, 23, 22)) == end


def test_small_hours_are_not_guessed_at_while_they_may_be_those_of_the_afternoon():
    assert ends("until 1:30", at(RIGA, 2026, 11, 23, 12)) == "past"
    assert ends("до 1:30", at(RIGA, 2026, 11, 23, 13)) == "past"
    assert ends("до 1:30", at(RIGA, 2026, 11, 23, 14)) == "Tue 24 01:30"
    assert ends("until 1am", at(RIGA, 2026, 11, 23, 4)) == "past"
    assert ends("until 1am", at(RIGA, 2026, 11, 23, 0)) == "Mon 23 01:00"


def test_weekday_of_today_is_next_weeks_only_when_the_time_has_passed():
    assert ends("until monday 15:00") == "when"
    assert ends("until monday 10:00") == "Mon 30 10:00"


def test_date_without_year_may_lie_in_the_next_year():
    assert ends("until 2 jan 10:00", at(RIGA, 2026, 12, 29, 12)) == "Sat 02 10:00"


@pytest.mark.parametrize("text", ["until end of day", "for the rest of the day", "до конца дня", "day-end"])
def test_end_of_day_is_that_of_the_persons_working_day(text: str):
    assert ends(text, day_end=time(17, 30)) == "Mon 23 17:30"
    assert ends(text, day_end=time(10)) == "past"
    assert ends(text, day_end=None) == "no-day-end"


def test_end_of_day_of_another_day_is_told_from_the_day():
    assert ends("until tomorrow end of day") == "Tue 24 18:00"


def meeting(starts: str, ends: str) -> Meeting:
    """Return a meeting between two times of days in November 2026, on the clock of Riga: "23 11:00"."""

    def instant(told: str) -> datetime:
        return datetime.strptime(f"2026-11-{told}", "%Y-%m-%d %H:%M").replace(tzinfo=RIGA).astimezone(UTC)

    return Meeting(instant(starts), instant(ends))


RUNNING = meeting("23 10:30", "23 11:30")
AFTERNOON = meeting("23 15:00", "23 16:00")
TOMORROW = meeting("24 09:00", "24 10:00")


@pytest.mark.parametrize(
    ("meetings", "running", "nearest", "following"),
    [
        ([], "no-meeting-now", "no-meeting-today", "no-meeting"),
        ([RUNNING], "Mon 23 11:30", "Mon 23 11:30", "no-meeting"),
        ([AFTERNOON], "no-meeting-now", "Mon 23 16:00", "Mon 23 16:00"),
        ([TOMORROW], "no-meeting-now", "no-meeting-today", "Tue 24 10:00"),
        ([TOMORROW, AFTERNOON, RUNNING], "Mon 23 11:30", "Mon 23 11:30", "Mon 23 16:00"),
    ],
)
def test_meeting_is_the_one_that_runs_or_comes(meetings: list[Meeting], running: str, nearest: str, following: str):
    said = {"for this meeting": running, "until the meeting ends": nearest, "until my next meeting ends": following}
    said |= {"пока идет встреча": running, "до конца встречи": nearest, "до конца следующей встречи": following}

    assert {text: ends(text, meetings=meetings) for text in said} == said


def test_meetings_at_once_are_certain_only_if_they_end_together():
    long, longer = meeting("23 10:00", "23 12:00"), meeting("23 15:00", "23 17:00")

    assert ends("until the meeting ends", meetings=[RUNNING, long]) == "meetings"
    assert ends("until the meeting ends", meetings=[RUNNING, meeting("23 09:00", "23 11:30")]) == "Mon 23 11:30"
    assert ends("until the end of my next meeting", meetings=[AFTERNOON, longer]) == "meetings"
    assert ends("until the end of my next meeting", meetings=[AFTERNOON, AFTERNOON]) == "Mon 23 16:00"
    assert ends("during the meeting", meetings=[RUNNING, AFTERNOON, longer]) == "Mon 23 11:30"


def test_meeting_runs_from_its_first_moment_and_not_in_its_last():
    begins, is_over = meeting("23 11:00", "23 11:45"), meeting("23 10:00", "23 11:00")

    assert ends("for this meeting", meetings=[begins, is_over]) == "Mon 23 11:45"
    assert ends("until my next meeting ends", meetings=[begins]) == "no-meeting"
    assert ends("for this meeting", meetings=[is_over]) == "no-meeting-now"


def test_meeting_of_today_is_told_by_the_persons_clock():
    late = [meeting("24 00:30", "24 01:00")]  # still Monday in New York, where it is 4:00

    assert ends("until the meeting ends", meetings=late) == "no-meeting-today"
    assert ends("until the meeting ends", zone=NEW_YORK, meetings=late) == "Mon 23 18:00"
    evening = at(NEW_YORK, 2026, 11, 22, 20)  # already Monday in Riga
    assert (
        ends("until the meeting ends", evening, NEW_YORK, meetings=[meeting("23 06:00", "23 06:30")]) == "Sun 22 23:30"
    )


def test_end_of_a_meeting_is_kept_within_its_bounds():
    last_second = RUNNING.ends - timedelta(milliseconds=500)

    assert ends("until the meeting ends", last_second, meetings=[RUNNING]) == "soon"
    assert ends("until the meeting ends", meetings=[meeting("20 09:00", "30 11:01")]) == "far"
    assert ends("until my next meeting ends", meetings=[meeting("30 11:00", "30 12:00")]) == "far"
    assert ends("until my next meeting ends", meetings=[meeting("30 11:01", "30 12:00")]) == "no-meeting"


def test_only_the_end_of_a_meeting_asks_for_meetings():
    assert ALL.read("until the end of my next meeting") == Expression(meeting="next")
    assert [ALL.read(text).meeting for text in ("for 45m", "until 15:00", "until eod")] == [None, None, None]


# Clocks of Riga: 2026-10-25 04:00 is 03:00 again, 2027-03-28 03:00 is 04:00. New York: 2026-11-01 at 2:00, 2027-03-14 at 2:00.
@pytest.mark.parametrize(
    ("text", "now", "zone", "end"),
    [
        ("until tomorrow 3:30", (2026, 10, 24, 12), RIGA, "twice"),
        ("до завтра 3:00", (2026, 10, 24, 12), RIGA, "twice"),
        ("until tomorrow 2:59", (2026, 10, 24, 12), RIGA, "Sun 25 02:59"),
        ("until tomorrow 4:00", (2026, 10, 24, 12), RIGA, "Sun 25 04:00"),
        ("until 3:30", (2026, 10, 25, 2), RIGA, "twice"),
        ("until tomorrow 3:30", (2027, 3, 27, 12), RIGA, "skipped"),
        ("until tomorrow 3:00", (2027, 3, 27, 12), RIGA, "skipped"),
        ("until tomorrow 4:00", (2027, 3, 27, 12), RIGA, "Sun 28 04:00"),
        ("until tomorrow 1:30", (2026, 10, 31, 12), NEW_YORK, "twice"),
        ("until tomorrow 2:30am", (2026, 10, 31, 12), NEW_YORK, "Sun 01 02:30"),
        ("until tomorrow 2:30", (2027, 3, 13, 12), NEW_YORK, "skipped"),
        ("until tomorrow 1:30", (2027, 3, 13, 12), NEW_YORK, "Sun 14 01:30"),
    ],
)
def test_time_that_clocks_show_twice_or_never_is_refused(text: str, now: tuple[int, ...], zone: ZoneInfo, end: str):
    assert ends(text, at(zone, *now), zone) == end


def test_time_that_clocks_show_twice_has_passed_after_the_second():
    assert ends("until 3:30", datetime(2026, 10, 25, 1, 45, tzinfo=UTC)) == "past"


def test_length_is_elapsed_time_when_clocks_change():
    assert ends("for 1 day", at(RIGA, 2026, 10, 24, 12)) == "Sun 25 11:00"
    assert ends("for 1 day", at(RIGA, 2027, 3, 27, 12)) == "Sun 28 13:00"
    assert ends("for 1 hour", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)) == "Sun 25 03:30"


def test_day_that_a_zone_left_out_is_skipped():
    apia = ZoneInfo("Pacific/Apia")  # went over the date line: 2011-12-29 was followed by 2011-12-31

    assert ends("until tomorrow 10:00", at(apia, 2011, 12, 29, 12), apia) == "skipped"


@pytest.mark.parametrize(
    ("zone", "text", "end"),
    [
        ("Pacific/Kiritimati", "until tomorrow 9:00", "Tue 24 09:00"),
        ("Pacific/Pago_Pago", "until tomorrow 9:00", "Mon 23 09:00"),
        ("Pacific/Kiritimati", "until tuesday 9:00", "Tue 24 09:00"),
        ("Pacific/Pago_Pago", "until sunday 9:00", "Sun 29 09:00"),
        ("Pacific/Pago_Pago", "until 23:30", "Sun 22 23:30"),
        ("Pacific/Kiritimati", "until 22:30", "past"),
    ],
)
def test_day_is_the_one_where_the_person_is(zone: str, text: str, end: str):
    assert ends(text, MONDAY, ZoneInfo(zone)) == end  # 23:00 on Monday, 22:00 on Sunday


def test_midnight_comes_next_whatever_the_hour():
    last_minute = at(RIGA, 2026, 11, 23, 23, 59)

    assert ends("until midnight", last_minute) == "Tue 24 00:00"
    assert ends("for 2 minutes", last_minute) == "Tue 24 00:01"
    assert ends("until tomorrow 0:30", last_minute) == "Tue 24 00:30"
    assert ends("until 0:30", last_minute) == "Tue 24 00:30"
    assert ends("until midnight", last_minute + timedelta(seconds=59, milliseconds=500)) == "soon"
    assert ends("until midnight", last_minute + timedelta(minutes=1)) == "Wed 25 00:00"


def test_long_text_is_unknown():
    assert ends("for 5 minutes".ljust(101)) == "unknown"
    assert ends("for 5 minutes".ljust(100)) == "Mon 23 11:05"


def test_unclear_time_holds_no_text_of_the_sender():
    with pytest.raises(TimeUnclear) as caught:
        ALL.read("until secret plans")

    assert caught.value.args == ("unknown",)


PIECES = (
    sorted(
        {word for words in WORDS.values() for group in words.values() for phrase in group for word in phrase.split()}
    )
    + """1 2 12 15 30 45 0 00 007 99 1.5 1,5 ½ 1/2 1h30 45m 5pm 9:00 24:00 25:61 10.10 25.11. 2026-11-25 3/4 -1 . , - : ' "
hours hour h min minutes d week months years nov friday mo march часа часов мин ч с дней ноября пятницы пн мая in ago назад utc est z now""".split()
)


@given(
    st.one_of(st.text(max_size=120), st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join)),
    st.integers(0, 15 * 365 * 86_400).map(lambda wait_s: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=wait_s)),
    st.sampled_from([RIGA, NEW_YORK, ZoneInfo("Pacific/Apia"), ZoneInfo("Australia/Lord_Howe")]),
    st.none() | st.times(),
)
def test_any_text_ends_within_seven_days_or_is_unclear(text: str, now: datetime, zone: ZoneInfo, day_end: time | None):
    try:
        end = ALL.read(text).ends(now=now, zone=zone, day_end=day_end)
    except TimeUnclear:
        return

    assert timedelta(seconds=1) <= end - now <= timedelta(days=7)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("für 2 stunden", "Mon 23 13:00"),
        ("etwa 45 minuten", "Mon 23 11:45"),
        ("1h30", "Mon 23 12:30"),
        ("anderthalb stunden", "Mon 23 12:30"),
        ("zweieinhalb stunden", "Mon 23 13:30"),
        ("eine halbe stunde", "Mon 23 11:30"),
        ("eine stunde und 10 minuten", "Mon 23 12:10"),
        ("bis 15 uhr", "Mon 23 15:00"),
        ("bis 3 uhr nachmittags", "Mon 23 15:00"),
        ("bis morgen um 9:00", "Tue 24 09:00"),
        ("bis übermorgen mittag", "Wed 25 12:00"),
        ("bis freitag 18:00", "Fri 27 18:00"),
        ("bis 25. november 10:00", "Wed 25 10:00"),
        ("bis feierabend", "Mon 23 18:00"),
        ("bis zum ende der besprechung", "Mon 23 11:30"),
        ("bis die besprechung zu ende ist", "Mon 23 11:30"),
        ("während der besprechung", "Mon 23 11:30"),
        ("bis die nächste besprechung zu ende ist", "Mon 23 16:00"),
        ("bis morgen", "when"),
        ("bis heute abend", "when"),
        ("stunden", "unknown"),
        ("vor 2 stunden", "unknown"),
    ],
)
def test_third_language_needs_words_only(tmp_path: Path, text: str, end: str):
    (tmp_path / "times.toml").write_text(GERMAN, encoding="utf-8")

    assert ends(text, meetings=[RUNNING, AFTERNOON], times=Times.load(tmp_path, ["de"])) == end


@pytest.mark.parametrize(
    ("text", "languages", "complaint"),
    [
        (None, ["de"], "is missing"),
        ("[de", ["de"], "Expected"),
        (GERMAN, ["de", "fr"], "no table for the language fr"),
        (GERMAN.replace('vague = ["abend"]\n', ""), ["de"], r"de\.vague"),
        (GERMAN + "extra = []\n", ["de"], r"de\.extra"),
        (GERMAN.replace('"bis"', '"Bis"'), ["de"], "lower case"),
        (GERMAN.replace('"bis"', '"вперёд"'), ["de"], "Cyrillic io"),
        (GERMAN.replace('"next"', '"last"'), ["de"], "de.meetings.die nächste besprechung"),
        (GERMAN.replace("zwei = 2", "zwei = 200"), ["de"], "de.numbers.zwei"),
        (GERMAN.replace("alone = []", 'alone = ["weile"]'), ["de"], "unit 'weile'"),
        (GERMAN.replace('"P1D"', '"1 tag"'), ["de"], "de.units.tage"),
        (GERMAN.replace('"P1D"', '"P0D"'), ["de"], "de.units.tage"),
        (GERMAN.replace("morgen = 1", "morgen = -1"), ["de"], "de.days.morgen"),
        (GERMAN.replace("freitag = 5", "freitag = 8"), ["de"], "de.weekdays.freitag"),
        (GERMAN.replace("dezember = 12", "dezember = 13"), ["de"], "de.months.dezember"),
    ],
)
def test_words_that_do_not_serve_end_the_start(tmp_path: Path, text: str | None, languages: list[str], complaint: str):
    if text is not None:
        (tmp_path / "times.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ManifestError, match=complaint) as caught:
        Times.load(tmp_path, languages)

    assert str(tmp_path / "times.toml") in str(caught.value)
