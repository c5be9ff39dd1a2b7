"""What Cronofy, or whoever takes its name, may send: events, identities, pushes."""

import base64
import hmac
import json
from datetime import UTC, date, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from bot.cronofy import fields
from bot.cronofy.methods.external import instant, read_event
from bot.cronofy.methods.identity import read_identity
from bot.cronofy.push import Kind, read_push, verify
from bot.errors import CronofyUnreadable, MalformedBody
from tests.fuzz import drawn
from tests.fuzz.bounds import bounded

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SECRETS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def signed(body, secret):
    return base64.b64encode(hmac.new(secret.encode(), body, "sha256").digest()).decode()


@bounded(200)
@example({"x": "half of a picture \ud83d"})
@given(drawn.anything | drawn.nearly(("x",), drawn.HALVES | drawn.moments))
def test_any_json_has_plain_fields(row):
    text, moment = fields.text(row, "x"), fields.moment(row, "x")

    text.encode()
    assert len(text) <= fields.LONGEST
    assert moment is None or (isinstance(moment, date) and instant(moment, UTC).tzinfo is UTC)
    assert all(isinstance(one, dict) for one in fields.rows(row, "x"))
    assert fields.flag(row, "x") in {True, False}


@bounded(300)
@given(drawn.cronofy_events)
def test_any_event_is_one_that_can_be_listed_or_none(row):
    event = read_event(json.loads(json.dumps(row)), {})

    if event is not None:
        assert event.ref.calendar_id
        assert isinstance(event.starts, datetime) is isinstance(event.ends, datetime)
        assert isinstance(instant(event.ends, UTC) <= instant(event.starts, UTC), bool)
        assert event.obstacle(NOW) is not None, "its calendar is unknown"


@bounded(100)
@given(
    drawn.nearly(
        ("sub", "zoneinfo", "cronofy.data"), drawn.nearly(("profiles", "authorization"), st.lists(drawn.anything))
    )
)
def test_any_identity_names_its_account_or_is_unreadable(answer):
    try:
        identity = read_identity(answer)
    except CronofyUnreadable:
        return

    assert identity.sub


@bounded(200)
@given(st.binary(max_size=60) | drawn.pushes)
def test_any_push_is_read_or_malformed(body):
    try:
        push = read_push(body)
    except MalformedBody:
        return

    assert push.kind in Kind
    assert push.changes_since is None or push.changes_since.tzinfo is UTC


@bounded(200)
@given(st.binary(max_size=60), SECRETS, st.lists(st.text(max_size=20)))
def test_only_the_secret_proves_a_push(body, secret, others):
    right = signed(body, secret)
    noise = [other for other in others if right not in other]

    assert verify(body, ",".join([*noise, right]), [secret])
    assert not verify(body, ",".join(noise), [secret])
    assert not verify(body + b"x", right, [secret])
    assert not verify(body, right, [f"{secret}x"])
    assert not verify(body, right, [])
