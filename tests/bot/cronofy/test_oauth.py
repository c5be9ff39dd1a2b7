"""Which tokens act for whom, and how they are renewed, on the emulated Cronofy."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
import pytest
from structlog.testing import capture_logs

from bot import errors
from bot.accounts import Account
from bot.cronofy.methods import identity
from bot.cronofy.oauth import AsAccount, Cronofy
from bot.emulator.cronofy import faults as trouble
from bot.emulator.transport import PortalTransport
from bot.metrics import Metrics
from bot.settings import CronofyApp
from bot.store import Store
from tests.bot.cronofy.conftest import JURIS, MIRA, PORTAL
from tests.emulator.cronofy_desk import Desk

HOUR_S = 3600


def made(desk: Desk) -> list[tuple[str, int]]:
    """Return the calls so far with their statuses."""
    return [(call.name, call.status) for call in desk.cronofy.calls]


async def test_person_acts_with_their_own_account(as_mira: AsAccount, desk: Desk) -> None:
    assert (await identity.userinfo(as_mira)).sub == desk.mira.id
    assert made(desk) == [("userinfo", 200)]


async def test_person_without_an_account_is_not_linked(cronofy: Cronofy, linked: Account, desk: Desk) -> None:
    for portal, user_id in ((PORTAL, JURIS), ("2c" * 16, MIRA)):
        with pytest.raises(errors.NotLinked) as caught:
            await identity.userinfo(cronofy.as_account(portal, user_id))
        assert type(caught.value) is errors.NotLinked
    assert made(desk) == []


async def test_expired_token_is_refreshed_once_and_kept(as_mira: AsAccount, desk: Desk, store: Store, clock) -> None:
    desk.options.rotating_refresh = True
    clock.advance(HOUR_S)
    await identity.userinfo(as_mira)
    await identity.userinfo(as_mira)

    assert made(desk) == [("userinfo", 401), ("oauth.token", 200), ("userinfo", 200), ("userinfo", 200)]
    kept = await store.accounts.find(PORTAL, MIRA)
    assert desk.refresh(kept.refresh_token).status == 200


async def test_calls_at_the_same_time_share_one_refresh(as_mira: AsAccount, desk: Desk, clock) -> None:
    desk.options.rotating_refresh = True
    clock.advance(HOUR_S)
    found = await asyncio.gather(*(identity.userinfo(as_mira) for _ in range(6)))

    assert {one.sub for one in found} == {desk.mira.id}
    assert made(desk).count(("oauth.token", 200)) == 1


async def test_permission_that_was_taken_back_breaks_the_link(
    as_mira: AsAccount, desk: Desk, store: Store, linked: Account
) -> None:
    desk.cronofy.revoke(desk.mira)
    for _ in range(2):
        with pytest.raises(errors.LinkBroken):
            await identity.userinfo(as_mira)

    assert made(desk) == [("userinfo", 401), ("oauth.token", 400)]  # what is broken is not tried again
    assert (await store.accounts.find(PORTAL, MIRA)).state == "broken"


async def test_token_that_is_refused_afresh_ends_the_call_alone(as_mira: AsAccount, desk: Desk, store: Store) -> None:
    desk.cronofy.faults.add("userinfo", trouble.refused(401), count=2)
    with pytest.raises(errors.LinkBroken):
        await identity.userinfo(as_mira)

    assert made(desk) == [("userinfo", 401), ("oauth.token", 200), ("userinfo", 401)]
    assert (await identity.userinfo(as_mira)).sub == desk.mira.id


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(trouble.refused(503), errors.CronofyAway), (trouble.oauth("invalid_client"), errors.CronofyRefusesUs)],
)
async def test_refresh_that_fails_for_now_breaks_nothing(
    as_mira: AsAccount, desk: Desk, store: Store, linked: Account, clock, fault, kind: type[errors.CronofyError]
) -> None:
    clock.advance(HOUR_S)
    desk.cronofy.faults.add("oauth.token", fault, count=None)
    with pytest.raises(kind):
        await identity.userinfo(as_mira)

    assert await store.accounts.find(PORTAL, MIRA) == linked
    desk.cronofy.faults.clear()
    assert (await identity.userinfo(as_mira)).sub == desk.mira.id


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (402, errors.CronofyPlan),
        (403, errors.CronofyRightMissing),
        (404, errors.CronofyGone),
        (423, errors.CronofyLocked),
        (500, errors.CronofyAway),
    ],
)
async def test_other_refusals_leave_the_tokens_alone(
    as_mira: AsAccount, desk: Desk, store: Store, linked: Account, status: int, kind: type[errors.CronofyError]
) -> None:
    desk.cronofy.faults.add("userinfo", trouble.refused(status), count=None)
    with pytest.raises(kind):
        await identity.userinfo(as_mira)

    assert {name for name, _ in made(desk)} == {"userinfo"}
    assert await store.accounts.find(PORTAL, MIRA) == linked


async def test_account_that_was_connected_anew_is_used(
    cronofy: Cronofy, desk: Desk, store: Store, linked: Account
) -> None:
    """Somebody else's refused call learns of the tokens that came meanwhile."""
    newer = await cronofy.oauth.refresh(linked)
    await store.accounts.save(newer)

    assert await cronofy.instead_of(linked) == newer


