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
