"""Fixtures of dialogues."""

import pytest

from tests.handlers.outside_words import JURIS, NORA


@pytest.fixture
async def group(ask, portal):
    """Write `said` in the project room, with a mention of the bot."""
    portal.invite_bot(311, by=23)
    await ask.deliver()
    bot_id = next(iter(portal.bots.by_id))

    async def say(said, user_id=17):
        return await ask(f"[USER={bot_id}]Status Bot[/USER], {said}", user_id=user_id, chat=311)

    return say


# --- calendars outside Bitrix24


@pytest.fixture
async def linked(ask, outside, browser, portal):
    """Let Mira connect Google and Office 365."""
    link = (await ask("connect cronofy")).message
    await browser.open(browser.agree_outside(outside, link, "mira@example.org"))
    portal.messages.clear()
    portal.rest.calls.clear()
    outside.calls.clear()


@pytest.fixture
def calendar(outside):
    """Return one of Mira's calendars: `Mira` and `Choir` at Google, `Calendar` in Office 365."""

    def named(name):
        return next(place.calendar for place in outside.directory.places() if place.calendar.name == name)

    return named


@pytest.fixture
def call(outside, calendar):
    """An invitation at Google."""
    return outside.add_event(
        calendar("Mira"), "Supplier call", start="2026-11-25T15:00:00", tz="Europe/Riga", organizer=NORA
    )


@pytest.fixture
def talk(outside, calendar):
    """An invitation in Office 365, where a declined meeting is removed."""
    return outside.add_event(
        calendar("Calendar"), "Contract talk", start="2026-11-24T11:00:00", tz="Europe/Riga", organizer=NORA
    )


@pytest.fixture
def twin(outside, calendar):
    """Meeting 651 as it stands in Office 365."""
    return outside.add_event(
        calendar("Calendar"), "Weekly sync", start="2026-11-25T10:00:00", tz="Europe/Riga", organizer=JURIS
    )
