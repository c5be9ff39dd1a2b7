"""Bots, commands and messages of v2 (contract D)."""

from typing import Any

import pytest

from bot.emulator.clock import ManualClock
from bot.emulator.messenger import CUT_MARK, LONGEST_TEXT
from bot.emulator.portal import Portal
from tests.emulator import shapes
from tests.emulator.desk import EVENTS_URL, Answer, Desk

OTHER_URL = "https://other.example.org/events"
ACCEPT = {"TEXT": "Accept", "COMMAND": "accept", "COMMAND_PARAMS": "651"}


def register(desk: Desk, **fields: Any) -> Answer:
    known = {"code": "agenda_bot", "properties": {"name": "Agenda"}, "eventMode": "webhook", "webhookUrl": EVENTS_URL}
    return desk.call("imbot.v2.Bot.register", {"fields": {**known, **fields}})


def update(desk: Desk, **fields: Any) -> Answer:
    return desk.call("imbot.v2.Bot.update", {"botId": 905, "fields": fields})


def second_app(portal: Portal) -> Desk:
    app = portal.create_app("https://b.example.org/h", "https://b.example.org/i")
    portal.install(app)
    return Desk(portal, app)


# -- D.1


def test_register_makes_a_bot(desk: Desk) -> None:
    made = register(desk, properties={"name": "Agenda", "lastName": "Bot", "workPosition": "Helper"}).result

    assert set(made["bot"]) == shapes.BOT
    assert (made["bot"]["id"], made["bot"]["eventMode"], made["bot"]["type"]) == (905, "webhook", "bot")
    assert set(made["users"][0]) == shapes.USER
    assert (made["users"][0]["name"], made["users"][0]["bot"], made["users"][0]["type"]) == ("Agenda Bot", True, "bot")


def test_fetch_is_the_default_mode(desk: Desk) -> None:
    assert register(desk, eventMode="").result["bot"]["eventMode"] == "fetch"


def test_register_again_changes_nothing(desk: Desk, portal: Portal) -> None:
    register(desk)
    rows = list(portal.subscriptions.rows)

    again = register(desk, properties={"name": "Other"}, webhookUrl=OTHER_URL, eventMode="fetch").result

    assert (again["bot"]["id"], again["bot"]["eventMode"]) == (905, "webhook")
    assert again["users"][0]["name"] == "Agenda"
    assert portal.subscriptions.rows == rows


def test_a_code_is_unique_over_applications(desk: Desk, portal: Portal) -> None:
    register(desk)

    assert register(second_app(portal)).error == (400, "BOT_CODE_ALREADY_TAKEN")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"code": ""}, "BOT_CODE_REQUIRED"),
        ({"properties": {}}, "BOT_PROPERTIES_REQUIRED"),
        ({"type": "robot"}, "BOT_INVALID_TYPE"),
        ({"eventMode": "push"}, "BOT_INVALID_EVENT_MODE"),
        ({"webhookUrl": ""}, "BOT_WEBHOOK_URL_REQUIRED"),
        ({"webhookUrl": "http://localhost:8080/"}, "BOT_INVALID_CALLBACK"),
        ({"webhookUrl": "https://bot./"}, "BOT_INVALID_CALLBACK"),
        ({"webhookUrl": "bot.example.org"}, "BOT_INVALID_CALLBACK"),
    ],
)
def test_register_refused(desk: Desk, fields: dict[str, Any], code: str) -> None:
    assert register(desk, **fields).error == (400, code)


def test_too_many_bots(desk: Desk) -> None:
    for number in range(100):
        register(desk, code=f"b{number}")

    assert register(desk, code="one_more").error == (400, "BOT_LIMIT_EXCEEDED")


def test_upper_case_fields_are_understood(desk: Desk) -> None:
    fields = {"CODE": "c", "PROPERTIES": {"NAME": "N"}, "EVENT_MODE": "webhook", "WEBHOOK_URL": EVENTS_URL}

    assert desk.call("imbot.v2.Bot.register", {"FIELDS": fields}).result["bot"]["eventMode"] == "webhook"


