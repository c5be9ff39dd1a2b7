import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.database.place import Place, cause
from bot.database.schema import migrate
from bot.database.sqlite import File
from bot.database.together import run_all
from bot.errors import StorageError

T = TypeVar("T")
Work = Callable[[Connection], T]
_Batch: TypeAlias = list[tuple[Work[Any], asyncio.Future[Any]]]

# What collided is run so often before it fails. A deadlock takes a second (the server's `deadlock_timeout`), and whoever waits for
# a write gives up after ten.
_ATTEMPTS = 3
_DEADLOCK, _NOT_SERIALIZABLE = "40P01", "40001"

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
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        self._queue: _Batch = []
        self._is_writing = False
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
        """Which claim this is, counted from 1. Another one than before: the former was lost, which the first use since has noticed.

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
        if self._closed:
            raise StorageError("The database is closed.")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.append((work, future))
        if not self._is_writing:
            self._is_writing = True
            # A moment later: what else is asked for now comes into the same transaction.
            loop.call_soon(self._write_next, loop)
        return future

    async def read(self, work: Work[T]) -> T:
        """Run `work` on the same thread, so that it sees every write that has returned.

        Raises:
            StorageError: as `write`.
        """
        if self._closed:
            raise StorageError("The database is closed.")
        loop = asyncio.get_running_loop()
        (outcome,) = await loop.run_in_executor(self._thread, self._commit, [work])
        if isinstance(outcome, _Failed):
            raise outcome.error
        result: T = outcome
        return result

    # A task of its own and the futures of an executor would cost several times what handing over to the thread does.

    def _write_next(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._queue = self._queue, []
        self._is_writing = bool(batch) and not self._closed
        if self._is_writing:
            self._thread.submit(self._write_batch, batch, loop)

    def _write_batch(self, batch: _Batch, loop: asyncio.AbstractEventLoop) -> None:
        outcomes = self._commit([work for work, _ in batch])
        loop.call_soon_threadsafe(self._tell, batch, outcomes, loop)

    def _tell(self, batch: _Batch, outcomes: list[Any], loop: asyncio.AbstractEventLoop) -> None:
        if self._closed:  # without waiting; nobody is left to go on
            return
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if future.done():  # whoever waited has given up
                continue
            if isinstance(outcome, _Failed):
                future.set_exception(outcome.error)
            else:
                future.set_result(outcome)
        self._write_next(loop)

    def _commit(self, works: list[Work[Any]], attempts: int = _ATTEMPTS) -> list[Any]:
        """Return what became of each."""
        try:
            with self._connect() as connection, connection.begin():
                return run_all(connection, works)
        except Exception as error:  # noqa: BLE001 - handed to whoever asked for the work
            # The other transaction goes on by now, and this one holds nothing any more that it could wait for.
            if attempts > 1 and has_collided(error):
                return self._commit(works, attempts - 1)
            if len(works) == 1 or _is_away(error):
                return [_Failed(error) for _ in works]
        return [outcome for work in works for outcome in self._commit([work])]  # alone, each gets its own outcome

    def _connect(self) -> Connection:
        try:
            return self._engine.connect()
        except SQLAlchemyError as error:
            raise StorageError(cause(error)) from None

    async def close(self) -> None:
        """Write what is queued, then close."""
        while self._is_writing:
            await asyncio.wait([self.queue(lambda _: None)])
        self.dispose()

    def dispose(self) -> None:
        self._closed = True
        self._thread.shutdown()
        self._engine.dispose()
        self._place.release()


class _Failed:
    """Outcome of a work that raised, carried from the thread to whoever waits."""

    def __init__(self, error: Exception) -> None:
        is_ours = isinstance(error, SQLAlchemyError | CollidedError)
        self.error = StorageError(cause(error)) if is_ours else error


def has_collided(error: Exception) -> bool:
    """Whether another transaction was in the way, so that the same may do when it is run again, as a whole."""
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return isinstance(error, CollidedError) or state in (_DEADLOCK, _NOT_SERIALIZABLE)


def _is_away(error: Exception) -> bool:
    """Whether there is no connection, or none any more; what was underway when it broke may even have been carried out."""
    return isinstance(error, StorageError) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def _place(url: str, *, exclusive: bool, replica: str) -> Place:
    if not url.startswith("postgresql"):
        return File(url, exclusive=exclusive)
    from bot.database.postgres import Server  # noqa: PLC0415 - whoever has a file does not wait for the driver

    return Server(url, replica=replica if exclusive else None)
