"""`GET /cronofy` over loopback: whose account is connected, whose is not, and what the page gives away."""

import asyncio
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.accounts import accounts
from bot.emulator.cronofy import faults
from bot.emulator.faults import cut, html_page, raw, slow
from bot.emulator.transport import PortalTransport
from bot.errors import StorageError
from bot.inbox import Delivery
from bot.states import states
from tests.visitor import Browser, state_of

MEMBER = "1b" * 16
DONE, GONE, USED = "Your calendars are connected", "This link is no longer valid", "This link was used already"
FAILED, LATER, DECLINED = "This did not work", "Please try again", "Nothing was connected"
JURIS = "juris@example.org"


@pytest.fixture
async def ask(make_ask, outside):
    return await make_ask(cronofy=outside)


@pytest.fixture
async def link(ask):
    """The message with the link of 17."""
    return (await ask("connect cronofy")).message


@pytest.fixture
def arrive(browser, outside):
    """Return what lets somebody agree at Cronofy and opens the page that the browser is sent to."""

    async def open_page(message, login="mira@example.org", **options):
        return await browser.open(browser.agree_outside(outside, message, login, **options))

    return open_page


async def account(ask, user_id=17):
    return await ask.core.store.accounts.find(MEMBER, user_id)


def said(portal, user_id=17):
    return [one.text for one in portal.messages if one.author_id in portal.bots.by_id and one.dialog_id == str(user_id)]


def exchanges(outside):
    return [call.status for call in outside.calls if call.name == "oauth.token"]


def standing(outside):
    """Whose permissions stand at Cronofy."""
    return [known.account.email for known in outside.oauth.authorizations if not known.revoked]


def secrets_of(outside):
    (application,) = outside.directory.applications.values()
    tokens = [one.access_token for one in outside.oauth._access.values()]
    return [*application.client_secrets, *tokens, *(known.refresh_token for known in outside.oauth.authorizations)]


# --- connected


@pytest.mark.parametrize(
    ("words", "title", "told"),
    [
        ("connect cronofy", DONE, ["are connected; write “meetings” to see what is in them. Write “disconnect cronofy”", "Account: mira@example.org", "“Mira”, “Choir”"]),
        ("подключить cronofy", "Ваши календари подключены", ["вне Битрикс24 подключены", "Учётная запись: mira@example.org"]),
    ],
)  # fmt: skip
async def test_person_is_connected_and_told(ask, portal, outside, browser, words, title, told):
    link = (await ask(words)).message
    path = browser.agree_outside(outside, link)
    with capture_logs() as lines:
        page = await browser.open(path)
    kept = await account(ask)

    assert (page.status, page.title) == (200, title)
    assert (kept.user_id, kept.state, kept.zone) == (17, "working", "Europe/Riga")
    assert kept.scope == "read_events change_participation_status"
    assert [one for one in told if one not in said(portal)[-1]] == []
    assert {"event": "account.linked", "user_id": 17, "log_level": "info"} in lines
    known = [*secrets_of(outside), path, state_of(link), kept.push_key]
    assert not [secret for secret in known if secret in str(lines) + page.html + said(portal)[-1]]


async def test_person_is_told_by_the_bot_that_was_registered_meanwhile(portal, link, arrive, replace_bot):
    bot_id = await replace_bot()
    await arrive(link)

    assert (portal.messages[-1].author_id, portal.messages[-1].dialog_id) == (bot_id, "17")


async def test_tokens_are_stored_encrypted(ask, link, arrive, tmp_path):
    await arrive(link)
    kept = await account(ask)
    files = [file.read_bytes() for file in tmp_path.glob("statusbot.db*")]

    assert not [content for content in files if kept.access_token.encode() in content]
    assert not [content for content in files if kept.refresh_token.encode() in content]


async def test_page_has_the_headers_of_the_other_one(browser, link, arrive):
    mine, other = await arrive(link), await browser.open("/bitrix24")

    for name in ("Cache-Control", "Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options"):
        assert mine.headers[name] == other.headers[name]


async def test_older_portal_tells_as_well(portal, make_ask, outside):
    portal.options.v2 = False
    ask = await make_ask(cronofy=outside)
    link = (await ask("подключить cronofy")).message
    async with Browser(portal, ask.receiver.app()) as browser:
        await browser.open(browser.agree_outside(outside, link))

    assert said(portal)[-1].startswith("Ваши календари вне Битрикс24 подключены;")


