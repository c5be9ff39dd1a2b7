"""Who goes next when the quota is used up, and how a method's time is saved."""

import asyncio

import pytest

from bot.bitrix24.limits import Budgets, Quota, Step
from bot.errors import MethodBlocked
from bot.metrics import Metrics

BLOCKED = "calendar.meeting.status.set"


@pytest.fixture
def quota() -> Quota:
    """Room for one request, then five hundred a second: order shows, nobody waits."""
    return Quota(500.0, 501.0, Metrics())


async def crowd(quota: Quota, *requests: tuple[object, Step]) -> list[tuple[object, Step]]:
    """Let all ask while the quota is used up; return the order in which they went."""
    served: list[tuple[object, Step]] = []

    async def ask(who: object, step: Step) -> None:
        await quota.take(who, step)
        served.append((who, step))

    await quota.take()
    await asyncio.gather(*(ask(who, step) for who, step in requests))
    return served


async def test_requests_within_the_burst_do_not_wait() -> None:
    quota = Quota(2.0, 50.0, Metrics())
    async with asyncio.timeout(1):
        for _ in range(48):
            await quota.take()

    assert not quota.is_crowded


async def test_burst_ends_a_margin_of_the_rate_below() -> None:
    quota = Quota(2.0, 50.0, Metrics())
    for _ in range(48):
        await quota.take()
    waiting = asyncio.create_task(quota.take())
    await asyncio.sleep(0)

    assert quota.is_crowded
    waiting.cancel()


async def test_ends_go_before_beginnings_and_background_last(quota: Quota) -> None:
    order = await crowd(quota, (1, Step.BACKGROUND), (2, Step.BEGIN), (3, Step.END))

    assert [step for _, step in order] == [Step.END, Step.BEGIN, Step.BACKGROUND]


async def test_many_requests_of_one_person_do_not_delay_another(quota: Quota) -> None:
    order = await crowd(quota, *[("busy", Step.BEGIN)] * 5, ("late", Step.BEGIN))

    assert [who for who, _ in order].index("late") <= 1


async def test_equals_go_in_order_of_arrival(quota: Quota) -> None:
    order = await crowd(quota, *[(person, Step.BEGIN) for person in range(6)])

    assert [who for who, _ in order] == list(range(6))


async def test_who_gives_up_takes_no_turn(quota: Quota) -> None:
    await quota.take()
    gone = asyncio.create_task(quota.take("gone"))
    waiting = asyncio.create_task(quota.take("waiting"))
    await asyncio.sleep(0)
    gone.cancel()
    await waiting

    assert not quota.is_crowded


async def test_commands_begin_only_while_there_is_room_for_their_ends() -> None:
    """Of fifty who come at once, half are done at once, and nobody of the rest was read for in vain."""
    quota = Quota(2.0, 50.0, Metrics())
    answered = asyncio.Event()
    begun, ended = list[int](), list[int]()

    async def command(who: int) -> None:
        await quota.take(who)
        begun.append(who)
        await answered.wait()
        await quota.take(who, Step.END)
        ended.append(who)

    commands = [asyncio.create_task(command(who)) for who in range(50)]
    for _ in range(10):
        await asyncio.sleep(0)
    begun_at_once = len(begun)
    answered.set()
    async with asyncio.timeout(10):
        while len(ended) < 24:
            await asyncio.sleep(0)
    for task in commands:
        task.cancel()

    assert begun_at_once == 24
    assert ended == begun[:24]


async def test_command_that_needs_no_end_keeps_no_room() -> None:
    quota = Quota(2.0, 50.0, Metrics())
    async with asyncio.timeout(10):
        for who in range(48):
            await quota.take(who)
            quota.end(who)

    assert not quota.is_crowded


async def test_command_that_asks_twice_before_its_end_is_not_held_up_by_itself() -> None:
    quota = Quota(2.0, 50.0, Metrics())
    async with asyncio.timeout(10):
        for who in range(16):
            for step in (Step.BEGIN, Step.BEGIN, Step.END):
                await quota.take(who, step)

    assert not quota.is_crowded


async def test_assumed_level_leaves_less_room() -> None:
    quota = Quota(2.0, 50.0, Metrics())
    await quota.assume(1000)
    waiting = asyncio.create_task(quota.take())
    await asyncio.sleep(0)

    assert quota.is_crowded
    waiting.cancel()


@pytest.mark.parametrize(("used_s", "pause_s"), [(0, 0.0), (384, 0.0), (432, 30.0), (479.9, 59.9)])
def test_method_slows_down_before_the_wall(used_s: float, pause_s: float) -> None:
    budgets = Budgets(lambda: 1000.0)
    budgets.note(BLOCKED, used_s, 1600.0)

    assert budgets.pause_s(BLOCKED) == pytest.approx(pause_s, abs=0.2)
    assert budgets.pause_s("profile") == 0.0


def test_used_up_method_is_not_called_until_it_is_reset() -> None:
    now = [1000.0]
    budgets = Budgets(lambda: now[0])
    budgets.block(BLOCKED, 60.0)
    with pytest.raises(MethodBlocked) as blocked:
        budgets.pause_s(BLOCKED)
    now[0] = 1060.0

    assert blocked.value.wait_s == 60.0
    assert budgets.pause_s(BLOCKED) == 0.0
