"""The inbox of several replicas that share a server.

What waits in a lane stands in `lane_events`, and for each such event there is a job of Procrastinate with the lane as its lock (see
`jobs.py` and `lanes.py`): whoever fetches a job takes what comes first in that lane, and nobody else gets a job of the lane before it ends. A
timer waits in `events` alone, without a job; any replica lets it enter its lane when it is due.

A replica is enrolled as a worker and tells every few seconds that it lives. One that is silent for too long is dismissed by the
others, and what it held is put back. Should it live all the same (it hung, it lost the server), it notices with its next
transaction, since each asks whether the worker is enrolled: it drops what it held and enrolls anew. A replica that starts again
under its name need not wait for that: the name is claimed, so its former process is dead.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import stamina
import structlog
from sqlalchemy import Connection, func, select

from bot.database import Database, Work
from bot.errors import StorageError
from bot.inbox import Entry, Handler
from bot.inbox.handing import GivenUp, Handing, Held
from bot.inbox.jobs import Jobs, listen
from bot.inbox.lanes import (
    beat,
    count,
    enroll,
    enter,
    enter_due,
    entry_of,
    finish,
    insert_new,
    leave,
    make_tables,
    take,
)
from bot.inbox.sqlite import events

log = structlog.get_logger()
T = TypeVar("T")

# Events that one replica works on at the same time; the rest wait, or others take them.
_MAX_HELD = 256
# Events that one transaction takes.
_BATCH = 32
# Timers of others are looked at so often; who set one may be gone.
_TIMERS_S = 10.0
# After so many heartbeats in a row the server was there for long enough that whoever lives has been heard of.
_STEADY = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things are looked at, in seconds.

    Attributes:
        beat_s: Between two heartbeats.
        silent_s: Whoever was not heard of for so long is dismissed: its work is taken over within this and a few beats.
        poll_s: Between two looks for jobs of which no notification came.
    """

    beat_s: float = 5.0
    silent_s: float = 30.0
    poll_s: float = 2.0


