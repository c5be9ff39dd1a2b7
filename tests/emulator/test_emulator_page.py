"""What the chat page is served: its files, and a live view of the portal."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.emulator import faults
from bot.emulator.clock import ManualClock
from bot.emulator.limits import Bucket
from bot.emulator.page.view import view
from bot.emulator.portal import Portal
from bot.emulator.server import Running, start
from tests.emulator.desk import Desk

PATIENCE_S = 30.0


def shown(portal: Portal) -> dict[str, Any]:
    return dict(view(portal, shared_clock=True, windows=1))


# --- the view


def test_view_is_plain_json(bot: Desk) -> None:
    bot.portal.say(17, "accept 651")
    bot.call("calendar.meeting.status.set", {"eventId": 652, "status": "Y"}, user=17)

    everything = shown(bot.portal)

    assert json.loads(json.dumps(everything)) == everything


def test_view_of_a_portal_without_a_bot(portal: Portal) -> None:
    assert shown(portal)["portal"] == {
        "domain": portal.options.domain,
        "language": "en",
        "bot": None,
        "shared_clock": True,
        "windows": 1,
    }


def test_view_names_the_bot_and_its_commands(bot: Desk) -> None:
    everything = shown(bot.portal)

    assert everything["portal"]["bot"]["id"] == 905
    assert everything["command/accept"]["name"] == "accept"
    assert "user/905" not in everything


def test_view_leaves_hidden_commands_out(bot: Desk) -> None:
    command = next(iter(bot.portal.bots.commands.values()))
    command.hidden = True

    assert "command/accept" not in shown(bot.portal)


def test_view_tells_presence_as_set_and_as_seen(bot: Desk) -> None:
    bot.call("im.user.status.set", {"STATUS": "dnd"}, user=17)
    everything = shown(bot.portal)

    assert (everything["user/17"]["presence"], everything["user/17"]["seen"]) == ("dnd", "online")
    assert everything["user/23"]["presence"] is None
    assert everything["user/31"]["zone"] == "Europe/Moscow"


def test_view_shows_answers_and_what_hosts_were_told(bot: Desk) -> None:
    bot.call("calendar.meeting.status.set", {"eventId": 652, "status": "N"}, user=17)
    everything = shown(bot.portal)

    assert everything["meeting/651"]["answers"] == {"23": "H", "17": "N"}
    assert everything["notice/0"] == {
        "no": 0, "meeting": 651, "user": 17, "host": 23, "kind": "declined", "at": bot.portal.clock.now(),
    }  # fmt: skip


def test_view_gives_times_as_instants(portal: Portal) -> None:
    portal.add_meeting(700, name="Call", host=23, guests=[17], start="2026-11-25T10:00:00", tz="Europe/Riga")

    meeting = shown(portal)["meeting/700"]

    assert (meeting["starts"], meeting["ends"]) == ("2026-11-25T08:00:00+00:00", "2026-11-25T09:00:00+00:00")


def test_view_gives_whole_days_as_dates(portal: Portal) -> None:
    portal.add_meeting(700, name="Fair", host=23, guests=[17], start="2026-11-27T00:00:00", all_day=True, days=2)

    meeting = shown(portal)["meeting/700"]

    assert (meeting["all_day"], meeting["starts"], meeting["ends"]) == (True, "2026-11-27", "2026-11-28")


@pytest.mark.parametrize(
    ("hours", "starts"),
    [(0, "2026-11-23T10:00:00+00:00"), (1.4, "2026-11-23T10:00:00+00:00"), (1.6, "2026-11-24T10:00:00+00:00")],
)
def test_view_gives_the_time_of_a_series_that_is_not_over(
    portal: Portal, clock: ManualClock, hours: float, starts: str
) -> None:
    """It is 09:00; a daily half-hour from 10:00 is the next one until 10:30."""
    portal.add_meeting(
        700, name="Daily", host=23, guests=[17], start="2026-11-16T10:00:00", minutes=30, rrule="FREQ=DAILY"
    )
    clock.advance(hours * 3600)

    assert shown(portal)["meeting/700"]["starts"] == starts


def test_view_shows_the_first_time_of_what_is_over(portal: Portal) -> None:
    portal.add_meeting(
        700, name="Past", host=23, guests=[17], start="2026-11-16T10:00:00", rrule="FREQ=DAILY;UNTIL=20261118"
    )

    assert shown(portal)["meeting/700"]["starts"] == "2026-11-16T10:00:00+00:00"


def test_view_leaves_deleted_things_out(bot: Desk) -> None:
    said = bot.portal.say(17, "hello")
    bot.portal.delete(said.id)
    bot.portal.delete_meeting(651)
    bot.portal.add_entry(701, owner=17, name="Dentist", start="2026-11-25T10:00:00")

    everything = shown(bot.portal)

    assert f"message/{said.id}" not in everything
    assert {"meeting/651", "meeting/701"}.isdisjoint(everything)


def test_view_of_calls_holds_no_token(bot: Desk) -> None:
    token = bot.token(17)
    body = json.dumps({"auth": token, "cmd": {"a": f"profile?auth={token}"}}).encode()
    bot.send("/rest/batch", headers={"Content-Type": "application/json"}, body=body)
    calls = [value for key, value in shown(bot.portal).items() if key.startswith("call/")]

    assert [call["method"] for call in calls][-2:] == ["profile", "batch"]
    assert token not in json.dumps(calls)


def test_view_of_a_call_tells_who_acted_and_the_level(bot: Desk) -> None:
    bot.portal.rest.bucket = Bucket(burst=2, rate=2)
    for _ in range(3):
        bot.call("calendar.meeting.status.get", {"eventId": 652, "note": "x" * 1000}, user=17)
    everything = shown(bot.portal)
    first, *_, last = [value for key, value in everything.items() if key.startswith("call/")][-3:]

    assert (first["user"], first["status"], first["error"], first["level"]) == (17, 200, None, 1)
    assert len(first["params"]) == 401
    assert (last["user"], last["status"], last["error"], last["level"]) == (None, 503, "QUERY_LIMIT_EXCEEDED", 2)
    assert everything["quota"] == {"level": 2, "burst": 2, "rate": 2, "at": bot.portal.clock.now()}


def test_view_without_a_limit_has_no_quota(bot: Desk) -> None:
    bot.call("profile")
    everything = shown(bot.portal)

    assert everything["quota"] is None
    assert [value["level"] for key, value in everything.items() if key.startswith("call/")][-1] is None


def test_view_shows_the_trouble_that_waits(bot: Desk) -> None:
    bot.portal.faults.add("*", faults.slow(6.0))
    bot.portal.faults.add("profile", faults.error("expired_token"))
    before = shown(bot.portal)
    bot.call("profile")
    bot.call("profile")
    after = shown(bot.portal)

    assert before["fault/0"] == {"no": 0, "kind": "slow", "code": "", "pattern": "*"}
    assert before["fault/1"] == {"no": 1, "kind": "error", "code": "expired_token", "pattern": "profile"}
    assert not [key for key in after if key.startswith("fault/")]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(faults.lost(), "lost"), (faults.cut(), "cut"), (faults.html_page(), "page"), (faults.moved("/x"), "page")],
)
def test_fault_has_a_kind(fault: faults.Fault, kind: str) -> None:
    assert fault.kind == kind


async def test_bot_is_at_work_until_it_answers_or_is_silent_for_long(bot: Desk, clock: ManualClock) -> None:
    chat = f"working/{bot.portal.say(17, 'accept 651').chat_id}"
    asked = shown(bot.portal)
    clock.advance(31)
    silent = shown(bot.portal)
    bot.portal.say(17, "accept 651")
    asked_again = shown(bot.portal)
    bot.call("imbot.v2.Chat.Message.send", {"botId": 905, "dialogId": "17", "fields": {"message": "Done"}})
    answered = shown(bot.portal)

    assert [chat in state for state in (asked, silent, asked_again, answered)] == [True, False, True, False]


def test_bot_is_not_at_work_on_what_it_cannot_see(bot: Desk) -> None:
    bot.portal.say(23, "talk among colleagues", chat=311)

    assert not [key for key in shown(bot.portal) if key.startswith("working/")]


# --- the server


@pytest.fixture
async def running(portal: Portal) -> AsyncIterator[Running]:
    started = await start(portal, shared_clock=True)
    yield started
    await started.stop()


class Window:
    """An open page: what it was told, and what it knows by now."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()
        self.told: list[dict[str, Any]] = []
        self.known: dict[str, Any] = {}

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            async for line in self._lines:
                if line.startswith("data: "):
                    return self._take(json.loads(line.removeprefix("data: ")))
        raise EOFError

    def _take(self, message: dict[str, Any]) -> dict[str, Any]:
        self.told.append(message)
        if message.get("reset"):
            self.known.clear()
        self.known |= message["set"]
        for key in message["gone"]:
            del self.known[key]
        return message

    async def until(self, key: str, value: Any) -> None:
        while self.known.get(key) != value:
            await self.next()


