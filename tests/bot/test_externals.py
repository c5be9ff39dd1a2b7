"""Events outside Bitrix24 under short names, and the answers to them that are on their way: whose they are, and for how long."""

from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import select, text

from bot.emulator.cronofy.events import Person
from bot.externals import HOPE_S, Shown, Underway, answer_key, externals, underway
from bot.references import External, read, write
from bot.store import Store
from bot.vault import Sealed, Vault
from tests.acting import link

PORTAL, OTHER, NOW, DAY_S = "1b" * 16, "2c" * 16, 1_795_424_400, 86_400
MIRA, JURIS = 17, 23
CALL = Shown("cal_7", "evt_external_5e7a", "2026-11-25T13:00:00+00:00", "Supplier call", "Mira", "Europe/Riga")
TALK = replace(CALL, event_uid="evt_external_90c1", title="Contract talk")


@pytest.fixture
def kept(store):
    return store.externals


async def rows(store, table):
    return await store.database.read(lambda c: c.execute(select(table)).all())


async def change(store, statement):
    await store.database.write(lambda c: c.execute(text(statement)))


# --- names


async def test_name_finds_the_event_as_it_was_shown(kept):
    names = await kept.name(PORTAL, MIRA, [CALL, TALK], NOW)

    assert [await kept.find(PORTAL, MIRA, name) for name in names] == [CALL, TALK]


async def test_name_can_stand_in_a_call(kept):
    (name,) = await kept.name(PORTAL, MIRA, [CALL], NOW)

    assert read(write(External(name))) == External(name)


async def test_event_keeps_its_name(kept):
    (first,) = await kept.name(PORTAL, MIRA, [CALL], NOW)
    again = await kept.name(PORTAL, MIRA, [TALK, CALL, CALL], NOW + 60)

    assert again[1:] == [first, first]


@pytest.mark.parametrize(
    "differing",
    [
        {"calendar_id": "cal_8"},
        {"event_uid": "evt_external_5e7b"},
        {"starts": "2026-11-25T14:00:00+00:00"},
        {"starts": "2026-11-25"},
    ],
)
async def test_other_events_and_other_times_have_other_names(kept, differing):
    first, second = await kept.name(PORTAL, MIRA, [CALL, replace(CALL, **differing)], NOW)

    assert first != second


@pytest.mark.parametrize(("portal", "user_id"), [(PORTAL, JURIS), (OTHER, MIRA)])
async def test_everybody_has_names_of_their_own(kept, portal, user_id):
    (mine,) = await kept.name(PORTAL, MIRA, [CALL], NOW)
    (theirs,) = await kept.name(portal, user_id, [CALL], NOW)

    assert mine != theirs
    assert await kept.find(portal, user_id, mine) is None
    assert await kept.find(PORTAL, MIRA, theirs) is None


async def test_event_that_was_renamed_is_found_as_it_was_shown_last(kept):
    renamed = replace(CALL, title="Supplier", calendar="Work", zone="Europe/Berlin")
    (first,) = await kept.name(PORTAL, MIRA, [CALL], NOW)
    (second,) = await kept.name(PORTAL, MIRA, [renamed], NOW)

    assert first == second
    assert await kept.find(PORTAL, MIRA, first) == renamed


async def test_nothing_to_name_is_nothing_kept(store, kept):
    assert await kept.name(PORTAL, MIRA, [], NOW) == []
    assert await rows(store, externals) == []


async def test_name_that_was_never_given_finds_nothing(kept):
    assert await kept.find(PORTAL, MIRA, "0123456789ab") is None


# --- encryption


async def test_nothing_of_an_event_can_be_read_in_the_database(store, kept):
    await kept.name(PORTAL, MIRA, [CALL], NOW)
    stored = str(await rows(store, externals))

    assert not [told for told in (CALL.calendar_id, CALL.event_uid, CALL.title, CALL.calendar) if told in stored]


