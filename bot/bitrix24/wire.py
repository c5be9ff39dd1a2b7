"""One HTTP exchange with the portal or its authorization server: bounded in time and in size, and never led elsewhere."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx

from bot.errors import NotReached, Unavailable

# One call ends after this, whatever the other side does; a person waits behind it.
TIMEOUT_S = 10.0
# Far more than any answer that we ask for; more is no answer of REST.
MAX_ANSWER = 2 * 1024 * 1024  # bytes
# Less than the whole, so that a server that takes no connection is told from one that does not answer.
_TIMEOUT = httpx.Timeout(TIMEOUT_S, connect=TIMEOUT_S / 2, pool=TIMEOUT_S / 2)
# Uncompressed, so that a small answer cannot unfold into a large one before its size is seen.
_HEADERS = {"Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Received:
    """What came back. `location` is where a redirect points, made absolute; None for everything else."""

    status: int
    content: bytes
    location: httpx.URL | None


async def exchange(http: httpx.AsyncClient, verb: str, url: str, *, method: str, **content: Any) -> Received:
    """Send one request and read the whole answer. Redirects are told, never followed.

    Raises:
        NotReached: nobody took the request.
        Unavailable: no answer, or none in time, or one beyond `MAX_ANSWER`; what came of the request is unknown.
    """
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            http.stream(verb, url, headers=_HEADERS, timeout=_TIMEOUT, follow_redirects=False, **content) as response,
        ):
            return Received(response.status_code, await _read(response, method), _location(response))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise NotReached(type(error).__name__, method=method) from None
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:  # the address may be that of a redirect
        raise Unavailable(type(error).__name__, method=method) from None


async def _read(response: httpx.Response, method: str) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MAX_ANSWER:
            raise Unavailable("the answer is too large", method=method)
    return bytes(content)


def _location(response: httpx.Response) -> httpx.URL | None:
    """Return where a redirect points; an unreadable address counts as none."""
    if not response.has_redirect_location:
        return None
    try:
        return response.url.join(response.headers["Location"])
    except (httpx.InvalidURL, ValueError):
        return None
