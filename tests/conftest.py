"""Fixtures: `portal` (the emulator), `ask` (bytes in, reply out, in process), `service` (the real thing over loopback)."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
import stamina
import uvloop
from cryptography.fernet import Fernet

from bot import settings
from bot.bitrix24.wire import TIMEOUT_S
from bot.database import Database
from bot.dispatch import Dispatcher
from bot.emulator.clock import ManualClock
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.messenger import Message
from bot.emulator.portal import Portal
from bot.emulator.transport import PortalTransport as NetworkTransport
from bot.events import parse_form
from bot.inbox import Delivery, Entry
from bot.receiver import Receiver
from bot.service import Core
from bot.settings import Settings
from tests.postgres import Cluster, MissingPostgresError, cluster
from tests.visitor import Browser

KEY = Fernet.generate_key().decode()
PUBLIC_URL = "https://bot.example.com"


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run the tests on the loop that `serve` runs on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(autouse=True)
def _no_waits() -> Any:
    """Retries do not wait in tests."""
    stamina.set_testing(True, attempts=8)
    yield
    stamina.set_testing(False)


@pytest.fixture
def clock() -> ManualClock:
    """Monday, 2026-11-23 09:00 UTC."""
    return ManualClock()


@pytest.fixture
def portal(clock: ManualClock) -> Portal:
    """A small company; meeting 651 (copy 652) waits for the answer of 17."""
    company = Portal(clock)
    company.add_user(1, "Ada", "Admin", admin=True, time_zone="Europe/Riga")
    company.add_user(17, "Mira", "Testova", time_zone="Europe/Riga")
    company.add_user(23, "Juris", "Proba", time_zone="Europe/Riga")
    company.add_user(42, "Nina", "Mayer", time_zone="Europe/Berlin")
    company.add_user(88, "Rita", "Gast", extranet=True, kind="extranet")
    company.add_group(311, "Project room", [23, 17, 42])
    company.add_meeting(
        651,
        name="Weekly sync",
        host=23,
        guests=[17, 42],
        start="2026-11-25T10:00:00",
        tz="Europe/Riga",
        copies={17: 652, 42: 653},
    )
    return company


@pytest.fixture
def outside(clock: ManualClock) -> Cronofy:
    """Cronofy beside the portal: Mira has Google and Office 365, Juris has iCloud; nobody has connected the bot."""
    cronofy = Cronofy(clock)
    cronofy.add_application([f"{PUBLIC_URL}/cronofy"])
    mira = cronofy.add_account("Mira Testova", "mira@example.org", zone="Europe/Riga")
    google = cronofy.add_profile(mira, "mira@example.org")
    cronofy.add_calendar(google, "Mira", primary=True)
    cronofy.add_calendar(google, "Choir")
    office = cronofy.add_profile(mira, "mira@office.example", provider="exchange", service="office365")
    cronofy.add_calendar(office, "Calendar", primary=True)
    juris = cronofy.add_account("Juris Proba", "juris@example.org", zone="Europe/Riga")
    cronofy.add_calendar(cronofy.add_profile(juris, "juris@example.org", provider="apple", service="icloud"), "Home")
    return cronofy


def outside_settings(cronofy: Cronofy) -> dict[str, str]:
    """Return the settings that lead to an emulated Cronofy at its usual addresses."""
    (application,) = cronofy.directory.applications.values()
    return {"cronofy_client_id": application.client_id, "cronofy_client_secret": application.client_secrets[0]}


class PortalTransport(httpx.AsyncBaseTransport):
    """Reaches the emulator without a socket."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        parts = urlsplit(str(request.url))
        answer = self._portal.handle(request.method, parts.path, parts.query, dict(request.headers), body)
        if answer.cut:
            raise httpx.ReadError("connection reset", request=request)
        if answer.delay_s > TIMEOUT_S:
            raise httpx.ReadTimeout("too slow", request=request)
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body)


