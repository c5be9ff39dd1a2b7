"""One process, which shares with nobody."""

import asyncio
from weakref import WeakValueDictionary

from aiolimiter import AsyncLimiter


class Alone:
    def __init__(self) -> None:
        # Each lasts as long as somebody has it or waits for it.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def open(self) -> None:
        """Do nothing: nobody else is asked."""

    def bucket(self, _name: str, capacity: float, rate: float, /) -> "_Bucket":
        return _Bucket(capacity, rate)

    def turn(self, name: str, /) -> asyncio.Lock:
        return self._turns.setdefault(name, asyncio.Lock())

    async def close(self) -> None:
        """Do nothing: all of it goes with the process."""


class _Bucket:
    def __init__(self, capacity: float, rate: float) -> None:
        self._limiter = AsyncLimiter(capacity, capacity / rate)
        self.is_full = False

    def has_room(self, amount: float = 1.0) -> bool:
        self.is_full = not self._limiter.has_capacity(amount)
        return not self.is_full

    async def take(self, amount: float = 1.0, *, patience_s: float | None = None) -> None:
        async with asyncio.timeout(patience_s):
            await self._limiter.acquire(amount)
