"""Runs the migrations over the connection that `bot.database` hands in, inside its transaction."""

from alembic import context

from bot.database import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
