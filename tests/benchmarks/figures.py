"""What is measured of loads and crowds, and what follows from it: all that a chart needs is kept."""

import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.benchmarks.rows import Measured, Row, Target

# Of acknowledgements at a steady rate, ms; and of the bare handler's rate.
_P50_MS, _P99_MS = Target(3), Target(10)
_RATIO = Target(0.25, least=True)
# Requests that a command of a crowd may cost (interface, section 4).
_PER_COMMAND = Target(2.05, relaxes=False)
_CROWD = 200
_NONE = Target(0, relaxes=False)


def percentile(ascending: Sequence[float], share: float) -> float:
    """Return what `share` of the values (0.99: the 99th percentile) do not exceed."""
    return ascending[math.ceil(share * len(ascending)) - 1]


@dataclass(frozen=True, slots=True)
class Load:
    """Requests that were all answered with 200."""

    latencies_ms: tuple[float, ...]  # ascending
    elapsed_s: float  # from the first request to the last answer

    @property
    def rate(self) -> float:
        """Answered requests per second."""
        return len(self.latencies_ms) / self.elapsed_s

    def within_ms(self, share: float) -> float:
        """Return the latency that `share` of the requests did not exceed."""
        return percentile(self.latencies_ms, share)


@dataclass(frozen=True, slots=True)
class Pair:
    """The same load on a handler that only reads the body, and on the bot.

    Attributes:
        paced: At a steady rate; otherwise as fast as connections allow.
    """

    what: str  # "10 connections"
    bare: Load
    ours: Load
    paced: bool

    @property
    def ratio(self) -> float:
        return self.ours.rate / self.bare.rate

    def rows(self) -> Iterator[Row]:
        for name, load in (("bare handler", self.bare), ("acknowledged", self.ours)):
            judged = self.paced and load is self.ours
            if not self.paced:
                yield Row(f"{name}, {self.what}", load.rate, "/s")
            yield Row(f"{name}, {self.what}, p50", load.within_ms(0.5), "ms", _P50_MS if judged else None)
            yield Row(f"{name}, {self.what}, p99", load.within_ms(0.99), "ms", _P99_MS if judged else None)
            yield Row(f"{name}, {self.what}, p99.9", load.within_ms(0.999), "ms")
        if not self.paced:
            yield Row(f"share of the bare handler's rate, {self.what}", self.ratio, "", _RATIO)


@dataclass(frozen=True, slots=True)
class Burst:
    """How a crowd of commands drained through the portal's leaky bucket."""

    answered_s: tuple[float, ...]  # from the first event to each reply in the chat, ascending
    requests: int  # to the portal
    refused_by_quota: int
    bucket: float  # requests that it holds
    rate: float  # requests per second that it forgives
    margin: float  # requests by which the bot stays below the brim

    @property
    def per_command(self) -> float:
        """Requests that a command took."""
        return self.requests / len(self.answered_s)

    @property
    def optimum_s(self) -> float:
        """When any client can be done at best: the bucket filled at once, then a request each time one is forgiven."""
        return (self.requests - self.bucket) / self.rate

    @property
    def careful_optimum_s(self) -> float:
        """When a client can be done at best that stays below the brim by the margin."""
        return self.optimum_s + self.margin / self.rate

    def rows(self) -> Iterator[Row]:
        people = len(self.answered_s)
        target = _PER_COMMAND if people >= _CROWD else None
        yield Row(f"requests per command, burst of {people:,}", self.per_command, "", target)
        yield Row(f"refused by the quota, burst of {people:,}", self.refused_by_quota, "", _NONE)


@dataclass(frozen=True, slots=True)
class Drain:
    """How fast a crowd drained.

    Attributes:
        what: The bucket as the portal's documentation has it.
        busy: Share of a core that load and portal took.
    """

    what: str
    burst: Burst
    busy: float

    def rows(self) -> Iterator[Row]:
        burst = self.burst
        seconds = burst.answered_s[-1]
        yield Row(f"{self.what}: {len(burst.answered_s)} people answered after", seconds, "s")
        yield Row(f"{self.what}: times the optimum", seconds / burst.optimum_s)
        yield Row(f"{self.what}: times the careful optimum", seconds / burst.careful_optimum_s)
        yield Row(f"{self.what}: median wait", statistics.median(burst.answered_s), "s")
        yield Row(f"{self.what}: median wait when drained evenly", burst.careful_optimum_s / 2, "s")
        yield Row(f"{self.what}: refused by the quota", burst.refused_by_quota, "", _NONE)
        yield Row(f"{self.what}: load and portal took", 100 * self.busy, "% of core")


@dataclass(frozen=True, slots=True)
class Figures:
    """What the chart shows."""

    paced: Pair
    saturated: tuple[Pair, ...]
    burst: Burst

    @classmethod
    def among(cls, measured: Iterable[Measured]) -> "Figures | None":
        """Return the first load of each kind and the first crowd; None when a part is missing."""
        found = list(measured)
        pairs = [one for one in found if isinstance(one, Pair)]
        drains = [one.burst for one in found if isinstance(one, Drain)]
        if not pairs or not drains:
            return None
        paced, *_ = (pair for pair in pairs if pair.paced)
        return cls(paced, tuple(pair for pair in pairs if not pair.paced), drains[0])
