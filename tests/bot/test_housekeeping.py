"""What has served its time goes and nothing else does; nobody waits for it; and it goes on whatever happens."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Table, func, insert, inspect, select, text
from structlog.testing import capture_logs

from bot.changes import Undoing
from bot.database import Database, metadata
from bot.emulator.clock import ManualClock
from bot.emulator.portal import Portal
from bot.emulator.transport import PortalTransport
from bot.externals import Shown, Underway
from bot.followups import FollowUp
from bot.housekeeping import all_kept, keep_house, tidy
from bot.inbox.sqlite import events
from bot.lists import Listing
from bot.order import Place
from bot.service import Service
from bot.settings import Settings
from bot.states import Waiting
from bot.store import Store
from bot.timers import Timer

PORTAL, MIRA, DAY_S = "1b" * 16, 17, 24 * 3600
NOW = 1_795_424_400  # 2026-11-23 09:00 UTC
KEPT = all_kept(600)
# What belongs to a person or a portal for good.
STAYING = {"portals", "tokens", "people", "accounts", "alembic_version"}
LISTING = Listing("", PORTAL, MIRA, "17", "en", "agenda.heading-week", "", "UTC", (), 1, NOW)
TIMER = Timer(PORTAL, MIRA, "a1", "e1", "dnd", "away", NOW, "UTC", 905, "en")
FOLLOW_UP = FollowUp(
    portal=PORTAL,
    key="event-1",
    user_id=MIRA,
    bot_id=905,
    dialog_id="17",
    private=True,
    api="v2",
    language="en",
    message_id=1,
    parts=(),
)
CALL = Shown("cal_7", "evt_1", "2026-11-25T13:00:00+00:00", "Call", "Mira", "UTC")
ANSWER = Underway("accepted", "tentative", removes=False, begun_at=NOW, sent_at=None)

Put = Callable[[Store, int], Awaitable[object]]


async def finish(store: Store, at: int, *, state: str = "done", count: int = 1) -> None:
    """Store events as the inbox leaves them."""
    row = {"lane": "p:17", "sent_at": at, "arrival": at, "starts": 1, "state": state, "finished_at": at}
    rows = [{"key": f"{state}:{at}:{number}", **row} for number in range(count)]
    await store.database.write(lambda c: c.execute(insert(events), rows))


async def open_link(store: Store, at: int) -> None:
    await store.states.open(PORTAL, MIRA, "bitrix24", dialog_id="17", bot_id=905, language="en", now=at)


async def resume(store: Store, at: int) -> None:
    """Put a command back into the inbox that had waited for an hour."""
    command = Waiting("e1", PORTAL, MIRA, "body", 1, at - 3600)
    await store.states.wait(command)
    secret = await store.states.open(PORTAL, MIRA, "bitrix24", dialog_id="17", bot_id=905, language="en", now=at)
    state = await store.states.find(secret, "bitrix24")
    assert state is not None
    await store.database.write(store.states.connecting(state, [command], at))
    await store.states.close(PORTAL, MIRA, "bitrix24")


async def ask(store: Store, at: int) -> None:
    await store.questions.ask(PORTAL, MIRA, "17", (), language="en", asked_at=at, asked_by="e1")


# How rows come to be that are as old as one can be, and for how long they are kept then.
WAYS: dict[str, tuple[Put, int]] = {
    "events": (finish, 40 * DAY_S),
    "carried_out by message": (
        lambda s, at: s.database.write(s.order.carrying_out(PORTAL, MIRA, "651", Place(5, at))),
        DAY_S + 600,
    ),
    "carried_out by press": (
        lambda s, at: s.database.write(s.order.carrying_out(PORTAL, MIRA, "651", Place(None, at))),
        DAY_S + 600,
    ),
    "states": (open_link, DAY_S + 600),
    "waiting": (lambda s, at: s.states.wait(Waiting("e1", PORTAL, MIRA, "body", 1, at)), DAY_S),
    "waiting no more": (resume, DAY_S),
    "questions": (ask, DAY_S),
    "notices": (lambda s, at: s.notices.keep("e1", PORTAL, 1, at), 3 * DAY_S),
    "lists": (lambda s, at: s.lists.keep(replace(LISTING, made_at=at), "e1", "e1 week"), DAY_S),
    "changes": (lambda s, at: s.changes.remember(PORTAL, MIRA, "e1 away", Undoing("online", ()), at), DAY_S),
    "timers": (lambda s, at: s.database.write(s.timers.starting(replace(TIMER, ends_at=at))), 7 * DAY_S),
    "externals": (lambda s, at: s.externals.name(PORTAL, MIRA, [CALL], at), 2 * DAY_S),
    "underway": (
        lambda s, at: s.externals.begin(PORTAL, MIRA, "a1", replace(ANSWER, begun_at=at)),
        2 * DAY_S,
    ),
    "follow_ups": (lambda s, at: s.follow_ups.keep(FOLLOW_UP, at), DAY_S),
}


def table_of(way: str) -> str:
    return way.partition(" ")[0]


async def size(database: Database, table: Table) -> int:
    return await database.read(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one())


# --- what goes


@pytest.mark.parametrize("way", WAYS)
async def test_row_goes_when_it_has_served_its_time(store: Store, way: str) -> None:
    (put, kept_s), name = WAYS[way], table_of(way)
    await put(store, NOW)

    assert await tidy(store.database, KEPT, NOW + kept_s) == {}
    assert await size(store.database, metadata.tables[name]) == 1
    assert await tidy(store.database, KEPT, NOW + kept_s + 1) == {name: 1}
    assert await size(store.database, metadata.tables[name]) == 0


@pytest.mark.parametrize("way", ["lists", "externals", "follow_ups", "carried_out by press"])
async def test_row_that_was_used_again_is_kept_for_longer(store: Store, way: str) -> None:
    put, kept_s = WAYS[way]
    for at in (NOW, NOW + kept_s):
        await put(store, at)

    assert await tidy(store.database, KEPT, NOW + 2 * kept_s) == {}


@pytest.mark.parametrize("state", ["parked", "pending"])
async def test_event_that_was_not_carried_out_stays(store: Store, state: str) -> None:
    await finish(store, NOW, state=state)

    assert await tidy(store.database, KEPT, NOW + 1000 * DAY_S) == {}


async def test_every_table_has_its_time_or_stays(database: Database) -> None:
    names = set(await database.read(lambda c: inspect(c).get_table_names()))
    pruned = {rows.table.name for rows in KEPT}

    assert pruned | STAYING == names
    assert not pruned & STAYING
    assert pruned == set(map(table_of, WAYS))


async def test_command_that_may_be_late_can_still_be_superseded(store: Store) -> None:
    await store.database.write(store.order.carrying_out(PORTAL, MIRA, "651", Place(5, NOW)))
    await tidy(store.database, all_kept(30 * DAY_S), NOW + 30 * DAY_S)

    assert await store.order.superseded(PORTAL, MIRA, "651", Place(4, NOW - 10))


# --- without a wait


async def test_many_rows_go_and_a_write_in_between_does_not_wait_for_the_last(store: Store) -> None:
    await finish(store, NOW, count=1001)
    tidying = asyncio.create_task(tidy(store.database, KEPT, NOW + 100 * DAY_S))
    await asyncio.sleep(0)  # it begins
    left = await store.database.write(lambda c: c.execute(text("SELECT count(*) FROM events")).scalar_one())

    assert left > 0
    assert await tidying == {"events": 1001}


async def test_replica_leaves_alone_what_another_one_is_at_work_on(server_url: str) -> None:
    one, two = (Database(server_url, exclusive=True, replica=name) for name in ("one", "two"))
    loop = asyncio.get_running_loop()
    await one.write(
        lambda c: c.execute(insert(events), [{"key": k, "lane": "p", "sent_at": 1, "arrival": 1, "starts": 1, "state": "done", "finished_at": 1} for k in "ab"])
    )  # fmt: skip

    def at_work(connection: Connection) -> dict[str, int]:
        connection.execute(text("SELECT * FROM events WHERE key = 'a' FOR UPDATE"))
        return asyncio.run_coroutine_threadsafe(tidy(two, KEPT, NOW), loop).result(timeout=20)

    assert await one.write(at_work) == {"events": 1}
    assert await tidy(two, KEPT, NOW) == {"events": 1}
    for database in (one, two):
        await database.close()


# --- on a schedule


class Nights:
    """A sleep that moves the clock and ends after so many."""

    def __init__(self, clock: ManualClock, count: int) -> None:
        self._clock = clock
        self._left = count
        self.woken: list[float] = []

    async def sleep(self, seconds: float) -> None:
        if self._left == 0:
            raise asyncio.CancelledError
        self._left -= 1
        self._clock.advance(seconds)
        self.woken.append(self._clock.now() - NOW)


async def nights(
    database: Database, count: int, started_at: float = NOW
) -> tuple[list[float], list[dict[str, object]]]:
    """Keep house for so many rounds; return when those were, in seconds since `NOW`, and what was logged."""
    clock = ManualClock(started_at)
    slept = Nights(clock, count)
    with capture_logs() as lines, pytest.raises(asyncio.CancelledError):
        await keep_house(database, KEPT, clock.now, sleep=slept.sleep)
    return slept.woken, lines


async def test_first_round_is_soon_after_the_start_and_the_others_are_hourly(store: Store) -> None:
    woken, _ = await nights(store.database, 4)

    assert woken == [300, 23 * 60 + 1, 23 * 60 + 3601, 23 * 60 + 7201]


async def test_round_that_removes_something_is_told_and_others_are_not(store: Store) -> None:
    await finish(store, NOW - 41 * DAY_S, count=3)
    await ask(store, NOW - 2 * DAY_S)
    _, lines = await nights(store.database, 3)

    assert lines == [{"event": "housekeeping.done", "log_level": "info", "events": 3, "questions": 1}]


async def test_database_that_fails_ends_a_round_and_not_the_schedule(store: Store) -> None:
    await store.database.write(lambda c: c.execute(text("ALTER TABLE events RENAME TO elsewhere")))
    woken, lines = await nights(store.database, 2)

    assert len(woken) == 2
    assert [(line["event"], line["log_level"]) for line in lines] == [("housekeeping.failed", "warning")] * 2
    assert "exc_info" not in lines[0]


async def test_service_keeps_house_until_it_stops(portal: Portal, make_settings: Callable[..., Settings]) -> None:
    service = Service(make_settings(port=0), transport=PortalTransport(portal))
    await service.start()
    (keeping,) = (task for task in asyncio.all_tasks() if task.get_coro().__name__ == keep_house.__name__)
    await service.stop()

    assert keeping.cancelled()
