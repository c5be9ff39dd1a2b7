"""Read Events: parameters, pages, times, fields (Cronofy's contract, section 4)."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.emulator.clock import ManualClock
from bot.emulator.cronofy.events import Attendee, Conferencing, Location, Person
from tests.emulator import cronofy_shapes as shapes
from tests.emulator.cronofy_desk import Desk


@pytest.fixture
def desk(clock: ManualClock) -> Desk:
    """It is Monday, 2026-11-23 09:00 UTC."""
    return Desk.connected(clock)


def only(desk: Desk, **query: str) -> dict[str, Any]:
    (event,) = desk.read(**query).body["events"]
    found: dict[str, Any] = event
    return found


def error(desk: Desk, query: str) -> Any:
    answer = desk.call("GET", "events", query=query)
    assert answer.status == 422
    return answer.body["errors"]


# -- 4.1


def test_the_zone_is_required(desk: Desk) -> None:
    assert error(desk, "") == {"tzid": [{"key": "errors.required", "description": "required"}]}
    for zone in ("Mars/Base", "Europe", "../etc", "%00"):
        assert error(desk, f"tzid={zone}")["tzid"][0]["key"] == "errors.invalid"


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("from=24.11.2026", "from"),
        ("to=2026-11-31", "to"),
        ("from=2026-11-24T09:00:00Z", "from"),
        ("last_modified=2026-11-24", "last_modified"),
        ("calendar_ids=cal_1", "calendar_ids"),
    ],
)
def test_parameters_are_checked(desk: Desk, query: str, param: str) -> None:
    assert list(error(desk, f"tzid=Etc/UTC&{query}")) == [param]


def test_a_window_has_what_ends_on_its_first_day_and_starts_before_its_last(desk: Desk) -> None:
    for summary, start in (
        ("ended before", "2026-11-23T22:30:00"),
        ("ends at midnight", "2026-11-23T23:00:00"),
        ("inside", "2026-11-24T12:00:00"),
        ("late on the last", "2026-11-25T23:30:00"),
        ("starts at midnight", "2026-11-26T00:00:00"),
    ):
        desk.invite(summary=summary, start=start, minutes=60)

    found = desk.summaries(from_="2026-11-24", to="2026-11-26")

    assert found == ["ends at midnight", "inside", "late on the last"]
    assert desk.summaries(from_="2026-11-26", to="2026-11-26") == ["late on the last"]


def test_days_are_those_of_the_zone(desk: Desk) -> None:
    desk.invite(start="2026-11-24T23:30:00", minutes=15, tz="Etc/UTC")
    params = "from=2026-11-25&to=2026-11-26"

    there = desk.call("GET", "events", query=f"tzid=Asia/Tokyo&{params}").body["events"]
    here = desk.call("GET", "events", query=f"tzid=Etc/UTC&{params}").body["events"]

    assert (len(there), len(here)) == (1, 0)


def test_all_day_events_are_compared_by_day(desk: Desk) -> None:
    desk.invite(summary="fair", start="2026-11-24", days=2)

    assert desk.summaries(from_="2026-11-26", to="2026-11-27") == ["fair"]
    assert desk.summaries(from_="2026-11-27", to="2026-11-28") == []
    assert desk.summaries(to="2026-11-24") == []
    assert desk.summaries(to="2026-11-25") == ["fair"]


def test_what_is_not_synced_is_not_found(desk: Desk) -> None:
    for summary, day in (
        ("too old", "2026-10-10"),
        ("old", "2026-10-12"),
        ("far", "2027-06-11"),
        ("too far", "2027-06-12"),
    ):
        desk.invite(summary=summary, start=f"{day}T12:00:00")

    assert desk.summaries() == ["old", "far"]
    assert desk.summaries(from_="2020-01-01", to="2030-01-01") == ["old", "far"]


def test_calendars_are_chosen_by_repeating_the_key(desk: Desk) -> None:
    third = desk.cronofy.add_calendar(desk.google, "Third")
    for calendar, summary in ((desk.calendar, "one"), (desk.outlook, "two"), (third, "three")):
        desk.invite(calendar, summary)

    assert sorted(desk.summaries()) == ["one", "three", "two"]
    assert desk.summaries(desk.outlook.id) == ["two"]
    assert sorted(desk.summaries(desk.outlook.id, third.id)) == ["three", "two"]
    assert desk.summaries("cal_unknown") == []


def test_changes_are_read_from_an_instant_on(desk: Desk, clock: ManualClock) -> None:
    event = desk.invite(summary="old")
    clock.advance(60)
    desk.invite(summary="new")

    assert sorted(desk.summaries(last_modified="2026-11-23T09:00:00Z")) == ["new", "old"]
    assert desk.summaries(last_modified="2026-11-23T09:01:00Z") == ["new"]
    assert desk.summaries(last_modified="2026-11-23T09:01:01Z") == []
    clock.advance(60)
    desk.cronofy.answer_elsewhere(event.uid, "accepted")
    assert desk.summaries(last_modified="2026-11-23T09:01:01Z") == ["old"]


def test_own_events_are_read_on_request(desk: Desk) -> None:
    desk.invite(summary="foreign", start="2026-11-24T09:00:00")
    desk.invite(summary="ours", start="2026-11-24T10:00:00", event_id="own-1")

    assert desk.summaries() == ["foreign"]
    assert desk.summaries(include_managed="true") == ["foreign", "ours"]
    assert desk.summaries(include_managed="True") == ["foreign", "ours"]
    assert desk.summaries(only_managed="true") == ["ours"]


def test_cancelled_events_are_read_on_request(desk: Desk) -> None:
    gone, kept = desk.invite(summary="gone"), desk.invite(summary="kept")
    desk.cronofy.cancel_event(gone.uid)
    desk.cronofy.cancel_event(kept.uid, kept=True)

    assert desk.summaries() == ["kept"]
    found = {event["summary"]: event for event in desk.read(include_deleted="true").body["events"]}
    assert [found[name]["deleted"] for name in ("gone", "kept")] == [True, False]
    assert {event["status"] for event in found.values()} == {"cancelled"}
    assert not found["gone"]["options"]["change_participation_status"]


def test_moved_events_are_read_on_request(desk: Desk) -> None:
    desk.cronofy.move_event(desk.invite().uid, "2026-12-01T11:00:00")
    week = {"from_": "2026-11-23", "to": "2026-11-30"}

    assert desk.summaries(**week) == []
    event = only(desk, include_moved="true", **week)
    assert (event["start"], event["end"]) == ("2026-12-01T09:00:00Z", "2026-12-01T09:45:00Z")


def test_an_all_day_event_keeps_its_days_when_it_moves(desk: Desk) -> None:
    desk.cronofy.move_event(desk.invite(start="2026-11-24", days=3).uid, "2026-12-01")

    assert (only(desk)["start"], only(desk)["end"]) == ("2026-12-01", "2026-12-04")


def test_a_deleted_calendar_has_no_events(desk: Desk) -> None:
    desk.invite()
    desk.calendar.deleted = True

    assert desk.summaries() == []


def test_other_accounts_are_not_read(desk: Desk) -> None:
    olga = desk.cronofy.add_account("Olga", "olga@example.org")
    desk.invite(desk.cronofy.add_calendar(desk.cronofy.add_profile(olga, "olga@example.org"), "Olga"))

    assert desk.summaries() == []


# -- 4.2


def pages(desk: Desk, **query: str) -> list[Any]:
    found = [desk.read(**query)]
    while found[-1].body["pages"].get("next_page"):
        found.append(desk.call("GET", found[-1].body["pages"]["next_page"].removeprefix("https://api.cronofy.com/v1/")))
    return [answer.body for answer in found]


def test_nothing_is_one_empty_page(desk: Desk) -> None:
    assert desk.read().body == {"pages": {"current": 1, "total": 1}, "events": []}


def test_pages_follow_each_other(desk: Desk) -> None:
    desk.options.page_size = 2
    for number in range(5):
        desk.invite(summary=str(number), start=f"2026-11-24T1{number}:00:00")
    found = pages(desk)

    assert [[event["summary"] for event in page["events"]] for page in found] == [["0", "1"], ["2", "3"], ["4"]]
    assert [(page["pages"]["current"], page["pages"]["total"]) for page in found] == [(1, 3), (2, 3), (3, 3)]
    assert shapes.differences(found[0]["pages"], shapes.MORE_PAGES) == []
    assert shapes.differences(found[2]["pages"], shapes.PAGES) == []
    assert urlsplit(found[0]["pages"]["next_page"])[:2] == ("https", "api.cronofy.com")


def test_the_last_page_may_have_an_empty_next(desk: Desk) -> None:
    desk.options.last_page = "empty"

    assert desk.read().body["pages"] == {"current": 1, "total": 1, "next_page": ""}


def next_page(desk: Desk) -> str:
    desk.options.page_size = 1
    desk.invite()
    desk.invite()
    address: str = desk.read().body["pages"]["next_page"]
    return address


def test_a_page_may_lead_to_a_foreign_host(desk: Desk) -> None:
    desk.options.next_page_origin = "https://evil.example.org"

    assert next_page(desk).startswith("https://evil.example.org/v1/events/pages/")


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_is_not_kept_for_ever(desk: Desk, clock: ManualClock, status: Any) -> None:
    desk.options.stale_page = status
    path = next_page(desk).removeprefix("https://api.cronofy.com/v1/")

    clock.advance(300)
    assert desk.call("GET", path).status == 200
    assert desk.call("GET", path).status == 200
    clock.advance(1)
    assert desk.call("GET", path).status == status


def test_a_page_is_its_readers(desk: Desk) -> None:
    path = next_page(desk).removeprefix("https://api.cronofy.com/v1/")
    olga = desk.cronofy.add_account("Olga", "olga@example.org")
    hers = desk.cronofy.grant(desk.application, olga).access_token

    assert desk.call("GET", path, token=hers).status == 404
    assert desk.call("GET", "events/pages/nonsense").status == 404
    assert desk.call("GET", path, token="").status == 401


# -- 4.3


def test_instants_are_utc_and_whole_seconds(desk: Desk) -> None:
    desk.invite()
    event = only(desk)

    assert (event["start"], event["end"]) == ("2026-11-24T09:00:00Z", "2026-11-24T09:45:00Z")
    assert event["created"] == event["updated"] == "2026-11-23T09:00:00Z"


def test_days_end_on_the_day_after_the_last(desk: Desk) -> None:
    desk.invite(start="2026-12-01", days=2)

    assert (only(desk)["start"], only(desk)["end"]) == ("2026-12-01", "2026-12-03")


def test_local_times_come_with_their_zone(desk: Desk) -> None:
    desk.invite()
    desk.invite(start="2026-12-01", days=2)
    desk.invite(start="2026-12-05T10:00:00", tz="")
    timed, fair, zoneless = desk.read(localized_times="true").body["events"]

    assert shapes.differences(timed, shapes.LOCAL_INVITATION) == []
    assert shapes.differences(fair, shapes.LOCAL_INVITATION) == []
    assert timed["start"] == {"time": "2026-11-24T11:00:00+02:00", "tzid": "Europe/Riga"}
    assert fair["end"] == {"time": "2026-12-03", "tzid": "Europe/Riga"}
    assert zoneless["start"] == {"time": "2026-12-05T10:00:00+00:00", "tzid": "Etc/UTC"}


def test_summer_time_is_the_zones(desk: Desk) -> None:
    desk.invite(start="2027-05-03T11:00:00")

    assert only(desk)["start"] == "2027-05-03T08:00:00Z"
    assert only(desk, localized_times="true")["start"]["time"] == "2027-05-03T11:00:00+03:00"


def test_created_may_be_absurd(desk: Desk) -> None:
    desk.invite(created="0000-12-29T00:00:00Z")

    assert only(desk)["created"] == "0000-12-29T00:00:00Z"


# -- 4.4


def test_an_invitation_is_described(desk: Desk) -> None:
    desk.invite(guests=[Attendee(Person("x@example.net"), "unknown")])
    event = only(desk)

    assert shapes.differences(event, shapes.INVITATION) == []
    assert event["attendees"] == [
        {"email": "mira@example.org", "display_name": "Mira Testova", "status": "needs_action"},
        {"email": "juris@example.net", "display_name": "Juris Paraugs", "status": "accepted"},
        {"email": "x@example.net", "display_name": None, "status": "unknown"},
    ]
    assert event["organizer"] == {"email": "juris@example.net", "display_name": "Juris Paraugs"}
    assert event["participation_status"] == "needs_action"
    assert event["options"] == {"delete": False, "update": False, "change_participation_status": True}


def test_an_own_entry_has_nobody_to_answer_to(desk: Desk) -> None:
    desk.cronofy.add_event(desk.calendar, "Own note", start="2026-11-26")
    event = only(desk)

    assert shapes.differences(event, shapes.OWN_EVENT) == []
    assert (event["participation_status"], event["attendees"]) == ("accepted", [])
    assert not event["options"]["change_participation_status"]


def test_an_event_that_we_made_is_described(desk: Desk) -> None:
    desk.cronofy.add_event(desk.calendar, "Ours", start="2026-11-26T10:00:00", event_id="own-1")
    event = only(desk, include_managed="true")

    assert shapes.differences(event, shapes.PARTNER_EVENT) == []
    assert event["options"] == {"delete": True, "update": True, "change_participation_status": False}


def test_place_and_conference_are_described(desk: Desk) -> None:
    meet = Conferencing("google_meet", "https://meet.example.org/abc")
    desk.invite(location=Location("Room 4", "56.9", "24.1"), conferencing=meet)

    assert shapes.differences(only(desk), shapes.REMOTE_INVITATION) == []
    assert only(desk, include_geo="true")["location"] == {"description": "Room 4", "lat": "56.9", "long": "24.1"}


def test_rarer_fields_are_there_when_they_are_known(desk: Desk) -> None:
    desk.invite(
        private=True,
        meeting_url="https://meet.example.org/x",
        extended_transparency="tentative",
        categories=("red",),
        google_event_id="g-1",
        status="tentative",
    )
    event = only(desk, google_event_ids="true")

    assert event["event_private"]
    assert event["meeting_url"] == "https://meet.example.org/x"
    assert event["extended_transparency"] == "tentative"
    assert (event["categories"], event["status"]) == (["red"], "tentative")
    assert event["google_event_id"] == "g-1"
    assert "google_event_id" not in only(desk)


def test_everything_beyond_ids_and_times_may_be_missing(desk: Desk) -> None:
    missing = {"description", "created", "updated", "attendees", "event_private", "options"}
    desk.cronofy.add_event(desk.calendar, "Day off", start="2026-12-24", answer="unknown", left_out=frozenset(missing))

    assert shapes.differences(only(desk), shapes.BARE_EVENT) == []


def test_a_series_comes_as_occurrences(desk: Desk) -> None:
    desk.cronofy.add_series(
        desk.calendar,
        "Stand-up",
        start="2027-03-25T09:15:00",
        tz="Europe/Riga",
        occurrences=2,
        organizer=Person("juris@example.net"),
    )
    first, second = desk.read().body["events"]

    assert shapes.differences(first, shapes.OCCURRENCE) == []
    assert first["series_identifier"] == second["series_identifier"]
    assert first["event_uid"] != second["event_uid"]
    assert first["recurring"]
    assert second["recurring"]
    assert [first["start"], second["start"]] == ["2027-03-25T07:15:00Z", "2027-04-01T06:15:00Z"]


def test_titles_are_shown_as_they_are(desk: Desk) -> None:
    desk.invite(summary="[send=x]<b>& «ё»")

    assert desk.summaries() == ["[send=x]<b>& «ё»"]
