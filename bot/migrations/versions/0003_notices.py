"""Messages that tell somebody to wait, to be replaced by the outcome."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("portal", sa.String, nullable=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
        sa.Column("said_at", sa.BigInteger, nullable=False),
    )
