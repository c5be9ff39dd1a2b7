"""Channels are opened, listed and closed."""

import pytest

from bot import errors
from bot.cronofy.methods import channels
from bot.cronofy.oauth import AsAccount
from bot.emulator import faults
from bot.emulator.cronofy import faults as trouble
from tests.emulator.cronofy_desk import PUSH_URL, Desk

ADDRESS = f"{PUSH_URL}?key=push-17"


async def test_channel_is_opened_for_its_address(as_mira: AsAccount, desk: Desk) -> None:
    channel = await channels.create(as_mira, ADDRESS)
    await desk.pushed()

    assert await channels.listing(as_mira) == [channel]
    assert [url for url, _, _ in desk.received] == [ADDRESS]


async def test_same_address_is_the_same_channel(as_mira: AsAccount) -> None:
    assert await channels.create(as_mira, ADDRESS) == await channels.create(as_mira, ADDRESS)


async def test_closed_channel_is_listed_no_more(as_mira: AsAccount) -> None:
    channel = await channels.create(as_mira, ADDRESS)
    for _ in range(2):  # the second time it is gone, and that is fine
        await channels.delete(as_mira, channel.channel_id)

    assert await channels.listing(as_mira) == []


async def test_longest_address_is_taken_and_a_longer_one_is_not(as_mira: AsAccount) -> None:
    longest = ADDRESS.ljust(channels.MAX_ADDRESS, "x")
    await channels.create(as_mira, longest)
    with pytest.raises(errors.CronofyInvalid):
        await channels.create(as_mira, longest + "x")


async def test_application_without_pushes_is_told(as_mira: AsAccount, desk: Desk) -> None:
    desk.application.push_allowed = False
    with pytest.raises(errors.CronofyRightMissing):
        await channels.create(as_mira, ADDRESS)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"channel": {}}', b'{"channel": 7}'])
async def test_answer_without_channel_is_unreadable(as_mira: AsAccount, desk: Desk, body: bytes) -> None:
    desk.cronofy.faults.add("channels.create", faults.raw(200, body, "application/json"))
    with pytest.raises(errors.CronofyUnreadable):
        await channels.create(as_mira, ADDRESS)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"channels": [{}, 7]}'])
async def test_list_without_channels_is_empty(as_mira: AsAccount, desk: Desk, body: bytes) -> None:
    desk.cronofy.faults.add("channels.list", faults.raw(200, body, "application/json"))

    assert await channels.listing(as_mira) == []


async def test_fault_while_closing_is_told(as_mira: AsAccount, desk: Desk) -> None:
    desk.cronofy.faults.add("channels.delete", trouble.refused(423))
    with pytest.raises(errors.CronofyLocked):
        await channels.delete(as_mira, "chn_1")


async def test_push_key_is_not_shown(as_mira: AsAccount) -> None:
    assert "push-17" not in repr(await channels.create(as_mira, ADDRESS))
