"""Calendars outside Bitrix24 through the real process: from the button in the chat to the account, and back."""

import httpx
import pytest

from bot.emulator import faults
from bot.emulator.clock import SystemClock
from bot.emulator.cronofy import server
from bot.emulator.cronofy.cronofy import Cronofy
from tests.flows.conftest import answered, answers, install, until
from tests.visitor import link_of

SEND = "imbot.v2.Chat.Message.send"


@pytest.fixture
async def outside():
    """Cronofy on loopback: Mira has Google."""
    cronofy = Cronofy(SystemClock())
    mira = cronofy.add_account("Mira Testova", "mira@example.org", zone="Europe/Riga")
    cronofy.add_calendar(cronofy.add_profile(mira, "mira@example.org"), "Choir", primary=True)
    running = await server.start(cronofy)
    yield cronofy
    await running.stop()


@pytest.fixture
async def bot(company, outside, make_bot):
    """A bot that runs, is installed, and knows Cronofy."""
    application = outside.add_application([])
    bot = make_bot(
        cronofy_client_id=application.client_id,
        cronofy_client_secret=application.client_secrets[0],
        cronofy_api_url=outside.options.api_origin,
        cronofy_app_url=outside.options.app_origin,
    )
    application.redirect_uris = (f"{bot.url}/cronofy",)
    await bot.start()
    await install(company, bot)
    return bot


async def agree(link, answer="agree"):
    """Open Cronofy's page as Mira, answer it, and return where it sends the browser."""
    address = f"{link}&login=mira%40example.org&answer={answer}"
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.get(address, follow_redirects=False)
    return response.headers["Location"]


async def opened(address):
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        return await http.get(address)


async def link_for(company, said):
    await answered(company, said)
    return link_of(next(message for message in reversed(company.messages) if message.keyboard))


def standing(outside):
    return [known.account.email for known in outside.oauth.authorizations if not known.revoked]


@pytest.mark.parametrize(
    ("connect", "title", "told", "disconnect", "forgotten"),
    [
        ("connect cronofy", "Your calendars are connected", "“Choir”", "disconnect cronofy", "forgotten it"),
        ("подключить cronofy", "Ваши календари подключены", "«Choir»", "отключить cronofy", "я отказался"),
    ],
)
async def test_account_is_connected_told_and_disconnected(
    bot, company, outside, connect, title, told, disconnect, forgotten
):
    said = company.say(17, connect)
    address = await agree(await link_for(company, said))
    page = await opened(address)
    await until(lambda: len(answers(company, said)) == 2)

    assert page.status_code == 200
    assert f"<h1>{title}</h1>" in page.text
    assert told in answers(company, said)[1]
    assert (await opened(address)).status_code == 400
    assert standing(outside) == ["mira@example.org"]
    assert forgotten in await answered(company, company.say(17, disconnect))
    assert standing(outside) == []


async def test_kill_between_storing_and_telling_still_tells_once(bot, company, outside):
    said = company.say(17, "connect cronofy")
    address = await agree(await link_for(company, said))
    company.faults.add(SEND, faults.error("INTERNAL_SERVER_ERROR"), count=None)
    page = await opened(address)
    await until(lambda: [call for call in company.calls if call.method == SEND and call.error])
    await bot.kill()
    assert page.status_code == 200
    assert len(answers(company, said)) == 1
    company.faults.clear()
    await bot.start()
    await until(lambda: len(answers(company, said)) == 2)

    assert "Account: mira@example.org" in answers(company, said)[1]
    assert "connected already" in await answered(company, company.say(17, "connect cronofy"))
    assert len(answers(company, said)) == 3


async def test_link_outlives_a_kill(bot, company, outside):
    address = await agree(await link_for(company, company.say(17, "connect cronofy")))
    await bot.kill()
    await bot.start()

    assert (await opened(address)).status_code == 200
    assert (await opened(address)).status_code == 400


async def test_no_secret_of_an_account_is_logged_or_stored(bot, company, outside, tmp_path):
    said = company.say(17, "connect cronofy")
    link = await link_for(company, said)
    await opened(await agree(link, answer="refuse"))
    address = await agree(link)
    await opened(address)
    await opened(address)
    await until(lambda: len(answers(company, said)) == 2)
    await answered(company, company.say(17, "disconnect cronofy"))
    await bot.stop()
    query = httpx.URL(address).params
    (application,) = outside.directory.applications.values()
    secrets = [query["state"], query["code"], *application.client_secrets, *outside.oauth._access]
    secrets += [known.refresh_token for known in outside.oauth.authorizations]
    held = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}

    assert "connection.refused" in bot.log
    assert "account.declined" in bot.log
    assert not [name for name, content in held.items() if any(secret.encode() in content for secret in secrets)]
