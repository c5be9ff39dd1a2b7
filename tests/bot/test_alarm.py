"""What happens when a timed presence is to end and the portal, or the permission, is in the way."""

import json

import pytest
from structlog.testing import capture_logs

from bot import events
from bot.emulator import faults
from bot.inbox import Delivery

HOUR = 3600
DAY = 24 * HOUR
MEMBER = "1b" * 16
WORDS = {"en": "dnd for 1h", "ru": "не беспокоить на час"}
FAILED = {"en": "I could not bring back your former status", "ru": "Я не смог вернуть ваш прежний статус"}


@pytest.fixture(params=["en", "ru"])
def language(request) -> str:
    return request.param


@pytest.fixture
async def timed(ask, portal, language):
    """Mira is on a break, and on “do not disturb” for an hour; return what talks to the bot."""
    portal.presence[17] = "break"
    await ask(WORDS[language])
    portal.messages.clear()
    portal.rest.calls.clear()
    return ask


def by_bot(portal):
    return [message.text for message in portal.messages]


def due_of(ask):
    """Return the entry of the timer that was set last."""
    return ask.inbox.later[-1][1]


async def timer_of(ask):
    return await ask.core.store.timers.find(MEMBER, 17)


async def test_end_costs_a_look_and_a_change_as_the_person(timed, portal):
    await timed("dnd for 30m")
    portal.messages.clear()
    portal.rest.calls.clear()
    before = portal.requests
    await timed.wait(HOUR / 2)

    assert portal.presence == {17: "break"}
    assert portal.requests - before == 2
    assert {call.user_id for call in portal.calls} == {17}
    assert by_bot(portal) == []
    assert await timer_of(timed) is None


async def test_end_renews_a_token_that_has_expired(timed, portal):
    await timed.wait(HOUR)

    assert [(one.grant_type, one.user_id, one.error) for one in portal.oauth.requests] == [("refresh_token", 17, None)]
    assert portal.presence == {17: "break"}


async def test_end_after_days_of_silence(ask, portal):
    portal.presence[17] = "away"
    await ask("dnd until Sunday 15:00")
    await ask.wait(6 * DAY + 4 * HOUR)

    assert portal.presence == {17: "away"}


TROUBLE = {
    "away": faults.html_page(),
    "cut": faults.cut(),
    "limit": faults.error("QUERY_LIMIT_EXCEEDED"),
    "blocked": faults.error("OPERATION_TIME_LIMIT"),
    "fault": faults.error("INTERNAL_SERVER_ERROR"),
}


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE)
@pytest.mark.parametrize("method", ["im.user.status.get", "im.user.status.set"])
async def test_end_waits_for_a_portal_that_is_away(timed, portal, trouble, method):
    portal.faults.add(method, trouble, count=None)
    await timed.wait(HOUR)
    for wait_s in (30, 60, 120, 300, 300):
        await timed.wait(wait_s)
    portal.faults.clear()
    await timed.wait(299)
    assert portal.presence == {17: "dnd"}

    await timed.wait(1)
    assert portal.presence == {17: "break"}
    assert by_bot(portal) == []


async def test_end_waits_for_an_authorization_server_that_is_away(timed, portal):
    portal.faults.add("oauth.token", faults.html_page())
    await timed.wait(HOUR)
    assert portal.presence == {17: "dnd"}

    await timed.wait(30)
    assert portal.presence == {17: "break"}
    assert by_bot(portal) == []


async def test_person_is_heard_while_the_end_waits(timed, portal):
    portal.faults.add("im.user.status.*", faults.html_page(), count=None)
    await timed.wait(HOUR)
    portal.faults.clear()
    await timed("online")
    await timed.wait(HOUR)

    assert portal.presence == {17: "online"}
    assert await timer_of(timed) is None


@pytest.mark.parametrize("trouble", [faults.lost(), faults.slow(3600)], ids=["lost", "slow"])
async def test_end_whose_answer_was_lost_is_not_a_change_by_hand_that_is_told(timed, portal, trouble):
    portal.faults.add("im.user.status.set", trouble)
    await timed.wait(HOUR)
    await timed.wait(30)

    assert portal.presence == {17: "break"}
    assert by_bot(portal) == []
    assert await timer_of(timed) is None


async def test_portal_that_stays_away_for_a_day_is_told(timed, portal, language):
    portal.faults.add("im.user.status.*", faults.html_page(), count=None)
    for _ in range(24 * 12 + 10):
        await timed.wait(300)

    assert by_bot(portal) == []
    for _ in range(15):
        await timed.wait(300)
    assert len(by_bot(portal)) == 1
    assert by_bot(portal)[0].startswith(FAILED[language])
    assert await timer_of(timed) is None


REFUSED = ["invalid_token", "authorization_error", "user_access_error", "ACCESS_DENIED", "STATUS_ERROR"]


@pytest.mark.parametrize("code", REFUSED)
async def test_refusal_for_good_is_told_once(timed, portal, language, code):
    status = 400 if code == "STATUS_ERROR" else None
    portal.faults.add("im.user.status.*", faults.error(code, status=status), count=None)
    await timed.wait(HOUR)
    await timed.wait(DAY)

    assert len(by_bot(portal)) == 1
    assert by_bot(portal)[0].startswith(FAILED[language])
    assert {"en": "“online”", "ru": "«онлайн»"}[language] in by_bot(portal)[0]
    assert portal.messages[0].dialog_id == "17"
    assert portal.presence == {17: "dnd"}
    assert await timer_of(timed) is None