def test_update_changes_name_and_switches(bot: Desk) -> None:
    made = update(
        bot, properties={"name": "New", "lastName": "", "workPosition": "P"}, isHidden="Y", backgroundId="mint"
    )

    assert made.result["users"][0]["name"] == "New"
    assert (made.result["bot"]["isHidden"], made.result["bot"]["backgroundId"]) == (True, "mint")
    assert update(bot, backgroundId="pink").result["bot"]["backgroundId"] is None


def test_update_rebinds_the_address(bot: Desk, portal: Portal) -> None:
    update(bot, eventMode="webhook", webhookUrl=OTHER_URL)

    assert {row.url for row in portal.subscriptions.rows} == {OTHER_URL}
    assert len(portal.subscriptions.rows) == 8


def test_update_to_webhook_without_an_address_binds_nothing(bot: Desk, portal: Portal) -> None:
    update(bot, eventMode="webhook")

    assert portal.subscriptions.rows == []


async def test_old_revisions_keep_the_old_address_too(bot: Desk, portal: Portal) -> None:
    portal.options.revision = 33
    update(bot, webhookUrl=OTHER_URL)
    assert {row.url for row in portal.subscriptions.rows} == {EVENTS_URL}

    update(bot, eventMode="webhook", webhookUrl=OTHER_URL)
    portal.say(17, "hello")
    await portal.deliver()

    sent = [url for url, event in bot.received if event["event"].endswith("MESSAGEADD")]
    assert sent == [EVENTS_URL, OTHER_URL]
    assert bot.call("imbot.v2.Bot.get", {"botId": 905}).result["bot"]["appId"] == "49"


def test_a_second_bot_keeps_old_addresses(bot: Desk, portal: Portal) -> None:
    register(bot, code="second")
    update(bot, eventMode="webhook", webhookUrl=OTHER_URL)

    assert {row.url for row in portal.subscriptions.of_bot(905, "ONIMBOTV2MESSAGEADD")} == {EVENTS_URL, OTHER_URL}


@pytest.mark.parametrize(
    ("params", "code"), [({}, "BOT_ID_REQUIRED"), ({"botId": 1}, "BOT_NOT_FOUND"), ({"code": "no"}, "BOT_NOT_FOUND")]
)
def test_bots_that_are_not_there(bot: Desk, params: dict[str, Any], code: str) -> None:
    assert bot.call("imbot.v2.Bot.get", params).error == (400, code)


def test_ownership_is_of_the_application_not_of_the_person(bot: Desk, portal: Portal) -> None:
    get = "imbot.v2.Bot.get"

    assert bot.call(get, {"botId": 905}, user=17).status == 200
    assert bot.call(get, {"code": "agenda_bot"}).result["bot"]["id"] == 905
    assert second_app(portal).call(get, {"botId": 905}).error == (400, "BOT_OWNERSHIP_ERROR")


def test_list_pages_and_filters(bot: Desk) -> None:
    register(bot, code="second", type="supervisor")
    listed = "imbot.v2.Bot.list"

    assert [item["id"] for item in bot.call(listed).result["bots"]] == [905, 906]
    assert bot.call(listed, {"limit": 1}).result["hasNextPage"] is True
    assert [item["id"] for item in bot.call(listed, {"filter": {"type": "supervisor"}}).result["bots"]] == [906]


async def test_unregister_takes_everything_away(bot: Desk, portal: Portal) -> None:
    portal.open_chat(17)

    assert bot.call("imbot.v2.Bot.unregister", {"botId": 905}).result == {"result": True}

    assert (await bot.names())[-1] == "ONIMBOTV2DELETE"
    assert portal.subscriptions.rows == []
    assert portal.bots.commands == {}
    assert bot.call("imbot.v2.Bot.list").result == {"bots": [], "users": [], "hasNextPage": False}


