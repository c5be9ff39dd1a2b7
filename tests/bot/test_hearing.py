"""What pushes lead to, from the emulator's signed body to what has changed."""

from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select
from structlog.testing import capture_logs

from bot import events
from bot.emulator.cronofy import faults
from bot.emulator.cronofy.events import Person
from bot.emulator.cronofy.pushes import SIGNATURE, signature
from bot.emulator.faults import cut
from bot.errors import StorageError
from bot.externals import externals
from bot.inbox import Entry
from bot.states import states

MEMBER = "1b" * 16
JURIS = "juris@example.org"


@pytest.fixture
async def ask(make_ask, outside):
    return await make_ask(cronofy=outside)


@pytest.fixture
async def connect(ask, outside, browser):
    """Return what connects somebody, and returns the account as it is stored."""

    async def agree(user_id=17, login="mira@example.org"):
        link = (await ask("connect cronofy", user_id=user_id)).message
        await browser.open(browser.agree_outside(outside, link, login))
        return await account(ask, user_id)

    return agree


@pytest.fixture
async def linked(connect):
    """Mira's account, as it is stored."""
    return await connect()


@pytest.fixture
async def wire(ask):
    """Return what posts a push to the address that it names, and keeps it."""
    sent = []
    async with TestClient(TestServer(ask.receiver.app())) as client:

        async def post(url, body, headers):
            sent.append((url, body, headers))
            answer = await client.post(url.removeprefix("https://bot.example.com"), data=body, headers=headers)
            return answer.status

        post.sent = sent
        yield post


async def account(ask, user_id=17):
    return await ask.core.store.accounts.find(MEMBER, user_id)


def handled(lines):
    return [line["outcome"] for line in lines if line["event"] == "event.handled" and line["kind"] == "account_changed"]


def said(portal, user_id=17):
    return [one.text for one in portal.messages if one.author_id in portal.bots.by_id and one.dialog_id == str(user_id)]


def accounts(outside):
    return {one.email: one for one in outside.directory.accounts.values()}


async def pushed(outside, wire, kind, login="mira@example.org"):
    """Let Cronofy tell of something; return what became of it here."""
    outside.push(accounts(outside)[login], kind)
    with capture_logs() as lines:
        await outside.deliver(wire)
    return handled(lines)


def waiting(what, channel_id="chn_1"):
    """News of Mira's account as they lie in the inbox."""
    event = events.AccountChanged(
        portal=MEMBER, sent_at=1, domain="", user_id=17, what=what, channel_id=channel_id, since=0
    )
    return Entry(event.key, event.lane, events.dump(event), sent_at=event.sent_at)


# --- hints


@pytest.fixture
def answering(ask, outside, clock, wire):
    """Return what lets somebody accept an invitation, and time pass until it is accepted; the bot does not know that yet."""

    async def accept(user_id=17, login="mira@example.org"):
        calendar = accounts(outside)[login].profiles[0].calendars[0]
        host = Person("nora@client.example", "Nora Muster")
        outside.add_event(calendar, "Supplier call", start="2026-11-25T15:00:00", tz="Europe/Riga", organizer=host)
        message = (await ask("accept Supplier call", user_id=user_id)).message
        await outside.deliver(wire)
        assert is_waiting(message)
        clock.advance(60)
        return message

    return accept


def is_waiting(message):
    return message.text.startswith("Sent, not confirmed yet")


@pytest.mark.parametrize("kind", ["change", "profile_initial_sync_completed"])
async def test_change_confirms_what_the_person_waits_for(outside, linked, connect, wire, answering, kind):
    await connect(23, JURIS)
    mine, theirs = await answering(), await answering(23, JURIS)

    assert await pushed(outside, wire, kind) == ["done"]
    assert mine.text.startswith("You are going: ")
    assert is_waiting(theirs)


async def test_change_in_a_calendar_is_heard(outside, linked, wire, answering):
    message = await answering()
    calendar = accounts(outside)["mira@example.org"].profiles[0].calendars[0]
    outside.add_event(calendar, "Lunch", start="2026-11-26T12:00:00", tz="Europe/Riga")
    await outside.deliver(wire)

    assert message.text.startswith("You are going: ")


@pytest.mark.parametrize("kind", ["profile_disconnected", "verification", "conferencing_profile_disconnected", "later"])
async def test_other_pushes_change_nothing(ask, portal, outside, linked, wire, answering, kind):
    message = await answering()
    before = len(portal.messages)
    await pushed(outside, wire, kind)

    assert (await account(ask), len(portal.messages)) == (linked, before)
    assert is_waiting(message)


async def test_login_that_is_disconnected_leaves_a_line(outside, linked, wire):
    outside.push(accounts(outside)["mira@example.org"], "profile_disconnected")
    with capture_logs() as lines:
        await outside.deliver(wire)

    assert {"event": "account.login-disconnected", "user_id": 17, "log_level": "info"} in lines


async def test_replayed_push_is_heard_once(outside, linked, wire, answering):
    message = await answering()

    assert await wire(*wire.sent[-1]) == 200
    assert is_waiting(message)


@pytest.mark.parametrize("kind", ["change", "gdpr_requested"])
async def test_push_of_another_person_s_account_does_nothing(ask, outside, linked, connect, wire, answering, kind):
    theirs = await connect(23, JURIS)
    message = await answering(23, JURIS)
    await pushed(outside, wire, kind)
    _, body, headers = wire.sent[-1]
    with capture_logs() as lines:
        status = await wire(f"https://bot.example.com/cronofy/events?key={theirs.push_key}", body, headers)

    assert (status, handled(lines)) == (200, ["ignored: not through the channel of the account"])
    assert await account(ask, 23) == theirs
    assert is_waiting(message)


