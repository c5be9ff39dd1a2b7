from datetime import datetime
from itertools import islice

import pytest

from bot.emulator.series import Rule


def starts(rule: str, first: str, most: int = 6) -> list[str]:
    found = Rule.parse(rule).starts(datetime.fromisoformat(first))
    return [start.strftime("%Y-%m-%d") for _, start in islice(found, most)]


@pytest.mark.parametrize(
    ("rule", "first", "days"),
    [
        ("FREQ=DAILY;INTERVAL=2;COUNT=3", "2026-11-24T08:00", ["2026-11-24", "2026-11-26", "2026-11-28"]),
        ("FREQ=WEEKLY;UNTIL=20261208", "2026-11-24T08:00", ["2026-11-24", "2026-12-01", "2026-12-08"]),
        ("FREQ=WEEKLY;BYDAY=WE,MO;COUNT=3", "2026-11-24T08:00", ["2026-11-25", "2026-11-30", "2026-12-02"]),
        ("FREQ=MONTHLY;COUNT=3", "2026-12-31T08:00", ["2026-12-31", "2027-01-31", "2027-03-31"]),
        ("FREQ=YEARLY;COUNT=2", "2028-02-29T08:00", ["2028-02-29", "2032-02-29"]),
    ],
)
def test_days_of_a_series(rule: str, first: str, days: list[str]) -> None:
    assert starts(rule, first) == days


def test_a_series_without_an_end_ends_in_2038() -> None:
    assert len(starts("FREQ=YEARLY", "2030-06-01T08:00", most=50)) == 8


@pytest.mark.parametrize("rule", ["", "FREQ=HOURLY", "INTERVAL=2"])
def test_a_rule_that_is_none(rule: str) -> None:
    with pytest.raises(ValueError, match="no such frequency"):
        Rule.parse(rule)


def test_a_rule_is_described() -> None:
    described = Rule.parse("FREQ=WEEKLY;BYDAY=MO;COUNT=5;UNTIL=20261231").described("12/31/2026", 1)

    assert described == {
        "FREQ": "WEEKLY",
        "INTERVAL": 1,
        "BYDAY": {"MO": "MO"},
        "COUNT": 5,
        "UNTIL": "12/31/2026",
        "~UNTIL": "12/31/2026",
        "UNTIL_TS": 1,
    }
