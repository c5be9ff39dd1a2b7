"""Pairs that nobody uses are renewed before they die of age, and no others."""

from bot.bitrix24.keeper import AGE_S, renew_aging
from bot.emulator import faults

DAY = 24 * 3600


def refreshes(portal):
    return [request.user_id for request in portal.oauth.requests if request.grant_type == "refresh_token"]


async def test_pair_that_was_not_used_for_weeks_is_renewed_once(ask, portal, clock):
    await ask("dnd")
    clock.advance(AGE_S + 2 * 3600)
    renewed = await renew_aging(ask.core.bitrix24, clock.now())

    assert 17 in refreshes(portal)
    assert renewed == len(refreshes(portal))
    assert await renew_aging(ask.core.bitrix24, clock.now()) == 0


async def test_pair_that_was_used_lately_is_left_alone(ask, portal, clock):
    await ask("dnd")
    clock.advance(10 * DAY)

    assert await renew_aging(ask.core.bitrix24, clock.now()) == 0
    assert refreshes(portal) == []


async def test_dead_pair_is_forgotten(ask, portal, clock):
    await ask("dnd")
    clock.advance(31 * DAY)
    await renew_aging(ask.core.bitrix24, clock.now())

    assert await ask.core.store.tokens.find(portal.options.member_id, 17) is None
    assert await renew_aging(ask.core.bitrix24, clock.now()) == 0


async def test_authorization_server_that_is_away_loses_no_pair(ask, portal, clock):
    await ask("dnd")
    clock.advance(AGE_S + 2 * 3600)
    portal.faults.add("oauth.token", faults.html_page(), count=None)

    assert await renew_aging(ask.core.bitrix24, clock.now()) == 0
    assert await ask.core.store.tokens.find(portal.options.member_id, 17) is not None
