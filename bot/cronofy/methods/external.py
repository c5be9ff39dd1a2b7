"""An event of a calendar outside Bitrix24, and what may be done with it (sections 4.4, 4.5, 5.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from enum import StrEnum
from typing import Any

from bot.cronofy import fields
from bot.cronofy.methods.identity import Calendar

# Uids of what others have put into a calendar begin so; those of what an application made do not.
_EXTERNAL = "evt_external_"


class Answer(StrEnum):
    """An answer, as Cronofy writes it."""

    OPEN = "needs_action"
    YES = "accepted"
    NO = "declined"
    MAYBE = "tentative"
    UNKNOWN = "unknown"  # also for what this release does not know


class Obstacle(StrEnum):
    """Why an event cannot be answered."""

    DELETED = "deleted"
    CANCELLED = "cancelled"
    OVER = "over"
    CALENDAR_GONE = "calendar-gone"
    DISCONNECTED = "disconnected"  # the provider does not let Cronofy in
    MANAGED = "managed"  # an application made it
    READ_ONLY = "read-only"
    NOT_INVITED = "not-invited"  # an entry of the person's own, or a copy of somebody else's
    NOT_OFFERED = "not-offered"  # the provider does not take an answer to it


@dataclass(frozen=True, slots=True)
class EventRef:
    """What finds an event again. `starts` is an instant, or the day of an all-day event."""

    calendar_id: str
    event_uid: str
    starts: date


@dataclass(frozen=True, slots=True)
class Person:
    """Who organises or is invited; other people's text. The name is "" for many."""

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class ExternalEvent:
    """An event, or one occurrence of a series.

    Attributes:
        calendar: Where it is; None for a calendar that the account does not show.
        title: Other people's text; may be empty, and nobody else's business when the event is `private`.
        starts: An instant in UTC, or for an all-day event a day.
        ends: Likewise; for an all-day event the day after the last one.
        answer: The person's own.
        changeable: The provider takes an answer.
        series: Equal for the occurrences of one series; "" outside of one.
        place: Other people's text.
        join_url: Other people's text.
    """

    ref: EventRef
    calendar: Calendar | None
    title: str
    starts: date
    ends: date
    answer: Answer
    changeable: bool
    deleted: bool
    cancelled: bool
    private: bool
    recurring: bool
    series: str
    organizer: Person | None
    attendees: tuple[Person, ...]
    place: str
    join_url: str

    @property
    def all_day(self) -> bool:
        return not isinstance(self.starts, datetime)

    @property
    def declining_removes(self) -> bool:
        """Whether a declined event may vanish for good, so that the person has to be asked first."""
        return self.calendar is None or self.calendar.profile.declining_removes

    def obstacle(self, now: datetime) -> Obstacle | None:
        """Return why it cannot be answered; None when it can.

        Args:
            now: In the person's zone, in which an all-day event ends.
        """
        if self.deleted:
            return Obstacle.DELETED
        if self.cancelled:
            return Obstacle.CANCELLED
        if instant(self.ends, now.tzinfo) <= now:
            return Obstacle.OVER
        return self._forbidden()

    def _forbidden(self) -> Obstacle | None:
        calendar = self.calendar
        if calendar is None or calendar.deleted:
            return Obstacle.CALENDAR_GONE
        if not calendar.profile.connected:
            return Obstacle.DISCONNECTED
        if not self.ref.event_uid.startswith(_EXTERNAL):
            return Obstacle.MANAGED
        if calendar.readonly:
            return Obstacle.READ_ONLY
        if self.changeable:  # the provider knows best, under whatever address the person was invited
            return None
        return Obstacle.NOT_OFFERED if self._is_invited(calendar.profile.name) else Obstacle.NOT_INVITED

    def _is_invited(self, address: str) -> bool:
        own = address.casefold()
        is_host = self.organizer is not None and self.organizer.email.casefold() == own
        return not is_host and any(person.email.casefold() == own for person in self.attendees)


def instant(moment: date, zone: tzinfo | None) -> datetime:
    """Return a moment as an instant; a day begins at midnight of `zone`."""
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time(), zone)


def read_event(row: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> ExternalEvent | None:
    """Read one event; None for what has no id or no time that we can hold."""
    calendar_id, event_uid = fields.text(row, "calendar_id"), fields.text(row, "event_uid")
    starts, ends = fields.moment(row, "start"), fields.moment(row, "end")
    if not calendar_id or not event_uid or starts is None or ends is None:
        return None
    if isinstance(starts, datetime) is not isinstance(ends, datetime):
        return None
    answer = fields.text(row, "participation_status")
    return ExternalEvent(
        ref=EventRef(calendar_id, event_uid, starts),
        calendar=calendars.get(calendar_id),
        title=fields.text(row, "summary"),
        starts=starts,
        ends=ends,
        answer=next((known for known in Answer if known == answer), Answer.UNKNOWN),
        changeable=fields.flag(fields.branch(row, "options"), "change_participation_status"),
        deleted=fields.flag(row, "deleted"),
        cancelled=fields.text(row, "status") == "cancelled",
        private=fields.flag(row, "event_private"),
        recurring=fields.flag(row, "recurring"),
        series=fields.text(row, "series_identifier"),
        organizer=_person(fields.branch(row, "organizer")),
        attendees=tuple(person for one in fields.rows(row, "attendees") if (person := _person(one)) is not None),
        place=fields.text(fields.branch(row, "location"), "description"),
        join_url=fields.text(fields.branch(row, "conferencing"), "join_url") or fields.text(row, "meeting_url"),
    )


def _person(row: Mapping[str, Any]) -> Person | None:
    email, name = fields.text(row, "email"), fields.text(row, "display_name")
    return Person(email, name) if email or name else None
