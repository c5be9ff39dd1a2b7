"""Messages that tell somebody to wait: the outcome replaces them, also when another process finds it out."""

from sqlalchemy import BigInteger, Column, String, Table, select

from bot.database import Database, insert, metadata

# No event is handled again after this, and API v1 rewrites nothing older (contract F.1).
KEPT_S = 3 * 24 * 3600

notices = Table(
    "notices",
    metadata,
    Column("key", String, primary_key=True),
    Column("portal", String, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("said_at", BigInteger, nullable=False),
)


class Notices:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, key: str, portal: str, message_id: int, now: float) -> None:
        """Remember the message that answers the event `key` for the time being."""
        row = {"key": key, "portal": portal, "message_id": message_id, "said_at": int(now)}
        statement = insert(notices).values(row)
        keep = statement.on_conflict_do_update(index_elements=["key"], set_=row)
        await self._database.write(lambda c: c.execute(keep))

    async def find(self, key: str) -> int | None:
        """Return the id of that message, if there is one."""
        statement = select(notices.c.message_id).where(notices.c.key == key)
        return await self._database.read(lambda c: c.execute(statement).scalar_one_or_none())
