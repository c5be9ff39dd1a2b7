"""Answers outside Bitrix24 among everything else that happens meanwhile: other lists, other messages, changes by hand."""

import pytest

from bot.emulator.cronofy import faults
from bot.emulator.cronofy.events import Person
from bot.following import Following
from tests.handlers.outside_words import CALL, DECLINE, MEMBER, NORA, UNDO, YES, in_both_languages, posts

pytestmark = pytest.mark.usefixtures("linked")
LOOKS = (2, 3, 10, 45, 240)


@pytest.fixture
async def ask(make_ask, outside):
    return await make_ask(cronofy=outside)


async def passing(ask, seconds=LOOKS):
    """Let the time pass in which an answer is looked after."""
    for one in seconds:
        await ask.wait(one)


# --- questions


@in_both_languages
async def test_misspelt_decline_that_removes_is_still_asked_about(ask, outside, talk, language):
    await ask({"en": "meetings", "ru": "встречи"}[language])
    await ask({"en": "declin #1", "ru": "отклоить #1"}[language])

    question = await ask(YES[language])
    assert {"en": "for good", "ru": "насовсем"}[language] in question.text
    assert posts(outside) == 0

    await ask(YES[language])
    assert posts(outside) == 1


async def test_misspelt_reset_is_still_asked_about(ask, portal):
    await ask("accept 651")
    await ask("rset 651")

    assert "declined" in (await ask("yes")).text
    assert portal.meetings[651][17] == "Y"


async def test_event_that_moves_during_the_question_is_asked_about_again(ask, outside, talk):
    await ask("decline contract talk")
    outside.move_event(talk.uid, start="2026-11-24T16:00:00")

    again = await ask("yes")
    assert "16:00" in again.text
    assert posts(outside) == 0

    await ask("yes")
    assert posts(outside) == 1


# --- lists


async def test_confirmation_leaves_the_list_that_was_shown_last(ask, outside, call, talk):
    first = await ask("meetings")
    await ask.press(17, first.message, "#3 Accept")
    await ask("invitations")
    await ask.wait(5)
    reply = await ask("accept #2")

    assert "651" in reply.text


async def test_older_list_and_newer_list_both_learn_of_an_answer(ask, outside, call):
    first = await ask("meetings")
    second = await ask("meetings")
    await ask.press(17, first.message, "#2 Accept")
    await ask.wait(5)
    await ask.press(17, second.message, "#1 Accept")

    assert ", accepted" in second.message.text.splitlines()[-1]


def row_of(message, title):
    return next(line for line in message.text.splitlines() if title in line)


async def test_list_that_is_rewritten_with_one_answer_tells_another_that_came_with_it(ask, outside, call, talk):
    listed = await ask("meetings")
    await ask("accept supplier call")
    number = row_of(listed.message, "Contract talk")[1]
    await ask.press(17, listed.message, f"#{number} Accept")
    ask.portal.clock.advance(4)
    await Following(ask.core.parts, ask.core.store.portal(MEMBER)).hurry(17)

    assert row_of(listed.message, "Supplier call").endswith(", accepted")


async def test_list_tells_what_was_found_to_be_answered_already(ask, outside, call):
    listed = await ask("meetings")
    outside.answer_elsewhere(call.uid, "accepted")
    assert "already" in (await ask("accept supplier call")).text
    await ask.press(17, listed.message, "#1 Accept")

    assert row_of(listed.message, "Supplier call").endswith(", accepted")


async def test_what_is_on_its_way_is_no_open_invitation(ask, outside, call):
    await ask("accept supplier call")

    assert "Supplier call" not in (await ask("invitations")).text


