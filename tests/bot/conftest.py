"""Fixtures of the parts: a fresh database, embedded or on a server, and a store over it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bot.database import Database
from bot.store import Store
from bot.vault import Vault


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
