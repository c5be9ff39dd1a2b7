"""SIGKILL at the worst moments, and what is true afterwards."""

import asyncio
import itertools
import json
import random

import httpx

from bot.emulator import faults
from tests.flows.conftest import answered, answers, post, until

SEND = "imbot.v2.Chat.Message.send"


async def test_kill_between_the_write_and_the_reply_notifies_once_and_replies(bot, company):
    company.faults.add(SEND, faults.error("INTERNAL_SERVER_ERROR"), count=None)
    said = company.say(17, "accept 651")
    await until(lambda: any(call.method == SEND and call.error for call in company.calls))
    await bot.kill()
    company.faults.clear()
    await bot.start()
    answer = await answered(company, said)

    assert answer.startswith("You are going: meeting 651")
    assert company.meetings[651][17] == "Y"
    assert len(company.notices) == 1
    assert len(answers(company, said)) == 1


async def test_kill_while_the_portal_still_answers_the_write_notifies_once(bot, company):
    company.faults.add("calendar.meeting.status.set", faults.slow(3600))
    said = company.say(17, "accept 651")
    await until(lambda: company.notices)
    await bot.kill()
    await bot.start()

    assert (await answered(company, said)).startswith("You are going")
    assert len(company.notices) == 1


async def test_kill_right_after_the_acknowledgement_loses_nothing(bot, company):
    company.faults.add("*", faults.cut(), count=None)  # nothing can be done before the kill
    said = company.say(17, "dnd")
    await until(lambda: company.queue.log[-1].event == "ONIMBOTV2MESSAGEADD")
    assert company.queue.log[-1].status == 200
    await bot.kill()
    company.faults.clear()
    await bot.start()

    assert (await answered(company, said)).startswith("Do not disturb")
    assert company.presence[17] == "dnd"


async def test_two_hundred_events_and_five_kills(bot, company):
    """Nothing acknowledged is lost, everybody's last command holds, no notice is doubled.

    What a kill left without an answer is posted again, as no portal would: it may or may not have been stored.
    """
    chance = random.Random(651)
    events = _alternating_commands(company, range(101, 141), turns=5)
    kills = sorted(chance.sample(range(10, 190), 5))
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        for begin, end in itertools.pairwise([0, *kills]):
            posts = [asyncio.create_task(post(http, bot, body)) for _, body in events[begin:end]]
            await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
            await bot.kill()
            taken_in = await asyncio.gather(*posts)
            await bot.start()
            lost = [body for (_, body), taken in zip(events[begin:end], taken_in, strict=True) if not taken]
            assert all(await asyncio.gather(*(post(http, bot, body) for body in lost)))
        assert all(await asyncio.gather(*(post(http, bot, body) for _, body in events[kills[-1] :])))
    await until(lambda: all(len(answers(company, said)) >= 1 for said, _ in events))
    await until(lambda: _handled(bot) >= 200)

    for user_id in range(101, 141):
        assert company.meetings[1000 + user_id][user_id] == ("Y" if user_id % 2 else "N")
        kinds = [notice.kind for notice in company.notices if notice.user_id == user_id]
        assert all(kind != following for kind, following in itertools.pairwise(kinds))


def _alternating_commands(company, people, *, turns):
    """Let everybody accept and decline a meeting of their own in turn; odd ones end with accept. Nothing is delivered."""
    for user_id in people:
        company.add_meeting(1000 + user_id, name="M", host=23, guests=[user_id], start="2027-01-20T10:00:00")
    events = []
    for turn in range(turns):
        for user_id in people:
            command = "accept" if (turn + user_id) % 2 else "decline"
            said = company.say(user_id, f"{command} {1000 + user_id}")
            events.append((said, company.queue.pending.pop().body))
    return events


def _handled(bot):
    """Return how many messages were finished, each counted once."""
    lines = (json.loads(line) for line in bot.log.splitlines() if '"event.handled"' in line)
    return len({line["event_key"] for line in lines if line["kind"] == "message_added"})
