"""The portal ends up with what manifest/ says, whatever it had before."""

from dataclasses import replace

import pytest

from bot.bitrix24.sync import sync
from bot.dispatch import wanted
from bot.emulator import faults
from bot.errors import BitrixError, MethodMissing, NotPermitted
from tests.conftest import PUBLIC_URL

EVENTS_URL = f"{PUBLIC_URL}/bitrix24/events"
SLASH = sorted("accept decline reset status online dnd away break meetings invitations undo help statusbot".split())


@pytest.fixture
def run(ask):
    """Synchronise as `statusbot sync` does and return what it says; changes replace fields of what is wanted."""

    async def run(**changes):
        parts, store = ask.core.parts, ask.core.store
        (portal,) = store.all_portals()
        caller = ask.core.bitrix24.as_user(portal, portal.installer_id)
        asked_for = replace(wanted(parts.settings, parts.manifest, parts.texts), **changes)
        return await sync(caller, portal, store, asked_for)

    return run


def addresses(portal) -> dict[str, list[str]]:
    """Where each event goes."""
    found: dict[str, list[str]] = {}
    for row in portal.subscriptions.rows:
        found.setdefault(row.event, []).append(row.url)
    return found


def names(portal) -> list[str]:
    return sorted(command.name for command in portal.bots.commands.values())


async def test_first_time_registers_everything(ask, portal):
    (bot,) = portal.bots.by_id.values()
    user = portal.users[bot.id]

    assert (bot.code, bot.type, bot.event_mode, bot.api) == ("statusbot", "bot", "webhook", "v2")
    assert (user.name, user.last_name, user.work_position) == ("Status", "Bot", "Meeting answers and presence")
    assert names(portal) == SLASH
    assert all(urls == [EVENTS_URL] for urls in addresses(portal).values())
    assert {"ONAPPUNINSTALL", "ONIMBOTV2MESSAGEADD", "ONIMBOTV2COMMANDADD"} <= addresses(portal).keys()
    installed = ask.core.store.all_portals()[0]
    assert (installed.bot_id, installed.bot_api) == (bot.id, "v2")


async def test_commands_are_registered_in_all_languages_and_for_our_chats_only(ask, portal):
    commands = {command.name: command for command in portal.bots.commands.values()}

    assert commands["accept"].titles == {"en": "Accept a meeting", "ru": "Принять приглашение"}
    assert commands["accept"].params == {"en": "which meeting", "ru": "какая встреча"}
    assert [command.name for command in commands.values() if command.hidden] == ["statusbot"]
    assert not [command for command in commands.values() if command.common or command.extranet]


async def test_first_run_says_what_it_did(ask, run, portal):
    portal.bots.commands.clear()
    portal.subscriptions.rows.clear()
    await ask.core.store.bot_registered(portal.options.member_id, None, None)
    changes = await run()

    assert changes[0] == "bot 905 registered (API v2)"
    assert sorted(changes[1:-1]) == sorted(f"command /{name} registered" for name in SLASH)
    assert changes[-1] == "event ONAPPUNINSTALL bound"


@pytest.mark.parametrize("revision", [33, 34, 35, 36])
@pytest.mark.parametrize("language", ["en", "ru", "de"])
async def test_repeating_has_nothing_to_change(run, portal, revision, language):
    portal.options.revision, portal.options.language = revision, language
    before = (names(portal), addresses(portal), list(portal.bots.by_id))

    assert await run() == []
    assert await run() == []
    assert (names(portal), addresses(portal), list(portal.bots.by_id)) == before


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_texts_that_changed_are_updated_in_every_language(run, portal, language):
    """The portal's list shows one language only."""
    command = next(command for command in portal.bots.commands.values() if command.name == "accept")
    usual, params = dict(command.titles), dict(command.params)
    command.titles[language] = "Old words"
    command.params[language] = "old"
    changes = await run()

    assert command.titles == usual
    assert command.params == params
    assert changes == ([f"command /{command.name} updated"] if language == "en" else [])


@pytest.mark.parametrize("revision", [33, 36])
async def test_texts_that_the_portal_does_not_show_are_updated_too(run, portal, revision):
    portal.options.revision = revision
    for command in portal.bots.commands.values():
        command.titles = {"en": "Old words"}
    await run()

    assert {command.titles["ru"] for command in portal.bots.commands.values() if command.name == "dnd"} == {
        "Не беспокоить"
    }


async def test_switches_that_changed_are_updated(run, portal):
    for command in portal.bots.commands.values():
        command.common, command.hidden, command.extranet = True, True, True
    changes = await run()

    assert not [command for command in portal.bots.commands.values() if command.common or command.extranet]
    assert len(changes) == len(SLASH)


