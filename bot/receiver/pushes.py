"""What Cronofy posts: `POST /cronofy/events?key=...` (contract of Cronofy, 8).

A push is no more than a hint: it is proven, stored, and answered at once; what it leads to is read from Cronofy afterwards. The
key in the address tells whose account it is about, and is shown nowhere.
"""

import asyncio
from collections.abc import Callable, Mapping

from aiohttp import web

from bot import events
from bot.cronofy.oauth import Cronofy
from bot.cronofy.push import SIGNATURE, Kind, Push, read_push, verify
from bot.errors import ForeignEvent
from bot.inbox import Entry, Inbox
from bot.metrics import Metrics
from bot.receiver.requests import read_body

# What there is something to do for; the rest is answered and forgotten.
_NEWS: Mapping[Kind, events.AccountNews] = {
    Kind.CHANGE: "change",
    Kind.SYNCED: "synced",
    Kind.DISCONNECTED: "disconnected",
    Kind.ERASURE: "erasure",
}


class Pushes:
    def __init__(
        self,
        cronofy: Cronofy,
        inbox: Inbox,
        metrics: Metrics,
        clock: Callable[[], float],
        *,
        body_s: float,
        answer_s: float,
    ) -> None:
        self._cronofy = cronofy
        self._inbox = inbox
        self._metrics = metrics
        self._clock = clock
        self._body_s = body_s
        self._answer_s = answer_s

    async def take(self, request: web.Request) -> None:
        """Store what a push tells.

        Raises:
            ForeignEvent: it is not signed by Cronofy for us, or its address is nobody's; which of both, nobody is told.
            MalformedBody: it is signed, and no JSON.
            StorageError, TimeoutError: it could not be stored.
        """
        body = await read_body(request, self._body_s)
        signatures = ",".join(request.headers.getall(SIGNATURE, ()))
        if not verify(body, signatures, [self._cronofy.app.client_secret.get_secret_value()]):
            raise ForeignEvent("not a push for us")
        push = read_push(body)
        async with asyncio.timeout(self._answer_s):
            event = await self._event(push, request.query.get("key", ""))
            if event is not None:
                await self._inbox.put(Entry(event.key, event.lane, events.dump(event), sent_at=event.sent_at))

    async def _event(self, push: Push, push_key: str) -> events.AccountChanged | None:
        """Return what a push means for the account that has the key; None when there is nothing to do."""
        account = await self._cronofy.accounts.by_push_key(push_key)
        if account is None:
            raise ForeignEvent("not a push for us")
        if push.kind not in _NEWS:
            return None
        since = push.changes_since
        event = events.AccountChanged(
            portal=account.portal,
            sent_at=int(self._clock()),
            domain="",
            user_id=account.user_id,
            what=_NEWS[push.kind],
            channel_id=push.channel_id,
            since=0 if since is None else int(since.timestamp()),
        )
        self._metrics.events.labels(event.kind).inc()
        return event
