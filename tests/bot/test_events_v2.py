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
    ReactionChanged,
    User,
    decode,
)
from tests.samples import forms

PORTAL = "5c" * 16
ILZE = User(
    id=31,
    active=True,
    bot=False,
    connector=False,
    extranet=False,
    network=False,
    type="user",
    external_auth_id="default",
    known=True,
)
PRIVATE = Chat(id=3331, dialog_id="31", private=True, entity_type="")


def one(name: str, changes: dict[str, str | None] | None = None) -> Event:
    (event,) = decode(forms.tree(name, changes))
    return event


def message(changes: dict[str, str | None] | None = None, name: str = "v2_message_private") -> MessageAdded:
    event = one(name, changes)
    assert isinstance(event, MessageAdded)
    return event


def command(name: str, changes: dict[str, str | None] | None = None) -> CommandAdded:
    event = one(name, changes)
    assert isinstance(event, CommandAdded)
    return event


def test_private_message_is_read_whole() -> None:
    assert message() == MessageAdded(
        portal=PORTAL,
        sent_at=1795432200,
        domain="wren.bitrix24.example",
        api="v2",
        bot_id=1207,
        user=ILZE,
        chat=PRIVATE,
        language="en",
        auth_user_id=31,
        has_token=True,
        message_id=52001,
        author_id=31,
        text="accept 1450",
        is_system=False,
        forwarded=False,
    )


def test_nulls_as_blanks_read_as_missing_ones() -> None:
    same = {"data[message][id]": "52001"}
    assert message(same, "v2_message_nulls_blank") == message()


def test_group_message_is_no_private_one() -> None:
    event = message(name="v2_message_group_mention")
    assert event.chat == Chat(id=540, dialog_id="chat540", private=False, entity_type="")
    assert event.dialog_id == "chat540"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("[USER=1207]Wren[/USER], accept 1", "accept 1"),
        ("[user=1207 replace]Wren[/User]:  accept 1", "accept 1"),
        ("  [USER=1207]W\nren[/USER]\n accept 1\nstatus 2 ", "accept 1\nstatus 2 "),
        ("[USER=1207]Wren[/USER] [USER=1207]Wren[/USER] accept 1", "accept 1"),
        ("[USER=1207]Wren[/USER]", ""),
        ("[USER=1207]Wren[/USER] [USER=46]Toms[/USER] come", "[USER=46]Toms[/USER] come"),
        ("[USER=46]Toms[/USER] [USER=1207]Wren[/USER]", "[USER=46]Toms[/USER] [USER=1207]Wren[/USER]"),
        ("ask [USER=1207]Wren[/USER]", "ask [USER=1207]Wren[/USER]"),
        ("[USER=12070]Other[/USER] accept 1", "[USER=12070]Other[/USER] accept 1"),
        ("[USER=1207]Wren, accept 1", "[USER=1207]Wren, accept 1"),
        (", accept 1", ", accept 1"),
        ("  - 651 ", "  - 651 "),
        ("да\0!", "да!"),
        ("x" * 20_001, "x" * 20_000),
    ],
)
def test_only_the_own_leading_mention_is_stripped(sent: str, read: str) -> None:
    assert message({"data[message][text]": sent}).text == read


def test_tokens_of_somebody_else_show_in_auth_user_id() -> None:
    event = message(name="v2_message_auth_mismatch")
    assert (event.user.id, event.author_id, event.auth_user_id) == (31, 31, 2)


def test_minimal_auth_shows_as_missing_token() -> None:
    event = message(name="v2_message_minimal_auth")
    assert (event.has_token, event.auth_user_id, event.sent_at) == (False, None, 1795432200)


def test_portal_of_minimal_auth_is_the_bots_or_the_given_one() -> None:
    nameless = {"data[bot][auth]": None}
    assert message(name="v2_message_minimal_auth").portal == PORTAL
    assert message(nameless, "v2_message_minimal_auth").portal == ""
    (event,) = decode(forms.tree("v2_message_minimal_auth", nameless), portal=PORTAL)
    assert (event.portal, event.lane) == (PORTAL, f"{PORTAL}:31")


def test_given_portal_never_replaces_the_named_one() -> None:
    (event,) = decode(forms.tree("v2_message_private"), portal="aa" * 16)
    assert event.portal == PORTAL


