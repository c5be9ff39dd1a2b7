"""Events as text, for the inbox: versioned, because what waits there survives upgrades."""

import json
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from bot.errors import StorageError
from bot.events.model import Event

VERSION = 1

_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def dump(event: Event) -> str:
    return f'{{"v":{VERSION},"event":{_EVENT.dump_json(event).decode()}}}'


def load(text: str) -> Event:
    """Return the event that `dump` wrote, in this release or an earlier one.

    Raises:
        StorageError: No stored event, or one of a version that this release cannot read. Holds nothing of the text.
    """
    try:
        stored: Any = json.loads(text)
    except ValueError:
        raise StorageError("stored event: no JSON") from None
    version = stored.get("v") if isinstance(stored, dict) else None
    if version != VERSION:
        raise StorageError(f"stored event: version {version!r:.20}, this release reads {VERSION}")
    try:
        return _EVENT.validate_python(stored.get("event"))
    except ValidationError as error:
        places = sorted({".".join(map(str, detail["loc"])) for detail in error.errors()})
        raise StorageError(f"stored event: does not read at {', '.join(places) or 'its top'}") from None
