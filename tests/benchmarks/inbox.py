"""`python -m tests.benchmarks.inbox`: how fast the inbox on PostgreSQL stores events and hands them out; one line per load.

The server is of its own, on loopback, and keeps what it confirms (`fsync`); it shares the cores of this machine with the load. The
handler does nothing, so that what is measured is the inbox alone.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Iterator

from bot.database import Database
from bot.inbox import Delivery, Entry
from bot.inbox.postgres import PostgresInbox
from bot.inbox.tables import make_tables
from tests.benchmarks.figures import Load
from tests.benchmarks.progress import Progress
from tests.postgres import cluster

PEOPLE = 200
WARMING = 300
PACED, PER_SECOND = 1_000, 50
EVENTS = 3_000
CONNECTIONS = (1, 10, 50)
STEPS = 2 + len(CONNECTIONS)


class Desk:
    """A handler that notes when each event came, and when the last one that was put did."""

    def __init__(self) -> None:
        self.handed_at: dict[str, float] = {}
        self._all = asyncio.Event()
        self._awaited = 0

    def await_all(self, count: int) -> None:
        self._all.clear()
        self._awaited = len(self.handed_at) + count

    async def __call__(self, delivery: Delivery) -> None:
        self.handed_at[delivery.entry.key] = time.perf_counter()
        if len(self.handed_at) == self._awaited:
            self._all.set()

    async def until_all(self) -> None:
        await self._all.wait()


class Stage:
    """An inbox at work. Each load gives how long it took to store an event, and how long until it was handed out."""

    def __init__(self, inbox: PostgresInbox, desk: Desk, progress: Progress) -> None:
        self._inbox = inbox
        self._desk = desk
        self._progress = progress
        self._number = 0

    async def pace(self, what: str, count: int, per_second: float) -> tuple[Load, Load]:
        """Put events at a steady rate; a slow one does not hold the next one back."""

        async def one(number: int, entry: Entry) -> None:
            await asyncio.sleep(number / per_second)
            await self._put(entry)

        entries = self._entries(count)
        return await self._measure(what, entries, [one(number, entry) for number, entry in enumerate(entries)])

    async def saturate(self, what: str, count: int, connections: int) -> tuple[Load, Load]:
        """Put events as fast as so many who wait for each allow."""
        entries = self._entries(count)
        waiting = iter(entries)

        async def worker() -> None:
            for entry in waiting:
                await self._put(entry)

        return await self._measure(what, entries, [worker() for _ in range(connections)])

    def _entries(self, count: int) -> list[Entry]:
        first, self._number = self._number, self._number + count
        return [
            Entry(f"{number}", f"portal:{number % PEOPLE}", '{"v":1,"event":{}}' + " " * 600, number, number)
            for number in range(first, self._number)
        ]

    async def _put(self, entry: Entry) -> None:
        self._asked_at[entry.key] = time.perf_counter()
        await self._inbox.put(entry)
        self._stored_ms.append((time.perf_counter() - self._asked_at[entry.key]) * 1000)
        self._shown.update(1)

    async def _measure(self, what: str, entries: list[Entry], tasks: list[Awaitable[None]]) -> tuple[Load, Load]:
        self._asked_at: dict[str, float] = {}
        self._stored_ms: list[float] = []
        self._desk.await_all(len(entries))
        with self._progress.step(what, len(entries)) as self._shown:
            began_at = time.perf_counter()
            await asyncio.gather(*tasks)
            stored_s = time.perf_counter() - began_at
            await self._desk.until_all()
            handed_s = time.perf_counter() - began_at
        handed_ms = [(self._desk.handed_at[entry.key] - self._asked_at[entry.key]) * 1000 for entry in entries]
        return Load(tuple(sorted(self._stored_ms)), stored_s), Load(tuple(sorted(handed_ms)), handed_s)


async def _measure(url: str) -> Iterator[str]:
    progress, desk = Progress(STEPS, sys.stderr), Desk()
    database = Database(url, exclusive=True, replica="one")
    make_tables(url)
    inbox = PostgresInbox(database, url, replica="one")
    working = asyncio.create_task(inbox.run(desk, desk))
    stage = Stage(inbox, desk, progress)
    await stage.saturate("warm up", WARMING, 10)
    loads = {f"{PER_SECOND} events/s": await stage.pace("paced", PACED, PER_SECOND)}
    for number in CONNECTIONS:
        what = f"{number} at a time"
        loads[what] = await stage.saturate(what, EVENTS, number)
    await inbox.close(30.0)
    await working
    await database.close()
    return _table(loads)


def _table(loads: dict[str, tuple[Load, Load]]) -> Iterator[str]:
    yield f"{'':28}{'per second':>12}{'p50 ms':>9}{'p99 ms':>9}"
    for what, pair in loads.items():
        for name, load in zip(("stored", "handed out"), pair, strict=True):
            yield f"{f'{name}, {what}':28}{load.rate:12,.0f}{load.within_ms(0.5):9.2f}{load.within_ms(0.99):9.2f}"


def main() -> None:
    with cluster(durable=True) as server, server.database() as name:
        print("\n".join(asyncio.run(_measure(server.url(name)))))


if __name__ == "__main__":
    main()
