"""Which event goes to whom when something happens (contract A.2, A.4, E.6, F.2, G.7)."""

from dataclasses import dataclass
from typing import TypeAlias

from bot.emulator.bodies_v1 import COMMAND_EVENT, BodiesV1
from bot.emulator.bodies_v2 import PREFIX, BodiesV2
from bot.emulator.bots import Bot, Bots, Fired, mentioned
from bot.emulator.event_auth import Actor, AuthBlocks
from bot.emulator.messenger import Chat, Message
from bot.emulator.oauth import App, OAuthServer
from bot.emulator.people import User
from bot.emulator.php import Json, form
from bot.emulator.queue import EventQueue
from bot.emulator.subscriptions import Subscription, Subscriptions

Data: TypeAlias = "dict[str, Json]"


@dataclass(frozen=True, slots=True)
class Scene:
    """Where something happened, who did it, and whose hit it was (usually his own)."""

    chat: Chat
    user: User
    actor: Actor


class Events:
    """Turns happenings into events and puts them into the queue."""

    def __init__(self, oauth: OAuthServer, bots: Bots, subscriptions: Subscriptions, queue: EventQueue) -> None:
        """Send through `queue` to whoever `subscriptions` name."""
        self._options = oauth.options
        self._clock = oauth.clock
        self._bots = bots
        self._subscriptions = subscriptions
        self._queue = queue
        self._auth = AuthBlocks(oauth)
        self._v1 = BodiesV1(oauth.options, self._auth)
        self._v2 = BodiesV2(oauth.options)

    # -- what people do in chats

    def message_added(self, scene: Scene, message: Message) -> None:
        """Send commands if any line fires one, of whatever bot; only otherwise the message itself."""
        fired = self._bots.fired_by(message.text, scene.chat, scene.user)
        if fired:
            self.commands_fired(scene, message, fired, "textarea")
            return
        readers = self._readers(scene.chat, message.text)
        for bot in readers:
            bot.messages += 1
            if bot.api == "v2":
                self._send_v2(bot, "MESSAGEADD", scene, {"message": self._v2.message(message)})
        for group in self._grouped([bot for bot in readers if bot.api == "v1"]):
            self._send_v1(
                group[0], "ONIMBOTMESSAGEADD", scene, self._v1.message_add(group, message, scene.chat, scene.user)
            )

    def _readers(self, chat: Chat, text: str) -> list[Bot]:
        """Return who gets a message: in private the partner, in a group whom it mentions by id, and supervisors."""
        inside = [bot for bot in self._bots.by_id.values() if bot.id in chat.members]
        if chat.entity_type in {"LINES", "LIVECHAT"}:
            return [bot for bot in inside if bot.type == "openline"]
        if chat.private:
            return inside
        named = mentioned(text)
        return [bot for bot in inside if bot.id in named or bot.sees_everything]

    def _grouped(self, bots: list[Bot]) -> list[list[Bot]]:
        """Put bots of one application into one event where the portal does so."""
        if not self._options.v1_grouped:
            return [[bot] for bot in bots]
        apps = dict.fromkeys(bot.app for bot in bots)
        return [[bot for bot in bots if bot.app is app] for app in apps]

    def commands_fired(self, scene: Scene, message: Message, fired: list[Fired], context: str) -> None:
        """Send commands and let each be answered for a while."""
        for item in fired:
            item.command.bot.fired += 1
            self._bots.grant(item.command, message.id)
            if item.command.bot.api == "v2":
                said: Data = {"command": self._v2.command(item, context), "message": self._v2.message(message)}
                self._send_v2(item.command.bot, "COMMANDADD", scene, said)
        for group in self._fired_together([item for item in fired if item.command.bot.api == "v1"]):
            data = self._v1.command_add(group, message, scene.chat, scene.user, context=context)
            self._send_v1(group[0].command.bot, COMMAND_EVENT, scene, data)

    def _fired_together(self, fired: list[Fired]) -> list[list[Fired]]:
        """Put different commands of one bot into one event where the portal does so; one command twice never fits."""
        ids = [item.command.id for item in fired]
        same_bot = len({item.command.bot.id for item in fired}) == 1
        if self._options.v1_grouped and same_bot and len(set(ids)) == len(ids):
            return [fired]
        return [[item] for item in fired]

    def message_updated(self, scene: Scene, message: Message) -> None:
        self._changed(scene, message, "UPDATE", {"message": self._v2.message(message)})

    def message_deleted(self, scene: Scene, message: Message) -> None:
        self._changed(scene, message, "DELETE", {"messageId": message.id})

    def _changed(self, scene: Scene, message: Message, what: str, data: Data) -> None:
        for bot in self._readers(scene.chat, message.text):
            if bot.api == "v2":
                self._send_v2(bot, f"MESSAGE{what}", scene, data)
            else:
                told = self._v1.message_add([bot], message, scene.chat, scene.user)
                self._send_v1(bot, f"ONIMBOTMESSAGE{what}", scene, told)

    def joined(self, scene: Scene, bot: Bot) -> None:
        """Tell a bot that it was added to a group, or that somebody opened its chat for the first time."""
        if bot.api == "v2":
            dialog: Data = {"dialogId": scene.chat.dialog_id(bot.id)}
            self._send_v2(bot, "JOINCHAT", scene, dialog, refresh=False, is_new=scene.chat.private)
        else:
            data = self._v1.join(bot, scene.chat, scene.user)
            self._send_v1(bot, "ONIMBOTJOINCHAT", scene, data, refresh=False)

    def context_opened(self, scene: Scene, bot: Bot, context: Data) -> None:
        """Tell a bot of v2 that somebody followed a link with a context, which whoever made the link chose."""
        if bot.api == "v2":
            self._send_v2(bot, "CONTEXTGET", scene, {"dialogId": scene.chat.dialog_id(bot.id), "context": context})

    def reacted(self, scene: Scene, message: Message, reaction: str, action: str) -> None:
        """Tell the author of a message, if that is a bot of v2; v1 has no such event."""
        bot = self._bots.by_id.get(message.author_id)
        if bot is not None and bot.api == "v2":
            seen = self._v2.message(message) | {"viewedByOthers": True}
            self._send_v2(bot, "REACTIONCHANGE", scene, {"reaction": reaction, "action": action, "message": seen})

    def bot_deleted(self, bot: Bot, actor: Actor) -> None:
        """Tell an application that its bot is gone."""
        if bot.api == "v2":
            data: Data = {"bot": self._bot(bot, with_auth=actor.auth != "absent")}
        else:
            data = {"BOT_ID": bot.id, "BOT_CODE": bot.code}
        name = PREFIX + "DELETE" if bot.api == "v2" else "ONIMBOTDELETE"
        for row in self._subscriptions.of_bot(bot.id, name):
            self._send(row, data, self._auth.top(bot.app, actor, refresh=False), named=actor.auth != "minimal")

    # -- what happens to applications and calendars

    def installed(self, app: App, url: str) -> None:
        """Send `ONAPPINSTALL`, in full or as the documentation prints it."""
        minimal = self._options.install_minimal
        data: Data = {
            "VERSION": "1.0.0" if minimal else str(app.version),
            "ACTIVE": "Y",
            "INSTALLED": "Y",
            "LANGUAGE_ID": self._options.language,
        }
        row = self._subscriptions.bind(app, "ONAPPINSTALL", url)
        self._subscriptions.unbind([row])
        self._send(row, data, self._auth.install(app, minimal=minimal), named=not minimal)

    def updated(self, app: App, previous: int) -> None:
        """Send `ONAPPUPDATE`, which a market application would get."""
        data: Data = {
            "VERSION": str(app.version),
            "PREVIOUS_VERSION": str(previous),
            "LANGUAGE_ID": self._options.language,
        }
        for row in self._subscriptions.find(app, "ONAPPUPDATE"):
            self._send(row, data, self._auth.install(app, minimal=False))

    def uninstalled(self, app: App, rows: list[Subscription], *, clean: bool) -> None:
        """Send `ONAPPUNINSTALL`; it holds no tokens."""
        data: Data = {"LANGUAGE_ID": self._options.language, "CLEAN": clean}
        for row in rows:
            self._enqueue(row, data, self._auth.without_user(app), named=True)

    def calendar_changed(self, event: str, entry_id: int, user_id: int) -> None:
        """Send `ONCALENDARENTRY*` for one stored row; the tokens are the acting person's, not the guest's."""
        for row in self._subscriptions.of_event(event):
            actor = Actor(row.user_id or user_id, self._options.event_auth)
            self._send(row, {"id": entry_id}, self._auth.top(row.app, actor, refresh=True))

    # -- on the way out

    def _bot(self, bot: Bot, *, with_auth: bool) -> Data:
        auth: Data = {"auth": self._auth.bot(bot.app, bot.id)} if with_auth else {}
        return {"id": bot.id, "code": bot.code, **auth}

    def _send_v2(
        self, bot: Bot, event: str, scene: Scene, data: Data, *, refresh: bool = True, is_new: bool = False
    ) -> None:
        said = {**data, **self._v2.about(scene.chat, bot, scene.user, is_new=is_new)}
        if bot.event_mode == "fetch":
            self._bots.keep(bot, PREFIX + event, said)
            return
        rows = self._subscriptions.of_bot(bot.id, PREFIX + event)
        full = {"bot": self._bot(bot, with_auth=scene.actor.auth != "absent"), **said}
        self._send_rows(rows, full, bot.app, scene.actor, refresh=refresh)

    def _send_v1(self, bot: Bot, event: str, scene: Scene, data: Data, *, refresh: bool = True) -> None:
        self._send_rows(self._subscriptions.of_bot(bot.id, event), data, bot.app, scene.actor, refresh=refresh)

    def _send_rows(self, rows: list[Subscription], data: Data, app: App, actor: Actor, *, refresh: bool) -> None:
        for row in rows:
            self._send(row, data, self._auth.top(app, actor, refresh=refresh), named=actor.auth != "minimal")

    def _send(self, row: Subscription, data: Data, auth: Data, *, named: bool = True) -> None:
        """Queue an event unless the application is not installed: until then nothing is delivered (contract A.1)."""
        if row.app.installed:
            self._enqueue(row, data, auth, named=named)

    def _enqueue(self, row: Subscription, data: Data, auth: Data, *, named: bool) -> None:
        handler: Data = {"event_handler_id": row.id} if named else {}
        body: Data = {"event": row.event, **handler, "data": data, "ts": int(self._clock.now()), "auth": auth}
        self._queue.put(row.event, row.url, form(body, nulls=self._options.nulls))
