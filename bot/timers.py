"""Presences that end by themselves: one timer per person. The inbox wakes us when one is due."""

from dataclasses import dataclass, fields

from sqlalchemy import BigInteger, Column, String, Table, delete, select

from bot.database import Database, Work, insert, metadata

# A timer goes when it has ended. This long after that nothing wakes it any more, whatever went wrong.
KEPT_S = 7 * 24 * 3600

timers = Table(
    "timers",
    metadata,
    Column("portal", String, primary_key=True),
    Column("user_id", BigInteger, primary_key=True),
    Column("timer_id", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("presence", String, nullable=False),
    Column("former", String, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("zone", String, nullable=False),
    Column("bot_id", BigInteger, nullable=False),
    Column("language", String, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Timer:
    """A presence that ends by itself.

    Attributes:
        timer_id: Tells a timer from the one that replaced it.
        made_by: Event and command that set it.
        presence: What was set; when the person has another one by then, it is left alone.
        former: What returns.
        ends_at: Unix seconds.
        zone: IANA name, to tell the person when it ends.
    """

    portal: str
    user_id: int
    timer_id: str
    made_by: str
    presence: str
    former: str
    ends_at: int
    zone: str
    bot_id: int
    language: str


class Timers:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, portal: str, user_id: int) -> Timer | None:
        statement = select(timers).where(timers.c.portal == portal, timers.c.user_id == user_id)
        row = await self._database.read(lambda c: c.execute(statement).one_or_none())
        return None if row is None else Timer(**row._mapping)  # noqa: SLF001 - public, in spite of its name

    def starting(self, timer: Timer) -> Work[object]:
        """Return the work that keeps `timer` instead of the person's former one."""
        row = {field.name: getattr(timer, field.name) for field in fields(timer)}
        statement = insert(timers).values(row)
        replace = statement.on_conflict_do_update(index_elements=["portal", "user_id"], set_=row)
        return lambda c: c.execute(replace)

    async def stop(self, portal: str, user_id: int, timer_id: str | None = None) -> None:
        """Forget the person's timer; when `timer_id` is given only if it is that one."""
        statement = delete(timers).where(timers.c.portal == portal, timers.c.user_id == user_id)
        if timer_id is not None:
            statement = statement.where(timers.c.timer_id == timer_id)
        await self._database.write(lambda c: c.execute(statement))
