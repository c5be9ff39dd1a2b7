"""Channels: opened with an account, kept, closed with it; and nobody minds when that goes wrong."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from bot.accounts import accounts
from bot.channels import Channels, longest_public_url, push_address
from bot.emulator.cronofy import faults
from bot.emulator.faults import cut, lost
from bot.errors import StorageError
from tests.visitor import Browser

MEMBER = "1b" * 16
JURIS = "juris@example.org"


@pytest.fixture
async def ask(make_ask, outside):
    return await make_ask(cronofy=outside)


@pytest.fixture
def connect(ask, outside, browser):
    """Return what connects somebody, and returns the account as it is stored."""

    async def agree(user_id=17, login="mira@example.org"):
        link = (await ask("connect cronofy", user_id=user_id)).message
        await browser.open(browser.agree_outside(outside, link, login))
        return await account(ask, user_id)

    return agree


async def at_once(_seconds):
    """Wait for nothing."""


def channels_of(ask, *, sleep=at_once):
    return Channels(ask.core.cronofy, ask.core.parts.settings, ask.core.store, sleep=sleep)


@pytest.fixture
def look(ask):
    """Return what looks after the accounts of an hour, or after those without a channel."""

    async def run(hour=None):
        await channels_of(ask).look_after(hour)

    return run


async def account(ask, user_id=17):
    return await ask.core.store.accounts.find(MEMBER, user_id)


def standing(outside):
    """The channels that are open, by the address that they lead to."""
    return {one.callback_url: one.id for one in outside.pushes.channels if one.open}


def asked(outside):
    return [call.name for call in outside.calls if call.name.startswith("channels.")]


# --- opened


async def test_account_that_is_connected_has_its_channel(ask, outside, connect):
    mira, juris = await connect(), await connect(23, JURIS)

    assert mira.channel_id != juris.channel_id
    assert standing(outside) == {
        f"https://bot.example.com/cronofy/events?key={one.push_key}": one.channel_id for one in (mira, juris)
    }


async def test_channel_is_for_all_calendars(outside, connect):
    await connect()

    assert [channel.filters for channel in outside.pushes.channels] == [{}]


TROUBLE = [
    cut(),
    faults.refused(402),
    faults.refused(403),
    faults.refused(423),
    faults.refused(503),
    faults.too_many(60),
]


@pytest.mark.parametrize("call", ["channels.list", "channels.create"])
@pytest.mark.parametrize("trouble", TROUBLE)
async def test_trouble_leaves_the_account_connected_and_is_mended_later(
    ask, portal, outside, connect, look, call, trouble
):
    outside.faults.add(call, trouble, count=None)
    with capture_logs() as lines:
        without = await connect()
    told = portal.messages[-1].text
    outside.faults.clear()
    portal.clock.advance(60)  # as long as Cronofy may have asked us to wait
    await look()

    assert (without.state, without.channel_id) == ("working", None)
    assert "are connected" in told
    assert [line["event"] for line in lines].count("channel.not-opened") == 1
    assert list(standing(outside).values()) == [(await account(ask)).channel_id]


async def test_neither_key_nor_channel_is_logged(outside, connect, look):
    with capture_logs() as lines:
        linked = await connect()
        await look(17)
        outside.faults.add("channels.list", faults.refused(503), count=None)
        await look(17)

    assert not [secret for secret in (linked.push_key, linked.access_token) if secret in str(lines)]


async def test_attempt_without_an_answer_is_not_repeated_blindly(ask, outside, connect, look):
    outside.faults.add("channels.create", lost())
    without = await connect()
    await look()

    assert without.channel_id is None
    assert asked(outside) == ["channels.list", "channels.create", "channels.list"]
    assert list(standing(outside).values()) == [(await account(ask)).channel_id]


async def test_news_that_are_told_again_open_no_second_channel(ask, outside, connect):
    before = await connect()
    await ask.inbox.hand_out_again(ask.inbox.entries[-1])

    assert len(outside.pushes.channels) == 1
    assert await account(ask) == before


async def test_account_that_is_connected_anew_gets_a_new_channel(ask, outside, connect):
    former = await connect()
    await ask("disconnect cronofy")
    later = await connect()

    assert later.push_key != former.push_key
    assert standing(outside) == {push_address(ask.core.parts.settings, later.push_key): later.channel_id}


# --- kept


def lose(outside):
    """Let Cronofy close all channels, as after a day without an answer."""
    for channel in outside.pushes.channels:
        channel.closed = True


async def test_lost_channel_is_opened_again_in_the_hour_of_its_account(ask, outside, connect, look):
    former = await connect()
    lose(outside)
    for hour in [hour for hour in range(24) if hour != 17]:
        await look(hour)
    assert standing(outside) == {}
    await look(17)
    later = await account(ask)

    assert later.channel_id not in (None, former.channel_id)
    assert list(standing(outside).values()) == [later.channel_id]


async def test_channel_that_cannot_be_opened_again_is_known_to_be_missing(ask, outside, connect, look):
    await connect()
    lose(outside)
    outside.faults.add("channels.create", faults.refused(503))
    await look(17)

    assert (await account(ask)).channel_id is None
    await look()
    assert list(standing(outside).values()) == [(await account(ask)).channel_id]


async def test_channel_that_is_open_costs_one_request_a_day(outside, connect, look):
    await connect()
    outside.calls.clear()
    await look()
    for hour in range(24):
        await look(hour)

    assert [call.name for call in outside.calls] == ["channels.list"]


async def test_open_channel_of_which_we_lost_the_id_is_taken(ask, outside, connect, look):
    linked = await connect()
    await ask.core.store.accounts.listen(linked, "chn_of_a_former_backup")
    await look(17)

    assert await account(ask) == linked
    assert len(outside.pushes.channels) == 1


async def test_channels_that_lead_elsewhere_are_left_alone(ask, outside, connect, look):
    linked = await connect()
    (channel,) = outside.pushes.channels
    channel.callback_url = "https://test.example.org/cronofy/events?key=1"
    await look(17)
    later = await account(ask)

    assert later.channel_id != linked.channel_id
    assert standing(outside) == {
        "https://test.example.org/cronofy/events?key=1": linked.channel_id,
        push_address(ask.core.parts.settings, linked.push_key): later.channel_id,
    }


async def test_broken_account_is_skipped(ask, outside, connect, look):
    await ask.core.store.accounts.break_(await connect())
    lose(outside)
    outside.calls.clear()
    with capture_logs() as lines:
        await look()
        await look(17)

    assert (outside.calls, lines) == ([], [])


async def test_account_that_no_key_opens_keeps_no_other_from_its_channel(ask, outside, both_lost, look):
    strange = update(accounts).where(accounts.c.user_id == 17).values(tokens="strange")
    await ask.core.database.write(lambda c: c.execute(strange))
    await look()

    assert [(await account(ask, user_id)).channel_id is None for user_id in (17, 23)] == [True, False]


@pytest.fixture
async def both_lost(ask, outside, connect):
    """Mira and Juris without channels; the calls so far are forgotten."""
    for one in (await connect(), await connect(23, JURIS)):
        await ask.core.store.accounts.listen(one, None)
    lose(outside)
    outside.calls.clear()


@pytest.mark.parametrize("status", [403, 404, 423])
async def test_trouble_of_one_account_does_not_concern_the_next(ask, outside, both_lost, look, status):
    outside.faults.add("channels.list", faults.refused(status))
    await look()

    assert [(await account(ask, user_id)).channel_id is None for user_id in (17, 23)] == [True, False]


async def test_permission_that_is_gone_does_not_concern_the_next(ask, outside, both_lost, look):
    outside.revoke(outside.directory.accounts[(await account(ask)).sub])
    await look()

    assert (await account(ask)).state == "broken"
    assert (await account(ask, 23)).channel_id is not None


@pytest.mark.parametrize("trouble", [cut(), faults.refused(503), faults.refused(402), faults.too_many(60)])
async def test_trouble_of_all_ends_the_round(outside, both_lost, look, trouble):
    outside.faults.add("channels.list", trouble, count=None)
    await look()

    assert {call.account_id for call in outside.calls} == {next(iter(outside.directory.accounts))}


async def test_account_that_is_disconnected_meanwhile_gets_no_channel(ask, outside, both_lost):
    async def disconnect(_seconds):
        if await account(ask, 23) is not None:
            await ask("disconnect cronofy", user_id=23)

    await channels_of(ask, sleep=disconnect).look_after(None)

    assert list(standing(outside).values()) == [(await account(ask)).channel_id]


class Enough(Exception):
    """The keeper was watched for long enough."""


@pytest.fixture
def watch(ask, clock):
    """Return what lets the keeper work for some hours, and gives the time of each list that Cronofy gave."""

    async def run(outside, hours):
        until = clock.now() + hours * 3600

        async def pass_over(seconds):
            clock.advance(seconds)
            if clock.now() >= until:
                raise Enough

        with pytest.raises(Enough):
            await channels_of(ask, sleep=pass_over).keep(clock.now)
        return [
            datetime.fromtimestamp(call.at, UTC).strftime("%H:%M:%S")
            for call in outside.calls
            if (call.name, call.status) == ("channels.list", 200)
        ]

    return run


@pytest.mark.parametrize("after_s", [0, 8 * 3600 - 1, 8 * 3600 + 2, 20 * 3600])
async def test_keeper_comes_to_every_account_once_a_day(outside, connect, clock, watch, after_s):
    await connect()
    await connect(23, JURIS)
    clock.advance(after_s)
    outside.calls.clear()

    assert sorted(await watch(outside, 48)) == ["17:00:01", "17:00:01", "23:00:01", "23:00:01"]


async def test_keeper_begins_with_what_is_missing_and_pauses_between_accounts(outside, both_lost, watch):
    assert (await watch(outside, 1))[:2] == ["09:00:00", "09:00:01"]


async def test_keeper_survives_a_database_that_fails(ask, outside, both_lost, watch):
    usual, ask.core.store.all_portals = ask.core.store.all_portals, list

    def broken():
        ask.core.store.all_portals = usual
        raise StorageError("disk full")

    ask.core.store.all_portals = broken
    with capture_logs() as lines:
        listed = await watch(outside, 24)

    assert listed == ["17:00:01", "23:00:01"]
    assert lines[0] == {"event": "channels.not-kept", "log_level": "warning", "reason": "disk full"}


# --- closed


async def test_channel_is_closed_before_the_permission_is_given_back(ask, outside, connect):
    await connect()
    outside.calls.clear()
    await ask("disconnect cronofy")

    assert [call.name for call in outside.calls] == ["channels.delete", "oauth.revoke"]
    assert [channel.closed for channel in outside.pushes.channels] == [True]


@pytest.mark.parametrize("trouble", [*TROUBLE, faults.refused(404), faults.refused(401)])
async def test_trouble_with_the_channel_does_not_keep_the_permission(ask, outside, connect, trouble):
    await connect()
    outside.faults.add("channels.delete", trouble, count=None)
    reply = await ask("disconnect cronofy")

    assert "given the permission back" in reply.text
    assert standing(outside) == {}


async def test_permission_is_given_back_with_tokens_that_closing_renewed(ask, outside, connect, clock):
    outside.options.rotating_refresh = True
    await connect()
    clock.advance(3601)
    await ask("disconnect cronofy")

    assert [known.revoked for known in outside.oauth.authorizations] == [True]
    assert [channel.closed for channel in outside.pushes.channels] == [True]


async def test_account_without_a_channel_is_disconnected_as_before(ask, outside, both_lost):
    await ask("disconnect cronofy")

    assert [call.name for call in outside.calls] == ["oauth.revoke"]


async def test_all_channels_are_closed_when_the_application_is_removed(ask, portal, outside, connect):
    await connect()
    await connect(23, JURIS)
    portal.uninstall(next(iter(portal.oauth.apps.values())))
    await ask.deliver()

    assert [channel.closed for channel in outside.pushes.channels] == [True, True]
    assert [known.revoked for known in outside.oauth.authorizations] == [True, True]


async def test_channel_of_an_account_that_is_replaced_goes_with_its_permission(ask, outside, browser, connect):
    former = await connect()
    (permission,) = outside.oauth.authorizations
    scopes, permission.scopes = permission.scopes, ("read_events",)
    link = (await ask("connect cronofy")).message
    permission.scopes = scopes
    await browser.open(browser.agree_outside(outside, link, JURIS))
    later = await account(ask)

    assert later.sub != former.sub
    assert list(standing(outside).values()) == [later.channel_id]


# --- addresses that are too long


def test_longest_address_leaves_room_for_a_key(make_settings):
    longest = make_settings(public_url="https://" + "b" * 30 + "." + "b" * 33 + ".com")
    longer = make_settings(public_url="https://" + "b" * 30 + "." + "b" * 34 + ".com")

    assert longest_public_url(longest) is None
    assert len(push_address(longest, "k" * 32)) == 128
    assert longest_public_url(longer) == len(longest.public_url)


@pytest.fixture
async def far(make_ask, outside):
    """A bot whose own address leaves no room for a key."""
    url = "https://bot.example.com/" + "b" * 60
    outside.directory.applications.clear()
    outside.add_application([f"{url}/cronofy"])
    return await make_ask(cronofy=outside, public_url=url)


async def test_account_is_connected_without_a_channel_where_the_address_is_too_long(far, portal, outside):
    link = (await far("connect cronofy")).message
    async with Browser(portal, far.receiver.app()) as browser:
        page = await browser.open(browser.agree_outside(outside, link).replace(f"/{'b' * 60}", ""))

    assert page.status == 200
    assert (await account(far)).channel_id is None
    assert asked(outside) == []


async def test_keeper_says_once_that_the_address_is_too_long(far):
    with capture_logs() as lines:
        await channels_of(far).keep(far.portal.clock.now)

    (line,) = lines
    assert (line["event"], line["log_level"]) == ("channels.impossible", "warning")
    assert "STATUSBOT_PUBLIC_URL has more than 76 characters" in line["reason"]
