"""What is gathered is done together, and fails alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, text

from bot.database import Database
from bot.database.writer import CollidedError
from bot.errors import StorageError
from bot.inbox.gathering import Gathering


class Ledger:
    """A work that notes which items it was given together, and writes them down."""

    def __init__(self, collisions: int = 0) -> None:
        self.together: list[list[int]] = []
        self._collisions = collisions

    def __call__(self, connection: Connection, items: Sequence[int]) -> list[str]:
        self.together.append(list(items))
        if len(self.together) <= self._collisions:
            raise CollidedError
        for item in items:
            if item == 13:
                raise LookupError("13 is harmful")
            connection.execute(text("INSERT INTO ledger VALUES (:item)"), {"item": item})
        return [f"{item} is written" for item in items]


@pytest.fixture
async def database(server_url: str) -> AsyncIterator[Database]:
    opened = Database(server_url, exclusive=True, replica="one")
    await opened.write(lambda c: c.execute(text("CREATE TABLE ledger (item SMALLINT UNIQUE)")))
    yield opened
    await opened.close()


async def written(database: Database) -> list[int]:
    return list(await database.read(lambda c: c.scalars(text("SELECT item FROM ledger ORDER BY item")).all()))


def gathering_of(database: Database, ledger: Ledger) -> Gathering[int, str]:
    return Gathering(database.queue, ledger, order="{:08}".format)


async def gathered(gathering: Gathering[int, str], *items: int) -> list[Any]:
    return await asyncio.gather(*(gathering.add(item) for item in items), return_exceptions=True)


async def test_items_that_come_at_the_same_time_are_done_together(database: Database) -> None:
    ledger = Ledger()
    outcomes = await gathered(gathering_of(database, ledger), 1, 2, 3)

    assert outcomes == ["1 is written", "2 is written", "3 is written"]
    assert ledger.together == [[1, 2, 3]]
    assert await written(database) == [1, 2, 3]


async def test_items_that_cannot_be_done_together_are_done_in_their_order(database: Database) -> None:
    ledger = Ledger()
    three, bad, one = await gathered(gathering_of(database, ledger), 3, 13, 1)

    assert ledger.together == [[3, 13, 1], [1], [3], [13]]
    assert (one, three) == ("1 is written", "3 is written")
    assert isinstance(bad, LookupError)


async def test_items_that_collide_with_another_replica_are_done_together_again(database: Database) -> None:
    ledger = Ledger(collisions=1)
    outcomes = await gathered(gathering_of(database, ledger), 1, 2)

    assert outcomes == ["1 is written", "2 is written"]
    assert ledger.together == [[1, 2], [1, 2]]
    assert await written(database) == [1, 2]


async def test_item_that_comes_later_is_not_lost(database: Database) -> None:
    gathering = gathering_of(database, Ledger())
    for item in range(5):
        assert await gathering.add(item) == f"{item} is written"


@pytest.mark.parametrize("harmful", [13, 2, 100_000], ids=["raises", "is refused by the server", "does not fit"])
async def test_item_that_fails_spoils_nobody_else(database: Database, harmful: int) -> None:
    await database.write(lambda c: c.execute(text("INSERT INTO ledger VALUES (2)")))
    one, bad, three = await gathered(gathering_of(database, Ledger()), 1, harmful, 3)

    assert (one, three) == ("1 is written", "3 is written")
    assert isinstance(bad, LookupError if harmful == 13 else StorageError)
    assert await written(database) == [1, 2, 3]


async def test_others_of_the_transaction_that_fail_spoil_nothing(database: Database) -> None:
    gathering = gathering_of(database, Ledger())
    gathered_ones = [gathering.add(1), gathering.add(2)]
    other = asyncio.create_task(database.write(lambda c: c.execute(text("SELECT 1 / 0"))))

    assert await asyncio.gather(*gathered_ones) == ["1 is written", "2 is written"]
    with pytest.raises(StorageError):
        await other
    assert await written(database) == [1, 2]


async def test_closed_database_tells_everybody(database: Database) -> None:
    gathering = gathering_of(database, Ledger())
    await database.close()
    outcomes = await gathered(gathering, 1, 2)

    assert [type(outcome) for outcome in outcomes] == [StorageError, StorageError]
