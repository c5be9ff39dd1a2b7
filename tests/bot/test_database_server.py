"""A database that several replicas share."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator

import psycopg
import pytest
from sqlalchemy import Connection, text
from structlog.testing import capture_logs

from bot.database import Database
from bot.database import postgres as postgres_module
from bot.database.schema import revisions
from bot.database.writer import CollidedError
from bot.errors import AlreadyRunning, StorageAway, StorageError
from tests.bot.inbox.desk import PATIENCE_S
from tests.bot.notebook import note, notes, open_notebook, readable
from tests.postgres import Cluster

PASSWORD = "pa55-of-the-bot"


@pytest.fixture
async def one(server_url: str) -> AsyncIterator[Database]:
    """A replica of that name."""
    database = Database(server_url, exclusive=True, replica="one")
    await open_notebook(database)
    yield database
    await database.close()


@pytest.fixture
def empty_url(postgres: Cluster) -> Iterator[str]:
    with postgres.database() as name:
        yield postgres.url(name)


@pytest.fixture
def cut(postgres: Cluster, server_url: str) -> Callable[[], None]:
    """End all connections to the database, and return when they have ended."""

    def cut() -> None:
        name = server_url.rpartition("/")[2]
        postgres.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")

    return cut


# --- names


async def test_replicas_of_several_names_work_side_by_side(one: Database, server_url: str) -> None:
    two = Database(server_url, exclusive=True, replica="two")
    await one.write(note("a"))
    await two.write(note("b"))

    assert await notes(one) == await notes(two) == ["a", "b"]
    await two.close()


async def test_second_process_of_the_same_name_is_refused(one: Database, server_url: str) -> None:
    with pytest.raises(AlreadyRunning) as caught:
        Database(server_url, exclusive=True, replica="one")

    assert "as replica one;" in str(caught.value)
    assert "STATUSBOT_REPLICA" in str(caught.value)
    assert await one.write(note("a")) == "a"


async def test_name_of_one_database_is_free_in_another(one: Database, empty_url: str) -> None:
    await Database(empty_url, exclusive=True, replica="one").close()


async def test_name_is_free_when_its_process_has_ended(one: Database, server_url: str, cut) -> None:
    cut()
    await Database(server_url, exclusive=True, replica="one").close()


async def test_guest_claims_no_name(one: Database, server_url: str) -> None:
    guest = Database(server_url, replica="one")
    await guest.write(note("a"))

    assert (one.term, guest.term) == (1, 0)
    await guest.close()


async def test_name_that_was_lost_and_taken_lets_nothing_be_written(one: Database, server_url: str, cut) -> None:
    cut()
    other = Database(server_url, exclusive=True, replica="one")
    with pytest.raises(StorageError):
        await one.write(note("a"))
    with pytest.raises(AlreadyRunning):
        await one.write(note("b"))
    await other.close()

    assert await one.write(note("c")) == "c"
    assert await notes(one) == ["c"]
    assert one.term == 2


# --- deadlocks


class Crossing:
    """A work that locks two words in its own order; the first time, when another one has locked one of them, too."""

    def __init__(self, words: str, both: threading.Barrier) -> None:
        self.words = words
        self.runs = 0
        self._both = both

    def __call__(self, connection: Connection) -> str:
        self.runs += 1
        for word in self.words:
            connection.execute(text("SELECT 1 FROM notes WHERE note = :word FOR UPDATE"), {"word": word})
            if self.runs == 1 and word == self.words[0]:
                self._both.wait()
        return self.words


async def test_deadlock_with_another_replica_is_nobodys_failure(one: Database, server_url: str) -> None:
    two = Database(server_url, exclusive=True, replica="two")
    await one.write(lambda c: [note(word)(c) for word in "ab"])
    both = threading.Barrier(2)
    works = Crossing("ab", both), Crossing("ba", both)
    locked = await asyncio.gather(one.write(works[0]), two.write(works[1]))

    assert locked == ["ab", "ba"]
    assert sorted(work.runs for work in works) == [1, 2]
    await two.close()


# --- others that hang


class Hanging:
    """A work that takes a lock, and is then as silent as a process that was stopped, until it may go on.

    The server would end it some day; after a pipeline of psycopg it does not.
    """

    def __init__(self, lock: str) -> None:
        self.has_lock, self.may_go_on = threading.Event(), threading.Event()
        self._lock = text(lock)

    def __call__(self, connection: Connection) -> None:
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        connection.execute(self._lock)
        self.has_lock.set()
        self.may_go_on.wait(PATIENCE_S)
        connection.execute(text("SELECT 1"))


@pytest.mark.parametrize(
    "lock",
    ["SELECT pg_advisory_xact_lock(1)", "INSERT INTO keys VALUES (1)", "UPDATE alembic_version SET version_num = 'x'"],
)
async def test_whoever_hangs_in_a_transaction_keeps_others_waiting_for_a_moment_only(
    one: Database, server_url: str, lock: str
) -> None:
    two = Database(server_url, exclusive=True, replica="two")
    await two.write(lambda c: c.execute(text("CREATE TABLE keys (key INT PRIMARY KEY)")))
    works = [note("a"), lambda c: c.execute(text(lock)), note("b")]
    hang = Hanging(lock)
    hanging = asyncio.create_task(one.write(hang))
    await asyncio.to_thread(hang.has_lock.wait)
    with capture_logs() as logged:
        await asyncio.gather(*map(two.write, works))
    hang.may_go_on.set()
    with pytest.raises(StorageError):
        await hanging

    assert await notes(one) == ["a", "b"]
    assert [line for line in logged if line["event"] == "database.others-cut-off"] == [
        {"event": "database.others-cut-off", "sessions": 1, "log_level": "warning"}
    ]
    await two.close()


async def test_whoever_keeps_nobody_waiting_is_not_cut_off(one: Database, server_url: str, monkeypatch) -> None:
    """Two replicas that fetch the same job collide without waiting for anybody."""
    monkeypatch.setattr(postgres_module, "_LOCK_S", 0)
    two = Database(server_url, exclusive=True, replica="two")
    hang = Hanging("SELECT pg_advisory_xact_lock(1)")
    hanging = asyncio.create_task(one.write(hang))
    await asyncio.to_thread(hang.has_lock.wait)
    collisions = [CollidedError()]

    def colliding(_connection: Connection) -> str:
        if collisions:
            raise collisions.pop()
        return "done"

    assert await two.write(colliding) == "done"
    hang.may_go_on.set()
    await hanging
    await two.close()


async def test_program_of_another_name_is_not_cut_off(one: Database, server_url: str, monkeypatch) -> None:
    monkeypatch.setattr(postgres_module, "_LOCK_S", 1)
    lock = text("SELECT pg_advisory_xact_lock(1)")
    with psycopg.connect(server_url, application_name="statusbot-dump") as foreign:
        foreign.execute("SELECT pg_advisory_xact_lock(1)")
        two = Database(server_url, exclusive=True, replica="two")
        with pytest.raises(StorageError):
            await two.write(lambda c: c.execute(lock))
        foreign.execute("SELECT 1")
    await two.write(lambda c: c.execute(lock))
    await two.close()


@pytest.mark.parametrize("is_broken", [False, True])
async def test_lock_that_is_not_given_back_is_waited_for_once(
    one: Database, server_url: str, monkeypatch, *, is_broken: bool
) -> None:
    """All others wait as well, and what has nothing to do with it is to be stored in time."""
    monkeypatch.setattr(postgres_module, "_LOCK_S", 1)
    patience = []

    def wait(connection: Connection) -> None:
        patience.append(connection.scalar(text("SHOW lock_timeout")))
        connection.execute(text("SELECT pg_advisory_xact_lock(1)"))

    broken = [lambda c: c.execute(text("SELECT 1 / 0"))] if is_broken else []
    with psycopg.connect(server_url, application_name="a program of somebody else") as foreign:
        foreign.execute("SELECT pg_advisory_xact_lock(1)")
        two = Database(server_url, exclusive=True, replica="two")
        works = [*broken, wait, wait, wait, note("a")]
        results = await asyncio.gather(*map(two.write, works), return_exceptions=True)
    await two.close()

    refused = [StorageError] if is_broken else []
    assert [type(result) for result in results[:-1]] == [*refused, *[StorageAway] * 3]
    assert await notes(one) == ["a"]
    assert patience == ["1s"] * 3 + ["100ms"] * (2 if is_broken else 3)


async def test_whoever_works_for_long_is_not_cut_off(one: Database, server_url: str) -> None:
    two = Database(server_url, exclusive=True, replica="two")
    lock = text("SELECT pg_advisory_xact_lock(1)")
    begun = threading.Event()

    def work(connection: Connection) -> None:
        connection.execute(lock)
        begun.set()
        connection.execute(text("SELECT pg_sleep(3)"))

    working = asyncio.create_task(one.write(work))
    await asyncio.to_thread(begun.wait)
    await two.write(lambda c: c.execute(lock))

    await working
    await two.close()


# --- losing the connection


async def test_work_fails_with_its_connection_and_the_next_one_has_another(one: Database, cut) -> None:
    cut()
    results = await asyncio.gather(*(one.write(note(word)) for word in "abc"), return_exceptions=True)

    assert [type(result) for result in results] == [StorageAway] * 3
    assert await one.write(note("d")) == "d"
    assert await notes(one) == ["d"]


@pytest.mark.parametrize("way", ["look-up", "scan"])
async def test_reading_fails_likewise(one: Database, cut, way: str) -> None:
    read = {"look-up": one.read, "scan": one.scan}[way]
    await read(count)
    cut()
    results = await asyncio.gather(*(read(count) for _ in range(3)), return_exceptions=True)

    assert [type(result) for result in results] == [StorageAway] * 3
    assert await read(count) == 0


def count(connection: Connection) -> int | None:
    return connection.scalar(text("SELECT count(*) FROM notes"))


async def test_lost_claim_is_noticed(one: Database, cut) -> None:
    cut()
    with pytest.raises(StorageError):
        await one.write(note("a"))
    await one.write(note("b"))

    assert one.term == 2


async def test_server_that_was_away_is_used_when_it_is_back(one: Database, postgres: Cluster) -> None:
    await one.write(note("a"))
    postgres.stop()
    try:
        for _ in range(2):  # the first breaks a connection, the second finds nobody to connect to
            with pytest.raises(StorageError):
                await one.write(note("b"))
    finally:
        postgres.start()

    assert await one.write(note("c")) == "c"
    assert await notes(one) == ["a", "c"]


async def test_statement_ends_before_whoever_waits_for_it_gives_up(one: Database) -> None:
    def timeout_ms(connection: Connection) -> int | None:
        return connection.scalar(text("SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout'"))

    for timeout in (await one.write(timeout_ms), await one.read(timeout_ms), await one.scan(timeout_ms)):
        assert timeout is not None
        assert 0 < timeout < 10_000


async def test_server_ends_whoever_is_silent_in_a_transaction(one: Database, server_url: str) -> None:
    """A process that was stopped there would keep its locks, and others could not take its work over."""
    two, is_silent, has_ended = Database(server_url), asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hang(connection: Connection) -> None:
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '50ms'"))
        loop.call_soon_threadsafe(is_silent.set)
        has_ended.wait(PATIENCE_S)
        connection.execute(text("SELECT 1"))

    def is_there(connection: Connection) -> bool:
        name = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'statusbot one'")
        return bool(connection.scalar(name))

    hanging = asyncio.create_task(one.write(hang))
    await is_silent.wait()
    async with asyncio.timeout(PATIENCE_S):
        while await two.read(is_there):
            await asyncio.sleep(0.01)
    has_ended.set()
    with pytest.raises(StorageError):
        await hanging

    await two.close()


# --- opening


async def test_replicas_that_start_at_once_make_the_schema_once(empty_url: str) -> None:
    names = ("one", "two", "three")
    opened = await asyncio.gather(
        *(asyncio.to_thread(Database, empty_url, exclusive=True, replica=name) for name in names)
    )
    versions = [
        await database.read(lambda c: c.execute(text("SELECT * FROM alembic_version")).all()) for database in opened
    ]
    for database in opened:
        await database.close()

    assert len(versions[0]) == 1
    assert versions == [versions[0]] * 3


async def test_guest_does_not_wait_for_long_for_whoever_changes_the_schema(server_url: str, monkeypatch) -> None:
    monkeypatch.setattr(postgres_module, "_GUEST_S", 0.0)
    with psycopg.connect(server_url, autocommit=True) as busy:
        busy.execute("SELECT pg_advisory_lock(%s)", [postgres_module.lock_number("schema")])
        with pytest.raises(
            StorageError, match="Another replica, which may hang, makes the tables or changes them; try"
        ):
            Database(server_url)
    await Database(server_url).close()


def refused(url: str) -> StorageError:
    with pytest.raises(StorageError) as caught:
        Database(url, exclusive=True, replica="one")
    assert PASSWORD not in str(caught.value)
    assert str(caught.value).startswith("STATUSBOT_DATABASE_URL: ")
    return caught.value


def test_wrong_password_is_refused(postgres: Cluster) -> None:
    error = refused(postgres.url("postgres", password=PASSWORD))
    readable(error, f"127.0.0.1:{postgres.port}/postgres", "password authentication failed")


def test_unknown_user_is_refused(postgres: Cluster) -> None:
    readable(refused(postgres.url("postgres", user="nobody", password=PASSWORD)), "nobody")


def test_missing_database_is_refused(postgres: Cluster) -> None:
    readable(refused(postgres.url("nowhere")), '"nowhere" does not exist')


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("127.0.0.1:1/bot", "refused"),
        ("host..name/bot", "label empty"),
    ],
)
def test_server_that_cannot_be_reached_is_refused(where: str, why: str) -> None:
    readable(refused(f"postgresql://bot:{PASSWORD}@{where}"), where, why)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:",
        f"postgresql://bot:{PASSWORD}@localhost",
        f"postgresql://bot:{PASSWORD}@localhost/",
        f"postgresql://bot:{PASSWORD}@localhost:port/bot",
        f"postgresql://bot:and@{PASSWORD}@localhost/bot",
        f"postgresql://bot:an@d/{PASSWORD}@localhost/bot",
    ],
)
def test_address_of_another_form_is_refused(url: str) -> None:
    readable(refused(url), "is of the form postgresql://user:password@host:port/name")


def test_database_that_cannot_hold_every_letter_is_refused(postgres: Cluster) -> None:
    with postgres.database(encoding="SQL_ASCII") as name:
        readable(refused(postgres.url(name)), "SQL_ASCII, not UTF8")


async def test_exclusive_open_works_after_a_failed_one(one: Database, server_url: str) -> None:
    await one.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(StorageError, match="newer version"):
        Database(server_url, exclusive=True, replica="two")
    await one.write(lambda c: c.execute(text(f"UPDATE alembic_version SET version_num = '{revisions()[-1]}'")))

    await Database(server_url, exclusive=True, replica="two").close()
