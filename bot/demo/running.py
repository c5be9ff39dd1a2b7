"""Portal, Cronofy and bot, each where it listens, by one clock."""

import asyncio
import errno
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import click
from cryptography.fernet import Fernet

from bot import settings
from bot.emulator import server
from bot.emulator.clock import SystemClock
from bot.emulator.cronofy import server as cronofy_server
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.cronofy.seed import demo_cronofy
from bot.emulator.limits import Bucket
from bot.emulator.portal import Portal
from bot.emulator.seed import demo_portal
from bot.errors import SettingsError, StorageError
from bot.service import Service, why_not_served
from bot.settings import Settings

T = TypeVar("T")

HOST = "127.0.0.1"
# How long an answer may take before the demo calls it missing.
_PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs.

    Attributes:
        portal: With the bot installed.
        cronofy: Knows the bot, which nobody has connected yet.
        service: The bot.
        address: Of the chat page, without a slash at its end.
        bot_url: Where the bot listens.
        clock: Of all of them.
    """

    portal: Portal
    cronofy: Cronofy
    service: Service
    address: str
    bot_url: str
    clock: SystemClock


@asynccontextmanager
async def stage(port: int, quota: Bucket) -> AsyncIterator[Stage]:
    """Run portal, Cronofy and bot, with the bot installed; all follow the portal's clock."""
    clock = SystemClock()
    portal = demo_portal(clock)
    portal.rest.bucket = quota
    cronofy = demo_cronofy(portal)
    with _folder() as folder:
        async with _emulated(portal, cronofy, port) as address:
            bot_url = f"http://{HOST}:{_free_port()}"
            app = portal.create_app(f"{bot_url}/bitrix24", f"{bot_url}/bitrix24/install")
            chosen = settings.given(
                **_of_portal(portal, app.client_id, app.client_secret, quota),
                **_of_cronofy(cronofy, bot_url),
                **_of_bot(bot_url, folder),
            )
            async with _served(chosen, clock) as service:
                portal.install(app)
                await until(lambda: _is_installed(portal, service))
                yield Stage(portal, cronofy, service, address, bot_url, clock)


@contextmanager
def _folder() -> Iterator[str]:
    """Give a folder for the database; it goes when the demo ends."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="statusbot-")
    except OSError as error:
        raise SettingsError(f"The demo needs a folder for its database: {error.strerror or error}.") from None
    with folder as name:
        yield name


@asynccontextmanager
async def _emulated(portal: Portal, cronofy: Cronofy, port: int) -> AsyncIterator[str]:
    """Put both on sockets and give the address of the page."""
    running = await _start(portal, cronofy, port)
    try:
        beside = await cronofy_server.start(cronofy, HOST)
        try:
            yield running.url
        finally:
            await beside.stop()
    finally:
        await running.stop()


async def _start(portal: Portal, cronofy: Cronofy, port: int) -> server.Running:
    """Start on the usual port, or on a free one when it is taken."""
    try:
        return await server.start(portal, HOST, port, shared_clock=True, cronofy=cronofy)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise SettingsError(f"The demo cannot be served: {why_not_served(error)}.") from None
        click.echo(f"Another program has the port {port}, so the page is somewhere else today.")
        return await server.start(portal, HOST, 0, shared_clock=True, cronofy=cronofy)


@asynccontextmanager
async def _served(chosen: Settings, clock: SystemClock) -> AsyncIterator[Service]:
    service = _service(chosen, clock)
    clock.on_advance.append(service.inbox.clock_moved)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


def _service(chosen: Settings, clock: SystemClock) -> Service:
    try:
        return Service(chosen, clock=clock.now)
    except StorageError:
        folder = tempfile.gettempdir()
        raise SettingsError(
            f"There is no room in {folder} for the demo's database; TMPDIR names another folder."
        ) from None


def _of_portal(portal: Portal, client_id: str, client_secret: str, quota: Bucket) -> dict[str, Any]:
    return {
        "portal": portal.options.domain,
        "client_id": client_id,
        "client_secret": client_secret,
        "oauth_server": portal.options.oauth_origin,
        "rate": quota.rate,
        "burst": quota.burst,
    }


def _of_cronofy(cronofy: Cronofy, bot_url: str) -> dict[str, Any]:
    application = cronofy.add_application([f"{bot_url}/cronofy"])
    return {
        "cronofy_client_id": application.client_id,
        "cronofy_client_secret": application.client_secrets[0],
        "cronofy_api_url": cronofy.options.api_origin,
        "cronofy_app_url": cronofy.options.app_origin,
    }


def _of_bot(bot_url: str, folder: str) -> dict[str, Any]:
    return {
        "public_url": bot_url,
        "secret_key": Fernet.generate_key().decode(),
        "database_url": f"sqlite:///{folder}/statusbot.db",
        "host": HOST,
        "port": int(bot_url.rpartition(":")[2]),
        "insecure_loopback": True,
    }


async def until(condition: Callable[[], object]) -> None:
    """Wait until `condition` holds; raises TimeoutError when it takes too long."""
    async with asyncio.timeout(_PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


def _is_installed(portal: Portal, service: Service) -> bool:
    return not portal.queue.pending and bool(service.core.store.all_portals()) and not service.inbox.pending


async def until_stopped(work: Coroutine[Any, Any, T]) -> T | None:
    """Carry `work` out; Ctrl-C, SIGTERM or a closed terminal ends it in good order, from its first moment on."""
    running = asyncio.create_task(work)

    def stop() -> None:
        if not running.cancelling():  # who presses twice does not cut the end short
            running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        return await running
    except asyncio.CancelledError:
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
