"""What the inbox keeps on a server beside `events`: what waits in the lanes, and who the replicas are.

These tables hold work in progress only: `events` is the truth. They are made together with Procrastinate's, and not by the
migrations, since an embedded database has neither. Replicas of two releases work with them side by side, so a later release only
adds: a column that may be NULL or has a default is made where it is missing, and so is an index. Whatever else changes gets a new
name.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Identity,
    Index,
    MetaData,
    String,
    Table,
    false,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateColumn

from bot.database import connections
from bot.database.place import cause
from bot.database.postgres import lock_number, wait_for_schema
from bot.errors import StorageError
from bot.inbox.jobs import Jobs

# Whoever is stopped while it makes tables keeps others from starting for so long only. PostgreSQL 13 knows no such bound.
_NEVER_IDLE = text("SELECT set_config(name, '10s', false) FROM pg_settings WHERE name = 'idle_session_timeout'")

metadata = MetaData()
# Events that are in their lanes, with what their order depends on, until they are finished.
in_lanes = Table(
    "lane_events",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),  # order of arrival
    Column("key", String, nullable=False, unique=True),
    Column("lane", String, nullable=False),
    Column("message_id", BigInteger),
    Column("sent_at", BigInteger, nullable=False),
    Column(
        "set_aside", Boolean, nullable=False, server_default=false()
    ),  # a replica could not read it: others come first
)
Index("lane_events_first", in_lanes.c.lane, in_lanes.c.set_aside, in_lanes.c.message_id, in_lanes.c.number)
# The replicas that are enrolled, and those that died just now.
replicas = Table(
    "replicas",
    metadata,
    Column("name", String, primary_key=True),
    Column("worker", BigInteger, nullable=False),
    Column("keys", String),  # see `Peer`
    Column("version", String),
)


def make_tables(url: str) -> None:
    """Make the tables, and Procrastinate's, as far as they are not there; several replicas may start at once.

    Raises:
        StorageError: they cannot be made, or Procrastinate's are of another version.
    """
    engine = connections.engine(connections.read(url), "tables", poolclass=NullPool)
    try:
        # Each change is a transaction: one that holds several tables would lock itself and the replicas at work out.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(connections.KEPT_ALIVE)
            connection.execute(_NEVER_IDLE)
            wait_for_schema(connection, select(func.pg_try_advisory_lock(lock_number("inbox schema"))))
            Jobs(connection).make_schema()
            _make_ours(connection)
    except SQLAlchemyError as error:
        raise StorageError(f"The tables of the inbox cannot be made: {cause(error)}") from error
    finally:
        engine.dispose()  # with the lock


def _make_ours(connection: Connection) -> None:
    metadata.create_all(connection)
    for table in metadata.sorted_tables:
        present = {column["name"] for column in inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in present:
                added = CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {added}")
        for index in table.indexes:
            index.create(connection, checkfirst=True)
