"""Delivery of events and the trouble it may have (contract A.5)."""

import pytest

from bot.emulator.clock import ManualClock
from bot.emulator.queue import EventQueue, Trouble

URL = "https://bot.example.org/e"


class Receiver:
    def __init__(self, status: int = 200) -> None:
        self.got: list[str] = []
        self._status = status

    async def __call__(self, _url: str, body: bytes) -> int:
        self.got.append(body.decode())
        return self._status


@pytest.fixture
def queue(clock: ManualClock) -> EventQueue:
    return EventQueue(clock)


def put(queue: EventQueue, *bodies: str, event: str = "ONX") -> None:
    for body in bodies:
        queue.put(event, URL, body.encode())


@pytest.mark.parametrize("status", [200, 500, 0])
async def test_events_go_in_order_and_once_whatever_is_answered(queue: EventQueue, status: int) -> None:
    receiver = Receiver(status)
    put(queue, "a", "b", "c")

    assert await queue.deliver(receiver) == 3
    assert await queue.deliver(receiver) == 0
    assert receiver.got == ["a", "b", "c"]
    assert [(item.event, item.url, item.status) for item in queue.log] == [("ONX", URL, status)] * 3


@pytest.mark.parametrize(
    ("kind", "got"),
    [("drop", ["b", "c"]), ("duplicate", ["a", "a", "b", "c"]), ("reorder", ["b", "a", "c"]), ("delay", ["b", "c"])],
)
async def test_trouble(queue: EventQueue, kind: Trouble, got: list[str]) -> None:
    receiver = Receiver()
    queue.trouble(kind, "ON*", delay_s=10 if kind == "delay" else 0)
    put(queue, "a", "b", "c")

    await queue.deliver(receiver)

    assert receiver.got == got


async def test_a_delayed_event_comes_when_it_is_due(queue: EventQueue, clock: ManualClock) -> None:
    receiver = Receiver()
    queue.trouble("delay", delay_s=10)
    put(queue, "a")

    await queue.deliver(receiver)
    assert (receiver.got, queue.next_due_at) == ([], clock.now() + 10)

    clock.advance(10)
    await queue.deliver(receiver)
    assert (receiver.got, queue.next_due_at) == (["a"], None)


async def test_a_lost_event_is_logged(queue: EventQueue) -> None:
    queue.trouble("drop")
    put(queue, "a")

    assert [item.status for item in queue.log] == [-1]


async def test_trouble_is_for_matching_events_and_ends(queue: EventQueue) -> None:
    receiver = Receiver()
    queue.trouble("drop", "ONIM*", count=None)
    put(queue, "a")
    put(queue, "b", "c", event="ONIMBOT")
    queue.calm()
    put(queue, "d", event="ONIMBOT")

    await queue.deliver(receiver)

    assert receiver.got == ["a", "d"]


async def test_calm_lets_go_what_waits_for_the_next_event(queue: EventQueue) -> None:
    receiver = Receiver()
    queue.trouble("reorder")
    put(queue, "a")
    await queue.deliver(receiver)
    assert receiver.got == []

    queue.calm()
    await queue.deliver(receiver)
    assert receiver.got == ["a"]


async def test_whoever_delivers_is_woken(queue: EventQueue) -> None:
    woken: list[int] = []
    queue.on_put.append(lambda: woken.append(1))
    put(queue, "a", "b")

    assert len(woken) == 2
