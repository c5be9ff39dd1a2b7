"""A service as a whole: what it does beside carrying out events."""

import asyncio
import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from bot import commandline, service
from bot.emulator.portal import Portal
from bot.emulator.transport import PortalTransport
from bot.errors import ManifestError
from bot.service import MANIFEST, Core, Service
from bot.settings import Settings
from bot.texts import Texts


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every service read texts of which one cannot be understood."""
    folder = tmp_path / "manifest"
    shutil.copytree(MANIFEST, folder)
    with (folder / "undo" / "ru.ftl").open("a", encoding="utf-8") as file:
        file.write("\nthis is no sentence\n")
    monkeypatch.setattr(service, "_texts", lambda _folder, *chosen: Texts(folder, *chosen))


@pytest.mark.usefixtures("broken")
async def test_text_that_cannot_be_read_ends_a_service_that_has_started(
    portal: Portal, make_settings: Callable[..., Settings]
) -> None:
    one = Service(make_settings(port=0), transport=PortalTransport(portal))
    await one.start()
    with pytest.raises(ManifestError, match=r"undo/ru\.ftl: not understood: this is no sentence"):
        await one.run_until(asyncio.Event())
    await one.stop()


@pytest.mark.usefixtures("broken")
def test_text_that_cannot_be_read_is_named_to_whoever_does_not_serve(make_settings: Callable[..., Settings]) -> None:
    with pytest.raises(ManifestError, match=r"undo/ru\.ftl"):
        Core(make_settings(), exclusive=False)


async def test_service_runs_until_it_is_told_to_stop(portal: Portal, make_settings: Callable[..., Settings]) -> None:
    one = Service(make_settings(port=0), transport=PortalTransport(portal))
    await one.start()
    stopped = asyncio.Event()
    running = asyncio.create_task(one.run_until(stopped))
    await asyncio.sleep(0)
    assert not running.done()
    stopped.set()
    await running
    await one.stop()


async def test_connection_that_sends_nothing_is_cut_off(
    portal: Portal, make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "listen", partial(service.listen, head_s=0.05))
    one = Service(make_settings(port=0), transport=PortalTransport(portal))
    await one.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
    async with asyncio.timeout(10):
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
    writer.close()
    await one.stop()


async def test_commands_under_way_may_use_most_of_the_time_of_a_stop(
    portal: Portal, make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Service(make_settings(port=0), transport=PortalTransport(portal))
    await one.start()
    close, granted = one.inbox.close, list[float]()

    async def note(grace: float) -> None:
        granted.append(grace)
        await close(grace)

    monkeypatch.setattr(one.inbox, "close", note)
    await one.stop()

    assert 0.0 < granted[0] < service._GRACE_S  # what the requests took is gone


def test_stop_leaves_time_to_put_back_what_did_not_end_before_the_process_is_ended() -> None:
    assert service._GRACE_S + 1.0 <= commandline._STOP_S < 10.0
