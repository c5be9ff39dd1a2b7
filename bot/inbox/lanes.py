"""What waits in the lanes, on a server: the transactions of events, each for many at once.

What every event costs takes its values as arrays: it is the same statement, and one round trip, for one event and for a hundred.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Connection, Float, String, TextClause, bindparam, func, select, text, update

from bot.database.together import run_all
from bot.inbox import Entry
from bot.inbox.handing import SUSPECT, End, GivenUp, Held, Put
from bot.inbox.jobs import ADDED, FINISHED, Jobs
from bot.inbox.sqlite import events
from bot.inbox.tables import in_lanes


@dataclass(slots=True, eq=False, kw_only=True)
class Taken(Held):
    """An event that a replica has taken.

    Attributes:
        job: What it is held by.
        worker: Who holds it.
    """

    job: int
    worker: int


def _with_arrays(statement: str, **kinds: Any) -> TextClause:
    return text(statement).bindparams(*(bindparam(name, type_=ARRAY(kind)) for name, kind in kinds.items()))


_MANY = {
    "keys": String,
    "lanes": String,
    "message_ids": BigInteger,
    "sent_ats": BigInteger,
}
# Lets the events `new` enter their lanes, each with a job.
_ENTERED = f"""
    entered AS (
        INSERT INTO lane_events (key, lane, message_id, sent_at)
        SELECT key, lane, message_id, sent_at FROM new ORDER BY place
    ), added AS (
        SELECT {ADDED} AS jobs FROM new HAVING count(*) > 0
    )
