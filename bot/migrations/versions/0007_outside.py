"""Events outside Bitrix24, answers to them that are on their way, messages that are to be rewritten; and what a "yes" settles."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "externals",
        sa.Column("portal", sa.String, primary_key=True),
        sa.Column("user_id", sa.BigInteger, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("shown_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_externals_shown_at", "externals", ["shown_at"])
    op.create_table(
        "underway",
        sa.Column("portal", sa.String, primary_key=True),
        sa.Column("user_id", sa.BigInteger, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("wanted", sa.String, nullable=False),
        sa.Column("before", sa.String, nullable=False),
        sa.Column("removes", sa.Boolean, nullable=False),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
    )
    op.create_table(
        "follow_ups",
        sa.Column("portal", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_follow_ups_made_at", "follow_ups", ["made_at"])
    op.add_column("questions", sa.Column("confirms", sa.Boolean, nullable=False, server_default=sa.true()))
