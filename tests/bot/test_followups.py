"""Messages that are to be rewritten: kept whole, encrypted, for a day, and for nobody but their person."""

from dataclasses import asdict, replace

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import select, text

from bot import events
from bot.followups import FollowUp, Part, follow_ups
from bot.hearing import hear
from bot.store import Store
from bot.vault import Sealed, Vault
from tests.acting import MEMBER, link

PORTAL, OTHER, NOW, DAY_S = "1b" * 16, "2c" * 16, 1_795_424_400, 86_400
SENT = Part(
    "Sent: Layoffs.", "Layoffs", asks=("confirm-outside", "ext:0123456789ab", "accepted", "needs_action"), after_s=2.5
)
FOLLOW_UP = FollowUp(
    portal=PORTAL,
    key="event-1",
    user_id=17,
    bot_id=905,
    dialog_id="17",
    private=True,
    api="v2",
    language="ru",
    message_id=84_001,
    parts=(SENT, Part("Done.", "")),
)


@pytest.fixture
def kept(store):
    return store.follow_ups


async def rows(store):
    return await store.database.read(lambda c: c.execute(select(follow_ups)).all())


async def test_nothing_is_to_be_rewritten_at_first(kept):
    assert await kept.find(PORTAL, "event-1") is None
    assert await kept.of_person(PORTAL, 17) == []


@pytest.mark.parametrize(
    "differing",
    [
        {},
        {"api": "v1", "private": False, "dialog_id": "chat311", "language": "en"},
        {"message_id": 0},
        {"parts": (replace(SENT, adds="At the same time: Board."), replace(SENT, is_whole=True))},
    ],
)
async def test_message_is_found_as_it_was_kept(kept, differing):
    message = replace(FOLLOW_UP, **differing)
    await kept.keep(message, NOW)

    assert await kept.find(PORTAL, "event-1") == message
    assert await kept.of_person(PORTAL, 17) == [message]


async def test_message_is_kept_together_with_what_belongs_to_it(store, kept):
    def work(connection):
        kept.keeping(FOLLOW_UP, NOW)(connection)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await store.database.write(work)
    assert await kept.find(PORTAL, "event-1") is None


async def test_later_look_replaces_what_was_kept_for_the_same_event(store, kept):
    later = replace(FOLLOW_UP, message_id=84_002, parts=(Part("Done.", "Done"), SENT))
    await kept.keep(FOLLOW_UP, NOW)
    await kept.keep(later, NOW + 5)

    assert await kept.find(PORTAL, "event-1") == later
    assert len(await rows(store)) == 1


async def test_messages_of_a_person_come_in_order(kept):
    second, third = replace(FOLLOW_UP, key="event-3"), replace(FOLLOW_UP, key="event-2")
    await kept.keep(third, NOW + 9)
    await kept.keep(second, NOW)
    await kept.keep(FOLLOW_UP, NOW)
    await kept.keep(replace(FOLLOW_UP, key="event-4", user_id=23), NOW)
    await kept.keep(replace(FOLLOW_UP, portal=OTHER), NOW)

    assert await kept.of_person(PORTAL, 17) == [FOLLOW_UP, second, third]


async def test_dropped_message_is_forgotten_alone(kept, database):
    others = [replace(FOLLOW_UP, key="event-2"), replace(FOLLOW_UP, portal=OTHER)]
    for message in (FOLLOW_UP, *others):
        await kept.keep(message, NOW)
    await database.write(kept.dropping(FOLLOW_UP))

    assert await kept.find(PORTAL, "event-1") is None
    assert [await kept.find(other.portal, other.key) for other in others] == others


# --- messages that became another one


async def test_last_word_about_a_message_that_became_another_is_said_by_itself(kept):
    other = replace(FOLLOW_UP, key="event-2", message_id=84_002)
    theirs = replace(FOLLOW_UP, key="event-3", user_id=23)
    for message in (FOLLOW_UP, other, theirs):
        await kept.keep(message, NOW)
    await kept.detach(PORTAL, 17, FOLLOW_UP.message_id, NOW)

    assert await kept.find(PORTAL, "event-1") == replace(FOLLOW_UP, message_id=0, parts=(SENT,))
    assert await kept.find(PORTAL, "event-2") == other
    assert await kept.find(PORTAL, "event-3") == theirs


async def test_message_that_is_worded_whole_goes_on_in_its_place(kept):
    whole = replace(FOLLOW_UP, parts=(replace(SENT, is_whole=True),))
    await kept.keep(whole, NOW)
    await kept.detach(PORTAL, 17, FOLLOW_UP.message_id, NOW)

    assert await kept.find(PORTAL, "event-1") == whole


# --- encryption


