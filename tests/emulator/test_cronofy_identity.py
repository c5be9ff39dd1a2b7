"""Who and what is connected (Cronofy's contract, section 3)."""

import re

import pytest

from bot.emulator.clock import ManualClock
from tests.emulator import cronofy_shapes as shapes
from tests.emulator.cronofy_desk import SCOPE, Desk


@pytest.fixture
def desk(clock: ManualClock) -> Desk:
    return Desk.connected(clock)


def test_userinfo_tells_person_profiles_and_calendars(desk: Desk) -> None:
    body = desk.call("GET", "userinfo").body
    data = body["cronofy.data"]

    assert shapes.differences(body, shapes.USERINFO) == []
    assert (body["sub"], body["email"], body["zoneinfo"]) == (desk.mira.id, "mira@example.org", "Europe/Riga")
    assert data["authorization"] == {"scope": SCOPE, "status": "active"}
    assert [profile["profile_name"] for profile in data["profiles"]] == ["mira@example.org", "mira@office.example"]
    assert data["profiles"][1]["provider_name"] == "exchange"
    assert data["profiles"][1]["provider_service"] == "office365"
    assert data["profiles"][1]["profile_calendars"][0]["calendar_id"] == desk.outlook.id


def test_profiles_are_those_of_userinfo(desk: Desk) -> None:
    data = desk.call("GET", "userinfo").body["cronofy.data"]

    assert desk.call("GET", "profiles").body == {"profiles": data["profiles"]}


def test_a_disconnected_profile_says_where_to_connect_it_again(desk: Desk) -> None:
    desk.cronofy.disconnect(desk.google)
    first, second = desk.call("GET", "profiles").body["profiles"]
    path = first["profile_relink_url"].removeprefix("https://app.cronofy.com")

    assert shapes.differences(first, shapes.DISCONNECTED) == []
    assert not first["profile_connected"]
    assert "profile_relink_url" not in second

    assert "Connect mira@example.org again" in desk.send("GET", path).body
    assert not desk.google.connected
    assert "is connected" in desk.send("GET", path, "answer=agree").body
    assert desk.call("GET", "profiles").body["profiles"][0]["profile_connected"]
    assert desk.send("GET", "/relink/nobody").status == 404


def test_a_profile_is_reconnected_by_its_owner(desk: Desk) -> None:
    desk.cronofy.disconnect(desk.google)
    desk.came_back("mira@example.org")
    desk.cronofy.disconnect(desk.office)
    desk.cronofy.reconnect(desk.office)

    assert all(profile["profile_connected"] for profile in desk.call("GET", "profiles").body["profiles"])


def test_calendars_with_their_flags(desk: Desk) -> None:
    desk.cronofy.add_calendar(desk.google, "Public holidays", readonly=True)
    old = desk.cronofy.add_calendar(desk.google, "Old", calendar_id="cal_plain")
    old.deleted = True
    old.permission_level = "unrestricted"
    body = desk.call("GET", "calendars").body

    assert shapes.differences(body, shapes.CALENDARS) == []
    assert body["sub"] == desk.mira.id
    assert [
        (item["calendar_name"], item["calendar_readonly"], item["calendar_deleted"], item["calendar_primary"])
        for item in body["calendars"]
    ] == [
        ("Mira", False, False, True),
        ("Public holidays", True, False, False),
        ("Old", False, True, False),
        ("Calendar", False, False, True),
    ]
    assert body["calendars"][2]["permission_level"] == "unrestricted"
    assert body["calendars"][3]["profile_name"] == "mira@office.example"


def test_ids_look_as_usual(desk: Desk) -> None:
    assert re.fullmatch("acc_[0-9a-f]{24}", desk.mira.id)
    assert re.fullmatch(r"cal_[\w@]{39}", desk.calendar.id)
    assert "@" in desk.calendar.id
    assert re.fullmatch("evt_external_[0-9a-f]{24}", desk.invite().uid)
    assert re.fullmatch("evt_partner_[0-9a-f]{24}", desk.invite(event_id="own-1").uid)


def test_a_profile_that_was_never_synced_has_nothing_yet(desk: Desk) -> None:
    desk.invite()
    desk.google.initial_sync_required = True

    assert desk.call("GET", "profiles").body["profiles"][0]["profile_initial_sync_required"]
    assert desk.summaries() == []
    desk.cronofy.finish_sync(desk.google)
    assert desk.summaries() == ["Supplier call"]
    assert not desk.call("GET", "profiles").body["profiles"][0]["profile_initial_sync_required"]


def test_an_account_may_be_locked(desk: Desk) -> None:
    desk.mira.locked = True

    assert desk.call("GET", "userinfo").status == 423
