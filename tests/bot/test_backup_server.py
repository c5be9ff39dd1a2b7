"""A copy of a database on a server, made with PostgreSQL's own programs from under a running bot, holds all that is kept."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, inspect, select, text

from bot.accounts import Account
from bot.database import Database
from bot.inbox import Delivery, Entry
from bot.inbox.postgres import PostgresInbox
from bot.inbox.sqlite import events
from bot.inbox.tables import make_tables
from bot.store import Store
from bot.timers import Timer
from bot.tokens import TokenPair
from bot.vault import Vault
from tests.postgres import Cluster

PORTAL, MIRA = "1b" * 16, 17
PAIR = TokenPair(MIRA, "access-a", "refresh-a", 1000)
ACCOUNT = Account(PORTAL, MIRA, "acc_1", "access-a", "refresh-a", scope="", zone="", push_key="push", made_at=100)
TIMER = Timer(PORTAL, MIRA, "a1", "e1", "dnd", "away", 1000, "UTC", 905, "ru")
PENDING = Entry("e2", f"{PORTAL}:17", "“принять 651”", message_id=7, sent_at=5)


@pytest.fixture
def copied(postgres: Cluster, server_url: str, secret_key: SecretStr) -> Any:
    """Return what restores a copy of the database into a new one, and gives a store over that."""
    file = str(postgres.folder / "statusbot.sql")

    async def copy_into(url: str) -> Store:
        postgres.call("pg_dump", "--no-owner", "--file", file, server_url)
        postgres.call("psql", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--file", file, url)
        return Store(Database(url, exclusive=True, replica="one"), Vault([secret_key]))

    yield copy_into
    Path(file).unlink(missing_ok=True)


async def content(store: Store) -> dict[str, list[str]]:
    """Return the rows of every table."""

    def work(connection: Connection) -> dict[str, list[str]]:
        names = inspect(connection).get_table_names()
        return {name: sorted(map(repr, connection.execute(text(f'SELECT * FROM "{name}"')))) for name in names}

    return await store.database.read(work)


async def fill(store: Store, url: str) -> None:
    make_tables(url)
    await store.tokens.replace(PORTAL, PAIR)
    await store.accounts.save(ACCOUNT)
    await store.database.write(store.timers.starting(TIMER))
    await PostgresInbox(store.database, url, replica="one").put(PENDING)


async def handed_out(store: Store, url: str) -> Delivery:
    """Return what an inbox over the database gets to work on."""
    inbox, found = PostgresInbox(store.database, url, replica="one"), asyncio.get_running_loop().create_future()

    async def handle(delivery: Delivery) -> None:
        found.set_result(delivery)

    working = asyncio.create_task(inbox.run(handle, handle))
    delivery: Delivery = await found
    await inbox.close(1.0)
    await working
    return delivery


async def test_copy_of_a_database_in_use_holds_every_row(
    postgres: Cluster, server_url: str, secret_key: SecretStr, copied: Any
) -> None:
    store = Store(Database(server_url, exclusive=True, replica="one"), Vault([secret_key]))
    await fill(store, server_url)
    with postgres.database() as name:
        restored = await copied(postgres.url(name))

        assert await restored.tokens.find(PORTAL, MIRA) == PAIR
        assert await restored.accounts.find(PORTAL, MIRA) == ACCOUNT
        assert await restored.timers.find(PORTAL, MIRA) == TIMER
        assert await content(restored) == await content(store)
        assert (await handed_out(restored, postgres.url(name))).entry == PENDING
        await restored.database.close()
    await store.database.close()


async def test_copy_is_not_poured_over_a_database_in_use(postgres: Cluster, server_url: str, copied: Any) -> None:
    """Whoever names the wrong database is told, and nothing has changed there."""
    with pytest.raises(RuntimeError, match="already exists"):
        await copied(server_url)
    database = Database(server_url, exclusive=True, replica="one")

    assert await database.read(lambda c: c.execute(select(events)).all()) == []
    await database.close()
