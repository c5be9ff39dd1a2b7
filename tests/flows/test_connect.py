"""Connecting through the real process: from the button in the chat to the command that waited for it."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bot.emulator import faults
from tests.flows.conftest import answered, answers, until
from tests.visitor import link_of

SEND = "imbot.v2.Chat.Message.send"


async def agree(company, link, user_id=17):
    """Open the portal's page of permission as a person who is logged in, and return where it sends the browser."""
    async with httpx.AsyncClient(trust_env=False, cookies={"emulator_user": str(user_id)}) as http:
        response = await http.get(link, follow_redirects=False)
    assert response.status_code == 302
    return response.headers["Location"]


async def opened(address):
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        return await http.get(address)


async def link_for(company, said):
    await answered(company, said)
    return link_of(next(message for message in reversed(company.messages) if message.keyboard))


@pytest.mark.parametrize(
    ("words", "title", "told", "carried_out"),
    [
        ("accept 651", "You are connected", "You are connected", "You are going: meeting 651 “Weekly sync”"),
        ("принять 651", "Вы подключены", "Вы подключены", "Вы идёте: встреча 651 «Weekly sync»"),
    ],
)
async def test_command_without_a_token_is_carried_out_after_its_link_was_used(
    bot, company, words, title, told, carried_out
):
    said = company.say(17, words, auth="absent")
    address = await agree(company, await link_for(company, said))
    page = await opened(address)
    await until(lambda: len(answers(company, said)) == 3)

    assert page.status_code == 200
    assert f"<h1>{title}</h1>" in page.text
    assert answers(company, said)[1].startswith(told)
    assert answers(company, said)[2].startswith(carried_out)
    assert company.meetings[651][17] == "Y"
    assert (await opened(address)).status_code == 400
    assert len(company.notices) == 1


async def test_kill_between_storing_and_telling_still_tells_and_carries_out(bot, company):
    said = company.say(17, "accept 651", auth="absent")
    address = await agree(company, await link_for(company, said))
    company.faults.add(SEND, faults.error("INTERNAL_SERVER_ERROR"), count=None)
    company.faults.add("calendar.*", faults.cut(), count=None)
    company.faults.add("batch", faults.cut(), count=None)
    page = await opened(address)
    await until(lambda: [call for call in company.calls if call.method == SEND and call.error])
    await bot.kill()
    assert page.status_code == 200
    assert len(answers(company, said)) == 1
    company.faults.clear()
    await bot.start()
    await until(lambda: len(answers(company, said)) == 3)

    assert answers(company, said)[1].startswith("You are connected")
    assert answers(company, said)[2].startswith("You are going")
    assert company.meetings[651][17] == "Y"
    assert len(company.notices) == 1


async def test_link_outlives_a_kill(bot, company):
    address = await agree(company, await link_for(company, company.say(17, "connect", auth="absent")))
    await bot.kill()
    await bot.start()

    assert (await opened(address)).status_code == 200
    assert (await opened(address)).status_code == 400


async def test_another_person_s_code_leaves_nothing_behind(bot, company, tmp_path):
    said = company.say(17, "connect", auth="absent")
    address = await agree(company, await link_for(company, said), user_id=23)
    page = await opened(address)
    pair = next(pair for pair in company.oauth._access.values() if pair.user_id == 23)

    assert page.status_code == 403
    assert answers(company, said) == [answers(company, said)[0]]
    held = [file.read_bytes() for file in tmp_path.iterdir() if file.is_file()]
    assert not [content for content in held if pair.access_token.encode() in content]


async def test_no_secret_of_a_connection_is_logged_or_stored(bot, company, tmp_path):
    said = company.say(17, "dnd", auth="absent")
    address = await agree(company, await link_for(company, said))
    await opened(address)
    await opened(address)
    await opened(address.replace("state=", "state=x"))
    await until(lambda: len(answers(company, said)) == 3)
    await bot.stop()
    query = parse_qs(urlsplit(address).query)
    secrets = [query["state"][0], query["code"][0], bot.app.client_secret, bot.app.application_token]
    secrets += [*company.oauth._access, *company.oauth._refresh]
    held = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}

    assert "connection.refused" in bot.log
    assert "log.jsonl" in held
    assert not [name for name, content in held.items() if any(secret.encode() in content for secret in secrets)]
