"""Which token acts for whom, and how it is renewed, on the emulated portal."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bot import errors, settings
from bot.bitrix24.authorization import SERVERS, OAuthClient, choose_server
from bot.bitrix24.oauth import Bitrix24
from bot.bitrix24.rest import Command
from bot.emulator import faults
from bot.emulator.clock import ManualClock
from bot.emulator.oauth import ACCESS_LIFE_S, App
from bot.emulator.portal import Portal as Emulated
from bot.emulator.transport import PortalTransport
from bot.metrics import Metrics
from bot.settings import Settings
from bot.store import Portal, Store
from bot.tokens import TokenPair, tokens
from bot.vault import Vault

ADMIN, MIRA, JURIS, BOT = 1, 17, 23, 905
SERVER = SERVERS[0]


@pytest.fixture
def app(portal: Emulated) -> App:
    app = portal.create_app("https://bot.example.com/bitrix24", "https://bot.example.com/bitrix24/install")
    portal.install(app)
    return app


@pytest.fixture
def chosen(portal: Emulated, app: App, secret_key: SecretStr) -> Settings:
    return settings.given(
        public_url="https://bot.example.com",
        portal=portal.options.domain,
        client_id=app.client_id,
        client_secret=app.client_secret,
        secret_key=secret_key.get_secret_value(),
        rate=1000,
        burst=10_000,
    )


@pytest.fixture
def installed(portal: Emulated, app: App) -> Portal:
    return Portal(portal.options.member_id, app.application_token, SERVER, ADMIN, "en")


@pytest.fixture
def bitrix24(portal: Emulated, chosen: Settings, store: Store) -> Bitrix24:
    return Bitrix24(PortalTransport(portal), chosen, store, Metrics())


Give = Callable[..., Any]


@pytest.fixture
def give(portal: Emulated, app: App, store: Store, installed: Portal) -> Give:
    """Store a pair that the portal knows, as a person's event or installation brings it."""

    async def given(user_id: int, *, of: int | None = None, proven: bool = True) -> TokenPair:
        known = portal.oauth.issue(app, of or user_id)
        pair = TokenPair(user_id, known.access_token, known.refresh_token, known.expires, proven=proven)
        await store.database.write(store.tokens.saving(installed.member_id, pair))
        return pair

    return given


def refreshes(portal: Emulated) -> list[str | None]:
    """Return the outcome of each request for a new pair."""
    return [request.error for request in portal.oauth.requests]


def calls(portal: Emulated) -> list[tuple[str, int | None, str | None]]:
    return [(call.method, call.user_id, call.error) for call in portal.calls]


# --- acting as a person


async def test_user_acts_with_their_own_token(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, give: Give
) -> None:
    await give(MIRA)
    await give(JURIS)
    result = await bitrix24.as_user(installed, MIRA).call("profile")
    assert result["ID"] == str(MIRA)
    assert calls(portal) == [("profile", MIRA, None)]


async def test_pair_that_was_accepted_serves_the_next_call_too(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, store: Store, give: Give
) -> None:
    pair = await give(MIRA)
    mira = bitrix24.as_user(installed, MIRA)
    await mira.call("profile")
    await store.tokens.forget(installed.member_id, pair)

    assert (await mira.call("profile"))["ID"] == str(MIRA)
    with pytest.raises(errors.NotConnected):
        await bitrix24.as_user(installed, MIRA).call("profile")


async def test_pair_is_looked_up_again_after_a_failure(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, store: Store, give: Give
) -> None:
    pair = await give(MIRA)
    mira = bitrix24.as_user(installed, MIRA)
    await mira.call("profile")
    portal.faults.add("profile", faults.html_page())
    with pytest.raises(errors.Unavailable):
        await mira.call("profile")
    await store.tokens.forget(installed.member_id, pair)

    with pytest.raises(errors.NotConnected):
        await mira.call("profile")


async def test_what_is_known_serves_until_something_fails(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, store: Store, give: Give
) -> None:
    pair = await give(MIRA)
    known = await store.database.read(bitrix24.finding(installed, BOT, MIRA))
    await store.tokens.forget(installed.member_id, pair)
    assert (await bitrix24.as_user(installed, MIRA, known=known).call("profile"))["ID"] == str(MIRA)
    await bitrix24.as_bot(installed, BOT, MIRA, known).call("profile", {})

    portal.faults.add("profile", faults.html_page())
    with pytest.raises(errors.Unavailable):
        await bitrix24.as_user(installed, MIRA, known=known).call("profile")
    for caller in bitrix24.as_user(installed, MIRA, known=known), bitrix24.as_bot(installed, BOT, MIRA, known):
        with pytest.raises(errors.NotConnected):
            await caller.call("profile", {})


