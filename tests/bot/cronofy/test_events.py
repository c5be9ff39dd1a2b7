"""Events of a window, page by page, and one event again."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from bot import errors
from bot.cronofy.methods import events
from bot.cronofy.methods.external import Answer, ExternalEvent
from bot.cronofy.methods.identity import Identity
from bot.cronofy.oauth import AsAccount, Cronofy
from bot.emulator import faults
from bot.emulator.cronofy import faults as trouble
from bot.metrics import Metrics
from tests.bot.cronofy.conftest import MIRA, PORTAL
from tests.emulator.cronofy_desk import Desk

RIGA = ZoneInfo("Europe/Riga")
MONDAY = datetime(2026, 11, 23, 11, tzinfo=RIGA)
WEEK = MONDAY + timedelta(days=7)


@pytest.fixture
def read(as_mira: AsAccount, mira: Identity):
    """Return what reads a window of Mira's."""

    async def reader(since: datetime = MONDAY, until: datetime = WEEK, zone: ZoneInfo = RIGA) -> list[ExternalEvent]:
        return await events.read(as_mira, mira.calendars, since, until, zone)

    return reader


@pytest.fixture
def again(as_mira: AsAccount, mira: Identity):
    async def reader(event: ExternalEvent, zone: ZoneInfo = RIGA) -> ExternalEvent | None:
        return await events.again(as_mira, mira.calendars, event.ref, zone)

    return reader


async def only(read) -> ExternalEvent:
    (event,) = await read()
    return event


def asked(desk: Desk) -> dict[str, object]:
    return dict(next(call for call in reversed(desk.cronofy.calls) if call.name == "events").params)


def titles(found: list[ExternalEvent]) -> list[str]:
    return [event.title for event in found]


# --- a window


async def test_invitations_of_all_calendars_are_read_by_start(read, desk: Desk) -> None:
    desk.invite(summary="Later", start="2026-11-25T09:00:00")
    office = desk.invite(desk.outlook, "Sooner", start="2026-11-24T09:00:00")
    found = await read()

    assert titles(found) == ["Sooner", "Later"]
    assert found[0].ref.event_uid == office.uid
    assert found[0].calendar.profile.service == "office365"
    assert (found[0].answer, found[0].obstacle(MONDAY)) == (Answer.OPEN, None)


async def test_days_are_asked_for_in_the_persons_zone(read, desk: Desk) -> None:
    await read(datetime(2026, 11, 23, 23, 30, tzinfo=UTC), datetime(2026, 11, 24, 23, 30, tzinfo=UTC))

    assert asked(desk) == {"tzid": "Europe/Riga", "from": "2026-11-24", "to": "2026-11-26"}


@pytest.mark.parametrize(
    ("start", "minutes", "inside"),
    [
        ("2026-11-23T10:00:00", 60, False),  # ends as the window begins
        ("2026-11-23T10:00:00", 61, True),
        ("2026-11-23T11:00:00", 0, True),
        ("2026-11-30T10:59:00", 60, True),
        ("2026-11-30T11:00:00", 60, False),
        ("2026-11-20T09:00:00", 60 * 24 * 20, True),
    ],
)
async def test_window_is_exact(read, desk: Desk, start: str, minutes: int, *, inside: bool) -> None:
    desk.invite(start=start, minutes=minutes)

    assert bool(await read()) is inside


@pytest.mark.parametrize(
    ("start", "days", "inside"),
    [("2026-11-22", 1, False), ("2026-11-22", 2, True), ("2026-11-30", 1, True), ("2026-12-01", 1, False)],
)
async def test_all_day_events_lie_in_the_persons_days(read, desk: Desk, start: str, days: int, *, inside: bool) -> None:
    desk.invite(start=start, tz="", days=days)

    assert bool(await read()) is inside


async def test_deleted_events_are_left_out(read, desk: Desk) -> None:
    desk.cronofy.cancel_event(desk.invite().uid)

    assert await read() == []


async def test_event_that_has_less_or_stranger_fields_is_read(read, desk: Desk) -> None:
    bare = frozenset(
        "summary description attendees organizer created updated options event_private deleted status".split()
    )
    desk.invite(left_out=bare)
    desk.invite(summary="Old", created="0000-12-29T00:00:00Z")

    assert sorted(titles(await read())) == ["", "Old"]


async def test_occurrences_of_a_series_come_one_by_one(read, desk: Desk) -> None:
    desk.cronofy.add_series(desk.calendar, "Stand-up", start="2026-11-24T09:15:00", tz="Europe/Riga", every_days=1)
    found = await read()

    assert len({event.ref.event_uid for event in found}) == 5
    assert len({event.series for event in found}) == 1
    assert all(event.recurring for event in found)


async def test_event_of_a_calendar_that_is_not_shown_has_none(as_mira: AsAccount, desk: Desk) -> None:
    desk.invite()
    (event,) = await events.read(as_mira, {}, MONDAY, WEEK, RIGA)

    assert event.calendar is None


# --- pages


@pytest.mark.parametrize("last_page", ["missing", "empty"])
async def test_all_pages_are_read(read, desk: Desk, last_page: str) -> None:
    desk.options.page_size, desk.options.last_page = 2, last_page
    for hour in range(5):
        desk.invite(summary=str(hour), start=f"2026-11-24T1{hour}:00:00")

    assert titles(await read()) == ["0", "1", "2", "3", "4"]
    assert [call.name for call in desk.cronofy.calls][-3:] == ["events", "events.page", "events.page"]


