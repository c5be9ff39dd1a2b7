"""Declining that removes, and taking back."""

import pytest

from tests.handlers.outside_words import (
    ACCEPT,
    DECLINE,
    JURIS,
    MEETINGS,
    SENT,
    TALK,
    UNDO,
    YES,
    in_both_languages,
    posts,
)

pytestmark = pytest.mark.usefixtures("linked")


@pytest.fixture
async def ask(make_ask, outside):
    return await make_ask(cronofy=outside)


# --- declining that removes


@in_both_languages
async def test_declining_that_removes_is_asked_about_first(ask, outside, talk, language):
    question = await ask(f"{DECLINE[language]} contract talk")
    assert TALK[language] in question.text
    assert {"en": "for good", "ru": "насовсем"}[language] in question.text
    assert posts(outside) == 0

    reply = await ask(YES[language])
    assert reply.text.startswith(SENT["declined"][language])

    await ask.wait(5)
    words = {"en": "it is gone from your calendar", "ru": "встречи больше нет в вашем календаре"}
    assert words[language] in reply.message.text
    assert talk.deleted


async def test_declining_that_removes_can_be_left(ask, outside, talk):
    question = await ask("decline contract talk")
    await ask.press(17, question.message, "No, leave it")

    assert posts(outside) == 0


async def test_declining_from_a_list_shows_the_question_and_then_the_outcome(ask, outside, talk):
    listed = await ask("meetings")
    question = await ask.press(17, listed.message, "#1 Decline")
    confirmed = await ask.press(17, question.message, "Yes, do it")
    await ask.wait(5)

    assert "it is gone from your calendar" in confirmed.message.text
    assert (await ask("meetings")).text.count("Contract talk") == 0


@in_both_languages
async def test_declining_a_meeting_in_both_asks_before_anything_is_done(ask, outside, portal, twin, language):
    await ask(MEETINGS[language])
    question = await ask(f"{DECLINE[language]} #1")
    words = {
        "en": "In Bitrix24 it is meeting 651 “Weekly sync”, Wed, Nov 25, 10:00 (Europe/Riga).",
        "ru": "В Битрикс24 это встреча 651 «Weekly sync», ср, 25 нояб., 10:00 (Europe/Riga).",
    }
    assert question.text.endswith(words[language])
    assert {"en": "for good", "ru": "насовсем"}[language] in question.text
    assert portal.meetings[651][17] == "Q"

    await ask(YES[language])
    await ask.wait(5)
    assert portal.meetings[651][17] == "N"
    assert twin.deleted


@in_both_languages
async def test_decline_of_all_names_what_will_be_removed(ask, outside, call, talk, language):
    await ask(MEETINGS[language])
    said = {"en": "decline all", "ru": "отклонить все"}
    question = await ask(said[language])
    removing = {"en": "declining removes it", "ru": "после отказа она исчезнет"}
    assert question.text.count(removing[language]) == 1

    await ask(YES[language])
    await ask.wait(5)
    assert outside.answers[call.uid] == "declined"
    assert talk.deleted


@in_both_languages
async def test_many_questions_about_both_name_the_numbers(ask, outside, portal, calendar, language):
    title, start = "A title that leaves no room for nine of its kind in a message", "2026-11-24T10:00:00"
    for number in range(701, 710):
        portal.add_meeting(number, name=f"{title} {number}", host=23, guests=[17], start=start, tz="Europe/Riga")
        details = {"start": start, "tz": "Europe/Riga", "organizer": JURIS}
        outside.add_event(calendar("Calendar"), f"{title} {number}", **details)
    await ask(MEETINGS[language])
    question = await ask(f"{DECLINE[language]} #1, #2, #3, #4, #5, #6, #7, #8, #9")

    portal_name = {"en": "Bitrix24", "ru": "Битрикс24"}[language]
    assert all(f"({portal_name}: {number})" in question.text for number in range(701, 710))


# --- undo


@in_both_languages
async def test_undo_restores_the_former_answer(ask, outside, call, language):
    outside.answer_elsewhere(call.uid, "tentative")
    await ask(f"{ACCEPT[language]} supplier call")
    await ask.wait(5)

    reply = await ask(UNDO[language])
    assert reply.text.startswith(SENT["tentative"][language])

    await ask.wait(5)
    assert outside.answers[call.uid] == "tentative"


async def test_undo_works_while_the_answer_is_on_its_way(ask, outside, call):
    outside.answer_elsewhere(call.uid, "declined")
    await ask("accept supplier call")
    await ask("undo")
    await ask.wait(8)

    assert outside.answers[call.uid] == "declined"


