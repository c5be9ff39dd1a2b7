"""How soon a process is ready, how much memory it takes, and what it does while nobody wants anything."""

import asyncio
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.benchmarks.company import Company
from tests.benchmarks.engines import Engine
from tests.benchmarks.load import Tell
from tests.benchmarks.progress import Progress
from tests.benchmarks.rows import Row, Target
from tests.benchmarks.stage import installed, on_loopback, prepared
from tests.benchmarks.talk import talk
from tests.benchmarks.usage import cpu_s, rss_mb
from tests.process import BotProcess

STARTS = 5
PEOPLE = 50
COMMANDS, PER_SECOND = 1_000, 100
IDLE_S = 20
# What a start or a command leaves to be done is done by then.
_SETTLED_S = 2.0
STEPS = 4
TITLE = "start, memory, idle"
NOTE = f"median of {STARTS} starts, from exec until /health/ready says 200, asked every 20 ms; memory is RSS, MB are millions"

_READY_S, _RSS_MB, _IDLE = Target(1), Target(100), Target(0.5)


@dataclass(frozen=True, slots=True)
class Footprint:
    fresh_s: tuple[float, ...]  # until ready, without tables
    existing_s: tuple[float, ...]  # until ready, with them
    started_mb: float
    worked_mb: float
    idle: float  # share of a core

    def rows(self) -> Iterator[Row]:
        yield Row("ready, existing database", statistics.median(self.existing_s), "s", _READY_S)
        yield Row("ready, fresh database", statistics.median(self.fresh_s), "s", _READY_S)
        yield Row("memory after the start", self.started_mb, "MB", _RSS_MB)
        yield Row(f"memory after {COMMANDS:,} commands", self.worked_mb, "MB", _RSS_MB)
        yield Row(f"idle, over {IDLE_S} s", 100 * self.idle, "% of core", _IDLE)


async def measure(engine: Engine, progress: Progress) -> list[Footprint]:
    with progress.step("start, fresh database", STARTS) as shown:
        fresh_s = [await _fresh_start(engine, shown.update) for _ in range(STARTS)]
    company = Company(PEOPLE)
    with engine.database() as database_url:
        async with installed(company, database_url) as bot, talk(company, bot.url) as crowd:
            with progress.step("start, existing database", STARTS) as shown:
                existing_s = [await _restart(bot, shown.update) for _ in range(STARTS)]
            await asyncio.sleep(_SETTLED_S)
            started_mb = rss_mb(bot.pid)
            with progress.step(f"{COMMANDS:,} commands", COMMANDS) as shown:
                await crowd.at_rate(company.answers(COMMANDS), PER_SECOND, shown.update)
            await asyncio.sleep(_SETTLED_S)
            worked_mb = rss_mb(bot.pid)
            with progress.step("idle", IDLE_S) as shown:
                idle = await _idle(bot.pid, shown.update)
    return [Footprint(tuple(fresh_s), tuple(existing_s), started_mb, worked_mb, idle)]


async def _fresh_start(engine: Engine, tell: Tell) -> float:
    company = Company(1)
    with engine.database() as database_url:
        async with on_loopback(company), prepared(company, database_url) as bot:
            seconds = await _start(bot)
            await bot.stop()
    tell(1)
    return seconds


async def _restart(bot: BotProcess, tell: Tell) -> float:
    await bot.stop()
    tell(1)
    return await _start(bot)


async def _start(bot: BotProcess) -> float:
    began = time.perf_counter()
    await bot.start()
    return time.perf_counter() - began


async def _idle(pid: int, tell: Tell) -> float:
    before_s, began = cpu_s(pid), time.perf_counter()
    for _ in range(IDLE_S):
        await asyncio.sleep(1)
        tell(1)
    return (cpu_s(pid) - before_s) / (time.perf_counter() - began)
