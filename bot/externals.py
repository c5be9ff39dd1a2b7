"""Events outside Bitrix24 that people were shown, each under a short name, and the answers to them that are on their way.

What Cronofy calls an event is too long for a button, and an address is in it, so it is kept encrypted and named by a few letters
that mean nothing to anybody else. A name tells an event at the time at which it was shown; an answer is to the event, whenever it takes
place, so it is kept by a key of its own.

Cronofy takes an answer and carries it out later, without a word when it has (section 5.2 of its contract). So an answer is written
down before it is sent: whoever comes after a kill finds it, looks whether it has arrived, and does not send it twice.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    Text,
    delete,
    select,
    update,
)

from bot.database import Database, insert, metadata
from bot.vault import Vault, known

# A list can be referred to, and an answer be taken back, for a day.
KEPT_S = 2 * 24 * 3600
_NAME = 12
# After this nobody looks any more whether an answer arrives; what the calendar says counts again.
HOPE_S = 600

externals = Table(
    "externals",
    metadata,
    Column("portal", String, primary_key=True),
    Column("user_id", BigInteger, primary_key=True),
    Column("name", String, primary_key=True),
    Column("content", Text, nullable=False),  # encrypted
    Column("shown_at", BigInteger, nullable=False, index=True),
)
underway = Table(
    "underway",
    metadata,
    Column("portal", String, primary_key=True),
    Column("user_id", BigInteger, primary_key=True),
    Column("name", String, primary_key=True),  # the key of the event (`answer_key`)
    Column("wanted", String, nullable=False),
    Column("before", String, nullable=False),
    Column("removes", Boolean, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),  # None until Cronofy has said that it has it
)


@dataclass(frozen=True, slots=True)
class Shown:
    """An event as it was shown; `title` and `calendar` are other people's text.

    Attributes:
        starts: An instant or a day, ISO 8601.
        zone: IANA name, in which the person reads clocks.
    """

    calendar_id: str
    event_uid: str
    starts: str
    title: str
    calendar: str
    zone: str


@dataclass(frozen=True, slots=True)
class Underway:
    """An answer that was begun and not seen in the calendar yet.

    Attributes:
        wanted: As Cronofy writes it.
        before: What the calendar may show until the answer arrives, likewise, with hyphens between several.
        removes: The calendar removes what is answered so.
        begun_at: Unix seconds.
        sent_at: Likewise; None while nobody knows whether Cronofy has got it.
    """

    wanted: str
    before: str
    removes: bool
    begun_at: int
    sent_at: int | None

    @property
    def looked_after_from(self) -> int:
        """When the first look is counted from, unix seconds."""
        return self.begun_at if self.sent_at is None else self.sent_at


class Externals:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def name(self, portal: str, user_id: int, events: Sequence[Shown], now: float) -> list[str]:
        """Return a name for each event; the same event gets the same one again."""
        names = [name_of(portal, user_id, event) for event in events]
        rows = [
            {
                "portal": portal,
                "user_id": user_id,
                "name": name,
                "content": self._vault.close(asdict(event)),
                "shown_at": int(now),
            }
            for name, event in zip(names, events, strict=True)
        ]
        fresh = insert(externals)
        keys = ["portal", "user_id", "name"]
        changes = {column: fresh.excluded[column] for column in ("content", "shown_at")}
        upsert = fresh.on_conflict_do_update(index_elements=keys, set_=changes)
        if rows:
            await self._database.write(lambda c: c.execute(upsert, rows))
        return names

    async def find(self, portal: str, user_id: int, name: str) -> Shown | None:
        """Return what was shown to this person under a name; other people's names mean nothing here."""
        statement = select(externals.c.content).where(*_of(externals, portal, user_id, name))
        content = await self._database.read(lambda c: c.execute(statement).scalar_one_or_none())
        if content is None:
            return None
        opened = self._vault.open(content)
        if not opened:
            return None
        shown = Shown(**known(Shown, opened))
        return shown if name_of(portal, user_id, shown) == name else None  # as we wrote it, and theirs

    # --- answers on their way

    async def begin(self, portal: str, user_id: int, key: str, answer: Underway) -> None:
        """Write down that an answer is being sent, instead of any former one."""
        values = asdict(answer)
        fresh = insert(underway).values(portal=portal, user_id=user_id, name=key, **values)
        upsert = fresh.on_conflict_do_update(index_elements=["portal", "user_id", "name"], set_=values)
        await self._database.write(lambda c: c.execute(upsert))

    async def sent(self, portal: str, user_id: int, key: str, answer: Underway, now: float) -> None:
        """Write down that Cronofy has taken `answer`, unless another one was begun since."""
        statement = update(underway).where(*_of(underway, portal, user_id, key), *_is(answer)).values(sent_at=int(now))
        await self._database.write(lambda c: c.execute(statement))

    async def underway(self, portal: str, user_id: int, key: str, now: float) -> Underway | None:
        return (await self.all_underway(portal, user_id, now)).get(key)

    async def all_underway(self, portal: str, user_id: int, now: float) -> dict[str, Underway]:
        """Return a person's answers that are on their way, by key of the event."""
        statement = select(underway).where(underway.c.portal == portal, underway.c.user_id == user_id)
        rows = await self._database.read(lambda c: c.execute(statement).all())
        found = {row.name: Underway(**known(Underway, dict(row._mapping))) for row in rows}  # noqa: SLF001 - public, in spite of its name
        return {key: answer for key, answer in found.items() if now < answer.looked_after_from + HOPE_S}

    async def arrived(self, portal: str, user_id: int, key: str, answer: Underway) -> None:
        """Forget `answer`, which has arrived, or never will; another one that was begun since stays."""
        statement = delete(underway).where(*_of(underway, portal, user_id, key), *_is(answer))
        await self._database.write(lambda c: c.execute(statement))

    async def forget(self, portal: str, user_id: int) -> None:
        """Forget all of a person's."""

        def work(connection: Connection) -> None:
            for table in (externals, underway):
                connection.execute(delete(table).where(table.c.portal == portal, table.c.user_id == user_id))

        await self._database.write(work)


def _of(table: Table, portal: str, user_id: int, name: str) -> tuple[ColumnElement[bool], ...]:
    return table.c.portal == portal, table.c.user_id == user_id, table.c.name == name


def _is(answer: Underway) -> tuple[ColumnElement[bool], ...]:
    return underway.c.wanted == answer.wanted, underway.c.begun_at == answer.begun_at


def name_of(portal: str, user_id: int, event: Shown) -> str:
    """Return the name under which an event is shown to a person."""
    return _digest(portal, user_id, event.calendar_id, event.event_uid, event.starts)


def answer_key(portal: str, user_id: int, calendar_id: str, event_uid: str) -> str:
    """Return the key by which answers to an event are kept: what Cronofy is told of it with an answer.

    Occurrences of a series that it does not tell apart so (sections 4.4, 5.1) could not be answered apart either.
    """
    return _digest(portal, user_id, calendar_id, event_uid)


def _digest(portal: str, user_id: int, *told: str) -> str:
    return sha256("\n".join((portal, str(user_id), *told)).encode()).hexdigest()[:_NAME]
