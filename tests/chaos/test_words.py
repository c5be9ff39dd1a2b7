"""What people write in the runs means what the runs believe that it means."""

import random
from pathlib import Path

import pytest

from bot import manifest
from bot.grammar import Grammar, Understood
from tests.chaos.words import IN_GROUP, PRESENCE, RESTLESS, STEADY, TIMED, Words, meetings_of

ROOT = Path(__file__).parents[2]
COMMANDS = {"Y": "accept", "N": "decline"}


@pytest.fixture(scope="module")
def grammar():
    return Grammar(manifest.load(ROOT / "manifest"))


def drawn(people, count=400):
    words = Words(random.Random(7))
    return [words.of(random.Random(number).choice(people)) for number in range(count)]


def meant(grammar, command):
    if command.text.startswith("/"):
        name, _, params = command.text[1:].partition(" ")
        return grammar.slash(name, params)
    return grammar.split(command.text)


@pytest.mark.parametrize("people", [STEADY, TIMED])
def test_words_are_understood_as_what_they_ask_for(grammar, people):
    for command in drawn(people):
        understood = meant(grammar, command)
        names = {call.name for call in understood.calls} if isinstance(understood, Understood) else set()
        wanted = {COMMANDS.get(command.wants, command.wants)} if command.wants else names

        assert names, command.text
        assert names == wanted, command.text


def test_meetings_are_the_writers_own():
    for command in drawn(STEADY):
        assert command.subject in (None, PRESENCE, *meetings_of(command.user_id))


def test_marks_are_in_one_message_each():
    marks = [command.number for command in drawn(STEADY) if (command.number or 0) > 900_000]

    assert marks
    assert len(set(marks)) == len(marks)


def test_only_members_write_in_the_group():
    writers = {command.user_id for command in drawn([*STEADY, *TIMED, *RESTLESS]) if command.in_group}

    assert writers
    assert writers <= set(IN_GROUP)