async def test_confirmation_leaves_the_page_to_which_the_list_was_turned(ask, outside, calendar):
    for hour in range(8, 18):
        outside.add_event(
            calendar("Mira"), f"Call at {hour}", start=f"2026-11-26T{hour:02}:00:00", tz="Europe/Riga", organizer=NORA
        )
    listed = await ask("meetings")
    await ask.press(17, listed.message, "#2 Accept")
    await ask.press(17, listed.message, "Next ›")
    await ask.wait(5)

    assert "Page 2 of 2" in listed.message.text


# --- messages that have become something else


async def test_last_word_about_a_message_that_was_answered_comes_by_itself(ask, outside, portal, call):
    await ask("accept 651")
    both = await ask("accept supplier call\nreset 651")
    confirmed = await ask.press(17, both.message, "Yes, do it")
    assert "open again" in confirmed.text
    before = len(portal.messages)
    await ask.wait(5)

    assert "open again" in both.message.text
    assert [message.text for message in portal.messages[before:]] == [f"You are going: {CALL['en']}."]


async def test_kill_before_the_message_was_done_rewrites_the_one_that_there_is(ask, outside, portal, call):
    await ask("accept supplier call")
    before = len(portal.messages)
    entry = [entry for entry in ask.inbox.entries if ":message:" in entry.key][-1]
    await ask.inbox.hand_out_again(entry)
    await ask.wait(5)

    assert len(portal.messages) == before
    assert portal.messages[-1].text == f"You are going: {CALL['en']}."


async def test_meetings_of_one_name_are_told_apart(ask, outside, calendar):
    for day in (24, 25, 26, 27):
        outside.add_event(
            calendar("Mira"),
            "Daily stand-up of the purchasing department and its friends",
            start=f"2026-11-{day}T09:00:00",
            tz="Europe/Riga",
            organizer=NORA,
        )
    await ask("invitations")
    reply = await ask("accept #1, #2, #4, #5")

    assert len(reply.text.splitlines()) == 4


# --- changes by hand, and answers that never arrive


async def test_answer_by_hand_is_not_overridden_by_sending_again(ask, outside, call):
    outside.faults.add("participation_status", faults.refused(503))
    reply = await ask("accept supplier call")
    await ask.wait(5)
    outside.answer_elsewhere(call.uid, "declined")
    await passing(ask, (10, 45))

    assert outside.answers[call.uid] == "declined"
    assert reply.message.text.startswith("You have changed your answer since")


async def test_answer_is_not_sent_again_hours_later(ask, outside, call):
    outside.faults.add("participation_status", faults.refused(503))
    reply = await ask("accept supplier call")
    await ask.wait(5 * 3600)

    assert posts(outside) == 1
    assert reply.message.text.startswith("I do not know whether your answer has arrived")


async def test_answer_that_was_sent_again_late_is_looked_after_from_then(ask, outside, call):
    outside.faults.add("participation_status", faults.refused(503), count=3)
    reply = await ask("accept supplier call")
    await passing(ask)
    await ask.wait(5)

    assert reply.message.text == f"You are going: {CALL['en']}."


async def test_new_answer_is_sent_after_one_that_was_lost_sight_of(ask, outside, call):
    outside.faults.add("events", faults.refused(503), count=None, skip=2)
    outside.options.writes_apply = False
    first = await ask("accept supplier call")
    await passing(ask)
    assert first.message.text.startswith("I can no longer see whether your answer has arrived")

    outside.faults.clear()
    outside.options.writes_apply = True
    again = await ask("accept supplier call")
    await ask.wait(5)
    assert posts(outside) == 2
    assert again.message.text == f"You are going: {CALL['en']}."


async def test_refused_second_answer_does_not_deny_the_first(ask, outside, call):
    first = await ask("accept supplier call")
    outside.faults.add("participation_status", faults.refused(423))
    await ask("decline supplier call")
    await ask.wait(5)

    assert first.message.text == f"You are going: {CALL['en']}."


