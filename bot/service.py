"""The whole bot in one process: everything is built here once, from settings, and handed down."""

import asyncio
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import httpx
import structlog
from aiohttp import web

from bot import manifest as manifests
from bot.bitrix24.oauth import Bitrix24
from bot.conversation import Parts
from bot.database import Database
from bot.dispatch import Dispatcher, load_handlers
from bot.errors import SettingsError
from bot.grammar import Grammar
from bot.inbox.sqlite import SqliteInbox
from bot.metrics import Metrics
from bot.receiver import Receiver
from bot.settings import Settings
from bot.store import Store, Vault
from bot.texts import Texts

log = structlog.get_logger()

MANIFEST = Path(__file__).resolve().parent.parent / "manifest"
# What a stop allows running commands; the rest goes back to the inbox. SIGTERM to exit takes less than 10 s.
_GRACE_S = 5.0
_REQUESTS_S = 2.0


@cache
def _texts(languages: tuple[str, ...], fallback: str) -> Texts:
    """Read the sentences, once per process: they never change, and reading them is most of what a start costs."""
    return Texts(MANIFEST, languages, fallback)


class Core:
    """What both the service and the single commands (`sync`) need.

    Args:
        settings: What the administrator decided.
        exclusive: Claim the database; a second process that does so is refused.
        transport: How the portal is reached; None for the network.
        clock: Unix seconds.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        exclusive: bool,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        manifest = manifests.load(MANIFEST)
        if settings.language not in manifest.app.languages:
            raise SettingsError(f"STATUSBOT_LANGUAGE is one of {', '.join(manifest.app.languages)}.")
        self.database = Database(settings.database_url, exclusive=exclusive)
        self.store = Store(self.database, Vault(settings.secret_key))
        self.metrics = Metrics()
        # Proxies from the environment are not ours to follow, and a redirect would turn a POST into a GET.
        self.http = httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False)
        self.bitrix24 = Bitrix24(self.http, settings, self.store, self.metrics)
        self.parts = Parts(
            settings=settings,
            manifest=manifest,
            texts=_texts(manifest.app.languages, settings.language),
            grammar=Grammar(manifest),
            router=load_handlers(manifest),
            store=self.store,
            bitrix24=self.bitrix24,
            metrics=self.metrics,
            clock=clock,
        )

    async def close(self) -> None:
        await self.http.aclose()
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
        self.core = Core(settings, exclusive=True, transport=transport, clock=clock)
        self.inbox = SqliteInbox(self.core.database, clock=clock)
        self.dispatcher = Dispatcher(self.core.parts)
        receiver = Receiver(settings, self.core.store, self.inbox, self.core.bitrix24, self.core.metrics, clock)
        # No access log: addresses may hold codes.
        self._runner = web.AppRunner(receiver.app(), access_log=None, shutdown_timeout=_REQUESTS_S)
        self._working: asyncio.Task[None] | None = None
        self.port = settings.port

    async def start(self) -> None:
        """Serve and work. `port` then tells which port it is.

        Raises:
            SettingsError: the key does not open the database, or the address cannot be served.
        """
        try:
            await self.core.store.load()
            await self._runner.setup()
            site = web.TCPSite(self._runner, self._settings.host, self._settings.port)
            await site.start()
        except OSError as error:
            await self.stop()
            where = f"{self._settings.host}:{self._settings.port}"
            raise SettingsError(
                f"STATUSBOT_HOST and STATUSBOT_PORT: {where} cannot be served: {error.strerror}."
            ) from None
        except SettingsError:
            await self.stop()
            raise
        self.port = self._runner.addresses[0][1]
        self._working = asyncio.create_task(self.inbox.run(self.dispatcher.handle, self.dispatcher.give_up))
        log.info("service.started", host=self._settings.host, port=self.port, portal=self._settings.portal)

    async def run_until(self, stopped: asyncio.Event) -> None:
        """Wait for `stopped`, or for the end of the workers, which nobody asked for."""
        assert self._working is not None  # noqa: S101 - after `start` only
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait([waiting, self._working], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._working.done():
            self._working.result()

    async def stop(self) -> None:
        """Take no more requests, let commands end or put them back, close."""
        await self._runner.cleanup()
        await self.inbox.close(_GRACE_S)
        if self._working is not None:
            await self._working
        await self.core.close()
        log.info("service.stopped")
