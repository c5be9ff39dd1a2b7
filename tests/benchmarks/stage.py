"""What takes part: a portal on loopback with the bot as a process of its own, and the bare handler. All end with their block."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography.fernet import Fernet

from bot.emulator import server
from bot.emulator.portal import Portal
from tests.flows.conftest import install
from tests.process import BotProcess, free_port


@asynccontextmanager
async def installed(portal: Portal, **limits: str) -> AsyncIterator[BotProcess]:
    """Run the bot, installed at `portal`, with that quota."""
    running = await server.start(portal)
    with tempfile.TemporaryDirectory(prefix="statusbot-") as folder:
        bot = BotProcess(Path(folder), portal, Fernet.generate_key().decode(), log_level="error", **limits)
        try:
            await bot.start()
            await install(portal, bot)
            yield bot
        finally:
            await bot.stop()
            await running.stop()


@asynccontextmanager
async def bare_handler() -> AsyncIterator[str]:
    """Run the bare handler and give its address."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.benchmarks.bare", str(port))
    try:
        await _until_listening(port)
        yield f"http://127.0.0.1:{port}/"
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
