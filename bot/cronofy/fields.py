"""Single fields of JSON, read leniently: what is missing or of another kind counts as empty (section 4.4)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

# Characters of a text; no title of a meeting, and no id, comes near.
LONGEST = 2000
# Rows of a list; more of them would take longer to read than others can wait.
MOST = 5000
# Providers fill gaps with years that no calendar has; arithmetic with those fails (section 4.3).
_YEARS = range(1900, 9000)


def branch(row: Any, name: str) -> Mapping[str, Any]:
    """Return the object under a name; {} when there is none."""
    value = row.get(name) if isinstance(row, dict) else None
    return value if isinstance(value, dict) else {}


def rows(row: Any, name: str) -> list[Mapping[str, Any]]:
    """Return the objects of the list under a name, `MOST` of them; what is no object is left out."""
    value = row.get(name) if isinstance(row, dict) else None
    return [item for item in value[:MOST] if isinstance(item, dict)] if isinstance(value, list) else []


def text(row: Any, name: str, *, limit: int = LONGEST) -> str:
    """Return the text under a name, cut, and without halves of characters, which nothing can store or send."""
    value = row.get(name) if isinstance(row, dict) else None
    return value[:limit].encode(errors="replace").decode() if isinstance(value, str) else ""


def flag(row: Any, name: str) -> bool:
    """Whether `true` stands under a name."""
    return isinstance(row, dict) and row.get(name) is True


def moment(row: Any, name: str) -> date | None:
    """Return the instant, in UTC, or the day under a name, which may stand there with its zone (section 4.3).

    None for what is neither, for a time of day without offset, and for years that cannot be meant.
    """
    spelled = text(branch(row, name), "time") or text(row, name)
    try:
        if "T" not in spelled:
            day = date.fromisoformat(spelled)
            return day if day.year in _YEARS else None
        instant = datetime.fromisoformat(spelled)
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo is not None and instant.year in _YEARS else None
