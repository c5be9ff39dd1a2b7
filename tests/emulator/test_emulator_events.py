"""Who gets which event, and what it says (contract A.2, A.4, E, F.2)."""

import pytest

from bot.emulator.clock import ManualClock
from bot.emulator.options import EventAuth
from bot.emulator.portal import Portal
from bot.emulator.seed import demo_portal
from tests.emulator import shapes
from tests.emulator.desk import EVENTS_URL, INSTALL_URL, Desk

ACCEPT = {"TEXT": "Accept", "COMMAND": "accept", "COMMAND_PARAMS": "651"}
NULLS = {"forward", "diskFolderId", "backgroundId"}

# -- A.2, A.4


async def test_the_install_callback(desk: Desk) -> None:
    url, event = desk.received[0]

    assert url == INSTALL_URL
    assert set(event) == {"event", "event_handler_id", "data", "ts", "auth"}
    assert event["event"] == "ONAPPINSTALL"
    assert event["data"] == {"VERSION": "1", "ACTIVE": "Y", "INSTALLED": "Y", "LANGUAGE_ID": "en"}
    assert set(event["auth"]) == shapes.AUTH
    assert (event["auth"]["user_id"], event["auth"]["status"]) == ("1", "L")
    assert event["ts"] == "1795424400"


async def test_the_minimal_install_callback(clock: ManualClock) -> None:
    desk = await Desk.installed(demo_portal(clock, install_minimal=True))
    _, event = desk.received[0]

    assert set(event) == {"event", "data", "ts", "auth"}
    assert set(event["auth"]) == shapes.AUTH - {"expires", "user_id"}
    assert event["auth"]["scope"] == "im imbot calendar user_brief"


async def test_nothing_is_delivered_before_the_installation_ends(portal: Portal) -> None:
    desk = Desk(portal, portal.create_app("https://b.example.org/h", INSTALL_URL, with_ui=True))
    portal.post = desk.post
    portal.install(desk.app)
    desk.add_bot()
    portal.say(17, "hello")
    assert await desk.events() == []

    portal.finish_install(desk.app)
    portal.say(17, "hello")
    assert await desk.names() == ["ONAPPINSTALL", "ONIMBOTV2MESSAGEADD"]


async def test_the_token_of_the_application_is_the_same_everywhere(bot: Desk) -> None:
    bot.portal.say(17, "hello")
    bot.portal.install(bot.app)
    events = await bot.events()

    assert {event["auth"]["application_token"] for event in events} == {bot.app.application_token}
    assert len({event["auth"]["access_token"] for event in events}) == len(events)


async def test_the_uninstall_event_has_no_tokens(bot: Desk) -> None:
    bot.call("event.bind", {"event": "ONAPPUNINSTALL", "handler": EVENTS_URL})
    bot.portal.uninstall(bot.app, clean=False)

    event = await bot.last()

    assert event["data"] == {"LANGUAGE_ID": "en", "CLEAN": "0"}
    assert set(event["auth"]) == shapes.AUTH_WITHOUT_USER


async def test_an_update_of_the_application(desk: Desk) -> None:
    desk.call("event.bind", {"event": "ONAPPUPDATE", "handler": EVENTS_URL})
    desk.portal.update_app(desk.app)

    assert (await desk.last())["data"] == {"VERSION": "2", "PREVIOUS_VERSION": "1", "LANGUAGE_ID": "en"}


# -- E: shapes


