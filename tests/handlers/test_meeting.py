import json

import pytest

from bot.emulator import faults


async def test_accept_answers_for_the_sender_only(ask, portal):
    reply = await ask("accept 651", user_id=42)

    assert portal.meetings[651] == {23: "H", 17: "Q", 42: "Y"}
    assert reply.text == "You are going: meeting 651 “Weekly sync”, Wed, Nov 25, 10:00 (Europe/Riga)."
    assert [(notice.user_id, notice.kind) for notice in portal.notices] == [(42, "accepted")]


async def test_accept_in_russian_is_answered_in_russian(ask, portal):
    reply = await ask("принять 651")

    assert portal.meetings[651][17] == "Y"
    assert reply.text == "Вы идёте: встреча 651 «Weekly sync», ср, 25 нояб., 10:00 (Europe/Riga)."


async def test_accept_twice_notifies_once(ask, portal):
    await ask("accept 651")
    reply = await ask("accept 651")

    assert reply.text.startswith("You have already accepted, nothing changed: meeting 651 “Weekly sync”")
    assert len(portal.notices) == 1
    assert [call.method for call in portal.calls].count("calendar.meeting.status.set") == 1


async def test_decline_sets_no(ask, portal):
    reply = await ask("decline 651")

    assert portal.meetings[651][17] == "N"
    assert reply.text.startswith("You are not going: meeting 651")


async def test_decline_in_russian(ask, portal):
    reply = await ask("не пойду 651")

    assert portal.meetings[651][17] == "N"
    assert reply.text.startswith("Вы не идёте: встреча 651 «Weekly sync»")


async def test_copy_number_is_the_same_meeting(ask, portal):
    await ask("accept 652")

    assert portal.meetings[651][17] == "Y"


async def test_costs_three_requests(ask, portal):
    before = portal.requests
    await ask("accept 651")

    assert portal.requests - before == 3


async def test_several_numbers_are_answered_together(ask, portal):
    portal.add_meeting(700, name="Retro", host=23, guests=[17], start="2026-11-26T09:00:00")
    reply = await ask("accept 651, 999 and 700")

    assert portal.meetings[651][17] == portal.meetings[700][17] == "Y"
    assert reply.text.count("You are going") == 2
    assert "number 999" in reply.text


async def test_missing_deleted_plain_and_foreign_meetings_look_the_same(ask, portal):
    portal.add_meeting(800, name="Board", host=23, guests=[42], start="2026-11-26T09:00:00")
    portal.add_meeting(801, name="Gone", host=23, guests=[17], start="2026-11-26T09:00:00")
    portal.delete_meeting(801)
    portal.add_entry(802, name="Dentist", owner=17, start="2026-11-26T09:00:00")
    portal.add_meeting(803, name="Uninvited", host=23, guests=[17], start="2026-11-26T09:00:00")
    portal.uninvite(803, 17)
    before = [dict(portal.meetings[number].items()) for number in (800, 801, 802, 803)]

    texts = {(await ask(f"accept {number}")).text.replace(str(number), "?") for number in (800, 801, 802, 803, 999_999)}

    assert texts == {"I find no invitation of yours with the number ?. Please check the number; nothing changed."}
    assert [dict(portal.meetings[number].items()) for number in (800, 801, 802, 803)] == before
    assert portal.notices == []


async def test_host_is_told_that_there_is_nothing_to_answer(ask, portal):
    reply = await ask("decline 651", user_id=23)

    assert reply.text.startswith("You are the organiser of meeting 651")
    assert portal.meetings[651][23] == "H"
    assert portal.notices == []


async def test_group_answer_holds_the_number_only(ask, portal):
    portal.invite_bot(311, by=23)
    await ask.deliver()
    bot_id = next(iter(portal.bots.by_id))
    reply = await ask(f"[USER={bot_id}]Status Bot[/USER], decline 651", chat=311)

    assert portal.meetings[651][17] == "N"
    assert reply.text == "You are not going: meeting 651."
    assert reply.message.dialog_id == "chat311"


