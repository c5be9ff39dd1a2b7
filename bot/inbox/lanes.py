"""What waits in the lanes, on a server: the transactions of events, each for many at once.

Every statement takes its values as arrays: it is the same one, and one round trip, for one event and for a hundred.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Connection, Float, String, TextClause, bindparam, func, select, text, update

from bot.database import Work
from bot.database.together import run_all
from bot.inbox import Entry
from bot.inbox.handing import SUSPECT, Held
from bot.inbox.jobs import ADDED, FINISHED, Jobs
from bot.inbox.sqlite import events
from bot.inbox.tables import in_lanes


@dataclass(slots=True, eq=False, kw_only=True)
class Taken(Held):
    """An event that a replica has taken, and the job that it is held by."""

    job: int


@dataclass(frozen=True, slots=True)
class Put:
    """Events to be stored at the moment `now`, and what goes into the same transaction.

    Attributes:
        due_at: When they enter their lanes, unix seconds; None for at once.
    """

    entries: Sequence[Entry]
    now: float
    also: Sequence[Work[Any]] = ()
    due_at: float | None = None

    @property
    def lane(self) -> str:
        """Of its first event."""
        return self.entries[0].lane if self.entries else ""


@dataclass(frozen=True, slots=True)
class End:
    """What became of an event, and when."""

    taken: Taken
    state: str
    at: float


def _with_arrays(statement: str, **kinds: Any) -> TextClause:
    return text(statement).bindparams(*(bindparam(name, type_=ARRAY(kind)) for name, kind in kinds.items()))


# Replicas that are told the same events wait for each other in the same order.
_STORE = _with_arrays(
    """
    INSERT INTO events (key, lane, body, message_id, sent_at, arrival, due_at, starts, state)
    SELECT given.*, 0, 'pending' FROM unnest(:keys, :lanes, :bodies, :message_ids, :sent_ats, :arrivals, :due_ats) AS given (key)
    ORDER BY key ON CONFLICT (key) DO NOTHING RETURNING key
    """,
    keys=String,
    lanes=String,
    bodies=String,
    message_ids=BigInteger,
    sent_ats=BigInteger,
    arrivals=Float,
    due_ats=Float,
)
_ENTER = _with_arrays(
    f"""
    WITH given AS (
        SELECT * FROM unnest(:keys, :lanes, :message_ids, :sent_ats)
        WITH ORDINALITY AS given (key, lane, message_id, sent_at, place)
    ), entered AS (
        INSERT INTO lane_events (key, lane, message_id, sent_at)
        SELECT key, lane, message_id, sent_at FROM given ORDER BY place
    )
    SELECT {ADDED} FROM given
    """,  # noqa: S608 - constants of ours
    keys=String,
    lanes=String,
    message_ids=BigInteger,
    sent_ats=BigInteger,
)
# What was begun before, since it may have had effects; then messages by id, presses by time, one against the other by time, then
# arrival; what somebody could not read comes last.
_FIRST = _with_arrays(
    """
    WITH first AS (
        SELECT fetched.job, chosen.key FROM unnest(:jobs, :lanes) AS fetched (job, lane), LATERAL (
            (SELECT key, 0 AS turn, lane_events.sent_at, number FROM lane_events JOIN events USING (key)
                WHERE lane_events.lane = fetched.lane AND starts > 0 ORDER BY number LIMIT 1)
            UNION ALL
            (SELECT key, set_aside::int + 1, sent_at, number FROM lane_events
                WHERE lane = fetched.lane AND message_id IS NOT NULL ORDER BY set_aside, message_id, number LIMIT 1)
            UNION ALL
            (SELECT key, set_aside::int + 1, sent_at, number FROM lane_events
                WHERE lane = fetched.lane AND message_id IS NULL ORDER BY set_aside, sent_at, number LIMIT 1)
            ORDER BY turn, sent_at, number LIMIT 1
        ) AS chosen
    ), counted AS (
        UPDATE events SET starts = starts + 1 FROM first WHERE events.key = first.key AND starts < :suspect
    )
    SELECT first.job, events.* FROM first JOIN events USING (key)
    """,
    jobs=BigInteger,
    lanes=String,
)
_LEAVE_DELETED = _with_arrays(
    """
    DELETE FROM lane_events WHERE lane = ANY(:lanes) AND NOT EXISTS (SELECT FROM events WHERE events.key = lane_events.key)
    RETURNING lane
    """,
    lanes=String,
)
# It has left its lane when this is tried again because the server was lost just when it had confirmed it.
_END = _with_arrays(
    f"""
    WITH given AS (
        SELECT * FROM unnest(:jobs, :keys, :states, :moments) AS given (job, key, state, at)
    ), gone AS (
        DELETE FROM lane_events USING given WHERE lane_events.key = given.key RETURNING given.*
    ), ended AS (
        UPDATE events SET state = gone.state, finished_at = gone.at, body = CASE WHEN gone.state = 'parked' THEN body END
        FROM gone WHERE events.key = gone.key
    )
    SELECT {FINISHED} FROM gone
    """,  # noqa: S608 - constants of ours
    jobs=BigInteger,
    keys=String,
    states=String,
    moments=Float,
)


def put(connection: Connection, puts: Sequence[Put]) -> list[list[bool]]:
    """Store events, and let those without a moment enter their lanes; return of each whether its key was new."""
    # Replicas that are told of the same people lock their rows in the same order; what concerns one person stays as it came.
    run_all(connection, [other for one in sorted(puts, key=lambda one: one.lane) for other in one.also])
    first: dict[str, tuple[Entry, Put]] = {}
    for one in puts:
        for entry in one.entries:
            first.setdefault(entry.key, (entry, one))
    new = _store(connection, list(first.values()))
    enter(connection, [entry for key, (entry, one) in first.items() if key in new and one.due_at is None])
    # Who gave the same key later gave a known one.
    return [[new.pop(entry.key, None) is not None for entry in one.entries] for one in puts]


def _store(connection: Connection, given: list[tuple[Entry, Put]]) -> dict[str, str]:
    """Return the keys that were new, by themselves."""
    if not given:
        return {}
    values = _columns([entry for entry, _ in given]) | {
        "bodies": [entry.body for entry, _ in given],
        "arrivals": [one.now for _, one in given],
        "due_ats": [one.due_at for _, one in given],
    }
    return {key: key for key in connection.scalars(_STORE, values)}


def _columns(entries: list[Entry]) -> dict[str, list[Any]]:
    return {
        "keys": [entry.key for entry in entries],
        "lanes": [entry.lane for entry in entries],
        "message_ids": [entry.message_id for entry in entries],
        "sent_ats": [entry.sent_at for entry in entries],
    }


def enter(connection: Connection, entries: list[Entry]) -> None:
    """Let `entries`, which are stored, enter their lanes in this order, each with a job."""
    if entries:
        connection.execute(_ENTER, _columns(entries))


def enter_due(connection: Connection, now: float) -> float | None:
    """Let the timers that are due by `now` enter their lanes; return when the next one is."""
    timers = text("state = 'pending' AND state != 'done' AND due_at IS NOT NULL")  # so that the index is used
    due = update(events).where(timers, events.c.due_at <= now).values(due_at=None).returning(events)
    rows = connection.execute(due).all()
    enter(connection, [entry_of(row) for row in sorted(rows, key=lambda row: (row.sent_at, row.key))])
    next_at: float | None = connection.scalar(select(func.min(events.c.due_at)).where(timers))
    return next_at


def take(connection: Connection, worker: int, limit: int, known: set[int] | None) -> list[Taken]:
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
    fetched = dict(jobs.fetch(worker, limit))
    if not fetched:
        return []
    given = {"jobs": list(fetched), "lanes": list(fetched.values()), "suspect": SUSPECT}
    taken = {row.job: _taken(row) for row in connection.execute(_FIRST, given)}
    if deleted := fetched.keys() - taken.keys():  # the events are, by somebody
        lanes = set(connection.scalars(_LEAVE_DELETED, {"lanes": [fetched[job] for job in deleted]}))
        jobs.put_back(job for job in deleted if fetched[job] in lanes)  # for what comes behind them
        jobs.finish([job for job in deleted if fetched[job] not in lanes])
    return [taken[job] for job in fetched if job in taken]


def _taken(row: Any) -> Taken:
    counted = row.starts < SUSPECT
    return Taken(entry_of(row), row.starts + counted, counted, job=row.job)


def count(connection: Connection, key: str, starts: int) -> None:
    connection.execute(update(events).where(events.c.key == key).values(starts=starts))


def end(connection: Connection, ends: Sequence[End]) -> list[None]:
    """End events and their jobs."""
    given = {
        "jobs": [one.taken.job for one in ends],
        "keys": [one.taken.entry.key for one in ends],
        "states": [one.state for one in ends],
        "moments": [one.at for one in ends],
    }
    connection.execute(_END, given)
    return [None for _ in ends]


def set_aside(connection: Connection, taken: Taken, worker: int, seconds: float) -> None:
    """Put an event back for whoever can read it; `worker` and others may look at it again in so many seconds."""
    if Jobs(connection).put_off(taken.job, worker, seconds):
        count(connection, taken.entry.key, taken.left)
        connection.execute(update(in_lanes).where(in_lanes.c.key == taken.entry.key).values(set_aside=True))


def entry_of(row: Any) -> Entry:
    return Entry(row.key, row.lane, row.body, row.message_id, row.sent_at)
