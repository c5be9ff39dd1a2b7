"""REST calls: answers of the portal to data or errors (contract C).

`read_answer` and `read_batch` are pure; `RestClient` adds the request, the quota and the time limit.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode

import httpx

from bot.bitrix24.limits import Quota
from bot.errors import (
    ApplicationGone,
    AuthorizationLost,
    BitrixError,
    MethodBlocked,
    MethodMissing,
    NotPermitted,
    RateLimited,
    TokenExpired,
    Unavailable,
)
from bot.metrics import Metrics

# One call ends after this, whatever the portal does; a person waits behind it.
TIMEOUT_S = 10.0

# Contract C.3. Codes differ in case between sources, statuses differ too, so codes decide, in lower case.
_ERRORS: dict[str, type[BitrixError]] = {
    "expired_token": TokenExpired,
    "invalid_token": AuthorizationLost,
    "no_auth_found": AuthorizationLost,
    "authorization_error": AuthorizationLost,
    "insufficient_scope": NotPermitted,
    "invalid_credentials": NotPermitted,
    "user_access_error": NotPermitted,
    "access_denied": NotPermitted,
    "method_confirm_waiting": NotPermitted,
    "method_confirm_denied": NotPermitted,
    "wrong_auth_type": NotPermitted,
    "application_not_found": ApplicationGone,
    "error_oauth": ApplicationGone,
    "payment_required": ApplicationGone,
    "overload_limit": ApplicationGone,
    "portal_deleted": ApplicationGone,
    "error_method_not_found": MethodMissing,
    "invalid_request": BitrixError,
    "error_argument": BitrixError,
    "error_core": BitrixError,
    "error_manifest_is_not_available": BitrixError,
    "error_batch_method_not_allowed": BitrixError,
    "error_batch_length_exceeded": BitrixError,
    "query_limit_exceeded": RateLimited,
    "operation_time_limit": MethodBlocked,
    "connection_error": Unavailable,
    "internal_server_error": Unavailable,
    "error_unexpected_answer": Unavailable,
}
_TOO_MANY_REQUESTS = 429
_SERVER_FAULT = 500
# A method whose time is used up works again after this at the latest.
_LONGEST_BLOCK_S = 600.0


@dataclass(frozen=True, slots=True)
class Command:
    """One item of a batch. Values are ours alone: text of people never goes into a batch (contract C.5)."""

    method: str
    params: Mapping[str, str | int]

    def __str__(self) -> str:
        return f"{self.method}?{urlencode(self.params)}"


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What the items of a batch gave; an item that was never run stands in neither map."""

    results: Mapping[str, Any]
    errors: Mapping[str, BitrixError]

    def __getitem__(self, key: str) -> Any:
        """Return the result of an item; raises its error, or Unavailable when it was not run."""
        if key in self.errors:
            raise self.errors[key]
        if key not in self.results:
            raise Unavailable("the portal left an item of a batch out")
        return self.results[key]


def read_answer(status: int, content: bytes, method: str) -> Any:
    """Return the `result` of an answer.

    Raises:
        BitrixError: the subclass that the error code stands for; Unavailable for what is no answer of REST at all.
    """
    try:
        answer = httpx.Response(status, content=content).json()
    except (ValueError, RecursionError):  # HTML of a proxy, a cut body
        raise Unavailable(f"no JSON, status {status}", method=method) from None
    if not isinstance(answer, dict):
        raise Unavailable(f"no REST answer, status {status}", method=method)
    if "error" in answer:
        raise _error(answer, method, status)
    if "result" not in answer:
        raise Unavailable(f"neither result nor error, status {status}", method=method)
    return answer["result"]


def read_batch(result: Any) -> BatchAnswer:
    """Return the items of a batch; PHP writes an empty map as a list."""
    if not isinstance(result, dict):
        raise Unavailable("no batch answer", method="batch")
    results, errors = result.get("result") or {}, result.get("result_error") or {}
    if not isinstance(results, dict) or not isinstance(errors, dict):
        raise Unavailable("no batch answer", method="batch")
    return BatchAnswer(
        results, {key: _error(error, key, 0) for key, error in errors.items() if isinstance(error, dict)}
    )


def _error(answer: Mapping[str, Any], method: str, status: int) -> BitrixError:
    code = str(answer.get("error", "")).lower()  # empty for the calendar's complaints
    kind = _ERRORS.get(code)
    if kind is None and status == _TOO_MANY_REQUESTS:
        kind = RateLimited
    elif kind is None:
        kind = Unavailable if status >= _SERVER_FAULT else BitrixError
    # The description may repeat what we sent, so it is kept out of messages and logs.
    if kind is MethodBlocked:
        return MethodBlocked(method=method, code=code, wait_s=_wait_s(answer.get("operating_reset_at")))
    return kind(method=method, code=code)


def _wait_s(reset_at: object) -> float | None:
    """Return the seconds until `reset_at`, unix seconds, which an error may or may not tell."""
    if not isinstance(reset_at, (int, float)):
        return None
    return min(max(reset_at - time.time(), 0.0), _LONGEST_BLOCK_S)


class RestClient:
    """Calls the pinned portal and no other host."""

    def __init__(self, http: httpx.AsyncClient, portal_url: str, quota: Quota, metrics: Metrics) -> None:
        # A cookie that the portal sets for one person must not travel with the next one's token.
        http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._http = http
        self._base = f"{portal_url}/rest"
        self._quota = quota
        self._metrics = metrics

    async def call(self, method: str, params: Mapping[str, Any], token: str) -> Any:
        """Call one method and return its result.

        Raises:
            BitrixError: see `read_answer`; Unavailable also when nothing arrived in time, so that a write may have happened.
        """
        await self._quota.take()
        asked_at = time.monotonic()
        outcome = "no_answer"
        try:
            async with asyncio.timeout(TIMEOUT_S):
                # The token goes into the body: addresses end up in logs (contract B.7).
                response = await self._http.post(
                    f"{self._base}/{method}", json={**params, "auth": token}, timeout=TIMEOUT_S, follow_redirects=False
                )
            result = read_answer(response.status_code, response.content, method)
            outcome = "ok"
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(type(error).__name__, method=method) from None
        except BitrixError as error:
            outcome = error.code or "refused"
            raise
        finally:
            self._metrics.portal_requests.labels(method, outcome).inc()
            self._metrics.portal_seconds.observe(time.monotonic() - asked_at)
        return result

    async def batch(self, commands: Mapping[str, Command], token: str, *, halt: bool = False) -> BatchAnswer:
        """Run up to 50 methods in one request, as one user; `halt` stops after the first that fails."""
        params = {"halt": int(halt), "cmd": {key: str(command) for key, command in commands.items()}}
        return read_batch(await self.call("batch", params, token))
