"""The language that a person chose."""

import pytest

from bot.emulator import faults

MEMBER = "1b" * 16
CHOOSING = {
    "ru": ["language ru", "language russian", "language русский", "язык ru", "язык русский", "ЯЗЫК РУССКИЙ.", "language ru!",
           "please language ru"],
    "en": ["language en", "language english", "language английский", "язык en", "язык english", "язык английский", "Язык en!",
           "язык en, пожалуйста"],
}  # fmt: skip
DONE = {"en": "I will speak English with you from now on.", "ru": "Теперь я буду говорить с вами по-русски."}
ONLINE = {"en": "You are online.", "ru": "Вы в сети."}
WORD = {"en": "online", "ru": "онлайн"}
OTHER = {"en": "ru", "ru": "en"}


@pytest.fixture(params=["en", "ru"])
def language(request) -> str:
    return request.param


async def chosen_by(ask, user_id=17):
    return (await ask.core.store.people.find(MEMBER, user_id)).language


async def test_every_name_chooses_its_language_and_is_answered_in_it(ask, language):
    for said in CHOOSING[language]:
        await ask.core.store.people.choose_language(MEMBER, 17, OTHER[language])
        reply = await ask(said)

        assert reply.text == DONE[language], said
        assert await chosen_by(ask) == language, said


async def test_choosing_asks_nothing_of_the_portal(ask, portal, language):
    await ask(f"language {language}", auth="absent")

    assert [call.method for call in portal.calls] == ["imbot.v2.Chat.Message.send"]


async def test_chosen_language_wins_over_words_and_event(ask, portal, language):
    await ask(f"language {language}")
    portal.options.language = OTHER[language]
    for said in (WORD["en"], WORD["ru"], "/online"):
        assert (await ask(said)).text == ONLINE[language]


async def test_words_count_as_long_as_nothing_was_chosen(ask):
    assert [(await ask(WORD[one])).text for one in ("en", "ru")] == [ONLINE["en"], ONLINE["ru"]]


async def test_last_choice_counts(ask):
    for language in ("ru", "en", "ru"):
        assert (await ask(f"language {language}")).text == DONE[language]
    assert (await ask("online")).text == ONLINE["ru"]


async def test_choice_is_the_sender_s_alone(ask):
    await ask("language ru")

    assert (await ask("online", user_id=42)).text == ONLINE["en"]
    assert await chosen_by(ask, 42) is None


async def test_choice_outlives_a_restart(ask, portal, make_ask):
    await ask("language ru")
    await ask.core.close()
    again = await make_ask()

    assert (await again("online")).text == ONLINE["ru"]


async def test_choice_outlives_disconnecting(ask):
    await ask("language ru")
    await ask("disconnect")

    assert (await ask("online")).text == ONLINE["ru"]


async def test_buttons_and_lists_follow(ask, portal, language):
    await ask(f"language {language}")
    portal.options.language = OTHER[language]
    listed = await ask({"en": "встречи", "ru": "meetings"}[language])
    plain = await ask("/dnd")

    assert {"en": "Accept", "ru": "Принять"}[language] in " ".join(listed.buttons)
    assert plain.buttons[0] == {"en": "30 min", "ru": "30 минут"}[language]
    pressed = await ask.press(17, plain.message, plain.buttons[0])
    assert pressed.text.startswith(
        {"en": "Do not disturb is on until", "ru": "Режим «не беспокоить» включён до"}[language]
    )
    assert pressed.buttons == [{"en": "Online again", "ru": "Снова в сети"}[language]]


async def test_questions_and_their_buttons_follow(ask, portal, language):
    portal.calendar.set_status(17, {"eventId": 651, "status": "Y"})
    await ask(f"language {language}")
    asked = await ask({"en": "сбросить 651", "ru": "reset 651"}[language])

    assert asked.buttons == {"en": ["Yes, do it", "No, leave it"], "ru": ["Да, сделать", "Нет, оставить"]}[language]
    assert asked.text.startswith({"en": "Take back your answer", "ru": "Отозвать ваш ответ"}[language])


async def test_errors_follow(ask, portal, language):
    await ask(f"language {language}")
    portal.faults.add("im.user.status.*", faults.error("insufficient_scope"), count=None)

    assert {"en": "administrator", "ru": "администратор"}[language] in (await ask("/dnd")).text.lower()
    assert {"en": "I am not sure", "ru": "Я не уверен"}[language] in (await ask("qwerty йцукен")).text


async def test_choice_in_a_group_is_answered_there_and_holds_everywhere(ask, portal, language):
    portal.invite_bot(311, by=23)
    await ask.deliver()
    mention = f"[USER={next(iter(portal.bots.by_id))}]Status Bot[/USER] "
    reply = await ask(f"{mention}language {language}", chat=311)

    assert (reply.text, reply.message.dialog_id) == (DONE[language], "chat311")
    assert (await ask(WORD[OTHER[language]])).text == ONLINE[language]
    assert (await ask(mention + "online", chat=311, user_id=23)).text == ONLINE["en"]


UNCLEAR = [
    ("language", "“language en”"),
    ("language klingon", "“language en”"),
    ("language en ru", "“language en”"),
    ("language of the meeting", "“language en”"),
    ("язык", "«язык ru»"),
    ("язык клингонский", "«язык ru»"),
    ("язык мой — враг мой", "«язык ru»"),
]


@pytest.mark.parametrize(("said", "example"), UNCLEAR)
async def test_language_that_is_not_known_is_asked_with_an_example(ask, said, example):
    reply = await ask(said)

    assert example in reply.text
    assert await chosen_by(ask) is None


async def test_language_of_twenty_thousand_characters_is_asked(ask):
    reply = await ask("language " + "en" * 10_000)

    assert len(reply.text) <= 1000
    assert await chosen_by(ask) is None


async def test_choice_handled_again_is_answered_the_same(ask, portal):
    reply = await ask("язык en")
    await ask.inbox.hand_out_again(ask.inbox.entries[-1])

    assert portal.messages[-1].text == reply.text
    assert await chosen_by(ask) == "en"


async def test_language_counts_from_the_next_line_on(ask):
    reply = await ask("language ru\nstatus\nlanguage en\nstatus")

    assert reply.text.splitlines() == [
        "Теперь я буду говорить с вами по-русски.",
        "Ваш статус: «в сети».",
        "I will speak English with you from now on.",
        "Your status is “online”.",
    ]
