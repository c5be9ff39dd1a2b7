"""An answer on its way, and every way in which it is refused."""

from datetime import date

import pytest

from bot import errors
from bot.cronofy.methods import participation
from bot.cronofy.methods.external import Answer, EventRef
from bot.cronofy.oauth import AsAccount
from bot.emulator import faults
from bot.emulator.cronofy import faults as trouble
from bot.emulator.cronofy.events import Event
from tests.emulator.cronofy_desk import Desk

CALL = "participation_status"
DAY = date(2026, 11, 24)


@pytest.fixture
def event(desk: Desk) -> Event:
    return desk.invite()


@pytest.fixture
def ref(desk: Desk, event: Event) -> EventRef:
    return EventRef(desk.calendar.id, event.uid, DAY)


def sent(desk: Desk) -> int:
    return sum(call.name == CALL for call in desk.cronofy.calls)


@pytest.mark.parametrize("wanted", [Answer.YES, Answer.NO, Answer.MAYBE])
async def test_answer_arrives_later(as_mira: AsAccount, desk: Desk, ref: EventRef, clock, wanted: Answer) -> None:
    await participation.answer(as_mira, ref, wanted)
    before = desk.cronofy.answers[ref.event_uid]
    clock.advance(desk.options.answer_delay_s)

    assert (before, desk.cronofy.answers[ref.event_uid]) == ("needs_action", wanted.value)


@pytest.mark.parametrize("wanted", [Answer.OPEN, Answer.UNKNOWN])
async def test_what_is_no_answer_is_not_sent(as_mira: AsAccount, desk: Desk, ref: EventRef, wanted: Answer) -> None:
    with pytest.raises(ValueError, match="no answer"):
        await participation.answer(as_mira, ref, wanted)

    assert sent(desk) == 0


@pytest.mark.parametrize("calendar_id", ["cal@n/..", "cal/../../v1/channels?x=#", "календарь 1", "%2e%2e", "a\tb"])
async def test_ids_of_any_kind_reach_their_event(as_mira: AsAccount, desk: Desk, clock, calendar_id: str) -> None:
    calendar = desk.cronofy.add_calendar(desk.google, "Odd", calendar_id=calendar_id)
    odd = desk.invite(calendar, uid=f"evt_external_{calendar_id}")
    await participation.answer(as_mira, EventRef(calendar_id, odd.uid, DAY), Answer.YES)
    clock.advance(desk.options.answer_delay_s)

    assert desk.cronofy.answers[odd.uid] == "accepted"


@pytest.mark.parametrize(("calendar_id", "uid"), [("..", "evt_external_1"), ("cal_1", "."), ("", "x"), ("\ud800", "x")])
async def test_ids_that_lead_elsewhere_are_not_sent(as_mira: AsAccount, desk: Desk, calendar_id: str, uid: str) -> None:
    with pytest.raises(errors.CronofyGone):
        await participation.answer(as_mira, EventRef(calendar_id, uid, DAY), Answer.YES)

    assert desk.cronofy.calls == []


@pytest.mark.parametrize("refused_as", ["forbidden", "unprocessable"])
async def test_flag_and_read_only_calendar_are_refused_alike(as_mira: AsAccount, desk: Desk, refused_as: str) -> None:
    desk.options.refused_as = refused_as
    holidays = desk.cronofy.add_calendar(desk.google, "Holidays", readonly=True)
    closed, readonly = desk.invite(changeable=False), desk.invite(holidays)
    for calendar, event in ((desk.calendar, closed), (holidays, readonly)):
        with pytest.raises(errors.AnswerRefused) as caught:
            await participation.answer(as_mira, EventRef(calendar.id, event.uid, DAY), Answer.YES)
        assert type(caught.value) is errors.AnswerRefused


async def test_event_of_an_application_is_refused(as_mira: AsAccount, desk: Desk) -> None:
    made = desk.invite(event_id="ours-1")
    with pytest.raises(errors.NotExternal):
        await participation.answer(as_mira, EventRef(desk.calendar.id, made.uid, DAY), Answer.YES)


async def test_right_that_was_not_granted_is_missing(as_mira: AsAccount, ref: EventRef, renarrowed) -> None:
    await renarrowed("read_events")
    with pytest.raises(errors.CronofyRightMissing):
        await participation.answer(as_mira, ref, Answer.YES)


async def test_event_that_is_gone_is_told(as_mira: AsAccount, desk: Desk, ref: EventRef) -> None:
    desk.cronofy.cancel_event(ref.event_uid)
    with pytest.raises(errors.CronofyGone):
        await participation.answer(as_mira, ref, Answer.YES)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (402, errors.CronofyPlan),
        (404, errors.CronofyGone),
        (422, errors.AnswerRefused),
        (423, errors.CronofyLocked),
        (500, errors.CronofyAway),
        (503, errors.CronofyAway),
    ],
)
async def test_refusal_is_told_and_not_repeated(
    as_mira: AsAccount, desk: Desk, ref: EventRef, status: int, kind: type[errors.CronofyError]
) -> None:
    desk.cronofy.faults.add(CALL, trouble.refused(status))
    with pytest.raises(kind):
        await participation.answer(as_mira, ref, Answer.YES)

    assert sent(desk) == 1


@pytest.mark.parametrize("fault", [faults.lost(), faults.slow(30)], ids=["lost", "slow"])
async def test_answer_of_unknown_outcome_is_not_repeated(as_mira: AsAccount, desk: Desk, ref: EventRef, fault) -> None:
    desk.cronofy.faults.add(CALL, fault)
    with pytest.raises(errors.CronofyAway):
        await participation.answer(as_mira, ref, Answer.YES)

    assert sent(desk) == 1


@pytest.mark.parametrize("fault", [trouble.too_many(), trouble.refused(401)], ids=["429", "401"])
async def test_answer_that_was_not_taken_is_sent_again(
    as_mira: AsAccount, desk: Desk, ref: EventRef, clock, fault
) -> None:
    desk.cronofy.faults.add(CALL, fault)
    await participation.answer(as_mira, ref, Answer.YES)
    clock.advance(desk.options.answer_delay_s)

    assert sent(desk) == 2
    assert desk.cronofy.answers[ref.event_uid] == "accepted"


async def test_body_of_the_acceptance_is_not_looked_at(as_mira: AsAccount, desk: Desk, ref: EventRef) -> None:
    desk.cronofy.faults.add(CALL, faults.raw(202, b"<null>", "text/html"))
    await participation.answer(as_mira, ref, Answer.YES)

    assert sent(desk) == 1
