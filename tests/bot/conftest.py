"""Fixtures of the parts: a fresh database, embedded or on a server, and a store over it."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bot.bitrix24.sync import sync
from bot.database import Database
from bot.dispatch import wanted
from bot.emulator.portal import Portal
from bot.service import Core
from bot.store import Store
from bot.vault import Vault
from tests.conftest import Ask


@pytest.fixture
def secret_key() -> SecretStr:
    return SecretStr(Fernet.generate_key().decode())


@pytest.fixture
def embedded_url(tmp_path: Path, fresh_database: Path) -> str:
    """Address of a fresh database in a file."""
    shutil.copy(fresh_database, tmp_path / "bot.db")
    return f"sqlite:///{tmp_path}/bot.db"


@pytest.fixture(params=["embedded_url", "server_url"], ids=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of a fresh database on each engine, one after the other."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, exclusive=True)
    yield database
    await database.close()


@pytest.fixture
def store(database: Database, secret_key: SecretStr) -> Store:
    return Store(database, Vault([secret_key]))


@pytest.fixture
def replace_bot(ask: Ask, portal: Portal) -> Callable[[], Awaitable[int]]:
    """Return what removes the bot from the portal, without news of it, and runs `statusbot sync` beside `serve`; it returns the new id."""

    async def replace() -> int:
        portal.remove_bot()
        portal.queue.pending.clear()
        parts = ask.core.parts
        beside = Core(parts.settings, exclusive=False, transport=ask.core.transport, clock=portal.clock.now)
        await beside.store.load()
        (known,) = beside.store.all_portals()
        caller = beside.bitrix24.as_user(known, known.installer_id)
        await sync(caller, known, beside.store, wanted(parts.settings, parts.manifest, parts.texts))
        await beside.database.close()
        (bot_id,) = portal.bots.by_id
        return bot_id

    return replace
