"""How many requests an application may make (section 7)."""

from collections import deque
from dataclasses import dataclass, field

MINUTE_S = 60.0


@dataclass(slots=True)
class RateLimit:
    """Requests in the last second and in the last minute, counted per application; refused ones do not count."""

    per_second: int = 50
    per_minute: int = 500
    refused: int = 0
    _taken: dict[str, deque[float]] = field(default_factory=dict)  # unix seconds, by client_id

    def take(self, client_id: str, now: float) -> bool:
        """Count a request and tell whether it may be carried out."""
        taken = self._taken.setdefault(client_id, deque())
        while taken and taken[0] <= now - MINUTE_S:
            taken.popleft()
        in_last_second = sum(1 for at in taken if at > now - 1)
        if in_last_second >= self.per_second or len(taken) >= self.per_minute:
            self.refused += 1
            return False
        taken.append(now)
        return True
