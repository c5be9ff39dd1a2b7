"""Single fields of a form tree, read leniently: missing, blank and null are the same (contract E.4)."""

import json
from hashlib import sha256

from bot.errors import MalformedBody
from bot.events.form import Node, Tree

MAX_DIGITS = 18  # fits a signed 64-bit column
SHORT = 255  # characters; only texts and parameters may be longer
TRUE = frozenset({"1", "y", "true"})

# What differs between two deliveries of one event, or is secret; compared in lower case.
PER_DELIVERY = frozenset({"event_handler_id"})
AUTH = frozenset({"auth", "access_token", "refresh_token", "application_token", "expires", "expires_in"})


def branch(tree: Tree, *path: str) -> Tree:
    """Return the map at the path, {} when there is none."""
    for name in path:
        child = tree.get(name)
        if not isinstance(child, dict):
            return {}
        tree = child
    return tree


def entries(tree: Tree, name: str) -> list[tuple[str, Tree]]:
    """Return the maps below a name with their keys; what is no map is left out."""
    child = tree.get(name)
    pairs = child.items() if isinstance(child, dict) else ()
    return [(key, value) for key, value in pairs if isinstance(value, dict)]


def text(tree: Tree, *names: str, limit: int = SHORT) -> str:
    """Return the first of the names that is a scalar and not blank, else "".

    NUL characters are dropped: PostgreSQL stores none.
    """
    for name in names:
        value = tree.get(name)
        if isinstance(value, str) and value:
            return value.replace("\0", "")[:limit]
    return ""


def number(tree: Tree, *names: str) -> int | None:
    """Return the first of the names that is a plain decimal number, else None."""
    for name in names:
        value = decimal(tree.get(name))
        if value is not None:
            return value
    return None


def decimal(value: Node | None) -> int | None:
    """Return the number that plain ASCII digits make: int() would take signs, underscores and other scripts."""
    if isinstance(value, str) and value.isdigit() and value.isascii() and len(value) <= MAX_DIGITS:
        return int(value)
    return None


def required(value: int | None, field: str) -> int:
    """Return an id that the event must have.

    Raises:
        MalformedBody: It is missing, zero or no number. The message names the field and never the value.
    """
    if not value:
        raise MalformedBody(f"event: {field} is missing or no number")
    return value


def flag(tree: Tree, name: str, *, default: bool = False) -> bool:
    """Return a truth value of either API: 1 and 0 (v2), Y and N (v1)."""
    value = text(tree, name)
    return value.lower() in TRUE if value else default


def body_digest(tree: Tree, *, with_auth: bool) -> str:
    """Return what tells two bodies apart that carry no ids.

    Args:
        tree: The whole form. `event_handler_id` is left out: it differs between duplicate subscriptions (contract E.7).
        with_auth: Let the tokens count too. They cannot be recovered from the digest.
    """
    left_out = PER_DELIVERY if with_auth else PER_DELIVERY | AUTH
    tree = {**tree, "event": text(tree, "event").upper()}
    return short_digest(json.dumps(_without(tree, left_out), sort_keys=True))


def short_digest(value: str) -> str:
    """Return 128 bits of SHA-256 in hex: enough to tell values apart in a key."""
    return sha256(value.encode()).hexdigest()[:32]


def _without(node: Node, names: frozenset[str]) -> Node:
    if isinstance(node, str):
        return node
    if isinstance(node, list):
        return [_without(child, names) for child in node]
    return {name: _without(child, names) for name, child in node.items() if name.lower() not in names}
