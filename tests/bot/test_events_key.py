import dataclasses

import pytest

from bot.events import PortalEvent, decode
from tests.samples import forms

PORTAL = "5c" * 16
SINGLE = [name for name in forms.NAMES if name not in {"v1_message_two_bots", "v1_command_several"}]


def key(name: str, changes: dict[str, str | None] | None = None) -> str:
    (event,) = decode(forms.tree(name, changes))
    return event.key


@pytest.mark.parametrize("name", SINGLE)
def test_key_ignores_which_subscription_delivered(name: str) -> None:
    assert key(name, {"event_handler_id": "999"}) == key(name) == key(name, {"event_handler_id": None})


@pytest.mark.parametrize("name", [name for name in SINGLE if not name.startswith("app_")])
def test_key_ignores_tokens(name: str) -> None:
    tokens = {other: "f0" * 35 for other in forms.pairs(name) if other.endswith("_token]")}
    later = {other: "1795999999" for other in forms.pairs(name) if other.endswith("[expires]")}
    assert key(name, tokens | later) == key(name)


@pytest.mark.parametrize("name", SINGLE)
def test_key_differs_between_portals(name: str) -> None:
    other = key(name, {"auth[member_id]": "aa" * 16})
    assert other.startswith("aa" * 16 + ":")
    assert other.partition(":")[2].partition(":")[0] == key(name).partition(":")[2].partition(":")[0]


def test_keys_of_all_samples_differ_unless_they_are_one_event() -> None:
    found: dict[str, set[str]] = {}
    for name in forms.NAMES:
        for event in decode(forms.tree(name)):
            found.setdefault(event.key, set()).add(name)
    assert sorted(sorted(names) for names in found.values() if len(names) > 1) == [
        ["v1_bot_delete", "v2_bot_delete", "v2_bot_delete_no_user"],
        ["v1_command_keyboard_group", "v2_command_keyboard_other_presser"],
        ["v1_command_keyboard_private", "v2_command_keyboard"],
        ["v1_command_textarea", "v2_command_textarea"],
        ["v1_join_group", "v2_join_group"],
        ["v1_join_private", "v2_join_private"],
        ["v1_message_delete", "v2_message_delete"],
        ["v1_message_group", "v2_message_group_mention"],
        ["v1_message_private", "v2_message_private"],
        ["v1_message_update", "v2_message_update"],
    ]


@pytest.mark.parametrize("name", ["v2_message_private", "v2_command_textarea", "v2_message_delete"])
def test_repeated_delivery_keeps_its_key_at_another_time(name: str) -> None:
    assert key(name, {"ts": "1795432999"}) == key(name)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("v2_message_private", {"data[message][id]": "52099"}),
        ("v2_message_private", {"data[bot][id]": "1299"}),
        ("v2_message_delete", {"data[messageId]": "52099"}),
        ("v2_command_textarea", {"data[message][id]": "52099"}),
        ("v2_command_textarea", {"data[command][id]": "99"}),
        ("v2_command_textarea", {"data[command][params]": "1451"}),
        ("v2_command_textarea", {"data[command][context]": "keyboard"}),
        ("v2_command_keyboard", {"ts": "1795432201"}),
        ("v2_command_keyboard", {"data[user][id]": "46"}),
        ("v2_command_keyboard", {"data[command][params]": "decline 1450"}),
        ("v2_message_update", {"ts": "1795432221"}),
        ("v2_reaction", {"data[action]": "delete"}),
        ("v2_reaction", {"data[reaction]": "kiss"}),
        ("v2_reaction", {"ts": "1795432201"}),
        ("v2_join_group", {"data[chat][dialogId]": "chat541"}),
        ("v2_join_group", {"ts": "1795432201"}),
        ("v2_context", {"data[context][entityId]": "1451"}),
        ("v2_context", {"ts": "1795432201"}),
        ("v2_bot_delete", {"ts": "1795432201"}),
        ("app_install", {"ts": "1795432201"}),
        ("app_install", {"auth[access_token]": "f0" * 35}),
        ("app_uninstall", {"auth[application_token]": "f0" * 16}),
        ("app_update", {"data[VERSION]": "3"}),
        ("calendar_add", {"data[id]": "1453"}),
        ("calendar_add", {"ts": "1795432201"}),
        ("calendar_add", {"event": "ONCALENDARENTRYUPDATE"}),
        ("calendar_add", {"event": "ONTASKADD"}),
    ],
)
def test_another_event_has_another_key(name: str, changes: dict[str, str | None]) -> None:
    assert key(name, changes) != key(name)


def test_unknown_events_differ_by_what_they_say() -> None:
    unknown: dict[str, str | None] = {"event": "ONTASKADD"}
    tokens = {other: "f0" * 35 for other in forms.pairs("calendar_add") if other.endswith("_token]")}
    assert key("calendar_add", unknown | tokens) == key("calendar_add", unknown)
    assert key("calendar_add", unknown | {"data[id]": "1453"}) != key("calendar_add", unknown)


@pytest.mark.parametrize(
    "name", ["v2_command_keyboard", "v2_reaction", "v2_join_group", "v2_context", "v2_message_private"]
)
def test_key_stays_short_and_printable(name: str) -> None:
    most = "9" * 18
    long = {
        "ts": most,
        "auth[member_id]": "f" * 64,
        "data[bot][id]": most,
        "data[user][id]": most,
        "data[message][id]": most,
        "data[command][id]": most,
        "data[command][params]": "é\0\n" * 900,
        "data[reaction]": "é\n" * 900,
        "data[chat][dialogId]": "chat" + "é\n" * 900,
    }
    shown = key(name, dict(long))
    assert len(shown) < 200
    assert shown.isascii()
    assert shown.isprintable()
    assert " " not in shown


def test_key_tells_nothing_of_what_was_written() -> None:
    shown = key("v2_command_textarea", {"data[command][params]": "dismissal of Toms"})
    assert "dismissal" not in shown


def test_events_cannot_be_changed() -> None:
    for name in forms.NAMES:
        for event in decode(forms.tree(name)):
            with pytest.raises(dataclasses.FrozenInstanceError):
                event.portal = "x"  # type: ignore[misc]


def test_every_event_is_a_portal_event_in_a_lane_of_its_portal() -> None:
    for name in forms.NAMES:
        for event in decode(forms.tree(name)):
            assert isinstance(event, PortalEvent)
            assert event.lane.startswith(f"{PORTAL}:")
