"""What waits in the lanes, on a server; who the replicas are; and the transactions of both.

These tables hold work in progress only: `events` is the truth. They are made together with Procrastinate's, and not by the
migrations, since an embedded database has neither.
"""

from hashlib import sha256
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Identity,
    Index,
    MetaData,
    String,
    Table,
    create_engine,
    func,
    select,
    text,
    update,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from bot.database import insert
from bot.errors import StorageError
from bot.inbox import Entry
from bot.inbox.handing import SUSPECT, Held
from bot.inbox.jobs import Jobs
from bot.inbox.sqlite import events

_metadata = MetaData()
# Events that are in their lanes, with what their order depends on, until they are finished.
in_lanes = Table(
    "lane_events",
    _metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),  # order of arrival
    Column("key", String, nullable=False, unique=True),
    Column("lane", String, nullable=False),
    Column("message_id", BigInteger),
    Column("sent_at", BigInteger, nullable=False),
)
Index("lane_events_lane", in_lanes.c.lane)
# As which worker a replica was enrolled last.
replicas = Table(
    "replicas",
    _metadata,
    Column("name", String, primary_key=True),
    Column("worker", BigInteger, nullable=False),
)

_SCHEMA_LOCK = int.from_bytes(sha256(b"statusbot inbox schema").digest()[:8], signed=True)

# Messages by id, presses by time, one against the other by time, then arrival.
_FIRST = text("""
    SELECT events.* FROM (
        (SELECT key, sent_at, number FROM lane_events WHERE lane = :lane AND message_id IS NOT NULL
            ORDER BY message_id, number LIMIT 1)
        UNION ALL
        (SELECT key, sent_at, number FROM lane_events WHERE lane = :lane AND message_id IS NULL
            ORDER BY sent_at, number LIMIT 1)
    ) AS first JOIN events USING (key)
    ORDER BY first.sent_at, first.number LIMIT 1
""")
_NEW = insert(events).on_conflict_do_nothing(index_elements=["key"]).returning(events.c.key)


def make_tables(url: str) -> None:
    """Make the tables, and Procrastinate's, unless they are there; several replicas may start at once.

    Raises:
        StorageError: they cannot be made.
    """
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
            Jobs(connection).make_schema()
            _metadata.create_all(connection)
    except SQLAlchemyError as error:
        raise StorageError(f"The tables of the inbox cannot be made: {error}") from error
    finally:
        engine.dispose()


def insert_new(connection: Connection, entry: Entry, now: float, due_at: float | None) -> bool:
    """Store `entry`, to enter its lane at `due_at`; return whether its key was new."""
    values = {
        "key": entry.key,
        "lane": entry.lane,
        "body": entry.body,
        "message_id": entry.message_id,
        "sent_at": entry.sent_at,
        "arrival": now,
        "due_at": due_at,
        "starts": 0,
        "state": "pending",
    }
    return connection.execute(_NEW, values).first() is not None


def enter(connection: Connection, entries: list[Entry]) -> None:
    """Let `entries`, which are stored, enter their lanes in this order."""
    for entry in entries:
        row = {"key": entry.key, "lane": entry.lane, "message_id": entry.message_id, "sent_at": entry.sent_at}
        connection.execute(in_lanes.insert().inline().values(row))
    Jobs(connection).add([entry.lane for entry in entries])


def enter_due(connection: Connection, now: float) -> float | None:
    """Let the timers that are due by `now` enter their lanes; return when the next one is."""
    timers = (events.c.state == "pending") & events.c.due_at.is_not(None)
    due = update(events).where(timers, events.c.due_at <= now).values(due_at=None).returning(events)
    rows = connection.execute(due).all()
    enter(connection, [entry_of(row) for row in sorted(rows, key=lambda row: (row.sent_at, row.key))])
    next_at: float | None = connection.scalar(select(func.min(events.c.due_at)).where(timers))
    return next_at


def take(connection: Connection, worker: int, limit: int, known: set[int] | None) -> list[Held]:
    """Return what comes next, from as many lanes, with its start counted unless it is a suspect.

    Args:
        connection: Of the transaction.
        worker: Who takes it.
        limit: How much at most.
        known: The jobs that `worker` knows to be its own, so that others that are, too, are put back; None to leave those.
    """
    jobs = Jobs(connection)
    if known is not None:
        jobs.put_back(job for job in jobs.held_by(worker) if job not in known)
    taken: list[Held] = []
    while len(taken) < limit and (fetched := jobs.fetch(worker)):
        job, lane = fetched
        row = connection.execute(_FIRST, {"lane": lane}).first()
        if row is None:  # somebody has deleted the event
            jobs.finish(job)
            continue
        counted = row.starts < SUSPECT
        if counted:
            count(connection, row.key, row.starts + 1)
        taken.append(Held(job, entry_of(row), row.starts + counted, counted))
    return taken


def count(connection: Connection, key: str, starts: int) -> None:
    connection.execute(update(events).where(events.c.key == key).values(starts=starts))


def finish(connection: Connection, held: Held, values: dict[str, Any]) -> None:
    """End an event and its job, with what is to be written about it."""
    # It has left its lane when this is tried again because the server was lost just when it had confirmed it.
    if connection.execute(in_lanes.delete().where(in_lanes.c.key == held.entry.key)).rowcount:
        connection.execute(update(events).where(events.c.key == held.entry.key).values(values))
        Jobs(connection).finish(held.job)


# --- replicas


def enroll(connection: Connection, replica: str) -> tuple[int, int]:
    """Make a worker of `replica`, and put back what a former one held; return its number, and how many events wait or run."""
    jobs = Jobs(connection)
    former = connection.scalar(select(replicas.c.worker).where(replicas.c.name == replica))
    connection.execute(replicas.delete().where(replicas.c.name == replica))
    if former is not None:
        jobs.dismiss(former)
        jobs.adopt()
    worker = jobs.enroll()
    connection.execute(replicas.insert().values(name=replica, worker=worker))
    return worker, _pending(connection)


def beat(connection: Connection, worker: int, silent_s: float | None) -> tuple[int, int]:
    """Tell that `worker` lives; return how many events were put back, and how many wait or run.

    Args:
        connection: Of the transaction.
        worker: Who tells it.
        silent_s: Who was not heard of for so long is dismissed; None to dismiss nobody.
    """
    jobs = Jobs(connection)
    jobs.beat(worker)
    adopted = 0
    if silent_s is not None:
        jobs.dismiss_silent(silent_s)
        adopted = jobs.adopt()
    return adopted, _pending(connection)


def leave(connection: Connection, worker: int, left: dict[str, int]) -> None:
    """Put back what `worker` holds, and dismiss it; `left` has the starts that count of each key."""
    for key, starts in left.items():
        connection.execute(update(events).where(events.c.key == key, events.c.state == "pending").values(starts=starts))
    jobs = Jobs(connection)
    jobs.put_back(jobs.held_by(worker))
    jobs.dismiss(worker)


def entry_of(row: Any) -> Entry:
    return Entry(row.key, row.lane, row.body, row.message_id, row.sent_at)


def _pending(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(in_lanes)) or 0
