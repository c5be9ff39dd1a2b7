"""What people do in chats: write, press, click, edit, react. Bots hear of it through events."""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bot.emulator.bots import Bot, Bots, Fired
from bot.emulator.event_auth import Actor
from bot.emulator.events import Events, Scene
from bot.emulator.messenger import Chat, Message, Messenger
from bot.emulator.options import EventAuth, Options
from bot.emulator.people import User
from bot.emulator.php import Json, to_int, to_text

PressKind: TypeAlias = Literal["command", "link", "app", "send", "put", "copy", "call", "dialog"]

_SEND = re.compile(r"\[send(?:=(?P<text>[^\]]*))?\](?P<label>.*?)\[/send\]", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pressed:
    """What pressing a button did in the presser's client."""

    kind: PressKind
    value: str  # the command with its words, the address, or the text


@dataclass(frozen=True, slots=True)
class Hit:
    """With whose authorization an act reaches applications; by default the actor's own, as the options say."""

    auth: EventAuth | None = None
    auth_as: int | None = None  # another person's id: a mismatch that must be refused


class Conversation:
    """Lets people act in the messenger."""

    def __init__(self, options: Options, messenger: Messenger, bots: Bots, events: Events) -> None:
        """Tell bots through `events`."""
        self._options = options
        self._messenger = messenger
        self._bots = bots
        self._events = events

    def bot(self, bot_id: int | None) -> Bot:
        """Return a bot, by default the portal's first.

        Raises:
            LookupError: There is none.
        """
        if bot_id is None:
            bot_id = next(iter(self._bots.by_id), 0)
        if bot_id not in self._bots.by_id:
            raise LookupError("no such bot is registered")
        return self._bots.by_id[bot_id]

    def private(self, user_id: int, bot_id: int | None) -> Chat | None:
        return self._messenger.find_private(user_id, self.bot(bot_id).id)

    def _scene(self, chat: Chat, user_id: int, hit: Hit) -> Scene:
        user = self._user(user_id)
        if user_id not in chat.members:
            raise PermissionError(f"user {user_id} is not in chat {chat.id}")
        return Scene(chat, user, Actor(hit.auth_as or user_id, hit.auth or self._options.event_auth))

    def _user(self, user_id: int) -> User:
        return self._messenger.users[user_id]

    def open(self, user_id: int, bot_id: int | None, hit: Hit) -> Chat:
        """Open the private chat with a bot; it is told the first time only."""
        bot = self.bot(bot_id)
        chat, is_new = self._messenger.private(user_id, bot.id)
        if is_new:
            self._events.joined(self._scene(chat, user_id, hit), bot)
        return chat

    def invite(self, chat: Chat, bot_id: int | None, by: int, hit: Hit) -> None:
        """Add a bot to a group."""
        bot = self.bot(bot_id)
        if bot.id not in chat.members:
            chat.members.add(bot.id)
            self._events.joined(self._scene(chat, by, hit), bot)

    def say(self, chat: Chat, user_id: int, text: str, hit: Hit, *, forward: Message | None = None) -> Message:
        """Write a message; a forwarded one keeps the words of the other."""
        scene = self._scene(chat, user_id, hit)
        message = self._messenger.post(chat, user_id, text)
        if forward is not None:
            origin = self._messenger.chats[forward.chat_id]
            message.forward = {
                "id": f"{forward.chat_id}/{forward.id}",
                "userId": forward.author_id,
                "chatTitle": origin.title,
                "chatType": origin.type,
            }
        self._events.message_added(scene, message)
        return message

    def message(self, message_id: int) -> tuple[Message, Chat]:
        """Return a message and its chat.

        Raises:
            LookupError: It does not exist or was deleted.
        """
        message = self._messenger.message(message_id)
        if message is None:
            raise LookupError(f"no message {message_id}")
        return message, self._messenger.chats[message.chat_id]

    def press(self, user_id: int, message_id: int, button: str | int | dict[str, Json], hit: Hit) -> Pressed:
        """Press a button by its text, by its place counted from 0, or as a client shows it that missed a change of the message.

        A command of the bot fires with the bot's message and the presser as the actor. Blocking after a press is the
        business of the presser's client until the message changes, so the portal takes every press.

        Raises:
            LookupError: There is no such button.
            PermissionError: The presser is not in the chat.
            ValueError: The button is switched off, so no client sends the press.
        """
        message, chat = self.message(message_id)
        scene = self._scene(chat, user_id, hit)
        chosen = button if isinstance(button, dict) else _chosen(message, button)
        if chosen.get("DISABLED") == "Y":
            raise ValueError(f"button {button!r} is disabled")
        if "COMMAND" in chosen:
            return self._press_command(scene, message, chosen)
        if "LINK" in chosen:
            return Pressed("link", to_text(chosen["LINK"]))
        if "APP_ID" in chosen:
            return Pressed("app", to_text(chosen["APP_PARAMS"]))
        value = to_text(chosen["ACTION_VALUE"])
        kind = _ACTION_KINDS[to_text(chosen["ACTION"])]
        if kind == "send":
            self.say(chat, user_id, value, hit)
        return Pressed(kind, value)

    def _press_command(self, scene: Scene, message: Message, button: dict[str, Json]) -> Pressed:
        name, params = to_text(button["COMMAND"]), to_text(button["COMMAND_PARAMS"])
        owner = self._bots.by_id.get(to_int(button["BOT_ID"]))
        command = self._bots.command(owner, name) if owner else None
        if command is not None:
            self._events.commands_fired(scene, message, [Fired(command, params)], "keyboard")
        return Pressed("command", f"/{name} {params}".rstrip())

    def click_send(self, reader_id: int, message_id: int, index: int, hit: Hit) -> Message:
        """Click on a `[send=]` of a message: the reader says its text under his own name (contract D.4).

        Raises:
            LookupError: The message holds no such link.
        """
        message, chat = self.message(message_id)
        links = list(_SEND.finditer(message.text))
        if not 0 <= index < len(links):
            raise LookupError(f"message {message_id} has no [send] number {index}")
        text = links[index]["text"] or links[index]["label"]
        return self.say(chat, reader_id, text, hit)

    def edit(self, message_id: int, text: str, hit: Hit) -> None:
        """Change a person's message."""
        message, chat = self.message(message_id)
        self._messenger.edit(message, text)
        self._events.message_updated(self._scene(chat, message.author_id, hit), message)

    def delete(self, message_id: int, hit: Hit) -> None:
        """Delete a person's message."""
        message, chat = self.message(message_id)
        self._messenger.delete(message)
        self._events.message_deleted(self._scene(chat, message.author_id, hit), message)

    def react(self, user_id: int, message_id: int, reaction: str, hit: Hit) -> None:
        """Set a reaction, or take it back."""
        message, chat = self.message(message_id)
        scene = self._scene(chat, user_id, hit)
        message.reactions ^= {(user_id, reaction)}
        action = "add" if (user_id, reaction) in message.reactions else "delete"
        self._events.reacted(scene, message, reaction, action)

    def open_context(self, user_id: int, bot_id: int | None, context: dict[str, Json], hit: Hit) -> None:
        """Follow a link that opens the bot with a context."""
        chat = self.open(user_id, bot_id, hit)
        self._events.context_opened(self._scene(chat, user_id, hit), self.bot(bot_id), context)


_ACTION_KINDS: dict[str, PressKind] = {"SEND": "send", "PUT": "put", "COPY": "copy", "CALL": "call", "DIALOG": "dialog"}


def _chosen(message: Message, button: str | int) -> dict[str, Json]:
    buttons = [item for item in message.keyboard if item["TYPE"] == "BUTTON"]
    if isinstance(button, int):
        if 0 <= button < len(buttons):
            return buttons[button]
    else:
        for item in buttons:
            if item["TEXT"] == button:
                return item
    raise LookupError(f"message {message.id} has no button {button!r}")
