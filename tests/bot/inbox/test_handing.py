"""How an event is handed out, whatever keeps it."""

import stamina
from structlog.testing import capture_logs

from bot.errors import NewerVersion, StorageAway, StorageError
from bot.inbox import MAX_STARTS, Delivery
from bot.inbox.handing import SUSPECT, Handing, Held
from tests.bot.inbox.desk import Desk, fail, message


class Notes:
    """A book that notes what is written into it."""

    def __init__(self) -> None:
        self.written: list[tuple[str, int]] = []
        self.waits = 0

    async def count(self, held: Held) -> None:
        held.starts += 1
        self.written.append(("count", held.starts))

    async def done(self, held: Held) -> None:
        self.written.append(("done", held.starts))

    async def park(self, held: Held) -> None:
        self.written.append(("park", held.starts))

    async def leave(self, held: Held) -> None:
        self.written.append(("leave", held.left))

    async def wait(self) -> None:
        self.waits += 1


async def cannot_read(_delivery: Delivery) -> None:
    raise NewerVersion("stored event: version 2, this release reads 1")


async def test_event_of_a_newer_release_costs_no_start() -> None:
    book = Notes()
    handing = Handing(cannot_read, fail, book)
    for starts in range(MAX_STARTS):
        await handing.finish(Held(message(1), starts, counted=False))

    assert book.written == [step for starts in range(MAX_STARTS) for step in (("count", starts + 1), ("leave", starts))]


async def test_event_of_a_newer_release_whose_start_was_counted_costs_none() -> None:
    book = Notes()
    await Handing(cannot_read, fail, book).finish(Held(message(1), 1, counted=True))

    assert book.written == [("leave", 0)]


async def test_event_of_a_newer_release_is_told_once() -> None:
    handing = Handing(cannot_read, fail, Notes())
    with capture_logs() as lines:
        for number in (1, 1, 2, 1):
            await handing.finish(Held(message(number), 0, counted=False))

    assert [(line["event"], line["log_level"], line["event_key"]) for line in lines] == [
        ("event.left", "warning", message(number).key) for number in (1, 2)
    ]


async def test_suspect_that_fails_is_tried_up_to_the_last_start() -> None:
    book, told = Notes(), Desk()
    await Handing(fail, told, book).finish(Held(message(1), SUSPECT, counted=False))

    assert book.written == [("count", SUSPECT + 1), ("count", MAX_STARTS), ("park", MAX_STARTS)]
    assert told.handed == [Delivery(message(1), MAX_STARTS)]


class Away:
    """A handler, or whoever is told, that the database fails so often."""

    def __init__(self, times: int, error: type[StorageError] = StorageAway) -> None:
        self._left = times
        self._error = error
        self.starts: list[int] = []

    async def __call__(self, delivery: Delivery) -> None:
        self.starts.append(delivery.starts)
        if self._left:
            self._left -= 1
            raise self._error("the server of the database is away")


async def test_database_that_is_away_costs_no_start_however_long() -> None:
    book, away = Notes(), Away(3 * MAX_STARTS)
    with stamina.set_testing(True, attempts=1000, cap=True):
        await Handing(away, fail, book).finish(Held(message(1), 1, counted=True))

    assert book.written == [("done", 1)]
    assert book.waits == 3 * MAX_STARTS  # each time until something can be written
    assert away.starts == [1] + [2] * 3 * MAX_STARTS  # which may have had effects before


async def test_suspect_that_a_database_cut_short_is_not_blamed() -> None:
    book, away = Notes(), Away(2 * MAX_STARTS)
    with stamina.set_testing(True, attempts=1000, cap=True):
        await Handing(away, fail, book).finish(Held(message(1), MAX_STARTS - 1, counted=False))

    assert book.written == [("count", MAX_STARTS), ("done", MAX_STARTS)]


async def test_event_that_a_database_does_not_take_is_given_up() -> None:
    book, told = Notes(), Desk()
    await Handing(Away(MAX_STARTS, StorageError), told, book).finish(Held(message(1), 0, counted=False))

    assert book.written[-1] == ("park", MAX_STARTS)
    assert told.handed == [Delivery(message(1), MAX_STARTS)]


async def test_person_is_told_of_an_event_that_was_given_up_when_the_database_is_back() -> None:
    book, told = Notes(), Away(MAX_STARTS)
    with stamina.set_testing(True, attempts=1000, cap=True):
        await Handing(fail, told, book).finish(Held(message(1), MAX_STARTS, counted=False))

    assert len(told.starts) == book.waits == MAX_STARTS + 1
