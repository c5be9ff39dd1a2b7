"""What happened, as far as it can be seen from outside: what was posted and answered, the portal's own books, the logs."""

import json
import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.bitrix24.wire import TIMEOUT_S
from bot.emulator.answers import Response
from bot.emulator.portal import Portal
from bot.emulator.rest import Call
from tests.chaos.plan import Kind, Plan
from tests.chaos.words import PEOPLE, PRESENCE, Command, Subject

ACKNOWLEDGED = ANSWERED = 200
# Numbers of meetings, and those to which nobody is invited.
_NUMBERS = re.compile(r"(?<!\d)(1\d{4}|9\d{5})(?!\d)")


@dataclass(slots=True)
class Posted:
    """One delivery; status 0 while it runs, and when there was no answer."""

    at: float
    replica: int
    status: int = 0
    answered_at: float = 0.0


@dataclass(slots=True)
class Event:
    """What somebody wrote or pressed, and its deliveries.

    Attributes:
        command: None for a press.
        number: The message's id; rising with time.
        stale: The event says that it happened long ago.
    """

    key: str
    user_id: int
    chat_id: int
    number: int
    command: Command | None
    stale: bool = False
    posts: list[Posted] = field(default_factory=list)

    @property
    def acknowledged_at(self) -> float | None:
        """When it was answered with 200 first, unix seconds; None: nobody owes it anything."""
        return min((post.answered_at for post in self.posts if post.status == ACKNOWLEDGED), default=None)

    @property
    def posted_at(self) -> float:
        return min(post.at for post in self.posts)


@dataclass(frozen=True, slots=True)
class Incident:
    """A process or the database was away; unix seconds, `ended_at` when it worked again."""

    kind: Kind
    replica: int | None
    began_at: float
    ended_at: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a log; `event` is empty for what is none of ours."""

    replica: int
    at: float
    event: str
    fields: Mapping[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change that the portal carried out: with whose token, of what, to what."""

    user_id: int
    subject: Subject
    status: str
    at: float = 0.0  # unix seconds


@dataclass(frozen=True, slots=True)
class Notice:
    """What a host was told about a guest."""

    meeting_id: int
    user_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot wrote.

    Attributes:
        at: When it was posted, unix seconds.
        is_lost: The bot was not told that it was posted, since the portal's answer was lost.
    """

    chat_id: int
    text: str
    at: float = 0.0
    is_lost: bool = False

    @property
    def number(self) -> int | None:
        """What tells whom and what it answers: a number to which nobody is invited, else a meeting's."""
        return max(map(int, _NUMBERS.findall(self.text)), default=None)


@dataclass(slots=True)
class Record:
    """Everything that is known afterwards.

    Attributes:
        events: Those that a process may have got.
        answers: Answers to meetings in the end, by meeting and guest.
        secrets: None of them may be in a log.
        quiet_s: From the end of all trouble until everything was done; None: it never was.
        pending: What the replicas said last about events that are not finished.
        stops: Status and seconds of each orderly end.
        unexpected: What no trouble explains, seen while it ran.
        resident_mb: Memory of each replica in the end.
    """

    plan: Plan
    events: list[Event] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    answers: dict[tuple[int, int], str] = field(default_factory=dict)
    presences: dict[int, str] = field(default_factory=dict)
    secrets: Collection[str] = ()
    quiet_s: float | None = None
    pending: Sequence[float] = ()
    stops: list[tuple[int, float]] = field(default_factory=list)
    refused_starts: int = 0
    unexpected: list[str] = field(default_factory=list)
    resident_mb: Sequence[float] = ()
    warned: set[int] = field(default_factory=set)  # who was told that their presence may not return
    began_at: float = 0.0
    done: list[tuple[float, str]] = field(default_factory=list)  # what was done when, seconds from the start

    @property
    def owed(self) -> list[Event]:
        """The events that were acknowledged."""
        return [event for event in self.events if event.acknowledged_at is not None]

    def handled(self) -> dict[str, list[Line]]:
        """Return the lines that tell what became of an event, by its key, in order of time."""
        found: dict[str, list[Line]] = {}
        for line in sorted(self.lines, key=lambda line: line.at):
            if line.event == "event.handled":
                found.setdefault(line.fields["event_key"], []).append(line)
        return found


class Witness:
    """Stands at the portal's door and notes what its books do not tell.

    Attributes:
        posted: When which message came, by its id.
        lost: Ids of the bot's messages that were posted without it being told.
        changes: What was changed, in order, with our own time: the portal's may leap.
    """

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._handle = portal.handle
        self.posted: dict[int, float] = {}
        self.lost: set[int] = set()
        self.changes: list[Change] = []
        portal.handle = self  # type: ignore[method-assign]

    def __call__(self, *args: Any, **kwargs: Any) -> Response:
        messages, calls = len(self._portal.messages), len(self._portal.calls)
        response = self._handle(*args, **kwargs)
        # A batch may break off when some of its messages are posted already.
        is_told = response.status == ANSWERED and not response.cut and response.delay_s < TIMEOUT_S
        for message in self._portal.messages[messages:]:
            self.posted[message.id] = time.time()
            if not is_told:
                self.lost.add(message.id)
        for call in self._portal.calls[calls:]:
            if (
                call.error is None
                and call.user_id is not None
                and (change := _change(self._portal, call.user_id, call))
            ):
                self.changes.append(change)
        return response


def is_guess(text: str) -> bool:
    """Whether the bot says that after an interruption it may not know what presence is to return."""
    return "I was interrupted" in text or "Меня прервали" in text


def read_log(replica: int, log: str) -> Iterator[Line]:
    """Yield the lines of one replica's log; a kill may have cut one short."""
    for text in log.splitlines():
        try:
            fields = json.loads(text)
            at = datetime.fromisoformat(fields["timestamp"]).timestamp()
        except (ValueError, KeyError, TypeError):
            yield Line(replica, 0.0, "", {}, text)
        else:
            yield Line(replica, at, fields["event"], fields, text)


def read_portal(portal: Portal, witness: Witness, record: Record, *, messages_before: int) -> None:
    """Note what the portal's books say, and what stands beside them."""
    record.changes = witness.changes
    record.notices = [Notice(notice.meeting_id, notice.user_id, notice.kind) for notice in portal.notices]
    record.replies = [
        Reply(message.chat_id, message.text, witness.posted.get(message.id, 0.0), message.id in witness.lost)
        for message in portal.messages[messages_before:]
        if portal.users[message.author_id].bot
    ]
    record.warned = {user_id for user_id in PEOPLE if any(is_guess(text) for text in portal.replies(user_id))}
    record.answers = {
        (meeting_id, user_id): status
        for meeting_id, answers in portal.meetings.items()
        for user_id, status in answers.items()
    }
    record.presences = dict(portal.presence)


def _change(portal: Portal, user_id: int, call: Call) -> Change | None:
    if call.method == "calendar.meeting.status.set":
        found = portal.calendar.find(int(str(call.params["eventId"])))
        return Change(user_id, found[0].id, str(call.params["status"]), time.time()) if found else None
    if call.method == "im.user.status.set":
        (status,) = (value for key, value in call.params.items() if key.upper() == "STATUS")
        return Change(user_id, PRESENCE, str(status), time.time())
    return None