@in_both_languages
async def test_undo_of_a_first_answer_says_why_not(ask, outside, call, language):
    await ask(f"{ACCEPT[language]} supplier call")
    await ask.wait(5)

    reply = await ask(UNDO[language])

    assert {"en": "an answer cannot be taken back", "ru": "ответ отозвать нельзя"}[language] in reply.text
    assert outside.answers[call.uid] == "accepted"


@in_both_languages
async def test_undo_of_a_removing_decline_says_that_it_is_gone(ask, outside, talk, language):
    await ask(f"{DECLINE[language]} contract talk")
    await ask(YES[language])
    await ask.wait(5)

    reply = await ask(UNDO[language])

    assert {"en": "removed it from your calendar for good", "ru": "удалил встречу насовсем"}[language] in reply.text


async def test_undo_leaves_alone_what_was_changed_by_hand(ask, outside, call):
    outside.answer_elsewhere(call.uid, "tentative")
    await ask("accept supplier call")
    await ask.wait(5)
    outside.answer_elsewhere(call.uid, "declined")

    assert (await ask("undo")).text.startswith("You have changed your answer since")
    assert outside.answers[call.uid] == "declined"


async def test_undo_of_both_restores_both(ask, outside, portal, twin):
    outside.answer_elsewhere(twin.uid, "tentative")
    await ask("meetings")
    await ask("accept #1")
    await ask.wait(5)

    question = await ask("undo")
    assert "declined" in question.text
    await ask("yes")
    await ask.wait(5)
    assert portal.meetings[651][17] == "Q"
    assert outside.answers[twin.uid] == "tentative"


async def test_row_undo_restores_the_answer_of_that_row(ask, outside, call):
    outside.answer_elsewhere(call.uid, "tentative")
    listed = await ask("meetings")
    await ask.press(17, listed.message, "#2 Accept")
    await ask.wait(5)
    await ask.press(17, listed.message, "#2 Undo")
    await ask.wait(5)

    assert outside.answers[call.uid] == "tentative"
    assert listed.message.text.startswith("You may come")


ROW_UNDO = {"en": "#1 Undo", "ru": "#1 Вернуть ответ"}


def able(message):
    """Names of the buttons that can be pressed."""
    return [button["TEXT"] for button in message.keyboard if button.get("DISABLED") == "N"]


@pytest.mark.parametrize("former", ["tentative", "declined", "needs_action", "unknown"])
@in_both_languages
async def test_row_undo_is_switched_off_where_no_answer_can_return(ask, outside, call, language, former):
    outside.answer_elsewhere(call.uid, former)
    listed = await ask(MEETINGS[language])
    await ask.press(17, listed.message, {"en": "#2 Accept", "ru": "#2 Принять"}[language])
    undo = ROW_UNDO[language].replace("1", "2")
    underway = undo in able(listed.message)
    await ask.wait(5)
    arrived = undo in able(listed.message)

    assert (underway, arrived) == ((True, True) if former in ("tentative", "declined") else (False, False))
    assert undo in [button.get("TEXT") for button in listed.message.keyboard]


async def test_row_undo_is_switched_off_while_a_removing_decline_is_on_its_way(ask, outside, talk):
    outside.answer_elsewhere(talk.uid, "tentative")
    await ask("decline contract talk")
    await ask("yes")
    listed = await ask("meetings")

    assert "“not going” is on its way" in listed.text
    assert "#1 Undo" not in able(listed.message)


async def test_row_undo_works_where_the_answer_in_bitrix24_can_return(ask, outside, portal, twin):
    listed = await ask("meetings")
    await ask.press(17, listed.message, "#1 Accept")
    await ask.wait(5)

    assert "#1 Undo" in able(listed.message)


@in_both_languages
async def test_row_undo_of_a_meeting_that_is_gone_outside_restores_what_is_left(ask, outside, portal, twin, language):
    listed = await ask(MEETINGS[language])
    await ask.press(17, listed.message, {"en": "#1 Accept", "ru": "#1 Принять"}[language])
    await ask.wait(5)
    await ask(f"{DECLINE[language]} #1")
    await ask(YES[language])
    await ask.wait(5)
    undone = await ask.press(17, listed.message, ROW_UNDO[language])

    assert portal.meetings[651][17] == "Y"
    assert {"en": "removed it from your calendar for good", "ru": "удалил встречу насовсем"}[language] in undone.text