def test_deleting_the_application_frees_the_code(bot: Desk, portal: Portal) -> None:
    portal.uninstall(bot.app)

    assert register(second_app(portal)).result["bot"]["id"] == 906


def test_revision(desk: Desk) -> None:
    assert desk.call("imbot.v2.Revision.get").result["rest"] == 36


# -- D.2


def test_commands_are_registered_once(bot: Desk) -> None:
    method = "imbot.v2.Command.register"
    fields = {"command": "/decline", "title": {"en": "Decline", "ru": "Отклонить"}, "params": {"en": "number"}}
    made = bot.call(method, {"botId": 905, "fields": fields}).result["command"]
    again = bot.call(method, {"botId": 905, "fields": {**fields, "title": {"en": "Other"}, "common": True}}).result

    assert made == {
        "id": 79,
        "botId": 905,
        "command": "/decline",
        "common": False,
        "hidden": False,
        "extranetSupport": False,
    }
    assert again["command"] == made
    listed = bot.call("imbot.v2.Command.list", {"botId": 905}, user=31).result["commands"]
    assert set(listed[1]) == shapes.COMMAND
    assert (listed[1]["title"], listed[1]["params"], listed[1]["category"]) == ("Отклонить", "number", "Agenda Bot")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"command": "/", "title": {"en": "x"}}, "COMMAND_REQUIRED"),
        ({"command": "two words", "title": {"en": "x"}}, "COMMAND_NAME_INVALID"),
        ({"command": "bare"}, "COMMAND_TITLE_REQUIRED"),
    ],
)
def test_commands_refused(bot: Desk, fields: dict[str, Any], code: str) -> None:
    assert bot.call("imbot.v2.Command.register", {"botId": 905, "fields": fields}).error == (400, code)


def test_hidden_commands_need_no_title(bot: Desk) -> None:
    assert bot.add_command("secret", hidden=True, title=None) == 79


def test_titles_are_missing_in_lists_of_old_revisions(bot: Desk, portal: Portal) -> None:
    portal.options.revision = 33

    assert bot.call("imbot.v2.Command.list", {"botId": 905}).result["commands"][0]["title"] == ""


def test_commands_are_updated_by_language(bot: Desk, portal: Portal) -> None:
    def change(**fields: Any) -> Answer:
        return bot.call("imbot.v2.Command.update", {"botId": 905, "commandId": 78, "fields": fields})

    bot.add_command("taken")
    assert change(title={"ru": "Принять", "en": None}, common="Y").result["command"]["common"] is True
    assert portal.bots.commands[78].titles == {"ru": "Принять"}
    assert change(command="yes").result["command"]["command"] == "/yes"
    assert change(command="").error == (400, "COMMAND_NAME_EMPTY")
    assert change(command="taken").error == (400, "COMMAND_ALREADY_EXISTS")
    assert change(title="x").error == (400, "COMMAND_TITLE_INVALID")


def test_commands_are_unregistered(bot: Desk) -> None:
    params = {"botId": 905, "commandId": 78}

    assert bot.call("imbot.v2.Command.unregister", params).result == {"result": True}
    assert bot.call("imbot.v2.Command.unregister", params).error == (400, "COMMAND_NOT_FOUND")


def answer(desk: Desk, message_id: int, **fields: Any) -> Answer:
    params = {"botId": 905, "commandId": 78, "messageId": message_id, "dialogId": "17"}
    return desk.call("imbot.v2.Command.answer", {**params, "fields": {"message": "Done.", **fields}})


def test_a_fired_command_is_answered_for_ten_minutes(bot: Desk, portal: Portal, clock: ManualClock) -> None:
    message = portal.say(17, "/accept 651")

    clock.advance(600)
    assert answer(bot, message.id).result == {"result": True}
    assert portal.replies(17) == ["Done."]

    clock.advance(1)
    assert answer(bot, message.id).result == {"result": True}
    assert portal.replies(17) == ["Done."]


def test_a_message_without_a_command_has_no_grant(bot: Desk, portal: Portal) -> None:
    message = portal.say(17, "hello")

    assert answer(bot, message.id).result == {"result": True}
    assert portal.replies(17) == []


