"""What a view is made of: values by key, the last ones of long logs, and parameters that are not too long."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeAlias, TypeVar

from bot.emulator.php import Json

Items: TypeAlias = Iterator[tuple[str, Json]]
T = TypeVar("T")

_LONGEST_PARAMS = 400  # characters


def newest(things: Sequence[T], count: int) -> Iterator[tuple[int, T]]:
    """Yield the last things with their places in the whole."""
    first = max(0, len(things) - count)
    return enumerate(islice(things, first, None), first)


def shortened(params: object) -> str:
    """Return parameters as JSON, cut off where they get long."""
    text = json.dumps(params, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_PARAMS else text[:_LONGEST_PARAMS] + "…"
