"""The contract of the inbox port. Every engine passes it; nothing here knows which one runs.

"Process" means what an engine opens; a killed one writes nothing more, and the next one finds what was stored.
"""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, text

from bot.errors import NewerVersion, StorageError
from bot.inbox import MAX_STARTS, Delivery, Entry
from tests.bot.inbox.desk import PATIENCE_S, Act, Desk, fail, forever, message, press


async def reopened(engine: Any, desk: Desk | None = None, give_up: Act | None = None) -> Desk:
    """Kill the process, start the next one and let it work."""
    await engine.kill()
    await engine.open()
    desk = desk or Desk()
    engine.run(desk, *([give_up] if give_up else []))
    return desk


async def restarted(engine: Any, desk: Desk | None = None, *, grace: float = PATIENCE_S) -> Desk:
    """Stop the process in good order, start the next one and let it work."""
    async with asyncio.timeout(PATIENCE_S):
        await engine.stop(grace)
    await engine.open()
    desk = desk or Desk()
    engine.run(desk)
    return desk


# --- putting


async def test_put_entry_is_handed_out(engine: Any) -> None:
    desk = Desk()
    engine.run(desk)
    assert await engine.inbox.put(message(1)) == [True]
    await desk.until_finished(1)
    assert desk.handed == [Delivery(message(1), 1)]


async def test_put_entry_is_durable_when_put_returns(engine: Any) -> None:
    await engine.inbox.put(message(1), press("a", 7))
    desk = await reopened(engine)
    await desk.until_finished(2)
    assert [delivery.entry for delivery in desk.handed] == [press("a", 7), message(1)]


async def test_entries_put_before_run_are_handed_out_once(engine: Any) -> None:
    await engine.inbox.put(message(1), message(2))
    desk = Desk()
    engine.run(desk)
    await engine.inbox.put(message(3))
    await desk.until_finished(3)
    assert desk.starts == [("body 1", 1), ("body 2", 1), ("body 3", 1)]


async def test_entries_put_while_run_begins_are_handed_out_once(engine: Any) -> None:
    lanes = [f"p:{number}" for number in range(5)]
    desk = Desk()
    putting = [asyncio.create_task(engine.inbox.put(message(1, lane=lane))) for lane in lanes[:3]]
    engine.run(desk)
    putting += [asyncio.create_task(engine.inbox.put(message(1, lane=lane))) for lane in lanes[3:]]
    await asyncio.gather(*putting)
    await engine.inbox.put(*(message(2, lane=lane) for lane in lanes))
    await desk.until_finished(10)
    assert sorted(desk.starts) == [("body 1", 1)] * 5 + [("body 2", 1)] * 5


async def test_duplicate_key_changes_nothing(engine: Any) -> None:
    changed = Entry(message(1).key, "p:23", "another body", 5, 50)
    assert await engine.inbox.put(message(1), message(1)) == [True, False]
    assert await engine.inbox.put(changed, message(2)) == [False, True]
    assert engine.inbox.pending == 2
    desk = Desk()
    engine.run(desk)
    await desk.until_finished(2)
    assert await engine.inbox.put(message(1)) == [False]
    await engine.inbox.put(message(3))
    await desk.until_finished(3)
    assert [delivery.entry for delivery in desk.handed] == [message(1), message(2), message(3)]


async def test_duplicate_key_of_a_finished_entry_changes_nothing_after_a_restart(engine: Any) -> None:
    desk = Desk()
    engine.run(desk)
    await engine.inbox.put(message(1))
    await desk.until_finished(1)
    desk = await restarted(engine)
    assert await engine.inbox.put(message(1), message(2)) == [False, True]
    await desk.until_finished(1)
    assert desk.bodies == ["body 2"]


async def test_duplicate_key_put_at_once_is_new_once(engine: Any) -> None:
    desk = Desk()
    engine.run(desk)
    new = await asyncio.gather(*(engine.inbox.put(message(1)) for _ in range(20)))
    await engine.inbox.put(message(2))
    await desk.until_finished(2)
    assert sorted(new) == [[False]] * 19 + [[True]]
    assert desk.bodies == ["body 1", "body 2"]


