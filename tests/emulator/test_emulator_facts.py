"""Which facts of the contract the emulator reproduces: section, fact, and the check that shows it.

One row per fact, so that whoever trusts the emulator can see what that trust stands on; the details of each are in the
tests beside this file. Checks get an application on the demo company's portal, with bot 905 and its command `/accept`.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.emulator import faults
from bot.emulator.clock import ManualClock
from bot.emulator.limits import Bucket, Operating
from bot.emulator.seed import demo_portal
from tests.emulator.desk import EVENTS_URL, FORM, INSTALL_URL, JSON, Desk

SET, GET = "calendar.meeting.status.set", "calendar.meeting.status.get"
ACCEPT = {"TEXT": "Accept", "COMMAND": "accept", "COMMAND_PARAMS": "651"}

Check = Callable[[Desk], Awaitable[bool]]


@pytest.fixture
async def v1() -> Desk:
    desk = await Desk.installed(demo_portal(ManualClock(), v2=False))
    desk.add_bot_v1()
    desk.add_command_v1("accept")
    return desk


# -- A, B


async def installs(desk: Desk) -> bool:
    url, event = desk.received[0]
    return (url, event["event"], event["auth"]["user_id"]) == (INSTALL_URL, "ONAPPINSTALL", "1")


async def keeps_the_token(desk: Desk) -> bool:
    desk.portal.say(17, "x")
    return {event["auth"]["application_token"] for event in await desk.events()} == {desk.app.application_token}


async def uninstalls_without_tokens(desk: Desk) -> bool:
    desk.call("event.bind", {"event": "ONAPPUNINSTALL", "handler": EVENTS_URL})
    desk.portal.uninstall(desk.app)
    return "access_token" not in (await desk.last())["auth"] and desk.call("profile").status == 401


async def holds_back_until_installed(desk: Desk) -> bool:
    desk.app.installed = False
    desk.portal.say(17, "x")
    return await desk.names() == ["ONAPPINSTALL"]


async def delivers_once(desk: Desk) -> bool:
    async def refuse(_url: str, _body: bytes) -> int:
        return 500

    desk.portal.say(17, "x")
    return await desk.portal.deliver(refuse) == 2 and await desk.portal.deliver(refuse) == 0


def code(desk: Desk) -> str:
    return parse_qs(urlsplit(desk.portal.authorize(desk.app, 17, "s")).query)["code"][0]


async def codes_serve_once_for_30_s(desk: Desk) -> bool:
    first, late = code(desk), code(desk)
    good = desk.oauth(grant_type="authorization_code", code=first).status
    again = desk.oauth(grant_type="authorization_code", code=first).error
    desk.portal.clock.advance(31)
    return (good, again, desk.oauth(grant_type="authorization_code", code=late).error) == (
        200,
        (400, "invalid_grant"),
        (400, "invalid_grant"),
    )


async def names_the_oauth_host_as_domain(desk: Desk) -> bool:
    return bool(desk.oauth(grant_type="authorization_code", code=code(desk)).body["domain"] == "oauth.bitrix.info")


async def rotates(desk: Desk) -> bool:
    old = desk.portal.oauth.issue(desk.app, 17).refresh_token
    new = desk.oauth(grant_type="refresh_token", refresh_token=old).body["refresh_token"]
    return new != old and desk.oauth(grant_type="refresh_token", refresh_token=old).error == (400, "invalid_grant")


async def may_not_kill_the_old_one(desk: Desk) -> bool:
    desk.portal.options.old_refresh_survives = True
    old = desk.portal.oauth.issue(desk.app, 17).refresh_token
    return [desk.oauth(grant_type="refresh_token", refresh_token=old).status for _ in "ab"] == [200, 200]


async def expires(desk: Desk) -> bool:
    token = desk.token(17)
    desk.portal.clock.advance(3600)
    return desk.send("/rest/profile", f"auth={token}").error == (401, "expired_token")


async def says_wrong_client_with_200(desk: Desk) -> bool:
    asked = desk.oauth(grant_type="refresh_token", refresh_token="x", client_id="local.x")
    return asked.error == (200, "wrong_client")


# -- C


async def looks_up_lower_then_as_sent(desk: Desk) -> bool:
    desk.portal.open_chat(17)
    params = {"botId": 905, "dialogId": "17"}
    names = (
        "PROFILE.json",
        "imbot.v2.chat.message.SEND",
        "imbot.v2.Chat.InputAction.notify",
        "imbot.v2.chat.inputaction.notify",
    )
    return [desk.call(name, params).status for name in names] == [200, 400, 200, 404]


async def reads_invalid_json_as_nothing(desk: Desk) -> bool:
    return desk.send("/rest/profile", headers=JSON, body=b"{").error == (401, "NO_AUTH_FOUND")


async def lets_the_body_win(desk: Desk) -> bool:
    answer = desk.send(f"/rest/{GET}", f"auth={desk.token(17)}&eventId=655", headers=FORM, body=b"eventId=651")
    return bool(answer.result == "Q")


async def shows_empty_maps_as_lists(desk: Desk) -> bool:
    return desk.batch({"a": f"{GET}?eventId=0"})["result"] == []


async def gives_no_time_with_errors(desk: Desk) -> bool:
    return set(desk.call("no.such").body) == {"error", "error_description"}


async def moves(desk: Desk) -> bool:
    desk.portal.rename("new.bitrix24.example")
    return desk.send("/rest/profile", headers={"Host": "acme.bitrix24.example"}).status == 302


async def fails_on_demand(desk: Desk) -> bool:
    desk.portal.faults.add("profile", faults.error("CONNECTION_ERROR"))
    return [desk.call("profile").status for _ in "ab"] == [401, 200]


async def refuses_what_overflows(desk: Desk) -> bool:
    desk.portal.rest.bucket = Bucket(burst=1, rate=1)
    statuses = [desk.call("profile").status for _ in "ab"]
    desk.portal.clock.advance(1)
    return [*statuses, desk.call("profile").status] == [200, 503, 200]


async def blocks_a_busy_method(desk: Desk) -> bool:
    desk.portal.rest.operating = Operating(limit_s=1, costs={"profile": 1})
    first = desk.call("profile")
    blocked = desk.call("profile").error
    desk.portal.clock.advance(first.body["time"]["operating_reset_at"] - desk.portal.clock.now())
    return blocked == (429, "OPERATION_TIME_LIMIT") and desk.call("profile").status == 200


async def batches_item_by_item(desk: Desk) -> bool:
    result = desk.batch({"a": "profile", "b": f"{GET}?eventId=0"})
    return list(result["result"]) == ["a"] and result["result_error"]["b"]["error"] == ""


async def halts(desk: Desk) -> bool:
    return "b" not in desk.batch({"a": f"{GET}?eventId=0", "b": "profile"}, halt=1)["result"]


async def substitutes_references(desk: Desk) -> bool:
    cmd = {"me": "profile", "set": "im.user.status.set?STATUS=$result[me][NAME]"}
    desk.batch(cmd, user=17)
    return any(call.params == {"STATUS": "Mira"} for call in desk.portal.calls)


async def takes_50_and_no_batch_inside(desk: Desk) -> bool:
    errors = desk.batch({"n": "batch", **{f"k{number}": "scope" for number in range(50)}})["result_error"]
    return {key: value["error"] for key, value in errors.items()} == {
        "n": "ERROR_BATCH_METHOD_NOT_ALLOWED",
        "k49": "ERROR_BATCH_LENGTH_EXCEEDED",
    }


async def refuses_a_second_binding(desk: Desk) -> bool:
    bound = {"event": "ONAPPUNINSTALL", "handler": EVENTS_URL}
    desk.call("event.bind", bound)
    return desk.call("event.bind", bound).error == (400, "ERROR_CORE")


# -- D


async def registers_without_updating(desk: Desk) -> bool:
    desk.add_bot(webhookUrl="https://other.example.org/e")
    return {row.url for row in desk.portal.subscriptions.rows} == {EVENTS_URL}


async def rebinds_on_update(desk: Desk) -> bool:
    fields = {"eventMode": "webhook", "webhookUrl": "https://other.example.org/e"}
    desk.call("imbot.v2.Bot.update", {"botId": 905, "fields": fields})
    return {row.url for row in desk.portal.subscriptions.rows} == {"https://other.example.org/e"}


async def guards_codes(desk: Desk) -> bool:
    app = desk.portal.create_app("https://b.example.org/h", "https://b.example.org/i")
    desk.portal.install(app)
    fields = {"code": "agenda_bot", "properties": {"name": "x"}}
    asked = Desk(desk.portal, app).call("imbot.v2.Bot.register", {"fields": fields})
    return asked.error == (400, "BOT_CODE_ALREADY_TAKEN")


async def wants_a_dot(desk: Desk) -> bool:
    fields = {"code": "x", "properties": {"name": "x"}, "eventMode": "webhook", "webhookUrl": "https://localhost/"}
    return desk.call("imbot.v2.Bot.register", {"fields": fields}).error == (400, "BOT_INVALID_CALLBACK")


async def grants_ten_minutes(desk: Desk) -> bool:
    number = desk.portal.say(17, "/accept 651").id
    params = {"botId": 905, "commandId": 78, "messageId": number, "dialogId": "17", "fields": {"message": "x"}}
    answers = [desk.call("imbot.v2.Command.answer", params).result]
    desk.portal.clock.advance(601)
    answers.append(desk.call("imbot.v2.Command.answer", params).result)
    return answers == [{"result": True}] * 2 and desk.portal.replies(17) == ["x"]


async def cuts_long_text(desk: Desk) -> bool:
    desk.write("x" * 20_001)
    return desk.portal.messages[-1].text == "x" * 20_000 + " (...)"


async def wants_upper_case_buttons(desk: Desk) -> bool:
    params = {"botId": 905, "dialogId": "17", "fields": {"message": "q", "keyboard": [{"text": "x", "link": "/"}]}}
    return desk.call("imbot.v2.Chat.Message.send", params).error == (400, "PARAM_KEYBOARD_ERROR")


async def deletes_on_empty_text(desk: Desk) -> bool:
    number = desk.write("x")
    desk.call("imbot.v2.Chat.Message.update", {"botId": 905, "messageId": number, "fields": {"message": ""}})
    return desk.portal.replies(17) == []


async def wants_the_bots_id_in_a_new_keyboard(desk: Desk) -> bool:
    params = {"botId": 905, "messageId": desk.write("x"), "fields": {"keyboard": {"BUTTONS": [ACCEPT]}}}
    return desk.call("imbot.v2.Chat.Message.update", params).error == (400, "PARAM_KEYBOARD_ERROR")


async def sends_as_the_reader(desk: Desk) -> bool:
    desk.portal.send_click(17, desk.write("[send=accept 651]Click[/send]"))
    return (await desk.last())["auth"]["user_id"] == "17"


# -- E


async def carries_the_authors_tokens(desk: Desk) -> bool:
    desk.portal.say(17, "x")
    event = await desk.last()
    return (event["auth"]["user_id"], event["data"]["bot"]["auth"]["user_id"]) == ("17", "905")


async def may_leave_the_owner_out(desk: Desk) -> bool:
    desk.portal.say(17, "x", auth="no_user_id")
    return "user_id" not in (await desk.last())["auth"]


async def may_carry_no_tokens(desk: Desk) -> bool:
    desk.portal.say(17, "x", auth="minimal")
    return set((await desk.last())["auth"]) == {"domain", "application_token"}


async def greets_without_refresh_token(desk: Desk) -> bool:
    desk.portal.open_chat(17)
    return "refresh_token" not in (await desk.last("JOINCHAT"))["auth"]


async def sends_texts_only(desk: Desk) -> bool:
    desk.portal.say(17, "x")
    data = (await desk.last())["data"]
    return (data["user"]["active"], data["user"]["bot"], "forward" in data["message"]) == ("1", "0", False)


async def may_send_blank_nulls(desk: Desk) -> bool:
    desk.portal.options.nulls = "blank"
    desk.portal.say(17, "x")
    return bool((await desk.last())["data"]["message"]["forward"] == "")


async def wants_a_mention_in_groups(desk: Desk) -> bool:
    desk.portal.invite_bot(311)
    desk.portal.say(23, "decline 651", chat=311)
    desk.portal.say(23, "[USER=905]Bot[/USER], decline 651", chat=311)
    texts = [event["data"]["message"]["text"] for event in await desk.events("MESSAGEADD")]
    return texts == ["[USER=905]Bot[/USER], decline 651"]


async def sends_command_or_message(desk: Desk) -> bool:
    desk.portal.say(17, "/accept 651")
    desk.portal.say(17, "/other 651")
    return [name[9:] for name in await desk.names()][2:] == ["COMMANDADD", "MESSAGEADD"]


async def reads_commands_by_line(desk: Desk) -> bool:
    desk.portal.say(17, "\n".join(["hi", "/accept 0", *(f"/accept {number}" for number in range(12))]))
    params = [event["data"]["command"]["params"] for event in await desk.events("COMMANDADD")]
    return params == [str(number) for number in range(10)]


async def gives_outsiders_messages(desk: Desk) -> bool:
    desk.portal.say(88, "/accept 651")
    return (await desk.last())["event"] == "ONIMBOTV2MESSAGEADD"


async def presses_with_the_bots_message(desk: Desk) -> bool:
    desk.portal.press(17, desk.write("q", keyboard=[ACCEPT]), "Accept")
    event = await desk.last()
    return (event["data"]["message"]["authorId"], event["data"]["user"]["id"]) == ("905", "17")


async def never_hears_bots(desk: Desk) -> bool:
    desk.write("/accept 651")
    return await desk.names() == ["ONAPPINSTALL"]


# -- G, H


def answered(desk: Desk, meeting: object, status: str, user: int = 17) -> Any:
    return desk.call(SET, {"eventId": meeting, "status": status}, user=user).body.get("result")


async def says_true_to_nonsense(desk: Desk) -> bool:
    nonsense = [answered(desk, meeting, "Y") for meeting in ("abc", 999_999)]
    return [*nonsense, answered(desk, 651, "Y", 42)] == [True] * 3 and desk.portal.meetings[651] == {23: "H", 17: "Q"}


async def casts_numbers(desk: Desk) -> bool:
    return answered(desk, "651x", "y") is True and desk.portal.meetings[651][17] == "Y"


async def tells_the_host_each_time(desk: Desk) -> bool:
    for status in "YNQQ":
        answered(desk, 651, status)
    return [notice.kind for notice in desk.portal.notices] == ["accepted", "declined", "declined", "declined"]


async def lets_strangers_into_the_chat(desk: Desk) -> bool:
    room = desk.portal.add_group(400, "Room", [23])
    desk.portal.add_meeting(900, name="x", host=23, guests=[], start="2026-12-01T10:00:00", chat=400)
    answered(desk, 900, "Y", 88)
    return room.members == {23, 88}


async def accepts_whole_series(desk: Desk) -> bool:
    start = "2026-12-01T10:00:00"
    desk.portal.add_meeting(900, name="x", host=23, guests=[17], start=start, rrule="FREQ=DAILY")
    desk.portal.add_meeting(901, name="x", host=23, guests=[17], start=start, master=900)
    answered(desk, 901, "Y")
    return desk.portal.meetings[900][17] == "Y"


async def keeps_removed_rows(desk: Desk) -> bool:
    desk.portal.uninvite(651, 17)
    answered(desk, 651, "Y")
    return desk.call(GET, {"eventId": 651}, user=17).result == "Y" and len(desk.portal.notices) == 1


async def tells_statuses_apart(desk: Desk) -> bool:
    asked = [desk.call(GET, {"eventId": 651}, user=user).body["result"] for user in (17, 23, 42)]
    return asked == ["Q", "H", None] and desk.call(GET, {"eventId": 999_999}).error == (400, "")


async def speaks_the_portals_language(desk: Desk) -> bool:
    texts = set()
    for language in ("en", "ru", "de"):
        desk.portal.options.language = language
        texts.add(desk.call(GET, {"eventId": 999_999}).body["error_description"])
    return len(texts) == 3


async def hides_foreign_meetings(desk: Desk) -> bool:
    busy = desk.call("calendar.event.getbyid", {"id": 651}, user=42).result
    missing = desk.call("calendar.event.getbyid", {"id": 999_999}, user=42).body["result"]
    return busy["IS_ACCESSIBLE_TO_USER"] is False and missing is None


async def refuses_outsiders(desk: Desk) -> bool:
    return desk.call("calendar.event.getbyid", {"id": 651}, user=88).error == (400, "")


async def lists_with_and_without_zones(desk: Desk) -> bool:
    seen = []
    for zones in (False, True):
        desk.portal.options.nearest_zones = zones
        first = desk.call("calendar.event.get.nearest", {"forCurrentUser": True}, user=17).result[0]
        seen.append(("TZ_FROM" in first, "DT_FROM_TS" in first, "RINDEX" in first))
    return seen == [(False, True, True), (True, False, True)]


async def takes_presence_in_lower_case(desk: Desk) -> bool:
    before = desk.call("im.user.status.get", user=17).body["result"]
    refused = desk.call("im.user.status.set", {"STATUS": "DND"}, user=17).error
    desk.call("im.user.status.set", {"STATUS": "dnd"}, user=17)
    return (before, refused, desk.portal.presence[17]) == (False, (400, "STATUS_ERROR"), "dnd")


FACTS: list[tuple[str, str, Check]] = [
    ("A.2", "ONAPPINSTALL reaches the installation path with the administrator's tokens", installs),
    ("A.3", "one application token in all events of an installation", keeps_the_token),
    ("A.4", "ONAPPUNINSTALL has no tokens, access is gone", uninstalls_without_tokens),
    ("A.1", "no event before the installation is finished", holds_back_until_installed),
    ("A.5", "a delivery is not repeated, whatever was answered", delivers_once),
    ("B.1", "a code serves once, within 30 s", codes_serve_once_for_30_s),
    ("B.2", "domain in an answer to a code is the authorization server", names_the_oauth_host_as_domain),
    ("B.3", "a refresh brings a new refresh token, the old one dies", rotates),
    ("B.3", "or the old one survives, by a switch", may_not_kill_the_old_one),
    ("B.4", "an access token lives 3600 s", expires),
    ("B.6", "wrong_client comes with status 200", says_wrong_client_with_200),
    ("C.1", "methods are looked up in lower case, then as sent; .json", looks_up_lower_then_as_sent),
    ("C.1", "invalid JSON means no parameters", reads_invalid_json_as_nothing),
    ("C.1", "the body overrides the query", lets_the_body_win),
    ("C.1", "a renamed portal answers 302 at its old host", moves),
    ("C.2", "an empty map is a list", shows_empty_maps_as_lists),
    ("C.2", "a failure has no time", gives_no_time_with_errors),
    ("C.3", "any system error on demand", fails_on_demand),
    ("C.4", "a leaky bucket answers 503", refuses_what_overflows),
    ("C.4", "a method is blocked until operating_reset_at", blocks_a_busy_method),
    ("C.5", "a batch is 200 and reports items apart", batches_item_by_item),
    ("C.5", "halt ends it", halts),
    ("C.5", "references are substituted, also by people's words", substitutes_references),
    ("C.5", "50 items, no batch inside", takes_50_and_no_batch_inside),
    ("C.6", "a repeated event.bind is ERROR_CORE", refuses_a_second_binding),
    ("D.1", "registering again changes nothing", registers_without_updating),
    ("D.1", "updating moves the subscriptions", rebinds_on_update),
    ("D.1", "a code is unique over applications", guards_codes),
    ("D.1", "an address wants a host with a dot", wants_a_dot),
    ("D.2", "Command.answer works for 10 minutes, then says true and posts nothing", grants_ten_minutes),
    ("D.3", "text is cut at 20000 characters", cuts_long_text),
    ("D.3", "an empty text deletes", deletes_on_empty_text),
    ("D.3", "a new keyboard must name its bot", wants_the_bots_id_in_a_new_keyboard),
    ("D.4", "a click on [send=] speaks for the reader", sends_as_the_reader),
    ("D.5", "keyboards want upper-case keys; none left is an error", wants_upper_case_buttons),
    ("E.2", "top-level tokens are the author's, data[bot][auth] the bot's", carries_the_authors_tokens),
    ("E.2", "user_id may be missing", may_leave_the_owner_out),
    ("E.2", "tokens may be missing", may_carry_no_tokens),
    ("E.2", "JOINCHAT has no refresh token", greets_without_refresh_token),
    ("E.4", "scalars are texts, nulls are left out", sends_texts_only),
    ("E.4", "or nulls are blank, by a switch", may_send_blank_nulls),
    ("E.6", "groups want a mention, which stays in the text", wants_a_mention_in_groups),
    ("E.6", "a command comes instead of the message", sends_command_or_message),
    ("E.6", "commands by line, equal ones once, ten at most", reads_commands_by_line),
    ("E.6", "an outsider's command comes as a message", gives_outsiders_messages),
    ("E.6", "a press carries the bot's message and the presser's tokens", presses_with_the_bots_message),
    ("E.6", "a bot's message raises no events", never_hears_bots),
    ("G.1", "status.set says true to nonsense and strangers", says_true_to_nonsense),
    ("G.1", "651x acts on 651, y is Y", casts_numbers),
    ("G.1", "the host is told at each call, Q as declined", tells_the_host_each_time),
    ("G.1", "Y lets strangers into the meeting's chat", lets_strangers_into_the_chat),
    ("G.1", "Y on an exception accepts the series", accepts_whole_series),
    ("G.1", "removed guests are still updated, the host still told", keeps_removed_rows),
    ("G.2", "status.get: letter, H, null, 400", tells_statuses_apart),
    ("G", "errors have no code and speak the portal's language", speaks_the_portals_language),
    ("G.3", "busy placeholder for colleagues, null for what is missing", hides_foreign_meetings),
    ("G.3", "outsiders are refused", refuses_outsiders),
    ("G.5", "nearest expands series, with and without zones", lists_with_and_without_zones),
    ("H", "presence is false at first and lower-case only", takes_presence_in_lower_case),
]


@pytest.mark.parametrize(("says", "check"), [(f"{section} {says}", check) for section, says, check in FACTS])
async def test_fact(bot: Desk, says: str, check: Check) -> None:
    assert await check(bot), says


# -- F: a portal without v2


async def v2_is_missing(desk: Desk) -> bool:
    return desk.call("imbot.v2.Bot.list").error == (404, "ERROR_METHOD_NOT_FOUND")


async def v1_binds_again(desk: Desk) -> bool:
    params = {"CODE": "agenda_bot", "EVENT_HANDLER": "https://other.example.org/e", "PROPERTIES": {"NAME": "x"}}
    same = desk.call("imbot.register", params).result
    return same == 905 and desk.portal.subscriptions.of_bot(905, "ONIMBOTMESSAGEADD")[0].url == params["EVENT_HANDLER"]


async def v1_strips_mentions(desk: Desk) -> bool:
    desk.portal.invite_bot(311)
    desk.portal.say(23, "[USER=905]Bot[/USER], decline 651", chat=311)
    return bool((await desk.last())["data"]["PARAMS"]["MESSAGE"] == ", decline 651")


async def v1_presses_are_unreliable(desk: Desk) -> bool:
    params = {"BOT_ID": 905, "DIALOG_ID": "17", "MESSAGE": "q", "KEYBOARD": json.dumps([ACCEPT])}
    desk.portal.press(17, desk.call("imbot.message.add", params).result, 0)
    data = (await desk.last())["data"]
    return (data["PARAMS"]["MESSAGE"], data["COMMAND"]["78"]["COMMAND_PARAMS"]) == ("/ ", "651")


async def v1_edits_for_three_days(desk: Desk) -> bool:
    number = desk.call("imbot.message.add", {"BOT_ID": 905, "DIALOG_ID": "17", "MESSAGE": "q"}).result
    desk.portal.clock.advance(3 * 86_400 + 1)
    params = {"BOT_ID": 905, "MESSAGE_ID": number, "MESSAGE": "x"}
    return desk.call("imbot.message.update", params).error == (400, "CANT_EDIT_MESSAGE")


FACTS_V1: list[tuple[str, str, Check]] = [
    ("F", "imbot.v2 answers 404", v2_is_missing),
    ("F.1", "registering again binds anew", v1_binds_again),
    ("F.1", "messages can be edited for three days", v1_edits_for_three_days),
    ("F.2", "mentions are gone from MESSAGE", v1_strips_mentions),
    ("F.2", "MESSAGE of a private press is no use, COMMAND_PARAMS is", v1_presses_are_unreliable),
]


@pytest.mark.parametrize(("says", "check"), [(f"{section} {says}", check) for section, says, check in FACTS_V1])
async def test_fact_of_v1(v1: Desk, says: str, check: Check) -> None:
    assert await check(v1), says
