"""Messages that say the last word later: what is said when, and what is left alone."""

from dataclasses import replace

import pytest

from bot import events
from bot.emulator import faults
from bot.followups import Part
from bot.grammar import Call
from bot.replies import LONGEST, Button, Follow, Reply
from bot.texts import Safe
from tests.acting import MEMBER, MIRA
from tests.follow_desk import BOT_ID, Desk, asks, due, part, waiting


@pytest.fixture
async def desk(ask):
    return Desk(ask)


# --- one part


async def test_message_says_what_is_known_by_now(desk):
    message = await desk.say(part("Sent.", "one"))
    desk.known["one"] = Reply(Safe("Done."))

    assert await desk.look() == "done"
    assert message.text == "Done."
    assert await desk.kept() is None
    assert desk.inbox.later == []


async def test_message_stays_as_long_as_nothing_is_known(desk, clock):
    message = await desk.say(part("Sent.", "one", short="S"))
    desk.known["one"] = waiting("one", 13.0)

    assert await desk.look(attempt=3) == "waiting"
    assert (message.text, message.edited, desk.methods) == ("Sent.", False, [])
    assert (await desk.kept()).parts == (part("Sent.", "one", short="S", after_s=13.0),)
    ((due_at, entry),) = desk.inbox.later
    assert (due_at, events.load(entry.body)) == (clock.now() + 13, replace(due(4), sent_at=int(clock.now() + 13)))


async def test_command_is_asked_in_the_place_of_its_message(desk):
    differing = {"language": "ru", "private": False, "dialog_id": "chat311"}
    await desk.say(part("Sent.", "one"), **differing)
    await desk.look()

    (ctx,) = desk.contexts
    assert (ctx.user_id, ctx.portal, ctx.event_key, ctx.bot_id) == (MIRA, MEMBER, "event-1", BOT_ID)
    assert {name: getattr(ctx, name) for name in differing} == differing
    assert (ctx.call, ctx.now.timestamp(), ctx.confirmed) == (asks("one"), desk.parts.clock(), False)


async def test_word_that_is_not_the_last_is_said_and_looked_at_again(desk):
    message = await desk.say(part("Sent.", "one"))
    desk.known["one"] = Reply(Safe("Sent again."), "sent", follows=Follow(asks("two"), 5.0))
    assert await desk.look() == "waiting"
    assert message.text == "Sent again."

    desk.known["two"] = Reply(Safe("Done."))
    assert await desk.look(2) == "done"
    assert message.text == "Done."


@pytest.mark.parametrize(
    ("outcome", "text"), [("done", "Done. At once: Board."), ("failed", "Done."), ("refused", "Done.")]
)
async def test_what_else_there_was_to_say_is_said_again_when_all_went_well(desk, outcome, text):
    message = await desk.say(replace(part("Sent. At once: Board.", "one"), adds="At once: Board."))
    await desk.look()
    assert message.text == "Sent. At once: Board."

    desk.known["one"] = Reply(Safe("Done."), outcome)
    await desk.look(2)
    assert message.text == text


async def test_what_is_kept_of_a_part_outlives_looks_without_news(desk):
    known = replace(part("Sent.", "one", short="S", after_s=10.0), adds="At once: Board.", is_whole=True)
    await desk.say(known)
    await desk.look()

    assert (await desk.kept()).parts == (known,)


async def test_message_that_says_the_last_word_is_left_alone(desk):
    message = await desk.say(part("Sent.", "one"))
    desk.known["one"] = Reply(Safe("Done."))
    await desk.look()
    desk.known["one"] = Reply(Safe("Otherwise."))

    assert await desk.look() == "ignored: it says the last word already"
    assert message.text == "Done."


async def test_look_that_is_handed_out_twice_makes_one_later_look(desk):
    await desk.say(part("Sent.", "one"))
    for _ in range(2):
        assert await desk.look() == "waiting"

    assert {entry.key for _, entry in desk.inbox.later} == {due(2).key}


async def test_command_may_carry_out_others(desk):
    message = await desk.say(Part("Sent.", "", asks=("look-for-two", "one", "two"), after_s=2.0))
    desk.known |= {"one": Reply(Safe("One.")), "two": Reply(Safe("Two."))}

    assert await desk.look() == "done"
    assert message.text == "One.\nTwo."


# --- several parts


async def test_part_that_is_known_is_said_while_another_waits(desk):
    message = await desk.say(part("Sent 1.", "one"), part("Sent 2.", "two"), Part("Done 3.", ""))
    desk.known["two"] = Reply(Safe("Done 2."))
    assert await desk.look() == "waiting"
    assert message.text == "Sent 1.\nDone 2.\nDone 3."

    desk.known["one"] = Reply(Safe("Done 1."), "failed")
    assert await desk.look(2) == "done"
    assert message.text == "Done 1.\nDone 2.\nDone 3."


async def test_part_that_is_known_is_not_asked_again(desk):
    await desk.say(part("Sent 1.", "one"), part("Sent 2.", "two"))
    desk.known["one"] = Reply(Safe("Done 1."))
    await desk.look()
    await desk.look(2)

    assert desk.asked == ["one", "two", "two"]