async def test_put_that_was_given_up_and_repeated_is_handed_out(engine: Any) -> None:
    """The portal heard 503 and sends again; the key may be known by then, yet the event must not lie idle."""
    desk = Desk()
    engine.run(desk)
    async with asyncio.TaskGroup() as group:
        given_up = group.create_task(engine.inbox.put(message(1)))
        group.create_task(_cancel(given_up))
    assert given_up.cancelled()
    await engine.inbox.put(message(1))
    await engine.inbox.put(message(2))
    await desk.until_finished(2)
    assert desk.bodies == ["body 1", "body 2"]


async def _cancel(task: "asyncio.Task[Any]") -> None:
    task.cancel()


async def test_pending_counts_what_is_not_finished(engine: Any) -> None:
    go_on = asyncio.Event()
    desk = Desk().when("body 1", lambda _: _wait(go_on))
    engine.run(desk)
    await engine.inbox.put(message(1), message(2), message(1, lane="p:23"))
    assert engine.inbox.pending == 3
    go_on.set()
    await desk.until_finished(3)
    await engine.stop()
    assert engine.inbox.pending == 0
    await engine.open()


async def _wait(event: asyncio.Event) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await event.wait()


# --- work in the same transaction


def noting(word: str) -> Callable[[Connection], Any]:
    """Return work on a table that every engine has."""
    insert = text(
        "INSERT INTO carried_out (portal, user_id, subject, message_id, message_at, press_at)"
        " VALUES (:word, 1, 's', 0, 0, 0)"
    )
    return lambda connection: connection.execute(insert, {"word": word})


async def noted(engine: Any) -> list[str]:
    rows = await engine.read(lambda c: c.execute(text("SELECT portal FROM carried_out ORDER BY portal")).all())
    return [row.portal for row in rows]


async def test_also_work_is_stored_with_the_entry(engine: Any) -> None:
    assert await engine.inbox.put(message(1), also=[noting("a"), noting("b")]) == [True]
    desk = await reopened(engine)
    await desk.until_finished(1)
    assert await noted(engine) == ["a", "b"]


async def test_also_work_is_done_for_a_known_key(engine: Any) -> None:
    await engine.inbox.put(message(1))
    assert await engine.inbox.put(message(1), also=[noting("a")]) == [False]
    assert await noted(engine) == ["a"]


async def test_failing_also_work_stores_nothing(engine: Any) -> None:
    def harm(_connection: Connection) -> None:
        raise LookupError("no")

    desk = Desk()
    engine.run(desk)
    with pytest.raises(LookupError):
        await engine.inbox.put(message(1), message(2), also=[noting("a"), harm])

    assert await noted(engine) == []
    assert await engine.inbox.put(message(2)) == [True]
    await desk.until_finished(1)
    assert desk.bodies == ["body 2"]


async def test_failing_put_spoils_nobody_elses(engine: Any) -> None:
    def harm(_connection: Connection) -> None:
        raise LookupError("no")

    others = [engine.inbox.put(message(number)) for number in range(1, 6)]
    failed, *new = await asyncio.gather(engine.inbox.put(message(9), also=[harm]), *others, return_exceptions=True)
    assert isinstance(failed, LookupError)
    assert new == [[True]] * 5


# --- what goes with an end


async def test_work_at_the_end_is_stored_with_it(engine: Any) -> None:
    async def note(delivery: Delivery) -> None:
        delivery.at_end.append(noting(delivery.entry.body))

    desk = Desk(**{"body 1": note, "body 2": note})
    engine.run(desk)
    await engine.inbox.put(message(1), message(2), message(3, lane="p:42"))
    await desk.until_finished(3)
    await engine.stop()
    await engine.open()

    assert await noted(engine) == ["body 1", "body 2"]


