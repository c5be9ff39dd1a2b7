"""What a log line shows, and what it never shows."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
import structlog

from bot import log, tracing

SECRET = "a1b2c3d4e5f60718"
FORMS: list[Literal["console", "json"]] = ["console", "json"]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave logging as it was."""
    levels = {name: logging.getLogger(name).level for name in ("httpx", "httpcore")}
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def written(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


BODIES: list[Any] = [
    {"auth": {"user_id": 17}},
    {"access_token": SECRET, "kept": 1},
    {"ACCESS_TOKEN": SECRET},
    {"data": {"bot": {"refresh_token": SECRET}}},
    [{"application_token": SECRET}, {"kept": 2}],
    ({"code": SECRET},),
    {"deep": [[{"deeper": ({"client_secret": SECRET},)}]]},
    {"secret_key": [SECRET, SECRET]},
    {1: {"AUTH_ID": SECRET, "REFRESH_ID": SECRET}},
]


@pytest.mark.parametrize("body", BODIES)
def test_mask_hides_secrets_at_every_depth(body: Any) -> None:
    assert SECRET not in repr(log.mask(body))
    assert "'user_id'" not in repr(log.mask(body))


def test_mask_keeps_everything_else() -> None:
    body = {"user_id": 17, "list": [1, "two", None], "map": {"token_kind": "x", "codes": [1]}}
    assert log.mask(body) == body


def test_mask_says_that_something_was_there() -> None:
    assert log.mask({"auth": {"a": 1}, "x": ({"code": ""},)}) == {"auth": log.MASK, "x": [{"code": log.MASK}]}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", sorted(log.SECRET_KEYS))
@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_line_hides_secrets(capsys: pytest.CaptureFixture[str], form: Any, name: str, case: Any) -> None:
    log.configure("info", form)
    structlog.get_logger().info("token.seen", **{case(name): SECRET}, body={"auth": {case(name): SECRET}})
    line = written(capsys)
    assert "token.seen" in line
    assert SECRET not in line


@pytest.mark.parametrize("form", FORMS)
def test_bound_secrets_are_hidden(capsys: pytest.CaptureFixture[str], form: Any) -> None:
    log.configure("info", form)
    with structlog.contextvars.bound_contextvars(access_token=SECRET, user_id=17):
        structlog.get_logger().bind(refresh_token=SECRET).info("token.seen")
    line = written(capsys)
    assert "17" in line
    assert SECRET not in line


def test_json_line_is_an_object_with_level_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", "json")
    structlog.get_logger().warning("event.ignored", event_key="p:1", reason="бот")

    (line,) = written(capsys).splitlines()
    record = json.loads(line)
    moment = record.pop("timestamp")
    assert record == {"event": "event.ignored", "level": "warning", "event_key": "p:1", "reason": "бот"}
    assert moment.endswith("Z")
    assert "бот" in line


def test_line_names_the_request_that_something_is_done_for(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", "json")
    structlog.get_logger().info("service.started")
    with tracing.receiving("/x", 1.0) as trace:
        structlog.get_logger().info("event.ignored")

    before, during = map(json.loads, written(capsys).splitlines())
    assert "request_id" not in before
    assert during["request_id"] == trace.request_id


def test_form_without_a_terminal_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", None)
    structlog.get_logger().info("event.handled")
    assert json.loads(written(capsys))["event"] == "event.handled"


def test_console_line_is_readable(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info", "console")
    structlog.get_logger().info("event.handled", outcome="done")
    assert written(capsys).count("\n") == 1


@pytest.mark.parametrize("form", FORMS)
def test_text_of_others_starts_no_line(capsys: pytest.CaptureFixture[str], form: Any) -> None:
    log.configure("info", form)
    structlog.get_logger().info("event.ignored", reason="a\nlevel=error event=forged")
    assert written(capsys).count("\n") == 1


@pytest.mark.parametrize("form", FORMS)
def test_level_hides_what_is_below(capsys: pytest.CaptureFixture[str], form: Any) -> None:
    log.configure("warning", form)
    structlog.get_logger().info("event.handled")
    structlog.get_logger().warning("event.ignored")
    line = written(capsys)
    assert "event.handled" not in line
    assert "event.ignored" in line


def broken(secret: str) -> None:
    copy = [secret]  # a local variable that a talkative traceback would show
    raise LookupError(f"{len(copy)} thing is missing")


@pytest.mark.parametrize("form", FORMS)
def test_exception_shows_no_secret_locals(capsys: pytest.CaptureFixture[str], form: Any) -> None:
    log.configure("info", form)
    try:
        broken(SECRET)
    except LookupError:
        structlog.get_logger().exception("command.broken", access_token=SECRET)

    shown = written(capsys)
    assert SECRET not in shown
    assert "1 thing is missing" in shown
    assert "in broken" in shown


LIBRARY = logging.getLogger("somebody.else")


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Return what sets up logging as in a process where nobody else listens to libraries."""

    def configure(form: Any) -> None:
        monkeypatch.setattr(logging.root, "handlers", [])
        monkeypatch.setattr(logging.root, "level", logging.NOTSET)
        log.configure("info", form)
        log.configure("info", form)  # changes nothing

    return configure


def test_library_is_heard_in_our_form(capsys: pytest.CaptureFixture[str], listen: Callable[[Any], None]) -> None:
    listen("json")
    LIBRARY.info("all is well")
    LIBRARY.warning("%s is slow\nERROR forged", "a socket")

    (line,) = written(capsys).splitlines()
    record = json.loads(line)
    assert record.pop("timestamp").endswith("Z")
    assert record == {
        "event": "library.complained",
        "level": "warning",
        "library": "somebody.else",
        "message": "a socket is slow\nERROR forged",
    }


def test_log_that_cannot_be_written_is_no_trouble_of_whom_a_library_serves(
    monkeypatch: pytest.MonkeyPatch, listen: Callable[[Any], None]
) -> None:
    listen("json")

    def broken_pipe(*_told: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(structlog.get_logger().__class__, "log", broken_pipe, raising=False)
    monkeypatch.setattr(logging, "raiseExceptions", False)

    LIBRARY.log(logging.CRITICAL + 10, "all is lost")


@pytest.mark.parametrize("form", FORMS)
def test_what_breaks_in_a_library_is_told_with_its_traceback(
    capsys: pytest.CaptureFixture[str], listen: Callable[[Any], None], form: Any
) -> None:
    listen(form)
    try:
        broken(SECRET)
    except LookupError:
        LIBRARY.exception("Unhandled exception")

    shown = written(capsys)
    assert SECRET not in shown
    assert "1 thing is missing" in shown
    assert "in broken" in shown
    if form == "json":
        assert "in broken" in json.loads(shown)["exception"]


def test_nonsense_of_a_library_breaks_nothing(
    capsys: pytest.CaptureFixture[str], listen: Callable[[Any], None]
) -> None:
    listen("json")
    LIBRARY.error("%d things", "no number")
    LIBRARY.log(logging.ERROR + 1, "two things")

    told = [json.loads(line) for line in written(capsys).splitlines()]
    assert [(line["level"], line["message"]) for line in told] == [("error", "%d things"), ("error", "two things")]


@pytest.mark.parametrize("name", ["httpx", "httpcore"])
def test_addresses_of_requests_are_not_logged(name: str) -> None:
    log.configure("debug", "json")
    assert not logging.getLogger(name).isEnabledFor(logging.INFO)
