"""What is ahead in a calendar: rows of the emulated portal in each of their shapes, and rows that no portal should send."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.bitrix24.limits import Quota
from bot.bitrix24.methods.agenda import Agenda, Entry, agenda
from bot.bitrix24.methods.calendar import Answer
from bot.bitrix24.methods.person import WorkingDay
from bot.bitrix24.rest import BatchAnswer, Command, RestClient
from bot.emulator import faults
from bot.emulator.transport import PortalTransport
from bot.errors import BitrixError, NotPermitted, RateLimited, Unavailable
from bot.metrics import Metrics

RIGA, NEW_YORK = ZoneInfo("Europe/Riga"), ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
NEAREST = "calendar.event.get.nearest"


class Person:
    """Somebody who calls with a token of their own."""

    def __init__(self, rest: RestClient, user_id: int, token: str) -> None:
        self.user_id = user_id
        self._rest = rest
        self._token = token

    async def batch(self, commands: Mapping[str, Command], **_: object) -> BatchAnswer:
        return await self._rest.batch(commands, self._token)


@pytest.fixture
def read(portal, clock) -> Callable[..., Any]:
    """Return what reads somebody's agenda from the emulated portal, where nothing is planned yet."""
    portal.delete_meeting(651)
    app = portal.create_app("https://bot.example.com/bitrix24", "https://bot.example.com/bitrix24/install")
    portal.install(app)
    transport, quota = PortalTransport(portal), Quota(1000, 100_000, Metrics())
    rest = RestClient(transport, portal.options.origin, quota, Metrics(), clock.now)

    async def read(user_id: int = 17, *, days: int = 14, fallback: ZoneInfo = RIGA) -> Agenda:
        person = Person(rest, user_id, portal.oauth.issue(app, user_id).access_token)
        now = datetime.fromtimestamp(clock.now(), UTC)
        return await agenda(person, days=days, now=now, fallback=fallback)  # type: ignore[arg-type]

    return read


SHAPES = {
    "source": (False, "UTC"),
    "source-moscow": (False, "Europe/Moscow"),
    "docs": (True, "UTC"),
    "docs-moscow": (True, "Europe/Moscow"),
}


@pytest.fixture(params=SHAPES.values(), ids=SHAPES.keys())
def _shape(request, portal) -> None:
    """Rows with zones as documented and without as in the source (J.9), the server at home and elsewhere (J.8)."""
    portal.options.nearest_zones, portal.options.server_zone = request.param


every_shape = pytest.mark.usefixtures("_shape")


def riga(text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=RIGA, fold=fold)


def until(clock, text: str) -> None:
    """Move the clock to a time in UTC."""
    clock.advance(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() - clock.now())


def times(entry: Entry) -> tuple[str, str]:
    return entry.starts.isoformat(), entry.ends.isoformat()


# --- from the emulated portal


@every_shape
async def test_invitation_is_read_whole(read, portal):
    portal.add_meeting(
        900,
        name="Review",
        host=23,
        guests=[17],
        start="2026-11-24T10:00",
        tz="Europe/Riga",
        location=" Room 4 ",
        copies={17: 901},
    )

    found = await read()

    assert found == Agenda(
        (
            Entry(
                meeting_id=900,
                title="Review",
                starts=riga("2026-11-24T10:00"),
                ends=riga("2026-11-24T11:00"),
                all_day=False,
                answer=Answer.OPEN,
                series=False,
                exception=False,
                place="Room 4",
                accessible=True,
                host="Juris Proba",
            ),
        ),
        RIGA,
        WorkingDay(RIGA, time(18)),
    )


async def test_one_request_reads_all(read, portal):
    await read(days=7)

    assert portal.requests == 1
    assert {call.method for call in portal.calls} == {"batch", NEAREST, "calendar.user.settings.get", "profile"}


@every_shape
@pytest.mark.parametrize("language", ["en", "ru", "de"])
async def test_times_are_on_the_persons_clock(read, portal, language):
    portal.options.language = language
    portal.add_meeting(900, name="Call", host=42, guests=[17], start="2026-11-24T18:30", tz="America/New_York")
    portal.users[42].time_zone = "America/New_York"

    (of_guest,), (of_host,) = (await read()).entries, (await read(42)).entries

    assert times(of_guest) == ("2026-11-25T01:30:00+02:00", "2026-11-25T02:30:00+02:00")
    assert times(of_host) == ("2026-11-24T18:30:00-05:00", "2026-11-24T19:30:00-05:00")
    assert of_guest.starts == of_host.starts


