"""What `statusbot check` shows on a terminal while it waits, and that it is gone once a finding is printed."""

import asyncio
import os
import select
import signal
import socket
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.check import Report, examine
from bot.emulator.transport import PortalTransport
from tests.conftest import KEY, PUBLIC_URL
from tests.process import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
WIPE = "\x1b[K"


class Terminal:
    """A terminal, and what was written to it."""

    def __init__(self) -> None:
        self._controller, end = os.openpty()
        self.stream = os.fdopen(end, "w", encoding="utf-8")
        self._written = b""

    def echo(self, line: str) -> None:
        print(line, file=self.stream, flush=True)

    def more(self) -> str:
        """Wait for more to be written; return all so far."""
        ready, _, _ = select.select([self._controller], [], [], PATIENCE_S)
        assert ready, "nothing more was written"
        self._written += os.read(self._controller, 65536)
        return self._written.decode(errors="replace")

    def all(self) -> str:
        """Return what was written in the end."""
        self.stream.close()
        try:
            while True:
                self.more()
        except OSError:  # nobody has the other end open any more
            return self._written.decode()

    def close(self) -> None:
        self.stream.close()
        os.close(self._controller)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


def left_to_see(written: str) -> list[str]:
    """Return the lines of the screen: of each, what follows the last wiping."""
    return [line.rpartition(WIPE)[2].strip("\r") for line in written.split("\n")]


def asked(written: str) -> list[str]:
    """Return everybody who was shown as being asked."""
    shown = [part.partition("\r")[0] for part in written.split(WIPE)]
    return [part.removeprefix("… asking ") for part in shown if part.startswith("… asking ")]


# --- one question


def test_terminal_shows_who_is_asked_until_the_answer(terminal):
    report = Report(terminal.echo, terminal.stream)
    with report.asking(f"{PUBLIC_URL}/health/live"):
        meanwhile = terminal.more()
    report.ok("public address leads to this bot")

    assert left_to_see(meanwhile) == ["… asking https://bot.example.com/health/live"]
    assert left_to_see(terminal.all()) == ["ok      public address leads to this bot", ""]


def test_question_that_fails_is_wiped_too(terminal):
    with pytest.raises(TimeoutError), Report(terminal.echo, terminal.stream).asking(PUBLIC_URL):
        raise TimeoutError

    assert left_to_see(terminal.all()) == [""]


def test_question_fits_a_narrow_terminal(terminal):
    termios.tcsetwinsize(terminal.stream.fileno(), (24, 20))
    with Report(terminal.echo, terminal.stream).asking(PUBLIC_URL):
        meanwhile = terminal.more()

    assert left_to_see(meanwhile) == ["… asking https://bo"]


# --- a whole examination


async def test_every_server_that_is_asked_is_shown(portal, ask, make_settings, clock, terminal):
    chosen = make_settings()
    lines: list[str] = []

    def echo(line: str) -> None:
        lines.append(line)
        terminal.echo(line)

    report = Report(echo, terminal.stream)
    await examine(report, chosen, transport=PortalTransport(portal), clock=clock.now)
    written = terminal.all()

    rest = f"{chosen.portal_url}/rest"
    assert asked(written) == [
        f"{PUBLIC_URL}/health/live",
        f"{rest}/server.time",
        f"{chosen.oauth_server}/oauth/token/",
        f"{rest}/batch",
        f"{rest}/imbot.v2.Command.list",
    ]
    assert left_to_see(written) == [*lines, ""]
    assert chosen.client_secret.get_secret_value() not in written


# --- as a process


def environment(address: str) -> dict[str, str]:
    """Return settings with which everybody is at `address`."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "STATUSBOT_PUBLIC_URL": f"http://{address}",
        "STATUSBOT_PORTAL": address,
        "STATUSBOT_CLIENT_ID": "local.5f0c1d2e3a4b5c.12345678",
        "STATUSBOT_CLIENT_SECRET": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "STATUSBOT_OAUTH_SERVER": f"http://{address}",
        "STATUSBOT_SECRET_KEY": KEY,
        "STATUSBOT_INSECURE_LOOPBACK": "true",
    }


async def start_check(folder: Path, address: str, stderr: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "check", cwd=folder, env=environment(address),
        stdout=asyncio.subprocess.PIPE, stderr=stderr,
    )  # fmt: skip


@pytest.fixture
def nobody() -> Iterator[str]:
    """Return an address where nobody listens, nor will."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture
def silent() -> Iterator[str]:
    """Return an address where somebody listens and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


async def test_findings_are_the_same_with_and_without_a_terminal(tmp_path, nobody, terminal):
    async with asyncio.timeout(PATIENCE_S):
        plain = await start_check(tmp_path, nobody, asyncio.subprocess.PIPE)
        plain_out, plain_err = await plain.communicate()
        shown = await start_check(tmp_path, nobody, terminal.stream.fileno())
        shown_out, _ = await shown.communicate()
    written = terminal.all()

    assert plain_err == b""
    assert plain_out == shown_out
    assert plain_out.count(b"nobody listens there") == 3
    assert len(asked(written)) == 3
    assert left_to_see(written) == [""]


async def test_interrupted_check_has_not_succeeded_and_leaves_the_line_clean(tmp_path, silent, terminal):
    async with asyncio.timeout(PATIENCE_S):
        process = await start_check(tmp_path, silent, terminal.stream.fileno())
        while not asked(await asyncio.to_thread(terminal.more)):
            pass
        process.send_signal(signal.SIGINT)
        out, _ = await process.communicate()

    assert process.returncode == 1
    assert b"problem" not in out
    assert left_to_see(terminal.all()) == [""]
