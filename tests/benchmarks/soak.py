"""Whether memory stays flat while people write for as long as one likes."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.benchmarks.company import Company, meeting_of
from tests.benchmarks.engines import Engine
from tests.benchmarks.progress import Progress
from tests.benchmarks.rows import Row
from tests.benchmarks.stage import installed
from tests.benchmarks.talk import Command, talk
from tests.benchmarks.usage import rss_mb

PEOPLE = 50
PER_SECOND = 10
STEPS = 1
TITLE = "soak"
NOTE = f"{PER_SECOND} mixed commands/s; the first third warms up, the slope is that of the best line through the rest"
_HOUR_S = 3600
_WARMING = 1 / 3
# Of a person, one after the other: answers, presence with and without a timer, lists, status, and what nobody understands.
_SAID = ("{answer}", "dnd for 45m", "meetings", "status {meeting}", "online", "{answer}", "week", "undo", "hello")


@dataclass(frozen=True, slots=True)
class Soak:
    """`samples` are seconds since the start, and megabytes, once a second; the last ones count."""

    commands: int
    samples: tuple[tuple[float, float], ...]

    def rows(self) -> Iterator[Row]:
        steady = self.samples[int(len(self.samples) * _WARMING) :]
        seconds, megabytes = zip(*steady, strict=True)
        slope, _ = statistics.linear_regression(seconds, megabytes)
        yield Row("lasted", self.samples[-1][0], "s")
        yield Row("commands answered", self.commands)
        yield Row("memory when warm", megabytes[0], "MB")
        yield Row("memory at the end", megabytes[-1], "MB")
        yield Row("memory at most", max(megabytes), "MB")
        yield Row("slope once warm", slope * _HOUR_S, "MB/h")


async def measure(engine: Engine, progress: Progress, *, seconds: int) -> list[Soak]:
    company = Company(PEOPLE)
    count = seconds * PER_SECOND
    with engine.database() as database_url:
        async with installed(company, database_url) as bot, talk(company, bot.url) as crowd:
            with progress.step(f"{seconds} s", count) as shown:
                sampling = asyncio.create_task(_sample(bot.pid, seconds))
                await crowd.at_rate(_mixed(company, count), PER_SECOND, shown.update)
                samples = await sampling
    return [Soak(count, tuple(samples))]


def _mixed(company: Company, count: int) -> Iterator[Command]:
    """Let one person after the other say what comes next among all that is said."""
    for number, user_id in enumerate(itertools.islice(itertools.cycle(company.people), count)):
        said = _SAID[(number + number // PEOPLE) % len(_SAID)]
        answer = company.answer(user_id) if "{answer}" in said else ""
        yield user_id, said.format(answer=answer, meeting=meeting_of(user_id))


async def _sample(pid: int, seconds: int) -> list[tuple[float, float]]:
    began = time.perf_counter()
    samples = []
    for _ in range(seconds):
        await asyncio.sleep(1)
        samples.append((time.perf_counter() - began, rss_mb(pid)))
    return samples
