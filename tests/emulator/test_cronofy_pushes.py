"""Channels and push notifications (Cronofy's contract, section 8)."""

from typing import Any

import pytest

from bot.emulator.clock import ManualClock
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.cronofy.pushes import SIGNATURE, signature
from tests.emulator import cronofy_shapes as shapes
from tests.emulator.cronofy_desk import PUSH_URL, Desk

DAY_S = 24 * 3600


@pytest.fixture
def desk(clock: ManualClock) -> Desk:
    return Desk.connected(clock)


def create(desk: Desk, **params: Any) -> dict[str, Any]:
    answer = desk.call("POST", "channels", {"callback_url": PUSH_URL, **params})
    assert answer.status == 200, answer.body
    channel: dict[str, Any] = answer.body["channel"]
    return channel


async def watched(desk: Desk, **params: Any) -> None:
    """Create a channel and let its verification pass."""
    create(desk, **params)
    await desk.pushed()
    desk.received.clear()


async def kinds(desk: Desk) -> list[str]:
    return [push["notification"]["type"] for push in await desk.pushed()]


# -- the header

WELL_KNOWN = b'{"example":"well-known"}'
VECTORS = {
    "pDY0Oi7TJSP2hfNmZNkm5": "6r2/HjBkqymGegX0wOfifieeUXbbHwtV/LohHS+jv6c=",
    "CRN_NggYusqPGLxwjw5FHOJYOqSrTPNXy8WQf14OID": "5DxentQi5YSXODEzTVv06sRwJ3pULIz1KrYv20qxEK0=",
    "CRN_nGlYDFXwfSXgB9rvGNBJyfE454GGPtWIbNuPwr": "BmQmWVuZ70ILWjr1CAt5oC7YOolgnku4WZtlrKfx/6k=",
}


@pytest.mark.parametrize(("secret", "expected"), VECTORS.items())
def test_signatures_are_the_published_ones(secret: str, expected: str) -> None:
    assert signature(WELL_KNOWN, [secret]) == expected


def test_two_secrets_make_a_list() -> None:
    _, second, third = VECTORS

    assert signature(WELL_KNOWN, [second, third]) == f"{VECTORS[second]},{VECTORS[third]}"


async def test_a_push_is_signed_with_every_secret_over_its_bytes(desk: Desk) -> None:
    create(desk)
    desk.application.client_secrets.append("CRN_newer")
    await desk.pushed()
    (url, body, headers) = desk.received[0]

    assert url == PUSH_URL
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers[SIGNATURE] == signature(body, desk.application.client_secrets)
    assert headers[SIGNATURE].count(",") == 1


# -- channels


def test_a_channel_is_created_listed_and_deleted(desk: Desk) -> None:
    filters = {"calendar_ids": [desk.calendar.id]}
    answer = desk.call("POST", "channels", {"callback_url": PUSH_URL, "filters": filters})
    listed = desk.call("GET", "channels").body
    channel_id = answer.body["channel"]["channel_id"]
    other = create(desk, callback_url=f"{PUSH_URL}/2")

    assert shapes.differences(answer.body, shapes.CHANNEL) == []
    assert shapes.differences(listed, shapes.CHANNELS) == []
    assert listed["channels"] == [answer.body["channel"]]
    assert answer.body["channel"]["filters"] == filters
    assert desk.call("DELETE", f"channels/{other['channel_id']}").status == 202
    assert desk.call("GET", "channels").body == listed
    assert desk.call("DELETE", f"channels/{channel_id}").status == 202
    assert desk.call("GET", "channels").body == {"channels": []}
    assert desk.call("DELETE", f"channels/{channel_id}").status == 404


def test_an_identical_request_finds_the_channel(desk: Desk) -> None:
    first, second, third = create(desk), create(desk), create(desk, filters={"only_managed": True})

    assert first == second
    assert third["channel_id"] != first["channel_id"]


