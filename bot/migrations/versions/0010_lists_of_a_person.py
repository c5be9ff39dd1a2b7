"""Every answer looks at the lists of its person, among those of thousands."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("lists_of_person", "lists", ["portal", "user_id"])
    op.drop_index("ix_lists_portal", "lists")
