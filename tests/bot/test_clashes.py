"""What stands in the other calendar at the same time: which edges count, both ways, and what is better left unsaid."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.ahead import Meeting, clashing
from bot.bitrix24.methods.agenda import Entry
from bot.bitrix24.methods.calendar import Answer, invitation
from bot.clashes import clash_inside, clash_outside
from bot.cronofy.methods.external import Answer as OutsideAnswer
from bot.cronofy.methods.external import EventRef, ExternalEvent, Obstacle
from bot.emulator.cronofy import faults
from bot.emulator.faults import error
from tests.acting import add_twin, ahead_of, context, link

RIGA = ZoneInfo("Europe/Riga")
# Before, into, within, around, out of, and behind a meeting from 10 to 11; hours, and whether both are at once.
EDGES = [
    (9, 10, False),
    (9, 10.01, True),
    (10, 11, True),
    (10.25, 10.5, True),
    (9, 12, True),
    (10.99, 12, True),
    (11, 12, False),
]


# --- in lists


def at(hour):
    return datetime(2026, 11, 25, tzinfo=RIGA) + timedelta(hours=hour)


def inside(starts=10, ends=11, **differing):
    """A meeting in Bitrix24 that is accepted."""
    entry = Entry(
        meeting_id=651,
        title="Weekly sync",
        starts=at(starts),
        ends=at(ends),
        all_day=False,
        answer=Answer.YES,
        series=False,
        exception=False,
        place="",
        accessible=True,
    )
    return Meeting(replace(entry, **differing), None, at(starts), at(ends))


def outside_only(starts=10, ends=11, barred=None, **differing):
    """An event outside that is accepted."""
    begins, until = at(starts).astimezone(UTC), at(ends).astimezone(UTC)
    event = ExternalEvent(
        ref=EventRef("cal_1", "evt_external_1", begins),
        calendar=None,
        title="Board",
        starts=begins,
        ends=until,
        answer=OutsideAnswer.YES,
        changeable=True,
        deleted=False,
        cancelled=False,
        private=False,
        recurring=False,
        series="",
        organizer=None,
        attendees=(),
        place="",
        join_url="",
    )
    return Meeting(None, replace(event, **differing), at(starts), at(ends), barred)


def all_day_outside():
    meeting = outside_only(0, 24)
    return replace(meeting, outside=replace(meeting.outside, starts=at(0).date(), ends=at(24).date()))


@pytest.mark.parametrize(("starts", "ends", "is_clash"), EDGES)
def test_meetings_clash_when_they_overlap(starts, ends, is_clash):
    ours, theirs = inside(), outside_only(starts, ends)

    assert clashing(ours, [ours, theirs]) is (theirs if is_clash else None)
    assert clashing(theirs, [ours, theirs]) is (ours if is_clash else None)


def test_clock_that_is_put_back_hides_no_clash():
    before, after = (datetime(2026, 10, 25, 3, 30, tzinfo=RIGA, fold=fold) for fold in (0, 1))
    ours = replace(inside(), starts=before, ends=before + timedelta(minutes=20))
    theirs = replace(outside_only(), starts=after, ends=after + timedelta(minutes=20))

    assert clashing(ours, [theirs]) is None
    assert clashing(ours, [replace(theirs, starts=before)]) is not None


@pytest.mark.parametrize("answer", [OutsideAnswer.YES, OutsideAnswer.MAYBE])
def test_what_is_attended_perhaps_clashes_too(answer):
    assert clashing(inside(), [outside_only(answer=answer)]) is not None


@pytest.mark.parametrize("answer", [Answer.YES, Answer.HOST])
def test_ones_own_invitation_clashes_too(answer):
    assert clashing(outside_only(), [inside(answer=answer)]) is not None


@pytest.mark.parametrize(
    "other",
    [
        outside_only(answer=OutsideAnswer.OPEN),
        outside_only(answer=OutsideAnswer.NO),
        outside_only(answer=OutsideAnswer.UNKNOWN),
        outside_only(barred=Obstacle.CANCELLED),
        all_day_outside(),
        inside(meeting_id=700),
        Meeting(inside().inside, outside_only().outside, at(10), at(11)),
    ],
    ids=["open", "declined", "unknown", "cancelled", "all day", "same calendar", "both calendars"],
)
def test_what_is_not_attended_elsewhere_is_no_clash(other):
    assert clashing(inside(), [other]) is None


@pytest.mark.parametrize(
    "meeting",
    [inside(all_day=True), Meeting(inside().inside, outside_only().outside, at(10), at(11))],
    ids=["all day", "both calendars"],
)
def test_what_lasts_all_day_or_stands_in_both_clashes_with_nothing(meeting):
    assert clashing(meeting, [outside_only()]) is None


@pytest.mark.parametrize("answer", [Answer.OPEN, Answer.NO, None])
def test_what_is_not_attended_in_bitrix24_is_no_clash(answer):
    assert clashing(outside_only(), [inside(answer=answer)]) is None


def test_busy_time_is_no_clash():
    assert clashing(outside_only(), [inside(accessible=False)]) is None


# --- while answering

BOARD = {"summary": "Board", "answer": "accepted"}
SAID_OUTSIDE = {
    "en": "At the same time you have “Board” in “Mira”, Wed, Nov 25, 10:30 (Europe/Riga).",
    "ru": "В это же время у вас «Board» в календаре «Mira», ср, 25 нояб., 10:30 (Europe/Riga).",
}
SAID_INSIDE = {
    "en": "At the same time you have meeting 651 “Weekly sync”, Wed, Nov 25, 10:00 (Europe/Riga).",
    "ru": "В это же время у вас встреча 651 «Weekly sync», ср, 25 нояб., 10:00 (Europe/Riga).",
}


@pytest.fixture
async def ask(make_ask, outside):
    """Mira has connected an account at Cronofy."""
    ask = await make_ask(cronofy=outside)
    await link(ask, outside)
    return ask


@pytest.fixture
def accept(ask):
    """Return what is said when Mira accepts a meeting in Bitrix24."""

    async def said(meeting_id=651, **options):
        ctx = await context(ask, **options)
        return await clash_outside(ctx, await invitation(ctx.as_user, meeting_id))

    return said


@pytest.fixture
def accept_there(ask, outside):
    """Return what is said when Mira accepts the first event outside."""

    async def said(**options):
        (event,) = [one.outside for one in (await ahead_of(ask, 14)).meetings if one.outside is not None]
        return await clash_inside(await context(ask, **options), event)

    return said


def clock(hour):
    return f"2026-11-25T{int(hour):02}:{round(hour % 1 * 60):02}:00"


@pytest.mark.parametrize(("starts", "ends", "is_clash"), EDGES)
async def test_accepting_tells_what_overlaps(ask, outside, accept, accept_there, starts, ends, is_clash):
    minutes = max(1, round((ends - starts) * 60))
    add_twin(outside, **BOARD, start=clock(starts), minutes=minutes)
    assert bool(await accept()) is is_clash

    await ask("accept 651")
    assert bool(await accept_there()) is is_clash


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_clash_names_the_meeting(ask, outside, accept, accept_there, language):
    add_twin(outside, **BOARD, start=clock(10.5))
    await ask("meetings")
    assert await accept(language=language) == SAID_OUTSIDE[language]

    await ask("accept 651")
    assert await accept_there(language=language) == SAID_INSIDE[language]


@pytest.mark.parametrize(
    "differing",
    [
        {"answer": "needs_action"},
        {"answer": "declined"},
        {"status": "cancelled"},
        {"start": "2026-11-25", "tz": ""},
        {"start": "2026-11-25T10:00:00", "minutes": 0},
        {"summary": " WEEKLY  sync"},
    ],
)
async def test_what_is_not_attended_outside_is_not_told(outside, accept, differing):
    add_twin(outside, **{**BOARD, **differing})

    assert await accept() is None


@pytest.mark.parametrize(
    ("former", "said", "is_clash"),
    [
        ("needs_action", "accept board", True),
        ("needs_action", "tentative board", True),
        ("declined", "accept board", True),
        ("accepted", "decline board", False),
        ("accepted", "tentative board", True),
        ("needs_action", "decline board", False),
    ],
)
async def test_answer_that_is_on_its_way_outside_counts(ask, outside, accept, former, said, is_clash):
    outside.options.answer_delay_s = 30
    add_twin(outside, **{**BOARD, "answer": former})
    await ask(said)

    assert bool(await accept()) is is_clash


async def test_declined_board_on_its_way_makes_room_for_the_next(ask, outside, accept):
    outside.options.answer_delay_s = 30
    add_twin(outside, **BOARD)
    add_twin(outside, **{**BOARD, "summary": "Second"}, start=clock(10.5))
    await ask("decline board")

    assert "“Second”" in await accept()


async def test_first_of_several_is_told(outside, accept):
    add_twin(outside, **{**BOARD, "summary": "Second"}, start=clock(10.75))
    add_twin(outside, **{**BOARD, "summary": "Declined", "answer": "declined"}, start=clock(10))
    add_twin(outside, **{**BOARD, "summary": "First", "answer": "tentative"}, start=clock(10.25))

    assert "“First”" in await accept()


@pytest.mark.parametrize(
    "differing", [{"start": "2026-11-25", "all_day": True}, {"start": clock(10), "rrule": "FREQ=DAILY;COUNT=3"}]
)
async def test_meeting_without_one_time_is_not_compared(outside, portal, accept, differing):
    portal.add_meeting(700, name="Fair", host=23, guests=[17], tz="Europe/Riga", **differing)
    add_twin(outside, **BOARD)
    outside.calls.clear()

    assert await accept(700) is None
    assert outside.calls == []


@pytest.mark.parametrize("differing", [{"start": "2026-11-25", "tz": ""}, {}])
async def test_event_of_all_day_or_of_both_calendars_is_not_compared(ask, outside, accept_there, differing):
    add_twin(outside, **differing)
    await ask("accept 651")

    assert await accept_there() is None


async def test_what_is_open_in_bitrix24_is_not_told(outside, accept_there):
    add_twin(outside, **BOARD)

    assert await accept_there() is None


@pytest.mark.parametrize("options", [{"private": False}, {"alone": False}], ids=["group", "one of several commands"])
async def test_clash_is_told_where_there_is_room_and_nobody_else(ask, outside, accept, accept_there, options):
    add_twin(outside, **BOARD)
    await ask("accept 651")

    assert (await accept(**options), await accept_there(**options)) == (None, None)


async def test_person_without_an_account_is_told_of_no_clash(ask, outside):
    outside.calls.clear()
    ctx = await context(ask, 42)

    assert await clash_outside(ctx, await invitation(ctx.as_user, 651)) is None
    assert outside.calls == []


@pytest.mark.parametrize("call", ["userinfo", "events"])
@pytest.mark.parametrize("status", [401, 402, 403, 423, 503])
async def test_calendar_outside_that_cannot_be_read_says_nothing(outside, accept, call, status):
    add_twin(outside, **BOARD)
    outside.faults.add(call, faults.refused(status), count=None)

    assert await accept() is None


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "QUERY_LIMIT_EXCEEDED", "ACCESS_DENIED", "expired_token"])
async def test_calendar_of_bitrix24_that_cannot_be_read_says_nothing(ask, outside, portal, accept_there, code):
    add_twin(outside, **BOARD)
    await ask("accept 651")
    portal.faults.add("calendar.event.get.nearest", error(code), count=None, skip=1)

    assert await accept_there() is None