@every_shape
async def test_all_day_entry_ends_with_its_last_day(read, portal):
    portal.add_meeting(900, name="Fair", host=23, guests=[17, 42], start="2026-11-24", all_day=True, days=3)

    (entry,) = (await read()).entries

    assert entry.all_day
    assert times(entry) == ("2026-11-24T00:00:00+02:00", "2026-11-27T00:00:00+02:00")


@every_shape
async def test_all_day_entry_is_listed_until_the_persons_midnight(read, portal, clock):
    portal.users[42].time_zone = "America/New_York"
    portal.add_meeting(900, name="Fair", host=23, guests=[17, 42], start="2026-11-23", all_day=True)
    until(clock, "2026-11-23T21:59")
    assert [entry.title for entry in (await read(days=1)).entries] == ["Fair"]

    until(clock, "2026-11-23T22:00")
    assert (await read(days=1)).entries == ()
    assert [entry.title for entry in (await read(42, days=1)).entries] == ["Fair"]


@every_shape
async def test_entry_over_several_days_is_listed_while_it_lasts(read, portal, clock):
    minutes = 2 * 24 * 60 + 90
    portal.add_entry(900, name="Trip", owner=17, start="2026-11-23T08:00", tz="Europe/Riga", minutes=minutes)
    until(clock, "2026-11-25T07:29")

    (entry,) = (await read(days=1, fallback=NEW_YORK)).entries[:1]

    assert (entry.title, *times(entry)) == ("Trip", "2026-11-23T08:00:00+02:00", "2026-11-25T09:30:00+02:00")
    until(clock, "2026-11-25T07:30")
    assert "Trip" not in {entry.title for entry in (await read(days=1)).entries}


@every_shape
async def test_series_is_listed_by_the_day_with_its_moved_one(read, portal):
    portal.add_meeting(
        900,
        name="Stand-up",
        host=23,
        guests={17: "Y"},
        start="2026-11-24T09:30",
        tz="Europe/Riga",
        minutes=15,
        rrule="FREQ=DAILY;COUNT=3",
        skipped=["2026-11-25"],
        copies={17: 901},
    )
    portal.add_meeting(
        910, name="Stand-up", host=23, guests=[17], start="2026-11-25T12:00", tz="Europe/Riga", master=900
    )

    found = [entry for entry in (await read(days=5)).entries if entry.title == "Stand-up"]

    assert [(entry.meeting_id, entry.starts, entry.series, entry.exception, entry.answer) for entry in found] == [
        (900, riga("2026-11-24T09:30"), True, False, Answer.YES),
        (910, riga("2026-11-25T12:00"), False, True, Answer.OPEN),
        (900, riga("2026-11-26T09:30"), True, False, Answer.YES),
    ]
    assert found[2].ends == riga("2026-11-26T09:45")


@every_shape
async def test_series_keeps_its_time_of_day_when_clocks_change(read, portal, clock):
    portal.add_meeting(
        900, name="S", host=23, guests=[17], start="2026-10-01T09:30", tz="Europe/Riga", rrule="FREQ=DAILY"
    )
    until(clock, "2027-03-27T00:00")

    found = (await read(days=3)).entries

    assert [entry.starts.isoformat() for entry in found] == [
        "2027-03-27T09:30:00+02:00",
        "2027-03-28T09:30:00+03:00",
        "2027-03-29T09:30:00+03:00",
    ]


@every_shape
async def test_answers_are_the_persons_own(read, portal):
    for number, guests in {900: {17: "Y", 42: "N"}, 901: {17: "Q", 42: "Y"}, 902: {17: "N", 42: "Y"}}.items():
        portal.add_meeting(number, name=str(number), host=23, guests=guests, start=f"2026-11-24T{number - 890}:00")
    portal.add_meeting(903, name="903", host=17, guests={42: "N"}, start="2026-11-24T13:00")
    portal.add_entry(904, name="904", owner=17, start="2026-11-24T14:00")

    found = (await read()).entries

    assert {entry.title: entry.answer for entry in found} == {  # what was declined is not listed
        "900": Answer.YES,
        "901": Answer.OPEN,
        "903": Answer.HOST,
        "904": None,
    }


@every_shape
async def test_nothing_but_the_time_is_told_of_some(read, portal):
    portal.add_meeting(
        900, name="Merger", host=23, guests=[17], start="2026-11-24T10:00", busy_only=[17], location="HQ"
    )

    (entry,) = (await read()).entries

    assert (entry.accessible, entry.title, entry.place) == (False, "[Busy]", "")
    assert entry.starts == riga("2026-11-24T12:00")