@pytest.mark.parametrize(
    "move",
    [
        "UPDATE externals SET user_id = 23",
        f"UPDATE externals SET portal = '{OTHER}'",
        f"UPDATE externals SET portal = '{OTHER}', user_id = 23",
    ],
)
async def test_event_that_was_moved_opens_for_nobody(store, kept, move):
    (name,) = await kept.name(PORTAL, MIRA, [CALL], NOW)
    await change(store, move)

    for portal in (PORTAL, OTHER):
        for user_id in (MIRA, JURIS):
            assert await kept.find(portal, user_id, name) is None


async def test_content_of_another_name_is_not_believed(store, kept):
    call, talk = await kept.name(PORTAL, MIRA, [CALL, TALK], NOW)
    content = f"(SELECT content FROM externals WHERE name = '{talk}')"
    await change(store, f"UPDATE externals SET content = {content}")

    assert await kept.find(PORTAL, MIRA, call) is None
    assert await kept.find(PORTAL, MIRA, talk) == TALK


async def test_event_that_no_key_opens_is_unknown(store, kept):
    (name,) = await kept.name(PORTAL, MIRA, [CALL], NOW)
    stranger = Store(store.database, Vault([SecretStr(Fernet.generate_key().decode())])).externals

    assert await stranger.find(PORTAL, MIRA, name) is None
    await stranger.name(PORTAL, MIRA, [CALL], NOW)
    assert await stranger.find(PORTAL, MIRA, name) == CALL


async def test_key_of_events_is_rotated(store, kept, secret_key):
    new_key = SecretStr(Fernet.generate_key().decode())
    call, talk = await kept.name(PORTAL, MIRA, [CALL, TALK], NOW)
    both = Store(store.database, Vault([new_key, secret_key]))

    assert await both.rotation.run() == Sealed(former=2)
    alone = Store(store.database, Vault([new_key]))
    assert [await alone.externals.find(PORTAL, MIRA, name) for name in (call, talk)] == [CALL, TALK]


async def test_what_a_newer_release_keeps_besides_is_ignored(store, kept, secret_key):
    (name,) = await kept.name(PORTAL, MIRA, [CALL], NOW)
    vault = Vault([secret_key])
    ((sealed,),) = await store.database.read(lambda c: c.execute(select(externals.c.content)).all())
    later = vault.close({**vault.open(sealed), "later": 1})
    await store.database.write(lambda c: c.execute(externals.update().values(content=later)))

    assert await kept.find(PORTAL, MIRA, name) == CALL


# --- answers on their way

ACCEPTED = Underway("accepted", "needs_action", removes=False, begun_at=NOW, sent_at=None)
DECLINED = Underway("declined", "accepted", removes=True, begun_at=NOW + 5, sent_at=None)


async def test_answer_is_on_its_way_until_it_has_arrived(kept):
    await kept.begin(PORTAL, MIRA, "a1", ACCEPTED)
    assert await kept.underway(PORTAL, MIRA, "a1", NOW) == ACCEPTED

    await kept.sent(PORTAL, MIRA, "a1", ACCEPTED, NOW + 3)
    assert await kept.underway(PORTAL, MIRA, "a1", NOW) == replace(ACCEPTED, sent_at=NOW + 3)

    await kept.arrived(PORTAL, MIRA, "a1", ACCEPTED)
    assert await kept.underway(PORTAL, MIRA, "a1", NOW) is None


async def test_later_answer_replaces_the_former_whole(kept):
    await kept.begin(PORTAL, MIRA, "a1", ACCEPTED)
    await kept.sent(PORTAL, MIRA, "a1", ACCEPTED, NOW + 1)
    await kept.begin(PORTAL, MIRA, "a1", DECLINED)

    assert await kept.underway(PORTAL, MIRA, "a1", NOW) == DECLINED

    await kept.sent(PORTAL, MIRA, "a1", ACCEPTED, NOW + 9)
    await kept.arrived(PORTAL, MIRA, "a1", ACCEPTED)
    assert await kept.underway(PORTAL, MIRA, "a1", NOW) == DECLINED


