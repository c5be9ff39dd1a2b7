"""The public routes over loopback, with aiohttp's own test client: what is taken in, what is refused and how."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
import stamina
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select, text, update
from structlog.testing import capture_logs

from bot import tracing
from bot.emulator import faults
from bot.errors import StorageError
from bot.events.stored import origin_of
from bot.inbox import Entry
from bot.inbox.sqlite import SqliteInbox, events
from bot.receiver import MAX_BODY, Receiver
from bot.service import Core
from bot.sharing import Alone
from bot.store import Portal, portals
from bot.tokens import TokenPair
from tests.conftest import PortalTransport
from tests.samples import forms

FORM = "application/x-www-form-urlencoded"
EVENTS, INSTALL = "/bitrix24/events", "/bitrix24/install"


class WatchedTransport(PortalTransport):
    """Remembers which hosts were asked."""

    def __init__(self, portal: Any) -> None:
        super().__init__(portal)
        self.hosts: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.hosts.append(request.url.host)
        return await super().handle_async_request(request)


class Web:
    """Posts to the receiver; nothing works on what it stores."""

    def __init__(self, client: TestClient, core: Core, inbox: Any, portal: Any, transport: WatchedTransport) -> None:
        self.client = client
        self.core = core
        self.inbox = inbox
        self.portal = portal
        self.transport = transport
        self.app = next(iter(portal.oauth.apps.values()))

    async def post(self, path: str, body: bytes | Mapping[str, str], **options: Any) -> ClientResponse:
        data = body if isinstance(body, bytes) else urlencode(body).encode()
        headers = {"Content-Type": FORM} | options.pop("headers", {})
        return await self.client.post(path, data=data, headers=headers, **options)

    async def status(self, path: str, body: bytes | Mapping[str, str], **options: Any) -> int:
        return (await self.post(path, body, **options)).status

    def installation(self, **auth: str | None) -> dict[str, str]:
        """An installation as the portal sends it, with fields of `auth` changed or, by None, left out."""
        self.portal.install(self.app)
        return changed(self._taken(), {f"auth[{name}]": value for name, value in auth.items()})

    def message(self, text: str = "accept 651", user_id: int = 17, **options: Any) -> dict[str, str]:
        """An event as the portal sends it."""
        self.portal.say(user_id, text, **options)
        return self._taken()

    def joining(self, user_id: int) -> dict[str, str]:
        """An event of somebody who opens the bot for the first time."""
        self.portal.open_chat(user_id)
        return self._taken()

    def _taken(self) -> dict[str, str]:
        delivery = self.portal.queue.pending[-1]
        self.portal.queue.pending.clear()
        return dict(parse_qsl(delivery.body.decode(), keep_blank_values=True))

    async def install(self) -> None:
        """Install the application and register the bot by hand."""
        assert await self.status(INSTALL, self.installation()) == 200
        await self.core.store.bot_registered(self.portal.options.member_id, await self.register_bot(), "v2")
        self.transport.hosts.clear()

    async def register_bot(self) -> int:
        """Register the bot at the portal alone; return its id."""
        token = self.portal.oauth.issue(self.app, 1).access_token
        where = {"eventMode": "webhook", "webhookUrl": "https://bot.example.com/bitrix24/events"}
        fields = {"code": "statusbot", "properties": {"name": "Status"}, **where}
        bot = await self.core.bitrix24.rest.call("imbot.v2.Bot.register", {"fields": fields}, token)
        return int(bot["bot"]["id"])

    async def stored(self) -> list[str]:
        rows = await self.core.database.read(lambda c: c.execute(select(events.c.key)).all())
        return [row.key for row in rows]


def changed(fields: dict[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in (fields | changes).items() if value is not None}


@pytest.fixture
async def make_web(portal, clock, make_settings) -> AsyncIterator[Callable[..., Any]]:
    """Return what starts a receiver; `inbox` replaces the real one."""
    stops: list[Callable[[], Any]] = []

    async def make(*, inbox: Any = None, limits: Mapping[str, float] | None = None, **overrides: Any) -> Web:
        settings, transport = make_settings(**overrides), WatchedTransport(portal)
        core = Core(settings, exclusive=True, transport=transport, clock=clock.now)
        await core.store.load()
        inbox = inbox or SqliteInbox(core.database, clock=clock.now)
        receiver = Receiver(
            settings,
            core.store,
            inbox,
            core.bitrix24,
            core.metrics,
            clock.now,
            texts=core.parts.texts,
            **(limits or {}),
        )
        client = TestClient(TestServer(receiver.app()))
        await client.start_server()
        stops.extend((client.close, core.close))
        return Web(client, core, inbox, portal, transport)

    yield make
    for stop in stops:
        await stop()


@pytest.fixture
async def web(make_web) -> Web:
    return await make_web()


@pytest.fixture
async def installed(web) -> Web:
    await web.install()
    return web


@asynccontextmanager
async def one_line_without_secrets(web: Web, **expected: Any) -> AsyncIterator[None]:
    """Demand exactly one line of log, besides those for whoever looks for an error; none holds what must not be known."""
    with capture_logs() as logged:
        yield
    text, lines = str(logged), [line for line in logged if line["log_level"] != "debug"]
    app = web.app
    secrets = [app.application_token, app.client_secret, *web.portal.oauth._access, *web.portal.oauth._refresh, "651"]
    assert not [secret for secret in secrets if secret in text], text
    assert len(lines) == 1, text
    assert expected.items() <= lines[0].items(), text


# --- events: taken in


async def test_event_is_stored_before_it_is_answered(installed):
    fields = installed.message()

    assert await installed.status(EVENTS, fields) == 200
    assert f"{installed.portal.options.member_id}:message:905:{fields['data[message][id]']}" in await installed.stored()


async def test_repeated_event_is_accepted_and_stored_once(installed):
    fields = installed.message()
    for _ in range(3):
        assert await installed.status(EVENTS, fields) == 200

    assert len([key for key in await installed.stored() if ":message:" in key]) == 1


async def test_somebody_who_opens_the_bot_is_stored_once_to_be_greeted(installed):
    fields = installed.joining(17)
    for _ in range(2):
        assert await installed.status(EVENTS, fields) == 200

    assert len([key for key in await installed.stored() if ":joined:" in key]) == 1


async def test_customer_of_an_open_line_is_not_greeted(installed):
    installed.portal.users[42].connector = True
    before = await installed.stored()

    assert await installed.status(EVENTS, installed.joining(42)) == 200
    assert await installed.stored() == before


async def test_event_in_another_spelling_of_the_content_type_is_accepted(installed):
    headers = {"Content-Type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8"}

    assert await installed.status(EVENTS, installed.message(), headers=headers) == 200


async def test_body_of_every_kind_is_accepted(installed):
    for name in forms.NAMES:
        token, member_id = installed.app.application_token, installed.portal.options.member_id
        fields = forms.pairs(name) | {"auth[application_token]": token, "auth[member_id]": member_id}
        if name.startswith("app_install"):
            assert await installed.status(EVENTS, fields) == 403, name  # of another portal
            continue

        assert await installed.status(EVENTS, fields) == 200, name
        assert await installed.status(EVENTS, changed(fields, {"auth[application_token]": "0" * 32})) == 403, name


MEANINGLESS = [
    "ONSOMETHINGELSE",
    "ONAPPUPDATE",
    "onimbotv2reactionchange",
    "",
    "x" * 300,
    "\u0416",
]


async def test_event_that_means_nothing_to_us_is_accepted_and_forgotten(installed):
    for name in MEANINGLESS:
        before = await installed.stored()
        fields = installed.message() | {"event": name}

        assert await installed.status(EVENTS, fields) == 200
        assert await installed.stored() == before


async def test_stored_event_holds_no_token(installed, tmp_path):
    await installed.status(EVENTS, installed.message())
    await installed.status(EVENTS, installed.message("/accept 651"))
    portal = installed.portal
    files = [file.read_bytes() for file in tmp_path.iterdir() if not file.name.endswith(".lock")]
    secrets = [
        installed.app.application_token,
        installed.app.client_secret,
        *portal.oauth._access,
        *portal.oauth._refresh,
    ]

    assert any(b"accept 651" in content for content in files)
    assert not [secret for secret in secrets if any(secret.encode() in content for content in files)]


async def test_tokens_of_an_event_are_kept_for_its_author(installed):
    fields = installed.message()
    await installed.status(EVENTS, fields)
    pair = await installed.core.store.tokens.find(installed.portal.options.member_id, 17)

    assert pair is not None
    assert pair.access_token == fields["auth[access_token]"]
    assert "access_token" not in repr(pair)


async def test_late_event_brings_no_older_tokens(installed, clock):
    older = installed.message("status")
    clock.advance(60)
    newer = installed.message("status")
    await installed.status(EVENTS, newer)
    await installed.status(EVENTS, older)
    pair = await installed.core.store.tokens.find(installed.portal.options.member_id, 17)

    assert pair is not None
    assert pair.access_token == newer["auth[access_token]"]


async def test_tokens_of_a_refused_event_are_not_kept(installed):
    for fields in (installed.message(auth_as=42), installed.message(user_id=88)):
        assert await installed.status(EVENTS, fields) == 200
    store, member_id = installed.core.store, installed.portal.options.member_id

    assert [await store.tokens.find(member_id, user_id) for user_id in (17, 42, 88)] == [None, None, None]


@pytest.mark.parametrize("is_ours", [True, False])
async def test_tokens_of_a_bot_are_kept_if_another_process_has_registered_it_as_ours(installed, is_ours):
    """`statusbot sync` may run beside the service."""
    store, member_id = installed.core.store, installed.portal.options.member_id
    installed.portal.remove_bot()
    bot_id = await installed.register_bot()
    if is_ours:
        await store.database.write(lambda c: c.execute(update(portals).values(bot_id=bot_id)))

    assert await installed.status(EVENTS, installed.message()) == 200
    assert (await store.tokens.find(member_id, bot_id) is not None) is is_ours


# --- events: refused


async def test_nothing_is_taken_before_an_installation(web):
    await web.core.store.load()
    fields = forms.pairs("v2_message_private") | {"auth[application_token]": "", "auth[member_id]": ""}

    for body in (fields, forms.pairs("v2_message_private"), {"event": "ONIMBOTV2MESSAGEADD"}):
        async with one_line_without_secrets(web, event="request.refused", status=403, path=EVENTS):
            assert await web.status(EVENTS, body) == 403
    assert await web.stored() == []


NOT_PROVEN = [
    {"auth[application_token]": None},
    {"auth[application_token]": ""},
    {"auth[application_token]": "0" * 32},
    {"auth[application_token]": "0" * 5000},
    {"auth[application_token]": "\u0436" * 32},
    {"auth[application_token]": "a b"},
    {"auth[application_token]": None, "auth[application_token][]": "{token}"},
    {"auth[application_token]": None, "auth[application_token][0]": "{token}"},
    {"auth[application_token]": None, "data[bot][auth][application_token]": "{token}"},
    {"auth[application_token]": None, "application_token": "{token}"},
    {"auth[application_token]": "{token} "},
    {"auth[application_token]": "{token}\0"},
    {"auth[application_token]": "{TOKEN}"},
    {"auth[member_id]": "5c" * 16},
    {"auth[member_id]": "x" * 300},
    {"auth[member_id]": "../../etc"},
]


async def test_event_that_is_not_proven_is_refused(installed):
    for changes in NOT_PROVEN:
        token = installed.app.application_token
        before = await installed.stored()
        values = {
            name: value and value.replace("{token}", token).replace("{TOKEN}", token.upper())
            for name, value in changes.items()
        }
        fields = changed(installed.message(), values)

        async with one_line_without_secrets(installed, event="request.refused", status=403):
            response = await installed.post(EVENTS, fields)
        assert response.status == 403, changes
        assert token not in await response.text()
        assert await installed.stored() == before
        assert await installed.core.store.tokens.find(installed.portal.options.member_id, 17) is None


@pytest.mark.parametrize("names_its_portal", [True, False])
async def test_event_of_an_installation_that_is_not_the_pinned_one_is_refused(make_web, names_its_portal):
    """It was installed before the administrator pinned another one."""
    web = await make_web(member_id="5c" * 16)
    store, member_id, token = web.core.store, web.portal.options.member_id, web.app.application_token
    former = Portal(member_id, token, web.portal.options.oauth_origin, 1, "en", bot_id=905, bot_api="v2")
    await store.database.write(store.installing(former, TokenPair(1, "access", "refresh", 1000)))
    await store.load()
    fields = forms.pairs("v2_message_private") | {"auth[application_token]": token}
    nameless = {name: value for name, value in fields.items() if "member_id" not in name}
    body = fields | {"auth[member_id]": member_id} if names_its_portal else nameless

    async with one_line_without_secrets(web, event="request.refused", status=403):
        assert await web.status(EVENTS, body) == 403
    assert await web.stored() == []


NO_FORMS = [
    b"",
    b"nothing",
    b'{"event": "ONIMBOTV2MESSAGEADD"}',
    b"[1]=2",
    b"=1",
    b"event=%FF%FE",
    b"\xff\xfe=1",
    b"&" * 5000 + b"a=1",
    b"a" + b"[b]" * 50 + b"=1",
]


async def test_body_that_is_no_form_is_refused(installed):
    for body in NO_FORMS:
        async with one_line_without_secrets(installed, event="request.refused", status=400):
            assert await installed.status(EVENTS, body) == 400, body[:40]
        async with one_line_without_secrets(installed, event="request.refused", status=400):
            assert await installed.status(INSTALL, body) == 400, body[:40]


@pytest.mark.parametrize("name", ["data[message][id]", "data[user][id]", "data[bot][id]"])
async def test_event_without_its_ids_is_refused(installed, name):
    before = await installed.stored()
    for value in (None, "", "0", "-1", "1e3", "9" * 30):
        assert await installed.status(EVENTS, changed(installed.message(), {name: value})) == 400, value
    assert await installed.stored() == before


OTHER_TYPES = [
    "application/json",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/octet-stream",
    "nonsense",
]


async def test_other_content_types_are_refused(installed):
    for kind in OTHER_TYPES:
        for path in (EVENTS, INSTALL):
            async with one_line_without_secrets(installed, event="request.refused", status=415, path=path):
                assert await installed.status(path, installed.message(), headers={"Content-Type": kind}) == 415


async def test_missing_content_type_is_refused(installed):
    response = await installed.client.post(EVENTS, data=b"a=1", skip_auto_headers=["Content-Type"])

    assert response.status == 415


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
async def test_other_methods_are_refused(installed, method):
    for path in (EVENTS, INSTALL):
        async with one_line_without_secrets(installed, event="request.refused", status=405, path=path):
            assert (await installed.client.request(method, path)).status == 405
    assert (await installed.client.post("/bitrix24", data=b"a=1")).status == 405


async def test_body_at_the_limit_is_read_and_beyond_it_is_not(installed):
    fields = installed.message()
    padded = urlencode(fields).encode() + b"&padding="
    exact = padded + b"x" * (MAX_BODY - len(padded))

    assert await installed.status(EVENTS, exact) == 200
    async with one_line_without_secrets(installed, event="request.refused", status=413):
        assert await installed.status(EVENTS, exact + b"x") == 413


async def test_body_of_untold_length_is_limited_too(installed):
    async def pieces() -> AsyncIterator[bytes]:
        yield b"event=x&padding="
        for _ in range(5):
            yield b"x" * 60_000

    async with one_line_without_secrets(installed, event="request.refused", status=413):
        response = await installed.client.post(EVENTS, data=pieces(), headers={"Content-Type": FORM})
    assert response.status == 413


async def test_body_in_another_encoding_than_its_header_says_is_refused(installed):
    async with one_line_without_secrets(installed, event="request.refused", status=400):
        assert await installed.status(EVENTS, b"event=x", headers={"Content-Encoding": "gzip"}) == 400


async def test_compressed_body_is_limited_when_it_is_unpacked(installed):
    body = gzip.compress(b"event=x&padding=" + b"x" * 2 * MAX_BODY)

    assert len(body) < MAX_BODY
    assert await installed.status(EVENTS, body, headers={"Content-Encoding": "gzip"}) == 413


async def test_slow_body_is_given_up(make_web):
    web = await make_web(limits={"body_s": 0.02})
    done = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"event=x"
        await done.wait()

    async with one_line_without_secrets(web, event="request.refused", status=408, path=EVENTS):
        response = await web.client.post(EVENTS, data=pieces(), headers={"Content-Type": FORM})
    assert response.status == 408
    done.set()


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("GET /cronofy?code=651&state=of 651 HTTP/1.1\r\nHost: x\r\n", "BadStatusLine"),
        ("GET /cronofy?code=651 HTTP/1.1\r\nHost: x\r\n651 : x\r\n", "BadHttpMessage"),
        (f"GET /cronofy?code=651{'1' * 9000} HTTP/1.1\r\nHost: x\r\n", "LineTooLong"),
    ],
    ids=["line", "header", "length"],
)
async def test_what_is_no_http_is_refused_in_one_line_without_its_own(web, caplog, head, reason):
    reader, writer = await asyncio.open_connection(web.client.host, web.client.port)
    async with one_line_without_secrets(web, event="request.refused", status=400, reason=reason):
        writer.write(f"{head}\r\n".encode())
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()

    assert answer.startswith(b"HTTP/1.0 400 Bad Request")
    assert caplog.records == []


async def test_what_breaks_unforeseen_is_told_with_its_traceback(make_web, caplog):
    web = await make_web(inbox=SimpleNamespace())

    assert (await web.client.get("/metrics")).status == 500
    (record,) = caplog.records
    assert (record.name, record.levelname, record.exc_info[0]) == ("aiohttp.server", "ERROR", AttributeError)


async def test_unknown_path_is_not_found_and_not_logged(web):
    with capture_logs() as lines:
        assert (await web.client.get("/wp-login.php")).status == 404
    assert lines == []


# --- events: not stored


def failing(error: Exception | None) -> SimpleNamespace:
    """An inbox that fails or, without an error, never ends."""

    async def put(*_entries: Any, also: Any = ()) -> list[bool]:
        if error is None:
            await asyncio.Event().wait()
        raise error or AssertionError

    return SimpleNamespace(put=put, pending=0)


@pytest.mark.parametrize("error", [StorageError("disk full"), None])
async def test_event_that_cannot_be_stored_is_to_be_sent_again(make_web, error):
    web = await make_web(limits={"answer_s": 0.5})
    await web.install()
    web.inbox.put = failing(error).put
    async with one_line_without_secrets(web, event="request.not-stored", path=EVENTS, log_level="error"):
        response = await web.post(EVENTS, web.message())

    assert response.status == 503
    assert int(response.headers["Retry-After"]) > 0


@pytest.mark.parametrize("path", [EVENTS, INSTALL])
async def test_what_cannot_be_stored_for_a_moment_is_stored_then(make_web, path):
    """Nobody delivers it a second time."""
    web = await make_web()
    if path == EVENTS:
        await web.install()
    before, errors, put = web.inbox.pending, [StorageError("restarting"), StorageError("starting")], web.inbox.put

    async def failing_at_first(*entries: Entry, **further: Any) -> list[bool]:
        if errors:
            raise errors.pop()
        return await put(*entries, **further)

    web.inbox.put = failing_at_first
    with stamina.set_testing(True, attempts=3):
        assert await web.status(path, web.message() if path == EVENTS else web.installation()) == 200

    assert web.inbox.pending == before + 1


async def test_messages_of_one_person_are_stored_in_the_order_in_which_they_came(make_web, monkeypatch):
    """The second might be "undo"."""
    web = await make_web()
    await web.install()
    asked, stored, put = [], [], web.inbox.put
    first_is_there, second_is_there = asyncio.Event(), asyncio.Event()

    async def failing_at_first(*entries: Entry, **further: Any) -> list[bool]:
        asked.extend(entry.key for entry in entries)
        if len(asked) == 1:
            first_is_there.set()
            await second_is_there.wait()
            raise StorageError("restarting")
        stored.extend(entry.key for entry in entries)
        return await put(*entries, **further)

    turn = Alone.turn

    def taking_turns(turns: Alone, name: str) -> asyncio.Lock:
        if asked:
            second_is_there.set()
        return turn(turns, name)

    web.inbox.put = failing_at_first
    monkeypatch.setattr(Alone, "turn", taking_turns)
    with stamina.set_testing(True, attempts=3):
        first = asyncio.create_task(web.status(EVENTS, web.message()))
        await first_is_there.wait()
        second = asyncio.create_task(web.status(EVENTS, web.message()))
        assert await asyncio.gather(first, second) == [200, 200]

    assert stored == sorted(stored, key=lambda key: int(key.rpartition(":")[2]))
    assert len(stored) == 2


async def test_installation_that_cannot_be_stored_is_to_be_sent_again(make_web):
    web = await make_web(inbox=failing(StorageError("disk full")), limits={"answer_s": 0.5})

    assert await web.status(INSTALL, web.installation()) == 503
    assert web.core.store.all_portals() == []
    assert await web.status(EVENTS, forms.pairs("v2_message_private")) == 403


@pytest.mark.parametrize("path", [EVENTS, INSTALL])
async def test_request_is_to_be_sent_again_when_it_cannot_be_looked_whose_it_is(make_web, server_url, path):
    web = await make_web(database_url=server_url, limits={"answer_s": 0.05})
    web.core.database.scan = failing(None).put
    body = web.installation() if path == INSTALL else forms.pairs("v2_message_private")
    async with asyncio.timeout(5):
        assert await web.status(path, body) == 503


async def test_event_that_is_stored_too_slowly_is_carried_out_all_the_same(make_web):
    """It was answered with 503; when it comes again its key is known, so the first one has to be worked on."""
    web = await make_web(limits={"answer_s": 0.5})
    await web.install()
    release, usual = asyncio.Event(), web.core.database.queue

    async def late(written: asyncio.Future[Any]) -> Any:
        await release.wait()
        return await written

    def slow(work: Any) -> asyncio.Future[Any]:
        return asyncio.ensure_future(late(usual(work)))

    web.core.database.queue = slow
    fields = web.message()
    assert await web.status(EVENTS, fields) == 503
    release.set()

    assert await web.status(EVENTS, fields) == 200
    assert web.inbox.pending == 2  # the installation is the other one


# --- installation


async def test_installation_is_verified_and_stored(web):
    assert await web.status(INSTALL, web.installation()) == 200
    (portal,) = web.core.store.all_portals()

    assert (portal.member_id, portal.installer_id) == (web.portal.options.member_id, 1)
    assert portal.application_token == web.app.application_token
    assert [call.method for call in web.portal.calls] == ["app.info", "profile"]
    assert set(web.transport.hosts) == {web.portal.options.domain}
    assert len(await web.stored()) == 1


async def test_documented_short_installation_is_taken(web):
    web.portal.options.install_minimal = True

    assert await web.status(INSTALL, web.installation()) == 200
    assert web.core.store.all_portals()[0].installer_id == 1


async def test_installation_may_come_to_the_address_of_events(web):
    assert await web.status(EVENTS, web.installation()) == 200
    assert len(web.core.store.all_portals()) == 1


FOREIGN: dict[str, dict[str, str | None]] = {
    "domain": {"domain": "evil.example"},
    "no domain": {"domain": None},
    "suffix": {"domain": "acme.bitrix24.example.evil.example"},
    "endpoint": {"client_endpoint": "https://evil.example/rest/"},
    "endpoint with user": {"client_endpoint": "https://acme.bitrix24.example@evil.example/rest/"},
    "endpoint with port": {"client_endpoint": "https://acme.bitrix24.example:8443/rest/"},
    "endpoint that is none": {"client_endpoint": "https://[bad/rest/"},
    "endpoint without scheme": {"client_endpoint": "acme.bitrix24.example"},
    "no member": {"member_id": None},
    "token of somebody else": {"user_id": "42"},
    "invented token": {"access_token": "f" * 70},
}


@pytest.mark.parametrize("why", list(FOREIGN))
async def test_foreign_installation_is_refused_and_asks_no_foreign_host(web, why):
    fields = web.installation(**FOREIGN[why], server_endpoint="https://oauth.evil.example/rest/")
    async with one_line_without_secrets(web, event="request.refused", status=403, path=INSTALL):
        assert await web.status(INSTALL, fields) == 403

    assert set(web.transport.hosts) <= {web.portal.options.domain}
    assert web.core.store.all_portals() == []
    assert await web.stored() == []


async def test_installation_of_another_application_is_refused(web):
    other = web.portal.create_app("https://other.example/h", "https://other.example/i")
    fields = web.installation(access_token=web.portal.oauth.issue(other, 1).access_token)

    assert await web.status(INSTALL, fields) == 403
    assert web.core.store.all_portals() == []


async def test_installation_of_another_member_id_than_the_pinned_one_is_refused(make_web, portal):
    web = await make_web(member_id="5c" * 16)

    assert await web.status(INSTALL, web.installation()) == 403
    assert web.transport.hosts == []


@pytest.mark.parametrize("name", ["access_token", "application_token"])
async def test_installation_without_its_tokens_is_refused(web, name):
    assert await web.status(INSTALL, web.installation(**{name: None})) == 400
    assert web.transport.hosts == []


async def test_other_event_at_the_address_of_installations_is_refused(installed):
    assert await installed.status(INSTALL, installed.message()) == 400


async def test_unbelievable_server_is_not_believed(web):
    assert await web.status(INSTALL, web.installation(server_endpoint="https://[oauth.evil.example/rest/")) == 200
    assert web.core.store.all_portals()[0].oauth_server == web.portal.options.oauth_origin


@pytest.mark.parametrize(
    "trouble",
    [
        faults.html_page(),
        faults.cut(),
        faults.slow(11),
        faults.error("QUERY_LIMIT_EXCEEDED"),
        faults.moved("https://evil.example"),
    ],
)
@pytest.mark.parametrize("method", ["app.info", "profile"])
async def test_installation_waits_for_a_portal_that_is_away(web, trouble, method):
    web.portal.faults.add(method, trouble)
    response = await web.post(INSTALL, web.installation())

    assert response.status == 503
    assert "Retry-After" in response.headers
    assert set(web.transport.hosts) == {web.portal.options.domain}
    assert web.core.store.all_portals() == []
    assert await web.status(INSTALL, web.installation()) == 200


@pytest.mark.parametrize("slow", ["app.info", "profile", "quota"])
async def test_installation_that_cannot_be_verified_in_time_is_to_be_sent_again(make_web, monkeypatch, slow):
    web = await make_web(limits={"answer_s": 0.5})
    usual = web.transport.handle_async_request

    async def hanging(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(slow):
            await asyncio.Event().wait()
        return await usual(request)

    with monkeypatch.context() as away:
        away.setattr(web.transport, "handle_async_request", hanging)
        if slow == "quota":
            away.setattr(web.core.bitrix24.quota, "take", failing(None).put)
        async with asyncio.timeout(5), one_line_without_secrets(web, event="request.not-stored", path=INSTALL):
            response = await web.post(INSTALL, web.installation())

    assert response.status == 503
    assert int(response.headers["Retry-After"]) > 0
    assert (web.core.store.all_portals(), await web.stored()) == ([], [])
    assert await web.status(INSTALL, web.installation()) == 200


async def test_expired_token_of_an_installation_is_refused_and_not_refreshed(web, clock):
    fields = web.installation()
    clock.advance(3601)

    assert await web.status(INSTALL, fields) == 403
    assert web.portal.oauth.requests == []


async def test_second_installation_with_another_token_is_verified_again(installed):
    usual = installed.app.application_token
    forged = installed.installation(application_token="9" * 32, access_token="f" * 70)
    assert await installed.status(INSTALL, forged) == 403
    assert await installed.status(EVENTS, installed.message()) == 200

    installed.app.application_token = "8" * 32
    assert await installed.status(INSTALL, installed.installation()) == 200
    assert await installed.status(EVENTS, installed.message()) == 200
    assert await installed.status(EVENTS, installed.message() | {"auth[application_token]": usual}) == 403


async def test_second_installation_under_another_member_id_is_refused(installed):
    assert await installed.status(INSTALL, installed.installation(member_id="5c" * 16)) == 403
    assert len(installed.core.store.all_portals()) == 1


async def test_second_installation_keeps_the_bot(installed):
    await installed.status(INSTALL, installed.installation())

    assert installed.core.store.all_portals()[0].bot_id == 905


async def test_installation_after_the_portal_was_forgotten_takes_tokens_of_the_bot_anew(installed):
    store, (portal,) = installed.core.store, installed.core.store.all_portals()
    assert await installed.status(EVENTS, installed.message()) == 200
    assert await store.tokens.find(portal.member_id, portal.bot_id) is not None

    await store.forget_portal(portal.member_id)
    await installed.install()
    assert await installed.status(EVENTS, installed.message()) == 200
    assert await store.tokens.find(portal.member_id, store.all_portals()[0].bot_id) is not None


async def test_flood_of_installations_leaves_the_portal_alone(web):
    statuses = [await web.status(INSTALL, web.installation(access_token="f" * 70)) for _ in range(25)]

    assert statuses[:20] == [403] * 20
    assert 503 in statuses[20:]
    assert web.portal.requests == statuses.count(403)


# --- ids of requests


async def origins(web: Web) -> list[tracing.Origin | None]:
    rows = await web.core.database.read(lambda c: c.execute(select(events.c.body)).all())
    return [origin_of(row.body) for row in rows]


async def test_each_request_has_an_id_of_its_own_that_is_stored(installed, clock):
    assert await installed.status(EVENTS, installed.message()) == 200
    assert await installed.status(EVENTS, installed.message()) == 200

    stored = await origins(installed)
    assert len({one.request_id for one in stored}) == len(stored) == 3  # and the installation
    assert {one.received_at for one in stored} == {clock.now()}


async def test_request_that_comes_again_leaves_the_first_id(installed):
    body = installed.message()
    assert await installed.status(EVENTS, body) == 200
    before = await origins(installed)
    assert await installed.status(EVENTS, body) == 200

    assert await origins(installed) == before


@pytest.mark.parametrize("name", ["X-Request-ID", "traceparent"])
async def test_id_that_a_request_brings_is_not_believed(installed, name):
    forged = f"00-{'5d' * 16}-{'5d' * 8}-01"
    assert await installed.status(EVENTS, installed.message(), headers={name: forged}) == 200

    assert "5d5d5d5d" not in str(await origins(installed))


@pytest.mark.parametrize("path", [EVENTS, INSTALL, "/bitrix24", "/bitrix24?state=abc", "/metrics", "/nowhere"])
async def test_what_leads_to_something_has_an_id_and_the_rest_has_none(web, path, monkeypatch):
    routes: list[str] = []
    receiving = tracing.receiving
    monkeypatch.setattr(tracing, "receiving", lambda route, now: (routes.append(route), receiving(route, now))[1])
    await web.client.get(path)

    assert routes == [path.partition("?")[0]] * path.startswith("/bitrix24")


# --- pages, health, figures


async def test_handler_path_is_a_page_in_words(web):
    response = await web.client.get("/bitrix24")
    page = await response.text()

    assert response.status == 200
    assert response.content_type == "text/html"
    assert "help" in page


@pytest.mark.parametrize("query", ["state=abc", "code=1&state=abc&domain=x", "code=1", "state=", "state=<script>"])
async def test_unknown_state_is_a_page_in_words(web, query):
    response = await web.client.get(f"/bitrix24?{query}")
    page = await response.text()

    assert response.status == 400
    assert "no longer valid" in page
    assert "<script>" not in page
    assert response.headers["Referrer-Policy"] == "no-referrer"


async def test_health_needs_neither_portal_nor_installation(web):
    web.portal.faults.add("*", faults.cut(), count=None)

    assert (await web.client.get("/health/live")).status == 200
    assert (await web.client.get("/health/ready")).status == 200
    assert web.transport.hosts == []


@pytest.mark.parametrize("error", [StorageError("disk full"), None])
async def test_not_ready_when_nothing_can_be_stored(make_web, error):
    web = await make_web(limits={"answer_s": 0.5})
    web.core.database.write = failing(error).put
    response = await web.client.get("/health/ready")

    assert response.status == 503
    assert "cannot be stored" in await response.text()
    assert (await web.client.get("/health/live")).status == 200


async def test_not_ready_while_events_cannot_be_stored_though_rows_can_change(make_web):
    web = await make_web(limits={"answer_s": 0.5})
    await web.install()
    await web.core.database.write(lambda c: c.execute(text("ALTER TABLE events RENAME TO others")))

    assert await web.status(EVENTS, web.message()) == 503
    assert [(await web.client.get("/health/ready")).status for _ in range(2)] == [503, 503]

    await web.core.database.write(lambda c: c.execute(text("ALTER TABLE others RENAME TO events")))

    assert (await web.client.get("/health/ready")).status == 200
    assert await web.status(EVENTS, web.message()) == 200


async def test_figures_have_their_public_names(installed):
    await installed.status(EVENTS, installed.message())
    installed.core.metrics.commands.labels("accept", "done").inc()
    page = await (await installed.client.get("/metrics")).text()

    assert 'statusbot_events_total{kind="message_added"} 1.0' in page
    assert 'statusbot_commands_total{command="accept",outcome="done"} 1.0' in page
    assert re.search(r'statusbot_portal_requests_total\{method="app.info",outcome="ok"\} 1.0', page)
    names = ["replies_total", "portal_seconds_count", "pending", "limiter_wait_seconds_count"]
    assert [name for name in names if not re.search(rf"^statusbot_{name} \d", page, re.MULTILINE)] == []
    assert re.search(r"^statusbot_pending 2.0$", page, re.MULTILINE)
