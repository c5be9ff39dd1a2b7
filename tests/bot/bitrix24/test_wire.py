"""What comes from a portal: how much of it is read, which errors tell that nothing came, and where nothing is sent."""

import json
from collections.abc import Callable

import httpx
import pytest
from structlog.testing import capture_logs

from bot import errors
from bot.bitrix24.limits import Quota
from bot.bitrix24.rest import RestClient
from bot.bitrix24.wire import MAX_ANSWER
from bot.metrics import Metrics
from tests.endless import CHUNK, Endless

TOKEN = "access-5d41402abc4b2a76b9719d91"
HOME = "https://acme.bitrix24.example"
Respond = Callable[[httpx.Request], httpx.Response]


class Wire:
    def __init__(self, respond: Respond, home: str = HOME) -> None:
        self.requests: list[httpx.Request] = []
        self._respond = respond
        self.client = RestClient(httpx.MockTransport(self._take), home, Quota(2, 50, Metrics()), Metrics())

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._respond(request)


def moving(*locations: str, status: int = 302) -> Respond:
    """Redirect to one place after the other, then answer."""
    left = list(locations)
    return lambda _: (
        httpx.Response(status, headers={"location": left.pop(0)}) if left else httpx.Response(200, json={"result": 7})
    )


async def test_answer_without_an_end_is_given_up() -> None:
    body = Endless()
    wire = Wire(lambda _: httpx.Response(200, stream=body))
    with pytest.raises(errors.Unavailable):
        await wire.client.call("profile", {}, TOKEN)

    assert body.chunks == MAX_ANSWER // CHUNK + 1
    assert body.closed


async def test_large_answer_within_the_limit_is_read() -> None:
    text = "x" * (MAX_ANSWER - 100)
    wire = Wire(lambda _: httpx.Response(200, json={"result": text}))

    assert await wire.client.call("profile", {}, TOKEN) == text


def raising(error: Exception) -> Respond:
    def respond(_: httpx.Request) -> httpx.Response:
        raise error

    return respond


async def test_what_nobody_took_is_not_reached() -> None:
    with pytest.raises(errors.NotReached) as caught:
        await Wire(raising(httpx.ConnectError(f"{HOME}?{TOKEN}"))).client.call("profile", {}, TOKEN)

    assert TOKEN not in f"{caught.value!r}"


async def test_what_was_lost_is_unavailable() -> None:
    with pytest.raises(errors.Unavailable) as caught:
        await Wire(raising(httpx.ReadError("lost"))).client.call("profile", {}, TOKEN)

    assert type(caught.value) is errors.Unavailable


# --- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", [f"{HOME}/rest/v2/profile", "/rest/v2/profile"])
async def test_redirect_within_the_portal_is_posted_again_by_hand(status, location) -> None:
    wire = Wire(moving(location, status=status))

    assert await wire.client.call("profile", {"a": 1}, TOKEN) == 7
    assert [(request.method, request.url.path) for request in wire.requests] == [
        ("POST", "/rest/profile"),
        ("POST", "/rest/v2/profile"),
    ]
    assert json.loads(wire.requests[1].content) == {"a": 1, "auth": TOKEN}


async def test_redirect_to_https_of_the_same_portal_is_followed() -> None:
    wire = Wire(moving("https://127.0.0.1:8099/rest/profile"), "http://127.0.0.1:8099")

    assert await wire.client.call("profile", {}, TOKEN) == 7


async def test_redirect_to_plain_http_is_not_followed() -> None:
    wire = Wire(moving("http://acme.bitrix24.example/rest/profile"))
    with pytest.raises(errors.Unavailable) as caught:
        await wire.client.call("profile", {}, TOKEN)

    assert caught.value.retriable
    assert len(wire.requests) == 1


async def test_redirects_in_a_circle_end() -> None:
    wire = Wire(moving(*[f"{HOME}/rest/profile"] * 9))
    with pytest.raises(errors.Unavailable):
        await wire.client.call("profile", {}, TOKEN)

    assert len(wire.requests) == 2


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("https://neu.bitrix24.example/rest/profile", "neu.bitrix24.example"),
        ("https://acme.bitrix24.example.evil.example/", "acme.bitrix24.example.evil.example"),
        ("https://acme.bitrix24.example@evil.example/rest/", "evil.example"),
        ("https://acme.bitrix24.example:8443/rest/", "acme.bitrix24.example:8443"),
        ("//evil.example/rest/profile", "evil.example"),
    ],
)
@pytest.mark.parametrize("first", [[], [f"{HOME}/rest/profile"]], ids=["at once", "after one of ours"])
async def test_redirect_elsewhere_is_told_and_not_followed(location, host, first) -> None:
    wire = Wire(moving(*first, f"{location}?auth={TOKEN}"))
    with capture_logs() as lines, pytest.raises(errors.PortalMoved) as caught:
        await wire.client.call("profile", {}, TOKEN)

    assert caught.value.host == host
    assert not caught.value.retriable
    assert {request.url.host for request in wire.requests} == {"acme.bitrix24.example"}
    (line,) = lines
    assert (line["event"], line["log_level"]) == ("portal.moved", "warning")
    assert (line["pinned"], line["now"]) == ("acme.bitrix24.example", host)
    assert TOKEN not in str(lines)


@pytest.mark.parametrize(
    "location", ["mailto:x@evil.example", "https://[", "https://xn--/", "ftp://acme.bitrix24.example/"]
)
async def test_redirect_to_nowhere_is_no_answer(location) -> None:
    wire = Wire(moving(location))
    with pytest.raises(errors.Unavailable):
        await wire.client.call("profile", {}, TOKEN)

    assert len({request.url.host for request in wire.requests}) == 1
