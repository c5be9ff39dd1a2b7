"""Pushes of Cronofy through the real process: told, heard, and not lost with it."""

import json

import httpx
import pytest

from bot.emulator import faults
from bot.emulator.cronofy.pushes import SIGNATURE, signature
from tests.flows import test_cronofy
from tests.flows.conftest import answered, answers, until
from tests.flows.test_cronofy import SEND, agree, link_for, opened

outside = test_cronofy.outside
bot = test_cronofy.bot


@pytest.fixture
async def channel(bot, company, outside):
    """The channel of Mira, who has connected her account."""
    said = company.say(17, "connect cronofy")
    await opened(await agree(await link_for(company, said)))
    await until(lambda: len(answers(company, said)) == 2)
    (channel,) = outside.pushes.channels
    return channel


def mira(outside):
    (account,) = outside.directory.accounts.values()
    return account


def invite(outside, summary="Supplier call"):
    (calendar,) = mira(outside).profiles[0].calendars
    return outside.add_event(calendar, summary, start="2027-01-21T11:00:00", tz="Europe/Riga")


def pushes(outside, kind):
    return [push.status for push in outside.pushes.log if push.kind == kind]


def heard(bot):
    """What became of the pushes that the process has handled."""
    lines = map(json.loads, bot.log.splitlines())
    return [line["outcome"] for line in lines if line["event"] == "event.handled" and line["kind"] == "account_changed"]


async def post(url, body, secrets):
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.post(url, content=body, headers={SIGNATURE: signature(body, secrets)})).status_code


async def test_account_that_is_connected_is_listened_to(bot, outside, channel):
    await until(lambda: pushes(outside, "verification"))

    assert channel.callback_url.startswith(f"{bot.url}/cronofy/events?key=")
    assert pushes(outside, "verification") == [200]


async def test_change_is_told_stored_and_heard(bot, outside, channel):
    invite(outside)
    await until(lambda: heard(bot))

    assert pushes(outside, "change") == [200]
    assert heard(bot) == ["done"]


async def test_forged_and_replayed_pushes_do_nothing(bot, outside, channel):
    (application,) = outside.directory.applications.values()
    told = {"notification": {"type": "change", "changes_since": "2027-01-01T00:00:00Z"}}
    body = json.dumps(told | {"channel": {"channel_id": channel.id}}).encode()

    assert await post(channel.callback_url, body, ["another"]) == 403
    assert await post(f"{bot.url}/cronofy/events?key=x", body, application.client_secrets) == 403
    for _ in range(2):
        assert await post(channel.callback_url, body, application.client_secrets) == 200
    await until(lambda: heard(bot))
    await bot.stop()
    assert heard(bot) == ["done"]


async def test_push_that_was_answered_outlives_a_kill(bot, company, outside, channel):
    """The demand to delete is carried out by the next process, and told once."""
    before = len(company.messages)
    outside.faults.add("channels.delete", faults.slow(9), count=1)
    outside.push(mira(outside), "gdpr_requested")
    await until(lambda: pushes(outside, "gdpr_requested"))
    await bot.kill()
    assert pushes(outside, "gdpr_requested") == [200]
    assert not [known for known in outside.oauth.authorizations if known.revoked]
    outside.faults.clear()
    await bot.start()
    await until(lambda: len(company.messages) > before)
    await bot.stop()

    assert [known.revoked for known in outside.oauth.authorizations] == [True]
    assert ["is to be deleted" in message.text for message in company.messages[before:]] == [True]


async def test_channel_that_could_not_be_opened_is_opened_at_the_next_start(bot, company, outside):
    outside.faults.add("channels.create", faults.cut(), count=None)
    said = company.say(17, "connect cronofy")
    await opened(await agree(await link_for(company, said)))
    await until(lambda: len(answers(company, said)) == 2)
    assert outside.pushes.channels == []
    await bot.kill()
    outside.faults.clear()
    await bot.start()
    await until(lambda: outside.pushes.channels)
    invite(outside)
    await until(lambda: heard(bot))

    assert pushes(outside, "change") == [200]


async def test_kill_between_opening_and_telling_leaves_one_channel(bot, company, outside):
    said = company.say(17, "connect cronofy")
    address = await agree(await link_for(company, said))
    company.faults.add(SEND, faults.error("INTERNAL_SERVER_ERROR"), count=None)
    await opened(address)
    await until(lambda: outside.pushes.channels)
    await bot.kill()
    company.faults.clear()
    await bot.start()
    await until(lambda: len(answers(company, said)) == 2)

    assert len(outside.pushes.channels) == 1
    assert len(answers(company, said)) == 2


async def test_account_that_is_disconnected_is_listened_to_no_more(bot, company, outside, channel):
    assert "forgotten it" in await answered(company, company.say(17, "disconnect cronofy"))
    invite(outside)

    assert channel.closed
    assert outside.pushes.pending == []


async def test_key_of_a_channel_is_not_logged(bot, outside, channel):
    invite(outside)
    await until(lambda: heard(bot))
    await post(channel.callback_url, b"", ["another"])
    await bot.stop()

    assert "request.refused" in bot.log
    assert channel.callback_url.partition("key=")[2] not in bot.log
