"""Something to write into a database, and what its complaints have to be like."""

from typing import Any

from sqlalchemy import Connection, text

from bot.database import Database
from bot.errors import AlreadyRunning, StorageError


async def open_notebook(database: Database) -> None:
    await database.write(lambda c: c.execute(text("CREATE TABLE notes (note TEXT PRIMARY KEY)")))


def note(word: str) -> Any:
    """Return work that writes a word down and returns it."""

    def work(connection: Connection) -> str:
        connection.execute(text("INSERT INTO notes VALUES (:word)"), {"word": word})
        return word

    return work


async def notes(database: Database) -> list[str]:
    rows = await database.read(lambda c: c.execute(text("SELECT note FROM notes ORDER BY note")).all())
    return [row.note for row in rows]


def readable(error: StorageError, *parts: str) -> None:
    line = str(error)
    assert not isinstance(error, AlreadyRunning)
    assert "\n" not in line
    assert "sqlalche" not in line
    assert all(part in line for part in parts)