async def test_answers_on_their_way_are_one_events_of_one_person(kept):
    others = [(PORTAL, JURIS, "a1"), (OTHER, MIRA, "a1"), (PORTAL, MIRA, "b2")]
    for whose in [(PORTAL, MIRA, "a1"), *others]:
        await kept.begin(*whose, ACCEPTED)
    await kept.sent(PORTAL, MIRA, "a1", ACCEPTED, NOW + 1)
    assert [await kept.underway(*whose, NOW) for whose in others] == [ACCEPTED] * 3

    await kept.arrived(PORTAL, MIRA, "a1", ACCEPTED)
    assert [await kept.underway(*whose, NOW) for whose in others] == [ACCEPTED] * 3
    assert await kept.all_underway(PORTAL, MIRA, NOW) == {"b2": ACCEPTED}


def test_answers_are_kept_by_calendar_and_event_of_one_person():
    whats = [(PORTAL, MIRA, CALL), (OTHER, MIRA, CALL), (PORTAL, JURIS, CALL), (PORTAL, MIRA, TALK)]
    whats.append((PORTAL, MIRA, replace(CALL, calendar_id="cal_8")))
    keys = {answer_key(portal, user_id, event.calendar_id, event.event_uid) for portal, user_id, event in whats}

    assert len(keys) == len(whats)


async def test_answer_that_was_never_begun_is_not_sent_either(kept):
    await kept.sent(PORTAL, MIRA, "a1", ACCEPTED, NOW)
    await kept.arrived(PORTAL, MIRA, "a1", ACCEPTED)

    assert await kept.all_underway(PORTAL, MIRA, NOW) == {}


@pytest.mark.parametrize("sent_at", [None, NOW + 90])
async def test_answer_is_hoped_for_as_long_as_somebody_looks(kept, sent_at):
    answer = replace(ACCEPTED, sent_at=sent_at)
    hoped_until = (sent_at or NOW) + HOPE_S
    await kept.begin(PORTAL, MIRA, "a1", answer)

    assert await kept.all_underway(PORTAL, MIRA, hoped_until - 1) == {"a1": answer}
    assert await kept.all_underway(PORTAL, MIRA, hoped_until) == {}
    assert await kept.underway(PORTAL, MIRA, "a1", hoped_until) is None


# --- forgetting


@pytest.fixture
async def of_all(store, kept):
    """Mira, Juris, and Mira's namesake of another portal, have each been shown an event and have answered it."""
    for portal, user_id in [(PORTAL, MIRA), (PORTAL, JURIS), (OTHER, MIRA)]:
        await kept.name(portal, user_id, [CALL], NOW)
        await kept.begin(portal, user_id, answer_key(portal, user_id, CALL.calendar_id, CALL.event_uid), ACCEPTED)

    async def left():
        return [{(row.portal, row.user_id) for row in await rows(store, table)} for table in (externals, underway)]

    return left


async def test_forgotten_person_leaves_nothing(kept, of_all):
    await kept.forget(PORTAL, MIRA)

    assert await of_all() == [{(PORTAL, JURIS), (OTHER, MIRA)}] * 2


async def test_forgotten_portal_leaves_nothing(store, of_all):
    await store.forget_portal(PORTAL)

    assert await of_all() == [{(OTHER, MIRA)}] * 2


async def test_account_that_is_disconnected_leaves_nothing(make_ask, outside):
    ask = await make_ask(cronofy=outside)
    await link(ask, outside)
    calendar = next(iter(outside.directory.places())).calendar
    host = Person("nora@client.example", "Nora Muster")
    outside.add_event(calendar, "Supplier call", start="2026-11-25T15:00:00", tz="Europe/Riga", organizer=host)
    await ask("accept supplier call")

    await ask("disconnect cronofy")
    assert [await rows(ask.core.store, table) for table in (externals, underway)] == [[], []]
