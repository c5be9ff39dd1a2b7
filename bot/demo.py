"""The bot and an invented portal in one process, over real loopback HTTP, with a fresh database and no settings."""

import asyncio
import errno
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import click
from cryptography.fernet import Fernet

from bot import settings
from bot.emulator import server
from bot.emulator.clock import SystemClock
from bot.emulator.limits import Bucket
from bot.emulator.messenger import Message
from bot.emulator.oauth import App
from bot.emulator.portal import Portal
from bot.emulator.seed import demo_portal
from bot.errors import BotError, SettingsError, StorageError
from bot.service import Service, why_not_served
from bot.settings import Settings

T = TypeVar("T")

HOST = "127.0.0.1"
USUAL_PORT = 8099
# How long an answer may take before the demo calls it missing.
_PATIENCE_S = 20.0
# A quota that nobody notices, for conversations that are read and not watched.
_GENEROUS = Bucket(burst=100_000.0, rate=1000.0)


@dataclass(frozen=True, slots=True)
class Stage:
    portal: Portal
    service: Service
    address: str


@asynccontextmanager
async def stage(port: int, quota: Bucket) -> AsyncIterator[Stage]:
    """Run portal and bot, with the bot installed; both follow the portal's clock."""
    with _folder() as folder:
        clock = SystemClock()
        portal = demo_portal(clock)
        portal.rest.bucket = quota
        running = await _start_emulator(portal, port)
        try:
            bot_url = f"http://{HOST}:{_free_port()}"
            app = portal.create_app(f"{bot_url}/bitrix24", f"{bot_url}/bitrix24/install")
            service = _service(_settings(portal, app, bot_url, folder, quota), clock)
            clock.on_advance.append(service.inbox.clock_moved)
            await service.start()
            try:
                portal.install(app)
                await _until(lambda: _is_installed(portal, service))
                yield Stage(portal, service, running.url)
            finally:
                await service.stop()
        finally:
            await running.stop()


