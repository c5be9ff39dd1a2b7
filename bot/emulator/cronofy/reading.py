"""Read Events: what is asked for, what is found, and the pages in which it comes (sections 4.1, 4.2)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.emulator.answers import Response
from bot.emulator.clock import Clock
from bot.emulator.cronofy.accounts import places_of
from bot.emulator.cronofy.answers import Refusal, invalid, json_answer, required
from bot.emulator.cronofy.events import Event, View
from bot.emulator.cronofy.moments import spelled
from bot.emulator.cronofy.oauth import Authorization
from bot.emulator.cronofy.options import Options
from bot.emulator.php import Json, Params, to_text

SYNCED_BACK, SYNCED_AHEAD = timedelta(days=42), timedelta(days=201)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asked for."""

    zone: ZoneInfo
    since: date
    until: date
    calendar_ids: frozenset[str] | None  # None: all
    modified: str  # a stamp; empty: whenever
    managed: frozenset[bool]  # which of both kinds
    deleted: bool
    moved: bool
    view: View

    @classmethod
    def parse(cls, params: Params, now: float) -> "Wanted":
        """Read a query; what lies outside of the synced window is not asked for.

        Raises:
            Refusal: 422, by parameter.
        """
        zone = _zone(params)
        today = datetime.fromtimestamp(now, zone).date()
        first, last = today - SYNCED_BACK, today + SYNCED_AHEAD
        only_managed = _is_set(params, "only_managed")
        return cls(
            zone=zone,
            since=max(_day(params, "from", first), first),
            until=min(_day(params, "to", last), last),
            calendar_ids=_calendar_ids(params),
            modified=_modified(params),
            managed=frozenset({only_managed, only_managed or _is_set(params, "include_managed")}),
            deleted=_is_set(params, "include_deleted"),
            moved=_is_set(params, "include_moved"),
            view=View(
                localized=_is_set(params, "localized_times"),
                geo=_is_set(params, "include_geo"),
                google_ids=_is_set(params, "google_event_ids"),
            ),
        )

    def fits(self, event: Event) -> bool:
        if event.managed not in self.managed or (event.deleted and not self.deleted) or event.updated < self.modified:
            return False
        spans = [event.span, *(event.former if self.moved else [])]
        return any(span.touches(self.since, self.until, self.zone) for span in spans)


def _zone(params: Params) -> ZoneInfo:
    name = to_text(params.get("tzid"))
    if not name:
        raise required("tzid")
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise invalid("tzid", "invalid") from None


def _day(params: Params, name: str, usual: date) -> date:
    """Return a day; whether an instant would do is open, so it is refused (section 4.1)."""
    text = to_text(params.get(name))
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date() if text else usual
    except ValueError:
        raise invalid(name, "invalid_date") from None


def _calendar_ids(params: Params) -> frozenset[str] | None:
    ids = params.get("calendar_ids")
    if ids is None:
        return None
    if isinstance(ids, str) or not isinstance(ids, Sequence):
        raise invalid("calendar_ids", "invalid")  # the key was not repeated with brackets
    return frozenset(to_text(value) for value in ids)


def _modified(params: Params) -> str:
    text = to_text(params.get("last_modified"))
    try:
        return spelled(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)) if text else ""
    except ValueError:
        raise invalid("last_modified", "invalid_time") from None


def _is_set(params: Params, name: str) -> bool:
    return to_text(params.get(name)).lower() == "true"


@dataclass(frozen=True, slots=True)
class _Page:
    """What is left of a reading."""

    caller: Authorization
    rows: list[Json]
    number: int  # counted from 1
    total: int
    read_at: float  # unix seconds


@dataclass(slots=True)
class Reading:
    """Answers Read Events; later pages show what was found when the first was read."""

    clock: Clock
    options: Options
    _pages: dict[str, _Page] = field(default_factory=dict)  # by token

    def events(self, caller: Authorization, params: Params) -> Response:
        """Answer the first page.

        Raises:
            Refusal: 422.
        """
        now = self.clock.now()
        rows = _found(caller, Wanted.parse(params, now))
        total = max(1, -(-len(rows) // self.options.page_size))
        return self._shown(_Page(caller, rows, 1, total, now))

    def page(self, caller: Authorization, token: str) -> Response:
        """Answer a later page.

        Raises:
            Refusal: 404, or for a page that is too old what `Options.stale_page` says.
        """
        known = self._pages.get(token)
        if known is None or known.caller is not caller:
            raise Refusal(404)
        if self.clock.now() - known.read_at > self.options.page_life_s:
            raise Refusal(self.options.stale_page)
        return self._shown(known)

    def _shown(self, page: _Page) -> Response:
        size = self.options.page_size
        pages: dict[str, Json] = {"current": page.number, "total": page.total}
        if page.number < page.total:
            token = f"{len(self._pages) + 1:024x}"
            self._pages[token] = _Page(page.caller, page.rows[size:], page.number + 1, page.total, page.read_at)
            origin = self.options.next_page_origin or self.options.api_origin
            pages["next_page"] = f"{origin}/v1/events/pages/{token}"
        elif self.options.last_page == "empty":
            pages["next_page"] = ""
        return json_answer(200, {"pages": pages, "events": page.rows[:size]})


def _found(caller: Authorization, wanted: Wanted) -> list[Json]:
    """Return what fits, by start; a profile that was never synced has nothing yet."""
    found = [
        (event, place.calendar.id)
        for place in places_of(caller.account)
        if not place.profile.initial_sync_required and not place.calendar.deleted
        if wanted.calendar_ids is None or place.calendar.id in wanted.calendar_ids
        for event in place.calendar.events.values()
        if wanted.fits(event)
    ]
    found.sort(key=lambda pair: (spelled(pair[0].span.start), pair[0].uid))
    return [event.described(calendar_id, wanted.view) for event, calendar_id in found]
