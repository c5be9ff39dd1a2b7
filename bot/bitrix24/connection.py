"""From the code that a browser brought to a pair that is proven to be one person's (contract B.1, B.2)."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from bot.bitrix24.limits import Step
from bot.bitrix24.methods import app
from bot.bitrix24.oauth import Bitrix24
from bot.bitrix24.rest import Turn
from bot.bitrix24.wire import TIMEOUT_S
from bot.errors import AuthorizationLost, NotPermitted, NotProven, Unavailable
from bot.patience import Patience
from bot.store import Portal
from bot.tokens import TokenPair


class WithToken:
    """Calls the pinned portal with a token that nobody has confirmed yet."""

    def __init__(self, bitrix24: Bitrix24, token: str, turn: Turn | None = None) -> None:
        self._bitrix24 = bitrix24
        self._token = token
        self._turn = turn or Turn()

    async def call(self, method: str, params: Any, /) -> Any:
        return await self._bitrix24.rest.call(method, params, self._token, self._turn)


async def permission(bitrix24: Bitrix24, portal: Portal, host: str, user_id: int, code: str) -> TokenPair:
    """Exchange `code`, and return the pair only if it is that of `user_id` at the pinned portal `host`.

    Raises:
        NotProven: it is another portal's, or another person's; it is dropped.
        AuthorizationLost: the code is used, expired, or none of our application.
        NotReached: the code was not sent, so it may still serve.
        Unavailable: the code may be used up, but what came of it cannot be told.
        ApplicationGone, NotPermitted: the application itself is not accepted.
    """
    grant = await bitrix24.exchange(portal, code)
    if (grant.client_endpoint and _host(grant.client_endpoint) != host) or grant.member_id not in (
        "",
        portal.member_id,
    ):
        raise NotProven("the token is of another portal")
    # Without the name of its portal the answer proves nothing, so the pinned portal is asked.
    owner = (grant.user_id or "") if grant.client_endpoint else ""
    owner = owner or await _owner(WithToken(bitrix24, grant.access_token, Turn(user_id, Step.END)))
    if owner != str(user_id):
        raise NotProven(f"the token is of person {owner}" if owner.isdecimal() else "the token is of nobody")
    return TokenPair(user_id, grant.access_token, grant.refresh_token, grant.expires_at)


async def _owner(caller: WithToken) -> str:
    """Ask the portal whose token it is; "" when it knows nobody. The code is spent, so a fault is not the end yet."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            patience = Patience(on=Unavailable, attempts=3, wait_initial=0.1, wait_max=1.0)
            return str(await patience(app.profile_id, caller) or "")
    except TimeoutError:
        raise Unavailable("the portal does not tell whose token it is") from None
    except (AuthorizationLost, NotPermitted):
        return ""


def _host(address: str) -> str:
    """Return host and port of an address; "" of what is none."""
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""
