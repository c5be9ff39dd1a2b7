"""Fixtures of whole runs: the emulator on loopback, and the bot as a real process beside it, over each database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet

from bot.emulator import server
from bot.emulator.clock import SystemClock
from bot.emulator.messenger import Message
from bot.emulator.portal import Portal
from tests.process import PATIENCE_S, BotProcess


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run what stands around the bot on asyncio's own loop: httpx's client trips over connections that uvloop has lost to a kill."""
    return {"asyncio": asyncio.new_event_loop}


async def until(condition: Callable[[], object], *, patience_s: float = PATIENCE_S) -> None:
    """Wait until `condition` holds; end a wait that will never end."""
    async with asyncio.timeout(patience_s):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def company() -> AsyncIterator[Portal]:
    """The emulator on loopback: Juris (23) hosts, forty colleagues (101 to 140), Mira (17) is invited to 651."""
    portal = Portal(SystemClock())
    portal.add_user(1, "Ada", "Admin", admin=True)
    portal.add_user(17, "Mira", "Testova")
    portal.add_user(23, "Juris", "Proba")
    portal.add_group(311, "Project room", [23, 17])
    portal.add_meeting(651, name="Weekly sync", host=23, guests=[17], start="2027-01-20T10:00:00", tz="Europe/Riga")
    for user_id in range(101, 141):
        portal.add_user(user_id, f"Person{user_id}")
    running = await server.start(portal)
    yield portal
    await running.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of the bot's database: every flow goes over each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/statusbot.db"
    url: str = request.getfixturevalue("server_url")
    return url


@pytest.fixture
async def make_bot(company: Portal, tmp_path: Path, database_url: str) -> AsyncIterator[Callable[..., BotProcess]]:
    """Return what makes a bot process; whatever still runs at the end is killed."""
    bots: list[BotProcess] = []

    def make(**settings: str) -> BotProcess:
        usual = {"rate": "1000", "burst": "100000", "database_url": database_url}
        bot = BotProcess(tmp_path, company, Fernet.generate_key().decode(), **(usual | settings))
        bots.append(bot)
        return bot

    yield make
    for bot in bots:
        await bot.kill()


@pytest.fixture
async def make_replica(company: Portal, tmp_path: Path) -> AsyncIterator[Callable[..., BotProcess]]:
    """Return what makes a replica over the database at an address, all with the same application and usually the same key."""
    key, made = Fernet.generate_key().decode(), list[BotProcess]()

    def make(name: str, url: str, *, secret_key: str = key, **settings: str) -> BotProcess:
        folder = tmp_path / f"{name}{len(made)}"
        folder.mkdir()
        usual = {"rate": "1000", "burst": "100000", "database_url": url, "replica": name}
        app = made[0].app if made else None
        made.append(BotProcess(folder, company, secret_key, app=app, **(usual | settings)))
        return made[-1]

    yield make
    for replica in made:
        await replica.kill()


@pytest.fixture
async def bot(company: Portal, make_bot: Callable[..., BotProcess]) -> BotProcess:
    """A bot that runs and is installed."""
    bot = make_bot()
    await bot.start()
    await install(company, bot)
    return bot


async def install(company: Portal, bot: BotProcess) -> None:
    """Install the bot and let everybody open it, so that all that it says afterwards are answers."""
    company.install(bot.app)
    await until(lambda: company.subscriptions.find(bot.app, "ONAPPUNINSTALL"))
    await open_chats(company)


async def open_chats(company: Portal) -> None:
    """Let every employee open the private chat, and wait until all are greeted."""
    people = [user.id for user in company.users.values() if not user.bot and not user.extranet]
    chats = {company.open_chat(user_id).id for user_id in people}
    await until(lambda: chats <= {message.chat_id for message in company.messages})


def hold_back(portal: Portal, user_id: int, text: str) -> tuple[Message, bytes]:
    """Let somebody write, and return the event instead of delivering it."""
    said = portal.say(user_id, text)
    return said, portal.queue.pending.pop().body


async def post(http: httpx.AsyncClient, bot: BotProcess, body: bytes) -> bool:
    """Post an event; return whether it was acknowledged."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        return (await http.post(f"{bot.url}/bitrix24/events", content=body, headers=headers)).status_code == 200
    except httpx.TransportError:
        return False


def answers(portal: Portal, said: Message) -> list[str]:
    """Return what the bot wrote to the chat of `said` since."""
    return [
        message.text
        for message in portal.messages
        if message.id > said.id and message.chat_id == said.chat_id and portal.users[message.author_id].bot
    ]


async def answered(portal: Portal, said: Message) -> str:
    """Wait for the first answer to `said`."""
    await until(lambda: answers(portal, said))
    return answers(portal, said)[0]
