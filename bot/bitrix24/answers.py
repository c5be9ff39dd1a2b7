"""The portal's answers to data or errors; pure (contract C.2, C.3, C.5)."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import (
    ApplicationGone,
    AuthorizationLost,
    BitrixError,
    MethodBlocked,
    MethodMissing,
    MissingRight,
    NotPermitted,
    RateLimited,
    TokenExpired,
    Unavailable,
)

# Contract C.3. Codes differ in case between sources, statuses differ too, so codes decide, in lower case.
ERRORS: Mapping[str, type[BitrixError]] = {
    "expired_token": TokenExpired,
    "invalid_token": AuthorizationLost,
    "no_auth_found": AuthorizationLost,
    "authorization_error": AuthorizationLost,
    "insufficient_scope": MissingRight,
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
# What the person can do about it differs more than what we do.
TEXTS: Mapping[str, str] = {
    "user_access_error": "errors.no-access",
    "access_denied": "errors.plan",
    "payment_required": "errors.plan",
    "method_confirm_waiting": "errors.confirmation-needed",
    "method_confirm_denied": "errors.confirmation-denied",
    "overload_limit": "errors.blocked",
    "portal_deleted": "errors.portal-closed",
}
_TOO_MANY_REQUESTS = 429
_SERVER_FAULT = 500
# A method whose time is used up works again after this at the latest.
_LONGEST_BLOCK_S = 600.0


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What the items of a batch gave; an item that was never run stands in neither map."""

    results: Mapping[str, Any]
    errors: Mapping[str, BitrixError]

    def __getitem__(self, key: str) -> Any:
        """Return the result of an item; raises `error_of` it."""
        if (error := self.error_of(key)) is not None:
            raise error
        return self.results[key]

    def error_of(self, key: str) -> BitrixError | None:
        """Return what became of an item that failed; Unavailable when it was not run."""
        if key in self.errors or key in self.results:
            return self.errors.get(key)
        return Unavailable("the portal left an item of a batch out")


def read_answer(status: int, content: bytes, method: str, clock: Callable[[], float] = time.time) -> dict[str, Any]:
    """Return an answer that has a `result`; `clock` tells the unix seconds that a blocked method's wait counts from.

    Raises:
        BitrixError: the subclass that the error code stands for; Unavailable for what is no answer of REST at all.
    """
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):  # HTML of a proxy, a cut body
        raise Unavailable(f"no JSON, status {status}", method=method) from None
    if not isinstance(answer, dict):
        raise Unavailable(f"no REST answer, status {status}", method=method)
    if "error" in answer:
        raise _error(answer, method, status, clock)
    if "result" not in answer:
        raise Unavailable(f"neither result nor error, status {status}", method=method)
    return answer


def read_batch(result: Any, clock: Callable[[], float] = time.time) -> BatchAnswer:
    """Return the items of a batch; PHP writes an empty map as a list."""
    if not isinstance(result, dict):
        raise Unavailable("no batch answer", method="batch")
    results, errors = result.get("result") or {}, result.get("result_error") or {}
    if not isinstance(results, dict) or not isinstance(errors, dict):
        raise Unavailable("no batch answer", method="batch")
    return BatchAnswer(
        results, {key: _error(error, key, 0, clock) for key, error in errors.items() if isinstance(error, dict)}
    )


def _error(answer: Mapping[str, Any], method: str, status: int, clock: Callable[[], float]) -> BitrixError:
    code = str(answer.get("error", "")).lower()  # empty for the calendar's complaints
    kind = ERRORS.get(code)
    if kind is None and status == _TOO_MANY_REQUESTS:
        kind = RateLimited
    elif kind is None:
        kind = Unavailable if status >= _SERVER_FAULT else BitrixError
    # The description may repeat what we sent, so it is kept out of messages and logs.
    if kind is MethodBlocked:
        return MethodBlocked(method=method, code=code, wait_s=_wait_s(answer.get("operating_reset_at"), clock()))
    return kind(method=method, code=code, text=TEXTS.get(code))


def _wait_s(reset_at: object, now: float) -> float | None:
    """Return the seconds until `reset_at`, unix seconds, which an error may or may not tell."""
    if not isinstance(reset_at, (int, float)):
        return None
    return min(max(reset_at - now, 0.0), _LONGEST_BLOCK_S)
