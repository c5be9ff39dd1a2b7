"""What the events of all families have in common: where they come from, whose token they bring, which words count."""

import re
from typing import TypedDict

from bot.errors import MalformedBody
from bot.events.auth import has_token, member_id
from bot.events.bases import Api, Chat, User
from bot.events.fields import branch, number, text
from bot.events.form import Tree
from bot.events.model import CommandContext

MAX_TEXT = 20_000  # characters, as the portal cuts messages
PORTAL = re.compile(r"[0-9A-Za-z_.-]{0,64}")
MENTION = re.compile(r"\s*\[USER=(\d+)(?: REPLACE)?\].*?\[/USER\][\s,:]*", re.IGNORECASE | re.DOTALL)

CONTEXTS: dict[str, CommandContext] = {"textarea": "textarea", "keyboard": "keyboard", "menu": "menu"}


class Origin(TypedDict):
    """Fields of every event."""

    portal: str
    sent_at: int
    domain: str


class Person(Origin):
    """Fields of every event that a person caused in a chat."""

    api: Api
    bot_id: int
    user: User
    chat: Chat
    language: str
    auth_user_id: int | None
    has_token: bool


def origin(tree: Tree, portal: str) -> Origin:
    """Read the envelope.

    Args:
        tree: The whole form.
        portal: Which portal it is when the body does not say.
    """
    name = member_id(tree) or portal
    if not PORTAL.fullmatch(name):
        raise MalformedBody("event: auth[member_id] is no portal id")
    return Origin(portal=name, sent_at=number(tree, "ts") or 0, domain=text(branch(tree, "auth"), "domain"))


def person(tree: Tree, portal: str, *, api: Api, bot_id: int, user: User, chat: Chat, language: str) -> Person:
    return Person(
        **origin(tree, portal),
        api=api,
        bot_id=bot_id,
        user=user,
        chat=chat,
        language=language,
        auth_user_id=acting_user(tree),
        has_token=has_token(tree),
    )


def acting_user(tree: Tree) -> int | None:
    """Return whose token the event claims to carry."""
    return number(branch(tree, "auth"), "user_id") or None


def chat_of(user: User, bot_id: int, *, chat_id: int | None, dialog_id: str, private: bool, entity_type: str) -> Chat:
    """Build the chat so that "private" is never said of a place where others read along.

    The partner in a private chat with the bot is the user, whatever the event calls the dialog; an event that names
    no dialog is a button in a private chat (contract E.8).
    """
    private = dialog_id.isdecimal() if private and dialog_id else not dialog_id
    if private and user.id not in {0, bot_id}:
        dialog_id = str(user.id)
    return Chat(id=chat_id or 0, dialog_id=dialog_id, private=private, entity_type=entity_type)


def words(sent: str, bot_id: int) -> str:
    """Return the text without the bot's own mention at its start; other mentions stay (contract E.5)."""
    start = 0
    while (mention := MENTION.match(sent, start)) and mention[1] == str(bot_id):
        start = mention.end()
    return sent[start : start + MAX_TEXT]


def command_context(sent: str) -> CommandContext:
    """Return where a command came from; what is unknown is held to the strictest rules, those of typed ones."""
    return CONTEXTS.get(sent.lower(), "textarea")
