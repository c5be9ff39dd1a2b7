"""Makes the portal agree with manifest/: the bot, its slash commands, the event subscriptions.

Safe to repeat. `Bot.register` and `Command.register` never update what exists, and the portal shows neither the bot's address nor
all of a command's texts, so `update` follows every time (contract D.1, D.2); reported is what differs visibly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.bitrix24.methods import app, imbot
from bot.errors import MethodMissing
from bot.store import Portal, Store

log = structlog.get_logger()

# The one event besides the bot's own that we need: the application was removed (contract A.4).
UNINSTALLED = "ONAPPUNINSTALL"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the portal should have."""

    profile: imbot.BotProfile
    commands: Sequence[imbot.SlashCommand]
    events_url: str
    bot_api: str  # auto, v2 or v1


async def sync(caller: imbot.Caller, portal: Portal, store: Store, wanted: Wanted) -> list[str]:
    """Register and update, and return a line for each thing that was changed.

    Raises:
        BitrixError: the portal refused, for example because another application owns the bot's code.
    """
    api, bot_id = await _register(caller, wanted)
    await store.bot_registered(portal.member_id, bot_id, api)
    changes = []
    if (portal.bot_id, portal.bot_api) != (bot_id, api):
        changes.append(f"bot {bot_id} registered (API {api})")
    if api == "v2":
        changes += await _sync_commands(caller, bot_id, wanted.commands)
    else:
        for command in wanted.commands:
            await imbot.command_register_v1(caller, bot_id, command, wanted.events_url)
    changes += await _sync_bindings(caller, wanted.events_url)
    log.info("portal.synchronised", bot_id=bot_id, bot_api=api, changes=len(changes))
    return changes


async def _register(caller: imbot.Caller, wanted: Wanted) -> tuple[imbot.Api, int]:
    if wanted.bot_api != "v1":
        try:
            bot_id = await imbot.bot_register(caller, wanted.profile, wanted.events_url)
            await imbot.bot_update(caller, bot_id, wanted.profile, wanted.events_url)
        except MethodMissing:
            if wanted.bot_api == "v2":
                raise
        else:
            return "v2", bot_id
    return "v1", await imbot.register_v1(caller, wanted.profile, wanted.events_url)


async def _sync_commands(caller: imbot.Caller, bot_id: int, commands: Sequence[imbot.SlashCommand]) -> list[str]:
    changes = []
    listed = {command.name: command for command in await imbot.command_list(caller, bot_id)}
    for command in commands:
        present = listed.pop(command.name, None)
        if present is None:
            await imbot.command_register(caller, bot_id, command)
            changes.append(f"command /{command.name} registered")
            continue
        # The list shows titles in one language, and in none before revision 34: not all that differs is visible.
        await imbot.command_update(caller, bot_id, present.command_id, command)
        if not _agrees(present, command):
            changes.append(f"command /{command.name} updated")
    for left_over in listed.values():
        await imbot.command_unregister(caller, bot_id, left_over.command_id)
        changes.append(f"command /{left_over.name} removed")
    return changes


def differences(present: Sequence[imbot.ListedCommand], commands: Sequence[imbot.SlashCommand]) -> list[str]:
    """Return what `sync` would change of the commands, as far as the portal shows them."""
    listed = {command.name: command for command in present}
    missing = [f"/{command.name} is missing" for command in commands if command.name not in listed]
    known = [command for command in commands if command.name in listed]
    other = [f"/{command.name} is different" for command in known if not _agrees(listed[command.name], command)]
    left_over = listed.keys() - {command.name for command in commands}
    return [*missing, *other, *(f"/{name} is left over" for name in sorted(left_over))]


def _agrees(present: imbot.ListedCommand, command: imbot.SlashCommand) -> bool:
    title_fits = command.hidden or present.title in ("", *command.titles.values())
    return title_fits and (present.hidden, present.extranet) == (command.hidden, command.extranet)


async def _sync_bindings(caller: imbot.Caller, events_url: str) -> list[str]:
    changes = []
    ours = app.Binding(UNINSTALLED, events_url)
    bound = [binding for binding in await app.event_get(caller) if binding.event == UNINSTALLED]
    for binding in bound:
        if binding != ours:  # a former address of ours
            await app.event_unbind(caller, binding)
            changes.append(f"event {UNINSTALLED} unbound from a former address")
    if ours not in bound:
        await app.event_bind(caller, ours)
        changes.append(f"event {UNINSTALLED} bound")
    return changes
