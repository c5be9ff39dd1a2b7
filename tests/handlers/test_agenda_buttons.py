import pytest

from bot.emulator import faults
from bot.lists import lists

DAY_S = 86_400
NO_LIST = "I have no recent list to count in."


@pytest.fixture
async def listed(ask, portal):
    """The list of 17: Retro (700) on the first row, Weekly sync (651) on the second, both not answered."""
    portal.add_meeting(
        700, name="Retro", host=23, guests=[17], start="2026-11-24T10:00:00", tz="Europe/Riga", copies={17: 7001}
    )
    return await ask("meetings")


def able(message):
    """Names of the buttons that can be pressed."""
    return [button["TEXT"] for button in message.keyboard if button.get("DISABLED") == "N"]


def params(message, name):
    """What a button sends."""
    return next(button["COMMAND_PARAMS"] for button in message.keyboard if button.get("TEXT") == name)


def told(portal):
    return [(notice.meeting_id, notice.user_id, notice.kind) for notice in portal.notices]


# --- accept, decline


async def test_accept_rewrites_the_list_with_the_outcome(ask, portal, listed):
    before = portal.requests
    reply = await ask.press(17, listed.message, "#1 Accept")

    assert reply.message is listed.message
    assert reply.text.splitlines() == [
        "You are going: meeting 700 “Retro”, Tue, Nov 24, 10:00 (Europe/Riga).",
        "Your next 7 days, times in Europe/Riga:",
        "#1 “Retro” (700), Tue, Nov 24, 10:00–11:00, accepted",
        "#2 “Weekly sync” (651), Wed, Nov 25, 10:00–11:00, not answered",
    ]
    assert able(reply.message) == ["#1 Decline", "#1 Undo", "#2 Accept", "#2 Decline"]
    assert told(portal) == [(700, 17, "accepted")]
    assert portal.requests - before == 3


async def test_decline_in_russian(ask, portal):
    reply = await ask("встречи")
    reply = await ask.press(17, reply.message, "#1 Отклонить")

    assert reply.text.splitlines() == [
        "Вы не идёте: встреча 651 «Weekly sync», ср, 25 нояб., 10:00 (Europe/Riga).",
        "Ближайшие 7 дней, время: Europe/Riga",
        "#1 «Weekly sync» (651), ср, 25 нояб., 10:00–11:00, отказались",
    ]
    assert able(reply.message) == ["#1 Принять", "#1 Вернуть ответ"]
    assert told(portal) == [(651, 17, "declined")]


async def test_buttons_keep_the_language_of_the_list(ask, portal, listed):
    await ask("статус")

    assert (await ask.press(17, listed.message, "#2 Accept")).text.startswith("You are going: meeting 651")


@pytest.mark.parametrize("presses", [2, 3])
async def test_presses_that_wait_together_act_once(ask, portal, listed, presses):
    before = len(portal.messages)
    for _ in range(presses):
        portal.press(17, listed.message.id, "#1 Accept")
        portal.clock.advance(1)  # within one second they are one event
    await ask.deliver()

    assert told(portal) == [(700, 17, "accepted")]
    assert len(portal.messages) == before
    assert listed.message.text.startswith("You have already accepted, nothing changed: meeting 700")


async def test_press_delivered_twice_acts_once(ask, portal, listed):
    await ask.press(17, listed.message, "#1 Accept")
    await ask.inbox.hand_out_again(ask.inbox.entries[-1])

    assert told(portal) == [(700, 17, "accepted")]
    assert listed.message.text.startswith("You are going: meeting 700")


async def test_all_days_of_a_series_change_together(ask, portal):
    portal.delete_meeting(651)
    portal.add_meeting(700, name="Daily", host=23, guests=[17], start="2026-11-24T10:00:00", rrule="FREQ=DAILY;COUNT=3")
    reply = await ask("week")
    reply = await ask.press(17, reply.message, "#2 Accept")

    assert reply.text.count("accepted, whole series") == 3
    assert "#3 Accept" not in able(reply.message)


# --- the meeting changed since


async def test_meeting_that_was_answered_by_hand_is_not_answered_again(ask, portal, listed):
    portal.calendar.set_status(17, {"eventId": 700, "status": "Y"})
    portal.notices.clear()
    reply = await ask.press(17, listed.message, "#1 Accept")

    assert reply.text.startswith("You have already accepted, nothing changed: meeting 700")
    assert "#1 “Retro” (700), Tue, Nov 24, 10:00–11:00, accepted" in reply.text
    assert able(reply.message)[:2] == ["#1 Decline", "#2 Accept"]
    assert told(portal) == []


