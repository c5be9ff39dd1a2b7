"""The inbox of one process, in the embedded database.

The table is the truth; lanes live in memory and are rebuilt from it at the start. An entry for an idle lane is stored as started
once, since it is handed out at once; what follows in a lane is counted together with the "done" mark of the one before, so that a
start costs no write of its own. Nothing else counts as started, so that the next process knows what this one had begun. The "done"
mark is awaited before the lane goes on: the next event must not have effects while this one could still come back.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    case,
    func,
    literal_column,
    select,
    text,
    update,
)

from bot.database import Database, Work, metadata
from bot.database.together import Share, for_each, run_all
from bot.errors import StorageError
from bot.inbox import Entry, Handler
from bot.inbox.handing import End, Handing, Held, Put
from bot.inbox.schedule import Schedule
from bot.inbox.waiting import Waiting
from bot.patience import until_stored

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
# On PostgreSQL it is as small (migration 0009); to say so here would load all of that dialect.
Index("events_unfinished", events.c.state, events.c.arrival, sqlite_where=_UNFINISHED)
# When an event was carried out; NULL for what was not, so that what was parked is no such event.
done_at = case((events.c.state == "done", events.c.finished_at))
# The order in which events were stored; the clock of `arrival` may have been set meanwhile.
_STORED: ColumnElement[int] = literal_column("rowid")

# Lanes that work at the same time; the rest wait in order of arrival. Each takes some 60 KB, and where the portal blocks a method all
# who need it wait in theirs: as many as get through the usual quota before their commands are too old (2 a second, 600 s).
_MAX_LANES = 1_200
# Keys are known for longer than any redelivery (durable.md, rule 2).
KEEP_KEYS_S = 40 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class _Put(Put):
    """`starts` of each event: 1 where its lane is idle, so that it will be handed out at once."""

    starts: Sequence[int]


class SqliteInbox:
    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._lanes: dict[str, Waiting] = {}
        self._in_hand: dict[str, Held] = {}
        self._ahead: dict[str, Held] = {}  # by lane, what waits and is counted as started
        self._arriving: set[str] = set()  # lanes for which something is being stored
        self._running: dict[str, asyncio.Task[None]] = {}
        self._schedule = Schedule(self._let_enter, clock)
        self._slots = asyncio.Semaphore(_MAX_LANES)
        self._handing: Handing[Held] | None = None
        self._closed = asyncio.Event()
        self._pending = 0

    @property
    def pending(self) -> int:
        return self._pending

    async def put(self, *entries: Entry, also: Sequence[Work[Any]] = ()) -> list[bool]:
        in_order = sorted(entries, key=lambda entry: (entry.message_id or 0, entry.sent_at))
        starts = {entry.key: self._starts(entry.lane) for entry in in_order}
        of_each = [starts[entry.key] for entry in entries]
        return await self._put(_Put(entries, self._clock(), also, starts=of_each))

    async def put_at(self, due_at: float, entry: Entry, *, also: Sequence[Work[Any]] = ()) -> bool:
        (is_new,) = await self._put(_Put([entry], self._clock(), also, due_at, starts=[0]))
        return is_new

    def _starts(self, lane: str) -> int:
        """Return how often what enters `lane` now counts as started: an idle lane hands it out at once."""
        # Before `run` nobody knows what a former process has left in it.
        is_idle = self._handing is not None and lane not in self._lanes and lane not in self._arriving
        self._arriving.add(lane)
        return int(is_idle)

    async def _put(self, given: _Put) -> list[bool]:
        stored = self._database.queue(Share(_store, given))
        stored.add_done_callback(partial(self._enter_new, given))
        # Whoever waits may give up; what is stored all the same enters its lane.
        return await asyncio.shield(stored)

    def _enter_new(self, given: _Put, stored: asyncio.Future[list[bool]]) -> None:
        if not stored.cancelled() and stored.exception() is None:
            for entry, starts, is_new in zip(given.entries, given.starts, stored.result(), strict=True):
                if is_new and given.due_at is None:
                    self._enter(Held(entry, starts, counted=bool(starts)))
                elif is_new and given.due_at is not None:
                    self._schedule.add(given.due_at, entry)
        self._arriving.difference_update(entry.lane for entry in given.entries)

    async def hold(self) -> None:
        """Return at once: nobody else works on the file."""

    async def enroll(self) -> None:
        """Do nothing: nobody else works on the file."""

    def clock_moved(self) -> None:
        self._schedule.clock_moved()

    async def parked(self) -> list[Entry]:
        statement = select(events).where(events.c.state == "parked", _UNFINISHED).order_by(_STORED)
        rows = await self._database.scan(lambda c: c.execute(statement).all())
        return [_entry(row) for row in rows]

    async def since(self, moment: float) -> int:
        """Return how many events came or ended since `moment`, unix seconds."""
        statement = select(func.count()).where((events.c.arrival >= moment) | (events.c.finished_at >= moment))
        return int(await self._database.scan(lambda c: c.execute(statement).scalar_one()))

    async def run(self, handler: Handler, give_up: Handler) -> None:
        rows = await self._database.write(self._left_behind)
        # What was put before we ran is in the table too, unless it came while we read; until now nothing was handed out.
        waiting = {one.entry.key: one for lane in self._lanes.values() for one in lane}
        self._lanes, self._pending = {}, 0
        self._handing = Handing(handler, give_up, self)
        for row in rows:
            if row.due_at is not None:
                self._schedule.add(row.due_at, _entry(row))
            else:
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
        await self._schedule.close()
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
            await self._database.write(lambda c: _PUT_BACK(c, rows))

    # --- lanes

    def _enter(self, held: Held) -> None:
        self._pending += 1
        lane = held.entry.lane
        self._lanes.setdefault(lane, Waiting()).add(held)
        if held.counted:
            self._ahead[lane] = held
        if self._handing is not None and lane not in self._running and not self._closed.is_set():
            self._running[lane] = asyncio.create_task(self._work_off(lane, self._handing))

    async def _work_off(self, lane: str, handing: Handing[Held]) -> None:
        try:
            async with self._slots:
                while (waiting := self._lanes.get(lane)) and not self._closed.is_set():
                    held = self._in_hand[lane] = waiting.take_next()
                    if held is self._ahead.get(lane):
                        del self._ahead[lane]
                    await handing.finish(held)
                    del self._in_hand[lane]
        finally:
            del self._running[lane]
            if not self._lanes.get(lane):
                self._lanes.pop(lane, None)

    # --- the book of what became of an event (see `Handing`)

    async def count(self, held: Held) -> None:
        """As `Book.count`; what was to be the next of the lane is not, if this came between."""
        overtaken = self._ahead.pop(held.entry.lane, None)
        rows = [{"of": held.entry.key, "to": held.starts + 1}]
        if overtaken is not None:
            overtaken.starts, overtaken.counted = overtaken.starts - 1, False
            rows.append({"of": overtaken.entry.key, "to": overtaken.starts})
        await until_stored(self._database.write, lambda c: _COUNT(c, rows))
        held.starts += 1

    async def done(self, held: Held) -> None:
        following = self._lanes[held.entry.lane].next_fresh()
        if following is None:
            await self._end(held, "done")
        else:  # in one transaction, usually
            await asyncio.gather(self._end(held, "done"), self._count_ahead(following))

    async def _count_ahead(self, following: Held) -> None:
        await self.count(following)
        following.counted = True
        self._ahead[following.entry.lane] = following

    async def park(self, held: Held) -> None:
        await self._end(held, "parked")

    async def wait(self) -> None:
        await until_stored(self._database.try_to_write)

    async def leave(self, held: Held) -> None:
        """Leave it in the table, where the next process finds it."""
        await until_stored(self._leave, [held])

    async def _end(self, held: Held, state: str) -> None:
        await until_stored(self._database.write, Share(_end, End(held, state, self._clock())))
        self._pending -= 1

    # --- timers

    async def _let_enter(self, entry: Entry) -> None:
        starts = self._starts(entry.lane)
        await until_stored(self._database.write, Share(_ENTER, {"of": entry.key, "to": starts}))
        self._arriving.discard(entry.lane)
        self._enter(Held(entry, starts, counted=bool(starts)))


def _store(connection: Connection, puts: list[_Put]) -> list[list[bool]]:
    """Store events, and what goes with them; return of each whether its key was new."""
    run_all(connection, [work for one in puts for work in one.also])
    rows = [_row(one, *given) for one in puts for given in zip(one.entries, one.starts, strict=True)]
    if not rows:
        return [[] for _ in puts]
    stored = connection.exec_driver_sql(_INSERT, rows).rowcount
    if stored == len(rows):
        return [[True] * len(one.entries) for one in puts]
    new = {row.key: True for row in connection.execute(_NEWEST, {"number": stored})}
    # Who gave the same key later gave a known one.
    return [[new.pop(entry.key, False) for entry in one.entries] for one in puts]


def _end(connection: Connection, ends: list[End[Held]]) -> list[None]:
    """End events, with what goes with it."""
    run_all(connection, [work for one in ends for work in one.held.at_end])
    connection.execute(_END, [{"of": one.held.entry.key, "became": one.state, "at": one.at} for one in ends])
    return [None] * len(ends)


def _row(put: _Put, entry: Entry, starts: int) -> tuple[Any, ...]:
    return entry.key, entry.lane, entry.body, entry.message_id, entry.sent_at, put.now, put.due_at, starts


# For every event, so it goes to the driver as it is.
_INSERT = """
    INSERT INTO events (key, lane, body, message_id, sent_at, arrival, due_at, starts, state)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending') ON CONFLICT (key) DO NOTHING
"""
# Nobody else stores events meanwhile: what a transaction has stored last is its own.
_NEWEST = select(events.c.key).order_by(_STORED.desc()).limit(bindparam("number"))
# Every event is marked, so these are built once.
_OF = update(events).where(events.c.key == bindparam("of"))
_COUNT = for_each(_OF.values(starts=bindparam("to")))
_PUT_BACK = for_each(_OF.where(events.c.state == "pending").values(starts=bindparam("to")))
_END = _OF.values(
    state=bindparam("became"),
    finished_at=bindparam("at"),
    body=case((bindparam("became") == "parked", events.c.body), else_=None),
)
_ENTER = for_each(_OF.values(due_at=None, starts=bindparam("to")))


def _entry(row: Any) -> Entry:
    return Entry(row.key, row.lane, row.body, row.message_id, row.sent_at)
