"""What commands cost the portal's quota, alone and in bursts."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from tests.benchmarks.burst import SCALE, drain
from tests.benchmarks.company import Company, meeting_of
from tests.benchmarks.engines import Engine
from tests.benchmarks.figures import Burst
from tests.benchmarks.progress import Progress
from tests.benchmarks.rows import Row, Target
from tests.benchmarks.stage import installed
from tests.benchmarks.talk import talk

# People, what the bucket holds, and what it forgives in a second. Ten find room in either, so no clock matters to them.
CROWDS = ((10, 250, 5), (200, 50, 2), (1_000, 250, 5))
STEPS = 1 + len(CROWDS)
TITLE = "portal requests per command"
NOTE = f"bursts are accepts: 200 at BURST 50 and RATE 2, 10 and 1,000 at 250 and 5; with a clock {SCALE} times faster, as in (d)"

# The interface (section 4) promises so much of answers and of presence.
_ALONE = {f"accept {meeting_of(1001)}": Target(3, relaxes=False), "dnd": Target(2, relaxes=False), "meetings": None}
# What a command may still ask once its answer is there.
_QUIET_S = 0.3


@dataclass(frozen=True, slots=True)
class Alone:
    requests: dict[str, int]  # by command

    def rows(self) -> Iterator[Row]:
        for command, count in self.requests.items():
            yield Row(f"requests per command, {command.split()[0]} alone", count, "", _ALONE[command])


async def measure(engine: Engine, progress: Progress) -> list[Alone | Burst]:
    with progress.step("alone", len(_ALONE)) as shown, engine.database() as database_url:
        company = Company(1)
        async with installed(company, database_url) as bot, talk(company, bot.url) as people:
            (first,) = company.people
            for command in _ALONE:  # what is asked once a day only has been asked
                await people.say(first, command.replace("accept", "decline"))
            found: dict[str, int] = {}
            for command in _ALONE:
                await asyncio.sleep(_QUIET_S)
                before = company.requests
                await people.say(first, command)
                await asyncio.sleep(_QUIET_S)
                found[command] = company.requests - before
                shown.update(1)
    measured: list[Alone | Burst] = [Alone(found)]
    for crowd, bucket, rate in CROWDS:
        with progress.step(f"{crowd:,} accept at once", crowd) as shown:
            measured.append((await drain(engine, crowd, bucket, rate, SCALE, shown.update)).burst)
    return measured
