"""The portal's own clock, so that tokens expire and windows close when a test says so."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


class Clock(Protocol):
    """Where the portal takes the time from."""

    def now(self) -> float:
        """Return unix seconds."""

    def advance(self, seconds: float) -> None:
        """Move the clock; it is never asked to go back."""


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self, start: float = 1_795_424_400.0) -> None:
        """Start at `start` unix seconds; the default is 2026-11-23 09:00 UTC."""
        self._now = start

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


@dataclass(slots=True)
class SystemClock:
    """The machine's clock plus what it was advanced by; `on_advance` wakes whoever waits by it."""

    on_advance: list[Callable[[], None]] = field(default_factory=list)
    _offset: float = 0.0

    def now(self) -> float:
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        self._offset += seconds
        for wake in self.on_advance:
            wake()