@every_shape
async def test_private_entries_are_their_owner_s_to_see(read, portal):
    portal.add_entry(900, name="Dentist", owner=17, start="2026-11-24T10:00", private=True)
    portal.add_entry(901, name="Gym", owner=17, start="2026-11-24T12:00")

    assert [entry.title for entry in (await read()).entries] == ["Dentist", "Gym"]


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("Room 4", "Room 4"),
        ("https://example.org/join", "https://example.org/join"),
        ("calendar_12_345", ""),
        ("calendar_12", ""),
        ("ECMR_5_67", ""),
        ("ECMR_5", ""),
        ("calendar_12_345 or the kitchen", "calendar_12_345 or the kitchen"),
        ("calendar_x", "calendar_x"),
        ("  ", ""),
        ("", ""),
        ("[send=accept 651]here[/send]", "[send=accept 651]here[/send]"),
    ],
)
async def test_place_is_free_text_only(read, portal, location, place):
    portal.add_meeting(900, name="S", host=23, guests=[17], start="2026-11-24T10:00", location=location)

    (entry,) = (await read()).entries

    assert entry.place == place


async def test_other_peoples_text_is_only_read(read, portal):
    portal.add_meeting(900, name="$result[profile][ID] [b]x[/b]", host=23, guests=[17], start="2026-11-24T10:00")

    (entry,) = (await read()).entries

    assert entry.title == "$result[profile][ID] [b]x[/b]"


@every_shape
async def test_zone_is_the_portals_default_for_who_never_chose_one(read, portal):
    portal.options.default_zone = "Asia/Tokyo"
    portal.add_user(50, "Nora", work_time_end="17.30")
    portal.add_entry(900, name="S", owner=50, start="2026-11-24T10:00", tz="Europe/Riga")

    found = await read(50)

    assert found.day == WorkingDay(ZoneInfo("Asia/Tokyo"), time(17, 30))
    assert times(found.entries[0]) == ("2026-11-24T17:00:00+09:00", "2026-11-24T18:00:00+09:00")


@every_shape
async def test_zone_is_the_fallback_when_the_portal_names_none(read, portal):
    portal.add_user(50, "Nora")
    portal.add_entry(900, name="S", owner=50, start="2026-11-24T10:00", tz="Europe/Riga")
    fallback = ZoneInfo(portal.options.server_zone)

    found = await read(50, days=2, fallback=fallback)

    assert found.day is None
    assert found.entries[0].starts == riga("2026-11-24T10:00")
    assert found.entries[0].starts.tzinfo is fallback


async def test_empty_calendar_is_an_empty_agenda(read):
    assert await read() == Agenda((), RIGA, WorkingDay(RIGA, time(18)))


async def test_days_limit_what_is_ahead(read, portal):
    portal.add_entry(900, name="S", owner=17, start="2026-11-25T08:00")

    assert [entry.meeting_id for entry in (await read(days=2)).entries] == [900]
    assert (await read(days=1)).entries == ()


async def test_outsiders_have_no_agenda(read):
    with pytest.raises(BitrixError) as refused:
        await read(88)

    assert (refused.value.code, refused.value.method) == ("", NEAREST)


async def test_zone_is_left_out_when_only_it_fails(read, portal):
    for method in ("calendar.user.settings.get", "profile"):
        portal.faults.add(method, faults.error("INTERNAL_SERVER_ERROR"))
    portal.add_entry(900, name="S", owner=17, start="2026-11-25T08:00")

    found = await read(fallback=NEW_YORK)

    assert found.day is None
    assert found.entries[0].starts.tzinfo is NEW_YORK


# --- when clocks change: in Riga at 01:00 UTC, from 03:00 to 04:00 in spring, from 04:00 to 03:00 in autumn


