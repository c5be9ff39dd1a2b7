"""What waits in one lane, in the order in which it is handed out."""

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias

from bot.inbox.handing import Held

_Heap: TypeAlias = list[tuple[int, int, Held]]


class Waiting:
    """What a former process has begun comes first, since it may have had effects.

    Then messages come by id, presses by time, one against the other by time, then arrival.
    """

    def __init__(self) -> None:
        self._begun: list[Held] = []
        self._messages: _Heap = []
        self._presses: _Heap = []
        self._arrivals = count()

    def __len__(self) -> int:
        return len(self._begun) + len(self._messages) + len(self._presses)

    def __iter__(self) -> Iterator[Held]:
        """In no order."""
        yield from self._begun
        yield from (held for _, _, held in (*self._messages, *self._presses))

    def add(self, held: Held) -> None:
        arrival, message_id = next(self._arrivals), held.entry.message_id
        if held.starts and not held.counted:
            self._begun.append(held)
        elif message_id is None:
            heappush(self._presses, (held.entry.sent_at, arrival, held))
        else:
            heappush(self._messages, (message_id, arrival, held))

    def take_next(self) -> Held:
        """Remove and return what comes next; IndexError when nothing waits."""
        if self._begun:
            return self._begun.pop(0)
        _, _, held = heappop(self._messages if self._is_message_next() else self._presses)
        return held

    def next_fresh(self) -> Held | None:
        """Return what comes next if nobody has begun it, and its start is not counted; it goes on waiting."""
        if self._begun or not self:
            return None
        _, _, held = (self._messages if self._is_message_next() else self._presses)[0]
        return None if held.counted else held

    def _is_message_next(self) -> bool:
        if not (self._messages and self._presses):
            return bool(self._messages)
        _, message_arrival, message = self._messages[0]
        sent_at, press_arrival, _ = self._presses[0]
        return (message.entry.sent_at, message_arrival) < (sent_at, press_arrival)