def test_answering_nothing_fails(bot: Desk, portal: Portal) -> None:
    message = portal.say(17, "/accept 651")

    assert answer(bot, 1).error == (400, "COMMAND_ANSWER_FAILED")
    assert answer(bot, message.id, message=" ").error == (400, "COMMAND_ANSWER_FAILED")


def test_a_bot_outside_answers_a_common_command_as_the_system(bot: Desk, portal: Portal) -> None:
    portal.bots.commands[78].common = True
    message = portal.say(23, "/accept 651", chat=311)

    answer(bot, message.id)

    said = portal.messages[-1]
    assert (said.chat_id, said.system, said.text) == (311, True, "Agenda Bot:\nDone.")


# -- D.3


def send(desk: Desk, dialog: str = "17", **fields: Any) -> Answer:
    params = {"botId": 905, "dialogId": dialog, "fields": {"message": "Hello", **fields}}
    return desk.call("imbot.v2.Chat.Message.send", params)


def test_send_opens_the_private_chat(bot: Desk, portal: Portal) -> None:
    assert send(bot).result == {"id": 84_001, "uuidMap": []}

    assert [(message.dialog_id, message.author_id, message.text) for message in portal.messages] == [
        ("17", 905, "Hello")
    ]
    assert portal.replies(17) == ["Hello"]


async def test_send_raises_no_events(bot: Desk, portal: Portal) -> None:
    send(bot)
    send(bot, message="/accept 651")
    portal.invite_bot(311)
    send(bot, dialog="chat311", message="[USER=905]me[/USER] hi")

    assert await bot.names() == ["ONAPPINSTALL", "ONIMBOTV2JOINCHAT"]


@pytest.mark.parametrize(
    ("dialog", "code"),
    [("chat311", "ACCESS_DENIED"), ("chat999", "CHAT_NOT_FOUND"), ("999", "CHAT_NOT_FOUND"), ("", "CHAT_NOT_FOUND")],
)
def test_send_to_where_the_bot_is_not(bot: Desk, dialog: str, code: str) -> None:
    assert send(bot, dialog=dialog).error == (400, code)


def test_send_wants_words(bot: Desk, portal: Portal) -> None:
    assert send(bot, message=" \n").error == (400, "EMPTY_MESSAGE")
    assert send(bot, message="", attach=[{"MESSAGE": "x"}]).status == 200
    assert send(bot, attach="x").error == (400, "PARAM_ATTACH_ERROR")
    assert send(bot, replyId=1).error == (400, "REPLY_ERROR")
    assert send(bot, replyId=portal.messages[-1].id, urlPreview="N", system=True).status == 200
    assert (portal.messages[-1].url_preview, portal.messages[-1].system) == (False, True)


def test_long_text_is_cut(bot: Desk, portal: Portal) -> None:
    send(bot, message="x" * (LONGEST_TEXT + 1))

    assert portal.messages[-1].text == "x" * 20_000 + CUT_MARK


def change(desk: Desk, message_id: int, **fields: Any) -> Answer:
    return desk.call("imbot.v2.Chat.Message.update", {"botId": 905, "messageId": message_id, "fields": fields})


def test_update_rewrites(bot: Desk, portal: Portal) -> None:
    number = bot.write("One", keyboard=[ACCEPT])

    assert change(bot, number, message="Two").result == {"result": True}

    message = portal.messages[-1]
    assert (message.text, message.edited, message.previous_texts) == ("Two", True, ["One"])
    assert message.keyboard


def test_update_with_empty_text_deletes(bot: Desk, portal: Portal) -> None:
    number = bot.write("One")
    change(bot, number, message="")

    assert portal.messages[-1].deleted
    assert portal.replies(17) == []
    assert change(bot, number, message="Two").error == (400, "MESSAGE_NOT_FOUND")


