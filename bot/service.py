"""The whole bot in one process: everything is built here once, from settings, and handed down."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx
import structlog
from aiohttp import web

from bot import manifest as manifests
from bot.bitrix24.keeper import keep_alive
from bot.bitrix24.oauth import Bitrix24
from bot.bitrix24.outbox import Outbox
from bot.channels import Channels
from bot.cronofy.oauth import Cronofy
from bot.database import Database
from bot.dispatch import Dispatcher, load_handlers
from bot.errors import BotError, SettingsError
from bot.grammar import Grammar
from bot.housekeeping import all_kept, keep_house
from bot.inbox import Inbox
from bot.inbox.sqlite import SqliteInbox
from bot.log import quiet_retries
from bot.manifest import Manifest
from bot.metrics import Metrics
from bot.parts import Parts
from bot.receiver import Receiver
from bot.receiver.opening import listen
from bot.settings import Settings
from bot.sharing import Alone, Sharing
from bot.store import Store
from bot.texts import Texts
from bot.times import Times
from bot.transport import Network
from bot.vault import Vault

log = structlog.get_logger()

MANIFEST = Path(__file__).resolve().parent.parent / "manifest"
# What a stop allows running commands, from its beginning; the rest goes back to the inbox. A request that is cut off is made again after the
# restart, and what the portal had carried out already is then there twice. SIGTERM to exit takes less than 10 s.
_GRACE_S = 7.5
_REQUESTS_S = 2.0
# After so long what another replica has learned of a portal is known here.
_PORTALS_S = 5.0
# What an event usually costs the portal's quota: read, write, reply.
_REQUESTS_PER_EVENT = 3


@dataclass(frozen=True, slots=True)
class _Understanding:
    """What manifest/ makes of words."""

    manifest: Manifest
    grammar: Grammar
    times: Times


# Both are read once per process: manifest/ never changes, and reading it takes long.


@cache
def _understanding(folder: Path) -> _Understanding:
    manifest = manifests.load(folder)
    return _Understanding(manifest, Grammar(manifest), Times.load(folder, manifest.app.languages))


@cache
def _texts(folder: Path, languages: tuple[str, ...], fallback: str) -> Texts:
    return Texts(folder, languages, fallback)


def why_not_served(error: OSError) -> str:
    """Return the system's own words for an address that cannot be listened on; asyncio puts a sentence before them."""
    return str(error.strerror).rpartition(": ")[2]


async def _keep_portals(store: Store) -> None:
    """Look what other replicas have made of the portals, forever."""
    failed = False
    while True:
        await asyncio.sleep(_PORTALS_S)
        try:
            await store.load()
        except BotError as error:
            if not failed:
                log.warning("portals.not-read", reason=str(error))
            failed = True
        else:
            failed = False


def _inbox(
    database: Database, settings: Settings, vault: Vault, clock: Callable[[], float], *, may_make_tables: bool
) -> Inbox:
    if not database.is_shared:
        return SqliteInbox(database, clock=clock)
    # Whoever has a file does not wait for the driver.
    from bot.inbox.postgres import PostgresInbox  # noqa: PLC0415
    from bot.inbox.tables import make_tables  # noqa: PLC0415

    if may_make_tables:
        make_tables(settings.database_url)
    return PostgresInbox(
        database,
        settings.database_url,
        replica=settings.replica,
        keys=vault.fingerprints,
        clock=clock,
    )


def _sharing(database: Database, settings: Settings) -> Sharing:
    if not database.is_shared:
        return Alone()
    from bot.sharing.together import Together  # noqa: PLC0415 - as for the inbox

    return Together(settings.database_url, replica=settings.replica)


