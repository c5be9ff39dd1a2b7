"""Trouble, limits, the log of calls (Cronofy's contract, sections 6 and 7), over the transport that tests of the bot use."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from bot.emulator import faults
from bot.emulator.clock import ManualClock
from bot.emulator.cronofy import faults as trouble
from bot.emulator.cronofy.events import Event
from bot.emulator.cronofy.limits import RateLimit
from bot.emulator.portal import Portal
from bot.emulator.transport import PortalTransport
from tests.emulator import cronofy_shapes as shapes
from tests.emulator.cronofy_desk import Desk

ANSWERING = "participation_status"


@pytest.fixture
def desk(clock: ManualClock) -> Desk:
    return Desk.connected(clock, answer_delay_s=0)


@pytest.fixture
def event(desk: Desk) -> Event:
    return desk.invite()


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {desk.access_token}"}
    transport = PortalTransport(desk.cronofy)
    async with httpx.AsyncClient(
        transport=transport, base_url="https://api.cronofy.com", headers=headers, timeout=10
    ) as made:
        yield made


async def accept(desk: Desk, client: httpx.AsyncClient, event: Event) -> httpx.Response:
    path = f"/v1/calendars/{quote(desk.calendar.id, safe='')}/events/{event.uid}/participation_status"
    return await client.post(path, json={"status": "accepted"})


@pytest.mark.parametrize("status", [401, 402, 403, 404, 410, 423, 500, 502, 503, 504])
async def test_a_call_is_refused_once(desk: Desk, client: httpx.AsyncClient, event: Event, status: int) -> None:
    desk.cronofy.faults.add(ANSWERING, trouble.refused(status))

    refused = await accept(desk, client, event)

    assert (refused.status_code, refused.content) == (status, b"")
    assert desk.cronofy.answers[event.uid] == "needs_action"
    assert (await accept(desk, client, event)).status_code == 202
    assert desk.cronofy.answers[event.uid] == "accepted"


async def test_a_refusal_by_key(desk: Desk, client: httpx.AsyncClient, event: Event) -> None:
    desk.cronofy.faults.add("participation_*", trouble.unprocessable("event_uid", "some_later_key"))
    refused = await accept(desk, client, event)

    assert refused.status_code == 422
    assert shapes.differences(refused.json(), shapes.unprocessable("event_uid")) == []
    assert refused.json()["errors"]["event_uid"][0]["key"] == "errors.some_later_key"


@pytest.mark.parametrize(("wait_s", "header"), [(None, None), (7, "7")])
async def test_too_many_requests(desk: Desk, client: httpx.AsyncClient, wait_s: int | None, header: str | None) -> None:
    desk.cronofy.faults.add("userinfo", trouble.too_many(wait_s), count=2)
    answers = [await client.get("/v1/userinfo") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers.get("Retry-After") == header


async def test_a_page_instead_of_json(desk: Desk, client: httpx.AsyncClient) -> None:
    desk.cronofy.faults.add("events", faults.html_page())
    answer = await client.get("/v1/events?tzid=Etc/UTC")

    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")


async def test_later_pages_fail_by_their_own_name(desk: Desk, client: httpx.AsyncClient) -> None:
    desk.options.page_size = 1
    desk.invite()
    desk.invite()
    desk.cronofy.faults.add("events.page", trouble.refused(500))
    first = await client.get("/v1/events?tzid=Etc/UTC")

    assert first.status_code == 200
    assert (await client.get(first.json()["pages"]["next_page"])).status_code == 500


async def test_a_cut_before_the_effect(desk: Desk, client: httpx.AsyncClient, event: Event) -> None:
    desk.cronofy.faults.add(ANSWERING, faults.cut())

    with pytest.raises(httpx.RemoteProtocolError):
        await accept(desk, client, event)

    assert desk.cronofy.answers[event.uid] == "needs_action"


async def test_an_answer_lost_after_the_effect(desk: Desk, client: httpx.AsyncClient, event: Event) -> None:
    desk.cronofy.faults.add(ANSWERING, faults.lost())

    with pytest.raises(httpx.RemoteProtocolError):
        await accept(desk, client, event)

    assert desk.cronofy.answers[event.uid] == "accepted"
    assert [(call.name, call.status) for call in desk.cronofy.calls] == [(ANSWERING, 202)]


async def test_a_slow_answer_ends_in_a_timeout_without_waiting(
    desk: Desk, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    desk.cronofy.faults.add("userinfo", faults.slow(60))
    before = clock.now()

    with pytest.raises(httpx.ReadTimeout):
        await client.get("/v1/userinfo")

    assert clock.now() == before + 10


async def test_token_addresses_fail_too(desk: Desk) -> None:
    refresh_token = desk.cronofy.grant(desk.application, desk.mira).refresh_token
    desk.cronofy.faults.add("oauth.token", trouble.oauth())
    desk.cronofy.faults.add("oauth.token", faults.error("invalid_client", status=400))
    desk.cronofy.faults.add("oauth.revoke", trouble.refused(503))

    assert desk.refresh(refresh_token).body == {"error": "invalid_grant"}
    assert desk.refresh(refresh_token).body == {"error": "invalid_client"}
    assert desk.refresh(refresh_token).status == 200
    assert desk.oauth("/oauth/token/revoke", token=refresh_token).status == 503
    assert desk.refresh(refresh_token).status == 200


async def test_the_page_fails_too(desk: Desk) -> None:
    desk.cronofy.faults.add("oauth.authorize", faults.html_page(503))

    with pytest.raises(PermissionError, match="502 Bad Gateway"):
        desk.came_back()


# -- 7


def test_there_is_no_limit_unless_it_is_set(desk: Desk) -> None:
    assert {desk.call("GET", "userinfo").status for _ in range(600)} == {200}


def test_requests_per_second_are_limited(desk: Desk, clock: ManualClock) -> None:
    desk.cronofy.rest.limit = RateLimit()
    statuses = [desk.call("GET", "userinfo").status for _ in range(51)]

    assert statuses == [200] * 50 + [429]
    assert desk.cronofy.rest.limit.refused == 1
    clock.advance(1)
    assert desk.call("GET", "userinfo").status == 200


def test_requests_per_minute_are_limited(desk: Desk, clock: ManualClock) -> None:
    desk.cronofy.rest.limit = RateLimit()
    for _ in range(10):
        assert {desk.call("GET", "userinfo").status for _ in range(50)} == {200}
        clock.advance(5)

    assert desk.call("GET", "userinfo").status == 429
    clock.advance(10)
    assert desk.call("GET", "userinfo").status == 200


def test_people_share_the_limit_of_an_application(desk: Desk) -> None:
    desk.cronofy.rest.limit = RateLimit(per_second=1)
    olga = desk.cronofy.add_account("Olga", "olga@example.org")
    hers = desk.cronofy.grant(desk.application, olga).access_token
    other = desk.cronofy.grant(desk.cronofy.add_application([]), olga).access_token

    assert desk.call("GET", "userinfo").status == 200
    assert desk.call("GET", "userinfo", token=hers).status == 429
    assert desk.call("GET", "userinfo", token=other).status == 200


# -- the log


def secrets_of(desk: Desk, *more: str) -> set[str]:
    return {desk.access_token, *desk.application.client_secrets, *more}


def test_calls_are_logged_without_secrets(desk: Desk, event: Event) -> None:
    code = desk.came_back()["code"]
    tokens = desk.exchange(code).body
    desk.refresh(tokens["refresh_token"])
    desk.answer(event)
    desk.call("GET", "userinfo", token="nonsense")
    desk.call("GET", "nothing")
    desk.oauth("/oauth/token/revoke", token=tokens["refresh_token"])
    log = desk.cronofy.calls

    assert [(call.name, call.status, call.account_id) for call in log] == [
        ("oauth.authorize", 302, None),
        ("oauth.token", 200, None),
        ("oauth.token", 200, None),
        (ANSWERING, 202, desk.mira.id),
        ("userinfo", 401, None),
        ("unknown", 404, desk.mira.id),
        ("oauth.revoke", 200, None),
    ]
    assert log[1].params["grant_type"] == "authorization_code"
    assert log[3].params == {"status": "accepted"}
    told = repr(log)
    secret = secrets_of(desk, code, tokens["access_token"], tokens["refresh_token"], "st-1")
    assert not [word for word in secret if word in told]


# -- hosts


async def test_one_transport_serves_portal_and_cronofy(desk: Desk, portal: Portal, clock: ManualClock) -> None:
    async with httpx.AsyncClient(transport=PortalTransport(portal, desk.cronofy)) as client:
        found: list[Any] = [
            (await client.get(f"https://{host}")).status_code
            for host in (
                "api.cronofy.com/v1/userinfo",
                "app.cronofy.com/oauth/authorize",
                f"{portal.options.domain}/rest/profile",
            )
        ]
        with pytest.raises(httpx.ConnectError):
            await client.get("https://evil.example.org/v1/userinfo")

    assert found == [401, 400, 401]
    assert [call.method for call in portal.calls] == ["profile"]


def test_unknown_addresses_and_methods(desk: Desk) -> None:
    assert desk.send("GET", "/nothing").status == 404
    assert desk.call("GET", "userinfo/more").status == 404
    assert desk.call("POST", "userinfo", {}).status == 404