async def test_a_private_message(bot: Desk) -> None:
    message = bot.portal.say(17, "accept 651")

    event = await bot.last()

    data = event["data"]
    assert event["event"] == "ONIMBOTV2MESSAGEADD"
    assert set(data) == {"bot", "message", "chat", "user", "language"}
    assert set(data["message"]) == shapes.MESSAGE - NULLS - {"params"}
    assert set(data["chat"]) == shapes.CHAT - NULLS
    assert set(data["user"]) == shapes.USER
    assert set(event["auth"]) == shapes.AUTH
    assert (data["message"]["id"], data["message"]["authorId"]) == (str(message.id), "17")
    assert (data["chat"]["dialogId"], data["chat"]["type"], data["chat"]["id"]) == ("17", "private", "2044")
    assert event["auth"]["user_id"] == data["user"]["id"] == "17"
    assert data["bot"]["auth"]["user_id"] == data["bot"]["id"] == "905"
    assert data["user"]["active"] == "1"
    assert data["user"]["extranet"] == "0"


async def test_blank_nulls(bot: Desk) -> None:
    bot.portal.options.nulls = "blank"
    bot.portal.say(17, "accept 651")

    data = (await bot.last())["data"]

    assert data["message"]["forward"] == ""
    assert set(data["chat"]) == shapes.CHAT
    assert "params" not in data["message"]


@pytest.mark.parametrize(
    ("auth", "keys"),
    [
        ("full", shapes.AUTH),
        ("no_refresh", shapes.AUTH - {"refresh_token"}),
        ("no_user_id", shapes.AUTH - {"user_id"}),
        ("minimal", {"domain", "application_token"}),
        ("absent", shapes.AUTH_WITHOUT_USER),
    ],
)
async def test_how_much_authorization_comes(bot: Desk, auth: EventAuth, keys: frozenset[str]) -> None:
    bot.portal.options.event_auth = auth
    bot.portal.say(17, "accept 651")

    event = await bot.last()

    assert set(event["auth"]) == keys
    assert ("event_handler_id" in event) is (auth != "minimal")


async def test_somebody_elses_authorization(bot: Desk) -> None:
    bot.portal.say(17, "accept 651", auth_as=1)

    event = await bot.last()

    assert (event["auth"]["user_id"], event["data"]["user"]["id"]) == ("1", "17")


async def test_language_is_the_persons_or_the_portals(bot: Desk) -> None:
    bot.portal.say(31, "привет")
    assert (await bot.last())["data"]["language"] == "ru"

    bot.portal.options.language = "de"
    bot.portal.say(23, "hallo")
    assert (await bot.last())["data"]["language"] == "de"


async def test_text_is_decoded_and_mentions_stay(bot: Desk) -> None:
    bot.portal.say(17, "[USER=905]Bot[/USER] a &amp; b[br]c &#91;x&#93;")

    assert (await bot.last())["data"]["message"]["text"] == "[USER=905]Bot[/USER] a & b\nc [x]"


async def test_kinds_of_people(bot: Desk) -> None:
    portal = bot.portal
    portal.add_user(90, "Client", connector=True, kind="guest", external_auth="imconnector")
    for user in (88, 90):
        portal.say(user, "accept 651")
    outsider, client = [event["data"]["user"] for event in await bot.events("MESSAGEADD")]
    portal.options.staff_type = "employee"
    portal.say(17, "accept 651")

    assert (outsider["extranet"], outsider["type"]) == ("1", "extranet")
    assert "departments" not in outsider
    assert (client["connector"], client["type"], client["externalAuthId"]) == ("1", "guest", "imconnector")
    assert (await bot.last())["data"]["user"]["type"] == "employee"


async def test_a_forwarded_message_says_whose_words_they_are(bot: Desk) -> None:
    words = bot.portal.say(23, "accept 651", chat=311)
    bot.portal.say(17, "accept 651", forward=words.id)

    assert (await bot.last())["data"]["message"]["forward"] == {
        "id": f"311/{words.id}",
        "userId": "23",
        "chatTitle": "Project room",
        "chatType": "chat",
    }


