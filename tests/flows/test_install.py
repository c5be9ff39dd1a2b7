from bot.emulator import faults
from bot.emulator.portal import Portal
from tests.flows.conftest import answered, install, open_chats, until


async def test_installation_registers_bot_commands_and_subscription(bot, company):
    robot = next(iter(company.bots.by_id.values()))
    commands = {command.name: command for command in company.bots.commands_of(robot)}

    assert robot.code == "statusbot"
    assert {"accept", "decline", "reset", "status", "online", "dnd", "away", "break", "help"} < set(commands)
    assert commands["statusbot"].hidden
    assert not any(command.common for command in commands.values())


async def test_installation_survives_a_kill_before_the_registration(make_bot, company):
    bot = make_bot()
    await bot.start()
    company.faults.add("imbot.v2.Bot.register", faults.error("INTERNAL_SERVER_ERROR"), count=None)
    company.install(bot.app)
    await until(lambda: any(call.method.lower() == "imbot.v2.bot.register" for call in company.calls))
    await bot.kill()
    company.faults.clear()
    await bot.start()
    await until(lambda: company.bots.by_id)
    await open_chats(company)

    assert (await answered(company, company.say(17, "accept 651"))).startswith("You are going")


async def test_foreign_portal_cannot_install(make_bot, company):
    bot = make_bot()
    await bot.start()
    stranger = Portal(company.clock, domain="evil.example", member_id="66" * 16)
    stranger.add_user(1, "Eve", admin=True)
    app = stranger.create_app(f"{bot.url}/bitrix24", f"{bot.url}/bitrix24/install")
    stranger.install(app)
    company.queue.put("ONAPPINSTALL", f"{bot.url}/bitrix24/install", stranger.queue.pending[0].body)
    await until(lambda: company.queue.log)

    assert company.queue.log[-1].status == 403
    assert company.calls == []


async def test_uninstalled_portal_is_forgotten(bot, company):
    robot_id = next(iter(company.bots.by_id))
    company.say(17, "dnd")
    await until(lambda: company.presence.get(17) == "dnd")
    company.say(17, "online")  # waits in the queue behind the farewell
    body = company.queue.pending[-1].body if company.queue.pending else b""
    company.uninstall(bot.app)
    await until(lambda: "portal forgotten" in bot.log or '"kind": "app_uninstalled"' in bot.log)
    company.queue.put("ONIMBOTV2MESSAGEADD", f"{bot.url}/bitrix24/events", body)
    await until(lambda: not company.queue.pending)

    assert robot_id not in company.bots.by_id
    assert company.queue.log[-1].status == 403


async def test_installation_is_repeatable(bot, company):
    await install(company, bot)

    assert len(company.bots.by_id) == 1
    assert (await answered(company, company.say(17, "accept 651"))).startswith("You are going")
