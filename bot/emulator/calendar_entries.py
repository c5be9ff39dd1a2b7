"""How the calendar describes an entry to somebody (contract G.3 to G.5)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.emulator.calendar_texts import english_date, local_date, text, week_day
from bot.emulator.meetings import Meeting, Row
from bot.emulator.options import Options
from bot.emulator.people import User
from bot.emulator.php import Json

_DAY_S = 86_400
_HIDDEN_FROM_OTHERS = frozenset(
    {
        "DESCRIPTION",
        "LOCATION",
        "REMIND",
        "ATTENDEES_CODES",
        "UF_CRM_CAL_EVENT",
        "UF_WEBDAV_CAL_EVENT",
        "ATTENDEE_LIST",
        "attendeesEntityList",
        "~DESCRIPTION",
    }
)
_ZONE_KEYS = frozenset({"TZ_FROM", "TZ_TO", "TZ_OFFSET_FROM", "TZ_OFFSET_TO"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored entry, or one occurrence of it, as `viewer` gets it."""

    meeting: Meeting
    row: Row
    viewer: User
    host: User
    options: Options
    start: datetime | None = None  # wall clock of an occurrence, else the entry's own
    index: int | None = None  # of the occurrence in its series

    @property
    def _start(self) -> datetime:
        return self.start or self.meeting.start

    @property
    def _end(self) -> datetime:
        return self._start + self.meeting.length

    def _offset(self, wall: datetime) -> int:
        return _seconds(self.meeting.aware(wall)) if not self.meeting.all_day else 0

    def _user_shift(self, wall: datetime) -> int:
        """Seconds between the event's and the viewer's clock: `~USER_OFFSET_*`."""
        if self.meeting.all_day:
            return 0
        moment = self.meeting.aware(wall)
        return self._offset(wall) - _seconds(moment.astimezone(self.viewer.clock(self.options)))

    def _stamp(self, wall: datetime) -> int:
        """Read the wall clock in the server's zone and take the event's offset off: no epoch unless that zone is UTC."""
        return int(self._server_stamp(wall)) - self._offset(wall)

    def _server_stamp(self, wall: datetime) -> float:
        return wall.replace(tzinfo=ZoneInfo(self.options.server_zone)).timestamp()

    def shown(self) -> dict[str, Json]:
        """Return what the viewer may see of an entry in his own calendar."""
        return self.busy() if self.viewer.id in self.meeting.busy_only else self.full()

    def full(self) -> dict[str, Json]:
        """Return every field, as `calendar.event.getbyid` does for somebody who may read the entry."""
        described = self._identity() | self._times() | self._meeting_fields() | self._storage() | self._people()
        return described | {
            "~DESCRIPTION": self.meeting.description,
            "~USER_OFFSET_FROM": self._user_shift(self._start),
            "~USER_OFFSET_TO": self._user_shift(self._end),
            **({} if self.index is None else {"RINDEX": self.index}),
        }

    def busy(self) -> dict[str, Json]:
        """Return the same without anything but the time (contract G.3)."""
        shown = {key: value for key, value in self.full().items() if key not in _HIDDEN_FROM_OTHERS}
        return shown | {"NAME": text(self.options.language, "busy"), "IS_ACCESSIBLE_TO_USER": False}

    def nearest(self) -> dict[str, Json]:
        """Return a row of `calendar.event.get.nearest`; by the source without zones, in the reader's wall clock."""
        described = self.shown()
        if self.options.nearest_zones:
            return described
        start, end = self._for_viewer(self._start), self._for_viewer(self._end)
        kept = {key: value for key, value in described.items() if key not in _ZONE_KEYS}
        return kept | {
            "DATE_FROM": self._local(start),
            "DATE_TO": self._local(end),
            "DT_FROM_TS": int(self._server_stamp(start)),
            "DT_TO_TS": int(self._server_stamp(end)),
            "~FROM_TO_HTML": "",
            "~WEEK_DAY": week_day(start),
        }

    def taken(self) -> dict[str, Json]:
        """Return a row of `calendar.accessibility.get`."""
        keys = (
            "ID",
            "NAME",
            "DATE_FROM",
            "DATE_TO",
            "DATE_FROM_TS_UTC",
            "DATE_TO_TS_UTC",
            "~USER_OFFSET_FROM",
            "~USER_OFFSET_TO",
            "DT_SKIP_TIME",
            "TZ_FROM",
            "TZ_TO",
            "ACCESSIBILITY",
            "IMPORTANCE",
        )
        described = self.full()
        return {key: described[key] for key in keys} | {"EVENT_TYPE": ""}

    def _for_viewer(self, wall: datetime) -> datetime:
        shift = self._user_shift(wall)
        return datetime.fromtimestamp(wall.replace(tzinfo=UTC).timestamp() - shift, UTC).replace(tzinfo=None)

    def _local(self, moment: datetime) -> str:
        return local_date(self.options.language, moment, whole_day=self.meeting.all_day)

    def _identity(self) -> dict[str, Json]:
        meeting = self.meeting
        return {
            "ID": str(self.row.entry_id),
            "PARENT_ID": str(meeting.id),
            "DELETED": "Y" if meeting.deleted or self.row.removed else "N",
            "CAL_TYPE": "user",
            "OWNER_ID": str(self.row.user_id),
            "NAME": meeting.name,
        }

    def _times(self) -> dict[str, Json]:
        whole_day = self.meeting.all_day
        zone = "" if whole_day else self.meeting.zone
        length_s = int(self.meeting.length.total_seconds())
        return {
            "DATE_FROM": self._local(self._start),
            "DATE_TO": self._local(self._end),
            "ORIGINAL_DATE_FROM": self._local(self.meeting.start) if self.meeting.master_id else None,
            "TZ_FROM": zone,
            "TZ_TO": zone,
            "TZ_OFFSET_FROM": str(self._offset(self._start)),
            "TZ_OFFSET_TO": str(self._offset(self._end)),
            "DATE_FROM_TS_UTC": str(self._stamp(self.meeting.start)),
            "DATE_TO_TS_UTC": str(self._series_end()),
            "DT_SKIP_TIME": "Y" if whole_day else "N",
            "DT_LENGTH": length_s + (_DAY_S if whole_day else 0),
            "EVENT_TYPE": None,
        }

    def _series_end(self) -> int:
        """The end of the series, in occurrences too (contract G.4)."""
        if self.meeting.rule is None:
            return self._stamp(self.meeting.start + self.meeting.length)
        return _midnight(self.meeting.rule.last_day.isoformat())

    def _meeting_fields(self) -> dict[str, Json]:
        meeting, created = self.meeting, self._local_created()
        fields: dict[str, Json] = {
            "CREATED_BY": str(meeting.host_id),
            "DATE_CREATE": created,
            "TIMESTAMP_X": created,
            "DESCRIPTION": meeting.description,
            "PRIVATE_EVENT": "1" if meeting.private else "",
            "ACCESSIBILITY": meeting.accessibility,
            "IMPORTANCE": "normal",
            "IS_MEETING": meeting.is_meeting,
        }
        if not meeting.is_meeting:
            return fields | {"MEETING_STATUS": None, "MEETING_HOST": "0", "MEETING": None, **self._place()}
        about: dict[str, Json] = {
            "HOST_NAME": self.host.full_name,
            "NOTIFY": meeting.notify,
            "REINVITE": False,
            "ALLOW_INVITE": False,
            "HIDE_GUESTS": meeting.hide_guests,
            "MEETING_CREATOR": meeting.host_id,
            "LANGUAGE_ID": self.options.language,
            "MAIL_FROM": "",
        }
        return fields | {
            "MEETING_STATUS": meeting.shown_status(self.row),
            "MEETING_HOST": str(meeting.host_id),
            "MEETING": about,
            **self._place(),
        }

    def _local_created(self) -> str:
        zone = ZoneInfo(self.options.server_zone)
        return local_date(self.options.language, datetime.fromtimestamp(self.meeting.created_at, zone))

    def _place(self) -> dict[str, Json]:
        return {
            "LOCATION": self.meeting.location,
            "REMIND": [{"type": "min", "count": 15}],
            "COLOR": "#9dcf00",
            "RRULE": self._rule(),
            "EXDATE": ";".join(
                local_date(self.options.language, _day(day.isoformat()), whole_day=True)
                for day in sorted(self.meeting.skipped)
            ),
        }

    def _rule(self) -> Json:
        rule = self.meeting.rule
        if rule is None:
            return ""
        last = rule.last_day.isoformat()
        return rule.described(local_date(self.options.language, _day(last), whole_day=True), _midnight(last))

    def _storage(self) -> dict[str, Json]:
        codes: list[Json] = [f"U{user_id}" for user_id in sorted(row.user_id for row in self.meeting.live)]
        return {
            "DAV_XML_ID": f"20261120T070000Z-{self.row.entry_id:04d}@acme",
            "G_EVENT_ID": "",
            "DAV_EXCH_LABEL": "",
            "CAL_DAV_LABEL": "",
            "VERSION": "1",
            "ATTENDEES_CODES": codes if self.meeting.is_meeting else [],
            "RECURRENCE_ID": str(self.meeting.master_id) if self.meeting.master_id else None,
            "RELATIONS": "",
            "SECTION_ID": "4",
            "SYNC_STATUS": None,
            "UF_CRM_CAL_EVENT": False,
            "UF_WEBDAV_CAL_EVENT": False,
            "SECTION_DAV_XML_ID": None,
            "DATE_FROM_FORMATTED": english_date(self._start, whole_day=self.meeting.all_day),
            "DATE_TO_FORMATTED": english_date(self._end, whole_day=self.meeting.all_day),
            "SECT_ID": "4",
        }

    def _people(self) -> dict[str, Json]:
        meeting = self.meeting
        if not meeting.is_meeting:
            return {"COLLAB_ID": None}
        listed: list[Json] = [
            {"id": row.user_id, "entryId": str(row.entry_id), "status": meeting.shown_status(row)}
            for row in meeting.live
        ]
        entities: list[Json] = [{"entityId": "user", "id": row.user_id} for row in meeting.live]
        return {"ATTENDEE_LIST": listed, "COLLAB_ID": None, "attendeesEntityList": entities}


def _seconds(moment: datetime) -> int:
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _day(day: str) -> datetime:
    return datetime.fromisoformat(day)


def _midnight(day: str) -> int:
    return int(_day(day).replace(tzinfo=UTC).timestamp())
