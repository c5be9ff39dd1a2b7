"""Bots of v1 (contract F.1)."""

from typing import Any

import pytest

from bot.emulator.clock import ManualClock
from tests.emulator.desk import EVENTS_URL, Answer, Desk

ACCEPT = {"TEXT": "Accept", "COMMAND": "accept", "COMMAND_PARAMS": "651"}


def register(desk: Desk, **params: Any) -> Answer:
    known = {"CODE": "agenda_bot", "TYPE": "B", "EVENT_HANDLER": EVENTS_URL, "PROPERTIES": {"NAME": "Agenda"}}
    return desk.call("imbot.register", {**known, **params})


def add(desk: Desk, **params: Any) -> Answer:
    return desk.call("imbot.message.add", {"BOT_ID": 905, "DIALOG_ID": "17", "MESSAGE": "Hello", **params})


def test_register_again_binds_anew(bot_v1: Desk) -> None:
    other = "https://other.example.org/e"

    assert register(bot_v1, EVENT_HANDLER=other).result == 905

    rows = bot_v1.portal.subscriptions.rows
    assert {row.url for row in rows if row.event != "ONIMCOMMANDADD"} == {other}
    assert [row.url for row in rows if row.event == "ONIMCOMMANDADD"] == [EVENTS_URL]


def test_list(bot_v1: Desk) -> None:
    assert bot_v1.call("imbot.bot.list").result == {
        "905": {"ID": 905, "NAME": "Agenda Bot", "CODE": "agenda_bot", "OPENLINE": "N"}
    }


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"CODE": ""}, "CODE_ERROR"),
        ({"PROPERTIES": {}, "CODE": "new"}, "NAME_ERROR"),
        ({"EVENT_HANDLER": ""}, "EVENT_MESSAGE_ADD_ERROR"),
        ({"EVENT_WELCOME_MESSAGE": "https://localhost/"}, "EVENT_WELCOME_MESSAGE_ERROR"),
    ],
)
def test_register_refused(bot_v1: Desk, params: dict[str, Any], code: str) -> None:
    assert register(bot_v1, **params).error == (400, code)


def test_five_bots_are_the_most(bot_v1: Desk) -> None:
    for number in range(4):
        register(bot_v1, CODE=f"b{number}")

    assert register(bot_v1, CODE="b5").error == (400, "MAX_COUNT_ERROR")


def test_a_foreign_code_is_refused(bot_v1: Desk) -> None:
    app = bot_v1.portal.create_app("https://b.example.org/h", "https://b.example.org/i")
    bot_v1.portal.install(app)
    other = Desk(bot_v1.portal, app)

    assert register(other).error == (400, "WRONG_REQUEST")
    assert add(other).error == (400, "APP_ID_ERROR")


def test_update_and_unregister(bot_v1: Desk) -> None:
    fields = {"PROPERTIES": {"NAME": "New", "LAST_NAME": "Name"}}

    assert bot_v1.call("imbot.update", {"BOT_ID": 905, "FIELDS": fields}).result is True
    assert bot_v1.portal.users[905].full_name == "New Name"
    assert bot_v1.call("imbot.unregister", {"BOT_ID": 905}).result is True
    assert bot_v1.call("imbot.bot.list").result == []


def test_update_binds_new_addresses(bot_v1: Desk) -> None:
    other = "https://other.example.org/e"
    bot_v1.call("imbot.update", {"BOT_ID": 905, "FIELDS": {"EVENT_HANDLER": other}})

    assert {row.url for row in bot_v1.portal.subscriptions.of_bot(905, "ONIMBOTMESSAGEADD")} == {other}


def test_messages(bot_v1: Desk) -> None:
    number = add(bot_v1, KEYBOARD=[ACCEPT], URL_PREVIEW="N").result

    message = bot_v1.portal.messages[-1]
    assert (message.id, message.text, message.url_preview) == (number, "Hello", False)
    assert message.keyboard[0]["BOT_ID"] == 905


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"BOT_ID": 1}, "BOT_ID_ERROR"),
        ({"DIALOG_ID": ""}, "DIALOG_ID_EMPTY"),
        ({"DIALOG_ID": "chat311"}, "WRONG_REQUEST"),
        ({"MESSAGE": " "}, "MESSAGE_EMPTY"),
        ({"KEYBOARD": [{"TEXT": ""}]}, "KEYBOARD_ERROR"),
        ({"KEYBOARD": [{"TEXT": "x" * 60_000, "LINK": "/"}]}, "KEYBOARD_OVERSIZE"),
        ({"ATTACH": "x"}, "ATTACH_ERROR"),
    ],
)
def test_messages_refused(bot_v1: Desk, params: dict[str, Any], code: str) -> None:
    assert add(bot_v1, **params).error == (400, code)


