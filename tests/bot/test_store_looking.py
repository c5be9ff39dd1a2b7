"""Portals that another replica has installed: who asks for them is told the truth, and a crowd costs no more than one or two looks."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.errors import StorageError
from bot.store import Portal, Store
from bot.tokens import TokenPair
from tests.bot.test_store_shared import replicas

__all__ = ["replicas"]

PORTAL, ADMIN = "1b" * 16, 1
INSTALLED = Portal(PORTAL, "proof-of-origin-5d41402a", "https://oauth.bitrix.info", ADMIN, "en")

Two = tuple[Store, Store]


class Slow:
    """Stands where a database's `scan` does: the first look takes as long as the test wants, and what it has read is old by then."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        self.looks = 0
        self.has_read, self.go_on = asyncio.Event(), asyncio.Event()
        self.error: StorageError | None = None
        self._read = read

    async def __call__(self, work: Any) -> Any:
        self.looks += 1
        rows = await self._read(work)
        if self.looks == 1:
            self.has_read.set()
            await self.go_on.wait()
        if self.error is not None:
            raise self.error
        return rows


@pytest.fixture
def slow(replicas: Two) -> Slow:
    database = replicas[0].database
    slow = Slow(database.scan)
    database.scan = slow  # type: ignore[method-assign, assignment]
    return slow


async def install(store: Store) -> None:
    await store.database.write(store.installing(INSTALLED, TokenPair(ADMIN, "access", "refresh", 1000)))


async def known(store: Store) -> bool:
    await store.look_again()
    return store.portal(PORTAL) is not None


async def test_all_who_ask_at_once_share_a_look(replicas: Two, slow: Slow) -> None:
    one, two = replicas
    await install(two)
    slow.go_on.set()

    assert await asyncio.gather(*(known(one) for _ in range(100))) == [True] * 100
    assert slow.looks == 1


async def test_who_asks_during_a_look_gets_one_that_began_afterwards(replicas: Two, slow: Slow) -> None:
    one, two = replicas
    early = asyncio.create_task(known(one))
    await slow.has_read.wait()
    await install(two)
    late = []
    for _ in range(100):
        late.append(asyncio.create_task(known(one)))
        await asyncio.sleep(0)
    slow.go_on.set()

    assert await early is False
    assert await asyncio.gather(*late) == [True] * 100
    assert slow.looks == 2


async def test_who_gives_up_spoils_no_look_for_others(replicas: Two, slow: Slow) -> None:
    one, two = replicas
    await install(two)
    impatient, patient = asyncio.create_task(known(one)), asyncio.create_task(known(one))
    await slow.has_read.wait()
    impatient.cancel()
    slow.go_on.set()

    assert await patient is True
    assert slow.looks == 1


async def test_failed_look_fails_for_all_who_share_it_and_the_next_one_is_free_to_succeed(
    replicas: Two, slow: Slow
) -> None:
    one, two = replicas
    await install(two)
    slow.error = StorageError("away")
    slow.go_on.set()
    failed = await asyncio.gather(*(known(one) for _ in range(3)), return_exceptions=True)
    slow.error = None

    assert [type(error) for error in failed] == [StorageError] * 3
    assert await known(one) is True
    assert slow.looks == 2
