"""`imbot.v2.Command.*` (contract D.2)."""

from collections.abc import Mapping

from bot.emulator.answers import RestError
from bot.emulator.bots import Bot, Command
from bot.emulator.imbot import BotHouse, texts
from bot.emulator.imbot_v2_bots import own_bot
from bot.emulator.imbot_v2_chat import extras
from bot.emulator.methods import Caller, Method, camel_keys
from bot.emulator.php import Json, Params, is_yes, mapping, to_int, to_text

TITLES_REVISION = 34  # before it a list shows no titles
_SWITCHES = {"common": "common", "hidden": "hidden", "extranetSupport": "extranet"}


class CommandsV2:
    """Slash commands as v2 registers and answers them."""

    def __init__(self, house: BotHouse) -> None:
        """Act on `house`."""
        self._house = house

    def methods(self) -> list[Method]:
        runs = {
            "register": self._register,
            "update": self._update,
            "list": self._list,
            "unregister": self._unregister,
            "answer": self._answer,
        }
        return [Method(f"imbot.v2.Command.{name}", "imbot", run) for name, run in runs.items()]

    def _register(self, caller: Caller, params: Params) -> Json:
        """Create a command, or return the one with this name exactly as it is."""
        params = camel_keys(params)
        bot = own_bot(self._house, caller, params)
        fields = camel_keys(mapping(params.get("fields")))
        name = to_text(fields.get("command")).removeprefix("/")
        if not name:
            raise RestError(400, "COMMAND_REQUIRED", "Command is not specified")
        if name.split() != [name]:
            raise RestError(400, "COMMAND_NAME_INVALID", "Wrong command name")
        titles = texts(fields.get("title"))
        if not titles and not is_yes(fields.get("hidden")):
            raise RestError(400, "COMMAND_TITLE_REQUIRED", "Command title is not specified")
        command = self._house.bots.command(bot, name)
        if command is None:
            command = self._house.bots.add_command(bot, name, titles, texts(fields.get("params")))
            _apply(command, fields)
        return {"command": _brief(command)}

    def _update(self, caller: Caller, params: Params) -> Json:
        params = camel_keys(params)
        command = self._own(own_bot(self._house, caller, params), params)
        fields = camel_keys(mapping(params.get("fields")))
        if "command" in fields:
            command.name = self._free_name(command, to_text(fields["command"]).removeprefix("/"))
        if "title" in fields and not isinstance(fields["title"], Mapping):
            raise RestError(400, "COMMAND_TITLE_INVALID", "Wrong command title")
        _merge(command.titles, mapping(fields.get("title")))
        _merge(command.params, mapping(fields.get("params")))
        _apply(command, fields)
        return {"command": _brief(command)}

    def _free_name(self, command: Command, name: str) -> str:
        if not name:
            raise RestError(400, "COMMAND_NAME_EMPTY", "Command name is empty")
        if self._house.bots.command(command.bot, name) not in {None, command}:
            raise RestError(400, "COMMAND_ALREADY_EXISTS", "Command already exists")
        return name

    def _own(self, bot: Bot, params: Params) -> Command:
        command = self._house.bots.commands.get(to_int(params.get("commandId")))
        if command is None or command.bot is not bot:
            raise RestError(400, "COMMAND_NOT_FOUND", "Command not found")
        return command

    def _list(self, caller: Caller, params: Params) -> Json:
        bot = own_bot(self._house, caller, camel_keys(params))
        language = caller.user.language or self._house.options.language
        titled = self._house.options.revision >= TITLES_REVISION
        category = self._house.bots.users[bot.id].full_name
        commands: list[Json] = [
            _brief(command)
            | {
                "title": _in(language, command.titles) if titled else "",
                "params": _in(language, command.params) if titled else "",
                "category": category,
                "context": "",
            }
            for command in self._house.bots.commands_of(bot)
        ]
        return {"commands": commands}

    def _unregister(self, caller: Caller, params: Params) -> Json:
        params = camel_keys(params)
        command = self._own(own_bot(self._house, caller, params), params)
        del self._house.bots.commands[command.id]
        return {"result": True}

    def _answer(self, caller: Caller, params: Params) -> Json:
        """Answer a fired command for ten minutes; afterwards the portal says true and posts nothing."""
        params = camel_keys(params)
        bot = own_bot(self._house, caller, params)
        command = self._own(bot, params)
        message = self._house.messenger.message(to_int(params.get("messageId")))
        fields = camel_keys(mapping(params.get("fields")))
        text = to_text(fields.get("message"))
        if message is None or not to_text(params.get("dialogId")) or not text.strip():
            raise RestError(400, "COMMAND_ANSWER_FAILED", "Failed to send command answer")
        chat = self._house.messenger.chats.get(message.chat_id)
        if chat is not None and self._house.bots.is_granted(command, message.id):
            inside = bot.id in chat.members
            name = self._house.bots.users[bot.id].full_name
            more = extras(fields, bot.id, system=not inside)
            self._house.write(bot, chat, text if inside else f"{name}:\n{text}", more)
        return {"result": True}


def _apply(command: Command, fields: Params) -> None:
    for name, attribute in _SWITCHES.items():
        if name in fields:
            setattr(command, attribute, is_yes(fields[name]))


def _merge(known: dict[str, str], changes: Params) -> None:
    """Take texts over by language; null removes one."""
    for language, text in changes.items():
        if text is None:
            known.pop(language, None)
        else:
            known[language] = to_text(text)


def _in(language: str, known: dict[str, str]) -> str:
    return known.get(language) or known.get("en") or next(iter(known.values()), "")


def _brief(command: Command) -> dict[str, Json]:
    return {
        "id": command.id,
        "botId": command.bot.id,
        "command": f"/{command.name}",
        "common": command.common,
        "hidden": command.hidden,
        "extranetSupport": command.extranet,
    }