@pytest.fixture
async def http(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=running.url, trust_env=False) as client:
        yield client


@pytest.fixture
async def window(http: httpx.AsyncClient) -> AsyncIterator[Window]:
    async with http.stream("GET", "/emulator/live") as response:
        yield Window(response)


async def test_page_is_told_everything_first(window: Window, portal: Portal) -> None:
    message = await window.next()

    assert window.response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert message["reset"] is True
    assert message["now"] == portal.clock.now()
    assert window.known == shown(portal)


async def test_page_is_told_what_changes_and_no_more(window: Window, http: httpx.AsyncClient, portal: Portal) -> None:
    await window.next()
    await http.post("/emulator/set_presence", json={"user_id": 17, "status": "away"})
    message = await window.next()

    assert message == {"now": portal.clock.now(), "set": {"user/17": shown(portal)["user/17"]}, "gone": []}


async def test_page_is_told_what_goes(window: Window, http: httpx.AsyncClient) -> None:
    await window.next()
    await http.post("/emulator/delete_meeting", json={"meeting_id": 651})
    message = await window.next()

    assert (message["set"], message["gone"]) == ({}, ["meeting/651"])


async def test_page_is_told_of_rest_calls(window: Window, http: httpx.AsyncClient) -> None:
    await window.next()
    await http.post("/rest/profile", json={})
    message = await window.next()

    assert [value["method"] for value in message["set"].values()] == ["profile"]


