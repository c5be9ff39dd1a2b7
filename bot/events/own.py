"""Events that no portal sends: we make them and keep them in the inbox like any other, so that they outlive the process."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bot.events.bases import PortalEvent
from bot.events.fields import short_digest

# `erased` follows `erasure`, once the account is forgotten here.
AccountNews: TypeAlias = Literal["change", "synced", "disconnected", "erasure", "erased"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEvent(PortalEvent):
    """Base of them all: something that concerns one person.

    Attributes:
        user_id: Whom.
    """

    user_id: int

    @property
    def lane(self) -> str:
        return f"{self.portal}:{self.user_id}"


def _beside(event: OwnEvent) -> str:
    """Return the lane of what looks after a person's calendars outside: when those are slow, their commands do not wait."""
    return f"{event.portal}:{event.user_id}:outside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected(OwnEvent):
    """A person gave us permission on the portal's page; they are told whatever happens.

    Attributes:
        dialog_id: The private chat in which they asked.
        language: Two letters, of the chat.
        too_late: Something that they had written waited too long to be carried out now.
        digest: Of the link that was used.
    """

    bot_id: int
    dialog_id: str
    language: str
    too_late: bool
    digest: str
    kind: Literal["connected"] = "connected"

    @property
    def key(self) -> str:
        return f"{self.portal}:connected:{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLinked(OwnEvent):
    """A person connected an account at Cronofy; they are told whatever happens.

    Attributes:
        dialog_id: The private chat in which they asked.
        language: Two letters, of the chat.
        digest: Of the link that was used.
        former: Cronofy's id of the account that it replaced, whose permission remains to be given back; "" without one.
    """

    bot_id: int
    dialog_id: str
    language: str
    digest: str
    former: str
    kind: Literal["account_linked"] = "account_linked"

    @property
    def key(self) -> str:
        return f"{self.portal}:linked:{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanged(OwnEvent):
    """Cronofy told that something happened to an account that a person has connected (contract of Cronofy, 8).

    Attributes:
        user_id: Whose it was when the push came.
        what: `erasure` asks to delete all that is kept of the person.
        channel_id: Through which it was told; that of another account is none of theirs.
        since: Unix seconds, from which on a reading shows what has changed; 0 when that was not told.
    """

    what: AccountNews
    channel_id: str
    since: int
    kind: Literal["account_changed"] = "account_changed"

    @property
    def lane(self) -> str:
        return _beside(self)

    @property
    def key(self) -> str:
        channel = short_digest(self.channel_id)
        return f"{self.portal}:account:{self.what}:{self.user_id}:{channel}:{self.since}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerDue(OwnEvent):
    """A presence was to end. It is stored when the timer is set; the inbox hands it out when it is due.

    Attributes:
        timer_id: Of the timer, which may have been stopped or replaced since.
        attempt: Counted from 1; more than one when the portal did not answer.
    """

    timer_id: str
    attempt: int = 1
    kind: Literal["timer_due"] = "timer_due"

    @property
    def key(self) -> str:
        return f"{self.portal}:timer:{self.user_id}:{self.timer_id}:{self.attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpDue(OwnEvent):
    """A message of ours may be out of date. It is stored with that message; the inbox hands it out when it is due.

    Attributes:
        answers: Key of the event that the message answers.
        attempt: Counted from 1.
    """

    answers: str
    attempt: int = 1
    kind: Literal["follow_up_due"] = "follow_up_due"

    @property
    def lane(self) -> str:
        return _beside(self)

    @property
    def key(self) -> str:
        return f"{self.portal}:follow-up:{self.attempt}:{self.answers}"


AnyOwnEvent: TypeAlias = Connected | AccountLinked | AccountChanged | TimerDue | FollowUpDue
