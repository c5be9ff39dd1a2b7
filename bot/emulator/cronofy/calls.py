"""Every call with its trouble and its log entry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.emulator.answers import Response
from bot.emulator.clock import Clock
from bot.emulator.cronofy.answers import Refusal, json_answer
from bot.emulator.faults import Fault, Faults
from bot.emulator.php import Json, Params
from bot.emulator.rest import Request

_TOLD = frozenset(
    "response_type grant_type client_id redirect_uri scope avoid_linking provider_name login answer".split()
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call; holds no token, code, secret or state."""

    name: str  # as faults name it
    method: str
    path: str  # as it came, percent-encoded
    params: Params  # of query and body; of the pages and token addresses only what is no secret
    account_id: str | None  # None: nobody's, or not any more
    status: int  # of the answer, also of one that was lost; 0: the connection was cut before
    at: float  # unix seconds


@dataclass(slots=True)
class Calls:
    """Lets calls happen, go wrong, and be remembered."""

    clock: Clock
    faults: Faults
    log: list[Call] = field(default_factory=list)

    def answer(
        self, name: str, request: Request, run: Callable[[], Response], *, account_id: str | None = None
    ) -> Response:
        """Carry a call out, unless a fault says otherwise."""
        response, fault = self._suffered(name, run)
        call = Call(
            name, request.method, request.path, _told(name, request), account_id, response.status, self.clock.now()
        )
        self.log.append(call)
        return Response(response.status, response.body, response.headers, fault.delay_s, response.cut or fault.lost)

    def _suffered(self, name: str, run: Callable[[], Response]) -> tuple[Response, Fault]:
        fault = self.faults.take(name) or Fault()
        if fault.code is not None:
            error = fault.as_error("docs")
            return json_answer(error.status, error.short_body()), fault
        if fault.response is not None:
            return fault.response, fault
        try:
            return run(), fault
        except Refusal as refusal:
            return refusal.response(), fault


def _told(name: str, request: Request) -> Mapping[str, Json]:
    params = request.params()
    return {key: value for key, value in params.items() if key in _TOLD} if name.startswith("oauth.") else params
