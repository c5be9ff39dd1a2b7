"""A paced and an unpaced load of POST requests against loopback, over a fixed number of kept connections."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp


@dataclass(frozen=True, slots=True)
class Measured:
    """Latencies in ms, rate in answered requests per second."""

    rate: float
    p50_ms: float
    p99_ms: float
    refused: int


async def saturate(url: str, bodies: Sequence[bytes], connections: int) -> Measured:
    """Post all bodies as fast as `connections` allow."""
    waiting = iter(bodies)

    async def worker(session: aiohttp.ClientSession, latencies: list[float], refused: list[int]) -> None:
        for body in waiting:
            await _post(session, url, body, latencies, refused)

    return await _measure(
        len(bodies), connections, lambda s, lat, ref: [worker(s, lat, ref) for _ in range(connections)]
    )


async def pace(url: str, bodies: Sequence[bytes], per_second: float, connections: int = 50) -> Measured:
    """Post bodies at a steady rate; a slow answer does not hold the next one back."""

    async def one(number: int, session: aiohttp.ClientSession, latencies: list[float], refused: list[int]) -> None:
        await asyncio.sleep(number / per_second)
        await _post(session, url, bodies[number], latencies, refused)

    return await _measure(
        len(bodies), connections, lambda s, lat, ref: [one(number, s, lat, ref) for number in range(len(bodies))]
    )


async def _measure(count: int, connections: int, tasks) -> Measured:
    latencies: list[float] = []
    refused: list[int] = []
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=connector) as session:
        began_at = time.perf_counter()
        await asyncio.gather(*tasks(session, latencies, refused))
        elapsed_s = time.perf_counter() - began_at
    latencies.sort()
    return Measured(
        rate=round(count / elapsed_s, 1),
        p50_ms=round(latencies[len(latencies) // 2], 2),
        p99_ms=round(latencies[int(len(latencies) * 0.99)], 2),
        refused=len(refused),
    )


async def _post(
    session: aiohttp.ClientSession, url: str, body: bytes, latencies: list[float], refused: list[int]
) -> None:
    began_at = time.perf_counter()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with session.post(url, data=body, headers=headers) as response:
        await response.read()
        if response.status != 200:
            refused.append(response.status)
    latencies.append((time.perf_counter() - began_at) * 1000)