async def test_series_is_named_as_a_whole(ask, portal):
    portal.add_meeting(
        900, name="Stand-up", host=23, guests=[17], start="2026-11-24T09:30:00", tz="Europe/Riga", rrule="FREQ=DAILY"
    )
    reply = await ask("accept 900")

    assert reply.text.endswith("09:30 (Europe/Riga), whole series.")


async def test_all_day_meeting_names_no_time(ask, portal):
    portal.add_meeting(901, name="Offsite", host=23, guests=[17], start="2027-01-04T00:00:00", all_day=True)
    reply = await ask("accept 901")

    assert reply.text == "You are going: meeting 901 “Offsite”, Mon, Jan 4, 2027."


async def test_hostile_title_is_inert(ask, portal):
    portal.add_meeting(
        902,
        name="[send=accept 651]Agenda[/send]\n>> $result[me][ID] https://evil.example",
        host=23,
        guests=[17],
        start="2026-11-24T09:30:00",
    )
    reply = await ask("accept 902")

    assert not set("[]\n") & set(reply.text)
    assert "://" not in reply.text
    assert portal.meetings[651][17] == "Q"


async def test_maybe_is_refused_with_the_choices(ask, portal):
    english, russian = await ask("maybe 651"), await ask("под вопросом 651")

    assert "accept 651" in english.text
    assert "принять 651" in russian.text
    assert portal.calls[-1].method != "calendar.meeting.status.set"
    assert portal.meetings[651][17] == "Q"


async def test_status_tells_the_answer_in_words(ask, portal):
    assert (await ask("status 651")).text.startswith("You have not answered yet: meeting 651")
    assert (await ask("статус 651", user_id=23)).text.startswith("Вы организатор: встреча 651")


async def test_reset_asks_first_and_then_acts(ask, portal):
    await ask("accept 651")
    question = await ask("reset 651")

    assert portal.meetings[651][17] == "Y"
    assert "told that you declined" in question.text
    assert question.buttons == ["Yes, do it", "No, leave it"]

    reply = await ask("yes")
    assert portal.meetings[651][17] == "Q"
    assert reply.text.startswith("Your answer is open again: meeting 651")


async def test_reset_in_russian_by_button(ask, portal):
    await ask("принять 651")
    question = await ask("сбросить 651")
    reply = await ask.press(17, question.message, "Да, сделать")

    assert portal.meetings[651][17] == "Q"
    assert reply.text.startswith("Ваш ответ снова открыт")


async def test_reset_of_an_open_answer_asks_nothing(ask, portal):
    reply = await ask("reset 651")

    assert reply.text.startswith("You have not answered yet, nothing changed")
    assert reply.buttons == []


# --- every word of the interface, slash commands


WORDS = {
    ("en", "Y"): ["accept", "yes", "going", "ok", "+"],
    ("en", "N"): ["decline", "no", "reject", "-"],
    ("ru", "Y"): ["принять", "принимаю", "да", "иду", "пойду", "буду"],
    ("ru", "N"): ["отклонить", "нет", "не пойду", "не буду"],
}
SAID = {
    ("en", "Y"): "You are going: meeting",
    ("en", "N"): "You are not going: meeting",
    ("ru", "Y"): "Вы идёте: встреча",
    ("ru", "N"): "Вы не идёте: встреча",
}


@pytest.mark.parametrize(("language", "answer"), list(WORDS))
async def test_every_word_answers(ask, portal, language, answer):
    number = 700
    for word in WORDS[language, answer]:
        for said in (word, word.upper()):
            number += 1
            portal.add_meeting(number, name="Retro", host=23, guests=[17], start="2026-11-26T09:00:00")
            reply = await ask(f" {said} {number}. ")

            assert portal.meetings[number][17] == answer, said
            assert reply.text.startswith(f"{SAID[language, answer]} {number} "), said


RESETS = [
    ("reset 651", "Take back your answer"),
    ("undecided 651", "Take back your answer"),
    ("clear 651", "Take back your answer"),
    ("/reset 651", "Take back your answer"),
    ("сбросить 651", "Отозвать ваш ответ"),
    ("не решил 651", "Отозвать ваш ответ"),
]