@contextmanager
def _folder() -> Iterator[str]:
    """Give a folder for the database; it goes when the demo ends."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="statusbot-")
    except OSError as error:
        raise SettingsError(f"The demo needs a folder for its database: {error.strerror or error}.") from None
    with folder as name:
        yield name


def _service(chosen: Settings, clock: SystemClock) -> Service:
    try:
        return Service(chosen, clock=clock.now)
    except StorageError:
        folder = tempfile.gettempdir()
        raise SettingsError(
            f"There is no room in {folder} for the demo's database; TMPDIR names another folder."
        ) from None


def _settings(portal: Portal, app: App, bot_url: str, folder: str, quota: Bucket) -> Settings:
    return settings.given(
        public_url=bot_url,
        portal=portal.options.domain,
        client_id=app.client_id,
        client_secret=app.client_secret,
        oauth_server=portal.options.oauth_origin,
        secret_key=Fernet.generate_key().decode(),
        database_url=f"sqlite:///{folder}/statusbot.db",
        host=HOST,
        port=int(bot_url.rpartition(":")[2]),
        rate=quota.rate,
        burst=quota.burst,
        insecure_loopback=True,
    )


async def _until(condition: Callable[[], object]) -> None:
    """Wait until `condition` holds; raises TimeoutError when it takes too long."""
    async with asyncio.timeout(_PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


def _is_installed(portal: Portal, service: Service) -> bool:
    return not portal.queue.pending and bool(service.core.store.all_portals()) and not service.inbox.pending


# --- a conversation


async def converse(texts: tuple[str, ...], user_id: int) -> int:
    """Say each text, print the conversation and what it changed; return 0 when every text was answered."""
    unanswered = await _until_stopped(_converse(texts, user_id))
    return 0 if unanswered == 0 else 1


async def _converse(texts: tuple[str, ...], user_id: int) -> int:
    """Return how many texts were not answered."""
    async with stage(0, _GENEROUS) as on:
        if user_id not in on.portal.users or on.portal.users[user_id].bot:
            people = ", ".join(str(user.id) for user in on.portal.users.values() if not user.bot)
            raise BotError(f"Nobody has the number {user_id} at this portal; there are {people}.")
        await _open_chat(on, user_id)
        unanswered = 0
        for text in texts:
            unanswered += not await _exchange(on.portal, user_id, text)
    return unanswered


async def _open_chat(on: Stage, user_id: int) -> None:
    """Let a person open the bot, and wait until it has greeted them: what is printed are answers."""
    delivered = len(on.portal.queue.log)
    on.portal.open_chat(user_id)
    await _until(lambda: len(on.portal.queue.log) > delivered and not on.service.inbox.pending)


async def _exchange(portal: Portal, user_id: int, text: str) -> bool:
    before, so_far = _state(portal), len(portal.messages)
    user = portal.users[user_id]
    click.echo(f"{user.name} {user.last_name} > {text}")
    said = portal.say(user_id, text)
    answer = await _answer(portal, said, so_far)
    if answer is None:
        click.echo("(no answer)")
    else:
        click.echo("bot < " + answer.text.replace("\n", "\n      "))
        for label in [str(button["TEXT"]) for button in answer.keyboard if button.get("TEXT")]:
            click.echo(f"      [{label}]")
    for line in _changes(portal, before):
        click.echo(f"changed: {line}")
    return answer is not None


async def _answer(portal: Portal, said: Message, so_far: int) -> Message | None:
    """Return what the bot wrote to the same chat since."""

    def answers() -> list[Message]:
        since = portal.messages[so_far:]
        return [one for one in since if one.chat_id == said.chat_id and portal.users[one.author_id].bot]

    try:
        await _until(answers)
    except TimeoutError:
        return None
    return answers()[0]


def _state(portal: Portal) -> dict[str, str]:
    """Return calendar and presence in words, by what they belong to."""
    names = {user.id: f"{user.name} {user.last_name}" for user in portal.users.values()}
    state = {
        f"answer of {names[user_id]} to meeting {meeting_id}": _ANSWERS[answer]
        for meeting_id, answers in portal.meetings.items()
        for user_id, answer in answers.items()
    }
    return state | {
        f"presence of {names[user.id]}": portal.presence.get(user.id, "online (never set)")
        for user in portal.users.values()
    }


_ANSWERS: Mapping[str, str] = {"Y": "accepted", "N": "declined", "Q": "not answered", "H": "organiser"}


def _changes(portal: Portal, before: Mapping[str, str]) -> list[str]:
    return [
        f"{what}: {before.get(what, 'none')} -> {now}"
        for what, now in _state(portal).items()
        if before.get(what) != now
    ]


# --- on its own


async def show() -> None:
    """Run until Ctrl-C, with the chat page and the quota of a usual portal."""
    await _until_stopped(_show())


async def _show() -> None:
    async with stage(USUAL_PORT, Bucket()) as on:
        click.echo(f"Talk to the bot here (Ctrl-C ends):\n{on.address}/")
        await asyncio.Event().wait()


async def emulate(port: int) -> None:
    """Run the portal emulator alone, and tell how to point a bot at it."""
    await _until_stopped(_emulate(port))


async def _emulate(port: int) -> None:
    portal = demo_portal(SystemClock())
    try:
        running = await server.start(portal, HOST, port)
    except OSError as error:
        raise SettingsError(
            f"The port {port} cannot be served: {why_not_served(error)}; choose another with --port."
        ) from None
    bot_url = f"http://{HOST}:8080"
    app = portal.create_app(f"{bot_url}/bitrix24", f"{bot_url}/bitrix24/install")
    click.echo(f"{running.url}/")
    click.echo("Settings of a bot for this portal:")
    for name, value in {
        "PUBLIC_URL": bot_url,
        "PORTAL": portal.options.domain,
        "CLIENT_ID": app.client_id,
        "CLIENT_SECRET": app.client_secret,
        "OAUTH_SERVER": portal.options.oauth_origin,
        "INSECURE_LOOPBACK": "true",
    }.items():
        click.echo(f"STATUSBOT_{name}={value}")
    click.echo("Once that bot runs, install it:")
    command = "curl -H 'Content-Type: application/json'"
    click.echo(f"""{command} -d '{{"client_id": "{app.client_id}"}}' {running.url}/emulator/install""")
    try:
        await asyncio.Event().wait()
    finally:
        await running.stop()


async def _start_emulator(portal: Portal, port: int) -> server.Running:
    """Start on the usual port, or on a free one when it is taken."""
    try:
        return await server.start(portal, HOST, port, shared_clock=True)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise SettingsError(f"The demo cannot be served: {why_not_served(error)}.") from None
        click.echo(f"Another program has the port {port}, so the page is somewhere else today.")
        return await server.start(portal, HOST, 0, shared_clock=True)


async def _until_stopped(work: Coroutine[Any, Any, T]) -> T | None:
    """Carry `work` out; Ctrl-C, SIGTERM or a closed terminal ends it in good order, from its first moment on."""
    running = asyncio.create_task(work)

    def stop() -> None:
        if not running.cancelling():  # who presses twice does not cut the end short
            running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        return await running
    except asyncio.CancelledError:
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
