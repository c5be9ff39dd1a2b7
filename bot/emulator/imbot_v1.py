"""`imbot.*` of v1, deprecated and alive (contract F.1)."""

from bot.emulator.answers import RestError
from bot.emulator.bodies_v1 import COMMAND_EVENT, MESSAGE_EVENTS
from bot.emulator.bots import Bot, Command
from bot.emulator.event_auth import Actor
from bot.emulator.imbot import BotHouse, Extras
from bot.emulator.keyboards import BadKeyboardError, KeyboardTooLargeError, build
from bot.emulator.messenger import Chat, InputAction, Message
from bot.emulator.methods import Caller, Method, upper_keys
from bot.emulator.php import Json, Params, is_empty, is_yes, mapping, sequence, to_int, to_text
from bot.emulator.subscriptions import callback_error

MOST_BOTS = 5
EDIT_WINDOW_S = 3 * 24 * 3600
TYPES = {"B": "bot", "H": "bot", "O": "openline", "S": "supervisor"}
_REQUIRED_EVENTS = ("EVENT_MESSAGE_ADD", "EVENT_WELCOME_MESSAGE", "EVENT_BOT_DELETE")


class ImbotV1:
    """Bots, messages and commands in upper case; keys come in any case."""

    def __init__(self, house: BotHouse) -> None:
        """Act on `house`."""
        self._house = house

    def methods(self) -> list[Method]:
        runs = {
            "register": self._register,
            "update": self._update,
            "unregister": self._unregister,
            "bot.list": self._list,
            "message.add": self._message_add,
            "message.update": self._message_update,
            "message.delete": self._message_delete,
            "message.like": self._message_like,
            "command.register": self._command_register,
            "command.unregister": self._command_unregister,
            "command.answer": self._command_answer,
            "chat.sendTyping": self._typing,
        }
        return [Method(f"imbot.{name}", "imbot", run) for name, run in runs.items()]

    # -- bots

    def _register(self, caller: Caller, params: Params) -> Json:
        """Create a bot; the same code returns the same id, and its addresses are bound anew, unlike in v2."""
        params = upper_keys(params)
        code = to_text(params.get("CODE"))
        if not code:
            raise RestError(400, "CODE_ERROR", "Bot code isn't specified")
        urls = _addresses(params)
        known = self._house.bots.by_code(code)
        if known is not None and known.app is not caller.app:
            raise RestError(400, "WRONG_REQUEST", "Bot can't be created")
        bot = known or self._create(caller, code, params)
        bot.api, bot.event_mode = "v1", "webhook"
        self._house.bind(bot, urls, keep_old=False)
        return bot.id

    def _create(self, caller: Caller, code: str, params: Params) -> Bot:
        properties = upper_keys(mapping(params.get("PROPERTIES")))
        name, last_name = to_text(properties.get("NAME")), to_text(properties.get("LAST_NAME"))
        if not name and not last_name:
            raise RestError(400, "NAME_ERROR", "Bot name isn't specified")
        if len(self._house.bots.of_app(caller.app)) >= MOST_BOTS:
            raise RestError(400, "MAX_COUNT_ERROR", "Has reached the maximum number of bots for application")
        position = to_text(properties.get("WORK_POSITION"))
        bot = self._house.add(caller, code, api="v1", name=name, last_name=last_name, position=position)
        bot.type = TYPES.get(to_text(params.get("TYPE")), "bot")
        return bot

    def _update(self, caller: Caller, params: Params) -> Json:
        params = upper_keys(params)
        bot = self._bot(caller, params)
        fields = upper_keys(mapping(params.get("FIELDS")))
        properties = upper_keys(mapping(fields.get("PROPERTIES")))
        user = self._house.bots.users[bot.id]
        user.name = to_text(properties.get("NAME")) or user.name
        user.last_name = to_text(properties.get("LAST_NAME")) or user.last_name
        if any(key.startswith("EVENT_") for key in fields):
            self._house.bind(bot, _addresses(fields), keep_old=False)
        return True

    def _unregister(self, caller: Caller, params: Params) -> Json:
        bot = self._bot(caller, upper_keys(params))
        self._house.remove(bot, Actor(caller.user.id, self._house.options.event_auth))
        return True

    def _list(self, caller: Caller, _: Params) -> Json:
        users = self._house.bots.users
        return {
            str(bot.id): {"ID": bot.id, "NAME": users[bot.id].full_name, "CODE": bot.code, "OPENLINE": "N"}
            for bot in self._house.bots.of_app(caller.app)
        }

    def _bot(self, caller: Caller, params: Params) -> Bot:
        bot = self._house.bots.by_id.get(to_int(params.get("BOT_ID")))
        if bot is None:
            raise RestError(400, "BOT_ID_ERROR", "Bot not found")
        if bot.app is not caller.app:
            raise RestError(400, "APP_ID_ERROR", "Bot was installed by another rest application")
        return bot

    # -- messages

    def _chat(self, bot: Bot, params: Params) -> Chat:
        dialog_id = to_text(params.get("DIALOG_ID"))
        if not dialog_id:
            raise RestError(400, "DIALOG_ID_EMPTY", "Dialog ID can't be empty")
        chat = self._house.messenger.resolve(dialog_id, bot.id)
        if chat is None or bot.id not in chat.members:
            raise RestError(400, "WRONG_REQUEST", "Message isn't added")
        return chat

    def _message_add(self, caller: Caller, params: Params) -> Json:
        params = upper_keys(params)
        bot = self._bot(caller, params)
        chat = self._chat(bot, params)
        text = to_text(params.get("MESSAGE"))
        if not text.strip() and is_empty(params.get("ATTACH")):
            raise RestError(400, "MESSAGE_EMPTY", "Message can't be empty")
        return self._house.write(bot, chat, text, _extras(params, bot.id)).id

    def _own_message(self, bot: Bot, params: Params) -> Message:
        message = self._house.messenger.message(to_int(params.get("MESSAGE_ID")))
        too_old = message is not None and self._house.messenger.clock.now() - message.at > EDIT_WINDOW_S
        if message is None or too_old or message.author_id != bot.id:
            raise RestError(400, "CANT_EDIT_MESSAGE", "Time has expired for modification or you don't have access")
        return message

    def _message_update(self, caller: Caller, params: Params) -> Json:
        params = upper_keys(params)
        message = self._own_message(self._bot(caller, params), params)
        text = to_text(params["MESSAGE"]) if "MESSAGE" in params else None
        try:
            self._house.rewrite(message, text, params.get("KEYBOARD"))
        except BadKeyboardError as bad:
            raise _keyboard_error(bad) from None
        return True

    def _message_delete(self, caller: Caller, params: Params) -> Json:
        params = upper_keys(params)
        self._house.messenger.delete(self._own_message(self._bot(caller, params), params))
        return True

    def _message_like(self, caller: Caller, params: Params) -> Json:
        params = upper_keys(params)
        bot = self._bot(caller, params)
        message = self._house.messenger.message(to_int(params.get("MESSAGE_ID")))
        if message is None:
            raise RestError(400, "MESSAGE_ID_ERROR", "Message not found")
        message.reactions ^= {(bot.id, "like")}
        return True

    def _typing(self, caller: Caller, params: Params) -> Json:
        params = upper_keys(params)
        bot = self._bot(caller, params)
        dialog_id = self._chat(bot, params).dialog_id(bot.id)
        self._house.messenger.actions.append(InputAction(bot.id, dialog_id, "", self._house.messenger.clock.now()))
        return True

    # -- commands

    def _command_register(self, caller: Caller, params: Params) -> Json:
        params = upper_keys(params)
        bot = self._bot(caller, params)
        name = to_text(params.get("COMMAND")).removeprefix("/")
        if not name:
            raise RestError(400, "COMMAND_ERROR", "Command isn't specified")
        url = to_text(params.get("EVENT_COMMAND_ADD"))
        if callback_error(url):
            raise RestError(400, "EVENT_COMMAND_ADD_ERROR", "Wrong handler URL")
        command = self._house.bots.command(bot, name) or self._house.bots.add_command(bot, name, {}, {})
        for item in sequence(params.get("LANG")):
            entry = upper_keys(mapping(item))
            language = to_text(entry.get("LANGUAGE_ID"))
            command.titles[language] = to_text(entry.get("TITLE"))
            command.params[language] = to_text(entry.get("PARAMS"))
        command.common = is_yes(params.get("COMMON"))
        command.hidden = is_yes(params.get("HIDDEN"))
        command.extranet = is_yes(params.get("EXTRANET_SUPPORT"))
        self._house.bind(bot, {COMMAND_EVENT: url}, keep_old=True)
        return command.id

    def _command(self, caller: Caller, params: Params) -> Command:
        command = self._house.bots.commands.get(to_int(params.get("COMMAND_ID")))
        name = to_text(params.get("COMMAND")).removeprefix("/")
        if command is None and name:
            owned = (self._house.bots.command(bot, name) for bot in self._house.bots.of_app(caller.app))
            command = next((known for known in owned if known), None)
        if command is None:
            raise RestError(400, "COMMAND_ID_ERROR", "Command not found")
        if command.bot.app is not caller.app:
            raise RestError(400, "APP_ID_ERROR", "Command was installed by another rest application")
        return command

    def _command_unregister(self, caller: Caller, params: Params) -> Json:
        del self._house.bots.commands[self._command(caller, upper_keys(params)).id]
        return True

    def _command_answer(self, caller: Caller, params: Params) -> Json:
        """Answer a fired command for ten minutes; later nothing is posted and true comes back."""
        params = upper_keys(params)
        command = self._command(caller, params)
        message = self._house.messenger.message(to_int(params.get("MESSAGE_ID")))
        text = to_text(params.get("MESSAGE"))
        chat = self._house.messenger.chats.get(message.chat_id) if message else None
        if message is None or chat is None:
            raise RestError(400, "MESSAGE_ID_ERROR", "Message not found")
        if not text.strip():
            raise RestError(400, "MESSAGE_EMPTY", "Message can't be empty")
        if not self._house.bots.is_granted(command, message.id):
            return True
        return self._house.write(command.bot, chat, text, _extras(params, command.bot.id)).id


