"""Cronofy's limits: 50 requests a second and 500 a minute, for the application as a whole (section 7)."""

import time
from collections.abc import Callable

from bot.errors import CronofyBusy
from bot.sharing import Alone, Sharing

# A bucket lets its capacity through at once and its rate beside it, so that both together make what any period may hold.
_SECOND = (20, 30.0)  # 20 at once and 30 a second
_MINUTE = (100, 400 / 60)  # 100 at once and 400 a minute
# Longer waits are not for a person to sit through.
PATIENCE_S = 5.0
_FULL_S = 60.0
_LONGEST_S = 300.0


class Quota:
    """One per deployment, since the limits are.

    Args:
        patience_s: Whoever would wait longer is told that Cronofy is busy.
        clock: Seconds, for what Cronofy asks us to wait; each replica hears that by itself.
        sharing: Whom the buckets are shared with; None for nobody.
    """

    def __init__(
        self,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
        sharing: Sharing | None = None,
    ) -> None:
        sharing = sharing or Alone()
        self._patience_s = patience_s
        self._clock = clock
        self._held_until = 0.0
        self._second = sharing.bucket("cronofy second", *_SECOND)
        self._minute = sharing.bucket("cronofy minute", *_MINUTE)

    def hold(self, wait_s: float) -> None:
        """Make no request for as long as Cronofy asks us to wait, five minutes at most."""
        self._held_until = max(self._held_until, self._clock() + min(wait_s, _LONGEST_S))

    async def take(self, method: str, *, may_wait: bool = True) -> None:
        """Wait until one more request fits.

        Args:
            method: As errors name it.
            may_wait: It can be made later, when Cronofy asks for that; a permission is taken, or given back, now or never.

        Raises:
            CronofyBusy: not soon enough.
        """
        held_s = self._held_until - self._clock()
        if may_wait and held_s > 0:
            raise CronofyBusy("asked to wait", method=method, wait_s=held_s)
        try:
            await self._minute.take(patience_s=self._patience_s)
            await self._second.take(patience_s=self._patience_s)
        except TimeoutError:
            raise CronofyBusy("the quota is used up", method=method, wait_s=_FULL_S) from None
