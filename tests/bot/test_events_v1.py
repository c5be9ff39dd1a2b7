import pytest

from bot.errors import MalformedBody
from bot.events import (
    BotRemoved,
    Chat,
    ChatJoined,
    CommandAdded,
    ContextRequested,
    Event,
    MessageAdded,
    MessageDeleted,
    MessageUpdated,
    User,
    decode,
)
from tests.samples import forms

PORTAL = "5c" * 16
BOT = "data[BOT]"


def user(user_id: int, *, known: bool) -> User:
    return User(
        id=user_id,
        active=True,
        bot=False,
        connector=False,
        extranet=False,
        network=False,
        type="",
        external_auth_id="",
        known=known,
    )


def messages(name: str, changes: dict[str, str | None] | None = None) -> list[MessageAdded]:
    events = decode(forms.tree(name, changes))
    return [event for event in events if isinstance(event, MessageAdded)]


def commands(name: str, changes: dict[str, str | None] | None = None) -> list[CommandAdded]:
    events = decode(forms.tree(name, changes))
    return [event for event in events if isinstance(event, CommandAdded)]


def one(name: str, changes: dict[str, str | None] | None = None) -> Event:
    (event,) = decode(forms.tree(name, changes))
    return event


def test_private_message_is_read_whole() -> None:
    assert messages("v1_message_private") == [
        MessageAdded(
            portal=PORTAL,
            sent_at=1795432200,
            domain="wren.bitrix24.example",
            api="v1",
            bot_id=1207,
            user=user(31, known=True),
            chat=Chat(id=3331, dialog_id="31", private=True, entity_type=""),
            language="en",
            auth_user_id=31,
            has_token=True,
            message_id=52001,
            author_id=31,
            text="accept 1450",
            is_system=False,
            forwarded=False,
        )
    ]


def test_group_message_prefers_the_original_words() -> None:
    (event,) = messages("v1_message_group")
    assert event.text == "decline 1450"
    assert event.chat == Chat(id=540, dialog_id="chat540", private=False, entity_type="")


@pytest.mark.parametrize(
    ("original", "cut", "read"),
    [
        (None, ", decline 1450", "decline 1450"),
        ("", " : decline 1450", "decline 1450"),
        (None, "- 1450", "- 1450"),
        (None, "accept 1, 2", "accept 1, 2"),
        ("[USER=46]Toms[/USER], come", ", come", "[USER=46]Toms[/USER], come"),
        ("[USER=1207]Wren[/USER], ask [USER=46]Toms[/USER]", ", ask", "ask [USER=46]Toms[/USER]"),
    ],
)
def test_words_lose_only_our_mention_or_what_it_left(original: str | None, cut: str, read: str) -> None:
    changes = {"data[PARAMS][MESSAGE_ORIGINAL]": original, "data[PARAMS][MESSAGE]": cut}
    (event,) = messages("v1_message_group", changes)
    assert event.text == read


def test_several_bots_are_several_events() -> None:
    first, second = messages("v1_message_two_bots")
    assert (first.bot_id, second.bot_id) == (1207, 1208)
    assert first.text == "[USER=1208]Owl[/USER] [USER=1207]Wren[/USER] today"
    assert second.text == "[USER=1207]Wren[/USER] today"
    assert first.key != second.key


@pytest.mark.parametrize(("name", "sample"), [("BOT", "v1_message_private"), ("COMMAND", "v1_command_textarea")])
def test_number_of_entries_is_bounded(name: str, sample: str) -> None:
    many: dict[str, str | None] = {f"data[{name}][{index}][BOT_ID]": "1207" for index in range(1001, 1001 + 49)}
    many |= {f"data[{name}][{index}][MESSAGE_ID]": "5" for index in range(1001, 1001 + 49)}
    assert len(decode(forms.tree(sample, many))) == 50
    with pytest.raises(MalformedBody, match="more than 50"):
        decode(forms.tree(sample, many | {f"data[{name}][7][BOT_ID]": "1207"}))


def test_bot_is_named_by_its_key_where_its_field_is_missing() -> None:
    (event,) = messages("v1_message_private", {f"{BOT}[1207][BOT_ID]": None})
    assert event.bot_id == 1207


@pytest.mark.parametrize(
    ("name", "field"),
    [("IS_BOT", "bot"), ("IS_CONNECTOR", "connector"), ("IS_EXTRANET", "extranet"), ("IS_NETWORK", "network")],
)
def test_role_flags_are_read(name: str, field: str) -> None:
    (event,) = messages("v1_message_private", {f"data[USER][{name}]": "Y"})
    assert getattr(event.user, field) is True


def test_system_message_and_entity_type_are_read() -> None:
    changes: dict[str, str | None] = {"data[PARAMS][SYSTEM]": "Y", "data[PARAMS][CHAT_ENTITY_TYPE]": "LINES"}
    (event,) = messages("v1_message_group", changes)
    assert (event.is_system, event.chat.entity_type) == (True, "LINES")


def test_author_is_found_in_the_second_key() -> None:
    (event,) = messages("v1_message_private", {"data[PARAMS][FROM_USER_ID]": None})
    assert event.author_id == 31