@every_shape
@pytest.mark.parametrize(
    ("zone", "start", "minutes", "expected"),
    [
        ("Europe/Riga", "2027-03-28T02:30", 60, ("2027-03-28T02:30:00+02:00", "2027-03-28T04:30:00+03:00")),
        ("Europe/Riga", "2027-03-28T03:30", 30, ("2027-03-28T04:30:00+03:00", "2027-03-28T04:30:00+03:00")),
        ("UTC", "2027-03-28T00:30", 60, ("2027-03-28T02:30:00+02:00", "2027-03-28T04:30:00+03:00")),
        ("Asia/Tokyo", "2027-03-28T10:30", 60, ("2027-03-28T04:30:00+03:00", "2027-03-28T05:30:00+03:00")),
        ("Europe/Riga", "2027-10-31T03:30", 60, ("2027-10-31T03:30:00+03:00", "2027-10-31T04:30:00+02:00")),
        ("UTC", "2027-10-31T00:30", 15, ("2027-10-31T03:30:00+03:00", "2027-10-31T03:45:00+03:00")),
        ("UTC", "2027-10-31T00:30", 60, ("2027-10-31T03:30:00+03:00", "2027-10-31T03:30:00+02:00")),
        ("UTC", "2027-10-31T00:45", 30, ("2027-10-31T03:45:00+03:00", "2027-10-31T03:15:00+02:00")),
        ("Europe/Berlin", "2027-10-31T02:30", 60, ("2027-10-31T03:30:00+03:00", "2027-10-31T04:30:00+02:00")),
        ("America/New_York", "2027-10-30T22:00", 90, ("2027-10-31T04:00:00+02:00", "2027-10-31T05:30:00+02:00")),
    ],
)
async def test_times_are_exact_on_days_when_clocks_change(read, portal, zone, start, minutes, expected):
    portal.add_entry(900, name="Night", owner=17, start=start, tz=zone, minutes=minutes)

    (entry,) = (await read(days=400)).entries

    assert times(entry) == expected


@pytest.mark.parametrize(
    ("zones", "starts"), [(True, "2027-10-31T03:30:00+02:00"), (False, "2027-10-31T03:30:00+03:00")]
)
async def test_second_of_two_equal_hours_is_known_by_the_zone_only(read, portal, zones, starts):
    portal.options.nearest_zones = zones
    portal.add_entry(900, name="Night", owner=17, start="2027-10-31T01:30", tz="UTC", minutes=60)

    (entry,) = (await read(days=400)).entries

    assert times(entry) == (starts, "2027-10-31T04:30:00+02:00")


async def test_equal_hours_are_sorted_by_what_comes_first(read, portal, clock):
    portal.options.nearest_zones = True
    portal.add_entry(900, name="second", owner=17, start="2027-10-31T01:10", tz="UTC", minutes=10)
    portal.add_entry(901, name="first", owner=17, start="2027-10-31T00:50", tz="UTC", minutes=10)
    until(clock, "2027-10-31T00:00")
    assert [entry.title for entry in (await read(days=1)).entries] == ["first", "second"]

    until(clock, "2027-10-31T01:05")
    assert [entry.title for entry in (await read(days=1)).entries] == ["second"]


@every_shape
async def test_all_day_entry_takes_the_whole_of_a_longer_day(read, portal, clock):
    portal.add_entry(900, name="Fair", owner=17, start="2027-10-31", all_day=True)
    until(clock, "2027-10-31T20:00")

    (entry,) = (await read(days=1)).entries

    assert times(entry) == ("2027-10-31T00:00:00+03:00", "2027-11-01T00:00:00+02:00")


# --- rows as they come

ROW: dict[str, Any] = {
    "ID": "652",
    "PARENT_ID": "651",
    "NAME": "Weekly sync",
    "IS_MEETING": True,
    "MEETING_STATUS": "Q",
    "MEETING_HOST": "23",
    "DATE_FROM_FORMATTED": "Wed Nov 25 2026 10:00:00",
    "DATE_TO_FORMATTED": "Wed Nov 25 2026 11:00:00",
    "~USER_OFFSET_FROM": 0,
    "~USER_OFFSET_TO": 0,
    "DT_SKIP_TIME": "N",
    "RRULE": "",
    "RECURRENCE_ID": None,
}


class Told:
    """Person 17, whom the portal answers this."""

    def __init__(self, nearest: object = None, errors: Mapping[str, BitrixError] | None = None) -> None:
        self.user_id = 17
        results = {"nearest": nearest, "settings": {"timezoneName": "Europe/Riga"}, "profile": []}
        self._answer = BatchAnswer({key: results[key] for key in results if key not in (errors or {})}, errors or {})

    async def batch(self, _: Mapping[str, Command], **_spare: object) -> BatchAnswer:
        return self._answer


async def shown(nearest: object, *, now: datetime = NOW) -> tuple[Entry, ...]:
    found = await agenda(Told(nearest), days=7, now=now, fallback=NEW_YORK)  # type: ignore[arg-type]
    return found.entries