async def test_profile_that_changed_is_updated(run, portal):
    portal.users[905].name = "Old"
    await run()

    assert portal.users[905].name == "Status"


async def test_new_address_replaces_the_old_one(run, portal):
    moved = "https://new.example.com/bitrix24/events"
    changes = await run(events_url=moved)

    assert all(urls == [moved] for urls in addresses(portal).values())
    assert changes == ["event ONAPPUNINSTALL unbound from a former address", "event ONAPPUNINSTALL bound"]


async def test_other_subscriptions_of_the_application_are_left_alone(run, portal):
    app = next(iter(portal.oauth.apps.values()))
    portal.subscriptions.bind(app, "ONCALENDARENTRYADD", "https://else.example/x")

    assert await run() == []
    assert addresses(portal)["ONCALENDARENTRYADD"] == ["https://else.example/x"]


async def test_left_over_commands_are_removed(run, portal):
    portal.bots.add_command(portal.bots.by_id[905], "former", {"en": "Former"}, {})

    assert await run() == ["command /former removed"]
    assert names(portal) == SLASH


async def test_missing_command_is_registered(run, portal):
    command_id = next(number for number, command in portal.bots.commands.items() if command.name == "dnd")
    del portal.bots.commands[command_id]

    assert await run() == ["command /dnd registered"]
    assert names(portal) == SLASH


async def test_bot_that_was_removed_is_registered_again(ask, run, portal):
    portal.remove_bot()
    portal.queue.pending.clear()
    changes = await run()
    (bot,) = portal.bots.by_id.values()

    assert changes[0] == f"bot {bot.id} registered (API v2)"
    assert ask.core.store.all_portals()[0].bot_id == bot.id
    assert names(portal) == SLASH


async def test_code_of_a_foreign_owner_is_an_error(run, portal):
    other = portal.create_app("https://other.example/h", "https://other.example/i")
    portal.bots.by_id[905].app = other

    with pytest.raises(BitrixError) as caught:
        await run()
    assert caught.value.code == "bot_code_already_taken"


async def test_refusal_is_an_error(run, portal):
    portal.faults.add("event.bind", faults.error("insufficient_scope"), count=None)
    portal.subscriptions.rows[:] = [row for row in portal.subscriptions.rows if row.event != "ONAPPUNINSTALL"]

    with pytest.raises(NotPermitted):
        await run()


async def test_subscription_that_exists_already_is_fine(run, portal):
    portal.faults.add("event.get", faults.raw(200, b'{"result":[],"time":{}}', "application/json"))

    assert await run() == ["event ONAPPUNINSTALL bound"]
    assert addresses(portal)["ONAPPUNINSTALL"] == [EVENTS_URL]


# --- the older bot API


async def test_portal_without_v2_gets_v1(make_ask, portal):
    portal.options.v2 = False
    ask = await make_ask()
    (bot,) = portal.bots.by_id.values()

    assert (bot.api, bot.code) == ("v1", "statusbot")
    assert names(portal) == SLASH
    assert all(urls == [EVENTS_URL] for urls in addresses(portal).values())
    assert ask.core.store.all_portals()[0].bot_api == "v1"
    commands = {command.name: command for command in portal.bots.commands.values()}
    assert commands["accept"].titles == {"en": "Accept a meeting", "ru": "Принять приглашение"}
    assert [command.name for command in commands.values() if command.hidden] == ["statusbot"]
    assert not [command for command in commands.values() if command.common or command.extranet]


async def test_repeating_with_v1_has_nothing_to_change(ask, run, portal):
    portal.options.v2 = False
    assert await run() == ["bot 905 registered (API v1)"]
    before = addresses(portal)

    assert await run() == []
    assert addresses(portal) == before
    assert names(portal) == SLASH


async def test_portal_that_learned_v2_gets_v2(make_ask, portal):
    portal.options.v2 = False
    ask = await make_ask()
    portal.options.v2 = True
    parts, store = ask.core.parts, ask.core.store
    (installed,) = store.all_portals()
    caller = ask.core.bitrix24.as_user(installed, 1)
    changes = await sync(caller, installed, store, wanted(parts.settings, parts.manifest, parts.texts))

    assert changes == ["bot 905 registered (API v2)"]
    assert (await ask("accept 651")).text.startswith("You are going")
    assert names(portal) == SLASH


async def test_v2_that_was_demanded_and_is_missing_is_an_error(run, portal):
    portal.options.v2 = False

    with pytest.raises(MethodMissing):
        await run(bot_api="v2")


async def test_v1_that_was_demanded_is_used(run, portal):
    assert await run(bot_api="v1") == ["bot 905 registered (API v1)"]
    assert portal.bots.by_id[905].api == "v1"
