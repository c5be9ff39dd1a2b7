import pytest

from bot.emulator import faults

YES, NO = "Yes, do it", "No, leave it"
CLOSED = (
    "I have dealt with this question already, it is too old, or it was meant for somebody else. Nothing changed now."
)
NOTHING_ASKED = "I have asked you nothing here, or too long ago"


def shown(asked, label):
    """Return a button as a client shows it, even after the outcome has replaced the question."""
    return next(button for button in asked.message.keyboard if button.get("TEXT") == label)


@pytest.fixture
async def question(ask, portal):
    """The question whether to reset the answer of 17, asked in private."""
    portal.calendar.set_status(17, {"eventId": 651, "status": "Y"})
    portal.notices.clear()
    asked = await ask("reset 651")
    assert asked.buttons == [YES, NO]
    return asked


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("yes", "Your answer is open again: meeting 651 “Weekly sync”"),
        ("Yes.", "Your answer is open again"),
        ("да", "Ваш ответ снова открыт: встреча 651 «Weekly sync»"),
        ("да, пожалуйста!", "Ваш ответ снова открыт"),
    ],
)
async def test_yes_confirms(ask, portal, question, said, answered):
    reply = await ask(said)

    assert reply.text.startswith(answered)
    assert portal.meetings[651][17] == "Q"
    assert [notice.kind for notice in portal.notices] == ["declined"]


@pytest.mark.parametrize(
    ("said", "answered"),
    [("no", "All right, nothing changed."), ("нет", "Хорошо, ничего не изменилось.")],
)
async def test_no_leaves_everything(ask, portal, question, said, answered):
    assert (await ask(said)).text == answered
    assert NOTHING_ASKED in (await ask("yes")).text
    assert portal.meetings[651][17] == "Y"
    assert portal.notices == []


@pytest.mark.parametrize(
    ("label", "answered"), [(YES, "Your answer is open again: meeting 651"), (NO, "All right, nothing changed.")]
)
async def test_outcome_of_a_button_replaces_the_question_and_its_buttons(ask, portal, question, label, answered):
    before = len(portal.messages)
    reply = await ask.press(17, question.message, label)

    assert len(portal.messages) == before
    assert reply.message is question.message
    assert reply.text.startswith(answered)
    assert reply.buttons == []


async def test_button_confirms_once(ask, portal, clock, question):
    yes = shown(question, YES)
    await ask.press(17, question.message, yes)
    clock.advance(1)
    second = await ask.press(17, question.message, yes)

    assert second.text == CLOSED
    assert second.message is not question.message
    assert question.message.text.startswith("Your answer is open again: meeting 651")
    assert portal.meetings[651][17] == "Q"
    assert len(portal.notices) == 1


async def test_button_after_words_is_closed_and_the_other_way_round(ask, portal, question):
    await ask("yes")
    assert (await ask.press(17, question.message, NO)).text == CLOSED

    asked = await ask("accept 651") and await ask("reset 651")
    await ask.press(17, asked.message, NO)
    assert NOTHING_ASKED in (await ask("yes")).text
    assert portal.meetings[651][17] == "Y"


async def test_second_button_leaves_everything(ask, portal, question):
    reply = await ask.press(17, question.message, NO)

    assert reply.text == "All right, nothing changed."
    assert portal.meetings[651][17] == "Y"


async def test_buttons_speak_the_language_of_the_question(ask, portal):
    await ask("принять 651")
    asked = await ask("сбросить 651")
    assert "Организатор увидит отказ" in asked.text
    assert asked.buttons == ["Да, сделать", "Нет, оставить"]

    reply = await ask.press(17, asked.message, "Нет, оставить")
    assert reply.text == "Хорошо, ничего не изменилось."


async def test_question_stays_open_for_ten_minutes(ask, portal, clock, question):
    clock.advance(600)
    await ask("yes")

    assert portal.meetings[651][17] == "Q"


async def test_question_is_closed_after_ten_minutes(ask, portal, clock, question):
    clock.advance(601)

    assert (await ask.press(17, question.message, YES)).text == CLOSED
    assert (await ask("yes")).text.startswith(NOTHING_ASKED)
    assert (await ask("да")).text.startswith("Здесь я ни о чём не спрашивал")
    assert portal.meetings[651][17] == "Y"


@pytest.mark.parametrize("other", ["status", "help", "dnd", "accept 651", "status 651", "/dnd", "maybe 651"])
async def test_any_other_command_drops_the_question(ask, portal, question, other):
    await ask(other)

    assert NOTHING_ASKED in (await ask("yes")).text
    assert (await ask.press(17, question.message, YES)).text == CLOSED
    assert portal.meetings[651][17] == "Y"


async def test_what_is_no_command_drops_nothing(ask, portal, question):
    await ask("what was that again?")
    await ask("yes")

    assert portal.meetings[651][17] == "Q"


async def test_new_question_replaces_the_old_one(ask, portal, question):
    portal.add_meeting(700, name="Retro", host=23, guests={17: "Y"}, start="2026-11-26T09:00:00")
    second = await ask("reset 700")

    assert (await ask.press(17, question.message, YES)).text == CLOSED
    assert portal.meetings[651][17] == portal.meetings[700][17] == "Y"
    await ask.press(17, second.message, YES)
    assert portal.meetings[700][17] == "Q"


