"""The demo: portal and bot in one process, by one clock."""

import socket
import tempfile
from collections.abc import AsyncIterator, Iterator

import pytest

from bot import demo
from bot.demo import Stage, stage
from bot.emulator.limits import Bucket
from bot.errors import SettingsError, StorageError, TokenExpired
from tests.flows.conftest import until


@pytest.fixture
async def on() -> AsyncIterator[Stage]:
    async with stage(0, Bucket()) as running:
        yield running


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which somebody else listens."""
    with socket.socket() as other:
        other.bind((demo.HOST, 0))
        other.listen()
        yield other.getsockname()[1]


async def test_demo_takes_another_port_when_the_usual_one_is_taken(taken):
    async with stage(taken, Bucket()) as on:
        assert on.address != f"http://{demo.HOST}:{taken}"
        assert on.portal.options.domain in on.address


async def test_emulator_alone_tells_that_its_port_is_taken(taken):
    with pytest.raises(
        SettingsError, match=rf"The port {taken} cannot be served: address already in use; choose another"
    ):
        await demo.emulate(taken)


async def test_demo_tells_that_it_finds_no_folder_to_write_in(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")

    with pytest.raises(SettingsError, match="The demo needs a folder for its database: No such file or directory"):
        async with stage(0, Bucket()):
            pass


async def test_demo_tells_that_there_is_no_room(monkeypatch, tmp_path):
    def full(*_: object, **__: object) -> None:
        raise StorageError("database or disk is full")

    monkeypatch.setattr(demo, "Service", full)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with pytest.raises(SettingsError, match=f"There is no room in {tmp_path} for the demo's database"):
        async with stage(0, Bucket()):
            pass


async def test_installation_leaves_room_in_the_quota_of_a_usual_portal(on):
    assert on.portal.rest.bucket.peak <= on.portal.rest.bucket.burst / 2
    assert on.portal.rest.bucket.refused == 0


async def test_timer_ends_when_the_clock_of_the_portal_moves(on):
    on.portal.open_chat(17)
    on.portal.say(17, "dnd 1h")
    await until(lambda: on.portal.presence.get(17) == "dnd" and not on.service.inbox.pending)

    on.portal.clock.advance(3599)
    on.portal.say(17, "status")
    await until(lambda: "do not disturb" in on.portal.replies(17)[-1].lower() and not on.service.inbox.pending)
    assert on.portal.presence[17] == "dnd"

    on.portal.clock.advance(1)
    await until(lambda: on.portal.presence[17] == "online")


async def test_command_after_a_leap_of_the_clock_is_not_too_late(on):
    on.portal.open_chat(17)
    on.portal.clock.advance(30 * 24 * 3600)
    on.portal.say(17, "accept 651")

    await until(lambda: on.portal.meetings[651][17] == "Y")


async def test_answer_after_a_leap_of_the_clock_costs_no_request_more(on):
    on.portal.open_chat(17)
    await until(lambda: on.portal.replies(17) and not on.service.inbox.pending)
    on.portal.clock.advance(7200)  # the installer's token has expired since, that of the event has not
    before = len(on.portal.calls)
    on.portal.say(17, "status")
    await until(lambda: len(on.portal.replies(17)) == 2 and not on.service.inbox.pending)

    assert [(call.method, call.error) for call in on.portal.calls[before:]] == [
        ("im.user.status.get", None),
        ("imbot.v2.Chat.Message.send", None),
    ]


async def test_token_given_after_a_leap_of_the_clock_counts_as_fresh(on):
    on.portal.clock.advance(24 * 3600)
    on.portal.say(17, "status")
    await until(lambda: on.portal.replies(17) and not on.service.inbox.pending)
    (portal,) = on.service.core.store.all_portals()
    pair = await on.service.core.store.tokens(portal.member_id, 1)
    assert pair is not None
    renewed = await on.service.core.bitrix24.instead_of(portal, pair, TokenExpired())

    assert renewed.expires_at >= on.portal.clock.now() + 3000
