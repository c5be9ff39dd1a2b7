"""What each person's last command changed, as the calls that undo it: one level, for a day."""

import json
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, Integer, String, Table, Text, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.database import Database, metadata

# How long a change can be undone.
KEPT_S = 24 * 3600

changes = Table(
    "changes",
    metadata,
    Column("portal", String, primary_key=True),
    Column("user_id", Integer, primary_key=True),
    Column("made_by", String, nullable=False),  # event and command
    Column("made_at", Integer, nullable=False),
    Column("undoing", Text, nullable=False),  # JSON: calls
    Column("undone_by", String),  # key of the event that undid it
)

StoredCall = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Change:
    """What a command changed.

    Attributes:
        undoing: Names and words of the calls that restore what was before.
        undone_by: Key of the event that did so.
    """

    undoing: tuple[StoredCall, ...]
    made_at: int
    undone_by: str | None = None


class Changes:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember(self, portal: str, user_id: int, made_by: str, undoing: StoredCall, now: float) -> None:
        """Remember how to undo a change instead of any former one; what one command changes belongs together."""

        def work(connection: Connection) -> None:
            row = connection.execute(select(changes).where(*_of(portal, user_id))).one_or_none()
            together = () if row is None or row.made_by != made_by else _calls(row.undoing)
            if any(call[0] == undoing[0] and call[1][:1] == undoing[1][:1] for call in together):
                return  # an interrupted command that goes on: what was before is known better from its first attempt
            values = {
                "made_by": made_by,
                "made_at": int(now),
                "undoing": json.dumps([*together, undoing]),
                "undone_by": None,
            }
            fresh = insert(changes).values(portal=portal, user_id=user_id, **values)
            connection.execute(fresh.on_conflict_do_update(index_elements=["portal", "user_id"], set_=values))

        await self._database.write(work)

    async def last(self, portal: str, user_id: int, now: float) -> Change | None:
        """Return a person's last change, undone or not, as long as it is kept."""
        statement = select(changes).where(*_of(portal, user_id), changes.c.made_at >= now - KEPT_S)
        row = await self._database.read(lambda c: c.execute(statement).one_or_none())
        return None if row is None else Change(_calls(row.undoing), row.made_at, row.undone_by)

    async def undo(self, portal: str, user_id: int, undone_by: str) -> None:
        """Mark the last change as undone; it cannot be again, except by the same event that goes on."""
        statement = update(changes).where(*_of(portal, user_id)).values(undone_by=undone_by)
        await self._database.write(lambda c: c.execute(statement))


def _of(portal: str, user_id: int) -> tuple[ColumnElement[bool], ...]:
    return changes.c.portal == portal, changes.c.user_id == user_id


def _calls(stored: str) -> tuple[StoredCall, ...]:
    calls: list[tuple[str, list[str]]] = json.loads(stored)
    return tuple((name, tuple(words)) for name, words in calls)