def test_channels_are_an_accounts_and_an_applications(desk: Desk) -> None:
    create(desk)
    olga = desk.cronofy.add_account("Olga", "olga@example.org")
    desk.access_token = desk.cronofy.grant(desk.application, olga).access_token
    assert desk.call("GET", "channels").body == {"channels": []}

    other = desk.cronofy.add_application([])
    desk.access_token = desk.cronofy.grant(other, desk.mira).access_token
    assert desk.call("GET", "channels").body == {"channels": []}


def test_there_are_at_most_128_channels(desk: Desk) -> None:
    for number in range(128):
        create(desk, callback_url=f"{PUSH_URL}/{number}")

    assert desk.call("POST", "channels", {"callback_url": PUSH_URL}).status == 422


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("", "required"),
        ("http://bot.example.org/cronofy", "invalid"),
        (f"https://bot.example.org/{'x' * 105}", "invalid"),
    ],
)
def test_addresses_are_checked(desk: Desk, url: str, key: str) -> None:
    answer = desk.call("POST", "channels", {"callback_url": url})

    assert answer.status == 422
    assert answer.body["errors"]["callback_url"][0]["key"] == f"errors.{key}"


def test_an_address_may_have_128_characters(desk: Desk) -> None:
    url = f"https://bot.example.org/{'x' * 104}"

    assert create(desk, callback_url=url)["callback_url"] == url


def test_an_application_may_have_no_pushes(desk: Desk) -> None:
    desk.application.push_allowed = False

    assert desk.call("POST", "channels", {"callback_url": PUSH_URL}).status == 403


# -- notifications


async def test_a_new_channel_is_verified(desk: Desk) -> None:
    channel = create(desk, filters={"calendar_ids": [desk.calendar.id]})
    (push,) = await desk.pushed()

    assert shapes.differences(push, shapes.PUSHED) == []
    assert push == {"notification": {"type": "verification"}, "channel": channel}


async def test_a_change_tells_since_when(desk: Desk, clock: ManualClock) -> None:
    await watched(desk, filters={"calendar_ids": [desk.calendar.id]})
    clock.advance(60)
    event = desk.invite()
    clock.advance(60)
    (push,) = await desk.pushed()

    assert shapes.differences(push, shapes.PUSHED_CHANGE) == []
    assert push["notification"] == {"type": "change", "changes_since": "2026-11-23T09:01:00Z"}
    assert desk.summaries(last_modified=push["notification"]["changes_since"]) == [event.summary]


async def test_everything_that_others_do_is_told(desk: Desk) -> None:
    event = desk.invite()
    await watched(desk)

    for act in (
        lambda: desk.cronofy.answer_elsewhere(event.uid, "accepted"),
        lambda: desk.cronofy.move_event(event.uid, "2026-11-25T12:00:00"),
        lambda: desk.cronofy.cancel_event(event.uid),
        desk.invite,
    ):
        desk.received.clear()
        act()
        assert await kinds(desk) == ["change"]


async def test_changes_that_wait_make_one_push(desk: Desk, clock: ManualClock) -> None:
    await watched(desk)
    desk.invite()
    clock.advance(60)
    desk.invite()
    (push,) = await desk.pushed()

    assert push["notification"]["changes_since"] == "2026-11-23T09:00:00Z"


async def test_filters_hold_changes_back(desk: Desk) -> None:
    await watched(desk, filters={"calendar_ids": [desk.outlook.id]})
    desk.invite()
    assert await kinds(desk) == []

    await watched(desk, filters={"only_managed": True})
    desk.invite()
    assert await kinds(desk) == []
    desk.invite(event_id="own-1")
    assert await kinds(desk) == ["change"]


async def test_an_own_answer_is_not_told(desk: Desk, clock: ManualClock) -> None:
    event = desk.invite()
    await watched(desk)
    desk.answer(event)
    clock.advance(3)

    assert await kinds(desk) == []
    assert desk.cronofy.answers[event.uid] == "accepted"