async def test_bot_does_not_try_a_known_pair_that_was_refused_to_its_person(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, store: Store, give: Give, clock: ManualClock
) -> None:
    await give(MIRA)
    known = await store.database.read(bitrix24.finding(installed, BOT, MIRA))
    clock.advance(ACCESS_LIFE_S)
    await bitrix24.as_user(installed, MIRA, known=known).call("profile")
    portal.calls.clear()
    await bitrix24.as_bot(installed, BOT, MIRA, known).call("profile", {})

    assert calls(portal) == [("profile", MIRA, None)]


async def test_bot_passes_over_a_pair_that_no_key_opens(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, store: Store, give: Give
) -> None:
    await give(ADMIN)
    await give(MIRA)
    foreign = Vault([SecretStr(Fernet.generate_key().decode())]).close({})
    lost = tokens.update().where(tokens.c.user_id == ADMIN).values(pair=foreign)
    await store.database.write(lambda c: c.execute(lost))
    await bitrix24.as_bot(installed, BOT, MIRA).call("profile", {})
    assert calls(portal) == [("profile", MIRA, None)]

    await store.database.write(lambda c: c.execute(tokens.update().values(pair=foreign)))
    with pytest.raises(errors.NotConnected):
        await bitrix24.as_bot(installed, BOT, MIRA).call("profile", {})


async def test_user_whose_pair_no_key_opens_is_not_connected(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, store: Store, give: Give
) -> None:
    await give(MIRA)
    foreign = Vault([SecretStr(Fernet.generate_key().decode())]).close({})
    await store.database.write(lambda c: c.execute(tokens.update().values(pair=foreign)))
    for known in await store.database.read(bitrix24.finding(installed, BOT, MIRA)), None:
        with pytest.raises(errors.NotConnected):
            await bitrix24.as_user(installed, MIRA, known=known).call("profile")

    assert calls(portal) == []


async def test_user_without_a_pair_is_not_connected(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, give: Give
) -> None:
    await give(ADMIN)
    await give(JURIS)
    with pytest.raises(errors.NotConnected):
        await bitrix24.as_user(installed, MIRA).call("profile")
    assert calls(portal) == []


async def test_unproven_pair_is_not_used(bitrix24: Bitrix24, installed: Portal, portal: Emulated, give: Give) -> None:
    await give(MIRA, proven=False)
    with pytest.raises(errors.NotConnected):
        await bitrix24.as_user(installed, MIRA).call("profile")
    assert calls(portal) == []


@pytest.mark.parametrize("code", ["user_access_error", "ERROR_CORE", "PORTAL_DELETED"])
async def test_refusal_that_does_not_concern_the_token_keeps_it(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, store: Store, give: Give, code: str
) -> None:
    pair = await give(MIRA)
    portal.faults.add("profile", faults.error(code, status=400))
    with pytest.raises(errors.BitrixError) as caught:
        await bitrix24.as_user(installed, MIRA).call("profile")
    assert caught.value.code == code.lower()
    assert refreshes(portal) == []
    assert await store.tokens.find(installed.member_id, MIRA) == pair


@pytest.mark.parametrize("code", ["invalid_token", "NO_AUTH_FOUND", "authorization_error"])
async def test_lost_token_is_forgotten_and_not_refreshed(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, store: Store, give: Give, code: str
) -> None:
    await give(MIRA)
    portal.faults.add("profile", faults.error(code, status=401))
    with pytest.raises(errors.NotConnected):
        await bitrix24.as_user(installed, MIRA).call("profile")
    assert refreshes(portal) == []
    assert len(portal.calls) == 1
    assert await store.tokens.find(installed.member_id, MIRA) is None


# --- refreshing


