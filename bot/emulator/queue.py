"""The queue that carries events to applications: in order, once, whatever is answered (contract A.5)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

from bot.emulator.clock import Clock

CONTENT_TYPE = "application/x-www-form-urlencoded"

Post: TypeAlias = Callable[[str, bytes], Awaitable[int]]  # url and body to the status of the answer
Trouble: TypeAlias = Literal["drop", "duplicate", "reorder", "delay"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way."""

    event: str
    url: str
    body: bytes
    queued_at: float  # unix seconds
    due_at: float


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of an event; status 0 when nobody answered, -1 when it was lost on the way."""

    event: str
    url: str
    status: int
    at: float


@dataclass(slots=True)
class _Rule:
    trouble: Trouble
    pattern: str
    left: int | None
    delay_s: float


@dataclass(slots=True)
class EventQueue:
    """Outgoing events of all applications."""

    clock: Clock
    pending: list[Delivery] = field(default_factory=list)
    log: list[Delivered] = field(default_factory=list)
    on_put: list[Callable[[], None]] = field(default_factory=list)  # wakes whoever delivers
    _rules: list[_Rule] = field(default_factory=list)
    _held: list[Delivery] = field(default_factory=list)  # until the next event has passed

    def trouble(self, kind: Trouble, pattern: str = "*", *, count: int | None = 1, delay_s: float = 0.0) -> None:
        """Let something happen to the next events.

        Args:
            kind: `drop` loses it, `duplicate` sends it twice, `reorder` lets the event after it go first,
                `delay` holds it back for `delay_s`, so that later ones overtake it.
            pattern: Of event names, such as `ONIMBOTV2*`.
            count: How many events; None means until `calm`.
            delay_s: Seconds by the portal's clock.
        """
        self._rules.append(_Rule(kind, pattern, count, delay_s))

    def calm(self) -> None:
        """End all trouble and let go what was held back for the next event."""
        self._rules.clear()
        self._release()

    def put(self, event: str, url: str, body: bytes) -> None:
        """Take an event in, with whatever trouble waits for it."""
        now = self.clock.now()
        rule = self._matching(event)
        delivery = Delivery(event, url, body, now, now + (rule.delay_s if rule else 0.0))
        if rule and rule.trouble == "reorder":
            self._held.append(delivery)
            return
        if rule and rule.trouble == "drop":
            self.log.append(Delivered(event, url, -1, now))
        else:
            self.pending.extend([delivery] * (2 if rule and rule.trouble == "duplicate" else 1))
        self._release()

    def _release(self) -> None:
        self.pending.extend(self._held)
        self._held.clear()
        for wake in self.on_put:
            wake()

    def _matching(self, event: str) -> _Rule | None:
        for rule in self._rules:
            if rule.left != 0 and fnmatchcase(event, rule.pattern):
                if rule.left is not None:
                    rule.left -= 1
                return rule
        return None

    async def deliver(self, post: Post) -> int:
        """Send everything that is due, one after another, and return how many events that were."""
        sent = 0
        while (delivery := self._next_due()) is not None:
            status = await post(delivery.url, delivery.body)
            self.log.append(Delivered(delivery.event, delivery.url, status, self.clock.now()))
            sent += 1
        return sent

    def _next_due(self) -> Delivery | None:
        now = self.clock.now()
        for index, delivery in enumerate(self.pending):
            if delivery.due_at <= now:
                return self.pending.pop(index)
        return None

    @property
    def next_due_at(self) -> float | None:
        """When the earliest waiting event is due, unix seconds."""
        return min((delivery.due_at for delivery in self.pending), default=None)