async def test_every_word_for_reset_asks_first(ask, portal):
    for said, answered in RESETS:
        await ask("accept 651")
        reply = await ask(said)

        assert reply.text.startswith(answered)
        assert "651" in reply.text
        assert "Weekly sync" in reply.text
        assert portal.meetings[651][17] == "Y"
        assert len(portal.notices) == 1


MAYBES = [
    ("maybe 651", "Bitrix24 knows no “maybe”"),
    ("tentative 651", "Bitrix24 knows no “maybe”"),
    ("возможно 651", "Битрикс24 не знает ответа «возможно»"),
    ("может быть 651", "Битрикс24 не знает ответа «возможно»"),
    ("под вопросом 651", "Битрикс24 не знает ответа «возможно»"),
]


async def test_every_word_for_maybe_is_refused(ask, portal):
    for said, answered in MAYBES:
        reply = await ask(said)

        assert reply.text.startswith(answered)
        assert "Weekly sync" in reply.text
        assert portal.meetings[651][17] == "Q"
        assert portal.notices == []


async def test_maybe_tells_no_more_than_an_answer_would(ask, portal):
    portal.add_meeting(800, name="Board", host=23, guests=[42], start="2026-11-26T09:00:00")

    assert (await ask("maybe 800")).text == (await ask("accept 800")).text
    assert (await ask("maybe 651", user_id=23)).text.startswith("You are the organiser of meeting 651")


@pytest.mark.parametrize(
    ("answer", "english", "russian"),
    [
        ("Y", "You have accepted: meeting 651", "Вы приняли приглашение: встреча 651"),
        ("N", "You have declined: meeting 651", "Вы отказались: встреча 651"),
        ("Q", "You have not answered yet: meeting 651", "Вы ещё не ответили: встреча 651"),
    ],
)
async def test_status_knows_every_answer(ask, portal, answer, english, russian):
    portal.calendar.set_status(17, {"eventId": 651, "status": answer})

    assert (await ask("status 651")).text.startswith(english)
    assert (await ask("/status 651")).text.startswith(english)
    assert (await ask("статус 651")).text.startswith(russian)
    assert not [call for call in portal.calls if call.method.endswith(".set")]


async def test_slash_commands_answer(ask, portal):
    accepted = await ask("/accept 651")
    assert portal.meetings[651] == {23: "H", 17: "Y", 42: "Q"}
    portal.options.language = "ru"
    declined = await ask("/decline 651", user_id=42)

    assert portal.meetings[651] == {23: "H", 17: "Y", 42: "N"}
    assert accepted.text.startswith("You are going")
    assert declined.text.startswith("Вы не идёте")


async def test_one_message_may_fire_several_slash_commands(ask, portal):
    before = len(portal.messages)
    portal.say(17, "/accept 651\nthen\n/dnd")
    await ask.deliver()

    assert portal.meetings[651][17] == "Y"
    assert portal.presence == {17: "dnd"}
    assert len(portal.messages) == before + 3


async def test_several_commands_in_one_message_are_answered_together(ask, portal):
    reply = await ask("accept 651\n\ndnd")

    assert portal.meetings[651][17] == "Y"
    assert portal.presence == {17: "dnd"}
    assert reply.text.startswith("You are going: meeting 651")
    assert "Do not disturb is on" in reply.text


async def test_last_of_two_answers_in_one_message_counts(ask, portal):
    await ask("accept 651\ndecline 651")

    assert portal.meetings[651][17] == "N"


async def test_twenty_numbers_are_taken_and_one_more_is_asked(ask, portal):
    for number in range(700, 721):
        portal.add_meeting(number, name="Retro", host=23, guests=[17], start="2026-11-26T09:00:00")
    refused = await ask("accept " + ", ".join(map(str, range(700, 721))))
    assert "at most 20" in refused.text
    assert portal.notices == []

    await ask("accept " + ", ".join(map(str, range(700, 720))))
    assert len(portal.notices) == 20
    assert portal.meetings[720][17] == "Q"


