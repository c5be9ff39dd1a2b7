"""Ids of messages and times outgrow what PostgreSQL calls an integer, and what is done need not stand in the index there either."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite knows one size of integers, and has had the smaller index from the start.
    if op.get_bind().dialect.name == "sqlite":
        return
    for column in ("message_id", "sent_at"):
        op.alter_column("events", column, type_=sa.BigInteger)
    op.drop_index("events_unfinished", "events")
    op.create_index("events_unfinished", "events", ["state", "arrival"], postgresql_where=sa.text("state != 'done'"))
