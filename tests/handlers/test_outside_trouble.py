"""What stands in the way of an answer outside Bitrix24, and what is said while nobody knows."""

import pytest

from bot.emulator.cronofy import faults
from bot.emulator.faults import lost
from bot.externals import Underway, answer_key
from tests.handlers.outside_words import (
    ACCEPT,
    CALL,
    DECLINE,
    DONE,
    MAYBE,
    MEETINGS,
    MEMBER,
    NORA,
    UNDO,
    YES,
    in_both_languages,
    posts,
)

pytestmark = pytest.mark.usefixtures("linked")


@pytest.fixture
async def ask(make_ask, outside):
    return await make_ask(cronofy=outside)


# --- what stands in the way


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"changeable": False}, {"en": "takes no answer to this from me", "ru": "этот календарь не принимает"}),
        ({"status": "cancelled"}, {"en": "It was cancelled", "ru": "Встречу отменили"}),
    ],
)
@in_both_languages
async def test_obstacle_is_told_before_anything_is_sent(ask, outside, calendar, language, details, words):
    outside.add_event(
        calendar("Mira"), "Webinar", start="2026-11-24T17:00:00", tz="Europe/Riga", organizer=NORA, **details
    )

    reply = await ask(f"{ACCEPT[language]} webinar")

    assert words[language] in reply.text
    assert posts(outside) == 0


@in_both_languages
async def test_read_only_calendar_is_told(ask, outside, calendar, language):
    calendar("Choir").readonly = True
    outside.add_event(calendar("Choir"), "Rehearsal", start="2026-11-24T17:00:00", tz="Europe/Riga", organizer=NORA)

    reply = await ask(f"{ACCEPT[language]} rehearsal")

    assert {"en": "can only be read", "ru": "можно только читать"}[language] in reply.text
    assert posts(outside) == 0


@in_both_languages
async def test_event_that_an_application_made_is_told(ask, outside, calendar, language):
    event = outside.add_event(
        calendar("Mira"), "Slot", start="2026-11-24T17:00:00", tz="Europe/Riga", organizer=NORA, event_id="slot-1"
    )

    listed = await ask(MEETINGS[language])

    assert event.uid.startswith("evt_partner_")
    assert "Slot" not in listed.text or not any(button.startswith("#1") for button in listed.buttons)


@in_both_languages
async def test_disconnected_calendar_is_told(ask, outside, talk, language):
    profile = next(place.profile for place in outside.directory.places() if place.calendar.name == "Calendar")
    outside.disconnect(profile)

    reply = await ask(f"{ACCEPT[language]} contract talk")

    assert {"en": "does not let Cronofy in", "ru": "не пускает Cronofy"}[language] in reply.text
    assert posts(outside) == 0


@in_both_languages
async def test_meeting_that_is_over_is_not_answered(ask, outside, call, language):
    await ask(MEETINGS[language])
    await ask.wait(23 * 3600)
    outside.move_event(call.uid, start="2026-11-23T15:00:00")

    reply = await ask(f"{ACCEPT[language]} #2")

    assert {"en": "It is over", "ru": "Встреча уже прошла"}[language] in reply.text
    assert posts(outside) == 0


@in_both_languages
async def test_meeting_that_was_moved_is_asked_about(ask, outside, call, language):
    await ask(MEETINGS[language])
    outside.move_event(call.uid, start="2026-11-25T17:00:00")

    question = await ask(f"{ACCEPT[language]} #2")
    assert "17:00" in question.text
    assert posts(outside) == 0

    reply = await ask(YES[language])
    await ask.wait(5)
    assert reply.message.text.startswith(DONE["accepted"][language])


@pytest.fixture
async def moved(ask, outside, portal, twin):
    """The first row of a list that shows a meeting in both calendars, which was moved in both since."""
    listed = await ask("meetings")
    outside.move_event(twin.uid, start="2026-11-25T12:00:00")
    portal.change_meeting(651, start="2026-11-25T12:00:00")
    return listed.message


