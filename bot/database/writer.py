import asyncio
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.database.line import Failed, Line, Session, Work
from bot.database.place import Place, cause, may_pass
from bot.database.schema import migrate
from bot.database.sqlite import File
from bot.database.together import run_all
from bot.errors import StorageAway, StorageError

T = TypeVar("T")

# What collided is run so often before it fails. A deadlock takes a second (the server's `deadlock_timeout`), a lock that somebody
# does not give back two, and whoever waits for a write gives up after ten.
_ATTEMPTS = 3
_NO_LOCK = "55P03"  # in time
_COLLISIONS = frozenset({"40001", "40P01", _NO_LOCK})  # not serializable, deadlock

# A row that is always there.
_NOTHING_NEW = text("UPDATE alembic_version SET version_num = version_num")


class CollidedError(Exception):
    """Raised by a work that another replica was in the way of, so that its transaction is run again at once."""


class Database:
    """An open database.

    Args:
        url: `sqlite:///` and a file, which is made when there is none; or `postgresql://user:password@host/name`.
        exclusive: Claim it. Only whoever has claimed a database changes its schema: others may find a service at work on it.
        replica: Who claims it, on a server, where claims of several names stand side by side.

    Raises:
        StorageError: it cannot be opened, or its schema is newer than this program, or older and not ours to change.
        AlreadyRunning: `exclusive` was asked for and another process has it.
    """

    def __init__(self, url: str, *, exclusive: bool = False, replica: str = "") -> None:
        self._place = _place(url, exclusive=exclusive, replica=replica)
        self._engine = self._place.engine
        self._writer = Session(self._engine)
        self._looker, self._scanner = Session(self._place.looking), Session(self._place.scanning)
        self._writes = Line("database", self._commit)
        self._looks = Line("look-ups", lambda works: _each(works, self._looker))
        self._scans = Line("scans", lambda works: _each(works, self._scanner))
        self._lines = (self._scans, self._looks, self._writes)
        self._closed = False
        try:
            migrate(self._place, may_change=exclusive)
        except (SQLAlchemyError, OSError, ValueError) as error:
            self.dispose()
            raise StorageError(self._place.in_words(cause(error))) from error
        except StorageError:
            self.dispose()
            raise

    @property
    def name(self) -> str:
        """Where it is, for people."""
        return self._place.name

    @property
    def is_shared(self) -> bool:
        """Whether several replicas may work on it."""
        return self._place.is_shared

    @property
    def term(self) -> int:
        """Which claim this is, counted from 1. Another one than before: the former was lost, which the first write since has noticed.

        Others may then have taken over what this process was at work on.
        """
        return self._place.term

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and return its result once it is on disk.

        `work` may run several times (see the package; and when a transaction of another replica was in the way), so it must touch nothing but its connection. Once queued it runs, also when
        whoever waits for it gives up.

        Raises:
            StorageError: the database failed, or is closed. The transaction has left nothing behind, unless a server was lost
                just when it confirmed it, which nobody can tell.
        """
        return await self.queue(work)

    async def try_to_write(self) -> None:
        """Write, so that it is certain that something can be written; nothing changes. Raises StorageError as `write`."""
        await self.write(lambda c: c.execute(_NOTHING_NEW))

    def queue(self, work: Work[T]) -> asyncio.Future[T]:
        """As `write`, for whoever wants to hear of the result even when nobody waits any more."""
        return self._writes.queue(work)

    async def read(self, work: Work[T]) -> T:
        """Run `work`, which looks something up by a key and changes nothing; it sees every write that has returned.

        It waits for no write. A file is read at once, which takes less than handing over to a thread does.

        Raises:
            StorageError: as `write`.
        """
        if not self._place.is_near:
            return await self._looks.queue(work)
        if self._closed:
            raise StorageError("The database is closed.")
        try:
            with self._looker.connected() as connection:
                return work(connection)
        except (SQLAlchemyError, StorageError):  # perhaps another process has locked it, which a thread can wait for
            return await self.scan(work)

    async def scan(self, work: Work[T]) -> T:
        """As `read`, for what may take long: neither look-ups nor the event loop wait for it."""
        return await self._scans.queue(work)

    def _commit(self, works: list[Work[Any]]) -> list[Any]:
        """Return what became of each."""
        outcomes = self._try(works)
        if not isinstance(outcomes, Exception):
            return outcomes
        if len(works) == 1 or _is_away(outcomes):
            return [_failed(outcomes) for _ in works]
        # Alone, each gets its own outcome. After one has waited for a lock in vain no other does: everybody waits with it.
        settled: list[Any] = []
        patient = not _has_waited(outcomes)
        for work in works:
            alone = self._try([work], patient=patient)
            patient = patient and not _has_waited(alone)
            settled += [_failed(alone)] if isinstance(alone, Exception) else alone
        return settled

    def _try(self, works: list[Work[Any]], *, patient: bool = True) -> list[Any] | Exception:
        """Run `works` in one transaction; return what became of each, or why it failed."""
        failure: Exception | None = None
        for _ in range(_ATTEMPTS if patient else 1):
            try:
                with self._writer.connected() as connection, connection.begin():
                    if not patient:
                        self._place.hurry(connection)
                    if _has_waited(failure):
                        self._place.make_way(connection)
                    return run_all(connection, works)
            except Exception as error:  # noqa: BLE001 - handed to whoever asked for the work
                failure = error
                # If they collided, the other one goes on by now, and this one holds nothing any more that it could wait for.
                if not _has_collided(error):
                    break
        assert failure is not None  # noqa: S101 - or it would have returned
        return failure

    async def close(self) -> None:
        """Read and write what is queued, then close."""
        for line in self._lines:
            await line.drain()
        self.dispose()

    def dispose(self) -> None:
        self._closed = True
        for line in self._lines:
            line.close()
        # Whoever closes a file last puts it in order: the writer.
        for session in (self._scanner, self._looker, self._writer):
            session.dispose()
        self._place.release()


def _each(works: list[Work[Any]], session: Session) -> list[Any]:
    """Run each work for itself; return what became of it."""
    outcomes: list[Any] = []
    for number, work in enumerate(works):
        try:
            with session.connected() as connection:
                outcomes.append(work(connection))
        except Exception as error:  # noqa: BLE001 - handed to whoever asked for the work
            if _is_away(error):  # the others would not find anybody either
                return outcomes + [_failed(error) for _ in works[number:]]
            outcomes.append(_failed(error))
    return outcomes


def _failed(error: Exception) -> Failed:
    if isinstance(error, CollidedError) or may_pass(error):
        return Failed(StorageAway(cause(error)))
    return Failed(StorageError(cause(error)) if isinstance(error, SQLAlchemyError) else error)


def _has_collided(error: Exception) -> bool:
    """Whether another transaction was in the way, so that the same may do when it is run again, as a whole."""
    return isinstance(error, CollidedError) or _state(error) in _COLLISIONS


def _has_waited(outcome: object) -> bool:
    """Whether it waited for a lock that nobody gave back."""
    return _state(outcome) == _NO_LOCK


def _state(outcome: object) -> str | None:
    """Return what a server calls its complaint, SQLSTATE."""
    return getattr(outcome.orig, "sqlstate", None) if isinstance(outcome, DBAPIError) else None


def _is_away(error: Exception) -> bool:
    """Whether there is no connection, or none any more; what was underway when it broke may even have been carried out."""
    return isinstance(error, StorageError) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def _place(url: str, *, exclusive: bool, replica: str) -> Place:
    if not url.startswith("postgresql"):
        return File(url, exclusive=exclusive)
    from bot.database.postgres import Server  # noqa: PLC0415 - whoever has a file does not wait for the driver

    return Server(url, replica=replica if exclusive else None)
