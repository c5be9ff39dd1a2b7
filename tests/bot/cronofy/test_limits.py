"""Our share of Cronofy's limits."""

import asyncio

import pytest

from bot.cronofy.limits import _MINUTE, _SECOND, Quota
from bot.errors import CronofyBusy


@pytest.mark.parametrize(("bucket", "period_s", "allowed"), [(_SECOND, 1, 50), (_MINUTE, 60, 500)])
def test_no_period_holds_more_than_is_allowed(bucket: tuple[float, float], period_s: float, allowed: int) -> None:
    at_once, rate = bucket

    assert at_once + period_s * rate == pytest.approx(allowed)


async def test_requests_within_the_burst_do_not_wait() -> None:
    quota = Quota(patience_s=0.0)
    for _ in range(20):
        await quota.take("events")


async def test_request_beyond_the_burst_waits() -> None:
    quota = Quota()
    for _ in range(20):
        await quota.take("events")
    waiting = asyncio.create_task(quota.take("events"))
    await asyncio.sleep(0)

    assert not waiting.done()
    waiting.cancel()


async def test_who_would_wait_too_long_is_told_so() -> None:
    quota = Quota(patience_s=0.0)
    for _ in range(20):
        await quota.take("events")
    with pytest.raises(CronofyBusy) as caught:
        await quota.take("events")

    assert caught.value.retriable
    assert (caught.value.method, caught.value.wait_s) == ("events", 60.0)


async def test_nothing_is_asked_while_cronofy_wants_us_to_wait() -> None:
    now = 100.0
    quota = Quota(clock=lambda: now)
    quota.hold(40.0)
    with pytest.raises(CronofyBusy) as caught:
        await quota.take("events")

    assert caught.value.wait_s == 40.0
    now = 140.0
    await quota.take("events")


async def test_nobody_makes_us_wait_for_ever() -> None:
    now = 100.0
    quota = Quota(clock=lambda: now)
    quota.hold(9999.0)
    now = 400.0
    await quota.take("events")


async def test_permission_is_given_back_whatever_cronofy_wants() -> None:
    quota = Quota(clock=lambda: 100.0)
    quota.hold(40.0)

    await quota.take("oauth.revoke", may_wait=False)
