"""Push notifications: signed, repeated for a day, then the channel is closed (section 8)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from bot.emulator.answers import JSON_TYPE
from bot.emulator.clock import Clock
from bot.emulator.cronofy.accounts import Account, Place
from bot.emulator.cronofy.events import Event
from bot.emulator.cronofy.oauth import Authorization
from bot.emulator.php import Json

SIGNATURE = "Cronofy-HMAC-SHA256"
GIVE_UP_S = 24 * 3600.0
FIRST_WAIT_S, LONGEST_WAIT_S = 60.0, 3600.0
_SUCCESS = range(200, 300)

Post: TypeAlias = Callable[[str, bytes, Mapping[str, str]], Awaitable[int]]  # url, body, headers to the answer's status


def signature(body: bytes, secrets: Iterable[str]) -> str:
    """Return the value of the header: one signature per active secret."""
    digests = (hmac.new(secret.encode(), body, hashlib.sha256).digest() for secret in secrets)
    return ",".join(base64.b64encode(digest).decode() for digest in digests)


@dataclass(slots=True, eq=False)
class Channel:
    """Where an application wants to hear of an account."""

    id: str
    authorization: Authorization
    callback_url: str
    filters: Mapping[str, Json]
    closed: bool = False

    @property
    def open(self) -> bool:
        return not (self.closed or self.authorization.revoked)

    def described(self) -> dict[str, Json]:
        return {"channel_id": self.id, "callback_url": self.callback_url, "filters": self.filters}

    def watches(self, calendar_id: str, event: Event) -> bool:
        """Tell whether its filters let a change through."""
        ids = self.filters.get("calendar_ids")
        if isinstance(ids, list) and ids and calendar_id not in ids:
            return False
        return event.managed or self.filters.get("only_managed") is not True


@dataclass(frozen=True, slots=True)
class Push:
    """A notification on its way."""

    channel: Channel
    kind: str
    changes_since: str  # a stamp; empty: says nothing about changes
    first_at: float  # unix seconds
    due_at: float
    attempt: int = 1

    def body(self) -> bytes:
        notification = {"type": self.kind} | ({"changes_since": self.changes_since} if self.changes_since else {})
        channel = {name: value for name, value in self.channel.described().items() if value}
        return json.dumps({"notification": notification, "channel": channel}).encode()


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of an attempt; status 0 when nobody answered in time."""

    kind: str
    url: str
    status: int
    at: float


@dataclass(slots=True)
class Pushes:
    """All channels, and what waits to be told."""

    clock: Clock
    channels: list[Channel] = field(default_factory=list)  # closed ones too
    pending: list[Push] = field(default_factory=list)
    log: list[Pushed] = field(default_factory=list)
    on_put: list[Callable[[], None]] = field(default_factory=list)  # wakes whoever delivers

    def of(self, account: Account) -> list[Channel]:
        """Return the open channels of an account, of any application."""
        return [channel for channel in self.channels if channel.open and channel.authorization.account is account]

    def open(self, channel: Channel) -> None:
        """Take a channel in and see whether somebody answers there."""
        self.channels.append(channel)
        self._put(channel, "verification")

    def change(self, place: Place, event: Event) -> None:
        """Tell that something changed in a calendar; changes that nobody was told of yet make one push."""
        for channel in self.of(place.account):
            waits = any(push.channel is channel and push.kind == "change" for push in self.pending)
            if channel.watches(place.calendar.id, event) and not waits:
                self._put(channel, "change", event.updated)

    def tell(self, account: Account, kind: str) -> None:
        """Send a notification of any type to all channels of an account."""
        for channel in self.of(account):
            self._put(channel, kind)

    def _put(self, channel: Channel, kind: str, changes_since: str = "") -> None:
        now = self.clock.now()
        self.pending.append(Push(channel, kind, changes_since, now, now))
        for wake in self.on_put:
            wake()

    async def deliver(self, post: Post) -> int:
        """Send everything that is due, one after another, and return how many attempts that were."""
        sent = 0
        while (push := self._next_due()) is not None:
            body = push.body()
            signed = signature(body, push.channel.authorization.application.client_secrets)
            status = await post(push.channel.callback_url, body, {"Content-Type": JSON_TYPE, SIGNATURE: signed})
            self.log.append(Pushed(push.kind, push.channel.callback_url, status, self.clock.now()))
            sent += 1
            if status not in _SUCCESS:
                self._failed(push)
        return sent

    def _next_due(self) -> Push | None:
        now = self.clock.now()
        self.pending = [push for push in self.pending if push.channel.open]
        for index, push in enumerate(self.pending):
            if push.due_at <= now:
                return self.pending.pop(index)
        return None

    def _failed(self, push: Push) -> None:
        """Wait twice as long as before, or close the channel after a day."""
        now = self.clock.now()
        if now - push.first_at >= GIVE_UP_S:
            push.channel.closed = True
            return
        wait_s = min(FIRST_WAIT_S * 2 ** (push.attempt - 1), LONGEST_WAIT_S)
        self.pending.append(replace(push, due_at=now + wait_s, attempt=push.attempt + 1))

    @property
    def next_due_at(self) -> float | None:
        """When the earliest waiting push is due, unix seconds."""
        return min((push.due_at for push in self.pending), default=None)
