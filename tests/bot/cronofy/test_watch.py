"""What the administrator reads about Cronofy."""

import pytest
from structlog.testing import capture_logs

from bot import errors
from bot.cronofy.watch import CronofyWatch
from bot.emulator.clock import ManualClock
from bot.watch import REPEAT_S


@pytest.fixture
def watch(clock: ManualClock) -> CronofyWatch:
    return CronofyWatch(clock.now)


def test_outage_is_told_once_and_its_end(watch: CronofyWatch, clock: ManualClock) -> None:
    with capture_logs() as lines:
        for _ in range(3):
            watch.failed(errors.CronofyAway("ReadTimeout", method="events"))
            clock.advance(30)
        watch.answered("events")
        watch.answered("events")

    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("cronofy.away", "warning"),
        ("cronofy.back", "info"),
    ]
    assert lines[0]["reason"] == "ReadTimeout"
    assert lines[1]["away_s"] == 90


def test_refusal_ends_an_outage(watch: CronofyWatch) -> None:
    with capture_logs() as lines:
        watch.failed(errors.CronofyNotReached(method="events"))
        watch.failed(errors.CronofyLocked(method="events"))

    assert [line["event"] for line in lines] == ["cronofy.away", "cronofy.back"]


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (errors.CronofyRefusesUs(code="invalid_client"), "cronofy.refuses-application"),
        (errors.CronofyPlan(), "cronofy.plan-lacks-it"),
        (errors.CronofyInvalid(code="errors.required"), "cronofy.refuses-parameter"),
        (errors.CronofyUnreadable("the answer is too large"), "cronofy.unreadable"),
        (errors.CronofyBusy(), "cronofy.busy"),
        (errors.CronofyError(), "cronofy.refuses-call"),
    ],
)
def test_what_needs_a_person_is_told_now_and_then(
    watch: CronofyWatch, clock: ManualClock, error: errors.CronofyError, event: str
) -> None:
    with capture_logs() as lines:
        watch.failed(error)
        clock.advance(REPEAT_S - 1)
        watch.failed(error)
        clock.advance(1)
        watch.failed(error)

    assert [(line["event"], line["log_level"]) for line in lines] == [(event, "error")] * 2


@pytest.mark.parametrize(
    "kind",
    [errors.AccessRefused, errors.CronofyRightMissing, errors.CronofyGone, errors.NotExternal, errors.GrantRefused],
)
def test_what_concerns_one_person_is_not_told(watch: CronofyWatch, kind: type[errors.CronofyError]) -> None:
    with capture_logs() as lines:
        watch.failed(kind())

    assert lines == []
