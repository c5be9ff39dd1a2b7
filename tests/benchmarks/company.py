"""A portal with people who answer invitations; it knows how long it was at work itself, and may be far away."""

import itertools
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from bot.emulator.answers import Response
from bot.emulator.clock import SystemClock
from bot.emulator.messenger import Message
from bot.emulator.portal import Portal

HOST = 23
FIRST_PERSON = 1001
FIRST_MEETING = 651
GUESTS = 50


class Company(Portal):
    """Fifty people to a meeting.

    Attributes:
        latency_s: How much later than at once each request is answered.
        on_message: Hears of each message of the bot.
    """

    def __init__(self, people: int) -> None:
        super().__init__(SystemClock())
        self.latency_s = 0.0
        self.on_message: Callable[[Message], None] = lambda _message: None
        self._heard = 0
        self._busy: list[tuple[float, float]] = []  # from, until; unix seconds
        self._answers: Counter[int] = Counter()
        self.add_user(1, "Ada", "Admin", admin=True)
        self.add_user(HOST, "Juris", "Proba")
        self.people = range(FIRST_PERSON, FIRST_PERSON + people)
        for user_id in self.people:
            self.add_user(user_id, f"Person{user_id}")
        for first in self.people[::GUESTS]:
            guests = [user_id for user_id in self.people if first <= user_id < first + GUESTS]
            self.add_meeting(meeting_of(first), name="All hands", host=HOST, guests=guests, start="2027-01-20T10:00:00")

    def answer(self, user_id: int) -> str:
        """Return a command that changes somebody's answer: they accept, decline, and so on."""
        self._answers[user_id] += 1
        return f"{'accept' if self._answers[user_id] % 2 else 'decline'} {meeting_of(user_id)}"

    def answers(self, count: int) -> Iterator[tuple[int, str]]:
        """Return so many of these commands, of one person after the other."""
        for user_id in itertools.islice(itertools.cycle(self.people), count):
            yield user_id, self.answer(user_id)

    def handle(
        self, method: str, path: str, query: str = "", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        began_at = time.time()
        response = super().handle(method, path, query, headers, body)
        self._tell_of_messages()
        self._busy.append((began_at, time.time()))
        return replace(response, delay_s=response.delay_s + self.latency_s)

    def _tell_of_messages(self) -> None:
        new, self._heard = self.messages[self._heard :], len(self.messages)
        for message in new:
            if self.users[message.author_id].bot:
                self.on_message(message)

    def busy_s(self, since: float, until: float) -> float:
        """Return how long the portal was at work between two moments, unix seconds."""
        total = 0.0
        for number in range(max(0, bisect_left(self._busy, (since,)) - 1), len(self._busy)):
            begun, ended = self._busy[number]
            if begun >= until:
                break
            total += max(0.0, min(ended, until) - max(begun, since))
        return total


def meeting_of(user_id: int) -> int:
    return FIRST_MEETING + (user_id - FIRST_PERSON) // GUESTS
