"""What the log says about a service as a whole: a line when something begins and one when it ends, not one per call."""

from collections.abc import Callable

import structlog

log = structlog.get_logger()

# A method that failed and was not called for so long says nothing about now.
_FORGET_S = 60.0
# What only a person can mend is said again after this.
REPEAT_S = 300.0


class Watch:
    """Told of every call; tells the administrator what matters. Each service adds what its errors mean.

    Args:
        clock: Unix seconds.
        whom: Who is watched, as the lines name it.
    """

    def __init__(self, clock: Callable[[], float], whom: str) -> None:
        self._clock = clock
        self._whom = whom
        self._away_since: float | None = None
        self._failed_at: dict[str, float] = {}  # by method
        self._said_at: dict[tuple[str, str], float] = {}

    def answered(self, method: str) -> None:
        """A call was answered, be it with a refusal."""
        if self._away_since is None:
            return
        now = self._clock()
        self._failed_at.pop(method, None)
        self._failed_at = {other: at for other, at in self._failed_at.items() if now - at < _FORGET_S}
        if not self._failed_at:
            log.info(self._event("back"), away_s=round(now - self._away_since))
            self._away_since = None

    def _lost(self, method: str, reason: str) -> None:
        """A call was not answered."""
        self._failed_at[method] = self._clock()
        if self._away_since is None:
            self._away_since = self._clock()
            log.warning(self._event("away"), method=method, reason=reason)

    def _alarm(self, name: str, what: str, **more: str) -> None:
        """Say as an error what only a person can mend, once in a while for each `what`."""
        if self._is_due(name, what):
            log.error(self._event(name), **more)

    def _event(self, name: str) -> str:
        return f"{self._whom}.{name}"

    def _is_due(self, name: str, what: str) -> bool:
        now, said_at = self._clock(), self._said_at.get((name, what))
        if said_at is not None and now - said_at < REPEAT_S:
            return False
        self._said_at[name, what] = now
        return True
