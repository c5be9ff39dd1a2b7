"""For which request something is done, and what is told of it."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot import tracing
from bot.tracing import Origin

ROOT = Path(__file__).resolve().parent.parent.parent
STORED = Origin(request_id="5d" * 16, received_at=1000.25)


def test_request_gets_an_id_of_its_own():
    with tracing.receiving("/x", 1000.0) as one:
        pass
    with tracing.receiving("/x", 1000.0) as other:
        pass

    assert re.fullmatch("[0-9a-f]{32}", one.request_id)
    assert one.request_id != other.request_id


def test_what_a_request_brings_is_stored_with_its_id_and_time():
    with tracing.receiving("/x", 1000.12345) as trace:
        stored = tracing.origin()

    assert stored == Origin(request_id=trace.request_id, received_at=1000.123)


def test_what_comes_from_no_request_has_no_origin():
    assert tracing.origin() is None
    assert tracing.current() is None


def test_what_was_stored_is_carried_out_in_the_name_of_its_request():
    with tracing.handling(STORED, 1002.5) as trace:
        assert tracing.current() is trace

    assert (trace.request_id, trace.waited_s) == (STORED.request_id, 2.25)


def test_what_is_made_while_something_is_carried_out_has_the_id_and_was_not_received():
    with tracing.handling(STORED, 1002.5):
        assert tracing.origin() == Origin(request_id=STORED.request_id)


def test_what_was_made_later_did_not_wait():
    with tracing.handling(Origin(request_id="5d" * 16), 1002.5) as trace:
        assert trace.waited_s is None


def test_clock_that_was_set_back_makes_no_negative_wait():
    with tracing.handling(STORED, 900.0) as trace:
        assert trace.waited_s == 0.0


def test_what_was_stored_without_an_id_gets_one():
    with tracing.handling(None, 1.0) as one, tracing.handling(None, 1.0) as other:
        assert tracing.origin() == Origin(request_id=other.request_id)

    assert re.fullmatch("[0-9a-f]{32}", one.request_id)
    assert one.request_id != other.request_id


def test_outer_request_goes_on_after_an_inner_one():
    with tracing.receiving("/x", 1.0) as outer:
        with tracing.handling(STORED, 2.0):
            pass

        assert tracing.current() is outer


async def test_task_that_outlives_a_request_does_nothing_in_its_name():
    over = asyncio.Event()

    async def look():
        before = tracing.current()
        await over.wait()
        return before, tracing.current(), tracing.origin()

    with tracing.receiving("/x", 1.0) as trace:
        looking = asyncio.create_task(look())
        await asyncio.sleep(0)
    over.set()

    assert await looking == (trace, None, None)


def test_requests_made_in_turn_are_counted():
    with tracing.handling(STORED, 1.0) as trace:
        with tracing.calling("bitrix24", "batch"):
            pass
        with pytest.raises(LookupError), tracing.calling("cronofy", "events.read"):
            raise LookupError

    assert trace.calls == 2


def test_request_made_for_nobody_is_no_trouble():
    with tracing.calling("bitrix24", "batch"):
        assert tracing.current() is None


def test_nothing_is_loaded_where_no_collector_is_named():
    program = (
        "import sys, bot.service; from bot import tracing; tracing.start(); "
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'bot.spans'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={}, check=True, capture_output=True, text=True)

    assert done.stdout == "[]\n"


def test_collector_without_the_extra_is_told(monkeypatch):
    monkeypatch.setenv(tracing.COLLECTOR, "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "bot.spans", None)  # so that its import fails
    with capture_logs() as lines:
        tracing.start()

    (line,) = lines
    assert (line["event"], line["log_level"]) == ("tracing.impossible", "warning")
    assert "`tracing`" in line["reason"]
