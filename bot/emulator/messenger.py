"""Chats and messages (contract D.3, E.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.emulator.clock import Clock
from bot.emulator.people import User
from bot.emulator.php import Json

FIRST_PRIVATE_CHAT = 2044
FIRST_MESSAGE = 84_001
LONGEST_TEXT = 20_000  # characters; the rest is cut
CUT_MARK = " (...)"


@dataclass(slots=True, eq=False)
class Chat:
    """A group, or the private chat of two."""

    id: int
    title: str
    owner_id: int
    members: set[int]
    private: bool
    entity_type: str = ""  # LINES, LIVECHAT: an open line

    @property
    def type(self) -> str:
        return "private" if self.private else "chat"

    @property
    def message_type(self) -> str:
        return "P" if self.private else "C"

    def dialog_id(self, reader_id: int) -> str:
        """Return the chat's name for one of its members: the partner's id or `chat<N>`."""
        if not self.private:
            return f"chat{self.id}"
        return str(next((user for user in self.members if user != reader_id), reader_id))


@dataclass(slots=True, eq=False)
class Message:
    """A message, with what happened to it since."""

    id: int
    chat_id: int
    dialog_id: str  # as a bot names the chat: the person's id, or `chat<N>`
    author_id: int
    text: str
    at: float  # unix seconds
    keyboard: list[dict[str, Json]] = field(default_factory=list)
    attach: Json = None
    system: bool = False
    url_preview: bool = True
    forward: dict[str, Json] | None = None
    edited: bool = False
    deleted: bool = False
    previous_texts: list[str] = field(default_factory=list)
    reactions: set[tuple[int, str]] = field(default_factory=set)  # user id, code

    @property
    def uuid(self) -> str:
        return f"5e7a0000-0000-4000-8000-{self.id:012d}"

    @property
    def params(self) -> dict[str, Json]:
        shown: dict[str, Json] = {"KEYBOARD": list(self.keyboard)} if self.keyboard else {}
        return shown | ({"IS_EDITED": "Y"} if self.edited else {})


@dataclass(frozen=True, slots=True)
class InputAction:
    """A bot showed that it is at work."""

    bot_id: int
    dialog_id: str
    code: str
    at: float


@dataclass(slots=True)
class Messenger:
    """Every chat and message of the portal."""

    clock: Clock
    users: Mapping[int, User]
    chats: dict[int, Chat] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    actions: list[InputAction] = field(default_factory=list)
    _by_id: dict[int, Message] = field(default_factory=dict)
    _private: dict[frozenset[int], Chat] = field(default_factory=dict)
    _next_message: int = FIRST_MESSAGE

    def add_group(self, chat_id: int, title: str, owner_id: int, members: set[int]) -> Chat:
        """Open a group.

        Raises:
            ValueError: The id is in use.
        """
        if chat_id in self.chats:
            raise ValueError(f"chat {chat_id} exists already")
        chat = self.chats[chat_id] = Chat(chat_id, title, owner_id, members, private=False)
        return chat

    def private(self, user_id: int, bot_id: int) -> tuple[Chat, bool]:
        """Return the private chat of a person and a bot, and whether it is new."""
        pair = frozenset({user_id, bot_id})
        known = self._private.get(pair)
        if known:
            return known, False
        number = max((FIRST_PRIVATE_CHAT - 1, *self.chats)) + 1
        chat = Chat(number, self.users[bot_id].full_name, user_id, {user_id, bot_id}, private=True)
        self.chats[number] = self._private[pair] = chat
        return chat, True

    def find_private(self, user_id: int, other_id: int) -> Chat | None:
        return self._private.get(frozenset({user_id, other_id}))

    def drop_private(self, bot_id: int) -> None:
        """Remove a bot's private chats, as unregistering it does."""
        for pair in [pair for pair in self._private if bot_id in pair]:
            del self.chats[self._private.pop(pair).id]

    def post(self, chat: Chat, author_id: int, text: str, *, system: bool = False) -> Message:
        """Write a message; text that is too long is cut, with a mark."""
        if len(text) > LONGEST_TEXT:
            text = text[:LONGEST_TEXT] + CUT_MARK
        message = Message(
            self._next_message,
            chat.id,
            self._bots_view(chat, author_id),
            author_id,
            text,
            self.clock.now(),
            system=system,
        )
        self._next_message += 1
        self.messages.append(message)
        self._by_id[message.id] = message
        return message

    def _bots_view(self, chat: Chat, author_id: int) -> str:
        bot_id = next((member for member in chat.members if self.users[member].bot), author_id)
        return chat.dialog_id(bot_id)

    def message(self, message_id: int) -> Message | None:
        found = self._by_id.get(message_id)
        return None if found is None or found.deleted else found

    def edit(self, message: Message, text: str) -> None:
        message.previous_texts.append(message.text)
        message.text = text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + CUT_MARK
        message.edited = True

    def delete(self, message: Message) -> None:
        message.deleted = True
        message.keyboard = []

    def resolve(self, dialog_id: str, bot_id: int) -> Chat | None:
        """Return the chat that a bot means; a private one with an existing person is opened if missing."""
        if dialog_id.startswith("chat"):
            return self.chats.get(int(dialog_id[4:])) if dialog_id[4:].isdecimal() else None
        if not dialog_id.isdecimal() or int(dialog_id) not in self.users or int(dialog_id) == bot_id:
            return None
        return self.private(int(dialog_id), bot_id)[0]
