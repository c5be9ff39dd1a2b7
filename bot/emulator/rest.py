"""The REST front door: from bytes of a request to bytes of an answer (contract C)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.emulator.answers import Response, RestError, answer, system_error
from bot.emulator.basics import has_scope
from bot.emulator.batch import Batch
from bot.emulator.clock import Clock
from bot.emulator.faults import Faults, InterruptedCall
from bot.emulator.limits import Bucket, Operating
from bot.emulator.methods import Caller, Method
from bot.emulator.oauth import OAuthServer
from bot.emulator.options import Options
from bot.emulator.people import User
from bot.emulator.php import Json, Params, array, decode, to_text

BATCH = "batch"
_TOKENS = ("auth", "access_token")
_HUMPS = re.compile(r"\.[A-Z]?[a-z0-9]+[A-Z]")


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as it came."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def params(self) -> dict[str, Json]:
        """Return query and body merged, the body winning; a body that cannot be read counts as empty."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        inner: Params = {}
        if kind == "application/json":
            inner = _json(self.body)
        elif kind == "application/x-www-form-urlencoded":
            inner = decode(self.body.decode(errors="replace"))
        return {**decode(self.query), **inner}


def _json(body: bytes) -> Params:
    try:
        parsed: Json = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, Mapping) else {}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a method; holds no token, but for what a caller may have put into the commands of a batch."""

    method: str
    params: Params
    user_id: int | None
    status: int  # of the HTTP answer, or what it would be for an item of a batch
    error: str | None  # None: it was carried out; the code may be empty
    at: float  # unix seconds
    request_no: int  # equal for the items of one batch
    batch: bool  # an item of a batch
    level: float | None  # of the bucket, the request included; None: there is no limit


@dataclass(slots=True)
class _Exchange:
    """A request while it is being answered."""

    number: int
    delay_s: float = 0.0
    lost: bool = False


@dataclass(slots=True)
class Rest:
    """Everything behind `/rest/`."""

    options: Options
    clock: Clock
    oauth: OAuthServer
    users: Mapping[int, User]
    faults: Faults
    bucket: Bucket | None = None  # None: as many requests as anybody likes
    operating: Operating = field(default_factory=Operating)
    calls: list[Call] = field(default_factory=list)
    requests: int = 0  # HTTP requests, a batch being one
    _methods: dict[str, Method] = field(default_factory=dict)

    def register(self, methods: list[Method]) -> None:
        """Take methods in: names with inner humps are found as they are written only, others in any case."""
        for method in methods:
            key = (
                method.name
                if method.name.startswith("imbot.v2.") and _HUMPS.search(method.name)
                else method.name.lower()
            )
            self._methods[key] = method

    def find(self, name: str) -> Method | None:
        """Look a method up: first in lower case, then as it came."""
        method = self._methods.get(name.lower()) or self._methods.get(name)
        if method is not None and method.name.startswith("imbot.v2.") and not self.options.has_v2:
            return None
        return method

    def handle(self, request: Request) -> Response:
        """Answer a request; it counts, whatever becomes of it."""
        self.requests += 1
        exchange = _Exchange(self.requests)
        name = request.path.removeprefix("/rest/").strip("/").removesuffix(".json")
        params = request.params()
        try:
            response = self._answered(name, params, request, exchange)
        except InterruptedCall as interruption:
            response = interruption.response
        if exchange.lost:
            return Response(0, cut=True, delay_s=exchange.delay_s)
        return Response(response.status, response.body, response.headers, exchange.delay_s, response.cut)

    def _answered(self, name: str, params: dict[str, Json], request: Request, exchange: _Exchange) -> Response:
        token = _token(params, request)
        kept = {key: value for key, value in params.items() if key not in _TOKENS}
        caller: Caller | None = None
        try:
            if self.bucket is not None and not self.bucket.take(self.clock.now()):
                raise system_error("QUERY_LIMIT_EXCEEDED")
            self._suffer(name, self.oauth.owner(token), exchange)
            caller = self._caller(token)
            if name.lower() == BATCH:
                result, spent = self._batch(caller, kept, exchange)
            else:
                result, spent = self._call(caller, name, kept)
        except RestError as refusal:
            self._log(name, kept, caller, exchange, refusal)
            return answer(refusal.status, refusal.body())
        self._log(name, kept, caller, exchange, None)
        return answer(200, array({"result": result, "time": spent}))

    def _log(
        self,
        name: str,
        params: Params,
        caller: Caller | None,
        exchange: _Exchange,
        refusal: RestError | None,
        *,
        batch: bool = False,
    ) -> None:
        user_id = caller.user.id if caller else None
        status, code = (refusal.status, refusal.code) if refusal else (200, None)
        level = self.bucket.level if self.bucket else None
        self.calls.append(Call(name, params, user_id, status, code, self.clock.now(), exchange.number, batch, level))

    def _caller(self, token: str) -> Caller:
        """Return whose token it is.

        Raises:
            RestError: Nobody's, or not any more.
        """
        statuses = self.options.error_statuses
        if not token:
            raise system_error("NO_AUTH_FOUND", statuses)
        pair = self.oauth.check(token)
        user = self.users.get(pair.user_id)
        if user is None or not user.active:
            raise system_error("authorization_error", statuses)
        if not user.bot and not pair.app.admits(user.id):
            raise system_error("user_access_error", statuses)
        return Caller(user, pair.app)

    def _call(self, caller: Caller, name: str, params: Params) -> tuple[Json, dict[str, Json]]:
        method = self.find(name)
        if method is None:
            raise system_error("ERROR_METHOD_NOT_FOUND")
        if not has_scope(caller, method):
            raise system_error("insufficient_scope", self.options.error_statuses)
        client_id, now = caller.app.client_id, self.clock.now()
        if self.operating.is_blocked(client_id, method.name, now):
            raise self._blocked(client_id, method.name, now)
        result = method.run(caller, params)
        used = self.operating.spend(client_id, method.name, now)
        return result, self._time(
            now, self.operating.cost(method.name), used, self.operating.reset_at(client_id, method.name, now)
        )

    def _suffer(self, name: str, user_id: int | None, exchange: _Exchange) -> None:
        """Apply the fault that waits for this call.

        Raises:
            RestError: It is refused.
            InterruptedCall: The whole request ends here.
        """
        fault = self.faults.take(name, user_id)
        if fault is None:
            return
        exchange.delay_s += fault.delay_s
        exchange.lost = exchange.lost or fault.lost
        if fault.response is not None:
            raise InterruptedCall(fault.response)
        if fault.code is not None:
            raise fault.as_error(self.options.error_statuses)

    def _blocked(self, client_id: str, method: str, now: float) -> RestError:
        blocked = system_error("OPERATION_TIME_LIMIT")
        if self.options.reset_in_error:
            blocked.extra["operating_reset_at"] = self.operating.reset_at(client_id, method, now)
        return blocked

    def _time(self, now: float, cost: float, used: float, reset_at: int) -> dict[str, Json]:
        date = datetime.fromtimestamp(int(now), UTC).isoformat()
        return {
            "start": _number(now),
            "finish": _number(now + cost),
            "duration": _number(cost),
            "processing": 0,
            "date_start": date,
            "date_finish": date,
            "operating_reset_at": reset_at,
            "operating": _number(used),
        }

    def _batch(self, caller: Caller, params: Params, exchange: _Exchange) -> tuple[Json, dict[str, Json]]:
        def call(name: str, inner: Params) -> tuple[Json, dict[str, Json]]:
            kept = {key: value for key, value in inner.items() if key not in _TOKENS}
            try:
                self._suffer(name, caller.user.id, exchange)
                answered = self._call(caller, name, kept)
            except RestError as refusal:
                self._log(name, kept, caller, exchange, refusal, batch=True)
                raise
            self._log(name, kept, caller, exchange, None, batch=True)
            return answered

        result = Batch(call).run(params)
        now = self.clock.now()
        return result, self._time(now, 0.0, 0.0, self.operating.reset_at(caller.app.client_id, BATCH, now))


def _token(params: Params, request: Request) -> str:
    for name in _TOKENS:
        if name in params:
            return to_text(params[name])
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _number(value: float) -> float:
    """Spell a whole number without a fraction, as PHP's JSON does."""
    return int(value) if float(value).is_integer() else round(value, 6)
