"""What events of v1 say (contract F.2): upper-case keys, Y and N, one block of tokens per bot or command."""

import re

from bot.emulator.bots import Bot, Fired, mentioned
from bot.emulator.event_auth import AuthBlocks
from bot.emulator.messenger import Chat, Message
from bot.emulator.options import Options
from bot.emulator.people import User, describe_v1, yes_no
from bot.emulator.php import Json

MESSAGE_EVENTS = {
    "EVENT_MESSAGE_ADD": "ONIMBOTMESSAGEADD",
    "EVENT_MESSAGE_UPDATE": "ONIMBOTMESSAGEUPDATE",
    "EVENT_MESSAGE_DELETE": "ONIMBOTMESSAGEDELETE",
    "EVENT_WELCOME_MESSAGE": "ONIMBOTJOINCHAT",
    "EVENT_BOT_DELETE": "ONIMBOTDELETE",
    "EVENT_CONTEXT_GET": "ONIMBOTCONTEXTGET",
}
COMMAND_EVENT = "ONIMCOMMANDADD"
_TAG = re.compile(r"\[USER=\w+(?: REPLACE)?\].*?\[/USER\]", re.IGNORECASE | re.DOTALL)
_SWITCHES = {
    "PUSH": "Y",
    "PUSH_IMPORTANT": "N",
    "RECENT_SKIP_AUTHOR": "N",
    "CONVERT": "N",
    "SKIP_COMMAND": "N",
    "SKIP_COUNTER_INCREMENTS": "N",
    "SILENT_CONNECTOR": "N",
    "SKIP_CONNECTOR": "N",
    "IMPORTANT_CONNECTOR": "N",
    "NO_SESSION_OL": "N",
    "FAKE_RELATION": "0",
    "SKIP_URL_INDEX": "N",
}


class BodiesV1:
    """Builds the `data` of each event."""

    def __init__(self, options: Options, auth: AuthBlocks) -> None:
        """Describe things as a portal with these options does, with tokens from `auth`."""
        self._options = options
        self._auth = auth

    def bots(self, bots: list[Bot]) -> dict[str, Json]:
        return {
            str(bot.id): {**self._auth.bot_v1(bot.app, bot.id), "BOT_ID": bot.id, "BOT_CODE": bot.code} for bot in bots
        }

    def commands(self, fired: list[Fired], message: Message, context: str) -> dict[str, Json]:
        return {
            str(item.command.id): {
                **self._auth.bot_v1(item.command.bot.app, item.command.bot.id),
                "BOT_ID": item.command.bot.id,
                "BOT_CODE": item.command.bot.code,
                "COMMAND": item.command.name,
                "COMMAND_ID": item.command.id,
                "COMMAND_PARAMS": item.params,
                "COMMAND_CONTEXT": context.upper(),
                "MESSAGE_ID": message.id,
            }
            for item in fired
        }

    def message_add(self, bots: list[Bot], message: Message, chat: Chat, user: User) -> dict[str, Json]:
        """Return the data of a message event; all mentions are gone from `MESSAGE`."""
        ends: dict[str, Json] = {
            "COMMAND_CONTEXT": "TEXTAREA",
            "CHAT_USER_COUNT": len(chat.members),
            "PLATFORM_CONTEXT": "web",
        }
        params = self._head(chat, user, bots[0], _TAG.sub("", message.text).strip())
        params |= _SWITCHES | ends
        mentions = sorted(mentioned(message.text))
        if not chat.private:
            params |= {"MENTIONED_LIST": {str(number): number for number in mentions}, "MESSAGE_ORIGINAL": message.text}
            params |= {"TO_USER_ID": mentions[0]} if mentions else {}
        params |= self._tail(chat, user, message)
        return {"BOT": self.bots(bots), "PARAMS": params, "USER": describe_v1(user, flags=True)}

    def command_add(
        self, fired: list[Fired], message: Message, chat: Chat, user: User, *, context: str
    ) -> dict[str, Json]:
        """Return the data of a command; a button in a private chat leaves `MESSAGE` without its words."""
        first = fired[0]
        text = message.text
        if context == "keyboard":
            text = "/ " if chat.private else f"/{first.command.name} {first.params}".rstrip()
        params = self._head(chat, user, first.command.bot, text)
        bots_inside: dict[str, Json] = {str(item.command.bot.id): item.command.bot.id for item in fired}
        params |= {} if chat.private else {"BOT_IN_CHAT": bots_inside}
        params |= {"SKIP_USER_CHECK": "Y", **_SWITCHES, "RECENT_ADD": "Y"}
        params |= self._tail(chat, user, message)
        entries = self.commands(fired, message, context)
        return {"COMMAND": entries, "PARAMS": params, "USER": describe_v1(user, flags=False)}

    def _head(self, chat: Chat, user: User, bot: Bot, text: str) -> dict[str, Json]:
        head: dict[str, Json] = {
            "MESSAGE": text,
            "TEMPLATE_ID": "5e7a0000-0000-4000-8000-00000000f001",
            "MESSAGE_TYPE": chat.message_type,
            "FROM_USER_ID": user.id,
            "DIALOG_ID": chat.dialog_id(bot.id),
            "TO_CHAT_ID": chat.id,
            "AUTHOR_ID": user.id,
            "SYSTEM": "N",
        }
        if chat.private:
            return head | {"TO_USER_ID": bot.id}
        return head | {
            "CHAT_ID": chat.id,
            "CHAT_PARENT_ID": 0,
            "CHAT_PARENT_MID": 0,
            "CHAT_TITLE": chat.title,
            "CHAT_AUTHOR_ID": chat.owner_id,
            "CHAT_TYPE": chat.message_type,
            "CHAT_AVATAR": 0,
            "CHAT_COLOR": "BROWN",
            "CHAT_ENTITY_TYPE": chat.entity_type,
            "CHAT_ENTITY_ID": "",
            "CHAT_ENTITY_DATA_1": "",
            "CHAT_ENTITY_DATA_2": "",
            "CHAT_ENTITY_DATA_3": "",
            "CHAT_EXTRANET": yes_no(value=user.extranet),
            "CHAT_PREV_MESSAGE_ID": 83_999,
            "CHAT_CAN_POST": "MEMBER",
            "RID": user.id,
            "IS_MANAGER": "N",
        }

    def _tail(self, chat: Chat, user: User, message: Message) -> dict[str, Json]:
        kind: dict[str, Json] = {"CHAT_TYPE": "P"} if chat.private else {}
        return {"MESSAGE_ID": message.id, **kind, "LANGUAGE": self._language(user)}

    def _language(self, user: User) -> str:
        return user.language or self._options.language

    def join(self, bot: Bot, chat: Chat, user: User) -> dict[str, Json]:
        """Return the data of a welcome event."""
        params: dict[str, Json] = {
            "CHAT_TYPE": chat.message_type,
            "MESSAGE_TYPE": chat.message_type,
            "BOT_ID": bot.id,
            "USER_ID": user.id,
        }
        if chat.private:
            params |= {"TO_USER_ID": user.id, "FROM_USER_ID": bot.id}
        else:
            params |= {
                "CHAT_ID": chat.id,
                "CHAT_AUTHOR_ID": chat.owner_id,
                "CHAT_ENTITY_TYPE": chat.entity_type,
                "CHAT_ENTITY_ID": "",
                "ACCESS_HISTORY": "1",
            }
        params |= {"DIALOG_ID": chat.dialog_id(bot.id), "LANGUAGE": self._language(user)}
        return {"BOT": self.bots([bot]), "PARAMS": params, "USER": describe_v1(user, flags=False)}
