"""How fast an event is durably acknowledged, beside a bare handler in the same run.

The bot is also working on what it took in, as fast as the usual quota lets it.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

from tests.benchmarks.company import Company
from tests.benchmarks.engines import Engine
from tests.benchmarks.figures import Load, Pair
from tests.benchmarks.load import Tell, pace, saturate
from tests.benchmarks.progress import Progress
from tests.benchmarks.stage import bare_handler, installed

# What one person says is stored in its order, one after the other; so connections are those of different people.
PEOPLE = 50
WARMING = 200
PACED, PER_SECOND = 1_000, 50
EVENTS = 2_000
CONNECTIONS = (1, 10, 50)
STEPS = 2 + 2 + 2 * len(CONNECTIONS)
TITLE = "durable acknowledgement"
NOTE = (
    f"messages of {PEOPLE} people, while it works at a quota of 2 requests/s; load, portal, bot and bare handler share this machine's cores;\n"
    "    the bare handler runs as aiohttp starts it, on asyncio's own loop, the bot on uvloop"
)

Run = Callable[[str, Sequence[bytes], Tell], Awaitable[Load]]


async def measure(engine: Engine, progress: Progress) -> list[Pair]:
    """Return the figures of the paced load, and those of the unpaced one for each number of connections."""
    company = Company(PEOPLE)
    async with AsyncExitStack() as stack:
        with progress.step("start", 2) as shown:
            bare_url = (await stack.enter_async_context(bare_handler())).url
            shown.update(1)
            database_url = stack.enter_context(engine.database())
            bot = await stack.enter_async_context(installed(company, database_url, rate="2", burst="50"))
            shown.update(1)
        url = f"{bot.url}/bitrix24/events"
        with progress.step("warm up", 2 * WARMING) as shown:
            for one in (bare_url, url):
                await saturate(one, _bodies(company, WARMING), 10, shown.update)

        async def pair(what: str, count: int, run: Run, *, paced: bool) -> Pair:
            bodies = _bodies(company, count)
            with progress.step(f"bare handler, {what}", count) as shown:
                bare = await run(bare_url, bodies, shown.update)
            with progress.step(f"acknowledged, {what}", count) as shown:
                return Pair(what, bare, await run(url, bodies, shown.update), paced)

        paced = await pair(f"{PER_SECOND} events/s", PACED, _paced, paced=True)
        return [paced] + [await pair(_connections(one), EVENTS, _saturated(one), paced=False) for one in CONNECTIONS]


async def _paced(url: str, bodies: Sequence[bytes], tell: Tell) -> Load:
    return await pace(url, bodies, PER_SECOND, tell)


def _saturated(connections: int) -> Run:
    return lambda url, bodies, tell: saturate(url, bodies, connections, tell)


def _connections(number: int) -> str:
    return "1 connection" if number == 1 else f"{number} connections"


def _bodies(company: Company, count: int) -> list[bytes]:
    """Return the bodies of `count` messages, as the portal would post them, without posting them."""
    for user_id, command in company.answers(count):
        company.say(user_id, command)
    bodies = [delivery.body for delivery in company.queue.pending]
    company.queue.pending.clear()
    return bodies
