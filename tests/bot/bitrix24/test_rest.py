"""Answers of a portal to data or errors, and what leaves for the portal."""

import itertools
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from bot import errors
from bot.bitrix24.answers import read_answer, read_batch
from bot.bitrix24.limits import Quota
from bot.bitrix24.rest import Command, RestClient
from bot.bitrix24.wire import TIMEOUT_S
from bot.metrics import Metrics

TOKEN = "access-5d41402abc4b2a76b9719d91"
TABLE: dict[str, type[errors.BitrixError]] = {
    "expired_token": errors.TokenExpired,
    "invalid_token": errors.AuthorizationLost,
    "NO_AUTH_FOUND": errors.AuthorizationLost,
    "insufficient_scope": errors.MissingRight,
    "INVALID_CREDENTIALS": errors.NotPermitted,
    "user_access_error": errors.NotPermitted,
    "authorization_error": errors.AuthorizationLost,
    "APPLICATION_NOT_FOUND": errors.ApplicationGone,
    "ERROR_OAUTH": errors.ApplicationGone,
    "ACCESS_DENIED": errors.NotPermitted,
    "PAYMENT_REQUIRED": errors.ApplicationGone,
    "METHOD_CONFIRM_WAITING": errors.NotPermitted,
    "METHOD_CONFIRM_DENIED": errors.NotPermitted,
    "WRONG_AUTH_TYPE": errors.NotPermitted,
    "INVALID_REQUEST": errors.BitrixError,
    "ERROR_ARGUMENT": errors.BitrixError,
    "ERROR_CORE": errors.BitrixError,
    "ERROR_METHOD_NOT_FOUND": errors.MethodMissing,
    "ERROR_MANIFEST_IS_NOT_AVAILABLE": errors.BitrixError,
    "ERROR_BATCH_METHOD_NOT_ALLOWED": errors.BitrixError,
    "ERROR_BATCH_LENGTH_EXCEEDED": errors.BitrixError,
    "QUERY_LIMIT_EXCEEDED": errors.RateLimited,
    "OPERATION_TIME_LIMIT": errors.MethodBlocked,
    "OVERLOAD_LIMIT": errors.ApplicationGone,
    "CONNECTION_ERROR": errors.Unavailable,
    "INTERNAL_SERVER_ERROR": errors.Unavailable,
    "ERROR_UNEXPECTED_ANSWER": errors.Unavailable,
    "PORTAL_DELETED": errors.ApplicationGone,
}
RETRIED = {
    "QUERY_LIMIT_EXCEEDED",
    "OPERATION_TIME_LIMIT",
    "CONNECTION_ERROR",
    "INTERNAL_SERVER_ERROR",
    "ERROR_UNEXPECTED_ANSWER",
}
STATUSES = [200, 400, 401, 403, 404, 410, 429, 500, 503]


def failure(status: int, content: bytes) -> errors.BitrixError:
    with pytest.raises(errors.BitrixError) as caught:
        read_answer(status, content, "some.method")
    assert caught.value.method == "some.method"
    return caught.value


def refused(code: object, status: int, **more: object) -> errors.BitrixError:
    return failure(status, json.dumps({"error": code, "error_description": f"no {TOKEN}", **more}).encode())


# --- answers


@pytest.mark.parametrize("code", TABLE)
def test_error_code_decides(code: str) -> None:
    for status, case in itertools.product(STATUSES, (str.upper, str.lower, str.title)):
        error = refused(case(code), status)
        assert (type(error), error.code, error.retriable) == (TABLE[code], code.lower(), code in RETRIED)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("", 400, errors.BitrixError),
        ("", 200, errors.BitrixError),
        ("", 500, errors.Unavailable),
        ("", 429, errors.RateLimited),
        ("BOT_NOT_FOUND", 400, errors.BitrixError),
        ("BOT_NOT_FOUND", 403, errors.BitrixError),
        ("BOT_RATE_LIMIT", 429, errors.RateLimited),
        ("SOMETHING_NEW", 502, errors.Unavailable),
        (0, 400, errors.BitrixError),
        (100, 400, errors.BitrixError),
    ],
)
def test_unknown_code_goes_by_status(code: object, status: int, kind: type[errors.BitrixError]) -> None:
    error = refused(code, status)
    assert type(error) is kind
    assert error.code == str(code).lower()


def test_error_wins_over_result() -> None:
    assert type(refused("expired_token", 200, result=True)) is errors.TokenExpired


