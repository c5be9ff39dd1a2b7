"""Answering invitations (Cronofy's contract, section 5)."""

from typing import Any

import pytest

from bot.emulator.clock import ManualClock
from bot.emulator.cronofy.accounts import Calendar
from bot.emulator.cronofy.events import Event
from tests.emulator import cronofy_shapes as shapes
from tests.emulator.cronofy_desk import JURIS, SCOPE, Desk


@pytest.fixture
def desk(clock: ManualClock) -> Desk:
    """Answers take three seconds."""
    return Desk.connected(clock)


def shown(desk: Desk, event: Event) -> str:
    """Return what Read Events says."""
    found = desk.read(include_deleted="true").body["events"]
    (status,) = [item["participation_status"] for item in found if item["event_uid"] == event.uid]
    return str(status)


# -- 5.1


def test_an_answer_goes_to_the_calendar_and_the_event_of_the_address(desk: Desk) -> None:
    event, other = desk.invite(), desk.invite()
    desk.answer(event)
    desk.cronofy.clock.advance(3)

    assert desk.cronofy.answers == {event.uid: "accepted", other.uid: "needs_action"}


@pytest.mark.parametrize("calendar_id", ["cal_a/b@c", "cal_ё №1", "cal_%40?x#y", "../../v1/userinfo"])
def test_each_part_of_the_address_is_encoded_for_itself(desk: Desk, calendar_id: str) -> None:
    calendar = desk.cronofy.add_calendar(desk.google, "Odd", calendar_id=calendar_id)

    assert desk.answer(desk.invite(calendar), calendar=calendar).status == 202


def test_an_unencoded_slash_leads_elsewhere(desk: Desk) -> None:
    calendar = desk.cronofy.add_calendar(desk.google, "Odd", calendar_id="cal_a/b")
    path = f"calendars/{calendar.id}/events/{desk.invite(calendar).uid}/participation_status"

    assert desk.call("POST", path, {"status": "accepted"}).status == 404


@pytest.mark.parametrize(("params", "key"), [({}, "required"), ({"status": ""}, "required"), (None, "required")])
def test_a_status_is_required(desk: Desk, params: Any, key: str) -> None:
    answer = desk.answer(desk.invite(), params)

    assert answer.status == 422
    assert shapes.differences(answer.body, shapes.unprocessable("status")) == []
    assert answer.body["errors"]["status"][0]["key"] == f"errors.{key}"


@pytest.mark.parametrize("status", ["needs_action", "unknown", "yes", 1, ["accepted"]])
def test_a_status_is_one_of_three(desk: Desk, status: Any) -> None:
    answer = desk.answer(desk.invite(), {"status": status})

    assert (answer.status, answer.body["errors"]["status"][0]["key"]) == (422, "errors.invalid")


def test_an_answer_needs_its_scope(desk: Desk) -> None:
    event = desk.invite()
    desk.access_token = desk.cronofy.grant(desk.application, desk.mira, ["read_events"]).access_token
    assert desk.answer(event).status == 403

    desk.access_token = desk.cronofy.grant(desk.application, desk.mira, SCOPE.split()).access_token
    assert desk.answer(event).status == 202


def test_an_event_that_an_application_made_is_refused(desk: Desk) -> None:
    answer = desk.answer(desk.invite(event_id="own-1"))

    assert answer.status == 422
    assert shapes.differences(answer.body, shapes.unprocessable("event_uid")) == []
    assert answer.body["errors"]["event_uid"][0]["key"] == "errors.must_be_external_event_uid"


def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    event = desk.invite()
    unknown = Calendar("cal_unknown", "Nowhere")
    olga = desk.cronofy.add_account("Olga", "olga@example.org")
    hers = desk.cronofy.add_calendar(desk.cronofy.add_profile(olga, "olga@example.org"), "Olga")

    assert desk.answer(event, calendar=unknown).status == 404
    assert desk.answer(event, uid="evt_external_0").status == 404
    assert desk.answer(event, calendar=desk.outlook).status == 404
    assert desk.answer(desk.invite(hers), calendar=hers).status == 404
    desk.cronofy.cancel_event(event.uid)
    assert desk.answer(event).status == 404
    desk.calendar.deleted = True
    assert desk.answer(desk.invite()).status == 404


def test_a_read_only_calendar_is_refused(desk: Desk) -> None:
    holidays = desk.cronofy.add_calendar(desk.google, "Public holidays", readonly=True)
    event = desk.invite(holidays)

    assert not event.changeable
    refused = desk.answer(event, calendar=holidays)
    assert (refused.status, refused.body) == (403, "")
    desk.options.refused_as = "unprocessable"
    assert desk.answer(event, calendar=holidays).status == 422


def test_an_event_whose_flag_is_false_is_refused(desk: Desk) -> None:
    event = desk.invite(changeable=False)

    assert desk.answer(event).status == 403
    desk.options.refused_as = "unprocessable"
    assert list(desk.answer(event).body["errors"]) == ["event_uid"]
    assert desk.cronofy.answers[event.uid] == "needs_action"


# -- 5.2


@pytest.mark.parametrize("status", ["accepted", "tentative", "declined"])
def test_accepted_with_202_and_done_later(desk: Desk, clock: ManualClock, status: str) -> None:
    event = desk.invite()
    answer = desk.answer(event, status)

    assert (answer.status, answer.body) == (202, "")
    clock.advance(2)
    assert shown(desk, event) == "needs_action"
    clock.advance(1)
    assert shown(desk, event) == status
    assert [attendee.answer for attendee in event.attendees] == [status, "accepted"]
    assert event.updated == "2026-11-23T09:00:03Z"


