"""What the chat page is shown of calendars outside the portal."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from bot.emulator import faults as common
from bot.emulator.clock import ManualClock
from bot.emulator.cronofy import faults
from bot.emulator.cronofy.accounts import Application
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.cronofy.events import Event
from bot.emulator.cronofy.seed import MIRAS_OFFICE, demo_cronofy
from bot.emulator.page.view import view
from bot.emulator.portal import Portal

MIRA, OLGA, JURIS = 17, 31, 23
KINDS = {"cronofy", "account", "external", "cronofy-call", "cronofy-fault"}


@pytest.fixture
def cronofy(portal: Portal) -> Cronofy:
    return demo_cronofy(portal)


@pytest.fixture
def application(cronofy: Cronofy) -> Application:
    return cronofy.add_application(["https://bot.example.org/cronofy"])


def shown(portal: Portal, cronofy: Cronofy | None) -> dict[str, Any]:
    return dict(view(portal, cronofy, shared_clock=True, windows=1))


def event(cronofy: Cronofy, summary: str) -> Event:
    return next(event for event in cronofy.events.values() if event.summary == summary)


def answer(cronofy: Cronofy, application: Application, event: Event, status: str) -> None:
    """Let the bot answer an event of Mira's."""
    place = cronofy.directory.place_of(event.uid)
    token = cronofy.grant(application, place.account).access_token
    path = f"/v1/calendars/{quote(place.calendar.id, safe='')}/events/{event.uid}/participation_status"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    assert cronofy.handle("POST", path, headers=headers, body=json.dumps({"status": status}).encode()).status == 202


def test_view_of_a_portal_alone_has_nothing_of_it(portal: Portal) -> None:
    assert {key.partition("/")[0] for key in shown(portal, None)}.isdisjoint(KINDS)


def test_view_is_plain_json(portal: Portal, cronofy: Cronofy, application: Application) -> None:
    answer(cronofy, application, event(cronofy, "Contract talk"), "accepted")
    cronofy.faults.add("*", faults.refused(503))

    everything = shown(portal, cronofy)

    assert json.loads(json.dumps(everything)) == everything
    assert {key.partition("/")[0] for key in everything} >= KINDS


def test_view_shows_logins_and_calendars_of_a_person(portal: Portal, cronofy: Cronofy) -> None:
    everything = shown(portal, cronofy)
    office, google = everything[f"account/{MIRA}"]["logins"]

    assert (office["name"], office["service"], office["connected"]) == (MIRAS_OFFICE, "office365", True)
    assert [(calendar["name"], calendar["readonly"]) for calendar in google["calendars"]] == [
        ("Mira", False),
        ("Public holidays", True),
    ]
    assert f"account/{OLGA}" in everything
    assert f"account/{JURIS}" not in everything


def test_view_leaves_out_what_was_given_back_or_deleted(portal: Portal, cronofy: Cronofy) -> None:
    office, google = (cronofy.directory.login(name) for name in (MIRAS_OFFICE, "mira@acme.example"))
    assert office is not None
    assert google is not None
    talk, call = event(cronofy, "Contract talk"), event(cronofy, "Supplier call")
    office.revoked = True
    google.calendars[0].deleted = True
    everything = shown(portal, cronofy)

    (login,) = everything[f"account/{MIRA}"]["logins"]
    assert [calendar["name"] for calendar in login["calendars"]] == ["Public holidays"]
    assert {f"external/{talk.uid}", f"external/{call.uid}"}.isdisjoint(everything)


def test_view_tells_whether_the_bot_is_connected(portal: Portal, cronofy: Cronofy, application: Application) -> None:
    account = cronofy.directory.account_of("mira@acme.example")
    assert account is not None
    apart = shown(portal, cronofy)[f"account/{MIRA}"]["connected"]
    cronofy.grant(application, account)
    together = shown(portal, cronofy)[f"account/{MIRA}"]["connected"]
    cronofy.revoke(account)

    assert (apart, together, shown(portal, cronofy)[f"account/{MIRA}"]["connected"]) == (False, True, False)


def test_view_tells_of_a_login_that_lets_nobody_in(portal: Portal, cronofy: Cronofy) -> None:
    office = cronofy.directory.login(MIRAS_OFFICE)
    assert office is not None
    cronofy.disconnect(office)
    office.initial_sync_required = True

    login = shown(portal, cronofy)[f"account/{MIRA}"]["logins"][0]

    assert (login["connected"], login["syncing"]) == (False, True)


def test_view_follows_an_answer_on_its_way(
    portal: Portal, cronofy: Cronofy, application: Application, clock: ManualClock
) -> None:
    talk = event(cronofy, "Contract talk")
    states = []
    for act in (
        lambda: None,
        lambda: answer(cronofy, application, talk, "tentative"),
        lambda: answer(cronofy, application, talk, "accepted"),
        lambda: clock.advance(3) or cronofy.events,
    ):
        act()
        seen = shown(portal, cronofy)[f"external/{talk.uid}"]
        states.append((seen["answer"], seen["sent"]))

    assert states == [
        ("needs_action", None),
        ("needs_action", "tentative"),
        ("needs_action", "accepted"),
        ("accepted", None),
    ]


