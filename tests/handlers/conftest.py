"""Fixtures of dialogues."""

import pytest


@pytest.fixture
async def group(ask, portal):
    """Write `said` in the project room, with a mention of the bot."""
    portal.invite_bot(311, by=23)
    await ask.deliver()
    bot_id = next(iter(portal.bots.by_id))

    async def say(said, user_id=17):
        return await ask(f"[USER={bot_id}]Status Bot[/USER], {said}", user_id=user_id, chat=311)

    return say
