"""What each person's last command changed, as the calls that undo it: one level, for a day."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    Text,
    bindparam,
    delete,
    select,
    update,
)

from bot.database import Database, Work, insert, metadata

# How long a change can be undone.
KEPT_S = 24 * 3600

changes = Table(
    "changes",
    metadata,
    Column("portal", String, primary_key=True),
    Column("user_id", BigInteger, primary_key=True),
    Column("made_by", String, nullable=False),  # event and command
    Column("made_at", BigInteger, nullable=False),
    Column("undoing", Text, nullable=False),  # JSON: calls
    Column("undone_by", String),  # key of the event that undid it
    Column("replaced", Text),  # JSON: the change before, until it is certain that this one has come to something
)
_REPLACED = ("made_by", "made_at", "undoing", "undone_by")


class Undoing(NamedTuple):
    """A call that restores what was before.

    Attributes:
        asks: It will have to be confirmed.
        returns: What was before can come back, as far as can be told.
    """

    name: str
    words: tuple[str, ...]
    asks: bool = False
    returns: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """What a command changed.

    Attributes:
        undoing: What restores what was before.
        made_by: Event and command.
        undone_by: Key of the event that did so.
    """

    undoing: tuple[Undoing, ...]
    made_at: int
    made_by: str
    undone_by: str | None = None

    @property
    def promises(self) -> bool:
        """Whether there is anything left that undoing would bring back."""
        return self.undone_by is None and any(call.returns for call in self.undoing)


_FIND = select(changes).where(*(column == bindparam(column.name) for column in changes.primary_key))
_FRESH = insert(changes)
_KEEP = _FRESH.on_conflict_do_update(
    index_elements=changes.primary_key,
    set_={name: _FRESH.excluded[name] for name in (*_REPLACED, "replaced")},
)


class Changes:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember(self, portal: str, user_id: int, made_by: str, undoing: Undoing, now: float) -> None:
        """Remember how to undo a change instead of any former one; what one command changes belongs together."""
        await self._database.write(self.remembering(portal, user_id, made_by, undoing, now))

    def remembering(self, portal: str, user_id: int, made_by: str, undoing: Undoing, now: float) -> Work[None]:
        """Return the work of `remember`."""

        def work(connection: Connection) -> None:
            row = connection.execute(_FIND, {"portal": portal, "user_id": user_id}).one_or_none()
            goes_on = row is not None and row.made_by == made_by
            together = _calls(row.undoing) if row is not None and goes_on else ()
            if any(call.name == undoing.name and call.words[:1] == undoing.words[:1] for call in together):
                return  # an interrupted command that goes on: what was before is known better from its first attempt
            if row is not None:
                replaced = row.replaced if goes_on else json.dumps({name: getattr(row, name) for name in _REPLACED})
            else:
                replaced = None
            values = {
                "portal": portal,
                "user_id": user_id,
                "made_by": made_by,
                "made_at": int(now),
                "undoing": _stored([*together, undoing]),
                "undone_by": None,
                "replaced": replaced,
            }
            connection.execute(_KEEP, values)

        return work

    async def take_back(self, portal: str, user_id: int, made_by: str, undoing: Undoing) -> None:
        """Forget a change that has come to nothing; what it replaced can be undone again."""

        def work(connection: Connection) -> None:
            row = connection.execute(_FIND, {"portal": portal, "user_id": user_id}).one_or_none()
            if row is None or row.made_by != made_by:
                return
            left = [call for call in _calls(row.undoing) if call != undoing]
            if left:
                values: dict[str, Any] | None = {"undoing": _stored(left)}
            else:
                values = {**json.loads(row.replaced), "replaced": None} if row.replaced else None
            if values is None:
                connection.execute(delete(changes).where(*_of(portal, user_id)))
            else:
                connection.execute(update(changes).where(*_of(portal, user_id)).values(values))

        await self._database.write(work)

    async def last(self, portal: str, user_id: int, now: float) -> Change | None:
        """Return a person's last change, undone or not, as long as it is kept."""
        mine = {"portal": portal, "user_id": user_id}
        row = await self._database.read(lambda c: c.execute(_FIND, mine).one_or_none())
        if row is None or row.made_at < now - KEPT_S:
            return None
        return Change(_calls(row.undoing), row.made_at, row.made_by, row.undone_by)

    async def undo(self, portal: str, user_id: int, undone_by: str) -> None:
        """Mark the last change as undone; it cannot be again, except by the same event that goes on."""
        statement = update(changes).where(*_of(portal, user_id)).values(undone_by=undone_by)
        await self._database.write(lambda c: c.execute(statement))


def _of(portal: str, user_id: int) -> tuple[ColumnElement[bool], ...]:
    return changes.c.portal == portal, changes.c.user_id == user_id


def _stored(calls: Sequence[Undoing]) -> str:
    """Return calls as the release before reads them, too, which may be at work beside this one.

    It looks whether `asks` is true; what cannot return has a number there.
    """
    return json.dumps([(*call[:2], call.asks if call.returns else int(call.asks)) for call in calls])


def _calls(stored: str) -> tuple[Undoing, ...]:
    calls: list[tuple[str, list[str], bool | int]] = json.loads(stored)
    return tuple(Undoing(name, tuple(words), bool(asks), isinstance(asks, bool)) for name, words, asks in calls)