async def seen(**changes: Any) -> Entry:
    """Return what 17 sees of a row like this."""
    (entry,) = await shown([{**ROW, **changes}])
    return entry


@pytest.mark.parametrize("rows", [[], {}, None, False, "", "rows", 7])
async def test_result_that_lists_nothing_is_empty(rows):
    assert await shown(rows) == ()


async def test_list_with_gaps_is_read_as_one():
    later = {**ROW, "ID": "700", "PARENT_ID": "700", "DATE_TO_FORMATTED": "Wed Nov 25 2026 12:00:00"}

    assert [entry.meeting_id for entry in await shown({"1": later, "3": ROW})] == [651, 700]


@pytest.mark.parametrize(
    "row",
    [
        None,
        "row",
        7,
        [],
        {},
        {**ROW, "ID": None},
        {**ROW, "ID": ""},
        {**ROW, "ID": "0"},
        {**ROW, "ID": "-5"},
        {**ROW, "ID": "652x"},
        {**ROW, "ID": "6" * 5000},
        {**ROW, "ID": True},
        {**ROW, "ID": ["652"]},
        {key: value for key, value in ROW.items() if key != "ID"},
        {**ROW, "DELETED": "Y"},
        {**ROW, "DATE_FROM_FORMATTED": "25.11.2026 10:00:00"},
        {**ROW, "DATE_FROM_FORMATTED": ""},
        {**ROW, "DATE_FROM_FORMATTED": None},
        {**ROW, "DATE_FROM_FORMATTED": ["Wed"]},
        {**ROW, "DATE_TO_FORMATTED": "Wed Nov 31 2026 10:00:00"},
        {**ROW, "DATE_TO_FORMATTED": "x" * 5000},
        {**ROW, "~USER_OFFSET_FROM": "soon"},
        {**ROW, "~USER_OFFSET_TO": [1]},
        {**ROW, "~USER_OFFSET_TO": 10**30},
        {**ROW, "DATE_TO_FORMATTED": "Fri Dec 31 9999 23:30:00", "TZ_TO": "America/New_York"},
        {**ROW, "DATE_TO_FORMATTED": "Fri Dec 31 9999", "DT_SKIP_TIME": "Y"},
        {**ROW, "DATE_FROM_FORMATTED": "Mon Jan 01 0001 00:00:00", "TZ_FROM": "Asia/Tokyo"},
        {**ROW, "DATE_FROM_FORMATTED": "Mon Jan 01 0001 00:00:00", "~USER_OFFSET_FROM": 3600},
    ],
)
async def test_malformed_row_is_left_out(row):
    assert [entry.meeting_id for entry in await shown([row, ROW])] == [651]


@pytest.mark.parametrize("parent", [None, "", "0", "x", False, [], "6" * 30])
async def test_row_without_a_parent_is_its_own(parent):
    assert (await seen(PARENT_ID=parent)).meeting_id == 652


@pytest.mark.parametrize(
    ("is_meeting", "answer"),
    [
        (True, Answer.OPEN),
        (1, Answer.OPEN),
        ("1", Answer.OPEN),
        ("Y", Answer.OPEN),
        (False, None),
        (0, None),
        ("0", None),
        ("N", None),
        ("", None),
        (None, None),
        ([], None),
    ],
)
async def test_meeting_is_known_in_every_spelling(is_meeting, answer):
    assert (await seen(IS_MEETING=is_meeting)).answer is answer


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"MEETING_STATUS": "Y"}, Answer.YES),
        ({"MEETING_STATUS": "N"}, Answer.NO),
        ({"MEETING_STATUS": "H"}, Answer.HOST),
        ({"MEETING_STATUS": "Y", "MEETING_HOST": "17"}, Answer.HOST),
        ({"MEETING_STATUS": "Y", "MEETING_HOST": 17}, Answer.HOST),
        ({"MEETING_STATUS": "X"}, None),
        ({"MEETING_STATUS": ""}, None),
        ({"MEETING_STATUS": None}, None),
        ({"MEETING_STATUS": ["Y"]}, None),
    ],
)
async def test_answer_is_read(changes, answer):
    assert (await seen(**changes)).answer is answer


@pytest.mark.parametrize(
    ("changes", "series", "exception"),
    [
        ({"RRULE": {"FREQ": "DAILY"}}, True, False),
        ({"RRULE": "FREQ=DAILY"}, True, False),
        ({"RRULE": []}, False, False),
        ({"RECURRENCE_ID": "600"}, False, True),
        ({"RECURRENCE_ID": "0"}, False, False),
        ({"RECURRENCE_ID": 0}, False, False),
    ],
)
async def test_series_and_its_exceptions_are_told_apart(changes, series, exception):
    entry = await seen(**changes)

    assert (entry.series, entry.exception) == (series, exception)