async def test_page_is_told_the_time_when_the_clock_moves(
    window: Window, http: httpx.AsyncClient, portal: Portal
) -> None:
    before = (await window.next())["now"]
    await http.post("/emulator/advance", json={"seconds": 3600})
    message = await window.next()

    assert message["now"] == before + 3600


@pytest.mark.parametrize("seconds", [-1, 1e12, "soon", None])
async def test_clock_only_goes_forward_and_not_too_far(http: httpx.AsyncClient, portal: Portal, seconds: Any) -> None:
    before = portal.clock.now()
    answer = await http.post("/emulator/advance", json={"seconds": seconds})

    assert answer.status_code == 400
    assert "seconds" in answer.json()["error"]
    assert portal.clock.now() == before


async def test_pages_know_of_each_other(window: Window, http: httpx.AsyncClient) -> None:
    await window.next()
    async with http.stream("GET", "/emulator/live") as response:
        second = Window(response)
        await second.next()
        await window.next()
        together = [page.known["portal"]["windows"] for page in (window, second)]
    await window.next()

    assert together == [2, 2]
    assert window.known["portal"]["windows"] == 1


async def test_end_of_the_portal_ends_the_stream(portal: Portal) -> None:
    running = await start(portal)
    async with httpx.AsyncClient(base_url=running.url) as client, client.stream("GET", "/emulator/live") as response:
        window = Window(response)
        await window.next()
        await running.stop()

        with pytest.raises(EOFError):
            await window.next()


async def test_page_is_served_with_nothing_foreign(http: httpx.AsyncClient) -> None:
    for path, kind in (("/", "text/html"), ("/page/style.css", "text/css"), ("/page/main.js", "/javascript")):
        answer = await http.get(path)

        assert answer.headers["Content-Type"].partition(";")[0].endswith(kind)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/page/../view.py", "/page/%2e%2e/view.py", "/page/", "/page/nothing.js"])
async def test_nothing_but_the_page_is_served(running: Running, path: str) -> None:
    reader, writer = await asyncio.open_connection(running.host, running.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {running.host}\r\nConnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()

    assert int(answer.split()[1]) in {403, 404}
    assert "def view" not in answer


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8099", "10.0.0.1", "[", ""])
@pytest.mark.parametrize("path", ["/", "/emulator/state", "/emulator/live", "/page/main.js"])
async def test_page_is_not_served_under_foreign_names(http: httpx.AsyncClient, path: str, host: str) -> None:
    answer = await http.get(path, headers={"Host": host})

    assert answer.status_code in {400, 403}


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "127.9.9.9:80", "[::1]:80"])
async def test_page_is_served_under_loopback_names(http: httpx.AsyncClient, host: str) -> None:
    assert (await http.get("/", headers={"Host": host})).status_code == 200


async def test_person_chooses_a_language(http: httpx.AsyncClient, portal: Portal) -> None:
    await http.post("/emulator/set_language", json={"user_id": 17, "language": "ru"})

    assert portal.users[17].language == "ru"
