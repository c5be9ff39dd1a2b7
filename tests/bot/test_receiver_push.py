"""`POST /cronofy/events` over loopback: which pushes are stored, and how all others are answered."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.accounts import Account
from bot.emulator.cronofy.pushes import SIGNATURE, signature
from bot.emulator.transport import PortalTransport
from bot.errors import StorageError
from bot.events import AccountChanged, load
from bot.inbox.sqlite import SqliteInbox, events
from bot.receiver import MAX_BODY, Receiver
from bot.service import Core
from tests.conftest import outside_settings

MEMBER = "1b" * 16
KEY, JURIS_KEY, CHANNEL = "k" * 32, "j" * 32, "chn_66f0c1a2b3d4e5f601234567"
URL = f"/cronofy/events?key={KEY}"
NOON = "2026-11-23T12:00:00Z"


class Web:
    """Cronofy's side of it; nothing works on what is stored."""

    def __init__(self, client, core, inbox, secret):
        self.client = client
        self.core = core
        self.inbox = inbox
        self.secret = secret

    async def post(self, body, url=URL, *, signed=True, headers=()):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        usual = {SIGNATURE: signature(content, [self.secret])} if signed else {}
        return await self.client.post(url, data=content, headers=[*usual.items(), *dict(headers).items()])

    async def status(self, body, url=URL, **options):
        return (await self.post(body, url, **options)).status

    async def stored(self):
        rows = await self.core.database.read(lambda c: c.execute(select(events)).all())
        return [load(row.body) for row in rows]


def account(user_id, push_key):
    name = f"of-{user_id}"
    return Account(MEMBER, user_id, f"acc_{name}", f"access-{name}", f"refresh-{name}", "", "", push_key, 1, CHANNEL)


def push(kind="change", since=NOON, channel=CHANNEL):
    told = {"type": kind} | ({"changes_since": since} if since else {})
    return {"notification": told, "channel": {"channel_id": channel, "callback_url": f"https://bot.example.com{URL}"}}


@pytest.fixture
async def make_web(portal, outside, clock, make_settings):
    """Return what starts a receiver that knows Cronofy, and the accounts of Mira and Juris."""
    stops = []

    async def make(*, cronofy=True, **limits):
        beside = outside_settings(outside)
        settings = make_settings(**beside if cronofy else {})
        core = Core(settings, exclusive=True, transport=PortalTransport(portal, outside), clock=clock.now)
        inbox = SqliteInbox(core.database, clock=clock.now)
        parts = (settings, core.store, inbox, core.bitrix24, core.metrics, clock.now)
        receiver = Receiver(*parts, texts=core.parts.texts, cronofy=core.cronofy, **limits)
        client = TestClient(TestServer(receiver.app()))
        await client.start_server()
        stops.extend((client.close, core.close))
        for one in (account(17, KEY), account(23, JURIS_KEY)):
            await core.store.accounts.save(one)
        return Web(client, core, inbox, beside["cronofy_client_secret"])

    yield make
    for stop in stops:
        await stop()


@pytest.fixture
async def web(make_web):
    return await make_web()


# --- taken in


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("change", "change"),
        ("profile_initial_sync_completed", "synced"),
        ("profile_disconnected", "disconnected"),
        ("gdpr_requested", "erasure"),
    ],
)
async def test_push_is_stored_for_the_person_of_the_key_before_it_is_answered(web, clock, kind, what):
    assert await web.status(push(kind)) == 200

    (event,) = await web.stored()
    assert (event.user_id, event.what, event.channel_id, event.lane) == (17, what, CHANNEL, f"{MEMBER}:17:outside")
    assert (event.since, event.sent_at) == (1_795_435_200, int(clock.now()))


async def test_repeated_push_is_stored_once_and_a_later_change_beside_it(web, clock):
    for since in (NOON, NOON, "2026-11-23T12:00:01Z", NOON):
        clock.advance(60)
        assert await web.status(push(since=since)) == 200

    assert [event.since for event in await web.stored()] == [1_795_435_200, 1_795_435_201]


async def test_push_to_another_person_s_address_keeps_the_channel_that_it_came_through(web):
    """Whose channel that is, is looked at when the event is handled."""
    assert await web.status(push(channel="chn_1"), f"/cronofy/events?key={JURIS_KEY}") == 200

    (event,) = await web.stored()
    assert (event.user_id, event.channel_id) == (23, "chn_1")


@pytest.mark.parametrize(
    "body",
    [
        push("verification"),
        push("conferencing_profile_disconnected"),
        push("something_of_tomorrow"),
        push(""),
        {"notification": {"type": ["change"]}},
        {},
        [],
        7,
        None,
    ],
)
async def test_push_that_means_nothing_to_us_is_accepted_and_forgotten(web, body):
    assert await web.status(body) == 200
    assert await web.stored() == []


@pytest.mark.parametrize("kind", [None, "application/json; charset=utf-8", "text/plain", "x"])
async def test_content_type_does_not_matter(web, kind):
    assert await web.status(push(), headers={"Content-Type": kind} if kind else ()) == 200
    assert len(await web.stored()) == 1


async def test_strange_fields_are_stored_in_bounds(web):
    assert await web.status(push(channel="\ud800\x00" * 5000, since="0000-12-29T00:00:00Z")) == 200

    (event,) = await web.stored()
    assert event.since == 0
    assert len(event.key) < 150


