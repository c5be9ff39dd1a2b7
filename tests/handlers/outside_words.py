"""What dialogues about calendars outside Bitrix24 have in common: who invites, and what is said in both languages."""

import pytest

from bot.emulator.cronofy.events import Person

MEMBER = "1b" * 16
NORA = Person("nora@client.example", "Nora Muster")
JURIS = Person("juris.proba@example.org", "Juris Proba")
LANGUAGES = ["en", "ru"]
in_both_languages = pytest.mark.parametrize("language", LANGUAGES)
ACCEPT = {"en": "accept", "ru": "принять"}
DECLINE = {"en": "decline", "ru": "отклонить"}
MAYBE = {"en": "tentative", "ru": "под вопросом"}
UNDO = {"en": "undo", "ru": "отменить"}
YES = {"en": "yes", "ru": "да"}
STATUS = {"en": "status", "ru": "статус"}
MEETINGS = {"en": "meetings", "ru": "встречи"}
INVITATIONS = {"en": "invitations", "ru": "приглашения"}
SENT = {
    "accepted": {
        "en": "Sent, not confirmed yet: you are going to",
        "ru": "Ответ «пойду» отправлен, но ещё не подтверждён",
    },
    "tentative": {
        "en": "Sent, not confirmed yet: you may come to",
        "ru": "Ответ «возможно» отправлен, но ещё не подтверждён",
    },
    "declined": {"en": "Sent, not confirmed yet: you are not going to", "ru": "Отказ отправлен, но ещё не подтверждён"},
}
DONE = {
    "accepted": {"en": "You are going: ", "ru": "Вы идёте: "},
    "tentative": {"en": "You may come: ", "ru": "Вы, возможно, придёте: "},
    "declined": {"en": "You are not going: ", "ru": "Вы не идёте: "},
}
CALL = {
    "en": "“Supplier call” in “Mira”, Wed, Nov 25, 15:00 (Europe/Riga)",
    "ru": "«Supplier call» в календаре «Mira», ср, 25 нояб., 15:00 (Europe/Riga)",
}
TALK = {
    "en": "“Contract talk” in “Calendar”, Tue, Nov 24, 11:00 (Europe/Riga)",
    "ru": "«Contract talk» в календаре «Calendar», вт, 24 нояб., 11:00 (Europe/Riga)",
}


def posts(outside):
    """How often an answer was sent."""
    return sum(call.name == "participation_status" for call in outside.calls)