def test_view_tells_that_a_declined_event_was_removed(
    portal: Portal, cronofy: Cronofy, application: Application, clock: ManualClock
) -> None:
    talk = event(cronofy, "Contract talk")
    answer(cronofy, application, talk, "declined")
    clock.advance(3)
    assert cronofy.events

    seen = shown(portal, cronofy)[f"external/{talk.uid}"]

    assert (seen["answer"], seen["removed"], seen["cancelled"]) == ("declined", True, False)


def test_view_tells_that_an_event_was_cancelled(portal: Portal, cronofy: Cronofy) -> None:
    talk = event(cronofy, "Contract talk")
    cronofy.cancel_event(talk.uid, kept=True)

    seen = shown(portal, cronofy)[f"external/{talk.uid}"]

    assert (seen["removed"], seen["cancelled"]) == (False, True)


def test_view_gives_times_as_instants_and_whole_days_as_dates(portal: Portal, cronofy: Cronofy) -> None:
    calendar = cronofy.directory.place_of(event(cronofy, "Trade fair").uid).calendar
    call = cronofy.add_event(calendar, "Call", start="2026-11-25T10:00:00", tz="Europe/Riga", minutes=45)
    fair = cronofy.add_event(calendar, "Fair", start="2026-11-27", days=2)
    everything = shown(portal, cronofy)
    timed, whole = everything[f"external/{call.uid}"], everything[f"external/{fair.uid}"]

    assert (timed["all_day"], timed["starts"], timed["ends"]) == (False, "2026-11-25T08:00:00Z", "2026-11-25T08:45:00Z")
    assert (whole["all_day"], whole["starts"], whole["ends"]) == (True, "2026-11-27", "2026-11-28")


def test_view_tells_who_organises_and_whether_that_can_be_answered(portal: Portal, cronofy: Cronofy) -> None:
    everything = shown(portal, cronofy)
    talk, webinar, dentist = (
        everything[f"external/{event(cronofy, name).uid}"]
        for name in ("Contract talk", "Newsletter webinar", "Dentist")
    )

    assert (talk["organizer"], talk["changeable"], talk["location"]) == ("Nora Muster", True, "Room 7")
    assert (webinar["organizer"], webinar["changeable"]) == ("Nora Muster", False)
    assert (dentist["organizer"], dentist["answer"]) == (None, "accepted")


def test_view_shows_calls_of_the_bot_and_whose_they_were(
    portal: Portal, cronofy: Cronofy, application: Application
) -> None:
    account = cronofy.directory.account_of("mira@acme.example")
    assert account is not None
    token = cronofy.grant(application, account).access_token
    cronofy.handle("GET", "/oauth/authorize", f"client_id={application.client_id}")
    cronofy.handle("GET", "/v1/events", "tzid=Etc/UTC", {"Authorization": f"Bearer {token}"})
    cronofy.handle("GET", "/v1/userinfo")
    calls = [value for key, value in shown(portal, cronofy).items() if key.startswith("cronofy-call/")]

    assert [(call["name"], call["address"], call["user"], call["status"]) for call in calls] == [
        ("events", "GET /v1/events", MIRA, 200),
        ("userinfo", "GET /v1/userinfo", None, 401),
    ]
    assert json.loads(calls[0]["params"]) == {"tzid": "Etc/UTC"}
    assert token not in json.dumps(calls)


def test_view_shows_the_trouble_that_waits(portal: Portal, cronofy: Cronofy) -> None:
    cronofy.faults.add("*", faults.refused(401))
    cronofy.faults.add("events", common.slow(6.0))
    before = shown(portal, cronofy)
    cronofy.handle("GET", "/v1/events")
    cronofy.handle("GET", "/v1/events")
    after = shown(portal, cronofy)

    assert before["cronofy-fault/0"] == {"no": 0, "kind": "page", "status": 401}
    assert before["cronofy-fault/1"] == {"no": 1, "kind": "slow", "status": 0}
    assert not [key for key in after if key.startswith("cronofy-fault/")]


def test_account_without_an_employee_is_not_shown(portal: Portal, cronofy: Cronofy) -> None:
    cronofy.add_account("Nobody here", "nobody@elsewhere.example")
    cronofy.add_account("Without an address", "")
    portal.add_user(50, "Nora", "New")

    accounts = [key for key in shown(portal, cronofy) if key.startswith("account/")]

    assert accounts == [f"account/{MIRA}", f"account/{OLGA}"]


def test_change_is_told_of_calls_and_of_answers_that_arrive(
    cronofy: Cronofy, application: Application, clock: ManualClock
) -> None:
    heard: list[str] = []
    talk = event(cronofy, "Contract talk")
    cronofy.on_change.append(lambda: heard.append(f"{talk.answer}"))
    answer(cronofy, application, talk, "accepted")
    assert cronofy.events
    clock.advance(3)
    assert cronofy.events

    assert heard == ["needs_action", "accepted"]