"""  # noqa: S608 - constants of ours
# Replicas that are told the same events wait for each other in the same order.
_STORE = _with_arrays(
    f"""
    WITH given AS (
        SELECT * FROM unnest(:keys, :lanes, :message_ids, :sent_ats, :bodies, :arrivals, :due_ats)
        WITH ORDINALITY AS given (key, lane, message_id, sent_at, body, arrival, due_at, place)
    ), stored AS (
        INSERT INTO events (key, lane, body, message_id, sent_at, arrival, due_at, starts, state)
        SELECT key, lane, body, message_id, sent_at, arrival, due_at, 0, 'pending' FROM given
        ORDER BY key ON CONFLICT (key) DO NOTHING RETURNING key
    ), new AS (
        SELECT given.* FROM given JOIN stored USING (key) WHERE given.due_at IS NULL
    ), {_ENTERED}
    SELECT key, (SELECT jobs FROM added) FROM stored
    """,  # noqa: S608 - constants of ours
    **_MANY,
    bodies=String,
    arrivals=Float,
    due_ats=Float,
)
_ENTER = _with_arrays(
    f"""
    WITH new AS (
        SELECT * FROM unnest(:keys, :lanes, :message_ids, :sent_ats)
        WITH ORDINALITY AS new (key, lane, message_id, sent_at, place)
    ), {_ENTERED}
    SELECT jobs FROM added
    """,  # noqa: S608 - constants of ours
    **_MANY,
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
# It has left its lane when this is tried again because the server was lost just when it had confirmed it. Whoever is dismissed ends
# nothing, since others have taken over what it held.
_END = _with_arrays(
    f"""
    WITH given AS (
        SELECT * FROM unnest(:jobs, :workers, :keys, :lanes, :states, :moments) AS given (job, worker, key, lane, state, at)
    ), enrolled AS (
        SELECT id FROM procrastinate_workers WHERE id = ANY(:workers) FOR KEY SHARE
    ), gone AS (
        DELETE FROM lane_events USING given JOIN enrolled ON enrolled.id = given.worker
        WHERE lane_events.key = given.key RETURNING given.*
    ), ended AS (
        UPDATE events SET state = gone.state, finished_at = gone.at, body = CASE WHEN gone.state = 'parked' THEN body END
        FROM gone WHERE events.key = gone.key
    )
    SELECT enrolled.id AS worker, gone.key, CASE WHEN gone.job IS NOT NULL THEN {FINISHED} END,
        EXISTS (SELECT FROM lane_events WHERE lane = gone.lane AND key != gone.key) AS goes_on
    FROM enrolled LEFT JOIN gone ON gone.worker = enrolled.id
    """,  # noqa: S608 - constants of ours
    jobs=BigInteger,
    workers=BigInteger,
    keys=String,
    lanes=String,
    states=String,
    moments=Float,
)


def put(connection: Connection, puts: Sequence[Put]) -> list[list[bool]]:
    """Store events, and let those without a moment enter their lanes; return of each whether its key was new."""
    # Replicas that are told of the same people lock their rows in the same order; what concerns one person stays as it came.
    run_all(connection, [other for one in sorted(puts, key=_lane) for other in one.also])
    first: dict[str, tuple[Entry, Put]] = {}
    for one in puts:
        for entry in one.entries:
            first.setdefault(entry.key, (entry, one))
    new = _store(connection, list(first.values()))
    # Who gave the same key later gave a known one.
    return [[new.pop(entry.key, None) is not None for entry in one.entries] for one in puts]


def _lane(one: Put) -> str:
    return one.entries[0].lane if one.entries else ""


def _store(connection: Connection, given: list[tuple[Entry, Put]]) -> dict[str, str]:
    """Store events; those that are new and have no moment enter their lanes. Return the new keys, by themselves."""
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


@dataclass(frozen=True, slots=True)
class Look:
    """A look for what comes next.

    Attributes:
        worker: Who takes it.
        limit: How much at most.
        known: The jobs that `worker` knows to be its own, so that others that are, too, are put back; None to leave those.
    """

    worker: int
    limit: int
    known: set[int] | None


def take(connection: Connection, looks: Sequence[Look]) -> list[list[Taken]]:
    """Return of each what comes next, from as many lanes, with its start counted unless it is a suspect.

    Raises:
        GivenUp: who takes it is dismissed.
    """
    return [_take(connection, look.worker, look.limit, look.known) for look in looks]


def _take(connection: Connection, worker: int, limit: int, known: set[int] | None) -> list[Taken]:
    jobs = Jobs(connection)
    if known is not None and jobs.is_enrolled(worker):
        jobs.put_back(job for job in jobs.held_by(worker) if job not in known)
    found = jobs.fetch(worker, limit)
    if found is None:
        raise GivenUp
    if not found:
        return []
    fetched = dict(found)
    given = {"jobs": list(fetched), "lanes": list(fetched.values()), "suspect": SUSPECT}
    taken = {row.job: _taken(row, worker) for row in connection.execute(_FIRST, given)}
    if deleted := fetched.keys() - taken.keys():  # the events are, by somebody
        lanes = set(connection.scalars(_LEAVE_DELETED, {"lanes": [fetched[job] for job in deleted]}))
        jobs.put_back(job for job in deleted if fetched[job] in lanes)  # for what comes behind them
        jobs.finish([job for job in deleted if fetched[job] not in lanes])
    return [taken[job] for job in fetched if job in taken]


def _taken(row: Any, worker: int) -> Taken:
    counted = row.starts < SUSPECT
    return Taken(entry_of(row), row.starts + counted, counted, job=row.job, worker=worker)


def count(connection: Connection, key: str, starts: int) -> None:
    connection.execute(update(events).where(events.c.key == key).values(starts=starts))


def end(connection: Connection, ends: Sequence[End[Taken]]) -> list[bool]:
    """End events and their jobs, with what goes with it; return of each whether more waits in its lane.

    Raises:
        GivenUp: whoever held one of them is dismissed.
    """
    run_all(connection, [work for one in ends for work in one.held.at_end])
    given = {
        "jobs": [one.held.job for one in ends],
        "workers": [one.held.worker for one in ends],
        "keys": [one.held.entry.key for one in ends],
        "lanes": [one.held.entry.lane for one in ends],
        "states": [one.state for one in ends],
        "moments": [one.at for one in ends],
    }
    rows = connection.execute(_END, given).all()
    if {one.held.worker for one in ends} - {row.worker for row in rows}:
        raise GivenUp
    goes_on = {row.key: bool(row.goes_on) for row in rows}
    return [goes_on.get(one.held.entry.key, True) for one in ends]


def set_aside(connection: Connection, taken: Taken, worker: int, seconds: float) -> None:
    """Put an event back for whoever can read it; `worker` and others may look at it again in so many seconds."""
    if Jobs(connection).put_off(taken.job, worker, seconds):
        count(connection, taken.entry.key, taken.left)
        connection.execute(update(in_lanes).where(in_lanes.c.key == taken.entry.key).values(set_aside=True))


def entry_of(row: Any) -> Entry:
    return Entry(row.key, row.lane, row.body, row.message_id, row.sent_at)
