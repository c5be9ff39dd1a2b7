"""What the log says about the portal, or its authorization server."""

from collections.abc import Callable

import structlog

from bot.errors import ApplicationGone, BitrixError, MissingRight, PortalMoved, RateLimited, Unavailable
from bot.watch import Watch

log = structlog.get_logger()


class BitrixWatch(Watch):
    """Knows which errors of Bitrix24 concern everybody.

    Args:
        clock: Unix seconds.
        whom: Who is watched, as the lines name it.
    """

    def __init__(self, clock: Callable[[], float], whom: str = "portal") -> None:
        super().__init__(clock, whom)

    def failed(self, method: str, error: BitrixError) -> None:
        """A request failed, or was refused."""
        if isinstance(error, PortalMoved):
            return  # `moved` has told it
        if isinstance(error, Unavailable) and not isinstance(error, RateLimited):
            self._lost(method, str(error))
            return
        self.answered(method)
        self.refused(method, error)

    def refused(self, method: str, error: BitrixError) -> None:
        """A call, or an item of a batch, was refused; some refusals need a person."""
        if isinstance(error, ApplicationGone):
            self._alarm("refuses-application", error.code, reason=error.code, method=method)

    def lacks_right(self, error: MissingRight) -> None:
        """A scope is missing, and a fresh token did not help."""
        self._alarm("right-missing", error.method, reason=error.method)

    def moved(self, error: PortalMoved, pinned: str) -> None:
        """The portal redirects elsewhere; hosts only, since addresses may hold secrets."""
        if self._is_due("moved", error.host):
            log.warning(
                self._event("moved"), pinned=pinned, now=error.host, hint="if that is right, set STATUSBOT_PORTAL"
            )