def _addresses(params: Params) -> dict[str, str]:
    """Return the address of each event: one for all, or one each; three of them are mandatory."""
    common = to_text(params.get("EVENT_HANDLER"))
    urls = {key: to_text(params.get(key)) or common for key in MESSAGE_EVENTS}
    for key, url in urls.items():
        if (not url and key in _REQUIRED_EVENTS) or (url and callback_error(url)):
            raise RestError(400, f"{key}_ERROR", "Wrong handler URL")
    return {MESSAGE_EVENTS[key]: url for key, url in urls.items() if url}


def _extras(params: Params, bot_id: int) -> Extras:
    try:
        keyboard = [] if is_empty(params.get("KEYBOARD")) else build(params["KEYBOARD"], bot_id)
    except BadKeyboardError as bad:
        raise _keyboard_error(bad) from None
    attach = params.get("ATTACH")
    if not is_empty(attach) and any(isinstance(block, str | int | float) for block in sequence(attach)):
        raise RestError(400, "ATTACH_ERROR", "Incorrect attach params")
    preview = is_yes(params["URL_PREVIEW"]) if "URL_PREVIEW" in params else True
    return Extras(keyboard, attach or None, is_yes(params.get("SYSTEM")), preview)


def _keyboard_error(bad: BadKeyboardError) -> RestError:
    large = isinstance(bad, KeyboardTooLargeError)
    return RestError(400, "KEYBOARD_OVERSIZE" if large else "KEYBOARD_ERROR", "Incorrect keyboard params")
