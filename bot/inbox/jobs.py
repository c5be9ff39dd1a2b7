"""Procrastinate, as far as the inbox needs it: jobs with locks, workers with heartbeats, notifications.

Its worker would do its writing on connections of its own. We leave that aside and call the layer below, `JobManager`, on the
connection of our transactions: so an event and its job are stored together, a job ends together with its event, and whoever has
lost the claim on its name can do none of it. Each of its steps runs on the thread of the database and never waits.

A job means "one event waits in this lane", not which: the lock keeps the lane to one at a time, and what comes first is decided
when the job starts.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
from procrastinate.connector import BaseAsyncConnector
from procrastinate.jobs import Status
from procrastinate.manager import JobManager, get_channel_for_queues
from procrastinate.schema import SchemaManager
from sqlalchemy import ARRAY, BigInteger, Connection, Integer, String, bindparam, func, select, text
from sqlalchemy.exc import IntegrityError

from bot.database.absence import Absence
from bot.database.connections import beside
from bot.database.writer import CollidedError
from bot.errors import StorageError

T = TypeVar("T")

_QUEUE = "lanes"
_CHANNELS = get_channel_for_queues([_QUEUE])  # on which others hear of jobs
_TASK = "next"  # Procrastinate wants a name
# Put back for now; its server's clock may be behind ours.
_AT_ONCE = datetime.fromtimestamp(0, UTC)
_ANY_AGE_S = 1e9
# Below that of all other jobs: those of the lane do not wait for it.
_LATER = -1

_FUNCTION = re.compile(r"CREATE FUNCTION (\w+)\(")
_FUNCTIONS = text("SELECT proname FROM pg_proc WHERE pg_function_is_visible(oid) AND proname LIKE 'procrastinate%'")
_LOCK_INDEX = text(
    "CREATE INDEX statusbot_jobs_lock ON procrastinate_jobs (lock, status, id) WHERE status IN ('todo', 'doing')"
)

# Procrastinate's own statements do this for one job each; `depth` is among the arguments so that each row calls the function anew.
# It returns an empty row when there is no job, so that no row at all means that the worker is dismissed.
_FETCH = text("""
    WITH RECURSIVE enrolled AS (
        SELECT id FROM procrastinate_workers WHERE id = :worker FOR KEY SHARE
    ), fetched AS (
        SELECT job.id, lock, 1 AS depth FROM enrolled, LATERAL procrastinate_fetch_job_v2(:queues, enrolled.id) AS job
        UNION ALL
        SELECT next.id, next.lock, depth + 1
        FROM fetched, LATERAL procrastinate_fetch_job_v2(:queues, :worker + 0 * depth) AS next
        WHERE depth < :limit AND fetched.id IS NOT NULL
    )
    SELECT id, lock FROM fetched ORDER BY depth
""").bindparams(
    bindparam("queues", type_=ARRAY(String)), bindparam("worker", type_=BigInteger), bindparam("limit", type_=Integer)
)
# What is done with the jobs of `lanes.py`, within a statement that has rows of `lane` and `place`, or of `job`.
ADDED = f"""
    procrastinate_defer_jobs_v1(array_agg(
        ROW('{_QUEUE}', '{_TASK}', 0, lane, NULL, '{{}}', NULL)::procrastinate_job_to_defer_v1 ORDER BY place
    ))
"""
FINISHED = "procrastinate_finish_job_v1(job, 'succeeded', true)"
_FINISH = text(f"SELECT {FINISHED} FROM unnest(:jobs) AS job").bindparams(  # noqa: S608 - a constant of ours
    bindparam("jobs", type_=ARRAY(BigInteger))
)
_PUT_OFF = text(f"""
    SELECT procrastinate_retry_job_v2(id, now() + make_interval(secs => :seconds), {_LATER}, NULL, NULL)
    FROM procrastinate_jobs WHERE id = :job AND worker_id = :worker AND status = 'doing'
