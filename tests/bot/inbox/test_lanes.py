"""What replicas do in the lanes at the same time, and what they find there."""

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Future
from typing import Any

import pytest
from sqlalchemy import Connection, text

from bot.database import Database, Work
from bot.database.together import Share
from bot.inbox.handing import Put
from bot.inbox.jobs import Jobs
from bot.inbox.lanes import Look, put, take
from bot.inbox.tables import make_tables
from tests.bot.inbox.conftest import START
from tests.bot.inbox.desk import message


@pytest.fixture
async def databases(server_url: str) -> AsyncIterator[list[Database]]:
    """Of two replicas."""
    opened = [Database(server_url, exclusive=True, replica=name) for name in ("one", "two")]
    make_tables(server_url)
    yield opened
    for database in opened:
        await database.close()


async def worker(database: Database) -> int:
    return await database.write(lambda c: Jobs(c).enroll())


def putting(number: int) -> Work[Any]:
    return lambda c: put(c, [Put([message(number)], START)])


def taking(worker: int) -> Work[list[str]]:
    """Return what takes as much as it gets, and returns the bodies."""
    share = Share(take, Look(worker, 32, None))
    return lambda c: [taken.entry.body for taken in share(c)]


async def test_what_goes_with_events_is_done_by_lane_and_as_it_came_in_each(databases: list[Database]) -> None:
    done: list[str] = []

    def noting(lane: str, number: int) -> Put:
        return Put([message(number, lane=lane)], START, also=[lambda _: done.append(f"{lane} {number}")])

    given = [noting("p:23", 1), noting("p:17", 3), noting("p:17", 2), noting("p:23", 4)]
    new = await databases[0].write(lambda c: put(c, given))

    assert done == ["p:17 3", "p:17 2", "p:23 1", "p:23 4"]
    assert new == [[True]] * 4


async def test_replicas_that_take_from_a_lane_at_once_do_not_fail(databases: list[Database]) -> None:
    one, two = databases
    mine, others = await worker(one), await worker(two)
    loop = asyncio.get_running_loop()
    begun: list[Future[list[str]]] = []

    entered, go_on = threading.Event(), threading.Event()

    def enter_first(connection: Connection) -> None:
        putting(1)(connection)
        entered.set()
        go_on.wait()

    def take_second(connection: Connection) -> list[str]:
        taken = taking(others)(connection)
        go_on.set()
        asyncio.run_coroutine_threadsafe(asyncio.wait([entering]), loop).result()
        begun.append(asyncio.run_coroutine_threadsafe(one.write(taking(mine)), loop))
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while not connection.execute(waiting).scalar_one():
            assert not begun[0].done(), "it did not wait"
        return taken

    entering = asyncio.create_task(one.write(enter_first))
    await asyncio.to_thread(entered.wait)
    await two.write(putting(2))

    assert await two.write(take_second) == ["body 2"]
    assert await asyncio.wrap_future(begun[0]) == []


@pytest.mark.parametrize("lost", [False, True], ids=["with its job", "whose job is gone, too"])
async def test_lane_goes_on_behind_an_event_that_somebody_has_deleted(databases: list[Database], *, lost: bool) -> None:
    one, _ = databases
    mine = await worker(one)
    await one.write(putting(1))
    await one.write(lambda c: c.execute(text("DELETE FROM events")))
    if lost:
        await one.write(lambda c: c.execute(text("DELETE FROM procrastinate_jobs")))
    await one.write(putting(2))

    assert await one.write(taking(mine)) == []
    assert await one.write(taking(mine)) == ["body 2"]


async def test_nothing_stays_of_an_event_that_somebody_has_deleted(databases: list[Database]) -> None:
    one, _ = databases
    mine = await worker(one)
    await one.write(putting(1))
    await one.write(lambda c: c.execute(text("DELETE FROM events")))
    for _ in range(2):
        assert await one.write(taking(mine)) == []

    left = text("SELECT (SELECT count(*) FROM lane_events) + (SELECT count(*) FROM procrastinate_jobs)")
    assert await one.read(lambda c: c.scalar(left)) == 0
