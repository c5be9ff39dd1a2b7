"""Whether there is room for an event: on either database, leaving nothing behind."""

import pytest
from sqlalchemy import func, select, text

from bot.database import Database
from bot.errors import StorageError
from bot.inbox.room import look_for_room
from bot.inbox.sqlite import events


async def test_look_for_room_leaves_nothing(database: Database) -> None:
    await database.write(look_for_room)

    assert await database.read(lambda c: c.execute(select(func.count()).select_from(events)).scalar_one()) == 0


async def test_there_is_no_room_where_events_cannot_be_kept(database: Database) -> None:
    await database.write(lambda c: c.execute(text("ALTER TABLE events RENAME TO others")))
    await database.try_to_write()

    with pytest.raises(StorageError):
        await database.write(look_for_room)