def test_description_is_not_kept() -> None:
    error = refused("ERROR_CORE", 400)
    assert TOKEN not in f"{error!r} {error} {vars(error)}"


@pytest.mark.parametrize("result", [None, False, True, [], {}, 0, "", "Y", [1], {"a": None}])
def test_any_result_is_a_result(result: object) -> None:
    content = json.dumps({"result": result, "time": {"start": 1}}).encode()
    assert read_answer(200, content, "some.method")["result"] == result


def test_result_counts_whatever_the_status() -> None:
    assert read_answer(500, b'{"result": "Y"}', "some.method")["result"] == "Y"


@pytest.mark.parametrize("status", [200, 302, 403, 502])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"<html><body>502 Bad Gateway</body></html>",
        b'{"result": tr',
        b"\xff\xfe\xfd",
        b"[]",
        b"[1]",
        b"null",
        b"true",
        b'"text"',
        b"7",
        b"{}",
        b'{"time": {}}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer_is_unavailable(status: int, content: bytes) -> None:
    error = failure(status, content)
    assert type(error) is errors.Unavailable
    assert error.code == ""


@pytest.mark.parametrize(("ahead", "least", "most"), [(60, 50, 60), (-60, 0, 0), (86_400, 600, 600)])
def test_blocked_method_tells_how_long(ahead: int, least: float, most: float) -> None:
    error = refused("OPERATION_TIME_LIMIT", 429, operating_reset_at=int(time.time()) + ahead)
    assert isinstance(error, errors.MethodBlocked)
    assert error.wait_s is not None
    assert least <= error.wait_s <= most


@pytest.mark.parametrize("more", [{}, {"operating_reset_at": None}, {"operating_reset_at": "soon"}])
def test_blocked_method_may_not_tell_how_long(more: dict[str, Any]) -> None:
    error = refused("OPERATION_TIME_LIMIT", 429, **more)
    assert isinstance(error, errors.MethodBlocked)
    assert error.wait_s is None


# --- batches


def test_batch_gives_its_items() -> None:
    answer = read_batch({"result": {"a": "Y", "b": None, "c": False}, "result_error": []})
    assert (answer["a"], answer["b"], answer["c"]) == ("Y", None, False)


@pytest.mark.parametrize("empty", [[], {}, None])
def test_batch_may_be_empty_in_php(empty: Any) -> None:
    answer = read_batch({"result": empty, "result_error": empty, "result_total": [], "result_time": []})
    assert (answer.results, answer.errors) == ({}, {})


def test_batch_item_raises_its_error() -> None:
    answer = read_batch({"result": [], "result_error": {"a": {"error": "ACCESS_DENIED", "error_description": TOKEN}}})
    with pytest.raises(errors.NotPermitted) as caught:
        _ = answer["a"]
    assert TOKEN not in str(caught.value)


def test_batch_item_may_fail_without_a_code() -> None:
    answer = read_batch({"result": {"b": 1}, "result_error": {"a": {"error": "", "error_description": "Нет"}}})
    with pytest.raises(errors.BitrixError) as caught:
        _ = answer["a"]
    assert (type(caught.value), caught.value.code, caught.value.retriable) == (errors.BitrixError, "", False)
    assert answer["b"] == 1


def test_batch_item_that_was_left_out_is_unavailable() -> None:
    answer = read_batch({"result": [], "result_error": {"a": {"error": ""}}})
    with pytest.raises(errors.Unavailable):
        _ = answer["b"]


@pytest.mark.parametrize("result", [None, [], True, "x", {"result": [1]}, {"result": "x"}, {"result_error": [1]}])
def test_what_is_no_batch_is_unavailable(result: Any) -> None:
    with pytest.raises(errors.Unavailable):
        read_batch(result)


def test_command_is_encoded_once() -> None:
    command = str(Command("calendar.meeting.status.set", {"eventId": 651, "status": "a b&c#d=é"}))
    method, _, query = command.partition("?")
    assert method == "calendar.meeting.status.set"
    assert parse_qs(query) == {"eventId": ["651"], "status": ["a b&c#d=é"]}
    assert "#" not in command


# --- the client

Answer = Callable[[httpx.Request], httpx.Response]