async def test_answer_that_never_shows_is_never_called_a_change_by_hand(ask, outside, call):
    outside.options.writes_apply = False
    first = await ask("accept supplier call")
    second = await ask("accept supplier call")
    await passing(ask)

    assert first.message.text.startswith("I sent your answer, but the calendar does not show it")
    assert second.message.text.startswith("I do not know whether your answer has arrived")


async def test_vanished_event_counts_as_declined_only_where_declining_removes(ask, outside, call):
    reply = await ask("decline supplier call")
    call.deleted = True
    await ask.wait(5)

    assert reply.message.text.startswith("It is not in your calendar any more")


# --- an event that moves while an answer to it is on its way

MOVED = "2026-11-25T16:00:00"


@in_both_languages
async def test_answer_to_an_event_that_moves_stays_in_sight_and_is_sent_once(ask, outside, call, language):
    outside.options.answer_delay_s = 40
    said = {"en": "accept supplier call", "ru": "принять supplier call"}[language]
    first = await ask(said)
    outside.move_event(call.uid, start=MOVED)

    listed = await ask({"en": "meetings", "ru": "встречи"}[language])
    on_its_way = {"en": "16:00–17:00, “going” is on its way", "ru": "16:00–17:00, «пойду» в пути"}
    assert row_of(listed, "Supplier call").endswith(on_its_way[language])

    again = await ask(said)
    sent = {"en": "Sent, not confirmed yet", "ru": "Ответ «пойду» отправлен, но ещё не подтверждён"}
    assert again.text.startswith(sent[language])
    assert posts(outside) == 1

    await passing(ask)
    done = CALL[language].replace("15:00", "16:00")
    going = {"en": "You are going", "ru": "Вы идёте"}[language]
    assert [first.message.text, again.message.text] == [f"{going}: {done}."] * 2


async def test_lists_from_before_and_after_the_move_learn_of_the_answer(ask, outside, call, talk):
    outside.options.answer_delay_s = 10
    before = await ask("meetings")
    await ask("accept supplier call")
    outside.move_event(call.uid, start=MOVED)
    after = await ask("meetings")
    await passing(ask)

    for listed in (before, after):
        await ask.press(17, listed.message, "#1 Accept")
        assert row_of(listed.message, "Supplier call").endswith(", accepted")


async def test_another_answer_counts_although_the_event_has_moved_meanwhile(ask, outside, call):
    outside.options.answer_delay_s = 10
    first = await ask("accept supplier call")
    outside.move_event(call.uid, start=MOVED)
    second = await ask("decline supplier call")
    await passing(ask)

    assert outside.answers[call.uid] == "declined"
    assert first.message.text.startswith("You have answered this otherwise since")
    assert second.message.text.startswith("You are not going")


@in_both_languages
async def test_older_message_about_the_event_as_it_was_does_not_count(ask, outside, portal, call, language):
    await ask({"en": "meetings", "ru": "встречи"}[language])
    outside.move_event(call.uid, start=MOVED)
    portal.queue.trouble("reorder", "ONIMBOTV2MESSAGEADD")
    portal.say(17, {"en": "accept #2", "ru": "принять #2"}[language])
    portal.say(17, {"en": "decline supplier call", "ru": "отклонить supplier call"}[language])
    await ask.deliver()

    late = {"en": "This message reached me late", "ru": "Это сообщение дошло до меня поздно"}
    assert portal.replies(17)[-1].startswith(late[language])
    assert posts(outside) == 1


async def test_calendar_that_cannot_be_read_after_the_move_is_looked_at_again(ask, outside, call):
    reply = await ask("accept supplier call")
    outside.move_event(call.uid, start=MOVED)
    outside.faults.add("events", faults.refused(503), count=2)
    await passing(ask)

    assert reply.message.text.startswith("You are going")


