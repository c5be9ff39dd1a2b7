"""Trouble on demand (contract C.3), over the transport that tests of the bot use."""

import httpx
import pytest

from bot.emulator import faults
from bot.emulator.answers import SYSTEM_CODES, system_error
from bot.emulator.clock import ManualClock
from bot.emulator.transport import PortalTransport
from tests.emulator.desk import Desk

SET = "calendar.meeting.status.set"


@pytest.fixture
async def client(desk: Desk) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=PortalTransport(desk.portal), base_url="https://acme.bitrix24.example", timeout=10
    )


async def accept(desk: Desk, client: httpx.AsyncClient, user: int = 17) -> httpx.Response:
    return await client.post(f"/rest/{SET}", json={"auth": desk.token(user), "eventId": 651, "status": "Y"})


@pytest.mark.parametrize("code", SYSTEM_CODES)
async def test_every_system_error(desk: Desk, client: httpx.AsyncClient, code: str) -> None:
    desk.portal.faults.add("calendar.meeting.*", faults.error(code))

    refused = await accept(desk, client)

    assert refused.json() == system_error(code).body()
    assert refused.status_code == system_error(code).status
    assert desk.portal.meetings[651][17] == "Q"
    assert (await accept(desk, client)).json()["result"] is True


def test_statuses_of_documentation_and_source() -> None:
    assert (system_error("OVERLOAD_LIMIT").status, system_error("OVERLOAD_LIMIT", "source").status) == (503, 401)
    assert system_error("ODD", status=418, text="x").body() == {"error": "ODD", "error_description": "x"}
    with pytest.raises(LookupError):
        system_error("ODD")


async def test_count_skip_and_person(desk: Desk, client: httpx.AsyncClient) -> None:
    desk.portal.faults.add(SET, faults.error("QUERY_LIMIT_EXCEEDED"), count=2, skip=1, user_id=17)

    statuses = [(await accept(desk, client, user)).status_code for user in (17, 23, 17, 17, 17)]

    assert statuses == [200, 200, 503, 503, 200]


async def test_a_page_instead_of_json(desk: Desk, client: httpx.AsyncClient) -> None:
    desk.portal.faults.add("*", faults.html_page(), count=None)

    answer = await accept(desk, client)

    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    desk.portal.faults.clear()
    assert (await accept(desk, client)).status_code == 200


async def test_a_redirect(desk: Desk, client: httpx.AsyncClient) -> None:
    desk.portal.faults.add(SET, faults.moved("https://new.example.org/rest/x"))

    answer = await accept(desk, client)

    assert (answer.status_code, answer.headers["Location"]) == (302, "https://new.example.org/rest/x")


async def test_a_cut_before_the_effect(desk: Desk, client: httpx.AsyncClient) -> None:
    desk.portal.faults.add(SET, faults.cut())

    with pytest.raises(httpx.RemoteProtocolError):
        await accept(desk, client)

    assert desk.portal.meetings[651][17] == "Q"


async def test_an_answer_lost_after_the_effect(desk: Desk, client: httpx.AsyncClient) -> None:
    desk.portal.faults.add(SET, faults.lost())

    with pytest.raises(httpx.RemoteProtocolError):
        await accept(desk, client)

    assert desk.portal.meetings[651][17] == "Y"
    assert len(desk.portal.notices) == 1


async def test_a_slow_answer_ends_in_a_timeout_without_waiting(
    desk: Desk, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    desk.portal.faults.add(SET, faults.slow(60))
    desk.portal.faults.add(SET, faults.slow(3))
    before = clock.now()

    with pytest.raises(httpx.ReadTimeout):
        await accept(desk, client)
    assert clock.now() == before + 10

    assert (await accept(desk, client)).status_code == 200
    assert clock.now() == before + 13


async def test_an_item_of_a_batch_fails_alone(desk: Desk, client: httpx.AsyncClient) -> None:
    desk.portal.faults.add("profile", faults.error("INTERNAL_SERVER_ERROR"))
    cmd = {"me": "profile", "st": "calendar.meeting.status.get?eventId=651"}

    body = (await client.post("/rest/batch", json={"auth": desk.token(17), "cmd": cmd})).json()["result"]

    assert body["result"] == {"st": "Q"}
    assert body["result_error"]["me"]["error"] == "INTERNAL_SERVER_ERROR"


async def test_an_item_of_a_batch_can_break_the_connection(desk: Desk, client: httpx.AsyncClient) -> None:
    desk.portal.faults.add(SET, faults.lost())
    cmd = {"set": f"{SET}?eventId=651&status=Y", "get": "calendar.meeting.status.get?eventId=651"}

    with pytest.raises(httpx.RemoteProtocolError):
        await client.post("/rest/batch", json={"auth": desk.token(17), "cmd": cmd, "halt": 1})

    assert desk.portal.meetings[651][17] == "Y"
    assert [call.method for call in desk.portal.calls if call.batch] == [SET, "calendar.meeting.status.get"]


async def test_the_transport_serves_the_authorization_server(desk: Desk, client: httpx.AsyncClient) -> None:
    query = {"auth": desk.token(17)}
    answer = await client.get("https://oauth.bitrix.info/rest/app.info", params=query)

    assert answer.json()["result"]["user_id"] == 17
    assert (await client.get("https://acme.bitrix24.example/rest/app.info", params=query)).json()["result"]["ID"] == 49


async def test_the_transport_fails_for_other_hosts(client: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.ConnectError):
        await client.get("https://evil.example.org/rest/profile")
