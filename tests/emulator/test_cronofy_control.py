"""Cronofy through the emulator's own API, beside a portal."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.emulator.cronofy.control import CronofyControl
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.cronofy.events import Event
from bot.emulator.cronofy.limits import RateLimit
from bot.emulator.cronofy.seed import MIRAS_OFFICE, demo_cronofy
from bot.emulator.portal import Portal
from bot.emulator.server import start
from tests.emulator.test_emulator_server import act

CLIENT = {"email": "nora@client.example", "name": "Nora Muster"}


@pytest.fixture
def cronofy(portal: Portal) -> Cronofy:
    return demo_cronofy(portal)


@pytest.fixture
async def http(portal: Portal, cronofy: Cronofy) -> AsyncIterator[httpx.AsyncClient]:
    running = await start(portal, cronofy=cronofy)
    async with httpx.AsyncClient(base_url=running.url, trust_env=False) as client:
        yield client
    await running.stop()


async def shown(http: httpx.AsyncClient, part: str, **query: int) -> Any:
    answer = await http.get(f"/emulator/cronofy/{part}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def event(cronofy: Cronofy, summary: str) -> Event:
    return next(event for event in cronofy.events.values() if event.summary == summary)


def calendar_id(cronofy: Cronofy, name: str) -> str:
    return next(place.calendar.id for place in cronofy.directory.places() if place.calendar.name == name)


# --- what is shown


async def test_state_shows_calendars_and_events_of_a_person(http: httpx.AsyncClient) -> None:
    (mira,) = (await shown(http, "state", user_id=17))["accounts"]
    office, google, holidays = mira["calendars"]

    assert (mira["user_id"], mira["email"], mira["connected"]) == (17, "mira@acme.example", False)
    assert (office["profile_name"], office["provider_service"]) == (MIRAS_OFFICE, "office365")
    assert (google["calendar_name"], holidays["calendar_readonly"]) == ("Mira", True)
    assert [(one["summary"], one["participation_status"], one["on_its_way"]) for one in office["events"]] == [
        ("Contract talk", "needs_action", None),
        ("Budget review", "needs_action", None),
        ("Newsletter webinar", "needs_action", None),
    ]


async def test_state_of_everybody_tells_whose_each_account_is(http: httpx.AsyncClient, cronofy: Cronofy) -> None:
    cronofy.add_account("Nobody here", "nobody@elsewhere.example")
    state = await shown(http, "state")

    assert [account["user_id"] for account in state["accounts"]] == [17, 31, None]
    assert state["waiting"] == {"answers": 0, "pushes": 0}
    assert sorted(state["options"]["decline_deletes"]) == ["exchange", "office365"]


async def test_state_tells_of_a_connection_until_it_is_revoked(http: httpx.AsyncClient, cronofy: Cronofy) -> None:
    account = next(iter(cronofy.directory.accounts.values()))
    cronofy.grant(cronofy.add_application([]), account)
    before = (await shown(http, "state", user_id=17))["accounts"][0]["connected"]
    await act(http, "cronofy/revoke", account_id=account.id)

    assert before
    assert not (await shown(http, "state", user_id=17))["accounts"][0]["connected"]


async def test_logs_are_paged(http: httpx.AsyncClient, cronofy: Cronofy) -> None:
    account = next(iter(cronofy.directory.accounts.values()))
    tokens = cronofy.grant(cronofy.add_application([]), account)
    for path in ("/v1/userinfo", "/v1/calendars"):
        cronofy.handle("GET", path, headers={"Authorization": f"Bearer {tokens.access_token}"})

    assert [call["name"] for call in await shown(http, "calls")] == ["userinfo", "calendars"]
    assert [call["path"] for call in await shown(http, "calls", after=1)] == ["/v1/calendars"]
    assert await shown(http, "pushes") == []
    assert tokens.access_token not in str(await shown(http, "calls"))


# --- what people do


async def test_event_is_added_to_a_calendar(http: httpx.AsyncClient, cronofy: Cronofy) -> None:
    calendar = calendar_id(cronofy, "Mira")
    uid = await act(
        http, "cronofy/add_event", calendar=calendar, title="Tea", start="2026-11-25T10:00:00", tz="Europe/Riga",
        minutes=30, organizer=CLIENT,
    )  # fmt: skip
    made = cronofy.events[uid]

    assert (made.summary, made.answer, made.changeable) == ("Tea", "needs_action", True)
    assert (made.span.start.isoformat(), str(made.span.end - made.span.start)) == (
        "2026-11-25T08:00:00+00:00",
        "0:30:00",
    )
    assert [guest.person.email for guest in made.attendees] == ["mira@acme.example", CLIENT["email"]]


async def test_events_are_answered_moved_and_cancelled_elsewhere(http: httpx.AsyncClient, cronofy: Cronofy) -> None:
    talk, call, fair = (event(cronofy, name) for name in ("Contract talk", "Supplier call", "Trade fair"))
    await act(http, "cronofy/answer_elsewhere", event_uid=talk.uid, answer="tentative")
    await act(http, "cronofy/move_event", event_uid=call.uid, start="2026-11-30T16:00:00")
    await act(http, "cronofy/cancel_event", event_uid=fair.uid, kept=True)

    assert talk.answer == "tentative"
    assert call.span.start.isoformat() == "2026-11-30T14:00:00+00:00"
    assert (fair.status, fair.deleted) == ("cancelled", False)


async def test_profile_is_disconnected_and_connected_again(http: httpx.AsyncClient, cronofy: Cronofy) -> None:
    profile = cronofy.directory.login(MIRAS_OFFICE)
    assert profile is not None
    profile.initial_sync_required = True
    await act(http, "cronofy/disconnect", profile=MIRAS_OFFICE)
    disconnected = profile.connected
    await act(http, "cronofy/reconnect", profile=profile.id)
    await act(http, "cronofy/finish_sync", profile=profile.id)

    assert (disconnected, profile.connected, profile.initial_sync_required) == (False, True, False)


async def test_application_is_made_for_a_bot_elsewhere(http: httpx.AsyncClient, cronofy: Cronofy) -> None:
    made = await act(http, "cronofy/create_app", redirect_uri="https://bot.example.org/cronofy")
    known = cronofy.directory.applications[made["client_id"]]

    assert known.client_secrets == [made["client_secret"]]
    assert known.admits("https://bot.example.org/cronofy")


async def test_notification_of_any_type_is_put(http: httpx.AsyncClient, cronofy: Cronofy) -> None:
    account = next(iter(cronofy.directory.accounts.values()))
    tokens = cronofy.grant(cronofy.add_application([]), account)
    headers = {"Authorization": f"Bearer {tokens.access_token}", "Content-Type": "application/json"}
    cronofy.handle("POST", "/v1/channels", headers=headers, body=b'{"callback_url": "https://bot.example.org/events"}')
    await act(http, "cronofy/push", account_id=account.id, kind="gdpr_requested")

    assert [push.kind for push in cronofy.pushes.pending] == ["verification", "gdpr_requested"]
    assert (await shown(http, "state"))["waiting"]["pushes"] == 2


# --- trouble


@pytest.mark.parametrize(
    ("kind", "more", "status", "body"),
    [
        ("refused", {"status": 402}, 402, ""),
        ("unprocessable", {"param": "event_uid", "key": "odd"}, 422, "errors.odd"),
        ("oauth", {"code": "invalid_client"}, 400, "invalid_client"),
        ("too_many", {"retry_after_s": 3}, 429, ""),
        ("html", {}, 503, "<html>"),
        ("slow", {"delay_s": 7}, 401, ""),
    ],
)
async def test_fault_meets_one_call(
    http: httpx.AsyncClient, cronofy: Cronofy, kind: str, more: dict[str, Any], status: int, body: str
) -> None:
    await act(http, "cronofy/fault", kind=kind, pattern="userinfo", **more)
    others = cronofy.handle("GET", "/v1/calendars")
    met = cronofy.handle("GET", "/v1/userinfo")

    assert (others.status, met.status) == (401, status)
    assert body in met.body.decode()
    assert met.delay_s == more.get("delay_s", 0)
    assert cronofy.handle("GET", "/v1/userinfo").status == 401


@pytest.mark.parametrize("kind", ["cut", "lost"])
async def test_fault_breaks_the_connection_off(http: httpx.AsyncClient, cronofy: Cronofy, kind: str) -> None:
    await act(http, "cronofy/fault", kind=kind)

    assert cronofy.handle("GET", "/v1/userinfo").cut


async def test_faults_are_called_off_apart_from_the_portals(
    http: httpx.AsyncClient, cronofy: Cronofy, portal: Portal
) -> None:
    await act(http, "fault", kind="cut")
    await act(http, "cronofy/fault", kind="cut")
    await act(http, "cronofy/calm")

    assert cronofy.faults.waiting() == []
    assert len(portal.faults.waiting()) == 1


async def test_limit_is_set_and_taken_away(http: httpx.AsyncClient, cronofy: Cronofy) -> None:
    await act(http, "cronofy/limit", per_second=2, per_minute=9)
    limited = cronofy.rest.limit
    await act(http, "cronofy/limit", per_second=0)

    assert limited == RateLimit(2, 9)
    assert cronofy.rest.limit is None


async def test_options_are_changed_and_shown(http: httpx.AsyncClient, cronofy: Cronofy) -> None:
    answered = await act(
        http, "cronofy/options", answer_delay_s=60, writes_apply=False, decline_deletes=["outlook_com"]
    )

    assert (cronofy.options.answer_delay_s, cronofy.options.writes_apply) == (60, False)
    assert cronofy.options.decline_deletes == {"outlook_com"}
    assert answered["decline_deletes"] == ["outlook_com"]


# --- what is wrong


@pytest.mark.parametrize(
    ("action", "arguments", "words"),
    [
        ("add_event", {"calendar": "cal_x", "title": "Tea", "start": "2026-11-25"}, "no calendar cal_x"),
        ("answer_elsewhere", {"event_uid": "evt_x", "answer": "accepted"}, "no event evt_x"),
        ("answer_elsewhere", {"event_uid": "evt_x", "answer": "perhaps"}, "answer"),
        ("disconnect", {"profile": "x"}, "no profile x"),
        ("revoke", {"account_id": "acc_x"}, "there is no acc_x"),
        ("options", {"no_such": 1}, "no such option: no_such"),
        ("options", {"stale_page": 500}, "stale_page"),
        ("fault", {"kind": "odd"}, "kind"),
    ],
)
async def test_own_api_says_what_is_wrong(
    http: httpx.AsyncClient, action: str, arguments: dict[str, Any], words: str
) -> None:
    answer = await http.post(f"/emulator/cronofy/{action}", json=arguments)

    assert answer.status_code == 400
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"start": "soon"}, "Invalid isoformat"),
        ({"start": "2026-11-25T10:00:00", "tz": "Mars/Base"}, "no such time zone"),
        ({"start": "9999-12-31T23:59:00", "minutes": 10**9}, "out of range"),
    ],
)
async def test_event_at_no_time_is_refused(
    http: httpx.AsyncClient, cronofy: Cronofy, given: dict[str, Any], words: str
) -> None:
    before = len(cronofy.events)
    wanted = {"calendar": calendar_id(cronofy, "Mira"), "title": "Tea", **given}
    answer = await http.post("/emulator/cronofy/add_event", json=wanted)

    assert (answer.status_code, len(cronofy.events)) == (400, before)
    assert words in answer.json()["error"]


async def test_every_action_says_that_it_does_not_know_an_argument(
    http: httpx.AsyncClient, portal: Portal, cronofy: Cronofy
) -> None:
    for action in CronofyControl(cronofy, portal.users)._actions:
        answer = await http.post(f"/emulator/cronofy/{action}", json={"nonsense": 1})

        assert (answer.status_code, "nonsense" in answer.json()["error"]) == (400, True), action


async def test_unknown_addresses(http: httpx.AsyncClient) -> None:
    assert (await http.get("/emulator/cronofy/nothing")).status_code == 404
    assert (await http.post("/emulator/cronofy/nothing", json={})).status_code == 404


async def test_portal_alone_has_no_such_api(portal: Portal) -> None:
    running = await start(portal)
    async with httpx.AsyncClient(base_url=running.url, trust_env=False) as http:
        answers = [await http.get("/emulator/cronofy/state"), await http.post("/emulator/cronofy/calm", json={})]
    await running.stop()

    assert [answer.status_code for answer in answers] == [404, 404]


async def test_own_api_is_not_served_under_foreign_names(http: httpx.AsyncClient) -> None:
    """A foreign site could give its own name our address."""
    answer = await http.post("/emulator/cronofy/calm", json={}, headers={"Host": "evil.example"})

    assert answer.status_code == 403
