"""What an answer of Cronofy means, before anything is done about it."""

import json

import pytest

from bot import errors
from bot.cronofy.answers import check, read_json
from bot.wire import Received

TABLE = {
    302: errors.CronofyUnreadable,
    400: errors.CronofyError,
    401: errors.AccessRefused,
    402: errors.CronofyPlan,
    403: errors.CronofyRightMissing,
    404: errors.CronofyGone,
    405: errors.CronofyError,
    410: errors.CronofyGone,
    422: errors.CronofyInvalid,
    423: errors.CronofyLocked,
    429: errors.CronofyBusy,
    500: errors.CronofyAway,
    502: errors.CronofyAway,
    503: errors.CronofyAway,
    504: errors.CronofyAway,
}
RETRIED = {429, 500, 502, 503, 504}
# What a body may be although it is none: every refusal has to cope with each.
BODIES = [
    b"",
    b"null",
    b"[]",
    b"7",
    b"<html>",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"errors": 7}',
    b'{"error": {}}',
    b'{"errors": {"a": 7}}',
]


def refusal(status: int, content: bytes = b"", retry_after: str = "") -> errors.CronofyError:
    with pytest.raises(errors.CronofyError) as caught:
        check(Received(status, content, retry_after=retry_after), "some.call")
    assert caught.value.method == "some.call"
    return caught.value


@pytest.mark.parametrize("status", TABLE)
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_status_decides_whatever_the_body(status: int, body: bytes) -> None:
    error = refusal(status, body)

    assert type(error) is TABLE[status]
    assert error.retriable is (status in RETRIED)
    assert error.code == ""


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_is_no_error(status: int) -> None:
    check(Received(status, b""), "some.call")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("invalid_grant", errors.GrantRefused),
        ("invalid_client", errors.CronofyRefusesUs),
        ("unsupported_grant_type", errors.CronofyError),
    ],
)
def test_code_of_a_token_request_decides(code: str, kind: type[errors.CronofyError]) -> None:
    error = refusal(400, json.dumps({"error": code, "error_description": "secret-1"}).encode())

    assert (type(error), error.code) == (kind, code)
    assert "secret-1" not in f"{error!r} {vars(error)}"


def complaint(param: str, *keys: object) -> bytes:
    return json.dumps({"errors": {param: [{"key": key, "description": "for people"} for key in keys]}}).encode()


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("errors.must_be_external_event_uid", errors.NotExternal),
        ("errors.required", errors.CronofyInvalid),
        ("errors.some_new_one", errors.CronofyInvalid),
    ],
)
def test_key_of_a_refused_parameter_decides(key: str, kind: type[errors.CronofyError]) -> None:
    error = refusal(422, complaint("event_uid", key, "errors.second"))

    assert (type(error), error.code) == (kind, key)


@pytest.mark.parametrize("key", [None, 7, ["a"], "", "Token abc", "e" * 65, "errors.я"])
def test_key_that_is_none_is_dropped(key: object) -> None:
    assert refusal(422, complaint("status", key)).code == ""


@pytest.mark.parametrize(
    ("header", "wait_s"), [("3", 3.0), ("0", 0.0), ("", None), ("-1", None), ("1e9", None), ("Wed, 21 Oct 2026", None)]
)
def test_wait_is_read_from_the_header(header: str, wait_s: float | None) -> None:
    assert refusal(429, retry_after=header).wait_s == wait_s


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"{" * 100_000, b"[" * 100_000, b"1" * 10_000, b'{"a": '])
def test_body_that_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(errors.CronofyUnreadable) as caught:
        read_json(body, "some.call")

    assert not caught.value.retriable
