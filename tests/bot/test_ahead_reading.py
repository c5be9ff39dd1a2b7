"""What is ahead of a person, read from both emulators: what one can do with it, what is missing, what is nobody's business."""

import asyncio
from dataclasses import replace

import pytest

from bot.ahead import beside, in_period, once, read
from bot.bitrix24.methods.calendar import Answer
from bot.cronofy.methods.external import Answer as OutsideAnswer
from bot.cronofy.methods.external import Obstacle
from bot.emulator.cronofy import faults
from bot.emulator.faults import error
from bot.errors import BitrixError, Unavailable
from bot.externals import HOPE_S, Underway, answer_key
from bot.lists import Remark
from tests.acting import BOTH, INSIDE, MEMBER, MIRA, add_twin, ahead_of, context, link, place_of, shown


@pytest.fixture
async def ask(make_ask, outside):
    """Mira has connected an account at Cronofy."""
    ask = await make_ask(cronofy=outside)
    await link(ask, outside)
    return ask


# --- what one is


async def test_meetings_come_by_start(ask, outside):
    add_twin(outside, summary="Last", start="2026-11-26T09:00:00")
    add_twin(outside, summary="At once", start="2026-11-25T10:00:00")
    add_twin(outside, summary="First", start="2026-11-24T09:00:00")

    assert [one.title for one in (await ahead_of(ask)).meetings] == ["First", "Weekly sync", "At once", "Last"]


async def test_answers_are_each_calendars_own(ask, outside):
    add_twin(outside, answer="accepted")

    (meeting,) = (await ahead_of(ask)).meetings

    assert (meeting.inside_answer, meeting.outside_answer) == (Answer.OPEN, OutsideAnswer.YES)
    assert (meeting.answerable, meeting.is_open, meeting.is_meeting, meeting.attends) == (True, True, True, True)


@pytest.mark.parametrize(
    ("differing", "is_declined"),
    [
        ({"summary": "Board", "answer": "declined"}, True),
        ({"summary": "Board", "answer": "declined", "changeable": False}, False),
        ({"summary": "Board", "answer": "tentative"}, False),
        ({"answer": "declined"}, False),
    ],
    ids=["declined", "cannot be answered", "maybe", "open in Bitrix24"],
)
async def test_meeting_is_declined_where_nothing_else_was_answered(ask, outside, differing, is_declined):
    add_twin(outside, **differing)
    (meeting,) = [one for one in (await ahead_of(ask)).meetings if one.outside is not None]

    assert meeting.is_declined is is_declined


@pytest.mark.parametrize(
    ("differing", "barred", "is_meeting"),
    [
        ({"status": "cancelled", "answer": "accepted"}, Obstacle.CANCELLED, True),
        ({"changeable": False}, Obstacle.NOT_OFFERED, True),
        ({"organizer": None, "answer": "declined"}, Obstacle.NOT_INVITED, False),
    ],
)
async def test_what_cannot_be_answered_waits_for_nothing(ask, outside, differing, barred, is_meeting):
    add_twin(outside, summary="Webinar", start="2026-11-24T09:00:00", **differing)

    meeting = (await ahead_of(ask)).meetings[0]

    assert (meeting.barred, meeting.is_meeting, meeting.attends) == (barred, is_meeting, False)
    assert (meeting.outside_answer, meeting.answerable, meeting.is_open) == (None, False, False)


async def test_meeting_that_is_cancelled_outside_counts_inside_only(ask, outside):
    add_twin(outside, status="cancelled", answer="accepted")
    assert not (await ahead_of(ask)).meetings[0].attends

    await ask("accept 651")
    (meeting,) = (await ahead_of(ask)).meetings
    assert (meeting.attends, meeting.outside_answer, meeting.inside_answer) == (True, None, Answer.YES)


async def test_answer_on_its_way_counts_until_it_is_given_up(ask, outside, clock):
    add_twin(outside, answer="declined")
    ref = (await ahead_of(ask)).meetings[0].outside.ref
    key = answer_key(MEMBER, MIRA, ref.calendar_id, ref.event_uid)
    sent = Underway("tentative", "declined", removes=False, begun_at=int(clock.now()), sent_at=None)
    await ask.core.store.externals.begin(MEMBER, MIRA, key, sent)
    assert (await ahead_of(ask)).meetings[0].outside_answer is OutsideAnswer.MAYBE

    clock.advance(HOPE_S)
    assert (await ahead_of(ask)).meetings[0].outside_answer is OutsideAnswer.NO


@pytest.mark.parametrize(
    ("zone", "hours", "kept"),
    [
        ("Europe/Riga", 13.5, ["Tuesday"]),  # 0:30 on Tuesday there, still Monday in UTC
        ("America/Los_Angeles", 16, ["Monday", "Tuesday"]),  # 17:00 on Monday there, already Tuesday in UTC
        ("Pacific/Kiritimati", 3, ["Tuesday"]),
    ],
)
async def test_days_are_those_of_the_person_from_the_first_time(ask, outside, portal, clock, zone, hours, kept):
    portal.delete_meeting(651)
    portal.users[MIRA].time_zone = zone
    add_twin(outside, summary="Monday", start="2026-11-23", tz="")
    add_twin(outside, summary="Tuesday", start="2026-11-24", tz="")
    add_twin(outside, summary="Another week", start="2026-11-30T22:00:00", tz=zone)
    clock.advance(hours * 3600)

    first, second = await ahead_of(ask, 6), await ahead_of(ask, 6)

    assert [one.title for one in first.meetings] == kept
    assert [one.title for one in second.meetings] == kept


# --- choosing


