"""What the replicas of one deployment share beside their tables: the quotas of other services, and turns at what one of them does.

A process of its own keeps both in memory (`Alone`); replicas keep both on the server of their database (`Together`).
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from bot.sharing.alone import Alone

__all__ = ["Alone", "Bucket", "Sharing"]


class Bucket(Protocol):
    """A leaky bucket: so much at once, and then as much as leaks out."""

    @property
    def is_full(self) -> bool:
        """Whether the last look found it full."""
        ...

    def has_room(self, amount: float = 1.0) -> bool:
        """Whether `amount` fits now, as far as can be told without asking."""
        ...

    async def take(self, amount: float = 1.0, *, patience_s: float | None = None) -> None:
        """Put `amount` in as soon as it fits.

        Raises:
            TimeoutError: that will take longer than `patience_s`; nothing was put in.
        """
        ...


class Sharing(Protocol):
    async def open(self) -> None:
        """See to it that something can be shared, before anybody waits for it.

        Raises:
            StorageError: it cannot, with what a person can do about it.
        """
        ...

    def bucket(self, name: str, capacity: float, rate: float, /) -> Bucket:
        """Return the bucket of that name.

        Args:
            name: Equal names are one bucket.
            capacity: What it holds.
            rate: What leaks out of it in a second.
        """
        ...

    def turn(self, name: str, /) -> AbstractAsyncContextManager[None]:
        """Let nobody else be within the turn of that name."""
        ...

    async def close(self) -> None: ...
