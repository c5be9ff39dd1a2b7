import dataclasses
import json
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import tracing
from bot.errors import NewerVersion, StorageError
from bot.events import (
    AccountChanged,
    AccountLinked,
    Connected,
    Event,
    FollowUpDue,
    MessageAdded,
    TimerDue,
    decode,
    dump,
    load,
    parse_form,
)
from bot.events.stored import origin_of
from tests.samples import forms

SECRETS = ("_token]",)
PERSONAL = ("NAME]", "name]", "Name]", "[email]", "[work_phone]", "[workPosition]")


@pytest.mark.parametrize("name", forms.NAMES)
def test_every_sample_is_read_back_as_it_was(name: str) -> None:
    for event in decode(forms.tree(name)):
        again = load(dump(event))
        assert again == event
        assert type(again) is type(event)
        assert (again.key, again.lane) == (event.key, event.lane)


def test_samples_show_every_kind_of_event() -> None:
    shown = {type(event) for name in forms.NAMES for event in decode(forms.tree(name))}
    (unknown,) = decode(parse_form(b"event=ONTASKADD"))
    assert load(dump(unknown)) == unknown
    our_own = {Connected, AccountLinked, AccountChanged, FollowUpDue, TimerDue}
    assert shown | {type(unknown)} | our_own == set(get_args(Event))


@pytest.mark.parametrize("name", forms.NAMES)
def test_no_token_is_stored(name: str) -> None:
    secrets = {value for key, value in forms.pairs(name).items() if key.endswith(SECRETS)}
    assert secrets
    for event in decode(forms.tree(name)):
        for secret in secrets:
            assert secret not in dump(event)
            assert secret not in repr(event)
            assert secret not in event.key


@pytest.mark.parametrize("name", [name for name in forms.NAMES if name.startswith(("v1", "v2"))])
def test_no_personal_data_is_stored(name: str) -> None:
    kept = {"Wren", "wren_bot", "River survey"}
    personal = {
        value for key, value in forms.pairs(name).items() if key.startswith("data[user") and key.endswith(PERSONAL)
    }
    personal |= {
        value for key, value in forms.pairs(name).items() if key.startswith("data[USER") and key.endswith(PERSONAL)
    }
    for event in decode(forms.tree(name)):
        stored = json.loads(dump(event))["event"]
        stored.pop("text", None)  # what people write is theirs to say
        for value in personal - kept - {""}:
            assert value not in json.dumps(stored)


def test_stored_form_names_its_version_and_kind() -> None:
    (event,) = decode(forms.tree("v2_message_private"))
    stored = json.loads(dump(event))
    assert stored["v"] == 1
    assert stored["event"]["kind"] == "message_added"
    assert stored["event"]["user"] == dataclasses.asdict(event)["user"]


def test_news_of_a_connection_is_read_back() -> None:
    news = Connected(
        portal="5c5c", sent_at=1795432200, domain="wren.bitrix24.example", user_id=31, bot_id=1207, dialog_id="31",
        language="en", too_late=False, digest="ab" * 16,
    )  # fmt: skip
    assert load(dump(news)) == news
    assert (news.key, news.lane) == (f"5c5c:connected:{'ab' * 16}", "5c5c:31")


def test_news_of_an_account_is_read_back() -> None:
    news = AccountLinked(
        portal="5c5c", sent_at=1795432200, domain="wren.bitrix24.example", user_id=31, bot_id=1207, dialog_id="31",
        language="en", digest="ab" * 16, former="acc_66f0c1a2b3d4e5f601234567",
    )  # fmt: skip
    assert load(dump(news)) == news
    assert (news.key, news.lane) == (f"5c5c:linked:{'ab' * 16}", "5c5c:31")


def test_news_of_cronofy_are_read_back() -> None:
    news = AccountChanged(
        portal="5c5c", sent_at=1795432200, domain="", user_id=31, what="change", channel_id="chn_1", since=1795432100
    )
    assert load(dump(news)) == news
    assert news.lane == "5c5c:31:outside"


