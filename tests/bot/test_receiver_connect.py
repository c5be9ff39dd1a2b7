"""`GET /bitrix24` over loopback: who is connected, who is not, and what the page gives away."""

import asyncio
import json
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.emulator import faults
from bot.errors import StorageError
from bot.receiver import Receiver
from bot.states import states, waiting
from tests.conftest import PortalTransport
from tests.visitor import Browser, link_of, state_of

MEMBER = "1b" * 16
GONE, USED, OTHER = "This link is no longer valid", "This link was used already", "This did not work"
LATER, LOST, DONE = "Please try again", "This did not work", "You are connected"
JSON = "application/json"


@pytest.fixture
async def link(ask):
    """The message with the link of 17, who has no pair yet."""
    return (await ask("connect", auth="minimal")).message


async def rows(ask, table):
    return await ask.core.database.read(lambda c: c.execute(select(table)).all())


async def pair(ask, user_id=17):
    return await ask.core.store.tokens.find(MEMBER, user_id)


def app_of(portal):
    return next(iter(portal.oauth.apps.values()))


def exchanges(portal):
    return [request for request in portal.oauth.requests if request.grant_type == "authorization_code"]


def assert_no_secrets(portal, secrets, *texts):
    """What must not be known stands nowhere in `texts`."""
    app = app_of(portal)
    known = [app.client_secret, app.application_token, *portal.oauth._access, *portal.oauth._refresh, *secrets]
    assert not [secret for secret in known if any(secret in text for text in texts)]


def answer(portal, **changes):
    """A token answer of the authorization server; None leaves a field out."""
    issued = portal.oauth.issue(app_of(portal), 17)
    fields = {
        "access_token": issued.access_token,
        "refresh_token": issued.refresh_token,
        "expires_in": 3600,
        "client_endpoint": portal.options.client_endpoint,
        "domain": portal.options.oauth_host,
        "member_id": portal.options.member_id,
        "status": "L",
    } | changes
    body = {name: value for name, value in fields.items() if value is not None}
    return faults.raw(200, json.dumps(body).encode(), JSON)


# --- connected


@pytest.mark.parametrize("extras", ["documented", "always", "never"])
async def test_person_is_connected_and_told(ask, portal, browser, link, extras):
    portal.options.oauth_extras = extras
    path = browser.agree(link)
    with capture_logs() as lines:
        page = await browser.open(path)
    kept = await pair(ask)

    assert (page.status, page.title) == (200, DONE)
    assert kept is not None
    assert portal.oauth.owner(kept.access_token) == 17
    assert kept.proven
    assert portal.messages[-1].text.startswith("You are connected: I can act for you in Bitrix24 now.")
    assert portal.messages[-1].dialog_id == "17"
    assert {"event": "person.connected", "user_id": 17, "log_level": "info"} in lines
    assert [request.error for request in exchanges(portal)] == [None]
    assert_no_secrets(portal, [path, state_of(link)], str(lines), page.html)


async def test_connected_person_acts_without_tokens_in_events(ask, portal, browser, link):
    await browser.connect(link)
    await ask("accept 651", auth="minimal")

    assert portal.meetings[651][17] == "Y"


@pytest.mark.parametrize("when", ["before the link", "after the link"])
async def test_person_is_told_by_the_bot_that_was_registered_meanwhile(ask, portal, browser, replace_bot, when):
    if when == "before the link":
        await replace_bot()
        portal.open_chat(17)
        await ask.deliver()
    link = (await ask("connect", auth="minimal")).message
    if when == "after the link":
        await replace_bot()
    await browser.connect(link)

    told = portal.messages[-1]
    assert told.text.startswith("You are connected")
    assert [told.author_id] == list(portal.bots.by_id)


