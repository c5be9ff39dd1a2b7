"""A PostgreSQL database that several replicas share.

Each replica has one connection that writes, and holds the claim of the replica's name: a session advisory lock. The lock ends with
the connection, so a replica that dies gives its name back, and one that has lost the name has lost the only way to write with it:
before the next transaction it connects and claims the name again. What is only read takes two connections of its own, so that a
look-up waits neither for a commit nor for what takes long.

Other transactions may come between two statements of ours (the isolation is READ COMMITTED): whoever decides by a row that another
replica may change asks for it with `with_for_update()`, which means nothing to SQLite.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import psycopg
import structlog
from sqlalchemy import URL, Connection, Engine, Executable, event, func, select, text
from sqlalchemy.dialects.sqlite.dml import OnConflictClause
from sqlalchemy.pool import QueuePool

from bot.database import connections
from bot.errors import AlreadyRunning, StorageError

log = structlog.get_logger()

# The compiler of PostgreSQL asks each of our inserts for the name of a constraint, which those of SQLite do not have.
OnConflictClause.constraint_target = None  # type: ignore[attr-defined]

# A former connection of the same name may be about to end: ours that broke, or that of a process that was killed just now.
_CLAIM_S = 1
# Whoever is stopped in the midst of a transaction keeps its locks. Who has waited for one for so long cuts off those that were
# silent meanwhile: a message that others have to store for must not be refused for the sake of one that may never go on.
_LOCK_S = 2
_IN_A_HURRY = text("SET LOCAL lock_timeout = '100ms'")
# The server cuts them off, too, but late, and not after a pipeline of psycopg (an `executemany`, say), whose last message is a flush.
_CUT_OFF = text("""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user
        AND (application_name = 'statusbot' OR application_name LIKE 'statusbot %')
        AND state LIKE 'idle in transaction%' AND state_change < now() - make_interval(secs => :silent_s)
""")
# Whoever starts waits for another replica that is at work on the schema, and says so if that takes longer than it usually does.
# A command that runs beside them does not wait for long.
_LOOK_S = 0.05
_TELL_S = 1.0
_GUEST_S = 8.0
_BUSY = "Another replica, which may hang, makes the tables or changes them"


class Server:
    """A database of a PostgreSQL server.

    Args:
        url: `postgresql://user:password@host:port/name`.
        replica: The name to claim; None to claim none.

    Raises:
        StorageError: `url` is not of that form.
    """

    is_shared = True
    is_near = False

    def __init__(self, url: str, *, replica: str | None) -> None:
        where = connections.read(url)
        self.name = connections.in_short(where)
        self.term = 0
        self._replica = replica
        self.engine = self._engine(where, "")
        event.listen(self.engine, "connect", self._prepare_to_write)
        self.looking, self.scanning = (
            self._engine(where, name, isolation_level="AUTOCOMMIT") for name in ("looking", "scanning")
        )
        for engine in (self.looking, self.scanning):
            event.listen(engine, "connect", self._prepare_to_read)

    def _engine(self, where: URL, name: str, **options: Any) -> Engine:
        named = " ".join(filter(None, (self._replica, name)))
        return connections.engine(where, named, poolclass=QueuePool, pool_size=1, max_overflow=0, **options)

    def _prepare_to_write(self, connection: "psycopg.Connection[Any]", _record: object) -> None:
        with _closed_unless_prepared(connection):
            connection.autocommit = True
            connection.execute(connections.SESSION)
            self._look_at_encoding(connection)
            if self._replica is not None:
                self._claim(connection, self._replica)
            connection.execute(f"SET lock_timeout = '{_LOCK_S}s'")
            connection.autocommit = False

    def _prepare_to_read(self, connection: "psycopg.Connection[Any]", _record: object) -> None:
        with _closed_unless_prepared(connection):
            connection.execute(f"{connections.SESSION}; SET default_transaction_read_only = on")

    def _look_at_encoding(self, connection: "psycopg.Connection[Any]") -> None:
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise StorageError(self.in_words(f"its encoding is {encoding}, not UTF8"))

    def _claim(self, connection: "psycopg.Connection[Any]", replica: str) -> None:
        connection.execute(f"SET lock_timeout = '{_CLAIM_S}s'")
        try:
            connection.execute("SELECT pg_advisory_lock(%s)", [lock_number(f"replica {replica}")])
        except psycopg.errors.LockNotAvailable:
            raise AlreadyRunning(
                f"Another process works on {self.name} as replica {replica}; stop it first, or set STATUSBOT_REPLICA to another name."
            ) from None
        self.term += 1

    def guard_schema(self, connection: Connection) -> None:
        taking = select(func.pg_try_advisory_xact_lock(lock_number("schema")))
        wait_for_schema(connection, taking, patience_s=_GUEST_S if self._replica is None else math.inf)
        for bound in ("statement_timeout", "lock_timeout"):  # we may be about to change it, which may take long
            connection.execute(text(f"SET LOCAL {bound} = 0"))

    def make_way(self, connection: Connection) -> None:
        if cut_off := sum(connection.scalars(_CUT_OFF, {"silent_s": _LOCK_S})):
            log.warning("database.others-cut-off", sessions=cut_off)

    def hurry(self, connection: Connection) -> None:
        connection.execute(_IN_A_HURRY)

    def in_words(self, cause: str) -> str:
        return (
            f"STATUSBOT_DATABASE_URL: {self.name} cannot be used ({cause.rstrip('.')}): name a PostgreSQL database in UTF8 in which "
            "its user may make tables."
        )

    def release(self) -> None:
        """Do nothing: the name went with the connection."""


@contextmanager
def _closed_unless_prepared(connection: "psycopg.Connection[Any]") -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def wait_for_schema(connection: Connection, taking: Executable, *, patience_s: float = math.inf) -> None:
    """Return once `taking` has taken a lock: no other replica is at work on the schema then.

    It is tried again and again: a process that is ended while the server lets it wait would still wait there, with its name.

    Raises:
        StorageError: that takes longer than `patience_s`.
    """
    begun, is_told = time.monotonic(), False
    while not connection.scalar(taking):
        waited_s = time.monotonic() - begun
        if waited_s >= patience_s:
            raise StorageError(f"{_BUSY}; try again when it has ended.")
        if waited_s >= _TELL_S and not is_told:
            log.warning("schema.busy", reason=f"{_BUSY}; this one goes on when it has ended")
            is_told = True
        time.sleep(_LOOK_S)


def lock_number(name: str) -> int:
    """Return the number of a lock; other programs that use the same database have their own."""
    return int.from_bytes(sha256(f"statusbot {name}".encode()).digest()[:8], signed=True)