async def test_expired_token_is_refreshed_and_the_call_repeated_once(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, clock: ManualClock, store: Store, give: Give
) -> None:
    stale = await give(MIRA)
    clock.advance(ACCESS_LIFE_S)
    commands = {"me": Command("profile", {})}

    answer = await bitrix24.as_user(installed, MIRA).batch(commands)

    assert answer["me"]["ID"] == str(MIRA)
    assert refreshes(portal) == [None]
    assert [(call.method, call.error) for call in portal.calls if not call.batch] == [
        ("batch", "expired_token"),
        ("batch", None),
    ]
    stored = await store.tokens.find(installed.member_id, MIRA)
    assert stored is not None
    assert stored.access_token != stale.access_token
    assert stored.refresh_token != stale.refresh_token
    assert stored.expires_at == int(clock.now()) + ACCESS_LIFE_S


async def test_fresh_pair_is_not_lost_when_it_cannot_be_stored_for_a_moment(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, clock: ManualClock, store: Store, give: Give
) -> None:
    await give(MIRA)
    clock.advance(ACCESS_LIFE_S)
    replace, failures = store.tokens.replace, 3

    async def replace_later(member_id: str, pair: TokenPair) -> None:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise errors.StorageAway("database or disk is full")
        await replace(member_id, pair)

    store.tokens.replace = replace_later  # type: ignore[method-assign]

    assert (await bitrix24.as_user(installed, MIRA).call("profile"))["ID"] == str(MIRA)
    assert refreshes(portal) == [None]
    clock.advance(ACCESS_LIFE_S)
    assert (await bitrix24.as_user(installed, MIRA).call("profile"))["ID"] == str(MIRA)


async def test_living_token_is_never_refreshed(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, clock: ManualClock, give: Give
) -> None:
    await give(MIRA)
    clock.advance(ACCESS_LIFE_S - 1)
    await bitrix24.as_user(installed, MIRA).call("profile")
    assert refreshes(portal) == []


async def test_many_calls_refresh_once_per_person(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, clock: ManualClock, give: Give
) -> None:
    await give(MIRA)
    await give(JURIS)
    clock.advance(ACCESS_LIFE_S)
    people = [MIRA, JURIS] * 15
    results = await asyncio.gather(*(bitrix24.as_user(installed, user_id).call("profile") for user_id in people))
    assert [result["ID"] for result in results] == [str(user_id) for user_id in people]
    assert sorted(request.user_id or 0 for request in portal.oauth.requests) == [MIRA, JURIS]


async def test_many_calls_find_a_dead_pair_once(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, clock: ManualClock, give: Give
) -> None:
    await give(MIRA)
    clock.advance(ACCESS_LIFE_S)
    portal.faults.add("oauth.token", faults.error("invalid_grant", status=400), count=None)
    as_user = bitrix24.as_user(installed, MIRA)
    results = await asyncio.gather(*(as_user.call("profile") for _ in range(15)), return_exceptions=True)
    assert {type(result) for result in results} == {errors.NotConnected}
    assert len(portal.calls) <= 15
    assert portal.faults.take("oauth.token") is not None


async def test_call_is_repeated_only_once(bitrix24: Bitrix24, installed: Portal, portal: Emulated, give: Give) -> None:
    await give(MIRA)
    portal.faults.add("profile", faults.error("expired_token", status=401), count=None)
    with pytest.raises(errors.NotConnected):
        await bitrix24.as_user(installed, MIRA).call("profile")
    assert len(portal.calls) == 2
    assert refreshes(portal) == [None]


async def test_new_pair_is_stored_before_it_is_used(
    portal: Emulated, chosen: Settings, installed: Portal, clock: ManualClock, store: Store, give: Give
) -> None:
    await give(MIRA)
    clock.advance(ACCESS_LIFE_S)
    stored_when_used: list[bool] = []
    real = PortalTransport(portal)

    async def watch(request: httpx.Request) -> httpx.Response:
        body = (await request.aread()).decode()
        if request.url.path == "/rest/profile":
            pair = await store.tokens.find(installed.member_id, MIRA)
            stored_when_used.append(pair is not None and pair.access_token in body)
        return await real.handle_async_request(request)

    await Bitrix24(httpx.MockTransport(watch), chosen, store, Metrics()).as_user(installed, MIRA).call("profile")
    assert stored_when_used == [True, True]


