"""Events as text, for the inbox: versioned, because what waits there survives upgrades.

Beside an event stands which request it comes from, so that what is done in another process is done in the same name.
"""

import json
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from bot import tracing
from bot.errors import NewerVersion, StorageError
from bot.events.model import Event

VERSION = 1

_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands beside the event; former releases stored none of it, and later ones may store more."""

    origin: tracing.Origin | None = None


_ORIGIN = TypeAdapter(tracing.Origin)
_HEAD = TypeAdapter(_Head)


def dump(event: Event) -> str:
    """Return `event` as text, with the request for which something is being done now."""
    origin = tracing.origin()
    beside = "" if origin is None else f'"origin":{_ORIGIN.dump_json(origin).decode()},'
    return f'{{"v":{VERSION},{beside}"event":{_EVENT.dump_json(event).decode()}}}'


def load(text: str) -> Event:
    """Return the event that `dump` wrote, in this release or an earlier one.

    Raises:
        NewerVersion: A newer release stored it.
        StorageError: No stored event, or one of no version that there ever was. Neither holds anything of the text.
    """
    try:
        stored: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise StorageError("stored event: no JSON") from None
    version = stored.get("v") if isinstance(stored, dict) else None
    if version != VERSION:
        newer = type(version) is int and version > VERSION  # `true` is no version
        raise (NewerVersion if newer else StorageError)(
            f"stored event: version {version!r:.20}, this release reads {VERSION}"
        )
    try:
        return _EVENT.validate_python(stored.get("event"))
    except ValidationError as error:
        places = sorted({".".join(map(str, detail["loc"])) for detail in error.errors()})
        raise StorageError(f"stored event: does not read at {', '.join(places) or 'its top'}") from None


def origin_of(text: str) -> tracing.Origin | None:
    """Return which request the event in `text` comes from; None when that was not stored, or does not read."""
    try:
        # Pydantic's own reader of JSON would remember thousands of the texts within.
        return _HEAD.validate_python(json.loads(text)).origin
    except (ValueError, RecursionError):  # a ValidationError is a ValueError, too
        return None