async def test_one_signature_of_several_is_enough(web):
    body = json.dumps(push()).encode()
    wrong, right = signature(body, ["former"]), signature(body, [web.secret])
    for header in ([(SIGNATURE, f"{wrong}, {right}")], [(SIGNATURE, wrong), (SIGNATURE, right)]):
        assert (await web.client.post(URL, data=body, headers=header)).status == 200


async def test_neither_key_nor_secret_is_logged_or_stored_with_the_event(web, tmp_path):
    with capture_logs() as lines:
        await web.status(push())
        await web.status(push(), signed=False)
        await web.status(b"no json")
        await web.status(push(), f"{URL}x")
    (event,) = await web.stored()

    assert [line["status"] for line in lines] == [403, 400, 403]
    assert not [secret for secret in (KEY, web.secret) if secret in f"{lines}{event}"]


async def test_stored_push_is_counted(web):
    await web.status(push())
    await web.status(push("verification"))
    page = await (await web.client.get("/metrics")).text()

    assert 'statusbot_events_total{kind="account_changed"} 1.0' in page


# --- refused


@pytest.mark.parametrize("made_with", [None, "", "another", "another,and another", "я"])
async def test_push_that_cronofy_did_not_sign_for_us_is_refused(web, made_with):
    body = json.dumps(push()).encode()
    value = "" if made_with is None else signature(body, made_with.split(","))
    with capture_logs() as lines:
        answer = await web.post(body, signed=False, headers={} if made_with is None else {SIGNATURE: value})

    assert answer.status == 403
    assert [(line["event"], line["path"]) for line in lines] == [("request.refused", "/cronofy/events")]
    assert await web.stored() == []


async def test_changed_body_is_refused(web):
    body = json.dumps(push()).encode()
    signed = {SIGNATURE: signature(body, [web.secret])}

    assert await web.status(body.replace(b"change", b"gdpr_requested", 1), signed=False, headers=signed) == 403
    assert await web.stored() == []


@pytest.mark.parametrize("query", ["", "?key=", "?key=x", f"?key={KEY[:-1]}", f"?KEY={KEY}", f"?key=x&key={KEY}",
                                   "?key=%00", "?key=%ED%A0%80", "?key=%FF", "?key=%D1%8F", f"?key={'x' * 4000}"])  # fmt: skip
@pytest.mark.parametrize("kind", ["change", "verification"])
async def test_push_to_nobody_s_address_is_refused_like_one_that_is_not_signed(web, query, kind):
    signed = await web.post(push(kind), f"/cronofy/events{query}")
    unsigned = await web.post(push(kind), f"/cronofy/events{query}", signed=False)

    assert (
        (signed.status, await signed.text()) == (unsigned.status, await unsigned.text()) == (403, "not a push for us\n")
    )
    assert await web.stored() == []


async def test_signed_body_that_is_no_json_is_refused(web):
    for body in (b"", b"<html>", b"\xff", b"[" * 100_000):
        assert await web.status(body) == 400

    assert await web.stored() == []


async def test_largest_body_is_taken_and_a_larger_one_is_not(web):
    body = json.dumps(push()).encode().ljust(MAX_BODY)

    assert await web.status(body) == 200
    assert await web.status(body + b" ") == 413


async def test_body_of_untold_length_is_bounded_too(web):
    async def endless():
        for _ in range(2 * MAX_BODY // 4096):
            yield b" " * 4096

    assert (await web.client.post(URL, data=endless())).status == 413


async def test_slow_body_is_given_up(make_web):
    web, release = await make_web(body_s=0.02), asyncio.Event()

    async def slowly():
        yield b"{"
        await release.wait()

    answer = await web.client.post(URL, data=slowly())
    release.set()

    assert answer.status == 408


async def test_other_methods_are_refused(web):
    for method in ("GET", "PUT", "DELETE", "HEAD"):
        assert (await web.client.request(method, URL)).status == 405


async def test_address_does_not_exist_without_cronofy(make_web):
    web = await make_web(cronofy=False)

    assert await web.status(push()) == 404


# --- not stored


async def never(*_arguments, **_options):
    await asyncio.Event().wait()


async def full(*_arguments, **_options):
    raise StorageError("disk full")


@pytest.mark.parametrize("trouble", [never, full])
@pytest.mark.parametrize("part", ["inbox", "accounts"])
async def test_push_that_cannot_be_stored_is_to_be_sent_again(make_web, trouble, part):
    web = await make_web(answer_s=0.02)
    if part == "inbox":
        web.inbox.put = trouble
    else:
        web.core.cronofy.accounts = SimpleNamespace(by_push_key=trouble)
    with capture_logs() as lines:
        answer = await web.post(push())

    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert [(line["event"], line["log_level"]) for line in lines] == [("request.not-stored", "error")]


async def test_push_for_an_account_that_no_key_opens_is_heard(web):
    await web.core.database.write(lambda c: c.exec_driver_sql("UPDATE accounts SET tokens = 'x'"))

    assert await web.status(push()) == 200
    assert [event.user_id for event in await web.stored()] == [17]


# --- the event


def changed(**fields):
    told = {"portal": MEMBER, "sent_at": 1, "domain": "", "user_id": 17, "what": "change", "channel_id": CHANNEL}
    return AccountChanged(**(told | {"since": 1} | fields))


def test_key_tells_persons_kinds_channels_and_instants_apart():
    others = [changed(**{name: value}) for name, value in
              [("user_id", 23), ("what", "synced"), ("channel_id", "chn_1"), ("since", 2), ("portal", "2c" * 16)]]  # fmt: skip

    assert len({changed().key, *(other.key for other in others)}) == 6
    assert changed(sent_at=2).key == changed().key