async def test_meeting_that_vanished_is_said_to_have(ask, portal, listed):
    portal.delete_meeting(700)
    reply = await ask.press(17, listed.message, "#1 Accept")

    assert reply.message is listed.message
    assert reply.text.startswith("Meeting 700 (#1) is not there any more, or you are not invited now. Nothing changed.")
    assert "#1 “Retro” (700), Tue, Nov 24, 10:00–11:00, not there any more" in reply.text
    assert reply.buttons == ["#2 Accept", "#2 Decline", "#2 Undo"]


@pytest.mark.parametrize(
    ("said", "button", "asked", "agrees"),
    [
        (
            "meetings",
            "#2 Accept",
            "#2 has moved since I listed it: meeting 651 “Weekly sync”, Thu, Nov 26,",
            "Accept 651",
        ),
        ("встречи", "#2 Отклонить", "#2 перенесли с тех пор, как я показал список: встреча 651", "Отклонить 651"),
    ],
)
async def test_meeting_that_moved_is_asked_about(ask, portal, listed, said, button, asked, agrees):
    reply = await ask(said)
    portal.change_meeting(651, start="2026-11-26T10:00:00")
    question = await ask.press(17, reply.message, button)
    assert question.text.startswith(asked)
    assert told(portal) == []

    await ask.press(17, question.message, agrees)
    assert told(portal) == [(651, 17, "accepted" if agrees == "Accept 651" else "declined")]


async def test_renamed_meeting_has_not_moved(ask, portal, listed):
    portal.change_meeting(651, name="Weekly")

    assert (await ask.press(17, listed.message, "#2 Accept")).text.startswith("You are going: meeting 651 “Weekly”")


async def test_portal_that_fails_for_good_is_said_above_the_list(ask, portal, listed):
    portal.faults.add("calendar.meeting.status.set", faults.error("ACCESS_DENIED"))
    reply = await ask.press(17, listed.message, "#1 Accept")

    assert "administrator" in reply.text.splitlines()[0]
    assert "#1 “Retro” (700), Tue, Nov 24, 10:00–11:00, not answered" in reply.text
    await ask.wait(1)
    assert (await ask.press(17, listed.message, "#1 Accept")).text.startswith("You are going: meeting 700")


# --- undo


async def test_undo_of_a_declined_row_needs_no_question(ask, portal, listed):
    await ask.press(17, listed.message, "#1 Accept")
    await ask.press(17, listed.message, "#1 Decline")
    before = portal.requests
    reply = await ask.press(17, listed.message, "#1 Undo")

    assert reply.message is listed.message
    assert reply.text.startswith("You are going: meeting 700")
    assert able(reply.message) == ["#1 Decline", "#2 Accept", "#2 Decline"]
    assert [kind for _, _, kind in told(portal)] == ["accepted", "declined", "accepted"]
    assert portal.requests - before == 3


@pytest.mark.parametrize("said", [None, "yes"])
async def test_undo_of_a_first_answer_asks_and_then_shows_the_list(ask, portal, listed, said):
    await ask.press(17, listed.message, "#1 Accept")
    question = await ask.press(17, listed.message, "#1 Undo")
    assert question.text.startswith("Take back your answer to meeting 700")
    assert portal.meetings[700][17] == "Y"

    reply = await (ask(said) if said else ask.press(17, question.message, "Yes, do it"))
    assert (reply.message is question.message) is (said is None)
    assert reply.text.startswith("Your answer is open again: meeting 700")
    assert "#1 “Retro” (700), Tue, Nov 24, 10:00–11:00, not answered" in reply.text
    assert able(reply.message) == ["#1 Accept", "#1 Decline", "#2 Accept", "#2 Decline"]
    assert portal.meetings[700][17] == "Q"


async def test_undo_concerns_the_last_command_only(ask, portal, listed):
    await ask.press(17, listed.message, "#1 Accept")
    await ask("accept 651")
    reply = await ask.press(17, listed.message, "#1 Undo")

    assert reply.text.startswith("Your last command changed something else, or not only this.")
    assert "#1 Undo" not in able(reply.message)
    assert "#2 Undo" in able(reply.message)
    assert portal.meetings[700][17] == portal.meetings[651][17] == "Y"


async def test_undo_of_a_row_does_not_take_back_more_than_the_row(ask, portal, listed):
    await ask.press(17, listed.message, "#1 Accept")
    await ask("decline 700, 651")
    reply = await ask.press(17, listed.message, "#1 Undo")

    assert reply.text.startswith("Your last command changed something else, or not only this.")
    assert portal.meetings[700][17] == portal.meetings[651][17] == "N"
    assert "#1 Undo" not in able(reply.message)


