"""Every finding of `statusbot check`, with what to do about it, and no secret in any line."""

import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import insert, text

from bot.check import Report, check, examine
from bot.check.report import why_silent
from bot.emulator import faults, server
from bot.emulator.clock import SystemClock
from bot.emulator.limits import Bucket
from bot.emulator.portal import Portal
from bot.emulator.transport import PortalTransport
from bot.inbox.sqlite import events
from bot.service import Service
from tests.conftest import KEY, PUBLIC_URL, outside_settings
from tests.flows.conftest import until
from tests.process import free_port

NEW_KEY = Fernet.generate_key().decode()


def our_answer(request: httpx.Request) -> httpx.Response:
    """Answer as the receiver does; the test over loopback shows that it does."""
    if request.url.path == "/health/live":
        return httpx.Response(200, text="alive\n")
    return httpx.Response(415 if "content-type" not in request.headers else 200)


class World(httpx.AsyncBaseTransport):
    """The emulator, and at the public address what the test puts there."""

    def __init__(self, portal: Portal) -> None:
        self._portal = PortalTransport(portal)
        self.public: Callable[[httpx.Request], httpx.Response] = our_answer
        self.outside: httpx.AsyncBaseTransport | None = None
        self.urls: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.urls.append(str(request.url))
        if request.url.host == "bot.example.com":
            return self.public(request)
        if self.outside is not None and request.url.host == "api.cronofy.com":
            return await self.outside.handle_async_request(request)
        return await self._portal.handle_async_request(request)


@pytest.fixture
def world(portal):
    return World(portal)


@pytest.fixture
def examined(portal, world, clock, make_settings):
    """Return what examines an installation and gives the lines; `problems` alone when there should be some."""

    async def run(*, now=clock.now, **overrides) -> list[str]:
        lines: list[str] = []
        report = Report(lines.append)
        secrets = {KEY, NEW_KEY, *tokens(portal)}
        await examine(report, make_settings(**overrides), transport=world, clock=now)
        assert report.problems == sum(line.startswith("problem ") for line in lines)
        assert not [line for line in lines if "\n" in line or any(secret in line for secret in secrets)]
        return lines

    return run


def tokens(portal: Portal) -> list[str]:
    pairs = [*portal.oauth._access.values(), *portal.oauth._refresh.values()]
    apps = portal.oauth.apps.values()
    known = [token for pair in pairs for token in (pair.access_token, pair.refresh_token)]
    return known + [secret for app in apps for secret in (app.client_secret, app.application_token)]


def problems(lines: list[str]) -> list[str]:
    return [line.removeprefix("problem ") for line in lines if line.startswith("problem ")]


def the_problem(lines: list[str]) -> str:
    found = problems(lines)
    assert len(found) == 1, lines
    return found[0]


# --- all is well


async def test_healthy_installation_has_no_problem(ask, examined):
    lines = await examined()

    assert [line for line in lines if not line.startswith("ok ")] == []
    for subject in (
        "settings",
        "database",
        "SECRET_KEY",
        "public",
        "portal",
        "client id",
        "clock",
        "scopes",
        "bot",
        "commands",
    ):
        assert any(subject in line for line in lines), subject


async def test_installation_with_api_v1_has_no_problem(portal, make_ask, examined):
    portal.options.v2 = False
    await make_ask()
    lines = await examined()

    assert problems(lines) == []
    assert any("API v1" in line for line in lines if line.startswith("ok "))


async def test_check_changes_nothing(portal, ask, examined):
    before = await ask.core.store.tokens.find(portal.options.member_id, 1)
    await examined()

    assert await ask.core.store.tokens.find(portal.options.member_id, 1) == before
    assert all(request.error == "invalid_grant" for request in portal.oauth.requests)


async def test_check_takes_few_requests_of_the_quota(portal, ask, examined):
    before = portal.requests
    await examined()

    assert portal.requests - before <= 3


async def test_expired_token_is_renewed_as_the_bot_does(portal, clock, ask, examined):
    clock.advance(3700)

    assert problems(await examined()) == []
    pair = await ask.core.store.tokens.find(portal.options.member_id, 1)
    assert portal.oauth.check(pair.access_token).user_id == 1


# --- settings