async def test_occurrence_is_answered_for_itself(ask, outside, calendar):
    days = outside.add_series(
        calendar("Mira"),
        "Delivery check",
        start="2026-11-24T16:00:00",
        tz="Europe/Riga",
        every_days=1,
        organizer=NORA,
        occurrences=3,
    )
    await ask("meetings")
    await ask("accept #1")
    await ask("accept #4")
    await passing(ask)

    assert [outside.answers[day.uid] for day in days] == ["accepted", "needs_action", "accepted"]


# --- undo


@in_both_languages
async def test_undo_of_an_event_that_vanished_says_so(ask, outside, call, language):
    outside.answer_elsewhere(call.uid, "tentative")
    await ask({"en": "accept supplier call", "ru": "принять supplier call"}[language])
    await ask.wait(5)
    call.deleted = True

    words = {"en": "It is not in your calendar any more", "ru": "Этой встречи в вашем календаре больше нет"}
    assert words[language] in (await ask(UNDO[language])).text


async def test_undo_of_an_event_that_moved_restores_its_answer(ask, outside, call):
    outside.answer_elsewhere(call.uid, "tentative")
    await ask("accept supplier call")
    await ask.wait(5)
    outside.move_event(call.uid, start="2026-11-25T17:00:00")
    reply = await ask("undo")
    await ask.wait(5)

    assert outside.answers[call.uid] == "tentative"
    assert reply.message.text.startswith("You may come")


@in_both_languages
async def test_undo_of_both_names_what_returns_with_it(ask, outside, twin, language):
    outside.answer_elsewhere(twin.uid, "tentative")
    await ask({"en": "meetings", "ru": "встречи"}[language])
    await ask({"en": "accept #1", "ru": "принять #1"}[language])
    await ask.wait(5)

    question = await ask(UNDO[language])

    assert "ext:" not in question.text
    assert {"en": "“Weekly sync”, Wed, Nov 25, 10:00", "ru": "«Weekly sync», ср, 25 нояб., 10:00"}[
        language
    ] in question.text


async def test_undo_of_both_promises_nothing_that_cannot_return(ask, outside, twin):
    await ask("meetings")
    await ask("accept #1")
    await ask.wait(5)

    assert "Together with it" not in (await ask("undo")).text


@in_both_languages
async def test_undo_of_both_promises_nothing_that_declining_has_removed(ask, outside, twin, language):
    outside.answer_elsewhere(twin.uid, "tentative")
    await ask({"en": "meetings", "ru": "встречи"}[language])
    await ask({"en": "decline #1", "ru": "отклонить #1"}[language])
    await ask({"en": "yes", "ru": "да"}[language])
    await ask.wait(5)
    question = await ask(UNDO[language])

    assert {"en": "meeting 651 “Weekly sync”", "ru": "встреча 651 «Weekly sync»"}[language] in question.text
    assert {"en": "former answers return", "ru": "прежние ответы"}[language] not in question.text


# --- the other calendar does not hold up


async def test_acceptance_in_bitrix24_stands_although_cronofy_is_away(ask, outside, portal):
    outside.faults.add("*", faults.refused(503), count=None)

    assert (await ask("accept 651")).text.startswith("You are going: meeting 651")


async def test_cancelled_event_is_no_clash(ask, outside, calendar):
    board = outside.add_event(
        calendar("Mira"), "Board", start="2026-11-25T10:30:00", tz="Europe/Riga", organizer=Person("x@y.example", "X")
    )
    outside.answer_elsewhere(board.uid, "accepted")
    board.status = "cancelled"

    assert "At the same time" not in (await ask("accept 651")).text


@in_both_languages
async def test_answer_on_its_way_is_a_clash_as_the_list_says(ask, outside, calendar, language):
    outside.add_event(calendar("Mira"), "Board", start="2026-11-25T10:30:00", tz="Europe/Riga", organizer=NORA)
    await ask({"en": "accept board", "ru": "принять board"}[language])
    told = {"en": "At the same time you have “Board”", "ru": "В это же время у вас «Board»"}[language]

    assert told in (await ask({"en": "accept 651", "ru": "принять 651"}[language])).text

    await ask({"en": "decline board", "ru": "отклонить board"}[language])
    await ask({"en": "decline 651", "ru": "отклонить 651"}[language])
    assert told not in (await ask({"en": "accept 651", "ru": "принять 651"}[language])).text


