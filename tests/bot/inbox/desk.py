"""What the tests of an inbox put, and a handler that notes what it is handed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bot.inbox import Delivery, Entry

PATIENCE_S = 20.0  # only a test that fails waits that long
Act = Callable[[Delivery], Awaitable[None]]


def message(message_id: int, *, lane: str = "p:17", sent_at: int = 100) -> Entry:
    return Entry(f"{lane}:message:{message_id}", lane, f"body {message_id}", message_id, sent_at)


def press(name: str, sent_at: int, *, lane: str = "p:17") -> Entry:
    return Entry(f"{lane}:press:{name}", lane, f"press {name}", None, sent_at)


class Desk:
    """A handler that notes what it is handed, then does what the test says for that body."""

    def __init__(self, **acts: Act) -> None:
        self.handed: list[Delivery] = []
        self.finished: list[str] = []
        self._acts = acts
        self._changed = asyncio.Condition()

    def when(self, body: str, act: Act) -> "Desk":
        self._acts[body] = act
        return self

    async def __call__(self, delivery: Delivery) -> None:
        await self._note(self.handed, delivery)
        if act := self._acts.get(delivery.entry.body):
            await act(delivery)
        await self._note(self.finished, delivery.entry.body)

    async def _note(self, notes: list[Any], what: Any) -> None:
        async with self._changed:
            notes.append(what)
            self._changed.notify_all()

    async def until_handed(self, count: int) -> None:
        await self._until(lambda: len(self.handed) >= count)

    async def until_finished(self, count: int) -> None:
        await self._until(lambda: len(self.finished) >= count)

    async def _until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(reached)

    @property
    def bodies(self) -> list[str]:
        return [delivery.entry.body for delivery in self.handed]

    @property
    def starts(self) -> list[tuple[str, int]]:
        return [(delivery.entry.body, delivery.starts) for delivery in self.handed]


async def forever(_delivery: Delivery) -> None:
    await asyncio.Event().wait()


async def fail(_delivery: Delivery) -> None:
    raise LookupError("this event is harmful")
