"""The database: one writer, group commit, schema changes at start.

A database does best with one writer that commits seldom. `Database.write` queues a function; a single thread takes whatever was
queued while it committed last and runs it in one transaction, so that a hundred events that arrive together cost one `fsync`. A
function that fails is run again on its own, so that it spoils nobody else's work; a transaction that collides with one of another
replica is run again as a whole. What only reads has connections of its own, and waits for no commit.

The same code works on a file of this process alone (`sqlite.py`) and on a server that several replicas share (`postgres.py`).
"""

# "ON CONFLICT" is word for word the same for both. That of PostgreSQL would bring in all of its dialect, which takes a while, for
# somebody who has a file; `postgres` sees to it that this one is understood there.
from sqlalchemy.dialects.sqlite import insert

from bot.database.line import Work
from bot.database.place import Place
from bot.database.schema import metadata
from bot.database.sqlite import path_of
from bot.database.writer import Database

__all__ = ["Database", "Place", "Work", "insert", "metadata", "path_of"]
