import asyncio
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import stamina

from bot import patience
from bot.patience import Patience


@pytest.fixture(autouse=True)
def no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4):
        yield


class Fails:
    """Fails with each of `errors` in turn, then succeeds."""

    def __init__(self, *errors: BaseException) -> None:
        self.calls = 0
        self._errors = iter(errors)

    async def __call__(self, result: str, *, twice: bool = False) -> str:
        self.calls += 1
        for error in self._errors:
            raise error
        return result * 2 if twice else result


async def test_a_first_attempt_that_succeeds_is_the_only_one() -> None:
    act = Fails()

    assert await Patience(on=OSError)(act, "a", twice=True) == "aa"
    assert act.calls == 1


async def test_what_may_pass_is_tried_again_with_the_same_arguments() -> None:
    act = Fails(OSError("first"), OSError("second"))

    assert await Patience(on=OSError)(act, "a", twice=True) == "aa"
    assert act.calls == 3


async def test_what_does_not_pass_is_raised_at_once() -> None:
    act = Fails(ValueError("first"), OSError("second"))

    with pytest.raises(ValueError, match="first"):
        await Patience(on=OSError)(act, "a")
    assert act.calls == 1


async def test_a_later_error_is_judged_as_the_first_one() -> None:
    act = Fails(OSError("first"), ValueError("second"))

    with pytest.raises(ValueError, match="second"):
        await Patience(on=OSError)(act, "a")
    assert act.calls == 2


async def test_nothing_is_tried_again_when_the_time_is_over() -> None:
    act = Fails(*map(OSError, "ab"))

    with stamina.set_testing(False), pytest.raises(OSError, match="a"):
        await Patience(on=OSError, within_s=1e-9)(act, "a")
    assert act.calls == 1


async def test_time_goes_by_during_the_first_attempt_too(monkeypatch) -> None:
    moments = iter((100.0, 107.0))
    monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    act = Fails(*map(OSError, "ab"))

    with stamina.set_testing(False), pytest.raises(OSError, match="a"):
        await Patience(on=OSError, within_s=6.0)(act, "a")
    assert act.calls == 1


async def test_the_first_attempt_counts_among_all() -> None:
    act = Fails(*(OSError(str(number)) for number in range(9)))

    with stamina.set_testing(False), pytest.raises(OSError, match="1"):
        await Patience(on=lambda error: 0.001 if isinstance(error, OSError) else False, attempts=2)(act, "a")
    assert act.calls == 2


async def test_a_cancellation_is_no_failure() -> None:
    act = Fails(asyncio.CancelledError())

    with pytest.raises(asyncio.CancelledError):
        await Patience(on=Exception)(act, "a")
    assert act.calls == 1
