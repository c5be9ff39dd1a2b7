"""A crowd against the portal's leaky bucket: 200 people accept at once, the bucket holds 50 and forgives 20 a second."""

import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from cryptography.fernet import Fernet

from bot.emulator import server
from bot.emulator.clock import SystemClock
from bot.emulator.limits import Bucket
from bot.emulator.portal import Portal
from tests.flows.conftest import install
from tests.process import BotProcess

PEOPLE = 200
BURST, RATE = 50, 20


@dataclass(frozen=True, slots=True)
class Drained:
    """How a burst went. Waits are seconds from the first event to the reply in the chat."""

    requests_per_command: float
    refused_by_quota: int
    seconds: float
    times_optimum: float  # against filling the bucket to the brim
    times_careful_optimum: float  # against staying below it by RATE, as the interface wants
    median_wait_s: float
    fair_median_s: float


async def drain() -> Drained:
    """Let everybody accept at once and wait for the last reply."""
    portal = Portal(SystemClock())
    portal.add_user(1, "Ada", "Admin", admin=True)
    portal.add_user(23, "Juris", "Proba")
    people = range(1001, 1001 + PEOPLE)
    for user_id in people:
        portal.add_user(user_id, f"Person{user_id}")
    portal.add_meeting(651, name="All hands", host=23, guests=people, start="2027-01-20T10:00:00")
    running = await server.start(portal)
    with tempfile.TemporaryDirectory() as folder:
        limits = {"rate": str(RATE), "burst": str(BURST)}
        bot = BotProcess(Path(folder), portal, Fernet.generate_key().decode(), log_level="error", **limits)
        await bot.start()
        try:
            await install(portal, bot)
            await asyncio.sleep(BURST / RATE)  # the bucket of the portal, and ours, are empty again
            return await _run(portal, bot, people)
        finally:
            await bot.stop()
            await running.stop()


async def _run(portal: Portal, bot: BotProcess, people: range) -> Drained:
    bodies = []
    for user_id in people:
        portal.say(user_id, "accept 651")
        bodies.append(portal.queue.pending.pop().body)
    said = {message.chat_id for message in portal.messages}
    bucket = portal.rest.bucket = Bucket(BURST, RATE)
    before, first_reply = portal.requests, len(portal.messages)
    began_at, began_clock = time.monotonic(), portal.clock.now()
    await _post_all(bot, bodies)
    while len({message.chat_id for message in portal.messages[first_reply:]} & said) < PEOPLE:
        await asyncio.sleep(0.01)
    seconds = time.monotonic() - began_at
    requests = portal.requests - before
    waits = [message.at - began_clock for message in portal.messages[first_reply:]]
    # The best that any client can do: the bucket filled at once, then one request each time one is forgiven. Staying below by
    # RATE costs a second.
    optimum = (requests - BURST) / RATE
    return Drained(
        requests_per_command=round(requests / PEOPLE, 3),
        refused_by_quota=bucket.refused,
        seconds=round(seconds, 2),
        times_optimum=round(seconds / optimum, 3),
        times_careful_optimum=round(seconds / (optimum + 1), 3),
        median_wait_s=round(statistics.median(waits), 2),
        fair_median_s=round(optimum / 2, 2),
    )


async def _post_all(bot: BotProcess, bodies: list[bytes]) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=20)) as session:

        async def post(body: bytes) -> None:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            async with session.post(f"{bot.url}/bitrix24/events", data=body, headers=headers) as answer:
                answer.raise_for_status()

        await asyncio.gather(*map(post, bodies))
