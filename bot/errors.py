"""The error tree: a class for what the caller does next, a text key for what the person reads.

BotError
├── SettingsError           the start ends with one readable line
├── ManifestError           manifest/ contradicts itself; the start ends with one readable line
├── StorageError            the database cannot be used
│   ├── StorageAway         it may do the same a little later
│   ├── AlreadyRunning      another live process owns it
│   └── NewerVersion        a newer release stored it: leave it to that one
├── EventRejected           a request that is not taken in
│   ├── MalformedBody       no form, or one beyond our bounds: 400
│   └── ForeignEvent        not from the pinned portal, or not proven: 403
├── NotConnected            no token that is proven to be the sender's
│   └── NotProven           the event's own token is somebody else's
├── BitrixError             the portal, or its authorization server, said no or said nothing
│   ├── Unavailable         retriable: no answer, a broken one, a fault of theirs
│   │   ├── NotReached      retriable: the request never left, so nothing has come of it
│   │   ├── PortalMoved     not retriable: it redirects to another host, so the administrator has to act
│   │   └── RateLimited     retriable: too many requests
│   │       └── MethodBlocked  retriable: the method's time budget is used up
│   ├── AuthorizationLost   this token is of no use any more: forget it
│   │   └── TokenExpired    refresh once, repeat once
│   ├── NotPermitted        this person or this application may not do that
│   │   └── MissingRight    the token lacks a scope: refresh once, since a fresh one may have it
│   ├── ApplicationGone     removed, unpaid, blocked: a person has to act
│   └── MethodMissing       the portal does not know the method
└── CronofyError            Cronofy said no or said nothing
    ├── CronofyNotSetUp     we have no application at Cronofy
    ├── CronofyAway         retriable: no answer, or a fault of theirs
    │   ├── CronofyNotReached  retriable: the request never left, so nothing has come of it
    │   └── CronofyBusy     retriable: too many requests
    ├── CronofyUnreadable   it answered, but not as Cronofy does
    ├── CronofyRefusesUs    our own id or secret is not accepted: the administrator has to act
    ├── CronofyPlan         the application's plan does not include it: the administrator has to act
    ├── CronofyLocked       the account is locked: much later
    ├── CronofyRightMissing the person did not grant it: connect again
    ├── CronofyGone         no such calendar, event or channel, or not any more
    ├── CronofyInvalid      a parameter is refused, by key
    ├── AnswerRefused       this invitation takes no answer from us
    │   └── NotExternal     since an application made it
    ├── GrantRefused        a code or a refresh token is of no use
    ├── AccountTaken        the account is another person's here
    └── NotLinked           the person has connected no account
        └── LinkBroken      the permission is gone: connect again
            └── AccessRefused  refresh once, repeat once
"""

import math
from typing import ClassVar


class BotError(Exception):
    """Base of all errors that we name.

    Attributes:
        text: Key of the sentence that the sender reads; details never reach a chat.
        retriable: Whether the same thing may succeed a little later.
    """

    text: str = "errors.internal"
    retriable: ClassVar[bool] = False


class SettingsError(BotError):
    """A setting is missing or wrong; the message names it and holds no secret."""


class ManifestError(BotError):
    """A file below manifest/ is missing, unreadable or contradicts another."""


class StorageError(BotError):
    """The database cannot be opened, read or written."""


class StorageAway(StorageError):
    """The database does not answer, is full or is busy; what was asked of it is not what it complains about."""


class AlreadyRunning(StorageError):
    """Another live process works on the same database."""


class NewerVersion(StorageError):
    """What was stored is of a newer release; it is no loss, since that release can read it."""


class EventRejected(BotError):
    """A request that is refused before anything is stored."""


class MalformedBody(EventRejected):
    """The body is no form, or one outside our bounds, or lacks what its event must have."""


class ForeignEvent(EventRejected):
    """Wrong or missing application token, unknown portal, foreign application."""


class NotConnected(BotError):
    """There is no token that is proven to be the sender's; nothing may be done for them."""

    text = "errors.not-connected"


class NotProven(NotConnected):
    """The event came with somebody else's token; nothing may be done for it, not even with what is stored."""

    text = "errors.not-proven"


class NotLasting(NotConnected):
    """The sender's token cannot be renewed, so it will not do for what is to happen later."""

    text = "errors.not-lasting"


class BitrixError(BotError):
    """The portal refused a call.

    Attributes:
        method: REST method, as sent.
        code: Error code in lower case; empty for the calendar's own complaints (contract C.2).
        halfway: It ended a batch of which something had been carried out.
    """

    text = "errors.refused"
    halfway = False

    def __init__(self, message: str = "", *, method: str = "", code: str = "", text: str | None = None) -> None:
        super().__init__(message or code or type(self).__name__)
        self.method = method
        self.code = code
        self.text = text or self.text


class Unavailable(BitrixError):
    """No answer, an unreadable one, or a fault on the portal's side. The outcome of a write is unknown."""

    text = "errors.portal-away"
    retriable = True


class NotReached(Unavailable):
    """Nobody took the request, so it has no outcome at all."""


class RateLimited(Unavailable):
    """The portal did not execute the call: too many requests from this address."""

    text = "errors.busy"


