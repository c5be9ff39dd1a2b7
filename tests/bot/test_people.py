"""What is remembered of each person."""

import pytest

from bot.people import Person


@pytest.fixture
def people(store):
    return store.people


async def test_nothing_is_known_of_a_stranger(people):
    assert await people.find("p1", 17) == Person(language=None, zone=None, day_ends=None, zone_asked_at=0)


async def test_language_is_remembered_and_changed(people):
    await people.choose_language("p1", 17, "ru")
    await people.choose_language("p1", 17, "en")

    assert await people.find("p1", 17) == Person(language="en")


async def test_zone_is_remembered_with_the_time_of_asking(people):
    await people.place("p1", 17, "Europe/Riga", "18:00:00", 1_795_424_400.9)

    assert await people.find("p1", 17) == Person(None, "Europe/Riga", "18:00:00", 1_795_424_400)


async def test_what_the_portal_does_not_tell_any_more_is_forgotten(people):
    await people.place("p1", 17, "Europe/Riga", "18:00:00", 5)
    await people.place("p1", 17, None, None, 7)

    assert await people.find("p1", 17) == Person(zone_asked_at=7)


async def test_language_and_zone_leave_each_other_alone(people):
    await people.choose_language("p1", 17, "ru")
    await people.place("p1", 17, "Europe/Riga", None, 5)
    assert await people.find("p1", 17) == Person("ru", "Europe/Riga", None, 5)

    await people.choose_language("p1", 17, "en")
    assert await people.find("p1", 17) == Person("en", "Europe/Riga", None, 5)


async def test_people_are_told_apart(people):
    await people.choose_language("p1", 17, "ru")

    assert await people.find("p1", 42) == await people.find("p2", 17) == Person()


async def test_forgotten_permission_leaves_the_language(store, people):
    await people.choose_language("p1", 17, "ru")
    await store.forget_person("p1", 17)

    assert (await people.find("p1", 17)).language == "ru"


async def test_forgotten_portal_leaves_nothing(store, people):
    await people.choose_language("p1", 17, "ru")
    await store.forget_portal("p1")

    assert await people.find("p1", 17) == Person()


async def test_ids_and_times_may_be_large(people):
    await people.place("p1", 2**40, "Europe/Riga", "18:00", 2**33)

    assert (await people.find("p1", 2**40)).zone_asked_at == 2**33