async def test_new_pair_survives_a_call_that_fails(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, clock: ManualClock, store: Store, give: Give
) -> None:
    stale = await give(MIRA)
    clock.advance(ACCESS_LIFE_S)
    portal.faults.add("profile", faults.error("expired_token", status=401))
    portal.faults.add("profile", faults.cut())
    with pytest.raises(errors.Unavailable):
        await bitrix24.as_user(installed, MIRA).call("profile")
    stored = await store.tokens.find(installed.member_id, MIRA)
    assert stored is not None
    assert stored.access_token != stale.access_token


async def test_dead_refresh_token_is_forgotten(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, clock: ManualClock, store: Store, give: Give
) -> None:
    await give(MIRA)
    other = await give(JURIS)
    clock.advance(ACCESS_LIFE_S)
    portal.faults.add("oauth.token", faults.error("invalid_grant", status=400))
    with pytest.raises(errors.NotConnected):
        await bitrix24.as_user(installed, MIRA).call("profile")
    assert await store.tokens.find(installed.member_id, MIRA) is None
    assert await store.tokens.find(installed.member_id, JURIS) == other


async def test_pair_without_refresh_token_is_forgotten_when_expired(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, clock: ManualClock, store: Store, give: Give
) -> None:
    pair = await give(MIRA)
    await store.tokens.replace(installed.member_id, replace(pair, refresh_token=None))
    clock.advance(ACCESS_LIFE_S)
    with pytest.raises(errors.NotConnected):
        await bitrix24.as_user(installed, MIRA).call("profile")
    assert refreshes(portal) == []
    assert await store.tokens.find(installed.member_id, MIRA) is None


@pytest.mark.parametrize("path", ["/rest/profile", "/oauth/token/"])
async def test_pair_that_came_meanwhile_is_used(
    portal: Emulated,
    chosen: Settings,
    installed: Portal,
    clock: ManualClock,
    store: Store,
    give: Give,
    path: str,
) -> None:
    """An event brings a fresh pair while the old one is found expired, or while its refresh token is found dead."""
    await give(MIRA)
    clock.advance(ACCESS_LIFE_S)
    portal.faults.add("oauth.token", faults.error("invalid_grant", status=400))
    fresh: list[TokenPair] = []
    real = PortalTransport(portal)

    async def rotate(request: httpx.Request) -> httpx.Response:
        answer = await real.handle_async_request(request)
        if request.url.path == path and not fresh:
            fresh.append(await give(MIRA))
        return answer

    rotating = Bitrix24(httpx.MockTransport(rotate), chosen, store, Metrics())
    result = await rotating.as_user(installed, MIRA).call("profile")
    assert result["ID"] == str(MIRA)
    assert await store.tokens.find(installed.member_id, MIRA) == fresh[0]


@pytest.mark.parametrize(
    "fault",
    [
        faults.html_page(502),
        faults.cut(),
        faults.slow(3600),
        faults.raw(200, b"", "text/html"),
        faults.raw(200, b"[]", "application/json"),
        faults.raw(200, b"{}", "application/json"),
        faults.raw(200, b'{"access_token": "a"}', "application/json"),
        faults.raw(200, b'{"access_token": 1, "refresh_token": 2}', "application/json"),
        faults.raw(503, b'{"error": "something"}', "application/json"),
        faults.raw(429, b'{"error": "something"}', "application/json"),
        faults.moved("https://evil.example/oauth/token/"),
    ],
)
async def test_silent_server_costs_no_pair(
    bitrix24: Bitrix24,
    installed: Portal,
    portal: Emulated,
    clock: ManualClock,
    store: Store,
    give: Give,
    fault: faults.Fault,
) -> None:
    portal.options.old_refresh_survives = True  # else an answer that is lost on its way leaves a dead pair
    pair = await give(MIRA)
    clock.advance(ACCESS_LIFE_S)
    portal.faults.add("oauth.token", fault)
    with pytest.raises(errors.Unavailable):
        await bitrix24.as_user(installed, MIRA).call("profile")
    assert await store.tokens.find(installed.member_id, MIRA) == pair
    assert (await bitrix24.as_user(installed, MIRA).call("profile"))["ID"] == str(MIRA)


# --- the authorization server's answers


class Server:
    """Answers one request for a pair with what the test says."""

    def __init__(self, status: int, answer: Any) -> None:
        self.requests: list[httpx.Request] = []
        self._status = status
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self._status, json=self._answer)


