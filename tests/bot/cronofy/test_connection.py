"""From the code in a browser to an account of one person."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from bot import errors
from bot.accounts import Account
from bot.cronofy import connection
from bot.cronofy.authorization import authorize_url
from bot.cronofy.connection import permission
from bot.cronofy.methods.identity import USERINFO
from bot.cronofy.oauth import Cronofy
from bot.cronofy.rest import Call
from bot.emulator.cronofy import faults as trouble
from bot.settings import CronofyApp
from bot.store import Store
from tests.bot.cronofy.conftest import JURIS, MIRA, PORTAL
from tests.emulator.cronofy_desk import CALLBACK, SCOPE, Desk

NOW = 1_795_424_400.7


@pytest.fixture
def code(desk: Desk, app: CronofyApp) -> Callable[[], str]:
    """Let Mira agree, and return the code."""

    def agree() -> str:
        address = desk.cronofy.authorize(authorize_url(app, CALLBACK, "st-1"), "mira@example.org")
        return dict(parse_qsl(urlsplit(address).query))["code"]

    return agree


async def test_permission_makes_an_account(cronofy: Cronofy, desk: Desk, store: Store, code) -> None:
    account = await permission(cronofy, PORTAL, MIRA, code(), CALLBACK, NOW)

    assert (account.portal, account.user_id, account.sub) == (PORTAL, MIRA, desk.mira.id)
    assert (account.scope, account.zone, account.made_at) == (SCOPE, "Europe/Riga", 1_795_424_400)
    assert (account.state, account.channel_id) == ("working", None)
    assert len(account.push_key) == 32
    assert await store.accounts.find(PORTAL, MIRA) is None  # its caller stores it, together with what belongs to it


async def test_each_account_has_a_push_key_of_its_own(cronofy: Cronofy, code) -> None:
    keys = {(await permission(cronofy, PORTAL, MIRA, code(), CALLBACK, NOW)).push_key for _ in range(2)}

    assert len(keys) == 2


async def test_account_of_another_person_is_refused_and_stays_theirs(
    cronofy: Cronofy, desk: Desk, store: Store, linked: Account, code
) -> None:
    with pytest.raises(errors.AccountTaken):
        await permission(cronofy, PORTAL, JURIS, code(), CALLBACK, NOW)

    assert await store.accounts.find(PORTAL, MIRA) == linked
    assert desk.call("GET", "userinfo", token=linked.access_token).status == 200


async def test_account_that_is_connected_again_keeps_its_push_key(
    cronofy: Cronofy, store: Store, linked: Account, code
) -> None:
    await store.accounts.break_(linked)
    await store.accounts.listen(linked, "chn_1")
    account = await permission(cronofy, PORTAL, MIRA, code(), CALLBACK, NOW)

    assert replace(account, access_token=linked.access_token) == replace(linked, channel_id="chn_1")


async def test_permission_without_a_needed_right_is_refused_and_given_back(cronofy: Cronofy, desk: Desk, code) -> None:
    desk.options.withheld_scopes = frozenset({"read_events"})
    desk.cronofy.revoke(desk.mira)  # what the desk itself was granted
    with pytest.raises(errors.CronofyRightMissing, match="read_events") as caught:
        await permission(cronofy, PORTAL, MIRA, code(), CALLBACK, NOW)

    assert caught.value.missing == {"read_events"}
    assert all(authorization.revoked for authorization in desk.cronofy.oauth.authorizations)


async def test_lesser_permission_does_not_end_the_one_that_is_in_use(
    cronofy: Cronofy, desk: Desk, linked: Account, code
) -> None:
    desk.options.withheld_scopes = frozenset({"read_events"})
    with pytest.raises(errors.CronofyRightMissing):
        await permission(cronofy, PORTAL, MIRA, code(), CALLBACK, NOW)

    assert desk.refresh(linked.refresh_token).status == 200


async def test_permission_of_no_use_that_cannot_be_given_back_is_refused_all_the_same(
    cronofy: Cronofy, desk: Desk, code
) -> None:
    desk.options.withheld_scopes = frozenset({"read_events"})
    desk.cronofy.faults.add("oauth.revoke", trouble.refused(503), count=None)
    with pytest.raises(errors.CronofyRightMissing):
        await permission(cronofy, PORTAL, MIRA, code(), CALLBACK, NOW)


@pytest.mark.parametrize("status", [401, 403, 423, 503])
async def test_zone_that_cannot_be_asked_for_costs_no_permission(
    cronofy: Cronofy, desk: Desk, code, status: int
) -> None:
    desk.cronofy.faults.add("userinfo", trouble.refused(status), count=None)

    assert (await permission(cronofy, PORTAL, MIRA, code(), CALLBACK, NOW)).zone == ""


async def test_zone_that_takes_too_long_costs_no_permission(
    cronofy: Cronofy, code, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = cronofy.rest.call

    async def hanging(call: Call, *arguments: Any) -> Any:
        if call is USERINFO:
            await asyncio.Event().wait()
        return await usual(call, *arguments)

    monkeypatch.setattr(connection, "_ZONE_S", 0.01)
    monkeypatch.setattr(cronofy.rest, "call", hanging)

    assert (await permission(cronofy, PORTAL, MIRA, code(), CALLBACK, NOW)).zone == ""


async def test_used_code_makes_no_account(cronofy: Cronofy, code) -> None:
    used = code()
    await permission(cronofy, PORTAL, MIRA, used, CALLBACK, NOW)
    with pytest.raises(errors.GrantRefused):
        await permission(cronofy, PORTAL, MIRA, used, CALLBACK, NOW)