@in_both_languages
async def test_declined_row_of_another_account_is_not_called_removed(ask, outside, talk, language, browser):
    """Whoever connects another account meanwhile is told that nothing is known any more."""
    await ask(f"{DECLINE[language]} contract talk")
    reply = await ask(YES[language])
    await ask({"en": "disconnect cronofy", "ru": "отключить cronofy"}[language])
    await ask.wait(5)

    assert {"en": "I can no longer see", "ru": "Я больше не вижу"}[language] in reply.message.text


# --- Cronofy away


@in_both_languages
async def test_title_is_asked_about_while_a_calendar_cannot_be_read(ask, outside, portal, language):
    outside.faults.add("events", faults.refused(503), count=None)

    question = await ask({"en": "decline weekly sync", "ru": "отклонить weekly sync"}[language])

    assert {"en": "does not answer at the moment", "ru": "сейчас не отвечает"}[language] in question.text
    assert question.buttons
    assert portal.meetings[651][17] == "Q"


@in_both_languages
async def test_title_that_is_not_found_tells_that_a_calendar_could_not_be_read(ask, outside, call, language):
    outside.faults.add("events", faults.refused(423), count=None)

    reply = await ask({"en": "accept supplier call", "ru": "принять supplier call"}[language])

    assert {"en": "is locked", "ru": "заблокирована"}[language] in reply.text


async def test_permission_that_is_gone_is_told_whatever_was_asked(ask, outside, call):
    (mira, _) = outside.directory.accounts.values()
    outside.revoke(mira)

    for said in ("accept supplier call", "accept next", "accept", "decline all tomorrow"):
        assert "Write “connect cronofy”" in (await ask(said)).text


async def test_list_brings_a_button_that_connects_a_login_again(ask, outside, talk):
    outside.disconnect(next(place.profile for place in outside.directory.places() if place.calendar.name == "Calendar"))

    listed = await ask("meetings")

    assert "Connect mira@office.example again" in listed.buttons


async def test_answer_that_cronofy_is_too_busy_for_is_not_called_sent(ask, outside, call):
    outside.faults.add("participation_status", faults.too_many(retry_after_s=40))
    reply = await ask("accept supplier call")
    assert "too many requests" in reply.text

    await passing(ask)
    assert posts(outside) == 1


@pytest.mark.parametrize(
    ("said", "busy"),
    [
        ({"en": "meetings", "ru": "встречи"}, "events"),
        ({"en": "accept supplier call", "ru": "принять supplier call"}, "participation_status"),
    ],
    ids=["list", "answer"],
)
@in_both_languages
async def test_list_and_answer_tell_how_long_cronofy_is_busy(ask, outside, call, language, said, busy):
    outside.faults.add(busy, faults.too_many(retry_after_s=150))
    reply = await ask(said[language])

    words = {"en": "try again in about 3 minutes.", "ru": "снова примерно через 3 минуты."}
    assert words[language] in reply.text.splitlines()[-1]


async def test_nothing_is_asked_before_the_time_that_cronofy_names(ask, outside, call):
    reply = await ask("accept supplier call")
    outside.faults.add("events", faults.too_many(retry_after_s=40))
    await ask.wait(2)
    asked = len(outside.calls)
    await passing(ask, (3, 10, 20))
    assert len(outside.calls) == asked

    await passing(ask, (10, 30))
    assert reply.message.text.startswith("You are going")


async def test_event_that_cronofy_denies_once_is_not_called_gone(ask, outside, call):
    outside.faults.add("participation_status", faults.refused(404))

    assert "It is not in your calendar" not in (await ask("accept supplier call")).text