PAIR = TokenPair(MIRA, "access-old", "refresh-old", 1)
ANSWER = {"access_token": "access-new", "refresh_token": "refresh-new", "expires_in": 3600}


async def refresh(chosen: Settings, server: Server) -> TokenPair:
    return await OAuthClient(httpx.MockTransport(server), chosen).refresh(SERVER, PAIR)


async def test_refresh_asks_the_authorization_server(chosen: Settings, app: App) -> None:
    server = Server(200, ANSWER)
    await refresh(chosen, server)
    (request,) = server.requests
    assert (request.method, request.url.host, request.url.path) == ("GET", "oauth.bitrix.info", "/oauth/token/")
    assert dict(request.url.params) == {
        "grant_type": "refresh_token",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "refresh_token": "refresh-old",
    }


@pytest.mark.parametrize("user", [{}, {"user_id": MIRA}, {"user_id": str(MIRA)}, {"user_id": None}])
@pytest.mark.parametrize("expires", [1_795_430_000, "1795430000"])
async def test_refresh_reads_the_new_pair(chosen: Settings, user: dict[str, Any], expires: Any) -> None:
    fresh = await refresh(chosen, Server(200, ANSWER | user | {"expires": expires}))
    assert fresh == TokenPair(MIRA, "access-new", "refresh-new", 1_795_430_000)


@pytest.mark.parametrize("more", [{}, {"expires": None}, {"expires": "soon"}, {"expires": []}, {"expires_in": "x"}])
async def test_unreadable_expiry_costs_no_pair(chosen: Settings, more: dict[str, Any]) -> None:
    fresh = await refresh(chosen, Server(200, ANSWER | more))
    assert (fresh.access_token, fresh.refresh_token) == ("access-new", "refresh-new")
    assert fresh.expires_at > 1_700_000_000


@pytest.mark.parametrize("user_id", [JURIS, str(JURIS), 0, ""])
async def test_pair_of_another_person_is_refused(chosen: Settings, user_id: object) -> None:
    with pytest.raises(errors.AuthorizationLost) as caught:
        await refresh(chosen, Server(200, ANSWER | {"user_id": user_id}))
    assert caught.value.code == "another_user"


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("invalid_grant", 400, errors.AuthorizationLost),
        ("bad_verification_code", 400, errors.AuthorizationLost),
        ("NO_AUTH_FOUND", 401, errors.AuthorizationLost),
        ("wrong_client", 200, errors.ApplicationGone),
        ("invalid_client", 400, errors.ApplicationGone),
        ("invalid_client", 401, errors.ApplicationGone),
        ("invalid_request", 400, errors.ApplicationGone),
        ("NOT_INSTALLED", 401, errors.ApplicationGone),
        ("PAYMENT_REQUIRED", 401, errors.ApplicationGone),
        ("invalid_scope", 403, errors.MissingRight),
        ("insufficient_scope", 403, errors.MissingRight),
        ("something_new", 500, errors.Unavailable),
        ("something_new", 429, errors.Unavailable),
        ("something_new", 400, errors.AuthorizationLost),
    ],
)
async def test_error_of_the_server_decides(
    chosen: Settings, code: str, status: int, kind: type[errors.BitrixError]
) -> None:
    for spelled in (code.lower(), code.upper()):
        with pytest.raises(errors.BitrixError) as caught:
            await refresh(chosen, Server(status, ANSWER | {"error": spelled}))
        assert (type(caught.value), caught.value.code) == (kind, code.lower())


async def test_unknown_client_costs_no_pair(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, app: App, clock: ManualClock, store: Store, give: Give
) -> None:
    """The emulated server, too, says `wrong_client` with status 200."""
    pair = await give(MIRA)
    clock.advance(ACCESS_LIFE_S)
    del portal.oauth.apps[app.client_id]
    with pytest.raises(errors.ApplicationGone):
        await bitrix24.as_user(installed, MIRA).call("profile")
    assert refreshes(portal) == ["wrong_client"]
    assert await store.tokens.find(installed.member_id, MIRA) == pair


