"""What the log says of a connection that is made anew whenever it is lost: a line when it stays away, and one when it is back."""

import time
from collections.abc import Callable

import structlog

from bot.database.place import cause

log = structlog.get_logger()

# A server that restarts is back by then.
_STAYS_S = 10.0


class Absence:
    """Told of every attempt; see the module.

    Args:
        whose: What the connection is for, as the lines name it.
        effect: What comes of it that it is away, in words.
        clock: Seconds that nobody sets.
    """

    def __init__(self, whose: str, effect: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._away, self._back = f"{whose}.away", f"{whose}.back"
        self._effect = effect
        self._clock = clock
        self._since: float | None = None
        self._is_told = False

    def goes_on(self, error: BaseException) -> str:
        """There is no connection, or none any more; return why."""
        reason = cause(error) or type(error).__name__
        now = self._clock()
        if self._since is None:
            self._since = now
        if not self._is_told and now - self._since >= _STAYS_S:
            self._is_told = True
            log.warning(self._away, reason=reason, effect=self._effect)
        return reason

    def ends(self) -> None:
        """The connection is there."""
        if self._since is not None and self._is_told:
            log.info(self._back, away_s=round(self._clock() - self._since))
        self._since, self._is_told = None, False