def test_typed_command_is_read() -> None:
    (event,) = commands("v1_command_textarea")
    assert (event.command_id, event.command, event.params, event.context) == (64, "accept", "1450", "textarea")
    assert (event.message_id, event.author_id, event.text) == (52010, 31, "/accept 1450")
    assert event.user == user(31, known=False)
    assert event.chat.private


def test_several_commands_are_several_events() -> None:
    first, second = commands("v1_command_several")
    assert [(event.command, event.params) for event in (first, second)] == [("accept", "1450"), ("decline", "1451")]
    assert first.key != second.key
    assert first.lane == second.lane


def test_button_in_a_group_is_read_without_an_author() -> None:
    (event,) = commands("v1_command_keyboard_group")
    assert (event.context, event.user.id, event.author_id, event.text) == ("keyboard", 46, 0, "")
    assert (event.command, event.params, event.dialog_id) == ("statusbot", "accept 1450", "chat540")


def test_button_in_a_private_chat_believes_only_its_own_entry() -> None:
    (event,) = commands("v1_command_keyboard_private")
    assert (event.params, event.message_id, event.text, event.is_system) == ("accept 1450", 52011, "", False)
    assert event.chat == Chat(id=0, dialog_id="31", private=True, entity_type="")


@pytest.mark.parametrize("kind", ["C", "P", "", None])
@pytest.mark.parametrize("dialog", ["", None, "1207", "31", "46"])
def test_button_without_a_group_is_answered_to_its_presser(kind: str | None, dialog: str | None) -> None:
    changes = {"data[PARAMS][MESSAGE_TYPE]": kind, "data[PARAMS][DIALOG_ID]": dialog}
    (event,) = commands("v1_command_keyboard_private", changes)
    assert (event.dialog_id, event.chat.private) == ("31", True)


def test_message_id_of_a_command_is_found_beside_it() -> None:
    (event,) = commands("v1_command_textarea", {"data[COMMAND][64][MESSAGE_ID]": None})
    assert event.message_id == 52010


def test_command_is_named_by_its_key_where_its_field_is_missing() -> None:
    (event,) = commands("v1_command_textarea", {"data[COMMAND][64][COMMAND_ID]": None})
    assert event.command_id == 64


@pytest.mark.parametrize(
    ("sample", "changes", "field"),
    [
        ("v1_message_private", {BOT: None}, "data[BOT]"),
        ("v1_message_private", {BOT: "x"}, "data[BOT]"),
        ("v1_message_private", {BOT: None, f"{BOT}[x][BOT_CODE]": "wren_bot"}, "data[BOT][*][BOT_ID]"),
        ("v1_message_private", {"data[PARAMS][MESSAGE_ID]": ""}, "data[PARAMS][MESSAGE_ID]"),
        ("v1_message_private", {"data[USER][ID]": "x"}, "data[USER][ID]"),
        ("v1_command_textarea", {"data[COMMAND]": None}, "data[COMMAND]"),
        ("v1_command_textarea", {"data[COMMAND][64][BOT_ID]": "0"}, "data[COMMAND][*][BOT_ID]"),
        ("v1_command_textarea", {"data[USER]": None}, "data[USER][ID]"),
        (
            "v1_command_textarea",
            {"data[COMMAND][64][MESSAGE_ID]": None, "data[PARAMS][MESSAGE_ID]": None},
            "data[COMMAND][*][MESSAGE_ID]",
        ),
        (
            "v1_command_textarea",
            {"data[COMMAND]": None, "data[COMMAND][x][BOT_ID]": "1207"},
            "data[COMMAND][*][COMMAND_ID]",
        ),
        ("v1_bot_delete", {"data[BOT_ID]": None}, "data[BOT_ID]"),
    ],
)
def test_missing_ids_are_malformed(sample: str, changes: dict[str, str | None], field: str) -> None:
    with pytest.raises(MalformedBody) as caught:
        decode(forms.tree(sample, changes))
    assert str(caught.value).startswith(f"event: {field} is missing")


@pytest.mark.parametrize(
    ("name", "dialog_id", "private"), [("v1_join_private", "31", True), ("v1_join_group", "chat540", False)]
)
def test_join_says_where(name: str, dialog_id: str, private: bool) -> None:  # noqa: FBT001
    event = one(name)
    assert isinstance(event, ChatJoined)
    assert (event.dialog_id, event.chat.private, event.user.known) == (dialog_id, private, False)


def test_join_finds_its_user_among_the_parameters() -> None:
    event = one("v1_join_group", {"data[USER]": None})
    assert isinstance(event, ChatJoined)
    assert event.user.id == 46


def test_edit_deletion_and_context_are_read() -> None:
    updated, deleted, context = one("v1_message_update"), one("v1_message_delete"), one("v1_context")
    assert isinstance(updated, MessageUpdated)
    assert isinstance(deleted, MessageDeleted)
    assert isinstance(context, ContextRequested)
    assert updated.message_id == deleted.message_id == 52001
    assert context.dialog_id == "31"


def test_removal_names_the_bot() -> None:
    event = one("v1_bot_delete")
    assert isinstance(event, BotRemoved)
    assert (event.bot_id, event.api) == (1207, "v1")


@pytest.mark.parametrize("name", [name for name in forms.NAMES if name.startswith("v1")])
def test_names_compare_in_any_case(name: str) -> None:
    lower = {"event": forms.pairs(name)["event"].lower()}
    assert decode(forms.tree(name, lower)) == decode(forms.tree(name))