async def test_secret_is_in_no_error(chosen: Settings, app: App) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no way to {request.url}", request=request)

    with pytest.raises(errors.Unavailable) as caught:
        await OAuthClient(httpx.MockTransport(fail), chosen).refresh(SERVER, PAIR)
    assert app.client_secret not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("https://oauth.bitrix.info/rest/", "https://oauth.bitrix.info"),
        ("https://oauth.bitrix24.tech/rest/", "https://oauth.bitrix24.tech"),
        ("https://OAUTH.bitrix24.tech/rest/", "https://oauth.bitrix24.tech"),
        ("http://oauth.bitrix24.tech/rest/", "https://oauth.bitrix24.tech"),
        ("oauth.bitrix24.tech", "https://oauth.bitrix24.tech"),
        ("https://oauth.bitrix24.tech.evil.com/rest/", SERVER),
        ("https://oauth.bitrix24.tech@evil.com/rest/", SERVER),
        ("https://evil.com/oauth.bitrix24.tech", SERVER),
        ("https://evil.com#https://oauth.bitrix24.tech", SERVER),
        ("https://127.0.0.1/", SERVER),
        ("https://[oauth.bitrix24.tech", SERVER),
        ("https://[::1", SERVER),
        ("//", SERVER),
        ("", SERVER),
    ],
)
def test_server_is_one_of_the_known(named: str, expected: str) -> None:
    assert choose_server(None, named) == expected


def test_configured_server_wins() -> None:
    assert choose_server("https://oauth.box.example", SERVERS[1]) == "https://oauth.box.example"


# --- pairs whose owner is not told


async def test_claimed_pair_is_proven_by_profile(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, store: Store, give: Give
) -> None:
    claimed = await give(MIRA, proven=False)
    await bitrix24.as_user(installed, MIRA, claimed=True).call("im.user.status.get")
    assert calls(portal) == [("profile", MIRA, None), ("im.user.status.get", MIRA, None)]
    assert await store.tokens.find(installed.member_id, MIRA) == replace(claimed, proven=True)
    assert await store.tokens.find(installed.member_id, MIRA, proven=False) is None


async def test_claimed_pair_is_asked_about_once(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, give: Give
) -> None:
    await give(MIRA, proven=False)
    as_user = bitrix24.as_user(installed, MIRA, claimed=True)
    for _ in range(3):
        await as_user.call("im.user.status.get")
    assert [call.method for call in portal.calls].count("profile") == 1


@pytest.mark.parametrize("connected", [False, True])
async def test_claimed_pair_of_another_person_acts_for_nobody(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, store: Store, give: Give, *, connected: bool
) -> None:
    """Not even with what is stored: the event itself is doubtful, also when it is handled again."""
    own = await give(MIRA) if connected else None
    await give(MIRA, of=JURIS, proven=False)
    for _ in range(2):
        with pytest.raises(errors.NotProven):
            await bitrix24.as_user(installed, MIRA, claimed=True).call("im.user.status.set", {"STATUS": "dnd"})
    assert calls(portal) == [("profile", JURIS, None)] * 2
    assert await store.tokens.find(installed.member_id, MIRA) == own
    assert await store.tokens.find(installed.member_id, JURIS) is None


@pytest.mark.parametrize("code", ["expired_token", "invalid_token"])
async def test_claimed_pair_that_is_dead_is_dropped(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, store: Store, give: Give, code: str
) -> None:
    await give(MIRA, proven=False)
    portal.faults.add("profile", faults.error(code, status=401))
    with pytest.raises(errors.NotConnected):
        await bitrix24.as_user(installed, MIRA, claimed=True).call("im.user.status.get")
    assert await store.tokens.find(installed.member_id, MIRA, proven=False) is None


async def test_claimed_pair_waits_while_the_portal_is_away(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, give: Give
) -> None:
    await give(MIRA, proven=False)
    portal.faults.add("profile", faults.html_page())
    as_user = bitrix24.as_user(installed, MIRA, claimed=True)
    with pytest.raises(errors.Unavailable):
        await as_user.call("im.user.status.get")
    await as_user.call("im.user.status.get")
    assert calls(portal)[-1] == ("im.user.status.get", MIRA, None)


# --- acting as the bot


def acting(portal: Emulated) -> list[int | None]:
    """Return whose tokens were accepted."""
    return [call.user_id for call in portal.calls if call.error is None]


async def test_bot_prefers_the_installer(bitrix24: Bitrix24, installed: Portal, portal: Emulated, give: Give) -> None:
    for user_id in (MIRA, ADMIN):
        await give(user_id)
    await bitrix24.as_bot(installed, BOT, MIRA).call("profile", {})
    assert acting(portal) == [ADMIN]