async def test_work_at_an_end_that_does_not_come_is_not_done(engine: Any) -> None:
    async def note_and_hang(delivery: Delivery) -> None:
        delivery.at_end.append(noting("a"))
        await forever(delivery)

    desk = Desk().when("body 1", note_and_hang)
    engine.run(desk)
    await engine.inbox.put(message(1))
    await desk.until_handed(1)
    again = await reopened(engine)
    await again.until_finished(1)

    assert await noted(engine) == []


async def test_work_of_every_start_is_done_at_the_end(engine: Any) -> None:
    async def note_and_fail(delivery: Delivery) -> None:
        delivery.at_end.append(noting(f"start {delivery.starts}"))
        if delivery.starts < 2:
            await fail(delivery)

    desk = Desk().when("body 1", note_and_fail)
    engine.run(desk)
    await engine.inbox.put(message(1), message(2))
    await desk.until_finished(2)

    assert await noted(engine) == ["start 1", "start 2"]


async def test_work_at_the_end_is_done_for_what_is_parked(engine: Any) -> None:
    async def note_and_fail(delivery: Delivery) -> None:
        delivery.at_end.append(noting(f"start {delivery.starts}"))
        await fail(delivery)

    told = Desk()
    engine.run(Desk().when("body 1", note_and_fail), told)
    await engine.inbox.put(message(1))
    await told.until_finished(1)

    assert await noted(engine) == [f"start {number}" for number in range(1, MAX_STARTS + 1)]


# --- order

PERMUTED = list(itertools.permutations([3, 1, 2]))


@pytest.mark.parametrize("numbers", PERMUTED)
async def test_messages_of_a_lane_come_by_id(engine: Any, numbers: tuple[int, ...]) -> None:
    await engine.inbox.put(*(message(number, sent_at=200 - number) for number in numbers))
    desk = Desk()
    engine.run(desk)
    await desk.until_finished(3)
    assert desk.bodies == ["body 1", "body 2", "body 3"]


@pytest.mark.parametrize("times", PERMUTED)
async def test_presses_of_a_lane_come_by_time(engine: Any, times: tuple[int, ...]) -> None:
    for sent_at in times:
        await engine.inbox.put(press(str(sent_at), sent_at))
    desk = Desk()
    engine.run(desk)
    await desk.until_finished(3)
    assert desk.bodies == ["press 1", "press 2", "press 3"]


@pytest.mark.parametrize("killed", [False, True])
async def test_presses_of_one_second_come_by_arrival(engine: Any, *, killed: bool) -> None:
    await engine.inbox.put(press("c", 100), press("a", 100))
    await engine.inbox.put(press("b", 100))
    if killed:
        await engine.kill()
        await engine.open()
    desk = Desk()
    engine.run(desk)
    await desk.until_finished(3)
    assert desk.bodies == ["press c", "press a", "press b"]


async def test_messages_and_presses_of_a_lane_come_by_time(engine: Any) -> None:
    mixture = [press("d", 104), message(2, sent_at=103), press("b", 102), message(1, sent_at=101), press("a", 100)]
    await engine.inbox.put(*mixture)
    desk = Desk()
    engine.run(desk)
    await desk.until_finished(5)
    assert desk.bodies == ["press a", "body 1", "press b", "body 2", "press d"]


@pytest.mark.parametrize("first", [message(1), press("a", 100)])
async def test_message_and_press_of_one_second_come_by_arrival(engine: Any, first: Entry) -> None:
    second = press("a", 100) if first.message_id else message(1)
    await engine.inbox.put(first, second)
    desk = Desk()
    engine.run(desk)
    await desk.until_finished(2)
    assert desk.bodies == [first.body, second.body]


async def test_order_holds_for_what_arrives_while_the_lane_is_busy(engine: Any) -> None:
    go_on = asyncio.Event()
    desk = Desk().when("body 5", lambda _: _wait(go_on))
    engine.run(desk)
    await engine.inbox.put(message(5))
    await desk.until_handed(1)
    for number in (8, 6, 7):
        await engine.inbox.put(message(number))
    go_on.set()
    await desk.until_finished(4)
    assert desk.bodies == ["body 5", "body 6", "body 7", "body 8"]