async def test_message_is_looked_at_when_the_first_of_its_parts_may_be_known(desk, clock):
    await desk.say(part("1", "one"), part("2", "two"), part("3", "three"))
    desk.known = {"one": waiting("one", 45.0), "two": waiting("two", 3.0), "three": Reply(Safe("Done."))}
    await desk.look()

    assert [due_at for due_at, _ in desk.inbox.later] == [clock.now() + 3]


async def test_text_that_grows_too_long_is_said_briefly(desk):
    long = [Safe(f"{number}: {'x' * 400}.") for number in range(3)]
    message = await desk.say(part("1", "one"), part("2", "two"), Part("Done 3.", "3 done"))
    desk.known = {
        "one": Reply(long[0], short=Safe("1 done")),
        "two": replace(waiting("two"), text=long[1]),
    }
    await desk.look()
    assert message.text == f"{long[0]}\n2\nDone 3."

    desk.known["two"] = Reply(Safe("y" * 600), short=Safe("2 done"))
    await desk.look(2)
    assert message.text == "1 done\n2 done\n3 done"


async def test_text_that_was_said_briefly_is_whole_again_when_there_is_room(desk):
    whole = Safe("x" * (LONGEST - 100))
    message = await desk.say(Part(whole, "1 done"), part("y" * 200, "two", short="2 sent"))
    desk.known["two"] = Reply(Safe("2 done"))
    await desk.look()

    assert message.text == f"{whole}\n2 done"


# --- buttons


@pytest.fixture
def buttons(desk):
    def labelled(label):
        return ((Button(Safe(label), Call("page", ("a1-1", "2"))),),)

    return labelled


def labels(message):
    return [button["TEXT"] for button in message.keyboard if "TEXT" in button]


async def test_buttons_stay_when_the_new_text_has_none(desk, buttons):
    message = await desk.say(part("Sent.", "one"), part("Sent.", "two"))
    desk.known["one"] = Reply(Safe("Done 1."), buttons=buttons("Next"))
    await desk.look()
    assert labels(message) == ["Next"]

    desk.known["two"] = Reply(Safe("Done 2."))
    await desk.look(2)
    assert (message.text, labels(message)) == ("Done 1.\nDone 2.", ["Next"])


async def test_buttons_are_those_of_the_new_text_in_the_language_of_the_message(desk, buttons):
    message = await desk.say(part("Sent.", "one"), part("Sent.", "two"), language="ru")
    for word, label in (("one", "Next"), ("two", "Back")):
        desk.known[word] = Reply(Safe(f"Done {word}."), buttons=buttons(label))
        await desk.look()

    assert labels(message) == ["Back"]
    assert message.keyboard[0]["COMMAND_PARAMS"] == "page a1-1 2 @ru"


# --- messages that cannot be rewritten


async def test_message_that_was_removed_is_said_anew(desk):
    message = await desk.say(part("Sent 1.", "one"), part("Sent 2.", "two"))
    desk.portal.messenger.delete(message)
    desk.known["one"] = Reply(Safe("Done 1."))
    await desk.look()
    fresh = desk.portal.messages[-1]
    assert (fresh.text, fresh.dialog_id) == ("Done 1.\nSent 2.", "17")

    desk.known["two"] = Reply(Safe("Done 2."))
    await desk.look(2)
    assert (desk.portal.messages[-1], fresh.text) == (fresh, "Done 1.\nDone 2.")


async def test_message_that_was_removed_is_not_missed_as_long_as_nothing_is_known(desk):
    message = await desk.say(part("Sent.", "one"))
    desk.portal.messenger.delete(message)
    await desk.look()

    assert desk.portal.messages[-1] is message


async def test_message_of_unknown_id_is_said_anew_and_then_rewritten(desk):
    await desk.say(part("Sent 1.", "one"), part("Sent 2.", "two"), message_id=0)
    before = len(desk.portal.messages)
    desk.known["one"] = Reply(Safe("Done 1."))
    await desk.look()
    desk.known["two"] = Reply(Safe("Done 2."))
    await desk.look(2)

    assert [message.text for message in desk.portal.messages[before:]] == ["Done 1.\nDone 2."]


async def test_message_of_an_id_that_the_portal_keeps_to_itself_is_not_lost(desk):
    await desk.say(part("Sent.", "one"), message_id=0)
    said = b'{"result": true, "time": {"operating": 0}}'
    desk.portal.faults.add("imbot.v2.Chat.Message.send", faults.raw(200, said, "application/json"))
    desk.known["one"] = Reply(Safe("Sent again."), "sent", follows=Follow(asks("two"), 5.0))

    assert await desk.look() == "waiting"
    assert (await desk.kept()).message_id == 0


async def test_message_is_rewritten_once_the_portal_is_back(desk):
    message = await desk.say(part("Sent.", "one"))
    desk.portal.faults.add("imbot.v2.Chat.Message.update", faults.html_page(), count=3)
    desk.known["one"] = Reply(Safe("Done."))

    assert await desk.look() == "done"
    assert message.text == "Done."


@pytest.mark.parametrize("kept_as", ["v2", "v1"])
async def test_portal_without_v2_is_served_the_same(make_ask, portal, kept_as):
    portal.options.v2 = False
    desk = Desk(await make_ask())
    message = await desk.say(part("Sent.", "one"), api=kept_as)
    desk.known["one"] = Reply(Safe("Done."))
    await desk.look()

    assert message.text == "Done."
    assert desk.methods == ["imbot.message.update"]
