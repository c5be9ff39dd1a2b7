"""The application itself: whose token a token is, and which events are subscribed (contract A, C.6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.errors import BitrixError


class Caller(Protocol):
    async def call(self, method: str, params: Mapping[str, Any], /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Binding:
    event: str
    handler: str


async def app_code(caller: Caller) -> str:
    """Return the `client_id` of the application that the token belongs to."""
    result = await caller.call("app.info", {})
    return str(result.get("CODE") or "") if isinstance(result, dict) else ""


async def profile_id(caller: Caller) -> int | None:
    """Return whose token this is; None for an inactive user."""
    result = await caller.call("profile", {})
    user_id = str(result.get("ID")) if isinstance(result, dict) else ""
    return int(user_id) if user_id.isdecimal() else None


async def event_get(caller: Caller) -> list[Binding]:
    return bindings(await caller.call("event.get", {}))


def bindings(result: Any) -> list[Binding]:
    """Read the answer to `event.get`."""
    return [
        Binding(str(row.get("event")).upper(), str(row.get("handler")))
        for row in (result if isinstance(result, list) else [])
        if isinstance(row, dict)
    ]


async def event_bind(caller: Caller, binding: Binding) -> None:
    """Subscribe; a subscription that exists already is fine (the portal calls that ERROR_CORE)."""
    try:
        await caller.call("event.bind", {"event": binding.event, "handler": binding.handler})
    except BitrixError as error:
        if error.code != "error_core":
            raise


async def event_unbind(caller: Caller, binding: Binding) -> None:
    await caller.call("event.unbind", {"event": binding.event, "handler": binding.handler})
