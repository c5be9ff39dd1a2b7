"""The inbox of one process, in the embedded database.

The table is the truth; lanes live in memory and are rebuilt from it at the start. A fresh entry is stored as started once, since
an idle lane hands it out at once; only what a former process left behind costs a write more before it is handed out again. The
"done" mark is awaited before the lane goes on: the next event must not have effects while this one could still come back.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import stamina
import structlog
from sqlalchemy import Column, Connection, Float, Index, Integer, String, Table, Text, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.database import Database, Work, metadata
from bot.inbox import MAX_STARTS, Delivery, Entry, Handler

log = structlog.get_logger()

events = Table(
    "events",
    metadata,
    Column("key", String, primary_key=True),
    Column("lane", String, nullable=False),
    Column("body", Text),  # None once finished
    Column("message_id", Integer),
    Column("sent_at", Integer, nullable=False),
    Column("arrival", Float, nullable=False),
    Column("due_at", Float),  # set for timers until they enter their lane
    Column("starts", Integer, nullable=False),
    Column("state", String, nullable=False),  # pending, done, parked
    Column("finished_at", Float),
)
Index("events_unfinished", events.c.state, events.c.arrival, sqlite_where=events.c.state != "done")

# Lanes that work at the same time; the rest wait in order of arrival.
_MAX_LANES = 256
# Keys are known for longer than any redelivery (durable.md, rule 2).
_KEEP_KEYS_S = 40 * 24 * 3600


class SqliteInbox:
    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._lanes: dict[str, list[Delivery]] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._timers: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_MAX_LANES)
        self._handler: Handler | None = None
        self._give_up: Handler | None = None
        self._closed = asyncio.Event()
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

        new = await self._database.write(work)
        for entry, is_new in zip(entries, new, strict=True):
            if is_new:
                self._enter(Delivery(entry, 1))
        return new

    async def put_at(self, due_at: float, entry: Entry) -> bool:
        now = self._clock()
        new = await self._database.write(lambda c: _insert(c, entry, now, due_at))
        if new:
            self._wait_for(due_at, entry)
        return new

    async def parked(self) -> list[Entry]:
        statement = select(events).where(events.c.state == "parked").order_by(events.c.arrival)
        rows = await self._database.read(lambda c: c.execute(statement).all())
        return [_entry(row) for row in rows]

    async def run(self, handler: Handler, give_up: Handler) -> None:
        self._handler, self._give_up = handler, give_up
        waiting, self._lanes = self._lanes, {}  # what was put before we ran is in the table too
        self._pending -= sum(len(lane) for lane in waiting.values())
        fresh = {delivery.entry.key for lane in waiting.values() for delivery in lane}
        for row in await self._database.write(self._left_behind):
            if row.due_at is not None:
                self._wait_for(row.due_at, _entry(row))
            else:
                # A former process may have started it: count before it is started again.
                self._enter(Delivery(_entry(row), 1 if row.key in fresh else row.starts + 1))
        await self._closed.wait()

    def _left_behind(self, connection: Connection) -> Sequence[Any]:
        old = self._clock() - _KEEP_KEYS_S
        connection.execute(delete(events).where(events.c.state == "done", events.c.finished_at < old))
        return connection.execute(select(events).where(events.c.state == "pending").order_by(events.c.arrival)).all()

    async def close(self, grace: float) -> None:
        self._closed.set()
        for timer in self._timers:
            timer.cancel()
        running = list(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        # An orderly end is no sign of a harmful event: what goes back was not started.
        put_back = (
            update(events).where(events.c.state == "pending", events.c.starts > 0).values(starts=events.c.starts - 1)
        )
        await self._database.write(lambda c: c.execute(put_back))

    # --- lanes

    def _enter(self, delivery: Delivery) -> None:
        self._pending += 1
        lane = delivery.entry.lane
        self._lanes.setdefault(lane, []).append(delivery)
        if self._handler is not None and lane not in self._running and not self._closed.is_set():
            self._running[lane] = asyncio.create_task(self._work_off(lane))

    async def _work_off(self, lane: str) -> None:
        try:
            async with self._slots:
                while (waiting := self._lanes.get(lane)) and not self._closed.is_set():
                    await self._finish(_take_next(waiting))
        finally:
            del self._running[lane]
            if not self._lanes.get(lane):
                self._lanes.pop(lane, None)

    async def _finish(self, delivery: Delivery) -> None:
        """Hand `delivery` out until it is done or given up."""
        entry = delivery.entry
        first = delivery.starts
        try:
            async for attempt in stamina.retry_context(
                on=Exception, attempts=max(1, MAX_STARTS + 1 - first), timeout=None, wait_initial=0.5, wait_max=10.0
            ):
                with attempt:
                    await self._start(Delivery(entry, first + attempt.num - 1))
        except Exception:
            log.exception("event.parked", event_key=entry.key)
            await self._park(delivery)

    async def _start(self, delivery: Delivery) -> None:
        if delivery.starts > MAX_STARTS:
            raise _StartedTooOften
        if delivery.starts > 1:
            counting = update(events).where(events.c.key == delivery.entry.key).values(starts=delivery.starts)
            await self._database.write(lambda c: c.execute(counting))
        assert self._handler is not None  # noqa: S101 - lanes start after `run` only
        await self._handler(delivery)
        await self._mark(delivery.entry.key, "done")

    async def _park(self, delivery: Delivery) -> None:
        assert self._give_up is not None  # noqa: S101
        try:
            await self._mark(delivery.entry.key, "parked")
            await self._give_up(delivery)
        except Exception:
            # Nothing is left to try: the event stays in the table, the lane goes on.
            log.exception("event.not-reported", event_key=delivery.entry.key)

    async def _mark(self, key: str, state: str) -> None:
        values: dict[str, Any] = {"state": state, "finished_at": self._clock()}
        if state == "done":
            values["body"] = None
        await self._database.write(lambda c: c.execute(update(events).where(events.c.key == key).values(values)))
        self._pending -= 1

    # --- timers

    def _wait_for(self, due_at: float, entry: Entry) -> None:
        task = asyncio.create_task(self._enter_when_due(due_at, entry))
        self._timers.add(task)
        task.add_done_callback(self._timers.discard)

    async def _enter_when_due(self, due_at: float, entry: Entry) -> None:
        while (left := due_at - self._clock()) > 0:
            await asyncio.sleep(min(left, 60.0))  # the wall clock may be set meanwhile
        due = update(events).where(events.c.key == entry.key).values(due_at=None)
        await self._database.write(lambda c: c.execute(due))
        self._enter(Delivery(entry, 1))


class _StartedTooOften(Exception):
    """Former processes have started the event as often as we allow."""


def _insert(connection: Connection, entry: Entry, now: float, due_at: float | None) -> bool:
    values = {
        "key": entry.key,
        "lane": entry.lane,
        "body": entry.body,
        "message_id": entry.message_id,
        "sent_at": entry.sent_at,
        "arrival": now,
        "due_at": due_at,
        "starts": 0 if due_at else 1,
        "state": "pending",
    }
    result = connection.execute(_INSERT, values)
    return result.rowcount == 1


_INSERT = insert(events).on_conflict_do_nothing(index_elements=["key"])


def _entry(row: Any) -> Entry:
    return Entry(row.key, row.lane, row.body, row.message_id, row.sent_at)


def _take_next(waiting: list[Delivery]) -> Delivery:
    """Remove and return what comes next: messages by id, presses by time, one against the other by time, then arrival."""
    message = min(
        (d for d in waiting if d.entry.message_id is not None), key=lambda d: d.entry.message_id or 0, default=None
    )
    press = min((d for d in waiting if d.entry.message_id is None), key=lambda d: d.entry.sent_at, default=None)
    if message is None or press is None:
        chosen = message or press
    elif message.entry.sent_at == press.entry.sent_at:
        chosen = min(message, press, key=waiting.index)
    else:
        chosen = min(message, press, key=lambda d: d.entry.sent_at)
    assert chosen is not None  # noqa: S101 - called with something waiting
    waiting.remove(chosen)
    return chosen