async def test_news_name_logins_in_trouble_with_their_links(portal, outside, link, arrive):
    (mira, _) = outside.directory.accounts.values()
    google, office = mira.profiles
    google.initial_sync_required = True
    outside.disconnect(office)
    await arrive(link)
    buttons = {button["TEXT"]: button["LINK"] for button in portal.messages[-1].keyboard}

    assert "mira@example.org is still being read" in said(portal)[-1]
    assert "mira@office.example does not let Cronofy in" in said(portal)[-1]
    assert buttons == {"Connect mira@office.example again": f"https://app.cronofy.com/relink/{office.id}"}


@pytest.mark.parametrize("trouble", [faults.refused(503), faults.refused(423), html_page(200)])
async def test_news_are_told_without_details_that_cronofy_does_not_tell(ask, portal, outside, link, arrive, trouble):
    outside.faults.add("userinfo", trouble, count=None)
    page = await arrive(link)

    assert page.status == 200
    assert (
        said(portal)[-1]
        == "Your calendars outside Bitrix24 are connected; write “meetings” to see what is in them. Write “disconnect cronofy” to end that."
    )
    assert await account(ask) is not None


async def test_news_after_a_kill_are_told_from_what_is_stored(ask, portal, link, arrive):
    await arrive(link)
    told = said(portal)[-1]
    await ask.inbox._dispatcher.handle(Delivery(ask.inbox.entries[-1], 2))

    assert said(portal)[-2:] == [told, told]


async def test_news_after_a_disconnection_say_what_is_true_now(ask, portal, link, arrive):
    await arrive(link)
    news = ask.inbox.entries[-1]
    await ask("disconnect cronofy")
    await ask.inbox.hand_out_again(news)

    assert said(portal)[-1].startswith("You have connected no calendars outside Bitrix24.")


async def test_news_hold_no_secret(ask, outside, link, arrive):
    await arrive(link)
    body = ask.inbox.entries[-1].body

    assert not [secret for secret in [*secrets_of(outside), state_of(link)] if secret in body]


# --- states that do not serve


@pytest.mark.parametrize("state", ["", "abc", "x" * 43, "x" * 5000, "<script>", "' OR 1=1 --", "я" * 43])
async def test_forged_state_opens_nothing(ask, browser, outside, link, arrive, state):
    with capture_logs() as lines:
        page = await browser.open(f"/cronofy?{httpx.QueryParams({'code': 'a' * 32, 'state': state})}")

    assert (page.status, page.title) == (400, GONE)
    assert "<script>" not in page.html
    assert exchanges(outside) == []
    assert [(line["event"], line["reason"]) for line in lines] == [("connection.refused", "unknown state")]
    assert (await arrive(link)).status == 200


async def test_state_of_the_other_kind_is_unknown(ask, browser, outside, link):
    other = state_of((await ask("connect")).message)
    crossed = [
        await browser.open(f"/cronofy?code={'a' * 32}&state={other}"),
        await browser.open(f"/bitrix24?code={'a' * 32}&state={state_of(link)}"),
    ]

    assert [(page.status, page.title) for page in crossed] == [(400, GONE), (400, GONE)]
    assert exchanges(outside) == []


async def test_reloaded_page_says_that_it_is_done_and_nothing_else(browser, portal, outside, link):
    path = browser.agree_outside(outside, link)
    first, second = await browser.open(path), await browser.open(path)

    assert (first.status, second.status, second.title) == (200, 400, USED)
    assert exchanges(outside) == [200]
    assert len([text for text in said(portal) if "are connected" in text]) == 1


async def test_of_two_requests_at_once_one_is_served(browser, outside, link):
    paths = [browser.agree_outside(outside, link), browser.agree_outside(outside, link)]
    pages = await asyncio.gather(*(browser.open(path) for path in paths))

    assert sorted(page.status for page in pages) == [200, 400]
    assert exchanges(outside) == [200]


@pytest.mark.parametrize(("age", "status"), [(600, 200), (601, 400)])
async def test_link_serves_for_ten_minutes(ask, link, arrive, clock, age, status):
    clock.advance(age)
    page = await arrive(link)

    assert page.status == status
    assert (await account(ask) is not None) is (status == 200)


