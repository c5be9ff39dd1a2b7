"""Calls to the API of one data centre: the request, the quota, repeats, the time limit (sections 1, 7)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote

import httpx

from bot import tracing
from bot.cronofy.answers import check, read_json
from bot.cronofy.limits import PATIENCE_S, Quota
from bot.cronofy.watch import CronofyWatch
from bot.cronofy.wire import TIMEOUT_S, wire
from bot.errors import CronofyAway, CronofyBusy, CronofyError, CronofyGone, CronofyNotReached, CronofyUnreadable
from bot.metrics import Metrics
from bot.patience import Patience
from bot.settings import CronofyApp
from bot.sharing import Sharing
from bot.wire import Received

_ATTEMPTS = 3
_JSON = {"Content-Type": "application/json; charset=utf-8"}
# Statuses that are counted by number; whatever else a server makes up is one figure together.
_STATUSES = frozenset(HTTPStatus)


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    Attributes:
        method: As errors and log lines name it.
        path: Below the origin of the API, percent-encoded; see `segment`.
        once: It is not repeated when nobody knows what came of it.
        reads: Its answer is JSON; else whatever comes with it is left alone.
    """

    method: str
    verb: Literal["GET", "POST", "DELETE"]
    path: str
    query: Sequence[tuple[str, str]] = ()
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    once: bool = False
    reads: bool = True


def segment(identifier: str) -> str:
    """Return an id as one segment of a path: it stays one, whatever it is made of.

    Raises:
        CronofyGone: it is made of what no path can hold, so nothing has that id.
    """
    if not identifier.strip("."):  # which would lead to another path
        raise CronofyGone("no such id")
    try:
        return quote(identifier, safe="")
    except UnicodeEncodeError:
        raise CronofyGone("no such id") from None


class RestClient:
    """Calls one API and no other host.

    Args:
        transport: Carries requests (see `Wire`).
        app: Whose calls they are.
        metrics: Where requests are counted.
        clock: Unix seconds.
        timeout_s: A call ends after this, repeats included.
        sharing: Whom the quota is shared with; None for nobody.
        hold: Returns once what is being carried out is certainly ours (see `Inbox.hold`).
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        app: CronofyApp,
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
        timeout_s: float = TIMEOUT_S,
        *,
        sharing: Sharing | None = None,
        hold: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._wire = wire(transport)
        self._origin = app.api
        self._timeout_s = timeout_s
        self._quota = Quota(clock=clock, sharing=sharing)
        self._hold = hold
        self._requests = metrics.cronofy
        self._watch = CronofyWatch(clock)

    async def call(self, call: Call, token: str | None) -> Any:
        """Make a call and return the JSON of its answer, None when it `reads` none.

        Args:
            call: What.
            token: Whose; None where the body says who we are.

        Raises:
            CronofyError: see `answers.check`; CronofyAway also when nothing arrived in time, so that a write may have happened.
        """
        try:
            answer = await self._in_time(call, token)
        except CronofyError as error:
            self._watch.failed(error)
            raise
        self._watch.answered(call.method)
        return answer

    def page(self, call: Call, address: str) -> Call:
        """Return the call for a further page, which Cronofy names by an absolute address (section 4.2).

        Raises:
            CronofyUnreadable: it is on another host, which gets no token from us.
        """
        if not address.startswith(f"{self._origin}/"):
            raise CronofyUnreadable("the next page is elsewhere", method=call.method)
        return Call(f"{call.method}.page", "GET", address.removeprefix(self._origin))

    async def _in_time(self, call: Call, token: str | None) -> Any:
        may_repeat = _may_repeat(call)
        try:
            async with asyncio.timeout(self._timeout_s):
                patience = Patience(on=may_repeat, attempts=_ATTEMPTS, wait_initial=0.2, wait_max=2.0)
                return await patience(self._once, call, token)
        except TimeoutError:
            raise CronofyAway("no answer in time", method=call.method) from None

    async def _once(self, call: Call, token: str | None) -> Any:
        await self._quota.take(call.method, may_wait=token is not None)
        if self._hold is not None:
            await self._hold()
        with tracing.calling("cronofy", call.method), self._requests.counted(call.method) as request:
            try:
                received = await self._send(call, token)
                request.outcome = str(received.status) if received.status in _STATUSES else "refused"
                check(received, call.method)
                answer = read_json(received.content, call.method) if call.reads else None
            except CronofyUnreadable:
                request.outcome = "unreadable"
                raise
            except CronofyBusy as busy:  # what is asked of one call holds for all of them, the limit being one
                if busy.wait_s is not None and busy.wait_s > PATIENCE_S:
                    self._quota.hold(busy.wait_s)
                raise
            request.outcome = "ok"
        return answer

    async def _send(self, call: Call, token: str | None) -> Received:
        content: dict[str, Any] = {} if call.body is None else {"json": call.body}
        if call.query:  # an empty one would take away what the path says
            content["params"] = list(call.query)
        headers = _JSON if token is None else {**_JSON, "Authorization": f"Bearer {token}"}
        url = f"{self._origin}{call.path}"
        return await self._wire.exchange(call.verb, url, method=call.method, headers=headers, **content)


def _may_repeat(call: Call) -> Callable[[Exception], bool | float]:
    """Return what tells whether, or after how many seconds, a call that failed is made again (section 7)."""

    def decide(error: Exception) -> bool | float:
        if isinstance(error, CronofyBusy) and error.wait_s is not None:
            return error.wait_s if error.wait_s <= PATIENCE_S else False
        if isinstance(error, CronofyBusy):
            return True
        return isinstance(error, CronofyNotReached) or (isinstance(error, CronofyAway) and not call.once)

    return decide
