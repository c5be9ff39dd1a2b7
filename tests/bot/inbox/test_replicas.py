"""Several replicas over one server: one person's events stay in order and act once, whoever dies or hangs meanwhile."""

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import text

from bot.database import Database
from bot.inbox import Delivery
from bot.inbox.lanes import make_tables
from bot.inbox.postgres import Pace, PostgresInbox
from tests.bot.inbox.conftest import START, nobody
from tests.bot.inbox.desk import PATIENCE_S, Desk, forever, message, press
from tests.postgres import Cluster

QUICK = Pace(beat_s=0.05, silent_s=1.0, poll_s=0.1)


class Replica:
    """One of several processes, all of them in this one."""

    def __init__(self, url: str, name: str, pace: Pace = QUICK) -> None:
        self.desk = Desk()
        self.database = Database(url, exclusive=True, replica=name)
        self.inbox = PostgresInbox(self.database, url, replica=name, clock=lambda: START, pace=pace)
        self._working: asyncio.Task[None] | None = None

    def run(self, desk: Desk | None = None) -> "Replica":
        self.desk = desk or self.desk
        self._working = asyncio.create_task(self.inbox.run(self.desk, nobody))
        return self

    async def kill(self) -> None:
        tasks = [task for task in (self._working, *self.inbox._running) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.database.dispose()

    async def stop(self, grace: float = 0.0) -> None:
        await self.inbox.close(grace)
        if self._working is not None:
            await self._working
        await self.database.close()


@pytest.fixture
async def replica(server_url: str) -> AsyncIterator[Callable[..., Replica]]:
    """Return what opens a replica of a name."""
    opened: list[Replica] = []

    def replica(name: str, pace: Pace = QUICK) -> Replica:
        opened.append(Replica(server_url, name, pace))
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

async def hang(delivery):
    print(delivery.entry.body, flush=True)
    await asyncio.Event().wait()

async def main(url):
    database = Database(url, exclusive=True, replica="one")
    await PostgresInbox(database, url, replica="one").run(hang, hang)

asyncio.run(main(sys.argv[1]))
"""


async def test_work_of_a_stopped_replica_is_taken_over_at_once(replica: Any) -> None:
    slow = Pace(beat_s=60.0, silent_s=600.0, poll_s=0.1)
    one = replica("one", slow).run(Desk().when("body 1", forever))
    await one.inbox.put(message(1), message(2))
    await one.desk.until_handed(1)
    two = replica("two", slow).run()
    await one.stop()
    await two.desk.until_finished(2)

    assert two.desk.starts == [("body 1", 2), ("body 2", 1)]


# --- replicas that hang


async def test_replica_that_was_given_up_drops_what_others_took_over(replica: Any) -> None:
    go_on = asyncio.Event()

    async def hang(_delivery: Delivery) -> None:
        await go_on.wait()

    one = replica("one", Pace(beat_s=60.0, silent_s=600.0, poll_s=60.0)).run(Desk().when("body 1", hang))
    await one.inbox.put(message(1), message(2))
    await one.desk.until_handed(1)
    two = replica("two").run(Desk().when("body 1", forever))
    await two.desk.until_handed(1)
    go_on.set()
    await one.desk.until_finished(1)
    await until(lambda: not one.inbox._held)

    states = await two.database.read(lambda c: c.execute(text("SELECT key, state FROM events ORDER BY key")).all())
    assert [row.state for row in states] == ["pending", "pending"]
    assert two.desk.starts == [("body 1", 2)]


async def test_replica_that_was_given_up_works_again(replica: Any) -> None:
    one = replica("one").run(Desk().when("body 1", forever))
    await one.inbox.put(message(1))
    await one.desk.until_handed(1)
    assert one.inbox.holds
    await one.database.write(lambda c: c.execute(text("DELETE FROM procrastinate_workers")))
    await one.desk.until_handed(2)

    assert one.desk.starts == [("body 1", 1), ("body 1", 2)]


async def test_replica_holds_nothing_for_sure_when_it_was_not_heard_of(replica: Any) -> None:
    one = replica("one", Pace(beat_s=60.0, silent_s=60.0)).run()
    await one.inbox.put(message(1))
    await one.desk.until_finished(1)
    assert not one.inbox.holds


# --- a server that goes away


async def test_work_goes_on_after_connections_were_cut(replica: Any, postgres: Cluster, server_url: str) -> None:
    one = replica("one").run()
    name = server_url.rpartition("/")[2]
    for number in range(1, 6):
        await one.inbox.put(message(number))
        postgres.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
        await one.desk.until_finished(number)

    assert one.desk.finished == [f"body {number}" for number in range(1, 6)]


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


async def test_tables_are_made_once_by_replicas_that_start_together(server_url: str) -> None:
    await asyncio.gather(*(asyncio.to_thread(make_tables, server_url) for _ in range(4)))