class Wire:
    """A portal that answers as the test says and keeps what it was sent."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answer: Answer = lambda _: httpx.Response(200, json={"result": True})
        self.metrics = Metrics()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer(request)

    @property
    def body(self) -> Any:
        return json.loads(self.requests[-1].content)

    def counted(self, method: str, outcome: str) -> float | None:
        labels = {"method": method, "outcome": outcome}
        return self.metrics.registry.get_sample_value("statusbot_portal_requests_total", labels)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def client(wire: Wire) -> RestClient:
    transport, quota = httpx.MockTransport(wire), Quota(2, 50, wire.metrics)
    return RestClient(transport, "https://acme.bitrix24.example", quota, wire.metrics)


async def test_token_travels_in_the_body_only(client: RestClient, wire: Wire) -> None:
    assert await client.call("im.user.status.set", {"STATUS": "dnd"}, TOKEN) is True

    (request,) = wire.requests
    assert (request.method, str(request.url)) == ("POST", "https://acme.bitrix24.example/rest/im.user.status.set")
    assert request.headers["content-type"] == "application/json"
    assert TOKEN not in str(request.headers)
    assert wire.body == {"STATUS": "dnd", "auth": TOKEN}


async def test_parameter_cannot_replace_the_token(client: RestClient, wire: Wire) -> None:
    await client.call("profile", {"auth": "another"}, TOKEN)
    assert wire.body == {"auth": TOKEN}


async def test_batch_is_one_request_of_strings(client: RestClient, wire: Wire) -> None:
    wire.answer = lambda _: httpx.Response(200, json={"result": {"result": {"a": "Q"}, "result_error": []}})
    commands = {"a": Command("calendar.meeting.status.get", {"eventId": 651}), "b": Command("profile", {})}

    answer = await client.batch(commands, TOKEN, halt=True)

    assert answer["a"] == "Q"
    assert [request.url.path for request in wire.requests] == ["/rest/batch"]
    lines = {"a": "calendar.meeting.status.get?eventId=651", "b": "profile?"}
    assert wire.body == {"halt": 1, "cmd": lines, "auth": TOKEN}


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectTimeout("t"),
        httpx.ReadTimeout("t"),
        httpx.PoolTimeout("t"),
        httpx.ConnectError("c"),
        httpx.ReadError("r"),
        httpx.RemoteProtocolError("p"),
        TimeoutError(),
    ],
)
async def test_no_answer_is_unavailable(client: RestClient, wire: Wire, error: Exception) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise error

    wire.answer = fail
    with pytest.raises(errors.Unavailable) as caught:
        await client.call("profile", {}, TOKEN)
    assert (caught.value.method, caught.value.__cause__, caught.value.__suppress_context__) == ("profile", None, True)
    assert wire.counted("profile", "no_answer") == 1


async def test_call_may_take_as_long_as_we_wait(client: RestClient, wire: Wire) -> None:
    """The client's own limit, shorter by default, does not cut a slow write off."""
    await client.call("profile", {}, TOKEN)
    assert max(wire.requests[0].extensions["timeout"].values()) == TIMEOUT_S


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirect_to_another_host_is_not_followed(client: RestClient, wire: Wire, status: int) -> None:
    wire.answer = lambda _: httpx.Response(status, headers={"location": "https://evil.example/rest/profile"})
    with pytest.raises(errors.PortalMoved):
        await client.call("profile", {}, TOKEN)
    assert [request.url.host for request in wire.requests] == ["acme.bitrix24.example"]


async def test_cookie_of_one_person_is_not_sent_for_the_next(client: RestClient, wire: Wire) -> None:
    headers = {"set-cookie": "PHPSESSID=5d41402abc; path=/; secure"}
    wire.answer = lambda _: httpx.Response(200, json={"result": True}, headers=headers)
    await client.call("profile", {}, TOKEN)
    await client.call("profile", {}, "another")
    assert "cookie" not in wire.requests[1].headers


async def test_requests_are_counted_by_outcome(client: RestClient, wire: Wire) -> None:
    await client.call("profile", {}, TOKEN)
    wire.answer = lambda _: httpx.Response(401, json={"error": "EXPIRED_TOKEN"})
    with pytest.raises(errors.TokenExpired):
        await client.call("profile", {}, TOKEN)
    wire.answer = lambda _: httpx.Response(400, json={"error": ""})
    with pytest.raises(errors.BitrixError):
        await client.call("profile", {}, TOKEN)

    assert [wire.counted("profile", outcome) for outcome in ("ok", "expired_token", "refused")] == [1, 1, 1]
    sample = wire.metrics.registry.get_sample_value
    assert sample("statusbot_portal_seconds_count") == 3
    assert sample("statusbot_limiter_wait_seconds_count") == 3
