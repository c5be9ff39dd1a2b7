"""Entries come when they are due, whatever the clock does; none needs a task of its own."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.inbox import Entry
from bot.inbox.schedule import Schedule
from tests.bot.inbox.conftest import START
from tests.bot.inbox.desk import PATIENCE_S, press


class Board:
    """Where entries are noted when they are due; its clock shows what it is told."""

    def __init__(self) -> None:
        self.now = START
        self.entered: list[str] = []
        self._changed = asyncio.Condition()
        self.schedule = Schedule(self._enter, lambda: self.now)

    async def _enter(self, entry: Entry) -> None:
        async with self._changed:
            self.entered.append(entry.body)
            self._changed.notify_all()

    async def until_entered(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: len(self.entered) >= count)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.schedule.clock_moved()


@pytest.fixture
async def board() -> AsyncIterator[Board]:
    board = Board()
    yield board
    await board.schedule.close()


async def test_what_is_due_enters_at_once(board: Board) -> None:
    board.schedule.add(START - 5.0, press("late", 1))
    board.schedule.add(START, press("now", 2))
    await board.until_entered(2)

    assert board.entered == ["press late", "press now"]


async def test_entries_come_in_the_order_of_their_moments(board: Board) -> None:
    for name, wait_s in (("third", 30.0), ("first", 10.0), ("second", 20.0)):
        board.schedule.add(START + wait_s, press(name, 1))
    for count in (1, 2, 3):
        board.pass_time(10.0)
        await board.until_entered(count)

    assert board.entered == ["press first", "press second", "press third"]


async def test_earlier_entry_that_is_added_later_comes_first(board: Board) -> None:
    board.schedule.add(START + 20.0, press("later", 1))
    await asyncio.sleep(0)  # it waits for that one
    board.schedule.add(START + 10.0, press("sooner", 2))
    board.pass_time(10.0)
    await board.until_entered(1)

    assert board.entered == ["press sooner"]


async def test_entry_that_waits_already_comes_once(board: Board) -> None:
    for wait_s in (0.0, 0.0, 10.0):
        board.schedule.add(START + wait_s, press("a", 1))
    board.schedule.add(START, press("b", 2))
    await board.until_entered(2)
    board.pass_time(10.0)
    board.schedule.add(START, press("c", 3))
    await board.until_entered(3)

    assert board.entered == ["press a", "press b", "press c"]


async def test_thousand_entries_wait_in_one_task(board: Board) -> None:
    before = len(asyncio.all_tasks())
    for number in range(1000):
        board.schedule.add(START + number, press(str(number), 1))
    await board.until_entered(1)

    assert len(asyncio.all_tasks()) == before + 1


async def test_nothing_enters_after_the_end(board: Board) -> None:
    board.schedule.add(START + 10.0, press("a", 1))
    await board.schedule.close()
    board.pass_time(10.0)
    board.schedule.add(START, press("b", 2))
    await asyncio.sleep(0)

    assert board.entered == []
