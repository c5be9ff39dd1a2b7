"""How an event is handed out, whatever keeps it."""

from structlog.testing import capture_logs

from bot.errors import NewerVersion
from bot.inbox import MAX_STARTS, Delivery
from bot.inbox.handing import SUSPECT, Handing, Held
from tests.bot.inbox.desk import Desk, fail, message


class Notes:
    """A book that notes what is written into it."""

    def __init__(self) -> None:
        self.written: list[tuple[str, int]] = []

    async def count(self, held: Held) -> None:
        held.starts += 1
        self.written.append(("count", held.starts))

    async def done(self, held: Held) -> None:
        self.written.append(("done", held.starts))

    async def park(self, held: Held) -> None:
        self.written.append(("park", held.starts))

    async def leave(self, held: Held) -> None:
        self.written.append(("leave", held.left))


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