async def test_pair_is_stored_encrypted(ask, browser, link, tmp_path):
    await browser.connect(link)
    kept = await pair(ask)
    files = [file.read_bytes() for file in tmp_path.glob("statusbot.db*")]

    assert kept is not None
    assert not [content for content in files if kept.access_token.encode() in content]
    assert not [content for content in files if str(kept.refresh_token).encode() in content]


async def test_person_may_connect_again(ask, portal, browser, link):
    await browser.connect(link)
    first = await pair(ask)
    page = await browser.connect((await ask("connect", auth="minimal")).message)
    second = await pair(ask)

    assert page.status == 200
    assert first is not None
    assert second is not None
    assert first.access_token != second.access_token


async def test_profile_is_asked_only_when_the_answer_does_not_say_whose_it_is(portal, browser, link):
    portal.options.oauth_extras = "always"
    portal.rest.calls.clear()
    await browser.connect(link)

    assert "profile" not in {call.method for call in portal.calls}


@pytest.mark.parametrize("missing", ["client_endpoint", "member_id"])
async def test_answer_that_does_not_name_its_portal_is_proven_there(ask, portal, browser, link, missing):
    portal.faults.add("oauth.token", answer(portal, user_id=17, **{missing: None}))
    page = await browser.connect(link)

    assert page.status == 200
    asked = "profile" in {call.method for call in portal.calls}
    assert asked is (missing == "client_endpoint")


async def test_redirect_that_names_no_portal_is_enough(browser, link):
    assert (await browser.connect(link, domain=None, member_id=None, scope=None, server_domain=None)).status == 200


async def test_server_named_by_the_redirect_is_never_asked(browser, link):
    assert (await browser.connect(link, server_domain="evil.example")).status == 200


async def test_name_of_the_portal_may_be_in_capitals(browser, link):
    assert (await browser.connect(link, domain="ACME.bitrix24.example")).status == 200


async def test_news_that_cannot_be_sent_costs_nothing_else(ask, portal, browser, link):
    portal.faults.add("imbot.v2.Chat.Message.send", faults.error("ACCESS_DENIED"))

    assert (await browser.connect(link)).status == 200
    assert await pair(ask) is not None


async def test_older_portal_tells_as_well(portal, make_ask):
    portal.options.v2 = False
    ask = await make_ask()
    link = (await ask("подключить", auth="minimal")).message
    async with Browser(portal, ask.receiver.app()) as browser:
        page = await browser.connect(link)

    assert (page.status, page.title) == (200, "Вы подключены")
    assert portal.messages[-1].text.startswith("Вы подключены")


# --- states that do not serve


@pytest.mark.parametrize("state", ["", "abc", "x" * 43, "x" * 5000, "<script>", "' OR 1=1 --", "%00", "я" * 43, None])
async def test_forged_state_opens_nothing(ask, portal, browser, link, state):
    path = browser.agree(link, state=state)
    with capture_logs() as lines:
        page = await browser.open(path)

    assert (page.status, page.title) == (400, GONE)
    assert "<script>" not in page.html
    assert exchanges(portal) == []
    assert await pair(ask) is None
    assert [(line["event"], line["reason"]) for line in lines] == [("connection.refused", "unknown state")]
    assert (await browser.connect(link)).status == 200


async def test_reloaded_page_says_that_it_is_done_and_nothing_else(ask, portal, browser, link):
    path = browser.agree(link)
    first, second = await browser.open(path), await browser.open(path)
    replayed = await browser.connect(link)

    assert (first.status, second.status, replayed.status) == (200, 400, 400)
    assert second.title == replayed.title == USED
    assert len(exchanges(portal)) == 1
    assert sum("You are connected" in message.text for message in portal.messages) == 1


async def test_of_two_requests_at_once_one_is_served(portal, browser, link):
    paths = [browser.agree(link), browser.agree(link)]
    pages = await asyncio.gather(*(browser.open(path) for path in paths))

    assert sorted(page.status for page in pages) == [200, 400]
    assert len(exchanges(portal)) == 1


