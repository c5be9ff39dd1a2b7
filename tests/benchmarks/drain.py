"""How fast a crowd drains through the leaky bucket, beside what any client can do at best."""

from tests.benchmarks.burst import SCALE, drain
from tests.benchmarks.engines import Engine
from tests.benchmarks.figures import Drain
from tests.benchmarks.progress import Progress

# People, what the bucket holds, and what it forgives in a second: usual portals, and Enterprise.
CROWDS = ((200, 50, 2), (400, 250, 5))
STEPS = len(CROWDS)
TITLE = "burst drain against the optimum"
NOTE = (
    f"the bucket leaks {SCALE} times faster than a real one, and RATE is as much higher; BURST is as it is, and so is the margin of\n"
    f"    one second that the bot keeps (careful optimum), which therefore weighs {SCALE} times as much as on a real portal"
)


async def measure(engine: Engine, progress: Progress) -> list[Drain]:
    found = []
    for people, bucket, rate in CROWDS:
        with progress.step(f"{people} accept at once, {bucket} at {rate}/s", people) as shown:
            found.append(await drain(engine, people, bucket, rate, SCALE, shown.update))
    return found
