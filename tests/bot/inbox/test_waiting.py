"""The order in one lane, against the rule written down as a search."""

import random

import pytest

from bot.inbox import Entry
from bot.inbox.handing import Held
from bot.inbox.waiting import Waiting
from tests.bot.inbox.desk import message, press


def held(entry: Entry) -> Held:
    return Held(entry, starts=1, counted=True)


def first_by_rule(waiting: list[Entry]) -> Entry:
    """Return what comes next of entries in their order of arrival."""
    messages = [entry for entry in waiting if entry.message_id is not None]
    presses = [entry for entry in waiting if entry.message_id is None]
    firsts = [min(messages, key=lambda entry: entry.message_id or 0)] if messages else []
    firsts += [min(presses, key=lambda entry: entry.sent_at)] if presses else []
    return min(sorted(firsts, key=waiting.index), key=lambda entry: entry.sent_at)


@pytest.mark.parametrize("seed", range(20))
def test_waiting_follows_the_rule(seed: int) -> None:
    chance, waiting = random.Random(seed), Waiting()
    expected: list[Entry] = []
    taken: list[tuple[Entry, Entry]] = []
    for number in range(200):
        if expected and chance.random() < 0.4:
            entry = first_by_rule(expected)
            expected.remove(entry)
            taken.append((waiting.take_next().entry, entry))
        else:
            written = message(chance.randrange(1000), sent_at=chance.randrange(5))
            entry = chance.choice([written, press(str(number), chance.randrange(5))])
            waiting.add(held(entry))
            expected.append(entry)

    assert taken
    assert [found for found, _ in taken] == [entry for _, entry in taken]
    assert len(waiting) == len(expected)
    assert {one.entry for one in waiting} == set(expected)


def test_empty_waiting_has_nothing_next() -> None:
    waiting = Waiting()

    assert not waiting
    with pytest.raises(IndexError):
        waiting.take_next()
