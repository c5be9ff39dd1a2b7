"""A presence for a while, and a process that does not live as long.

A kill between the answer and the note that it was given lets the same words be said again; nothing else may be said.
"""

import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.emulator import faults
from tests.flows.conftest import answered, answers, until

# After a restart the former presence is back within this, seconds.
SOON_S = 5.0

SAID = {
    "dnd for 2 seconds": "Do not disturb is on until",
    "не беспокоить 3 секунды": "Режим «не беспокоить» включён до",
}


@pytest.fixture(params=SAID)
def said(request) -> str:
    return request.param


def back(company):
    return company.presence[17] == "away"


async def timed(company, said):
    """Set a presence for two or three seconds in place of “away”; return the message and when it surely is over."""
    company.presence[17] = "away"
    message = company.say(17, said)
    assert (await answered(company, message)).startswith(SAID[said])
    return message, time.time() + 3


async def started_late(bot, ends_at):
    """Start the process when the timer is over; return how long it may take from then on."""
    await until(lambda: time.time() > ends_at)
    await bot.start()
    return time.monotonic() + SOON_S


async def test_former_presence_returns_by_itself_and_unasked_for_words_do_not(bot, company, said):
    earliest = int(time.time() + 2)  # ends are kept in whole seconds
    message, ends_at = await timed(company, said)
    await until(lambda: back(company))

    assert earliest <= time.time() < ends_at + SOON_S
    assert len(answers(company, message)) == 1


async def test_former_presence_returns_soon_after_a_kill(bot, company, said):
    message, ends_at = await timed(company, said)
    await bot.kill()
    latest = await started_late(bot, ends_at)
    await until(lambda: back(company))

    assert time.monotonic() < latest
    assert len(set(answers(company, message))) == 1


async def test_former_presence_returns_soon_after_an_orderly_end(bot, company, said):
    message, ends_at = await timed(company, said)
    assert await bot.stop() == 0
    latest = await started_late(bot, ends_at)
    await until(lambda: back(company))

    assert time.monotonic() < latest
    assert len(answers(company, message)) == 1


async def test_restart_before_the_end_keeps_the_end(bot, company):
    company.presence[17] = "away"
    earliest = int(time.time() + 5)
    message = company.say(17, "dnd for 5 seconds")
    await answered(company, message)
    await bot.kill()
    await bot.start()
    await until(lambda: back(company))

    assert time.time() >= earliest
    assert len(set(answers(company, message))) == 1


async def test_timer_of_a_message_that_was_only_acknowledged_runs_after_a_kill(bot, company, said):
    company.presence[17] = "away"
    company.faults.add("*", faults.cut(), count=None)  # nothing can be done before the kill
    message = company.say(17, said)
    await until(lambda: company.queue.log[-1].event == "ONIMBOTV2MESSAGEADD")
    assert company.queue.log[-1].status == 200
    await bot.kill()
    company.faults.clear()
    await bot.start()

    assert (await answered(company, message)).startswith(SAID[said])
    await until(lambda: back(company))
    assert len(set(answers(company, message))) == 1


@pytest.mark.parametrize("said", ["dnd until my next meeting ends", "не беспокоить до конца следующей встречи"])
async def test_end_of_a_meeting_is_found_and_kept_after_kills(bot, company, said):
    starts = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=1)
    company.add_meeting(700, name="Review", host=23, guests={17: "Y"}, start=starts.replace(tzinfo=None), minutes=90)
    company.faults.add("calendar.event.get.nearest", faults.slow(3600))
    message = company.say(17, said)
    await until(lambda: any(call.method == "calendar.event.get.nearest" for call in company.calls))
    await bot.kill()
    await bot.start()
    end = f"{starts + timedelta(minutes=90):%H:%M} (UTC)"
    assert end in await answered(company, message)

    await bot.kill()
    await bot.start()
    status = company.say(17, "status")
    assert end in await answered(company, status)
    assert company.presence[17] == "dnd"


async def test_kill_between_the_change_and_its_answer_still_ends_the_presence(bot, company):
    """Nobody knows any more what was there before, so it is what the bot had set last."""
    await answered(company, company.say(17, "away"))
    company.faults.add("im.user.status.set", faults.slow(3600))
    message = company.say(17, "dnd for 2 seconds")
    await until(lambda: company.presence[17] == "dnd")
    await bot.kill()
    await bot.start()

    assert (await answered(company, message)).startswith("Do not disturb is on until")
    await until(lambda: back(company))
    assert len(set(answers(company, message))) == 1


async def test_kill_at_the_end_itself_changes_nothing_more(bot, company):
    message, _ = await timed(company, "dnd for 2 seconds")
    company.faults.add("im.user.status.set", faults.slow(3600))
    await until(lambda: back(company))
    await bot.kill()
    company.set_presence(17, "break")
    await bot.start()
    status = company.say(17, "status")

    assert await answered(company, status) == "Your status is “break”."
    assert company.presence[17] == "break"
    assert len(set(answers(company, message))) == 2  # its own, and that to “status”


async def test_forty_timers_end_after_a_kill(bot, company):
    people = range(101, 141)
    messages = [company.say(user_id, "не беспокоить 3 секунды") for user_id in people]
    for message in messages:
        await answered(company, message)
    ends_at = time.time() + 3
    await bot.kill()
    await started_late(bot, ends_at)
    await until(lambda: all(company.presence[user_id] == "online" for user_id in people))

    assert all(len(set(answers(company, message))) == 1 for message in messages)
