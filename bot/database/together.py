"""What many ask for at the same time is done with few statements.

`Database` runs what was queued while it committed last in one transaction. Works that differ in nothing but a value stand side by
side there, and a statement with many rows costs far less than as many statements.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy import Connection, Executable

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
Common: TypeAlias = Callable[[Connection, list[Item]], Sequence[Outcome]]


@dataclass(frozen=True, slots=True, eq=False)
class Share(Generic[Item, Outcome]):
    """A work that can be done together with others of its kind.

    Shares are queued by tasks that know nothing of each other, so those of two kinds may change places.

    Attributes:
        common: Does it to many items, in their order; returns what becomes of each. It makes the kind.
        item: To which it is done.
    """

    common: Common[Item, Outcome]
    item: Item

    def __call__(self, connection: Connection) -> Outcome:
        (outcome,) = self.common(connection, [self.item])
        return outcome


def for_each(statement: Executable) -> Common[dict[str, Any], None]:
    """Return what executes `statement` for many rows of values."""

    def execute(connection: Connection, rows: list[dict[str, Any]]) -> list[None]:
        connection.execute(statement, rows)
        return [None] * len(rows)

    return execute


def run_all(connection: Connection, works: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    """Run `works`; return what became of each.

    They come in their order, but shares of a kind that nothing but other shares stands between are done together with the first.
    """
    outcomes: dict[int, Any] = {}
    for shared, run in groupby(enumerate(works), key=lambda placed: isinstance(placed[1], Share)):
        if shared:
            outcomes |= _run_shares(connection, run)
        else:
            outcomes |= {place: work(connection) for place, work in run}
    return [outcomes[place] for place in range(len(works))]


def _run_shares(connection: Connection, run: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    kinds: defaultdict[Common[Any, Any], dict[int, Any]] = defaultdict(dict)
    for place, share in run:
        kinds[share.common][place] = share.item
    for common, items in kinds.items():
        yield from zip(items, common(connection, list(items.values())), strict=True)