async def test_every_wrong_setting_has_a_line(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATUSBOT_PUBLIC_URL", "http://bot.example.com")
    monkeypatch.setenv("STATUSBOT_SECRET_KEY", "too-short")
    monkeypatch.setenv("STATUSBOT_RATE", "often")
    monkeypatch.setenv("STATUSBOT_CLIENT_SECRET", "hush")
    lines: list[str] = []
    report = Report(lines.append)
    await check(report)

    assert report.problems == len(problems(lines)) == 5
    for name, reason in {
        "PUBLIC_URL": "must start with https://",
        "PORTAL": "is not set",
        "CLIENT_ID": "is not set",
        "SECRET_KEY": "too short",
        "RATE": "should be a valid number",
    }.items():
        assert any(f"STATUSBOT_{name} " in line and reason in line for line in problems(lines)), (name, lines)
    assert lines[-1].startswith("skipped ")
    assert not any("hush" in line or "too-short" in line for line in lines)


async def test_unknown_language_is_named(examined):
    assert "STATUSBOT_LANGUAGE is one of en, ru" in the_problem(await examined(language="de"))


# --- database and keys


@pytest.mark.parametrize("path", ["missing/bot.db", ".", "garbage.db"])
async def test_unusable_database_is_named(examined, tmp_path: Path, path: str):
    (tmp_path / "garbage.db").write_text("This was meant to be a database, and is a letter.\n" * 20)
    lines = await examined(database_url=f"sqlite:///{tmp_path}/{path}")

    assert "STATUSBOT_DATABASE_URL" in the_problem(lines)
    assert any(line.startswith("skipped installation") for line in lines)


async def test_database_that_cannot_be_written_is_named(ask, examined, tmp_path: Path):
    connection = sqlite3.connect(tmp_path / "statusbot.db")
    connection.execute("DROP TABLE portals")
    connection.commit()
    connection.close()

    assert "cannot be written" in the_problem(await examined())


@pytest.mark.parametrize(("revision", "words"), [("0001", "older version"), ("9999", "newer version")])
async def test_other_schema_is_named_and_left_alone(ask, examined, tmp_path: Path, revision: str, words: str):
    connection = sqlite3.connect(tmp_path / "statusbot.db")
    connection.execute("UPDATE alembic_version SET version_num = ?", [revision])
    connection.commit()

    assert words in the_problem(await examined())
    assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (revision,)
    connection.close()


async def test_missing_database_is_not_made(examined, tmp_path: Path):
    (tmp_path / "statusbot.db").unlink()
    lines = await examined()

    assert "not installed yet" in the_problem(lines)
    assert any("database can be made" in line for line in lines)
    assert list(tmp_path.iterdir()) == []


async def test_key_that_opens_nothing_is_named(ask, examined):
    assert "STATUSBOT_SECRET_KEY does not open" in the_problem(await examined(secret_key=NEW_KEY))


async def test_events_that_were_given_up_are_noted(ask, examined):
    row = {"key": "p:905:1", "lane": "p:17", "body": "{}", "sent_at": 5, "arrival": 5.0, "starts": 5, "state": "parked"}
    await ask.core.database.write(lambda c: c.execute(insert(events).values(row | {"finished_at": 8.0})))
    (line,) = [line for line in await examined() if not line.startswith("ok ")]

    assert line.startswith("note    events that were given up, with their senders told so: 1;")
    assert line.endswith("(the last one is p:905:1)")


async def test_cronofy_is_noted_with_the_address_that_it_has_to_know(ask, examined):
    lines = await examined(
        cronofy_client_id="our-id", cronofy_client_secret="our-secret", cronofy_data_center="de", public_url=PUBLIC_URL
    )
    (line,) = [line for line in lines if "Cronofy is set up" in line]

    assert line.startswith("note ")
    assert "https://api-de.cronofy.com" in line
    assert "https://bot.example.com/cronofy" in line
    assert not [line for line in lines if "our-secret" in line]
    assert not [line for line in await examined() if "Cronofy" in line]


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        (None, "ok      Cronofy accepts the client id and secret (https://api.cronofy.com)"),
        ("another", "problem STATUSBOT_CRONOFY_CLIENT_ID or STATUSBOT_CRONOFY_CLIENT_SECRET is wrong"),
    ],
)
async def test_cronofy_is_asked_whether_it_knows_us(ask, world, outside, examined, secret, told):
    world.outside = PortalTransport(outside)
    settings = outside_settings(outside)
    lines = await examined(**(settings | ({"cronofy_client_secret": secret} if secret else {})))

    assert [line for line in lines if line.startswith(told)]


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"error": "other"}'])
async def test_what_answers_unlike_cronofy_is_named(ask, world, outside, examined, body):
    world.outside = httpx.MockTransport(lambda _: httpx.Response(502, content=body))

    assert "answers unlike Cronofy" in the_problem(await examined(**outside_settings(outside)))


