"""When the log tells that a service is away, and when that it is back."""

import pytest
from structlog.testing import capture_logs

from bot.emulator.clock import ManualClock
from bot.watch import REPEAT_S, Watch


class Site(Watch):
    """Lets a test say what a service would say of its errors."""

    def lost(self, method: str) -> None:
        self._lost(method, "ReadTimeout")

    def broken(self, what: str) -> None:
        self._alarm("broken", what, reason=what)


@pytest.fixture
def watch(clock: ManualClock) -> Site:
    return Site(clock.now, "site")


def told(lines) -> list[str]:
    return [line["event"] for line in lines]


def test_absence_and_return_are_one_line_each(watch: Site, clock: ManualClock) -> None:
    with capture_logs() as lines:
        for _ in range(3):
            watch.lost("read")
            clock.advance(30)
        for _ in range(3):
            watch.answered("read")

    assert lines == [
        {"event": "site.away", "log_level": "warning", "method": "read", "reason": "ReadTimeout"},
        {"event": "site.back", "log_level": "info", "away_s": 90},
    ]


def test_next_absence_is_told_again(watch: Site) -> None:
    with capture_logs() as lines:
        for _ in range(2):
            watch.lost("read")
            watch.answered("read")

    assert told(lines) == ["site.away", "site.back"] * 2


def test_service_that_was_never_away_does_not_return(watch: Site) -> None:
    with capture_logs() as lines:
        watch.answered("read")

    assert lines == []


def test_methods_that_work_do_not_make_it_flutter(watch: Site, clock: ManualClock) -> None:
    with capture_logs() as lines:
        for _ in range(20):
            watch.lost("read")
            watch.answered("write")
            clock.advance(59)
        clock.advance(1)
        watch.answered("write")

    assert told(lines) == ["site.away", "site.back"]


def test_alarm_is_repeated_once_in_a_while_for_each_reason(watch: Site, clock: ManualClock) -> None:
    with capture_logs() as lines:
        for pause_s in (REPEAT_S - 1, 1, 0):
            watch.broken("key")
            watch.broken("plan")
            clock.advance(pause_s)

    assert [(line["event"], line["log_level"], line["reason"]) for line in lines] == [
        ("site.broken", "error", "key"),
        ("site.broken", "error", "plan"),
    ] * 2
