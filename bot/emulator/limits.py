"""The two limits of a portal: requests per second, and seconds of work per method (contract C.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

SLOT_S = 60
SLOTS = 10
SHORTEST_COUNTED_S = 0.1


@dataclass(slots=True)
class Bucket:
    """A leaky bucket: every request adds one, `rate` a second leak out, what would overflow is refused."""

    burst: float = 50.0
    rate: float = 2.0
    step_s: float = 1.0  # forgives once per step; 0 means continuously
    level: float = 0.0
    peak: float = 0.0
    refused: int = 0
    leaked_at: float | None = None  # up to when it has forgiven

    def take(self, now: float) -> bool:
        """Count a request and tell whether it may be carried out."""
        self._leak(now)
        if self.level + 1 > self.burst:
            self.refused += 1
            return False
        self.level += 1
        self.peak = max(self.peak, self.level)
        return True

    def _leak(self, now: float) -> None:
        mark = now if self.leaked_at is None else self.leaked_at
        elapsed = now - mark
        if self.step_s:
            elapsed -= elapsed % self.step_s
        self.level = max(0.0, self.level - elapsed * self.rate)
        self.leaked_at = mark + elapsed


@dataclass(slots=True)
class Operating:
    """Seconds of work per application and method in the last ten minutes, in slots of one minute."""

    limit_s: float | None = None  # 480 in the cloud's documentation; None: never blocks
    costs: Mapping[str, float] = field(default_factory=dict)  # seconds per call by pattern of method names
    _used: dict[tuple[str, str], dict[int, float]] = field(default_factory=dict)  # by slot

    def cost(self, method: str) -> float:
        """Return how long a call takes, in seconds."""
        return next((cost for pattern, cost in self.costs.items() if fnmatchcase(method.lower(), pattern.lower())), 0.0)

    def spend(self, client_id: str, method: str, now: float) -> float:
        """Count a call, unless it was too short to count, and return the sum."""
        cost = self.cost(method)
        if cost > SHORTEST_COUNTED_S:
            slots = self._slots(client_id, method, now)
            slot = int(now // SLOT_S)
            slots[slot] = slots.get(slot, 0.0) + cost
        return self.used(client_id, method, now)

    def used(self, client_id: str, method: str, now: float) -> float:
        return sum(self._slots(client_id, method, now).values())

    def is_blocked(self, client_id: str, method: str, now: float) -> bool:
        return self.limit_s is not None and self.used(client_id, method, now) >= self.limit_s

    def reset_at(self, client_id: str, method: str, now: float) -> int:
        """Return when the oldest slot is forgotten, unix seconds."""
        slots = self._slots(client_id, method, now)
        return (min(slots) + SLOTS) * SLOT_S if slots else int(now) + SLOTS * SLOT_S

    def _slots(self, client_id: str, method: str, now: float) -> dict[int, float]:
        slots = self._used.setdefault((client_id, method.lower()), {})
        for slot in [slot for slot in slots if slot <= now // SLOT_S - SLOTS]:
            del slots[slot]
        return slots
