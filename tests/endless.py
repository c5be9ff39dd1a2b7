"""A body without an end."""

from collections.abc import AsyncIterator

import httpx

CHUNK = 50_000  # bytes


class Endless(httpx.AsyncByteStream):
    """Counts what was read of it."""

    def __init__(self) -> None:
        self.chunks = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.chunks += 1
            yield b" " * CHUNK

    async def aclose(self) -> None:
        self.closed = True
