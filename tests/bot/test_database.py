"""One writer, few commits, nobody's failure but one's own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, event, inspect, text

from bot.database import Database, metadata
from bot.errors import AlreadyRunning, StorageError
from bot.inbox import sqlite as _inbox_tables
from bot.store import portals

TABLES = (portals.metadata, _inbox_tables.events.metadata)  # imported for what they add to the metadata


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/bot.db"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url, exclusive=True)
    await database.write(lambda c: c.execute(text("CREATE TABLE notes (note TEXT PRIMARY KEY)")))
    yield database
    await database.close()


def note(word: str) -> Any:
    """Return work that writes a word down and returns it."""

    def work(connection: Connection) -> str:
        connection.execute(text("INSERT INTO notes VALUES (:word)"), {"word": word})
        return word

    return work


async def notes(database: Database) -> list[str]:
    rows = await database.read(lambda c: c.execute(text("SELECT note FROM notes ORDER BY note")).all())
    return [row.note for row in rows]


class Commits:
    """Counts the transactions of an engine."""

    def __init__(self, engine: Engine) -> None:
        self.count = 0
        event.listen(engine, "commit", self._committed)

    def _committed(self, _connection: Connection) -> None:
        self.count += 1


# --- writing


async def test_write_returns_the_result(database: Database) -> None:
    assert await database.write(note("a")) == "a"
    assert await notes(database) == ["a"]


async def test_writes_share_commits(database: Database) -> None:
    commits = Commits(database._engine)
    words = [f"{number:03}" for number in range(200)]

    written = await asyncio.gather(*(database.write(note(word)) for word in words))

    assert written == words
    assert commits.count <= 2
    assert await notes(database) == words


async def test_writes_happen_in_order(database: Database) -> None:
    def change(word: str) -> Any:
        return lambda c: c.execute(text("UPDATE notes SET note = note || :word"), {"word": word})

    await database.write(note(""))
    await asyncio.gather(*(database.write(change(word)) for word in "abcdef"))
    assert await notes(database) == ["abcdef"]


async def test_failing_work_spoils_nobody_elses(database: Database) -> None:
    def fail(connection: Connection) -> None:
        note("half")(connection)
        raise LookupError("no such thing")

    results = await asyncio.gather(
        database.write(note("a")), database.write(fail), database.write(note("b")), return_exceptions=True
    )

    assert results[0::2] == ["a", "b"]
    assert isinstance(results[1], LookupError)
    assert await notes(database) == ["a", "b"]


@pytest.mark.parametrize("company", [0, 3])
async def test_error_of_the_database_reaches_whoever_asked(database: Database, company: int) -> None:
    await database.write(note("a"))
    others = [database.write(note(f"b{number}")) for number in range(company)]

    *written, failed = await asyncio.gather(*others, database.write(note("a")), return_exceptions=True)

    assert isinstance(failed, StorageError)
    assert "UNIQUE constraint failed" in str(failed)
    assert written == [f"b{number}" for number in range(company)]


async def test_error_shows_nothing_that_was_to_be_stored(database: Database) -> None:
    await database.write(note("a secret"))
    with pytest.raises(StorageError) as caught:
        await database.write(note("a secret"))
    assert "a secret" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


async def test_whoever_gives_up_stops_nobody(database: Database) -> None:
    async with asyncio.TaskGroup() as group:
        given_up = group.create_task(database.write(note("a")))
        other = group.create_task(database.write(note("b")))
        group.create_task(_cancel(given_up))
    assert other.result() == "b"
    assert "b" in await notes(database)


async def _cancel(task: "asyncio.Task[Any]") -> None:
    task.cancel()


async def test_write_after_a_failure_works(database: Database) -> None:
    with pytest.raises(StorageError):
        await database.write(lambda c: c.execute(text("INSERT INTO nowhere VALUES (1)")))
    assert await database.write(note("a")) == "a"


# --- reading


async def test_read_sees_writes_that_returned(database: Database) -> None:
    for word in "abc":
        await database.write(note(word))
        assert (await notes(database))[-1] == word


async def test_failing_read_is_a_storage_error(database: Database) -> None:
    with pytest.raises(StorageError, match="no such table"):
        await database.read(lambda c: c.execute(text("SELECT * FROM nowhere")))


async def test_reader_elsewhere_does_not_stop_the_writer(database: Database, url: str) -> None:
    other = Database(url)
    assert await other.read(lambda c: c.execute(text("SELECT count(*) FROM notes")).scalar()) == 0
    await database.write(note("a"))
    assert await other.read(lambda c: c.execute(text("SELECT count(*) FROM notes")).scalar()) == 1
    await other.close()


# --- closing


async def test_writes_survive_closing(database: Database, url: str) -> None:
    words = [f"{number:03}" for number in range(50)]
    await asyncio.gather(*(database.write(note(word)) for word in words), database.close())

    reopened = Database(url, exclusive=True)
    assert await notes(reopened) == words
    await reopened.close()


async def test_closed_database_refuses(database: Database) -> None:
    await database.close()
    with pytest.raises(StorageError, match="closed"):
        await database.write(note("a"))
    with pytest.raises(StorageError, match="closed"):
        await notes(database)


# --- opening


async def test_second_exclusive_open_is_refused(database: Database, url: str) -> None:
    with pytest.raises(AlreadyRunning, match=r"bot\.db"):
        Database(url, exclusive=True)
    assert await database.write(note("a")) == "a"


async def test_link_to_the_same_file_is_the_same_database(database: Database, tmp_path: Path) -> None:
    (tmp_path / "other.db").symlink_to(tmp_path / "bot.db")
    with pytest.raises(AlreadyRunning):
        Database(f"sqlite:///{tmp_path}/other.db", exclusive=True)


async def test_exclusive_open_works_after_closing(database: Database, url: str) -> None:
    await database.close()
    again = Database(url, exclusive=True)

    assert await again.read(lambda c: c.exec_driver_sql("SELECT 1").scalar()) == 1
    await again.close()


async def test_exclusive_open_works_after_a_failed_one(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_bytes(b"no database" * 500)
    with pytest.raises(StorageError):
        Database(f"sqlite:///{tmp_path}/bot.db", exclusive=True)
    (tmp_path / "bot.db").unlink()
    await Database(f"sqlite:///{tmp_path}/bot.db", exclusive=True).close()


def readable(error: StorageError, *parts: str) -> None:
    line = str(error)
    assert not isinstance(error, AlreadyRunning)
    assert "\n" not in line
    assert "sqlalche" not in line
    assert all(part in line for part in parts)


@pytest.mark.parametrize("exclusive", [False, True])
def test_file_that_is_no_database_is_refused(tmp_path: Path, *, exclusive: bool) -> None:
    (tmp_path / "bot.db").write_bytes(b"this is a letter, no database\n" * 100)
    with pytest.raises(StorageError) as caught:
        Database(f"sqlite:///{tmp_path}/bot.db", exclusive=exclusive)
    readable(caught.value, f"{tmp_path}/bot.db", "not a database")


@pytest.mark.parametrize("exclusive", [False, True])
def test_missing_folder_is_refused_and_not_made(tmp_path: Path, *, exclusive: bool) -> None:
    with pytest.raises(StorageError) as caught:
        Database(f"sqlite:///{tmp_path}/typo/bot.db", exclusive=exclusive)
    readable(caught.value, f"{tmp_path}/typo")
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize("exclusive", [False, True])
def test_folder_that_takes_no_files_is_refused(*, exclusive: bool) -> None:
    """Nobody can make a file there, not even root."""
    with pytest.raises(StorageError) as caught:
        Database("sqlite:////proc/self/bot.db", exclusive=exclusive)
    readable(caught.value, "/proc/")


@pytest.mark.parametrize("exclusive", [False, True])
def test_folder_instead_of_a_file_is_refused(tmp_path: Path, *, exclusive: bool) -> None:
    (tmp_path / "bot.db").mkdir()
    with pytest.raises(StorageError) as caught:
        Database(f"sqlite:///{tmp_path}/bot.db", exclusive=exclusive)
    readable(caught.value, f"{tmp_path}/bot.db")


async def test_nothing_is_written_outside_the_folder(database: Database, tmp_path: Path) -> None:
    assert all(path.name.startswith("bot.db") for path in tmp_path.iterdir())


# --- schema


async def test_migrations_give_the_tables_of_the_metadata(url: str) -> None:
    database = Database(url)
    differences = await database.read(lambda c: compare_metadata(MigrationContext.configure(c), metadata))
    made = await database.read(lambda c: set(inspect(c).get_table_names()))
    await database.close()
    assert differences == []
    assert made == {*metadata.tables, "alembic_version"}
    assert {"portals", "tokens", "questions", "carried_out", "events"} <= made


async def test_partial_indexes_are_those_of_the_metadata(url: str) -> None:
    """The comparison above does not look at what an index leaves out."""
    database = Database(url)
    migrated = await database.read(
        lambda c: c.execute(text("SELECT sql FROM sqlite_master WHERE type = 'index'")).all()
    )
    await database.write(lambda c: (metadata.drop_all(c), metadata.create_all(c)))
    created = await database.read(lambda c: c.execute(text("SELECT sql FROM sqlite_master WHERE type = 'index'")).all())
    await database.close()
    assert sorted(str(row.sql) for row in migrated) == sorted(str(row.sql) for row in created)


async def test_opening_again_changes_nothing(database: Database, url: str) -> None:
    await database.write(note("a"))
    await database.close()
    reopened = Database(url, exclusive=True)
    assert await notes(reopened) == ["a"]
    await reopened.close()


async def test_newer_schema_is_refused(database: Database, url: str) -> None:
    await database.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    await database.close()
    with pytest.raises(StorageError) as caught:
        Database(url, exclusive=True)
    readable(caught.value, "newer version")


async def test_database_keeps_what_it_confirmed(database: Database) -> None:
    """A commit is on disk, not on its way there; readers and a backup do not stop the writer."""
    synchronous = await database.read(lambda c: c.execute(text("PRAGMA synchronous")).scalar())
    journal = await database.read(lambda c: c.execute(text("PRAGMA journal_mode")).scalar())
    assert (synchronous, journal) == (2, "wal")
