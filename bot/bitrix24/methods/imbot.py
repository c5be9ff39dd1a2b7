"""The bot: its messages, its registration, its slash commands, in both versions of the bot API (contract D and F)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from bot.bitrix24.rest import Command
from bot.errors import Unavailable

Api = Literal["v2", "v1"]


class Caller(Protocol):
    async def call(self, method: str, params: Mapping[str, Any], /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Button:
    """A button that runs one of our commands for whoever presses it.

    Attributes:
        once: All buttons of the message are shut after a press, until the message is rewritten.
    """

    label: str
    command: str
    params: str
    primary: bool = False
    disabled: bool = False
    once: bool = True

    def wire(self, bot_id: int) -> dict[str, Any]:
        """Inner keys are upper case, and `BOT_ID` stands in each button for API v1 (contract D.5)."""
        return {
            "TEXT": self.label,
            "COMMAND": self.command,
            "COMMAND_PARAMS": self.params,
            "BOT_ID": bot_id,
            "DISPLAY": "LINE",
            "BLOCK": "Y" if self.once else "N",
            "DISABLED": "Y" if self.disabled else "N",
            "BG_COLOR_TOKEN": "primary" if self.primary else "base",
        }


@dataclass(frozen=True, slots=True)
class LinkButton:
    """A button that opens a page in the browser of whoever presses it. The same in both versions of the API."""

    label: str
    url: str = field(repr=False)

    def wire(self, _bot_id: int) -> dict[str, Any]:
        return {"TEXT": self.label, "LINK": self.url, "DISPLAY": "LINE", "BG_COLOR_TOKEN": "primary"}


@dataclass(frozen=True, slots=True)
class RowBreak:
    """What follows stands in the next row of buttons."""

    def wire(self, _bot_id: int) -> dict[str, Any]:
        return {"TYPE": "NEWLINE"}


AnyButton: TypeAlias = Button | LinkButton | RowBreak


def message_send(bot_id: int, api: Api, dialog_id: str, text: str, buttons: Sequence[AnyButton] = ()) -> Command:
    """Return the call that posts a message of the bot; the outbox makes it."""
    keyboard = {"BOT_ID": bot_id, "BUTTONS": [button.wire(bot_id) for button in buttons]}
    if api == "v2":
        fields: dict[str, Any] = {"message": text, "urlPreview": False}
        if buttons:
            fields["keyboard"] = keyboard
        return Command("imbot.v2.Chat.Message.send", {"botId": bot_id, "dialogId": dialog_id, "fields": fields})
    params: dict[str, Any] = {"BOT_ID": bot_id, "DIALOG_ID": dialog_id, "MESSAGE": text, "URL_PREVIEW": "N"}
    if buttons:
        params["KEYBOARD"] = keyboard
    return Command("imbot.message.add", params)


def message_update(
    bot_id: int, api: Api, message_id: int, text: str, buttons: Sequence[AnyButton] | None = ()
) -> Command:
    """Return the call that replaces a message of the bot; an empty text would delete it (contract D.3).

    None for `buttons` leaves those that there are, since what is not said about the keyboard does so.
    """
    keyboard = {"BOT_ID": bot_id, "BUTTONS": [button.wire(bot_id) for button in buttons]} if buttons else "N"
    told = {} if buttons is None else {"keyboard": keyboard}
    if api == "v2":
        fields: dict[str, Any] = {"message": text, "urlPreview": False, **told}
        return Command("imbot.v2.Chat.Message.update", {"botId": bot_id, "messageId": message_id, "fields": fields})
    params: dict[str, Any] = {"BOT_ID": bot_id, "MESSAGE_ID": message_id, "MESSAGE": text, "URL_PREVIEW": "N"}
    return Command("imbot.message.update", params | {name.upper(): value for name, value in told.items()})


def message_id(result: Any) -> int | None:
    """Return the id of a message from the answer to the call that posted it, in either version of the API."""
    told = str(result.get("id") if isinstance(result, dict) else result)
    return int(told) if told.isdecimal() else None


# --- registration


@dataclass(frozen=True, slots=True)
class BotProfile:
    code: str
    name: str
    last_name: str
    work_position: str
    color: str


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A slash command as the portal lists it; `titles` and `params` by language."""

    name: str
    titles: Mapping[str, str]
    params: Mapping[str, str]
    hidden: bool
    extranet: bool


