"""What a REST method is to this portal: a name, the scope it wants, and a function of caller and parameters."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from bot.emulator.oauth import App
from bot.emulator.people import User
from bot.emulator.php import Json, Params


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose token a request carried, and of which application."""

    user: User
    app: App


Run: TypeAlias = Callable[[Caller, Params], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """A REST method; an empty scope is the basic one that every application has."""

    name: str
    scope: str
    run: Run


def upper_keys(params: Params) -> dict[str, Json]:
    """Return parameters as `im.*`, `imbot.*` of v1 and `event.*` read them: top-level keys in capitals (contract C.1)."""
    return {key.upper(): value for key, value in params.items()}


def camel_keys(params: Params) -> dict[str, Json]:
    """Return parameters as v2 reads them: `BOT_ID` becomes `botId`, camelCase stays."""
    return {_camel(key): value for key, value in params.items()}


def _camel(key: str) -> str:
    if not re.fullmatch(r"[A-Z0-9_]+", key):
        return key
    first, *others = key.lower().split("_")
    return first + "".join(part.capitalize() for part in others)
