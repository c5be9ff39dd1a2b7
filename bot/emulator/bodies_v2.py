"""What events of v2 say (contract E.3), in real types; the form or the fetch log makes of them what it does."""

import html
import re
from datetime import UTC, datetime

from bot.emulator.bots import Bot, Fired
from bot.emulator.messenger import Chat, Message
from bot.emulator.options import Options
from bot.emulator.people import User, describe
from bot.emulator.php import Json

PREFIX = "ONIMBOTV2"
EVENTS = tuple(
    PREFIX + name
    for name in (
        "MESSAGEADD",
        "MESSAGEUPDATE",
        "MESSAGEDELETE",
        "JOINCHAT",
        "DELETE",
        "CONTEXTGET",
        "COMMANDADD",
        "REACTIONCHANGE",
    )
)
_PERMISSIONS = {
    "manageUsersAdd": "member",
    "manageUsersDelete": "manager",
    "manageUi": "member",
    "manageSettings": "owner",
    "manageMessages": "member",
    "manageMessagesAutoDelete": "manager",
    "canPost": "member",
}


class BodiesV2:
    """Builds the `data` of each event, without the bot."""

    def __init__(self, options: Options) -> None:
        """Describe things as a portal with these options does."""
        self._options = options

    def language(self, user: User) -> str:
        return user.language or self._options.language

    def message(self, message: Message) -> dict[str, Json]:
        """Return a message with the mention kept, entities decoded and `[br]` as a line break (contract E.5)."""
        return {
            "id": message.id,
            "chatId": message.chat_id,
            "chat_id": message.chat_id,
            "authorId": message.author_id,
            "author_id": message.author_id,
            "date": datetime.fromtimestamp(int(message.at), UTC).isoformat(),
            "text": re.sub(r"\[br\]", "\n", html.unescape(message.text), flags=re.IGNORECASE),
            "isSystem": message.system,
            "uuid": message.uuid,
            "forward": message.forward,
            "params": message.params,
            "viewedByOthers": False,
        }

    def chat(self, chat: Chat, bot_id: int, *, extranet: bool, is_new: bool = False) -> dict[str, Json]:
        """Return a chat as its bot sees it."""
        return {
            "avatar": "",
            "color": "#ab7761",
            "description": "",
            "dialogId": chat.dialog_id(bot_id),
            "diskFolderId": None,
            "entityData1": "",
            "entityData2": "",
            "entityData3": "",
            "entityId": "",
            "entityType": chat.entity_type,
            "extranet": extranet,
            "containsCollaber": False,
            "id": chat.id,
            "parentChatId": 0,
            "parentMessageId": 0,
            "name": chat.title,
            "owner": chat.owner_id,
            "messageType": chat.message_type,
            "type": chat.type,
            "entityLink": {"type": "", "url": "", "id": ""},
            "permissions": dict(_PERMISSIONS),
            "isNew": is_new,
            "textFieldEnabled": True,
            "backgroundId": None,
        }

    def about(self, chat: Chat, bot: Bot, user: User, *, is_new: bool = False) -> dict[str, Json]:
        """Return the three keys that nearly every event ends with."""
        return {
            "chat": self.chat(chat, bot.id, extranet=user.extranet, is_new=is_new),
            "user": describe(user, self._options),
            "language": self.language(user),
        }

    def command(self, fired: Fired, context: str) -> dict[str, Json]:
        command = fired.command
        return {"id": command.id, "command": f"/{command.name}", "params": fired.params, "context": context}