@dataclass(frozen=True, slots=True)
class ListedCommand:
    """A command as the portal has it. `title` is in one language of the portal's choice; empty before revision 34."""

    command_id: int
    name: str
    title: str
    hidden: bool
    extranet: bool


async def bot_register(caller: Caller, profile: BotProfile, events_url: str) -> int:
    """Register the bot, or find it: an existing one is returned as it is (contract D.1)."""
    fields = {"code": profile.code, "type": "bot", **_bot_fields(profile, events_url)}
    return _bot_id(await caller.call("imbot.v2.Bot.register", {"fields": fields}))


async def bot_update(caller: Caller, bot_id: int, profile: BotProfile, events_url: str) -> None:
    """Give an existing bot our profile and our address; the address only counts together with the mode."""
    await caller.call("imbot.v2.Bot.update", {"botId": bot_id, "fields": _bot_fields(profile, events_url)})


async def command_list(caller: Caller, bot_id: int) -> list[ListedCommand]:
    result = await caller.call("imbot.v2.Command.list", {"botId": bot_id})
    commands = result.get("commands") if isinstance(result, dict) else None
    if not isinstance(commands, list):
        raise Unavailable("no list of commands", method="imbot.v2.Command.list")
    return [
        ListedCommand(
            int(command["id"]),
            str(command["command"]).removeprefix("/"),
            str(command.get("title") or ""),
            _true(command.get("hidden")),
            _true(command.get("extranetSupport")),
        )
        for command in commands
    ]


async def command_register(caller: Caller, bot_id: int, command: SlashCommand) -> None:
    fields = {"command": command.name, **_command_fields(command)}
    await caller.call("imbot.v2.Command.register", {"botId": bot_id, "fields": fields})


async def command_update(caller: Caller, bot_id: int, command_id: int, command: SlashCommand) -> None:
    params = {"botId": bot_id, "commandId": command_id, "fields": _command_fields(command)}
    await caller.call("imbot.v2.Command.update", params)


async def command_unregister(caller: Caller, bot_id: int, command_id: int) -> None:
    await caller.call("imbot.v2.Command.unregister", {"botId": bot_id, "commandId": command_id})


async def register_v1(caller: Caller, profile: BotProfile, events_url: str) -> int:
    """Register the bot with API v1, which binds the address anew each time (contract F.1)."""
    params = {
        "CODE": profile.code,
        "TYPE": "B",
        "EVENT_HANDLER": events_url,
        "PROPERTIES": {
            "NAME": profile.name,
            "LAST_NAME": profile.last_name,
            "WORK_POSITION": profile.work_position,
        },
    }
    bot_id = await caller.call("imbot.register", params)
    if not str(bot_id).isdecimal():
        raise Unavailable("no bot id", method="imbot.register")
    return int(bot_id)


async def command_register_v1(caller: Caller, bot_id: int, command: SlashCommand, events_url: str) -> None:
    await caller.call(
        "imbot.command.register",
        {
            "BOT_ID": bot_id,
            "COMMAND": command.name,
            "COMMON": "N",
            "HIDDEN": "Y" if command.hidden else "N",
            "EXTRANET_SUPPORT": "Y" if command.extranet else "N",
            "EVENT_COMMAND_ADD": events_url,
            "LANG": [
                {"LANGUAGE_ID": language, "TITLE": title, "PARAMS": command.params.get(language, "")}
                for language, title in command.titles.items()
            ],
        },
    )


def _bot_fields(profile: BotProfile, events_url: str) -> dict[str, Any]:
    return {
        "properties": {
            "name": profile.name,
            "lastName": profile.last_name,
            "workPosition": profile.work_position,
            "color": profile.color,
        },
        "eventMode": "webhook",  # the default would be polling
        "webhookUrl": events_url,
    }


def _command_fields(command: SlashCommand) -> dict[str, Any]:
    return {
        "title": dict(command.titles),
        "params": dict(command.params),
        "common": False,
        "hidden": command.hidden,
        "extranetSupport": command.extranet,
    }


def _bot_id(result: Any) -> int:
    bot = result.get("bot") if isinstance(result, dict) else None
    if not isinstance(bot, dict) or not str(bot.get("id")).isdecimal():
        raise Unavailable("no bot in the answer", method="imbot.v2.Bot.register")
    return int(bot["id"])


def _true(value: Any) -> bool:
    return value is True or value in ("Y", "1", 1)