async def test_permission_that_was_taken_back_is_told(timed, portal, language):
    portal.revoke(17)
    await timed.wait(HOUR)

    assert [text.startswith(FAILED[language]) for text in by_bot(portal)] == [True]


async def test_presence_that_the_portal_does_not_keep_is_told(timed, portal, language):
    result = {"before": "dnd", "set": True, "after": "online"}
    body = {"result": {"result": result, "result_error": [], "result_total": [], "result_next": [], "result_time": []}}
    portal.faults.add("batch", faults.raw(200, json.dumps(body).encode(), "application/json"))
    await timed.wait(HOUR)

    assert [text.startswith(FAILED[language]) for text in by_bot(portal)] == [True]


async def test_failure_is_told_in_the_language_that_the_person_chose_meanwhile(timed, portal, language):
    other = {"en": "ru", "ru": "en"}[language]
    await timed(f"language {other}")
    portal.messages.clear()
    portal.revoke(17)
    await timed.wait(HOUR)

    assert by_bot(portal)[0].startswith(FAILED[other])


async def test_failure_is_told_in_private_wherever_the_timer_was_set(ask, portal):
    portal.invite_bot(311, by=23)
    await ask.deliver()
    await ask(f"[USER={next(iter(portal.bots.by_id))}]Status Bot[/USER] dnd for 1h", chat=311)
    portal.revoke(17)
    await ask.wait(HOUR)

    assert portal.messages[-1].text.startswith(FAILED["en"])
    assert portal.messages[-1].dialog_id == "17"


# --- entries that are not the present timer's


@pytest.mark.parametrize("said", ["online", "away", "dnd for 3h", "disconnect"])
async def test_timer_that_was_stopped_or_replaced_does_nothing(timed, portal, said):
    await timed(said)
    chosen, timer = portal.presence[17], await timer_of(timed)
    portal.rest.calls.clear()
    with capture_logs() as lines:
        await timed.wait(HOUR)

    assert "ignored: stopped or replaced" in {line.get("outcome") for line in lines}
    assert portal.calls == []
    assert portal.presence == {17: chosen}
    assert await timer_of(timed) == timer


async def test_end_handled_again_after_a_kill_changes_nothing_more(timed, portal):
    entry = due_of(timed)
    await timed.wait(HOUR)
    portal.set_presence(17, "dnd")
    await timed.inbox.hand_out_again(entry)

    assert portal.presence == {17: "dnd"}
    assert by_bot(portal) == []


async def test_kill_before_the_end_was_noted_changes_nothing_more(timed, portal):
    timer, entry = await timer_of(timed), due_of(timed)
    await timed.wait(HOUR)
    await timed.core.database.write(timed.core.store.timers.starting(timer))
    await timed.inbox.hand_out_again(entry)

    assert portal.presence == {17: "break"}
    assert await timer_of(timed) is None


async def test_timer_of_a_portal_that_was_forgotten_does_nothing(timed, portal):
    await timed.core.store.forget_portal(MEMBER)
    await timed.wait(HOUR)

    assert portal.calls == []
    assert portal.presence == {17: "dnd"}


async def test_timer_of_an_installation_that_came_back_does_nothing(timed, portal):
    await timed.core.store.forget_portal(MEMBER)
    portal.install(next(iter(portal.oauth.apps.values())))
    await timed.deliver()
    await timed.inbox.finish_installation()
    portal.rest.calls.clear()
    await timed.wait(HOUR)

    assert portal.calls == []
    assert portal.presence == {17: "dnd"}


# --- given up


async def test_timer_that_was_given_up_is_told(timed, portal, language):
    entry = due_of(timed)
    await timed.inbox._dispatcher.give_up(Delivery(entry, 5))

    assert [text.startswith(FAILED[language]) for text in by_bot(portal)] == [True]
    assert await timer_of(timed) is None


async def test_timer_that_was_given_up_after_it_was_stopped_is_not_told(timed, portal):
    entry = due_of(timed)
    await timed("online")
    portal.messages.clear()
    await timed.inbox._dispatcher.give_up(Delivery(entry, 5))

    assert by_bot(portal) == []


async def test_timer_that_was_given_up_after_it_was_replaced_leaves_the_other_one(timed, portal):
    entry = due_of(timed)
    await timed("away for 3h")
    portal.messages.clear()
    timer = await timer_of(timed)
    await timed.inbox._dispatcher.give_up(Delivery(entry, 5))

    assert by_bot(portal) == []
    assert await timer_of(timed) == timer


async def test_attempts_have_entries_of_their_own_in_the_person_s_lane(timed, portal):
    portal.faults.add("im.user.status.get", faults.html_page(), count=2)
    await timed.wait(HOUR)
    await timed.wait(30)
    entries = [entry for entry in timed.inbox.entries if isinstance(events.load(entry.body), events.TimerDue)]
    entries.append(due_of(timed))

    assert len({entry.key for entry in entries}) == 3
    assert {entry.lane for entry in entries} == {f"{MEMBER}:17"}


# --- another bot


@pytest.mark.parametrize("end", ["refused", "given up"])
async def test_failure_is_told_by_the_bot_that_was_registered_meanwhile(ask, portal, replace_bot, end):
    await ask("dnd for 1h")
    portal.messages.clear()
    bot_id = await replace_bot()
    if end == "refused":
        portal.revoke(17)
        await ask.wait(HOUR)
    else:
        await ask.inbox._dispatcher.give_up(Delivery(due_of(ask), 5))

    assert [message.author_id for message in portal.messages] == [bot_id]
    assert by_bot(portal)[0].startswith(FAILED["en"])