async def test_older_link_is_closed_by_a_newer_one(ask, link, arrive):
    newer = (await ask("connect cronofy")).message

    assert (await arrive(link)).title == GONE
    assert (await arrive(newer)).status == 200


async def test_portal_that_is_uninstalled_meanwhile_closes_its_links(ask, portal, browser, outside, link):
    path = browser.agree_outside(outside, link)
    portal.uninstall(next(iter(portal.oauth.apps.values())))
    await ask.deliver()

    assert (await browser.open(path)).status == 400
    assert await ask.core.database.read(lambda c: c.execute(select(states)).all()) == []


@pytest.mark.parametrize("code", ["", "two words", "x" * 513, "я"])
async def test_request_without_a_usable_code_is_refused(browser, outside, link, arrive, code):
    query = httpx.QueryParams({"state": state_of(link), "code": code})
    page = await browser.open(f"/cronofy?{query}")

    assert (page.status, page.title) == (400, GONE)
    assert exchanges(outside) == []
    assert (await arrive(link)).status == 200


# --- people who do not agree, or not to all


@pytest.mark.parametrize(("words", "title"), [("connect cronofy", DECLINED), ("подключить cronofy", "Ничего не подключено")])  # fmt: skip
async def test_person_who_declines_is_answered_kindly_and_may_think_otherwise(ask, outside, arrive, words, title):
    link = (await ask(words)).message
    page = await arrive(link, answer="refuse")

    assert (page.status, page.title) == (200, title)
    assert (await account(ask), exchanges(outside)) == (None, [])
    assert (await arrive(link)).status == 200


async def test_declining_does_not_revive_a_used_link(browser, link, arrive):
    await arrive(link)

    assert (await browser.open(f"/cronofy?state={state_of(link)}&error=access_denied")).title == USED


@pytest.mark.parametrize(("error", "reason"), [("invalid_scope", "invalid_scope"), ("<b>\n", "an error"), ("", "an error")])  # fmt: skip
async def test_other_errors_of_the_page_are_the_administrator_s_business(browser, link, error, reason):
    with capture_logs() as lines:
        page = await browser.open(f"/cronofy?{httpx.QueryParams({'state': state_of(link), 'error': error})}")

    assert page.status == 503
    assert "tell your administrator" in page.html
    assert [(line["event"], line["reason"]) for line in lines] == [("connection.refused", reason)]


MISSING = [
    ({"read_events"}, "The right to read your events was left out", "Вы не дали права читать события"),
    ({"change_participation_status"}, "The right to answer invitations was", "Вы не дали права отвечать"),
    ({"read_events", "change_participation_status"}, "The rights to read your events and", "Вы не дали прав читать"),
]


@pytest.mark.parametrize(("withheld", "english", "russian"), MISSING)
@pytest.mark.parametrize("language", ["en", "ru"])
async def test_missing_right_is_named_and_nothing_is_stored(
    ask, outside, arrive, portal, language, withheld, english, russian
):
    outside.options.withheld_scopes = frozenset(withheld)
    link = (await ask({"en": "connect cronofy", "ru": "подключить cronofy"}[language])).message
    before = len(portal.messages)
    page = await arrive(link)

    assert page.status == 403
    assert {"en": english, "ru": russian}[language] in page.html
    assert (await account(ask), standing(outside), len(portal.messages)) == (None, [], before)


# --- accounts of others


@pytest.mark.parametrize(
    ("words", "refusal"),
    [("connect cronofy", "it stays theirs"), ("подключить cronofy", "подключена здесь у другого сотрудника")],
)
async def test_account_of_another_person_is_refused_and_stays_theirs(ask, portal, outside, arrive, words, refusal):
    await arrive((await ask("connect cronofy", user_id=23)).message, JURIS)
    theirs = await account(ask, 23)
    link = (await ask(words)).message
    before = len(portal.messages)
    page = await arrive(link, JURIS)

    assert page.status == 403
    assert refusal in page.html
    assert not [name for name in ("Juris", "juris", ">23<") if name in page.html]
    assert (await account(ask), await account(ask, 23), len(portal.messages)) == (None, theirs, before)
    assert standing(outside) == [JURIS]
    assert "connected already" in (await ask("connect cronofy", user_id=23)).text


