"""Replicas that share a server.

Each has one connection for this beside that of its tables, since a bucket must not wait for a commit, nor hold one up. What is
asked here are single statements, each a transaction of its own that need not survive the end of the server.

A bucket is the moment at which it will have leaked out. Whoever puts something in moves that moment, and waits until what is in
by then fits: so all go in the order in which they have asked, whichever replica they are of, and nobody asks twice.

A turn is a session advisory lock: it ends with the connection, so a replica that dies keeps nobody waiting, and one that hangs
keeps others waiting for a while only. A replica that loses its connection loses the turn without notice. So a turn saves effort;
what must not happen twice is decided by rows.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, LiteralString
from weakref import WeakValueDictionary

import psycopg
from psycopg import AsyncConnection

from bot.database.absence import Absence
from bot.database.connections import beside, in_short, read
from bot.database.postgres import lock_number
from bot.errors import StorageAway, StorageError
from bot.patience import until_stored

_STATEMENT_S = 8.0
# Of a replica, as the README tells.
_CONNECTIONS = 5
# Between two looks whether a turn has come.
_LOOK_S = 0.1
# What is done in a turn takes less. Whoever takes longer hangs, with a lock that would last as long as that does.
_TURN_S = 15.0
# Nobody asks so far ahead: when the clock of the server was set back, what is in a bucket counts as so much and no more.
_FARTHEST_S = 60.0

_BUCKETS = """
    CREATE TABLE buckets (
        name text PRIMARY KEY,
        empty_at double precision NOT NULL -- unix seconds by the clock of the server
    )
"""
# What is in a bucket, and what is put in, is told in the seconds that it takes to leak out.
_TAKE = """
    WITH clock AS (SELECT extract(epoch FROM clock_timestamp())::double precision AS now)
    INSERT INTO buckets AS bucket (name, empty_at) SELECT %(name)s, now + %(more)s FROM clock
    ON CONFLICT (name) DO UPDATE
        SET empty_at = (SELECT least(greatest(bucket.empty_at, now), now + %(most)s) + %(more)s FROM clock)
        WHERE (SELECT least(greatest(bucket.empty_at, now), now + %(most)s) + %(more)s - now FROM clock) <= %(limit)s
    RETURNING empty_at - (SELECT now FROM clock)
"""
_NOTHING_NEW = "INSERT INTO buckets SELECT '', 0 WHERE false RETURNING empty_at"


class Together:
    """What replicas share.

    Args:
        url: Of their database.
        replica: The name of this one.
        turn_s: Whoever has had a turn for so long hangs: others go on.
    """

    def __init__(self, url: str, *, replica: str, turn_s: float = _TURN_S) -> None:
        self._name = in_short(read(url))
        self._turn_s = turn_s
        self._session = _Session(url, replica)
        # Each lasts as long as somebody has it or waits for it.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def open(self) -> None:
        """As `Sharing.open`."""
        try:
            await self._session.ask(_NOTHING_NEW, ())
        except StorageError as error:
            raise StorageError(
                f"STATUSBOT_DATABASE_URL: {self._name} lets its tables be used, but not the connection beside them by which replicas "
                f"share quotas ({str(error).rstrip('.')}): let its user have {_CONNECTIONS} connections and make tables."
            ) from None

    def bucket(self, name: str, capacity: float, rate: float, /) -> "_Bucket":
        return _Bucket(self._session, name, capacity, rate)

    @asynccontextmanager
    async def turn(self, name: str, /) -> AsyncIterator[None]:
        lock = [lock_number(f"turn {name}")]
        async with self._turns.setdefault(name, asyncio.Lock()):  # a session may take its own lock twice
            try:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._turn_s):
                        await self._wait_for(lock)
                yield
            finally:
                with suppress(StorageError):  # the lock went with the connection
                    await self._session.ask("SELECT pg_advisory_unlock(%s)", lock)

    async def _wait_for(self, lock: list[int]) -> None:
        while not await until_stored(self._session.ask, "SELECT pg_try_advisory_lock(%s)", lock):
            await asyncio.sleep(_LOOK_S)

    async def close(self) -> None:
        await self._session.close()


class _Bucket:
    def __init__(self, session: "_Session", name: str, capacity: float, rate: float) -> None:
        self._session = session
        self._name = name
        self._capacity_s = capacity / rate
        self._rate = rate
        self._empty_at = 0.0  # by our own clock, as far as we know: what others put in shows when we next ask
        self.is_full = False

    def has_room(self, amount: float = 1.0) -> bool:
        left_s = max(0.0, self._empty_at - time.monotonic())
        self.is_full = left_s + amount / self._rate > self._capacity_s
        return not self.is_full

    async def take(self, amount: float = 1.0, *, patience_s: float | None = None) -> None:
        values = {
            "name": self._name,
            "more": amount / self._rate,
            "most": self._capacity_s + _FARTHEST_S,
            "limit": self._capacity_s + (math.inf if patience_s is None else patience_s),
        }
        # Others who look before we have the answer see that there is less room.
        self._empty_at = max(self._empty_at, time.monotonic()) + amount / self._rate
        full_s = await until_stored(self._session.ask, _TAKE, values)
        if full_s is None:
            self.is_full = True
            raise TimeoutError
        self._empty_at = time.monotonic() + full_s
        wait_s = full_s - self._capacity_s
        self.is_full = wait_s > 0
        if self.is_full:
            await asyncio.sleep(wait_s)


class _Session:
    """A connection that is made when it is needed, and made anew when it was lost."""

    def __init__(self, url: str, replica: str) -> None:
        self._url = url
        self._replica = replica
        self._connection: AsyncConnection[tuple[Any, ...]] | None = None
        self._asking = asyncio.Lock()
        self._absence = Absence("sharing", "nothing is asked of the portal or Cronofy meanwhile")
        self._closed = False

    async def ask(self, query: LiteralString, values: Sequence[Any] | Mapping[str, Any]) -> Any:
        """Return the one value that a statement gives; None when it gives no row.

        Raises:
            StorageAway: why it gave nothing.
        """
        # Whoever is cancelled leaves a statement that comes to its end, so that it is known what the session holds.
        return await asyncio.shield(asyncio.ensure_future(self._ask(query, values)))

    async def _ask(self, query: LiteralString, values: Sequence[Any] | Mapping[str, Any]) -> Any:
        async with self._asking:
            if self._closed:
                raise StorageError("The connection is closed.")
            try:
                async with asyncio.timeout(_STATEMENT_S):
                    connection = await self._connected()
                    row = await (await connection.execute(query, values)).fetchone()
            except (psycopg.Error, OSError, TimeoutError) as error:
                await self._drop()
                raise StorageAway(self._absence.goes_on(error)) from None
        self._absence.ends()
        return None if row is None else row[0]

    async def _connected(self) -> AsyncConnection[tuple[Any, ...]]:
        if self._connection is None:
            self._connection = await beside(self._url, f"{self._replica} sharing")
            await self._connection.execute("SET synchronous_commit = off")
            await _make_table(self._connection)
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error, OSError):
                await connection.close()

    async def close(self) -> None:
        async with self._asking:
            self._closed = True
            await self._drop()


async def _make_table(connection: AsyncConnection[tuple[Any, ...]]) -> None:
    """Make the table unless it is there; several replicas may start at once."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number("buckets")])
        row = await (await connection.execute("SELECT to_regclass('buckets')")).fetchone()
        if row is None or row[0] is None:
            await connection.execute(_BUCKETS)
