from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.emulator.clock import ManualClock, SystemClock
from bot.emulator.portal import Portal
from bot.emulator.seed import demo_portal
from tests.emulator.desk import Desk


def test_the_company(portal: Portal) -> None:
    assert portal.users[1].admin
    assert portal.users[17].full_name == "Mira Testova"
    assert portal.users[88].extranet
    assert portal.messenger.chats[311].title == "Project room"
    assert portal.meetings[651] == {23: "H", 17: "Q"}
    assert 17 not in portal.meetings[671]
    assert portal.meetings[667][17] == "H"
    assert portal.presence == {}


async def test_the_first_bot_is_905(portal: Portal) -> None:
    desk = await Desk.installed(portal)

    assert desk.add_bot() == 905


async def test_meetings_are_ahead_whenever_it_is() -> None:
    for day in range(7):
        clock = ManualClock(1_800_000_000.0 + day * 86_400)
        desk = await Desk.installed(demo_portal(clock))
        found = desk.call("calendar.event.get.nearest", {"forCurrentUser": True, "days": 7}, user=17).result
        now = datetime.fromtimestamp(clock.now(), ZoneInfo("Europe/Riga")).replace(tzinfo=None)
        starts = {
            item["PARENT_ID"]: datetime.strptime(item["DATE_FROM_FORMATTED"], "%a %b %d %Y %H:%M:%S")  # noqa: DTZ007
            for item in found
            if item["DT_SKIP_TIME"] == "N"
        }

        assert {"651", "655", "661", "667", "675"} <= set(starts)
        assert starts["651"] > now


def test_the_system_clock_can_be_advanced() -> None:
    clock = SystemClock()
    before = clock.now()
    clock.advance(3600)

    assert clock.now() >= before + 3600


async def test_deliver_wants_to_know_how(portal: Portal) -> None:
    with pytest.raises(RuntimeError, match="post"):
        await portal.deliver()
