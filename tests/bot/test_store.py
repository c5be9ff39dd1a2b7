"""What is kept of portals, tokens, questions and order, and who may read it."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import select, text
from structlog.testing import capture_logs

from bot.accounts import Account
from bot.database import Database, metadata
from bot.errors import SettingsError
from bot.externals import Shown
from bot.followups import FollowUp, Part
from bot.lists import Listing
from bot.order import Place
from bot.questions import Question
from bot.store import _SEALED, Portal, Store
from bot.tokens import TokenPair
from bot.vault import Sealed, Vault

PORTAL, OTHER = "1b" * 16, "2c" * 16
ADMIN, MIRA, JURIS = 1, 17, 23
INSTALLED = Portal(PORTAL, "proof-of-origin-5d41402a", "https://oauth.bitrix.info", ADMIN, "en")
CALLS = (("reset", ("651",)), ("decline", ("652", "653")))
FOLLOW_UP = FollowUp(
    portal=PORTAL,
    key="event-1",
    user_id=MIRA,
    bot_id=905,
    dialog_id="17",
    private=True,
    api="v2",
    language="en",
    message_id=1,
    parts=(Part("Sent.", ""),),
)
ACCOUNT = Account(PORTAL, MIRA, "acc_1", "access-a", "refresh-a", scope="", zone="", push_key="push", made_at=100)
LISTING = Listing("", PORTAL, MIRA, "17", "en", "agenda.heading-week", "", "Europe/Riga", (), page=1, made_at=100)


def pair(name: str, expires_at: int = 1000, *, user_id: int = MIRA, proven: bool = True) -> TokenPair:
    return TokenPair(user_id, f"access-{name}", f"refresh-{name}", expires_at, proven=proven)


async def save(store: Store, tokens: TokenPair, *, portal: str = PORTAL) -> None:
    await store.database.write(store.tokens.saving(portal, tokens))


async def install(store: Store, portal: Portal = INSTALLED, tokens: TokenPair | None = None) -> None:
    await store.database.write(store.installing(portal, tokens or pair("installer", user_id=portal.installer_id)))
    store.keep(portal)


async def anew(store: Store, *keys: SecretStr) -> Store:
    """Return the store that a restarted process has."""
    other = Store(store.database, Vault(keys))
    await other.load()
    return other


def another_key() -> SecretStr:
    return SecretStr(Fernet.generate_key().decode())


# --- portals


async def test_portal_is_unknown_before_its_installation(store: Store) -> None:
    await store.load()
    assert store.portal(PORTAL) is None
    assert store.all_portals() == []


async def test_portal_is_served_when_kept(store: Store) -> None:
    await store.database.write(store.installing(INSTALLED, pair("installer", user_id=ADMIN)))
    assert store.portal(PORTAL) is None
    store.keep(INSTALLED)
    assert store.portal(PORTAL) == INSTALLED


async def test_installation_survives_a_restart(store: Store, secret_key: SecretStr) -> None:
    await install(store)
    other = await anew(store, secret_key)
    assert other.all_portals() == [INSTALLED]
    assert await other.tokens.find(PORTAL, ADMIN) == pair("installer", user_id=ADMIN)


async def test_installation_replaces_even_younger_tokens(store: Store) -> None:
    await save(store, pair("former", 2000, user_id=ADMIN))
    await install(store)
    assert await store.tokens.find(PORTAL, ADMIN) == pair("installer", user_id=ADMIN)


async def test_repeated_installation_keeps_the_bot(store: Store, secret_key: SecretStr) -> None:
    await install(store)
    await store.bot_registered(PORTAL, 905, "v2")
    again = replace(INSTALLED, application_token="another-proof", installer_id=MIRA, language="ru")
    await install(store, again)

    expected = replace(again, bot_id=905, bot_api="v2")
    assert store.portal(PORTAL) == expected
    assert (await anew(store, secret_key)).portal(PORTAL) == expected


async def test_failed_load_leaves_what_was_known(store: Store, secret_key: SecretStr) -> None:
    await install(store)
    stranger = Store(store.database, Vault([another_key(), secret_key]))
    await stranger.rotation.run()
    with pytest.raises(SettingsError):
        await store.load()

    assert store.all_portals() == [INSTALLED]


async def test_removed_bot_is_forgotten(store: Store, secret_key: SecretStr) -> None:
    await install(store)
    await store.bot_registered(PORTAL, 905, "v1")
    await store.bot_registered(PORTAL, None, None)
    assert store.portal(PORTAL) == INSTALLED == (await anew(store, secret_key)).portal(PORTAL)


async def test_bot_of_an_unknown_portal_changes_nothing(store: Store) -> None:
    await store.bot_registered(OTHER, 905, "v2")
    assert store.all_portals() == []


async def test_forgotten_portal_leaves_nothing(store: Store, secret_key: SecretStr) -> None:
    neighbour = replace(INSTALLED, member_id=OTHER)
    for portal in (INSTALLED, neighbour):
        await install(store, portal)
        await save(store, pair("claimed", proven=False), portal=portal.member_id)
        await ask(store, portal=portal.member_id)
        await store.database.write(store.order.carrying_out(portal.member_id, MIRA, "presence", Place(7, 100)))

    await store.forget_portal(PORTAL)

    assert store.all_portals() == [neighbour] == (await anew(store, secret_key)).all_portals()
    assert await store.tokens.find(PORTAL, ADMIN) is None
    assert await store.tokens.find(PORTAL, MIRA, proven=False) is None
    assert await store.questions.take(PORTAL, MIRA, taken_by="event-2", asked_since=0, dialog_id="17") is None
    assert not await store.order.superseded(PORTAL, MIRA, "presence", Place(1, 1))
    assert await store.tokens.find(OTHER, ADMIN) is not None
    assert await store.order.superseded(OTHER, MIRA, "presence", Place(1, 1))


# --- encryption


async def test_secret_of_another_kind_is_no_pair(store: Store) -> None:
    await install(store)
    await store.database.write(lambda c: c.execute(text("UPDATE tokens SET pair = application_token FROM portals")))
    assert await store.tokens.find(PORTAL, ADMIN) is None


async def test_moved_proof_of_origin_serves_nobody(store: Store, secret_key: SecretStr) -> None:
    await install(store)
    await store.database.write(lambda c: c.execute(text(f"UPDATE portals SET member_id = '{OTHER}'")))
    assert (await anew(store, secret_key)).all_portals() == []


async def test_wrong_key_is_a_settings_error(store: Store) -> None:
    await install(store)
    other = Store(store.database, Vault([another_key()]))
    with pytest.raises(SettingsError, match="STATUSBOT_SECRET_KEY") as caught:
        await other.load()
    assert "\n" not in str(caught.value)


async def test_what_no_key_opens_is_not_found_and_told_once(store: Store) -> None:
    await install(store)
    await save(store, pair("a"))
    other = Store(store.database, Vault([another_key()]))
    with capture_logs() as lines:
        assert [await other.tokens.find(PORTAL, user_id) for user_id in (ADMIN, MIRA)] == [None, None]
    told = "STATUSBOT_SECRET_KEY does not open all that the database holds"
    assert lines == [{"event": "secret.lost", "reason": told, "log_level": "warning"}]

    assert await store.tokens.find(PORTAL, MIRA) == pair("a")


async def test_former_key_behind_a_new_one_still_opens(store: Store, secret_key: SecretStr) -> None:
    await install(store)
    rotated = await anew(store, another_key(), secret_key)
    assert rotated.all_portals() == [INSTALLED]
    assert await rotated.tokens.find(PORTAL, ADMIN) == pair("installer", user_id=ADMIN)


async def test_new_key_alone_opens_what_was_stored_with_it(store: Store, secret_key: SecretStr) -> None:
    new_key = another_key()
    rotated = await anew(store, new_key, secret_key)
    await install(rotated)
    assert (await anew(store, new_key)).all_portals() == [INSTALLED]
    with pytest.raises(SettingsError):
        await anew(store, secret_key)


async def test_keys_are_rotated_once(store: Store, secret_key: SecretStr) -> None:
    new_key = another_key()
    await install(store)
    people = range(100, 100 + 450)  # several pages
    works = [store.tokens.saving(PORTAL, pair("a", user_id=user_id, proven=user_id % 2 == 0)) for user_id in people]
    await store.database.write(lambda c: [work(c) for work in works])
    both = await anew(store, new_key, secret_key)
    await both.tokens.replace(PORTAL, pair("new"))

    assert await both.rotation.count() == Sealed(newest=1, former=452)
    assert await both.rotation.run() == Sealed(newest=1, former=452)
    assert await both.rotation.run() == Sealed(newest=453)
    alone = await anew(store, new_key)
    assert alone.all_portals() == [INSTALLED]
    for user_id in people:
        proven = user_id % 2 == 0
        assert await alone.tokens.find(PORTAL, user_id, proven=proven) == pair("a", user_id=user_id, proven=proven)


async def test_value_that_no_key_opens_is_left_alone(store: Store, secret_key: SecretStr) -> None:
    await save(store, pair("a"))
    stranger = await anew(store, another_key())

    assert await stranger.rotation.run() == Sealed(lost=1)
    assert await store.tokens.find(PORTAL, MIRA) == pair("a")


async def test_every_encrypted_column_is_rotated(store: Store, secret_key: SecretStr, tmp_path: Path) -> None:
    """What `Vault` wrote begins with the version of Fernet; a table that is forgotten shows up here."""
    await install(store)
    await save(store, pair("a"))
    await store.lists.keep(LISTING, "event-1", "event-1 meetings")
    await store.accounts.save(ACCOUNT)
    await store.externals.name(PORTAL, MIRA, [Shown("cal", "evt", "2026-11-25", "Fair", "Work", "Europe/Riga")], 100)
    await store.follow_ups.keep(FOLLOW_UP, 100)
    found = set()
    for table in metadata.sorted_tables:
        rows = await store.database.read(lambda c, table=table: c.execute(select(table)).mappings().all())
        found |= {table.c[column] for row in rows for column, value in row.items() if str(value).startswith("gAAAA")}

    assert found == set(_SEALED)


@pytest.mark.parametrize("database_url", ["embedded_url"], indirect=True)
async def test_nothing_secret_is_in_the_files(store: Store, database: Database, tmp_path: Path) -> None:
    await install(store)
    for number in range(50):  # enough to fill pages, and to replace some
        await save(store, pair(f"secret{number % 7}", number, user_id=number % 11, proven=number % 2 == 0))
    await store.tokens.prove(PORTAL, pair("secret1", 1, user_id=1, proven=False))

    while_open = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    await database.close()
    closed = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    for content in (while_open, closed):
        assert PORTAL.encode() in content
        assert not any(secret in content for secret in (b"access-", b"refresh-", b"proof-of-origin"))


@pytest.mark.parametrize("value", [INSTALLED, pair("a")])
def test_repr_shows_no_secret(value: object) -> None:
    assert not any(secret in repr(value) for secret in ("proof", "access-", "refresh-"))


# --- questions


async def ask(store: Store, *, asked_at: int = 100, asked_by: str = "event-1", portal: str = PORTAL) -> str:
    return await store.questions.ask(portal, MIRA, "17", CALLS, language="ru", asked_at=asked_at, asked_by=asked_by)


async def test_question_returns_what_was_asked(store: Store) -> None:
    key = await ask(store)
    question = await store.questions.take(PORTAL, MIRA, taken_by="event-2", asked_since=100, dialog_id="17")
    assert question == Question("17", key, CALLS, 100, "ru", confirms=True)


async def test_same_event_asks_the_same_question(store: Store) -> None:
    assert await ask(store) == await ask(store, asked_at=150)


async def test_other_event_asks_another_question_instead(store: Store) -> None:
    former = await ask(store)
    key = await ask(store, asked_by="event-2")
    assert key != former
    assert (
        await store.questions.take(PORTAL, MIRA, taken_by="event-3", asked_since=0, key=former, dialog_id="17") is None
    )
    assert (
        await store.questions.take(PORTAL, MIRA, taken_by="event-3", asked_since=0, key=key, dialog_id="17") is not None
    )


async def test_question_expires(store: Store) -> None:
    await ask(store, asked_at=100)
    assert await store.questions.take(PORTAL, MIRA, taken_by="event-2", asked_since=101, dialog_id="17") is None
    assert await store.questions.take(PORTAL, MIRA, taken_by="event-2", asked_since=100, dialog_id="17") is not None


async def test_question_is_answered_where_it_was_asked(store: Store) -> None:
    await ask(store)
    assert await store.questions.take(PORTAL, MIRA, taken_by="event-2", asked_since=0, dialog_id="chat311") is None
    assert await store.questions.take(PORTAL, MIRA, taken_by="event-2", asked_since=0, dialog_id="17") is not None


async def test_question_needs_its_key(store: Store) -> None:
    key = await ask(store)
    assert (
        await store.questions.take(PORTAL, MIRA, taken_by="event-2", asked_since=0, key=f"{key}0", dialog_id="17")
        is None
    )
    assert (
        await store.questions.take(PORTAL, MIRA, taken_by="event-2", asked_since=0, key=key, dialog_id="17") is not None
    )


async def test_question_is_its_persons_alone(store: Store) -> None:
    key = await ask(store)
    assert await store.questions.take(PORTAL, JURIS, taken_by="event-2", asked_since=0, key=key, dialog_id="17") is None
    assert await store.questions.take(OTHER, MIRA, taken_by="event-2", asked_since=0, key=key, dialog_id="17") is None


async def test_taken_question_is_closed_for_other_events(store: Store) -> None:
    key = await ask(store)
    taken = await store.questions.take(PORTAL, MIRA, taken_by="event-2", asked_since=0, key=key, dialog_id="17")
    assert await store.questions.take(PORTAL, MIRA, taken_by="event-3", asked_since=0, key=key, dialog_id="17") is None
    assert await store.questions.take(PORTAL, MIRA, taken_by="event-2", asked_since=0, key=key, dialog_id="17") == taken


async def test_refused_taker_does_not_close_the_question(store: Store) -> None:
    await ask(store)
    assert (
        await store.questions.take(PORTAL, MIRA, taken_by="event-2", asked_since=0, key="wrong", dialog_id="17") is None
    )
    assert await store.questions.take(PORTAL, MIRA, taken_by="event-3", asked_since=0, dialog_id="17") is not None


async def test_open_question_tells_who_asked_it(store: Store) -> None:
    assert await store.database.read(store.questions.finding(PORTAL, MIRA)) is None
    await ask(store)

    assert await store.database.read(store.questions.finding(PORTAL, MIRA)) == "event-1"
    assert await store.database.read(store.questions.finding(PORTAL, JURIS)) is None


async def test_dropped_question_is_closed(store: Store) -> None:
    await ask(store)
    await store.questions.drop(PORTAL, MIRA, unless_asked_by="event-2")
    assert await store.questions.take(PORTAL, MIRA, taken_by="event-3", asked_since=0, dialog_id="17") is None


async def test_event_does_not_drop_its_own_question(store: Store) -> None:
    await ask(store)
    await store.questions.drop(PORTAL, MIRA, unless_asked_by="event-1")
    assert await store.questions.take(PORTAL, MIRA, taken_by="event-3", asked_since=0, dialog_id="17") is not None


# --- order


def message(message_id: int, sent_at: int) -> Place:
    return Place(message_id, sent_at)


def press(sent_at: int) -> Place:
    return Place(None, sent_at)


@pytest.mark.parametrize(
    ("done", "late", "expected"),
    [
        (message(8, 100), message(7, 100), True),
        (message(8, 100), message(7, 101), True),  # ids decide between messages, not clocks
        (message(8, 100), message(8, 100), False),
        (message(8, 100), message(9, 99), False),
        (press(100), press(99), True),
        (press(100), press(100), False),
        (press(100), press(101), False),
        (message(8, 100), press(99), True),
        (message(8, 100), press(100), False),
        (message(8, 100), press(101), False),
        (press(100), message(7, 99), True),
        (press(100), message(7, 100), False),
        (press(100), message(7, 101), False),
    ],
)
async def test_older_command_is_superseded(store: Store, done: Place, late: Place, *, expected: bool) -> None:
    await store.database.write(store.order.carrying_out(PORTAL, MIRA, "meeting:651", done))
    assert await store.order.superseded(PORTAL, MIRA, "meeting:651", late) is expected


@pytest.mark.parametrize("order", [1, -1])
async def test_newest_of_each_kind_counts(store: Store, order: int) -> None:
    places = [message(5, 100), press(120), message(6, 110), press(90)]
    for place in places[::order]:
        await store.database.write(store.order.carrying_out(PORTAL, MIRA, "presence", place))

    superseded = [message(5, 130), message(6, 119), press(119)]
    newest = [message(6, 120), message(7, 120), press(120)]
    assert all([await store.order.superseded(PORTAL, MIRA, "presence", place) for place in superseded])
    assert not any([await store.order.superseded(PORTAL, MIRA, "presence", place) for place in newest])


async def test_nothing_is_superseded_by_what_concerns_another_thing(store: Store) -> None:
    await store.database.write(store.order.carrying_out(PORTAL, MIRA, "meeting:651", message(8, 100)))
    late = message(7, 99)
    assert not await store.order.superseded(PORTAL, MIRA, "meeting:652", late)
    assert not await store.order.superseded(PORTAL, MIRA, "presence", late)
    assert not await store.order.superseded(PORTAL, JURIS, "meeting:651", late)
    assert not await store.order.superseded(OTHER, MIRA, "meeting:651", late)
