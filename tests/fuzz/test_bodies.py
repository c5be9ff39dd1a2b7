"""Bodies that anybody may post: bytes to a form, to events, and to what waits in the inbox."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from bot import events
from bot.errors import MalformedBody
from tests.fuzz import checks, drawn
from tests.fuzz.bounds import bounded
from tests.samples import forms

TOKEN = "0123456789abcdef" * 4


@bounded(300)
@given(st.binary(max_size=300) | drawn.brackets.map(str.encode))
def test_any_bytes_are_a_bounded_tree_or_malformed(body):
    checks.form(body)


@bounded(150)
@given(drawn.bodies())
@example(forms.body("v2_message_private", {"data[message][text]": "a\0b", "data[language]": "\0"}))
@example(forms.body("v1_command_keyboard_group", {"data[PARAMS][DIALOG_ID]": "chat5\0", "ts": "\u0661"}))
def test_any_body_is_events_that_can_be_kept_or_malformed(body):
    checks.body(body)


@bounded(60)
@given(drawn.bodies(), st.randoms(use_true_random=False))
def test_order_of_the_pairs_makes_no_other_event(body, random):
    pairs = list(forms.php_pairs(checks.form(body) or {}))
    shuffled = list(pairs)
    random.shuffle(shuffled)

    assert keys(shuffled) == keys(pairs)


def keys(pairs):
    """Return what tells the events of a body from others; None for a malformed one."""
    try:
        return {event.key for event in events.decode(events.parse_form(forms.encode(pairs)), portal="5c5c")}
    except MalformedBody:
        return None


@bounded(100)
@given(st.sampled_from(forms.NAMES), st.data())
def test_tokens_are_in_no_event(name, data):
    places = [place for place in forms.pairs(name) if place.endswith("_token]")]
    chosen = data.draw(st.lists(st.sampled_from(places), unique=True))
    tree = forms.tree(name, dict.fromkeys(chosen, TOKEN))

    assert all(TOKEN not in f"{events.dump(event)} {event!r} {event.key} {event.lane}" for event in events.decode(tree))


@bounded(200)
@given(st.text(max_size=40) | drawn.anything.map(json.dumps))
def test_any_text_is_a_stored_event_or_refused(text):
    checks.stored(text)


@bounded(60)
@given(st.sampled_from(forms.NAMES), st.data())
def test_damaged_event_is_read_or_refused(name, data):
    event = events.decode(forms.tree(name))[0]
    stored = json.loads(events.dump(event))
    damaged = stored["event"] | data.draw(drawn.nearly(sorted(stored["event"]), drawn.HALVES))

    checks.stored(json.dumps(stored | {"event": damaged}))
