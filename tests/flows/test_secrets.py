"""After a bad day no secret is in the database files, the log, the chats or the addresses of requests to the portal."""

import asyncio
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from bot.emulator import faults
from tests.flows.conftest import answered, install, until
from tests.postgres import contents

TROUBLE = {
    "page": faults.html_page(),
    "reset": faults.cut(),
    "lost": faults.lost(),
    "limit": faults.error("QUERY_LIMIT_EXCEEDED"),
    "fault": faults.error("INTERNAL_SERVER_ERROR"),
    "refusal": faults.error("ERROR_ARGUMENT"),
    "rights": faults.error("insufficient_scope"),
    "removed": faults.error("APPLICATION_NOT_FOUND"),
    "moved": faults.moved("https://neu.bitrix24.example/rest/batch"),
    "expired": faults.error("expired_token"),
}


class Secrets:
    """Notes every token and code that the emulator ever issued, and the address of every request that it got."""

    def __init__(self, portal) -> None:
        self.portal = portal
        self.known: set[str] = set()
        self.addresses: list[str] = []
        self._handle = portal.handle
        portal.handle = self

    def __call__(self, method, path, query="", headers=None, body=b""):
        self.note()
        if not path.startswith("/oauth/"):  # the authorization server is asked with a query (contract B.2)
            self.addresses.append(f"{path}?{query} {headers}")
        answer = self._handle(method, path, query, headers, body)
        self.note()
        return answer

    def note(self) -> None:
        oauth = self.portal.oauth
        self.known.update(oauth._access, oauth._refresh, oauth._codes)
        for app in oauth.apps.values():
            self.known.update((app.client_secret, app.application_token))

    def found_in(self, text: str) -> list[str]:
        return [secret for secret in self.known if secret in text]


@pytest.fixture
def secrets(company) -> Secrets:
    return Secrets(company)


async def test_bad_day_leaves_no_secret_anywhere(secrets, bot, company):
    for trouble in TROUBLE.values():
        company.faults.add("batch", trouble, user_id=17)
        await answered(company, company.say(17, "accept 651"))
        await answered(company, company.say(17, "decline 651"))
    await _lose_the_tokens(company)
    await _connect(bot, company)
    await _refused_requests(bot, company, secrets)
    await bot.kill()
    stored_after_a_kill = _stored(bot, secrets)
    await bot.start()
    await answered(company, company.say(17, "status"))

    assert len(secrets.known) > 40
    assert secrets.addresses
    assert "token.refreshed" in bot.log
    assert "request.refused" in bot.log
    assert stored_after_a_kill == []
    assert _stored(bot, secrets) == []
    assert await bot.stop() == 0
    assert _stored(bot, secrets) == []
    assert secrets.found_in(bot.log) == []
    assert bot.environment["STATUSBOT_SECRET_KEY"] not in bot.log
    assert all(line.startswith("{") for line in bot.log.splitlines())
    assert secrets.found_in(str([(message.text, message.keyboard) for message in company.messages])) == []
    assert secrets.found_in("\n".join(secrets.addresses)) == []


def _stored(bot, secrets: Secrets) -> list[str]:
    """Return the secrets that stand in the database: in its files, or in the rows that a server gives away."""
    url = bot.environment["STATUSBOT_DATABASE_URL"]
    if url.startswith("postgresql"):
        texts = contents(url)
    else:
        files = [path for path in bot.folder.iterdir() if path.name.startswith("statusbot.db")]
        texts = [path.read_bytes().decode("latin-1") for path in files]
    assert any(texts)
    return [secret for text in texts for secret in secrets.found_in(text)]


async def _lose_the_tokens(company) -> None:
    """A dead pair, a refresh that fails, an authorization server that is away and one that does not know us."""
    for trouble in (
        faults.error("invalid_grant", status=400),
        faults.html_page(),
        faults.error("invalid_client", status=401),
    ):
        company.faults.add("batch", faults.error("expired_token"), user_id=17)
        company.faults.add("oauth.token", trouble)
        await answered(company, company.say(17, "dnd"))
        company.faults.clear()
    company.faults.add("batch", faults.error("invalid_token"), user_id=17)
    await answered(company, company.say(17, "dnd"))


async def _connect(bot, company) -> None:
    asked = company.say(17, "connect")
    await answered(company, asked)
    (button,) = company.messages[-1].keyboard
    state = parse_qs(urlsplit(button["LINK"]).query)["state"][0]
    back = company.authorize(bot.app, 17, state)
    async with httpx.AsyncClient(trust_env=False, follow_redirects=False) as http:
        for _ in range(2):  # the second time the link is used up
            await http.get(back)


async def _refused_requests(bot, company, secrets: Secrets) -> None:
    """Forged and broken ones, each with a real secret in the wrong place."""
    secret = next(iter(secrets.known))
    event = {"event": "ONIMBOTV2MESSAGEADD", "auth[application_token]": secret, "auth[access_token]": secret}
    bodies = [urlencode(event | {"auth[member_id]": "f" * 32}), urlencode(event), f"{secret}=%zz&&&", f"a[[[{secret}"]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with httpx.AsyncClient(trust_env=False) as http:
        for body in bodies:
            for path in ("events", "install"):
                refused = await http.post(f"{bot.url}/bitrix24/{path}?auth={secret}", content=body, headers=headers)
                assert refused.status_code in (400, 403)
        page = await http.get(f"{bot.url}/bitrix24", params={"code": secret, "state": secret})
        assert page.status_code == 400
        assert secret not in page.text
    await _no_http(bot, secret)


async def _no_http(bot, secret: str) -> None:
    """What no client that knows HTTP sends."""
    address = urlsplit(bot.url)
    for head in (f"GET /bitrix24?code={secret}&state={secret} twice HTTP/1.1", f"GET / HTTP/1.1\r\n{secret} : x"):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(f"{head}\r\nHost: x\r\n\r\n".encode())
        assert b" 400 " in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_installation_by_somebody_else_leaves_no_secret(secrets, make_bot, company):
    bot = make_bot()
    await bot.start()
    company.faults.add("app.info", faults.error("expired_token"))
    company.install(bot.app)
    await until(lambda: "request.refused" in bot.log)
    await install(company, bot)

    assert secrets.found_in(bot.log) == []
    assert _stored(bot, secrets) == []
