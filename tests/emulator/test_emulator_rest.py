"""The front door: lookup, parameters, tokens, errors, batch, limits (contract C)."""

import json
from urllib.parse import quote, urlencode

import pytest

from bot.emulator.clock import ManualClock
from bot.emulator.limits import Bucket, Operating
from bot.emulator.portal import Portal
from tests.emulator import shapes
from tests.emulator.desk import FORM, JSON, Answer, Desk

# -- C.1


@pytest.mark.parametrize("path", ["profile", "profile.json", "profile/", "PROFILE", "Profile.json"])
def test_method_paths(desk: Desk, path: str) -> None:
    assert desk.call(path).result["ID"] == "1"


@pytest.mark.parametrize("name", ["imbot.v2.Revision.get", "imbot.v2.revision.get", "IMBOT.V2.REVISION.GET"])
def test_names_with_one_hump_come_in_any_case(desk: Desk, name: str) -> None:
    assert desk.call(name).status == 200


def test_names_with_two_humps_come_as_documented_only(bot: Desk) -> None:
    bot.portal.open_chat(17)
    params = {"botId": 905, "dialogId": "17"}

    assert bot.call("imbot.v2.Chat.InputAction.notify", params).status == 200
    assert bot.call("imbot.v2.chat.inputaction.notify", params).error == (404, "ERROR_METHOD_NOT_FOUND")


def test_tokens_come_in_many_ways(desk: Desk) -> None:
    token = desk.token(17)
    ways = [
        desk.send("/rest/profile", f"auth={token}", method="GET"),
        desk.send("/rest/profile", headers=FORM, body=f"auth={token}".encode()),
        desk.send("/rest/profile", headers=FORM, body=f"access_token={token}".encode()),
        desk.send("/rest/profile", headers=JSON, body=json.dumps({"auth": token}).encode()),
        desk.send("/rest/profile", headers={"Authorization": f"Bearer {token}"}),
    ]

    assert [way.result["ID"] for way in ways] == ["17"] * 5


def test_the_body_overrides_the_query(desk: Desk) -> None:
    query = urlencode({"auth": desk.token(17), "eventId": 655})

    answer = desk.send("/rest/calendar.meeting.status.get", query, headers=FORM, body=b"eventId=651")

    assert answer.result == "Q"


def test_invalid_json_means_no_parameters(desk: Desk) -> None:
    assert desk.send("/rest/profile", headers=JSON, body=b'{"auth": "x"').error == (401, "NO_AUTH_FOUND")
    assert desk.send("/rest/profile", headers=JSON, body=b"[1]").error == (401, "NO_AUTH_FOUND")


def test_keys_of_the_messenger_come_in_any_case(desk: Desk) -> None:
    desk.call("im.user.status.set", {"sTaTuS": "away"}, user=17)

    assert desk.portal.presence == {17: "away"}


def test_keys_of_the_calendar_do_not(desk: Desk) -> None:
    assert desk.call("calendar.meeting.status.get", {"EVENTID": 651}, user=17).error == (400, "")


# -- C.2


def test_a_success_tells_the_time(desk: Desk) -> None:
    answer = desk.call("profile")

    assert set(answer.body) == {"result", "time"}
    assert set(answer.body["time"]) == shapes.TIME
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def test_a_failure_does_not(desk: Desk) -> None:
    assert set(desk.call("no.such.method").body) == {"error", "error_description"}


def test_empty_maps_are_lists(desk: Desk) -> None:
    assert desk.call("imbot.bot.list").result == []


# -- C.3


def test_tokens_are_refused(desk: Desk, clock: ManualClock) -> None:
    old = desk.token(17)
    clock.advance(3600)

    def asked(token: str) -> Answer:
        return desk.send("/rest/profile", f"auth={token}", method="GET")

    assert asked("").error == (401, "NO_AUTH_FOUND")
    assert asked("f" * 70).error == (401, "invalid_token")
    assert asked(old).error == (401, "expired_token")


def test_people_are_refused(desk: Desk) -> None:
    desk.portal.dismiss(42)
    desk.app.allowed_users = {1}

    assert desk.call("profile", user=42).error == (401, "authorization_error")
    assert desk.call("profile", user=17).error == (403, "user_access_error")
    assert desk.call("profile", user=1).status == 200


