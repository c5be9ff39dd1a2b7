"""Who acted, where, and what all events of a family share."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Api: TypeAlias = Literal["v2", "v1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who acted. No name, address or telephone number is kept.

    Attributes:
        id: 0 when an event that does without did not say.
        type: `user` or `employee` for staff; empty in v1 (contract E.3).
        external_auth_id: Empty or `default` for people who log in at the portal; empty in v1.
        known: False when the event carries no role flags at all (v1 commands and joins): look the role up or refuse.
    """

    id: int
    active: bool
    bot: bool
    connector: bool
    extranet: bool
    network: bool
    type: str
    external_auth_id: str
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """Where it happened.

    Attributes:
        id: 0 when the event did not say.
        dialog_id: Where an answer goes: the user's id in a private chat, `chat<N>` in a group.
        entity_type: `LINES` and `LIVECHAT` are open lines; mostly empty.
    """

    id: int
    dialog_id: str
    private: bool
    entity_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalEvent:
    """Base of all events.

    Attributes:
        portal: `member_id`, stable when the portal's domain changes; empty only when nobody named it (see `decode`).
        sent_at: Unix seconds; 0 when missing.
    """

    portal: str
    sent_at: int
    domain: str

    @property
    def lane(self) -> str:
        """Events of one lane are handled one at a time, in order."""
        return f"{self.portal}:app"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalEvent(PortalEvent):
    """Base of what a person did in a chat of the bot.

    Attributes:
        language: Two letters, as the portal says; may be empty.
        auth_user_id: Whom the token of the event claims to belong to (contract E.2); None when it does not say.
        has_token: Whether the event came with an access token of its author.
    """

    api: Api
    bot_id: int
    user: User
    chat: Chat
    language: str
    auth_user_id: int | None
    has_token: bool

    @property
    def dialog_id(self) -> str:
        return self.chat.dialog_id

    @property
    def answer_to(self) -> str:
        """The dialog in which the person is answered."""
        return self.chat.dialog_id or str(self.user.id)

    @property
    def private(self) -> bool:
        """Whether nobody else reads the answer."""
        return self.chat.private or self.answer_to == str(self.user.id)

    @property
    def lane(self) -> str:
        """A person's events take effect in order, in whichever chat they happened."""
        return f"{self.portal}:{self.user.id or 'app'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(PersonalEvent):
    """Base of messages and commands.

    Attributes:
        author_id: Who wrote the message: the bot itself for pressed buttons. 0 means not told, as for buttons of v1,
            whose parameters name the presser.
        text: BBCode without the leading mention of the bot, 20,000 characters at most; empty for buttons of v1.
        forwarded: Somebody else's words; never known in v1.
    """

    message_id: int
    author_id: int
    text: str
    is_system: bool
    forwarded: bool
