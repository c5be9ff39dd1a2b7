"""The portal's limits, as seen from our side (contract C.4): its leaky bucket, and the time that each method may use.

The bucket itself is `bot.sharing`'s. Here is who goes next when it is full: what ends a command before what begins one, since a
command that waits half done helps nobody; background work last; among equals whoever was served least lately, so that one
person's twenty commands do not delay another's one. Among replicas, each of which asks for one request at a time, all are equal.

For the same reason a command begins only while there is room for its end, too: of fifty people who write at once, half are answered
at once, and not everybody read for and nobody answered.
"""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum

from bot.errors import MethodBlocked
from bot.metrics import Metrics
from bot.sharing import Alone, Sharing

# A command that has not asked for its end by then is given up, or was none.
_END_S = 15.0


class Step(IntEnum):
    """What a request is to its command; the lower goes first."""

    END = 0  # a write, or a reply
    BEGIN = 1
    BACKGROUND = 2


@dataclass(order=True, slots=True)
class _Ticket:
    step: Step
    turn: float  # virtual time, see `Quota.take`
    number: int
    who: object = field(compare=False)
    granted: asyncio.Future[None] = field(compare=False)


class Quota:
    """One bucket for everything that calls the portal from this address.

    Args:
        rate: Requests per second that the portal forgives.
        burst: Level above which it answers 503. We stay below by `rate`, since it may forgive in steps of a second.
        metrics: Where waits are counted.
        sharing: Whom the bucket is shared with; None for nobody.
    """

    def __init__(self, rate: float, burst: float, metrics: Metrics, sharing: Sharing | None = None) -> None:
        self.rate = rate
        self._capacity = max(1.0, burst - rate)
        self._bucket = (sharing or Alone()).bucket("bitrix24", self._capacity, rate)
        self._metrics = metrics
        self._waiting: list[_Ticket] = []
        self._numbers = itertools.count()
        self._turn = 0.0
        self._last_turns: dict[object, float] = {}
        self._granting: asyncio.Task[None] | None = None
        self._crowded = False
        self._asking = False
        self._begun: dict[object, float] = {}  # whose commands are still to end, and until when room is kept for that
        self._changed = asyncio.Event()

    @property
    def is_crowded(self) -> bool:
        """Whether requests wait since there is no room for them."""
        return self._crowded and bool(self._waiting)

    async def assume(self, level: float) -> None:
        """Start from what the portal may still hold against us, as far as we can tell; only before the first `take`."""
        await self._bucket.take(min(level, self._capacity))

    async def take(self, who: object = None, step: Step = Step.BEGIN) -> None:
        """Wait until one more request fits and it is the turn of `who`.

        Fair queuing: each request of a person comes one turn after that person's last one, but never before the turn that is
        being served, so that nobody saves up turns.
        """
        asked_at = time.monotonic()
        has_room = self._may_go(who, step)
        if has_room and not self._waiting and not self._asking:
            await self._take_at_once(who, step)
        else:
            self._crowded = self._crowded or not has_room
            turn = self._last_turns[who] = max(self._turn, self._last_turns.get(who, 0.0) + 1.0)
            ticket = _Ticket(step, turn, next(self._numbers), who, asyncio.get_running_loop().create_future())
            heapq.heappush(self._waiting, ticket)
            self._changed.set()
            if self._granting is None:
                self._granting = asyncio.create_task(self._grant())
            await ticket.granted
        self._metrics.limiter_wait.observe(time.monotonic() - asked_at)

    def end(self, who: object) -> None:
        """Keep no more room for the end of a command of `who`: there is nothing left of it to ask for."""
        if self._begun.pop(who, None) is not None:
            self._changed.set()

    async def _take_at_once(self, who: object, step: Step) -> None:
        self._note(who, step)
        self._asking = True
        try:
            await self._bucket.take()
        finally:
            self._asking = False

    def _note(self, who: object, step: Step) -> None:
        self.end(who)
        if step is Step.BEGIN and who is not None:
            self._begun[who] = time.monotonic() + _END_S

    def _may_go(self, who: object, step: Step) -> bool:
        """Whether there is room; if this begins a command, for the ends of all that have begun, too."""
        now = time.monotonic()
        while self._begun and next(iter(self._begun.values())) <= now:
            del self._begun[next(iter(self._begun))]
        begins = step is not Step.END and who not in self._begun
        return self._bucket.has_room(min(1.0 + len(self._begun), self._capacity) if begins else 1.0)

    async def _grant(self) -> None:
        try:
            while self._waiting:
                first = self._waiting[0]
                if self._begun and not self._may_go(first.who, first.step):
                    await self._wait_for_room()
                else:
                    await self._bucket.take()
                    self._crowded = self._crowded or self._bucket.is_full
                    self._serve_next()
        finally:
            self._granting = None
            self._crowded = False
            self._last_turns.clear()  # nobody waits: everybody is equal again

    async def _wait_for_room(self) -> None:
        """Wait until something ended or is to end, or another request leaked out."""
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0 / self.rate):
                await self._changed.wait()

    def _serve_next(self) -> None:
        """Let the best of those go who wait by now and have not given up."""
        while self._waiting:
            ticket = heapq.heappop(self._waiting)
            if not ticket.granted.done():
                self._turn = max(self._turn, ticket.turn)
                self._note(ticket.who, ticket.step)
                ticket.granted.set_result(None)
                return


# What the cloud grants each method per ten minutes, in seconds, and the share of it from which we slow down.
_OPERATING_S = 480.0
_CAREFUL = 0.8


@dataclass(slots=True)
class _Budget:
    used_s: float
    reset_at: float  # unix seconds


class Budgets:
    """The operating time of each method, as the portal's answers tell it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._budgets: dict[str, _Budget] = {}

    def note(self, method: str, used_s: float, reset_at: float) -> None:
        """Remember what an answer told: `operating` and `operating_reset_at`."""
        self._budgets[method] = _Budget(used_s, reset_at)

    def block(self, method: str, wait_s: float) -> None:
        """Remember that the portal refuses the method for so long."""
        self._budgets[method] = _Budget(_OPERATING_S, self._clock() + wait_s)

    def left_s(self, method: str) -> float | None:
        """Return when a budget that was drawn on is reset, in seconds, as far as an answer has told; a refusal may not say."""
        budget = self._budgets.get(method)
        return max(0.0, budget.reset_at - self._clock()) if budget is not None and budget.used_s > 0 else None

    def pause_s(self, method: str) -> float:
        """Return how long to hold a call back, so that what is left of the budget lasts until it is reset.

        Raises:
            MethodBlocked: nothing is left; the portal would only say so too.
        """
        budget = self._budgets.get(method)
        if budget is None or (left_s := budget.reset_at - self._clock()) <= 0:
            return 0.0
        if budget.used_s >= _OPERATING_S:
            raise MethodBlocked(method=method, code="operation_time_limit", wait_s=left_s)
        excess = budget.used_s / _OPERATING_S - _CAREFUL
        # From nothing at the edge to a tenth of the remaining time just before the wall.
        return max(0.0, excess / (1.0 - _CAREFUL)) * left_s / 10.0
