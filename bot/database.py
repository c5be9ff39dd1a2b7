"""The embedded database: one writer, group commit, schema changes at start.

SQLite does best with one writer that commits seldom. `Database.write` queues a function; a single thread takes whatever
was queued while it committed last and runs it in one immediate transaction, so that a hundred events that arrive together
cost one `fsync`. A function that fails is run again on its own, so that it spoils nobody else's work.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from bot.errors import AlreadyRunning, StorageError

T = TypeVar("T")
Work = Callable[[Connection], T]

metadata = MetaData()

# How long a statement waits for another process (a backup, `statusbot check`) before it fails.
_BUSY_S = 5.0


class Database:
    """An open embedded database.

    Args:
        url: `sqlite:///` and a file, which is made when there is none.
        exclusive: Claim it. Only whoever has claimed a database changes its schema: others may find a service at work on it.

    Raises:
        StorageError: it cannot be opened, or its schema is newer than this program, or older and not ours to change.
        AlreadyRunning: `exclusive` was asked for and another process has it.
    """

    def __init__(self, url: str, *, exclusive: bool = False) -> None:
        self.path = path_of(url)
        self._lock = self._claim() if exclusive else None
        self._engine = _engine(url)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        self._queue: list[tuple[Work[Any], asyncio.Future[Any]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._closed = False
        try:
            _migrate(self._engine, may_change=exclusive)
        except (SQLAlchemyError, OSError) as error:
            self.dispose()
            raise StorageError(
                f"STATUSBOT_DATABASE_URL: {self.path} cannot be used ({_cause(error)}): name a database of this bot, or a new file, that "
                "its user may write."
            ) from error
        except StorageError:
            self.dispose()
            raise

    def _claim(self) -> FileLock:
        lock = FileLock(f"{self.path}.lock")
        unusable = f"STATUSBOT_DATABASE_URL: the folder {self.path.parent} cannot be written"
        if not self.path.parent.is_dir():  # FileLock would make what may be a slip of the pen
            raise StorageError(f"{unusable} (no such folder).")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if not Path(lock.lock_file).exists():  # FileLock waits, too, for what it cannot create
                raise StorageError(f"{unusable}.") from None
            raise AlreadyRunning(f"Another process works on {self.path}; stop it first.") from None
        except OSError as error:
            raise StorageError(f"{unusable} ({error.strerror}).") from None
        return lock

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and return its result once it is on disk.

        `work` may run twice (see the module), so it must touch nothing but its connection. Once queued it runs, also when
        whoever waits for it gives up.

        Raises:
            StorageError: the database failed, or is closed; the transaction has left nothing behind.
        """
        return await self.queue(work)

    def queue(self, work: Work[T]) -> asyncio.Future[T]:
        """As `write`, for whoever wants to hear of the result even when nobody waits any more."""
        if self._closed:
            raise StorageError("The database is closed.")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.append((work, future))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return future

    async def read(self, work: Work[T]) -> T:
        """Run `work` on the same thread, so that it sees every write that has returned.

        Raises:
            StorageError: as `write`.
        """
        if self._closed:
            raise StorageError("The database is closed.")
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self._in_transaction, work)
        except SQLAlchemyError as error:
            raise StorageError(_cause(error)) from None

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._queue:
                batch, self._queue = self._queue, []
                results = await loop.run_in_executor(self._thread, self._commit, [work for work, _ in batch])
                for (_, future), result in zip(batch, results, strict=True):
                    if future.done():  # whoever waited has given up
                        continue
                    if isinstance(result, _Failed):
                        future.set_exception(result.error)
                    else:
                        future.set_result(result)
        finally:
            self._flushing = None

    def _commit(self, works: list[Work[Any]]) -> list[Any]:
        if len(works) > 1:
            try:
                with self._engine.begin() as connection:
                    return [work(connection) for work in works]
            except Exception:  # noqa: BLE001 - one of them failed; alone, each gets its own outcome
                return [self._alone(work) for work in works]
        return [self._alone(work) for work in works]

    def _alone(self, work: Work[Any]) -> Any:
        try:
            return self._in_transaction(work)
        except SQLAlchemyError as error:
            return _Failed(StorageError(_cause(error)))
        except Exception as error:  # noqa: BLE001 - handed to whoever asked for the work
            return _Failed(error)

    def _in_transaction(self, work: Work[T]) -> T:
        with self._engine.begin() as connection:
            return work(connection)

    async def close(self) -> None:
        """Write what is queued, then close."""
        while self._flushing is not None:
            await asyncio.wait([self._flushing])
        self.dispose()

    def dispose(self) -> None:
        self._closed = True
        self._thread.shutdown()
        self._engine.dispose()
        if self._lock is not None:
            self._lock.release()


class _Failed:
    """Outcome of a work that raised, carried from the thread to whoever waits."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def _engine(url: str) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,  # an error that is logged must not show what was stored
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": _BUSY_S},
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # We begin transactions ourselves: the driver's deferred ones fail under load ("database is locked").
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def path_of(url: str) -> Path:
    """Return the file of an embedded database."""
    return Path(make_url(url).database or "").resolve()


def _migrate(engine: Engine, *, may_change: bool) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        current = None
        if inspect(connection).has_table("alembic_version"):
            current = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if current == script.get_current_head():
            return
        if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
            raise StorageError("The database was written by a newer version of this program: install that one.")
        if current is not None and not may_change:
            raise StorageError(
                f"The database has the schema of an older version ({current}, not {script.get_current_head()}): "
                "`statusbot serve` of this version brings it up to date when it starts."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _cause(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error)
