"""The demo: portal and bot in one process, by one clock."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from cryptography.fernet import Fernet

from bot import settings
from bot.demo import converse, emulate, running
from bot.demo.changes import changes, state
from bot.demo.running import HOST, Stage, stage
from bot.emulator.clock import ManualClock
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.cronofy.events import Event
from bot.emulator.cronofy.seed import demo_cronofy
from bot.emulator.limits import Bucket
from bot.emulator.portal import Portal
from bot.emulator.seed import demo_portal
from bot.errors import SettingsError, StorageError, TokenExpired
from tests.flows.conftest import until
from tests.process import PATIENCE_S


@pytest.fixture
async def on() -> AsyncIterator[Stage]:
    async with stage(0, Bucket()) as made:
        yield made


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which somebody else listens."""
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        yield other.getsockname()[1]


async def test_demo_takes_another_port_when_the_usual_one_is_taken(taken):
    async with stage(taken, Bucket()) as on:
        assert on.address != f"http://{HOST}:{taken}"
        assert on.portal.options.domain in on.address


async def test_emulator_alone_tells_that_its_port_is_taken(taken):
    with pytest.raises(
        SettingsError, match=rf"The port {taken} cannot be served: address already in use; choose another"
    ):
        await emulate(taken, 0)


async def test_emulator_alone_tells_that_the_port_of_cronofy_is_taken(taken):
    with pytest.raises(SettingsError, match=rf"The port {taken} cannot be served: .*; choose another with --cronofy-p"):
        await emulate(0, taken)


async def test_emulator_alone_prints_settings_that_a_bot_can_use(capsys):
    printed: list[str] = []
    emulating = asyncio.create_task(emulate(0, 0))

    def is_ready() -> bool:
        printed.extend(capsys.readouterr().out.splitlines())
        return any(line.startswith("curl") for line in printed)

    await until(is_ready)
    pasted = [line.removeprefix(settings.PREFIX) for line in printed if line.startswith(settings.PREFIX)]
    named = {name.lower(): value for name, _, value in (line.partition("=") for line in pasted)}
    chosen = settings.given(**named, secret_key=Fernet.generate_key().decode())
    assert chosen.cronofy is not None
    wrong = {
        "client_id": chosen.cronofy.client_id,
        "client_secret": chosen.cronofy.client_secret.get_secret_value(),
        "grant_type": "authorization_code",
        "code": "none",
        "redirect_uri": chosen.cronofy_url,
    }
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{chosen.cronofy.api}/oauth/token", json=wrong)
        page = await http.get(f"{chosen.cronofy.app}/oauth/authorize", params={"client_id": chosen.cronofy.client_id})
    emulating.cancel()
    await emulating

    assert answer.json() == {"error": "invalid_grant"}  # not the client: Cronofy knows it
    assert "may not send you to that address" in page.text


