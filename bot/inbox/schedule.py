"""What waits for its moment in one process."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from heapq import heappop, heappush

from bot.inbox import Entry

# The wall clock may be set meanwhile, and nobody tells.
_LOOK_S = 60.0


class Schedule:
    """Entries, the next one first.

    Args:
        enter: Is given each entry when it is due; several at once when they are due at once.
        clock: Unix seconds.
    """

    def __init__(self, enter: Callable[[Entry], Awaitable[None]], clock: Callable[[], float]) -> None:
        self._enter = enter
        self._clock = clock
        self._waiting: list[tuple[float, str, Entry]] = []  # a heap
        self._known: set[str] = set()  # keys of what waits, or enters just now
        self._moved = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._closed = False

    def add(self, due_at: float, entry: Entry) -> None:
        """Let `entry` wait until `due_at`, unless it does so already; after the end it is left to the next process."""
        if entry.key in self._known or self._closed:
            return
        self._known.add(entry.key)
        heappush(self._waiting, (due_at, entry.key, entry))
        self._moved.set()
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())

    def clock_moved(self) -> None:
        """Look again at once."""
        self._moved.set()

    async def close(self) -> None:
        """Let nothing enter any more."""
        self._closed = True
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])

    async def _watch(self) -> None:
        while True:
            self._moved.clear()
            due = []
            while self._waiting and self._waiting[0][0] <= self._clock():
                due.append(heappop(self._waiting)[-1])
            await asyncio.gather(*map(self._let_enter, due))
            left = self._waiting[0][0] - self._clock() if self._waiting else _LOOK_S
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, _LOOK_S)):
                    await self._moved.wait()

    async def _let_enter(self, entry: Entry) -> None:
        await self._enter(entry)
        self._known.discard(entry.key)
