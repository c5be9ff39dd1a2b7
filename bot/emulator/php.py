"""How PHP writes and reads values: bracket forms, emptiness, integer casts, arrays that become lists.

A portal is a PHP program, and each of these habits is visible on the wire (contract C.1, C.2, E.4, G).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl, urlencode

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Params: TypeAlias = Mapping[str, Json]
Nulls: TypeAlias = Literal["drop", "blank"]

INT_MAX = 2**63 - 1
_NUMBER = re.compile(r"\s*[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")


def encode(value: Params, *, nulls: Nulls = "drop") -> list[tuple[str, str]]:
    """Return the pairs of a form: nested keys in brackets, true as 1, false as 0, empty arrays left out.

    Args:
        value: What to send.
        nulls: `drop` leaves a null out, as form building in PHP does; `blank` sends an empty text.
    """
    return [pair for key, inner in value.items() for pair in _pairs(key, inner, nulls)]


def _pairs(name: str, value: Json, nulls: Nulls) -> Iterator[tuple[str, str]]:
    if value is None:
        if nulls == "blank":
            yield name, ""
    elif isinstance(value, bool):
        yield name, "1" if value else "0"
    elif isinstance(value, str | int | float):
        yield name, str(value)
    else:
        for key, inner in _items(value):
            yield from _pairs(f"{name}[{key}]", inner, nulls)


def _items(value: Sequence[Json] | Mapping[str, Json]) -> Iterable[tuple[str, Json]]:
    if isinstance(value, Mapping):
        return value.items()
    return ((str(index), inner) for index, inner in enumerate(value))


def form(value: Params, *, nulls: Nulls = "drop") -> bytes:
    """Return the body of a form POST."""
    return urlencode(encode(value, nulls=nulls)).encode()


def decode(text: str) -> dict[str, Json]:
    """Unfold a query or a form; of equal keys the last wins, keys 0..n-1 become a list."""
    root: _Tree = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        _put(root, _path(name), value)
    return {key: _listed(inner) for key, inner in root.items()}


_Tree: TypeAlias = "dict[str, _Tree | str]"


def _path(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    head = head.replace(".", "_").replace(" ", "_")
    if not bracket or "]" not in rest:
        return [head + ("_" + rest if bracket else "")]
    return [head, *re.findall(r"\[([^\]]*)\]", bracket + rest)]


def _put(root: _Tree, path: list[str], value: str) -> None:
    node = root
    for step in path[:-1]:
        key = step or _next_index(node)
        inner = node.get(key)
        if not isinstance(inner, dict):
            inner = node[key] = {}
        node = inner
    node[path[-1] or _next_index(node)] = value


def _next_index(node: _Tree) -> str:
    numbers = [int(key) for key in node if key.isdecimal()]
    return str(max(numbers, default=-1) + 1)


def _listed(value: "_Tree | str") -> Json:
    if isinstance(value, str):
        return value
    inner = {key: _listed(item) for key, item in value.items()}
    return list(inner.values()) if _is_list(inner) else inner


def _is_list(value: Mapping[str, Json]) -> bool:
    return bool(value) and list(value) == [str(index) for index in range(len(value))]


def array(value: Json) -> Json:
    """Return what PHP's JSON shows: an empty map is `[]`, a map with keys 0..n-1 is a list."""
    if isinstance(value, Mapping):
        inner = {key: array(item) for key, item in value.items()}
        return list(inner.values()) if not inner or _is_list(inner) else inner
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [array(item) for item in value]
    return value


def is_empty(value: Json) -> bool:
    """Tell what `empty()` tells: nothing, false, 0, "", "0" and empty arrays."""
    return not value or value == "0"


def to_int(value: Json) -> int:
    """Cast as `(int)` does: "651x" is 651, "1e3" is 1000, words are 0, a non-empty array is 1."""
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, float):
        return int(value)
    if isinstance(value, str):
        found = _NUMBER.match(value)
        return _clamped(found.group()) if found else 0
    return 1 if value else 0


def _clamped(number: str) -> int:
    whole = int(number) if number.strip().lstrip("+-").isdecimal() else int(float(number))
    return max(-INT_MAX - 1, min(INT_MAX, whole))


def to_text(value: Json) -> str:
    """Cast as `(string)` does: true is "1", false and null are "", an array is "Array"."""
    if isinstance(value, bool):
        return "1" if value else ""
    if value is None:
        return ""
    return str(value) if isinstance(value, str | int | float) else "Array"


def is_yes(value: Json) -> bool:
    """Read a switch of the messenger: true or "Y", in any of the spellings a form makes of them."""
    return value is True or to_text(value) in {"1", "Y", "y", "true"}


def mapping(value: Json) -> Params:
    """Return a map as it is and anything else as an empty one; an empty list is an empty map."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Json) -> Sequence[Json]:
    """Return the members of a list or a map, and one value as a list of one."""
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    return [] if value is None or value == "" else [value]