async def test_confirmation_covers_all_that_was_asked_in_one_message(ask, portal):
    portal.add_meeting(700, name="Retro", host=23, guests={17: "N"}, start="2026-11-26T09:00:00")
    await ask("accept 651")
    asked = await ask("reset 651, 700")
    assert asked.text.count("Take back your answer") == 2

    reply = await ask("yes")
    assert portal.meetings[651][17] == portal.meetings[700][17] == "Q"
    assert reply.text.count("Your answer is open again") == 2


async def test_commands_of_one_message_take_effect_in_order(ask, portal, question):
    portal.add_meeting(700, name="Retro", host=23, guests=[17], start="2026-11-26T09:00:00")
    reply = await ask("yes\naccept 700")

    assert portal.meetings[651][17] == "Q"
    assert portal.meetings[700][17] == "Y"
    assert reply.text.startswith("Your answer is open again")


async def test_yes_in_the_message_that_asks_answers_nothing(ask, portal, question):
    await ask("reset 651\nyes")

    assert portal.meetings[651][17] == "Y"


async def test_confirmation_in_another_dialog_does_not_count(ask, portal, question, group):
    assert NOTHING_ASKED in (await group("yes")).text
    assert portal.meetings[651][17] == "Y"

    await ask("yes")
    assert portal.meetings[651][17] == "Q"


async def test_button_of_somebody_else_is_closed(ask, portal, group):
    await group("accept 651")
    await group("accept 651", user_id=42)
    asked = await group("reset 651")
    pressed = await ask.press(42, asked.message, YES)
    said = await group("yes", user_id=42)

    assert pressed.text == CLOSED
    assert pressed.message.dialog_id == "chat311"
    assert NOTHING_ASKED in said.text
    assert portal.meetings[651] == {23: "H", 17: "Y", 42: "Y"}

    answered = await ask.press(17, asked.message, YES)
    assert answered.text == "Your answer is open again: meeting 651."
    assert portal.meetings[651] == {23: "H", 17: "Q", 42: "Y"}


async def test_button_of_somebody_else_does_not_take_one_s_own_question(ask, portal, group):
    await group("accept 651")
    await group("accept 651", user_id=42)
    mine = await group("reset 651")
    await group("reset 651", user_id=42)

    assert (await ask.press(42, mine.message, YES)).text == CLOSED
    await group("yes", user_id=42)
    assert portal.meetings[651] == {23: "H", 17: "Y", 42: "Q"}


async def test_typed_parameters_act_for_the_writer_only(ask, portal, question):
    params = question.message.keyboard[0]["COMMAND_PARAMS"]

    assert (await ask(f"/statusbot {params}", user_id=42)).text == CLOSED
    assert (await ask("/statusbot confirm x")).text == CLOSED
    assert portal.meetings[651][17] == "Y"
    await ask(f"/statusbot {params}")
    assert portal.meetings[651] == {23: "H", 17: "Q", 42: "Q"}


NONSENSE = [
    "",
    "nonsense",
    "confirm",
    "confirm a b",
    "confirm ../x",
    "accept",
    "accept 0",
    "meetings 1",
    "dnd 30m 1h",
]


async def test_typed_nonsense_for_buttons_is_answered(ask, portal):
    for params in NONSENSE:
        portal.rest.calls.clear()
        reply = await ask(f"/statusbot {params}")

        assert reply.text.startswith("I do not know this button any more")
        assert [call.method for call in portal.calls] == ["imbot.v2.Chat.Message.send"]


UNASKED = [
    ("yes", "I have asked you nothing here"),
    ("no", "I have asked you nothing here"),
    ("да", "Здесь я ни о чём не спрашивал"),
    ("нет", "Здесь я ни о чём не спрашивал"),
]


async def test_answer_without_a_question_changes_nothing(ask, portal):
    for said, answered in UNASKED:
        reply = await ask(said)

        assert reply.text.startswith(answered)
        assert portal.meetings[651][17] == "Q"
        assert portal.notices == []


@pytest.mark.parametrize(("later", "sooner"), [("yes", "reset 651"), ("да", "сбросить 651")])
async def test_yes_that_was_written_before_the_question_is_none(ask, portal, later, sooner):
    await ask("accept 651")
    portal.queue.trouble("reorder", "ONIMBOTV2MESSAGEADD")
    portal.say(17, later)
    portal.say(17, sooner)
    await ask.deliver()

    assert portal.meetings[651][17] == "Y"
    await ask(later)
    assert portal.meetings[651][17] == "Q"


async def test_confirmed_command_survives_a_portal_that_is_away(ask, portal, question):
    portal.faults.add("batch", faults.html_page(), count=2)
    portal.faults.add("calendar.meeting.status.set", faults.lost())
    reply = await ask("yes")

    assert reply.text.startswith("Your answer is open again")
    assert [notice.kind for notice in portal.notices] == ["declined"]


async def test_button_of_another_chat_is_closed(ask, portal, question, group):
    params = question.message.keyboard[0]["COMMAND_PARAMS"]

    assert (await group("hello")).text
    reply = await ask(f"/statusbot {params}", chat=311)
    assert reply.text == CLOSED
    assert portal.meetings[651][17] == "Y"
    await ask.press(17, question.message, YES)
    assert portal.meetings[651][17] == "Q"
