"""Works that differ in a value only are done together, and fail alone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from bot.database import Database
from bot.database.together import Share, for_each, run_all
from bot.errors import StorageError

_WRITE = for_each(text("INSERT INTO ledger VALUES (:item)"))


class Ledger:
    """A common work that notes which items it was given together, and writes them down."""

    def __init__(self) -> None:
        self.together: list[list[int]] = []

    def __call__(self, connection: Connection, items: list[int]) -> list[str]:
        self.together.append(items)
        if 13 in items:
            raise LookupError("13 is harmful")
        _WRITE(connection, [{"item": item} for item in items])
        return [f"{item} is written" for item in items]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/bot.db", exclusive=True)
    await opened.write(lambda c: c.execute(text("CREATE TABLE ledger (item INTEGER UNIQUE)")))
    yield opened
    await opened.close()


async def written(database: Database) -> list[int]:
    return list(await database.read(lambda c: c.scalars(text("SELECT item FROM ledger ORDER BY item")).all()))


async def outcomes(database: Database, *works: Callable[[Connection], Any]) -> list[Any]:
    return await asyncio.gather(*map(database.queue, works), return_exceptions=True)


async def test_shares_that_come_at_the_same_time_are_done_together(database: Database) -> None:
    ledger = Ledger()
    found = await outcomes(database, Share(ledger, 1), Share(ledger, 2), Share(ledger, 3))

    assert found == ["1 is written", "2 is written", "3 is written"]
    assert ledger.together == [[1, 2, 3]]
    assert await written(database) == [1, 2, 3]


async def test_share_that_comes_alone_is_done_alone(database: Database) -> None:
    ledger = Ledger()

    assert await database.write(Share(ledger, 1)) == "1 is written"
    assert ledger.together == [[1]]


async def test_shares_are_done_together_past_those_of_another_kind(database: Database) -> None:
    one, other = Ledger(), Ledger()
    found = await outcomes(database, Share(one, 1), Share(other, 2), Share(one, 3))

    assert found == ["1 is written", "2 is written", "3 is written"]
    assert one.together == [[1, 3]]


async def test_shares_keep_their_places_beside_other_works(database: Database) -> None:
    one, other = Ledger(), Ledger()
    between = [Share(one, 1), Share(other, 2), lambda c: c.scalar(text("SELECT count(*) FROM ledger")), Share(one, 3)]
    found = await outcomes(database, *between)

    assert found == ["1 is written", "2 is written", 2, "3 is written"]
    assert one.together == [[1], [3]]


@pytest.mark.parametrize("harmful", [13, 2], ids=["raises", "is refused by the database"])
async def test_share_that_fails_spoils_nobody_else(database: Database, harmful: int) -> None:
    await database.write(lambda c: c.execute(text("INSERT INTO ledger VALUES (2)")))
    ledger = Ledger()
    one, bad, three = await outcomes(database, Share(ledger, 1), Share(ledger, harmful), Share(ledger, 3))

    assert (one, three) == ("1 is written", "3 is written")
    assert isinstance(bad, LookupError if harmful == 13 else StorageError)
    assert await written(database) == [1, 2, 3]


async def test_share_can_be_called_like_any_work(database: Database) -> None:
    found = await database.write(lambda c: (Share(_WRITE, {"item": 7})(c), run_all(c, [Share(_WRITE, {"item": 8})])))

    assert found == (None, [None])
    assert await written(database) == [7, 8]


async def test_close_writes_what_is_queued(tmp_path: Path, database: Database) -> None:
    queued = [database.queue(Share(_WRITE, {"item": item})) for item in range(5)]
    await database.close()

    assert [future.result() for future in queued] == [None] * 5
    again = Database(f"sqlite:///{tmp_path}/bot.db", exclusive=True)
    assert await written(again) == [0, 1, 2, 3, 4]
    await again.close()