async def test_period_holds_what_takes_place_on_its_days(ask, outside):
    add_twin(outside, summary="Trip", start="2026-11-22", tz="", days=2)
    add_twin(outside, summary="Late", start="2026-11-23T23:00:00", minutes=90)
    add_twin(outside, summary="Tour", start="2026-11-24", tz="", days=3)
    add_twin(outside, summary="Far", start="2026-11-30T12:00:00")
    found, ctx = await ahead_of(ask, 14), await context(ask)

    assert {
        period: [one.title for one in in_period(ctx, found, period)] for period in ("today", "tomorrow", "week")
    } == {
        "today": ["Trip", "Late"],
        "tomorrow": ["Late", "Tour"],
        "week": ["Trip", "Late", "Tour", "Weekly sync"],
    }


async def test_series_is_answered_once_inside_and_by_occurrence_outside(ask, outside, portal):
    portal.add_meeting(
        700,
        name="Stand-up",
        host=23,
        guests=[17],
        start="2026-11-24T09:00",
        tz="Europe/Riga",
        rrule="FREQ=DAILY;COUNT=3",
    )
    outside.add_series(
        place_of(outside, "Mira").calendar,
        "Check",
        start="2026-11-24T16:00:00",
        tz="Europe/Riga",
        every_days=1,
        occurrences=3,
    )
    found = (await ahead_of(ask)).meetings

    assert sorted(one.title for one in once(found)) == ["Check"] * 3 + ["Stand-up", "Weekly sync"]
    assert sorted(one.title for one in once(found, series_outside=True)) == ["Check", "Stand-up", "Weekly sync"]


# --- what is missing


async def test_nothing_is_missing_when_all_was_read(ask):
    found = await ahead_of(ask)

    assert (found.remarks, found.whole, found.zone.key) == ((), True, "Europe/Riga")


@pytest.mark.parametrize(
    ("call", "fault", "key"),
    [
        ("events", faults.refused(503), "cronofy.away"),
        ("events", faults.refused(423), "cronofy.locked"),
        ("userinfo", faults.refused(402), "cronofy.plan"),
        ("userinfo", faults.refused(401), "cronofy.link-broken"),
    ],
)
async def test_calendars_that_cannot_be_read_are_told(ask, outside, call, fault, key):
    add_twin(outside, summary="Supplier call")
    outside.faults.add(call, fault, count=None)

    found = await ahead_of(ask)

    assert shown(found) == [INSIDE]
    assert (found.remarks, found.whole) == ((Remark(key),), False)


async def test_login_that_is_disconnected_is_told(ask, outside):
    outside.disconnect(place_of(outside, "Calendar").profile)
    add_twin(outside, "Calendar")

    found = await ahead_of(ask)

    assert shown(found) == [BOTH]
    assert found.meetings[0].barred is Obstacle.DISCONNECTED
    (remark,) = found.remarks
    assert (remark.key, remark.of) == ("cronofy.login-disconnected", "mira@office.example")
    assert remark.url.startswith("https://app.cronofy.com/relink/")


async def test_login_that_is_still_read_makes_the_whole_incomplete(ask, outside):
    place_of(outside, "Mira").profile.initial_sync_required = True
    add_twin(outside)

    found = await ahead_of(ask)

    assert shown(found) == [INSIDE]
    assert found.remarks == (Remark("cronofy.login-syncing", "mira@example.org"),)
    assert not found.whole


@pytest.mark.parametrize("private", [True, False], ids=["private", "group"])
async def test_person_without_an_account_misses_nothing(ask, outside, private):
    outside.calls.clear()
    found = await read(await context(ask, 23, private=private), 8)

    assert (found.remarks, found.whole, outside.calls) == ((), True, [])


async def test_group_reads_nothing_outside(ask, outside):
    add_twin(outside, summary="Supplier call")
    outside.calls.clear()

    found = await ahead_of(ask, private=False)

    assert shown(found) == [INSIDE]
    assert (found.remarks, found.whole, outside.calls) == ((), True, [])


async def test_one_event_is_seen_beside_the_portals_calendar(ask, outside):
    add_twin(outside)
    add_twin(outside, summary="Supplier call", start="2026-11-26T10:00:00")
    twin, call = (one.outside for one in (await ahead_of(ask)).meetings)
    outside.calls.clear()
    ctx = await context(ask)

    assert [(one.title, one.outside) for one in await beside(ctx, call, 8)] == [
        ("Weekly sync", None),
        (call.title, call),
    ]
    assert [(one.title, one.outside) for one in await beside(ctx, twin, 8)] == [("Weekly sync", twin)]
    assert outside.calls == []


# --- when the portal's calendar cannot be read


async def test_people_whose_calendar_is_closed_are_told(ask):
    with pytest.raises(BitrixError) as refused:
        await read(await context(ask, 88), 8)

    assert refused.value.text == "agenda.closed"


async def test_portal_that_is_away_is_tried_again(ask, portal):
    portal.faults.add("calendar.event.get.nearest", error("INTERNAL_SERVER_ERROR"))

    with pytest.raises(Unavailable):
        await ahead_of(ask)


class Silent:
    """Both ends of a person for whom Cronofy never answers, and the portal answers with an error meanwhile."""

    def __init__(self):
        self.user_id = 17
        self.asked, self.left = asyncio.Event(), asyncio.Event()

    def as_account(self, *_):
        return self

    async def call(self, _):
        self.asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.left.set()

    async def batch(self, *_, **__):
        await self.asked.wait()
        raise Unavailable


async def test_reading_outside_ends_when_the_portal_fails(ask):
    silent = Silent()
    ctx = replace(await context(ask), cronofy=silent, as_user=silent)

    async with asyncio.timeout(10):
        with pytest.raises(Unavailable):
            await read(ctx, 8)
        await silent.left.wait()