async def test_undo_pressed_twice_restores_once(ask, portal, listed):
    await ask.press(17, listed.message, "#1 Accept")
    await ask.press(17, listed.message, "#1 Decline")
    for _ in range(2):
        portal.press(17, listed.message.id, "#1 Undo")
        portal.clock.advance(1)
    await ask.deliver()

    assert portal.meetings[700][17] == "Y"
    assert len(told(portal)) == 3
    assert listed.message.text.startswith("I have changed nothing for you in the last 24 hours that could be undone.")


async def test_undo_delivered_twice_restores_once(ask, portal, listed):
    await ask.press(17, listed.message, "#1 Accept")
    await ask.press(17, listed.message, "#1 Decline")
    await ask.press(17, listed.message, "#1 Undo")
    await ask.inbox.hand_out_again(ask.inbox.entries[-1])

    assert len(told(portal)) == 3
    assert listed.message.text.startswith("You are going: meeting 700")


# --- an old list


async def test_list_serves_after_a_restart(ask, make_ask, portal, listed):
    await ask.core.close()
    restarted = await make_ask()
    reply = await restarted.press(17, listed.message, "#1 Accept")

    assert reply.message is listed.message
    assert reply.text.startswith("You are going: meeting 700")


async def test_list_serves_for_a_day(ask, portal, listed):
    await ask.wait(DAY_S)
    assert (await ask.press(17, listed.message, "#2 Accept")).text.startswith("You are going: meeting 651")

    await ask.wait(DAY_S + 1)
    reply = await ask.press(17, listed.message, "#2 Decline")
    assert reply.text.startswith(NO_LIST)
    assert reply.message is not listed.message
    assert portal.meetings[651][17] == "Y"


async def test_message_with_an_older_page_acts_on_its_own_rows(ask, portal):
    for number in range(700, 712):
        portal.add_meeting(number, name="Talk", host=23, guests=[17], start="2026-11-24T10:00:00")
    old = await ask("meetings")
    portal.faults.add("imbot.v2.Chat.Message.update", faults.error("MESSAGE_ACCESS_DENIED", status=403))
    new = await ask.press(17, old.message, "Next ›")
    assert new.message is not old.message
    assert new.text.endswith("Page 2 of 2")

    await ask.press(17, old.message, "#1 Accept")
    await ask.press(17, new.message, "#1 Decline")
    assert told(portal) == [(700, 17, "accepted"), (709, 17, "declined")]


async def test_press_that_follows_the_turning_of_a_page_means_what_was_seen(ask, portal):
    for number in range(700, 712):
        portal.add_meeting(number, name="Talk", host=23, guests=[17], start="2026-11-24T10:00:00")
    reply = await ask("meetings")
    portal.press(17, reply.message.id, "Next ›")
    portal.press(17, reply.message.id, "#1 Accept")
    await ask.deliver()

    assert told(portal) == [(700, 17, "accepted")]


async def test_two_lists_of_one_message_do_not_mix_up_their_rows(ask, portal):
    for number, name in ((700, "Red fish"), (701, "Red wine"), (702, "Blue sky"), (703, "Blue sea")):
        portal.add_meeting(number, name=name, host=23, guests=[17], start="2026-11-24T10:00:00")
    reply = await ask("accept red\naccept blue")
    await ask.press(17, reply.message, 0)

    assert told(portal) == [(700, 17, "accepted")]


async def test_message_that_cannot_be_rewritten_is_said_anew(ask, portal, listed):
    portal.press(17, listed.message.id, "#1 Accept")
    portal.messenger.delete(listed.message)
    await ask.deliver()

    assert portal.messages[-1] is not listed.message
    assert portal.messages[-1].text.startswith("You are going: meeting 700")
    assert "#1 Decline" in able(portal.messages[-1])
    assert told(portal) == [(700, 17, "accepted")]


# --- somebody else, somewhere else


async def test_member_of_a_group_answers_for_himself(ask, portal, group):
    reply = await group("meetings")
    text, keyboard = reply.text, list(reply.message.keyboard)
    pressed = await ask.press(42, reply.message, "#1 Accept")

    assert pressed.text == "You are going: meeting 651."
    assert pressed.message is not reply.message
    assert (reply.message.text, reply.message.keyboard) == (text, keyboard)
    assert portal.meetings[651] == {23: "H", 17: "Q", 42: "Y"}


