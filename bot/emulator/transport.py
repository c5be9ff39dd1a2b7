"""A portal under an httpx client, without a socket, and what stands beside it."""

from collections.abc import Mapping
from typing import Protocol

import httpx

from bot.emulator.answers import Response
from bot.emulator.clock import Clock


class Site(Protocol):
    """What answers for hosts of its own: a portal, or Cronofy."""

    clock: Clock

    def serves(self, host: str) -> bool:
        """Tell whether a host is its own."""

    def handle(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer a request; the path comes percent-encoded."""


class PortalTransport(httpx.AsyncBaseTransport):
    """Answers for the portal, its authorization server and whatever else there is, told apart by host.

    Nothing sleeps: an answer that is later than the client's read timeout ends in `httpx.ReadTimeout` at once, with the
    site's clock moved by what would have been waited for.
    """

    def __init__(self, *sites: Site) -> None:
        """Put `sites` where the network would be."""
        self._sites = sites

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        url, host = request.url, request.url.netloc.decode()
        site = next((site for site in self._sites if site.serves(host)), None)
        if site is None:
            raise httpx.ConnectError("All connection attempts failed", request=request)
        path = url.raw_path.partition(b"?")[0].decode()
        answer = site.handle(request.method, path, url.query.decode(), {**request.headers, "host": host}, body)
        _wait(request, answer.delay_s, site.clock)
        if answer.cut:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body, request=request)


def _wait(request: httpx.Request, delay_s: float, clock: Clock) -> None:
    limit = request.extensions.get("timeout", {}).get("read")
    if limit is not None and delay_s > limit:
        clock.advance(limit)
        raise httpx.ReadTimeout("Timed out while waiting for the answer.", request=request)
    if delay_s:
        clock.advance(delay_s)
