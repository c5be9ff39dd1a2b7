"""A portal under an httpx client, without a socket."""

import httpx

from bot.emulator.portal import Portal


class PortalTransport(httpx.AsyncBaseTransport):
    """Answers for the portal and for its authorization server, told apart by host.

    Nothing sleeps: an answer that is later than the client's read timeout ends in `httpx.ReadTimeout` at once, with the
    portal's clock moved by what would have been waited for.
    """

    def __init__(self, portal: Portal) -> None:
        """Put `portal` where the network would be."""
        self._portal = portal

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        url = request.url
        if not self._portal.serves(url.netloc.decode()):
            raise httpx.ConnectError("All connection attempts failed", request=request)
        answer = self._portal.handle(
            request.method, url.path, url.query.decode(), {**request.headers, "host": url.netloc.decode()}, body
        )
        self._wait(request, answer.delay_s)
        if answer.cut:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body, request=request)

    def _wait(self, request: httpx.Request, delay_s: float) -> None:
        limit = request.extensions.get("timeout", {}).get("read")
        if limit is not None and delay_s > limit:
            self._portal.clock.advance(limit)
            raise httpx.ReadTimeout("Timed out while waiting for the answer.", request=request)
        if delay_s:
            self._portal.clock.advance(delay_s)
