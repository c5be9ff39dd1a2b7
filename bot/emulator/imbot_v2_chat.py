"""`imbot.v2.Chat.*` (contract D.3)."""

from bot.emulator.answers import RestError
from bot.emulator.bots import Bot
from bot.emulator.imbot import BotHouse, Extras
from bot.emulator.imbot_v2_bots import own_bot
from bot.emulator.keyboards import BadKeyboardError, build
from bot.emulator.messenger import Chat, InputAction, Message
from bot.emulator.methods import Caller, Method, camel_keys
from bot.emulator.php import Json, Params, is_empty, is_yes, mapping, sequence, to_int, to_text

REACTIONS = frozenset({"like", "whiteHeavyCheckMark", "crossMark", "eyes", "okHand", "thinkingFace", "questionMark"})
LONGEST_ACTION_S = 600
_ACTION_PREFIX = "IMBOT_AGENT_ACTION_"
_ACTIONS = frozenset(
    {
        "THINKING",
        "SEARCHING",
        "GENERATING",
        "ANALYZING",
        "PROCESSING",
        "TRANSLATING",
        "CONNECTING",
        "CHECKING",
        "CALCULATING",
        "READING_DOCS",
        "COMPOSING",
    }
)


def extras(fields: Params, bot_id: int, *, system: bool = False) -> Extras:
    """Read what a message has besides its text.

    Raises:
        RestError: `PARAM_KEYBOARD_ERROR`, `PARAM_ATTACH_ERROR`.
    """
    try:
        keyboard = [] if is_empty(fields.get("keyboard")) else build(fields["keyboard"], bot_id)
    except BadKeyboardError:
        raise keyboard_error() from None
    attach = fields.get("attach")
    if not is_empty(attach) and any(isinstance(block, str | int | float) for block in sequence(attach)):
        raise RestError(400, "PARAM_ATTACH_ERROR", "Incorrect attach params")
    preview = is_yes(fields["urlPreview"]) if "urlPreview" in fields else True
    return Extras(keyboard, attach or None, system or is_yes(fields.get("system")), preview)


def keyboard_error() -> RestError:
    return RestError(400, "PARAM_KEYBOARD_ERROR", "Incorrect keyboard params")


class ChatV2:
    """Messages, reactions and signs of work of bots."""

    def __init__(self, house: BotHouse) -> None:
        """Act on `house`."""
        self._house = house

    def methods(self) -> list[Method]:
        runs = {
            "Message.send": self._send,
            "Message.update": self._update,
            "Message.delete": self._delete,
            "Message.Reaction.add": self._react,
            "Message.Reaction.delete": self._unreact,
            "InputAction.notify": self._notify,
        }
        return [Method(f"imbot.v2.Chat.{name}", "imbot", run) for name, run in runs.items()]

    def _chat(self, bot: Bot, params: Params) -> Chat:
        chat = self._house.messenger.resolve(to_text(params.get("dialogId")), bot.id)
        if chat is None:
            raise RestError(400, "CHAT_NOT_FOUND", "Chat not found")
        if bot.id not in chat.members:
            raise RestError(400, "ACCESS_DENIED", "Access denied")
        return chat

    def _send(self, caller: Caller, params: Params) -> Json:
        params = camel_keys(params)
        bot = own_bot(self._house, caller, params)
        fields = camel_keys(mapping(params.get("fields")))
        chat = self._chat(bot, params)
        text = to_text(fields.get("message")).strip()
        if not text and is_empty(fields.get("attach")):
            raise RestError(400, "EMPTY_MESSAGE", "Message is empty")
        if answered := to_int(fields.get("replyId")):
            found = self._house.messenger.message(answered)
            if found is None or found.chat_id != chat.id:
                raise RestError(400, "REPLY_ERROR", "Wrong message to reply to")
        message = self._house.write(bot, chat, text, extras(fields, bot.id))
        return {"id": message.id, "uuidMap": {}}

    def _own_message(self, bot: Bot, params: Params) -> Message:
        """Return a message that the bot may change; documentation and source name the refusal differently."""
        message = self._house.messenger.message(to_int(params.get("messageId")))
        if message is None:
            raise RestError(400, "MESSAGE_NOT_FOUND", "Message not found")
        if message.author_id != bot.id or message.system:
            documented = self._house.options.error_statuses == "docs"
            raise RestError(400, "ACCESS_DENIED" if documented else "MESSAGE_ACCESS_DENIED", "Access denied")
        return message

    def _update(self, caller: Caller, params: Params) -> Json:
        params = camel_keys(params)
        bot = own_bot(self._house, caller, params)
        message = self._own_message(bot, params)
        fields = camel_keys(mapping(params.get("fields")))
        text = to_text(fields["message"]) if "message" in fields else None
        try:
            self._house.rewrite(message, text, fields.get("keyboard"))
        except BadKeyboardError:
            raise keyboard_error() from None
        return {"result": True}

    def _delete(self, caller: Caller, params: Params) -> Json:
        params = camel_keys(params)
        self._house.messenger.delete(self._own_message(own_bot(self._house, caller, params), params))
        return {"result": True}

    def _reaction(self, bot: Bot, params: Params) -> tuple[Message, tuple[int, str]]:
        reaction = to_text(params.get("reaction"))
        if reaction not in REACTIONS:
            raise RestError(400, "REACTION_NOT_FOUND", "Reaction not found")
        message = self._house.messenger.message(to_int(params.get("messageId")))
        chat = self._house.messenger.chats.get(message.chat_id) if message else None
        if message is None or chat is None or bot.id not in chat.members:
            raise RestError(400, "ACCESS_DENIED", "Access denied")
        return message, (bot.id, reaction)

    def _react(self, caller: Caller, params: Params) -> Json:
        params = camel_keys(params)
        message, reaction = self._reaction(own_bot(self._house, caller, params), params)
        if reaction in message.reactions:
            raise RestError(400, "REACTION_ALREADY_SET", "Reaction is already set")
        message.reactions.add(reaction)
        return {"result": True}

    def _unreact(self, caller: Caller, params: Params) -> Json:
        params = camel_keys(params)
        message, reaction = self._reaction(own_bot(self._house, caller, params), params)
        message.reactions.discard(reaction)
        return {"result": True}

    def _notify(self, caller: Caller, params: Params) -> Json:
        params = camel_keys(params)
        bot = own_bot(self._house, caller, params)
        chat = self._chat(bot, params)
        code = to_text(params.get("statusMessageCode"))
        duration = to_int(params["duration"]) if "duration" in params else 1
        if (code and code.removeprefix(_ACTION_PREFIX) not in _ACTIONS) or not 1 <= duration <= LONGEST_ACTION_S:
            raise RestError(400, "ERROR_ARGUMENT", "Wrong argument")
        at = self._house.messenger.clock.now()
        self._house.messenger.actions.append(InputAction(bot.id, chat.dialog_id(bot.id), code, at))
        return {"result": True}