def test_an_application_without_scope_is_refused(portal: Portal) -> None:
    app = portal.create_app("https://b.example.org/h", "https://b.example.org/i", ["im"])
    portal.install(app)
    desk = Desk(portal, app)

    assert desk.call("calendar.user.settings.get").error == (403, "insufficient_scope")
    assert desk.call("user.current").error == (403, "insufficient_scope")
    portal.options.error_statuses = "source"
    assert desk.call("calendar.user.settings.get").error == (401, "insufficient_scope")


def test_a_deleted_application_is_refused(desk: Desk) -> None:
    desk.portal.uninstall(desk.app)

    assert desk.call("profile").error == (401, "APPLICATION_NOT_FOUND")


def test_v2_is_missing_on_old_portals(bot_v1: Desk) -> None:
    assert bot_v1.call("imbot.v2.Bot.list").error == (404, "ERROR_METHOD_NOT_FOUND")
    found = bot_v1.call("method.get", {"name": "imbot.v2.Bot.register"}).result
    assert found == {"isExisting": False, "isAvailable": False}


# -- C.5


def test_batch_reports_items_apart(desk: Desk) -> None:
    cmd = {"me": "profile", "st": "calendar.meeting.status.get?eventId=999999", "im": "im.user.status.get"}

    result = desk.batch(cmd, user=17)

    assert set(result) == {"result", "result_error", "result_total", "result_next", "result_time"}
    assert result["result"]["me"]["ID"] == "17"
    assert result["result"]["im"] is False
    assert result["result_error"] == {"st": {"error": "", "error_description": "Error while retrieving status"}}
    assert set(result["result_time"]) == {"me", "im"}
    assert result["result_total"] == []


def test_batch_stops_at_the_first_failure(desk: Desk) -> None:
    result = desk.batch({"a": "calendar.meeting.status.get?eventId=0", "b": "profile"}, halt=1)

    assert result["result"] == []
    assert list(result["result_error"]) == ["a"]


def test_batch_comes_as_a_form_and_in_a_query(desk: Desk) -> None:
    fields = {"auth": desk.token(17), "halt": "1", "cmd[s]": "calendar.meeting.status.get?eventId=651"}

    assert desk.send("/rest/batch", headers=FORM, body=urlencode(fields).encode()).result["result"] == {"s": "Q"}
    assert desk.send("/rest/batch", urlencode(fields), method="GET").result["result"] == {"s": "Q"}


def test_batch_with_numbers_as_keys_is_a_list(desk: Desk) -> None:
    assert desk.batch(["im.user.status.get", "im.user.status.get"])["result"] == [False, False]


def test_batch_refers_to_earlier_results(desk: Desk) -> None:
    cmd = {
        "me": "profile",
        "near": "calendar.event.get.nearest?forCurrentUser=1&maxEventsCount=1",
        "typed": "calendar.meeting.status.get?eventId=$result[near][0][PARENT_ID]",
        "text": "im.user.status.set?STATUS=x$result[me][ID]",
        "map": "im.user.status.set?STATUS=x$result[me]",
        "lost": "im.user.status.set?STATUS=$result[me][NOPE]",
    }
    result = desk.batch(cmd, user=17)
    sent = {call.method: call for call in desk.portal.calls if call.batch}
    statuses = [call.params["STATUS"] for call in desk.portal.calls if call.method == "im.user.status.set"]

    assert result["result"]["typed"] == "Q"
    assert sent["calendar.meeting.status.get"].params == {"eventId": "661"}
    assert statuses[0] == "x17"
    assert statuses[1] == "x$result[me]"
    assert statuses[2] == result["result"]["me"]


def test_batch_refers_from_within_lists_and_maps(desk: Desk) -> None:
    span = "from=2026-11-25&to=2026-11-25"
    cmd = {
        "me": "profile",
        "ev": f"calendar.accessibility.get?users[0]=$result[me][ID]&{span}",
        "map": "profile?x[a]=$result[ev][17][0][ID]&x[b]=$result[ev][17][9][ID]",
    }
    result = desk.batch(cmd, user=17)

    taken = result["result"]["ev"]["17"]
    assert [item["ID"] for item in taken] == ["652", "662"]
    assert desk.portal.calls[-2].params == {"x": {"a": "652", "b": taken}}