def test_kinds_are_distinct() -> None:
    kinds = [kind.__dataclass_fields__["kind"].default for kind in get_args(Event)]
    assert len(set(kinds)) == len(kinds)


STORED_V1 = """{"v":1,"event":{"portal":"5c5c","sent_at":1795432200,"domain":"wren.bitrix24.example","api":"v2",
"bot_id":1207,"user":{"id":31,"active":true,"bot":false,"connector":false,"extranet":false,"network":false,
"type":"user","external_auth_id":"default","known":true},"chat":{"id":3331,"dialog_id":"31","private":true,
"entity_type":""},"language":"en","auth_user_id":31,"has_token":true,"message_id":52001,"author_id":31,
"text":"accept 1450","is_system":false,"forwarded":false,"kind":"message_added"}}"""


def test_event_stored_by_the_first_release_is_still_read() -> None:
    event = load(STORED_V1)
    assert isinstance(event, MessageAdded)
    assert (event.text, event.user.id, event.key) == ("accept 1450", 31, "5c5c:message:1207:52001")


def test_event_is_stored_with_the_request_that_brought_it() -> None:
    (event,) = decode(forms.tree("v2_message_private"))
    with tracing.receiving("/x", 1795432200.5) as trace:
        stored = dump(event)

    assert origin_of(stored) == tracing.Origin(request_id=trace.request_id, received_at=1795432200.5)
    assert load(stored) == event


@pytest.mark.parametrize(
    "text",
    [
        STORED_V1,
        STORED_V1.replace('"v":1', '"v":1,"origin":null'),
        STORED_V1.replace('"v":1', '"v":1,"origin":{"request_id":7}'),
        STORED_V1.replace('"v":1', '"v":1,"origin":"5d"'),
        "[]",
        "",
    ],
)
def test_event_stored_without_a_request_has_none(text: str) -> None:
    assert origin_of(text) is None


def test_what_a_later_release_stores_beside_an_event_is_left_alone() -> None:
    text = STORED_V1.replace('"v":1', '"v":1,"origin":{"request_id":"5d","more":1},"more":[]')

    assert origin_of(text) == tracing.Origin(request_id="5d")
    assert load(text) == load(STORED_V1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (STORED_V1.replace('"v":1', '"v":0'), "version 0, this release reads 1"),
        (STORED_V1.replace('"v":1', '"v":1.5'), "version 1.5, this release reads 1"),
        (STORED_V1.replace('"v":1', '"v":"1"'), "version '1', this release reads 1"),
        ('{"event":{}}', "version None"),
        ("[]", "version None"),
        ("", "no JSON"),
        ("{", "no JSON"),
        ('{"v":1}', "does not read at its top"),
        ('{"v":1,"event":{"kind":"nonsense"}}', "does not read at its top"),
        (STORED_V1.replace('"bot_id":1207,', ""), "does not read at message_added.bot_id"),
        (STORED_V1.replace("1207", '"accept"'), "does not read at message_added.bot_id"),
    ],
)
def test_what_cannot_be_read_is_told_without_its_content(text: str, words: str) -> None:
    with pytest.raises(StorageError) as caught:
        load(text)
    assert words in str(caught.value)
    assert "accept" not in str(caught.value)
    assert not isinstance(caught.value, NewerVersion)


@pytest.mark.parametrize("version", [2, 17, 10**4000])
def test_event_of_a_newer_release_is_told_from_a_broken_one(version: int) -> None:
    with pytest.raises(NewerVersion, match=f"version {version!r:.20}, this release reads 1"):
        load(STORED_V1.replace('"v":1', f'"v":{version}'))


@settings(deadline=None, derandomize=True)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_words_are_read_back(words: str) -> None:
    (event,) = decode(forms.tree("v2_message_private", {"data[message][text]": words}))
    assert isinstance(event, MessageAdded)
    assert load(dump(event)) == event
    assert event.text == words.replace("\0", "")
