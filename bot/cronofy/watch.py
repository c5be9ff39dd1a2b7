"""What the log says about Cronofy as a whole: a line when something begins and one when it ends, not one per call."""

from collections.abc import Callable, Mapping

import structlog

from bot.errors import (
    CronofyAway,
    CronofyBusy,
    CronofyError,
    CronofyInvalid,
    CronofyPlan,
    CronofyRefusesUs,
    CronofyUnreadable,
)

log = structlog.get_logger()

# What lasts is said again after this.
REPEAT_S = 300.0
# What concerns everybody, not the person who happened to ask.
_ALARMS: Mapping[type[CronofyError], str] = {
    CronofyRefusesUs: "cronofy.refuses-application",
    CronofyPlan: "cronofy.plan-lacks-it",
    CronofyInvalid: "cronofy.refuses-parameter",
    CronofyUnreadable: "cronofy.unreadable",
    CronofyBusy: "cronofy.busy",
    CronofyError: "cronofy.refuses-call",
}


class Watch:
    """Told of every call; tells the administrator what matters.

    Args:
        clock: Unix seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._away_since: float | None = None
        self._said_at: dict[tuple[str, str], float] = {}

    def answered(self) -> None:
        """A call was answered, be it with a refusal."""
        if self._away_since is not None:
            log.info("cronofy.back", away_s=round(self._clock() - self._away_since))
            self._away_since = None

    def failed(self, error: CronofyError) -> None:
        """A call failed, or was refused."""
        if isinstance(error, CronofyAway) and not isinstance(error, CronofyBusy):
            if self._away_since is None:
                self._away_since = self._clock()
                log.warning("cronofy.away", method=error.method, reason=str(error))
            return
        self.answered()
        event = _ALARMS.get(type(error))
        if event is not None and self._is_due(event, error.code):
            log.error(event, method=error.method, error_code=error.code, reason=str(error))

    def _is_due(self, event: str, code: str) -> bool:
        now, said_at = self._clock(), self._said_at.get((event, code))
        if said_at is not None and now - said_at < REPEAT_S:
            return False
        self._said_at[event, code] = now
        return True
