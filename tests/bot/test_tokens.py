"""Whose tokens are kept, which of them, and who may read them."""

from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, text, update

from bot.store import Store
from bot.tokens import TokenPair, tokens

PORTAL, OTHER = "1b" * 16, "2c" * 16
ADMIN, MIRA, JURIS = 1, 17, 23


def pair(name: str, expires_at: int = 1000, *, user_id: int = MIRA, proven: bool = True) -> TokenPair:
    return TokenPair(user_id, f"access-{name}", f"refresh-{name}", expires_at, proven=proven)


async def save(store: Store, tokens: TokenPair, *, portal: str = PORTAL) -> None:
    await store.database.write(store.tokens.saving(portal, tokens))


async def test_tokens_are_returned_to_their_person_only(store: Store) -> None:
    await save(store, pair("a"))
    assert await store.tokens.find(PORTAL, MIRA) == pair("a")
    assert await store.tokens.find(PORTAL, JURIS) is None
    assert await store.tokens.find(OTHER, MIRA) is None


async def test_pair_without_refresh_token_is_kept(store: Store) -> None:
    await save(store, replace(pair("a"), refresh_token=None))
    assert await store.tokens.find(PORTAL, MIRA) == replace(pair("a"), refresh_token=None)


async def test_older_pair_never_replaces_a_younger_one(store: Store) -> None:
    await save(store, pair("young", 2000))
    await save(store, pair("late", 1999))
    assert await store.tokens.find(PORTAL, MIRA) == pair("young", 2000)


@pytest.mark.parametrize("expires_at", [2000, 2001])
async def test_pair_of_the_same_age_or_younger_replaces(store: Store, expires_at: int) -> None:
    await save(store, pair("first", 2000))
    await save(store, pair("second", expires_at))
    assert await store.tokens.find(PORTAL, MIRA) == pair("second", expires_at)


async def test_refreshed_pair_always_replaces(store: Store) -> None:
    await save(store, pair("event", 2000))
    await store.tokens.replace(PORTAL, pair("refreshed", 10))
    assert await store.tokens.find(PORTAL, MIRA) == pair("refreshed", 10)


async def test_unproven_pair_stands_apart(store: Store) -> None:
    await save(store, pair("proven", 1000))
    await save(store, pair("claimed", 2000, proven=False))
    assert await store.tokens.find(PORTAL, MIRA) == pair("proven", 1000)
    assert await store.tokens.find(PORTAL, MIRA, proven=False) == pair("claimed", 2000, proven=False)


async def test_proven_pair_is_no_longer_unproven(store: Store) -> None:
    claimed = pair("claimed", 2000, proven=False)
    await save(store, claimed)
    assert await store.tokens.prove(PORTAL, claimed) == pair("claimed", 2000)
    assert await store.tokens.find(PORTAL, MIRA) == pair("claimed", 2000)
    assert await store.tokens.find(PORTAL, MIRA, proven=False) is None


async def test_proof_of_one_pair_proves_no_other(store: Store) -> None:
    claimed, next_one = pair("claimed", 2000, proven=False), pair("next", 2000, proven=False)
    await save(store, claimed)
    await save(store, next_one)
    await store.tokens.prove(PORTAL, claimed)
    assert await store.tokens.find(PORTAL, MIRA) == pair("claimed", 2000)
    assert await store.tokens.find(PORTAL, MIRA, proven=False) == next_one


@pytest.mark.parametrize("proven", [True, False])
async def test_forgotten_pair_is_gone_alone(store: Store, *, proven: bool) -> None:
    for kind in (True, False):
        await save(store, pair("a", proven=kind))
        await save(store, pair("a", user_id=JURIS, proven=kind))
    await store.tokens.forget(PORTAL, pair("a", proven=proven))
    assert await store.tokens.find(PORTAL, MIRA, proven=proven) is None
    assert await store.tokens.find(PORTAL, MIRA, proven=not proven) is not None
    assert await store.tokens.find(PORTAL, JURIS, proven=proven) is not None


async def test_pair_that_was_replaced_is_not_forgotten(store: Store) -> None:
    await save(store, pair("new", 2000))
    await store.tokens.forget(PORTAL, pair("old"))
    assert await store.tokens.find(PORTAL, MIRA) == pair("new", 2000)


