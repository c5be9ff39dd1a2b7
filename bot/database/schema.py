"""The tables, and the changes that bring those of an older version up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, inspect, text

from bot.database.place import Place
from bot.errors import StorageError

# Whole numbers are `BigInteger`, since ids of a portal and times outgrow what PostgreSQL calls an integer.
metadata = MetaData()

_MIGRATIONS = Path(__file__).parent.parent / "migrations"


def migrate(place: Place, *, may_change: bool) -> None:
    """Make the schema, or bring it up to date.

    Raises:
        StorageError: it is newer than this program, or older and not ours to change.
    """
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    with place.engine.begin() as connection:
        place.guard_schema(connection)
        current = None
        if inspect(connection).has_table("alembic_version"):
            current = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if current == script.get_current_head():
            return
        if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
            raise StorageError("The database was written by a newer version of this program: install that one.")
        if current is not None and not may_change:
            raise StorageError(
                f"The database has the schema of an older version ({current}, not {script.get_current_head()}): "
                "`statusbot serve` of this version brings it up to date when it starts."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