class PostgresInbox:
    """The inbox of the replica `replica`, which has claimed `database` under that name; `url` leads there.

    Raises:
        StorageError: its tables cannot be made.
    """

    def __init__(
        self,
        database: Database,
        url: str,
        *,
        replica: str,
        clock: Callable[[], float] = time.time,
        pace: Pace | None = None,
    ) -> None:
        make_tables(url)
        self._database = database
        self._url = url
        self._replica = replica
        self._clock = clock
        self._pace = pace or Pace()
        self._worker = 0
        self._confirmed = 0.0
        self._held: dict[int, Held] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._fetching: asyncio.Task[None] | None = None
        self._beside: list[asyncio.Task[None]] = []
        # A transaction may have taken what we do not know of, since the server was lost when it confirmed it.
        self._unsure = False
        self._pending = 0
        self._closed = asyncio.Event()
        self._job_added = asyncio.Event()
        self._timer_moved = asyncio.Event()
        self._beat_wanted = asyncio.Event()

    @property
    def pending(self) -> int:
        """Of all replicas; what others did counts with the next heartbeat."""
        return max(0, self._pending)

    @property
    def holds(self) -> bool:
        """Whether nobody can have taken over what this replica was handed; whoever is about to change something elsewhere asks."""
        return time.monotonic() - self._confirmed < self._pace.silent_s - self._pace.beat_s

    async def put(self, *entries: Entry, also: Sequence[Work[Any]] = ()) -> list[bool]:
        now = self._clock()

        def work(connection: Connection) -> list[bool]:
            for other in also:
                other(connection)
            new = [insert_new(connection, entry, now, None) for entry in entries]
            enter(connection, [entry for entry, is_new in zip(entries, new, strict=True) if is_new])
            return new

        stored = self._database.queue(work)
        stored.add_done_callback(self._count_new)
        # Whoever waits may give up; what is stored all the same is handed out.
        return await asyncio.shield(stored)

    def _count_new(self, stored: asyncio.Future[list[bool]]) -> None:
        if not stored.cancelled() and stored.exception() is None:
            self._pending += sum(stored.result())

    async def put_at(self, due_at: float, entry: Entry, *, also: Sequence[Work[Any]] = ()) -> bool:
        now = self._clock()

        def work(connection: Connection) -> bool:
            for other in also:
                other(connection)
            return insert_new(connection, entry, now, due_at)

        stored = self._database.queue(work)
        stored.add_done_callback(lambda _: self._timer_moved.set())
        return await asyncio.shield(stored)

    def clock_moved(self) -> None:
        self._timer_moved.set()

    async def parked(self) -> list[Entry]:
        statement = select(events).where(events.c.state == "parked").order_by(events.c.finished_at)
        rows = await self._database.read(lambda c: c.execute(statement).all())
        return [entry_of(row) for row in rows]

    async def since(self, moment: float) -> int:
        statement = select(func.count()).where((events.c.arrival >= moment) | (events.c.finished_at >= moment))
        return int(await self._database.read(lambda c: c.execute(statement).scalar_one()))

    async def run(self, handler: Handler, give_up: Handler) -> None:
        self._handing = Handing(handler, give_up, self)
        await self._enroll()
        async with asyncio.TaskGroup() as group:
            self._fetching = group.create_task(self._fetch())
            self._beside = [
                group.create_task(self._keep_watch()),
                group.create_task(self._let_timers_enter()),
                group.create_task(listen(self._url, self._job_added.set, pause_s=self._pace.poll_s)),
            ]

    async def close(self, grace: float) -> None:
        self._closed.set()
        self._job_added.set()
        if self._fetching is not None:
            await asyncio.wait([self._fetching])
            if self._running:
                await asyncio.wait(self._running, timeout=grace)
            await _stop([*self._running, *self._beside])
            await self._leave()

    async def _leave(self) -> None:
        work = partial(leave, worker=self._worker, left={one.entry.key: one.left for one in self._held.values()})
        try:
            await self._write(work)
        except (StorageError, GivenUp) as error:  # others take it over
            log.warning("inbox.not-put-back", error=str(error))

    # --- lanes

    async def _fetch(self) -> None:
        while not self._closed.is_set():
            self._job_added.clear()
            limit = min(_BATCH, _MAX_HELD - len(self._held))
            taken = await self._take(limit) if limit else []
            self._held |= {held.job: held for held in taken}
            if self._closed.is_set():
                return
            for held in sorted(taken, key=lambda one: one.starts):  # the least suspicious first
                task = asyncio.create_task(self._work_off(held))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            if len(taken) < limit or not limit:
                await _pause(self._job_added, self._pace.poll_s)

    async def _take(self, limit: int) -> list[Held]:
        known = set(self._held) if self._unsure else None
        try:
            taken = await self._write(partial(take, worker=self._worker, limit=limit, known=known))
        except GivenUp:
            self._beat_wanted.set()
        except StorageError as error:
            log.warning("inbox.away", error=str(error))
            self._unsure = True
        else:
            self._unsure = False
            return taken
        return []

    async def _work_off(self, held: Held) -> None:
        try:
            await self._handing.finish(held)
        except GivenUp:
            log.warning("event.taken-over", event_key=held.entry.key)
            self._beat_wanted.set()
        del self._held[held.job]
        self._job_added.set()  # the next of the lane

    # --- the book of what became of an event (see `Handing`)

    async def count(self, held: Held) -> None:
        await self._surely(partial(count, key=held.entry.key, starts=held.starts + 1))
        held.starts += 1

    async def done(self, held: Held) -> None:
        await self._mark(held, state="done", body=None)

    async def park(self, held: Held) -> None:
        await self._mark(held, state="parked")

    async def _mark(self, held: Held, **values: Any) -> None:
        values["finished_at"] = self._clock()
        await self._surely(partial(finish, held=held, values=values))
        self._pending -= 1

    async def _write(self, work: Work[T]) -> T:
        """Run `work` if nobody has given this replica up.

        Raises:
            GivenUp: somebody has.
            StorageError: as `Database.write`.
        """
        worker = self._worker

        def fenced(connection: Connection) -> T:
            if not Jobs(connection).is_enrolled(worker):
                raise GivenUp
            return work(connection)

        return await self._database.write(fenced)

    async def _surely(self, work: Work[T]) -> T:
        """As `_write`, but wait for the database."""
        return await _patiently(self._write, work)

    # --- replicas

    async def _enroll(self) -> None:
        begun = time.monotonic()
        self._worker, self._pending = await _patiently(self._database.write, partial(enroll, replica=self._replica))
        self._confirmed = begun

    async def _keep_watch(self) -> None:
        steady = 0
        while True:
            await _pause(self._beat_wanted, self._pace.beat_s)
            self._beat_wanted.clear()
            begun = time.monotonic()
            try:
                adopted, self._pending = await self._write(
                    partial(beat, worker=self._worker, silent_s=self._pace.silent_s if steady >= _STEADY else None)
                )
            except GivenUp:
                await self._start_over()
                steady = 0
            except StorageError:
                steady = 0
            else:
                self._confirmed = begun
                steady += 1
                if adopted:
                    log.warning("inbox.taken-over", events=adopted)
                    self._job_added.set()

    async def _start_over(self) -> None:
        log.warning("replica.given-up", replica=self._replica, events=len(self._held))
        await _stop(list(self._running))
        self._held.clear()
        await self._enroll()
        self._job_added.set()

    # --- timers

    async def _let_timers_enter(self) -> None:
        while True:
            self._timer_moved.clear()
            next_at = await _patiently(self._database.write, partial(enter_due, now=self._clock()))
            left = _TIMERS_S if next_at is None else next_at - self._clock()
            await _pause(self._timer_moved, min(max(left, 0.0), _TIMERS_S))


async def _stop(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _pause(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


_patiently = stamina.AsyncRetryingCaller(attempts=None, timeout=None, wait_initial=0.2, wait_max=5.0).on(StorageError)
