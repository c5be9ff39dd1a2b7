import pytest

from bot.emulator import faults

DAY_S = 86_400
YES, YES_RU = "Yes, do it", "Да, сделать"
NOTHING = "I have changed nothing for you in the last 24 hours that could be undone."
NOTHING_RU = "За последние 24 часа я не менял для вас ничего, что можно было бы отменить."


@pytest.fixture
def retro(portal):
    """Meeting 700, which 17 has declined."""
    portal.add_meeting(700, name="Retro", host=23, guests={17: "N"}, start="2026-11-26T10:00:00", tz="Europe/Riga")


def told(portal):
    return [(notice.meeting_id, notice.kind) for notice in portal.notices]


def answer(portal, meeting_id, status):
    """Let 17 answer by hand; the host hears of it, the test does not care."""
    portal.calendar.set_status(17, {"eventId": meeting_id, "status": status})
    portal.notices.clear()


# --- one answer


@pytest.mark.parametrize(
    ("said", "taken_back", "answered"),
    [
        ("accept 700", "undo", "You are not going: meeting 700 “Retro”"),
        ("accept 700", "/undo", "You are not going: meeting 700 “Retro”"),
        ("принять 700", "отменить", "Вы не идёте: встреча 700 «Retro»"),
        ("принять 700", "верни", "Вы не идёте: встреча 700 «Retro»"),
    ],
)
async def test_former_answer_returns_without_a_question(ask, portal, retro, said, taken_back, answered):
    await ask(said)
    before = portal.requests
    reply = await ask(taken_back)

    assert reply.text.startswith(answered)
    assert portal.meetings[700][17] == "N"
    assert told(portal) == [(700, "accepted"), (700, "declined")]
    assert portal.requests - before == 3


@pytest.mark.parametrize(
    ("said", "taken_back", "asked", "agrees", "answered"),
    [
        ("accept 651", "undo", "Take back your answer to meeting 651", YES, "Your answer is open again: meeting 651"),
        ("отклонить 651", "отменить", "Отозвать ваш ответ: встреча 651", YES_RU, "Ваш ответ снова открыт: встреча 651"),
        (
            "/decline 651",
            "/undo",
            "Take back your answer to meeting 651",
            YES,
            "Your answer is open again: meeting 651",
        ),
    ],
)
async def test_first_answer_is_taken_back_after_a_question(ask, portal, said, taken_back, asked, agrees, answered):
    await ask(said)
    given = portal.meetings[651][17]
    question = await ask(taken_back)
    assert question.text.startswith(asked)
    assert portal.meetings[651][17] == given
    assert len(told(portal)) == 1

    reply = await ask.press(17, question.message, agrees)
    assert reply.text.startswith(answered)
    assert portal.meetings[651][17] == "Q"
    assert told(portal)[1:] == [(651, "declined")]


@pytest.mark.parametrize("said", ["no", "нет"])
async def test_undo_that_is_not_confirmed_changes_nothing_and_can_be_asked_again(ask, portal, said):
    await ask("accept 651")
    await ask("undo")
    await ask(said)
    assert portal.meetings[651][17] == "Y"

    assert (await ask("undo")).text.startswith("Take back your answer to meeting 651")


async def test_decline_is_taken_back(ask, portal):
    answer(portal, 651, "Y")
    await ask("decline 651")

    assert (await ask("undo")).text.startswith("You are going: meeting 651")
    assert told(portal) == [(651, "declined"), (651, "accepted")]


async def test_reset_is_taken_back(ask, portal, retro):
    await ask("reset 700")
    await ask("yes")
    assert portal.meetings[700][17] == "Q"

    assert (await ask("undo")).text.startswith("You are not going: meeting 700")
    assert portal.meetings[700][17] == "N"


async def test_undo_concerns_the_last_command_only(ask, portal, retro):
    answer(portal, 651, "Y")
    await ask("decline 651")
    await ask("accept 700")
    await ask("undo")

    assert portal.meetings[651][17] == portal.meetings[700][17] == "N"


