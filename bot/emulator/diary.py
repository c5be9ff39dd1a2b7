"""What people do with their calendars: meetings are made, moved, deleted, guests invited. Applications hear of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from bot.emulator.calendar import Calendar
from bot.emulator.events import Events
from bot.emulator.meetings import HOST, UNANSWERED, Meeting, OthersSee, Row
from bot.emulator.messenger import Messenger
from bot.emulator.options import known_zone
from bot.emulator.series import Rule


class Diary:
    """Lets people act in the calendar."""

    def __init__(self, calendar: Calendar, messenger: Messenger, events: Events) -> None:
        """Change `calendar`; groups of `messenger` can be the chats of meetings."""
        self._calendar = calendar
        self._messenger = messenger
        self._events = events

    def add_meeting(
        self,
        meeting_id: int | None = None,
        *,
        name: str,
        host: int,
        guests: Sequence[int] | Mapping[int, str],
        start: str | datetime,
        tz: str = "UTC",
        minutes: int = 60,
        all_day: bool = False,
        days: int = 1,
        rrule: str | None = None,
        skipped: Iterable[str] = (),
        master: int | None = None,
        location: str = "",
        description: str = "",
        notify: bool = True,
        hide_guests: bool = False,
        private: bool = False,
        others_see: OthersSee = "busy",
        busy_only: Iterable[int] = (),
        chat: int | None = None,
        copies: Mapping[int, int] | None = None,
    ) -> Meeting:
        """Put a meeting into the calendars of its host and guests.

        Args:
            meeting_id: Of the parent; the portal chooses one that is free unless it is given.
            name: Shown as it is, markup included.
            host: Who invites.
            guests: Ids, or answers (`Y`, `N`, `Q`) by id; nobody has answered by default.
            start: Wall clock in `tz`, such as `2026-11-25T10:00:00`.
            tz: IANA name.
            minutes: Length of a meeting that has a time of day.
            all_day: It has no time of day.
            days: Length of one that has none.
            rrule: Such as `FREQ=WEEKLY;BYDAY=MO`.
            skipped: Days of the series on which it does not take place.
            master: The series of which this is an exception.
            location: Free text, or an internal room code.
            description: Text.
            notify: The host is told about answers.
            hide_guests: Guests shall not see each other.
            private: A private entry.
            others_see: What colleagues who are not invited may read.
            busy_only: Host or guests who may see of it only that they are taken.
            chat: Id of the group that is the meeting's chat.
            copies: Ids of the guests' copies by guest; the others are numbered far away.

        Raises:
            ValueError: An id is in use, or there is no such time zone.
        """
        number = self._calendar.free_id() if meeting_id is None else meeting_id
        meeting = Meeting(
            id=number,
            name=name,
            host_id=host,
            start=datetime.fromisoformat(start) if isinstance(start, str) else start,
            length=timedelta(days=days - 1) if all_day else timedelta(minutes=minutes),
            zone=known_zone(tz),
            created_at=self._calendar.clock.now(),
            rows=[Row(number, host, HOST)],
            all_day=all_day,
            rule=Rule.parse(rrule) if rrule else None,
            skipped=frozenset(date.fromisoformat(day) for day in skipped),
            master_id=master,
            location=location,
            description=description,
            notify=notify,
            hide_guests=hide_guests,
            private=private,
            others_see=others_see,
            busy_only=frozenset(busy_only),
            chat_members=self._messenger.chats[chat].members if chat else None,
        )
        answers = guests if isinstance(guests, Mapping) else dict.fromkeys(guests, UNANSWERED)
        self._calendar.add(meeting, answers, copies or {})
        self._announce("ONCALENDARENTRYADD", meeting)
        return meeting

    def add_entry(
        self,
        entry_id: int,
        *,
        name: str,
        owner: int,
        start: str,
        tz: str = "UTC",
        minutes: int = 60,
        all_day: bool = False,
        days: int = 1,
        private: bool = False,
    ) -> Meeting:
        """Put a plain entry, which is no meeting, into somebody's calendar; the fields are those of `add_meeting`."""
        meeting = self.add_meeting(
            entry_id,
            name=name,
            host=owner,
            guests=(),
            start=start,
            tz=tz,
            minutes=minutes,
            all_day=all_day,
            days=days,
            private=private,
        )
        meeting.is_meeting = False
        return meeting

    def change_meeting(self, meeting_id: int, *, name: str | None = None, start: str | None = None) -> None:
        """Let the host rename or move a meeting."""
        meeting = self._calendar.meetings[meeting_id]
        meeting.name = name or meeting.name
        meeting.start = datetime.fromisoformat(start) if start else meeting.start
        self._announce("ONCALENDARENTRYUPDATE", meeting)

    def delete_meeting(self, meeting_id: int) -> None:
        """Let the host delete a meeting."""
        meeting = self._calendar.meetings[meeting_id]
        meeting.deleted = True
        self._announce("ONCALENDARENTRYDELETE", meeting)

    def uninvite(self, meeting_id: int, user_id: int) -> None:
        """Take a guest off the list; his row stays with its last answer (contract G.1)."""
        for row in self._calendar.meetings[meeting_id].of(user_id):
            row.removed = True

    def invite(self, meeting_id: int, user_id: int) -> None:
        """Invite one more guest, or one again."""
        row = self._calendar.invite(self._calendar.meetings[meeting_id], user_id)
        self._events.calendar_changed("ONCALENDARENTRYADD", row.entry_id, self._calendar.meetings[meeting_id].host_id)

    def _announce(self, event: str, meeting: Meeting) -> None:
        """Send one event per stored row, with the host as the one who acted (contract G.7)."""
        for row in meeting.live:
            self._events.calendar_changed(event, row.entry_id, meeting.host_id)