class MethodBlocked(RateLimited):
    """The method has used up its operating time; other methods work (contract C.3, C.4).

    Attributes:
        wait_s: Seconds until it works again, as far as the answer tells, else None.
    """

    def __init__(self, *, method: str = "", code: str = "", wait_s: float | None = None) -> None:
        super().__init__(method=method, code=code)
        self.wait_s = wait_s


class AuthorizationLost(BitrixError):
    """The token is of no use any more."""

    text = "errors.not-connected"


class TokenExpired(AuthorizationLost):
    """The access token is past its hour; its pair may still be refreshed."""


class NotPermitted(BitrixError):
    """This person, or this application, may not call the method."""

    text = "errors.not-permitted"


class MissingRight(NotPermitted):
    """The token does not hold the scope of the method; one that is refreshed after the scopes were widened may (contract J.7)."""

    text = "errors.missing-right"


class ApplicationGone(BitrixError):
    """The application is removed, unpaid or blocked at the portal; only an administrator can help."""

    text = "errors.application-gone"


class PortalMoved(Unavailable):
    """The pinned host redirects to another one, which is not ours to trust (contract C.1). Nothing has come of the request.

    Attributes:
        host: Where it points; a name and perhaps a port, nothing that could be secret.
    """

    text = "errors.portal-moved"
    retriable = False

    def __init__(self, *, method: str = "", host: str = "") -> None:
        super().__init__("the portal redirects to another host", method=method)
        self.host = host


class MethodMissing(BitrixError):
    """The portal does not know the method (for `imbot.v2.*`: it is older than REST revision 33)."""

    text = "errors.method-missing"


class CronofyError(BotError):
    """Cronofy refused a call.

    Attributes:
        method: The call, as `Call.name` has it.
        code: Key of a refused parameter or error code of a token request; else empty.
    """

    text = "cronofy.refused"

    def __init__(self, message: str = "", *, method: str = "", code: str = "") -> None:
        super().__init__(message or code or type(self).__name__)
        self.method = method
        self.code = code

    @property
    def minutes(self) -> int:
        """How long it will last, for a `text` that tells."""
        return 0


class CronofyNotSetUp(CronofyError):
    """The settings name no application at Cronofy."""

    text = "cronofy.not-set-up"


class CronofyAway(CronofyError):
    """No answer, or a fault on Cronofy's side. The outcome of a write is unknown."""

    text = "cronofy.away"
    retriable = True


class CronofyNotReached(CronofyAway):
    """Nobody took the request, so it has no outcome at all."""


class CronofyBusy(CronofyAway):
    """The call was not carried out: the application makes too many.

    Attributes:
        wait_s: Seconds until it works again, as far as is known, else None.
    """

    text = "cronofy.busy"

    def __init__(self, message: str = "", *, method: str = "", wait_s: float | None = None) -> None:
        super().__init__(message, method=method)
        self.wait_s = wait_s

    @property
    def minutes(self) -> int:
        """As of any; one where it is not known."""
        return max(math.ceil((self.wait_s or 0) / 60), 1)


class CronofyUnreadable(CronofyError):
    """An answer that is no JSON, too large, not of the documented form, or leads elsewhere."""

    text = "cronofy.unreadable"


class CronofyRefusesUs(CronofyError):
    """Our own id or secret is not accepted (section 2.4); only an administrator can help."""

    text = "cronofy.misconfigured"


class CronofyPlan(CronofyError):
    """The plan of the application does not include the call; only an administrator can help."""

    text = "cronofy.plan"


class CronofyLocked(CronofyError):
    """The person's account at Cronofy is locked; why, nobody is told."""

    text = "cronofy.locked"


class CronofyRightMissing(CronofyError):
    """The person did not grant what the call needs; another permission may.

    Attributes:
        missing: What we need and were not granted, where that is known.
    """

    text = "cronofy.right-missing"

    def __init__(self, message: str = "", *, method: str = "", missing: frozenset[str] = frozenset()) -> None:
        super().__init__(message, method=method)
        self.missing = missing


class CronofyGone(CronofyError):
    """What the call is about does not exist, or not any more."""

    text = "cronofy.gone"


class CronofyInvalid(CronofyError):
    """A parameter is refused; `code` is the key of the first reason."""


class AnswerRefused(CronofyError):
    """Calendar or event admit no answer; a refusal comes as 403 or as 422, which of both is open (section 11)."""

    text = "cronofy.answer-refused"


class NotExternal(AnswerRefused):
    """An application made the event; only what others put into the calendar can be answered."""

    text = "cronofy.not-external"


class GrantRefused(CronofyError):
    """A code or a refresh token is unknown, used, expired or taken back."""

    text = "cronofy.code-refused"


class AccountTaken(CronofyError):
    """The account at Cronofy is connected to another person already (section 2.5)."""

    text = "cronofy.taken"


class NotLinked(CronofyError):
    """The person has connected no account at Cronofy."""

    text = "cronofy.not-linked"


class LinkBroken(NotLinked):
    """The permission was taken back, or lost; the person has to connect again."""

    text = "cronofy.link-broken"


class AccessRefused(LinkBroken):
    """The access token is not accepted; it may only be too old."""
