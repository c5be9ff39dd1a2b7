"""How Cronofy is reached, and which errors tell that it was not."""

import httpx

from bot.errors import CronofyAway, CronofyNotReached, CronofyUnreadable
from bot.wire import Wire

# A call ends after this, repeats included; a person waits behind it.
TIMEOUT_S = 10.0
# A page of events with long descriptions stays far below.
MAX_ANSWER = 5_000_000  # bytes


def wire(transport: httpx.AsyncBaseTransport) -> Wire:
    """Return the means to reach it."""
    return Wire(
        transport,
        timeout_s=TIMEOUT_S,
        max_answer=MAX_ANSWER,
        not_reached=CronofyNotReached,
        lost=CronofyAway,
        unreadable=CronofyUnreadable,
    )
