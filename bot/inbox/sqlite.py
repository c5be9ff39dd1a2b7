"""The inbox of one process, in the embedded database.

The table is the truth; lanes live in memory and are rebuilt from it at the start. A fresh entry is stored as started once, since
an idle lane hands it out at once; only what a former process left behind costs a write more before it is handed out again. The
"done" mark is awaited before the lane goes on: the next event must not have effects while this one could still come back.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import structlog
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    Update,
    bindparam,
    case,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from bot.database import Database, Work, metadata
from bot.errors import StorageError
from bot.inbox import Entry, Handler
from bot.inbox.handing import Handing, Held, patiently

log = structlog.get_logger()

# SQLite knows one size of integers.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
events = Table(
    "events",
    metadata,
    Column("key", String, primary_key=True),
    Column("lane", String, nullable=False),
    Column("body", Text),  # None once finished
    Column("message_id", _NUMBER),
    Column("sent_at", _NUMBER, nullable=False),
    Column("arrival", Float, nullable=False),
    Column("due_at", Float),  # set for timers until they enter their lane
    Column("starts", Integer, nullable=False),
    Column("state", String, nullable=False),  # pending, done, parked
    Column("finished_at", Float),
)
# Written out wherever the index is to be used: SQLite does not draw the conclusion from `state = 'pending'`.
_UNFINISHED = text("state != 'done'")
Index("events_unfinished", events.c.state, events.c.arrival, sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED)
# When an event was carried out; NULL for what was not, so that what was parked is no such event.
done_at = case((events.c.state == "done", events.c.finished_at))
# The order in which events were stored; the clock of `arrival` may have been set meanwhile.
_STORED = text("rowid")

# Lanes that work at the same time; the rest wait in order of arrival.
_MAX_LANES = 256
# Keys are known for longer than any redelivery (durable.md, rule 2).
KEEP_KEYS_S = 40 * 24 * 3600


class SqliteInbox:
    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._lanes: dict[str, list[Held]] = {}
        self._in_hand: dict[str, Held] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(_MAX_LANES)
        self._handing: Handing[Held] | None = None
        self._closed = asyncio.Event()
        self._clock_moved = asyncio.Event()
        self._pending = 0

    @property
    def pending(self) -> int:
        return self._pending

    async def put(self, *entries: Entry, also: Sequence[Work[Any]] = ()) -> list[bool]:
        now = self._clock()

        def work(connection: Connection) -> list[bool]:
            for other in also:
                other(connection)
            return [_insert(connection, entry, now, None) for entry in entries]

        stored = self._database.queue(work)
        stored.add_done_callback(partial(self._enter_new, entries))
        # Whoever waits may give up; what is stored all the same enters its lane.
        return await asyncio.shield(stored)

    def _enter_new(self, entries: Sequence[Entry], stored: asyncio.Future[list[bool]]) -> None:
        if stored.cancelled() or stored.exception() is not None:
            return
        for entry, is_new in zip(entries, stored.result(), strict=True):
            if is_new:
                self._enter(Held(entry, starts=1, counted=True))

    async def put_at(self, due_at: float, entry: Entry, *, also: Sequence[Work[Any]] = ()) -> bool:
        return await asyncio.shield(asyncio.create_task(self._put_at(due_at, entry, also)))

    async def _put_at(self, due_at: float, entry: Entry, also: Sequence[Work[Any]]) -> bool:
        now = self._clock()

        def work(connection: Connection) -> bool:
            for other in also:
                other(connection)
            return _insert(connection, entry, now, due_at)

        new = await self._database.write(work)
        if new:
            self._wait_for(due_at, entry)
        return new

    async def hold(self) -> None:
        """Return at once: nobody else works on the file."""

    async def enroll(self) -> None:
        """Do nothing: nobody else works on the file."""

    def clock_moved(self) -> None:
        self._clock_moved.set()  # wakes who waits now
        self._clock_moved.clear()

    async def parked(self) -> list[Entry]:
        statement = select(events).where(events.c.state == "parked", _UNFINISHED).order_by(_STORED)
        rows = await self._database.read(lambda c: c.execute(statement).all())
        return [_entry(row) for row in rows]

    async def since(self, moment: float) -> int:
        """Return how many events came or ended since `moment`, unix seconds."""
        statement = select(func.count()).where((events.c.arrival >= moment) | (events.c.finished_at >= moment))
        return int(await self._database.read(lambda c: c.execute(statement).scalar_one()))

    async def run(self, handler: Handler, give_up: Handler) -> None:
        rows = await self._database.write(self._left_behind)
        # What was put before we ran is in the table too, unless it came while we read; until now nothing was handed out.
        waiting = {one.entry.key: one for lane in self._lanes.values() for one in lane}
        self._lanes, self._pending = {}, 0
        self._handing = Handing(handler, give_up, self)
        for row in rows:
            if row.due_at is not None:
                self._wait_for(row.due_at, _entry(row))
            else:
                # A former process may have started it: count before it is started again.
                left_behind = Held(_entry(row), row.starts, counted=False)
                self._enter(waiting.pop(row.key, left_behind))
        for late in waiting.values():
            self._enter(late)
        await self._closed.wait()

    @staticmethod
    def _left_behind(connection: Connection) -> Sequence[Any]:
        pending = select(events).where(events.c.state == "pending", _UNFINISHED).order_by(_STORED)
        rows = connection.execute(pending).all()
        # The least suspicious lanes first, so that the same event is not the first one in hand after every death.
        suspicion: dict[str, int] = {}
        for row in rows:
            suspicion[row.lane] = max(row.starts, suspicion.get(row.lane, 0))
        return sorted(rows, key=lambda row: suspicion[row.lane])

    async def close(self, grace: float) -> None:
        self._closed.set()
        timers = list(self._timers.values())
        for timer in timers:
            timer.cancel()
        await asyncio.gather(*timers, return_exceptions=True)
        running = list(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._put_back()

    async def _put_back(self) -> None:
        """Take back the starts that an orderly end has prevented or cut short: they are no sign of a harmful event."""
        unused = [one for lane in self._lanes.values() for one in lane if one.counted]
        try:
            await self._leave([*unused, *self._in_hand.values()])
        except StorageError as error:  # the next process takes them for interrupted
            log.warning("inbox.not-put-back", error=str(error))

    async def _leave(self, left: Sequence[Held]) -> None:
        if left:
            rows = [{"of": one.entry.key, "to": one.left} for one in left]
            await self._database.write(lambda c: c.execute(_PUT_BACK, rows))

    # --- lanes

    def _enter(self, held: Held) -> None:
        self._pending += 1
        lane = held.entry.lane
        self._lanes.setdefault(lane, []).append(held)
        if self._handing is not None and lane not in self._running and not self._closed.is_set():
            self._running[lane] = asyncio.create_task(self._work_off(lane, self._handing))

    async def _work_off(self, lane: str, handing: Handing[Held]) -> None:
        try:
            async with self._slots:
                while (waiting := self._lanes.get(lane)) and not self._closed.is_set():
                    held = self._in_hand[lane] = _take_next(waiting)
                    await handing.finish(held)
                    del self._in_hand[lane]
        finally:
            del self._running[lane]
            if not self._lanes.get(lane):
                self._lanes.pop(lane, None)

    # --- the book of what became of an event (see `Handing`)

    async def count(self, held: Held) -> None:
        row = {"of": held.entry.key, "to": held.starts + 1}
        await patiently(self._database.write, lambda c: c.execute(_COUNT, row))
        held.starts += 1

    async def done(self, held: Held) -> None:
        await self._mark(_DONE, held)

    async def park(self, held: Held) -> None:
        await self._mark(_PARK, held)

    async def leave(self, held: Held) -> None:
        """Leave it in the table, where the next process finds it."""
        await patiently(self._leave, [held])

    async def _mark(self, marking: Update, held: Held) -> None:
        row = {"of": held.entry.key, "at": self._clock()}
        await patiently(self._database.write, lambda c: c.execute(marking, row))
        self._pending -= 1

    # --- timers

    def _wait_for(self, due_at: float, entry: Entry) -> None:
        if entry.key in self._timers:  # put before `run`, which found it in the table again
            return
        if self._closed.is_set():  # the next process finds it there
            return
        task = self._timers[entry.key] = asyncio.create_task(self._enter_when_due(due_at, entry))
        task.add_done_callback(lambda _: self._timers.pop(entry.key))

    async def _enter_when_due(self, due_at: float, entry: Entry) -> None:
        while (left := due_at - self._clock()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, 60.0)):  # the wall clock may be set meanwhile, and nobody tells
                    await self._clock_moved.wait()
        due = update(events).where(events.c.key == entry.key).values(due_at=None, starts=1)
        await patiently(self._database.write, lambda c: c.execute(due))
        self._enter(Held(entry, starts=1, counted=True))


def _insert(connection: Connection, entry: Entry, now: float, due_at: float | None) -> bool:
    values = {
        "key": entry.key,
        "lane": entry.lane,
        "body": entry.body,
        "message_id": entry.message_id,
        "sent_at": entry.sent_at,
        "arrival": now,
        "due_at": due_at,
        "starts": 1 if due_at is None else 0,
        "state": "pending",
    }
    result = connection.execute(_INSERT, values)
    return result.rowcount == 1


_INSERT = insert(events).on_conflict_do_nothing(index_elements=["key"])
# Every event is marked, so these are built once.
_OF = update(events).where(events.c.key == bindparam("of"))
_COUNT = _OF.values(starts=bindparam("to"))
_PUT_BACK = _OF.where(events.c.state == "pending").values(starts=bindparam("to"))
_DONE = _OF.values(state="done", finished_at=bindparam("at"), body=None)
_PARK = _OF.values(state="parked", finished_at=bindparam("at"))


def _entry(row: Any) -> Entry:
    return Entry(row.key, row.lane, row.body, row.message_id, row.sent_at)


def _take_next(waiting: list[Held]) -> Held:
    """Remove and return what comes next: messages by id, presses by time, one against the other by time, then arrival."""
    message = min(
        (one for one in waiting if one.entry.message_id is not None),
        key=lambda one: one.entry.message_id or 0,
        default=None,
    )
    press = min(
        (one for one in waiting if one.entry.message_id is None), key=lambda one: one.entry.sent_at, default=None
    )
    if message is None or press is None:
        chosen = message or press
    elif message.entry.sent_at == press.entry.sent_at:
        chosen = min(message, press, key=waiting.index)
    else:
        chosen = min(message, press, key=lambda one: one.entry.sent_at)
    assert chosen is not None  # noqa: S101 - called with something waiting
    waiting.remove(chosen)
    return chosen
