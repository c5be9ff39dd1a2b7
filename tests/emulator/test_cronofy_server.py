"""Cronofy on a socket (sections 1, 5.1 and 8 of its contract)."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
import pytest
from aiohttp import web

from bot.emulator import faults
from bot.emulator.clock import ManualClock, SystemClock
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.cronofy.pushes import SIGNATURE, signature
from bot.emulator.cronofy.server import Running, start
from tests.emulator.cronofy_desk import Desk


class Slept:
    """Stands where waiting would be and remembers how long it would have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


class Sink:
    """A receiver of pushes on a socket."""

    def __init__(self) -> None:
        self.pushes: asyncio.Queue[tuple[dict[str, Any], str, bytes]] = asyncio.Queue()
        self.url = ""

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.pushes.put_nowait((json.loads(body)["notification"], request.headers[SIGNATURE], body))
        return web.Response()

    async def next(self) -> tuple[dict[str, Any], str, bytes]:
        return await asyncio.wait_for(self.pushes.get(), 10)


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    made = Sink()
    application = web.Application()
    application.router.add_post("/cronofy/events", made.receive)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/cronofy/events"
    yield made
    await runner.cleanup()


@pytest.fixture
def desk(clock: ManualClock) -> Desk:
    return Desk.connected(clock)


@pytest.fixture
def slept() -> Slept:
    return Slept()


@pytest.fixture
async def running(desk: Desk, slept: Slept) -> AsyncIterator[Running]:
    started = await start(desk.cronofy, sleep=slept)
    yield started
    await started.stop()


@pytest.fixture
async def http(desk: Desk, running: Running) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {desk.access_token}"}
    async with httpx.AsyncClient(base_url=running.url, headers=headers) as client:
        yield client


async def test_api_and_pages_are_where_it_listens(desk: Desk, running: Running, http: httpx.AsyncClient) -> None:
    desk.options.page_size = 1
    desk.invite()
    desk.invite()
    back = await http.get(
        desk.link(), params={**dict(parse_qsl(urlsplit(desk.link()).query)), "login": "mira@example.org"}
    )
    first = (await http.get("/v1/events", params={"tzid": "Etc/UTC"})).json()

    assert desk.options.api_origin == desk.options.app_origin == running.url
    assert back.status_code == 200
    assert first["pages"]["next_page"].startswith(f"{running.url}/v1/events/pages/")
    assert (await http.get(first["pages"]["next_page"])).json()["pages"] == {"current": 2, "total": 2}


async def test_ids_come_through_as_they_were_encoded(desk: Desk, http: httpx.AsyncClient) -> None:
    calendar = desk.cronofy.add_calendar(desk.google, "Odd", calendar_id="cal_a/b@c%40 ё")
    event = desk.invite(calendar)
    path = f"/v1/calendars/{quote(calendar.id, safe='')}/events/{event.uid}/participation_status"

    assert (await http.post(path, json={"status": "accepted"})).status_code == 202


async def test_pushes_are_delivered_and_signed(desk: Desk, http: httpx.AsyncClient, sink: Sink) -> None:
    await http.post("/v1/channels", json={"callback_url": sink.url})
    verification, header, body = await sink.next()
    desk.invite()
    change, _, _ = await sink.next()

    assert verification == {"type": "verification"}
    assert header == signature(body, desk.application.client_secrets)
    assert change == {"type": "change", "changes_since": "2026-11-23T09:00:00Z"}


async def test_a_push_that_nobody_takes_is_kept(desk: Desk, http: httpx.AsyncClient, sink: Sink) -> None:
    await http.post("/v1/channels", json={"callback_url": "http://127.0.0.1:1/"})
    await http.post("/v1/channels", json={"callback_url": sink.url})
    await sink.next()

    assert [(push.kind, push.status) for push in desk.cronofy.pushes.log[:1]] == [("verification", 0)]
    assert desk.cronofy.next_due_at == desk.cronofy.clock.now() + 60


async def test_a_clock_that_leaps_carries_answers_out(sink: Sink) -> None:
    clock = SystemClock()
    cronofy = Cronofy(clock, answer_delay_s=3600, push_own_answers=True)
    mira = cronofy.add_account("Mira", "mira@example.org")
    calendar = cronofy.add_calendar(cronofy.add_profile(mira, "mira@example.org"), "Mira")
    event = cronofy.add_event(calendar, "Call", start="2026-11-24T10:00:00", changeable=True)
    token = cronofy.grant(cronofy.add_application([]), mira).access_token
    running = await start(cronofy)
    path = f"/v1/calendars/{quote(calendar.id, safe='')}/events/{event.uid}/participation_status"
    async with httpx.AsyncClient(base_url=running.url, headers={"Authorization": f"Bearer {token}"}) as http:
        await http.post("/v1/channels", json={"callback_url": sink.url})
        await sink.next()
        await http.post(path, json={"status": "declined"})
        clock.advance(3600)
        change, _, _ = await sink.next()
    await running.stop()

    assert change["type"] == "change"
    assert cronofy.answers[event.uid] == "declined"


async def test_slow_answers_sleep_and_cut_ones_break_off(desk: Desk, http: httpx.AsyncClient, slept: Slept) -> None:
    desk.cronofy.faults.add("userinfo", faults.slow(5))
    desk.cronofy.faults.add("userinfo", faults.cut())

    assert (await http.get("/v1/userinfo")).json()["sub"] == desk.mira.id
    assert slept.seconds == [5]
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await http.get("/v1/userinfo")
