"""The inbox's own tables on a server: made once, and brought up to date while replicas of an older release work with them."""

import asyncio
import re

import pytest
from sqlalchemy import Connection, create_engine, inspect, text

from bot.database import Database
from bot.errors import StorageError
from bot.inbox import tables
from bot.inbox.tables import make_tables, metadata


@pytest.fixture
def database(server_url: str) -> Database:
    opened = Database(server_url, exclusive=True, replica="one")
    yield opened
    opened.dispose()


def shape(connection: Connection) -> dict[str, set[str]]:
    """Return the columns and indexes of our tables."""
    found = inspect(connection)
    return {
        table: {column["name"] for column in found.get_columns(table)}
        | {str(index["name"]) for index in found.get_indexes(table)}
        for table in (*metadata.tables, "procrastinate_jobs")
    }


async def test_tables_are_made_once_by_replicas_that_start_together(server_url: str) -> None:
    await asyncio.gather(*(asyncio.to_thread(make_tables, server_url) for _ in range(4)))


async def test_whoever_is_stopped_while_it_makes_tables_or_is_gone_keeps_others_for_a_while_only(
    server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []

    def look(connection: Connection, _taking: object) -> None:
        found.extend(
            connection.scalar(text(f"SHOW {name}")) for name in ("idle_session_timeout", "tcp_keepalives_idle")
        )

    monkeypatch.setattr(tables, "wait_for_schema", look)
    make_tables(server_url)

    assert found == ["10s", "5"]


async def test_what_a_former_release_lacked_is_added(server_url: str, database: Database) -> None:
    make_tables(server_url)
    whole = await database.read(shape)
    for former in (
        "ALTER TABLE replicas DROP COLUMN keys, DROP COLUMN version",
        "ALTER TABLE lane_events DROP COLUMN set_aside",  # and the index with it
        "DROP INDEX statusbot_jobs_lock",
        "INSERT INTO lane_events (key, lane, sent_at) VALUES ('k', 'p:17', 1)",
    ):
        await database.write(lambda c, former=former: c.execute(text(former)))
    make_tables(server_url)

    assert await database.read(shape) == whole
    assert await database.read(lambda c: c.scalar(text("SELECT set_aside FROM lane_events"))) is False


async def test_other_version_of_procrastinate_is_refused(server_url: str, database: Database) -> None:
    make_tables(server_url)
    older = "ALTER FUNCTION procrastinate_fetch_job_v2 RENAME TO procrastinate_fetch_job_v1"
    await database.write(lambda c: c.execute(text(older)))
    with pytest.raises(StorageError) as caught:
        make_tables(server_url)

    assert "procrastinate_fetch_job_v2 is missing" in str(caught.value)
    assert re.search(r"apply what is newer in /.*/migrations\.$", str(caught.value))


async def test_server_that_is_away_is_told_without_the_password() -> None:
    with pytest.raises(StorageError) as caught:
        make_tables("postgresql://bot:pa55@127.0.0.1:1/bot")

    assert "pa55" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM events WHERE state = 'parked' AND state != 'done' ORDER BY finished_at",
        "SELECT min(due_at) FROM events WHERE state = 'pending' AND state != 'done' AND due_at IS NOT NULL",
    ],
)
async def test_what_is_done_slows_nobody_down(server_url: str, database: Database, statement: str) -> None:
    fill = """INSERT INTO events (key, lane, sent_at, arrival, starts, state)
        SELECT n::text, 'p:17', n, n, 1, 'done' FROM generate_series(1, 20000) AS n"""
    await database.write(lambda c: c.execute(text(fill)))
    engine = create_engine(server_url.replace("postgresql", "postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("ANALYZE events"))
        plan = "\n".join(connection.scalars(text(f"EXPLAIN {statement}")))
    engine.dispose()

    assert "events_unfinished" in plan


async def test_numbers_of_events_may_outgrow_an_integer(database: Database) -> None:
    large = "INSERT INTO events VALUES ('k', 'p:17', NULL, 3000000000, 3000000000, 0, NULL, 0, 'done', 0)"
    await database.write(lambda c: c.execute(text(large)))

    assert await database.read(lambda c: c.scalar(text("SELECT message_id FROM events"))) == 3_000_000_000