@pytest.mark.parametrize(
    ("told", "accessible"), [(False, False), ("0", False), ("N", False), (0, False), (True, True), (None, True)]
)
async def test_what_may_not_be_shown_is_marked(told, accessible):
    assert (await seen(IS_ACCESSIBLE_TO_USER=told)).accessible is accessible


@pytest.mark.parametrize("text", [None, 7, ["x"], {"x": "y"}])
async def test_text_that_is_none_is_empty(text):
    entry = await seen(NAME=text, LOCATION=text)

    assert (entry.title, entry.place) == ("", "")


@pytest.mark.parametrize(
    ("meeting", "host"),
    [
        ({"HOST_NAME": "Juris Proba"}, "Juris Proba"),
        ({"HOST_NAME": None}, ""),
        ({"HOST_NAME": ["Juris"]}, ""),
        ({}, ""),
        ([], ""),
        ("a:1:{s:9:HOST_NAME;}", ""),
        (None, ""),
    ],
)
async def test_organiser_is_named_where_the_portal_tells_them(meeting, host):
    assert (await seen(MEETING=meeting)).host == host


@pytest.mark.parametrize(
    "changes",
    [
        {"TZ_FROM": "Europe/Riga", "TZ_TO": "Europe/Riga", "~USER_OFFSET_FROM": 999, "~USER_OFFSET_TO": 999},
        {"TZ_FROM": "", "TZ_TO": None},
        {"TZ_FROM": "../../etc", "TZ_TO": "x" * 5000},
        {"~USER_OFFSET_FROM": "0", "~USER_OFFSET_TO": ""},
        {"~USER_OFFSET_FROM": None, "~USER_OFFSET_TO": None},
        {"DATE_FROM_TS_UTC": "1", "DATE_TO_TS_UTC": "2145916800", "DT_FROM_TS": 1, "DT_TO_TS": 2},
        {
            "DATE_FROM_FORMATTED": "Wed Nov 25 2026 03:00:00",
            "DATE_TO_FORMATTED": "Wed Nov 25 2026 04:00:00",
            "~USER_OFFSET_FROM": "-25200",
            "~USER_OFFSET_TO": -25200,
        },
    ],
)
async def test_time_is_read_from_the_wall_clock(changes):
    assert times(await seen(**changes)) == ("2026-11-25T10:00:00+02:00", "2026-11-25T11:00:00+02:00")


@pytest.mark.parametrize(
    "changes",
    [
        {"DT_SKIP_TIME": "Y"},
        {"DATE_FROM_FORMATTED": "Wed Nov 25 2026", "DATE_TO_FORMATTED": "Wed Nov 25 2026"},
        {"DT_SKIP_TIME": "Y", "TZ_FROM": "Asia/Tokyo", "~USER_OFFSET_FROM": 25_200, "~USER_OFFSET_TO": 25_200},
    ],
)
async def test_all_day_entry_has_dates_only(changes):
    entry = await seen(**changes)

    assert entry.all_day
    assert times(entry) == ("2026-11-25T00:00:00+02:00", "2026-11-26T00:00:00+02:00")


async def test_end_before_the_start_is_the_start():
    entry = await seen(DATE_TO_FORMATTED="Tue Nov 24 2026 10:00:00")

    assert entry.ends == entry.starts


async def test_rows_are_sorted_and_those_that_ended_left_out():
    later, ended = {**ROW, "ID": "900", "PARENT_ID": "900"}, {**ROW, "ID": "901", "PARENT_ID": "901"}
    later["DATE_TO_FORMATTED"] = later["DATE_FROM_FORMATTED"] = "Thu Nov 26 2026 10:00:00"
    ended["DATE_TO_FORMATTED"] = "Wed Nov 25 2026 10:30:00"

    found = await shown([later, ROW, ended], now=riga("2026-11-25T10:30"))

    assert [entry.meeting_id for entry in found] == [651, 900]


@pytest.mark.parametrize("kind", [BitrixError, NotPermitted, RateLimited, Unavailable])
async def test_failed_calendar_is_no_empty_agenda(kind):
    with pytest.raises(kind):
        await agenda(Told(errors={"nearest": kind(code="some_code")}), days=7, now=NOW, fallback=RIGA)  # type: ignore[arg-type]