class ImmediateInbox:
    """An inbox that hands every new entry out at once; its durability has tests of its own."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self.entries: list[Entry] = []
        self.later: list[tuple[float, Entry]] = []
        self.pending = 0

    def serve(self, core: Core) -> None:
        self._core = core
        self._dispatcher = Dispatcher(core.parts)

    async def put_at(self, due_at: float, entry: Entry, *, also: Sequence[Any] = ()) -> bool:
        await self._core.database.write(lambda c: [work(c) for work in also])
        self.later.append((due_at, entry))
        return True

    async def hand_out_due(self, now: float) -> None:
        """Hand out what is due by now, the earliest first."""
        while due := sorted((one for one in self.later if one[0] <= now), key=lambda one: one[0]):
            self.later.remove(due[0])
            await self._hand_out(due[0][1])

    async def put(self, *entries: Entry, also: Sequence[Any] = ()) -> list[bool]:
        await self._core.database.write(lambda c: [work(c) for work in also])
        return [await self._hand_out(entry) for entry in entries]

    async def _hand_out(self, entry: Entry) -> bool:
        if entry.key in self._known:
            return False
        self._known.add(entry.key)
        self.entries.append(entry)
        if ":installed:" not in entry.key:
            await self._finish(Delivery(entry, 1))
        else:
            self.installation = entry
        return True

    async def hold(self) -> None:
        """Nobody takes anything over."""

    async def hand_out_again(self, entry: Entry) -> None:
        """As after a kill before the "done" mark."""
        await self._finish(Delivery(entry, 2))

    async def finish_installation(self) -> None:
        await self._finish(Delivery(self.installation, 1))

    async def _finish(self, delivery: Delivery) -> None:
        await self._dispatcher.handle(delivery)
        await self._core.database.write(lambda c: [work(c) for work in delivery.at_end])


@dataclass
class Answered:
    """What the bot posted, in the last message."""

    text: str
    message: Message

    @property
    def buttons(self) -> list[str]:
        return [str(button["TEXT"]) for button in self.message.keyboard if button.get("TEXT")]


class Ask:
    """Talks to the bot through the emulator, from webhook bytes to the message in chat, in process."""

    def __init__(self, portal: Portal, core: Core, receiver: Receiver, inbox: ImmediateInbox) -> None:
        self.portal = portal
        self.core = core
        self.receiver = receiver
        self.inbox = inbox

    async def wait(self, seconds: float) -> None:
        """Let time pass, and happen what is due by then."""
        self.portal.clock.advance(seconds)
        await self.inbox.hand_out_due(self.portal.clock.now())

    async def install(self) -> None:
        app = next(iter(self.portal.oauth.apps.values()))
        self.portal.install(app)
        await self.deliver()
        await self.inbox.finish_installation()
        for user_id, user in self.portal.users.items():
            if not user.bot:
                self.portal.open_chat(user_id)  # what the bot says then has tests of its own
        await self.deliver()
        self.portal.messages.clear()
        self.portal.rest.calls.clear()

    async def __call__(self, text: str, user_id: int = 17, **options: Any) -> Answered:
        """Say `text` and return the one answer to it."""
        before = len(self.portal.messages)
        self.portal.say(user_id, text, **options)
        return await self.answer(before + 1)

    async def press(
        self, user_id: int, message: Message, button: str | int | dict[str, Any], **options: Any
    ) -> Answered:
        """Press a button of `message`; return the one answer to it, be it a message of its own or `message` as rewritten."""
        before, text, keyboard = len(self.portal.messages), message.text, list(message.keyboard)
        self.portal.press(user_id, message.id, button, **options)
        await self.deliver()
        answers = self.portal.messages[before:]
        if not answers:
            assert (message.text, message.keyboard) != (text, keyboard), "nothing was answered"
            return Answered(message.text, message)
        assert len(answers) == 1, [answer.text for answer in answers]
        return Answered(answers[0].text, answers[0])

    async def answer(self, before: int) -> Answered:
        await self.deliver()
        answers = self.portal.messages[before:]
        assert len(answers) == 1, [message.text for message in answers]
        return Answered(answers[0].text, answers[0])

    async def deliver(self) -> None:
        await self.portal.deliver(self._post)

    async def _post(self, url: str, body: bytes) -> int:
        path = urlsplit(url).path
        take = self.receiver._install if path == "/bitrix24/install" else self.receiver._events
        await take(parse_form(body))
        return 200


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the migrations make it; each test gets a copy, which is quicker than to migrate one."""
    file = tmp_path_factory.mktemp("database") / "fresh.db"
    Database(f"sqlite:///{file}", exclusive=True).dispose()
    return file


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server."""
    try:
        with cluster() as running:
            yield running
    except MissingPostgresError as error:
        # A developer may lack it; a run that decides about a change may not.
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(str(error))


@pytest.fixture(scope="session")
def migrated(postgres: Cluster) -> Iterator[str]:
    """Name of a database as the migrations make it, to be copied."""
    with postgres.database() as name:
        Database(postgres.url(name), exclusive=True, replica="tests").dispose()
        yield name


@pytest.fixture
def server_url(postgres: Cluster, migrated: str) -> Iterator[str]:
    """Address of a fresh database on a server."""
    with postgres.database(template=migrated) as name:
        yield postgres.url(name)


@pytest.fixture(params=["slash", "percent", "schema"])
def odd_url(request: pytest.FixtureRequest, postgres: Cluster) -> Iterator[str]:
    """Address of an empty database that libpq alone would read otherwise, or whose user may only use a schema that it names."""
    password = {"slash": "pa/ss", "percent": "100%sure", "schema": "horse"}[request.param]
    role = f"odd_{request.param}"
    postgres.run(f"CREATE ROLE {{role}} LOGIN PASSWORD '{password}'", role=role)
    with postgres.database() as name:
        url = postgres.url(name, user=role, password=password)
        if request.param == "schema":
            with psycopg.connect(postgres.url(name), autocommit=True) as connection:
                connection.execute("CREATE SCHEMA bot AUTHORIZATION odd_schema")
            url += "?options=-csearch_path%3Dbot"
        else:
            postgres.run("ALTER DATABASE {name} OWNER TO {role}", name=name, role=role)
        yield url
    postgres.run("DROP ROLE {role}", role=role)


@pytest.fixture
def make_settings(portal: Portal, tmp_path: Path, fresh_database: Path) -> Callable[..., Settings]:
    """Return settings that fit the emulated portal; the application is created with the first call."""

    shutil.copy(fresh_database, tmp_path / "statusbot.db")

    def make(**overrides: Any) -> Settings:
        url = overrides.get("public_url", PUBLIC_URL)
        apps = portal.oauth.apps
        app = next(iter(apps.values()), None) or portal.create_app(f"{url}/bitrix24", f"{url}/bitrix24/install")
        values = {
            "public_url": url,
            "portal": portal.options.domain,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "oauth_server": portal.options.oauth_origin,
            "secret_key": KEY,
            "database_url": f"sqlite:///{tmp_path}/statusbot.db",
            "rate": 1000.0,
            "burst": 100_000.0,
        }
        return settings.given(**(values | overrides))

    return make


@pytest.fixture
async def make_ask(
    portal: Portal, clock: ManualClock, make_settings: Callable[..., Settings]
) -> AsyncIterator[Callable[..., Any]]:
    """Return what makes an `ask` with other settings or limits than the usual ones, and perhaps with Cronofy beside the portal."""
    cores: list[Core] = []

    async def make(
        *, cronofy: Cronofy | None = None, limits: Mapping[str, float] | None = None, **overrides: Any
    ) -> Ask:
        beside = {} if cronofy is None else outside_settings(cronofy)
        transport = PortalTransport(portal) if cronofy is None else NetworkTransport(portal, cronofy)
        chosen = make_settings(**beside, **overrides)
        inbox = ImmediateInbox()
        core = Core(chosen, exclusive=True, transport=transport, clock=clock.now, inbox=inbox)
        cores.append(core)
        await core.store.load()
        inbox.serve(core)
        receiver = Receiver(
            chosen,
            core.store,
            inbox,
            core.bitrix24,
            core.metrics,
            clock.now,
            texts=core.parts.texts,
            cronofy=core.cronofy,
            **(limits or {}),
        )
        ask = Ask(portal, core, receiver, inbox)
        await ask.install()
        return ask

    yield make
    for core in cores:
        await core.close()


@pytest.fixture
async def ask(make_ask: Callable[..., Any]) -> Ask:
    """Return what talks to an installed bot: `reply = await ask("accept 651", user_id=42)`."""
    return await make_ask()


@pytest.fixture
async def browser(ask: Ask, portal: Portal) -> AsyncIterator[Browser]:
    """Return the browser of whoever agrees: `await browser.connect((await ask("connect")).message)`."""
    async with Browser(portal, ask.receiver.app()) as browser:
        yield browser
