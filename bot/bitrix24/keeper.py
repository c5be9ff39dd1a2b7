"""Renews pairs that would otherwise die of age: of people who connected and have not written since.

Nothing else is renewed on a schedule, since the portal blocks applications that do (contract B.3).
"""

import asyncio
from collections.abc import Callable

import structlog

from bot.bitrix24.oauth import Bitrix24
from bot.errors import BitrixError, NotConnected, StorageError, TokenExpired

log = structlog.get_logger()

_DAY_S = 24 * 3600
# A refresh token lives 30 days by what was seen, 180 by what is written (contract B.4).
AGE_S = 20 * _DAY_S
_ROUND_S = 6 * 3600


async def renew_aging(bitrix24: Bitrix24, now: float) -> int:
    """Renew every pair that was not used for `AGE_S`; return how many were.

    A pair that cannot be renewed any more is forgotten, its person is asked when it matters.
    """
    renewed = 0
    for member_id, user_id in await bitrix24.store.tokens.aging(now - AGE_S):
        portal = bitrix24.store.portal(member_id)
        pair = await bitrix24.store.tokens.find(member_id, user_id)
        if portal is None or pair is None or pair.refresh_token is None:
            continue
        try:
            await bitrix24.instead_of(portal, pair, TokenExpired())
        except NotConnected:
            continue
        except BitrixError as error:
            log.warning("tokens.not-renewed", reason=type(error).__name__)
            break  # the authorization server is away or refuses us altogether; the next round tries again
        renewed += 1
    return renewed


async def keep_alive(bitrix24: Bitrix24, clock: Callable[[], float]) -> None:
    """Look for aging pairs now and then, forever."""
    while True:
        try:
            await renew_aging(bitrix24, clock())
        except StorageError as error:
            log.warning("tokens.not-renewed", reason=str(error))
        except Exception:
            log.exception("tokens.not-renewed")
        await asyncio.sleep(_ROUND_S)
