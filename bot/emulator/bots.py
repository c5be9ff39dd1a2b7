"""Bots and their slash commands: who owns them, which command a text fires (contract D.1, D.2, E.6)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bot.emulator.clock import Clock
from bot.emulator.messenger import Chat
from bot.emulator.oauth import App
from bot.emulator.people import User
from bot.emulator.php import Json

FIRST_BOT_ID = 905
FIRST_COMMAND_ID = 78
MOST_COMMANDS_PER_MESSAGE = 10
ANSWER_WINDOW_S = 600
EVENT_LIFE_S = 24 * 3600
FIRST_EVENT_ID = 1001
_TYPED = re.compile(r"^/(\S+)[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)

Api: TypeAlias = Literal["v1", "v2"]


@dataclass(frozen=True, slots=True)
class FetchEvent:
    """An event that waits to be fetched."""

    id: int
    type: str
    at: float  # unix seconds
    data: dict[str, Json]


@dataclass(slots=True, eq=False)
class Bot:
    """A bot of an application; its name and id are those of its user."""

    id: int
    code: str
    app: App
    api: Api  # in which version its events come
    type: str = "bot"
    event_mode: str = "fetch"
    hidden: bool = False
    reactions: bool = True
    support_openline: bool = False
    background: str | None = None
    messages: int = 0  # received
    fired: int = 0  # commands received
    log: list[FetchEvent] = field(default_factory=list)  # of fetch mode
    next_event: int = FIRST_EVENT_ID

    @property
    def sees_everything(self) -> bool:
        """Gets every message of its chats, not only those that mention it."""
        return self.type in {"supervisor", "personal"}


@dataclass(slots=True, eq=False)
class Command:
    """A slash command of a bot."""

    id: int
    bot: Bot
    name: str  # without the slash
    titles: dict[str, str]  # by language
    params: dict[str, str]  # by language
    common: bool = False
    hidden: bool = False
    extranet: bool = False


@dataclass(frozen=True, slots=True)
class Fired:
    """A command with the words that followed it."""

    command: Command
    params: str


@dataclass(slots=True)
class Bots:
    """Every bot and command of the portal."""

    clock: Clock
    users: dict[int, User]
    by_id: dict[int, Bot] = field(default_factory=dict)
    commands: dict[int, Command] = field(default_factory=dict)
    _grants: dict[tuple[int, int], float] = field(default_factory=dict)  # command, message: until
    _next_command: int = FIRST_COMMAND_ID

    def add(self, code: str, app: App, user: User, *, api: Api) -> Bot:
        """Register a bot under the id of `user`, which becomes one of the portal's users."""
        self.users[user.id] = user
        bot = self.by_id[user.id] = Bot(user.id, code, app, api)
        return bot

    def free_id(self) -> int:
        return max((FIRST_BOT_ID - 1, *self.users)) + 1

    def by_code(self, code: str) -> Bot | None:
        return next((bot for bot in self.by_id.values() if bot.code == code), None)

    def of_app(self, app: App) -> list[Bot]:
        return [bot for bot in self.by_id.values() if bot.app is app]

    def remove(self, bot: Bot) -> None:
        del self.by_id[bot.id]
        self.users[bot.id].active = False
        for command in self.commands_of(bot):
            del self.commands[command.id]

    def commands_of(self, bot: Bot) -> list[Command]:
        return [command for command in self.commands.values() if command.bot is bot]

    def command(self, bot: Bot, name: str) -> Command | None:
        return next((command for command in self.commands_of(bot) if command.name == name), None)

    def add_command(self, bot: Bot, name: str, titles: dict[str, str], params: dict[str, str]) -> Command:
        command = Command(self._next_command, bot, name, titles, params)
        self._next_command += 1
        self.commands[command.id] = command
        return command

    def fired_by(self, text: str, chat: Chat, author: User) -> list[Fired]:
        """Return the commands that a message fires: any line counts, equal ones once, ten at most.

        Lines are compared with the commands of every bot of the portal, so a foreign common one counts too.
        """
        typed = dict.fromkeys(_TYPED.findall(text))
        reachable = [command for command in self.commands.values() if _reachable(command, chat, author)]
        fired = [Fired(command, params) for name, params in typed for command in reachable if command.name == name]
        return fired[:MOST_COMMANDS_PER_MESSAGE]

    def grant(self, command: Command, message_id: int) -> None:
        """Let the command be answered for ten minutes."""
        self._grants[command.id, message_id] = self.clock.now() + ANSWER_WINDOW_S

    def is_granted(self, command: Command, message_id: int) -> bool:
        return self.clock.now() <= self._grants.get((command.id, message_id), 0.0)

    def keep(self, bot: Bot, event: str, data: dict[str, Json]) -> None:
        """Store an event for a bot in fetch mode."""
        bot.log.append(FetchEvent(bot.next_event, event, self.clock.now(), data))
        bot.next_event += 1

    def fetch(self, bot: Bot, offset: int, limit: int) -> tuple[list[FetchEvent], int, bool]:
        """Return a page, the next offset and whether the page was full; an offset confirms what lies before it."""
        oldest = self.clock.now() - EVENT_LIFE_S
        bot.log = [event for event in bot.log if event.id >= offset and event.at > oldest]
        page = bot.log[:limit]
        return page, page[-1].id + 1 if page else offset, len(page) == limit


def _reachable(command: Command, chat: Chat, author: User) -> bool:
    in_chat = command.bot.id in chat.members
    return (command.common or in_chat) and (command.extranet or not author.extranet)


def mentioned(text: str) -> set[int]:
    """Return the ids that a text mentions by tag; `[user=all]` mentions nobody in particular."""
    return {int(number) for number in _mentions(text)}


def _mentions(text: str) -> Iterable[str]:
    return re.findall(r"\[USER=(\d+)(?: REPLACE)?\]", text, re.IGNORECASE)
