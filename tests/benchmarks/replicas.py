"""What one replica carries out in a second, and what two do, when the portal is far away."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

from tests.benchmarks.company import Company
from tests.benchmarks.engines import Engine
from tests.benchmarks.figures import percentile
from tests.benchmarks.load import Tell
from tests.benchmarks.progress import Progress
from tests.benchmarks.rows import Row
from tests.benchmarks.stage import beside, installed
from tests.benchmarks.talk import talk
from tests.benchmarks.usage import Stopwatch, cpu_s

PEOPLE = 100
LATENCY_S = 0.2
WARMING_S, SECONDS = 3, 10
STEPS = 1
TITLE = "replicas and a distant portal"
NOTE = (
    f"{PEOPLE} people accept and decline, each again once answered; the portal answers each request {1000 * LATENCY_S:g} ms late\n"
    "    and has no quota; all replicas, the load and the portal share this machine's cores"
)


@dataclass(frozen=True, slots=True)
class Served:
    """What so many replicas did; `busy` is the share of a core that load and portal took, `used` that of each replica."""

    replicas: int
    rate: float  # commands answered per second
    replied_ms: tuple[float, ...]  # ascending
    used: tuple[float, ...]
    busy: float

    def rows(self) -> Iterator[Row]:
        who = "one replica" if self.replicas == 1 else f"{self.replicas} replicas"
        yield Row(f"{who}: commands", self.rate, "/s")
        yield Row(f"{who}: from post to reply, p50", percentile(self.replied_ms, 0.5), "ms")
        yield Row(f"{who}: from post to reply, p99", percentile(self.replied_ms, 0.99), "ms")
        yield Row(f"{who}: each took", 100 * sum(self.used) / self.replicas, "% of core")
        yield Row(f"{who}: load and portal took", 100 * self.busy, "% of core")


async def measure(engine: Engine, progress: Progress) -> list[Served]:
    counts = (1, 2) if engine.shared else (1,)
    with progress.step("with a distant portal", len(counts) * (WARMING_S + SECONDS)) as shown:
        return [await _serve(engine, count, shown.update) for count in counts]


async def _serve(engine: Engine, replicas: int, tell: Tell) -> Served:
    company = Company(PEOPLE)
    async with AsyncExitStack() as stack:
        database_url = stack.enter_context(engine.database())
        bots = [await stack.enter_async_context(installed(company, database_url, replica="1"))]
        for number in range(2, replicas + 1):
            bots.append(await stack.enter_async_context(beside(company, bots[0], str(number))))
        crowd = await stack.enter_async_context(talk(company, *(bot.url for bot in bots)))
        company.latency_s = LATENCY_S
        await crowd.for_seconds(WARMING_S, company.people, tell)
        watch, before_s = Stopwatch(), [cpu_s(bot.pid) for bot in bots]
        exchanges = await crowd.for_seconds(SECONDS, company.people, tell)
        elapsed_s = watch.elapsed_s
        return Served(
            replicas=replicas,
            rate=len(exchanges) / elapsed_s,
            replied_ms=tuple(sorted(one.replied_ms for one in exchanges)),
            used=tuple((cpu_s(bot.pid) - before) / elapsed_s for bot, before in zip(bots, before_s, strict=True)),
            busy=watch.busy,
        )
