"""What the chat page is served: its files, and live what has changed of the view."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.emulator.cronofy.seed import demo_cronofy
from bot.emulator.page.view import view
from bot.emulator.portal import Portal
from bot.emulator.server import Running, start

PATIENCE_S = 30.0


def shown(portal: Portal) -> dict[str, Any]:
    return dict(view(portal, shared_clock=True, windows=1))


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


async def test_page_is_told_what_cronofy_is_asked_and_what_changes_there(portal: Portal) -> None:
    cronofy = demo_cronofy(portal)
    talk = next(event for event in cronofy.events.values() if event.summary == "Contract talk")
    started = await start(portal, cronofy=cronofy)
    async with (
        httpx.AsyncClient(base_url=started.url, trust_env=False) as http,
        http.stream("GET", "/emulator/live") as response,
    ):
        window = Window(response)
        await window.next()
        cronofy.handle("GET", "/v1/userinfo")
        asked = await window.next()
        await http.post("/emulator/cronofy/answer_elsewhere", json={"event_uid": talk.uid, "answer": "accepted"})
        answered = await window.next()
    await started.stop()

    assert list(asked["set"]) == ["cronofy-call/0"]
    assert answered["set"][f"external/{talk.uid}"]["answer"] == "accepted"


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
