import json

import pytest

from bot.emulator import faults

ENGLISH = {
    "online": ["online", "available", "back"],
    "dnd": ["dnd", "do not disturb", "busy"],
    "away": ["away"],
    "break": ["break", "brb", "lunch"],
}
RUSSIAN = {
    "online": ["онлайн", "в сети", "вернулся", "на месте"],
    "dnd": ["не беспокоить", "занят", "занята"],
    "away": ["отошёл", "отошел", "отошла", "отсутствую"],
    "break": ["перерыв", "обед"],
}
DONE = {
    ("en", "online"): "You are online.",
    ("en", "dnd"): "Do not disturb is on",
    ("en", "away"): "Your status is now “away”",
    ("en", "break"): "Your status is now “break”",
    ("ru", "online"): "Вы в сети.",
    ("ru", "dnd"): "Режим «не беспокоить» включён",
    ("ru", "away"): "Ваш статус теперь «отошёл»",
    ("ru", "break"): "Ваш статус теперь «перерыв»",
}
NOW = {
    ("en", "online"): "Your status is “online”.",
    ("en", "dnd"): "Your status is “do not disturb”.",
    ("en", "away"): "Your status is “away”.",
    ("en", "break"): "Your status is “break”.",
    ("ru", "online"): "Ваш статус: «в сети».",
    ("ru", "dnd"): "Ваш статус: «не беспокоить».",
    ("ru", "away"): "Ваш статус: «отошёл».",
    ("ru", "break"): "Ваш статус: «перерыв».",
}
TOLD = {"en": "status", "ru": "статус"}


@pytest.mark.parametrize(("language", "table"), [("en", ENGLISH), ("ru", RUSSIAN)])
async def test_every_word_sets_the_sender_s_presence(ask, portal, language, table):
    for presence, words in table.items():
        for word in words:
            portal.presence[17] = "away" if presence == "online" else "online"
            for said in (word, f"  {word.upper()}! "):
                reply = await ask(said)

                assert portal.presence == {17: presence}, said
                assert reply.text.startswith(DONE[language, presence]), said


async def test_slash_command_sets_presence_in_the_language_of_the_portal(ask, portal):
    for presence in ["online", "dnd", "away", "break"]:
        portal.options.language = "en"
        english = await ask(f"/{presence}")
        portal.options.language = "ru"
        russian = await ask(f"/{presence}")

        assert portal.presence == {17: presence}
        assert english.text.startswith(DONE["en", presence])
        assert russian.text.startswith(DONE["ru", presence])


async def test_presence_of_others_is_left_alone(ask, portal):
    portal.presence[42] = "away"
    await ask("dnd")

    assert portal.presence == {17: "dnd", 42: "away"}
    assert {call.user_id for call in portal.calls if call.method == "im.user.status.set"} == {17}


async def test_presence_costs_two_requests(ask, portal):
    before = portal.requests
    await ask("dnd")

    assert portal.requests - before == 2


async def test_limits_are_told_honestly(ask, portal):
    for presence in ("dnd", "away", "break"):
        assert "Colleagues are not shown this" in (await ask(presence)).text
    assert "Коллегам новый мессенджер этот статус не показывает" in (await ask("занят")).text


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_status_is_told_in_words(ask, portal, language):
    for presence in ("online", "dnd", "away", "break"):
        portal.presence[17] = presence
        assert (await ask(TOLD[language])).text == NOW[language, presence]


async def test_presence_that_was_never_set_counts_as_online(ask, portal):
    assert (await ask("status")).text == NOW["en", "online"]
    assert (await ask("/status")).text == NOW["en", "online"]
    assert not portal.presence


async def test_unknown_presence_is_no_riddle(ask, portal):
    portal.presence[17] = "invisible_2"

    assert (await ask("status")).text.startswith("Bitrix24 shows a status that I do not know.")
    assert (await ask("статус")).text.startswith("Битрикс24 показывает статус, которого я не знаю.")


async def test_status_only_reads(ask, portal):
    await ask("status")

    assert {call.method for call in portal.calls} == {"im.user.status.get", "imbot.v2.Chat.Message.send"}


@pytest.mark.parametrize(
    ("said", "answered"), [("break", "Bitrix24 kept another one"), ("перерыв", "в Битрикс24 остался другой")]
)
async def test_presence_that_reads_back_differently_is_no_success(ask, portal, said, answered):
    result = {"before": False, "set": True, "after": "online"}
    body = {"result": {"result": result, "result_error": [], "result_total": [], "result_next": [], "result_time": []}}
    portal.faults.add("batch", faults.raw(200, json.dumps(body).encode(), "application/json"))
    reply = await ask(said)

    assert answered in reply.text
    assert not portal.presence


REFUSALS = [
    ("STATUS_ERROR", 400, "Bitrix24 refused this", "Битрикс24 отказал"),
    ("", 400, "Bitrix24 refused this", "Битрикс24 отказал"),
    ("insufficient_scope", None, "administrator", "дминистратор"),
    ("ACCESS_DENIED", None, "administrator", "дминистратор"),
    ("METHOD_CONFIRM_WAITING", None, "administrator", "дминистратор"),
    ("PAYMENT_REQUIRED", None, "administrator", "дминистратор"),
    ("OVERLOAD_LIMIT", None, "administrator", "дминистратор"),
    ("ERROR_METHOD_NOT_FOUND", None, "does not know how to do this", "этого не умеет"),
]


async def test_errors_of_the_portal_become_sentences(ask, portal):
    for code, status, english, russian in REFUSALS:
        for said, answered in (("dnd", english), ("занят", russian), ("status", english), ("статус", russian)):
            portal.faults.add("im.user.status.*", faults.error(code, status=status), count=None)
            reply = await ask(said)

            assert answered in reply.text, code
            assert "_" not in reply.text, code
            assert not portal.presence, code
            portal.faults.clear()


async def test_person_kept_from_the_application_is_told_so(ask, portal):
    next(iter(portal.oauth.apps.values())).allowed_users = {1}
    reply = await ask("dnd")

    assert "administrator" in reply.text
    assert not portal.presence


async def test_presence_in_a_group_is_answered_there(ask, portal):
    portal.invite_bot(311, by=23)
    await ask.deliver()
    bot_id = next(iter(portal.bots.by_id))
    reply = await ask(f"[USER={bot_id}]Status Bot[/USER] dnd", chat=311)

    assert reply.message.dialog_id == "chat311"
    assert portal.presence == {17: "dnd"}


UNCERTAIN = [
    ("dnd maybe", "I did nothing"),
    ("dnd?", "I did nothing"),
    ("don't disturb", "I did nothing"),
    ("not online", "I did nothing"),
    ("онлайн ли я", "ничего не сделал"),
    ("не онлайн", "ничего не сделал"),
    ("занят ли Юрис", "ничего не сделал"),
]


async def test_uncertain_words_change_nothing(ask, portal):
    for said, answered in UNCERTAIN:
        portal.rest.calls.clear()
        reply = await ask(said)

        assert answered in reply.text
        assert not portal.presence
        assert [call.method for call in portal.calls] == ["imbot.v2.Chat.Message.send"]
