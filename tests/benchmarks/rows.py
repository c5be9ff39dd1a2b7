"""A line of the table: a figure, and beside it what it should be. A target is shown and never asserted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should be: at most `bound`, or at least.

    Attributes:
        relaxes: On a server it may be twice as bad.
    """

    bound: float
    least: bool = False
    relaxes: bool = True

    def relaxed(self, times: float) -> "Target":
        """Return the target of an engine that may be so many times worse."""
        if not self.relaxes:
            return self
        return Target(self.bound / times if self.least else self.bound * times, self.least)

    def is_met(self, value: float) -> bool:
        return value >= self.bound if self.least else value <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.least else '<='} {self.bound:g}"


@dataclass(frozen=True, slots=True)
class Row:
    figure: str
    value: float
    unit: str = ""
    target: Target | None = None


class Measured(Protocol):
    """What a part has found."""

    def rows(self) -> Iterable[Row]: ...


@dataclass(frozen=True, slots=True)
class Section:
    """What one part found on one engine; the targets of `rows` are those of that engine."""

    engine: str
    part: str
    title: str
    note: str  # under which circumstances
    rows: tuple[Row, ...]

    def summary(self) -> dict[str, dict[str, object]]:
        return {row.figure: _summary(row) for row in self.rows}


def _summary(row: Row) -> dict[str, object]:
    found: dict[str, object] = {"value": round(row.value, 4), "unit": row.unit}
    if row.target is not None:
        found |= {"target": str(row.target), "met": row.target.is_met(row.value)}
    return found


def summary(sections: Iterable[Section]) -> dict[str, dict[str, object]]:
    """Return what is written as JSON: by engine, then by part."""
    found: dict[str, dict[str, object]] = {}
    for section in sections:
        found.setdefault(section.engine, {})[f"{section.part}: {section.title}"] = section.summary()
    return found


def table(section: Section) -> Iterator[str]:
    """Return the lines that a person reads."""
    yield f"\n({section.part}) {section.title}, {section.engine}"
    yield f"    {section.note}"
    for row in section.rows:
        target = "" if row.target is None else f"{row.target!s:>10}  {_verdict(row.target, row.value)}"
        yield f"  {row.figure:58}{_shown(row.value):>10} {row.unit:10}{target}".rstrip()


def _verdict(target: Target, value: float) -> str:
    return "met" if target.is_met(value) else "MISSED"


def _shown(value: float) -> str:
    """Return three digits that tell something, as far as there are so many."""
    if value == round(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"