async def test_push_is_ignored_where_cronofy_is_not_set_up_any_more(ask, linked):
    ask.inbox._dispatcher._parts = replace(ask.core.parts, cronofy=None)
    with capture_logs() as lines:
        await ask.inbox.put(waiting("erasure", linked.channel_id))

    assert handled(lines) == ["ignored: Cronofy is not set up any more"]
    assert await account(ask) == linked


# --- the demand to delete


async def test_account_is_forgotten_and_given_back_on_demand(ask, outside, linked, connect, wire, answering):
    juris = await connect(23, JURIS)
    await answering()
    await answering(23, JURIS)

    assert sorted(await pushed(outside, wire, "gdpr_requested")) == ["done", "done"]
    assert await account(ask) is None
    assert {row.user_id for row in await ask.core.database.read(lambda c: c.execute(select(externals)).all())} == {23}
    assert [known.account.email for known in outside.oauth.authorizations if not known.revoked] == [JURIS]
    assert [one.id for one in outside.pushes.channels if not one.closed] == [juris.channel_id]
    assert await account(ask, 23) == juris


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Cronofy has told me that your data is to be deleted"),
        ("ru", "Cronofy сообщил, что ваши данные нужно удалить"),
    ],
)
async def test_person_is_told_in_private_and_in_their_language(ask, portal, outside, linked, wire, language, words):
    await ask(f"language {language}")
    before = len(portal.messages)
    await pushed(outside, wire, "gdpr_requested")

    assert len(portal.messages) == before + 1
    assert words in said(portal)[-1]


async def test_person_who_chose_no_language_is_told_in_that_of_the_portal(make_ask, portal, outside):
    portal.options.language = "ru"
    ask = await make_ask(cronofy=outside)
    await ask.inbox.put(waiting("erased"))

    assert said(portal)[-1].startswith("Cronofy сообщил")


async def test_open_links_are_closed_with_the_account(ask, outside, linked, wire):
    outside.revoke(accounts(outside)["mira@example.org"])  # so that the next command offers a link again
    await ask("connect cronofy")
    await ask.core.store.accounts.save(linked)
    await ask.inbox.put(waiting("erasure", linked.channel_id))

    assert (
        await ask.core.database.read(lambda c: c.execute(select(states).where(states.c.used_at.is_(None))).all()) == []
    )


@pytest.mark.parametrize("trouble", [cut(), faults.refused(503), faults.oauth("invalid_client")])
async def test_account_is_forgotten_here_whatever_cronofy_says(ask, portal, outside, linked, wire, trouble):
    for call in ("channels.delete", "oauth.revoke"):
        outside.faults.add(call, trouble, count=None)
    await pushed(outside, wire, "gdpr_requested")

    assert await account(ask) is None
    assert "is to be deleted" in said(portal)[-1]


async def test_demand_that_was_interrupted_is_carried_out_and_told_once(ask, portal, outside, linked):
    usual, ask.core.store.accounts.forget = ask.core.store.accounts.forget, broken
    before = len(said(portal))
    with pytest.raises(StorageError):
        await ask.inbox.put(waiting("erasure", linked.channel_id))
    ask.core.store.accounts.forget = usual
    await ask.inbox.hand_out_again(waiting("erasure", linked.channel_id))

    assert await account(ask) is None
    assert len(said(portal)) == before + 1


async def broken(_account):
    raise StorageError("disk full")


@pytest.mark.parametrize("to", ["the former address", "the address of now"])
async def test_demand_that_is_replayed_after_a_new_connection_does_nothing(
    ask, portal, outside, linked, connect, wire, to
):
    await pushed(outside, wire, "gdpr_requested")
    url, body, headers = wire.sent[-1]
    later = await connect()
    before = len(portal.messages)
    if to == "the address of now":
        url = f"https://bot.example.com/cronofy/events?key={later.push_key}"

    assert await wire(url, body, headers) == (403 if to == "the former address" else 200)
    assert (await account(ask), len(portal.messages)) == (later, before)
    assert [known.revoked for known in outside.oauth.authorizations] == [True, False]


async def test_demand_through_a_channel_that_nobody_has_does_nothing(ask, outside, linked, wire):
    (application,) = outside.directory.applications.values()
    for channel in ('""', "null", '"chn_1"'):
        body = b'{"notification": {"type": "gdpr_requested"}, "channel": {"channel_id": %s}}' % channel.encode()
        url = f"https://bot.example.com/cronofy/events?key={linked.push_key}"
        assert await wire(url, body, {SIGNATURE: signature(body, application.client_secrets)}) == 200

    assert await account(ask) == linked


async def test_person_cannot_be_told_while_the_bot_is_removed(ask, portal, outside, linked, wire):
    await ask.core.store.bot_registered(MEMBER, None, None)

    assert sorted(await pushed(outside, wire, "gdpr_requested")) == ["done", "unanswered"]
    assert await account(ask) is None


async def test_person_is_told_by_the_bot_that_was_registered_meanwhile(portal, outside, linked, wire, replace_bot):
    portal.messages.clear()
    bot_id = await replace_bot()
    await pushed(outside, wire, "gdpr_requested")

    assert [(one.author_id, one.dialog_id) for one in portal.messages] == [(bot_id, "17")]
