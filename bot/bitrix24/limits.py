"""The portal's leaky bucket, as seen from our side (contract C.4)."""

import time

from aiolimiter import AsyncLimiter

from bot.metrics import Metrics


class Quota:
    """One bucket for everything that calls the portal from this address.

    Args:
        rate: Requests per second that the portal forgives.
        burst: Level above which it answers 503. We stay below by `rate`, since it may forgive in steps of a second.
    """

    def __init__(self, rate: float, burst: float, metrics: Metrics) -> None:
        capacity = max(1.0, burst - rate)
        self._limiter = AsyncLimiter(capacity, capacity / rate)
        self._metrics = metrics

    async def take(self) -> None:
        """Wait until one more request fits."""
        asked_at = time.monotonic()
        await self._limiter.acquire()
        self._metrics.limiter_wait.observe(time.monotonic() - asked_at)
