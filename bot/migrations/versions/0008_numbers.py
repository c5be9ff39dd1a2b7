"""A person's lists are numbered; until now the order in which SQLite happened to store them told which was the later one."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The default is for the former release, which goes on writing while several replicas are upgraded one after the other.
    op.add_column("lists", sa.Column("number", sa.BigInteger, nullable=False, server_default="0"))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("UPDATE lists SET number = rowid")