@pytest.mark.parametrize(("age", "status"), [(600, 200), (601, 400)])
async def test_link_serves_for_ten_minutes(ask, portal, browser, link, clock, age, status):
    clock.advance(age)
    page = await browser.connect(link)

    assert page.status == status
    assert (await pair(ask) is not None) is (status == 200)


async def test_older_link_is_closed_by_a_newer_one(ask, browser, link):
    newer = (await ask("connect", auth="minimal")).message

    assert (await browser.connect(link)).title == GONE
    assert (await browser.connect(newer)).status == 200


@pytest.mark.parametrize(
    "changes", [{"domain": "evil.example"}, {"domain": ""}, {"member_id": "2c" * 16}, {"member_id": ""}]
)
async def test_redirect_of_another_portal_is_refused(ask, portal, browser, link, changes):
    page = await browser.connect(link, **changes)

    assert (page.status, page.title) == (400, GONE)
    assert exchanges(portal) == []
    assert (await browser.connect(link)).status == 200


@pytest.mark.parametrize("code", [None, "", "two words", "x" * 513, "я"])
async def test_redirect_without_a_usable_code_is_refused(portal, browser, link, code):
    page = await browser.connect(link, code=code)

    assert (page.status, page.title) == (400, GONE)
    assert exchanges(portal) == []


async def test_portal_that_is_uninstalled_meanwhile_closes_its_links(ask, portal, browser, link):
    await ask("accept 651", auth="minimal")
    newest = portal.messages[-1]
    path = browser.agree(newest)
    portal.uninstall(app_of(portal))
    await ask.deliver()

    assert (await browser.open(path)).status == 400
    assert await rows(ask, states) == await rows(ask, waiting) == []
    assert await pair(ask) is None


# --- codes and tokens that do not serve


async def test_code_of_another_person_is_refused_and_dropped(ask, portal, browser, link):
    for extras in ("never", "always"):
        portal.options.oauth_extras = extras
        mine = (await ask("connect", auth="minimal")).message
        path = browser.agree(mine, user_id=42)
        before = len(portal.messages)
        with capture_logs() as lines:
            page = await browser.open(path)

        assert (page.status, page.title) == (403, OTHER)
        assert "not that of the person who asked" in page.html
        assert not {"17", "42", "Mira", "Nina"} & set(page.html.replace("<", " ").replace(">", " ").split())
        assert await pair(ask) is await pair(ask, 42) is None
        assert len(portal.messages) == before
        (line,) = lines
        assert line["event"] == "connection.refused"
        assert (line["reason"], line["user_id"], line["status"]) == ("the token is of person 42", 17, 403)
        assert_no_secrets(portal, [path, state_of(mine)], str(lines), page.html)


async def test_refused_link_does_not_serve_its_owner_any_more(ask, browser, link):
    await browser.connect(link, user_id=42)

    assert (await browser.connect(link)).title == USED
    assert await pair(ask) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"client_endpoint": "https://evil.example/rest/"},
        {"client_endpoint": "https://acme.bitrix24.example.evil.example/rest/"},
        {"client_endpoint": "https://acme.bitrix24.example@evil.example/rest/"},
        {"client_endpoint": "http://["},
        {"member_id": "2c" * 16},
        {"client_endpoint": None, "member_id": "2c" * 16},
    ],
)
async def test_token_of_another_portal_is_refused(ask, portal, browser, link, changes):
    portal.faults.add("oauth.token", answer(portal, **({"user_id": 17} | changes)))
    with capture_logs() as lines:
        page = await browser.connect(link)

    assert (page.status, page.title) == (403, OTHER)
    assert await pair(ask) is None
    assert lines[-1]["reason"] == "the token is of another portal"
    assert "profile" not in {call.method for call in portal.calls}


