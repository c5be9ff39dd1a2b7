"""The demo as a stranger starts it, and Chromium to look at its page."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, async_playwright

ROOT = Path(__file__).parents[2]
# Waiting for a process or a page takes as long as it takes; this only ends a wait for one that hangs.
PATIENCE_S = 15.0
INSTALLATION_S = 600.0
# It runs as root in containers, and asks nobody on the network for anything.
_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync"
).split()


class MissingChromiumError(Exception):
    """No Chromium is installed."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Give a browser.

    Raises:
        MissingChromiumError: with what to install.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise MissingChromiumError(
            "The chat page is tested in Chromium: install it, on Debian with: apt-get install chromium"
        )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=_FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Demo:
    """`statusbot demo`, or another command that starts it.

    Attributes:
        url: Of the page, with a slash at its end.
    """

    process: asyncio.subprocess.Process
    url: str

    async def act(self, action: str, **arguments: Any) -> Any:
        """Do something that people do elsewhere than on the page."""
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{self.url}emulator/{action}", json=arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    async def state(self, part: str = "state", **query: Any) -> Any:
        """Return a part of what the emulator tells: of the portal, or as `cronofy/state` of Cronofy."""
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(f"{self.url}emulator/{part}", params=query)).json()

    async def end(self) -> int:
        """End it as Ctrl-C does; return the exit status."""
        if self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGINT)
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()


@asynccontextmanager
async def demo(*command: str, folder: Path = ROOT) -> AsyncIterator[Demo]:
    """Start the demo, or another command that prints the address of a page, and wait for that."""
    words = command or (sys.executable, "-m", "bot", "demo")
    # In a group of its own, as in a terminal: Ctrl-C goes to all of it.
    process = await asyncio.create_subprocess_exec(
        *words, cwd=folder, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        running = Demo(process, await _address(process))
        yield running
        await running.end()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(INSTALLATION_S):
        async for line in process.stdout:
            if line.startswith(b"http"):
                return line.decode().strip()
    raise RuntimeError(f"the demo ended with {await process.wait()}")
