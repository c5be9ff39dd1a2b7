"""What the bot adds to the time that an answer takes: from the post of the event to the reply at the portal, without what the
portal took meanwhile to answer requests. Its HTTP, and waiting for this machine's cores, count as the bot's.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.benchmarks.company import Company
from tests.benchmarks.engines import Engine
from tests.benchmarks.figures import percentile
from tests.benchmarks.progress import Progress
from tests.benchmarks.rows import Row, Target
from tests.benchmarks.stage import installed
from tests.benchmarks.talk import Exchange, talk
from tests.benchmarks.usage import Stopwatch

PEOPLE = 50
WARMING = 200
COMMANDS, PER_SECOND = 600, 50
STEPS = 2
TITLE = "own share of end-to-end latency"
NOTE = f"{COMMANDS} accepts and declines of {PEOPLE} people, {PER_SECOND}/s, a portal without quota and delay"
_P50_MS, _P99_MS = Target(10), Target(40)


@dataclass(frozen=True, slots=True)
class OwnShare:
    """Latencies are ascending; `busy` is the share of a core that load and portal took."""

    own_ms: tuple[float, ...]
    replied_ms: tuple[float, ...]
    busy: float

    def rows(self) -> Iterator[Row]:
        yield Row("own share, p50", percentile(self.own_ms, 0.5), "ms", _P50_MS)
        yield Row("own share, p99", percentile(self.own_ms, 0.99), "ms", _P99_MS)
        yield Row("from post to reply, p50", percentile(self.replied_ms, 0.5), "ms")
        yield Row("from post to reply, p99", percentile(self.replied_ms, 0.99), "ms")
        yield Row("load and portal took", 100 * self.busy, "% of core")


async def measure(engine: Engine, progress: Progress) -> list[OwnShare]:
    company = Company(PEOPLE)
    with engine.database() as database_url:
        async with installed(company, database_url) as bot, talk(company, bot.url) as people:
            with progress.step("warm up", WARMING) as shown:
                await people.at_rate(company.answers(WARMING), PER_SECOND, shown.update)
            with progress.step(f"{PER_SECOND} commands/s", COMMANDS) as shown:
                watch = Stopwatch()
                exchanges = await people.at_rate(company.answers(COMMANDS), PER_SECOND, shown.update)
                busy = watch.busy
    return [
        OwnShare(
            _ascending(_own_ms(company, one) for one in exchanges),
            _ascending(one.replied_ms for one in exchanges),
            busy,
        )
    ]


def _own_ms(company: Company, one: Exchange) -> float:
    return one.replied_ms - 1000 * company.busy_s(one.posted_at, one.replied_at)


def _ascending(values: Iterator[float]) -> tuple[float, ...]:
    return tuple(sorted(values))
