"""A crowd against the portal's leaky bucket: 200 people accept at once, the bucket holds 50 and forgives 20 a second."""

import asyncio

import aiohttp

from bot.emulator.clock import SystemClock
from bot.emulator.limits import Bucket
from bot.emulator.portal import Portal
from tests.benchmarks.figures import Burst
from tests.benchmarks.load import HEADERS, Refused, Tell
from tests.benchmarks.progress import Progress
from tests.benchmarks.stage import installed
from tests.process import BotProcess

PEOPLE = 200
BUCKET, RATE = 50, 20
STEPS = 1
# The bucket needs 20 s for all of them.
_PATIENCE_S = 120.0


async def drain(progress: Progress) -> Burst:
    """Let everybody accept at once and wait for the last reply."""
    portal = Portal(SystemClock())
    portal.add_user(1, "Ada", "Admin", admin=True)
    portal.add_user(23, "Juris", "Proba")
    people = range(1001, 1001 + PEOPLE)
    for user_id in people:
        portal.add_user(user_id, f"Person{user_id}")
    portal.add_meeting(651, name="All hands", host=23, guests=people, start="2027-01-20T10:00:00")
    with progress.step(f"{PEOPLE} people accept at once", PEOPLE) as shown:
        async with installed(portal, rate=str(RATE), burst=str(BUCKET)) as bot:
            await asyncio.sleep(BUCKET / RATE)  # the bucket of the portal, and ours, are empty again
            return await _run(portal, bot, people, shown.update)


async def _run(portal: Portal, bot: BotProcess, people: range, tell: Tell) -> Burst:
    bodies, chats = [], set()
    for user_id in people:
        chats.add(portal.say(user_id, "accept 651").chat_id)
        bodies.append(portal.queue.pending.pop().body)
    bucket = portal.rest.bucket = Bucket(BUCKET, RATE)
    requests, first_reply = portal.requests, len(portal.messages)
    began_at = portal.clock.now()
    await _post_all(bot, bodies)
    replied_at: dict[int, float] = {}  # by chat
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while len(replied_at) < PEOPLE:
                await asyncio.sleep(0.01)
                so_far = len(replied_at)
                for message in portal.messages[first_reply:]:
                    if message.chat_id in chats:
                        replied_at.setdefault(message.chat_id, message.at)
                tell(len(replied_at) - so_far)
    except TimeoutError:
        raise Refused(
            f"{PEOPLE - len(replied_at)} of {PEOPLE} people got no answer: the figures mean nothing"
        ) from None
    return Burst(
        answered_s=tuple(sorted(at - began_at for at in replied_at.values())),
        requests=portal.requests - requests,
        refused_by_quota=bucket.refused,
        bucket=BUCKET,
        rate=RATE,
    )


async def _post_all(bot: BotProcess, bodies: list[bytes]) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=20)) as session:

        async def post(body: bytes) -> None:
            async with session.post(f"{bot.url}/bitrix24/events", data=body, headers=HEADERS) as answer:
                answer.raise_for_status()

        await asyncio.gather(*map(post, bodies))
