"""Meetings as the portal stores them: a parent of the host and a copy per guest, each with an answer (contract G)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from bot.emulator.series import Rule

OthersSee: TypeAlias = Literal["busy", "nothing", "everything"]

ACCEPTED, DECLINED, UNANSWERED, HOST = "Y", "N", "Q", "H"


@dataclass(slots=True)
class Row:
    """One stored entry of a meeting: the host's parent or a guest's copy."""

    entry_id: int
    user_id: int
    status: str
    removed: bool = False  # uninvited; the row stays with its last answer


@dataclass(frozen=True, slots=True)
class Notice:
    """What a host was told."""

    meeting_id: int
    user_id: int  # the guest
    host_id: int
    kind: Literal["accepted", "declined"]
    at: float  # unix seconds


@dataclass(slots=True)
class Meeting:
    """An entry of a calendar; a plain one, without guests, when `is_meeting` is false."""

    id: int
    name: str
    host_id: int
    start: datetime  # wall clock in `zone`, without tzinfo
    length: timedelta
    zone: str  # IANA
    created_at: float  # unix seconds
    rows: list[Row]
    all_day: bool = False
    rule: Rule | None = None
    skipped: frozenset[date] = frozenset()  # EXDATE
    master_id: int | None = None  # set for an exception of a series
    location: str = ""
    description: str = ""
    notify: bool = True
    hide_guests: bool = False
    private: bool = False
    others_see: OthersSee = "busy"  # what a colleague who is not invited may read
    busy_only: frozenset[int] = frozenset()  # whom even the own calendar shows nothing but the time
    is_meeting: bool = True
    deleted: bool = False
    accessibility: str = "busy"
    chat_members: set[int] | None = field(default=None, repr=False)  # of the meeting's chat; shared with the messenger

    def of(self, user_id: int) -> list[Row]:
        """Return a person's rows, removed ones too; more than one after a repeated invitation."""
        return [row for row in self.rows if row.user_id == user_id]

    @property
    def live(self) -> list[Row]:
        return [row for row in self.rows if not row.removed]

    def involves(self, user_id: int) -> bool:
        return any(row.user_id == user_id for row in self.live)

    def shown_status(self, row: Row) -> str:
        """The parent shows H, whatever the host answered to himself."""
        return HOST if row.entry_id == self.id and self.is_meeting else row.status

    def starts(self) -> Iterator[tuple[int, datetime]]:
        """Yield the wall-clock starts of a series with their indexes, or the only start."""
        if self.rule is None:
            yield 0, self.start
            return
        for index, start in self.rule.starts(self.start):
            if start.date() not in self.skipped:
                yield index, start

    def aware(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=ZoneInfo(self.zone))


class Answers(Mapping[int, str]):
    """The answers to one meeting by user id, read live; compares with a dict."""

    def __init__(self, meeting: Meeting) -> None:
        """Show `meeting`."""
        self.meeting = meeting

    def _current(self) -> dict[int, str]:
        return {row.user_id: self.meeting.shown_status(row) for row in self.meeting.live}

    def __getitem__(self, user_id: int) -> str:
        return self._current()[user_id]

    def __iter__(self) -> Iterator[int]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())

    def __repr__(self) -> str:
        return repr(self._current())


class Meetings(Mapping[int, Answers]):
    """All meetings by their own (parent) id."""

    def __init__(self, meetings: Mapping[int, Meeting]) -> None:
        """Show `meetings`, which may grow."""
        self._meetings = meetings

    def __getitem__(self, meeting_id: int) -> Answers:
        return Answers(self._meetings[meeting_id])

    def __iter__(self) -> Iterator[int]:
        return iter(self._meetings)

    def __len__(self) -> int:
        return len(self._meetings)
