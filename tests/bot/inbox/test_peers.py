"""Replicas that come together, and those that do not go together."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import text

from bot.database import Database
from bot.errors import SettingsError
from bot.inbox.postgres import PostgresInbox
from bot.inbox.tables import make_tables
from bot.vault import Vault

A, B, C = (SecretStr(Fernet.generate_key().decode()) for _ in range(3))


@pytest.fixture
async def come(server_url: str) -> AsyncIterator[Callable[..., Any]]:
    """Return what enrolls a replica of a name with keys, and gives its database."""
    databases: list[Database] = []

    async def come(name: str, *keys: SecretStr) -> Database:
        databases.append(Database(server_url, exclusive=True, replica=name))
        fingerprints = Vault(keys).fingerprints if keys else ()
        make_tables(server_url)
        await PostgresInbox(databases[-1], server_url, replica=name, keys=fingerprints).enroll()
        return databases[-1]

    yield come
    for database in databases:
        database.dispose()


@pytest.mark.parametrize(
    ("present", "coming"),
    [((A,), (A,)), ((A,), (A, B)), ((A, B), (B, A)), ((B, A), (A, B)), ((B, A), (B,)), ((A,), ()), ((), (A,))],
    ids=["equal", "new one behind", "new one first", "old one first", "old one removed", "not told", "not known"],
)
async def test_replica_whose_keys_go_with_those_of_others_comes(come: Any, present: Any, coming: Any) -> None:
    await come("one", *present)
    database = await come("two", *coming)

    names = await database.read(lambda c: c.scalars(text("SELECT name FROM replicas ORDER BY name")).all())
    assert names == ["one", "two"]


@pytest.mark.parametrize(
    ("present", "coming", "says"),
    [
        ((A,), (B,), "the first key is not known to replica one"),
        ((A,), (B, A), "the first key is not known to replica one"),
        ((B, A), (A,), "the first key of replica one, which is at work, is missing"),
        ((A, B), (B, C), "the first key of replica one, which is at work, is missing"),
    ],
    ids=["another", "new one first too early", "new one missing", "old one removed too early"],
)
async def test_replica_with_other_keys_is_refused(come: Any, present: Any, coming: Any, says: str) -> None:
    database = await come("one", *present)
    with pytest.raises(SettingsError) as caught:
        await come("two", *coming)

    message = str(caught.value)
    assert message.startswith("STATUSBOT_SECRET_KEY: ")
    assert says in message
    assert "\n" not in message
    assert not any(key.get_secret_value() in message for key in (A, B, C))
    assert await database.read(lambda c: c.scalars(text("SELECT name FROM replicas")).all()) == ["one"]


async def test_keys_of_a_silent_replica_hinder_nobody(come: Any) -> None:
    database = await come("one", A)
    silent = text("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '31 seconds'")
    await database.write(lambda c: c.execute(silent))
    await come("two", B)


@pytest.mark.parametrize(("keys", "stay"), [((A, B), ["one", "two"]), ((B,), ["two"])])
async def test_silent_replica_stays_unless_its_keys_do_not_fit(come: Any, keys: Any, stay: list[str]) -> None:
    """Whoever is dismissed has to come again, should it live all the same, and is compared then."""
    database = await come("one", A)
    silent = text("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '31 seconds'")
    await database.write(lambda c: c.execute(silent))
    await come("two", *keys)

    at_work = text("SELECT name FROM replicas JOIN procrastinate_workers AS w ON w.id = worker ORDER BY name")
    assert await database.read(lambda c: c.scalars(at_work).all()) == stay


async def test_replica_that_comes_again_may_have_other_keys(come: Any) -> None:
    former = await come("one", A)
    former.dispose()
    await come("one", B)


async def test_table_of_replicas_tells_the_version_and_no_key(come: Any) -> None:
    database = await come("one", A)
    row = await database.read(lambda c: c.execute(text("SELECT * FROM replicas")).one())

    assert row.version
    assert row.keys == Vault([A]).fingerprints[0]
    assert len(row.keys) == 16
