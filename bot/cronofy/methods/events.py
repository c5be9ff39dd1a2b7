"""Events of a window of time, and one event again (sections 4.1, 4.2)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.cronofy import fields
from bot.cronofy.methods.external import EventRef, ExternalEvent, instant, read_event
from bot.cronofy.methods.identity import Calendar
from bot.cronofy.oauth import AsAccount
from bot.cronofy.rest import Call
from bot.errors import CronofyAway, CronofyGone, CronofyUnreadable

# More pages than any calendar fills; all of them count against a quota that everybody shares.
MAX_PAGES = 40
_DAY = timedelta(days=1)


async def read(
    as_account: AsAccount, calendars: Mapping[str, Calendar], since: datetime, until: datetime, zone: ZoneInfo
) -> list[ExternalEvent]:
    """Return what happens between two instants, by start.

    Cronofy answers from a copy of the providers' calendars, from 42 days back to 201 days ahead, which may be a little old.

    Args:
        as_account: Whose.
        calendars: Those of the account (`identity.userinfo`).
        since: What ends by then is left out.
        until: What starts then or later is left out.
        zone: The person's; stays the same from one call to the next, as Cronofy asks for.

    Raises:
        CronofyError: see `AsAccount.call`; CronofyAway also when the pages vanish faster than they can be read.
    """
    first, last = since.astimezone(zone).date(), until.astimezone(zone).date() + _DAY
    events = await _read(as_account, _call(first, last, zone), calendars)
    found = [event for event in events if touches(event, since, until, zone)]
    return sorted(found, key=lambda event: (instant(event.starts, zone), event.ref.event_uid))


async def again(
    as_account: AsAccount, calendars: Mapping[str, Calendar], ref: EventRef, zone: ZoneInfo
) -> ExternalEvent | None:
    """Return an event as it is now, also when it was deleted or moved meanwhile; None when it is not there any more.

    There is no call for one event, so a narrow window of its calendar is read.

    Args:
        as_account: Whose.
        calendars: Those of the account.
        ref: Which event, and where it was.
        zone: The person's.

    Raises:
        CronofyError: see `AsAccount.call`; a calendar that is gone counts as an event that is gone.
    """
    day = ref.starts.astimezone(UTC).date() if isinstance(ref.starts, datetime) else ref.starts
    # A day of any zone begins within a day of ours.
    options = {"include_deleted": "true", "include_moved": "true", "calendar_ids[]": ref.calendar_id}
    try:
        events = await _read(as_account, _call(day - _DAY, day + 2 * _DAY, zone, options), calendars)
    except CronofyGone:
        return None
    found = (event for event in events if event.ref.event_uid == ref.event_uid)
    return next((event for event in found if event.ref.calendar_id == ref.calendar_id), None)


def touches(event: ExternalEvent, since: datetime, until: datetime, zone: ZoneInfo) -> bool:
    """Whether an event lies in a window; Cronofy's own is wider, since it counts days (section 4.1)."""
    starts, ends = instant(event.starts, zone), instant(event.ends, zone)
    return starts < until and (ends > since or starts >= since)


def _call(first: date, last: date, zone: ZoneInfo, options: Mapping[str, str] | None = None) -> Call:
    """Ask for the days from `first` until before `last`; times are documented for instants only, so days are sent."""
    query = {"tzid": zone.key, "from": first.isoformat(), "to": last.isoformat()}
    return Call("events", "GET", "/v1/events", query=tuple({**query, **(options or {})}.items()))


async def _read(as_account: AsAccount, call: Call, calendars: Mapping[str, Calendar]) -> list[ExternalEvent]:
    """Return the events of all pages; pages that vanish meanwhile are read once more from the first."""
    for _ in range(2):
        first = await as_account.call(call)
        try:
            return await _with_further(as_account, call, first, calendars)
        except CronofyGone:
            continue
    raise CronofyAway("pages vanish while they are read", method=call.method)


async def _with_further(
    as_account: AsAccount, call: Call, page: Any, calendars: Mapping[str, Calendar]
) -> list[ExternalEvent]:
    found: list[ExternalEvent] = []
    told, asked_for = 0, set[str]()
    while True:
        if not isinstance(page, dict) or not isinstance(page.get("events"), list):
            # Which is not the same as none at all.
            raise CronofyUnreadable("no events in the answer", method=call.method)
        told += len(page["events"])
        if told > fields.MOST:
            raise CronofyUnreadable("too many events", method=call.method)
        found += [event for row in fields.rows(page, "events") if (event := read_event(row, calendars)) is not None]
        address = fields.text(fields.branch(page, "pages"), "next_page")
        if not address:
            return found
        if address in asked_for or len(asked_for) == MAX_PAGES - 1:
            raise CronofyUnreadable("too many pages", method=call.method)
        asked_for.add(address)
        page = await as_account.call(as_account.page(call, address))
