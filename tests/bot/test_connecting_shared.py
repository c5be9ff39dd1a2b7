"""Two replicas over one database while somebody connects: one stores what the other forgets, or what another person brings there."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.accounts import Account
from bot.errors import AccountTaken, NotConnected
from bot.states import Purpose, State
from bot.store import Store
from bot.tokens import TokenPair
from tests.bot.test_store_shared import meanwhile, replicas

__all__ = ["replicas"]

PORTAL, MIRA, JURIS = "1b" * 16, 17, 23
PAIR = TokenPair(MIRA, "access-a", "refresh-a", 1000)
ACCOUNT = Account(PORTAL, MIRA, "acc_1", "access-a", "refresh-a", scope="", zone="", push_key="push-17", made_at=100)

Two = tuple[Store, Store]


async def used_link(store: Store, purpose: Purpose) -> State:
    """Return a link that Mira has come with, as the page holds it while the code is exchanged."""
    where: dict[str, Any] = {"dialog_id": "17", "bot_id": 905, "language": "en", "now": 100}
    state = await store.states.find(await store.states.open(PORTAL, MIRA, purpose, **where), purpose)
    assert state is not None
    assert await store.states.use(state, 101)
    return state


async def forget_person(store: Store) -> None:
    await store.forget_person(PORTAL, MIRA)


async def forget_portal(store: Store) -> None:
    await store.forget_portal(PORTAL)


@pytest.mark.parametrize("forget", [forget_person, forget_portal])
async def test_pair_that_a_page_stores_while_it_is_forgotten_elsewhere_is_forgotten(
    replicas: Two, forget: Callable[[Store], Awaitable[None]]
) -> None:
    one, two = replicas
    connect, save = one.states.connecting(await used_link(one, "bitrix24"), [], 102), one.tokens.saving(PORTAL, PAIR)
    await meanwhile(one, lambda c: (connect(c), save(c)), lambda: forget(two))

    assert await one.tokens.find(PORTAL, MIRA) is None


async def test_page_stores_nothing_for_whom_another_replica_is_forgetting(replicas: Two) -> None:
    one, two = replicas
    connect = two.states.connecting(await used_link(one, "bitrix24"), [], 102)
    save = two.tokens.saving(PORTAL, PAIR, even_if_older=True)
    with pytest.raises(NotConnected):
        await meanwhile(
            one, one.states.forgetting(PORTAL, MIRA), lambda: two.database.write(lambda c: (connect(c), save(c)))
        )

    assert await one.tokens.find(PORTAL, MIRA) is None


async def test_account_that_a_page_stores_while_links_are_closed_elsewhere_is_there_to_be_forgotten(
    replicas: Two,
) -> None:
    one, two = replicas
    connect, save = one.states.connecting(await used_link(one, "cronofy"), [], 102), one.accounts.saving(ACCOUNT)

    async def unlink() -> Account | None:
        await two.states.close(PORTAL, MIRA, "cronofy")
        return await two.accounts.find(PORTAL, MIRA)

    assert await meanwhile(one, lambda c: (connect(c), save(c)), unlink) == ACCOUNT


@pytest.mark.parametrize("former", [None, "acc_2"])
async def test_account_that_somebody_brings_to_another_replica_at_the_same_time_is_taken(
    replicas: Two, former: str | None
) -> None:
    one, two = replicas
    theirs = replace(ACCOUNT, user_id=JURIS, push_key="push-23")
    if former is not None:
        await two.accounts.save(replace(theirs, sub=former))
    with pytest.raises(AccountTaken):
        await meanwhile(one, one.accounts.saving(ACCOUNT), lambda: two.accounts.save(theirs))

    assert await one.accounts.of_sub(PORTAL, ACCOUNT.sub) == ACCOUNT
    assert await one.accounts.sub_of(PORTAL, JURIS) == former
