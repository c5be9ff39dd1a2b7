"""Two replicas that change the same row at the same time: whoever comes second decides by what the first has left."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import Connection, text

from bot.accounts import Account
from bot.database import Database, Work
from bot.store import Store
from bot.tokens import TokenPair
from bot.vault import Sealed, Vault

PORTAL, MIRA = "1b" * 16, 17
OLD = TokenPair(MIRA, "access-a", "refresh-a", 1000)
NEW = TokenPair(MIRA, "access-b", "refresh-b", 2000)
ACCOUNT = Account(PORTAL, MIRA, "acc_1", "access-a", "refresh-a", scope="", zone="", push_key="push", made_at=100)


@pytest.fixture
async def replicas(server_url: str, secret_key: SecretStr) -> AsyncIterator[tuple[Store, Store]]:
    databases = [Database(server_url, exclusive=True, replica=name) for name in ("one", "two")]
    one, two = (Store(database, Vault([secret_key])) for database in databases)
    yield one, two
    for database in databases:
        await database.close()


async def meanwhile(store: Store, work: Work[Any], other: Callable[[], Awaitable[Any]]) -> Any:
    """Run `work`, and `other` so that it begins before `work` is committed and has to wait for that; return its result."""
    loop = asyncio.get_running_loop()
    begun: list[Future[Any]] = []

    async def run() -> Any:
        return await other()

    def both(connection: Connection) -> None:
        work(connection)
        begun.append(asyncio.run_coroutine_threadsafe(run(), loop))
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while not connection.execute(waiting).scalar_one():
            assert not begun[0].done(), "it did not wait"

    await store.database.write(both)
    return await asyncio.wrap_future(begun[0])


async def test_pair_that_is_being_replaced_elsewhere_is_not_forgotten(replicas: tuple[Store, Store]) -> None:
    one, two = replicas
    await one.tokens.replace(PORTAL, OLD)
    await meanwhile(one, one.tokens.saving(PORTAL, NEW), lambda: two.tokens.forget(PORTAL, OLD))

    assert await one.tokens.find(PORTAL, MIRA) == NEW


async def test_pair_without_refresh_token_takes_over_what_another_replica_has_just_got(
    replicas: tuple[Store, Store],
) -> None:
    one, two = replicas
    await one.tokens.replace(PORTAL, OLD)
    bare = replace(NEW, access_token="access-c", refresh_token=None, expires_at=3000)
    await meanwhile(one, one.tokens.saving(PORTAL, NEW), lambda: two.database.write(two.tokens.saving(PORTAL, bare)))

    assert await one.tokens.find(PORTAL, MIRA) == replace(bare, refresh_token=NEW.refresh_token)


async def test_account_that_is_being_renewed_elsewhere_is_not_broken(replicas: tuple[Store, Store]) -> None:
    one, two = replicas
    await one.accounts.save(ACCOUNT)
    renewed = replace(ACCOUNT, access_token="access-b")
    broken = await meanwhile(one, one.accounts.saving(renewed), lambda: two.accounts.break_(ACCOUNT))

    assert broken is False
    assert await one.accounts.find(PORTAL, MIRA) == renewed


# --- a change of keys beside replicas at work


@pytest.fixture
def rotating(replicas: tuple[Store, Store], secret_key: SecretStr) -> Store:
    """The second replica, which has got a key more."""
    newest = SecretStr(Fernet.generate_key().decode())
    return Store(replicas[1].database, Vault([newest, secret_key]))


async def test_pair_that_is_being_replaced_elsewhere_is_not_set_back_by_a_change_of_keys(
    replicas: tuple[Store, Store], rotating: Store
) -> None:
    one, _ = replicas
    await one.tokens.replace(PORTAL, OLD)
    await meanwhile(one, one.tokens.saving(PORTAL, NEW), rotating.rotation.run)

    assert await one.tokens.find(PORTAL, MIRA) == NEW


async def test_change_of_keys_waits_for_no_row_that_has_the_newest(
    replicas: tuple[Store, Store], rotating: Store
) -> None:
    one, _ = replicas
    await rotating.tokens.replace(PORTAL, OLD)
    loop = asyncio.get_running_loop()

    def beside(connection: Connection) -> Sealed:
        connection.execute(text("SELECT 1 FROM tokens FOR UPDATE"))
        return asyncio.run_coroutine_threadsafe(rotating.rotation.run(), loop).result(timeout=5)

    assert await one.database.write(beside) == Sealed(newest=1)
