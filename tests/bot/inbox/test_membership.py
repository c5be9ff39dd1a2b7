"""A replica that tells that it lives, and who it takes for dead."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from bot.database import Database
from bot.inbox.jobs import Jobs
from bot.inbox.membership import Membership, Pace
from bot.inbox.peers import Heard, Peer
from bot.inbox.tables import make_tables
from tests.bot.inbox.desk import PATIENCE_S

# A test asks for each heartbeat.
PACE = Pace(beat_s=3600.0, silent_s=30.0)
STEADY = 3


class Replica:
    """A member of a database, and the clock that it goes by."""

    def __init__(self, url: str) -> None:
        self.now = 1000.0
        self.database = Database(url, exclusive=True, replica="one")
        make_tables(url)
        self._membership = Membership(self.database, Peer("one"), PACE, lambda: self.now)
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()

    async def enroll(self) -> None:
        await self._membership.enroll()
        self._keeping = asyncio.create_task(self._membership.keep(self._heard.put_nowait, self._drop_all))

    async def _drop_all(self) -> None:
        raise AssertionError("it was dismissed")

    async def beat(self, times: int = 1) -> None:
        for _ in range(times):
            self._membership.doubt()
            await asyncio.wait_for(self._heard.get(), PATIENCE_S)

    async def add_silent(self) -> int:
        """Add a worker that was last heard of too long ago."""
        worker = await self.database.write(lambda c: Jobs(c).enroll())
        silent = text(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute' WHERE id = :worker"
        )
        await self.database.write(lambda c: c.execute(silent, {"worker": worker}))
        return worker

    async def knows(self, worker: int) -> bool:
        return await self.database.write(lambda c: Jobs(c).is_enrolled(worker))

    async def close(self) -> None:
        self._keeping.cancel()
        await asyncio.wait([self._keeping])
        await self.database.close()


@pytest.fixture
async def one(server_url: str) -> AsyncIterator[Replica]:
    replica = Replica(server_url)
    await replica.enroll()
    yield replica
    await replica.close()


async def test_silent_replica_is_dismissed(one: Replica) -> None:
    silent = await one.add_silent()
    await one.beat(STEADY)
    assert await one.knows(silent)
    await one.beat()
    assert not await one.knows(silent)


async def test_replica_that_was_paused_dismisses_nobody_before_others_can_be_heard_of(one: Replica) -> None:
    await one.beat(STEADY)
    paused_too = await one.add_silent()
    one.now += 36.0
    await one.beat(STEADY)
    assert await one.knows(paused_too)
    await one.beat()
    assert not await one.knows(paused_too)
