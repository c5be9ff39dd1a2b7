"""From bytes on a socket to the message in chat, through the real process."""

from tests.flows.conftest import answered, answers, until


async def test_accept_and_decline_change_the_answer_and_are_told(bot, company):
    accepted = await answered(company, company.say(17, "accept 651"))
    declined = await answered(company, company.say(17, "отклонить 651"))

    assert accepted.startswith("You are going: meeting 651 “Weekly sync”")
    assert declined.startswith("Вы не идёте: встреча 651 «Weekly sync»")
    assert company.meetings[651] == {23: "H", 17: "N"}
    assert [notice.kind for notice in company.notices] == ["accepted", "declined"]


async def test_slash_command_acts(bot, company):
    answer = await answered(company, company.say(17, "/accept 651"))

    assert answer.startswith("You are going")
    assert company.meetings[651][17] == "Y"


async def test_dnd_costs_two_requests(bot, company):
    before = company.requests
    answer = await answered(company, company.say(17, "dnd"))

    assert answer.startswith("Do not disturb is on")
    assert company.presence[17] == "dnd"
    assert company.requests - before == 2


async def test_button_acts_for_whoever_was_asked(bot, company):
    await answered(company, company.say(17, "accept 651"))
    asked = company.say(17, "reset 651")
    await answered(company, asked)
    question = company.messages[-1]
    company.press(17, question.id, 0)
    await until(lambda: question.edited)

    assert company.meetings[651][17] == "Q"
    assert answers(company, asked) == [question.text]
    assert question.text.startswith("Your answer is open again")


async def test_doubled_delivery_acts_and_answers_once(bot, company):
    company.queue.trouble("duplicate", "ONIMBOTV2MESSAGEADD")
    said = company.say(17, "accept 651")
    await answered(company, said)
    await answered(company, company.say(17, "status 651"))

    assert [entry.status for entry in company.queue.log if entry.event == "ONIMBOTV2MESSAGEADD"] == [200, 200, 200]
    assert len(answers(company, said)) == 2  # its own, and that to the second message
    assert len(company.notices) == 1


async def test_older_message_that_comes_later_does_not_win(bot, company):
    company.queue.trouble("reorder", "ONIMBOTV2MESSAGEADD")
    older = company.say(17, "accept 651")
    company.say(17, "decline 651")
    await until(lambda: len(answers(company, older)) == 2)

    assert company.meetings[651][17] == "N"
    assert [notice.kind for notice in company.notices] == ["declined"]
    assert any("reached me late" in text for text in answers(company, older))


async def test_answers_to_one_meeting_in_one_message_end_with_the_last(bot, company):
    await answered(company, company.say(17, "accept 651\ndecline 651"))
    status = await answered(company, company.say(17, "status 651"))

    assert company.meetings[651][17] == "N"
    assert [notice.kind for notice in company.notices] == ["accepted", "declined"]
    assert status.startswith("You have declined")


async def test_event_with_a_wrong_token_is_refused(bot, company):
    bot.app.application_token = "0" * 32
    said = company.say(17, "accept 651")
    await until(lambda: any(entry.event == "ONIMBOTV2MESSAGEADD" for entry in company.queue.log))

    assert company.queue.log[-1].status == 403
    assert company.meetings[651][17] == "Q"
    assert answers(company, said) == []


async def test_stop_ends_with_status_zero_and_keeps_what_was_taken_in(bot, company):
    await answered(company, company.say(17, "dnd"))

    assert await bot.stop() == 0
    assert "service.stopped" in bot.log
