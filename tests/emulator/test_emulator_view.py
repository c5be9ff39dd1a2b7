"""What the chat page is shown of a portal."""

import json
from typing import Any

import pytest

from bot.emulator import faults
from bot.emulator.clock import ManualClock
from bot.emulator.limits import Bucket
from bot.emulator.page.view import view
from bot.emulator.portal import Portal
from tests.emulator.desk import Desk


def shown(portal: Portal) -> dict[str, Any]:
    return dict(view(portal, shared_clock=True, windows=1))


def test_view_is_plain_json(bot: Desk) -> None:
    bot.portal.say(17, "accept 651")
    bot.call("calendar.meeting.status.set", {"eventId": 652, "status": "Y"}, user=17)

    everything = shown(bot.portal)

    assert json.loads(json.dumps(everything)) == everything


def test_view_of_a_portal_without_a_bot(portal: Portal) -> None:
    assert shown(portal)["portal"] == {
        "domain": portal.options.domain,
        "language": "en",
        "bot": None,
        "removed": False,
        "shared_clock": True,
        "windows": 1,
    }


def test_view_names_the_bot_and_its_commands(bot: Desk) -> None:
    everything = shown(bot.portal)

    assert everything["portal"]["bot"]["id"] == 905
    assert everything["command/accept"]["name"] == "accept"
    assert "user/905" not in everything


def test_view_tells_that_the_bot_was_removed(bot: Desk) -> None:
    before = shown(bot.portal)["portal"]
    bot.portal.remove_bot()
    after = shown(bot.portal)["portal"]

    assert (before["removed"], after["bot"], after["removed"]) == (False, None, True)


def test_view_leaves_hidden_commands_out(bot: Desk) -> None:
    command = next(iter(bot.portal.bots.commands.values()))
    command.hidden = True

    assert "command/accept" not in shown(bot.portal)


def test_view_tells_presence_as_set_and_as_seen(bot: Desk) -> None:
    bot.call("im.user.status.set", {"STATUS": "dnd"}, user=17)
    everything = shown(bot.portal)

    assert (everything["user/17"]["presence"], everything["user/17"]["seen"]) == ("dnd", "online")
    assert everything["user/23"]["presence"] is None
    assert everything["user/31"]["zone"] == "Europe/Moscow"


def test_view_shows_answers_and_what_hosts_were_told(bot: Desk) -> None:
    bot.call("calendar.meeting.status.set", {"eventId": 652, "status": "N"}, user=17)
    everything = shown(bot.portal)

    assert everything["meeting/651"]["answers"] == {"23": "H", "17": "N"}
    assert everything["notice/0"] == {
        "no": 0, "meeting": 651, "user": 17, "host": 23, "kind": "declined", "at": bot.portal.clock.now(),
    }  # fmt: skip


def test_view_gives_times_as_instants(portal: Portal) -> None:
    portal.add_meeting(700, name="Call", host=23, guests=[17], start="2026-11-25T10:00:00", tz="Europe/Riga")

    meeting = shown(portal)["meeting/700"]

    assert (meeting["starts"], meeting["ends"]) == ("2026-11-25T08:00:00+00:00", "2026-11-25T09:00:00+00:00")


def test_view_gives_whole_days_as_dates(portal: Portal) -> None:
    portal.add_meeting(700, name="Fair", host=23, guests=[17], start="2026-11-27T00:00:00", all_day=True, days=2)

    meeting = shown(portal)["meeting/700"]

    assert (meeting["all_day"], meeting["starts"], meeting["ends"]) == (True, "2026-11-27", "2026-11-28")


@pytest.mark.parametrize(
    ("hours", "starts"),
    [(0, "2026-11-23T10:00:00+00:00"), (1.4, "2026-11-23T10:00:00+00:00"), (1.6, "2026-11-24T10:00:00+00:00")],
)
def test_view_gives_the_time_of_a_series_that_is_not_over(
    portal: Portal, clock: ManualClock, hours: float, starts: str
) -> None:
    """It is 09:00; a daily half-hour from 10:00 is the next one until 10:30."""
    portal.add_meeting(
        700, name="Daily", host=23, guests=[17], start="2026-11-16T10:00:00", minutes=30, rrule="FREQ=DAILY"
    )
    clock.advance(hours * 3600)

    assert shown(portal)["meeting/700"]["starts"] == starts


def test_view_shows_the_first_time_of_what_is_over(portal: Portal) -> None:
    portal.add_meeting(
        700, name="Past", host=23, guests=[17], start="2026-11-16T10:00:00", rrule="FREQ=DAILY;UNTIL=20261118"
    )

    assert shown(portal)["meeting/700"]["starts"] == "2026-11-16T10:00:00+00:00"


@pytest.mark.parametrize(
    ("rule", "days", "starts"),
    [
        ("FREQ=WEEKLY;BYDAY=MO", 1, "2026-11-23"),
        ("FREQ=WEEKLY;BYDAY=SU", 2, "2026-11-22"),
        ("FREQ=WEEKLY;BYDAY=SU", 1, "2026-11-29"),
    ],
)
def test_view_gives_the_whole_day_that_is_on(portal: Portal, rule: str, days: int, starts: str) -> None:
    """It is Monday, 2026-11-23."""
    portal.add_meeting(
        700, name="Fair", host=23, guests=[17], start="2026-11-15T00:00:00", all_day=True, days=days, rrule=rule
    )

    assert shown(portal)["meeting/700"]["starts"] == starts