@pytest.mark.parametrize(
    ("said", "undo"), [("decline 651\naccept 700", "undo"), ("отклонить 651\nотклонить 655", "отменить")]
)
async def test_undo_concerns_the_last_line_of_a_message_only(ask, portal, retro, said, undo):
    answer(portal, 651, "Y")
    portal.add_meeting(655, name="Talk", host=23, guests=[17], start="2026-11-25T12:00:00")
    answer(portal, 655, "Y")
    before = {number: portal.meetings[number][17] for number in (651, 655, 700)}
    await ask(said)
    await ask(undo)

    assert portal.meetings[651][17] == "N"
    assert {number: portal.meetings[number][17] for number in (655, 700)} == {
        number: before[number] for number in (655, 700)
    }


async def test_command_that_changed_nothing_leaves_the_undo(ask, portal, retro):
    await ask("accept 700")
    await ask("accept 700")
    await ask("meetings")
    await ask("accept 999")
    await ask("undo")

    assert portal.meetings[700][17] == "N"


async def test_accepted_series_is_taken_back_without_its_changed_days(ask, portal):
    start = "2026-11-24T10:00:00"
    portal.add_meeting(800, name="Daily", host=23, guests={17: "N"}, start=start, rrule="FREQ=DAILY;COUNT=5")
    portal.add_meeting(810, name="Daily", host=23, guests={17: "N"}, start="2026-11-25T12:00:00", master=800)
    await ask("accept 800")
    english = await ask("undo")
    await ask("принять 800")
    russian = await ask("отменить")

    assert english.text.endswith(", whole series. Days of it that were moved or changed stay accepted.")
    assert russian.text.endswith(", вся серия. Дни серии, которые переносили или меняли, остаются принятыми.")
    assert (portal.meetings[800][17], portal.meetings[810][17]) == ("N", "Y")


async def test_accepted_day_of_a_series_is_taken_back_without_the_others(ask, portal):
    start = "2026-11-24T10:00:00"
    portal.add_meeting(800, name="Daily", host=23, guests={17: "N"}, start=start, rrule="FREQ=DAILY;COUNT=5")
    portal.add_meeting(810, name="Daily", host=23, guests={17: "N"}, start="2026-11-25T12:00:00", master=800)
    await ask("accept 810")
    english = await ask("undo")
    await ask("принять 810")
    russian = await ask("отменить")

    assert english.text.endswith(", one day of a series. The other days of the series stay accepted.")
    assert russian.text.endswith(", один день серии. Остальные дни серии остаются принятыми.")
    assert (portal.meetings[800][17], portal.meetings[810][17]) == ("Y", "N")


# --- several


async def test_all_answers_of_one_command_are_taken_back_together(ask, portal, retro):
    answer(portal, 651, "N")
    await ask("accept 700 and 651")
    reply = await ask("undo")

    assert portal.meetings[651][17] == portal.meetings[700][17] == "N"
    assert reply.text.count("You are not going: meeting") == 2
    assert len(told(portal)) == 4


async def test_one_question_is_enough_for_several(ask, portal, retro):
    await ask("accept 700 and 651")
    question = await ask("undo")
    assert "meeting 651" in question.text

    await ask.press(17, question.message, YES)
    assert (portal.meetings[651][17], portal.meetings[700][17]) == ("Q", "N")
    assert (await ask("undo")).text == NOTHING


async def test_confirmed_answer_to_all_is_taken_back(ask, portal):
    portal.add_meeting(701, name="Talk", host=23, guests=[17], start="2026-11-25T12:00:00")
    await ask("принять все на неделе")
    await ask("да")
    assert portal.meetings[651][17] == portal.meetings[701][17] == "Y"

    question = await ask("отменить")
    assert "651" in question.text
    assert "701" in question.text
    await ask("да")
    assert portal.meetings[651][17] == portal.meetings[701][17] == "Q"


async def test_undo_of_twenty_answers_names_all(ask, portal):
    numbers = range(10**17, 10**17 + 20)
    for number in numbers:
        portal.add_meeting(number, name="Quarterly review " * 5, host=23, guests=[17], start="2026-11-26T10:00:00")
    await ask("accept " + ", ".join(map(str, numbers)))
    for reply in (await ask("undo"), await ask("yes")):
        assert len(reply.text) <= 1_000
        assert all(str(number) in reply.text for number in numbers)
    assert {portal.meetings[number][17] for number in numbers} == {"Q"}


