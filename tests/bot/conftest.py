"""Fixtures of the parts: a fresh embedded database, and a store over it."""

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
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/bot.db", exclusive=True)
    yield database
    await database.close()


@pytest.fixture
def store(database: Database, secret_key: SecretStr) -> Store:
    return Store(database, Vault([secret_key]))