async def test_titles_cannot_be_read_in_the_database(store, kept):
    await kept.keep(FOLLOW_UP, NOW)

    assert "Layoffs" not in str(await rows(store))


@pytest.mark.parametrize("move", ["user_id = 23", f"portal = '{OTHER}'", "key = 'event-2'"])
async def test_message_that_was_moved_opens_for_nobody(store, kept, move):
    await kept.keep(FOLLOW_UP, NOW)
    await store.database.write(lambda c: c.execute(text(f"UPDATE follow_ups SET {move}")))

    assert [await kept.find(portal, key) for portal in (PORTAL, OTHER) for key in ("event-1", "event-2")] == [None] * 4
    assert [await kept.of_person(portal, user_id) for portal in (PORTAL, OTHER) for user_id in (17, 23)] == [[]] * 4


async def test_message_that_was_moved_does_not_hide_the_others(store, kept):
    await kept.keep(FOLLOW_UP, NOW)
    await store.database.write(lambda c: c.execute(text("UPDATE follow_ups SET key = 'event-0'")))
    await kept.keep(FOLLOW_UP, NOW)

    assert await kept.of_person(PORTAL, 17) == [FOLLOW_UP]


async def test_message_that_no_key_opens_does_not_hide_the_others(store, kept):
    await kept.keep(replace(FOLLOW_UP, key="event-0"), NOW)
    stranger = Store(store.database, Vault([SecretStr(Fernet.generate_key().decode())])).follow_ups
    await stranger.keep(FOLLOW_UP, NOW)

    assert await stranger.find(PORTAL, "event-0") is None
    assert await stranger.of_person(PORTAL, 17) == [FOLLOW_UP]


async def test_key_of_messages_is_rotated(store, kept, secret_key):
    new_key = SecretStr(Fernet.generate_key().decode())
    await kept.keep(FOLLOW_UP, NOW)
    both = Store(store.database, Vault([new_key, secret_key]))

    assert await both.rotation.run() == Sealed(former=1)
    assert await Store(store.database, Vault([new_key])).follow_ups.find(PORTAL, "event-1") == FOLLOW_UP


# --- other releases


@pytest.fixture
def rewrite(store, kept, secret_key):
    """Return what changes the content of a message as another release would have written it."""

    async def change(work):
        content = asdict(FOLLOW_UP)
        work(content)
        await kept.keep(FOLLOW_UP, NOW)
        sealed = Vault([secret_key]).close(content)
        await store.database.write(lambda c: c.execute(follow_ups.update().values(content=sealed)))
        return await kept.find(PORTAL, "event-1")

    return change


async def test_message_of_an_older_release_can_be_read(rewrite):
    def as_before(content):
        for one in content["parts"]:
            del one["adds"], one["is_whole"]

    assert await rewrite(as_before) == FOLLOW_UP


async def test_what_a_newer_release_keeps_besides_is_ignored(rewrite):
    def as_later(content):
        content["later"] = content["parts"][0]["later"] = 1

    assert await rewrite(as_later) == FOLLOW_UP


# --- forgetting


async def test_forgotten_person_leaves_no_messages(kept):
    others = [replace(FOLLOW_UP, key="event-2", user_id=23), replace(FOLLOW_UP, portal=OTHER)]
    for message in (FOLLOW_UP, *others):
        await kept.keep(message, NOW)
    await kept.forget(PORTAL, 17)

    assert await kept.find(PORTAL, "event-1") is None
    assert [await kept.find(other.portal, other.key) for other in others] == others


async def test_forgotten_portal_leaves_no_messages(store, kept):
    neighbour = replace(FOLLOW_UP, portal=OTHER)
    for message in (FOLLOW_UP, neighbour):
        await kept.keep(message, NOW)
    await store.forget_portal(PORTAL)

    assert await kept.find(PORTAL, "event-1") is None
    assert await kept.find(OTHER, "event-1") == neighbour


async def test_erased_account_leaves_no_messages(make_ask, outside):
    ask = await make_ask(cronofy=outside)
    linked, store = await link(ask, outside), ask.core.store
    await store.accounts.listen(linked, "chn_1")
    mine, theirs = replace(FOLLOW_UP, portal=MEMBER), replace(FOLLOW_UP, portal=MEMBER, key="event-2", user_id=23)
    for message in (mine, theirs):
        await store.follow_ups.keep(message, NOW)

    demand = events.AccountChanged(
        portal=MEMBER, sent_at=NOW, domain="", user_id=17, what="erasure", channel_id="chn_1", since=0
    )
    await hear(ask.core.parts, demand, store.portal(MEMBER))
    assert await store.follow_ups.of_person(MEMBER, 17) == []
    assert await store.follow_ups.of_person(MEMBER, 23) == [theirs]