def test_batch_substitutes_peoples_words_too(desk: Desk) -> None:
    line = "im.user.status.set?STATUS=" + quote("$result[me][NAME]")

    desk.batch({"me": "profile", "set": line}, user=17)

    assert desk.portal.calls[-2].params == {"STATUS": "Mira"}


def test_batch_cuts_at_a_bare_hash(desk: Desk) -> None:
    desk.batch({"a": "im.user.status.set?STATUS=dnd#x&y=1"}, user=17)

    assert desk.portal.presence == {17: "dnd"}


def test_batch_has_limits(desk: Desk) -> None:
    cmd = {f"k{number}": "server.time" for number in range(51)}
    result = desk.batch({"n": "batch?cmd[x]=profile", "skipped": {"a": 1}, **cmd})

    assert result["result_error"]["n"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"
    assert result["result_error"]["k49"]["error"] == "ERROR_BATCH_LENGTH_EXCEEDED"
    assert "skipped" not in result["result_error"]
    assert len(result["result"]) == 49


def test_batch_acts_as_one_person_and_checks_scopes_apart(portal: Portal) -> None:
    app = portal.create_app("https://b.example.org/h", "https://b.example.org/i", ["im"])
    portal.install(app)
    desk = Desk(portal, app)

    result = desk.batch({"me": f"profile?auth={desk.token(23)}", "c": "calendar.user.settings.get"}, user=17)

    assert result["result"]["me"]["ID"] == "17"
    assert result["result_error"]["c"]["error"] == "insufficient_scope"


# -- log


def test_calls_are_logged_without_tokens(desk: Desk) -> None:
    desk.call("profile", {"x": 1}, user=17)
    desk.batch({"a": "profile", "b": "no.such"}, user=17)

    assert desk.portal.requests == 2
    assert [(call.method, call.status, call.error, call.request_no, call.batch) for call in desk.portal.calls] == [
        ("profile", 200, None, 1, False),
        ("profile", 200, None, 2, True),
        ("no.such", 404, "ERROR_METHOD_NOT_FOUND", 2, True),
        ("batch", 200, None, 2, False),
    ]
    assert desk.portal.calls[0].params == {"x": 1}
    assert {call.user_id for call in desk.portal.calls} == {17}


# -- C.4


def test_the_bucket_refuses_what_overflows_and_forgives_by_the_second(desk: Desk, clock: ManualClock) -> None:
    desk.portal.rest.bucket = Bucket(burst=3, rate=2)

    assert [desk.call("profile").status for _ in range(4)] == [200, 200, 200, 503]
    clock.advance(0.9)
    assert desk.call("profile").error == (503, "QUERY_LIMIT_EXCEEDED")
    clock.advance(0.1)
    assert [desk.call("profile").status for _ in range(3)] == [200, 200, 503]
    assert (desk.portal.rest.bucket.peak, desk.portal.rest.bucket.refused) == (3, 3)


def test_the_bucket_may_leak_continuously(desk: Desk, clock: ManualClock) -> None:
    desk.portal.rest.bucket = Bucket(burst=1, rate=2, step_s=0)

    assert desk.call("profile").status == 200
    clock.advance(0.5)
    assert desk.call("profile").status == 200


def test_a_batch_counts_once(desk: Desk) -> None:
    desk.portal.rest.bucket = Bucket(burst=1)

    desk.batch({"a": "profile", "b": "profile"})

    assert desk.portal.rest.bucket.level == 1


def test_a_method_is_blocked_until_its_oldest_minute_is_forgotten(desk: Desk, clock: ManualClock) -> None:
    desk.portal.rest.operating = Operating(limit_s=10, costs={"calendar.*": 6.0, "profile": 0.1})
    settings = "calendar.user.settings.get"

    first = desk.call(settings)
    assert first.body["time"]["operating"] == 6
    assert desk.call(settings).body["time"]["duration"] == 6
    blocked = desk.call(settings)
    assert blocked.error == (429, "OPERATION_TIME_LIMIT")
    assert set(blocked.body) == {"error", "error_description"}
    assert desk.call("profile").body["time"]["operating"] == 0

    clock.advance(first.body["time"]["operating_reset_at"] - clock.now())
    assert desk.call(settings).status == 200


def test_a_batch_item_is_blocked_alone(desk: Desk) -> None:
    desk.portal.rest.operating = Operating(limit_s=5, costs={"calendar.*": 6.0})
    desk.portal.options.reset_in_error = True
    settings = "calendar.user.settings.get"

    result = desk.batch({"a": settings, "b": settings, "me": "profile"})

    assert result["result_error"]["b"]["error"] == "OPERATION_TIME_LIMIT"
    assert result["result_error"]["b"]["operating_reset_at"] == 1_795_425_000
    assert "me" in result["result"]


# -- C.6, H


def test_small_methods(desk: Desk) -> None:
    assert desk.call("profile").result["ADMIN"] is True
    assert desk.call("profile", user=17).result == {
        "ID": "17",
        "ADMIN": False,
        "NAME": "Mira",
        "LAST_NAME": "Testova",
        "PERSONAL_GENDER": "F",
        "TIME_ZONE": "Europe/Riga",
    }
    assert set(desk.call("app.info").result) == shapes.APP_INFO
    assert desk.call("scope").result == ["im", "imbot", "calendar", "user_brief"]
    assert desk.call("server.time").result == "2026-11-23T09:00:00+00:00"
    assert desk.call("method.get", {"name": "imbot.v2.Bot.register"}).result == {
        "isExisting": True,
        "isAvailable": True,
    }
    assert desk.call("method.get", {"name": "no.such"}).result == {"isExisting": False, "isAvailable": False}
    assert "EMAIL" not in desk.call("user.current").result


def test_subscriptions(desk: Desk) -> None:
    bound = {"event": "onAppUninstall", "handler": "https://bot.example.org/e"}

    assert desk.call("event.bind", bound).result is True
    assert desk.call("event.bind", bound).error == (400, "ERROR_CORE")
    assert desk.call("event.get").result == [
        {"event": "ONAPPUNINSTALL", "handler": "https://bot.example.org/e", "auth_type": "0", "offline": 0}
    ]
    assert desk.call("event.unbind", bound).result == {"count": 1}
    assert desk.call("event.get").result == []


@pytest.mark.parametrize(
    ("event", "handler", "code"),
    [
        ("ONNOSUCH", "https://bot.example.org/e", "ERROR_EVENT_NOT_FOUND"),
        ("ONAPPUPDATE", "https://localhost/e", "ERROR_WRONG_HANDLER_URL"),
        ("ONAPPUPDATE", "ftp://bot.example.org/e", "ERROR_UNSUPPORTED_PROTOCOL"),
        ("ONAPPUPDATE", "", "ERROR_ARGUMENT"),
    ],
)
def test_subscriptions_refused(desk: Desk, event: str, handler: str, code: str) -> None:
    assert desk.call("event.bind", {"event": event, "handler": handler}).error == (400, code)


async def test_what_an_ordinary_person_binds_fires_with_his_authorization(desk: Desk, portal: Portal) -> None:
    desk.call("event.bind", {"event": "ONCALENDARENTRYADD", "handler": "https://bot.example.org/a"}, user=17)
    portal.add_meeting(900, name="New", host=23, guests=[], start="2026-11-26T08:00:00")

    assert (await desk.last())["auth"]["user_id"] == "17"


@pytest.mark.parametrize("status", ["DND", "Online", "busy", "", None, 1])
def test_presence_is_lower_case_only(desk: Desk, status: object) -> None:
    assert desk.call("im.user.status.set", {"STATUS": status}, user=17).error == (400, "STATUS_ERROR")


def test_presence_of_the_tokens_user(desk: Desk) -> None:
    assert desk.call("im.user.status.get", user=17).body["result"] is False
    assert desk.call("im.user.status.set", {"STATUS": "break"}, user=17).result is True
    assert desk.call("im.user.status.get", user=17).result == "break"
    assert desk.call("im.user.status.get", user=23).body["result"] is False


def test_presence_is_changed_by_hand(desk: Desk) -> None:
    desk.portal.set_presence(17, "away")

    assert desk.call("im.user.status.get", user=17).result == "away"
    with pytest.raises(ValueError, match="no such presence: 'DND'"):
        desk.portal.set_presence(17, "DND")
    with pytest.raises(LookupError):
        desk.portal.set_presence(999, "away")
    assert desk.portal.presence == {17: "away"}