async def test_demo_tells_that_it_finds_no_folder_to_write_in(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")

    with pytest.raises(SettingsError, match="The demo needs a folder for its database: No such file or directory"):
        async with stage(0, Bucket()):
            pass


async def test_demo_tells_that_there_is_no_room(monkeypatch, tmp_path):
    def full(*_: object, **__: object) -> None:
        raise StorageError("database or disk is full")

    monkeypatch.setattr(running, "Service", full)
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
    pair = await on.service.core.store.tokens.find(portal.member_id, 1)
    assert pair is not None
    renewed = await on.service.core.bitrix24.instead_of(portal, pair, TokenExpired())

    assert renewed.expires_at >= on.portal.clock.now() + 3000


# --- Cronofy


@pytest.fixture
def company() -> Portal:
    return demo_portal(ManualClock())


@pytest.fixture
def outside(company: Portal) -> Cronofy:
    return demo_cronofy(company)


def event(cronofy: Cronofy, summary: str) -> Event:
    return next(event for event in cronofy.events.values() if event.summary == summary)


async def test_account_is_connected_through_the_link_of_the_bot(on):
    on.portal.open_chat(17)
    on.portal.say(17, "connect cronofy")
    await until(lambda: on.portal.dialog(17)[-1].keyboard and len(on.portal.replies(17)) == 2)
    link = on.portal.dialog(17)[-1].keyboard[0]["LINK"]
    back = on.cronofy.authorize(link, "mira@acme.example")
    async with httpx.AsyncClient(trust_env=False) as browser:
        page = await browser.get(back)

    assert page.status_code == 200
    await until(lambda: "mira@office.example" in on.portal.replies(17)[-1])
    assert on.cronofy.oauth.is_open(on.cronofy.directory.account_of("mira@acme.example"))


async def test_clock_of_the_portal_is_that_of_cronofy(on):
    talk = event(on.cronofy, "Contract talk")
    place = on.cronofy.directory.place_of(talk.uid)
    tokens = on.cronofy.grant(on.cronofy.add_application([]), place.account)
    on.cronofy.options.answer_delay_s = 3600
    heard = asyncio.Event()
    on.cronofy.on_change.append(lambda: talk.answer == "accepted" and heard.set())
    async with httpx.AsyncClient(
        base_url=on.cronofy.options.api_origin,
        trust_env=False,
        headers={"Authorization": f"Bearer {tokens.access_token}"},
    ) as http:
        path = f"/v1/calendars/{place.calendar.id.replace('@', '%40')}/events/{talk.uid}/participation_status"
        assert (await http.post(path, json={"status": "accepted"})).status_code == 202
    assert talk.answer == "needs_action"

    on.portal.clock.advance(3600)

    await asyncio.wait_for(heard.wait(), PATIENCE_S)


# --- conversations in the terminal


async def test_link_to_cronofy_is_followed_in_a_conversation(capsys):
    status = await converse(("connect cronofy", "disconnect cronofy"), 17)
    lines = capsys.readouterr().out.splitlines()

    assert status == 0
    assert lines.index("(Mira Testova follows the link and agrees)") > lines.index("Mira Testova > connect cronofy")
    assert [line for line in lines if line.startswith("changed: ")] == [
        "changed: calendars of Mira Testova outside Bitrix24: not connected -> connected",
        "changed: calendars of Mira Testova outside Bitrix24: connected -> not connected",
    ]


async def test_link_is_left_alone_by_whom_cronofy_does_not_know(capsys):
    status = await converse(("подключить cronofy",), 23)
    said = capsys.readouterr().out

    assert status == 0
    assert "follows the link" not in said
    assert "changed: " not in said


def test_answers_outside_are_among_what_changed(company, outside):
    before = state(company, outside)
    outside.answer_elsewhere(event(outside, "Contract talk").uid, "declined")
    outside.answer_elsewhere(event(outside, "Supplier call").uid, "tentative")
    outside.answer_elsewhere(event(outside, "Trade fair").uid, "accepted")

    assert changes(before, state(company, outside)) == [
        "answer of Mira Testova to “Contract talk” (2026-11-24 11:00, Calendar of mira@office.example): not answered -> declined, removed from the calendar",
        "answer of Mira Testova to “Supplier call” (2026-11-25 15:00, Mira of mira@acme.example): not answered -> tentative",
        "answer of Mira Testova to “Trade fair” (2026-12-01, Mira of mira@acme.example): not answered -> accepted",
    ]


def test_answer_that_is_not_carried_out_yet_is_on_its_way(company, outside):
    before = state(company, outside)
    talk = event(outside, "Contract talk")
    place = outside.directory.place_of(talk.uid)
    tokens = outside.grant(outside.add_application([]), place.account)
    path = f"/v1/calendars/{place.calendar.id.replace('@', '%40')}/events/{talk.uid}/participation_status"
    headers = {"Authorization": f"Bearer {tokens.access_token}", "Content-Type": "application/json"}
    assert outside.handle("POST", path, headers=headers, body=b'{"status": "accepted"}').status == 202

    assert changes(before, state(company, outside))[-1].endswith("not answered -> not answered, accepted on its way")


def test_occurrences_of_a_series_are_told_apart(company, outside):
    before = state(company, outside)
    occurrences = [each for each in outside.events.values() if each.summary == "Delivery check"]
    outside.answer_elsewhere(occurrences[1].uid, "accepted")

    assert changes(before, state(company, outside)) == [
        "answer of Mira Testova to “Delivery check” (2026-12-01 09:15, Mira of mira@acme.example): not answered -> accepted"
    ]