def test_extranet_user_is_marked() -> None:
    user = message(name="v2_message_extranet").user
    assert (user.extranet, user.type, user.known) == (True, "extranet", True)


@pytest.mark.parametrize("field", ["bot", "connector", "extranet"])
@pytest.mark.parametrize(("sent", "read"), [("1", True), ("Y", True), ("0", False), ("", False), (None, False)])
def test_role_flags_read_both_spellings(field: str, sent: str | None, read: bool) -> None:  # noqa: FBT001
    assert getattr(message({f"data[user][{field}]": sent}).user, field) is read


@pytest.mark.parametrize(("sent", "read"), [("1", True), ("0", False), ("", True), (None, True)])
def test_only_a_zero_makes_a_user_inactive(sent: str | None, read: bool) -> None:  # noqa: FBT001
    assert message({"data[user][active]": sent}).user.active is read


def test_user_without_roles_is_unknown() -> None:
    event = message({"data[user]": None, "data[user][id]": "31", "data[user][active]": "1"})
    assert not event.user.known


def test_external_auth_and_entity_type_are_kept() -> None:
    event = message({"data[user][externalAuthId]": "imconnector", "data[chat][entityType]": "LINES"})
    assert (event.user.external_auth_id, event.chat.entity_type) == ("imconnector", "LINES")


def test_forward_is_a_map() -> None:
    assert message(name="v2_message_forwarded").forwarded
    assert not message({"data[message][forward]": ""}).forwarded
    assert not message({"data[message][forward]": "0"}).forwarded
    assert message({"data[message][forward][0]": "1"}).forwarded


def test_system_message_is_marked() -> None:
    assert message({"data[message][isSystem]": "1"}).is_system


def test_message_of_which_only_the_id_came_has_no_author() -> None:
    event = message({"data[message]": None, "data[message][id]": "52001"})
    assert (event.author_id, event.text, event.forwarded) == (0, "", False)


def test_author_is_found_in_the_twin_key() -> None:
    assert message({"data[message][authorId]": None}).author_id == 31


@pytest.mark.parametrize(
    "changes",
    [
        {"data[chat]": None},
        {"data[chat][type]": None},
        {"data[chat][messageType]": None},
        {"data[chat][dialogId]": ""},
        {"data[chat][dialogId]": "1207"},
        {"data[chat]": "x"},
    ],
)
def test_private_chat_is_the_users(changes: dict[str, str | None]) -> None:
    chat = message(changes).chat
    assert (chat.dialog_id, chat.private) == ("31", True)


@pytest.mark.parametrize(
    "changes",
    [
        {"data[chat][type]": None, "data[chat][messageType]": None},
        {"data[chat][type]": "private"},
        {"data[chat][messageType]": "P"},
    ],
)
def test_chat_that_others_read_is_never_private(changes: dict[str, str | None]) -> None:
    chat = message(changes, "v2_message_group_mention").chat
    assert (chat.dialog_id, chat.private) == ("chat540", False)


@pytest.mark.parametrize("name", ["data[message][id]", "data[user][id]", "data[bot][id]"])
@pytest.mark.parametrize("sent", [None, "", "0", "x5", "-5", "+5", "5.0", "1_0", "١٢", "²", " 5", "9" * 19])
@pytest.mark.parametrize("sample", ["v2_message_private", "v2_command_textarea"])
def test_message_without_its_ids_is_malformed(sample: str, name: str, sent: str | None) -> None:
    with pytest.raises(MalformedBody, match="is missing or no number") as caught:
        decode(forms.tree(sample, {name: sent}))
    assert str(caught.value) == f"event: {name} is missing or no number"


def test_ids_that_are_maps_are_malformed() -> None:
    for name in ("data[message]", "data[user]", "data[bot]", "data[message][id]"):
        with pytest.raises(MalformedBody):
            decode(forms.tree("v2_message_private", {name: None, f"{name}[id]": None, f"{name}[0]": "5"}))


@pytest.mark.parametrize("sent", [None, "", "soon", "-1", "9" * 19])
def test_time_that_is_none_is_zero(sent: str | None) -> None:
    assert message({"ts": sent}).sent_at == 0


def test_odd_member_id_is_malformed() -> None:
    for sent in ("x" * 65, "a b", "a:b", "é"):
        with pytest.raises(MalformedBody, match="member_id"):
            decode(forms.tree("v2_message_private", {"auth[member_id]": sent}))


