"""Cronofy's answers to data or errors; pure (section 6)."""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from bot.errors import (
    AccessRefused,
    CronofyAway,
    CronofyBusy,
    CronofyError,
    CronofyGone,
    CronofyInvalid,
    CronofyLocked,
    CronofyPlan,
    CronofyRefusesUs,
    CronofyRightMissing,
    CronofyUnreadable,
    GrantRefused,
    NotExternal,
)
from bot.wire import Received

# Bodies of these are not documented and may be empty, or no JSON; the status tells all that there is to know.
STATUSES: Mapping[int, type[CronofyError]] = {
    HTTPStatus.UNAUTHORIZED: AccessRefused,
    HTTPStatus.PAYMENT_REQUIRED: CronofyPlan,
    HTTPStatus.FORBIDDEN: CronofyRightMissing,
    HTTPStatus.NOT_FOUND: CronofyGone,
    HTTPStatus.GONE: CronofyGone,
    HTTPStatus.LOCKED: CronofyLocked,
}
# What the token addresses say with 400.
_OAUTH: Mapping[str, type[CronofyError]] = {"invalid_grant": GrantRefused, "invalid_client": CronofyRefusesUs}
# What a refused parameter means to the person; other keys are a mistake of ours.
_KEYS: Mapping[str, type[CronofyError]] = {"errors.must_be_external_event_uid": NotExternal}
# A code that is none could be anything, and it goes into logs.
_CODE = re.compile(r"[a-z_.]{1,64}")
_SECONDS = re.compile(r"[0-9]{1,6}")


def read_json(content: bytes, method: str) -> Any:
    """Return what a body holds; raises CronofyUnreadable when that is no JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CronofyUnreadable(type(error).__name__, method=method) from None


def check(received: Received, method: str) -> None:
    """Raise the CronofyError that an answer stands for, if it does."""
    status = received.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise CronofyAway(f"status {status}", method=method)
    if status < HTTPStatus.BAD_REQUEST:
        raise CronofyUnreadable(f"status {status}", method=method)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise CronofyBusy(method=method, wait_s=_wait_s(received.retry_after))
    if status in STATUSES:
        raise STATUSES[status](f"status {status}", method=method)
    raise _explained(received, method)


def _explained(received: Received, method: str) -> CronofyError:
    """Return the error that a body tells of: a key (422) or a code (400)."""
    try:
        body = read_json(received.content, method)
    except CronofyUnreadable:
        body = None
    if received.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        key = _first_key(body)
        return _KEYS.get(key, CronofyInvalid)(method=method, code=key)
    code = _code(body.get("error")) if isinstance(body, dict) else ""
    return _OAUTH.get(code, CronofyError)(code or f"status {received.status}", method=method, code=code)


def _first_key(body: Any) -> str:
    """Return the key of the first complaint; its description is for people, and not our own."""
    errors = body.get("errors") if isinstance(body, dict) else None
    for complaints in errors.values() if isinstance(errors, dict) else ():
        for complaint in complaints if isinstance(complaints, list) else ():
            if isinstance(complaint, dict) and (key := _code(complaint.get("key"))):
                return key
    return ""


def _code(value: object) -> str:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def _wait_s(header: str) -> float | None:
    """Read `Retry-After`, as far as it counts seconds."""
    return float(header) if _SECONDS.fullmatch(header) else None