async def test_account_that_was_forgotten_meanwhile_stays_forgotten(
    cronofy: Cronofy, desk: Desk, store: Store, linked: Account
) -> None:
    await store.accounts.forget(linked)
    with pytest.raises(errors.NotLinked):
        await cronofy.instead_of(linked)

    assert await store.accounts.find(PORTAL, MIRA) is None


class Meanwhile(PortalTransport):
    """Lets something happen while a token request is on its way."""

    def __init__(self, desk: Desk, happen: Callable[[], Awaitable[None]]) -> None:
        super().__init__(desk.cronofy)
        self._happen = happen

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if request.url.path == "/oauth/token":
            await self._happen()
        return answer


async def test_account_that_is_forgotten_during_its_refresh_stays_forgotten(
    app: CronofyApp, desk: Desk, store: Store, linked: Account
) -> None:
    meanwhile = Meanwhile(desk, lambda: store.accounts.forget(linked))
    with pytest.raises(errors.NotLinked):
        await Cronofy(meanwhile, app, store.accounts, Metrics()).instead_of(linked)

    assert await store.accounts.find(PORTAL, MIRA) is None


async def test_account_that_is_connected_anew_during_its_refresh_is_used(
    app: CronofyApp, desk: Desk, store: Store, linked: Account
) -> None:
    newer = replace(linked, access_token="access-newer")
    meanwhile = Meanwhile(desk, lambda: store.accounts.save(newer))

    assert await Cronofy(meanwhile, app, store.accounts, Metrics()).instead_of(linked) == newer
    assert await store.accounts.find(PORTAL, MIRA) == newer


async def test_unlinked_account_is_revoked_and_forgotten(
    cronofy: Cronofy, desk: Desk, store: Store, linked: Account
) -> None:
    assert await cronofy.unlink(linked)

    assert await store.accounts.find(PORTAL, MIRA) is None
    assert desk.call("GET", "userinfo", token=linked.access_token).status == 401


async def test_account_is_forgotten_even_when_it_cannot_be_revoked(
    cronofy: Cronofy, desk: Desk, store: Store, linked: Account
) -> None:
    desk.cronofy.faults.add("oauth.revoke", trouble.refused(503), count=None)
    with capture_logs() as lines:
        assert not await cronofy.unlink(linked)

    assert await store.accounts.find(PORTAL, MIRA) is None
    assert linked.refresh_token not in str(lines)


async def test_all_accounts_of_a_portal_are_revoked_and_kept(
    cronofy: Cronofy, desk: Desk, store: Store, linked: Account
) -> None:
    await cronofy.revoke_all("2c" * 16)
    assert desk.call("GET", "userinfo", token=linked.access_token).status == 200
    await cronofy.revoke_all(PORTAL)

    assert desk.call("GET", "userinfo", token=linked.access_token).status == 401
    assert await store.accounts.find(PORTAL, MIRA) == linked


async def test_revoking_all_ends_where_cronofy_takes_no_more(cronofy: Cronofy, desk: Desk, linked: Account) -> None:
    desk.cronofy.faults.add("oauth.revoke", trouble.oauth("invalid_client"), count=None)
    with pytest.raises(errors.CronofyRefusesUs):
        await cronofy.revoke_all(PORTAL)

    assert desk.call("GET", "userinfo", token=linked.access_token).status == 200
