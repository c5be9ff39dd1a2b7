"""The whole portal: its state, what people do in it, and the one door for HTTP.

People act through plain calls (`say`, `press`, `add_meeting`), applications through `handle`, and what the portal has to
tell leaves through `deliver`. No call does any input or output except the `post` that `deliver` is given.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Unpack

from bot.emulator.answers import Response
from bot.emulator.basics import Basics
from bot.emulator.bots import Bots
from bot.emulator.calendar import Calendar
from bot.emulator.calendar_rest import CalendarRest
from bot.emulator.clock import Clock, SystemClock
from bot.emulator.conversation import Conversation, Hit, Pressed
from bot.emulator.diary import Diary
from bot.emulator.event_auth import Actor
from bot.emulator.events import Events
from bot.emulator.faults import Faults
from bot.emulator.gate import Gate
from bot.emulator.imbot import BotHouse
from bot.emulator.imbot_v1 import ImbotV1
from bot.emulator.imbot_v2_bots import BotsV2
from bot.emulator.imbot_v2_chat import ChatV2
from bot.emulator.imbot_v2_commands import CommandsV2
from bot.emulator.meetings import Meetings, Notice
from bot.emulator.messenger import Chat, Message, Messenger
from bot.emulator.oauth import App, OAuthServer
from bot.emulator.oauth_pages import OAuthPages
from bot.emulator.options import EventAuth, Options, OptionValues, known_zone
from bot.emulator.people import User
from bot.emulator.php import Json
from bot.emulator.presence import Presence
from bot.emulator.queue import EventQueue, Post
from bot.emulator.rest import Call, Request, Rest
from bot.emulator.subscriptions import Subscriptions

DEFAULT_SCOPES = ("im", "imbot", "calendar", "user_brief")


class Portal:
    """One portal with its authorization server and its event queue."""

    def __init__(
        self, clock: Clock | None = None, *, post: Post | None = None, **options: Unpack[OptionValues]
    ) -> None:
        """Make an empty portal.

        Args:
            clock: The system's unless given.
            post: Sends events when `deliver` is called without another.
            options: Fields of `Options`; all of them may be changed later through `self.options`.
        """
        self.options = Options(**options)
        self.clock: Clock = clock or SystemClock()
        self.post = post
        self.users: dict[int, User] = {}
        self.oauth = OAuthServer(self.clock, self.options)
        self.calendar = Calendar(self.clock, self.options)
        self.presence = Presence()
        self.faults = Faults()
        self.queue = EventQueue(self.clock)
        self.messenger = Messenger(self.clock, self.users)
        self.bots = Bots(self.clock, self.users)
        self.subscriptions = Subscriptions()
        self.rest = Rest(self.options, self.clock, self.oauth, self.users, self.faults)
        self._events = Events(self.oauth, self.bots, self.subscriptions, self.queue)
        self._house = BotHouse(self.options, self.bots, self.messenger, self.subscriptions, self._events)
        self._conversation = Conversation(self.options, self.messenger, self.bots, self._events)
        self._pages = OAuthPages(self.oauth, self.users)
        self._diary = Diary(self.calendar, self.messenger, self._events)
        self._gate = Gate(self.options, self.rest, self._pages, self.faults)
        self._register_methods()
        self.add_meeting = self._diary.add_meeting
        self.add_entry = self._diary.add_entry
        self.change_meeting = self._diary.change_meeting
        self.delete_meeting = self._diary.delete_meeting
        self.invite = self._diary.invite
        self.uninvite = self._diary.uninvite

    def _register_methods(self) -> None:
        self.rest.register(Basics(self.options, self.clock, self.subscriptions, self.rest.find).methods())
        self.rest.register(CalendarRest(self.calendar, self.users).methods())
        self.rest.register(self.presence.methods())
        for api in (BotsV2(self._house), CommandsV2(self._house), ChatV2(self._house), ImbotV1(self._house)):
            self.rest.register(api.methods())

    # -- HTTP, both ways

    def handle(
        self, method: str, path: str, query: str = "", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Answer a request to the portal or, by its `Host`, to the authorization server."""
        names = {name.lower(): value for name, value in (headers or {}).items()}
        return self._gate.handle(Request(method.upper(), path, query, names, body))

    def serves(self, host: str) -> bool:
        """Tell whether a host is the portal's, new or old, or the authorization server's."""
        return self._gate.serves(host)

    async def deliver(self, post: Post | None = None) -> int:
        """Send all events that are due and return how many.

        Raises:
            RuntimeError: Nobody said how to send them.
        """
        chosen = post or self.post
        if chosen is None:
            raise RuntimeError("deliver() needs a post callable, here or in the constructor")
        return await self.queue.deliver(chosen)

    def authorize(self, app: App, user_id: int, state: str) -> str:
        """Let a person agree in his browser and return where that goes next.

        Raises:
            PermissionError: The portal shows a page of its own instead.
        """
        return self._pages.redirect_url(app.client_id, state, user_id)

    def rename(self, domain: str) -> None:
        """Give the portal another address; the old one answers 302 from now on."""
        self._gate.rename(domain)

    # -- what a test looks at

    @property
    def meetings(self) -> Meetings:
        """Answers by meeting and person: `portal.meetings[651] == {23: "H", 17: "Y"}`."""
        return Meetings(self.calendar.meetings)

    @property
    def notices(self) -> list[Notice]:
        """What hosts were told, in order."""
        return self.calendar.notices

    @property
    def messages(self) -> list[Message]:
        """Every message in order, deleted ones too."""
        return self.messenger.messages

    @property
    def calls(self) -> list[Call]:
        """REST calls in order, items of batches among them."""
        return self.rest.calls

    @property
    def requests(self) -> int:
        """HTTP requests to REST, a batch being one."""
        return self.rest.requests

    def dialog(self, user_id: int, *, bot_id: int | None = None) -> list[Message]:
        """Return the private conversation of a person with a bot, without deleted messages."""
        chat = self._conversation.private(user_id, bot_id)
        return [message for message in self.messages if chat and message.chat_id == chat.id and not message.deleted]

    def replies(self, user_id: int, *, bot_id: int | None = None) -> list[str]:
        """Return what a bot wrote to a person in private."""
        return [message.text for message in self.dialog(user_id, bot_id=bot_id) if message.author_id != user_id]

    # -- applications

    def create_app(
        self,
        handler_url: str,
        install_url: str,
        scopes: Iterable[str] = DEFAULT_SCOPES,
        *,
        with_ui: bool = False,
    ) -> App:
        """Save the form of a local application; `install` sends its callback."""
        return self.oauth.add_app(
            handler_url=handler_url, install_url=install_url, scopes=tuple(scopes), with_ui=with_ui
        )

    def install(self, app: App) -> None:
        """Create the application's record, or reinstall it; one with a user interface waits for `finish_install`."""
        if not app.with_ui:
            self.finish_install(app)

    def finish_install(self, app: App) -> None:
        """End the installation: from now on events are delivered, the first being `ONAPPINSTALL`."""
        app.installed = True
        self._events.installed(app, app.install_url)

    def update_app(self, app: App) -> None:
        """Raise the version, as only the market does, and tell whoever subscribed."""
        app.version += 1
        self._events.updated(app, app.version - 1)

    def uninstall(self, app: App, *, clean: bool = True) -> None:
        """Delete an application: its bots and handlers go, `ONAPPUNINSTALL` goes out to whoever subscribed."""
        rows = self.subscriptions.find(app, "ONAPPUNINSTALL")
        self.oauth.delete_app(app)
        self._house.remove_all(app)
        self.subscriptions.drop_app(app)
        self._events.uninstalled(app, rows, clean=clean)

    def remove_bot(self, bot_id: int | None = None, *, by: int | None = None) -> None:
        """Remove a bot; without `by` it happens in a hit without a user."""
        bot = self._conversation.bot(bot_id)
        actor = Actor(bot.app.installer_id, "absent") if by is None else Actor(by, self.options.event_auth)
        self._house.remove(bot, actor)

    # -- people

    def add_user(
        self,
        user_id: int,
        name: str,
        last_name: str = "",
        *,
        time_zone: str = "",
        language: str = "",
        admin: bool = False,
        extranet: bool = False,
        connector: bool = False,
        gender: str = "F",
        work_position: str = "",
        email: str = "",
        work_time_end: str = "18.00",
        kind: str = "",
        external_auth: str = "",
    ) -> User:
        """Add a person; the fields are those of `User`.

        Raises:
            ValueError: The id is in use, or there is no such time zone.
        """
        if user_id in self.users:
            raise ValueError(f"user {user_id} exists already")
        known_zone(time_zone)
        user = User(user_id, name, last_name, time_zone=time_zone, language=language, admin=admin, extranet=extranet)
        user.connector, user.gender, user.work_position, user.email = connector, gender, work_position, email
        user.work_time_end, user.kind, user.external_auth = work_time_end, kind, external_auth
        self.users[user_id] = user
        return user

    def set_presence(self, user_id: int, status: str) -> None:
        """Let a person change his presence by hand."""
        self.presence.choose(self.users[user_id].id, status)

    def set_language(self, user_id: int, language: str) -> None:
        """Let a person choose the language of his profile."""
        self.users[user_id].language = language

    def dismiss(self, user_id: int) -> None:
        """Dismiss an employee: his tokens are of no use any more."""
        self.users[user_id].active = False

    def revoke(self, user_id: int, app: App | None = None) -> None:
        """Make a person's stored tokens worthless, with one application or with all."""
        self.oauth.revoke(user_id, app)

    # -- chats

    def add_group(
        self, chat_id: int, title: str, members: Sequence[int], *, owner: int | None = None, entity_type: str = ""
    ) -> Chat:
        """Open a group; the first member owns it unless another is named."""
        chat = self.messenger.add_group(chat_id, title, owner or members[0], set(members))
        chat.entity_type = entity_type
        return chat

    def invite_bot(self, chat_id: int, *, bot_id: int | None = None, by: int | None = None) -> None:
        """Let a member, by default the owner, add a bot to a group."""
        chat = self.messenger.chats[chat_id]
        self._conversation.invite(chat, bot_id, by or chat.owner_id, Hit())

    def open_chat(self, user_id: int, *, bot_id: int | None = None) -> Chat:
        """Open the private chat with a bot."""
        return self._conversation.open(user_id, bot_id, Hit())

    def say(
        self,
        user_id: int,
        text: str,
        *,
        chat: int | None = None,
        bot_id: int | None = None,
        forward: int | None = None,
        auth: EventAuth | None = None,
        auth_as: int | None = None,
    ) -> Message:
        """Write as a person.

        Args:
            user_id: Who writes.
            text: What.
            chat: Id of a group; by default the private chat with the bot.
            bot_id: Which bot; by default the portal's first.
            forward: Id of the message whose words these are.
            auth: How much authorization the event carries, instead of what the options say.
            auth_as: Whose authorization it carries, instead of the writer's.
        """
        hit = Hit(auth, auth_as)
        where = self._conversation.open(user_id, bot_id, hit) if chat is None else self.messenger.chats[chat]
        original = None if forward is None else self._conversation.message(forward)[0]
        return self._conversation.say(where, user_id, text, hit, forward=original)

    def press(
        self, user_id: int, message_id: int, button: str | int | dict[str, Any], *, auth_as: int | None = None
    ) -> Pressed:
        """Press a button by its text, by its place counted from 0, or as an outdated client still shows it."""
        return self._conversation.press(user_id, message_id, button, Hit(auth_as=auth_as))

    def send_click(self, reader_id: int, message_id: int, index: int = 0) -> Message:
        """Click on a `[send=]` of a message: the reader says its text."""
        return self._conversation.click_send(reader_id, message_id, index, Hit())

    def edit(self, message_id: int, text: str, *, auth_as: int | None = None) -> None:
        self._conversation.edit(message_id, text, Hit(auth_as=auth_as))

    def delete(self, message_id: int, *, auth_as: int | None = None) -> None:
        self._conversation.delete(message_id, Hit(auth_as=auth_as))

    def react(self, user_id: int, message_id: int, reaction: str = "like") -> None:
        """Set a reaction, or take it back."""
        self._conversation.react(user_id, message_id, reaction, Hit())

    def open_context(self, user_id: int, context: dict[str, Json], *, bot_id: int | None = None) -> None:
        """Follow a link that opens the bot with a context."""
        self._conversation.open_context(user_id, bot_id, context, Hit())
