"""The embedded database: one file, one process."""

import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from bot.database import Database, metadata
from bot.errors import AlreadyRunning, StorageError
from bot.store import lists
from tests.bot.notebook import note, notes, open_notebook, readable

MIGRATIONS = Path(__file__).parents[2] / "bot" / "migrations"


@pytest.fixture
async def database(embedded_url: str) -> AsyncIterator[Database]:
    database = Database(embedded_url, exclusive=True)
    await open_notebook(database)
    yield database
    await database.close()


async def test_second_exclusive_open_is_refused(database: Database, embedded_url: str) -> None:
    with pytest.raises(AlreadyRunning, match=r"bot\.db"):
        Database(embedded_url, exclusive=True)
    assert await database.write(note("a")) == "a"


async def test_link_to_the_same_file_is_the_same_database(database: Database, tmp_path: Path) -> None:
    (tmp_path / "other.db").symlink_to(tmp_path / "bot.db")
    with pytest.raises(AlreadyRunning):
        Database(f"sqlite:///{tmp_path}/other.db", exclusive=True)


async def test_exclusive_open_works_after_a_failed_one(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_bytes(b"no database" * 500)
    with pytest.raises(StorageError):
        Database(f"sqlite:///{tmp_path}/bot.db", exclusive=True)
    (tmp_path / "bot.db").unlink()
    await Database(f"sqlite:///{tmp_path}/bot.db", exclusive=True).close()


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


async def test_partial_indexes_are_those_of_the_metadata(embedded_url: str) -> None:
    """Alembic does not compare what an index leaves out."""
    database = Database(embedded_url)
    migrated = await database.read(
        lambda c: c.execute(text("SELECT sql FROM sqlite_master WHERE type = 'index'")).all()
    )
    await database.write(lambda c: (metadata.drop_all(c), metadata.create_all(c)))
    created = await database.read(lambda c: c.execute(text("SELECT sql FROM sqlite_master WHERE type = 'index'")).all())
    await database.close()
    assert sorted(str(row.sql) for row in migrated) == sorted(str(row.sql) for row in created)


async def test_database_keeps_what_it_confirmed(database: Database) -> None:
    """A commit is on disk, not on its way there; readers and a backup do not stop the writer."""
    synchronous = await database.write(lambda c: c.execute(text("PRAGMA synchronous")).scalar())
    journal = await database.write(lambda c: c.execute(text("PRAGMA journal_mode")).scalar())
    assert (synchronous, journal) == (2, "wal")


class Locked:
    """A look-up that finds the file locked the first time; notes the threads that it was run on."""

    def __init__(self) -> None:
        self.threads: list[str] = []

    def __call__(self, connection: Connection) -> str:
        self.threads.append(threading.current_thread().name)
        if len(self.threads) == 1:
            raise OperationalError("SELECT", {}, sqlite3.OperationalError("database is locked"))
        return str(connection.scalar(text("SELECT 'found'")))


async def test_look_up_of_a_locked_file_holds_nobody_up(database: Database) -> None:
    look_up = Locked()

    assert await database.read(look_up) == "found"
    assert look_up.threads == [threading.current_thread().name, "scans"]


async def test_closed_database_is_one_file(database: Database, tmp_path: Path) -> None:
    await database.write(note("a"))
    await notes(database)
    await database.close()

    assert {path.name for path in tmp_path.iterdir()} <= {"bot.db", "bot.db.lock"}


@pytest.fixture
def of_0007(tmp_path: Path) -> str:
    """Address of a database as revision 0007 left it, with two lists of the same second in it."""
    url = f"sqlite:///{tmp_path}/older.db"
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0007")
        for key in ("zz", "aa"):
            connection.execute(text(f"INSERT INTO lists VALUES ('{key}', 'p', 17, '17', '{key}', 100, '')"))
    engine.dispose()
    return url


async def test_lists_of_the_former_release_keep_their_order(of_0007: str) -> None:
    database = Database(of_0007, exclusive=True)
    rows = await database.read(lambda c: c.execute(lists.select().order_by(lists.c.number)).all())
    await database.close()

    assert [row.key for row in rows] == ["zz", "aa"]


async def test_former_release_can_write_beside_this_one(embedded_url: str) -> None:
    database = Database(embedded_url, exclusive=True)
    insert = "INSERT INTO lists (key, portal, user_id, dialog_id, made_by, made_at, content) VALUES ('k', 'p', 1, '1', 'e', 1, '')"
    await database.write(lambda c: c.execute(text(insert)))
    row = await database.read(lambda c: c.execute(lists.select()).one())
    await database.close()

    assert row.number == 0
