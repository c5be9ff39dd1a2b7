"""Fixtures of whole runs: the emulator on loopback, and the bot as a real process beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.emulator import server
from bot.emulator.clock import SystemClock
from bot.emulator.messenger import Message
from bot.emulator.portal import Portal
from tests.process import PATIENCE_S, BotProcess


async def until(condition: Callable[[], object]) -> None:
    """Wait until `condition` holds; end a wait that will never end."""
    async with asyncio.timeout(PATIENCE_S):
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


@pytest.fixture
async def make_bot(company: Portal, tmp_path: Path) -> AsyncIterator[Callable[..., BotProcess]]:
    """Return what makes a bot process; whatever still runs at the end is killed."""
    bots: list[BotProcess] = []

    def make(**settings: str) -> BotProcess:
        usual = {"rate": "1000", "burst": "100000"}
        bot = BotProcess(tmp_path, company, Fernet.generate_key().decode(), **(usual | settings))
        bots.append(bot)
        return bot

    yield make
    for bot in bots:
        await bot.kill()


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
