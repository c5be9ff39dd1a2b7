"""The portal on a socket, and its own API."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from aiohttp import web

from bot.emulator import faults
from bot.emulator.clock import ManualClock
from bot.emulator.control import Control
from bot.emulator.php import decode
from bot.emulator.portal import Portal
from bot.emulator.queue import CONTENT_TYPE
from bot.emulator.server import Running, start


class Slept:
    """Stands where waiting would be and remembers how long it would have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def slept() -> Slept:
    return Slept()


@pytest.fixture
async def running(portal: Portal, slept: Slept) -> AsyncIterator[Running]:
    started = await start(portal, sleep=slept)
    yield started
    await started.stop()


@pytest.fixture
async def http(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=running.url) as client:
        yield client


class Sink:
    """A receiver of events on a socket."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.url = ""

    async def receive(self, request: web.Request) -> web.Response:
        self.events.append((request.headers["Content-Type"], dict(decode((await request.read()).decode()))))
        return web.Response()


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    made = Sink()
    application = web.Application()
    application.router.add_post("/events", made.receive)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/events"
    yield made
    await runner.cleanup()


async def act(http: httpx.AsyncClient, action: str, **arguments: Any) -> Any:
    answer = await http.post(f"/emulator/{action}", json=arguments)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


async def delivered(http: httpx.AsyncClient, count: int) -> list[dict[str, Any]]:
    """Wait until so many events have been delivered: each look lets the loop go on."""
    for _ in range(1000):
        events: list[dict[str, Any]] = (await http.get("/emulator/events")).json()
        if len(events) >= count:
            return events
    raise AssertionError(f"only {len(events)} events")


async def test_the_portal_is_where_it_listens(running: Running, portal: Portal) -> None:
    assert portal.options.domain == f"127.0.0.1:{running.port}"
    assert portal.options.client_endpoint == f"{running.url}/rest/"
    assert portal.options.server_endpoint == f"{running.url}/rest/"


async def test_rest_and_oauth_over_the_socket(http: httpx.AsyncClient, portal: Portal) -> None:
    app = await act(http, "create_app", handler_url="http://127.0.0.1/h", install_url="http://127.0.0.1:1/i")
    known = portal.oauth.apps[app["client_id"]]
    pair = portal.oauth.issue(known, 17)
    query = {"client_id": known.client_id, "client_secret": app["client_secret"], "grant_type": "refresh_token"}

    profile = await http.post("/rest/profile", json={"auth": pair.access_token})
    tokens = await http.get("/oauth/token/", params={**query, "refresh_token": pair.refresh_token})
    page = await http.get("/oauth/authorize/", params={"client_id": known.client_id, "state": "s", "login": "17"})

    assert profile.json()["result"]["ID"] == "17"
    assert tokens.json()["user_id"] == 17
    assert page.headers["Location"].startswith("http://127.0.0.1/h?code=")


async def test_events_are_delivered(http: httpx.AsyncClient, sink: Sink, portal: Portal) -> None:
    app = await act(http, "create_app", handler_url=sink.url, install_url=sink.url)
    token = portal.oauth.issue(portal.oauth.apps[app["client_id"]], 1).access_token
    fields = {"code": "b", "properties": {"name": "B"}, "eventMode": "webhook", "webhookUrl": sink.url}
    await http.post("/rest/imbot.v2.Bot.register", json={"auth": token, "fields": fields})
    said = await act(http, "say", user_id=17, text="accept 651")

    await delivered(http, 3)

    assert [event["event"] for _, event in sink.events] == ["ONAPPINSTALL", "ONIMBOTV2JOINCHAT", "ONIMBOTV2MESSAGEADD"]
    assert {kind for kind, _ in sink.events} == {CONTENT_TYPE}
    assert sink.events[-1][1]["data"]["message"]["id"] == str(said["id"])


async def test_an_application_is_installed_when_its_administrator_says_so(
    http: httpx.AsyncClient, sink: Sink, portal: Portal
) -> None:
    app = portal.create_app(sink.url, sink.url)
    assert not app.installed
    await act(http, "install", client_id=app.client_id)

    await delivered(http, 1)
    assert app.installed
    assert [event["event"] for _, event in sink.events] == ["ONAPPINSTALL"]


async def test_an_unreachable_receiver_is_not_asked_again(http: httpx.AsyncClient) -> None:
    await act(http, "create_app", handler_url="http://127.0.0.1:1/", install_url="http://127.0.0.1:1/")

    assert [event["status"] for event in await delivered(http, 1)] == [0]


async def test_moving_the_clock_wakes_a_delayed_event(http: httpx.AsyncClient, sink: Sink, clock: ManualClock) -> None:
    await act(http, "trouble", kind="delay", pattern="*", delay_s=3600)
    await act(http, "create_app", handler_url=sink.url, install_url=sink.url)
    assert (await http.get("/emulator/state")).json()["waiting_events"] == 1

    await act(http, "advance", seconds=3600)

    assert [event["status"] for event in await delivered(http, 1)] == [200]


async def test_slow_answers_sleep_and_cut_ones_break_off(http: httpx.AsyncClient, portal: Portal, slept: Slept) -> None:
    portal.faults.add("profile", faults.slow(5))
    portal.faults.add("profile", faults.cut())

    assert (await http.get("/rest/profile")).json()["error"] == "NO_AUTH_FOUND"
    assert slept.seconds == [5]
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await http.get("/rest/profile")


async def test_the_authorization_server_may_have_its_own_port(portal: Portal) -> None:
    app = portal.create_app("https://b.example.org/h", "https://b.example.org/i")
    running = await start(portal, oauth_port=0)
    portal.options.scheme = "http"
    token = portal.oauth.issue(app, 17).access_token
    async with httpx.AsyncClient() as client:
        own = await client.get(f"{portal.options.server_endpoint}app.info", params={"auth": token})
        ours = await client.get(f"{portal.options.client_endpoint}app.info", params={"auth": token})
    await running.stop()

    assert own.json()["result"]["client_id"] == app.client_id
    assert ours.json()["result"]["CODE"] == app.client_id


async def test_unknown_addresses(http: httpx.AsyncClient) -> None:
    assert (await http.get("/nothing")).status_code == 404
    assert (await http.get("/emulator/nothing")).status_code == 404
    assert (await http.post("/emulator/nothing", json={})).status_code == 404


@pytest.mark.parametrize(
    ("action", "arguments", "words"),
    [
        ("say", {"user_id": 17}, "text"),
        ("say", {"user_id": 17, "text": "x"}, "no such bot"),
        ("say", {"user_id": 88, "text": "x", "chat": 311}, "not in chat"),
        ("say", {"user": 17, "text": "x"}, "user"),
        ("add_user", {"user_id": 17, "name": "x"}, "exists already"),
        ("set_presence", {"user_id": 17, "status": "gone"}, "no such presence"),
        ("options", {"no_such": 1}, "no such option"),
        ("options", {"default_zone": "Mars/Base"}, "no such time zone"),
        ("add_user", {"user_id": 99, "name": "x", "time_zone": "Mars/Base"}, "no such time zone"),
        (
            "add_meeting",
            {"name": "x", "host": 23, "guests": [17], "start": "2026-11-25T10:00:00", "tz": "../etc"},
            "no such time zone",
        ),
        ("dismiss", {"user_id": 999}, "there is no 999"),
        ("options", {"nulls": "maybe"}, "nulls"),
        ("install", {"client_id": "x"}, "no application"),
        ("uninstall", {"client_id": "x"}, "no application"),
    ],
)
async def test_the_own_api_says_what_is_wrong(
    http: httpx.AsyncClient, action: str, arguments: dict[str, Any], words: str
) -> None:
    answer = await http.post(f"/emulator/{action}", json=arguments)

    assert answer.status_code == 400
    assert words in answer.json()["error"]


async def test_every_action_says_that_it_does_not_know_an_argument(http: httpx.AsyncClient, portal: Portal) -> None:
    for action in Control(portal)._actions:
        answer = await http.post(f"/emulator/{action}", json={"nonsense": 1})

        assert (answer.status_code, "nonsense" in answer.json()["error"]) == (400, True), action


async def test_buttons_are_pressed_through_the_own_api(http: httpx.AsyncClient, portal: Portal) -> None:
    await act(http, "create_app", handler_url="http://127.0.0.1/h", install_url="http://127.0.0.1:1/i")
    said = await act(http, "say", user_id=17, text="hello", chat=311)
    shown = {"TEXT": "Go", "LINK": "https://example.org/", "TYPE": "BUTTON"}
    portal.messages[-1].keyboard.append(shown)

    for button in ("Go", 0, shown):
        pressed = await act(http, "press", user_id=17, message_id=said["id"], button=button)
        assert pressed["value"] == "https://example.org/"


async def test_the_own_api_takes_json_objects_only(http: httpx.AsyncClient) -> None:
    json_type = {"Content-Type": "application/json"}

    assert (await http.post("/emulator/calm", data={"a": "b"})).status_code == 415
    assert (await http.post("/emulator/calm", content=b"{", headers=json_type)).status_code == 400
    assert (await http.post("/emulator/calm", json=[])).status_code == 400


async def test_the_own_api_acts(http: httpx.AsyncClient, portal: Portal, clock: ManualClock) -> None:
    app = await act(http, "create_app", handler_url="http://127.0.0.1/h", install_url="http://127.0.0.1:1/i")
    guests = {"17": "Y", "42": "Q"}
    await act(http, "add_meeting", meeting_id=900, name="New", host=23, guests=guests, start="2026-12-01T10:00:00")
    await act(http, "add_meeting", meeting_id=901, name="New", host=23, guests=[17], start="2026-12-01T10:00:00")
    await act(http, "add_user", user_id=50, name="Nora", last_name="New", time_zone="Europe/Riga")
    await act(http, "add_group", chat_id=400, title="Room", members=[17, 50])
    await act(http, "options", language="ru", nulls="blank")
    await act(http, "limit", burst=1, rate=0.5)
    await act(http, "operate", limit_s=480, costs={"calendar.*": 0.5})
    await act(http, "set_presence", user_id=17, status="dnd")
    await act(http, "dismiss", user_id=42)
    url = await act(http, "authorize", client_id=app["client_id"], user_id=17, state="s")
    state = (await http.get("/emulator/state")).json()

    assert portal.meetings[900] == {23: "H", 17: "Y", 42: "Q"}
    assert state["meetings"]["901"]["answers"] == {"23": "H", "17": "Q"}
    assert portal.users[50].full_name == "Nora New"
    assert portal.presence == {17: "dnd"}
    assert state["chats"][-1]["members"] == [17, 50]
    assert (portal.options.language, portal.options.nulls) == ("ru", "blank")
    assert portal.rest.bucket is not None
    assert portal.rest.operating.limit_s == 480
    assert not portal.users[42].active
    assert url.startswith("http://127.0.0.1/h?code=")
    await act(http, "limit", burst=0)
    assert portal.rest.bucket is None
    await act(http, "uninstall", client_id=app["client_id"])
    assert not portal.oauth.apps[app["client_id"]].installed


@pytest.mark.parametrize(
    ("kind", "more", "status"),
    [
        ("error", {"code": "QUERY_LIMIT_EXCEEDED"}, 503),
        ("error", {"code": "ODD", "status": 418}, 418),
        ("html", {}, 502),
        ("moved", {"location": "https://new.example.org/"}, 302),
        ("slow", {"delay_s": 7}, 401),
    ],
)
async def test_faults_through_the_own_api(
    http: httpx.AsyncClient, kind: str, more: dict[str, Any], status: int
) -> None:
    await act(http, "fault", kind=kind, pattern="profile", **more)

    assert (await http.get("/rest/profile")).status_code == status
    assert (await http.get("/rest/profile")).status_code == 401


async def test_logs_are_paged(http: httpx.AsyncClient, portal: Portal) -> None:
    first = portal.say(23, "one", chat=311)
    portal.say(23, "two", chat=311)
    await http.get("/rest/profile")
    await http.get("/rest/scope")

    messages = (await http.get("/emulator/messages", params={"after": first.id})).json()
    calls = (await http.get("/emulator/calls", params={"after": 1})).json()

    assert [message["text"] for message in messages] == ["two"]
    assert [call["method"] for call in calls] == ["scope"]


async def test_portal_numbers_a_meeting_that_names_no_number(http: httpx.AsyncClient, portal: Portal) -> None:
    highest = max(entry for entry in (*portal.meetings, 687))
    for _ in range(2):
        await act(http, "add_meeting", name="Tea", host=23, guests=[17], start="2026-11-25T10:00:00")

    assert sorted(portal.meetings)[-2:] == [highest + 1, highest + 2]
