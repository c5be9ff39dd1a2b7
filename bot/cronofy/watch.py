"""What the log says about Cronofy."""

from collections.abc import Callable, Mapping

from bot.errors import (
    CronofyAway,
    CronofyBusy,
    CronofyError,
    CronofyInvalid,
    CronofyPlan,
    CronofyRefusesUs,
    CronofyUnreadable,
)
from bot.watch import Watch

# What concerns everybody, not the person who happened to ask.
_ALARMS: Mapping[type[CronofyError], str] = {
    CronofyRefusesUs: "refuses-application",
    CronofyPlan: "plan-lacks-it",
    CronofyInvalid: "refuses-parameter",
    CronofyUnreadable: "unreadable",
    CronofyBusy: "busy",
    CronofyError: "refuses-call",
}


class CronofyWatch(Watch):
    """Knows which errors of Cronofy concern everybody.

    Args:
        clock: Unix seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock, "cronofy")

    def failed(self, error: CronofyError) -> None:
        """A call failed, or was refused."""
        if isinstance(error, CronofyAway) and not isinstance(error, CronofyBusy):
            self._lost(error.method, str(error))
            return
        self.answered(error.method)
        if (name := _ALARMS.get(type(error))) is not None:
            self._alarm(name, error.code, method=error.method, error_code=error.code, reason=str(error))