async def test_cronofy_that_does_not_answer_is_named(ask, outside, examined):
    assert "Cronofy (https://api.cronofy.com) does not answer" in the_problem(
        await examined(**outside_settings(outside))
    )


async def test_address_that_leaves_no_room_for_pushes_is_noted(ask, world, examined):
    world.public = lambda _: httpx.Response(200, text="alive\n")
    cronofy = {"cronofy_client_id": "our-id", "cronofy_client_secret": "our-secret"}
    url = "https://bot.example.com/" + "b" * 60
    lines = [line for line in await examined(public_url=url, **cronofy) if "does not tell of changes" in line]

    assert [line.partition(":")[0] for line in lines] == [
        "note    Cronofy does not tell of changes, since STATUSBOT_PUBLIC_URL has more than 76 characters"
    ]
    assert not [line for line in await examined(**cronofy) if "does not tell" in line]


@pytest.mark.parametrize(("rate", "burst", "noted"), [(2, 4.9, True), (2, 5, False), (0.5, 1, True), (10, 8, True)])
async def test_quota_without_room_for_a_command_is_noted(examined, rate: float, burst: float, *, noted: bool):
    lines = [line for line in await examined(rate=rate, burst=burst) if "STATUSBOT_BURST" in line]

    assert [line.partition(":")[0] for line in lines] == [
        "note    STATUSBOT_BURST leaves no room for one command"
    ] * noted


async def test_need_for_an_older_key_is_noted(ask, examined):
    lines = await examined(secret_key=f"{NEW_KEY},{KEY}")

    assert problems(lines) == []
    assert any(line.startswith("note ") and "statusbot rotate-keys" in line for line in lines)


# --- the public address


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda _: httpx.Response(301, headers={"Location": "https://www.example.com/"}), "redirect"),
        (lambda _: httpx.Response(502, text="Bad Gateway"), "start `statusbot serve`"),
        (lambda _: httpx.Response(200, text="<h1>It works!</h1>"), "something else"),
        (lambda _: httpx.Response(404), "something else"),
        (lambda r: httpx.Response(200, text="alive") if r.method == "GET" else httpx.Response(405), "/bitrix24/events"),
    ],
)
async def test_other_answer_at_the_public_address_is_named(ask, examined, world, answer, words):
    world.public = answer
    found = the_problem(await examined())

    assert found.startswith(f"STATUSBOT_PUBLIC_URL {PUBLIC_URL} ")
    assert words in found


async def test_public_address_without_a_dot_is_named_and_not_asked(ask, examined, world):
    first = problems(await examined(public_url="https://localhost"))[0]

    assert first.startswith("STATUSBOT_PUBLIC_URL https://localhost: the portal takes no host without a dot")


@pytest.mark.parametrize(
    ("error", "words"),
    [(httpx.ConnectError("refused"), "no connection"), (httpx.ConnectTimeout("late"), "no answer in")],
)
async def test_public_address_out_of_reach_is_named(ask, examined, world, error, words):
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    world.public = fail
    found = the_problem(await examined())

    assert "not reachable" in found
    assert words in found


# --- portal and authorization server


async def test_unknown_portal_is_named(ask, examined):
    found = the_problem(await examined(portal="elsewhere.bitrix24.com"))
    assert found.startswith("STATUSBOT_PORTAL elsewhere.bitrix24.com does not answer")


async def test_portal_that_sends_on_whoever_has_a_token_is_named(portal, ask, examined):
    portal.faults.add("batch", faults.moved("https://new.bitrix24.example/rest/"), count=None)
    assert "STATUSBOT_PORTAL sends us on to new.bitrix24.example" in the_problem(await examined())


async def test_portal_without_rest_is_named(portal, ask, examined):
    portal.faults.add("server.time", faults.html_page(404))
    assert "does not speak REST" in the_problem(await examined())


async def test_renamed_portal_is_named(portal, ask, examined, make_settings):
    former = portal.options.domain
    portal.rename("new.bitrix24.example")
    assert f"STATUSBOT_PORTAL {former} sends us on to new.bitrix24.example" in the_problem(
        await examined(portal=former)
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"client_secret": "not-the-one"}, "STATUSBOT_CLIENT_SECRET is wrong"),
        ({"client_id": "local.other.12345678"}, "STATUSBOT_CLIENT_ID is unknown"),
    ],
)
async def test_wrong_client_is_named(portal, ask, examined, wrong, words):
    lines = await examined(**wrong)
    assert any(words in line for line in problems(lines))