class Core:
    """What both the service and the single commands (`sync`) need.

    Args:
        settings: What the administrator decided.
        exclusive: Claim the database; a second process that does so is refused.
        transport: How the portal is reached; None for the network.
        clock: Unix seconds.
        inbox: Takes what is to happen later; None for the database's own.
        folder: Where manifest/ is.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        exclusive: bool,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.time,
        inbox: Inbox | None = None,
        folder: Path = MANIFEST,
    ) -> None:
        understanding = _understanding(folder)
        manifest = understanding.manifest
        if settings.language not in manifest.app.languages:
            raise SettingsError(f"STATUSBOT_LANGUAGE is one of {', '.join(manifest.app.languages)}.")
        quiet_retries()
        self.database = Database(settings.database_url, exclusive=exclusive, replica=settings.replica)
        vault = Vault(settings.secret_key)
        self.store = Store(self.database, vault)
        self.inbox = inbox or _inbox(self.database, settings, vault, clock, may_make_tables=exclusive)
        self.metrics = Metrics()
        self.transport = transport or Network()
        self.sharing = _sharing(self.database, settings)
        hold = self.inbox.hold if exclusive else None  # whoever has claimed nothing has nothing to lose
        self.bitrix24 = Bitrix24(
            self.transport, settings, self.store, self.metrics, clock, sharing=self.sharing, hold=hold
        )
        app = settings.cronofy
        self.cronofy = (
            None
            if app is None
            else Cronofy(self.transport, app, self.store.accounts, self.metrics, clock, sharing=self.sharing, hold=hold)
        )
        texts = _texts(folder, manifest.app.languages, settings.language)
        if not exclusive:  # a service does it when it is there for requests
            texts.read()
        self.parts = Parts(
            settings=settings,
            manifest=manifest,
            texts=texts,
            grammar=understanding.grammar,
            times=understanding.times,
            router=load_handlers(manifest),
            store=self.store,
            inbox=self.inbox,
            bitrix24=self.bitrix24,
            outbox=Outbox(self.bitrix24.quota),
            cronofy=self.cronofy,
            metrics=self.metrics,
            clock=clock,
        )

    async def close(self) -> None:
        await self.transport.aclose()
        await self.sharing.close()
        await self.database.close()


class Service:
    """Receiver and workers. `start`, then `stop`; both once."""

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self.core = Core(settings, exclusive=True, transport=transport, clock=clock)
        self.inbox = self.core.inbox
        self.dispatcher = Dispatcher(self.core.parts)
        core = self.core
        receiver = Receiver(
            settings,
            core.store,
            self.inbox,
            core.bitrix24,
            core.metrics,
            clock,
            texts=core.parts.texts,
            cronofy=core.cronofy,
        )
        # No access log: addresses may hold codes.
        self._runner = web.AppRunner(receiver.app(), access_log=None, shutdown_timeout=_REQUESTS_S)
        self._listening: asyncio.Server | None = None
        self._working: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._keeping: list[asyncio.Task[None]] = []
        self.port = settings.port

    async def start(self) -> None:
        """Serve and work. `port` then tells which port it is.

        Raises:
            SettingsError: the key does not open the database, or the address cannot be served.
            StorageError: the database does not answer, or lets nothing be shared.
        """
        try:
            await self.core.store.load()
            await self.core.sharing.open()
            await self.inbox.enroll()
            await self._assume_quota()
            await self._runner.setup()
            assert self._runner.server is not None  # noqa: S101 - after its set-up there is one
            self._listening = await listen(self._runner.server, self._settings.host, self._settings.port)
        except OSError as error:
            await self.stop()
            where = f"{self._settings.host}:{self._settings.port}"
            raise SettingsError(
                f"STATUSBOT_HOST and STATUSBOT_PORT: {where} cannot be served: {why_not_served(error)}."
            ) from None
        except BotError:
            await self.stop()
            raise
        self.port = self._listening.sockets[0].getsockname()[1]
        self._reading = asyncio.create_task(asyncio.to_thread(self.core.parts.texts.read))
        self._working = asyncio.create_task(self.inbox.run(self.dispatcher.handle, self.dispatcher.give_up))
        self._keeping.append(asyncio.create_task(keep_alive(self.core.bitrix24, self._clock)))
        if self.core.database.is_shared:
            self._keeping.append(asyncio.create_task(_keep_portals(self.core.store)))
        kept = all_kept(self._settings.max_event_age)
        self._keeping.append(asyncio.create_task(keep_house(self.core.database, kept, self._clock)))
        if self.core.cronofy is not None:
            channels = Channels(self.core.cronofy, self._settings, self.core.store)
            self._keeping.append(asyncio.create_task(channels.keep(self._clock)))
        log.info("service.started", host=self._settings.host, port=self.port, portal=self._settings.portal)

    async def _assume_quota(self) -> None:
        """Reckon with what a former process asked of the portal just before it ended; the portal still does."""
        if self.core.database.is_shared:  # as its bucket is
            return
        window_s = self._settings.burst / self._settings.rate
        recent = await self.inbox.since(self._clock() - window_s)
        await self.core.bitrix24.quota.assume(recent * _REQUESTS_PER_EVENT)

    async def run_until(self, stopped: asyncio.Event) -> None:
        """Wait for `stopped`, or for the end of the workers, which nobody asked for.

        Raises:
            ManifestError: a text cannot be read.
            SettingsError: as `Inbox.run`.
        """
        assert self._working is not None and self._reading is not None  # noqa: S101, PT018 - after `start` only
        await self._reading
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait([waiting, self._working], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._working.done():
            self._working.result()

    async def stop(self) -> None:
        """Take no more requests, let commands end or put them back, close."""
        until = asyncio.get_running_loop().time() + _GRACE_S
        if self._listening is not None:
            self._listening.close()
        await self._runner.cleanup()
        if self._reading is not None:
            await asyncio.wait([self._reading])
        for keeping in self._keeping:
            keeping.cancel()
        await self.inbox.close(max(0.0, until - asyncio.get_running_loop().time()))
        try:
            if self._working is not None:
                await self._working
                log.info("service.stopped")
        finally:
            await self.core.close()
