"""REST calls to the pinned portal: the request, the quota, the time limit (contract C)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from bot import tracing
from bot.bitrix24.answers import ERRORS, BatchAnswer, read_answer, read_batch
from bot.bitrix24.limits import Budgets, Quota, Step
from bot.bitrix24.watch import BitrixWatch
from bot.bitrix24.wire import wire
from bot.errors import BitrixError, MethodBlocked, PortalMoved, Unavailable
from bot.metrics import Metrics
from bot.wire import Received


@dataclass(frozen=True, slots=True)
class Command:
    """One item of a batch.

    The portal replaces `$result[...]` in every value, encoded or not, so text of people goes into a batch only without
    brackets (contract C.5).
    """

    method: str
    params: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method}?{urlencode(list(_php_pairs(self.params)))}"


def _php_pairs(params: Mapping[str, Any]) -> Iterator[tuple[str, str | int]]:
    """Flatten maps and lists the way PHP reads them: `fields[keyboard][BUTTONS][0][TEXT]`."""
    for name, value in params.items():
        if isinstance(value, (dict, list)):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            yield from _php_pairs({f"{name}[{key}]": item for key, item in items})
        elif isinstance(value, bool):
            yield name, "Y" if value else "N"
        else:
            yield name, value


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose request it is, and where it stands in its command; decides who goes next when the quota is used up."""

    who: object = None
    step: Step = Step.BEGIN


_ANYONE = Turn()
# Returns once what is being carried out is certainly ours (see `Inbox.hold`).
Hold = Callable[[], Awaitable[None]]


class RestClient:
    """Calls the pinned portal and no other host."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        portal_url: str,
        quota: Quota,
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
        *,
        hold: Hold | None = None,
    ) -> None:
        self._wire = wire(transport)
        self._home = httpx.URL(portal_url)
        self._base = f"{portal_url}/rest"
        self._quota = quota
        self._hold = hold
        self._clock = clock
        self._budgets = Budgets(clock)
        self._requests = metrics.portal
        self.watch = BitrixWatch(clock)

    async def call(self, method: str, params: Mapping[str, Any], token: str, turn: Turn = _ANYONE) -> Any:
        """Call one method and return its result.

        Raises:
            BitrixError: see `read_answer`; Unavailable also when nothing arrived in time, so that a write may have happened.
        """
        await self._pause([method])
        return (await self._post(method, params, token, turn))["result"]

    async def batch(
        self, commands: Mapping[str, Command], token: str, turn: Turn = _ANYONE, *, halt: bool = False
    ) -> BatchAnswer:
        """Run up to 50 methods in one request, as one user; `halt` stops after the first that fails."""
        await self._pause({command.method for command in commands.values()})
        params = {"halt": int(halt), "cmd": {key: str(command) for key, command in commands.items()}}
        result = (await self._post("batch", params, token, turn))["result"]
        answer = read_batch(result, self._clock)
        self._note_items(commands, result.get("result_time"), answer)
        return answer

    async def _post(self, method: str, params: Mapping[str, Any], token: str, turn: Turn) -> dict[str, Any]:
        await self._quota.take(turn.who, turn.step)
        if self._hold is not None:
            await self._hold()
        answer = await self._ask(method, {**params, "auth": token}, turn)
        self._note_time(method, answer.get("time"))
        self.watch.answered(method)
        return answer

    async def _ask(self, method: str, body: Mapping[str, Any], turn: Turn) -> dict[str, Any]:
        """Make one request; the token is in its body, since addresses end up in logs (contract B.7)."""
        with tracing.calling("bitrix24", method), self._requests.counted(method) as request:
            try:
                received = await self._exchange(method, body, turn)
                answer = read_answer(received.status, received.content, method, self._clock)
            except BitrixError as error:
                if error.code or not isinstance(error, Unavailable):
                    request.outcome = error.code if error.code in ERRORS else "refused"
                self.watch.failed(method, error)
                self._note_refusal(method, error)
                raise
            request.outcome = "ok"
        return answer

    async def _exchange(self, method: str, body: Mapping[str, Any], turn: Turn) -> Received:
        """Post to the portal; once more where it redirects to itself.

        Raises:
            PortalMoved: it redirects to another host, which gets nothing from us (contract C.1).
        """
        received = await self._wire.exchange("POST", f"{self._base}/{method}", method=method, json=body)
        if (there := received.location) is None:
            return received
        self._check_redirect(there, method)
        await self._quota.take(turn.who, Step.END)
        received = await self._wire.exchange("POST", str(there), method=method, json=body)
        if received.location is not None:
            self._check_redirect(received.location, method)
        return received

    def _check_redirect(self, there: httpx.URL, method: str) -> None:
        if not there.host or there.scheme not in {self._home.scheme, "https"}:
            raise Unavailable("the portal redirects to an address that is not safe", method=method)
        if there.netloc != self._home.netloc:
            moved = PortalMoved(method=method, host=there.netloc.decode())
            self.watch.moved(moved, self._home.netloc.decode())
            raise moved

    # --- operating time

    async def _pause(self, methods: Iterable[str]) -> None:
        """Hold a call back when a method has nearly used up its time; raises MethodBlocked when it has."""
        pause_s = max(self._budgets.pause_s(method) for method in methods)
        if pause_s:
            await asyncio.sleep(pause_s)

    def _note_items(self, commands: Mapping[str, Command], times: Any, answer: BatchAnswer) -> None:
        for key, command in commands.items():
            if isinstance(times, dict):
                self._note_time(command.method, times.get(key))
            if key in answer.errors:
                answer.errors[key].method = command.method
                self.watch.refused(command.method, answer.errors[key])
                self._note_refusal(command.method, answer.errors[key])

    def _note_time(self, method: str, told: Any) -> None:
        if not isinstance(told, dict):
            return
        used_s, reset_at = told.get("operating"), told.get("operating_reset_at")
        if isinstance(used_s, (int, float)) and isinstance(reset_at, (int, float)):
            self._budgets.note(method, used_s, reset_at)

    def _note_refusal(self, method: str, error: BitrixError) -> None:
        if not isinstance(error, MethodBlocked):
            return
        if error.wait_s is None:
            error.wait_s = self._budgets.left_s(method)
        if error.wait_s is not None:
            self._budgets.block(method, error.wait_s)
