"""A server that is stopped and started again, or hangs: what was acknowledged is carried out once, and the process goes on."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator

import pytest

from bot.database import Database
from bot.errors import StorageError
from bot.inbox import Entry
from bot.inbox.postgres import Pace, PostgresInbox
from bot.inbox.tables import make_tables
from tests.bot.inbox.conftest import nobody
from tests.bot.inbox.desk import Desk, message
from tests.postgres import Cluster, MissingPostgresError, cluster

QUICK = Pace(beat_s=0.05, silent_s=0.5, poll_s=0.1)
LANES = 5


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A server that a test may end."""
    try:
        with cluster() as running:
            yield running
    except MissingPostgresError as error:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(str(error))


class Replica:
    def __init__(self, url: str) -> None:
        self.desk = Desk()
        self.database = Database(url, exclusive=True, replica="one")
        make_tables(url)
        self.inbox = PostgresInbox(self.database, url, replica="one", pace=QUICK)
        self.working = asyncio.create_task(self.inbox.run(self.desk, nobody))
        self.acknowledged: list[str] = []
        self.refused: list[str] = []

    async def put(self, number: int) -> None:
        entries = [message(number, lane=f"p:{lane}") for lane in range(LANES)]
        await asyncio.gather(*(self._put_one(entry) for entry in entries))

    async def _put_one(self, entry: Entry) -> None:
        try:
            await self.inbox.put(entry)
        except StorageError:
            self.refused.append(entry.key)
        else:
            self.acknowledged.append(entry.key)

    async def until_refused(self) -> None:
        number = 1000
        while not self.refused:
            await self.put(number)
            number += 1

    def handed(self) -> list[str]:
        return [delivery.entry.key for delivery in self.desk.handed]

    async def stop(self) -> None:
        await self.inbox.close(10.0)
        await self.working
        await self.database.close()


@pytest.fixture
async def one(server: Cluster) -> AsyncIterator[Replica]:
    with server.database() as name:
        replica = Replica(server.url(name))
        yield replica
        await replica.stop()


async def test_acknowledged_events_outlive_a_server_that_was_stopped(one: Replica, server: Cluster) -> None:
    await one.put(1)
    await asyncio.to_thread(server.stop)
    await one.until_refused()
    await asyncio.to_thread(server.start)
    while len(one.acknowledged) < 4 * LANES:
        await one.put(2000 + len(one.acknowledged))
    await one.desk.until_finished(len(one.acknowledged))

    assert set(one.acknowledged) <= set(one.handed())
    assert len(one.handed()) == len(set(one.handed()))
    assert not one.working.done()


async def test_acknowledged_events_outlive_a_server_that_hung(one: Replica, server: Cluster) -> None:
    await one.put(1)
    with server.hung():
        late = asyncio.create_task(one.put(2))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(late), 2 * QUICK.silent_s)
    await late
    await one.put(3)
    await one.desk.until_finished(len(one.acknowledged))

    assert len(one.acknowledged) >= 2 * LANES
    assert set(one.acknowledged) <= set(one.handed())
    assert len(one.handed()) == len(set(one.handed()))
    assert not one.working.done()
