"""Cronofy on a socket: API and pages under one origin, and the loop that carries answers out and delivers pushes.

running = await start(cronofy, "127.0.0.1", 0)
...  # running.url
await running.stop()
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from bot.emulator.clock import SystemClock
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.server import LARGEST_BODY, Sleep, answer_with, listen, wait_until

PUSH_TIMEOUT_S = 5.0  # section 8


@dataclass(slots=True)
class Running:
    """Cronofy that listens."""

    cronofy: Cronofy
    host: str
    port: int
    _runner: web.AppRunner
    _loop: "asyncio.Task[None]"

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def stop(self) -> None:
        """Stop listening and delivering; what waits stays there."""
        self._loop.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._loop
        await self._runner.cleanup()


async def start(cronofy: Cronofy, host: str = "127.0.0.1", port: int = 0, *, sleep: Sleep = asyncio.sleep) -> Running:
    """Put Cronofy on a socket.

    Args:
        cronofy: Its origins, of the API and of the pages, are set to where it listens.
        host: Address to bind.
        port: 0 picks a free one.
        sleep: Waits before slow answers.
    """
    wake = asyncio.Event()
    runner = web.AppRunner(
        _application(cronofy, sleep, wake), access_log=None, shutdown_timeout=1.0, handler_cancellation=True
    )
    await runner.setup()
    chosen = await listen(runner, host, port)
    cronofy.options.api_origin = cronofy.options.app_origin = f"http://{host}:{chosen}"
    cronofy.pushes.on_put.append(wake.set)
    if isinstance(cronofy.clock, SystemClock):
        cronofy.clock.on_advance.append(wake.set)
    loop = asyncio.create_task(_deliver_forever(cronofy, wake))
    return Running(cronofy, host, chosen, runner, loop)


def _application(cronofy: Cronofy, sleep: Sleep, wake: asyncio.Event) -> web.Application:
    async def handle(request: web.Request) -> web.StreamResponse:
        body, url = await request.read(), request.rel_url
        response = cronofy.handle(request.method, url.raw_path, url.raw_query_string, dict(request.headers), body)
        wake.set()
        return await answer_with(response, request, sleep)

    application = web.Application(client_max_size=LARGEST_BODY)
    application.router.add_route("*", "/{path:.*}", handle)
    return application


async def _deliver_forever(cronofy: Cronofy, wake: asyncio.Event) -> None:
    timeout = aiohttp.ClientTimeout(total=PUSH_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:

        async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
            try:
                async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                    return answer.status
            except (aiohttp.ClientError, TimeoutError):
                return 0

        while True:
            wake.clear()
            await cronofy.deliver(post)
            await wait_until(cronofy.next_due_at, cronofy.clock, wake)
