"""REST methods of the calendar (contract G)."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.emulator.calendar import Calendar
from bot.emulator.calendar_entries import Entry
from bot.emulator.calendar_texts import refusal
from bot.emulator.meetings import DECLINED, Meeting, Row
from bot.emulator.methods import Caller, Method
from bot.emulator.people import User
from bot.emulator.php import Json, Params, is_empty, is_yes, sequence, to_int, to_text

NEAREST_DAYS = 60
NEAREST_MOST = 75
GET_BACK_DAYS, GET_AHEAD_DAYS = 30, 90


class CalendarRest:
    """The calendar as a token's user sees it."""

    def __init__(self, calendar: Calendar, users: Mapping[int, User]) -> None:
        """Answer from `calendar`, with names from `users`."""
        self._calendar = calendar
        self._options = calendar.options
        self._users = users

    def methods(self) -> list[Method]:
        runs = {
            "meeting.status.get": self._status_get,
            "meeting.status.set": self._status_set,
            "event.getbyid": self._get_by_id,
            "event.get": self._get,
            "event.get.nearest": self._nearest,
            "accessibility.get": self._accessibility,
            "user.settings.get": self._settings,
        }
        return [Method(f"calendar.{name}", "calendar", run) for name, run in runs.items()]

    def _status_get(self, caller: Caller, params: Params) -> Json:
        return self._calendar.get_status(caller.user.id, params)

    def _status_set(self, caller: Caller, params: Params) -> Json:
        return self._calendar.set_status(caller.user.id, params)

    def _staff_only(self, caller: Caller) -> None:
        if not caller.user.intranet:
            raise refusal(self._options.language, "denied")

    def _entry(self, caller: Caller, meeting: Meeting, row: Row) -> Entry:
        return Entry(meeting, row, caller.user, self._users[meeting.host_id], self._options)

    def _get_by_id(self, caller: Caller, params: Params) -> Json:
        self._staff_only(caller)
        self._calendar.required(params, "id", "calendar.event.getbyid")
        found = self._calendar.find(to_int(params["id"]))
        if found is None:
            return None
        meeting, row = found
        if meeting.deleted or row.removed:
            return None
        if meeting.involves(caller.user.id) or (meeting.others_see == "everything" and not meeting.private):
            return self._entry(caller, meeting, row).shown()
        return None if meeting.others_see == "nothing" else self._entry(caller, meeting, row).busy()

    def _nearest(self, caller: Caller, params: Params) -> Json:
        """List what is ahead; without `forCurrentUser` the owner is not what the parameters say (contract G.5)."""
        self._staff_only(caller)
        own = is_yes(params.get("forCurrentUser"))
        if not own:
            self._calendar.required(params, "type", "calendar.event.get.nearest")
        days = to_int(params.get("days")) or NEAREST_DAYS
        most = min(to_int(params.get("maxEventsCount")) or NEAREST_MOST, NEAREST_MOST)
        now = datetime.fromtimestamp(self._calendar.clock.now(), UTC)
        entries = self._calendar.entries_of(caller.user.id) if own else self._all_readable(caller)
        kept = ((meeting, row) for meeting, row in entries if row.status != DECLINED)
        found = [
            pair
            for meeting, row in kept
            for pair in self._expanded(caller, meeting, row, now, now + timedelta(days=days))
        ]
        found.sort(key=lambda pair: (pair[0], pair[1].meeting.id))
        return [entry.nearest() for _, entry in found[:most]]

    def _all_readable(self, caller: Caller) -> Iterator[tuple[Meeting, Row]]:
        for meeting in self._calendar.meetings.values():
            if not meeting.deleted and (meeting.involves(caller.user.id) or meeting.others_see == "everything"):
                yield meeting, meeting.rows[0]

    def _expanded(
        self, caller: Caller, meeting: Meeting, row: Row, since: datetime, until: datetime
    ) -> Iterator[tuple[datetime, Entry]]:
        """Yield the occurrences that are not over at `since` and begin before `until`."""
        for index, start in meeting.starts():
            begins = start.replace(tzinfo=caller.user.clock(self._options)) if meeting.all_day else meeting.aware(start)
            if begins >= until:
                return
            if begins + meeting.length + timedelta(days=meeting.all_day) > since:
                plain = meeting.rule is None
                yield (
                    begins,
                    Entry(
                        meeting,
                        row,
                        caller.user,
                        self._users[meeting.host_id],
                        self._options,
                        start=start,
                        index=None if plain else index,
                    ),
                )

    def _get(self, caller: Caller, params: Params) -> Json:
        """List the caller's own calendar between two dates; of somebody else's no section is permitted here."""
        self._staff_only(caller)
        self._calendar.required(params, "type", "calendar.event.get")
        since, until = self._span(params, GET_BACK_DAYS, GET_AHEAD_DAYS)
        owner = to_int(params.get("ownerId")) or caller.user.id
        if to_text(params["type"]) != "user" or owner != caller.user.id:
            return []
        entries = self._calendar.entries_of(caller.user.id)
        return [
            entry.shown() for meeting, row in entries for _, entry in self._expanded(caller, meeting, row, since, until)
        ]

    def _span(self, params: Params, back_days: int, ahead_days: int) -> tuple[datetime, datetime]:
        now = datetime.fromtimestamp(self._calendar.clock.now(), UTC)
        since = self._moment(params, "from") or now - timedelta(days=back_days)
        until = self._moment(params, "to")
        return since, until + timedelta(days=1) if until else now + timedelta(days=ahead_days)

    def _moment(self, params: Params, name: str) -> datetime | None:
        if is_empty(params.get(name)):
            return None
        try:
            moment = datetime.fromisoformat(to_text(params[name]))
        except ValueError:
            raise refusal(self._options.language, "invalid", name=name) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(self._options.server_zone))

    def _accessibility(self, caller: Caller, params: Params) -> Json:
        """Tell when people are taken; free and declined entries are left out."""
        self._staff_only(caller)
        for name in ("users", "from", "to"):
            self._calendar.required(params, name, "calendar.accessibility.get")
        since, until = self._span(params, 0, 0)
        return {
            str(to_int(user)): self._taken(caller, to_int(user), since, until) for user in sequence(params["users"])
        }

    def _taken(self, caller: Caller, user_id: int, since: datetime, until: datetime) -> list[Json]:
        return [
            entry.taken()
            for meeting, row in self._calendar.entries_of(user_id)
            if row.status != DECLINED and meeting.accessibility != "free"
            for _, entry in self._expanded(caller, meeting, row, since, until)
        ]

    def _settings(self, caller: Caller, _: Params) -> Json:
        reminders: list[Json] = [{"type": "min", "count": 15}]
        offset = datetime.fromtimestamp(self._calendar.clock.now(), caller.user.clock(self._options)).utcoffset()
        return {
            "view": "week",
            "meetSection": "4",
            "crmSection": "4",
            "showDeclined": False,
            "denyBusyInvitation": False,
            "collapseOffHours": "Y",
            "showWeekNumbers": "N",
            "showTasks": "Y",
            "syncTasks": "N",
            "showCompletedTasks": "N",
            "lastUsedSection": "false",
            "sendFromEmail": "",
            "defaultSections": {f"user{caller.user.id}": "4"},
            "syncPeriodPast": "3",
            "syncPeriodFuture": "12",
            "defaultReminders": {"fullDay": reminders, "withTime": reminders},
            "timezoneName": caller.user.time_zone,
            "timezoneOffsetUTC": int(offset.total_seconds()) if offset else 0,
            "timezoneDefaultName": self._options.default_zone,
            "work_time_start": "9.00",
            "work_time_end": caller.user.work_time_end,
        }