async def test_owner_s_press_rewrites_the_list_in_a_group(ask, portal, group):
    reply = await group("встречи")
    pressed = await ask.press(17, reply.message, "#1 Принять")

    assert pressed.message is reply.message
    assert pressed.text.splitlines()[0] == "Вы идёте: встреча 651."
    assert pressed.text.splitlines()[-1] == "#1 встреча 651: приняли"


async def test_member_who_is_not_invited_learns_nothing(ask, portal, group):
    portal.add_meeting(700, name="Secret", host=23, guests=[17], start="2026-11-24T10:00:00")
    reply = await group("meetings")
    pressed = await ask.press(42, reply.message, "#1 Accept")

    assert pressed.text == "Meeting 700 (#1) is not there any more, or you are not invited now. Nothing changed."
    assert told(portal) == []


async def test_host_who_presses_has_nothing_to_answer(ask, portal, group):
    reply = await group("meetings")

    assert (await ask.press(23, reply.message, "#1 Decline")).text.startswith("You are the organiser of meeting 651")
    assert portal.meetings[651] == {23: "H", 17: "Q", 42: "Q"}


async def test_member_undoes_what_he_did_himself(ask, portal, group):
    reply = await group("meetings")
    await group("decline 651", user_id=42)
    await group("accept 651", user_id=42)
    await ask.press(17, reply.message, "#1 Accept")
    pressed = await ask.press(42, reply.message, "#1 Undo")

    assert pressed.text == "You are not going: meeting 651."
    assert portal.meetings[651] == {23: "H", 17: "Y", 42: "N"}


async def test_only_the_owner_turns_pages(ask, portal, group):
    for number in range(700, 712):
        portal.add_meeting(number, name="Talk", host=23, guests=[17], start="2026-11-24T10:00:00")
    reply = await group("meetings")
    text = reply.text
    refused = await ask.press(42, reply.message, "Next ›")
    assert refused.text == "This list is somebody else's. Write “meetings” for yours."
    assert reply.message.text == text

    assert (await ask.press(17, reply.message, "Next ›")).text.endswith("Page 2 of 2")


@pytest.mark.parametrize("user_id", [17, 42])
async def test_button_typed_in_another_chat_is_refused(ask, portal, listed, group, user_id):
    typed = f"/statusbot {params(listed.message, '#1 Accept')}"

    assert (await ask(typed, user_id=user_id, chat=311)).text.startswith(NO_LIST)
    if user_id != 17:
        assert (await ask(typed, user_id=user_id)).text.startswith(NO_LIST)
    assert told(portal) == []


async def test_button_typed_where_it_stands_acts_for_the_writer(ask, portal, listed):
    reply = await ask(f"/statusbot {params(listed.message, '#1 Accept')}")

    assert reply.message is not listed.message
    assert reply.text.startswith("You are going: meeting 700")


async def test_made_up_buttons_are_refused_in_words(ask, portal, listed):
    key = params(listed.message, "#1 Accept").split()[1]
    bare = key.partition("-")[0]
    answers = {
        "row-accept 00000000-1 1": NO_LIST,
        "row-decline nonsense 1": NO_LIST,
        f"row-accept {bare} 1": NO_LIST,
        f"row-accept {bare}-2 1": NO_LIST,
        f"row-accept {bare}-0 1": NO_LIST,
        f"row-accept {key} 3": "There is no #3: my last list has 2 rows only",
        f"row-undo {key} 9": "There is no #9: my last list has 2 rows only",
        f"row-undo {key} 1": "I have changed nothing for you in the last 24 hours",
        f"page {key} 99": "This list has one page only.",
        "page 00000000-1 1": NO_LIST,
        f"row-accept {key} 0": "I do not know this button any more",
        f"row-accept {key} 100": "I do not know this button any more",
        f"row-accept {key}": "I do not know this button any more",
    }
    for typed, answered in answers.items():
        assert (await ask(f"/statusbot {typed}")).text.startswith(answered), typed
    assert told(portal) == []


async def test_made_up_buttons_are_refused_in_russian(ask, portal):
    key = params((await ask("встречи")).message, "#1 Принять").split()[1]
    portal.options.language = "ru"
    answers = {
        "row-accept 00000000-1 1": "У меня нет свежего списка, по которому можно считать",
        f"row-accept {key} 3": "Строки #3 нет: в моём последнем списке только 1 строка",
        f"row-undo {key} 1": "За последние 24 часа я не менял для вас ничего",
        f"page {key} 99": "В этом списке только 1 страница.",
    }
    for typed, answered in answers.items():
        assert (await ask(f"/statusbot {typed}")).text.startswith(answered), typed


# --- a permission that is missing


