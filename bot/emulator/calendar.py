"""The calendar's state and what an answer to an invitation does to it (contract G.1, G.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.emulator.calendar_texts import refusal
from bot.emulator.clock import Clock
from bot.emulator.meetings import ACCEPTED, DECLINED, HOST, UNANSWERED, Meeting, Notice, Row
from bot.emulator.options import Options
from bot.emulator.php import Params, is_empty, to_int, to_text

FIRST_COPY_ID = 100_001  # far from the numbers that tests and people choose


@dataclass(slots=True)
class Calendar:
    """Every meeting of the portal."""

    clock: Clock
    options: Options
    meetings: dict[int, Meeting] = field(default_factory=dict)  # by parent id
    notices: list[Notice] = field(default_factory=list)  # to hosts
    invitations: set[tuple[int, int]] = field(default_factory=set)  # open notices: meeting, guest
    _entries: dict[int, tuple[Meeting, Row]] = field(default_factory=dict)
    _next_copy: int = FIRST_COPY_ID

    def add(self, meeting: Meeting, guests: Mapping[int, str], copies: Mapping[int, int]) -> None:
        """Store a meeting with a copy per guest.

        Args:
            meeting: With the host's row only.
            guests: Answers by user id.
            copies: Ids of copies by user id; the others are numbered far away.

        Raises:
            ValueError: An id is in use.
        """
        for user_id, status in guests.items():
            meeting.rows.append(Row(copies.get(user_id) or self._copy_id(), user_id, status))
        taken = [row.entry_id for row in meeting.rows if row.entry_id in self._entries]
        if taken:
            raise ValueError(f"calendar entries exist already: {taken}")
        self.meetings[meeting.id] = meeting
        for row in meeting.rows:
            self._entries[row.entry_id] = meeting, row
            self._invite(meeting, row)

    def free_id(self) -> int:
        """Return an id for a meeting, above all that people chose."""
        return max((entry_id for entry_id in self._entries if entry_id < FIRST_COPY_ID), default=0) + 1

    def _copy_id(self) -> int:
        self._next_copy += 1
        return self._next_copy - 1

    def _invite(self, meeting: Meeting, row: Row) -> None:
        if meeting.notify and row.status == UNANSWERED:
            self.invitations.add((meeting.id, row.user_id))

    def invite(self, meeting: Meeting, user_id: int) -> Row:
        """Invite a person, maybe once more: the new row stands behind a removed one."""
        row = Row(self._copy_id(), user_id, UNANSWERED)
        meeting.rows.append(row)
        self._entries[row.entry_id] = meeting, row
        self._invite(meeting, row)
        return row

    def find(self, entry_id: int) -> tuple[Meeting, Row] | None:
        """Return a stored entry by its own id, which may be a parent's or a copy's."""
        return self._entries.get(entry_id)

    def _meeting(self, entry_id: int) -> Meeting | None:
        """Return the meeting that an id leads to, unless it is deleted or a plain entry."""
        found = self.find(entry_id)
        if found is None or found[0].deleted or not found[0].is_meeting:
            return None
        return found[0]

    def required(self, params: Params, name: str, method: str) -> str:
        """Return a mandatory parameter as text.

        Raises:
            RestError: It is empty in the sense of PHP, so 0 and "0" count as missing.
        """
        value = params.get(name)
        if is_empty(value):
            raise refusal(self.options.language, "missing", name=name, method=method)
        return to_text(value)

    def get_status(self, user_id: int, params: Params) -> str | None:
        """Answer `calendar.meeting.status.get`; nothing says that the caller has no row in this meeting."""
        self.required(params, "eventId", "calendar.meeting.status.get")
        entry_id = to_int(params["eventId"])
        meeting = self._meeting(entry_id)
        if meeting is None:
            raise refusal(self.options.language, "unavailable")
        rows = meeting.of(user_id)
        if not rows:
            return None
        return HOST if entry_id == meeting.id == rows[0].entry_id else rows[0].status

    def set_status(self, user_id: int, params: Params) -> bool:
        """Answer `calendar.meeting.status.set`: true for everything that is well formed, nonsense included."""
        method = "calendar.meeting.status.set"
        self.required(params, "eventId", method)
        status = self.required(params, "status", method).upper()
        if status not in {ACCEPTED, DECLINED, UNANSWERED}:
            raise refusal(self.options.language, "invalid", name="status")
        entry_id = to_int(params["eventId"])
        meeting = self._meeting(entry_id)
        if meeting is None:
            self.invitations = {(known, guest) for known, guest in self.invitations if known != entry_id}
        else:
            self._answer(meeting, user_id, status)
        return True

    def _answer(self, meeting: Meeting, user_id: int, status: str) -> None:
        rows = meeting.of(user_id)
        self.invitations.discard((meeting.id, user_id))
        if rows:
            before = rows[0].status
            _write(rows, status)
            self._spread(meeting, user_id, status, before)
            self._tell_host(meeting, user_id, status)
        if meeting.chat_members is not None and meeting.master_id is None:
            _move(meeting.chat_members, user_id, status)

    def _spread(self, meeting: Meeting, user_id: int, status: str, before: str) -> None:
        """Carry a Y over the series: from the master to its exceptions, from an exception to all (contract G.1)."""
        if status != ACCEPTED:
            return
        if meeting.master_id is None:
            if before != ACCEPTED:
                self._accept_exceptions(meeting.id, user_id)
            return
        master = self.meetings[meeting.master_id]
        rows = master.of(user_id)
        if rows and rows[0].status != ACCEPTED:
            _write(rows, ACCEPTED)
            self._accept_exceptions(master.id, user_id)

    def _accept_exceptions(self, master_id: int, user_id: int) -> None:
        for meeting in self.meetings.values():
            if meeting.master_id == master_id:
                _write(meeting.of(user_id), ACCEPTED)

    def _tell_host(self, meeting: Meeting, user_id: int, status: str) -> None:
        """Notify the host at every call, changed or not; whatever is no Y counts as declined."""
        if meeting.notify and user_id != meeting.host_id:
            kind: Literal["accepted", "declined"] = "accepted" if status == ACCEPTED else "declined"
            self.notices.append(Notice(meeting.id, user_id, meeting.host_id, kind, self.clock.now()))

    def entries_of(self, user_id: int) -> Iterable[tuple[Meeting, Row]]:
        """Yield a person's own live entries."""
        for meeting in self.meetings.values():
            for row in meeting.live:
                if row.user_id == user_id and not meeting.deleted:
                    yield meeting, row


def _write(rows: Iterable[Row], status: str) -> None:
    for row in rows:
        row.status = status


def _move(members: set[int], user_id: int, status: str) -> None:
    """Let a Y into the meeting's chat and an N out of it, without asking who that is."""
    if status == ACCEPTED:
        members.add(user_id)
    elif status == DECLINED:
        members.discard(user_id)