async def test_undo_of_answers_that_were_all_changed_by_hand_names_all(ask, portal):
    numbers = range(10**17, 10**17 + 20)
    for number in numbers:
        portal.add_meeting(number, name="Quarterly review " * 5, host=23, guests=[17], start="2026-11-26T10:00:00")
    await ask("accept " + ", ".join(map(str, numbers)))
    for number in numbers:
        answer(portal, number, "N")
    reply = await ask("undo")

    assert len(reply.text) <= 1_000
    assert reply.text.count("Changed since: ") == 20
    assert told(portal) == []


# --- nothing to undo


@pytest.mark.parametrize(("said", "answered"), [("undo", NOTHING), ("отменить", NOTHING_RU)])
async def test_nothing_to_undo_is_said(ask, portal, said, answered):
    assert (await ask(said)).text == answered


@pytest.mark.parametrize(
    ("said", "answered"),
    [("undo 651", "“undo” takes back the last thing"), ("отменить встречу 651", "«отменить» возвращает то, что я")],
)
async def test_undo_of_a_meeting_is_told_from_declining_it(ask, portal, said, answered):
    reply = await ask(said)

    assert reply.text.startswith(answered)
    assert f"{'decline' if said.startswith('undo') else 'отклонить'} 651" in reply.text
    assert told(portal) == []


async def test_undo_twice_undoes_once(ask, portal, retro):
    await ask("accept 700")
    await ask("undo")

    assert (await ask("undo")).text == NOTHING
    assert (await ask("отменить")).text == NOTHING_RU
    assert portal.meetings[700][17] == "N"
    assert len(told(portal)) == 2


async def test_change_can_be_undone_for_a_day(ask, portal, retro):
    await ask("accept 700")
    await ask.wait(DAY_S)
    await ask("undo")
    assert portal.meetings[700][17] == "N"

    await ask("accept 700")
    await ask.wait(DAY_S + 1)
    assert (await ask("undo")).text == NOTHING
    assert portal.meetings[700][17] == "Y"


async def test_nobody_undoes_what_somebody_else_did(ask, portal, retro):
    await ask("accept 700")

    assert (await ask("undo", user_id=42)).text == NOTHING
    assert portal.meetings[700][17] == "Y"


# --- what happened since


@pytest.mark.parametrize(
    ("by_hand", "said", "answered"),
    [
        ("Q", "undo", "You have changed your answer since, and I kept that: meeting 700"),
        ("Q", "отменить", "С тех пор вы изменили ответ, и я его оставил: встреча 700"),
    ],
)
async def test_what_was_changed_by_hand_since_is_left_alone(ask, portal, retro, by_hand, said, answered):
    await ask("accept 700")
    answer(portal, 700, by_hand)

    assert (await ask(said)).text.startswith(answered)
    assert portal.meetings[700][17] == by_hand
    assert told(portal) == []


async def test_what_was_restored_by_hand_needs_nothing(ask, portal, retro):
    await ask("accept 700")
    answer(portal, 700, "N")

    assert (await ask("undo")).text.startswith("You have already declined, nothing changed: meeting 700")
    assert told(portal) == []


async def test_meeting_that_vanished_since_is_said_to_have(ask, portal, retro):
    await ask("accept 700")
    portal.delete_meeting(700)

    assert (await ask("undo")).text.startswith("I find no invitation of yours with the number 700.")


async def test_undo_that_failed_can_be_repeated(ask, portal, retro):
    await ask("accept 700")
    portal.faults.add("calendar.meeting.status.set", faults.error("ERROR_ARGUMENT"))
    assert (await ask("undo")).text.startswith("Bitrix24 refused this")
    assert portal.meetings[700][17] == "Y"

    await ask("undo")
    assert portal.meetings[700][17] == "N"


async def test_undo_waits_for_a_portal_that_is_away(ask, portal, retro):
    await ask("accept 700")
    portal.faults.add("batch", faults.html_page(), count=2)
    portal.faults.add("calendar.meeting.status.set", faults.lost())
    reply = await ask("undo")

    assert reply.text.startswith("You are not going: meeting 700")
    assert len(told(portal)) == 2