@in_both_languages
async def test_meeting_that_was_moved_in_both_is_asked_about_once_and_answered_in_both(
    ask, outside, portal, twin, moved, language
):
    question = await ask(f"{ACCEPT[language]} #1")
    assert "12:00" in question.text
    assert (portal.meetings[651][17], posts(outside)) == ("Q", 0)

    reply = await ask(YES[language])
    await ask.wait(5)
    assert [line.startswith(DONE["accepted"][language]) for line in reply.message.text.splitlines()] == [True, True]
    assert (portal.meetings[651][17], outside.answers[twin.uid]) == ("Y", "accepted")


async def test_meeting_that_was_moved_is_answered_in_bitrix24_while_cronofy_is_away(ask, outside, portal, twin, moved):
    outside.faults.add("*", faults.refused(503), count=None)
    question = await ask("accept #1")
    assert "12:00" in question.text

    await ask("yes")
    assert portal.meetings[651][17] == "Y"


async def test_button_of_a_meeting_that_was_moved_in_both_answers_in_both(ask, outside, portal, twin, moved):
    question = await ask.press(17, moved, "#1 Accept")
    await ask.press(17, question.message, "Accept 651")
    await ask.wait(5)

    assert (portal.meetings[651][17], outside.answers[twin.uid]) == ("Y", "accepted")


@in_both_languages
async def test_question_about_a_meeting_that_was_moved_in_both_tells_that_declining_removes_it(
    ask, outside, portal, twin, moved, language
):
    question = await ask(f"{DECLINE[language]} #1")
    assert {"en": "declining removes it", "ru": "после отказа она исчезнет"}[language] in question.text
    assert "651" in question.text

    await ask(YES[language])
    await ask.wait(5)
    assert portal.meetings[651][17] == "N"
    assert twin.deleted


@in_both_languages
async def test_question_about_a_meeting_that_was_moved_outside_only_names_it_in_bitrix24(ask, outside, twin, language):
    await ask(MEETINGS[language])
    outside.move_event(twin.uid, start="2026-11-25T12:00:00")
    question = await ask(f"{MAYBE[language]} #1")

    assert "12:00" in question.text
    assert {"en": "meeting 651 “Weekly sync”", "ru": "встреча 651 «Weekly sync»"}[language] in question.text


@in_both_languages
async def test_event_that_was_moved_to_another_time_than_its_meeting_is_asked_about_by_itself(
    ask, outside, portal, twin, moved, language
):
    outside.move_event(twin.uid, start="2026-11-25T17:00:00")
    question = await ask(f"{ACCEPT[language]} #1")
    assert "12:00" in question.text

    again = await ask(YES[language])
    assert portal.meetings[651][17] == "Y"
    assert "17:00" in again.text
    assert posts(outside) == 0

    await ask(YES[language])
    await ask.wait(5)
    assert outside.answers[twin.uid] == "accepted"


async def test_meeting_that_was_moved_in_bitrix24_only_is_answered_in_both(ask, outside, portal, twin):
    await ask("meetings")
    portal.change_meeting(651, start="2026-11-25T12:00:00")
    await ask("accept #1")
    await ask("yes")
    await ask.wait(5)

    assert (portal.meetings[651][17], outside.answers[twin.uid]) == ("Y", "accepted")


async def test_meeting_that_was_moved_and_is_gone_outside_is_still_answered_in_bitrix24(
    ask, outside, portal, twin, moved
):
    twin.deleted = True
    await ask("accept #1")
    reply = await ask("yes")

    assert "It is not in your calendar any more" in reply.text
    assert portal.meetings[651][17] == "Y"


@in_both_languages
async def test_meeting_that_is_gone_is_told(ask, outside, call, language):
    await ask(MEETINGS[language])
    call.deleted = True

    reply = await ask(f"{ACCEPT[language]} #2")

    assert {"en": "It is not in your calendar any more", "ru": "Этой встречи в вашем календаре больше нет"}[
        language
    ] in reply.text


