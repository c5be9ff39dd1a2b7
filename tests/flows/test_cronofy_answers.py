"""Answers to invitations outside Bitrix24 through the real process: sent once and confirmed, whatever interrupts it."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.emulator.cronofy.events import Person
from bot.emulator.faults import lost, slow
from tests.flows import test_cronofy
from tests.flows.conftest import answered, answers, until
from tests.flows.test_cronofy import agree, link_for, opened

outside = test_cronofy.outside
bot = test_cronofy.bot
NORA = Person("nora@client.example", "Nora Muster")
DONE = "You are going: “Supplier call” in “Choir”"


@pytest.fixture
async def call(bot, company, outside):
    """An invitation to Mira, whose account is connected."""
    said = company.say(17, "connect cronofy")
    await opened(await agree(await link_for(company, said)))
    await until(lambda: len(answers(company, said)) == 2)
    (account,) = outside.directory.accounts.values()
    (calendar,) = account.profiles[0].calendars
    outside.options.answer_delay_s = 0.2
    return outside.add_event(
        calendar,
        "Supplier call",
        start=f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}T11:00:00",
        tz="Europe/Riga",
        organizer=NORA,
    )


def posts(outside):
    return [one for one in outside.calls if one.name == "participation_status"]


async def test_answer_is_confirmed_in_the_message_that_said_sent(bot, company, outside, call):
    said = company.say(17, "accept supplier call")
    first = await answered(company, said)
    await until(lambda: answers(company, said)[0].startswith(DONE))

    assert first.startswith("Sent, not confirmed yet: you are going to “Supplier call”")
    assert len(answers(company, said)) == len(posts(outside)) == 1
    assert outside.answers[call.uid] == "accepted"


async def test_kill_between_the_answer_and_its_confirmation_answers_once(bot, company, outside, call):
    said = company.say(17, "accept supplier call")
    await until(lambda: '"command": "accept"' in bot.log)
    await bot.kill()
    await bot.start()
    await until(lambda: answers(company, said)[0].startswith(DONE))

    assert len(answers(company, said)) == len(posts(outside)) == 1


async def test_kill_while_cronofy_is_slow_to_take_the_answer_answers_once(bot, company, outside, call):
    outside.faults.add("participation_status", slow(9.0))
    said = company.say(17, "accept supplier call")
    await until(lambda: posts(outside))
    await bot.kill()
    await bot.start()
    await until(lambda: answers(company, said) and answers(company, said)[0].startswith(DONE))

    assert len(answers(company, said)) == len(posts(outside)) == 1


async def test_push_confirms_before_the_next_look(bot, company, outside, call):
    outside.options.push_own_answers = True
    outside.faults.add("participation_status", lost())
    said = company.say(17, "accept supplier call")
    await until(lambda: answers(company, said) and answers(company, said)[0].startswith(DONE))

    assert len(posts(outside)) == 1
