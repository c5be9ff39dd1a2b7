"""Events of bot API v2 (contract E)."""

from bot.events.bases import Chat, User
from bot.events.fields import body_digest, branch, flag, number, required, text
from bot.events.form import Tree
from bot.events.frame import MAX_TEXT, Person, chat_of, command_context, origin, person, words
from bot.events.model import (
    BotRemoved,
    ChatJoined,
    CommandAdded,
    ContextRequested,
    MessageAdded,
    MessageDeleted,
    MessageUpdated,
    ReactionChanged,
)


def message_added(tree: Tree, portal: str) -> tuple[MessageAdded]:
    fields = _person(tree, portal, must_act=True)
    message = branch(tree, "data", "message")
    return (
        MessageAdded(
            **fields,
            message_id=required(number(message, "id"), "data[message][id]"),
            author_id=number(message, "authorId", "author_id") or 0,
            text=words(text(message, "text", limit=MAX_TEXT), fields["bot_id"]),
            is_system=flag(message, "isSystem"),
            forwarded=_forwarded(message),
        ),
    )


def command_added(tree: Tree, portal: str) -> tuple[CommandAdded]:
    fields = _person(tree, portal, must_act=True)
    message, command = branch(tree, "data", "message"), branch(tree, "data", "command")
    return (
        CommandAdded(
            **fields,
            message_id=required(number(message, "id"), "data[message][id]"),
            author_id=number(message, "authorId", "author_id") or 0,
            text=words(text(message, "text", limit=MAX_TEXT), fields["bot_id"]),
            is_system=flag(message, "isSystem"),
            forwarded=_forwarded(message),
            command_id=required(number(command, "id"), "data[command][id]"),
            command=text(command, "command").removeprefix("/"),
            params=text(command, "params", limit=MAX_TEXT),
            context=command_context(text(command, "context")),
        ),
    )


def message_updated(tree: Tree, portal: str) -> tuple[MessageUpdated]:
    message_id = number(branch(tree, "data", "message"), "id") or 0
    return (MessageUpdated(**_person(tree, portal), message_id=message_id),)


def message_deleted(tree: Tree, portal: str) -> tuple[MessageDeleted]:
    message_id = number(branch(tree, "data"), "messageId") or 0
    return (MessageDeleted(**_person(tree, portal), message_id=message_id),)


def chat_joined(tree: Tree, portal: str) -> tuple[ChatJoined]:
    return (ChatJoined(**_person(tree, portal)),)


def context_requested(tree: Tree, portal: str) -> tuple[ContextRequested]:
    return (ContextRequested(**_person(tree, portal), digest=body_digest(tree, with_auth=False)),)


def reaction_changed(tree: Tree, portal: str) -> tuple[ReactionChanged]:
    data = branch(tree, "data")
    return (
        ReactionChanged(
            **_person(tree, portal),
            message_id=number(branch(data, "message"), "id") or 0,
            reaction=text(data, "reaction"),
            action=text(data, "action"),
        ),
    )


def bot_removed(tree: Tree, portal: str) -> tuple[BotRemoved]:
    return (BotRemoved(**origin(tree, portal), api="v2", bot_id=_bot_id(tree)),)


def _person(tree: Tree, portal: str, *, must_act: bool = False) -> Person:
    data = branch(tree, "data")
    bot_id = _bot_id(tree)
    user = _user(branch(data, "user"), must_act=must_act)
    chat = _chat(data, user, bot_id)
    return person(tree, portal, api="v2", bot_id=bot_id, user=user, chat=chat, language=text(data, "language"))


def _bot_id(tree: Tree) -> int:
    return required(number(branch(tree, "data", "bot"), "id"), "data[bot][id]")


def _user(user: Tree, *, must_act: bool) -> User:
    user_id = required(number(user, "id"), "data[user][id]") if must_act else number(user, "id") or 0
    return User(
        id=user_id,
        active=flag(user, "active", default=True),
        bot=flag(user, "bot"),
        connector=flag(user, "connector"),
        extranet=flag(user, "extranet"),
        network=flag(user, "network"),
        type=text(user, "type"),
        external_auth_id=text(user, "externalAuthId"),
        known=bool(text(user, "extranet", "type")),
    )


def _chat(data: Tree, user: User, bot_id: int) -> Chat:
    chat = branch(data, "chat")
    private = text(chat, "type").lower() == "private" or text(chat, "messageType").upper() == "P"
    told = bool(text(chat, "type", "messageType"))
    dialog_id = text(chat, "dialogId") or text(data, "dialogId")
    return chat_of(
        user,
        bot_id,
        chat_id=number(chat, "id") or number(branch(data, "message"), "chatId", "chat_id"),
        dialog_id=dialog_id,
        private=private or not told,
        entity_type=text(chat, "entityType"),
    )


def _forwarded(message: Tree) -> bool:
    """Tell whether a map arrived: a blank string is a null (contract E.3)."""
    return not isinstance(message.get("forward", ""), str)