# --- lanes


async def test_lane_hands_out_one_at_a_time(engine: Any) -> None:
    inside = 0

    async def alone(_delivery: Delivery) -> None:
        nonlocal inside
        inside += 1
        await engine.inbox.put(press("elsewhere", 1, lane="p:23"))  # long enough for another to slip in
        assert inside == 1
        inside -= 1

    desk = Desk(**{f"body {number}": alone for number in range(8)})
    engine.run(desk)
    await engine.inbox.put(*(message(number) for number in range(8)))
    await desk.until_finished(9)
    assert [starts for _, starts in desk.starts] == [1] * 9


async def test_lanes_run_in_parallel(engine: Any) -> None:
    together = asyncio.Barrier(20)

    async def meet(_delivery: Delivery) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await together.wait()

    desk = Desk(**{"body 1": meet})
    engine.run(desk)
    await engine.inbox.put(*(message(1, lane=f"p:{number}") for number in range(20)))
    await desk.until_finished(20)
    assert [starts for _, starts in desk.starts] == [1] * 20


async def test_busy_lane_holds_up_no_other(engine: Any) -> None:
    desk = Desk().when("body 1", forever)
    engine.run(desk)
    await engine.inbox.put(message(1), message(2))
    await desk.until_handed(1)
    await engine.inbox.put(*(message(number, lane="p:23") for number in range(3, 6)))
    await desk.until_finished(3)
    assert desk.bodies == ["body 1", "body 3", "body 4", "body 5"]


async def test_many_lanes_are_all_worked_off(engine: Any) -> None:
    desk = Desk()
    engine.run(desk)
    await engine.inbox.put(*(message(number, lane=f"p:{lane}") for number in (2, 1) for lane in range(300)))
    await desk.until_finished(600)
    for lane in range(300):
        assert [one.entry.message_id for one in desk.handed if one.entry.lane == f"p:{lane}"] == [1, 2]


async def test_many_lanes_that_wait_hold_up_no_other(engine: Any) -> None:
    desk = Desk(**{f"body {number}": forever for number in range(300)})
    engine.run(desk)
    await engine.inbox.put(*(message(number, lane=f"p:{number}") for number in range(300)))
    await desk.until_handed(300)
    await engine.inbox.put(message(1000, lane="p:1000"))
    await desk.until_finished(1)
    assert desk.finished == ["body 1000"]


# --- handlers that fail


async def test_failing_entry_is_handed_out_again(engine: Any) -> None:
    async def fail_twice(delivery: Delivery) -> None:
        if delivery.starts < 3:
            await fail(delivery)

    desk = Desk().when("body 1", fail_twice)
    engine.run(desk)
    await engine.inbox.put(message(1), message(2))
    await desk.until_finished(2)
    assert desk.starts == [("body 1", 1), ("body 1", 2), ("body 1", 3), ("body 2", 1)]
    assert await engine.inbox.parked() == []


async def test_entry_that_always_fails_is_parked_and_the_lane_goes_on(engine: Any) -> None:
    told = Desk()
    desk = Desk().when("body 1", fail)
    engine.run(desk, told)
    await engine.inbox.put(message(1), message(2))
    await desk.until_finished(1)

    assert desk.starts == [*(("body 1", start) for start in range(1, MAX_STARTS + 1)), ("body 2", 1)]
    assert told.handed == [Delivery(message(1), MAX_STARTS)]
    assert await engine.inbox.parked() == [message(1)]


async def test_parked_entry_stays_parked(engine: Any) -> None:
    told = Desk()
    engine.run(Desk().when("body 1", fail), told)
    await engine.inbox.put(message(1))
    await told.until_finished(1)

    desk = await reopened(engine)
    assert await engine.inbox.put(message(1), message(2)) == [False, True]
    await desk.until_finished(1)
    assert desk.bodies == ["body 2"]
    assert await engine.inbox.parked() == [message(1)]
    assert engine.inbox.pending <= 1


