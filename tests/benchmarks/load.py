"""A paced and an unpaced load of POST requests against loopback, over a fixed number of kept connections."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

import aiohttp

from tests.benchmarks.figures import Load

HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}

Post = Callable[[bytes], Awaitable[None]]
Tell = Callable[[int], object]


class Refused(Exception):
    """A request was not answered with 200: the figures would mean nothing."""


async def saturate(url: str, bodies: Sequence[bytes], connections: int, tell: Tell) -> Load:
    """Post all bodies as fast as `connections` allow; `tell` hears of every answer."""
    waiting = iter(bodies)

    async def worker(post: Post) -> None:
        for body in waiting:
            await post(body)

    return await _measure(url, connections, tell, lambda post: [worker(post) for _ in range(connections)])


async def pace(url: str, bodies: Sequence[bytes], per_second: float, tell: Tell, connections: int = 50) -> Load:
    """Post bodies at a steady rate; a slow answer does not hold the next one back."""

    async def one(number: int, post: Post) -> None:
        await asyncio.sleep(number / per_second)
        await post(bodies[number])

    return await _measure(url, connections, tell, lambda post: [one(number, post) for number in range(len(bodies))])


async def _measure(url: str, connections: int, tell: Tell, tasks: Callable[[Post], Iterable[Awaitable[None]]]) -> Load:
    latencies_ms: list[float] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:

        async def post(body: bytes) -> None:
            asked_at = time.perf_counter()
            async with session.post(url, data=body, headers=HEADERS) as response:
                await response.read()
            latencies_ms.append((time.perf_counter() - asked_at) * 1000)
            if response.status != 200:
                raise Refused(f"{url} answered with status {response.status}")
            tell(1)

        began_at = time.perf_counter()
        await asyncio.gather(*tasks(post))
        elapsed_s = time.perf_counter() - began_at
    return Load(tuple(sorted(latencies_ms)), elapsed_s)