def test_messages_are_changed_for_three_days(bot_v1: Desk, clock: ManualClock) -> None:
    number = add(bot_v1).result
    params = {"BOT_ID": 905, "MESSAGE_ID": number}

    def change(**more: Any) -> Answer:
        return bot_v1.call("imbot.message.update", {**params, **more})

    assert change(MESSAGE="Bye").result is True
    assert change(KEYBOARD=[{"TEXT": ""}]).error == (400, "KEYBOARD_ERROR")
    assert bot_v1.portal.replies(17) == ["Bye"]
    assert bot_v1.call("imbot.message.like", params).result is True
    assert bot_v1.portal.messages[-1].reactions == {(905, "like")}
    clock.advance(3 * 24 * 3600 + 1)
    assert change(MESSAGE="x").error == (400, "CANT_EDIT_MESSAGE")


def test_keyboards_are_changed(bot_v1: Desk) -> None:
    number = add(bot_v1, KEYBOARD=[ACCEPT]).result
    message = bot_v1.portal.messages[-1]

    def change(**more: Any) -> Answer:
        return bot_v1.call("imbot.message.update", {"BOT_ID": 905, "MESSAGE_ID": number, **more})

    change(MESSAGE="Bye")
    assert [button["TEXT"] for button in message.keyboard] == ["Accept"]
    assert change(KEYBOARD={"BUTTONS": [ACCEPT]}).error == (400, "KEYBOARD_ERROR")
    change(KEYBOARD={"BOT_ID": 905, "BUTTONS": [{**ACCEPT, "TEXT": "Yes"}]})
    assert [button["TEXT"] for button in message.keyboard] == ["Yes"]
    change(KEYBOARD="N")
    assert message.keyboard == []
    assert message.text == "Bye"


def test_messages_are_deleted(bot_v1: Desk) -> None:
    number = add(bot_v1).result
    other = add(bot_v1).result

    assert bot_v1.call("imbot.message.delete", {"BOT_ID": 905, "MESSAGE_ID": number}).result is True
    assert bot_v1.call("imbot.message.update", {"BOT_ID": 905, "MESSAGE_ID": other, "MESSAGE": ""}).result is True
    assert bot_v1.portal.replies(17) == []
    assert bot_v1.call("imbot.message.like", {"BOT_ID": 905, "MESSAGE_ID": 1}).error == (400, "MESSAGE_ID_ERROR")


def test_typing(bot_v1: Desk) -> None:
    assert bot_v1.call("imbot.chat.sendTyping", {"BOT_ID": 905, "DIALOG_ID": "17"}).result is True
    assert [action.dialog_id for action in bot_v1.portal.messenger.actions] == ["17"]


def test_commands(bot_v1: Desk) -> None:
    assert bot_v1.add_command_v1("/accept", COMMON="Y", EXTRANET_SUPPORT="Y") == 78
    known = bot_v1.portal.bots.commands[78]
    assert (known.name, known.common, known.extranet, known.titles) == ("accept", True, True, {"en": "/accept"})

    method = "imbot.command.register"
    assert bot_v1.call(method, {"BOT_ID": 905, "COMMAND": ""}).error == (400, "COMMAND_ERROR")
    assert bot_v1.call(method, {"BOT_ID": 905, "COMMAND": "x"}).error == (400, "EVENT_COMMAND_ADD_ERROR")
    assert bot_v1.call("imbot.command.unregister", {"COMMAND_ID": 78}).result is True
    assert bot_v1.call("imbot.command.unregister", {"COMMAND_ID": 78}).error == (400, "COMMAND_ID_ERROR")


def test_commands_are_answered_for_ten_minutes(bot_v1: Desk, clock: ManualClock) -> None:
    message = bot_v1.portal.say(17, "/accept 651")
    params = {"COMMAND": "accept", "MESSAGE_ID": message.id, "MESSAGE": "Done."}

    def answer(**more: Any) -> Answer:
        return bot_v1.call("imbot.command.answer", {**params, **more})

    assert answer().result == message.id + 1
    assert answer(MESSAGE=" ").error == (400, "MESSAGE_EMPTY")
    assert answer(MESSAGE_ID=1).error == (400, "MESSAGE_ID_ERROR")
    clock.advance(601)
    assert answer().result is True
    assert bot_v1.portal.replies(17) == ["Done."]


async def test_events_come_in_the_version_of_the_subscription(bot: Desk) -> None:
    register(bot)
    bot.portal.say(17, "one")
    fields = {"eventMode": "webhook", "webhookUrl": EVENTS_URL}
    bot.call("imbot.v2.Bot.update", {"botId": 905, "fields": fields})
    bot.portal.say(17, "two")

    assert await bot.names() == ["ONAPPINSTALL", "ONIMBOTJOINCHAT", "ONIMBOTMESSAGEADD", "ONIMBOTV2MESSAGEADD"]
