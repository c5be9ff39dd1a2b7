"""What was carried out last for whom, so that a message that comes late does not undo a newer one (interface, section 4)."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Case, Column, ColumnElement, String, Table, bindparam, case, select

from bot.database import Database, Work, insert, metadata
from bot.database.together import Share, for_each

carried_out = Table(
    "carried_out",
    metadata,
    Column("portal", String, primary_key=True),
    Column("user_id", BigInteger, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("message_id", BigInteger, nullable=False),
    Column("message_at", BigInteger, nullable=False),
    Column("press_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands among those of its person (interface, section 4).

    Attributes:
        message_id: Id of the typed message; None for a button press, which carries the id of the bot's own message.
        sent_at: `ts` of the event, unix seconds.
    """

    message_id: int | None
    sent_at: int


def _later(one: ColumnElement[int], other: ColumnElement[int]) -> Case[int]:
    return case((one > other, one), else_=other)


# When something was carried out on a subject last.
last_at = _later(carried_out.c.message_at, carried_out.c.press_at)

_FIND = select(carried_out).where(*(column == bindparam(column.name) for column in carried_out.primary_key))
_FRESH = insert(carried_out)
_KEEP = for_each(
    _FRESH.on_conflict_do_update(
        index_elements=carried_out.primary_key,
        set_={
            name: _later(carried_out.c[name], _FRESH.excluded[name])
            for name in ("message_id", "message_at", "press_at")
        },
    )
)


class Order:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def superseded(self, portal: str, user_id: int, subject: str, place: Place) -> bool:
        """Whether something newer of this person was already carried out on `subject`."""
        key = {"portal": portal, "user_id": user_id, "subject": subject}
        row = await self._database.read(lambda c: c.execute(_FIND, key).one_or_none())
        if row is None:
            return False
        if place.message_id is None:
            return bool(place.sent_at < max(row.message_at, row.press_at))
        return bool(place.message_id < row.message_id or place.sent_at < row.press_at)

    def carrying_out(self, portal: str, user_id: int, subject: str, place: Place) -> Work[None]:
        """Return the work that remembers that the command at `place` was carried out on `subject`."""
        typed = place.message_id is not None
        row = {
            "portal": portal,
            "user_id": user_id,
            "subject": subject,
            "message_id": place.message_id or 0,
            "message_at": place.sent_at if typed else 0,
            "press_at": 0 if typed else place.sent_at,
        }
        return Share(_KEEP, row)
