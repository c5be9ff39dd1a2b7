"""The first thing a person hears: JOINCHAT of v2 and v1, in private and in groups."""

import re

import pytest

from bot.emulator import faults

GREETING = {"en": "Hello! I answer meeting invitations", "ru": "Здравствуйте! Я отвечаю за вас на приглашения"}
IN_GROUP = {"en": "Hello, everybody! Mention me", "ru": "Здравствуйте, коллеги! Упомяните меня"}
BUTTONS = {
    "en": ["My meetings", "My invitations", "What can you do?"],
    "ru": ["Мои встречи", "Мои приглашения", "Что ты умеешь?"],
}
MEMBER = "1b" * 16


@pytest.fixture(params=["en", "ru"])
def language(request) -> str:
    return request.param


@pytest.fixture(params=["v2", "v1"])
async def opened(request, portal, make_ask):
    """What talks to the bot on a portal of either version; Lena (50) has not met it yet."""
    portal.options.v2 = request.param == "v2"
    opened = await make_ask()
    portal.add_user(50, "Lena", "Nova", time_zone="Europe/Riga")
    portal.messenger.chats[311].members.add(50)
    return opened


async def greeted(ask, portal, user_id=50):
    """Open the chat with the bot; return the one message that it writes there."""
    before = len(portal.messages)
    portal.open_chat(user_id)
    return await ask.answer(before)


async def greeted_in_group(ask, portal, by=50):
    before = len(portal.messages)
    portal.invite_bot(311, by=by)
    return await ask.answer(before)


async def nothing_said(ask, portal):
    before = len(portal.messages)
    await ask.deliver()
    return len(portal.messages) == before


async def test_whoever_opens_the_bot_is_greeted_in_the_portal_s_language(opened, portal, language):
    portal.options.language = language
    greeting = await greeted(opened, portal)

    assert greeting.text.startswith(GREETING[language])
    assert greeting.buttons == BUTTONS[language]
    assert greeting.message.dialog_id == "50"


async def test_group_is_greeted_and_told_how_to_address_the_bot(opened, portal, language):
    portal.options.language = language
    greeting = await greeted_in_group(opened, portal)

    assert greeting.text.startswith(IN_GROUP[language])
    assert greeting.buttons == BUTTONS[language]
    assert greeting.message.dialog_id == "chat311"


async def test_language_that_the_person_chose_wins(opened, portal, language):
    portal.options.language = {"en": "ru", "ru": "en"}[language]
    await opened.core.store.people.choose_language(MEMBER, 50, language)

    assert (await greeted(opened, portal)).text.startswith(GREETING[language])
    assert (await greeted_in_group(opened, portal)).text.startswith(IN_GROUP[language])


async def test_language_that_the_bot_does_not_speak_becomes_the_administrator_s(make_ask, portal, language):
    ask = await make_ask(language=language)
    portal.add_user(50, "Lena")
    portal.options.language = "lv"

    assert (await greeted(ask, portal)).text.startswith(GREETING[language])


async def test_greeting_is_short(opened, portal, language):
    portal.options.language = language
    for greeting in (await greeted(opened, portal), await greeted_in_group(opened, portal)):
        assert len(greeting.text) <= 300
        assert len(re.findall(r"[.!?](?= |$)", greeting.text)) <= 3  # two sentences after the hello


async def test_greeting_asks_for_no_permission_and_changes_nothing(opened, portal):
    before = portal.requests
    await greeted(opened, portal)

    assert portal.requests - before == 1
    assert portal.calls[-1].method.lower().startswith("imbot.")


async def test_greeting_s_examples_are_understood(opened, portal, language):
    portal.options.language = language
    for greeting in (await greeted(opened, portal), await greeted_in_group(opened, portal)):
        examples = re.findall("[“«](.+?)[”»]", greeting.text)

        assert len(examples) >= 2
        for example in examples:
            assert not hasattr(opened.core.parts.grammar.split(example), "reason"), example


# --- buttons


async def test_buttons_work_for_whoever_opened_the_bot(opened, portal, language):
    portal.options.language = language
    portal.add_meeting(700, name="Retro", host=23, guests=[50], start="2026-11-25T12:00:00", tz="Europe/Riga")
    greeting = await greeted(opened, portal)
    for place in (0, 1):
        assert "Retro" in (await opened.press(50, greeting.message, place)).text
    told = await opened.press(50, greeting.message, 2)

    assert {"en": "dnd", "ru": "не беспокоить"}[language] in told.text
    assert greeting.message.text.startswith(GREETING[language])
    assert greeting.buttons == BUTTONS[language]