async def test_account_of_another_person_is_refused_also_when_no_key_opens_it(ask, outside, link, arrive):
    await arrive((await ask("connect cronofy", user_id=23)).message, JURIS)
    await ask.core.database.write(lambda c: c.execute(accounts.update().values(tokens="strange")))
    page = await arrive(link, JURIS)

    assert page.status == 403
    assert "it stays theirs" in page.html
    assert await account(ask) is None
    assert (await arrive((await ask("connect cronofy", user_id=23)).message, JURIS)).status == 200
    assert (await account(ask, 23)).state == "working"


async def test_refused_account_leaves_the_own_one_working(ask, outside, link, arrive):
    await arrive((await ask("connect cronofy", user_id=23)).message, JURIS)
    second = await reconnecting(ask, outside, link, arrive)
    mine = await account(ask)
    page = await arrive(second, JURIS)

    assert page.status == 403
    assert await account(ask) == mine


async def reconnecting(ask, outside, link, arrive):
    """Connect 17, break the permission, and return the message with the next link."""
    await arrive(link)
    outside.revoke(outside.directory.accounts[(await account(ask)).sub])
    return (await ask("connect cronofy")).message


@pytest.fixture
async def replacing(ask, outside, link, arrive):
    """A link of 17, who has an account already: it works, but Cronofy narrowed it when the link was asked for."""
    await arrive(link)
    (permission,) = outside.oauth.authorizations
    scopes, permission.scopes = permission.scopes, ("read_events",)
    message = (await ask("connect cronofy")).message
    permission.scopes = scopes
    return message


async def test_former_account_of_the_same_person_is_revoked(ask, outside, portal, arrive, replacing):
    former = await account(ask)
    page = await arrive(replacing, JURIS)
    kept = await account(ask)

    assert page.status == 200
    assert kept.sub != former.sub
    assert kept.push_key != former.push_key
    assert standing(outside) == [JURIS]
    assert "Account: juris@example.org" in said(portal)[-1]


@pytest.mark.parametrize("trouble", [cut(), faults.refused(503), faults.oauth("invalid_client")])
async def test_former_account_that_cannot_be_revoked_is_told(ask, outside, portal, arrive, replacing, trouble):
    outside.faults.add("oauth.revoke", trouble, count=None)
    page = await arrive(replacing, JURIS)

    assert page.status == 200
    assert "Cronofy did not take the permission back" in said(portal)[-1]
    assert (await account(ask)).sub in {one.id for one in outside.directory.accounts.values() if one.email == JURIS}


async def test_former_account_is_revoked_after_a_kill_too(ask, outside, arrive, replacing):
    outside.faults.add("oauth.revoke", cut(), count=None)
    await arrive(replacing, JURIS)
    outside.faults.clear()
    await ask.inbox.hand_out_again(ask.inbox.entries[-1])

    assert standing(outside) == [JURIS]


async def test_former_account_that_somebody_connected_since_is_left_alone(ask, outside, arrive, replacing):
    outside.faults.add("oauth.revoke", cut(), count=None)
    await arrive(replacing, JURIS)
    news = ask.inbox.entries[-1]
    outside.faults.clear()
    await arrive((await ask("connect cronofy", user_id=23)).message)
    await ask.inbox.hand_out_again(news)

    assert sorted(standing(outside)) == [JURIS, "mira@example.org"]
    assert (await account(ask, 23)).state == "working"


async def test_same_account_again_is_not_revoked(ask, outside, arrive, replacing):
    first = await account(ask)
    page = await arrive(replacing)
    second = await account(ask)

    assert page.status == 200
    assert replace(second, access_token=first.access_token) == first
    assert second.access_token != first.access_token
    assert standing(outside) == ["mira@example.org"]


# --- codes that do not serve, Cronofy away


async def test_code_that_is_too_old_is_refused(ask, browser, outside, link, clock):
    path = browser.agree_outside(outside, link)
    clock.advance(61)
    page = await browser.open(path)

    assert (page.status, page.title) == (400, GONE)
    assert await account(ask) is None


@pytest.mark.parametrize(
    "trouble",
    [cut(), slow(11), html_page(502), html_page(200), raw(200, b"[]", "application/json"), faults.refused(500)],
)
async def test_code_with_an_unknown_fate_needs_a_new_link(ask, outside, link, arrive, trouble):
    outside.faults.add("oauth.token", trouble)
    page = await arrive(link)

    assert (page.status, page.title) == (503, FAILED)
    assert "for a new one" in page.html
    assert (await arrive(link)).title == USED
    assert await account(ask) is None