async def test_pairs_of_several_people_are_the_proven_ones_in_the_order_asked_for(store: Store) -> None:
    for user_id in (MIRA, JURIS):
        await save(store, pair("a", user_id=user_id))
    await save(store, pair("claimed", user_id=ADMIN, proven=False))

    named = JURIS, ADMIN, MIRA
    found = await store.tokens.of(PORTAL, named)

    assert found.by_freshness(named, 999) == [JURIS, MIRA]
    assert [found.of(user_id) for user_id in named] == [pair("a", user_id=JURIS), None, pair("a", user_id=MIRA)]
    assert (await store.tokens.of(OTHER, named)).by_freshness(named, 999) == []


async def test_pairs_of_several_people_that_have_expired_come_last(store: Store) -> None:
    ages = {MIRA: 1000, JURIS: 1001, ADMIN: 1002}
    for user_id, expires_at in ages.items():
        await save(store, pair("a", expires_at, user_id=user_id))

    found = await store.tokens.of(PORTAL, ages)

    assert found.by_freshness(ages, 1001) == [ADMIN, MIRA, JURIS]


async def test_pair_that_was_moved_to_another_person_is_none_of_theirs(store: Store) -> None:
    await save(store, pair("a"))
    await store.database.write(lambda c: c.execute(update(tokens).values(user_id=JURIS)))

    found = await store.tokens.of(PORTAL, (MIRA, JURIS))
    assert (found.of(MIRA), found.of(JURIS)) == (None, None)


@pytest.mark.parametrize(
    "move",
    [
        "UPDATE tokens SET user_id = 23",
        f"UPDATE tokens SET portal = '{OTHER}'",
        f"UPDATE tokens SET portal = '{OTHER}', user_id = 23",
    ],
)
async def test_moved_tokens_open_for_nobody(store: Store, move: str) -> None:
    await save(store, pair("a"))
    await store.database.write(lambda c: c.execute(text(move)))
    for portal in (PORTAL, OTHER):
        for user_id in (MIRA, JURIS):
            assert await store.tokens.find(portal, user_id) is None


async def test_pair_that_was_declared_proven_opens_for_nobody(store: Store) -> None:
    await save(store, pair("claimed", proven=False))
    await store.database.write(lambda c: c.execute(text("UPDATE tokens SET proven = true")))

    assert await store.tokens.find(PORTAL, MIRA) is None
    assert await store.tokens.find(PORTAL, MIRA, proven=False) is None


async def test_pair_without_refresh_token_keeps_what_the_one_before_is_refreshed_with(store: Store) -> None:
    await save(store, pair("old", 1000))
    await save(store, replace(pair("new", 2000), refresh_token=None))

    assert await store.tokens.find(PORTAL, MIRA) == replace(pair("new", 2000), refresh_token=pair("old").refresh_token)


async def test_claimed_pair_never_mixes_with_another(store: Store) -> None:
    await save(store, pair("other", 1000, proven=False))
    lone = replace(pair("mine", 2000, proven=False), refresh_token=None)
    await save(store, lone)

    assert await store.tokens.find(PORTAL, MIRA, proven=False) == lone


async def lose_key(store: Store) -> None:
    foreign = Fernet(Fernet.generate_key()).encrypt(b"{}").decode()
    await store.database.write(lambda c: c.execute(update(tokens).values(pair=foreign)))


async def test_pair_that_no_key_opens_is_nobody_s_and_stays(store: Store) -> None:
    await save(store, pair("lost", 1000))
    await lose_key(store)
    await store.tokens.forget(PORTAL, pair("lost", 1000))

    assert await store.tokens.find(PORTAL, MIRA) is None
    assert (await store.tokens.of(PORTAL, [MIRA])).of(MIRA) is None
    assert await store.database.read(lambda c: len(c.execute(select(tokens)).all())) == 1


async def test_pair_that_no_key_opens_is_overwritten(store: Store) -> None:
    await save(store, pair("lost", 1000))
    await lose_key(store)
    lone = replace(pair("new", 2000), refresh_token=None)
    await save(store, lone)

    assert await store.tokens.find(PORTAL, MIRA) == lone
