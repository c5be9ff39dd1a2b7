"""A conversation in the terminal: what is said and answered, which links are followed, and what it changed."""

import click
import httpx

from bot.demo.changes import changes, state
from bot.demo.running import Stage, stage, until, until_stopped
from bot.emulator.limits import Bucket
from bot.emulator.messenger import Message
from bot.errors import BotError

# A quota that nobody notices, for conversations that are read and not watched.
# More than until the bot looks for the first time whether an answer has arrived.
_LATER_S = 5.0
_GENEROUS = Bucket(burst=100_000.0, rate=1000.0)


async def converse(texts: tuple[str, ...], user_id: int) -> int:
    """Say each text, print the conversation and what it changed; return 0 when every text was answered."""
    unanswered = await until_stopped(_converse(texts, user_id))
    return 0 if unanswered == 0 else 1


async def _converse(texts: tuple[str, ...], user_id: int) -> int:
    """Return how many texts were not answered."""
    async with stage(0, _GENEROUS) as on:
        if user_id not in on.portal.users or on.portal.users[user_id].bot:
            people = ", ".join(str(user.id) for user in on.portal.users.values() if not user.bot)
            raise BotError(f"Nobody has the number {user_id} at this portal; there are {people}.")
        on.cronofy.options.answer_delay_s = 0.0  # nobody watches a calendar here
        await _open_chat(on, user_id)
        unanswered = 0
        for text in texts:
            unanswered += not await _exchange(on, user_id, text)
    return unanswered


async def _open_chat(on: Stage, user_id: int) -> None:
    """Let a person open the bot, and wait until it has greeted them: what is printed are answers."""
    delivered = len(on.portal.queue.log)
    on.portal.open_chat(user_id)
    await until(lambda: len(on.portal.queue.log) > delivered and not on.service.inbox.pending)


async def _exchange(on: Stage, user_id: int, text: str) -> bool:
    portal = on.portal
    before, so_far = state(portal, on.cronofy), len(portal.messages)
    name = portal.users[user_id].full_name
    click.echo(f"{name} > {text}")
    said = portal.say(user_id, text)
    answer = await _answer(on, said.chat_id, so_far)
    _print(answer)
    if answer is not None and (back := _agreed(on, user_id, answer)):
        click.echo(f"({name} follows the link and agrees)")
        so_far = len(portal.messages)
        async with httpx.AsyncClient(trust_env=False) as browser:
            await browser.get(back)
        _print(await _answer(on, said.chat_id, so_far))
    if answer is not None and await _is_rewritten(on, user_id, answer):
        click.echo("(a few seconds later, the same message)")
        _print(answer)
    for line in changes(before, state(portal, on.cronofy)):
        click.echo(f"changed: {line}")
    return answer is not None


async def _is_rewritten(on: Stage, user_id: int, answer: Message) -> bool:
    """Let the time pass in which a message that is not the last word becomes that; whether it was such a message."""
    await until(lambda: not on.service.inbox.pending)
    store, member_id = on.service.core.store, on.portal.options.member_id
    if not await store.follow_ups.of_person(member_id, user_id):
        return False
    on.clock.advance(_LATER_S)
    await until(lambda: answer.edited)
    return True


async def _answer(on: Stage, chat_id: int, so_far: int) -> Message | None:
    """Return what the bot wrote to a chat since."""
    portal = on.portal

    def answers() -> list[Message]:
        since = portal.messages[so_far:]
        return [one for one in since if one.chat_id == chat_id and portal.users[one.author_id].bot]

    try:
        await until(answers)
    except TimeoutError:
        return None
    return answers()[0]


def _print(answer: Message | None) -> None:
    if answer is None:
        click.echo("(no answer)")
        return
    click.echo("bot < " + answer.text.replace("\n", "\n      "))
    for label in [str(button["TEXT"]) for button in answer.keyboard if button.get("TEXT")]:
        click.echo(f"      [{label}]")


def _agreed(on: Stage, user_id: int, answer: Message) -> str:
    """Open a link to Cronofy in the person's browser, agree there, and return where that leads; empty without such a link."""
    page = f"{on.cronofy.options.app_origin}/oauth/authorize?"
    link = next((str(button["LINK"]) for button in answer.keyboard if str(button.get("LINK")).startswith(page)), "")
    account = on.cronofy.directory.account_of(on.portal.users[user_id].email)
    if not link or account is None:
        return ""
    return on.cronofy.authorize(link, account.profiles[0].name)
