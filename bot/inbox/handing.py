"""How an event is handed out until it is done or given up: starts counted, waits between them, suspects one at a time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import structlog

from bot.database import Work
from bot.errors import NewerVersion, StorageAway
from bot.inbox import MAX_STARTS, Delivery, Entry, Handler
from bot.patience import Patience

log = structlog.get_logger()

# After so many starts an event may be what kills the process, or just have been there each time. From then on such events are
# handed out one at a time, so that only the one in hand is blamed for the next death.
SUSPECT = 3
# A harmful event does its harm within this; then the next suspect may start.
_HARM_S = 2.0
# Hands out again what the database has cut short, without another start: that is no sign of a harmful event.
_until_it_is_back = Patience(on=StorageAway, wait_max=10.0)


class GivenUp(Exception):
    """Others have given this replica up, and taken over what it held."""


@dataclass(slots=True, eq=False)
class Held:
    """An event that this replica holds.

    Attributes:
        starts: As they are stored.
        counted: The next start is among them already.
        begun: It was handed out, so that it may have had effects.
        at_end: As in `Delivery`, of all its starts in this process.
    """

    entry: Entry
    starts: int
    counted: bool
    begun: bool = False
    at_end: list[Work[Any]] = field(default_factory=list)

    @property
    def left(self) -> int:
        """The starts that stay when an orderly end prevents or cuts short the last one, which is no sign of a harmful event.

        What was cut short may have had effects, so one start of it stays.
        """
        return max(1, self.starts - 1) if self.begun else self.starts - self.counted


H = TypeVar("H", bound=Held)
H_contra = TypeVar("H_contra", bound=Held, contravariant=True)


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


@dataclass(frozen=True, slots=True)
class End(Generic[H]):
    """What became of an event at the moment `at`.

    Attributes:
        state: done or parked.
    """

    held: H
    state: str
    at: float


class Book(Protocol[H_contra]):
    """Where it is written down what became of an event. All raise `GivenUp`, and nothing else: they wait for the database.

    Whatever ends an event runs its `at_end` in the same transaction.
    """

    async def count(self, held: H_contra) -> None:
        """Write down that there is one start more."""

    async def done(self, held: H_contra) -> None:
        """Write down that it is finished."""

    async def park(self, held: H_contra) -> None:
        """Write down that nothing is tried any more."""

    async def leave(self, held: H_contra) -> None:
        """Put it back for others: this process cannot read it. Its `left` starts count."""

    async def wait(self) -> None:
        """Return once something can be written."""


class Handing(Generic[H_contra]):
    """Hands events out, and has `book` write down what becomes of them."""

    def __init__(self, handler: Handler, give_up: Handler, book: Book[H_contra]) -> None:
        self._handler = handler
        self._give_up = give_up
        self._book = book
        self._alone = asyncio.Lock()
        self._left: set[str] = set()

    async def finish(self, held: H_contra) -> None:
        """Hand `held` out until it is done, given up or left to a newer release.

        Raises:
            GivenUp: it is no longer ours.
        """
        await asyncio.sleep(0)  # whoever has put it is told first, and can answer
        starts = MAX_STARTS - held.starts + held.counted
        try:
            await Patience(on=_may_pass, attempts=max(1, starts), wait_max=10.0)(self._start, held)
        except GivenUp:
            raise
        except NewerVersion as error:
            await self._leave(held, str(error))
        except Exception:
            log.exception("event.parked", event_key=held.entry.key)
            await self._park(held)
        else:
            await self._book.done(held)

    async def _start(self, held: H_contra) -> None:
        if held.counted:
            held.counted = False
            await self._hand_out(held)
        elif held.starts < SUSPECT:
            await self._book.count(held)
            await self._hand_out(held)
        elif held.starts < MAX_STARTS:
            await self._hand_out_alone(held)
        else:
            raise _StartedTooOften

    async def _hand_out(self, held: H_contra) -> None:
        await _until_it_is_back(self._hand_over, held)

    async def _hand_over(self, held: H_contra) -> None:
        starts = held.starts
        if held.begun:
            await self._book.wait()  # or what needs no database would be done again and again
            starts = max(starts, 2)
        held.begun = True
        await self._handler(Delivery(held.entry, starts, held.at_end))

    async def _hand_out_alone(self, held: H_contra) -> None:
        """Hand out an event that was there when a process died, with no other such event beside it."""
        async with self._alone:
            await self._book.count(held)
            running = asyncio.create_task(self._hand_out(held))
            try:
                await asyncio.wait([running], timeout=_HARM_S)
            except asyncio.CancelledError:
                running.cancel()
                raise
        await running

    async def _leave(self, held: H_contra, reason: str) -> None:
        held.starts -= 1  # nothing was begun
        held.begun = False
        if held.entry.key not in self._left:
            self._left.add(held.entry.key)
            log.warning("event.left", event_key=held.entry.key, reason=reason)
        await self._book.leave(held)

    async def _park(self, held: H_contra) -> None:
        await self._book.park(held)
        try:
            await _until_it_is_back(self._tell, Delivery(held.entry, held.starts))
        except Exception:
            # Nothing is left to try: the event stays in the table, the lane goes on.
            log.exception("event.not-reported", event_key=held.entry.key)

    async def _tell(self, given_up: Delivery) -> None:
        await self._book.wait()
        await self._give_up(given_up)


class _StartedTooOften(Exception):
    """The event was started as often as we allow."""


def _may_pass(error: BaseException) -> bool:
    # stamina asks about a cancellation, too
    return isinstance(error, Exception) and not isinstance(error, GivenUp | NewerVersion)