async def test_edits_deletions_reactions_contexts(bot: Desk) -> None:
    portal = bot.portal
    message = portal.say(17, "accept 651")
    portal.edit(message.id, "accept 653", auth_as=1)
    edited = await bot.last()
    portal.delete(message.id)
    deleted = await bot.last()
    bot.write("Done.")
    portal.react(17, portal.messages[-1].id)
    portal.react(17, portal.messages[-1].id)
    added, taken = (await bot.events("REACTIONCHANGE"))[-2:]
    portal.open_context(17, {"entityType": "calendar", "entityId": "651"})
    opened = await bot.last()

    assert edited["event"] == "ONIMBOTV2MESSAGEUPDATE"
    assert (edited["data"]["message"]["text"], edited["data"]["message"]["params"]) == (
        "accept 653",
        {"IS_EDITED": "Y"},
    )
    assert (edited["auth"]["user_id"], edited["data"]["user"]["id"]) == ("1", "17")
    assert set(deleted["data"]) == {"bot", "messageId", "chat", "user", "language"}
    assert (added["data"]["action"], taken["data"]["action"]) == ("add", "delete")
    assert added["data"]["message"]["authorId"] == "905"
    assert opened["event"] == "ONIMBOTV2CONTEXTGET"
    assert opened["data"]["context"] == {"entityType": "calendar", "entityId": "651"}


async def test_refresh_tokens_come_only_where_listed(bot: Desk) -> None:
    portal = bot.portal
    portal.say(17, "hello")
    bot.write("Done.")
    portal.react(17, portal.messages[-1].id)
    portal.say(17, "/accept 651")
    portal.remove_bot(by=1)

    having = {event["event"]: "refresh_token" in event["auth"] for event in await bot.events()}

    assert having == {
        "ONAPPINSTALL": True,
        "ONIMBOTV2JOINCHAT": False,
        "ONIMBOTV2MESSAGEADD": True,
        "ONIMBOTV2REACTIONCHANGE": True,
        "ONIMBOTV2COMMANDADD": True,
        "ONIMBOTV2DELETE": False,
    }


async def test_a_bot_that_goes_without_a_person(bot: Desk) -> None:
    bot.portal.remove_bot()

    event = await bot.last()

    assert event["data"] == {"bot": {"id": "905", "code": "agenda_bot"}}
    assert set(event["auth"]) == shapes.AUTH_WITHOUT_USER


# -- E.6: who gets what


async def test_joining(bot: Desk) -> None:
    portal = bot.portal
    portal.open_chat(17)
    portal.open_chat(17)
    portal.invite_bot(311, by=17)
    portal.invite_bot(311)

    private, group = await bot.events("JOINCHAT")

    assert (private["data"]["dialogId"], private["data"]["chat"]["isNew"]) == ("17", "1")
    assert (group["data"]["dialogId"], group["data"]["user"]["id"]) == ("chat311", "17")


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("[USER=905]Agenda Bot[/USER], decline 651", True),
        ("please [user=905 replace]Bot[/user]", True),
        ("decline 651", False),
        ("[USER=17]Mira[/USER] hi", False),
        ("[USER=all]All[/USER] hi", False),
    ],
)
async def test_groups_want_a_mention(bot: Desk, text: str, heard: bool) -> None:  # noqa: FBT001 - a column of the table
    bot.portal.invite_bot(311)
    bot.portal.say(23, text, chat=311)

    assert bool(await bot.events("MESSAGEADD")) is heard


async def test_a_bot_outside_the_group_hears_nothing(bot: Desk) -> None:
    bot.portal.say(23, "[USER=905]Bot[/USER] /accept 651", chat=311)
    bot.portal.say(23, "/accept 651", chat=311)

    assert await bot.names() == ["ONAPPINSTALL"]


async def test_supervisors_hear_everything(desk: Desk) -> None:
    desk.add_bot(type="supervisor")
    desk.portal.invite_bot(311)
    desk.portal.say(23, "decline 651", chat=311)

    assert len(await desk.events("MESSAGEADD")) == 1


