"""What many ask for at the same time is done with few statements.

`Database` runs what was queued while it committed last in one transaction. Works that differ in nothing but a value stand side by
side there, and a statement with many rows costs far less than as many statements.
"""

from collections.abc import Callable, Sequence
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
    """Run `works` in their order, neighbours of a kind together; return what became of each."""
    outcomes: list[Any] = []
    for common, alike in groupby(works, key=_kind):
        if common is None:
            outcomes += [work(connection) for work in alike]
        else:
            outcomes += common(connection, [share.item for share in alike if isinstance(share, Share)])
    return outcomes


def _kind(work: Any) -> Common[Any, Any] | None:
    return work.common if isinstance(work, Share) else None