""")  # noqa: S608 - constants of ours


class Jobs:
    """The jobs, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._manager = JobManager(_Queries(connection))

    def make_schema(self) -> None:
        """Make Procrastinate's tables unless they are there.

        Raises:
            StorageError: They are of another version, which it does not write down: they lack what ours has.
        """
        schema = SchemaManager.get_schema()
        if self._connection.scalar(select(func.to_regclass("procrastinate_jobs"))) is None:
            # Many statements at once, and per cent signs: nothing that SQLAlchemy lets through.
            driver = self._connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)  # noqa: S101
            driver.execute(schema)
        elif missing := set(_FUNCTION.findall(schema)).difference(self._connection.scalars(_FUNCTIONS)):
            raise StorageError(
                f"The database has Procrastinate's tables of another version ({min(missing)} is missing): stop all replicas, then "
                f"apply what is newer in {SchemaManager.get_migrations_path()}."
            )
        # Procrastinate asks about others of the same lock for each job that it may fetch.
        if self._connection.scalar(select(func.to_regclass("statusbot_jobs_lock"))) is None:
            self._connection.execute(_LOCK_INDEX)

    def fetch(self, worker: int, limit: int) -> list[tuple[int, str]] | None:
        """Give `worker` the next jobs, each of another lane; return their numbers and their lanes, None when it is dismissed.

        Raises:
            CollidedError: Another replica has fetched a job of the same lane just now, which this transaction did not see.
        """
        given = {"queues": [_QUEUE], "worker": worker, "limit": limit}
        try:
            rows = self._connection.execute(_FETCH, given).all()
        except IntegrityError as error:  # no two jobs of a lock are being done
            raise CollidedError("Other replicas fetch jobs of the same lanes.") from error
        return [(row.id, row.lock) for row in rows if row.id is not None] if rows else None

    def finish(self, jobs: Sequence[int]) -> None:
        self._connection.execute(_FINISH, {"jobs": list(jobs)})

    def put_off(self, job: int, worker: int, seconds: float) -> bool:
        """Let `job` be fetched in so many seconds, after the others of its lane; return whether it was `worker`'s to put off."""
        given = {"job": job, "worker": worker, "seconds": seconds}
        return self._connection.execute(_PUT_OFF, given).first() is not None

    def put_back(self, jobs: Iterable[int]) -> int:
        """Let others, or us, fetch `jobs` again; return how many there are."""
        count = 0
        for job in jobs:
            _outcome(self._manager.retry_job_by_id_async(job, _AT_ONCE))
            count += 1
        if count:  # Procrastinate tells of new jobs only
            for channel in _CHANNELS:
                self._connection.execute(select(func.pg_notify(channel, "")))
        return count

    def held_by(self, worker: int) -> list[int]:
        jobs = _outcome(self._manager.list_jobs_async(status=Status.DOING.value, worker_id=worker))
        return [job.id or 0 for job in jobs]

    def enroll(self) -> int:
        """Return the number of a new worker."""
        return _outcome(self._manager.register_worker())

    def dismiss(self, worker: int) -> None:
        """Forget `worker`; nobody holds its jobs then."""
        _outcome(self._manager.unregister_worker(worker))

    def dismiss_silent(self, silent_s: float) -> None:
        """Forget the workers that have not been heard of for so long."""
        _outcome(self._manager.prune_stalled_workers(silent_s))

    def is_enrolled(self, worker: int) -> bool:
        """Whether nobody has dismissed `worker`; nobody does before the transaction ends."""
        # Procrastinate takes the heartbeat of a dismissed worker in silence.
        known = text("SELECT id FROM procrastinate_workers WHERE id = :worker FOR KEY SHARE")
        return self._connection.scalar(known, {"worker": worker}) is not None

    def heard_of(self, silent_s: float) -> set[int]:
        """Return the workers that told within so many seconds that they live."""
        heard = text(
            "SELECT id FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :silent_s)"
        )
        return set(self._connection.scalars(heard, {"silent_s": silent_s}))

    def beat(self, worker: int) -> None:
        _outcome(self._manager.update_heartbeat(worker))

    def adopt(self) -> int:
        """Put back the jobs that nobody holds any more; return how many there were.

        Two replicas cannot do it with the same job: nobody sees it without a worker before the transaction that dismissed that
        worker has ended, and put the job back.
        """
        orphans = _outcome(self._manager.get_stalled_jobs(queue=_QUEUE, seconds_since_heartbeat=_ANY_AGE_S))
        return self.put_back(job.id or 0 for job in orphans)


class _Queries(BaseAsyncConnector):
    """Runs the queries of Procrastinate on a connection of ours."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute_query_async(self, query: str, **arguments: Any) -> None:
        self._connection.exec_driver_sql(query, arguments)

    async def execute_query_one_async(self, query: str, **arguments: Any) -> dict[str, Any]:
        return dict(self._connection.exec_driver_sql(query, arguments).mappings().one())

    async def execute_query_all_async(self, query: str, **arguments: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in self._connection.exec_driver_sql(query, arguments).mappings()]


def _outcome(step: Coroutine[Any, Any, T]) -> T:
    """Return what `step` comes to, which never waits."""
    try:
        step.send(None)
    except StopIteration as end:
        outcome: T = end.value
        return outcome
    raise AssertionError("a query of Procrastinate's waits for something")


async def listen(url: str, hear: Callable[[int | None], None], *, pause_s: float) -> None:
    """Call `hear` whenever a job was added or put back, and when some may have been so unheard, until cancelled.

    Args:
        url: Of the database.
        hear: Is told over which connection (the process of the server) that was done; None when that is not known.
        pause_s: How long to wait before the next attempt to connect.
    """
    absence = Absence("listening", "what other replicas take in is noticed a little later")
    while True:
        try:
            await _listen_once(url, hear, absence)
        except (psycopg.Error, OSError) as error:  # who is away is asked again
            absence.goes_on(error)
        await asyncio.sleep(pause_s)


async def _listen_once(url: str, hear: Callable[[int | None], None], absence: Absence) -> None:
    connection = await beside(url, "listening")
    try:
        for channel in _CHANNELS:
            await connection.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(channel)))
        absence.ends()
        hear(None)
        async for notification in connection.notifies():
            hear(notification.pid)
    finally:  # as a context it would ask the server for a rollback first, and stay open when it is cancelled meanwhile
        await connection.close()
