"""What can happen at a portal, as frozen values. None of them holds a token.

Every event has a `key` and a `lane`. Equal keys are one event delivered twice (contract E.7), also when one delivery
came by v2 and the other by v1. Ids stand in a key as they are; everything that people or the portal can word freely
stands there as a digest, so that a key stays short, storable and fit for a log line. Where an event may be handled
twice without harm but must not be missed, its time is part of the key.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bot.events.bases import Api, PersonalEvent, PortalEvent, Written
from bot.events.fields import short_digest
from bot.events.own import AnyOwnEvent

CommandContext: TypeAlias = Literal["textarea", "keyboard", "menu"]
CalendarAction: TypeAlias = Literal["add", "update", "delete"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAdded(Written):
    """A user wrote to the bot (ONIMBOTV2MESSAGEADD, ONIMBOTMESSAGEADD)."""

    kind: Literal["message_added"] = "message_added"

    @property
    def key(self) -> str:
        return f"{self.portal}:message:{self.bot_id}:{self.message_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAdded(Written):
    """A user typed a slash command or pressed a button (ONIMBOTV2COMMANDADD, ONIMCOMMANDADD).

    Attributes:
        command: Without its slash, in the case that was sent.
        context: Everything but `textarea` is a press on a message that may be pressed again.
    """

    command_id: int
    command: str
    params: str
    context: CommandContext
    kind: Literal["command_added"] = "command_added"

    @property
    def key(self) -> str:
        what = f"{self.bot_id}:{self.message_id}:{self.command_id}:{short_digest(self.params)}"
        if self.context == "textarea":
            return f"{self.portal}:command:{what}"
        return f"{self.portal}:press:{what}:{self.user.id}:{self.sent_at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageUpdated(PersonalEvent):
    """A message was edited; `user` is its author, not the editor. Carries no text: edits command nothing."""

    message_id: int
    kind: Literal["message_updated"] = "message_updated"

    @property
    def key(self) -> str:
        return f"{self.portal}:updated:{self.bot_id}:{self.message_id}:{self.sent_at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted(PersonalEvent):
    """A message was deleted; `user` is its author, not the deleter."""

    message_id: int
    kind: Literal["message_deleted"] = "message_deleted"

    @property
    def key(self) -> str:
        return f"{self.portal}:deleted:{self.bot_id}:{self.message_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatJoined(PersonalEvent):
    """The bot was added to a group, or a user opened the private chat for the first time."""

    kind: Literal["chat_joined"] = "chat_joined"

    @property
    def key(self) -> str:
        where = short_digest(self.chat.dialog_id)
        return f"{self.portal}:joined:{self.bot_id}:{where}:{self.user.id}:{self.sent_at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextRequested(PersonalEvent):
    """Somebody followed a link to the bot. Its context is chosen by whoever made the link, and is not kept.

    Attributes:
        digest: Tells one request from another.
    """

    digest: str
    kind: Literal["context_requested"] = "context_requested"

    @property
    def key(self) -> str:
        return f"{self.portal}:context:{self.bot_id}:{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionChanged(PersonalEvent):
    """A reaction came or went (v2 only). It is no consent to anything.

    Attributes:
        action: `add` or `delete`.
    """

    message_id: int
    reaction: str
    action: str
    kind: Literal["reaction_changed"] = "reaction_changed"

    @property
    def key(self) -> str:
        what = short_digest(f"{self.action} {self.reaction}")
        return f"{self.portal}:reaction:{self.bot_id}:{self.message_id}:{self.user.id}:{what}:{self.sent_at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BotRemoved(PortalEvent):
    """The bot was removed from the portal; its tokens are useless."""

    api: Api
    bot_id: int
    kind: Literal["bot_removed"] = "bot_removed"

    @property
    def key(self) -> str:
        return f"{self.portal}:bot-removed:{self.bot_id}:{self.sent_at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppInstalled(PortalEvent):
    """The application was installed, or installed again. Nothing in it is proven yet (contract A.3).

    Attributes:
        user_id: The installing administrator; None when the event does not say.
        client_endpoint: As sent: compare its host before any use.
        server_endpoint: As sent: compare its host before any use.
        status: `L` for a local application.
        digest: Of the body with its tokens: two installations differ in them even within a second.
    """

    version: str
    language: str
    user_id: int | None
    scope: tuple[str, ...]
    client_endpoint: str
    server_endpoint: str
    status: str
    digest: str
    kind: Literal["app_installed"] = "app_installed"

    @property
    def key(self) -> str:
        return f"{self.portal}:installed:{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppUninstalled(PortalEvent):
    """The application was removed.

    Attributes:
        clean: Whether to delete what is stored about the portal.
        digest: As in `AppInstalled`.
    """

    clean: bool
    language: str
    digest: str
    kind: Literal["app_uninstalled"] = "app_uninstalled"

    @property
    def key(self) -> str:
        return f"{self.portal}:uninstalled:{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppUpdated(PortalEvent):
    """The application got a new version; not expected for a local one (contract A.4).

    Attributes:
        digest: As in `AppInstalled`.
    """

    version: str
    previous_version: str
    digest: str
    kind: Literal["app_updated"] = "app_updated"

    @property
    def key(self) -> str:
        return f"{self.portal}:app-updated:{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntryChanged(PortalEvent):
    """A row of a calendar changed: a hint to look, nothing more (contract G.7).

    Attributes:
        user_id: Who changed it, mostly the organiser; None when the event does not say.
    """

    action: CalendarAction
    entry_id: int
    user_id: int | None
    kind: Literal["calendar_entry_changed"] = "calendar_entry_changed"

    @property
    def key(self) -> str:
        return f"{self.portal}:calendar:{self.action}:{self.entry_id}:{self.sent_at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent(PortalEvent):
    """An event that we did not subscribe to, or do not know yet.

    Attributes:
        name: Upper case; empty when the body names no event.
        digest: Of the body without its tokens.
    """

    name: str
    digest: str
    kind: Literal["unknown"] = "unknown"

    @property
    def key(self) -> str:
        return f"{self.portal}:unknown:{self.digest}"


Event: TypeAlias = (
    MessageAdded
    | CommandAdded
    | MessageUpdated
    | MessageDeleted
    | ChatJoined
    | ContextRequested
    | ReactionChanged
    | BotRemoved
    | AppInstalled
    | AppUninstalled
    | AppUpdated
    | CalendarEntryChanged
    | AnyOwnEvent
    | UnknownEvent
)
