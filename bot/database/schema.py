"""The tables, and the changes that bring those of an older version up to date."""

from pathlib import Path

from sqlalchemy import Connection, MetaData, inspect, text

from bot.database.place import Place
from bot.errors import StorageError

# Whole numbers are `BigInteger`, since ids of a portal and times outgrow what PostgreSQL calls an integer.
metadata = MetaData()

_MIGRATIONS = Path(__file__).parent.parent / "migrations"


def revisions() -> list[str]:
    """Return the versions of the schema, oldest first; the name of each file begins with its own."""
    return sorted(file.name.partition("_")[0] for file in (_MIGRATIONS / "versions").glob("*.py"))


def migrate(place: Place, *, may_change: bool) -> None:
    """Make the schema, or bring it up to date.

    Raises:
        StorageError: it is newer than this program, or older and not ours to change.
    """
    known = revisions()
    with place.engine.begin() as connection:
        place.guard_schema(connection)
        current = None
        if inspect(connection).has_table("alembic_version"):
            current = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if current == known[-1]:
            return
        if current is not None and current not in known:
            raise StorageError("The database was written by a newer version of this program: install that one.")
        if current is not None and not may_change:
            raise StorageError(
                f"The database has the schema of an older version ({current}, not {known[-1]}): "
                "`statusbot serve` of this version brings it up to date when it starts."
            )
        _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a start seldom has anything to change, and need not wait for what would
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