async def test_page_on_another_host_is_not_asked_for(read, desk: Desk) -> None:
    desk.options.page_size, desk.options.next_page_origin = 1, "https://evil.example"
    desk.invite()
    desk.invite()
    with pytest.raises(errors.CronofyUnreadable):
        await read()

    assert desk.cronofy.calls[-1].name == "events"


@pytest.mark.parametrize("status", [404, 410])
async def test_pages_that_vanish_are_read_once_more_from_the_first(read, desk: Desk, status: int) -> None:
    desk.options.page_size = 1
    desk.invite(summary="a")
    desk.invite(summary="b")
    desk.cronofy.faults.add("events.page", trouble.refused(status))

    assert sorted(titles(await read())) == ["a", "b"]


async def test_pages_that_keep_vanishing_are_given_up(read, desk: Desk) -> None:
    desk.options.page_size = 1
    desk.invite()
    desk.invite()
    desk.cronofy.faults.add("events.page", trouble.refused(410), count=None)
    with pytest.raises(errors.CronofyAway):
        await read()

    assert [call.name for call in desk.cronofy.calls].count("events") == 2


async def test_pages_in_a_circle_end(app, store, linked) -> None:
    page = {"pages": {"next_page": f"{app.api}/v1/events/pages/1"}, "events": []}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=page))
    as_mira = Cronofy(transport, app, store.accounts, Metrics()).as_account(PORTAL, MIRA)
    with pytest.raises(errors.CronofyUnreadable):
        await events.read(as_mira, {}, MONDAY, WEEK, RIGA)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'{"events": null}', b'{"events": {}}', b"<html>"])
async def test_answer_without_events_is_no_empty_calendar(read, desk: Desk, body: bytes) -> None:
    desk.cronofy.faults.add("events", faults.raw(200, body, "application/json"))
    with pytest.raises(errors.CronofyUnreadable):
        await read()


@pytest.mark.parametrize("body", [b'{"events": []}', b'{"events": [null, 7, {}], "pages": 7}'])
async def test_what_is_no_event_is_left_out(read, desk: Desk, body: bytes) -> None:
    desk.cronofy.faults.add("events", faults.raw(200, body, "application/json"))

    assert await read() == []


async def test_token_that_expires_between_pages_is_refreshed(read, desk: Desk, clock) -> None:
    desk.options.page_size = 1
    desk.invite(summary="a")
    desk.invite(summary="b")
    desk.cronofy.faults.add("events.page", trouble.refused(401))

    assert sorted(titles(await read())) == ["a", "b"]


# --- one event again


async def test_event_is_read_again_in_a_narrow_window(read, again, desk: Desk) -> None:
    desk.cronofy.answer_elsewhere(desk.invite().uid, "tentative")
    desk.invite(desk.outlook, "Another")
    event = next(event for event in await read() if event.title != "Another")

    assert await again(event) == event
    assert asked(desk) == {
        "tzid": "Europe/Riga",
        "from": "2026-11-23",
        "to": "2026-11-26",
        "include_deleted": "true",
        "include_moved": "true",
        "calendar_ids": [desk.calendar.id],
    }


async def test_answer_is_seen_when_it_has_arrived(read, again, desk: Desk) -> None:
    event = await only_invited(read, desk)
    desk.cronofy.answer_elsewhere(event.ref.event_uid, "accepted")

    assert (await again(event)).answer is Answer.YES


async def only_invited(read, desk: Desk, **fields: object) -> ExternalEvent:
    desk.invite(**fields)
    return await only(read)


async def test_deleted_event_is_seen_as_deleted(read, again, desk: Desk) -> None:
    event = await only_invited(read, desk)
    desk.cronofy.cancel_event(event.ref.event_uid)

    assert (await again(event)).deleted


async def test_moved_event_is_found(read, again, desk: Desk) -> None:
    event = await only_invited(read, desk)
    desk.cronofy.move_event(event.ref.event_uid, "2026-12-24T15:00:00")

    assert (await again(event)).starts == datetime(2026, 12, 24, 13, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Riga"])
@pytest.mark.parametrize("start", ["2026-11-24", "2026-11-24T00:00:00", "2026-11-24T23:59:00"])
async def test_event_is_found_in_any_zone(read, again, desk: Desk, zone: str, start: str) -> None:
    event = await only_invited(read, desk, start=start)

    assert await again(event, ZoneInfo(zone)) == event


async def test_event_that_is_gone_is_none(read, again, desk: Desk) -> None:
    event = await only_invited(read, desk)
    gone = replace(event, ref=replace(event.ref, event_uid="evt_external_gone"))
    elsewhere = replace(event, ref=replace(event.ref, calendar_id=desk.outlook.id))
    another_day = replace(event, ref=replace(event.ref, starts=date(2026, 11, 28)))

    assert [await again(one) for one in (gone, elsewhere, another_day)] == [None, None, None]


async def test_calendar_that_is_gone_holds_no_event(read, again, desk: Desk) -> None:
    event = await only_invited(read, desk)
    desk.cronofy.faults.add("events", trouble.refused(404))

    assert await again(event) is None