def test_the_delay_is_an_option(desk: Desk, clock: ManualClock) -> None:
    desk.options.answer_delay_s = 0
    at_once = desk.invite()
    desk.answer(at_once)
    desk.options.answer_delay_s = 60
    late = desk.invite()
    desk.answer(late)

    assert shown(desk, at_once) == "accepted"
    clock.advance(59)
    assert desk.cronofy.answers[late.uid] == "needs_action"
    clock.advance(1)
    assert desk.cronofy.answers[late.uid] == "accepted"


def test_a_provider_may_refuse_without_a_word(desk: Desk, clock: ManualClock) -> None:
    desk.options.writes_apply = False
    event = desk.invite()

    assert desk.answer(event).status == 202
    clock.advance(600)
    assert shown(desk, event) == "needs_action"
    desk.options.writes_apply = True
    assert shown(desk, event) == "needs_action"


def test_nothing_reaches_a_revoked_profile(desk: Desk, clock: ManualClock) -> None:
    event = desk.invite()
    desk.answer(event)
    desk.call("POST", f"profiles/{desk.google.id}/revoke")
    clock.advance(600)

    assert desk.cronofy.answers == {event.uid: "needs_action"}
    assert desk.answer(event).status == 404


def test_nothing_reaches_a_disconnected_profile(desk: Desk, clock: ManualClock) -> None:
    event = desk.invite()
    desk.cronofy.disconnect(desk.google)

    assert desk.answer(event).status == 202
    clock.advance(600)
    assert shown(desk, event) == "needs_action"


# -- 5.3


@pytest.mark.parametrize("service", ["office365", "exchange"])
def test_declining_deletes_at_microsofts(desk: Desk, clock: ManualClock, service: str) -> None:
    desk.office.service = service
    event = desk.invite(desk.outlook)
    desk.answer(event, "declined", calendar=desk.outlook)
    clock.advance(3)
    (found,) = desk.read(include_deleted="true").body["events"]

    assert desk.summaries() == []
    assert found["deleted"]
    assert found["participation_status"] == "declined"
    assert not found["options"]["change_participation_status"]
    assert desk.answer(event, "accepted", calendar=desk.outlook).status == 404


def test_declining_keeps_the_event_elsewhere(desk: Desk, clock: ManualClock) -> None:
    desk.office.service = "outlook_com"
    google, outlook = desk.invite(), desk.invite(desk.outlook)
    desk.answer(google, "declined")
    desk.answer(outlook, "declined", calendar=desk.outlook)
    clock.advance(3)

    assert len(desk.summaries()) == 2
    assert desk.answer(google, "accepted").status == 202
    desk.options.decline_deletes |= {"outlook_com"}
    desk.answer(outlook, "declined", calendar=desk.outlook)
    clock.advance(3)
    assert len(desk.summaries()) == 1


def test_accepting_keeps_the_event_everywhere(desk: Desk, clock: ManualClock) -> None:
    event = desk.invite(desk.outlook)
    desk.answer(event, "tentative", calendar=desk.outlook)
    clock.advance(3)

    assert shown(desk, event) == "tentative"
    assert not event.deleted


# -- 5.4


def test_repeating_an_answer_is_harmless(desk: Desk, clock: ManualClock) -> None:
    event = desk.invite()
    statuses = [desk.answer(event).status for _ in range(2)]
    clock.advance(3)

    assert statuses == [202, 202]
    assert shown(desk, event) == "accepted"


def test_the_last_answer_wins(desk: Desk, clock: ManualClock) -> None:
    event = desk.invite()
    desk.answer(event, "accepted")
    clock.advance(1)
    desk.answer(event, "declined")
    clock.advance(3)

    assert shown(desk, event) == "declined"


def test_an_answer_to_what_was_cancelled_meanwhile_comes_to_nothing(desk: Desk, clock: ManualClock) -> None:
    event = desk.invite()
    desk.answer(event)
    desk.cronofy.cancel_event(event.uid)
    clock.advance(3)

    assert shown(desk, event) == "needs_action"


# -- 4.4: occurrences of a series


def series(desk: Desk) -> list[Event]:
    return desk.cronofy.add_series(desk.calendar, "Stand-up", start="2026-11-24T09:15:00", organizer=JURIS)


def test_an_occurrence_is_answered_alone(desk: Desk, clock: ManualClock) -> None:
    first, *others = series(desk)
    desk.answer(first)
    clock.advance(3)

    assert desk.cronofy.answers[first.uid] == "accepted"
    assert {desk.cronofy.answers[event.uid] for event in others} == {"needs_action"}


def test_a_series_may_be_answered_as_a_whole(desk: Desk, clock: ManualClock) -> None:
    desk.options.series_answered = True
    single, cancelled, *occurrences = desk.invite(), *series(desk)
    desk.cronofy.cancel_event(cancelled.uid)
    desk.answer(occurrences[1])
    clock.advance(3)

    assert {desk.cronofy.answers[event.uid] for event in occurrences} == {"accepted"}
    assert desk.cronofy.answers[cancelled.uid] == "needs_action"
    assert desk.cronofy.answers[single.uid] == "needs_action"


# -- what people do elsewhere


def test_a_person_answers_in_his_own_program(desk: Desk) -> None:
    google, outlook = desk.invite(), desk.invite(desk.outlook)
    desk.cronofy.answer_elsewhere(google.uid, "tentative")
    desk.cronofy.answer_elsewhere(outlook.uid, "declined")

    assert shown(desk, google) == "tentative"
    assert desk.cronofy.events[outlook.uid].deleted
    with pytest.raises(LookupError):
        desk.cronofy.answer_elsewhere("evt_external_0", "accepted")