async def test_open_lines_are_for_their_own_bots(bot: Desk) -> None:
    bot.portal.add_user(90, "Client", connector=True)
    bot.portal.add_group(500, "Line", [17, 90], entity_type="LINES")
    bot.portal.invite_bot(500)
    bot.portal.say(90, "[USER=905]Bot[/USER] accept 651", chat=500)

    assert await bot.events("MESSAGEADD") == []


async def test_a_command_comes_instead_of_the_message(bot: Desk) -> None:
    message = bot.portal.say(17, "/accept 651 please")

    event = await bot.last()

    assert await bot.events("MESSAGEADD") == []
    assert event["data"]["command"] == {"id": "78", "command": "/accept", "params": "651 please", "context": "textarea"}
    assert event["data"]["message"]["id"] == str(message.id)
    assert set(event["data"]) == {"bot", "command", "message", "chat", "user", "language"}


@pytest.mark.parametrize("text", ["/unknown 651", "/Accept 651", "/accepted", " /accept 651", "accept /accept"])
async def test_what_is_no_command_is_a_message(bot: Desk, text: str) -> None:
    bot.portal.say(17, text)

    assert (await bot.last())["event"] == "ONIMBOTV2MESSAGEADD"


async def test_every_line_counts_once_and_ten_at_most(bot: Desk) -> None:
    lines = ["hello", "/accept 1", "/accept 1 ", *(f"/accept {number}" for number in range(2, 20))]
    bot.portal.say(17, "\n".join(lines))

    params = [event["data"]["command"]["params"] for event in await bot.events("COMMANDADD")]

    assert params == [str(number) for number in range(1, 11)]


async def test_outsiders_commands_are_messages_unless_supported(bot: Desk) -> None:
    bot.portal.say(88, "/accept 651")
    first = await bot.last()
    bot.portal.bots.commands[78].extranet = True
    bot.portal.say(88, "/accept 651")

    assert (first["event"], first["data"]["message"]["text"]) == ("ONIMBOTV2MESSAGEADD", "/accept 651")
    assert (await bot.last())["event"] == "ONIMBOTV2COMMANDADD"


async def test_a_foreign_common_command_keeps_the_message_from_all(bot: Desk) -> None:
    app = bot.portal.create_app("https://b.example.org/h", "https://b.example.org/i")
    bot.portal.install(app)
    other = Desk(bot.portal, app)
    other.add_bot("other_bot", webhookUrl="https://b.example.org/e")
    other.add_command("vote", 906, common=True)
    bot.portal.say(17, "/vote 5")

    assert await bot.events("MESSAGEADD") == []
    assert [url for url, event in bot.received if event["event"].endswith("COMMANDADD")] == ["https://b.example.org/e"]


async def test_a_button_acts_for_whoever_presses_it(bot: Desk) -> None:
    portal = bot.portal
    portal.invite_bot(311)
    number = bot.write("Will you attend?", dialog="chat311", keyboard=[ACCEPT])

    pressed = [portal.press(user, number, "Accept") for user in (23, 17, 17)]
    events = await bot.events("COMMANDADD")

    assert pressed[0].value == "/accept 651"
    assert [event["auth"]["user_id"] for event in events] == ["23", "17", "17"]
    assert {event["data"]["message"]["id"] for event in events} == {str(number)}
    assert {event["data"]["message"]["authorId"] for event in events} == {"905"}
    assert {event["data"]["command"]["context"] for event in events} == {"keyboard"}
    assert events[0]["data"]["message"]["params"]["KEYBOARD"][0]["COMMAND"] == "accept"


