"""The first tables: installations, tokens, questions, order, and the inbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "portals",
        sa.Column("member_id", sa.String, primary_key=True),
        sa.Column("application_token", sa.Text, nullable=False),
        sa.Column("oauth_server", sa.String, nullable=False),
        sa.Column("installer_id", sa.BigInteger, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("bot_id", sa.BigInteger),
        sa.Column("bot_api", sa.String),
        sa.Column("installed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("portal", sa.String, primary_key=True),
        sa.Column("user_id", sa.BigInteger, primary_key=True),
        sa.Column("proven", sa.Boolean, primary_key=True),
        sa.Column("pair", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "questions",
        sa.Column("portal", sa.String, primary_key=True),
        sa.Column("user_id", sa.BigInteger, primary_key=True),
        sa.Column("dialog_id", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("calls", sa.Text, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("asked_by", sa.String, nullable=False),
        sa.Column("taken_by", sa.String),
    )
    op.create_table(
        "carried_out",
        sa.Column("portal", sa.String, primary_key=True),
        sa.Column("user_id", sa.BigInteger, primary_key=True),
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("message_id", sa.BigInteger, nullable=False),
        sa.Column("message_at", sa.BigInteger, nullable=False),
        sa.Column("press_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("lane", sa.String, nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("message_id", sa.Integer),
        sa.Column("sent_at", sa.Integer, nullable=False),
        sa.Column("arrival", sa.Float, nullable=False),
        sa.Column("due_at", sa.Float),
        sa.Column("starts", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("finished_at", sa.Float),
    )
    op.create_index("events_unfinished", "events", ["state", "arrival"], sqlite_where=sa.text("state != 'done'"))
