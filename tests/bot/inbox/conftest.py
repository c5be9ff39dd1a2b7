"""Engines under the inbox contract; the tests of the contract do not know which one runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
import stamina

from bot.database import Database, Work
from bot.inbox import Delivery, Handler, Inbox
from bot.inbox.postgres import PostgresInbox
from bot.inbox.sqlite import SqliteInbox
from bot.inbox.tables import make_tables

START = 1_795_424_400.0  # 2026-11-23 09:00 UTC


async def nobody(delivery: Delivery) -> None:
    raise AssertionError(f"{delivery.entry.key} was given up")


class Engine(Protocol):
    """One process after another over the same store.

    Attributes:
        inbox: Of the present process.
        now: What its clock shows.
    """

    inbox: Inbox
    now: float

    async def open(self) -> None:
        """Start a process; nothing is handed out before `run`."""

    def run(self, handler: Handler, give_up: Handler = nobody) -> None:
        """Let the process work."""

    async def kill(self) -> None:
        """End the process at once; it writes nothing more."""

    async def stop(self, grace: float = 30.0) -> None:
        """End the process in good order."""

    async def read(self, work: Work[Any]) -> Any:
        """Read what is stored, past the port."""

    async def write(self, work: Work[Any]) -> Any:
        """Change it."""


class _Engine:
    """What the engines share; each says how a process of its opens."""

    def __init__(self) -> None:
        self.now = START
        self._others: set[asyncio.Task[Any]] = set()
        self._working: asyncio.Task[None] | None = None
        self._database: Database
        self.inbox: Inbox

    def _process(self) -> tuple[Database, Inbox]:
        raise NotImplementedError

    async def open(self) -> None:
        self._others = asyncio.all_tasks()
        self._database, self.inbox = self._process()

    def run(self, handler: Handler, give_up: Handler = nobody) -> None:
        self._working = asyncio.create_task(self.inbox.run(handler, give_up))

    async def kill(self) -> None:
        # Everything that the process was doing vanishes, waiting callers included.
        tasks = asyncio.all_tasks() - self._others - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._database.dispose()
        self._working = None

    async def stop(self, grace: float = 30.0) -> None:
        await self.inbox.close(grace)
        if self._working is not None:
            await self._working
        await self._database.close()
        self._working = None

    async def read(self, work: Work[Any]) -> Any:
        return await self._database.read(work)

    async def write(self, work: Work[Any]) -> Any:
        return await self._database.write(work)


class SqliteEngine(_Engine):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._url = f"sqlite:///{folder}/bot.db"

    def _process(self) -> tuple[Database, Inbox]:
        database = Database(self._url, exclusive=True)
        return database, SqliteInbox(database, clock=lambda: self.now)


class PostgresEngine(_Engine):
    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def _process(self) -> tuple[Database, Inbox]:
        database = Database(self._url, exclusive=True, replica="one")
        make_tables(self._url)
        return database, PostgresInbox(database, self._url, replica="one", clock=lambda: self.now)


ENGINES: dict[str, Callable[[pytest.FixtureRequest], Engine]] = {
    "sqlite": lambda request: SqliteEngine(request.getfixturevalue("tmp_path")),
    "postgresql": lambda request: PostgresEngine(request.getfixturevalue("server_url")),
}


@pytest.fixture(autouse=True)
def _no_waits() -> Any:
    """Repeated attempts come at once, as many as the inbox makes."""
    with stamina.set_testing(True, attempts=1000, cap=True):
        yield


@pytest.fixture(params=ENGINES)
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    """An engine whose first process is open."""
    engine = ENGINES[request.param](request)
    await engine.open()
    yield engine
    await engine.kill()