async def test_token_that_the_portal_does_not_know_is_refused(ask, portal, browser, link):
    portal.faults.add("oauth.token", answer(portal, access_token="stranger"))
    page = await browser.connect(link)

    assert (page.status, page.title) == (403, OTHER)
    assert await pair(ask) is None


async def test_code_of_another_application_is_refused(ask, portal, browser, link):
    other = portal.create_app("https://evil.example/bitrix24", "https://evil.example/install")
    other.installed = True
    page = await browser.connect(link, code=portal.oauth.authorize(other, 17))

    assert (page.status, page.title) == (400, GONE)
    assert [request.error for request in exchanges(portal)] == ["invalid_grant"]
    assert await pair(ask) is None


async def test_code_that_took_longer_than_thirty_seconds_is_refused(ask, portal, browser, link, clock):
    path = browser.agree(link)
    clock.advance(31)
    page = await browser.open(path)

    assert (page.status, page.title) == (400, GONE)
    assert await pair(ask) is None


@pytest.mark.parametrize("code", ["invalid_grant", "bad_verification_code", "NO_AUTH_FOUND"])
async def test_refused_code_is_a_page_in_words(ask, portal, browser, link, code):
    portal.faults.add("oauth.token", faults.error(code, status=400))
    page = await browser.connect(link)

    assert (page.status, page.title) == (400, GONE)
    assert (await browser.connect(link)).title == USED


@pytest.mark.parametrize(
    ("code", "status"),
    [("wrong_client", 200), ("invalid_client", 401), ("NOT_INSTALLED", 401), ("PAYMENT_REQUIRED", 401), ("invalid_scope", 403)],
)  # fmt: skip
async def test_application_that_is_not_accepted_is_the_administrator_s_business(
    ask, portal, browser, link, code, status
):
    portal.faults.add("oauth.token", faults.error(code, status=status))
    with capture_logs() as lines:
        page = await browser.connect(link)

    assert page.status == 503
    assert "tell your administrator" in page.html
    assert await pair(ask) is None
    assert [line["log_level"] for line in lines] == ["error", "warning"]
    assert (lines[-1]["event"], lines[-1]["status"]) == ("connection.refused", 503)


async def test_link_of_an_installation_that_is_not_the_pinned_one_is_refused(ask, portal, link, make_settings, clock):
    """It was given out before the administrator pinned another one."""
    core, chosen = ask.core, make_settings(member_id="5c" * 16)
    parts = (chosen, core.store, ask.inbox, core.bitrix24, core.metrics, clock.now)
    async with Browser(portal, Receiver(*parts, texts=core.parts.texts).app()) as browser:
        page = await browser.connect(link)

    assert (page.status, page.title) == (400, GONE)
    assert exchanges(portal) == []


# --- servers that are away


@pytest.mark.parametrize(
    "trouble",
    [
        faults.cut(),
        faults.lost(),
        faults.slow(11),
        faults.html_page(502),
        faults.raw(200, b"[]", JSON),
        faults.raw(200, b"{}", JSON),
        faults.error("INTERNAL_SERVER_ERROR", status=500),
        faults.moved("https://evil.example/oauth/token/"),
    ],
)
async def test_code_with_an_unknown_fate_needs_a_new_link(ask, portal, browser, link, trouble):
    portal.faults.add("oauth.token", trouble)
    page = await browser.connect(link)

    assert (page.status, page.title) == (503, LOST)
    assert "for a new one" in page.html
    assert (await browser.connect(link)).title == USED
    assert await pair(ask) is None
    assert (await browser.connect((await ask("connect", auth="minimal")).message)).status == 200


@pytest.fixture
async def hurried(make_ask):
    """What answers within half a second."""
    return await make_ask(limits={"answer_s": 0.5})


@pytest.fixture
def hang(monkeypatch):
    """Return what makes a method of a part never end, within `with`."""

    @contextmanager
    def hang(part, name):
        async def never(*_, **__):
            await asyncio.Event().wait()

        with monkeypatch.context() as away:
            away.setattr(part, name, never)
            yield

    return hang


