"""One HTTP exchange with a service that is not ours: bounded in time and in size, and never led elsewhere.

What is sent and what an answer means is the business of each service (`bot.bitrix24`, `bot.cronofy`). Spoken with the transport itself:
httpx's client adds cookies, redirects and credentials, none of which we want, and costs more time than the rest of an exchange.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import lru_cache
from json import JSONEncoder
from typing import Any, Protocol, cast

import httpx

from bot.errors import BotError

# Uncompressed, so that a small answer cannot unfold into a large one before its size is seen.
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "statusbot"}
_COMPACT = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


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
        transport: Carries requests; it belongs to whoever made it, who also closes it.
        timeout_s: An exchange ends after this, whatever the other side does.
        max_answer: Bytes; of a longer answer the rest is not read.
        not_reached: Nobody took the request.
        lost: No answer; what came of the request is unknown.
        unreadable: The answer goes beyond `max_answer`, or an address is none: ours, which an answer may have named, or that of a
            redirect.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        timeout_s: float,
        max_answer: int,
        not_reached: Fault,
        lost: Fault,
        unreadable: Fault,
    ) -> None:
        self._transport = transport
        self._timeout_s = timeout_s
        # Less than the whole, so that a server that takes no connection is told from one that does not answer.
        timeout = httpx.Timeout(timeout_s, connect=timeout_s / 2, pool=timeout_s / 2)
        self._extensions = {"timeout": timeout.as_dict()}
        self._max_answer = max_answer
        self._not_reached = not_reached
        self._lost = lost
        self._unreadable = unreadable

    async def exchange(
        self,
        verb: str,
        url: str,
        *,
        method: str,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        json: Any = None,
    ) -> Received:
        """Send one request and read the whole answer. Redirects are told, never followed.

        Args:
            verb: GET, POST and the like.
            url: Where to; no error tells it, since it may hold secrets.
            method: The call, as errors name it.
            headers: Beside our own.
            params: The query; it takes the place of that of `url`.
            json: The body; None for an empty one.

        Raises:
            BotError: what `not_reached`, `lost` and `unreadable` make.
        """
        try:
            request = self._request(verb, _address(url, params), headers or {}, json)
            async with asyncio.timeout(self._timeout_s):
                response = await self._transport.handle_async_request(request)
                async with aclosing(cast("httpx.AsyncByteStream", response.stream)) as body:
                    return Received(
                        response.status_code,
                        location=_location(response, request.url),
                        retry_after=response.headers.get("Retry-After", ""),
                        content=b"" if _is_compressed(response) else await self._read(body, method),
                    )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise self._not_reached(type(error).__name__, method=method) from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._lost(type(error).__name__, method=method) from None
        except (httpx.InvalidURL, UnicodeError):  # the latter for the host of a redirect
            raise self._unreadable("no address", method=method) from None

    def _request(self, verb: str, url: httpx.URL, headers: Mapping[str, str], json: Any) -> httpx.Request:
        content = b""
        own = {"Host": url.netloc.decode(), **_HEADERS}
        if json is not None:
            content = _COMPACT.encode(json).encode()
            own |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
        # Given as a stream, since httpx would otherwise make the headers twice.
        stream = httpx.ByteStream(content)
        return httpx.Request(verb, url, headers={**own, **headers}, stream=stream, extensions=self._extensions)

    async def _read(self, body: httpx.AsyncByteStream, method: str) -> bytes:
        content = bytearray()
        async for chunk in body:
            content += chunk
            if len(content) > self._max_answer:
                raise self._unreadable("the answer is too large", method=method)
        return bytes(content)


def _address(url: str, params: Mapping[str, str] | Sequence[tuple[str, str]] | None) -> httpx.URL:
    if params is not None:
        return httpx.URL(url, params=params)
    # What is remembered holds no secrets: those of an address are in its query, or before its host.
    return httpx.URL(url) if "?" in url or "@" in url else _known(url)


@lru_cache(maxsize=64)
def _known(url: str) -> httpx.URL:
    return httpx.URL(url)


def _is_compressed(response: httpx.Response) -> bool:
    return response.headers.get("Content-Encoding", "").lower() not in {"", "identity"}


def _location(response: httpx.Response, asked: httpx.URL) -> httpx.URL | None:
    """Return where a redirect points.

    Raises:
        httpx.RemoteProtocolError: what it says can be no address.
        httpx.InvalidURL, UnicodeError: nor can what it says together with where we asked, or its host.
    """
    if not response.has_redirect_location:
        return None
    try:
        there = httpx.URL(response.headers["Location"])
    except httpx.InvalidURL as error:
        raise httpx.RemoteProtocolError(type(error).__name__) from None
    if there.is_relative_url:
        there = there.copy_with(host=asked.host) if there.scheme else asked.join(there)
    return there if there.host else None  # here a host fails that nobody can read
