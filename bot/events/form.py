"""Form bytes to the tree that PHP would make of them; pure and bounded.

The portal builds its bodies with PHP's `http_build_query`: brackets in the names stand for nesting (contract E.1, E.4).
The standard library decodes the percent signs and the unfolding below is PHP's rule in a few lines. A generic library
was tried and left out: qs-codec took several times as long and does not follow PHP where a name is sent both as a scalar
and as a map.

Bodies of a portal have the same few sequences of names over and over. What such a sequence unfolds to is its shape, a tree with
the number of a pair wherever a value belongs; shapes are remembered, so that most bodies are only filled in.
"""

from functools import lru_cache, partial
from typing import TypeAlias
from urllib.parse import unquote

from bot.errors import MalformedBody

Node: TypeAlias = str | list["Node"] | dict[str, "Node"]
Tree: TypeAlias = dict[str, Node]
Shape: TypeAlias = int | list["Shape"] | dict[str, "Shape"]

MAX_BYTES = 256 * 1024
MAX_PAIRS = 2000
MAX_DEPTH = 10  # names in one path: data[message][forward][id] has four
KNOWN_FORM = 8 * 1024  # characters of a form whose shape is remembered
KNOWN_VALUE = 100  # characters of a value that is remembered as decoded
INDEX_DIGITS = 18  # longer numbers are names, as in PHP, where they exceed an integer


def parse_form(body: bytes) -> Tree:
    """Return the nested form; maps whose keys are 0..n-1 are lists.

    Raises:
        MalformedBody: No form, not UTF-8, or larger, longer or deeper than our bounds. Never names what was sent.
    """
    if len(body) > MAX_BYTES:
        raise MalformedBody(f"form: more than {MAX_BYTES} bytes")
    try:
        return _unfold(_form_text(body))
    except UnicodeDecodeError:
        raise MalformedBody("form: not UTF-8") from None


def _form_text(body: bytes) -> str:
    text = body.decode()
    if "=" not in text or text.lstrip()[:1] in {"{", "["}:
        raise MalformedBody("form: the body is none")
    if text.count("&") >= MAX_PAIRS:
        raise MalformedBody(f"form: more than {MAX_PAIRS} pairs")
    return text.replace("+", " ")  # a space separates no pairs and is no hex digit, so this may come first


def _unfold(text: str) -> Tree:
    pairs = [pair.partition("=") for pair in text.split("&")]
    names = tuple([name for name, _, _ in pairs])
    values = [_decoded(value) if "%" in value else value for _, _, value in pairs]
    shape = _known_shape(names) if len(text) <= KNOWN_FORM else _shape(names)
    return {name: _filled(child, values) for name, child in shape.items()}


def _decoded(value: str) -> str:
    return _known_value(value) if len(value) <= KNOWN_VALUE else unquote(value, errors="strict")


def _filled(shape: Shape, values: list[str]) -> Node:
    if isinstance(shape, int):
        return values[shape]
    if isinstance(shape, list):
        return [_filled(child, values) for child in shape]
    # Most of a form is leaves, so they are not worth a call each.
    return {name: values[child] if isinstance(child, int) else _filled(child, values) for name, child in shape.items()}


def _shape(names: tuple[str, ...]) -> dict[str, Shape]:
    """Build the tree; pairs of one map mostly stand together, so each map is looked up by its path."""
    root = _Map()
    maps: dict[tuple[str, ...], _Map] = {(): root}
    for number, name in enumerate(names):
        above, leaf = _path(name)
        if leaf is None:
            continue
        node = maps.get(above)
        if node is None:
            node = _descend(root, above)
            if "" not in above:  # `a[][b]` appends to `a` each time
                maps[above] = node
        former = node.get(leaf)
        node.put(leaf, number)
        if isinstance(former, _Map):
            maps = {(): root}  # a map gave way to a scalar, so paths through it lead elsewhere now
    if not root:
        raise MalformedBody("form: no pair has a name")
    return {name: _plain(child) for name, child in root.items()}


class _Map(dict[str, "int | _Map"]):
    """A map under construction that knows its next free index once somebody appended."""

    __slots__ = ("free",)

    def __init__(self) -> None:
        self.free: int | None = None

    def put(self, name: str, value: "int | _Map") -> None:
        """Set or replace; the empty name appends."""
        if not name:
            if self.free is None:
                self.free = max((int(known) + 1 for known in self if _is_index(known)), default=0)
            name = str(self.free)
        if self.free is not None and _is_index(name):
            self.free = max(self.free, int(name) + 1)
        self[name] = value


def _descend(root: _Map, path: tuple[str, ...]) -> _Map:
    """Return the map at `path`, making what is missing; a scalar on the way gives way."""
    node = root
    for step in path:
        child = node.get(step) if step else None
        if not isinstance(child, _Map):
            child = _Map()
            node.put(step, child)
        node = child
    return node


def _is_index(name: str) -> bool:
    return name.isdigit() and name.isascii() and len(name) <= INDEX_DIGITS and (name[0] != "0" or name == "0")


def _path(name: str) -> tuple[tuple[str, ...], str | None]:
    """Split `a[b][c]`, still encoded, into `("a", "b")` and `"c"`; None for a pair without a name, which PHP ignores.

    An index ends at the next `]`; what follows the last index is dropped, as PHP does.
    """
    if "%" in name:
        name = unquote(name, errors="strict")
    start, end = name.find("["), -1
    if start == 0 or not name:
        return (), None
    if start > 0:
        end = name.find("]", start)
    if end < 0:
        return (), name.replace("[", "_", 1)
    path = [name[:start]]
    while end >= 0 and name[start : start + 1] == "[":
        if len(path) == MAX_DEPTH:
            raise MalformedBody(f"form: deeper than {MAX_DEPTH} names")
        path.append(name[start + 1 : end])
        start = end + 1
        end = name.find("]", start)
    return tuple(path[:-1]), path[-1]


def _plain(node: "int | _Map") -> Shape:
    if isinstance(node, int):
        return node
    if "0" in node and all(str(index) in node for index in range(len(node))):
        return [_plain(node[str(index)]) for index in range(len(node))]
    return {name: _plain(child) for name, child in node.items()}


_known_shape = lru_cache(maxsize=32)(_shape)
_known_value = lru_cache(maxsize=2048)(partial(unquote, errors="strict"))