async def test_button_is_carried_out_after_the_connection(ask, portal, browser, listed):
    portal.revoke(17)
    portal.options.event_auth = "minimal"
    refused = await ask.press(17, listed.message, "#1 Accept")
    assert refused.text.startswith("I have no permission from Bitrix24 to act for you yet")
    assert "#1 Accept" in refused.buttons
    assert told(portal) == []

    assert (await browser.connect(listed.message)).status == 200
    assert listed.message.text.startswith("You are going: meeting 700")
    assert told(portal) == [(700, 17, "accepted")]


# --- a key that was thrown away


@pytest.mark.parametrize(
    ("said", "words"),
    [("accept #1", NO_LIST), ("принять #1", "У меня нет свежего списка"), (None, NO_LIST)],
)
async def test_list_that_no_key_opens_is_gone(ask, portal, listed, said, words):
    await ask.core.database.write(lambda c: c.execute(lists.update().values(content="strange")))
    reply = await ask(said) if said else await ask.press(17, listed.message, "#1 Accept")

    assert reply.text.startswith(words)
    assert told(portal) == []


# --- an older portal


async def test_portal_without_v2_rewrites_the_list_too(portal, make_ask):
    portal.options.v2 = False
    ask = await make_ask()
    reply = await ask("meetings")
    pressed = await ask.press(17, reply.message, "#1 Accept")

    assert pressed.message is reply.message
    assert pressed.text.startswith("You are going: meeting 651")
    assert able(pressed.message) == ["#1 Decline", "#1 Undo"]
    assert told(portal) == [(651, 17, "accepted")]


# --- other people, other means


async def test_group_list_can_be_pressed_by_everybody_whatever_its_owner_answered(ask, portal, group):
    await group("accept 651")
    listed = await group("meetings")
    assert able(listed.message) == ["#1 Accept", "#1 Decline", "#1 Undo"]

    await ask.press(42, listed.message, "#1 Accept")
    assert portal.meetings[651] == {23: "H", 17: "Y", 42: "Y"}


async def test_group_list_leaves_out_what_concerns_nobody_else(ask, portal, group):
    portal.add_entry(900, name="Dentist", owner=17, start="2026-11-24T10:00")
    portal.add_meeting(901, name="Layoffs", host=23, guests=[17], start="2026-11-24T12:00:00", busy_only=[17])
    listed = await group("meetings")

    assert [line for line in listed.text.splitlines() if line.startswith("#")] == ["#1 meeting 651: not answered"]


async def test_group_is_told_that_there_is_nothing_for_it(ask, portal, group):
    portal.delete_meeting(651)
    assert (await group("meetings")).text == "Nothing is in your calendar in the next 7 days."

    portal.add_entry(900, name="Dentist", owner=17, start="2026-11-24T10:00")
    assert (await group("meetings")).text.startswith("What is in your calendar then is none of this group's business")


async def test_list_shows_what_was_answered_in_words_since(ask, portal, listed):
    await ask("decline #1")
    reply = await ask.press(17, listed.message, "#2 Accept")

    assert [line.rpartition(", ")[2] for line in reply.text.splitlines() if line.startswith("#")] == [
        "declined",
        "accepted",
    ]
    assert "#1 Decline" not in able(reply.message)


async def test_list_shows_what_was_answered_elsewhere_as_soon_as_that_is_known(ask, portal, listed):
    portal.calendar.set_status(17, {"eventId": 651, "status": "Y"})
    assert (await ask("accept 651")).text.startswith("You have already accepted")
    reply = await ask.press(17, listed.message, "#1 Decline")

    assert [line.rpartition(", ")[2] for line in reply.text.splitlines() if line.startswith("#")] == [
        "declined",
        "accepted",
    ]


async def test_row_of_the_person_s_own_copy_can_be_undone_by_its_button(ask, portal, listed):
    await ask("accept 7001")
    reply = await ask.press(17, listed.message, "#2 Decline")
    assert "#1 Undo" not in able(reply.message)

    await ask("accept 7001")
    await ask("decline 7001")
    page = await ask("meetings")
    assert "#1 Undo" not in able(page.message)  # declined ones are not listed by the portal


async def test_list_whose_page_was_turned_is_the_last_one(ask, portal, clock):
    for number in range(700, 712):
        portal.add_meeting(number, name="Talk", host=23, guests=[17], start="2026-11-24T10:00:00")
    long = await ask("meetings")
    clock.advance(1)
    await ask("tomorrow")
    clock.advance(1)
    await ask.press(17, long.message, "Next ›")
    await ask("accept #1")

    assert told(portal) == [(709, 17, "accepted")]
