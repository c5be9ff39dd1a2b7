"""Trouble on demand: the next calls of a method fail, hang, break off or lose their answer (contract C.3).

REST methods are meant by their names, also as items of a batch; the authorization server's pages by `oauth.token`,
`oauth.authorize` and `oauth.app.info`, which `*` does not mean.
"""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from bot.emulator.answers import HTML_TYPE, Response, RestError, Statuses, redirect, system_error


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble. Made by the functions below."""

    code: str | None = None  # an error of the API; of a batch only the item fails
    status: int | None = None
    text: str | None = None
    response: Response | None = None  # instead of the call's own answer, the call is not carried out
    lost: bool = False  # carried out, but the connection breaks off before the answer
    delay_s: float = 0.0  # carried out at once, answered later

    @property
    def kind(self) -> str:
        """What it is called in the emulator's own API; any answer that is not the portal's is a `page`."""
        if self.code is not None:
            return "error"
        if self.response is not None:
            return "cut" if self.response.cut else "page"
        return "lost" if self.lost else "slow"

    def as_error(self, statuses: Statuses) -> RestError:
        return system_error(self.code or "", statuses, status=self.status, text=self.text)


def error(code: str, *, status: int | None = None, text: str | None = None) -> Fault:
    """Refuse with a code of contract C.3 or, given a status, with any other."""
    return Fault(code=code, status=status, text=text)


def html_page(status: int = 502, page: str = "<html><body><h1>502 Bad Gateway</h1></body></html>") -> Fault:
    """Answer with a page of a proxy instead of JSON."""
    return raw(status, page.encode(), HTML_TYPE)


def raw(status: int, body: bytes, content_type: str) -> Fault:
    """Answer with any bytes."""
    return Fault(response=Response(status, body, {"Content-Type": content_type}))


def moved(location: str) -> Fault:
    """Answer 302, as the old host of a renamed portal does."""
    return Fault(response=redirect(location))


def cut() -> Fault:
    """Break off the connection before anything is done."""
    return Fault(response=Response(0, cut=True))


def lost() -> Fault:
    """Carry the call out and break off the connection instead of answering."""
    return Fault(lost=True)


def slow(delay_s: float) -> Fault:
    """Answer `delay_s` seconds late; the server sleeps, the portal does not."""
    return Fault(delay_s=delay_s)


class InterruptedCall(Exception):
    """A call ends with an answer that is not its own."""

    def __init__(self, response: Response) -> None:
        """Answer the whole HTTP request with `response`."""
        super().__init__(response.status)
        self.response = response


@dataclass(slots=True)
class _Rule:
    pattern: str
    fault: Fault
    left: int | None
    user_id: int | None
    skip: int


@dataclass(slots=True)
class Faults:
    """The trouble that waits; rules are tried in the order in which they were added."""

    _rules: list[_Rule] = field(default_factory=list)

    def add(
        self, pattern: str, fault: Fault, *, count: int | None = 1, user_id: int | None = None, skip: int = 0
    ) -> None:
        """Let something go wrong.

        Args:
            pattern: Of method names, such as `calendar.meeting.status.*`; case does not matter.
            fault: What happens.
            count: How many calls; None means until `clear`.
            user_id: Only with this person's token.
            skip: How many matching calls are left alone first.
        """
        self._rules.append(_Rule(pattern.lower(), fault, count, user_id, skip))

    def clear(self) -> None:
        self._rules.clear()

    def waiting(self) -> list[tuple[str, Fault]]:
        """Return what has not happened yet, with the pattern of method names that it waits for."""
        return [(rule.pattern, rule.fault) for rule in self._rules if rule.left != 0]

    def take(self, method: str, user_id: int | None = None) -> Fault | None:
        """Return the trouble of this call, counting it."""
        for rule in self._rules:
            if rule.left == 0 or rule.user_id not in {None, user_id} or not _means(rule.pattern, method.lower()):
                continue
            if rule.skip:
                rule.skip -= 1
                continue
            if rule.left is not None:
                rule.left -= 1
            return rule.fault
        return None


def _means(pattern: str, method: str) -> bool:
    return fnmatchcase(method, pattern) and not (pattern == "*" and method.startswith("oauth."))
