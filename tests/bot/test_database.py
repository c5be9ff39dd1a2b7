"""One writer, few commits, nobody's failure but one's own."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, event, inspect, text

from bot.database import Database, insert, metadata
from bot.database.writer import CollidedError
from bot.errors import StorageError
from bot.inbox import sqlite as _inbox_tables
from bot.store import portals
from tests.bot.notebook import note, notes, open_notebook, readable

TABLES = (portals.metadata, _inbox_tables.events.metadata)  # imported for what they add to the metadata

NOTES = Table("notes", MetaData(), Column("note", String, primary_key=True))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, exclusive=True)
    await open_notebook(database)
    yield database
    await database.close()


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


class Colliding:
    """A work that another replica is in the way of so many times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, connection: Connection) -> Any:
        written = note("c")(connection)
        if self.left:
            self.left -= 1
            raise CollidedError("Another replica is in the way.")
        return written


async def test_works_that_collided_are_run_again_together(database: Database) -> None:
    commits = Commits(database._engine)
    written = await asyncio.gather(*map(database.write, (note("a"), Colliding(1), note("b"))))

    assert written == ["a", "c", "b"]
    assert commits.count == 1
    assert await notes(database) == ["a", "b", "c"]


async def test_work_that_collides_each_time_fails_alone(database: Database) -> None:
    works = (note("a"), Colliding(1000), note("b"))
    one, bad, two = await asyncio.gather(*map(database.write, works), return_exceptions=True)

    assert (one, two) == ("a", "b")
    readable(bad, "Another replica is in the way.")
    assert isinstance(bad, StorageError)
    assert await notes(database) == ["a", "b"]


@pytest.mark.parametrize("company", [0, 3])
async def test_error_of_the_database_reaches_whoever_asked(database: Database, company: int) -> None:
    await database.write(note("a"))
    others = [database.write(note(f"b{number}")) for number in range(company)]

    *written, failed = await asyncio.gather(*others, database.write(note("a")), return_exceptions=True)

    assert isinstance(failed, StorageError)
    assert "unique constraint" in str(failed).lower()
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


async def test_scan_sees_writes_that_returned(database: Database) -> None:
    for word in "abc":
        await database.write(note(word))
        assert await database.scan(_last) == word


def _last(connection: Connection) -> Any:
    return connection.scalar(text("SELECT max(note) FROM notes"))


def _read(database: Database, way: str, work: Any) -> Any:
    return {"look-up": database.read, "scan": database.scan}[way](work)


ways = pytest.mark.parametrize("way", ["look-up", "scan"])


@ways
async def test_failing_read_is_a_storage_error(database: Database, way: str) -> None:
    with pytest.raises(StorageError, match="nowhere"):
        await _read(database, way, lambda c: c.execute(text("SELECT * FROM nowhere")))


@ways
async def test_error_of_a_reading_work_reaches_whoever_asked(database: Database, way: str) -> None:
    def fail(connection: Connection) -> None:
        raise LookupError(_last(connection))

    await database.write(note("a"))
    with pytest.raises(LookupError, match="a"):
        await _read(database, way, fail)


@ways
async def test_read_after_a_failure_works(database: Database, way: str) -> None:
    await database.write(note("a"))
    works = (lambda c: c.execute(text("SELECT * FROM nowhere")), _last)
    failed, found = await asyncio.gather(*(_read(database, way, work) for work in works), return_exceptions=True)

    assert isinstance(failed, StorageError)
    assert found == "a"


@ways
async def test_reading_changes_nothing(database: Database, way: str) -> None:
    with pytest.raises(StorageError):
        await _read(database, way, note("a"))
    assert await notes(database) == []


@ways
async def test_reading_waits_for_no_write(database: Database, way: str) -> None:
    ready = threading.Event()

    def write_slowly(connection: Connection) -> None:
        note("a")(connection)
        assert ready.wait(10)

    writing = database.queue(write_slowly)
    assert await _read(database, way, _last) is None
    ready.set()
    await writing

    assert await _read(database, way, _last) == "a"


async def test_reader_elsewhere_does_not_stop_the_writer(database: Database, database_url: str) -> None:
    other = Database(database_url)
    assert await other.read(lambda c: c.execute(text("SELECT count(*) FROM notes")).scalar()) == 0
    await database.write(note("a"))
    assert await other.read(lambda c: c.execute(text("SELECT count(*) FROM notes")).scalar()) == 1
    await other.close()


# --- closing


async def test_writes_survive_closing(database: Database, database_url: str) -> None:
    words = [f"{number:03}" for number in range(50)]
    await asyncio.gather(*(database.write(note(word)) for word in words), database.close())

    reopened = Database(database_url, exclusive=True)
    assert await notes(reopened) == words
    await reopened.close()


async def test_closed_database_refuses(database: Database) -> None:
    await database.close()
    with pytest.raises(StorageError, match="closed"):
        await database.write(note("a"))
    with pytest.raises(StorageError, match="closed"):
        await notes(database)


# --- opening


async def test_exclusive_open_works_after_closing(database: Database, database_url: str) -> None:
    await database.close()
    again = Database(database_url, exclusive=True)

    assert await again.read(lambda c: c.exec_driver_sql("SELECT 1").scalar()) == 1
    await again.close()


# --- schema


async def test_migrations_give_the_tables_of_the_metadata(database_url: str) -> None:
    database = Database(database_url)
    differences = await database.read(lambda c: compare_metadata(MigrationContext.configure(c), metadata))
    made = await database.read(lambda c: set(inspect(c).get_table_names()))
    await database.close()
    assert differences == []
    assert made == {*metadata.tables, "alembic_version"}
    assert {"portals", "tokens", "questions", "carried_out", "events"} <= made


async def test_opening_again_changes_nothing(database: Database, database_url: str) -> None:
    await database.write(note("a"))
    await database.close()
    reopened = Database(database_url, exclusive=True)
    assert await notes(reopened) == ["a"]
    await reopened.close()


async def test_newer_schema_is_refused(database: Database, database_url: str) -> None:
    await database.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    await database.close()
    with pytest.raises(StorageError) as caught:
        Database(database_url, exclusive=True)
    readable(caught.value, "newer version")


async def test_older_schema_is_changed_by_nobody_but_who_has_claimed_it(database: Database, database_url: str) -> None:
    await database.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0001'")))
    await database.close()
    with pytest.raises(StorageError) as caught:
        Database(database_url)
    readable(caught.value, "older version (0001", "statusbot serve")


# --- statements that both engines have to understand


async def test_insert_replaces_what_stands_in_its_way(database: Database) -> None:
    fresh = insert(NOTES)
    upsert = fresh.on_conflict_do_update(index_elements=["note"], set_={"note": fresh.excluded.note + "!"})
    for _ in range(2):
        await database.write(lambda c: c.execute(upsert, {"note": "a"}))

    assert await notes(database) == ["a!"]


async def test_insert_gives_way_and_says_so(database: Database) -> None:
    statement = insert(NOTES).on_conflict_do_nothing(index_elements=["note"]).returning(NOTES.c.note)
    inserted = [await database.write(lambda c: c.execute(statement, {"note": "a"}).scalar()) for _ in range(2)]

    assert inserted == ["a", None]
