"""One timer per person, in the database, and the inbox that wakes us."""

import asyncio
from dataclasses import replace

import pytest

from bot.inbox import Entry
from bot.inbox.sqlite import SqliteInbox
from bot.timers import Timer

TIMER = Timer(
    portal="p1",
    user_id=17,
    timer_id="a1",
    made_by="e1",
    presence="dnd",
    former="away",
    ends_at=1_795_428_000,
    zone="Europe/Riga",
    bot_id=905,
    language="ru",
)


@pytest.fixture
def timers(store):
    return store.timers


async def start(store, timer):
    await store.database.write(store.timers.starting(timer))


async def test_nobody_has_a_timer_at_first(timers):
    assert await timers.find("p1", 17) is None


async def test_timer_is_found_as_it_was_started(store, timers):
    await start(store, TIMER)

    assert await timers.find("p1", 17) == TIMER


async def test_second_timer_replaces_the_first_one_whole(store, timers):
    second = replace(
        TIMER, timer_id="a2", made_by="e2", presence="away", former="break", ends_at=5, zone="UTC", bot_id=1,
        language="en",
    )  # fmt: skip
    await start(store, TIMER)
    await start(store, second)

    assert await timers.find("p1", 17) == second


async def test_timers_are_of_one_person_of_one_portal(store, timers):
    others = [replace(TIMER, user_id=42), replace(TIMER, portal="p2")]
    for timer in (TIMER, *others):
        await start(store, timer)
    await timers.stop("p1", 17)

    assert await timers.find("p1", 17) is None
    assert [await timers.find(other.portal, other.user_id) for other in others] == others


@pytest.mark.parametrize(("timer_id", "left"), [("a1", None), ("a2", TIMER), (None, None)])
async def test_stop_spares_a_timer_that_is_not_meant(store, timers, timer_id, left):
    await start(store, TIMER)
    await timers.stop("p1", 17, timer_id)

    assert await timers.find("p1", 17) == left


async def test_stop_without_a_timer_changes_nothing(timers):
    await timers.stop("p1", 17)

    assert await timers.find("p1", 17) is None


async def test_forgotten_person_has_no_timer(store, timers):
    await start(store, TIMER)
    await start(store, replace(TIMER, user_id=42))
    await store.forget_person("p1", 17)

    assert await timers.find("p1", 17) is None
    assert await timers.find("p1", 42) is not None


async def test_forgotten_portal_has_no_timers(store, timers):
    await start(store, TIMER)
    await store.forget_portal("p1")

    assert await timers.find("p1", 17) is None


# --- waking

embedded = pytest.mark.parametrize("database_url", ["embedded_url"], indirect=True)


class Desk:
    """Hands entries out of an inbox whose clock is set by the test; it stands still otherwise."""

    def __init__(self, database):
        self.now = 1000.0
        self.handed: list[str] = []
        self.inbox = SqliteInbox(database, clock=lambda: self.now)
        self._something = asyncio.Condition()
        self._working = asyncio.create_task(self.inbox.run(self._handle, self._handle))

    async def _handle(self, delivery):
        async with self._something:
            self.handed.append(delivery.entry.key)
            self._something.notify_all()

    async def until_handed(self, *keys):
        async with self._something, asyncio.timeout(10):
            await self._something.wait_for(lambda: set(keys) <= set(self.handed))

    async def close(self):
        await self.inbox.close(5)
        await self._working


@pytest.fixture
async def desk(database):
    desk = Desk(database)
    yield desk
    await desk.close()


@embedded
async def test_clock_that_is_set_forward_wakes(desk):
    await desk.inbox.put_at(1000.01, Entry("timer", "lane", "body"))
    await desk.inbox.put(Entry("message", "lane", "body"))
    await desk.until_handed("message")
    assert desk.handed == ["message"]

    desk.now += 3600
    await desk.until_handed("timer")
    assert desk.handed == ["message", "timer"]


@embedded
async def test_clock_that_is_set_back_does_not_wake(desk):
    await desk.inbox.put_at(1000.01, Entry("late", "lane", "body"))
    desk.now -= 3600
    await desk.inbox.put_at(desk.now + 0.01, Entry("early", "lane", "body"))
    await desk.inbox.put(Entry("message", "lane", "body"))
    await desk.until_handed("message")
    desk.now += 1
    await desk.until_handed("early")

    assert desk.handed == ["message", "early"]


@embedded
async def test_thousand_timers_wake_once_each(desk):
    entries = [Entry(f"timer {number}", f"lane {number % 7}", "body") for number in range(1000)]
    await asyncio.gather(*(desk.inbox.put_at(1000.01, entry) for entry in entries))
    desk.now += 1
    await desk.until_handed(*(entry.key for entry in entries))

    assert sorted(desk.handed) == sorted(entry.key for entry in entries)


@embedded
async def test_closed_inbox_keeps_a_timer_without_waiting_for_it(database):
    first = Desk(database)
    await first.close()
    before = asyncio.all_tasks()
    await first.inbox.put_at(0.0, Entry("timer", "lane", "body"))
    assert asyncio.all_tasks() == before

    second = Desk(database)
    await second.until_handed("timer")
    await second.close()
    assert (first.handed, second.handed) == ([], ["timer"])
