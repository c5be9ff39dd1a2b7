"""From the words of a call to the arguments of a handler."""

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import get_type_hints

from bot import references
from bot.errors import ManifestError
from bot.grammar.model import Call, Spoken
from bot.references import Reference

_MEANING: Mapping[str, object] = {
    "meeting": Reference,
    "until?": str | None,
    "language": str,
    "command?": str | None,
    "key": str,
    "number": int,
}
_READERS: Mapping[object, Callable[[str], object]] = {Reference: references.read, int: int}


def check_signature(command: Spoken, function: Callable[..., object]) -> None:
    """Compare a handler with what the manifest says of its command.

    Raises:
        ManifestError: Their arguments differ in number or kind.
    """
    wanted = [_MEANING[arg] for arg in command.args]
    found = [kind for _, kind in _parameters(function)]
    if wanted != found:
        raise ManifestError(
            f"command {command.name}: the manifest says ({', '.join(command.args)}), "
            f"the handler takes ({', '.join(map(inspect.formatannotation, found))})"
        )


def bind(function: Callable[..., object], call: Call) -> dict[str, object]:
    """Give a call's words the names and types of a handler's parameters after `ctx`.

    Raises:
        ManifestError: The handler takes something else; `check_signature` finds that at the start.
    """
    bound: dict[str, object] = {}
    words = list(call.words)
    for name, kind in _parameters(function):
        if not words and kind != str | None:
            raise ManifestError(f"command {call.name}: nothing is left for {name}")
        bound[name] = _READERS.get(kind, str)(words.pop(0)) if words else None
    if words:
        raise ManifestError(f"command {call.name}: the handler takes {len(bound)} arguments, not {len(call.words)}")
    return bound


@cache
def _parameters(function: Callable[..., object]) -> tuple[tuple[str, object], ...]:
    """Name and type of each parameter after the first."""
    try:
        hints = get_type_hints(function)
    except NameError as error:
        raise ManifestError(f"{function.__qualname__}: {error}") from error
    names = list(inspect.signature(function).parameters)[1:]
    return tuple((name, hints.get(name, object)) for name in names)
