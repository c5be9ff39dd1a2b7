"""The inbox of several replicas that share a server.

What waits in a lane stands in `lane_events`, and for each such event there is a job of Procrastinate with the lane as its lock (see
`jobs.py` and `lanes.py`): whoever fetches a job takes what comes first in that lane, and nobody else gets a job of the lane before it ends. A
timer waits in `events` alone, without a job; any replica lets it enter its lane when it is due.

What is put is taken in the same transaction where it can be, and the next of a lane in that which ends the former.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any

import structlog
from sqlalchemy import func, select, text

from bot.database import Database, Work
from bot.database.together import Share
from bot.errors import SettingsError, StorageError
from bot.inbox import Entry, Handler
from bot.inbox.handing import End, GivenUp, Handing, Put
from bot.inbox.jobs import listen
from bot.inbox.lanes import Look, Taken, count, end, enter_due, entry_of, put, set_aside, take
from bot.inbox.membership import Membership, Pace, pause, uptime
from bot.inbox.peers import Heard, Peer
from bot.inbox.sqlite import events
from bot.patience import until_stored

log = structlog.get_logger()

__all__ = ["Pace", "PostgresInbox"]

# Events that one replica works on at the same time; the rest wait, or others take them. As for lanes of a file.
_MAX_HELD = 1_200
# Events that one transaction takes.
_BATCH = 32
# Timers of others are looked at so often; who set one may be gone.
_TIMERS_S = 10.0


class PostgresInbox:
    """The inbox of the replica `replica`, which has claimed `database` under that name; its tables are there (`make_tables`).

    Args:
        database: Where the events are.
        url: Leads there, too.
        replica: The name.
        keys: Fingerprints of the secret keys, the newest first: replicas that cannot read each other's values do not work together.
        clock: Unix seconds.
        pace: How often things are looked at.
        since_boot: Seconds that nobody sets.
    """

    def __init__(
        self,
        database: Database,
        url: str,
        *,
        replica: str,
        keys: Sequence[str] = (),
        clock: Callable[[], float] = time.time,
        pace: Pace | None = None,
        since_boot: Callable[[], float] = uptime,
    ) -> None:
        self._database = database
        self._url = url
        self._clock = clock
        self._pace = pace or Pace()
        self._membership = Membership(
            database, Peer(replica, tuple(keys), version("statusbot")), self._pace, since_boot
        )
        self._connection = 0
        self._held: dict[int, Taken] = {}
        self._behind: set[str] = set()  # lanes of which we hold something, and into which something came meanwhile
        self._long: set[str] = set()  # lanes in which more waited when we ended something
        self._running: set[asyncio.Task[None]] = set()
        self._fetching: asyncio.Task[None] | None = None
        self._beside: list[asyncio.Task[None]] = []
        # A transaction may have taken what we do not know of, since the server was lost when it confirmed it.
        self._unsure = False
        self._pending = 0
        self._closed = asyncio.Event()
        self._job_added = asyncio.Event()
        self._timer_moved = asyncio.Event()

    @property
    def pending(self) -> int:
        """Of all replicas; what others did counts with the next heartbeat."""
        return max(0, self._pending)

    async def enroll(self) -> None:
        """Come among the replicas; `run` does it too, but then others hear of it late.

        Raises:
            SettingsError: another one that is at work has other secret keys.
            StorageError: the server does not answer.
        """
        await self._membership.enroll()

    async def hold(self) -> None:
        await self._membership.hold()

    async def put(self, *entries: Entry, also: Sequence[Work[Any]] = ()) -> list[bool]:
        self._look_into({entry.lane for entry in entries})  # in the same transaction, if nothing else is underway
        stored = self._database.queue(Share(put, Put(entries, self._clock(), also)))
        stored.add_done_callback(self._count_new)
        # Whoever waits may give up; what is stored all the same is handed out.
        return await asyncio.shield(stored)

    def _count_new(self, stored: "asyncio.Future[list[bool]]") -> None:
        if not stored.cancelled() and stored.exception() is None:
            self._pending += sum(stored.result())

    async def put_at(self, due_at: float, entry: Entry, *, also: Sequence[Work[Any]] = ()) -> bool:
        stored = self._database.queue(Share(put, Put([entry], self._clock(), also, due_at)))
        stored.add_done_callback(lambda _: self._timer_moved.set())
        (is_new,) = await asyncio.shield(stored)
        return is_new

    def clock_moved(self) -> None:
        self._timer_moved.set()

    async def parked(self) -> list[Entry]:
        statement = select(events).where(text("state = 'parked' AND state != 'done'")).order_by(events.c.finished_at)
        rows = await self._database.scan(lambda c: c.execute(statement).all())
        return [entry_of(row) for row in rows]

    async def since(self, moment: float) -> int:
        statement = select(func.count()).where((events.c.arrival >= moment) | (events.c.finished_at >= moment))
        return int(await self._database.scan(lambda c: c.execute(statement).scalar_one()))

    async def run(self, handler: Handler, give_up: Handler) -> None:
        self._handing: Handing[Taken] = Handing(handler, give_up, self)
        if not self._membership.worker:
            await until_stored(self.enroll)
        refusals: list[Exception] = []
        try:
            async with asyncio.TaskGroup() as group:
                self._fetching = group.create_task(self._fetch())
                self._beside = [
                    group.create_task(self._membership.keep(self._hear, self._drop_all)),
                    group.create_task(self._let_timers_enter()),
                    group.create_task(listen(self._url, self._hear_of_job, pause_s=self._pace.poll_s)),
                ]
                self._membership.doubt()
        except* SettingsError as refused:
            refusals.extend(refused.exceptions)
        if refusals:  # as itself: what a person has to mend is told in one line
            raise refusals[0]

    async def close(self, grace: float) -> None:
        self._closed.set()
        self._job_added.set()
        if self._fetching is not None:
            await asyncio.wait([self._fetching])
            if self._running:
                await asyncio.wait(self._running, timeout=grace)
            await _stop([*self._running, *self._beside])
        if self._membership.worker:
            await self._leave()

    async def _leave(self) -> None:
        try:
            await self._membership.leave({one.entry.key: one.left for one in self._held.values()})
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
                # A server that is away is not asked again for each event that cannot be put either.
                await pause(self._closed if self._unsure else self._job_added, self._pace.poll_s)

    def _look_into(self, lanes: set[str]) -> None:
        """See to it that what comes into `lanes` is fetched: at once, or when what we hold of them has ended.

        To look for jobs costs the more the more of them wait behind others.
        """
        behind = lanes & {held.entry.lane for held in self._held.values()}
        self._behind |= behind
        if behind != lanes:
            self._job_added.set()

    async def _take(self, limit: int) -> list[Taken]:
        known = set(self._held) if self._unsure else None
        try:
            taken = await self._database.write(Share(take, Look(self._membership.worker, limit, known)))
        except GivenUp:
            self._membership.doubt()
        except StorageError as error:
            if not self._unsure:
                log.warning("inbox.away", error=str(error))
            self._unsure = True
        else:
            self._unsure = False
            return taken
        return []

    async def _work_off(self, held: Taken) -> None:
        try:
            await self._handing.finish(held)
        except GivenUp:
            log.warning("event.taken-over", event_key=held.entry.key)
            self._membership.doubt()
        if len(self._held) == _MAX_HELD or held.entry.lane in self._behind:
            self._behind.discard(held.entry.lane)
            self._job_added.set()
        del self._held[held.job]

    def _hear_of_job(self, connection: int | None) -> None:
        if connection != self._connection:  # what we add ourselves is taken without being told
            self._job_added.set()

    # --- the book of what became of an event (see `Handing`)

    async def count(self, held: Taken) -> None:
        work = partial(count, key=held.entry.key, starts=held.starts + 1)
        await until_stored(self._membership.write, work)
        held.starts += 1

    async def done(self, held: Taken) -> None:
        await self._end(held, "done")

    async def park(self, held: Taken) -> None:
        await self._end(held, "parked")

    async def _end(self, held: Taken, state: str) -> None:
        await until_stored(self._try_to_end, End(held, state, self._clock()))
        self._pending -= 1

    async def _try_to_end(self, one: End[Taken]) -> None:
        lane = one.held.entry.lane
        if is_looked_into := lane in self._behind or lane in self._long:
            self._job_added.set()  # in the same transaction, if nothing else is underway
        self._behind.discard(lane)
        self._long.discard(lane)
        if await self._database.queue(Share(end, one)):
            self._long.add(lane)
            if not is_looked_into:
                self._job_added.set()

    async def wait(self) -> None:
        await until_stored(self._database.try_to_write)

    async def leave(self, held: Taken) -> None:
        work = partial(set_aside, taken=held, worker=self._membership.worker, seconds=self._pace.aside_s)
        await until_stored(self._membership.write, work)
        self._job_added.set()

    # --- replicas

    def _hear(self, found: Heard) -> None:
        self._pending, self._connection = found.waiting, found.connection
        if found.adopted:
            log.warning("inbox.taken-over", events=found.adopted)
        self._job_added.set()

    async def _drop_all(self) -> None:
        log.warning("inbox.dropped", events=len(self._held))
        await _stop(list(self._running))
        self._held.clear()
        self._behind.clear()
        self._long.clear()
        self._job_added.set()

    # --- timers

    async def _let_timers_enter(self) -> None:
        while True:
            self._timer_moved.clear()
            next_at = await until_stored(self._database.write, partial(enter_due, now=self._clock()))
            self._job_added.set()
            left = _TIMERS_S if next_at is None else next_at - self._clock()
            await pause(self._timer_moved, min(max(left, 0.0), _TIMERS_S))


async def _stop(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
