"""The network below httpx: aiohttp's client, since httpx's own costs several times the processor time per request.

What a failure means is told apart strictly. `ConnectError`, `ConnectTimeout`: nothing was sent. Everything else: the request may have
been carried out. So nothing is ever sent twice in silence, as aiohttp would do for a GET over a kept connection that is lost; and what a
server says unasked over a kept connection is no answer to the next request, as it would be for aiohttp.
"""

from collections.abc import AsyncIterator
from functools import cached_property
from ssl import SSLContext

import aiohttp
import httpx
from aiohttp.connector import Connection
from yarl import URL

# Connections at once, busy ones and kept ones together.
_MOST = 100
# Servers of the cloud close what is idle for long; what is closed just when a request leaves is lost.
_KEPT_S = 5.0
# What aiohttp would add to the headers that it is given.
_OWN_HEADERS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
# The first that fits counts.
_MEANINGS: dict[type[Exception], type[httpx.TransportError]] = {
    aiohttp.ClientConnectorError: httpx.ConnectError,
    aiohttp.ConnectionTimeoutError: httpx.ConnectTimeout,
    ValueError: httpx.UnsupportedProtocol,  # the address is none, such as InvalidURL
    TimeoutError: httpx.ReadTimeout,
    aiohttp.ClientResponseError: httpx.RemoteProtocolError,
    aiohttp.ClientPayloadError: httpx.RemoteProtocolError,
    aiohttp.ServerDisconnectedError: httpx.RemoteProtocolError,
    aiohttp.ClientError: httpx.ReadError,
}
_FAILURES = tuple(_MEANINGS)


class Network(httpx.AsyncBaseTransport):
    """Sends requests as they are: no cookies, no redirects, no proxy, no decompression, and TLS that trusts the roots of certifi."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`; the answer's body is read as the caller asks for it.

        Of the request's time limits only `connect` is kept: how long an answer may take is decided by the caller, who waits for it.

        Raises:
            httpx.ConnectError, httpx.ConnectTimeout: nothing was sent.
            httpx.TransportError: what came of the request is unknown.
        """
        try:
            response = await self._opened().request(
                request.method,
                _address(request.url),
                headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
                data=await request.aread() or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(connect=request.extensions["timeout"]["connect"]),
            )
        except _FAILURES as error:
            raise _told(error) from None
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Body(response))

    @cached_property
    def _tls(self) -> SSLContext:
        """Made when it is needed: to read all of the roots would hold a start up."""
        tls = httpx.create_ssl_context(trust_env=False)
        tls.set_alpn_protocols(["http/1.1"])
        return tls

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:  # which needs a loop that runs
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_MOST, keepalive_timeout=_KEPT_S, ssl=self._tls),
                cookie_jar=aiohttp.DummyCookieJar(),
                request_class=_Request,
                skip_auto_headers=_OWN_HEADERS,
                auto_decompress=False,
                middlewares=(_once,),
            )
        return self._session

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await self._response.content.readany()
        except _FAILURES as error:
            raise _told(error) from None
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        """Give the connection back, or end it when the answer was not read to its end."""
        self._response.close()


class _Request(aiohttp.ClientRequest):
    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        if conn.protocol is None or conn.protocol.should_close:
            raise httpx.ConnectError("the kept connection is of no use")
        return await super().send(conn)


async def _once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Turn a lost connection into an error after which aiohttp does not repeat the request."""
    try:
        return await send(request)
    except _FAILURES as error:
        raise _told(error) from None


def _address(url: httpx.URL) -> URL:
    """Return the same for aiohttp, without what would become credentials."""
    return URL(f"{url.scheme}://{url.netloc.decode()}{url.raw_path.decode()}", encoded=True)


def _told(error: Exception) -> httpx.TransportError:
    """Return what happened in the words of httpx; addresses, which may hold secrets, stay out of them."""
    meaning = next(meaning for kind, meaning in _MEANINGS.items() if isinstance(error, kind))
    return meaning(type(error).__name__)
