"""What a command costs the processor, while the database is young and after 100,000 events."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
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
from tests.benchmarks.stage import Program, bare_handler, installed, least
from tests.benchmarks.talk import Exchange, Talk, talk
from tests.benchmarks.usage import cpu_s
from tests.process import BotProcess

PEOPLE = 50
WARMING = 100
SAMPLES = 10
COMMANDS, PER_SECOND, ROUNDS = 500, 50, 5
# Those who have written the events that are there: each of them has answered so many invitations.
STRANGERS, MEETINGS = 1_000, 100
EVENTS = STRANGERS * MEETINGS
STEPS = 3
TITLE = "CPU per command"
NOTE = (
    f"{COMMANDS} accepts and declines at {PER_SECOND}/s, in {ROUNDS} turns; the {EVENTS:,} events are copies of one that the bot has carried out just now,\n"
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


class _Bot:
    """A bot with a company and a database of its own, and what was measured of it."""

    def __init__(self, company: Company, crowd: Talk, process: BotProcess, database_url: str) -> None:
        self.process = process
        self.database_url = database_url
        self._company = company
        self._crowd = crowd
        self._used_s = 0.0
        self._exchanges: list[Exchange] = []

    async def work(self, commands: int, tell: Tell) -> list[Exchange]:
        return await self._crowd.at_rate(self._company.answers(commands), PER_SECOND, tell)

    async def measure(self, commands: int, tell: Tell) -> None:
        before_s = cpu_s(self.process.pid)
        self._exchanges += await self.work(commands, tell)
        self._used_s += cpu_s(self.process.pid) - before_s

    @property
    def cost(self) -> Cost:
        acknowledged_ms = sorted(one.acknowledged_ms for one in self._exchanges)
        return Cost(1000 * self._used_s / len(self._exchanges), percentile(acknowledged_ms, 0.5))


class _Least:
    """The program that does the least."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._used_s, self._done = 0.0, 0

    async def work(self, commands: int, tell: Tell) -> None:
        await pace(self._program.url, [_BODY] * commands, PER_SECOND, tell)

    async def measure(self, commands: int, tell: Tell) -> None:
        before_s = cpu_s(self._program.pid)
        await self.work(commands, tell)
        self._used_s += cpu_s(self._program.pid) - before_s
        self._done += commands

    @property
    def cpu_ms(self) -> float:
        return 1000 * self._used_s / self._done


async def measure(engine: Engine, progress: Progress) -> list[Growth]:
    async with _bot(engine) as few, _bot(engine) as many, bare_handler() as portal, least(portal.url) as program:
        with progress.step(f"fill in {EVENTS:,} events", EVENTS) as shown:
            await many.work(SAMPLES, lambda _: None)
            await many.process.stop()
            await _fill(many.database_url, shown.update)
            await many.process.start()
        # In turns, since the machine may be faster at one time than at another.
        nothing_else = _Least(program)
        in_turns = few, many, nothing_else
        with progress.step("warm up", len(in_turns) * WARMING) as shown:
            for one in in_turns:
                await one.work(WARMING, shown.update)
        with progress.step(f"{ROUNDS} rounds", len(in_turns) * COMMANDS) as shown:
            for _ in range(ROUNDS):
                for one in in_turns:
                    await one.measure(COMMANDS // ROUNDS, shown.update)
    return [Growth(nothing_else.cpu_ms, few.cost, many.cost)]


@asynccontextmanager
async def _bot(engine: Engine) -> AsyncIterator[_Bot]:
    company = Company(PEOPLE)
    with engine.database() as database_url:
        async with installed(company, database_url) as process, talk(company, process.url) as crowd:
            yield _Bot(company, crowd, process, database_url)


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