@pytest.mark.parametrize("slow", ["authorization server", "portal", "quota", "database"])
async def test_page_that_takes_too_long_says_what_to_do(hurried, portal, hang, slow):
    bitrix24, link = hurried.core.bitrix24, (await hurried("connect", auth="minimal")).message
    part, name = {
        "authorization server": (bitrix24._oauth, "exchange"),
        "portal": (bitrix24.rest, "_exchange"),
        "quota": (bitrix24.quota, "take"),
        "database": (hurried.inbox, "put"),
    }[slow]
    async with Browser(portal, hurried.receiver.app()) as browser, asyncio.timeout(5):
        with hang(part, name):
            page = await browser.connect(link)
        again = await browser.connect((await hurried("connect", auth="minimal")).message)

    assert (page.status, page.title) == (503, LOST)
    assert "for a new one" in page.html
    assert again.status == 200


@pytest.mark.parametrize("method", ["find", "use"])
async def test_link_that_could_not_be_looked_up_in_time_still_serves(hurried, portal, hang, method):
    link = (await hurried("connect", auth="minimal")).message
    async with Browser(portal, hurried.receiver.app()) as browser, asyncio.timeout(5):
        path = browser.agree(link)
        with hang(hurried.core.store.states, method):
            first = await browser.open(path)
        second = await browser.open(path)

    assert (first.status, first.title) == (503, LATER)
    assert (second.status, second.title) == (200, DONE)


class UnreachableServer(PortalTransport):
    """No connection to the authorization server for as many requests as `away` says."""

    away = 1

    async def handle_async_request(self, request):
        if request.url.path == "/oauth/token/" and self.away:
            self.away -= 1
            raise httpx.ConnectError("no route to host", request=request)
        return await super().handle_async_request(request)


@pytest.fixture
def unreachable(ask, portal):
    """The authorization server takes no connection, once."""
    transport = UnreachableServer(portal)
    ask.core.transport.handle_async_request = transport.handle_async_request
    return transport


async def test_code_that_nobody_took_serves_when_the_page_is_reloaded(ask, browser, link, unreachable):
    path = browser.agree(link)
    first, second = await browser.open(path), await browser.open(path)

    assert (first.status, first.title) == (503, LATER)
    assert "Reload this page" in first.html
    assert (second.status, second.title) == (200, DONE)
    assert await pair(ask) is not None


async def test_newer_link_stays_the_only_one_when_an_older_is_given_back(ask, browser, link, unreachable):
    path = browser.agree(link)
    opening, exchange = asyncio.Event(), ask.core.bitrix24.exchange

    async def slowly(*arguments):
        opening.set()
        await ask("connect", auth="minimal")
        return await exchange(*arguments)

    ask.core.bitrix24.exchange = slowly
    await browser.open(path)

    assert opening.is_set()
    assert (await browser.open(path)).title == USED


async def test_portal_that_stumbles_is_asked_again_whose_token_it_is(ask, portal, browser, link):
    portal.faults.add("profile", faults.html_page(502), count=2)

    assert (await browser.connect(link)).status == 200
    assert await pair(ask) is not None


async def test_portal_that_is_away_proves_nothing(ask, portal, browser, link):
    portal.faults.add("profile", faults.cut(), count=None)
    page = await browser.connect(link)

    assert (page.status, page.title) == (503, LOST)
    assert await pair(ask) is None


# --- storing


async def test_state_that_cannot_be_read_is_tried_again(ask, browser, link, monkeypatch):
    path = browser.agree(link)

    async def broken(*_):
        raise StorageError("disk full")

    monkeypatch.setattr(ask.core.store.states, "use", broken)
    page = await browser.open(path)
    monkeypatch.undo()

    assert (page.status, page.title) == (503, LATER)
    assert (await browser.open(path)).status == 200


