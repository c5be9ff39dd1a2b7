import json

import pytest
from sqlalchemy import text

from bot.changes import Change, Undoing

PORTAL, NOW, DAY_S = "1b" * 16, 1_795_424_400.0, 86_400
FIRST = Undoing("restore-answer", ("651", "Y", "N"))
SECOND = Undoing("restore-answer", ("700", "Y", "Q"), asks=True, returns=False)


@pytest.fixture
def changes(store):
    return store.changes


async def test_nothing_is_remembered_at_first(changes):
    assert await changes.last(PORTAL, 17, NOW) is None


async def test_last_change_replaces_the_one_before(changes):
    await changes.remember(PORTAL, 17, "one:accept", FIRST, NOW)
    await changes.remember(PORTAL, 17, "two:accept", SECOND, NOW + 1)

    assert await changes.last(PORTAL, 17, NOW + 1) == Change((SECOND,), int(NOW) + 1, "two:accept")


async def test_what_one_command_changes_belongs_together(changes):
    await changes.remember(PORTAL, 17, "one:accept", FIRST, NOW)
    await changes.remember(PORTAL, 17, "one:accept", SECOND, NOW)

    assert await changes.last(PORTAL, 17, NOW) == Change((FIRST, SECOND), int(NOW), "one:accept")


async def test_another_command_of_the_same_message_replaces_it(changes):
    await changes.remember(PORTAL, 17, "one:accept", FIRST, NOW)
    await changes.remember(PORTAL, 17, "one:decline", SECOND, NOW)

    assert await changes.last(PORTAL, 17, NOW) == Change((SECOND,), int(NOW), "one:decline")


async def test_first_attempt_of_a_command_knows_best_what_was_before(changes):
    await changes.remember(PORTAL, 17, "one:accept", FIRST, NOW)
    await changes.remember(PORTAL, 17, "one:accept", Undoing("restore-answer", ("651", "Y", "Y")), NOW + 5)

    assert await changes.last(PORTAL, 17, NOW) == Change((FIRST,), int(NOW), "one:accept")


async def test_what_returns_is_kept_as_the_release_before_reads_it(changes, database):
    await changes.remember(PORTAL, 17, "one:accept", FIRST, NOW)
    await changes.remember(PORTAL, 17, "one:accept", SECOND._replace(returns=False), NOW)
    stored = await database.read(lambda c: c.execute(text("SELECT undoing FROM changes")).scalar_one())

    assert json.loads(stored) == [
        ["restore-answer", ["651", "Y", "N"], False],
        ["restore-answer", ["700", "Y", "Q"], 1],
    ]
    assert await changes.last(PORTAL, 17, NOW) == Change(
        (FIRST, SECOND._replace(returns=False)), int(NOW), "one:accept"
    )


async def test_change_is_kept_for_a_day(changes):
    await changes.remember(PORTAL, 17, "one:accept", FIRST, NOW)

    assert await changes.last(PORTAL, 17, NOW + DAY_S) is not None
    assert await changes.last(PORTAL, 17, NOW + DAY_S + 1) is None


async def test_changes_are_each_person_s_and_each_portal_s_own(changes):
    await changes.remember(PORTAL, 17, "one:accept", FIRST, NOW)
    await changes.undo(PORTAL, 42, "undo")
    await changes.undo("another", 17, "undo")

    assert await changes.last(PORTAL, 42, NOW) is None
    assert await changes.last("another", 17, NOW) is None
    assert await changes.last(PORTAL, 17, NOW) == Change((FIRST,), int(NOW), "one:accept")


async def test_undone_change_tells_by_what(changes):
    await changes.remember(PORTAL, 17, "one:accept", FIRST, NOW)
    await changes.undo(PORTAL, 17, "undo")
    assert await changes.last(PORTAL, 17, NOW) == Change((FIRST,), int(NOW), "one:accept", "undo")

    await changes.remember(PORTAL, 17, "two:accept", SECOND, NOW)
    assert await changes.last(PORTAL, 17, NOW) == Change((SECOND,), int(NOW), "two:accept")


async def test_change_that_came_to_nothing_gives_way_to_the_one_before(changes):
    await changes.remember(PORTAL, 17, "one:accept", FIRST, NOW)
    await changes.remember(PORTAL, 17, "two:accept", SECOND, NOW + 1)
    await changes.take_back(PORTAL, 17, "two:accept", SECOND)

    assert await changes.last(PORTAL, 17, NOW) == Change((FIRST,), int(NOW), "one:accept")


async def test_part_of_a_change_that_came_to_nothing_leaves_the_rest(changes):
    await changes.remember(PORTAL, 17, "one:accept", FIRST, NOW)
    await changes.remember(PORTAL, 17, "one:accept", SECOND, NOW)
    await changes.take_back(PORTAL, 17, "one:accept", SECOND)

    assert await changes.last(PORTAL, 17, NOW) == Change((FIRST,), int(NOW), "one:accept")


async def test_only_change_that_came_to_nothing_is_forgotten(changes):
    await changes.remember(PORTAL, 17, "one:accept", FIRST, NOW)
    await changes.take_back(PORTAL, 17, "one:accept", FIRST)
    await changes.take_back(PORTAL, 17, "one:accept", FIRST)

    assert await changes.last(PORTAL, 17, NOW) is None


async def test_change_of_another_command_is_not_taken_back(changes):
    await changes.remember(PORTAL, 17, "one:accept", FIRST, NOW)
    await changes.take_back(PORTAL, 17, "two:accept", FIRST)

    assert await changes.last(PORTAL, 17, NOW) == Change((FIRST,), int(NOW), "one:accept")
