import pytest

from bot.emulator.clock import ManualClock
from bot.emulator.portal import Portal
from bot.emulator.seed import demo_portal
from tests.emulator.desk import Desk


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def portal(clock: ManualClock) -> Portal:
    """The demo company: 1 admin, 17 Mira, 23 Juris, 31 Olga, 42 Liam, 88 an outsider; group 311; meeting 651 and others."""
    return demo_portal(clock)


@pytest.fixture
async def desk(portal: Portal) -> Desk:
    """An installed application without a bot."""
    return await Desk.installed(portal)


@pytest.fixture
async def bot(desk: Desk) -> Desk:
    """An application with bot 905 and the command `/accept`."""
    desk.add_bot()
    desk.add_command("accept")
    return desk


@pytest.fixture
async def bot_v1(clock: ManualClock) -> Desk:
    """The same on a portal without v2."""
    desk = await Desk.installed(demo_portal(clock, v2=False))
    desk.add_bot_v1()
    desk.add_command_v1("accept")
    return desk
