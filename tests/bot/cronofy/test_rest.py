"""What leaves for Cronofy, what is repeated, and how much of an answer is read."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot import errors
from bot.cronofy.rest import Call, RestClient, segment
from bot.cronofy.wire import MAX_ANSWER, TIMEOUT_S
from bot.emulator import faults
from bot.emulator.cronofy import faults as trouble
from bot.metrics import Metrics
from bot.settings import CronofyApp
from tests.endless import CHUNK, Endless

TOKEN = "access-5d41402abc4b2a76b9719d91"
SECRET = "CRN_client-secret-7d41402a"
APP = CronofyApp("https://api-de.cronofy.com", "https://app-de.cronofy.com", "id-1", SecretStr(SECRET))
READ = Call("userinfo", "GET", "/v1/userinfo")
WRITE = Call("channels.create", "POST", "/v1/channels", body={"secret": SECRET}, once=True)
Respond = Callable[[httpx.Request], httpx.Response]


class Wire:
    def __init__(self, respond: Respond, **options: float) -> None:
        self.requests: list[httpx.Request] = []
        self._respond = respond
        self.metrics = Metrics()
        self.client = RestClient(httpx.MockTransport(self._take), APP, self.metrics, **options)

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._respond(request)

    @property
    def counted(self) -> dict[tuple[str, str], float]:
        """How many requests there were, by method and outcome."""
        return {
            (sample.labels["method"], sample.labels["outcome"]): sample.value
            for metric in self.metrics.registry.collect()
            for sample in metric.samples
            if sample.name == "statusbot_cronofy_requests_total"
        }


def one_after_the_other(*answers: httpx.Response | Exception) -> Respond:
    left = list(answers)

    def respond(_: httpx.Request) -> httpx.Response:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return respond


def fine() -> httpx.Response:
    return httpx.Response(200, json={"sub": "acc_1"})


# --- the request


async def test_token_travels_in_the_header_and_the_query_as_it_is() -> None:
    wire = Wire(lambda _: fine())
    query = (("tzid", "Europe/Riga"), ("calendar_ids[]", "cal_a@b/c"))
    await wire.client.call(Call("events", "GET", "/v1/events", query=query), TOKEN)

    (request,) = wire.requests
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["accept-encoding"] == "identity"
    assert TOKEN not in str(request.url)
    assert request.url.host == "api-de.cronofy.com"
    assert list(request.url.params.multi_items()) == list(query)


async def test_body_travels_as_json() -> None:
    wire = Wire(lambda _: fine())
    await wire.client.call(WRITE, None)

    (request,) = wire.requests
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert "authorization" not in request.headers


async def test_cookie_of_one_person_reaches_no_other() -> None:
    wire = Wire(lambda _: httpx.Response(200, json={}, headers={"Set-Cookie": "who=mira; Path=/"}))
    await wire.client.call(READ, TOKEN)
    await wire.client.call(READ, "another")

    assert "cookie" not in wire.requests[1].headers


async def test_answer_that_is_not_read_may_be_anything() -> None:
    wire = Wire(lambda _: httpx.Response(202, content=b"<html>"))

    assert await wire.client.call(Call("a", "POST", "/v1/a", reads=False), TOKEN) is None


@pytest.mark.parametrize(
    ("identifier", "path"),
    [
        ("cal_n@k", "cal_n%40k"),
        ("a/../b", "a%2F..%2Fb"),
        ("a?b#c%20 d", "a%3Fb%23c%2520%20d"),
        ("календарь", "%D0%BA%D0%B0%D0%BB%D0%B5%D0%BD%D0%B4%D0%B0%D1%80%D1%8C"),
        ("a\r\nHost: b", "a%0D%0AHost%3A%20b"),
    ],
)
def test_id_stays_one_segment(identifier: str, path: str) -> None:
    assert segment(identifier) == path


@pytest.mark.parametrize("identifier", ["", ".", "..", "\ud800"])
def test_id_that_no_path_can_hold_is_nobodys(identifier: str) -> None:
    with pytest.raises(errors.CronofyGone):
        segment(identifier)


# --- further pages


@pytest.mark.parametrize("path", ["/v1/events/pages/08a07b", "/v1/events/pages/08a%2F07b?x=1"])
async def test_page_of_our_api_is_called_as_it_is_named(path: str) -> None:
    wire = Wire(lambda _: fine())
    await wire.client.call(wire.client.page(Call("events", "GET", "/v1/events"), f"{APP.api}{path}"), TOKEN)

    assert wire.requests[0].url == f"{APP.api}{path}"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/v1/events/pages/1",
        "https://api-de.cronofy.com.evil.example/v1/events/pages/1",
        "https://api-de.cronofy.com@evil.example/v1/events/pages/1",
        "https://api-de.cronofy.com:8443/v1/events/pages/1",
        "http://api-de.cronofy.com/v1/events/pages/1",
        "https://api.cronofy.com/v1/events/pages/1",
        "//evil.example/",
        "/v1/events/pages/1",
        "https://[::1",
        "javascript:alert(1)",
    ],
)
async def test_page_elsewhere_gets_no_token(address: str) -> None:
    wire = Wire(lambda _: fine())
    with pytest.raises(errors.CronofyUnreadable):
        wire.client.page(READ, address)


async def test_page_that_is_no_address_is_unreadable() -> None:
    wire = Wire(lambda _: fine())
    for path in ("/a\x00b", "/" + "a" * 70_000):
        with pytest.raises(errors.CronofyUnreadable):
            await wire.client.call(wire.client.page(READ, f"{APP.api}{path}"), TOKEN)

    assert wire.requests == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirect_is_not_followed(status: int) -> None:
    wire = Wire(lambda _: httpx.Response(status, headers={"location": "https://evil.example/"}))
    with pytest.raises(errors.CronofyUnreadable):
        await wire.client.call(READ, TOKEN)

    assert len(wire.requests) == 1


# --- how much is read


async def test_answer_without_an_end_is_given_up_and_not_repeated() -> None:
    body = Endless()
    wire = Wire(lambda _: httpx.Response(200, stream=body))
    with pytest.raises(errors.CronofyUnreadable):
        await wire.client.call(READ, TOKEN)

    assert body.chunks == MAX_ANSWER // CHUNK + 1
    assert body.closed
    assert len(wire.requests) == 1


async def test_large_answer_within_the_limit_is_read() -> None:
    text = "x" * (MAX_ANSWER - 100)
    wire = Wire(lambda _: httpx.Response(200, json={"name": text}))

    assert await wire.client.call(READ, TOKEN) == {"name": text}


# --- what is repeated


@pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
@pytest.mark.parametrize(
    "first",
    [
        httpx.ConnectError("no"),
        httpx.ConnectTimeout("no"),
        httpx.PoolTimeout("no"),
        httpx.Response(429),
        httpx.Response(429, headers={"Retry-After": "5"}),
        httpx.Response(429, headers={"Retry-After": "0"}),
    ],
    ids=repr,
)
async def test_what_was_not_taken_is_sent_again(call: Call, first: httpx.Response | Exception) -> None:
    wire = Wire(one_after_the_other(first, fine()))

    assert await wire.client.call(call, TOKEN) == {"sub": "acc_1"}


LOST = [
    httpx.ReadError("no"),
    httpx.ReadTimeout("no"),
    httpx.RemoteProtocolError("no"),
    *(httpx.Response(status) for status in (500, 502, 503, 504)),
]


@pytest.mark.parametrize("first", LOST, ids=repr)
async def test_reading_that_was_lost_is_repeated(first: httpx.Response | Exception) -> None:
    wire = Wire(one_after_the_other(first, fine()))

    assert await wire.client.call(READ, TOKEN) == {"sub": "acc_1"}


@pytest.mark.parametrize("first", LOST, ids=repr)
async def test_writing_that_was_lost_is_not_repeated(first: httpx.Response | Exception) -> None:
    wire = Wire(one_after_the_other(first, fine()))
    with pytest.raises(errors.CronofyAway) as caught:
        await wire.client.call(WRITE, TOKEN)

    assert type(caught.value) is errors.CronofyAway
    assert len(wire.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 410, 422, 423])
async def test_refusal_is_not_repeated(status: int) -> None:
    wire = Wire(lambda _: httpx.Response(status))
    with pytest.raises(errors.CronofyError):
        await wire.client.call(READ, TOKEN)

    assert len(wire.requests) == 1


@pytest.mark.parametrize("wait", ["6", "3600"])
async def test_wait_that_is_too_long_is_told_and_not_waited_for(wait: str) -> None:
    wire = Wire(lambda _: httpx.Response(429, headers={"Retry-After": wait}))
    with pytest.raises(errors.CronofyBusy) as caught:
        await wire.client.call(READ, TOKEN)

    assert caught.value.wait_s == float(wait)
    assert len(wire.requests) == 1


async def test_repeats_come_to_an_end() -> None:
    wire = Wire(lambda _: httpx.Response(503))
    with pytest.raises(errors.CronofyAway):
        await wire.client.call(READ, TOKEN)

    assert len(wire.requests) > 1


async def test_call_ends_in_time_whatever_the_other_side_does() -> None:
    class Silent(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.Event().wait()
            raise AssertionError(request)

    client = RestClient(Silent(), APP, Metrics(), timeout_s=0.0)
    with pytest.raises(errors.CronofyAway):
        await client.call(READ, TOKEN)


async def test_slow_answer_is_given_up(cronofy, desk, linked) -> None:
    desk.cronofy.faults.add("userinfo", faults.slow(TIMEOUT_S + 1), count=None)
    with pytest.raises(errors.CronofyAway):
        await cronofy.rest.call(READ, linked.access_token)


async def test_limit_that_passes_costs_nothing(cronofy, desk, linked) -> None:
    desk.cronofy.faults.add("userinfo", trouble.too_many(retry_after_s=2), count=2)

    assert (await cronofy.rest.call(READ, linked.access_token))["sub"] == desk.mira.id


# --- what is counted


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (fine(), "ok"),
        (httpx.ReadTimeout("no"), "no_answer"),
        (httpx.Response(200, content=b"<html>"), "unreadable"),
        (httpx.Response(200, content=b"x" * (MAX_ANSWER + 1)), "unreadable"),
        (httpx.Response(302, headers={"location": "https://evil.example/"}), "unreadable"),
        *((httpx.Response(status), str(status)) for status in (400, 401, 402, 403, 404, 410, 422, 423, 500, 503)),
        (httpx.Response(429, headers={"Retry-After": "60"}), "429"),
        (httpx.Response(477), "refused"),
        (httpx.Response(599), "refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_request_is_counted_by_what_came_of_it(answer: httpx.Response | Exception, outcome: str) -> None:
    wire = Wire(one_after_the_other(answer))
    with suppress(errors.CronofyError):
        await wire.client.call(replace(READ, once=True), TOKEN)

    assert wire.counted == {("userinfo", outcome): 1}
    assert wire.metrics.registry.get_sample_value("statusbot_cronofy_seconds_count") == 1


async def test_each_attempt_is_counted() -> None:
    wire = Wire(one_after_the_other(httpx.ConnectError("no"), httpx.Response(503), fine()))
    await wire.client.call(READ, TOKEN)

    assert wire.counted == {("userinfo", "no_answer"): 1, ("userinfo", "503"): 1, ("userinfo", "ok"): 1}


async def test_pages_are_counted_together() -> None:
    wire = Wire(lambda _: fine())
    first = Call("events", "GET", "/v1/events")
    for token in ("08a07b", "08a07c"):
        await wire.client.call(wire.client.page(first, f"{APP.api}/v1/events/pages/{token}"), TOKEN)

    assert wire.counted == {("events.page", "ok"): 2}


async def test_figures_of_the_portal_stay_as_they_are() -> None:
    wire = Wire(lambda _: fine())
    await wire.client.call(READ, TOKEN)

    assert wire.metrics.registry.get_sample_value("statusbot_portal_seconds_count") == 0


# --- what is told


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError(f"https://x/?{TOKEN}"),
        httpx.ReadError(TOKEN),
        *(
            httpx.Response(status, json={"error": TOKEN, "errors": {"a": [{"key": SECRET}]}})
            for status in (400, 422, 500)
        ),
        httpx.Response(200, content=TOKEN.encode()),
    ],
    ids=range(6),
)
async def test_errors_and_log_hold_no_secret(answer: httpx.Response | Exception) -> None:
    wire = Wire(one_after_the_other(*[answer] * 8))
    with capture_logs() as lines, pytest.raises(errors.CronofyError) as caught:
        await wire.client.call(WRITE, TOKEN)

    told = f"{caught.value!r} {vars(caught.value)} {caught.value.__cause__!r} {lines} {WRITE!r} {APP!r}"
    assert TOKEN not in told
    assert SECRET not in told
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
