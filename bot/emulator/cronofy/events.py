"""Events as providers keep them and as Read Events shows them (section 4.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bot.emulator.cronofy.moments import Span, localized, spelled
from bot.emulator.php import Json

Answer: TypeAlias = Literal["needs_action", "accepted", "declined", "tentative", "unknown"]
Status: TypeAlias = Literal["confirmed", "tentative", "cancelled", "unknown"]

EXTERNAL = "evt_external_"
PARTNER = "evt_partner_"
NO_ZONE = "Etc/UTC"


@dataclass(frozen=True, slots=True)
class Person:
    """Who organises or is invited."""

    email: str
    name: str | None = None

    def described(self) -> dict[str, Json]:
        return {"email": self.email, "display_name": self.name}


@dataclass(slots=True)
class Attendee:
    """Somebody's answer."""

    person: Person
    answer: Answer

    def described(self) -> dict[str, Json]:
        return {**self.person.described(), "status": self.answer}


@dataclass(frozen=True, slots=True)
class Location:
    """Where it is; coordinates are shown on demand only."""

    description: str
    lat: str = ""
    long: str = ""

    def described(self, *, geo: bool) -> dict[str, Json]:
        point: dict[str, Json] = {"lat": self.lat, "long": self.long} if geo and self.lat else {}
        return {"description": self.description, **point}


@dataclass(frozen=True, slots=True)
class Conferencing:
    """How to join from afar."""

    provider: str
    join_url: str

    def described(self) -> dict[str, Json]:
        return {"provider_name": self.provider, "join_url": self.join_url}


@dataclass(frozen=True, slots=True)
class View:
    """Which variants of an event a reader asked for (section 4.1)."""

    localized: bool = False
    geo: bool = False
    google_ids: bool = False


@dataclass(slots=True, eq=False)
class Event:
    """An event, or one occurrence of a series, in one calendar. Its fields may be set to anything a provider may say."""

    uid: str
    span: Span
    created: str  # as it is shown: may be a year that no library knows
    updated: str
    answer: Answer  # of the calendar's owner
    attendees: list[Attendee]
    organizer: Person | None
    changeable: bool  # options.change_participation_status
    summary: str = ""
    description: str = ""
    zone: str = NO_ZONE  # IANA, when the provider knows it
    status: Status = "confirmed"
    deleted: bool = False
    private: bool = False
    transparency: Literal["opaque", "transparent"] = "opaque"
    extended_transparency: str = ""
    categories: tuple[str, ...] = ()
    series: str = ""  # equal for all occurrences
    location: Location | None = None
    conferencing: Conferencing | None = None
    meeting_url: str = ""
    event_id: str = ""  # given by the application that made it
    google_event_id: str = ""
    left_out: frozenset[str] = frozenset()  # fields that this provider does not send
    former: list[Span] = field(default_factory=list)  # when it was before it was moved

    @property
    def managed(self) -> bool:
        """Was made by an application."""
        return bool(self.event_id)

    def described(self, calendar_id: str, view: View) -> dict[str, Json]:
        """Return the JSON object, without what is optional and unknown."""
        shown = {
            "calendar_id": calendar_id,
            "event_uid": self.uid,
            "summary": self.summary,
            "description": self.description,
            "start": self._moment("start", view),
            "end": self._moment("end", view),
            "deleted": self.deleted,
            "created": self.created,
            "updated": self.updated,
            "participation_status": self.answer,
            "attendees": [attendee.described() for attendee in self.attendees],
            "transparency": self.transparency,
            "status": self.status,
            "categories": self.categories,
            "recurring": bool(self.series),
            "event_private": self.private,
            "options": self._flags(),
            **self._optional(view),
        }
        return {name: value for name, value in shown.items() if name not in self.left_out}

    def _moment(self, which: Literal["start", "end"], view: View) -> Json:
        moment = self.span.start if which == "start" else self.span.end
        return localized(moment, self.zone) if view.localized else spelled(moment)

    def _flags(self) -> Mapping[str, Json]:
        return {
            "delete": self.managed,
            "update": self.managed,
            "change_participation_status": self.changeable and not self.deleted,
        }

    def _optional(self, view: View) -> dict[str, Json]:
        known: dict[str, Json] = {
            "event_id": self.event_id,
            "google_event_id": self.google_event_id if view.google_ids else "",
            "organizer": self.organizer.described() if self.organizer else None,
            "location": self.location.described(geo=view.geo) if self.location else None,
            "extended_transparency": self.extended_transparency,
            "series_identifier": self.series,
            "meeting_url": self.meeting_url,
            "conferencing": self.conferencing.described() if self.conferencing else None,
        }
        return {name: value for name, value in known.items() if value}