async def test_buttons_in_a_group_act_for_whoever_presses_and_hide_titles(opened, portal):
    portal.add_meeting(700, name="Retro", host=23, guests=[50], start="2026-11-25T12:00:00", tz="Europe/Riga")
    greeting = await greeted_in_group(opened, portal)
    mine = await opened.press(17, greeting.message, "My invitations")
    hers = await opened.press(50, greeting.message, "My invitations")

    assert mine.message.dialog_id == hers.message.dialog_id == "chat311"
    assert "651" in mine.text
    assert "700" in hers.text
    assert not re.search("Weekly sync|Retro", mine.text + hers.text)


async def test_buttons_answer_in_the_presser_s_language(opened, portal):
    greeting = await greeted_in_group(opened, portal)
    await opened.core.store.people.choose_language(MEMBER, 17, "ru")

    assert "не беспокоить" in (await opened.press(17, greeting.message, "What can you do?")).text


# --- nobody, or once


@pytest.mark.parametrize("kind", ["extranet", "email", "collaber", "guest"])
async def test_outsiders_are_not_greeted(ask, portal, kind):
    portal.add_user(60, "Rita", "Gast", extranet=kind == "extranet", kind=kind)
    portal.open_chat(60)

    assert await nothing_said(ask, portal)


@pytest.mark.parametrize("login", ["replica", "sale", "call"])
async def test_logins_of_outsiders_are_not_greeted(ask, portal, login):
    portal.add_user(60, "Rita", "Gast", external_auth=login)
    portal.open_chat(60)

    assert await nothing_said(ask, portal)


async def test_mail_users_are_not_greeted_where_extranet_users_are_admitted(make_ask, portal):
    ask = await make_ask(allow_extranet=True)
    portal.add_user(60, "Rita", "Gast", kind="email")
    portal.open_chat(60)

    assert await nothing_said(ask, portal)


async def test_extranet_users_are_greeted_where_they_are_admitted(make_ask, portal):
    ask = await make_ask(allow_extranet=True)
    portal.add_user(60, "Rita", "Gast", extranet=True, kind="extranet")

    assert (await greeted(ask, portal, 60)).text.startswith(GREETING["en"])


@pytest.mark.parametrize("what", ["bot", "connector", "inactive"])
async def test_machines_customers_and_the_dismissed_are_not_greeted(ask, portal, what):
    """Only v2 tells who they are."""
    user = portal.users[17]
    user.bot, user.connector, user.active = what == "bot", what == "connector", what != "inactive"
    portal.invite_bot(311, by=17)

    assert await nothing_said(ask, portal)


async def test_open_lines_are_not_greeted(opened, portal):
    portal.add_group(400, "Customer", [50], entity_type="LINES")
    portal.invite_bot(400, by=50)

    assert await nothing_said(opened, portal)


async def test_greeting_delivered_twice_is_said_once(opened, portal):
    portal.queue.trouble("duplicate", "ONIM*JOINCHAT", count=None)

    assert (await greeted(opened, portal)).text.startswith(GREETING["en"])
    assert (await greeted_in_group(opened, portal)).text.startswith(IN_GROUP["en"])


async def test_first_words_are_answered_beside_the_greeting(opened, portal):
    before = len(portal.messages)
    portal.say(50, "dnd")
    await opened.deliver()
    told = [message.text for message in portal.messages[before:] if message.author_id != 50]

    assert [text.partition("!")[0].partition(":")[0] for text in told] == ["Hello", "Do not disturb is on"]


async def test_greeting_waits_for_a_portal_that_is_away(opened, portal):
    portal.faults.add("imbot.*", faults.html_page(), count=3)

    assert (await greeted(opened, portal)).text.startswith(GREETING["en"])


async def test_greeting_that_the_portal_refuses_is_given_up(opened, portal):
    portal.faults.add("imbot.*", faults.error("ACCESS_DENIED"), count=None)
    portal.open_chat(50)

    assert await nothing_said(opened, portal)
