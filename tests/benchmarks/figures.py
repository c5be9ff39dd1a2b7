"""What is measured, and what follows from it. All that a chart needs is kept; `summary` is what a person compares."""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

Summary = Mapping[str, float]


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
        """Return the latency that `share` of the requests (0.99: the 99th percentile) did not exceed."""
        return self.latencies_ms[math.ceil(share * len(self.latencies_ms)) - 1]

    def summary(self) -> Summary:
        return {
            "rate": round(self.rate, 1),
            "p50_ms": round(self.within_ms(0.5), 2),
            "p99_ms": round(self.within_ms(0.99), 2),
            "p999_ms": round(self.within_ms(0.999), 2),
        }


@dataclass(frozen=True, slots=True)
class Pair:
    """The same load on a handler that only reads the body, and on the bot."""

    what: str  # "10 connections"
    bare: Load
    ours: Load

    @property
    def ratio(self) -> float:
        return self.ours.rate / self.bare.rate


@dataclass(frozen=True, slots=True)
class Burst:
    """How a crowd of commands drained through the portal's leaky bucket."""

    answered_s: tuple[float, ...]  # from the first event to each reply in the chat, ascending
    requests: int  # to the portal
    refused_by_quota: int
    bucket: float  # requests that it holds
    rate: float  # requests per second that it forgives

    @property
    def per_command(self) -> float:
        """Requests that a command took."""
        return self.requests / len(self.answered_s)

    @property
    def optimum_s(self) -> float:
        """When any client can be done at best: the bucket filled at once, then a request each time one is forgiven."""
        return (self.requests - self.bucket) / self.rate

    def summary(self) -> Summary:
        seconds = self.answered_s[-1]
        return {
            "requests_per_command": round(self.per_command, 3),
            "refused_by_quota": self.refused_by_quota,
            "seconds": round(seconds, 2),
            "times_optimum": round(seconds / self.optimum_s, 3),
            # The interface wants us to stay below the brim by `rate`, which costs a second.
            "times_careful_optimum": round(seconds / (self.optimum_s + 1), 3),
            "median_wait_s": round(statistics.median(self.answered_s), 2),
            "fair_median_s": round(self.optimum_s / 2, 2),
        }


@dataclass(frozen=True, slots=True)
class Figures:
    paced: Pair
    saturated: tuple[Pair, ...]
    burst: Burst

    def summary(self) -> Mapping[str, Summary]:
        found: dict[str, Summary] = {}
        for pair in (self.paced, *self.saturated):
            found[f"bare handler, {pair.what}"] = pair.bare.summary()
            found[f"acknowledged, {pair.what}"] = pair.ours.summary()
        for pair in self.saturated:
            found[f"ratio, {pair.what}"] = {"ratio": round(pair.ratio, 2)}
        return found | {"burst": self.burst.summary()}
