"""Fixtures: `desk` (the emulator with Mira's calendars), `cronofy` (our side of it), `linked` (Mira has connected), `hostile`."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from bot.accounts import Account
from bot.cronofy.methods import identity
from bot.cronofy.methods.identity import Identity
from bot.cronofy.oauth import AsAccount, Cronofy
from bot.emulator.clock import ManualClock
from bot.emulator.transport import PortalTransport
from bot.metrics import Metrics
from bot.settings import CronofyApp
from bot.store import Store
from tests.bot.cronofy.hostile import Hostile
from tests.emulator.cronofy_desk import SCOPE, Desk

PORTAL, MIRA, JURIS = "1b" * 16, 17, 23


@pytest.fixture
def database_url(embedded_url: str) -> str:
    """What is tested here is the same on every engine."""
    return embedded_url


@pytest.fixture
def desk(clock: ManualClock) -> Desk:
    return Desk.connected(clock)


@pytest.fixture
def app(desk: Desk) -> CronofyApp:
    secret = SecretStr(desk.application.client_secrets[0])
    return CronofyApp(desk.options.api_origin, desk.options.app_origin, desk.application.client_id, secret)


@pytest.fixture
def transport(desk: Desk) -> PortalTransport:
    return PortalTransport(desk.cronofy)


@pytest.fixture
def cronofy(transport: PortalTransport, app: CronofyApp, store: Store, clock: ManualClock) -> Cronofy:
    return Cronofy(transport, app, store.accounts, Metrics(), clock.now)


@pytest.fixture
async def linked(desk: Desk, store: Store) -> Account:
    """Mira's account, as it is stored."""
    tokens = desk.cronofy.grant(desk.application, desk.mira)
    account = Account(
        PORTAL,
        MIRA,
        desk.mira.id,
        tokens.access_token,
        tokens.refresh_token,
        scope=SCOPE,
        zone="Europe/Riga",
        push_key="push-17",
        made_at=1_795_424_400,
    )
    await store.accounts.save(account)
    return account


@pytest.fixture
def as_mira(cronofy: Cronofy, linked: Account) -> AsAccount:
    return cronofy.as_account(PORTAL, MIRA)


@pytest.fixture
def renarrowed(desk: Desk, store: Store, linked: Account):
    """Return what takes rights away from Mira's permission, in the emulator and here."""

    async def narrow(*scopes: str) -> None:
        for authorization in desk.cronofy.oauth.authorizations:
            authorization.scopes = scopes
        await store.accounts.save(replace(linked, scope=" ".join(scopes)))

    return narrow


@pytest.fixture
async def mira(as_mira: AsAccount) -> Identity:
    return await identity.userinfo(as_mira)


@pytest.fixture
def hostile(app: CronofyApp, store: Store, linked: Account) -> Hostile:
    return Hostile(app, store, PORTAL, MIRA)
