"""Whom to ignore and whom to refuse (contract I)."""

from typing import TypeAlias

from bot import events

Spoken: TypeAlias = events.MessageAdded | events.CommandAdded

# Open lines: the writer is a customer of the company.
_CUSTOMER_CHATS = frozenset({"LINES", "LIVECHAT"})
_CUSTOMER_LOGIN = "imconnector"
# Logins of outsiders. Nobody knows what the login of an employee's single sign-on may be called, so only these are refused.
_OUTSIDE_LOGINS = frozenset(
    "bot email __controller replica sale saleanonymous shop call document_editor calendar_sharing im_guest".split()
)
_OUTSIDE_TYPES = frozenset({"extranet", "collaber", "guest", "email"})
_ADMITTED_TYPES = frozenset({"extranet", "collaber", ""})


def reason_to_ignore(event: Spoken | events.ChatJoined) -> str | None:
    """Return why nobody is to be answered, if so: machines, customers, system messages (contract I)."""
    user, chat = event.user, event.chat
    if user.bot or user.type == "bot" or user.id == event.bot_id:
        return "bot"
    if user.connector or user.external_auth_id == _CUSTOMER_LOGIN or chat.entity_type.upper() in _CUSTOMER_CHATS:
        return "customer"
    if not user.active:
        return "inactive"
    if isinstance(event, events.ChatJoined):
        return None
    if event.is_system or (is_typed(event) and event.author_id == 0):
        return "system message"
    return None


def is_typed(event: Spoken) -> bool:
    """Whether the person wrote the message itself; what is pressed is a message of the bot."""
    return isinstance(event, events.MessageAdded) or event.context == "textarea"


def reason_to_refuse(event: Spoken, *, allow_extranet: bool) -> str | None:
    """Return the text key that tells the sender why nothing is done for them, if so."""
    user = event.user
    if not is_served(user, allow_extranet=allow_extranet):
        return "errors.staff-only"
    if event.forwarded:
        return "errors.forwarded"
    if is_typed(event) and event.author_id != user.id:
        return "errors.not-proven"
    if event.auth_user_id not in (None, user.id):
        return "errors.not-proven"
    return None


def is_served(user: events.User, *, allow_extranet: bool) -> bool:
    """Whether the bot works for somebody at all: for employees, and for guests whom the administrator admits."""
    if user.network or user.external_auth_id in _OUTSIDE_LOGINS:
        return False
    return not is_outsider(user) or (allow_extranet and user.type in _ADMITTED_TYPES)


def is_outsider(user: events.User) -> bool:
    return user.extranet or user.type in _OUTSIDE_TYPES
