"""The answers to one message, joined: what is said, what is left out, and what remains to be followed."""

import pytest

from bot.grammar import Call
from bot.replies import LONGEST, MOST_ROWS, Button, Follow, Link, Reply
from bot.texts import Safe

MORE = Safe("There is more.")
CONFIRM = Follow(Call("confirm-outside", ("ext:0123456789ab", "accepted")), 2.0)


def together(*replies):
    return Reply.together(replies, MORE)


def sent(text="Sent.", **differing):
    return Reply(Safe(text), "sent", follows=CONFIRM, **differing)


def told(length, short=None):
    """What tells something of that length, and has done nothing."""
    return Reply(Safe("x" * length), short=short and Safe(short))


def row(label, word="1"):
    return (Button(Safe(label), Call("page", (word,))),)


# --- words


def test_single_reply_stays_as_it_is():
    reply = sent("x" * (LONGEST + 1), short=Safe("Sent"), lists=True, in_place=True)

    assert together(reply) is reply


def test_replies_stand_in_lines_and_equal_ones_once():
    assert together(Reply(Safe("One.")), Reply(Safe("Two.")), Reply(Safe("One."))).text == "One.\nTwo."


def test_replies_are_said_briefly_when_they_grow_too_long():
    half = LONGEST // 2
    fitting, longer = told(half - 1, "Brief."), told(half, "Brief.")

    assert together(fitting, Reply(Safe("y" * half))).text == f"{fitting.text}\n{'y' * half}"
    assert together(longer, Reply(Safe("y" * half))).text == f"Brief.\n{'y' * half}"


def test_longest_of_what_only_tells_is_left_out_first():
    done, question = Reply(Safe("d" * 150)), Reply(Safe("q" * 300), "asked", asks=(Call("reset", ("651",)),))

    joined = together(told(600), done, question, told(500))

    assert joined.text == "\n".join([done.text, question.text, "x" * 500, MORE])
    assert joined.asks == question.asks


def test_question_that_nobody_reads_is_not_asked():
    questions = [Reply(Safe(sign * 400), "asked", asks=(Call("reset", (sign,)),)) for sign in "123"]

    joined = together(*questions)

    assert joined.text == f"{questions[0].text}\n{questions[1].text}\n{MORE}"
    assert joined.asks == (*questions[0].asks, *questions[1].asks)


def test_text_is_never_longer_than_a_message_may_be():
    assert len(together(*[told(190 + number) for number in range(20)]).text) <= LONGEST


@pytest.mark.parametrize(("suggests", "whole"), [((True, True), True), ((True, False), True), ((False, False), False)])
def test_yes_settles_nothing_that_it_was_not_asked_about(suggests, whole):
    questions = [
        Reply(Safe(str(number)), "asked", asks=(Call("decline", ("651",)),), suggests=one)
        for number, one in enumerate(suggests)
    ]

    assert together(*questions).suggests is whole


# --- outcome


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        (("sent", "sent"), "sent"),
        (("done", "sent"), "done"),
        (("waiting", "waiting"), "waiting"),
        (("waiting", "failed"), "failed"),
        (("refused", "unchanged"), "done"),
    ],
)
def test_outcome_is_that_of_all_or_the_worst(outcomes, whole):
    replies = [Reply(Safe(str(number)), outcome) for number, outcome in enumerate(outcomes)]

    assert together(*replies).outcome == whole


@pytest.mark.parametrize(("flags", "in_place", "lists"), [((True, True), True, True), ((True, False), False, True)])
def test_message_is_replaced_by_what_replaces_it_altogether(flags, in_place, lists):
    joined = together(*[Reply(Safe(str(flag)), in_place=flag, lists=flag) for flag in flags])

    assert (joined.in_place, joined.lists) == (in_place, lists)


# --- buttons


def test_later_of_rows_that_say_the_same_counts():
    first, second = Reply(Safe("1"), buttons=(row("Next"), row("Back"))), Reply(Safe("2"), buttons=(row("Next", "2"),))

    assert together(first, second).buttons == (row("Next", "2"), row("Back"))


def test_buttons_fit_a_keyboard():
    replies = [Reply(Safe(str(number)), buttons=(row(f"#{number}"),)) for number in range(MOST_ROWS + 5)]

    assert len(together(*replies).buttons) == MOST_ROWS


def test_links_and_permissions_are_offered_once():
    link = Link(Safe("Connect"), "https://app.cronofy.example/relink")
    replies = [Reply(Safe(sign), links=(link,), connects=("cronofy", "bitrix24")) for sign in "12"]

    joined = together(*replies)
    assert (joined.links, joined.connects) == ((link,), ("cronofy", "bitrix24"))


# --- what is followed


def test_replies_that_are_the_last_word_have_no_parts():
    assert together(Reply(Safe("One.")), Reply(Safe("Two."))).parts == ()


def test_parts_are_kept_whole_when_one_is_not_the_last_word():
    done, on_its_way = told(LONGEST - 2, "Done"), sent(short=Safe("S"))

    joined = together(done, on_its_way)

    assert joined.text == "Done\nS"
    assert (joined.parts, joined.follows) == ((done, on_its_way), None)


def test_part_that_there_was_no_room_for_is_followed_all_the_same():
    long = [sent(sign * 400) for sign in "123"]

    joined = together(*long)

    assert MORE in joined.text
    assert joined.parts == tuple(long)


def test_parts_of_parts_lie_side_by_side():
    inner = together(Reply(Safe("One.")), sent("Two."))
    last = Reply(Safe("Three."))

    joined = together(inner, last)

    assert joined.text == "One.\nTwo.\nThree."
    assert [part.text for part in joined.parts] == ["One.", "Two.", "Three."]
    assert [part.follows for part in joined.parts] == [None, CONFIRM, None]


def test_everything_that_lists_show_is_told_in_order():
    first, second = Reply(Safe("1"), shows=(("651", "Y"),)), Reply(Safe("2"), shows=(("700", "N"), ("701", "N")))
    third = sent(shows=(("ext:0123456789ab", "sent-accepted"),))
    shown = (*first.shows, *second.shows, *third.shows)

    assert together(first, second, third).shows == shown
    assert together(together(first, second), third).shows == shown
    assert together(first, together(second, third)).shows == shown


def test_answer_of_which_there_was_no_room_to_tell_shows_in_lists():
    long = [Reply(Safe(sign * 400), shows=((sign, "Y"),)) for sign in "123"]

    assert together(*long).shows == (("1", "Y"), ("2", "Y"), ("3", "Y"))
