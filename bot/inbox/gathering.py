"""What many ask for at the same time is done with few statements.

`Database` runs what was queued while it committed last in one transaction, but each work for itself. Works that differ in their
values only are gathered here until the database gets to them, and are one work then.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.database import Work
from bot.database.place import cause
from bot.database.writer import has_collided
from bot.errors import StorageError

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
Queue = Callable[[Work[list[Outcome | Exception]]], "asyncio.Future[list[Outcome | Exception]]"]


class Gathering(Generic[Item, Outcome]):
    """One thing that is done to many items.

    Args:
        queue: As `Database.queue`.
        work: Does it; returns what becomes of each item, in their order.
        order: By which items are done that cannot be done together. Whoever locks rows in one order waits for nobody in a circle.
    """

    def __init__(
        self,
        queue: Queue[Outcome],
        work: Callable[[Connection, list[Item]], list[Outcome]],
        order: Callable[[Item], str],
    ) -> None:
        self._queue = queue
        self._work = work
        self._order = order
        self._open: _Batch[Item, Outcome] | None = None

    def add(self, item: Item) -> "asyncio.Future[Outcome]":
        """Return what will become of `item`, which shares nobody's failure; `StorageError` when the database fails.

        It is queued a moment later, so that whatever is woken now and wants to follow it comes into the same transaction.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        if self._open is None or not self._open.join(item, future):
            self._open = _Batch(self._work, self._order, item, future)
            loop.call_soon(self._send, self._open)
        return future

    def _send(self, batch: "_Batch[Item, Outcome]") -> None:
        try:
            self._queue(batch.run).add_done_callback(batch.tell)
        except StorageError as error:
            batch.fail(error)


class _Batch(Generic[Item, Outcome]):
    """Items of one transaction. They come from the event loop until the thread of the database begins."""

    def __init__(
        self,
        work: Callable[[Connection, list[Item]], list[Outcome]],
        order: Callable[[Item], str],
        item: Item,
        future: "asyncio.Future[Outcome]",
    ) -> None:
        self._work = work
        self._order = order
        self._items = [item]
        self._futures = [future]
        self._begun = False
        self._lock = threading.Lock()

    def join(self, item: Item, future: "asyncio.Future[Outcome]") -> bool:
        """Add an item, unless it is too late for that."""
        with self._lock:
            if self._begun:
                return False
            self._items.append(item)
            self._futures.append(future)
            return True

    def run(self, connection: Connection) -> list[Outcome | Exception]:
        with self._lock:
            self._begun = True
        if len(self._items) == 1:
            return [*self._work(connection, self._items)]
        try:
            with connection.begin_nested():
                return [*self._work(connection, self._items)]
        except Exception as error:
            if _spoils_all(error):
                raise
        places = sorted(range(len(self._items)), key=lambda place: self._order(self._items[place]))
        outcomes = {place: self._alone(connection, self._items[place]) for place in places}
        return [outcomes[place] for place in range(len(self._items))]

    def _alone(self, connection: Connection, item: Item) -> Outcome | Exception:
        try:
            with connection.begin_nested():
                return self._work(connection, [item])[0]
        except Exception as error:
            if _spoils_all(error):
                raise
            return StorageError(cause(error)) if isinstance(error, SQLAlchemyError) else error

    def tell(self, done: "asyncio.Future[list[Outcome | Exception]]") -> None:
        if error := done.exception():
            self.fail(error)
            return
        for future, outcome in zip(self._futures, done.result(), strict=True):
            _end(future, outcome)

    def fail(self, error: BaseException) -> None:
        self._begun = True  # nobody joins what has failed
        for future in self._futures:
            _end(future, error)


def _spoils_all(error: Exception) -> bool:
    """Whether there is nothing to try the items on: the connection is lost, or the transaction has to start over."""
    return has_collided(error) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def _end(future: "asyncio.Future[Outcome]", outcome: Outcome | BaseException) -> None:
    if future.done():  # whoever waited has given up
        return
    if isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