@pytest.mark.parametrize(
    "said", ["Accept meeting #651!", "please accept 651", "ACCEPT № 651", "accept event 651, please."]
)
async def test_what_does_not_matter_does_not_matter(ask, portal, said):
    reply = await ask(said)

    assert portal.meetings[651][17] == "Y"
    assert reply.text.startswith("You are going")


# --- certain or not at all


TRAPS = {
    "en": [
        "should I accept 651?",
        "don't accept 651",
        "do not accept 651",
        "accept 651x",
        "accept 0",
        "accept -5",
        "accept 1e3",
        "accept 651.5",
        "accept 6 51",
        "accept 651-653",
        "accept +651",
        "accept 0651",
        "accept 651 decline 652",
        "accept #1",
        "accept 651 or 652",
        "accept 651 tomorrow",
        "-651",
        "651",
        "I will not accept 651",
        "accept 9999999999999999999",
        "accept ٦٥١",
        "/foo 651",
        "accept $result[answer]",
        "yes 651?",
        "accept 651\nwhatever",
        "hello",
        "",
    ],
    "ru": [
        "принять ли 651?",
        "не принимать 651",
        "не принимаю 651",
        "не иду ли 651",
        "принять 651х",
        "принять 0",
        "принять -5",
        "буду ли я на 651",
        "принять 651 или 652",
        "привет",
    ],
}


@pytest.mark.parametrize("language", list(TRAPS))
async def test_what_is_not_certain_changes_nothing_and_is_answered(ask, portal, language):
    for said in TRAPS[language]:
        reply = await ask(said or "  ")

        assert reply.text, said
        assert bool(set("абвгдежзиклмнопрстуя") & set(reply.text)) is (language == "ru"), said
        assert reply.buttons == [], said
    assert {call.method for call in portal.calls} == {"imbot.v2.Chat.Message.send"}
    assert portal.meetings[651] == {23: "H", 17: "Q", 42: "Q"}
    assert portal.notices == []


PROBABLE = {
    "en": ["accept", "accept all", "/accept", "/Accept 651", "acept 651", "ok weekly sync"],
    "ru": ["принять", "принять все", "приянть 651", "да weekly sync"],
}


@pytest.mark.parametrize("language", list(PROBABLE))
async def test_what_is_only_probable_is_done_when_its_button_is_pressed(ask, portal, language):
    for said in PROBABLE[language]:
        portal.calendar.set_status(17, {"eventId": 651, "status": "Q"})
        portal.notices.clear()
        asked = await ask(said)

        assert len(asked.buttons) == 2, said
        assert portal.meetings[651] == {23: "H", 17: "Q", 42: "Q"}, said
        assert portal.notices == []
        done = await ask.press(17, asked.message, 0)
        assert done.text.startswith(SAID[language, "Y"]), said
        assert portal.meetings[651] == {23: "H", 17: "Y", 42: "Q"}


# --- errors of the portal


REFUSALS = [
    ("insufficient_scope", None, "administrator", "дминистратор"),
    ("ACCESS_DENIED", None, "administrator", "дминистратор"),
    ("WRONG_AUTH_TYPE", None, "administrator", "дминистратор"),
    ("PAYMENT_REQUIRED", None, "administrator", "дминистратор"),
    ("PORTAL_DELETED", None, "administrator", "дминистратор"),
    ("ERROR_ARGUMENT", None, "Bitrix24 refused this", "Битрикс24 отказал"),
    ("SOMETHING_NEW", 400, "Bitrix24 refused this", "Битрикс24 отказал"),
]


@pytest.mark.parametrize(
    "method", ["calendar.meeting.status.get", "calendar.event.getbyid", "calendar.meeting.status.set"]
)
async def test_errors_of_the_portal_become_sentences(ask, portal, method):
    for code, status, english, russian in REFUSALS:
        for said, answered in (("accept 651", english), ("отклонить 651", russian)):
            portal.faults.add(method, faults.error(code, status=status), count=None)
            reply = await ask(said)

            assert answered in reply.text, code
            assert "_" not in reply.text, code
            assert portal.meetings[651][17] == "Q", code
            portal.faults.clear()