async def test_client_id_of_another_application_is_named(portal, ask, examined):
    other = portal.create_app(f"{PUBLIC_URL}/bitrix24", f"{PUBLIC_URL}/bitrix24/install")
    portal.install(other)
    found = the_problem(await examined(client_id=other.client_id, client_secret=other.client_secret))

    assert "STATUSBOT_CLIENT_ID is not that of the installed application" in found


@pytest.mark.parametrize("fault", [faults.cut(), faults.html_page(), faults.raw(200, b"[]", "application/json")])
async def test_authorization_server_out_of_order_is_named(portal, ask, examined, fault):
    portal.faults.add("oauth.token", fault)
    assert "STATUSBOT_OAUTH_SERVER" in the_problem(await examined())


@pytest.mark.parametrize("origin", ["https://oauth.bitrix.info", "https://oauth.bitrix24.tech"])
async def test_server_of_any_region_may_accept_us_before_the_installation(portal, examined, origin):
    portal.options.oauth_origin = origin
    lines = await examined(oauth_server=None)

    assert f"ok      authorization server accepts the client id and secret ({origin})" in lines


async def test_secret_goes_to_no_other_server_than_those_allowed(portal, ask, examined, world):
    """Somebody who can write the database could name a server of theirs."""
    evil = "https://oauth.evil.example"
    await ask.core.database.write(lambda c: c.execute(text("UPDATE portals SET oauth_server = :evil"), {"evil": evil}))
    await examined(oauth_server=None)

    assert not [url for url in world.urls if url.startswith(evil)]


async def test_quota_that_is_exhausted_is_named(portal, ask, examined):
    portal.rest.bucket = Bucket(burst=0.0)
    assert "quota of requests is exhausted" in the_problem(await examined())


@pytest.mark.parametrize(
    ("pattern", "code", "words"),
    [
        ("batch", "QUERY_LIMIT_EXCEEDED", "quota of requests is exhausted"),
        ("scope", "OPERATION_TIME_LIMIT", "quota of scope is exhausted"),
        ("*", "ACCESS_DENIED", "plan has no REST"),
        ("batch", "ACCESS_DENIED", "plan has no REST"),
        ("batch", "PAYMENT_REQUIRED", "has ended"),
        ("*", "PORTAL_DELETED", "deleted"),
        ("batch", "APPLICATION_NOT_FOUND", "removed"),
        ("batch", "user_access_error", "may not use"),
        ("batch", "METHOD_CONFIRM_WAITING", "confirm"),
        ("batch", "INTERNAL_SERVER_ERROR", "no proper answer"),
        ("batch", "INVALID_CREDENTIALS", "refuses batch"),
        ("imbot.v2.Command.list", "ERROR_ARGUMENT", "refuses imbot.v2.Command.list"),
        ("imbot.v2.Bot.get", "insufficient_scope", "permission is missing"),
    ],
)
async def test_refusal_of_the_portal_is_named(portal, ask, examined, pattern, code, words):
    portal.faults.add(pattern, faults.error(code), count=None)
    assert any(words in line for line in problems(await examined()))


async def test_portal_that_hangs_is_named(portal, ask, examined):
    portal.faults.add("batch", faults.slow(30))
    assert "no proper answer" in the_problem(await examined())


# --- installation


async def test_missing_installation_is_named(examined, make_settings):
    chosen = make_settings()
    sqlite3.connect(chosen.database_url.removeprefix("sqlite:///")).close()
    Path(chosen.database_url.removeprefix("sqlite:///")).touch()
    assert "not installed yet: choose Reinstall" in the_problem(await examined())


@pytest.mark.parametrize("how", ["dismiss", "revoke"])
async def test_dead_token_of_the_installer_is_named(portal, ask, examined, how):
    getattr(portal, how)(1)
    assert "installer's token is dead" in the_problem(await examined())


async def test_removed_application_is_named(portal, ask, examined, make_settings):
    make_settings()
    portal.uninstall(next(iter(portal.oauth.apps.values())))
    assert problems(await examined()) != []


async def test_foreign_member_id_is_named(ask, examined):
    assert "STATUSBOT_MEMBER_ID" in the_problem(await examined(member_id="77" * 16))


async def test_missing_scope_is_named(portal, ask, examined):
    app = next(iter(portal.oauth.apps.values()))
    app.scopes = ("im", "imbot")
    assert "missing scope calendar, user_brief" in the_problem(await examined())


