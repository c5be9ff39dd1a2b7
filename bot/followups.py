"""Messages of ours that are to be rewritten: what they say now, and which commands will know better later.

They hold titles of meetings, so they are encrypted.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from sqlalchemy import BigInteger, Column, String, Table, Text, delete, select

from bot.database import Database, Work, insert, metadata
from bot.vault import Vault, known

# After this nobody asks any more.
KEPT_S = 24 * 3600

follow_ups = Table(
    "follow_ups",
    metadata,
    Column("portal", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("content", Text, nullable=False),  # encrypted
    Column("made_at", BigInteger, nullable=False, index=True),
)


@dataclass(frozen=True, slots=True)
class Part:
    """What answers one command of a message.

    Attributes:
        text: As said now.
        short: The same in a few words; "" when there is no such form.
        asks: Name and words of the command that will know better; empty when this is the last word.
        after_s: Seconds until it is worth while to ask it.
        adds: A sentence that goes on to be said when all has gone well.
        is_whole: What it will say is the whole message, whatever that has become meanwhile.
    """

    text: str
    short: str
    asks: tuple[str, ...] = ()
    after_s: float = 0.0
    adds: str = ""
    is_whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A message of ours that is to be rewritten.

    Attributes:
        key: Of the event that it answers.
        message_id: 0 when nobody knows.
    """

    portal: str
    key: str
    user_id: int
    bot_id: int
    dialog_id: str
    private: bool
    api: Literal["v2", "v1"]
    language: str
    message_id: int
    parts: tuple[Part, ...]


class FollowUps:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def keeping(self, follow_up: FollowUp, now: float) -> Work[object]:
        """Return the work that keeps what is to be rewritten, instead of what was kept for the same event."""
        content = self._vault.close(asdict(follow_up))
        row = {"portal": follow_up.portal, "key": follow_up.key, "user_id": follow_up.user_id}
        values = {"content": content, "made_at": int(now)}
        fresh = insert(follow_ups).values(**row, **values)
        upsert = fresh.on_conflict_do_update(index_elements=["portal", "key"], set_=values)
        return lambda c: c.execute(upsert)

    async def keep(self, follow_up: FollowUp, now: float) -> None:
        """Keep what is to be rewritten as a part of it is known now."""
        await self._database.write(self.keeping(follow_up, now))

    async def find(self, portal: str, key: str) -> FollowUp | None:
        statement = select(follow_ups).where(follow_ups.c.portal == portal, follow_ups.c.key == key)
        row = await self._database.read(lambda c: c.execute(statement).one_or_none())
        return None if row is None else self._opened(row)

    async def of_person(self, portal: str, user_id: int) -> list[FollowUp]:
        """Return all of a person's, the oldest first."""
        mine = (follow_ups.c.portal == portal, follow_ups.c.user_id == user_id)
        statement = select(follow_ups).where(*mine).order_by(follow_ups.c.made_at, follow_ups.c.key)
        rows = await self._database.read(lambda c: c.execute(statement).all())
        return [follow_up for row in rows if (follow_up := self._opened(row)) is not None]

    async def detach(self, portal: str, user_id: int, message_id: int, now: float) -> None:
        """Let the last words about a message that became another one be said in messages of their own."""
        for follow_up in await self.of_person(portal, user_id):
            if follow_up.message_id == message_id and not all(part.is_whole for part in follow_up.parts):
                asking = tuple(part for part in follow_up.parts if part.asks)
                await self.keep(replace(follow_up, message_id=0, parts=asking), now)

    async def forget(self, portal: str, user_id: int) -> None:
        """Forget all of a person's."""
        mine = (follow_ups.c.portal == portal, follow_ups.c.user_id == user_id)
        await self._database.write(lambda c: c.execute(delete(follow_ups).where(*mine)))

    def dropping(self, follow_up: FollowUp) -> Work[object]:
        """Return the work that forgets one: the message says the last word."""
        mine = (follow_ups.c.portal == follow_up.portal, follow_ups.c.key == follow_up.key)
        return lambda c: c.execute(delete(follow_ups).where(*mine))

    def _opened(self, row: Any) -> FollowUp | None:
        opened = self._vault.open(row.content)
        if (opened.get("portal"), opened.get("key"), opened.get("user_id")) != (row.portal, row.key, row.user_id):
            return None  # not as we wrote it
        parts = tuple(Part(**{**known(Part, part), "asks": tuple(part["asks"])}) for part in opened.pop("parts"))
        return FollowUp(**known(FollowUp, opened), parts=parts)