def test_typed_command_is_read() -> None:
    event = command("v2_command_textarea")
    assert (event.command_id, event.command, event.params, event.context) == (64, "accept", "1450", "textarea")
    assert (event.message_id, event.author_id, event.user.id, event.text) == (52010, 46, 46, "/accept 1450")
    assert event.lane == f"{PORTAL}:46"


def test_button_is_pressed_by_the_user_on_a_message_of_the_bot() -> None:
    event = command("v2_command_keyboard_other_presser")
    assert (event.context, event.author_id, event.user.id, event.auth_user_id) == ("keyboard", 1207, 46, 46)
    assert not event.chat.private


def test_button_in_a_private_chat_that_is_not_told_goes_to_the_presser() -> None:
    event = command("v2_command_keyboard", {"data[chat]": None})
    assert event.chat == PRIVATE


def test_command_keeps_its_case_and_loses_one_slash() -> None:
    assert command("v2_command_textarea", {"data[command][command]": "//Accept"}).command == "/Accept"


@pytest.mark.parametrize(
    ("sent", "read"), [("MENU", "menu"), ("Keyboard", "keyboard"), ("", "textarea"), ("x", "textarea")]
)
def test_unknown_context_counts_as_typed(sent: str, read: str) -> None:
    assert command("v2_command_keyboard", {"data[command][context]": sent}).context == read


def test_command_without_params_is_read() -> None:
    assert command("v2_command_textarea", {"data[command][params]": None}).params == ""


def test_command_without_its_id_is_malformed() -> None:
    with pytest.raises(MalformedBody, match=r"data\[command\]\[id\]"):
        decode(forms.tree("v2_command_textarea", {"data[command][id]": ""}))


def test_edit_carries_no_text() -> None:
    event = one("v2_message_update")
    assert isinstance(event, MessageUpdated)
    assert (event.message_id, event.user, event.chat) == (52001, ILZE, PRIVATE)
    assert not hasattr(event, "text")


def test_deletion_is_read() -> None:
    event = one("v2_message_delete")
    assert isinstance(event, MessageDeleted)
    assert (event.message_id, event.user.id) == (52001, 31)


@pytest.mark.parametrize(
    ("name", "dialog_id", "private"), [("v2_join_private", "31", True), ("v2_join_group", "chat540", False)]
)
def test_join_says_where(name: str, dialog_id: str, private: bool) -> None:  # noqa: FBT001
    event = one(name)
    assert isinstance(event, ChatJoined)
    assert (event.dialog_id, event.chat.private, event.has_token) == (dialog_id, private, True)


def test_join_without_a_chat_uses_its_dialog() -> None:
    event = one("v2_join_group", {"data[chat]": None})
    assert isinstance(event, ChatJoined)
    assert event.chat == Chat(id=0, dialog_id="chat540", private=False, entity_type="")


@pytest.mark.parametrize("name", ["v2_bot_delete", "v2_bot_delete_no_user"])
def test_removal_names_the_bot(name: str) -> None:
    event = one(name)
    assert isinstance(event, BotRemoved)
    assert (event.bot_id, event.api, event.lane) == (1207, "v2", f"{PORTAL}:app")


def test_reaction_is_read() -> None:
    event = one("v2_reaction")
    assert isinstance(event, ReactionChanged)
    assert (event.message_id, event.reaction, event.action, event.user.id) == (52012, "like", "add", 31)


def test_context_is_not_kept() -> None:
    event = one("v2_context", {"data[context][note]": "chosen by a stranger"})
    assert isinstance(event, ContextRequested)
    assert event.chat == PRIVATE
    assert "stranger" not in repr(event)


@pytest.mark.parametrize(
    "name", ["v2_message_update", "v2_message_delete", "v2_reaction", "v2_join_group", "v2_context"]
)
def test_what_only_informs_is_read_without_its_user(name: str) -> None:
    (event,) = decode(forms.tree(name, {"data[user]": None, "data[message]": None, "data[messageId]": None}))
    assert event.lane == f"{PORTAL}:app"


@pytest.mark.parametrize("name", [name for name in forms.NAMES if name.startswith("v2")])
def test_names_compare_in_any_case(name: str) -> None:
    lower = {"event": forms.pairs(name)["event"].lower()}
    assert decode(forms.tree(name, lower)) == decode(forms.tree(name))
