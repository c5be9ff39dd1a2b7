"""Findings, and our words for errors."""

import os
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

from bot.errors import BitrixError, MethodBlocked, NotConnected, PortalMoved, RateLimited, Unavailable

REINSTALL = "choose Reinstall in the menu of the application at the portal while `statusbot serve` runs"
SYNC = "run `statusbot sync`"


_WIPE = "\r\x1b[K"
_USUAL_COLUMNS = 80  # of a terminal that does not know


class Report:
    """Prints each finding as it is made; `problems` counts what a person has to mend.

    Args:
        echo: Prints a line.
        terminal: Where it is shown who is being asked, as long as that takes; None shows it nowhere.
    """

    def __init__(self, echo: Callable[[str], object], terminal: TextIO | None = None) -> None:
        self._echo = echo
        self._terminal = terminal
        self.problems = 0

    @contextmanager
    def asking(self, whom: str) -> Iterator[None]:
        """Show who is being asked, and nothing of it afterwards; findings are made before or after."""
        if self._terminal is None:
            yield
            return
        columns = os.get_terminal_size(self._terminal.fileno()).columns or _USUAL_COLUMNS
        self._terminal.write(f"{_WIPE}… asking {whom}"[: len(_WIPE) + columns - 1])  # a second line would stay
        self._terminal.flush()
        try:
            yield
        finally:
            self._terminal.write(_WIPE)
            self._terminal.flush()

    def ok(self, line: str) -> None:
        self._echo(f"ok      {line}")

    def note(self, line: str) -> None:
        """Say something that is no fault."""
        self._echo(f"note    {line}")

    def problem(self, line: str) -> None:
        """Say what does not work until a person acts, and how to act."""
        self.problems += 1
        self._echo(f"problem {' '.join(line.split())}")

    def skipped(self, line: str) -> None:
        self._echo(f"skipped {line}")


# What a person does about the portal's refusals, by code (contract C.3, B.6).
REMEDIES: Mapping[str, str] = {
    "access_denied": "the portal's plan has no REST (ACCESS_DENIED): choose a plan that has it, or renew it",
    "payment_required": "the portal's plan or trial has ended (PAYMENT_REQUIRED): an administrator has to renew it",
    "overload_limit": "Bitrix24 has blocked REST of this portal (OVERLOAD_LIMIT): write to its support",
    "portal_deleted": "the portal is deleted or closed (PORTAL_DELETED): STATUSBOT_PORTAL has to name another one",
    "application_not_found": "the application was removed at the portal: save its form again (`statusbot manifest`) and "
    "put the new STATUSBOT_CLIENT_ID and STATUSBOT_CLIENT_SECRET in",
    "error_oauth": f"the application is not installed: {REINSTALL}",
    "user_access_error": "the installer may not use the application: admit everybody in its access rights at the portal",
    "method_confirm_waiting": "an administrator has to confirm the call, as a notification at the portal asks",
    "method_confirm_denied": "an administrator has denied the call: allow it in the portal's settings of applications",
    "insufficient_scope": "a permission is missing: tick those that `statusbot manifest` prints, save the form, "
    f"then {REINSTALL}",
}


RIGHT_PORTAL = "put the host of your Bitrix24 in, as the browser shows it"


def sent_on(host: str) -> str:
    """Return what a portal does that is at another host now, and what to do."""
    return f"sends us on to {host}: {RIGHT_PORTAL}; a renamed portal has a new host"


def in_words(error: BitrixError | NotConnected) -> str:
    """Return what it means that the portal refuses us, or that we have no token of the installer, and what to do."""
    if isinstance(error, NotConnected):
        return f"the installer's token is dead: as an administrator, {REINSTALL}"
    if error.code in REMEDIES:
        return REMEDIES[error.code]
    if isinstance(error, PortalMoved):
        return f"STATUSBOT_PORTAL {sent_on(error.host)}"
    if isinstance(error, MethodBlocked):
        wait_s = 600.0 if error.wait_s is None else error.wait_s
        return (
            f"the quota of {error.method} is exhausted (OPERATION_TIME_LIMIT): it works again in {wait_s:.0f} s at most"
        )
    if isinstance(error, RateLimited):
        return (
            "the portal's quota of requests is exhausted (QUERY_LIMIT_EXCEEDED): wait a minute and check again; if it stays "
            "so, other programs at this address use it up, or STATUSBOT_RATE and STATUSBOT_BURST exceed the plan"
        )
    if isinstance(error, Unavailable):
        return f"the portal gives no proper answer ({error}): check again a little later"
    return f"the portal refuses {error.method} ({error.code or 'no code'}): ask its administrator"


def why_silent(error: BaseException) -> str:
    """Return why nobody answered."""
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return "the name does not resolve"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not accepted ({cause.verify_message})"
        if isinstance(cause, ssl.SSLError):
            return "it speaks no proper TLS"
        if isinstance(cause, ConnectionRefusedError):
            return "nobody listens there"
        if isinstance(cause, TimeoutError):
            return "no answer in time"
    return "no connection"


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        if isinstance(seen, BaseExceptionGroup):
            for part in seen.exceptions:
                yield from _causes(part)
        seen = seen.__cause__ or seen.__context__
