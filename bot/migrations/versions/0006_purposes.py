"""What a link to connect was given out for; those before were all for Bitrix24."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("states", sa.Column("purpose", sa.String, nullable=False, server_default="bitrix24"))
