"""One HTTP exchange with Cronofy: bounded in time and in size, never led elsewhere, and no secret in its errors."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.errors import CronofyAway, CronofyNotReached, CronofyUnreadable

# A call ends after this, repeats included; a person waits behind it.
TIMEOUT_S = 10.0
# A page of events with long descriptions stays far below.
MAX_ANSWER = 5_000_000  # bytes
# Less than the whole, so that a server that takes no connection is told from one that does not answer.
_TIMEOUT = httpx.Timeout(TIMEOUT_S, connect=TIMEOUT_S / 2, pool=TIMEOUT_S / 2)
# Uncompressed, so that a small answer cannot unfold into a large one before its size is seen.
_HEADERS = {"Accept-Encoding": "identity", "Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Received:
    """What came back. `retry_after` is the header as it came; "" without one."""

    status: int
    content: bytes = field(repr=False)
    retry_after: str


async def exchange(
    http: httpx.AsyncClient, verb: str, url: str, token: str | None, *, method: str, **content: Any
) -> Received:
    """Send one request, with an access token if there is one, and read the whole answer. Redirects are not followed.

    Raises:
        CronofyNotReached: nobody took the request.
        CronofyAway: no answer; what came of the request is unknown.
        CronofyUnreadable: the answer goes beyond `MAX_ANSWER`, or the address, which an answer may have named, is none.
    """
    headers = _HEADERS if token is None else {**_HEADERS, "Authorization": f"Bearer {token}"}
    try:
        async with http.stream(
            verb, url, headers=headers, timeout=_TIMEOUT, follow_redirects=False, **content
        ) as response:
            body = await _read(response, method)
            return Received(response.status_code, body, response.headers.get("Retry-After", ""))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise CronofyNotReached(type(error).__name__, method=method) from None
    except httpx.HTTPError as error:
        raise CronofyAway(type(error).__name__, method=method) from None
    except httpx.InvalidURL:
        raise CronofyUnreadable("no address", method=method) from None


async def _read(response: httpx.Response, method: str) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MAX_ANSWER:
            raise CronofyUnreadable("the answer is too large", method=method)
    return bytes(content)
