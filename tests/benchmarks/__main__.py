"""`make bench`: how fast an event is durably acknowledged, beside a bare handler in the same run; and how a crowd drains.

The portal is the emulator on loopback with the usual quota (2 requests per second, burst 50), so that the bot is also working on
what it took in, as fast as a portal lets it. Load, emulator and bot share this machine's cores.
"""

import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from cryptography.fernet import Fernet

from bot.emulator import server
from bot.emulator.clock import SystemClock
from bot.emulator.portal import Portal
from bot.emulator.seed import demo_portal
from tests.benchmarks.burst import BURST, PEOPLE, RATE, drain
from tests.benchmarks.load import Measured, pace, saturate
from tests.flows.conftest import install
from tests.process import BotProcess, free_port

EVENTS = 3_000
PACED = 1_000
CONNECTIONS = (1, 10, 50)


def main() -> None:
    print(f"{'':34}{'per second':>12}{'p50 ms':>9}{'p99 ms':>9}")
    results: dict[str, dict[str, float]] = asyncio.run(_measure())
    print(f"\n{PEOPLE} people accept at once; the bucket holds {BURST} and forgives {RATE} a second", flush=True)
    results["burst"] = asdict(asyncio.run(drain()))
    for name, value in results["burst"].items():
        print(f"{'  ' + name:34}{value:12}")
    Path("bench.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print("written to bench.json")


async def _measure() -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        portal = demo_portal(SystemClock())
        running = await server.start(portal, "127.0.0.1", 0)
        bot = BotProcess(Path(folder), portal, Fernet.generate_key().decode(), log_level="error")
        await bot.start()
        bare_port = free_port()
        bare = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.benchmarks.bare", str(bare_port))
        try:
            await install(portal, bot)
            await _until_listening(bare_port)
            return await _compare(portal, bot, f"http://127.0.0.1:{bare_port}/")
        finally:
            bare.terminate()
            await bare.wait()
            await bot.stop()
            await running.stop()


async def _compare(portal: Portal, bot: BotProcess, bare_url: str) -> dict[str, dict[str, float]]:
    results: dict[str, dict[str, float]] = {}

    def note(name: str, measured: Measured) -> None:
        results[name] = asdict(measured)
        print(f"{name:34}{measured.rate:12,.0f}{measured.p50_ms:9.2f}{measured.p99_ms:9.2f}", flush=True)
        if measured.refused:
            sys.exit(f"{measured.refused} requests were refused: the figures mean nothing")

    url = f"{bot.url}/bitrix24/events"
    await saturate(bare_url, _bodies(portal, 200), 10)  # both are warm then
    await saturate(url, _bodies(portal, 200), 10)
    note("bare handler, 50 events/s", await pace(bare_url, _bodies(portal, PACED), per_second=50))
    note("acknowledged, 50 events/s", await pace(url, _bodies(portal, PACED), per_second=50))
    for connections in CONNECTIONS:
        bodies = _bodies(portal, EVENTS)
        bare = await saturate(bare_url, bodies, connections)
        note(f"bare handler, {connections} connections", bare)
        ours = await saturate(url, bodies, connections)
        note(f"acknowledged, {connections} connections", ours)
        ratio = round(ours.rate / bare.rate, 2)
        results[f"ratio, {connections} connections"] = {"ratio": ratio}
        print(f"{'  ratio to the bare handler':34}{ratio:12.2f}")
    return results


def _bodies(portal: Portal, count: int) -> list[bytes]:
    """Return the bodies of `count` messages, as the portal would post them, without posting them."""
    people = [user.id for user in portal.users.values() if not user.bot and not user.extranet]
    for number in range(count):
        portal.say(people[number % len(people)], "accept 651")
    bodies = [delivery.body for delivery in portal.queue.pending]
    portal.queue.pending.clear()
    return bodies


async def _until_listening(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


if __name__ == "__main__":
    main()
