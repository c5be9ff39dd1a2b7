"""Connections that begin, over loopback: whoever does not come to the end of a head is cut off, and nobody else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.receiver.opening import HEAD_S, listen

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self) -> bytes:
        """Return the next answer; b"" when there comes none any more."""
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
            await self._reader.readexactly(len(b"hello"))
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return b""
        return head.partition(b"\r\n")[0]

    async def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def served(head_s: float) -> AsyncIterator[Callable[[], object]]:
    """Serve an application that greets; yield what connects to it."""
    app = web.Application()

    async def greet(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app.router.add_route("*", "/", greet)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    assert runner.server is not None
    server = await listen(runner.server, "127.0.0.1", 0, head_s=head_s)
    clients: list[Client] = []

    async def connect() -> Client:
        host, port = server.sockets[0].getsockname()[:2]
        clients.append(Client(*await asyncio.open_connection(host, port)))
        return clients[-1]

    async with asyncio.timeout(10):
        yield connect
        for client in clients:
            await client.close()
        server.close()
        await runner.cleanup()


@pytest.mark.parametrize("sent", [b"", HEAD[:1], HEAD[:-1], HEAD[:-4], b"POST / HTTP/1.1\r\nHost: x\r\nX-A:"])
async def test_connection_without_a_whole_head_is_cut_off(sent):
    async with served(head_s=0.05) as connect:
        client = await connect()
        await client.send(sent)

        assert await client.answer() == b""


@pytest.mark.parametrize("cut", [1, len(HEAD) - 3, len(HEAD) - 2, len(HEAD) - 1, len(HEAD)])
async def test_connection_stays_open_after_its_first_head(cut):
    """In whatever pieces that came."""
    async with served(head_s=0.5) as connect:
        lasting, silent = await connect(), await connect()
        for piece in (HEAD[:cut], HEAD[cut:]):
            await lasting.send(piece)
            await asyncio.sleep(0)
        first = await lasting.answer()
        assert await silent.answer() == b""  # so the time of the other one is over as well
        await lasting.send(HEAD)

        assert (first, await lasting.answer()) == (b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK")


async def test_body_has_its_own_time():
    body = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na"
    async with served(head_s=0.05) as connect:
        slow, silent = await connect(), await connect()
        await slow.send(body)
        first = await slow.answer()
        assert await silent.answer() == b""
        await slow.send(b"b" + HEAD)

        assert (first, await slow.answer()) == (b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK")


async def test_what_is_no_request_is_refused_at_once():
    async with served(head_s=HEAD_S) as connect:
        client = await connect()
        await client.send(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")

        assert (await client.answer()).startswith(b"HTTP/1.0 400")


async def test_client_that_leaves_early_is_forgotten():
    async with served(head_s=0.05) as connect:
        gone, silent = await connect(), await connect()
        await gone.send(HEAD[:5])
        await gone.close()

        assert await silent.answer() == b""
