"""The bot as a real process, for what only a real process shows: kills, signals, ports, exit codes."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import httpx

from bot.emulator.oauth import App
from bot.emulator.portal import Portal

# Waiting for a process takes as long as it takes; this only ends a wait for one that hangs.
PATIENCE_S = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class BotProcess:
    """`statusbot serve` in a folder of its own; a further replica when it is given the `app` of another one.

    Attributes:
        python: What it runs on.
    """

    python = sys.executable

    def __init__(
        self, folder: Path, portal: Portal, secret_key: str, *, app: App | None = None, **settings: str
    ) -> None:
        self.folder = folder
        self.program = Path(__file__).resolve().parent.parent  # where its code is
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.app: App = app or portal.create_app(f"{self.url}/bitrix24", f"{self.url}/bitrix24/install")
        self.environment = {
            "PATH": os.environ["PATH"],
            "STATUSBOT_PUBLIC_URL": self.app.handler_url.removesuffix("/bitrix24"),
            "STATUSBOT_PORTAL": portal.options.domain,
            "STATUSBOT_CLIENT_ID": self.app.client_id,
            "STATUSBOT_CLIENT_SECRET": self.app.client_secret,
            "STATUSBOT_OAUTH_SERVER": portal.options.oauth_origin,
            "STATUSBOT_SECRET_KEY": secret_key,
            "STATUSBOT_DATABASE_URL": f"sqlite:///{folder}/statusbot.db",
            "STATUSBOT_PORT": str(self.port),
            "STATUSBOT_INSECURE_LOOPBACK": "true",
            "STATUSBOT_LOG_FORMAT": "json",
            **{f"STATUSBOT_{name.upper()}": value for name, value in settings.items()},
        }
        self._process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> str:
        return (self.folder / "log.jsonl").read_text(encoding="utf-8")

    async def start(self) -> None:
        """Start and wait until it can store events."""
        with (self.folder / "log.jsonl").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                self.python, "-m", "bot", "serve", cwd=self.folder, stderr=log,
                env=self.environment | {"PYTHONPATH": str(self.program)},
            )  # fmt: skip
        async with asyncio.timeout(PATIENCE_S), httpx.AsyncClient(trust_env=False) as http:
            while not await self._is_ready(http):
                if self._process.returncode is not None:
                    raise RuntimeError(f"the bot ended with {self._process.returncode}: {self.log}")

    async def _is_ready(self, http: httpx.AsyncClient) -> bool:
        try:
            return (await http.get(f"{self.url}/health/ready")).status_code == 200
        except httpx.TransportError:
            await asyncio.sleep(0.02)  # nobody listens yet, and nothing tells when somebody does
            return False

    async def kill(self) -> None:
        """SIGKILL: no chance to put anything in order. Nothing happens to what never ran."""
        if self._process is not None:
            await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; return the exit status."""
        return await self._end(signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        """Send a signal that ends nothing, such as SIGSTOP."""
        os.kill(self.pid, number)

    async def _end(self, number: int) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        async with asyncio.timeout(PATIENCE_S):
            return await self._process.wait()

    @property
    def is_started(self) -> bool:
        return self._process is not None

    @property
    def ended(self) -> int | None:
        """The status that it has ended with; None while it runs."""
        assert self._process is not None
        return self._process.returncode

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid
