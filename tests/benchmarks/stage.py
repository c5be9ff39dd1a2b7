"""What takes part: a portal on loopback with the bot as a process of its own, and what it is compared with. All end with their block."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from bot.emulator import server
from bot.emulator.portal import Portal
from tests.flows.conftest import until
from tests.process import BotProcess, free_port

# A quota that holds nobody back.
NO_LIMITS = {"rate": "1000", "burst": "100000"}
# People who are greeted together: a crowd takes no more patience than a few.
_TOGETHER = 100


@asynccontextmanager
async def on_loopback(portal: Portal) -> AsyncIterator[None]:
    running = await server.start(portal)
    try:
        yield
    finally:
        await running.stop()


@asynccontextmanager
async def prepared(portal: Portal, database_url: str, **settings: str) -> AsyncIterator[BotProcess]:
    """Give a bot that is still to be started, for a portal that listens."""
    with tempfile.TemporaryDirectory(prefix="statusbot-") as folder:
        key = Fernet.generate_key().decode()
        usual = {"database_url": database_url, **NO_LIMITS}
        bot = BotProcess(Path(folder), portal, key, **(usual | settings))
        yield bot


@asynccontextmanager
async def installed(portal: Portal, database_url: str, **settings: str) -> AsyncIterator[BotProcess]:
    """Run the bot, installed at `portal`, all people greeted; started again with `settings` if there are any."""
    async with on_loopback(portal), prepared(portal, database_url) as bot:
        try:
            await bot.start()
            await _install(portal, bot)
            if settings:
                await bot.stop()
                bot.environment |= {f"STATUSBOT_{name.upper()}": value for name, value in settings.items()}
                await bot.start()
            yield bot
        finally:
            await bot.stop()


async def _install(portal: Portal, bot: BotProcess) -> None:
    portal.install(bot.app)
    await until(lambda: portal.subscriptions.find(bot.app, "ONAPPUNINSTALL"))
    people = [user.id for user in portal.users.values() if not user.bot and not user.extranet]
    for first in range(0, len(people), _TOGETHER):
        chats = {portal.open_chat(user_id).id for user_id in people[first : first + _TOGETHER]}
        await until(lambda chats=chats: chats <= {message.chat_id for message in portal.messages})


@asynccontextmanager
async def beside(portal: Portal, bot: BotProcess, replica: str) -> AsyncIterator[BotProcess]:
    """Run one more replica of a bot."""
    key = bot.environment["STATUSBOT_SECRET_KEY"]
    with tempfile.TemporaryDirectory(prefix="statusbot-") as folder:
        other = BotProcess(Path(folder), portal, key, app=bot.app)
        own = {"STATUSBOT_PORT": str(other.port), "STATUSBOT_REPLICA": replica}
        other.environment = bot.environment | own
        try:
            await other.start()
            yield other
        finally:
            await other.stop()


@dataclass(frozen=True, slots=True)
class Program:
    """A server of ours beside the bot."""

    url: str
    pid: int


@asynccontextmanager
async def bare_handler() -> AsyncIterator[Program]:
    """Run the bare handler."""
    async with _running("bare") as program:
        yield program


@asynccontextmanager
async def least(url: str) -> AsyncIterator[Program]:
    """Run what does the least that a command takes, with `url` as its portal."""
    with tempfile.TemporaryDirectory(prefix="statusbot-") as folder:
        async with _running("least", url, f"{folder}/least.db") as program:
            yield program


@asynccontextmanager
async def _running(module: str, *arguments: str) -> AsyncIterator[Program]:
    port = free_port()
    called = [sys.executable, "-m", f"tests.benchmarks.{module}", str(port), *arguments]
    process = await asyncio.create_subprocess_exec(*called)
    try:
        await _until_listening(port)
        yield Program(f"http://127.0.0.1:{port}/", process.pid)
    finally:
        if process.returncode is None:  # Ctrl-C at a terminal reaches it too
            process.terminate()
        await process.wait()


async def _until_listening(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
