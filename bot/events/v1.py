"""Events of bot API v1 (contract F.2, F.3). One body may speak to several bots, or hold several commands."""

import re

from bot.errors import MalformedBody
from bot.events.bases import Chat, User
from bot.events.fields import body_digest, branch, decimal, entries, flag, number, required, text
from bot.events.form import Tree
from bot.events.frame import MAX_TEXT, Person, chat_of, command_context, origin, person, words
from bot.events.model import (
    BotRemoved,
    ChatJoined,
    CommandAdded,
    CommandContext,
    ContextRequested,
    MessageAdded,
    MessageDeleted,
    MessageUpdated,
)

ROLES = ("IS_BOT", "IS_CONNECTOR", "IS_EXTRANET", "IS_NETWORK")
MAX_ENTRIES = 50  # bots or commands in one body; the portal sends at most 10 commands (contract E.6)
LEFTOVER = re.compile(r"\s*[,:][\s,:]*")  # what remains where the portal cut a mention out


def message_added(tree: Tree, portal: str) -> tuple[MessageAdded, ...]:
    params = branch(tree, "data", "PARAMS")
    message_id = required(number(params, "MESSAGE_ID"), "data[PARAMS][MESSAGE_ID]")
    return tuple(
        MessageAdded(
            **_person(tree, portal, bot_id, must_act=True),
            message_id=message_id,
            author_id=number(params, "FROM_USER_ID", "AUTHOR_ID") or 0,
            text=_text(params, bot_id),
            is_system=flag(params, "SYSTEM"),
            forwarded=False,
        )
        for bot_id in _bots(tree)
    )


def command_added(tree: Tree, portal: str) -> tuple[CommandAdded, ...]:
    return tuple(_command(tree, portal, key, entry) for key, entry in _entries(tree, "COMMAND"))


def message_updated(tree: Tree, portal: str) -> tuple[MessageUpdated, ...]:
    message_id = number(branch(tree, "data", "PARAMS"), "MESSAGE_ID") or 0
    return tuple(MessageUpdated(**_person(tree, portal, bot_id), message_id=message_id) for bot_id in _bots(tree))


def message_deleted(tree: Tree, portal: str) -> tuple[MessageDeleted, ...]:
    message_id = number(branch(tree, "data", "PARAMS"), "MESSAGE_ID") or 0
    return tuple(MessageDeleted(**_person(tree, portal, bot_id), message_id=message_id) for bot_id in _bots(tree))


def chat_joined(tree: Tree, portal: str) -> tuple[ChatJoined, ...]:
    return tuple(ChatJoined(**_person(tree, portal, bot_id)) for bot_id in _bots(tree))


def context_requested(tree: Tree, portal: str) -> tuple[ContextRequested, ...]:
    digest = body_digest(tree, with_auth=False)
    return tuple(ContextRequested(**_person(tree, portal, bot_id), digest=digest) for bot_id in _bots(tree))


def bot_removed(tree: Tree, portal: str) -> tuple[BotRemoved]:
    bot_id = required(number(branch(tree, "data"), "BOT_ID"), "data[BOT_ID]")
    return (BotRemoved(**origin(tree, portal), api="v1", bot_id=bot_id),)


def _command(tree: Tree, portal: str, key: str, entry: Tree) -> CommandAdded:
    """Build one command. A press has nothing reliable outside its own entry (contract F.2)."""
    params = branch(tree, "data", "PARAMS")
    context = command_context(text(entry, "COMMAND_CONTEXT"))
    bot_id = required(number(entry, "BOT_ID"), "data[COMMAND][*][BOT_ID]")
    typed = context == "textarea"
    command_id = number(entry, "COMMAND_ID") or decimal(key)
    message_id = number(entry, "MESSAGE_ID") or number(params, "MESSAGE_ID")
    return CommandAdded(
        **_person(tree, portal, bot_id, must_act=True, context=context),
        message_id=required(message_id, "data[COMMAND][*][MESSAGE_ID]"),
        author_id=(number(params, "FROM_USER_ID", "AUTHOR_ID") or 0) if typed else 0,
        text=_text(params, bot_id) if typed else "",
        is_system=typed and flag(params, "SYSTEM"),
        forwarded=False,
        command_id=required(command_id, "data[COMMAND][*][COMMAND_ID]"),
        command=text(entry, "COMMAND").removeprefix("/"),
        params=text(entry, "COMMAND_PARAMS", limit=MAX_TEXT),
        context=context,
    )


def _bots(tree: Tree) -> list[int]:
    """Return the bots that the event speaks to."""
    bots = _entries(tree, "BOT")
    return [required(number(entry, "BOT_ID") or decimal(key), "data[BOT][*][BOT_ID]") for key, entry in bots]


def _entries(tree: Tree, name: str) -> list[tuple[str, Tree]]:
    """Return what becomes an event each.

    Raises:
        MalformedBody: There is none, or more than anybody means.
    """
    found = entries(branch(tree, "data"), name)
    if not found:
        raise MalformedBody(f"event: data[{name}] is missing or no map")
    if len(found) > MAX_ENTRIES:
        raise MalformedBody(f"event: data[{name}] has more than {MAX_ENTRIES} entries")
    return found


def _person(
    tree: Tree, portal: str, bot_id: int, *, must_act: bool = False, context: CommandContext = "textarea"
) -> Person:
    data = branch(tree, "data")
    params = branch(data, "PARAMS")
    user = _user(branch(data, "USER"), params, must_act=must_act)
    chat = _chat(params, user, bot_id, pressed=context != "textarea")
    return person(tree, portal, api="v1", bot_id=bot_id, user=user, chat=chat, language=text(params, "LANGUAGE"))


def _user(user: Tree, params: Tree, *, must_act: bool) -> User:
    user_id = required(number(user, "ID"), "data[USER][ID]") if must_act else number(user, "ID")
    return User(
        id=user_id or number(params, "USER_ID") or 0,
        active=True,
        bot=flag(user, "IS_BOT"),
        connector=flag(user, "IS_CONNECTOR"),
        extranet=flag(user, "IS_EXTRANET"),
        network=flag(user, "IS_NETWORK"),
        type="",
        external_auth_id="",
        known=bool(text(user, *ROLES)),
    )


def _chat(params: Tree, user: User, bot_id: int, *, pressed: bool) -> Chat:
    """Build the chat; a press that does not name a group's dialog happened in private."""
    dialog_id = text(params, "DIALOG_ID")
    kind = text(params, "MESSAGE_TYPE", "CHAT_TYPE").upper()
    return chat_of(
        user,
        bot_id,
        chat_id=number(params, "CHAT_ID", "TO_CHAT_ID"),
        dialog_id=dialog_id,
        private=kind in {"P", ""} or (pressed and dialog_id.isdecimal()),
        entity_type=text(params, "CHAT_ENTITY_TYPE"),
    )


def _text(params: Tree, bot_id: int) -> str:
    """Return the original words without our mention, else those that the portal already cut all mentions out of."""
    original = text(params, "MESSAGE_ORIGINAL", limit=MAX_TEXT)
    if original:
        return words(original, bot_id)
    cut = text(params, "MESSAGE", limit=MAX_TEXT)
    leftover = LEFTOVER.match(cut)
    return words(cut[leftover.end() :] if leftover else cut, bot_id)
