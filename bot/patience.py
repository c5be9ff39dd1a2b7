"""Repeated attempts, with growing, jittered waits between them: stamina's, but for the first.

What stamina builds for a single attempt costs more than most attempts do, and leaves cycles to the garbage collector. Nearly all
first attempts succeed, so that one is made without it; its failure counts as the library's first.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import stamina

from bot.errors import StorageError

# Seconds that are over at once; stamina warns of 0.
_NOTHING = 1e-9

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often something is tried.

    Attributes:
        on: After which errors it is tried again: a class, or a function that may also say after how many seconds.
        attempts: So many in all; None until it succeeds or fails for good.
        within_s: What fails later than that after the first attempt began, in seconds, is not tried again; None for no such bound.
        wait_initial: Seconds after the first failure; each further wait is twice as long.
        wait_max: Seconds; no wait is longer.
    """

    on: type[Exception] | Callable[[Exception], bool | float]
    attempts: int | None = None
    within_s: float | None = None
    wait_initial: float = 0.5
    wait_max: float = 30.0

    async def __call__(self, act: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `act` returns; raises what its last attempt raised."""
        began_at = time.monotonic()
        try:
            return await act(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - judged below, with all others
            first = error
        async for attempt in stamina.retry_context(
            on=self.on,
            attempts=self.attempts,
            timeout=None if self.within_s is None else max(_NOTHING, self.within_s - (time.monotonic() - began_at)),
            wait_initial=self.wait_initial,
            wait_max=self.wait_max,
        ):
            with attempt:
                if attempt.num == 1:
                    raise first
                return await act(*args, **kwargs)
        raise AssertionError("attempts end with a result or an error")


# Calls what needs the database, until it answers.
until_stored = Patience(on=StorageError, wait_initial=0.2, wait_max=5.0)
