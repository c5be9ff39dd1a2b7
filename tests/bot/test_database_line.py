"""A connection that is kept, and given back after a failure."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import QueuePool

from bot.database.line import Session
from bot.errors import StorageError


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = create_engine(f"sqlite:///{tmp_path}/bot.db", poolclass=QueuePool, pool_size=1, max_overflow=0)
    yield made
    made.dispose()


def test_connection_is_kept(engine: Engine) -> None:
    session = Session(engine)
    with session.connected() as first:
        pass
    with session.connected() as second:
        pass
    session.close()

    assert first is second


def test_connection_is_clean_after_a_failure(engine: Engine) -> None:
    session = Session(engine)
    with pytest.raises(LookupError), session.connected() as connection:
        connection.execute(text("CREATE TABLE notes (note VARCHAR)"))
        connection.execute(text("INSERT INTO notes VALUES ('a')"))
        raise LookupError
    with session.connected() as connection:
        left = connection.scalars(text("SELECT note FROM notes")).all()
    session.close()

    assert left == []


def test_session_that_was_closed_connects_anew(engine: Engine) -> None:
    session = Session(engine)
    with session.connected():
        pass
    session.close()
    with session.connected() as connection:
        found = connection.scalar(text("SELECT 1"))
    session.close()

    assert found == 1


def test_connection_that_cannot_be_had_is_a_storage_error(tmp_path: Path) -> None:
    session = Session(create_engine(f"sqlite:///{tmp_path}/nowhere/bot.db"))
    with pytest.raises(StorageError, match="unable to open"), session.connected():
        pass
