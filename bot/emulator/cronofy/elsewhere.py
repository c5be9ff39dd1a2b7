"""What people do outside of every application: in Outlook, in Google's calendar, in Cronofy's settings."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypedDict, Unpack
from zoneinfo import ZoneInfo

from bot.emulator.clock import Clock
from bot.emulator.cronofy.accounts import Account, Calendar, Directory, Place, Profile
from bot.emulator.cronofy.events import (
    EXTERNAL,
    PARTNER,
    Answer,
    Attendee,
    Conferencing,
    Event,
    Location,
    Person,
    Status,
)
from bot.emulator.cronofy.moments import Span, stamp
from bot.emulator.cronofy.participation import Participation
from bot.emulator.cronofy.pushes import Pushes


class Details(TypedDict, total=False):
    """Further fields of `Event`."""

    created: str
    updated: str
    changeable: bool
    description: str
    status: Status
    deleted: bool
    private: bool
    extended_transparency: str
    categories: tuple[str, ...]
    series: str
    location: Location
    conferencing: Conferencing
    meeting_url: str
    event_id: str
    google_event_id: str
    left_out: frozenset[str]


class Elsewhere:
    """Changes calendars and tells whoever has a channel."""

    def __init__(self, clock: Clock, directory: Directory, participation: Participation, pushes: Pushes) -> None:
        """Change calendars of `directory`."""
        self._clock = clock
        self._directory = directory
        self._participation = participation
        self._pushes = pushes

    def add_event(
        self,
        calendar: Calendar,
        summary: str,
        *,
        start: str,
        tz: str = "",
        minutes: int = 60,
        days: int = 1,
        organizer: Person | None = None,
        answer: Answer | None = None,
        guests: Sequence[Attendee] = (),
        uid: str = "",
        **details: Unpack[Details],
    ) -> Event:
        """Put an event into a calendar: an invitation when somebody organises it, otherwise an entry of the owner's own.

        Args:
            calendar: Whose.
            summary: Shown as it is, markup included.
            start: Wall clock in `tz`, such as `2026-11-25T10:00:00`, or a day: then the event is all-day.
            tz: IANA name; empty when the provider has none, the clock being UTC.
            minutes: Length of an event that has a time of day.
            days: Length of one that has none.
            organizer: Who invites.
            answer: Of the owner; an invitation has none, an own entry is accepted.
            guests: Others, beside owner and organiser.
            uid: Made up unless given; of what an application made (`event_id`) it begins otherwise.
            details: Further fields of `Event`; `changeable` is true of invitations in calendars that are not read-only.
        """
        place = self._place(calendar)
        now = stamp(self._clock.now())
        answered: Answer = answer or ("needs_action" if organizer else "accepted")
        known: Details = {"created": now, "updated": now, "changeable": bool(organizer) and not calendar.readonly}
        event = Event(
            uid=uid or f"{PARTNER if details.get('event_id') else EXTERNAL}{self._directory.digits('event')}",
            span=_span(start, tz, timedelta(minutes=minutes), timedelta(days=days)),
            answer=answered,
            attendees=_attendees(place, answered, organizer, guests),
            organizer=organizer,
            summary=summary,
            zone=tz or "Etc/UTC",
            **(known | details),
        )
        calendar.events[event.uid] = event
        self._pushes.change(place, event)
        return event

    def add_series(
        self,
        calendar: Calendar,
        summary: str,
        *,
        start: str,
        tz: str = "",
        minutes: int = 60,
        occurrences: int = 5,
        every_days: int = 7,
        organizer: Person | None = None,
        answer: Answer | None = None,
    ) -> list[Event]:
        """Put a series into a calendar; Cronofy knows it as occurrences that share an identifier."""
        first, series = datetime.fromisoformat(start), self._directory.digits("series")
        starts = [(first + timedelta(days=every_days * index)).isoformat() for index in range(occurrences)]
        return [
            self.add_event(
                calendar, summary, start=on, tz=tz, minutes=minutes, organizer=organizer, answer=answer, series=series
            )
            for on in starts
        ]

    def answer_elsewhere(self, event_uid: str, answer: Answer) -> None:
        """Let the owner answer in his own calendar program."""
        place = self._directory.place_of(event_uid)
        event = place.calendar.events[event_uid]
        self._participation.apply(place, event, answer, at=self._clock.now())
        self._pushes.change(place, event)

    def cancel_event(self, event_uid: str, *, kept: bool = False) -> None:
        """Let the organiser cancel; some providers keep what was cancelled in the calendar."""
        place = self._directory.place_of(event_uid)
        event = place.calendar.events[event_uid]
        event.status = "cancelled"
        event.deleted = not kept
        self._changed(place, event)

    def move_event(self, event_uid: str, start: str) -> None:
        """Let the organiser move an event; `start` is read in its zone, and it keeps its length."""
        place = self._directory.place_of(event_uid)
        event = place.calendar.events[event_uid]
        event.former.append(event.span)
        length = event.span.end - event.span.start
        event.span = _span(start, event.zone, length, length)
        self._changed(place, event)

    def disconnect(self, profile: Profile) -> None:
        """Let a provider refuse Cronofy: a changed password, for one."""
        profile.connected = False
        self._pushes.tell(self._directory.owner(profile), "profile_disconnected")

    def reconnect(self, profile: Profile) -> None:
        """Let the owner follow the relink address."""
        profile.connected = True

    def finish_sync(self, profile: Profile) -> None:
        """End the first reading of a profile."""
        profile.initial_sync_required = False
        self._pushes.tell(self._directory.owner(profile), "profile_initial_sync_completed")

    def push(self, account: Account, kind: str) -> None:
        """Send a notification of any type: `gdpr_requested`, or one that nobody has heard of."""
        self._pushes.tell(account, kind)

    def _changed(self, place: Place, event: Event) -> None:
        event.updated = stamp(self._clock.now())
        self._pushes.change(place, event)

    def _place(self, calendar: Calendar) -> Place:
        return next(place for place in self._directory.places() if place.calendar is calendar)


def _span(start: str, tz: str, length: timedelta, days: timedelta) -> Span:
    if "T" in start:
        begins = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(tz or "UTC")).astimezone(UTC)
        return Span(begins, begins + length)
    day = date.fromisoformat(start)
    return Span(day, day + days)


def _attendees(place: Place, answer: Answer, organizer: Person | None, guests: Sequence[Attendee]) -> list[Attendee]:
    if organizer is None:
        return list(guests)
    owner = Attendee(Person(place.profile.name, place.account.name), answer)
    return [owner, Attendee(organizer, "accepted"), *guests]
