"""How large the database becomes: `python -m tests.benchmarks.size [EVENTS]` lets months of work pass and tidies up each day.

Everything is real but the clock, which portal and bot share, and the portal, which is reached without a socket.
"""

import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography.fernet import Fernet
from sqlalchemy import Connection, inspect, text

from bot import log, settings
from bot.emulator.clock import ManualClock
from bot.emulator.oauth import App
from bot.emulator.portal import Portal
from bot.emulator.transport import PortalTransport
from bot.housekeeping import all_kept, tidy
from bot.service import Service
from tests.benchmarks.load import HEADERS, saturate
from tests.benchmarks.progress import Progress
from tests.flows.conftest import until
from tests.process import free_port

EVENTS = 100_000
PEOPLE = range(101, 151)
# What each of them says a day: answers, a list, a question, a timer, and what nobody understands.
SAID = ("accept 651", "week", "reset 651", "dnd for 45m", "decline 651", "hello")
PER_DAY = len(PEOPLE) * len(SAID)
HOUR_S, DAY_S = 3600, 24 * 3600
PARTS = 10


@dataclass(frozen=True, slots=True)
class Size:
    """What the database is like after so many days."""

    days: int
    events: int  # taken in so far
    file_mb: float
    wal_mb: float
    rows: dict[str, int]  # by table
    tidied_ms: float  # the last time


class World:
    """A portal and the bot, and days that pass."""

    def __init__(self, portal: Portal, service: Service, url: str, file: Path) -> None:
        self._portal = portal
        self._service = service
        self._url = f"{url}/bitrix24/events"
        self._file = file
        self._days = 0
        self._tidied_ms = 0.0

    async def pass_day(self) -> None:
        """Let everybody say everything, timers end, and the bot tidy up."""
        for said in SAID:
            for user_id in PEOPLE:
                self._portal.say(user_id, said)
            await self._deliver()
        await self._end_timers()
        self._portal.clock.advance(DAY_S - HOUR_S)
        began_at = time.perf_counter()
        await tidy(self._service.core.database, all_kept(600), self._portal.clock.now())
        self._tidied_ms = (time.perf_counter() - began_at) * 1000
        self._days += 1
        self._forget()

    async def _deliver(self) -> None:
        bodies = [delivery.body for delivery in self._portal.queue.pending]
        self._portal.queue.pending.clear()
        await saturate(self._url, bodies, len(PEOPLE), lambda _count: None)
        await until(lambda: not self._service.inbox.pending)

    async def _end_timers(self) -> None:
        self._portal.clock.advance(HOUR_S)
        self._service.inbox.clock_moved()
        await until(lambda: all(self._portal.presence[user_id] == "online" for user_id in PEOPLE))
        await until(lambda: not self._service.inbox.pending)

    def _forget(self) -> None:
        """Let the portal forget what it keeps for tests."""
        for notes in (self._portal.messages, self._portal.notices, self._portal.rest.calls, self._portal.queue.log):
            notes.clear()
        gc.freeze()  # what it still keeps is no garbage; to look at it again and again takes ever longer

    async def size(self) -> Size:
        def rows(connection: Connection) -> dict[str, int]:
            names = inspect(connection).get_table_names()
            return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}

        found = await self._service.core.database.read(rows)
        file_mb, wal_mb = (_megabytes(path) for path in (self._file, Path(f"{self._file}-wal")))
        return Size(self._days, self._days * PER_DAY, file_mb, wal_mb, found, self._tidied_ms)


def _megabytes(file: Path) -> float:
    return file.stat().st_size / 1e6


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    portal = Portal(ManualClock())
    portal.add_user(1, "Ada", "Admin", admin=True)
    portal.add_user(23, "Juris", "Proba")
    for user_id in PEOPLE:
        portal.add_user(user_id, f"Person{user_id}")
    portal.add_meeting(651, name="Daily sync", host=23, guests=PEOPLE, start="2026-11-24T10:00:00", rrule="FREQ=DAILY")
    url = f"http://127.0.0.1:{free_port()}"
    app = portal.create_app(f"{url}/bitrix24", f"{url}/bitrix24/install")
    with tempfile.TemporaryDirectory(prefix="statusbot-") as folder:
        chosen = _settings(portal, app, url, folder)
        service = Service(chosen, transport=PortalTransport(portal), clock=portal.clock.now)
        await service.start()
        try:
            running = World(portal, service, url, Path(folder) / "statusbot.db")
            await _install(portal, service, url, app)
            yield running
        finally:
            await service.stop()


def _settings(portal: Portal, app: App, url: str, folder: str) -> settings.Settings:
    return settings.given(
        public_url=url,
        portal=portal.options.domain,
        client_id=app.client_id,
        client_secret=app.client_secret,
        oauth_server=portal.options.oauth_origin,
        secret_key=Fernet.generate_key().decode(),
        database_url=f"sqlite:///{folder}/statusbot.db",
        port=int(url.rpartition(":")[2]),
        insecure_loopback=True,
        rate=1000,
        burst=100_000,
    )


async def _install(portal: Portal, service: Service, url: str, app: App) -> None:
    """Install the bot, and let everybody open it, so that all have been greeted."""
    portal.install(app)
    async with httpx.AsyncClient(trust_env=False) as http:

        async def post(to: str, body: bytes) -> int:
            return (await http.post(to, content=body, headers=HEADERS)).status_code

        await portal.deliver(post)
        await until(lambda: portal.subscriptions.find(app, "ONAPPUNINSTALL"))
        for user_id in PEOPLE:
            portal.open_chat(user_id)
        await portal.deliver(post)
    await until(lambda: not service.inbox.pending)


async def _measure(events: int) -> list[Size]:
    """Return the size after each tenth of the days that so many events take."""
    days = -(-events // PER_DAY)
    marks = {-(-days * part // PARTS) for part in range(1, PARTS + 1)}
    sizes: list[Size] = []
    progress = Progress(1, sys.stderr)
    async with world() as running:
        with progress.step(f"{days} days", days) as shown:
            for day in range(1, days + 1):
                await running.pass_day()
                shown.update(1)
                if day in marks:
                    sizes.append(await running.size())
    return sizes


def _table(sizes: list[Size]) -> Iterator[str]:
    names = sorted({name for size in sizes for name, count in size.rows.items() if count > 1})
    yield "".join(f"{head:>12}" for head in ("days", "events", "file MB", "wal MB", "tidied ms", *names))
    for size in sizes:
        figures = f"{size.days:12}{size.events:12,}{size.file_mb:12.2f}{size.wal_mb:12.2f}{size.tidied_ms:12.1f}"
        yield figures + "".join(f"{size.rows[name]:12,}" for name in names)


def main() -> None:
    log.configure("error", "json")
    gc.freeze()
    events = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    print("\n".join(_table(asyncio.run(_measure(events)))))


if __name__ == "__main__":
    main()