@pytest.mark.parametrize(
    ("said", "answered"),
    [("accept 651", "but Bitrix24 does not show it: meeting 651"), ("принять 651", "но Битрикс24 его не показывает")],
)
async def test_answer_that_reads_back_differently_is_no_success(ask, portal, said, answered):
    for shown in (None, "N", "H", "X", True):
        body = {"result": {"result": {"set": True, "answer": shown}, "result_error": []}}
        portal.faults.add("batch", faults.raw(200, json.dumps(body).encode(), "application/json"), skip=1)
        reply = await ask(said)

        assert answered in reply.text, shown
        assert "You are going" not in reply.text, shown
        assert portal.meetings[651][17] == "Q"


async def test_meeting_that_vanishes_between_writing_and_reading_is_no_success(ask, portal):
    portal.faults.add("calendar.meeting.status.get", faults.error("", status=400), skip=1)
    reply = await ask("accept 651")

    assert "Bitrix24 does not show it" in reply.text


async def test_failed_write_may_be_repeated_at_once(ask, portal):
    portal.faults.add("calendar.meeting.status.set", faults.error("ACCESS_DENIED"))
    await ask("accept 651")
    reply = await ask("accept 651")

    assert reply.text.startswith("You are going: meeting 651")
    assert len(portal.notices) == 1


# --- what the calendar tells


async def test_guest_who_was_invited_again_is_asked_what_is_true_now(ask, portal):
    await ask("accept 651")
    portal.uninvite(651, 17)
    portal.invite(651, 17)
    portal.notices.clear()
    assert (await ask("status 651")).text.startswith("You have not answered yet")

    reply = await ask("accept 651")
    assert reply.text.startswith("You are going: meeting 651")
    assert portal.meetings[651][17] == "Y"
    assert len(portal.notices) == 1


async def test_stranger_does_not_get_into_the_chat_of_a_meeting(ask, portal):
    portal.add_group(400, "Meeting chat", [23, 42])
    portal.add_meeting(800, name="Board", host=23, guests=[42], start="2026-11-26T09:00:00", chat=400)
    await ask("accept 800")

    assert portal.messenger.chats[400].members == {23, 42}


async def test_one_day_of_a_series_is_called_so(ask, portal):
    start = "2026-11-24T09:30:00"
    portal.add_meeting(900, name="Stand-up", host=23, guests=[17], start=start, rrule="FREQ=DAILY")
    portal.add_meeting(910, name="Stand-up", host=23, guests=[17], start=start, master=900)

    assert (await ask("decline 910")).text.endswith(", one day of a series.")
    assert portal.meetings[900][17] == "Q"
    assert (await ask("accept 910")).text.endswith(", whole series.")
    assert portal.meetings[900][17] == "Y"
    assert (await ask("статус 910")).text.endswith(", один день серии.")


async def test_hidden_guests_may_answer(ask, portal):
    portal.add_meeting(911, name="Secret", host=23, guests=[17, 42], start="2026-11-24T09:30:00", hide_guests=True)
    reply = await ask("accept 911")

    assert portal.meetings[911][17] == "Y"
    assert "Nina" not in reply.text


async def test_portal_in_another_language_makes_no_difference(ask, portal):
    portal.options.language = "ru"

    assert "number 999" in (await ask("accept 999")).text
    assert (await ask("accept 651")).text.startswith("You are going: meeting 651 “Weekly sync”, Wed, Nov 25, 10:00")


async def test_series_that_began_long_ago_is_named_by_its_hour(ask, portal):
    portal.add_meeting(
        700,
        name="Daily",
        host=23,
        guests=[17],
        start="2026-01-25T09:00:00",
        tz="Europe/Riga",
        rrule="FREQ=DAILY;COUNT=500",
    )

    assert (await ask("accept 700")).text == "You are going: meeting 700 “Daily”, 09:00 (Europe/Riga), whole series."
    assert (await ask("decline 700")).text == (
        "You are not going: meeting 700 “Daily”, 09:00 (Europe/Riga), whole series. Bitrix24 lets me answer a series only "
        "as a whole; a single day can be declined in the calendar."
    )
    assert "на серию битрикс24 позволяет" in (await ask("принять 700\nотклонить 700")).text.lower()
