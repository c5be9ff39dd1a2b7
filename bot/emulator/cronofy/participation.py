"""Answering invitations: accepted with 202, carried out by the provider later, or never (section 5)."""

from dataclasses import dataclass, field
from typing import TypeGuard

from bot.emulator.answers import Response
from bot.emulator.clock import Clock
from bot.emulator.cronofy.accounts import Calendar, Place, places_of
from bot.emulator.cronofy.answers import Refusal, invalid, required
from bot.emulator.cronofy.events import EXTERNAL, Answer, Event
from bot.emulator.cronofy.moments import stamp
from bot.emulator.cronofy.oauth import Authorization
from bot.emulator.cronofy.options import Options
from bot.emulator.cronofy.pushes import Pushes
from bot.emulator.php import Json, Params


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer on its way to the provider."""

    place: Place
    event: Event
    answer: Answer
    due_at: float  # unix seconds


@dataclass(slots=True)
class Participation:
    """Takes answers and carries them out when they are due."""

    clock: Clock
    options: Options
    pushes: Pushes
    pending: list[Sent] = field(default_factory=list)

    def post(self, caller: Authorization, calendar_id: str, event_uid: str, params: Params) -> Response:
        """Take an answer; 202 says no more than that it was understood.

        Raises:
            Refusal: 404, 422, or what `Options.refused_as` says.
        """
        answer = _answer(params.get("status"))
        place = next((place for place in places_of(caller.account) if place.calendar.id == calendar_id), None)
        if place is None or place.calendar.deleted:
            raise Refusal(404)
        if place.calendar.readonly:
            raise self._not_permitted("calendar_id", "calendar_readonly")
        if not event_uid.startswith(EXTERNAL):
            raise invalid("event_uid", "must_be_external_event_uid", "needs the uid of an external event")
        event = _live(place.calendar, event_uid)
        if not event.changeable:
            raise self._not_permitted("event_uid", "participation_status_not_changeable")
        self.pending.append(Sent(place, event, answer, self.clock.now() + self.options.answer_delay_s))
        return Response(202)

    def _not_permitted(self, param: str, key: str) -> Refusal:
        return Refusal(403) if self.options.refused_as == "forbidden" else invalid(param, key)

    def on_its_way(self, event: Event) -> Answer | None:
        """Return the last answer that was taken and is not carried out yet."""
        return next((sent.answer for sent in reversed(self.pending) if sent.event is event), None)

    def settle(self) -> bool:
        """Carry out what is due, and tell whether there was anything; a provider that refuses tells nobody."""
        now = self.clock.now()
        due = [sent for sent in self.pending if sent.due_at <= now]
        self.pending = [sent for sent in self.pending if sent.due_at > now]
        for sent in due:
            if self.options.writes_apply and sent.place.profile.writable and not sent.event.deleted:
                self._carry_out(sent)
        return bool(due)

    def _carry_out(self, sent: Sent) -> None:
        for event in self._answered(sent):
            self.apply(sent.place, event, sent.answer, at=sent.due_at)
            if self.options.push_own_answers:
                self.pushes.change(sent.place, event)

    def _answered(self, sent: Sent) -> list[Event]:
        series = sent.event.series
        if not (series and self.options.series_answered):
            return [sent.event]
        return [event for event in sent.place.calendar.events.values() if event.series == series and not event.deleted]

    def apply(self, place: Place, event: Event, answer: Answer, *, at: float) -> None:
        """Write an answer down; some providers delete what was declined (section 5.3)."""
        event.answer = answer
        for attendee in event.attendees:
            if attendee.person.email == place.profile.name:
                attendee.answer = answer
        event.updated = stamp(at)
        event.deleted = answer == "declined" and place.profile.service in self.options.decline_deletes

    @property
    def next_due_at(self) -> float | None:
        return min((sent.due_at for sent in self.pending), default=None)


def _answer(value: Json) -> Answer:
    if not value:
        raise required("status")
    if not _is_answer(value):
        raise invalid("status", "invalid")
    return value


def _is_answer(value: Json) -> TypeGuard[Answer]:
    return value in {"accepted", "tentative", "declined"} if isinstance(value, str) else False


def _live(calendar: Calendar, event_uid: str) -> Event:
    event = calendar.events.get(event_uid)
    if event is None or event.deleted:
        raise Refusal(404)
    return event
