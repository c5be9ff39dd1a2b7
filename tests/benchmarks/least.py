"""What a command costs at least: `python -m tests.benchmarks.least PORT URL FILE` stores each body in a database before it says ok, and then
exchanges as much with URL, and writes as often, as the bot does to accept a meeting.

It understands nothing, checks nothing and says nothing, so this is what HTTP and a disk take.
"""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import uvloop
from aiohttp import web


class Least:
    def __init__(self, url: str, file: str) -> None:
        self._url = url
        self._thread = ThreadPoolExecutor(1)
        self._database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE TABLE bodies (body BLOB)")
        self._running: set[asyncio.Task[None]] = set()

    async def keep_session(self, _app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as self._session:
            yield
            await asyncio.gather(*self._running)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        await self._write(body)
        task = asyncio.create_task(self._carry_out(body))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return web.Response(text="ok\n")

    async def _carry_out(self, body: bytes) -> None:
        await self._exchange(body)  # what is there
        await self._write(body)  # how to undo what follows
        await self._exchange(body)  # change it
        await self._exchange(body)  # reply
        await self._write(body)  # done

    async def _exchange(self, body: bytes) -> None:
        async with self._session.post(self._url, data=body) as response:
            await response.read()

    async def _write(self, body: bytes) -> None:
        insert = "INSERT INTO bodies VALUES (?)"
        await asyncio.get_running_loop().run_in_executor(self._thread, self._database.execute, insert, (body,))


if __name__ == "__main__":
    least = Least(*sys.argv[2:])
    app = web.Application()
    app.cleanup_ctx.append(least.keep_session)
    app.router.add_post("/", least.handle)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None, loop=uvloop.new_event_loop())
