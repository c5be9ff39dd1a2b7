"""What runs until somebody ends it: the demo with its page, and the emulators without a bot."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

import click

from bot.demo.running import HOST, stage, until_stopped
from bot.emulator import server
from bot.emulator.clock import SystemClock
from bot.emulator.cronofy import server as cronofy_server
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.cronofy.limits import RateLimit
from bot.emulator.cronofy.seed import demo_cronofy
from bot.emulator.limits import Bucket
from bot.emulator.oauth import App
from bot.emulator.portal import Portal
from bot.emulator.seed import demo_portal
from bot.errors import SettingsError
from bot.service import why_not_served

USUAL_PORT = 8099
# Where `statusbot serve` listens unless told otherwise.
_BOT_URL = f"http://{HOST}:8080"


async def show() -> None:
    """Run until Ctrl-C, with the chat page and the limits of a usual portal and of Cronofy."""
    await until_stopped(_show())


async def _show() -> None:
    async with stage(USUAL_PORT, Bucket()) as on:
        on.cronofy.rest.limit = RateLimit()
        click.echo(f"Talk to the bot here (Ctrl-C ends):\n{on.address}/")
        await asyncio.Event().wait()


async def emulate(port: int, cronofy_port: int) -> None:
    """Run the emulators of portal and Cronofy alone, and tell how to point a bot at them."""
    await until_stopped(_emulate(port, cronofy_port))


async def _emulate(port: int, cronofy_port: int) -> None:
    portal = demo_portal(SystemClock())
    cronofy = demo_cronofy(portal)
    async with (
        _listening(server.start(portal, HOST, port, cronofy=cronofy), port, "--port") as address,
        _listening(cronofy_server.start(cronofy, HOST, cronofy_port), cronofy_port, "--cronofy-port"),
    ):
        app = portal.create_app(f"{_BOT_URL}/bitrix24", f"{_BOT_URL}/bitrix24/install")
        click.echo(f"{address}/")
        click.echo("Settings of a bot for this portal, and for the Cronofy beside it:")
        for name, value in {**_of_portal(portal, app), **_of_cronofy(cronofy)}.items():
            click.echo(f"STATUSBOT_{name}={value}")
        click.echo("Once that bot runs, install it:")
        command = "curl -H 'Content-Type: application/json'"
        click.echo(f"""{command} -d '{{"client_id": "{app.client_id}"}}' {address}/emulator/install""")
        await asyncio.Event().wait()


class _Running(Protocol):
    @property
    def url(self) -> str: ...

    async def stop(self) -> None: ...


@asynccontextmanager
async def _listening(starting: Awaitable[_Running], port: int, option: str) -> AsyncIterator[str]:
    """Give the address of an emulator while it runs; `option` is what chooses its port."""
    try:
        running = await starting
    except OSError as error:
        raise SettingsError(
            f"The port {port} cannot be served: {why_not_served(error)}; choose another with {option}."
        ) from None
    try:
        yield running.url
    finally:
        await running.stop()


def _of_portal(portal: Portal, app: App) -> Mapping[str, str]:
    return {
        "PUBLIC_URL": _BOT_URL,
        "PORTAL": portal.options.domain,
        "CLIENT_ID": app.client_id,
        "CLIENT_SECRET": app.client_secret,
        "OAUTH_SERVER": portal.options.oauth_origin,
        "INSECURE_LOOPBACK": "true",
    }


def _of_cronofy(cronofy: Cronofy) -> Mapping[str, str]:
    application = cronofy.add_application([f"{_BOT_URL}/cronofy"])
    return {
        "CRONOFY_CLIENT_ID": application.client_id,
        "CRONOFY_CLIENT_SECRET": application.client_secrets[0],
        "CRONOFY_API_URL": cronofy.options.api_origin,
        "CRONOFY_APP_URL": cronofy.options.app_origin,
    }