def test_view_shows_a_private_chat_whatever_is_said_elsewhere(bot: Desk) -> None:
    said = bot.portal.say(17, "accept 651")
    for number in range(500):
        bot.portal.say(23, f"talk {number}", chat=311)

    messages = [value for key, value in shown(bot.portal).items() if key.startswith("message/")]

    assert [message["id"] for message in messages] == [said.id]


def test_view_of_a_long_conversation_ends_with_the_newest(bot: Desk) -> None:
    said = [bot.portal.say(17, f"text {number}").id for number in range(450)]

    messages = [value["id"] for key, value in shown(bot.portal).items() if key.startswith("message/")]

    assert messages == said[-400:]


def test_view_tells_of_renewed_tokens(bot: Desk) -> None:
    pair = bot.portal.oauth.issue(bot.app, 17)
    for token in (pair.refresh_token, "unknown"):
        bot.oauth(grant_type="refresh_token", refresh_token=token)
    everything = shown(bot.portal)

    assert everything["token/0"] == {
        "no": 0, "grant": "refresh_token", "user": 17, "error": None, "at": bot.portal.clock.now(),
    }  # fmt: skip
    assert everything["token/1"]["error"] == "invalid_grant"
    assert pair.refresh_token not in json.dumps(everything)


def test_view_leaves_deleted_things_out(bot: Desk) -> None:
    said = bot.portal.say(17, "hello")
    bot.portal.delete(said.id)
    bot.portal.delete_meeting(651)
    bot.portal.add_entry(701, owner=17, name="Dentist", start="2026-11-25T10:00:00")

    everything = shown(bot.portal)

    assert f"message/{said.id}" not in everything
    assert {"meeting/651", "meeting/701"}.isdisjoint(everything)


def test_view_of_calls_holds_no_token(bot: Desk) -> None:
    token = bot.token(17)
    body = json.dumps({"auth": token, "cmd": {"a": f"profile?auth={token}"}}).encode()
    bot.send("/rest/batch", headers={"Content-Type": "application/json"}, body=body)
    calls = [value for key, value in shown(bot.portal).items() if key.startswith("call/")]

    assert [call["method"] for call in calls][-2:] == ["profile", "batch"]
    assert token not in json.dumps(calls)


def test_view_of_a_call_tells_who_acted_and_the_level(bot: Desk) -> None:
    bot.portal.rest.bucket = Bucket(burst=2, rate=2)
    for _ in range(3):
        bot.call("calendar.meeting.status.get", {"eventId": 652, "note": "x" * 1000}, user=17)
    everything = shown(bot.portal)
    first, *_, last = [value for key, value in everything.items() if key.startswith("call/")][-3:]

    assert (first["user"], first["status"], first["error"], first["level"]) == (17, 200, None, 1)
    assert len(first["params"]) == 401
    assert (last["user"], last["status"], last["error"], last["level"]) == (None, 503, "QUERY_LIMIT_EXCEEDED", 2)
    assert everything["quota"] == {"level": 2, "burst": 2, "rate": 2, "at": bot.portal.clock.now()}


def test_view_without_a_limit_has_no_quota(bot: Desk) -> None:
    bot.call("profile")
    everything = shown(bot.portal)

    assert everything["quota"] is None
    assert [value["level"] for key, value in everything.items() if key.startswith("call/")][-1] is None


def test_view_shows_the_trouble_that_waits(bot: Desk) -> None:
    bot.portal.faults.add("*", faults.slow(6.0))
    bot.portal.faults.add("profile", faults.error("expired_token"))
    before = shown(bot.portal)
    bot.call("profile")
    bot.call("profile")
    after = shown(bot.portal)

    assert before["fault/0"] == {"no": 0, "kind": "slow", "code": "", "pattern": "*"}
    assert before["fault/1"] == {"no": 1, "kind": "error", "code": "expired_token", "pattern": "profile"}
    assert not [key for key in after if key.startswith("fault/")]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(faults.lost(), "lost"), (faults.cut(), "cut"), (faults.html_page(), "page"), (faults.moved("/x"), "page")],
)
def test_fault_has_a_kind(fault: faults.Fault, kind: str) -> None:
    assert fault.kind == kind


async def test_bot_is_at_work_until_it_answers_or_is_silent_for_long(bot: Desk, clock: ManualClock) -> None:
    chat = f"working/{bot.portal.say(17, 'accept 651').chat_id}"
    asked = shown(bot.portal)
    clock.advance(31)
    silent = shown(bot.portal)
    bot.portal.say(17, "accept 651")
    asked_again = shown(bot.portal)
    bot.call("imbot.v2.Chat.Message.send", {"botId": 905, "dialogId": "17", "fields": {"message": "Done"}})
    answered = shown(bot.portal)

    assert [chat in state for state in (asked, silent, asked_again, answered)] == [True, False, True, False]


def test_bot_is_not_at_work_on_what_it_cannot_see(bot: Desk) -> None:
    bot.portal.say(23, "talk among colleagues", chat=311)

    assert not [key for key in shown(bot.portal) if key.startswith("working/")]