async def test_somebody_elses_list_opens_none_of_their_events(ask, outside, call):
    await ask("meetings")
    reply = await ask("accept #2", user_id=23)

    assert posts(outside) == 0
    assert "Supplier" not in reply.text


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.unprocessable("status", "invalid"), {"en": "does not take an answer", "ru": "не принимает"}),
        (faults.refused(403), {"en": "does not take an answer", "ru": "не принимает"}),
        (faults.refused(402), {"en": "not part of the plan", "ru": "нет в тарифе"}),
        (faults.refused(423), {"en": "is locked", "ru": "заблокирована"}),
        (faults.refused(404), {"en": "does not take an answer", "ru": "не принимает"}),
    ],
    ids=["422", "403", "402", "423", "404"],
)
@in_both_languages
async def test_refusal_is_told_and_leaves_nothing_behind(ask, outside, call, language, fault, words):
    outside.faults.add("participation_status", fault)

    reply = await ask(f"{ACCEPT[language]} supplier call")

    assert words[language] in reply.text
    assert "Supplier call" in reply.text
    assert await ask.core.store.externals.all_underway(MEMBER, 17, ask.core.parts.clock()) == {}
    nothing = {"en": "I have changed nothing for you", "ru": "я не менял для вас ничего"}
    assert nothing[language] in (await ask(UNDO[language])).text


# --- nobody knows


@in_both_languages
async def test_lost_answer_of_cronofy_is_looked_after(ask, outside, call, language):
    outside.faults.add("participation_status", lost())

    reply = await ask(f"{ACCEPT[language]} supplier call")
    unsure = {"en": "does not say whether your answer has arrived", "ru": "не говорит, дошёл ли ваш ответ"}
    assert unsure[language] in reply.text

    await ask.wait(5)
    assert reply.message.text == f"{DONE['accepted'][language]}{CALL[language]}."
    assert posts(outside) == 1


async def test_answer_that_never_arrived_is_sent_again(ask, outside, call):
    outside.faults.add("participation_status", faults.refused(503))
    reply = await ask("accept supplier call")
    for seconds in (2, 3, 10):
        await ask.wait(seconds)
    assert posts(outside) == 2

    await ask.wait(45)
    assert reply.message.text == f"You are going: {CALL['en']}."


@in_both_languages
async def test_answer_that_never_shows_is_not_called_done(ask, outside, call, language):
    outside.options.writes_apply = False
    reply = await ask(f"{ACCEPT[language]} supplier call")
    for seconds in (2, 3, 10, 45, 240):
        await ask.wait(seconds)

    words = {"en": "the calendar does not show it", "ru": "календарь его не показывает"}
    assert words[language] in reply.message.text
    assert await ask.core.store.externals.all_underway(MEMBER, 17, ask.core.parts.clock()) == {}


async def test_confirmation_waits_while_cronofy_is_away(ask, outside, call):
    reply = await ask("accept supplier call")
    outside.faults.add("events", faults.refused(503), count=100)
    await ask.wait(5)
    assert reply.message.text.startswith("Sent, not confirmed yet")

    outside.faults.clear()
    await ask.wait(10)
    assert reply.message.text.startswith("You are going")


@in_both_languages
async def test_confirmation_after_the_account_was_disconnected_says_so(ask, outside, call, language):
    reply = await ask(f"{ACCEPT[language]} supplier call")
    await ask({"en": "disconnect cronofy", "ru": "отключить cronofy"}[language])
    await ask.wait(5)

    assert {"en": "I can no longer see", "ru": "Я больше не вижу"}[language] in reply.message.text


# --- interruptions


async def test_answer_begun_before_a_kill_is_not_sent_twice(ask, outside, portal, call):
    await ask("accept supplier call")
    entry = [entry for entry in ask.inbox.entries if ":message:" in entry.key][-1]
    await ask.inbox.hand_out_again(entry)
    await ask.wait(5)

    assert posts(outside) == 1
    assert portal.messages[-1].text == f"You are going: {CALL['en']}."


async def test_answer_that_was_only_begun_is_sent_in_the_end(ask, outside, calendar, call):
    """Killed after it was written down and before it was sent."""
    await ask("meetings")
    key = answer_key(MEMBER, 17, calendar("Mira").id, call.uid)
    await ask.core.store.externals.begin(
        MEMBER,
        17,
        key,
        Underway("accepted", "needs_action", removes=False, begun_at=int(ask.core.parts.clock()), sent_at=None),
    )
    reply = await ask("accept #2")
    for seconds in (2, 3, 10, 45):
        await ask.wait(seconds)

    assert posts(outside) == 1
    assert reply.message.text == f"You are going: {CALL['en']}."