@pytest.mark.parametrize("whom", ["Cronofy", "database"])
async def test_page_that_takes_too_long_says_what_to_do(make_ask, outside, portal, monkeypatch, whom):
    async def never(*_, **__):
        await asyncio.Event().wait()

    ask = await make_ask(cronofy=outside, limits={"answer_s": 0.5})
    link = (await ask("connect cronofy")).message
    part, name = {"Cronofy": (ask.core.cronofy.oauth, "exchange"), "database": (ask.inbox, "put")}[whom]
    async with Browser(portal, ask.receiver.app()) as browser, asyncio.timeout(5):
        monkeypatch.setattr(part, name, never)
        page = await browser.open(browser.agree_outside(outside, link))

    assert (page.status, page.title) == (503, FAILED)
    assert "for a new one" in page.html


@pytest.mark.parametrize("trouble", [faults.oauth("invalid_client"), faults.refused(402), faults.refused(403)])
async def test_application_that_is_not_accepted_is_the_administrator_s_business(ask, outside, link, arrive, trouble):
    outside.faults.add("oauth.token", trouble)
    with capture_logs() as lines:
        page = await arrive(link)

    assert page.status == 503
    assert "tell your administrator" in page.html
    assert await account(ask) is None
    assert (lines[-1]["event"], lines[-1]["status"]) == ("connection.refused", 503)


async def test_code_that_nobody_took_may_serve_after_all(browser, outside, link):
    outside.faults.add("oauth.token", faults.too_many(60))
    path = browser.agree_outside(outside, link)
    first, second = await browser.open(path), await browser.open(path)

    assert (first.status, first.title) == (503, LATER)
    assert (second.status, second.title) == (200, DONE)


class Unreachable(PortalTransport):
    """No connection to Cronofy's token address."""

    async def handle_async_request(self, request):
        if request.url.path == "/oauth/token":
            raise httpx.ConnectError("no route to host", request=request)
        return await super().handle_async_request(request)


async def test_cronofy_that_takes_no_connection_leaves_the_link(ask, portal, outside, link, arrive):
    ask.core.transport.handle_async_request = Unreachable(portal, outside).handle_async_request
    first = await arrive(link)
    del ask.core.transport.handle_async_request
    second = await arrive(link)

    assert (first.status, first.title) == (503, LATER)
    assert (second.status, second.title) == (200, DONE)


# --- the database


class Interrupting(PortalTransport):
    """Does something else just before Cronofy says who somebody is."""

    def __init__(self, *sites, interrupt):
        super().__init__(*sites)
        self._interrupt = interrupt

    async def handle_async_request(self, request):
        if request.url.path == "/v1/userinfo":
            await self._interrupt()
        return await super().handle_async_request(request)


async def test_person_who_disconnects_meanwhile_leaves_nothing_behind(ask, portal, outside, link, arrive):
    async def disconnect():
        await ask("disconnect cronofy")

    ask.core.transport.handle_async_request = Interrupting(portal, outside, interrupt=disconnect).handle_async_request
    page = await arrive(link)

    assert (page.status, page.title) == (400, GONE)
    assert (await account(ask), standing(outside)) == (None, [])


async def test_account_that_cannot_be_stored_is_said_to_be_lost(ask, portal, link, arrive):
    async def full(*_entries, **_options):
        raise StorageError("disk full")

    ask.inbox.put = full
    before = len(portal.messages)
    page = await arrive(link)

    assert (page.status, page.title) == (503, FAILED)
    assert (await account(ask), len(portal.messages)) == (None, before)


# --- the address itself


@pytest.mark.parametrize(("language", "words"), [("en", "Open a chat with it"), ("ru", "Откройте чат с ним")])
async def test_page_without_anything_says_what_it_is(browser, language, words):
    page = await browser.open("/cronofy", language)

    assert page.status == 200
    assert words in page.html


@pytest.mark.parametrize("method", ["HEAD", "POST"])
async def test_other_methods_use_no_code_up(browser, outside, link, method):
    path = browser.agree_outside(outside, link)

    assert (await browser.open(path, method=method)).status == 405
    assert (await browser.open(path)).status == 200


async def test_without_settings_there_is_no_such_page(portal, make_ask):
    ask = await make_ask()
    async with Browser(portal, ask.receiver.app()) as browser:
        page = await browser.open("/cronofy?state=a&code=b")

    assert page.status == 404
