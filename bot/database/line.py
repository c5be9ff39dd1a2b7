"""A thread that works for the event loop, and the connection that it keeps."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.database.place import cause
from bot.errors import StorageAway, StorageError

T = TypeVar("T")
Work = Callable[[Connection], T]
_Batch: TypeAlias = list[tuple[Work[Any], asyncio.Future[Any]]]


@dataclass(frozen=True, slots=True)
class Failed:
    """What became of a work that raised."""

    error: Exception


class Session:
    """A connection of `engine` that is made when it is needed and kept, since to check one out costs as much as a statement.

    After a failure of whatever kind it goes back to the engine, which cleans it or throws it away. One thread uses it at a time.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """Give the connection.

        Raises:
            StorageAway: there is none to be had.
        """
        if self._connection is None:
            self._connection = self._connect()
        try:
            yield self._connection
        except BaseException:
            self.close()
            raise

    def _connect(self) -> Connection:
        try:
            return self._engine.connect()
        except SQLAlchemyError as error:
            raise StorageAway(cause(error)) from None

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def dispose(self) -> None:
        """Close it for good, and the engine."""
        self.close()
        self._engine.dispose()


class Line:
    """Works that a thread runs in their order: what was queued while it was busy comes next, all at once.

    Args:
        name: Of the thread.
        run: Returns what becomes of each of some works, `Failed` for one that raised.
    """

    # A task and an executor would cost several times what handing over to the thread does.

    def __init__(self, name: str, run: Callable[[list[Work[Any]]], list[Any]]) -> None:
        # Whoever ends without closing the database has nothing to wait for.
        self._thread = Thread(target=self._work, name=name, daemon=True)
        self._batches: SimpleQueue[tuple[_Batch, asyncio.AbstractEventLoop] | None] = SimpleQueue()
        self._run = run
        self._queue: _Batch = []
        self._is_busy = False
        self._closed = False

    def queue(self, work: Work[T]) -> asyncio.Future[T]:
        """Return what will become of `work`, which runs also when nobody waits for it any more."""
        if self._closed:
            raise StorageError("The database is closed.")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.append((work, future))
        if not self._is_busy:
            self._is_busy = True
            # A moment later: what else is asked for now comes along.
            loop.call_soon(self._run_next, loop)
        return future

    def _run_next(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._queue = self._queue, []
        self._is_busy = bool(batch) and not self._closed
        if self._is_busy:
            if not self._thread.is_alive():
                self._thread.start()
            self._batches.put((batch, loop))

    def _work(self) -> None:
        while (given := self._batches.get()) is not None:
            batch, loop = given
            outcomes = self._run([work for work, _ in batch])
            with suppress(RuntimeError):  # the loop has ended: nobody waits
                loop.call_soon_threadsafe(self._tell, batch, outcomes, loop)

    def _tell(self, batch: _Batch, outcomes: list[Any], loop: asyncio.AbstractEventLoop) -> None:
        if self._closed:  # without waiting; nobody is left to go on
            return
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if future.done():  # whoever waited has given up
                continue
            if isinstance(outcome, Failed):
                future.set_exception(outcome.error)
            else:
                future.set_result(outcome)
        self._run_next(loop)

    async def drain(self) -> None:
        """Return when nothing is queued any more."""
        while self._is_busy:
            await asyncio.wait([self.queue(lambda _: None)])

    def close(self) -> None:
        """Run nothing more; return when the thread has ended."""
        self._closed = True
        self._batches.put(None)
        if self._thread.is_alive():
            self._thread.join()
