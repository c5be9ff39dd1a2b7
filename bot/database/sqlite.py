"""The embedded database: a file that one process works on."""

import sqlite3
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

from bot.errors import AlreadyRunning, StorageError

# How long a statement waits for another process (a backup, `statusbot check`) before it fails.
_BUSY_S = 5.0
# In KB, per connection; SQLite's own is 2 MB. What is not among it the system has at hand.
_CACHE = "PRAGMA cache_size=-400"


class File:
    """A database file, made when there is none.

    Raises:
        StorageError: its folder cannot be written.
        AlreadyRunning: another process has claimed it.
    """

    is_shared = False
    is_near = True
    term = 1  # a lock on a file is not lost

    def __init__(self, url: str, *, exclusive: bool) -> None:
        self.path = path_of(url)
        self.name = str(self.path)
        self._lock = self._claim() if exclusive else None
        self.engine = _writing(url)
        # In WAL mode nobody but an unusual guest keeps a reader waiting, and the event loop must not.
        self.looking = _reading(url, busy_s=0.0)
        self.scanning = _reading(url, busy_s=_BUSY_S)

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

    def guard_schema(self, connection: Connection) -> None:
        """Do nothing: every transaction is alone."""

    def make_way(self, connection: Connection) -> None:
        """Do nothing: nobody comes between two statements."""

    def hurry(self, connection: Connection) -> None:
        """Do nothing, likewise."""

    def in_words(self, cause: str) -> str:
        return (
            f"STATUSBOT_DATABASE_URL: {self.path} cannot be used ({cause}): name a database of this bot, or a new file, that "
            "its user may write."
        )

    def release(self) -> None:
        if self._lock is not None:
            self._lock.release()


def path_of(url: str) -> Path:
    """Return the file of an embedded database."""
    return Path(make_url(url).database or "").resolve()


def _writing(url: str) -> Engine:
    engine = _engine(url, _BUSY_S)

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(_CACHE)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _reading(url: str, busy_s: float) -> Engine:
    engine = _engine(url, busy_s)

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA query_only=ON")
        connection.execute(_CACHE)

    return engine


def _engine(url: str, busy_s: float) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,  # an error that is logged must not show what was stored
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        # We begin transactions ourselves: the driver's deferred ones fail under load ("database is locked").
        connect_args={"check_same_thread": False, "timeout": busy_s, "isolation_level": None},
    )