async def test_other_buttons(bot: Desk) -> None:
    portal = bot.portal
    keyboard = [
        {"TEXT": "Open", "LINK": "https://example.org/"},
        {"TYPE": "NEWLINE"},
        {"TEXT": "Say", "ACTION": "SEND", "ACTION_VALUE": "accept 651"},
        {"TEXT": "Put", "ACTION": "PUT", "ACTION_VALUE": "accept"},
        {"TEXT": "App", "APP_ID": 1, "APP_PARAMS": "x"},
        {"TEXT": "Lost", "COMMAND": "no_such"},
    ]
    number = bot.write("q", keyboard=keyboard)

    assert [portal.press(17, number, index).kind for index in range(5)] == ["link", "send", "put", "app", "command"]
    assert [event["data"]["message"]["text"] for event in await bot.events("MESSAGEADD")] == ["accept 651"]
    assert await bot.events("COMMANDADD") == []
    with pytest.raises(LookupError):
        portal.press(17, number, "None")
    with pytest.raises(LookupError):
        portal.press(17, number, 9)
    with pytest.raises(PermissionError):
        portal.press(23, number, "Say")


async def test_a_button_that_is_switched_off_is_shown_and_not_pressed(bot: Desk) -> None:
    off = {"TEXT": "Accepted", "COMMAND": "accept", "COMMAND_PARAMS": "651", "DISABLED": "Y"}
    number = bot.write("q", keyboard=[off, ACCEPT])

    assert [button["DISABLED"] for button in bot.portal.messages[-1].keyboard] == ["Y", "N"]
    with pytest.raises(ValueError, match="'Accepted' is disabled"):
        bot.portal.press(17, number, "Accepted")
    with pytest.raises(ValueError, match="0 is disabled"):
        bot.portal.press(17, number, 0)
    assert await bot.events("COMMANDADD") == []


async def test_a_click_on_send_speaks_for_the_reader(bot: Desk) -> None:
    portal = bot.portal
    number = bot.write("[send=accept 651]Click[/send] or [send]dnd[/send]")

    said = [portal.send_click(17, number, index) for index in (0, 1)]

    assert [(message.author_id, message.text) for message in said] == [(17, "accept 651"), (17, "dnd")]
    assert [event["auth"]["user_id"] for event in await bot.events("MESSAGEADD")] == ["17", "17"]
    with pytest.raises(LookupError):
        portal.send_click(17, number, 2)


def test_people_write_only_where_they_are(bot: Desk) -> None:
    with pytest.raises(PermissionError):
        bot.portal.say(88, "hello", chat=311)
    with pytest.raises(LookupError):
        bot.portal.say(17, "hello", bot_id=999)


# -- F.2


async def test_v1_private_message(bot_v1: Desk) -> None:
    bot_v1.portal.say(17, "accept 651")

    event = await bot_v1.last()

    data = event["data"]
    assert event["event"] == "ONIMBOTMESSAGEADD"
    assert set(data) == {"BOT", "PARAMS", "USER"}
    assert set(data["BOT"]["905"]) == shapes.BOT_V1
    assert set(data["BOT"]["905"]["AUTH"]) == shapes.BOT_V1 - {"AUTH", "BOT_ID", "BOT_CODE"}
    assert set(data["PARAMS"]) == shapes.PARAMS_V1_PRIVATE
    assert set(data["USER"]) == shapes.USER_V1
    assert set(event["auth"]) == shapes.AUTH
    assert (data["PARAMS"]["FROM_USER_ID"], data["PARAMS"]["MESSAGE"]) == ("17", "accept 651")


async def test_v1_group_message_loses_its_mentions(bot_v1: Desk) -> None:
    bot_v1.portal.invite_bot(311)
    bot_v1.portal.say(23, "[USER=905]Agenda Bot[/USER], decline 651", chat=311)

    params = (await bot_v1.last())["data"]["PARAMS"]

    assert set(params) == shapes.PARAMS_V1_GROUP
    assert params["MESSAGE"] == ", decline 651"
    assert params["MESSAGE_ORIGINAL"] == "[USER=905]Agenda Bot[/USER], decline 651"
    assert params["MENTIONED_LIST"] == {"905": "905"}


