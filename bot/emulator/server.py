"""A portal on a socket: REST and OAuth, the emulator's own API and page, and the loop that delivers events.

    running = await start(portal, "127.0.0.1", 0)
    ...  # running.url
    await running.stop()

The portal's domain becomes the address that it listens on; the authorization server shares it unless it is given a port of
its own, which tells its `app.info` from the portal's. The own API is described in `control` and, for a Cronofy beside the portal, in `cronofy.control`;
it takes JSON only.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from bot.emulator.answers import Response
from bot.emulator.clock import Clock
from bot.emulator.control import Control
from bot.emulator.cronofy.control import CronofyControl
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.page.live import Live
from bot.emulator.page.routes import add_page
from bot.emulator.php import Json, decode
from bot.emulator.portal import Portal
from bot.emulator.queue import CONTENT_TYPE

LARGEST_BODY = 16 * 1024 * 1024
EVENT_TIMEOUT_S = 30.0

Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class Running:
    """A portal that listens."""

    portal: Portal
    host: str
    port: int
    _runner: web.AppRunner
    _loop: "asyncio.Task[None]"

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def stop(self) -> None:
        """Stop listening and delivering; what waits in the queue stays there."""
        self._loop.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._loop
        await self._runner.cleanup()


async def start(
    portal: Portal,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    oauth_port: int | None = None,
    sleep: Sleep = asyncio.sleep,
    shared_clock: bool = False,
    cronofy: Cronofy | None = None,
) -> Running:
    """Put a portal on a socket.

    Args:
        portal: Its domain, scheme and authorization server are set to where it listens.
        host: Address to bind.
        port: 0 picks a free one.
        oauth_port: Of the authorization server; None shares the portal's, 0 picks a free one.
        sleep: Waits before slow answers.
        shared_clock: The bot follows the portal's clock; the chat page tells.
        cronofy: Shown on the chat page and controlled through the own API; `cronofy.server` puts it on a socket of its own.
    """
    wake = asyncio.Event()
    live = Live(portal, cronofy, shared_clock=shared_clock)

    def changed() -> None:
        wake.set()
        live.changed()

    # Whoever hangs up ends the answer: a page that was closed is told nothing more.
    runner = web.AppRunner(
        _application(portal, cronofy, live, sleep, changed),
        access_log=None,
        shutdown_timeout=1.0,
        handler_cancellation=True,
    )
    await runner.setup()
    chosen = await listen(runner, host, port)
    portal.options.scheme, portal.options.domain = "http", f"{host}:{chosen}"
    oauth = chosen if oauth_port is None else await listen(runner, host, oauth_port)
    portal.options.oauth_origin = f"http://{host}:{oauth}"
    portal.queue.on_put.append(changed)
    if cronofy is not None:
        cronofy.on_change.append(live.changed)
    loop = asyncio.create_task(_deliver_forever(portal, wake))
    return Running(portal, host, chosen, runner, loop)


async def listen(runner: web.AppRunner, host: str, port: int) -> int:
    """Open a port, 0 picking a free one, and return it."""
    site = web.TCPSite(runner, host, port)
    await site.start()
    bound: int = runner.addresses[-1][1]
    return bound


def _application(
    portal: Portal, cronofy: Cronofy | None, live: Live, sleep: Sleep, changed: Callable[[], None]
) -> web.Application:
    async def rest(request: web.Request) -> web.Response:
        body = await request.read()
        response = portal.handle(request.method, request.path, request.query_string, dict(request.headers), body)
        live.changed()
        return await answer_with(response, request, sleep)

    application = web.Application(client_max_size=LARGEST_BODY)
    add_page(application, live)
    _add_control(application, "/emulator", Control(portal), changed)
    if cronofy is not None:
        _add_control(application, "/emulator/cronofy", CronofyControl(cronofy, portal.users), changed)
    application.router.add_route("*", "/{path:.*}", rest)
    return application


def _add_control(
    application: web.Application, path: str, control: Control | CronofyControl, changed: Callable[[], None]
) -> None:
    async def show(request: web.Request) -> web.Response:
        return _json(*control.show(request.match_info["name"], decode(request.query_string)))

    async def act(request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return _json(415, {"error": "send application/json"})
        try:
            arguments: Json = await request.json()
        except ValueError:
            return _json(400, {"error": "not JSON"})
        if not isinstance(arguments, dict):
            return _json(400, {"error": "not an object"})
        answered = control.act(request.match_info["name"], arguments)
        changed()
        return _json(*answered)

    application.router.add_get(f"{path}/{{name}}", show)
    application.router.add_post(f"{path}/{{name}}", act)


def _json(status: int, value: Json) -> web.Response:
    return web.Response(status=status, text=json.dumps(value, ensure_ascii=False), content_type="application/json")


async def answer_with(response: Response, request: web.Request, sleep: Sleep) -> web.Response:
    """Answer late, or not at all, when a response says so."""
    if response.delay_s:
        await sleep(response.delay_s)
    if response.cut and request.transport is not None:
        request.transport.abort()
        return web.Response()
    return _as_web(response)


def _as_web(response: Response) -> web.Response:
    return web.Response(status=response.status, body=response.body, headers=dict(response.headers))


async def _deliver_forever(portal: Portal, wake: asyncio.Event) -> None:
    timeout = aiohttp.ClientTimeout(total=EVENT_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:

        async def post(url: str, body: bytes) -> int:
            try:
                async with session.post(
                    url, data=body, headers={"Content-Type": CONTENT_TYPE}, allow_redirects=False
                ) as answer:
                    return answer.status
            except (aiohttp.ClientError, TimeoutError):
                return 0

        while True:
            wake.clear()
            await portal.deliver(post)
            await wait_until(portal.queue.next_due_at, portal.clock, wake)


async def wait_until(due_at: float | None, clock: Clock, wake: asyncio.Event) -> None:
    """Wait for something new, a moved clock, or the moment (unix seconds) when what waits is due."""
    remaining = None if due_at is None else max(due_at - clock.now(), 0.0)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(wake.wait(), remaining)
