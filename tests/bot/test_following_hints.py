"""Hints that something has changed: all messages of a person are looked at at once, and those that wait go on waiting."""

import pytest

from bot.order import Place
from bot.replies import Reply
from bot.texts import Safe
from tests.acting import MEMBER, MIRA
from tests.follow_desk import Desk, part, waiting


@pytest.fixture
async def desk(ask):
    return Desk(ask)


async def test_hint_lets_all_messages_of_a_person_be_looked_at(desk):
    first, second = await desk.say(part("Sent.", "one")), await desk.say(part("Sent.", "two"), key="event-2")
    theirs = await desk.say(part("Sent.", "three"), user_id=23, key="event-3")
    desk.known = dict.fromkeys(("one", "two", "three"), Reply(Safe("Done.")))

    assert await desk.following.hurry(MIRA) == "done"
    assert (first.text, second.text, theirs.text) == ("Done.", "Done.", "Sent.")
    assert await desk.kept("event-3") is not None


async def test_what_one_message_has_found_out_is_written_down_before_the_next_is_looked_at(desk):
    """The next may wait for the portal, and be interrupted, while the first is never looked at again."""
    await desk.say(part("Sent.", "one"))
    await desk.say(part("Sent.", "two"), key="event-2")
    marks = []

    async def look(ctx, word):
        marks.append((word, await ctx.superseded("meeting:651")))
        ctx.at_end.append(ctx.store.order.carrying_out(MEMBER, MIRA, "meeting:651", Place(None, ctx.place.sent_at + 9)))
        return Reply(Safe("Done."))

    desk.parts.router.handlers["look"] = look
    await desk.following.hurry(MIRA)

    assert marks == [("one", False), ("two", True)]


async def test_what_one_part_has_found_out_is_written_down_while_another_waits(desk):
    await desk.say(part("Sent 1.", "one"), part("Sent 2.", "two"))

    async def look(ctx, word):
        if word == "two":
            return waiting(word)
        ctx.at_end.append(ctx.store.order.carrying_out(MEMBER, MIRA, "meeting:651", Place(None, 9)))
        return Reply(Safe("Done."))

    desk.parts.router.handlers["look"] = look
    await desk.following.hurry(MIRA)

    assert await desk.store.order.superseded(MEMBER, MIRA, "meeting:651", Place(None, 8))


async def test_hint_keeps_the_later_look(desk, clock):
    message = await desk.say(part("Sent 1.", "one"), part("Sent 2.", "two"))
    await desk.look()
    planned = list(desk.inbox.later)
    desk.known["two"] = Reply(Safe("Done 2."))
    clock.advance(4)
    await desk.following.hurry(MIRA)
    assert (message.text, desk.inbox.later) == ("Sent 1.\nDone 2.", planned)

    desk.known["one"] = Reply(Safe("Done 1."))
    assert await desk.look(2) == "done"
    assert message.text == "Done 1.\nDone 2."


async def test_hint_without_news_changes_nothing(desk):
    message = await desk.say(part("Sent.", "one"))
    await desk.following.hurry(MIRA)

    assert (message.edited, desk.methods, desk.inbox.later) == (False, [], [])
    assert (await desk.kept()).parts == (part("Sent.", "one", after_s=10.0),)


async def test_hint_for_somebody_who_waits_for_nothing_is_ignored(desk):
    assert await desk.following.hurry(MIRA) == "done"
    assert desk.methods == []
