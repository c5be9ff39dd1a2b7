"""A crowd against the portal's leaky bucket: everybody accepts at once."""

import asyncio

from bot.emulator.limits import Bucket
from tests.benchmarks.company import Company
from tests.benchmarks.engines import Engine
from tests.benchmarks.figures import Burst, Drain
from tests.benchmarks.load import Tell
from tests.benchmarks.stage import installed
from tests.benchmarks.talk import talk
from tests.benchmarks.usage import Stopwatch

# How much faster than a real portal's this bucket leaks, and the steps in which it does; it holds as much.
SCALE = 20


async def drain(engine: Engine, people: int, bucket: int, rate: float, scale: int, tell: Tell) -> Drain:
    """Let so many people accept at once and wait for the last reply.

    Args:
        engine: Where the bot keeps its work.
        people: How many.
        bucket: What the portal's bucket holds.
        rate: Requests per second that a real portal forgives.
        scale: How much faster this one is, and the bot is told that it is.
        tell: Hears of every answer.
    """
    company = Company(people)
    fast = rate * scale
    with engine.database() as database_url:
        async with (
            installed(company, database_url, rate=f"{fast:g}", burst=str(bucket)) as bot,
            talk(company, bot.url) as crowd,
        ):
            await asyncio.sleep(bucket / fast)  # what it has reckoned with since its start is forgiven
            counted = company.rest.bucket = Bucket(bucket, fast, step_s=1 / scale)
            requests, began_at, watch = company.requests, company.clock.now(), Stopwatch()
            exchanges = await crowd.at_once(company.answers(people), tell)
            busy = watch.busy
            burst = Burst(
                answered_s=tuple(sorted(one.replied_at - began_at for one in exchanges)),
                requests=company.requests - requests,
                refused_by_quota=counted.refused,
                bucket=bucket,
                rate=fast,
                margin=fast,  # the bot stays below by a second's worth
            )
            return Drain(f"{bucket} at {rate:g}/s", burst, busy)
