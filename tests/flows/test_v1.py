"""A portal that does not know `imbot.v2` yet: the same words have the same effects."""

from tests.flows.conftest import answered, answers, install, until


async def test_portal_without_v2_is_served_the_same(make_bot, company):
    company.options.v2 = False
    bot = make_bot()
    await bot.start()
    await install(company, bot)

    accepted = await answered(company, company.say(17, "accept 651"))
    declined = await answered(company, company.say(17, "/decline 651"))
    silenced = await answered(company, company.say(17, "не беспокоить"))

    assert accepted.startswith("You are going: meeting 651 “Weekly sync”")
    assert declined.startswith("You are not going: meeting 651 “Weekly sync”")
    assert silenced.startswith("Режим «не беспокоить» включён")
    assert company.meetings[651][17] == "N"
    assert company.presence[17] == "dnd"
    assert {call.method.lower() for call in company.calls if call.method.lower().startswith("imbot.v2")} <= {
        "imbot.v2.bot.register"
    }


async def test_button_of_v1_confirms(make_bot, company):
    company.options.v2 = False
    bot = make_bot()
    await bot.start()
    await install(company, bot)
    await answered(company, company.say(17, "accept 651"))
    asked = company.say(17, "reset 651")
    await answered(company, asked)
    question = company.messages[-1]
    company.press(17, question.id, 0)
    await until(lambda: question.edited)

    assert company.meetings[651][17] == "Q"
    assert answers(company, asked) == [question.text]
    assert question.text.startswith("Your answer is open again")
