"""One id from the webhook to the reply: in the log of the process that took the request in, and of the one that answered it."""

import json
import time

import pytest

from bot.emulator import faults
from tests.flows.conftest import answered, install, until

SEND = "imbot.v2.Chat.Message.send"


@pytest.fixture
async def bot(company, make_bot):
    """A bot that tells every repeated attempt."""
    bot = make_bot(log_level="debug")
    await bot.start()
    await install(company, bot)
    return bot


def lines(bot, event, **wanted):
    """The lines of one kind that say what is wanted."""
    found = (json.loads(line) for line in bot.log.splitlines() if line.startswith("{"))
    return [line for line in found if line["event"] == event and line.items() >= wanted.items()]


async def handled(bot, **wanted):
    """Wait for the line at the end of an event."""
    await until(lambda: lines(bot, "event.handled", **wanted))
    return lines(bot, "event.handled", **wanted)[0]


async def test_each_message_is_one_line_with_an_id_of_its_own(bot, company):
    for text in ("accept 651", "dnd"):
        await answered(company, company.say(17, text))
    await handled(bot, command="dnd")

    said = lines(bot, "event.handled", kind="message_added", user_id=17)
    assert [line["command"] for line in said] == ["accept", "dnd"]
    assert len({line["request_id"] for line in said}) == 2
    assert all(len(line["request_id"]) == 32 for line in said)
    assert [line["requests"] for line in said] == [3, 2]
    assert all(0 <= line["waited_ms"] < 30_000 and 0 <= line["duration_ms"] < 30_000 for line in said)


async def test_id_of_a_message_outlives_the_process_that_took_it_in(bot, company):
    company.faults.add(SEND, faults.error("INTERNAL_SERVER_ERROR"), count=None)
    said = company.say(17, "accept 651")
    await until(lambda: lines(bot, "retry.waits", command="accept"))
    await bot.kill()
    (before,) = {line["request_id"] for line in lines(bot, "retry.waits", command="accept")}
    company.faults.clear()
    await bot.start()
    await answered(company, said)
    after = await handled(bot, command="accept")

    assert after["request_id"] == before
    assert after["outcome"] == "unchanged"
    assert after["waited_ms"] >= 1


async def test_timer_has_the_id_of_the_message_that_set_it_after_a_kill(bot, company):
    await answered(company, company.say(17, "dnd for 2 seconds"))
    made_by = await handled(bot, command="dnd")
    await bot.kill()
    ends_at = time.time() + 3
    await until(lambda: time.time() > ends_at)
    await bot.start()
    ended = await handled(bot, kind="timer_due")

    assert (ended["request_id"], ended["user_id"]) == (made_by["request_id"], 17)
    assert ended["waited_ms"] is None


async def test_what_is_told_on_the_way_has_the_id_of_the_message(bot, company):
    company.faults.add("batch", faults.error("invalid_token"), user_id=17)
    company.faults.add("oauth.token", faults.error("invalid_grant", status=400))
    await answered(company, company.say(17, "accept 651"))
    refused = await handled(bot, command="accept", outcome="refused")

    assert [line["request_id"] for line in lines(bot, "command.failed")] == [refused["request_id"]]


async def test_what_is_refused_at_the_door_has_an_id_too(bot, company):
    company.queue.put("ONIMBOTV2MESSAGEADD", f"{bot.url}/bitrix24/events", b"event=ONIMBOTV2MESSAGEADD")
    await until(lambda: lines(bot, "request.refused"))

    (refused,) = lines(bot, "request.refused")
    assert refused["status"] == 403
    assert refused["request_id"] not in {line["request_id"] for line in lines(bot, "event.handled")}
