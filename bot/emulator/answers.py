"""Answers over HTTP: what they are made of, how JSON of a portal is spelled, which system errors exist (contract C.2, C.3)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bot.emulator.php import Json

Statuses: TypeAlias = Literal["docs", "source"]

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
_ESCAPED = re.compile(r"\\(.)|([/<>&'])")


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, or the lack of one."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0  # to be waited for by whoever owns the socket
    cut: bool = False  # the connection ends without an answer


class RestError(Exception):
    """A refusal with its HTTP status; the code may be empty, as the calendar's is."""

    def __init__(self, status: int, code: str, text: str = "", *, extra: Mapping[str, Json] | None = None) -> None:
        """Keep what the body will say; `extra` are further keys beside the two usual ones."""
        super().__init__(f"{status} {code}: {text}")
        self.status = status
        self.code = code
        self.text = text
        self.extra = dict(extra or {})

    def body(self) -> dict[str, Json]:
        return {"error": self.code, "error_description": self.text, **self.extra}

    def short_body(self) -> dict[str, Json]:
        """Leave an empty description out, as the authorization server does."""
        return self.body() if self.text else {"error": self.code, **self.extra}


_SYSTEM_ERRORS: dict[str, tuple[int, int, str]] = {
    "expired_token": (401, 401, "The access token provided has expired."),
    "invalid_token": (401, 401, "Unable to get application by token"),
    "NO_AUTH_FOUND": (401, 401, "Wrong authorization data"),
    "insufficient_scope": (403, 401, "The request requires higher privileges than provided by the access token"),
    "INVALID_CREDENTIALS": (403, 401, "Invalid request credentials"),
    "user_access_error": (403, 401, "The user does not have access to the application."),
    "authorization_error": (401, 401, "Unable to authorize user"),
    "APPLICATION_NOT_FOUND": (401, 401, "Application not found"),
    "ERROR_OAUTH": (401, 401, "Application not installed"),
    "ACCESS_DENIED": (403, 401, "REST is available only on commercial plans."),
    "PAYMENT_REQUIRED": (401, 401, "Payment required"),
    "METHOD_CONFIRM_WAITING": (401, 401, "Waiting for confirmation"),
    "METHOD_CONFIRM_DENIED": (403, 403, "Method call denied"),
    "WRONG_AUTH_TYPE": (403, 403, "Current authorization type is denied for this method"),
    "INVALID_REQUEST": (400, 400, "Https required."),
    "ERROR_ARGUMENT": (400, 400, "Wrong argument"),
    "ERROR_CORE": (400, 500, "Internal error"),
    "ERROR_METHOD_NOT_FOUND": (404, 404, "Method not found!"),
    "ERROR_MANIFEST_IS_NOT_AVAILABLE": (404, 404, "Manifest is not available"),
    "QUERY_LIMIT_EXCEEDED": (503, 503, "Too many requests"),
    "OPERATION_TIME_LIMIT": (429, 429, "Method is blocked due to operation time limit."),
    "OVERLOAD_LIMIT": (503, 401, "REST API is blocked due to overload."),
    "CONNECTION_ERROR": (401, 401, "Error connecting to authorization server"),
    "INTERNAL_SERVER_ERROR": (500, 500, "Internal server error"),
    "ERROR_UNEXPECTED_ANSWER": (500, 500, "Server returned an unexpected response"),
    "PORTAL_DELETED": (500, 403, "Portal was deleted"),
}
SYSTEM_CODES = tuple(_SYSTEM_ERRORS)


def system_error(
    code: str, statuses: Statuses = "docs", *, status: int | None = None, text: str | None = None
) -> RestError:
    """Return a system error of contract C.3; docs and server source name different statuses for some.

    Raises:
        LookupError: The code is not of that table and no status was given.
    """
    docs, source, usual = _SYSTEM_ERRORS.get(code, (None, None, ""))
    chosen = status or (docs if statuses == "docs" else source)
    if chosen is None:
        raise LookupError(f"no status is known for {code!r}")
    return RestError(chosen, code, usual if text is None else text)


def dump(value: Json) -> bytes:
    """Spell JSON as the portal does: slashes escaped, markup and quotes as code points, ASCII only."""
    return _ESCAPED.sub(_escape, json.dumps(value, separators=(",", ":"))).encode()


def _escape(found: re.Match[str]) -> str:
    escaped, plain = found.group(1), found.group(2)
    if plain == "/":
        return "\\/"
    if plain:
        return f"\\u{ord(plain):04X}"
    return "\\u0022" if escaped == '"' else found.group()


def answer(status: int, value: Json) -> Response:
    return Response(status, dump(value), {"Content-Type": JSON_TYPE})


def html(status: int, text: str) -> Response:
    return Response(status, text.encode(), {"Content-Type": HTML_TYPE})


def redirect(location: str) -> Response:
    return Response(302, b"<html><body>Moved</body></html>", {"Location": location, "Content-Type": HTML_TYPE})
