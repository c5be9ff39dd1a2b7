"""What is known of people, the lists they were shown, what they can undo, and their timers."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _people()
    _lists()
    _changes()
    _timers()


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("portal", sa.String, primary_key=True),
        sa.Column("user_id", sa.BigInteger, primary_key=True),
        sa.Column("language", sa.String),
        sa.Column("zone", sa.String),
        sa.Column("day_ends", sa.String),
        sa.Column("zone_asked_at", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("presence", sa.String),
    )


def _lists() -> None:
    op.create_table(
        "lists",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("portal", sa.String, nullable=False, index=True),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("dialog_id", sa.String, nullable=False),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )


def _changes() -> None:
    op.create_table(
        "changes",
        sa.Column("portal", sa.String, primary_key=True),
        sa.Column("user_id", sa.BigInteger, primary_key=True),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("undoing", sa.Text, nullable=False),
        sa.Column("undone_by", sa.String),
        sa.Column("replaced", sa.Text),
    )


def _timers() -> None:
    op.create_table(
        "timers",
        sa.Column("portal", sa.String, primary_key=True),
        sa.Column("user_id", sa.BigInteger, primary_key=True),
        sa.Column("timer_id", sa.String, nullable=False),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("presence", sa.String, nullable=False),
        sa.Column("former", sa.String, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("zone", sa.String, nullable=False),
        sa.Column("bot_id", sa.BigInteger, nullable=False),
        sa.Column("language", sa.String, nullable=False),
    )
