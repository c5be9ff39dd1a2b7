"""Several replicas over one server: one person's events stay in order and act once, whoever dies or hangs meanwhile."""

import asyncio
import gc
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.database import Database
from bot.errors import AlreadyRunning, NewerVersion, SettingsError
from bot.inbox import Delivery, postgres
from bot.inbox.postgres import Pace, PostgresInbox
from bot.inbox.tables import make_tables
from tests.bot.inbox.conftest import START, nobody
from tests.bot.inbox.desk import PATIENCE_S, Desk, forever, message, press
from tests.postgres import Cluster

QUICK = Pace(beat_s=0.05, silent_s=1.0, poll_s=0.1)


class Replica:
    """One of several processes, all of them in this one."""

    def __init__(self, url: str, name: str, pace: Pace = QUICK, **chosen: Any) -> None:
        self.desk = Desk()
        self.database = Database(url, exclusive=True, replica=name)
        make_tables(url)
        self.inbox = PostgresInbox(self.database, url, replica=name, clock=lambda: START, pace=pace, **chosen)
        self._working: asyncio.Task[None] | None = None

    def run(self, desk: Desk | None = None) -> "Replica":
        self.desk = desk or self.desk
        self._working = asyncio.create_task(self.inbox.run(self.desk, nobody))
        return self

    async def ended(self) -> None:
        assert self._working is not None
        await asyncio.wait_for(self._working, PATIENCE_S)

    async def kill(self) -> None:
        tasks = [task for task in (self._working, *self.inbox._running) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.database.dispose()
        # A connection that was just being made stays half open for as long as something refers to it, and nobody could drop the
        # database before the server gives that up.
        self._working = None
        gc.collect()

    async def stop(self, grace: float = 0.0) -> None:
        await self.inbox.close(grace)
        if self._working is not None:
            await self._working
        await self.database.close()


@pytest.fixture
async def replica(server_url: str) -> AsyncIterator[Callable[..., Replica]]:
    """Return what opens a replica of a name."""
    opened: list[Replica] = []

    def replica(name: str, pace: Pace = QUICK, *, url: str = server_url, **chosen: Any) -> Replica:
        opened.append(Replica(url, name, pace, **chosen))
        return opened[-1]

    yield replica
    for one in opened:
        await one.kill()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


# --- side by side


async def test_event_put_by_one_replica_is_handed_out_by_another(replica: Any) -> None:
    one, two = replica("one"), replica("two").run()
    assert await one.inbox.put(message(1)) == [True]
    await two.desk.until_finished(1)
    assert two.desk.handed == [Delivery(message(1), 1)]


async def test_key_is_new_for_one_of_the_replicas_only(replica: Any) -> None:
    one, two = replica("one"), replica("two")
    new = await asyncio.gather(*(inbox.put(message(1)) for inbox in (one.inbox, two.inbox) for _ in range(5)))

    assert sorted(new) == [[False]] * 9 + [[True]]


async def test_lanes_keep_their_order_across_replicas(replica: Any) -> None:
    lanes = [f"p:{number}" for number in range(12)]
    busy: set[str] = set()
    handed: dict[str, list[int]] = {lane: [] for lane in lanes}

    async def alone(delivery: Delivery) -> None:
        lane = delivery.entry.lane
        assert lane not in busy
        busy.add(lane)
        await asyncio.sleep(0)
        handed[lane].append(delivery.entry.message_id or 0)
        busy.remove(lane)

    desk = Desk(**{f"body {number}": alone for number in range(20)})
    both = [replica(name).run(desk) for name in ("one", "two")]
    random.seed(7)
    for number in range(20):
        await asyncio.gather(*(random.choice(both).inbox.put(message(number, lane=lane)) for lane in lanes))
    await desk.until_finished(20 * len(lanes))

    assert handed == {lane: list(range(20)) for lane in lanes}
    assert {starts for _, starts in desk.starts} == {1}


async def test_what_comes_just_when_its_lane_is_done_is_taken_at_once(replica: Any) -> None:
    one = replica("one", Pace(beat_s=300.0, silent_s=3000.0, poll_s=300.0)).run()  # nobody looks by chance
    async with asyncio.timeout(PATIENCE_S):  # in the end whatever waits is found by the look for timers
        for number in range(60):
            await one.inbox.put(message(2 * number))
            await one.desk.until_finished(2 * number + 1)
            for _ in range(5 * number):  # from before until after the end is written down
                await asyncio.sleep(0)
            await one.inbox.put(message(2 * number + 1))
            await one.desk.until_finished(2 * number + 2)

    assert one.desk.bodies == [f"body {number}" for number in range(120)]


async def test_timer_enters_its_lane_once(replica: Any) -> None:
    one, two = replica("one").run(), replica("two").run()
    await one.inbox.put_at(START, press("timer", 100))
    await two.inbox.put_at(START + 60, press("later", 100))
    await until(lambda: one.desk.finished + two.desk.finished)
    await two.inbox.put(message(1))
    await until(lambda: len(one.desk.finished + two.desk.finished) == 2)

    assert sorted(one.desk.starts + two.desk.starts) == [("body 1", 1), ("press timer", 1)]


async def test_pending_counts_what_all_replicas_have_before_them(replica: Any) -> None:
    one, two = replica("one").run(Desk().when("body 1", forever)), replica("two")
    await two.inbox.put(message(1), message(2))
    await until(lambda: one.inbox.pending == 2)
    await one.stop()
    two.run()
    await two.desk.until_finished(2)
    await until(lambda: two.inbox.pending == 0)


# --- replicas that end


async def test_work_of_a_dead_replica_is_taken_over(replica: Any) -> None:
    one = replica("one").run(Desk().when("body 1", forever))
    await one.inbox.put(message(1), message(2), message(1, lane="p:23"))
    await one.desk.until_handed(2)
    two = replica("two").run()
    await one.kill()
    await two.desk.until_finished(3)

    of_lane = [delivery for delivery in two.desk.handed if delivery.entry.lane == "p:17"]
    assert of_lane == [Delivery(message(1), 2), Delivery(message(2), 1)]


async def test_work_of_a_killed_process_is_taken_over(replica: Any, server_url: str) -> None:
    two = replica("two")
    await two.inbox.put(message(1), message(2))
    process = subprocess.Popen(
        [sys.executable, "-c", HANGS, server_url], stdout=subprocess.PIPE, cwd=sys.path[0] or ".", text=True
    )
    with process:
        assert await asyncio.to_thread(process.stdout.readline) == "body 1\n"
        two.run()
        process.send_signal(signal.SIGKILL)
    await two.desk.until_finished(2)

    assert two.desk.starts == [("body 1", 2), ("body 2", 1)]


HANGS = """
import asyncio, sys
from bot.database import Database
from bot.inbox.postgres import PostgresInbox
from bot.inbox.tables import make_tables

async def hang(delivery):
    print(delivery.entry.body, flush=True)
    await asyncio.Event().wait()

async def main(url):
    database = Database(url, exclusive=True, replica="one")
    make_tables(url)
    await PostgresInbox(database, url, replica="one").run(hang, hang)

asyncio.run(main(sys.argv[1]))
"""


async def test_work_of_a_stopped_replica_is_taken_over_at_once(replica: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Pace(beat_s=300.0, silent_s=3000.0, poll_s=300.0)
    monkeypatch.setattr(postgres, "_TIMERS_S", 300.0)  # nobody looks by chance
    one = replica("one", slow).run(Desk().when("body 1", forever))
    await one.inbox.put(message(1), message(2))
    await one.desk.until_handed(1)
    two = replica("two", slow).run()
    await until(lambda: two.inbox.pending)
    await one.stop()
    await two.desk.until_finished(2)

    assert two.desk.starts == [("body 1", 2), ("body 2", 1)]


# --- replicas that hang


async def test_replica_that_was_given_up_drops_what_others_took_over(replica: Any) -> None:
    one = replica("one", Pace(beat_s=60.0, silent_s=600.0, poll_s=60.0)).run(Desk().when("body 1", forever))
    await one.inbox.put(message(1), message(2))
    await one.desk.until_handed(1)
    two = replica("two").run(Desk().when("body 1", forever))
    await two.desk.until_handed(1)
    await until(lambda: not one.inbox._held)

    assert await _states(two) == ["pending", "pending"]
    assert (one.desk.finished, two.desk.starts) == ([], [("body 1", 2)])


async def test_deaf_replica_that_was_given_up_ends_nothing(replica: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = asyncio.Event()

    async def hang(_delivery: Delivery) -> None:
        await go_on.wait()

    async def hear_nothing(_url: str, _hear: object, *, pause_s: float) -> None:
        del pause_s

    with monkeypatch.context() as deaf:
        deaf.setattr(postgres, "listen", hear_nothing)
        one = replica("one", Pace(beat_s=60.0, silent_s=600.0, poll_s=60.0)).run(Desk().when("body 1", hang))
        await one.inbox.put(message(1), message(2))
        await one.desk.until_handed(1)
    two = replica("two").run(Desk().when("body 1", forever))
    await two.desk.until_handed(1)
    go_on.set()
    await one.desk.until_finished(1)
    await until(lambda: not one.inbox._held)

    assert await _states(two) == ["pending", "pending"]
    assert two.desk.starts == [("body 1", 2)]


async def _states(replica: Replica) -> list[str]:
    """Return what has become of all events."""
    return await replica.database.read(lambda c: list(c.scalars(text("SELECT state FROM events ORDER BY key"))))


async def test_replica_that_was_given_up_works_again(replica: Any) -> None:
    one = replica("one").run(Desk().when("body 1", forever))
    await one.inbox.put(message(1))
    await one.desk.until_handed(1)
    await one.database.write(lambda c: c.execute(text("DELETE FROM procrastinate_workers")))
    await one.desk.until_handed(2)

    assert one.desk.starts == [("body 1", 1), ("body 1", 2)]


async def test_replica_that_was_given_up_ends_when_those_at_work_have_other_keys(replica: Any) -> None:
    one = replica("one", Pace(beat_s=60.0, silent_s=600.0, poll_s=60.0), keys=["a"]).run()
    await one.inbox.put(message(1))
    await one.desk.until_finished(1)
    await dismiss_all(one)
    two = replica("two", keys=["b", "a"])
    await two.inbox.enroll()
    await one.inbox.put(message(2))
    with pytest.raises(SettingsError, match="the first key of replica two, which is at work, is missing"):
        await one.ended()
    with capture_logs() as lines:
        await one.inbox.close(0.0)

    assert one.desk.bodies == ["body 1"]
    assert await one.database.read(lambda c: c.scalars(text("SELECT name FROM replicas")).all()) == ["two"]
    assert lines == []  # there was nothing that it could have put back


async def test_replica_that_is_heard_of_holds_what_it_has(replica: Any) -> None:
    one = replica("one").run()
    await one.inbox.put(message(1))
    await one.desk.until_finished(1)
    await one.inbox.hold()


class Uptime:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_replica_that_was_frozen_asks_before_it_goes_on(replica: Any) -> None:
    uptime, acted = Uptime(), []

    async def freeze(delivery: Delivery) -> None:
        if delivery.starts == 1:
            uptime.now += 60.0
        await one.inbox.hold()
        acted.append(delivery.starts)

    one = replica("one", Pace(beat_s=5.0, silent_s=30.0), since_boot=uptime).run(Desk().when("body 1", freeze))
    await one.inbox.put(message(1))
    await one.desk.until_finished(1)

    assert acted == [1]  # nobody has given it up


async def test_replica_that_was_given_up_while_frozen_does_nothing_more_for_the_event(replica: Any) -> None:
    uptime, acted = Uptime(), []

    async def freeze(delivery: Delivery) -> None:
        if delivery.starts == 1:
            await dismiss_all(one)
            uptime.now += 60.0
        await one.inbox.hold()
        acted.append(delivery.starts)

    one = replica("one", Pace(beat_s=5.0, silent_s=30.0), since_boot=uptime).run(Desk().when("body 1", freeze))
    await one.inbox.put(message(1))
    await one.desk.until_finished(1)

    assert acted == [2]


async def test_whoever_carries_out_no_event_waits_for_the_new_enrolment_only(replica: Any) -> None:
    uptime = Uptime()
    one = replica("one", Pace(beat_s=60.0, silent_s=300.0), since_boot=uptime).run()
    await one.inbox.put(message(1))
    await one.desk.until_finished(1)
    await dismiss_all(one)
    uptime.now += 600.0
    await asyncio.wait_for(one.inbox.hold(), PATIENCE_S)

    assert await one.database.read(lambda c: c.scalar(text("SELECT count(*) FROM procrastinate_workers"))) == 1


async def dismiss_all(one: Replica) -> None:
    await one.database.write(lambda c: c.execute(text("DELETE FROM procrastinate_workers")))


async def test_process_that_is_stopped_in_a_transaction_keeps_nobody_waiting(replica: Any, server_url: str) -> None:
    two = replica("two")
    await two.database.write(lambda c: c.execute(text("CREATE TABLE effects (body TEXT, pid INT)")))
    await two.inbox.put(message(1))
    process = subprocess.Popen(
        [sys.executable, "-c", STOPS, server_url], stdout=subprocess.PIPE, cwd=sys.path[0] or ".", text=True
    )
    with process:
        try:
            assert await asyncio.to_thread(process.stdout.readline) == "in a transaction\n"
            process.send_signal(signal.SIGSTOP)
            two.run()
            await two.desk.until_finished(1)
        finally:
            process.kill()

    assert two.desk.starts == [("body 1", 2)]


STOPS = """
import asyncio, sys, threading, structlog
from sqlalchemy import text
from structlog.testing import capture_logs
from bot.database import Database
from bot.inbox.jobs import Jobs
from bot.inbox.postgres import Pace, PostgresInbox

def stop(connection):
    Jobs(connection).is_enrolled(inbox._membership.worker)
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    print("in a transaction", flush=True)
    threading.Event().wait()

async def act(delivery):
    await database.write(stop)

async def main(url):
    global database, inbox
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    database = Database(url, exclusive=True, replica="one")
    inbox = PostgresInbox(database, url, replica="one", pace=Pace(beat_s=60.0, silent_s=300.0))
    await inbox.run(act, act)

asyncio.run(main(sys.argv[1]))
"""


async def test_stopped_process_that_goes_on_does_nothing_more_for_its_event(replica: Any, server_url: str) -> None:
    two = replica("two")
    await two.database.write(lambda c: c.execute(text("CREATE TABLE effects (body TEXT, pid INT)")))
    await two.inbox.put(message(1))
    process = subprocess.Popen(
        [sys.executable, "-c", ACTS, server_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=sys.path[0] or ".",
        text=True,
    )
    with process:
        try:
            assert await asyncio.to_thread(process.stdout.readline) == "body 1\n"
            process.send_signal(signal.SIGSTOP)
            two.run()
            await two.desk.until_finished(1)
            process.stdin.write("go on\n")
            process.stdin.flush()
            process.send_signal(signal.SIGCONT)
            assert await asyncio.to_thread(process.stdout.readline) == "cancelled\n"
        finally:
            process.kill()

    assert two.desk.starts == [("body 1", 2)]
    assert await two.database.read(lambda c: c.scalar(text("SELECT count(*) FROM effects"))) == 0


ACTS = """
import asyncio, sys, structlog
from sqlalchemy import text
from structlog.testing import capture_logs
from bot.database import Database
from bot.inbox.postgres import Pace, PostgresInbox
from bot.inbox.tables import make_tables

async def act(delivery):
    await database.write(lambda c: None)  # so that it is not stopped in the midst of what it does at its start
    print(delivery.entry.body, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    try:
        await inbox.hold()
    except asyncio.CancelledError:
        print("cancelled", flush=True)
        raise
    await database.write(lambda c: c.execute(text("INSERT INTO effects VALUES ('body 1', 1)")))
    print("acted", flush=True)

async def main(url):
    global database, inbox
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    database = Database(url, exclusive=True, replica="one")
    make_tables(url)
    inbox = PostgresInbox(database, url, replica="one", pace=Pace(beat_s=0.1, silent_s=1.0, poll_s=0.1))
    await inbox.run(act, act)

asyncio.run(main(sys.argv[1]))
"""


# --- releases side by side


async def cannot_read(_delivery: Delivery) -> None:
    raise NewerVersion("stored event: version 2, this release reads 1")


async def test_event_of_a_newer_release_is_taken_by_a_replica_of_it(replica: Any) -> None:
    pace = replace(QUICK, aside_s=0.2)
    older = replica("older", pace).run(Desk().when("body 1", cannot_read))
    await older.inbox.put(message(1), message(2))
    await older.desk.until_finished(1)
    assert older.desk.finished == ["body 2"]
    await older.desk.until_handed(4)  # again and again, and none of it is a start
    newer = replica("newer", pace).run()
    await newer.desk.until_finished(1)

    assert newer.desk.starts == [("body 1", 1)]
    assert await newer.inbox.parked() == []


async def test_lane_goes_on_while_nobody_can_read_several_of_its_events(replica: Any) -> None:
    desk = Desk(**{f"body {number}": cannot_read for number in (1, 2, 4)})
    one = replica("one", replace(QUICK, aside_s=0.1)).run(desk)
    await one.inbox.put(*(message(number) for number in range(1, 6)))
    await desk.until_finished(2)
    await one.inbox.put(message(6))
    await desk.until_finished(3)

    assert desk.finished == ["body 3", "body 5", "body 6"]


# --- a server that goes away


async def test_work_goes_on_after_connections_were_cut(replica: Any, postgres: Cluster, server_url: str) -> None:
    one = replica("one").run()
    name = server_url.rpartition("/")[2]
    for number in range(1, 6):
        await one.inbox.put(message(number))
        postgres.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
        await one.desk.until_finished(number)

    assert one.desk.finished == [f"body {number}" for number in range(1, 6)]


async def test_idle_replica_claims_its_name_again(replica: Any, postgres: Cluster, server_url: str) -> None:
    one = replica("one").run()
    await until(lambda: one.inbox._connection)
    name = server_url.rpartition("/")[2]
    postgres.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
    await until(lambda: one.database.term == 2)

    with pytest.raises(AlreadyRunning):
        Database(server_url, exclusive=True, replica="one")


async def test_nothing_is_left_behind_by_finished_events(replica: Any) -> None:
    one = replica("one").run()
    await one.inbox.put(*(message(number, lane=f"p:{number % 3}") for number in range(30)))
    await one.desk.until_finished(30)
    await one.stop(PATIENCE_S)
    left = text(
        "SELECT (SELECT count(*) FROM procrastinate_jobs) + (SELECT count(*) FROM procrastinate_events)"
        " + (SELECT count(*) FROM procrastinate_workers) + (SELECT count(*) FROM lane_events)"
    )
    two = replica("two")

    assert await two.database.read(lambda c: c.scalar(left)) == 0
    assert await two.database.read(lambda c: c.scalar(text("SELECT count(*) FROM replicas"))) == 0
