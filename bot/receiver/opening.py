"""Connections that begin: the head of the first request is waited for, but not for ever. aiohttp would wait for an hour.

That hour remains between the requests of a connection. Web servers in front keep theirs open, to use them again, and an event that
met one just when we closed it would be lost.
"""

import asyncio
from collections.abc import Callable
from typing import cast

HEAD_S = 30.0
_END = b"\r\n\r\n"


class Opening(asyncio.Protocol):
    """Stands before the protocol of a connection until the end of the first head has come.

    Args:
        protocol: It hears everything, and is alone with the connection afterwards.
        head_s: What takes longer is cut off.
    """

    def __init__(self, protocol: asyncio.Protocol, head_s: float) -> None:
        self._protocol = protocol
        self._head_s = head_s
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._limit = asyncio.get_running_loop().call_later(self._head_s, self._transport.abort)
        self._protocol.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._protocol.data_received(data)
        seen = self._tail + data
        self._tail = seen[1 - len(_END) :]
        if _END in seen:
            self._limit.cancel()
            self._transport.set_protocol(self._protocol)

    def eof_received(self) -> bool | None:
        return self._protocol.eof_received()

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._limit.cancel()
        self._protocol.connection_lost(exc)


async def listen(
    make: Callable[[], asyncio.Protocol], host: str, port: int, *, head_s: float = HEAD_S
) -> asyncio.Server:
    """Serve connections with what `make` returns for each.

    Raises:
        OSError: the address cannot be served.
    """
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Opening(make(), head_s), host, port, backlog=128)
