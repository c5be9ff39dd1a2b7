"""How the portal and its authorization server are reached, and which errors tell that they were not."""

import httpx

from bot.errors import NotReached, Unavailable
from bot.wire import Wire

# One call ends after this; a person waits behind it.
TIMEOUT_S = 10.0
# Far more than any answer that we ask for; more is no answer of REST.
MAX_ANSWER = 2 * 1024 * 1024  # bytes


def wire(transport: httpx.AsyncBaseTransport) -> Wire:
    """Return the means to reach them; an answer that cannot be read counts as none."""
    return Wire(
        transport,
        timeout_s=TIMEOUT_S,
        max_answer=MAX_ANSWER,
        not_reached=NotReached,
        lost=Unavailable,
        unreadable=Unavailable,
    )
