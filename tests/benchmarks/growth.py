"""What a command costs the processor, while the database is young and after 100,000 events."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, insert, select, text

from bot.changes import changes
from bot.database import Database
from bot.inbox.sqlite import events
from bot.order import carried_out
from bot.tokens import tokens
from tests.benchmarks.company import Company
from tests.benchmarks.engines import Engine
from tests.benchmarks.figures import percentile
from tests.benchmarks.load import Tell, pace
from tests.benchmarks.progress import Progress
from tests.benchmarks.rows import Row, Target
from tests.benchmarks.stage import bare_handler, installed, least
from tests.benchmarks.talk import Talk, talk
from tests.benchmarks.usage import cpu_s

PEOPLE = 50
WARMING = 100
COMMANDS, PER_SECOND = 500, 50
# Those who have written the events that are there: each of them has answered so many invitations.
STRANGERS, MEETINGS = 1_000, 100
EVENTS = STRANGERS * MEETINGS
STEPS = 4
TITLE = "CPU per command"
NOTE = (
    f"{COMMANDS} accepts and declines at {PER_SECOND}/s; the {EVENTS:,} events are copies of one that the bot has carried out just now,\n"
    f"    with what {STRANGERS:,} people have beside them, before anything is tidied up; the least is what HTTP and a file take, see `least.py`"
)

_FIRST_STRANGER = 50_001
# Less than any id of a message that the portal gives.
_FIRST_MESSAGE = -EVENTS
_BATCH = 5_000
# About the size of an event.
_BODY = bytes(1_500)

_CPU_MS = Target(5)
_GROWTH = Target(1.2, relaxes=False)


@dataclass(frozen=True, slots=True)
class Cost:
    cpu_ms: float  # per command
    acknowledged_ms: float  # median


@dataclass(frozen=True, slots=True)
class Growth:
    least_ms: float  # CPU per command
    few: Cost
    many: Cost

    def rows(self) -> Iterator[Row]:
        for after, cost in ((f"{WARMING}", self.few), (f"{EVENTS:,}", self.many)):
            yield Row(f"CPU per command after {after} events", cost.cpu_ms, "ms", _CPU_MS)
            yield Row(f"acknowledged after {after} events, p50", cost.acknowledged_ms, "ms")
        yield Row("CPU per command, the least", self.least_ms, "ms")
        yield Row(f"CPU, {EVENTS:,} to {WARMING} events", self.many.cpu_ms / self.few.cpu_ms, "", _GROWTH)


async def measure(engine: Engine, progress: Progress) -> list[Growth]:
    with progress.step("the least", WARMING + COMMANDS) as shown:
        least_ms = await _least(shown.update)
    company = Company(PEOPLE)
    with engine.database() as database_url:
        async with installed(company, database_url) as bot, talk(company, bot.url) as crowd:
            with progress.step(f"after {WARMING} events", WARMING + COMMANDS) as shown:
                await crowd.at_rate(company.answers(WARMING), PER_SECOND, shown.update)
                few = await _cost(company, crowd, bot.pid, shown.update)
            with progress.step(f"fill in {EVENTS:,} events", EVENTS) as shown:
                await bot.stop()
                await _fill(database_url, shown.update)
                await bot.start()
            with progress.step(f"after {EVENTS:,} events", WARMING + COMMANDS) as shown:
                await crowd.at_rate(company.answers(WARMING), PER_SECOND, shown.update)
                many = await _cost(company, crowd, bot.pid, shown.update)
    return [Growth(least_ms, few, many)]


async def _least(tell: Tell) -> float:
    async with bare_handler() as portal, least(portal.url) as program:
        await pace(program.url, [_BODY] * WARMING, PER_SECOND, tell)
        before_s = cpu_s(program.pid)
        await pace(program.url, [_BODY] * COMMANDS, PER_SECOND, tell)
        return 1000 * (cpu_s(program.pid) - before_s) / COMMANDS


async def _cost(company: Company, crowd: Talk, pid: int, tell: Tell) -> Cost:
    before_s = cpu_s(pid)
    exchanges = await crowd.at_rate(company.answers(COMMANDS), PER_SECOND, tell)
    used_s = cpu_s(pid) - before_s
    return Cost(1000 * used_s / COMMANDS, percentile(sorted(one.acknowledged_ms for one in exchanges), 0.5))


# --- 100,000 events


async def _fill(database_url: str, tell: Tell) -> None:
    """Put in what so many events leave, made after rows that are there."""
    database = Database(database_url)
    try:
        samples = await database.read(_samples)
        for table, rows in _left(samples):
            for first in range(0, len(rows), _BATCH):
                batch = rows[first : first + _BATCH]
                await database.write(lambda c, table=table, batch=batch: c.execute(insert(table), batch))
                if table is events:
                    tell(len(batch))
        if database.is_shared:  # the server would do so by itself within a minute
            await database.write(lambda c: c.execute(text("ANALYZE")))
    finally:
        await database.close()


def _samples(connection: Connection) -> dict[Table, RowMapping]:
    def sample(table: Table, *where: Any) -> RowMapping:
        return connection.execute(select(table).where(*where).limit(1)).mappings().one()

    return {
        events: sample(events, events.c.state == "done", events.c.message_id.is_not(None)),
        carried_out: sample(carried_out, carried_out.c.subject.like("meeting:%")),
    } | {table: sample(table) for table in (changes, tokens)}


def _left(samples: Mapping[Table, RowMapping]) -> Iterator[tuple[Table, Sequence[Mapping[str, Any]]]]:
    strangers = range(_FIRST_STRANGER, _FIRST_STRANGER + STRANGERS)
    event = samples[events]
    prefix, lane = event["key"].rpartition(":")[0], event["lane"].rpartition(":")[0]
    numbers = range(_FIRST_MESSAGE, 0)
    yield (
        events,
        [
            {
                **event,
                "key": f"{prefix}:{number}",
                "message_id": number,
                "lane": f"{lane}:{strangers[number % STRANGERS]}",
            }
            for number in numbers
        ],
    )
    yield (
        carried_out,
        [
            {**samples[carried_out], "user_id": user_id, "subject": f"meeting:{number}"}
            for user_id in strangers
            for number in range(MEETINGS)
        ],
    )
    for table in (changes, tokens):
        yield table, [{**samples[table], "user_id": user_id} for user_id in strangers]