async def test_bot_falls_back_when_the_installer_is_gone(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, store: Store, give: Give
) -> None:
    for user_id in (ADMIN, MIRA):
        await give(user_id)
    portal.dismiss(ADMIN)
    await bitrix24.as_bot(installed, BOT, MIRA).call("profile", {})
    assert acting(portal) == [MIRA]
    assert await store.tokens.find(installed.member_id, ADMIN) is None


async def test_bot_falls_back_when_the_installer_has_no_access(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, app: App, give: Give
) -> None:
    for user_id in (ADMIN, MIRA):
        await give(user_id)
    app.allowed_users = {MIRA}
    await bitrix24.as_bot(installed, BOT, MIRA).call("profile", {})
    assert acting(portal) == [MIRA]


async def test_bot_uses_its_own_token(bitrix24: Bitrix24, installed: Portal, portal: Emulated, give: Give) -> None:
    await give(BOT, of=JURIS)  # the emulated portal has no bot yet; any user of the application may act as it
    await bitrix24.as_bot(installed, BOT, MIRA).call("profile", {})
    assert acting(portal) == [JURIS]


async def test_bot_without_any_token_is_not_connected(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, give: Give
) -> None:
    await give(JURIS)
    with pytest.raises(errors.NotConnected):
        await bitrix24.as_bot(installed, BOT, MIRA).call("profile", {})
    assert calls(portal) == []


async def test_bot_tells_why_the_last_token_was_refused(
    bitrix24: Bitrix24, installed: Portal, app: App, give: Give
) -> None:
    await give(ADMIN)
    app.allowed_users = set()
    with pytest.raises(errors.NotPermitted):
        await bitrix24.as_bot(installed, BOT, MIRA).call("profile", {})


@pytest.mark.parametrize("code", ["ACCESS_DENIED", "ERROR_CORE", "QUERY_LIMIT_EXCEEDED"])
async def test_bot_takes_a_refusal_of_the_call_itself(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, give: Give, code: str
) -> None:
    """Another token would be refused alike."""
    for user_id in (ADMIN, MIRA):
        await give(user_id)
    portal.faults.add("profile", faults.error(code, status=400))
    with pytest.raises(errors.BitrixError) as caught:
        await bitrix24.as_bot(installed, BOT, MIRA).call("profile", {})
    assert caught.value.code == code.lower()
    assert len(portal.calls) == 1


async def test_bot_prefers_a_living_token_to_a_refresh(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, store: Store, give: Give
) -> None:
    stale = await give(ADMIN)
    await store.tokens.replace(installed.member_id, replace(stale, expires_at=1))
    await give(MIRA)
    await bitrix24.as_bot(installed, BOT, MIRA).call("profile", {})
    assert acting(portal) == [MIRA]


async def test_bot_refreshes_when_nothing_lives(
    bitrix24: Bitrix24, installed: Portal, portal: Emulated, clock: ManualClock, give: Give
) -> None:
    await give(ADMIN)
    clock.advance(ACCESS_LIFE_S)
    await bitrix24.as_bot(installed, BOT, MIRA).call("profile", {})
    assert acting(portal) == [ADMIN]
    assert refreshes(portal) == [None]


async def test_pair_of_a_later_event_that_is_as_old_is_refreshed_too(ask, portal, clock) -> None:
    """Events that waited for long bring pairs that are all expired; the person must not lose the last of them."""
    member_id = portal.options.member_id
    await ask("dnd")
    app = next(iter(portal.oauth.apps.values()))
    first = await ask.core.store.tokens.find(member_id, 17)
    later = portal.oauth.issue(app, 17)
    clock.advance(3700)
    caller = ask.core.bitrix24.as_user(ask.core.store.portal(member_id), 17)

    async def send(token: str) -> str:
        if token == first.access_token:
            pair = TokenPair(17, later.access_token, later.refresh_token, int(clock.now()))
            await ask.core.store.tokens.replace(member_id, pair)
        return str((await ask.core.bitrix24.rest.call("profile", {}, token))["ID"])

    assert await caller._with_token(send) == "17"
    assert [request.user_id for request in portal.oauth.requests] == [17]
