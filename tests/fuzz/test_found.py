"""What fuzzing has found, each under what was sent."""

import pytest

from bot.errors import StorageError
from bot.events import load
from bot.times import TimeUnclear
from tests.fuzz import checks


@pytest.mark.parametrize("text", ["999999 decades", "for 99999 centuries", "99999 centuries and 5 minutes"])
def test_length_beyond_all_counting_is_too_far(text):
    with pytest.raises(TimeUnclear) as unclear:
        checks.TIMES.read(text).ends(now=checks.NOW, zone=checks.RIGA, day_end=None)

    assert unclear.value.reason == "far"


@pytest.mark.parametrize("stored", ["[" * 5000, '{"v":1,"event":' + "[" * 5000 + "]" * 5000 + "}"])
def test_bottomless_stored_event_is_no_event(stored):
    with pytest.raises(StorageError, match="no JSON"):
        load(stored)