def test_update_of_keyboards(bot: Desk, portal: Portal) -> None:
    number = bot.write("One", keyboard=[ACCEPT])
    message = portal.messages[-1]

    assert change(bot, number, keyboard={"BUTTONS": [ACCEPT]}).error == (400, "PARAM_KEYBOARD_ERROR")
    change(bot, number, keyboard={"BOT_ID": 905, "BUTTONS": [{**ACCEPT, "TEXT": "Yes"}]})
    assert message.keyboard[0]["TEXT"] == "Yes"
    change(bot, number, message="Two")
    assert message.keyboard[0]["TEXT"] == "Yes"
    change(bot, number, keyboard="N")
    assert (message.text, message.keyboard) == ("Two", [])


def test_update_without_the_bots_id_keeps_only_what_is_no_command(bot: Desk, portal: Portal) -> None:
    number = bot.write("One", keyboard=[ACCEPT])
    link = {"TEXT": "Open", "LINK": "https://example.org/"}

    assert change(bot, number, keyboard=[ACCEPT, {"TYPE": "NEWLINE"}, link]).result == {"result": True}
    assert [button.get("TEXT") for button in portal.messages[-1].keyboard] == [None, "Open"]


def test_update_has_no_window(bot: Desk, portal: Portal, clock: ManualClock) -> None:
    number = bot.write("One")
    clock.advance(30 * 24 * 3600)

    assert change(bot, number, message="Two").result == {"result": True}
    assert portal.messages[-1].text == "Two"


def test_rows_of_buttons_keep_their_order(bot: Desk, portal: Portal) -> None:
    row = {"TYPE": "NEWLINE"}
    bot.write("q", keyboard=[{**ACCEPT, "TEXT": "1"}, {**ACCEPT, "TEXT": "2"}, row, {**ACCEPT, "TEXT": "3"}, row])

    kept = portal.messages[-1].keyboard
    assert [button.get("TEXT") or button["TYPE"] for button in kept] == ["1", "2", "NEWLINE", "3", "NEWLINE"]


def test_only_own_messages_are_changed(bot: Desk, portal: Portal) -> None:
    theirs = portal.say(17, "hello").id
    system = bot.write("x", system=True)

    assert change(bot, theirs, message="x").error == (400, "ACCESS_DENIED")
    assert change(bot, system, message="x").error == (400, "ACCESS_DENIED")
    portal.options.error_statuses = "source"
    assert change(bot, theirs, message="x").error == (400, "MESSAGE_ACCESS_DENIED")


def test_delete(bot: Desk, portal: Portal) -> None:
    number = bot.write("One")

    assert bot.call("imbot.v2.Chat.Message.delete", {"botId": 905, "messageId": number}).result == {"result": True}
    assert portal.dialog(17) == []


def test_reactions(bot: Desk, portal: Portal) -> None:
    message = portal.say(17, "hello")
    add, take = ("imbot.v2.Chat.Message.Reaction.add", "imbot.v2.Chat.Message.Reaction.delete")
    params = {"botId": 905, "messageId": message.id, "reaction": "whiteHeavyCheckMark"}

    assert bot.call(add, params).result == {"result": True}
    assert message.reactions == {(905, "whiteHeavyCheckMark")}
    assert bot.call(add, params).error == (400, "REACTION_ALREADY_SET")
    assert bot.call(add, {**params, "reaction": "yes"}).error == (400, "REACTION_NOT_FOUND")
    assert bot.call(add, {**params, "messageId": portal.say(23, "x", chat=311).id}).error == (400, "ACCESS_DENIED")
    assert bot.call(take, params).result == {"result": True}
    assert message.reactions == set()


def test_signs_of_work(bot: Desk, portal: Portal) -> None:
    notify = "imbot.v2.Chat.InputAction.notify"
    params = {"botId": 905, "dialogId": "17"}

    assert bot.call(notify, {**params, "statusMessageCode": "IMBOT_AGENT_ACTION_CHECKING"}).result == {"result": True}
    assert portal.messenger.actions[-1].code == "IMBOT_AGENT_ACTION_CHECKING"
    assert bot.call(notify, {**params, "duration": 601}).error == (400, "ERROR_ARGUMENT")
    assert bot.call(notify, {**params, "statusMessageCode": "SLEEPING"}).error == (400, "ERROR_ARGUMENT")


