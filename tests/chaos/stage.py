"""What takes part: the emulator on loopback, one or several replicas as processes of their own, and their database."""

import asyncio
import signal
import tempfile
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.fernet import Fernet

from bot.emulator import server
from bot.emulator.clock import SystemClock
from bot.emulator.portal import Portal
from tests.chaos.plan import MAX_EVENT_AGE_S, Options
from tests.chaos.words import GROUP, IN_GROUP, PEOPLE, meetings_of
from tests.flows.conftest import install, until
from tests.postgres import Cluster, cluster
from tests.process import BotProcess

HOST = 23


@dataclass(frozen=True)
class Stage:
    """Everything runs, the bot is installed, and everybody has opened it."""

    portal: Portal
    bots: Sequence[BotProcess]
    cluster: Cluster | None
    secret_key: str

    def secrets(self) -> Collection[str]:
        """Return every token and key that was ever given out."""
        oauth = self.portal.oauth
        of_apps = [secret for app in oauth.apps.values() for secret in (app.client_secret, app.application_token)]
        password = [self.cluster.password] if self.cluster else []
        return {*oauth._access, *oauth._refresh, *oauth._codes, *of_apps, *password, self.secret_key}


@asynccontextmanager
async def stage(options: Options) -> AsyncIterator[Stage]:
    """Set the stage and clear it away again, whatever is left of it.

    Raises:
        MissingPostgresError: PostgreSQL is asked for and not installed.
    """
    portal = _company()
    running = await server.start(portal)
    with (
        tempfile.TemporaryDirectory(prefix="statusbot-chaos-") as folder,
        _database(options, Path(folder)) as (url, db),
    ):
        key = Fernet.generate_key().decode()
        bots = _replicas(options, portal, Path(folder), key, url)
        try:
            for bot in bots:
                await bot.start()
            await install(portal, bots[0])
            portal.invite_bot(GROUP)
            before = len(portal.messages)
            await until(lambda: any(message.chat_id == GROUP for message in portal.messages[before:]))
            yield Stage(portal, bots, db, key)
        finally:
            for bot in bots:
                await _end(bot)
            await running.stop()


async def _end(bot: BotProcess) -> None:
    if bot.is_started and bot.ended is None:
        bot.send(signal.SIGCONT)
        await bot.kill()


def _replicas(options: Options, portal: Portal, folder: Path, key: str, url: str) -> list[BotProcess]:
    bots: list[BotProcess] = []
    for number in range(options.replicas):
        own = folder / f"replica-{number}"
        own.mkdir()
        usual = {"rate": "1000", "burst": "100000", "max_event_age": str(MAX_EVENT_AGE_S)}
        settings = usual | {"database_url": url, "replica": f"replica-{number}"}
        bots.append(BotProcess(own, portal, key, app=bots[0].app if bots else None, **settings))
    return bots


@contextmanager
def _database(options: Options, folder: Path) -> Iterator[tuple[str, Cluster | None]]:
    """Give the address of an empty database and, unless it is a file, its server."""
    if options.database == "sqlite":
        yield f"sqlite:///{folder}/statusbot.db", None
        return
    with cluster() as running, running.database() as name:
        yield running.url(name), running


def _company() -> Portal:
    """A portal whose people have meetings of their own; a refresh token serves again if the answer to it was lost."""
    portal = Portal(SystemClock(), old_refresh_survives=True)
    portal.add_user(1, "Ada", "Admin", admin=True)
    portal.add_user(HOST, "Juris", "Proba")
    start = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}T10:00:00"
    for user_id in PEOPLE:
        portal.add_user(user_id, f"Person{user_id}")
        for meeting_id in meetings_of(user_id):
            portal.add_meeting(meeting_id, name="Talk", host=HOST, guests=[user_id], start=start)
    portal.add_group(GROUP, "Project room", [HOST, *IN_GROUP])
    return portal


async def restart_database(running: Cluster, how: str, down_s: float) -> None:
    """Stop the server in good order (`fast`) or like a crash (`immediate`), and start it again."""
    data = str(running.folder / "data")
    await asyncio.to_thread(running.call, "pg_ctl", "-D", data, "-w", "stop", "-m", how)
    await asyncio.sleep(down_s)
    await asyncio.to_thread(running.start)