async def test_v1_commands(bot_v1: Desk) -> None:
    bot_v1.portal.say(17, "/accept 651")
    private = await bot_v1.last()
    bot_v1.portal.invite_bot(311)
    bot_v1.portal.say(23, "/accept 651", chat=311)
    group = await bot_v1.last()

    entry = private["data"]["COMMAND"]["78"]
    assert private["event"] == "ONIMCOMMANDADD"
    assert set(entry) == shapes.COMMAND_V1
    assert (entry["COMMAND"], entry["COMMAND_PARAMS"], entry["COMMAND_CONTEXT"]) == ("accept", "651", "TEXTAREA")
    assert set(private["data"]["PARAMS"]) == shapes.PARAMS_V1_COMMAND
    assert set(private["data"]["USER"]) == {key for key in shapes.USER_V1 if not key.startswith("IS_")}
    assert set(group["data"]["PARAMS"]) == shapes.PARAMS_V1_GROUP_COMMAND
    assert await bot_v1.events("MESSAGEADD") == []


async def test_v1_buttons(bot_v1: Desk) -> None:
    portal = bot_v1.portal
    params = {"BOT_ID": 905, "DIALOG_ID": "17", "MESSAGE": "q", "KEYBOARD": [ACCEPT]}
    number = bot_v1.call("imbot.message.add", params).result
    portal.press(17, number, 0)

    event = await bot_v1.last()

    assert event["data"]["COMMAND"]["78"]["COMMAND_PARAMS"] == "651"
    assert event["data"]["COMMAND"]["78"]["COMMAND_CONTEXT"] == "KEYBOARD"
    assert event["data"]["PARAMS"]["MESSAGE"] == "/ "
    assert event["data"]["PARAMS"]["FROM_USER_ID"] == "17"


async def test_v1_may_put_several_commands_and_bots_into_one_event(bot_v1: Desk) -> None:
    portal = bot_v1.portal
    portal.options.v1_grouped = True
    bot_v1.add_command_v1("decline")
    params = {"CODE": "second", "EVENT_HANDLER": EVENTS_URL, "PROPERTIES": {"NAME": "Second"}}
    bot_v1.call("imbot.register", params)
    portal.invite_bot(311)
    portal.invite_bot(311, bot_id=906)
    portal.say(17, "/accept 651\n/decline 652")
    portal.say(17, "/accept 651\n/accept 652")
    portal.say(17, "[USER=905]a[/USER] [USER=906]b[/USER]", chat=311)

    commands = [list(event["data"]["COMMAND"]) for event in await bot_v1.events("COMMANDADD")]
    assert commands == [["78", "79"], ["78"], ["78"]]
    assert list((await bot_v1.last())["data"]["BOT"]) == ["905", "906"]


async def test_v1_joining_changing_going(bot_v1: Desk) -> None:
    portal = bot_v1.portal
    message = portal.say(17, "hello")
    portal.edit(message.id, "bye")
    portal.delete(message.id)
    portal.invite_bot(311)
    portal.react(17, bot_v1.call("imbot.message.add", {"BOT_ID": 905, "DIALOG_ID": "17", "MESSAGE": "q"}).result)
    portal.open_context(17, {"a": "b"})
    portal.remove_bot(by=1)

    events = await bot_v1.events()

    assert [event["event"] for event in events][1:] == [
        "ONIMBOTJOINCHAT",
        "ONIMBOTMESSAGEADD",
        "ONIMBOTMESSAGEUPDATE",
        "ONIMBOTMESSAGEDELETE",
        "ONIMBOTJOINCHAT",
        "ONIMBOTDELETE",
    ]
    assert "refresh_token" not in events[1]["auth"]
    assert events[1]["data"]["PARAMS"]["TO_USER_ID"] == "17"
    assert events[5]["data"]["PARAMS"]["CHAT_ID"] == "311"
    assert events[6]["data"] == {"BOT_ID": "905", "BOT_CODE": "agenda_bot"}
