"""Reads the samples of webhook bodies, and encodes forms as PHP's http_build_query does."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bot.events import Tree, parse_form

FOLDER = Path(__file__).parent / "events"
NAMES = tuple(sorted(path.name.removesuffix(".form.txt") for path in FOLDER.glob("*.form.txt")))


def pairs(name: str) -> dict[str, str]:
    """Return the pairs of a sample; without duplicates, as all samples are."""
    lines = (FOLDER / f"{name}.form.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def changed(name: str, changes: dict[str, str | None] | None = None) -> dict[str, str]:
    """Return the pairs of a sample with some replaced or added; None removes a name and what is below it."""
    found = pairs(name)
    for key, value in (changes or {}).items():
        if value is None:
            found = {other: kept for other, kept in found.items() if other != key and not other.startswith(f"{key}[")}
        else:
            found[key] = value
    return found


def body(name: str, changes: dict[str, str | None] | None = None) -> bytes:
    return encode(changed(name, changes).items())


def tree(name: str, changes: dict[str, str | None] | None = None) -> Tree:
    return parse_form(body(name, changes))


def encode(fields: Iterable[tuple[str, str]]) -> bytes:
    return urlencode(list(fields)).encode()


def php_pairs(node: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Flatten nested maps and lists; empty ones vanish, as in PHP."""
    if isinstance(node, str):
        yield prefix, node
        return
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in items:
        yield from php_pairs(child, f"{prefix}[{key}]" if prefix else str(key))
