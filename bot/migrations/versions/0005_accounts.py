"""Accounts at Cronofy that people have connected."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("portal", sa.String, primary_key=True),
        sa.Column("user_id", sa.BigInteger, primary_key=True),
        sa.Column("sub", sa.String, nullable=False),
        sa.Column("tokens", sa.Text, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("zone", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("push_key", sa.String, nullable=False),
        sa.Column("channel_id", sa.String),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("portal", "sub", name="accounts_sub"),
        sa.UniqueConstraint("push_key", name="accounts_push_key"),
    )