# -- D.5


def test_buttons_are_kept_as_the_portal_keeps_them(bot: Desk, portal: Portal) -> None:
    bot.write("q", keyboard={"BUTTONS": [{**ACCEPT, "COMMAND": "/accept", "BLOCK": "Y", "BG_COLOR_TOKEN": "primary"}]})

    kept = portal.messages[-1].keyboard[0]
    assert set(kept) == shapes.BUTTON
    assert (kept["BOT_ID"], kept["COMMAND"], kept["BLOCK"], kept["DISPLAY"]) == (905, "accept", "Y", "BLOCK")


@pytest.mark.parametrize(
    "button",
    [
        {"TEXT": ""},
        {"TEXT": "x"},
        {"text": "x", "command": "accept"},
        {"TEXT": "x", "LINK": "javascript:1"},
        {"TEXT": "x", "ACTION": "RUN", "ACTION_VALUE": "x"},
        {"TEXT": "x", "ACTION": "SEND"},
        {"TEXT": "x", "LINK": "bad", "COMMAND": "accept"},
        {"TYPE": "NEWLINE"},
    ],
)
def test_bad_buttons_vanish(bot: Desk, portal: Portal, button: dict[str, Any]) -> None:
    assert send(bot, keyboard=[button]).error == (400, "PARAM_KEYBOARD_ERROR")

    bot.write("q", keyboard=[button, ACCEPT])
    assert [item["TEXT"] for item in portal.messages[-1].keyboard if "TEXT" in item] == ["Accept"]


def test_keyboards_come_as_text_too(bot: Desk, portal: Portal) -> None:
    bot.write("q", keyboard='[{"TEXT":"Go","LINK":"https://example.org"},{"TEXT":"A","APP_ID":5}]')

    assert [item["TEXT"] for item in portal.messages[-1].keyboard] == ["Go", "A"]
    assert send(bot, keyboard="{").error == (400, "PARAM_KEYBOARD_ERROR")
    assert send(bot, keyboard=[{"TEXT": "x" * 60_000, "LINK": "/"}]).error == (400, "PARAM_KEYBOARD_ERROR")


# -- E.8


def test_fetching_events(desk: Desk, portal: Portal, clock: ManualClock) -> None:
    desk.add_bot(eventMode="fetch")
    for text in ("one", "two", "three"):
        portal.say(17, text)

    def fetch(**params: Any) -> dict[str, Any]:
        found: dict[str, Any] = desk.call("imbot.v2.Event.get", {"botId": 905, **params}).result
        return found

    page = fetch(limit=2)
    assert [event["type"] for event in page["events"]] == ["ONIMBOTV2JOINCHAT", "ONIMBOTV2MESSAGEADD"]
    assert (page["nextOffset"], page["hasMore"]) == (1003, True)
    data = page["events"][1]["data"]
    assert (data["message"]["id"], data["message"]["isSystem"], data["message"]["forward"]) == (84_001, False, None)
    assert "auth" not in data["bot"]
    assert fetch()["events"][0]["eventId"] == 1001
    assert [event["eventId"] for event in fetch(offset=1003)["events"]] == [1003, 1004]
    assert fetch(offset=1005) == {"events": [], "nextOffset": 1005, "hasMore": False}
    portal.say(17, "four")
    clock.advance(24 * 3600)
    assert fetch()["events"] == []


def test_changing_the_mode_empties_the_log(desk: Desk, portal: Portal) -> None:
    desk.add_bot(eventMode="fetch")
    portal.say(17, "one")
    update(desk, eventMode="webhook", webhookUrl=EVENTS_URL)

    assert desk.call("imbot.v2.Event.get", {"botId": 905}).result["events"] == []