# --- delivered twice, too late


async def test_undo_delivered_twice_acts_once(ask, portal, retro):
    await ask("accept 700")
    await ask("undo")
    await ask.inbox.hand_out_again(ask.inbox.entries[-1])

    assert portal.replies(17)[-1].startswith("You are not going: meeting 700")
    assert len(told(portal)) == 2
    assert (await ask("undo")).text == NOTHING


async def test_confirmed_undo_delivered_twice_acts_once(ask, portal):
    await ask("accept 651")
    await ask("undo")
    await ask("yes")
    await ask.inbox.hand_out_again(ask.inbox.entries[-1])

    assert portal.replies(17)[-1].startswith("Your answer is open again: meeting 651")
    assert told(portal) == [(651, "accepted"), (651, "declined")]


async def test_answer_delivered_twice_is_undone_to_what_was_before_it(ask, portal, retro):
    await ask("accept 700")
    await ask.inbox.hand_out_again(ask.inbox.entries[-1])
    await ask("undo")

    assert portal.meetings[700][17] == "N"


async def test_undo_that_was_overtaken_by_a_newer_answer_is_not_carried_out(ask, portal, retro):
    portal.queue.trouble("reorder", "ONIMBOTV2MESSAGEADD")
    portal.say(17, "undo")
    portal.say(17, "accept 700")
    await ask.deliver()
    assert portal.replies(17)[-1].startswith("This message reached me late: you have answered meeting 700")
    assert portal.meetings[700][17] == "Y"

    await ask("undo")
    assert portal.meetings[700][17] == "N"


async def test_undo_in_a_group_names_the_number_only(ask, portal, retro):
    portal.invite_bot(311, by=23)
    await ask.deliver()
    bot_id = next(iter(portal.bots.by_id))
    await ask("accept 700")
    reply = await ask(f"[USER={bot_id}]Status Bot[/USER], undo", chat=311)

    assert reply.text == "You are not going: meeting 700."


async def test_answer_by_button_of_a_list_is_taken_back_in_words(ask, portal, retro):
    listed = await ask("встречи")
    await ask.press(17, listed.message, "#1 Отклонить")
    question = await ask("отменить")
    assert question.text.startswith("Отозвать ваш ответ: встреча 651")

    await ask.press(17, question.message, YES_RU)
    assert portal.meetings[651][17] == "Q"


# --- several at once, and what fails


@pytest.fixture
def two(portal):
    """651 is open, 700 was declined."""
    portal.add_meeting(700, name="Retro", host=23, guests=[17], start="2026-11-24T10:00:00")
    answer(portal, 700, "N")


async def test_undo_does_nothing_before_it_is_confirmed(ask, portal, two):
    await ask("accept 651, 700")
    portal.notices.clear()
    question = await ask("undo")
    assert question.text.endswith("Together with it your former answers return: 700.")
    assert told(portal) == []

    assert (await ask("no")).text == "All right, nothing changed."
    assert (portal.meetings[651][17], portal.meetings[700][17]) == ("Y", "Y")
    await ask("undo")
    await ask("yes")
    assert (portal.meetings[651][17], portal.meetings[700][17]) == ("Q", "N")


async def test_part_of_an_undo_that_failed_can_be_repeated(ask, portal, two):
    answer(portal, 651, "N")
    await ask("accept 651, 700")
    portal.faults.add("calendar.meeting.status.set", faults.error("ACCESS_DENIED"))
    await ask("undo")
    assert sorted((portal.meetings[651][17], portal.meetings[700][17])) == ["N", "Y"]

    await ask("undo")
    assert (portal.meetings[651][17], portal.meetings[700][17]) == ("N", "N")


async def test_command_that_failed_leaves_the_undo_of_the_one_before(ask, portal, two):
    await ask("decline 651")
    portal.faults.add("calendar.meeting.status.set", faults.error("ACCESS_DENIED"))
    await ask("accept 700")
    question = await ask("undo")

    assert "meeting 651" in question.text
    await ask("yes")
    assert (portal.meetings[651][17], portal.meetings[700][17]) == ("Q", "N")