async def test_pair_that_cannot_be_stored_is_no_success(ask, portal, browser, link, monkeypatch):
    async def broken(*_, **__):
        raise StorageError("disk full")

    monkeypatch.setattr(ask.inbox, "put", broken)
    page = await browser.connect(link)

    assert (page.status, page.title) == (503, LOST)
    assert await pair(ask) is None
    assert "You are connected" not in portal.messages[-1].text


async def test_person_who_disconnects_during_the_exchange_stays_forgotten(ask, portal, browser, link):
    exchange = ask.core.bitrix24.exchange

    async def slowly(*arguments):
        await ask("disconnect", auth="minimal")
        return await exchange(*arguments)

    ask.core.bitrix24.exchange = slowly
    page = await browser.connect(link)

    assert (page.status, page.title) == (400, GONE)
    assert await pair(ask) is None
    assert portal.messages[-1].text.startswith("I have forgotten")


# --- the page


HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Type": "text/html; charset=utf-8",
}


@pytest.mark.parametrize("path", ["/bitrix24", "/bitrix24?state=x&code=y"])
async def test_page_is_inert(browser, path):
    page = await browser.open(path)
    policy = page.headers["Content-Security-Policy"]

    assert {name: page.headers[name] for name in HEADERS} == HEADERS
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not [part for part in ("http:", "https:", "//", "<script", "src=", "href=", "url(") if part in page.html]


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
async def test_other_methods_use_no_code_up(ask, portal, browser, link, method):
    path = browser.agree(link)

    assert (await browser.open(path, method=method)).status == 405
    assert (await browser.open(path)).status == 200


@pytest.mark.parametrize(
    ("wish", "title"),
    [
        ("", GONE),
        ("en", GONE),
        ("ru", "Ссылка больше не действует"),
        ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "Ссылка больше не действует"),
        ("de-DE,de;q=0.9,ru;q=0.5,en;q=0.1", "Ссылка больше не действует"),
        ("ru;q=0.1,en;q=0.9", GONE),
        ("ru;q=0,en;q=0.1", GONE),
        ("en;q=0, ru", "Ссылка больше не действует"),
        ("fr,de;q=0.5", GONE),
        ("*", GONE),
        ("ru;q=nonsense", GONE),
        (";;;,,,=" * 30, GONE),
    ],
)
async def test_page_of_an_unknown_link_speaks_the_language_of_the_browser(browser, wish, title):
    assert (await browser.open("/bitrix24?state=x", wish)).title == title


async def test_page_without_parameters_speaks_it_too(browser):
    assert "«помощь»" in (await browser.open("/bitrix24", "ru")).html
    assert "“help”" in (await browser.open("/bitrix24", "en")).html


async def test_page_of_a_browser_without_a_wish_speaks_the_language_of_the_settings(portal, make_ask):
    ask = await make_ask(language="ru")
    async with Browser(portal, ask.receiver.app()) as browser:
        assert "«помощь»" in (await browser.open("/bitrix24", "fr")).html


async def test_page_of_a_known_link_speaks_its_language(ask, portal, browser):
    link = (await ask("подключить", auth="minimal")).message
    other = await browser.connect(link, user_id=42)
    used = await browser.connect(link)
    done = await browser.connect((await ask("подключить", auth="minimal")).message)

    assert [other.status, used.status, done.status] == [403, 400, 200]
    assert [other.title, used.title, done.title] == ["Не получилось", "Эта ссылка уже использована", "Вы подключены"]
    assert "Разрешение дал не тот" in other.html
    assert portal.messages[-1].text.startswith("Вы подключены")
    assert 'lang="ru"' in done.html


async def test_portal_refuses_whom_it_keeps_from_the_application(portal, browser, link):
    app_of(portal).allowed_users = {1}
    with pytest.raises(PermissionError):
        browser.agree(link)

    assert link_of(link).startswith("https://acme.bitrix24.example/oauth/authorize/?")
