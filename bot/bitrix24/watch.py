"""What the log says about the portal as a whole: a line when something begins and one when it ends, not one per call."""

from collections.abc import Callable

import structlog

from bot.errors import ApplicationGone, BitrixError, MissingRight, PortalMoved, RateLimited, Unavailable

log = structlog.get_logger()

# A method that failed and was not called for so long says nothing about now.
_FORGET_S = 60.0
# What only a person can mend is said again after this.
REPEAT_S = 300.0


class Watch:
    """Told of every call; tells the administrator what matters.

    Args:
        clock: Unix seconds.
        whom: Who is watched, as the lines name it.
    """

    def __init__(self, clock: Callable[[], float], whom: str = "portal") -> None:
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

    def failed(self, method: str, error: BitrixError) -> None:
        """A request failed, or was refused."""
        if isinstance(error, PortalMoved):
            return  # `moved` has told it
        if isinstance(error, Unavailable) and not isinstance(error, RateLimited):
            self._failed_at[method] = self._clock()
            if self._away_since is None:
                self._away_since = self._clock()
                log.warning(self._event("away"), method=method, reason=str(error))
            return
        self.answered(method)
        self.refused(method, error)

    def refused(self, method: str, error: BitrixError) -> None:
        """A call, or an item of a batch, was refused; some refusals need a person."""
        if isinstance(error, ApplicationGone):
            self._alarm("refuses-application", error.code, method=method)

    def lacks_right(self, error: MissingRight) -> None:
        """A scope is missing, and a fresh token did not help."""
        self._alarm("right-missing", error.method)

    def moved(self, error: PortalMoved, pinned: str) -> None:
        """The portal redirects elsewhere; hosts only, since addresses may hold secrets."""
        if self._is_due("moved", error.host):
            log.warning(
                self._event("moved"), pinned=pinned, now=error.host, hint="if that is right, set STATUSBOT_PORTAL"
            )

    def _alarm(self, event: str, reason: str, **more: str) -> None:
        """Say as an error what only a person can mend."""
        if self._is_due(event, reason):
            log.error(self._event(event), reason=reason, **more)

    def _event(self, name: str) -> str:
        return f"{self._whom}.{name}"

    def _is_due(self, event: str, what: str) -> bool:
        now, said_at = self._clock(), self._said_at.get((event, what))
        if said_at is not None and now - said_at < REPEAT_S:
            return False
        self._said_at[event, what] = now
        return True
