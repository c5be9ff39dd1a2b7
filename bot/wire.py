"""One HTTP exchange with a service that is not ours: bounded in time and in size, and never led elsewhere.

What is sent and what an answer means is the business of each service (`bot.bitrix24`, `bot.cronofy`).
"""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol

import httpx

from bot.errors import BotError

# Uncompressed, so that a small answer cannot unfold into a large one before its size is seen.
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "statusbot"}


class Fault(Protocol):
    """A class of errors of one service."""

    def __call__(self, message: str, *, method: str) -> BotError: ...


@dataclass(frozen=True, slots=True)
class Received:
    """What came back.

    Attributes:
        content: b"" for a body that is compressed, although we ask for none such.
        location: Where a redirect points, made absolute; None for everything else.
        retry_after: The header as it came; "" without one.
    """

    status: int
    content: bytes = field(repr=False)
    location: httpx.URL | None = field(default=None, repr=False)
    retry_after: str = ""


class Wire:
    """Exchanges with one service.

    Args:
        http: Anybody's; it keeps no cookies from here on.
        timeout_s: An exchange ends after this, whatever the other side does.
        max_answer: Bytes; of a longer answer the rest is not read.
        not_reached: Nobody took the request.
        lost: No answer; what came of the request is unknown.
        unreadable: The answer goes beyond `max_answer`, or an address is none: ours, which an answer may have named, or that of a
            redirect.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        timeout_s: float,
        max_answer: int,
        not_reached: Fault,
        lost: Fault,
        unreadable: Fault,
    ) -> None:
        # A cookie that comes with one person's answer must not travel with the next one's token.
        http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._http = http
        self._timeout_s = timeout_s
        # Less than the whole, so that a server that takes no connection is told from one that does not answer.
        timeout = httpx.Timeout(timeout_s, connect=timeout_s / 2, pool=timeout_s / 2)
        self._extensions = {"timeout": timeout.as_dict()}
        self._max_answer = max_answer
        self._not_reached = not_reached
        self._lost = lost
        self._unreadable = unreadable

    async def exchange(
        self, verb: str, url: str, *, method: str, headers: Mapping[str, str] | None = None, **content: Any
    ) -> Received:
        """Send one request and read the whole answer. Redirects are told, never followed.

        Args:
            verb: GET, POST and the like.
            url: Where to; no error tells it, since it may hold secrets.
            method: The call, as errors name it.
            headers: Beside our own.
            content: `json`, `params`, as httpx takes them.

        Raises:
            BotError: what `not_reached`, `lost` and `unreadable` make.
        """
        sent = {**_HEADERS, **(headers or {})}
        try:
            # Made without the client, which takes a good while to join it with defaults that we do not have.
            request = httpx.Request(verb, url, headers=sent, extensions=self._extensions, **content)
            async with asyncio.timeout(self._timeout_s):
                response = await self._http.send(request, stream=True, follow_redirects=False)
                async with aclosing(response):
                    there = None if response.next_request is None else response.next_request.url
                    return Received(
                        response.status_code,
                        await self._read(response, method),
                        location=there,
                        retry_after=response.headers.get("Retry-After", ""),
                    )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise self._not_reached(type(error).__name__, method=method) from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._lost(type(error).__name__, method=method) from None
        except (httpx.InvalidURL, UnicodeError):  # the latter for the host of a redirect, which httpx looks at
            raise self._unreadable("no address", method=method) from None

    async def _read(self, response: httpx.Response, method: str) -> bytes:
        if response.headers.get("Content-Encoding", "").lower() not in {"", "identity"}:
            return b""
        content = bytearray()
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > self._max_answer:
                raise self._unreadable("the answer is too large", method=method)
        return bytes(content)