async def test_give_up_that_fails_does_not_stop_the_lane(engine: Any) -> None:
    desk = Desk().when("body 1", fail)
    engine.run(desk, fail)
    await engine.inbox.put(message(1), message(2))
    await desk.until_finished(1)
    assert desk.finished == ["body 2"]
    assert await engine.inbox.parked() == [message(1)]


# --- a database that cannot be written


class Outage:
    """Nothing can be written about events from `begin`, which a handler calls, to `end`."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._begun = asyncio.Event()

    async def is_felt(self) -> None:
        """Wait until what was to be written meanwhile has failed."""
        await _wait(self._begun)
        for number in range(10):
            with pytest.raises(StorageError):
                await self._engine.inbox.put(press("refused", number, lane="p:23"))

    async def begin(self, _delivery: Delivery) -> None:
        await self._engine.write(lambda c: c.execute(text("ALTER TABLE events RENAME TO away")))
        self._begun.set()

    async def end(self) -> None:
        await self.is_felt()
        await self._engine.write(lambda c: c.execute(text("ALTER TABLE away RENAME TO events")))


@pytest.fixture
def outage(engine: Any) -> Outage:
    return Outage(engine)


async def test_end_that_cannot_be_written_waits(engine: Any, outage: Outage) -> None:
    desk = Desk().when("body 1", outage.begin)
    engine.run(desk)
    await engine.inbox.put(message(1), message(2))
    await outage.end()
    await desk.until_finished(2)
    await engine.stop()

    assert desk.starts == [("body 1", 1), ("body 2", 1)]
    assert engine.inbox.pending == 0
    await engine.open()


async def test_end_whose_work_cannot_be_written_waits(engine: Any, outage: Outage) -> None:
    async def note(delivery: Delivery) -> None:
        await outage.begin(delivery)
        delivery.at_end.append(noting("a"))

    desk = Desk().when("body 1", note)
    engine.run(desk)
    await engine.inbox.put(message(1), message(2))
    await outage.end()
    await desk.until_finished(2)

    assert desk.starts == [("body 1", 1), ("body 2", 1)]
    assert await noted(engine) == ["a"]


async def test_start_that_cannot_be_written_waits(engine: Any, outage: Outage) -> None:
    async def fail_once(delivery: Delivery) -> None:
        if delivery.starts == 1:
            await outage.begin(delivery)
            await fail(delivery)

    desk = Desk().when("body 1", fail_once)
    engine.run(desk)
    await engine.inbox.put(message(1))
    await outage.end()
    await desk.until_finished(1)

    assert desk.starts == [("body 1", 1), ("body 1", 2)]


async def test_parking_that_cannot_be_written_waits_and_the_lane_goes_on(engine: Any, outage: Outage) -> None:
    async def always_fail(delivery: Delivery) -> None:
        if delivery.starts == MAX_STARTS:
            await outage.begin(delivery)
        await fail(delivery)

    told = Desk()
    desk = Desk().when("body 1", always_fail)
    engine.run(desk, told)
    await engine.inbox.put(message(1), message(2))
    await outage.end()
    await desk.until_finished(1)

    assert told.handed == [Delivery(message(1), MAX_STARTS)]
    assert desk.finished == ["body 2"]
    assert await engine.inbox.parked() == [message(1)]


async def test_close_does_not_wait_for_what_cannot_be_written(engine: Any, outage: Outage) -> None:
    engine.run(Desk().when("body 1", outage.begin))
    await engine.inbox.put(message(1))
    await outage.is_felt()
    async with asyncio.timeout(PATIENCE_S):
        await engine.inbox.close(0.0)
    await outage.end()

    desk = await reopened(engine)
    await desk.until_finished(1)
    assert desk.starts == [("body 1", 2)]


# --- events of a newer release


async def cannot_read(_delivery: Delivery) -> None:
    raise NewerVersion("stored event: version 2, this release reads 1")


async def test_event_of_a_newer_release_is_left_to_that_one(engine: Any) -> None:
    older = Desk().when("body 1", cannot_read)
    engine.run(older)
    await engine.inbox.put(message(1), message(2))
    await older.until_finished(1)
    await engine.stop()
    assert older.finished == ["body 2"]
    assert engine.inbox.pending == 1

    await engine.open()
    assert await engine.inbox.parked() == []
    newer = Desk()
    engine.run(newer)
    await newer.until_finished(1)
    assert newer.starts == [("body 1", 1)]


# --- kills


async def test_killed_entry_is_handed_out_again_as_started_before(engine: Any) -> None:
    desk = Desk().when("body 1", forever)
    engine.run(desk)
    await engine.inbox.put(message(1))
    await desk.until_handed(1)

    desk = await reopened(engine)
    await desk.until_finished(1)
    assert desk.starts == [("body 1", 2)]
    desk = await restarted(engine)
    await engine.inbox.put(message(2))
    await desk.until_finished(1)
    assert desk.bodies == ["body 2"]


async def test_bystanders_of_many_deaths_are_not_given_up(engine: Any) -> None:
    """Of several events that were there at each death only the one in hand is blamed for the next."""
    harmful = message(1, lane="p:1")
    bystanders = [message(number, lane=f"p:{number}") for number in (2, 3)]
    desk = Desk(**{entry.body: forever for entry in (harmful, *bystanders)})
    engine.run(desk)
    await engine.inbox.put(harmful, *bystanders)
    await desk.until_handed(3)
    for _ in range(2):
        desk = await reopened(engine, Desk(**{entry.body: forever for entry in (harmful, *bystanders)}))
        await desk.until_handed(3)
    for _ in range(MAX_STARTS):
        desk = await reopened(engine, Desk(**{"body 1": forever, "body 2": forever, "body 3": forever}))
        await desk.until_handed(1)
        assert len(desk.handed) == 1

    desk = await reopened(engine, Desk())
    await desk.until_finished(1)
    assert len(await engine.inbox.parked()) < 3


async def test_since_counts_what_came_or_ended(engine: Any) -> None:
    desk = Desk()
    engine.run(desk)
    await engine.inbox.put(message(1))
    await desk.until_finished(1)
    await engine.stop()
    await engine.open()
    engine.now += 100
    await engine.inbox.put(message(2))

    assert await engine.inbox.since(engine.now - 50) == 1
    assert await engine.inbox.since(engine.now - 200) == 2


async def test_entry_started_too_often_is_parked_without_another_start(engine: Any) -> None:
    desk = Desk().when("body 1", forever)
    engine.run(desk)
    await engine.inbox.put(message(1), message(2))
    await desk.until_handed(1)
    for kills in range(1, MAX_STARTS):
        desk = await reopened(engine, Desk().when("body 1", forever))
        await desk.until_handed(1)
        assert desk.starts == [("body 1", kills + 1)]

    told = Desk()
    desk = await reopened(engine, give_up=told)
    await desk.until_finished(1)
    await told.until_finished(1)

    assert desk.bodies == ["body 2"]
    assert [delivery.entry for delivery in told.handed] == [message(1)]
    assert await engine.inbox.parked() == [message(1)]


async def test_entry_that_was_begun_goes_before_what_arrives_later(engine: Any) -> None:
    """Whatever their order should have been: the half of it that was done comes to its end before anything else is."""
    desk = Desk().when("body 5", forever)
    engine.run(desk)
    await engine.inbox.put(message(5))
    await desk.until_handed(1)
    await engine.inbox.put(message(7))
    await engine.kill()
    await engine.open()
    await engine.inbox.put(message(1), press("pressed", 1))
    desk = Desk()
    engine.run(desk)
    await desk.until_finished(4)
    assert desk.bodies[0] == "body 5"
    assert desk.bodies.index("body 1") < desk.bodies.index("body 7")


async def test_nothing_is_lost_and_order_holds_over_many_kills(engine: Any) -> None:
    lanes = [f"p:{number}" for number in range(4)]
    finished: dict[str, list[int]] = {lane: [] for lane in lanes}

    async def effect(delivery: Delivery) -> None:
        number = delivery.entry.message_id or 0
        done = finished[delivery.entry.lane]
        if number in done:  # its mark was cut off
            assert delivery.starts > 1
        else:
            done.append(number)

    for round_ in range(6):
        desk = Desk()
        for number in range(20):
            desk.when(f"body {number}", effect)
        engine.run(desk)
        await engine.inbox.put(*(message(3 * round_ + number, lane=lane) for lane in lanes for number in (2, 0, 1)))
        await desk.until_handed(round_ + 1)
        await engine.kill()
        await engine.open()
    last = Desk(**{f"body {number}": effect for number in range(20)})
    engine.run(last)
    await engine.inbox.put(*(message(19, lane=lane) for lane in lanes))
    await last._until(lambda: last.finished.count("body 19") == len(lanes))
    assert finished == {lane: [*range(18), 19] for lane in lanes}


# --- an orderly end


async def test_close_lets_running_entries_finish(engine: Any) -> None:
    go_on = asyncio.Event()
    desk = Desk().when("body 1", lambda _: _wait(go_on))
    engine.run(desk)
    await engine.inbox.put(message(1), message(2))
    await desk.until_handed(1)
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
        group.create_task(engine.stop(grace=PATIENCE_S))
        group.create_task(_set(go_on))
    assert desk.finished == ["body 1"]

    await engine.open()
    desk = Desk()
    engine.run(desk)
    await desk.until_finished(1)
    assert desk.starts == [("body 2", 1)]


async def _set(event: asyncio.Event) -> None:
    event.set()


async def test_close_puts_back_what_did_not_start(engine: Any) -> None:
    for _ in range(MAX_STARTS + 2):
        desk = Desk().when("body 1", forever)
        engine.run(desk)
        await engine.inbox.put(message(1), message(2), message(3))
        await desk.until_handed(1)
        await engine.stop(grace=0.0)
        await engine.open()
    desk = Desk()
    engine.run(desk)
    await desk.until_finished(3)
    assert desk.starts == [("body 1", 2), ("body 2", 1), ("body 3", 1)]


async def test_close_without_run_puts_back(engine: Any) -> None:
    await engine.inbox.put(message(1))
    desk = await restarted(engine)
    await desk.until_finished(1)
    assert desk.starts == [("body 1", 1)]


async def test_entry_that_was_cut_short_may_have_had_effects(engine: Any) -> None:
    """An orderly end is no reason to park it, but its handler has to know."""
    desk = Desk().when("body 1", forever)
    engine.run(desk)
    await engine.inbox.put(message(1))
    await desk.until_handed(1)
    for _ in range(MAX_STARTS + 2):
        desk = await restarted(engine, Desk().when("body 1", forever), grace=0.0)
        await desk.until_handed(1)
        assert desk.starts == [("body 1", 2)]


async def test_close_forgets_no_start_of_a_killed_process(engine: Any) -> None:
    desk = Desk().when("body 5", forever)
    engine.run(desk)
    await engine.inbox.put(message(5))
    await desk.until_handed(1)
    await engine.kill()
    await engine.open()
    desk = await restarted(engine, grace=0.0)  # before it was handed out again
    await desk.until_finished(1)
    assert desk.starts == [("body 5", 2)]


async def test_start_after_an_orderly_end_is_counted(engine: Any) -> None:
    await engine.inbox.put(message(1))
    desk = await restarted(engine, Desk().when("body 1", forever))
    await desk.until_handed(1)
    desk = await reopened(engine)
    await desk.until_finished(1)
    assert desk.starts == [("body 1", 2)]


async def test_closed_inbox_still_stores(engine: Any) -> None:
    desk = Desk()
    engine.run(desk)
    await engine.inbox.close(0.0)
    assert await engine.inbox.put(message(1)) == [True]
    desk = await reopened(engine)
    await desk.until_finished(1)
    assert desk.bodies == ["body 1"]


# --- timers


@pytest.mark.parametrize("ago", [0.0, 1.0, 1e6])
async def test_due_timer_is_handed_out_at_once(engine: Any, ago: float) -> None:
    desk = Desk()
    engine.run(desk)
    assert await engine.inbox.put_at(engine.now - ago, press("timer", 100))
    await desk.until_finished(1)
    assert desk.handed == [Delivery(press("timer", 100), 1)]


async def test_timer_of_the_epoch_is_due(engine: Any) -> None:
    desk = Desk()
    engine.run(desk)
    await engine.inbox.put_at(0.0, press("timer", 100))
    await desk.until_finished(1)
    assert desk.starts == [("press timer", 1)]


async def test_future_timer_leaves_its_lane_free(engine: Any) -> None:
    desk = Desk()
    engine.run(desk)
    await engine.inbox.put_at(engine.now + 3600, message(1))
    assert engine.inbox.pending == 0
    await engine.inbox.put(message(2), message(3))
    await desk.until_finished(2)
    assert desk.bodies == ["body 2", "body 3"]


@pytest.mark.parametrize("late", [0.0, 86_400.0])
async def test_timer_outlives_the_process(engine: Any, late: float) -> None:
    await engine.inbox.put_at(engine.now + 3600, press("timer", 100))
    desk = await reopened(engine)
    await engine.inbox.put(message(1))
    await desk.until_finished(1)
    await engine.inbox.put(message(2))  # handed out when the mark of the first is on disk
    await desk.until_finished(2)
    assert desk.bodies == ["body 1", "body 2"]

    engine.now += 3600 + late
    desk = await restarted(engine)
    await desk.until_finished(1)
    assert desk.starts == [("press timer", 1)]


async def test_timer_survives_an_orderly_end(engine: Any) -> None:
    await engine.inbox.put_at(engine.now + 3600, press("timer", 100))
    await engine.stop()
    await engine.open()
    engine.now += 3600
    desk = Desk()
    engine.run(desk)
    await desk.until_finished(1)
    assert desk.starts == [("press timer", 1)]


async def test_timers_put_before_run_are_handed_out_once(engine: Any) -> None:
    await engine.inbox.put_at(engine.now, press("early", 100))
    await engine.inbox.put_at(engine.now + 3600, press("late", 100))
    desk = Desk()
    engine.run(desk)
    await desk.until_finished(1)
    await engine.inbox.put(message(1))
    await desk.until_finished(2)
    assert desk.starts == [("press early", 1), ("body 1", 1)]


async def test_killed_timer_counts_its_start(engine: Any) -> None:
    desk = Desk().when("press timer", forever)
    engine.run(desk)
    await engine.inbox.put_at(engine.now, press("timer", 100))
    await desk.until_handed(1)
    desk = await reopened(engine)
    await desk.until_finished(1)
    assert desk.starts == [("press timer", 2)]


async def test_duplicate_timer_changes_nothing(engine: Any) -> None:
    desk = Desk()
    engine.run(desk)
    assert await engine.inbox.put_at(engine.now + 3600, press("timer", 100)) is True
    assert await engine.inbox.put_at(engine.now, press("timer", 100)) is False
    assert await engine.inbox.put(press("timer", 100), message(1)) == [False, True]
    await desk.until_finished(1)
    assert desk.bodies == ["body 1"]


async def test_timer_is_due_when_the_clock_was_set(engine: Any) -> None:
    desk = Desk()
    engine.run(desk)
    await engine.inbox.put_at(engine.now + 3600, press("timer", 100))
    await engine.inbox.put_at(engine.now + 7200, press("later", 100))
    await engine.inbox.put(message(1))
    await desk.until_finished(1)

    engine.now += 3600
    engine.inbox.clock_moved()
    await desk.until_finished(2)

    assert desk.bodies == ["body 1", "press timer"]