@pytest.mark.parametrize("v2", [True, False])
async def test_missing_bot_is_named(portal, make_ask, examined, v2):
    portal.options.v2 = v2
    await make_ask()
    portal.remove_bot()
    assert "bot is not registered at the portal: run `statusbot sync`" in the_problem(await examined())


async def test_bot_of_another_application_is_named(portal, ask, examined):
    other = portal.create_app(f"{PUBLIC_URL}/bitrix24", f"{PUBLIC_URL}/bitrix24/install")
    next(iter(portal.bots.by_id.values())).app = other
    assert "belongs to another application" in the_problem(await examined())


async def test_bot_that_the_database_does_not_know_is_named(portal, ask, examined):
    await ask.core.store.bot_registered(portal.options.member_id, 4, "v2")
    assert "not the one that the database knows" in the_problem(await examined())


async def test_bot_whose_events_are_fetched_is_named(portal, ask, examined):
    next(iter(portal.bots.by_id.values())).event_mode = "fetch"
    assert "wait to be fetched" in the_problem(await examined())


async def test_portal_without_v2_is_named_when_v2_is_demanded(portal, ask, examined):
    portal.options.v2 = False
    assert "STATUSBOT_BOT_API" in the_problem(await examined(bot_api="v2"))


async def test_differing_commands_are_named(portal, ask, examined):
    by_name = {command.name: command for command in portal.bots.commands.values()}
    del portal.bots.commands[by_name["accept"].id]
    by_name["dnd"].titles.clear()
    by_name["dnd"].titles["en"] = "Silence"
    by_name["help"].name = "helpme"
    found = the_problem(await examined())

    for difference in ("/accept is missing", "/dnd is different", "/help is missing", "/helpme is left over"):
        assert difference in found


@pytest.mark.parametrize("url", ["https://old.example.com/bitrix24/events", None])
async def test_other_address_of_events_is_named(portal, ask, examined, url):
    rows = portal.subscriptions.of_event("ONAPPUNINSTALL")
    app = rows[0].app
    portal.subscriptions.unbind(rows)
    if url:
        portal.subscriptions.bind(app, "ONAPPUNINSTALL", url)
    found = the_problem(await examined())

    assert f"events go to {url or 'nowhere'} instead of {PUBLIC_URL}/bitrix24/events" in found


@pytest.mark.parametrize(("off_s", "words"), [(61, "61 s ahead of"), (-3600, "3600 s behind")])
async def test_wrong_clock_is_named(clock, ask, examined, off_s, words):
    assert words in the_problem(await examined(now=lambda: clock.now() + off_s))


async def test_clock_that_is_off_by_less_is_fine(clock, ask, examined):
    assert problems(await examined(now=lambda: clock.now() + 59)) == []


# --- over the network


async def test_real_service_passes(make_settings, tmp_path: Path):
    company = Portal(SystemClock())
    company.add_user(1, "Ada", "Admin", admin=True)
    emulator = await server.start(company)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app = company.create_app(f"{url}/bitrix24", f"{url}/bitrix24/install")
    chosen = make_settings(
        public_url=url, portal=company.options.domain, client_id=app.client_id, client_secret=app.client_secret,
        oauth_server=company.options.oauth_origin, port=port, insecure_loopback=True,
    )  # fmt: skip
    service = Service(chosen)
    await service.start()
    company.install(app)
    await until(lambda: company.subscriptions.find(app, "ONAPPUNINSTALL") and not service.inbox.pending)
    lines: list[str] = []
    await examine(Report(lines.append), chosen)
    await service.stop()
    after: list[str] = []
    await examine(Report(after.append), chosen)
    await emulator.stop()

    assert problems(lines) == []
    assert "not reachable from this machine (nobody listens there)" in the_problem(after)


async def test_name_that_does_not_resolve_is_told_apart():
    async with httpx.AsyncClient(trust_env=False) as http:
        with pytest.raises(httpx.ConnectError) as caught:
            await http.get("http://nowhere.invalid/")

    assert why_silent(caught.value) == "the name does not resolve"


async def test_everybody_silent_ends_in_time(make_settings):
    """A server that accepts and says nothing costs each request its time limit, and no more."""
    lines: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        where = f"127.0.0.1:{listener.getsockname()[1]}"
        address = f"http://{where}"
        chosen = make_settings(public_url=address, portal=where, oauth_server=address, insecure_loopback=True)
        await examine(Report(lines.append), chosen, request_s=0.05)

    assert len([line for line in problems(lines) if "no answer in 0.05 s" in line]) == 3
