"""The durable inbox: an event that was put is handed out until it is done, whatever happens to the process.

Each lane (one per person of a portal) gets its events one at a time, in order; many lanes run at once. Nothing above this port
knows which engine keeps the events.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.database import Work

# Starts without an end after which an event is given up: it kills the process, say. Starts beside others count up to 3 only.
MAX_STARTS = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as the inbox keeps it.

    Attributes:
        key: Equal keys are one event; a known key changes nothing.
        lane: Events of one lane are handed out one at a time.
        body: The event itself, versioned text without secrets.
        message_id: Typed messages of a lane are handed out by rising id; None for everything else.
        sent_at: Unix seconds; orders what has no message id, and that against messages.
    """

    key: str
    lane: str
    body: str
    message_id: int | None = None
    sent_at: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """An entry handed to the handler.

    Attributes:
        starts: Counts from 1; above 1 it may have had effects before.
        at_end: The handler adds what runs in the transaction that ends the entry: it is written down then, or the entry is handed
            out again. Nothing but the database may make it fail, for it is tried until it succeeds.
    """

    entry: Entry
    starts: int
    at_end: list[Work[Any]] = field(default_factory=list, compare=False)


Handler = Callable[[Delivery], Awaitable[None]]


class Inbox(Protocol):
    async def put(self, *entries: Entry, also: Sequence[Work[Any]] = ()) -> list[bool]:
        """Store `entries`, and run `also` in the same transaction where the engine allows it.

        Returns when all is on disk: per entry, whether its key was new.

        Raises:
            StorageError: it could not be stored.
        """
        ...

    async def since(self, moment: float) -> int:
        """Return how many events came or ended since `moment`, unix seconds."""
        ...

    async def put_at(self, due_at: float, entry: Entry, *, also: Sequence[Work[Any]] = ()) -> bool:
        """Store `entry` to enter its lane at `due_at` (unix seconds), and run `also`, as `put` does.

        Until then the lane is free for others.
        """
        ...

    async def run(self, handler: Handler, give_up: Handler) -> None:
        """Hand out what is stored, until `close`.

        `handler` finishes an event by returning. When it raises, the event is handed out again after a wait; after
        `MAX_STARTS` starts it is parked and `give_up` is told. What a database that is away has cut short counts as one start.

        Raises:
            SettingsError: others have taken everything over meanwhile, and work with keys that do not go with ours.
        """
        ...

    async def enroll(self) -> None:
        """Come among those that work on the same events, before `run`.

        Raises:
            SettingsError: others work with keys that do not go with ours.
            StorageError: it cannot be told.
        """
        ...

    async def hold(self) -> None:
        """Return once it is certain that nobody has taken over what was handed out here.

        Whoever carries an event out asks before each request that may change something elsewhere. If others have taken over what
        is being carried out, it is cancelled instead.
        """
        ...

    def clock_moved(self) -> None:
        """Look at the clock again: whoever sets it tells us, since what was waited for may be due."""
        ...

    async def parked(self) -> list[Entry]:
        """Return what was given up."""
        ...

    @property
    def pending(self) -> int:
        """Events stored and not finished, timers not counted."""
        ...

    async def close(self, grace: float) -> None:
        """Hand out nothing more, give what runs `grace` seconds to end, put the rest back."""
        ...
