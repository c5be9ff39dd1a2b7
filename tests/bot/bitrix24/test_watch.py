"""What the log says about the portal as a whole."""

import pytest
from structlog.testing import capture_logs

from bot.bitrix24.watch import BitrixWatch
from bot.emulator.clock import ManualClock
from bot.errors import (
    ApplicationGone,
    AuthorizationLost,
    BitrixError,
    MissingRight,
    PortalMoved,
    RateLimited,
    Unavailable,
)
from bot.watch import REPEAT_S


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def watch(clock: ManualClock) -> BitrixWatch:
    return BitrixWatch(clock.now)


def told(lines) -> list[str]:
    return [line["event"] for line in lines]


def test_absence_and_return_are_one_line_each(watch: BitrixWatch, clock: ManualClock) -> None:
    with capture_logs() as lines:
        for _ in range(50):
            watch.failed("batch", Unavailable("no JSON, status 502"))
            clock.advance(30)
        for _ in range(50):
            watch.answered("batch")

    assert told(lines) == ["portal.away", "portal.back"]
    assert [line["log_level"] for line in lines] == ["warning", "info"]
    assert lines[1]["away_s"] == 1500


@pytest.mark.parametrize("error", [RateLimited(), AuthorizationLost(), BitrixError(code="error_core")])
def test_refusal_is_an_answer(watch: BitrixWatch, error: BitrixError) -> None:
    with capture_logs() as lines:
        watch.failed("batch", Unavailable())
        watch.failed("batch", error)

    assert told(lines) == ["portal.away", "portal.back"]


def test_what_a_person_must_mend_is_an_error_once_in_a_while(watch: BitrixWatch, clock: ManualClock) -> None:
    with capture_logs() as lines:
        for _ in range(3):
            for _ in range(10):
                watch.failed("batch", ApplicationGone(code="portal_deleted"))
                watch.refused("imbot.message.add", ApplicationGone(code="overload_limit"))
                watch.lacks_right(MissingRight(method="calendar.event.getbyid"))
                watch.moved(PortalMoved(host="neu.bitrix24.example"), "acme.bitrix24.example")
            clock.advance(REPEAT_S)

    names = ["portal.refuses-application", "portal.refuses-application", "portal.right-missing", "portal.moved"]
    assert told(lines) == names * 3
    assert {line["log_level"] for line in lines if line["event"] != "portal.moved"} == {"error"}
    assert lines[0]["reason"] == "portal_deleted"
