"""What is read of an event, and what may be done with it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.cronofy.methods.external import Answer, EventRef, ExternalEvent, Obstacle, Person, read_event
from bot.cronofy.methods.identity import Calendar, Profile

RIGA = ZoneInfo("Europe/Riga")
NOW = datetime(2026, 11, 23, 11, tzinfo=RIGA)
PROFILE = Profile("pro_1", "Mira@example.org", "gsuite", connected=True, syncing=False, relink_url="")
CALENDAR = Calendar("cal_n@k", "Mira", readonly=False, deleted=False, primary=True, profile=PROFILE)
CALENDARS = {CALENDAR.calendar_id: CALENDAR}
BARE = {
    "calendar_id": "cal_n@k",
    "event_uid": "evt_external_00000000000000000000a001",
    "start": "2026-11-24T09:00:00Z",
    "end": "2026-11-24T09:45:00Z",
}
MIRA, JURIS = (
    {"email": "mira@example.org", "display_name": None},
    {"email": "juris@example.net", "display_name": "Juris"},
)
WHOLE = BARE | {
    "summary": "Supplier call",
    "participation_status": "needs_action",
    "attendees": [MIRA, JURIS],
    "organizer": JURIS,
    "status": "confirmed",
    "deleted": False,
    "recurring": True,
    "series_identifier": "series-77",
    "event_private": True,
    "created": "0000-12-29T00:00:00Z",
    "updated": "+10000-01-01T00:00:00Z",
    "location": {"description": "Room 4", "lat": "56.9"},
    "conferencing": {"provider_name": "google_meet", "join_url": "https://meet.example.org/abc"},
    "options": {"delete": False, "update": False, "change_participation_status": True},
}


def read(**changes: object) -> ExternalEvent:
    event = read_event(WHOLE | changes, CALENDARS)
    assert event is not None
    return event


# --- reading


def test_event_is_read() -> None:
    starts = datetime(2026, 11, 24, 9, tzinfo=UTC)

    assert read() == ExternalEvent(
        ref=EventRef("cal_n@k", "evt_external_00000000000000000000a001", starts),
        calendar=CALENDAR,
        title="Supplier call",
        starts=starts,
        ends=datetime(2026, 11, 24, 9, 45, tzinfo=UTC),
        answer=Answer.OPEN,
        changeable=True,
        deleted=False,
        cancelled=False,
        private=True,
        recurring=True,
        series="series-77",
        organizer=Person("juris@example.net", "Juris"),
        attendees=(Person("mira@example.org", ""), Person("juris@example.net", "Juris")),
        place="Room 4",
        join_url="https://meet.example.org/abc",
    )


def test_event_needs_no_more_than_ids_and_times() -> None:
    event = read_event(BARE, {})

    assert event is not None
    assert (event.title, event.answer, event.changeable, event.calendar) == ("", Answer.UNKNOWN, False, None)
    assert (event.organizer, event.attendees, event.series, event.place) == (None, (), "", "")


@pytest.mark.parametrize("name", [name for name in WHOLE if name not in BARE])
@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [None, "x", {"email": 7}]], ids=str)
def test_field_of_any_kind_spoils_nothing(name: str, value: object) -> None:
    event = read(**{name: value})

    assert event.ref.event_uid == BARE["event_uid"]


@pytest.mark.parametrize("name", BARE)
@pytest.mark.parametrize("value", [None, "", 7, [], {}], ids=str)
def test_event_without_id_or_time_is_none(name: str, value: object) -> None:
    assert read_event(WHOLE | {name: value}, CALENDARS) is None


@pytest.mark.parametrize(
    "start",
    [
        "0000-12-29T00:00:00Z",
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T23:59:59-05:00",
        "9999-12-31",
        "0001-01-01",
        "2026-11-24T09:00:00",
        "2026-13-24",
        "2026-02-30T09:00:00Z",
        "soon",
        {"time": "soon", "tzid": "Europe/Riga"},
        {"time": 7},
    ],
    ids=str,
)
def test_time_that_cannot_be_meant_is_none(start: object) -> None:
    assert read_event(WHOLE | {"start": start}, CALENDARS) is None


def test_start_and_end_of_two_kinds_are_none() -> None:
    assert read_event(WHOLE | {"start": "2026-11-24"}, CALENDARS) is None


@pytest.mark.parametrize(
    "start",
    [
        "2026-11-24T09:00:00Z",
        "2026-11-24T11:00:00+02:00",
        {"time": "2026-11-24T11:00:00+02:00", "tzid": "Europe/Riga"},
        {"time": "2026-11-24T09:00:00Z", "tzid": "No/Such"},
    ],
    ids=str,
)
def test_instant_is_read_however_it_is_spelled(start: object) -> None:
    event = read(start=start)

    assert event.starts == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert not event.all_day


@pytest.mark.parametrize("start", ["2026-12-01", {"time": "2026-12-01", "tzid": "Europe/Riga"}], ids=str)
def test_day_is_read_however_it_is_spelled(start: object) -> None:
    event = read(start=start, end="2026-12-03")

    assert (event.starts, event.ends, event.all_day) == (date(2026, 12, 1), date(2026, 12, 3), True)


@pytest.mark.parametrize("answer", Answer)
def test_answer_is_read(answer: Answer) -> None:
    assert read(participation_status=answer.value).answer is answer


def test_answer_that_is_new_is_unknown() -> None:
    assert read(participation_status="delegated").answer is Answer.UNKNOWN


def test_title_that_nothing_could_store_is_mended() -> None:
    assert read(summary="a\ud800b" + "x" * 5000).title == "a?b" + "x" * 1997


def test_address_to_join_may_stand_in_either_place() -> None:
    assert read(conferencing=None, meeting_url="https://meet.example.org/2").join_url == "https://meet.example.org/2"


# --- what may be done


def calendar(**changes: object) -> Calendar:
    return replace(CALENDAR, **changes)


OWN = {"organizer": None, "attendees": [], "options": {"change_participation_status": False}}


@pytest.mark.parametrize(
    ("event", "obstacle"),
    [
        (read(), None),
        (read(participation_status="accepted"), None),
        (read(deleted=True), Obstacle.DELETED),
        (read(status="cancelled"), Obstacle.CANCELLED),
        (read(start="2026-11-23T08:00:00Z", end="2026-11-23T09:00:00Z"), Obstacle.OVER),
        (read(start="2026-11-23T08:00:00Z", end="2026-11-23T09:00:01Z"), None),
        (replace(read(), calendar=None), Obstacle.CALENDAR_GONE),
        (replace(read(), calendar=calendar(deleted=True)), Obstacle.CALENDAR_GONE),
        (replace(read(), calendar=calendar(profile=replace(PROFILE, connected=False))), Obstacle.DISCONNECTED),
        (read(event_uid="evt_partner_00000000000000000000b001"), Obstacle.MANAGED),
        (read(event_uid="evt_externalx"), Obstacle.MANAGED),
        (replace(read(), calendar=calendar(readonly=True)), Obstacle.READ_ONLY),
        (read(options={"change_participation_status": False}), Obstacle.NOT_OFFERED),
        (read(options=None), Obstacle.NOT_OFFERED),
        (read(options={"change_participation_status": "true"}), Obstacle.NOT_OFFERED),
        (read(**OWN), Obstacle.NOT_INVITED),
        (read(**OWN | {"attendees": [JURIS]}), Obstacle.NOT_INVITED),
        (read(**OWN | {"attendees": [MIRA, JURIS], "organizer": MIRA}), Obstacle.NOT_INVITED),
        (read(attendees=[{"email": "team@example.org"}]), None),  # invited under another address; the provider knows
    ],
)
def test_obstacle_is_told(event: ExternalEvent, obstacle: Obstacle | None) -> None:
    assert event.obstacle(NOW) is obstacle


@pytest.mark.parametrize(
    ("zone", "obstacle"),
    [("Europe/Riga", None), ("Pacific/Auckland", Obstacle.OVER), ("America/New_York", None)],
)
def test_all_day_event_is_over_at_midnight_of_its_person(zone: str, obstacle: Obstacle | None) -> None:
    event = read(start="2026-11-22", end="2026-11-24")
    late = datetime(2026, 11, 23, 21, 30, tzinfo=UTC).astimezone(ZoneInfo(zone))

    assert event.obstacle(late) is obstacle


@pytest.mark.parametrize(("service", "removes"), [("gsuite", False), ("office365", True)])
def test_decline_is_as_risky_as_its_calendar(service: str, *, removes: bool) -> None:
    event = replace(read(), calendar=calendar(profile=replace(PROFILE, service=service)))

    assert event.declining_removes is removes


def test_decline_in_an_unknown_calendar_is_risky() -> None:
    assert replace(read(), calendar=None).declining_removes