async def test_an_own_answer_may_be_told(desk: Desk, clock: ManualClock) -> None:
    desk.options.push_own_answers = True
    event = desk.invite()
    await watched(desk)
    desk.answer(event)
    assert await kinds(desk) == []

    clock.advance(60)
    (push,) = await desk.pushed()
    assert push["notification"] == {"type": "change", "changes_since": "2026-11-23T09:00:03Z"}
    assert desk.summaries(last_modified="2026-11-23T09:00:03Z") == [event.summary]


async def test_a_disconnected_profile_is_told(desk: Desk) -> None:
    await watched(desk)
    desk.cronofy.disconnect(desk.google)
    (push,) = await desk.pushed()

    assert shapes.differences(push, shapes.PUSHED_UNFILTERED) == []
    assert push["notification"] == {"type": "profile_disconnected"}


async def test_other_types_are_told(desk: Desk) -> None:
    await watched(desk)
    desk.cronofy.finish_sync(desk.google)
    desk.cronofy.push(desk.mira, "gdpr_requested")
    desk.cronofy.push(desk.mira, "some_later_type")

    assert await kinds(desk) == ["profile_initial_sync_completed", "gdpr_requested", "some_later_type"]


async def test_nobody_else_is_told(desk: Desk) -> None:
    await watched(desk)
    olga = desk.cronofy.add_account("Olga", "olga@example.org")
    desk.invite(desk.cronofy.add_calendar(desk.cronofy.add_profile(olga, "olga@example.org"), "Olga"))

    assert await kinds(desk) == []


async def test_a_revoked_authorization_is_told_nothing(desk: Desk) -> None:
    await watched(desk)
    desk.invite()
    desk.cronofy.revoke(desk.mira)
    desk.invite()

    assert await kinds(desk) == []


# -- retries


async def test_a_push_is_repeated_until_it_is_taken(desk: Desk, clock: ManualClock) -> None:
    await watched(desk)
    desk.status = 500
    desk.invite()
    await desk.pushed()
    assert desk.cronofy.next_due_at == clock.now() + 60

    clock.advance(59)
    assert len(await desk.pushed()) == 1
    clock.advance(1)
    assert len(await desk.pushed()) == 2
    clock.advance(119)
    assert len(await desk.pushed()) == 2
    desk.status = 204
    clock.advance(1)
    first, *others = await desk.pushed()
    assert others == [first] * 2
    assert desk.cronofy.next_due_at is None
    assert [(push.kind, push.status) for push in desk.cronofy.pushes.log] == [
        ("verification", 200),
        ("change", 500),
        ("change", 500),
        ("change", 204),
    ]


@pytest.mark.parametrize("status", [0, 302, 404])
async def test_only_success_is_success(desk: Desk, status: int) -> None:
    await watched(desk)
    desk.status = status
    desk.invite()
    await desk.pushed()

    assert desk.cronofy.next_due_at is not None


async def test_a_channel_is_closed_after_a_day(desk: Desk, clock: ManualClock) -> None:
    await watched(desk)
    desk.status = 0
    desk.invite()
    began = clock.now()
    while desk.cronofy.next_due_at is not None:
        clock.advance(desk.cronofy.next_due_at - clock.now())
        await desk.pushed()

    assert DAY_S <= clock.now() - began < DAY_S + 3600
    desk.access_token = desk.cronofy.grant(desk.application, desk.mira).access_token
    assert desk.call("GET", "channels").body == {"channels": []}
    desk.status = 200
    desk.received.clear()
    desk.invite()
    assert await kinds(desk) == []
    create(desk)
    assert await kinds(desk) == ["verification"]


async def test_deliver_wants_to_know_how(clock: ManualClock) -> None:
    with pytest.raises(RuntimeError, match="post"):
        await Cronofy(clock).deliver()


async def test_what_is_due_next_is_known(desk: Desk, clock: ManualClock) -> None:
    event = desk.invite()
    assert desk.cronofy.next_due_at is None
    desk.answer(event)
    assert desk.cronofy.next_due_at == clock.now() + 3
    create(desk)
    assert desk.cronofy.next_due_at == clock.now()
