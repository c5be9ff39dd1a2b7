"""What is known of each person besides their tokens: the language they chose, and the zone and working day the portal told."""

from dataclasses import dataclass, fields
from functools import cache

from sqlalchemy import BigInteger, Column, Connection, Insert, String, Table, bindparam, select

from bot.database import Database, Work, insert, metadata

# A person may move to another zone; after this the portal is asked again.
ZONE_FRESH_S = 24 * 3600

people = Table(
    "people",
    metadata,
    Column("portal", String, primary_key=True),
    Column("user_id", BigInteger, primary_key=True),
    Column("language", String),  # None until it was chosen
    Column("zone", String),  # IANA name; None: not asked yet, or the portal knows none
    Column("day_ends", String),  # wall clock, such as 18:00
    Column("zone_asked_at", BigInteger, nullable=False, server_default="0"),
    Column("presence", String),  # None: never seen
)


@dataclass(frozen=True, slots=True)
class Person:
    """One person.

    Attributes:
        language: What they chose.
        zone: IANA name.
        day_ends: When their working day ends, such as `18:00`.
        zone_asked_at: Unix seconds; 0 for never.
        presence: The one that we saw or set last; they may have changed it by hand since.
    """

    language: str | None = None
    zone: str | None = None
    day_ends: str | None = None
    zone_asked_at: int = 0
    presence: str | None = None


_UNKNOWN = Person()
_FIND = select(*(people.c[field.name] for field in fields(Person))).where(
    people.c.portal == bindparam("portal"), people.c.user_id == bindparam("user_id")
)


@cache
def _keep(*names: str) -> Insert:
    """Return the statement that stores some columns of a person and leaves the others."""
    fresh = insert(people)
    return fresh.on_conflict_do_update(
        index_elements=people.primary_key, set_={name: fresh.excluded[name] for name in names}
    )


class People:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, portal: str, user_id: int) -> Person:
        return await self._database.read(self.finding(portal, user_id))

    def finding(self, portal: str, user_id: int) -> Work[Person]:
        """Return the work of `find`."""

        def work(connection: Connection) -> Person:
            row = connection.execute(_FIND, {"portal": portal, "user_id": user_id}).one_or_none()
            return _UNKNOWN if row is None else Person(*row)

        return work

    async def choose_language(self, portal: str, user_id: int, language: str) -> None:
        await self._keep(portal, user_id, {"language": language})

    async def place(self, portal: str, user_id: int, zone: str | None, day_ends: str | None, now: float) -> None:
        """Remember what the portal says of a person's zone; None for what it does not tell."""
        await self._keep(portal, user_id, {"zone": zone, "day_ends": day_ends, "zone_asked_at": int(now)})

    async def saw(self, portal: str, user_id: int, presence: str) -> None:
        """Remember a person's presence."""
        await self._keep(portal, user_id, {"presence": presence})

    async def _keep(self, portal: str, user_id: int, values: dict[str, str | int | None]) -> None:
        row = {"portal": portal, "user_id": user_id, **values}
        await self._database.write(lambda c: c.execute(_keep(*values), row))
