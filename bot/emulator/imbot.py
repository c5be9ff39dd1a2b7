"""What both versions of the bot API do to bots: registering, rebinding, removing, sending (contract D, F)."""

from dataclasses import dataclass

from bot.emulator.bodies_v1 import COMMAND_EVENT
from bot.emulator.bots import Api, Bot, Bots
from bot.emulator.event_auth import Actor
from bot.emulator.events import Events
from bot.emulator.keyboards import build
from bot.emulator.messenger import Chat, Message, Messenger
from bot.emulator.methods import Caller
from bot.emulator.oauth import App
from bot.emulator.options import Options
from bot.emulator.people import User
from bot.emulator.php import Json, is_empty, mapping, to_text
from bot.emulator.subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class BotHouse:
    """Bots with everything that depends on them."""

    options: Options
    bots: Bots
    messenger: Messenger
    subscriptions: Subscriptions
    events: Events

    def add(self, caller: Caller, code: str, *, api: Api, name: str, last_name: str, position: str) -> Bot:
        user = User(self.bots.free_id(), name, last_name, bot=True, gender="M", work_position=position)
        return self.bots.add(code, caller.app, user, api=api)

    def bind(self, bot: Bot, urls: dict[str, str], *, keep_old: bool) -> None:
        """Subscribe a bot to events.

        Args:
            bot: Its former rows go, unless `keep_old`; those of its v1 commands stay while it is a v1 bot.
            urls: Address by event name.
            keep_old: Old addresses stay and get every event too.
        """
        if not keep_old:
            self.subscriptions.drop_bot(bot.id, kept=COMMAND_EVENT if bot.api == "v1" else None)
        for event, url in urls.items():
            if all(row.url != url for row in self.subscriptions.of_bot(bot.id, event)):
                self.subscriptions.bind(bot.app, event, url, bot_id=bot.id)

    def remove(self, bot: Bot, actor: Actor) -> None:
        """Unregister a bot: its user, private chats, commands and subscriptions go."""
        self.events.bot_deleted(bot, actor)
        self.subscriptions.drop_bot(bot.id)
        self.messenger.drop_private(bot.id)
        for chat in self.messenger.chats.values():
            chat.members.discard(bot.id)
        self.bots.remove(bot)

    def remove_all(self, app: App) -> None:
        """Unregister an application's bots, as deleting the application does."""
        for bot in self.bots.of_app(app):
            self.remove(bot, Actor(app.installer_id, "absent"))

    def write(self, bot: Bot, chat: Chat, text: str, extras: "Extras") -> Message:
        """Post as a bot; nobody's events are raised by that."""
        message = self.messenger.post(chat, bot.id, text.strip(), system=extras.system)
        message.keyboard = extras.keyboard
        message.attach = extras.attach
        message.url_preview = extras.url_preview
        return message

    def rewrite(self, message: Message, text: str | None, keyboard: Json) -> None:
        """Change a message of a bot: an empty text deletes it, keyboard `N` takes the buttons away.

        A new keyboard must name its bot itself, or its command buttons are lost (contract D.3).

        Raises:
            BadKeyboardError: No button is left.
        """
        if text is not None and not text.strip():
            self.messenger.delete(message)
            return
        if keyboard == "N":
            message.keyboard = []
        elif not is_empty(keyboard):
            message.keyboard = build(keyboard, None)
        if text is not None:
            self.messenger.edit(message, text.strip())


@dataclass(frozen=True, slots=True)
class Extras:
    """What a message has besides its text."""

    keyboard: list[dict[str, Json]]
    attach: Json = None
    system: bool = False
    url_preview: bool = True


def texts(value: Json) -> dict[str, str]:
    """Read a map of texts by language; what is no map is none."""
    return {key: to_text(text) for key, text in mapping(value).items()}
