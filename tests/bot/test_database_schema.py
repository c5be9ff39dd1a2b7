from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

import bot.database.schema
from bot.database.schema import revisions


def test_revisions_are_those_of_the_migrations_in_their_order():
    folder = Path(bot.database.schema.__file__).parents[1] / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    newest_first = ScriptDirectory.from_config(config).walk_revisions()

    assert revisions() == [found.revision for found in newest_first][::-1]
