"""`make bench`: how fast an event is durably acknowledged, and how a crowd drains; a table, and `bench.json`, `.svg`, `.png`."""

import asyncio
import gc
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import acknowledgement, burst
from tests.benchmarks.chart import draw
from tests.benchmarks.figures import Figures
from tests.benchmarks.load import Refused
from tests.benchmarks.progress import Progress

WRITTEN = Path("bench.json")
INTERRUPTED = 130


def main() -> None:
    gc.freeze()  # what is loaded by now is no garbage; to look at it again would show in the slowest answers
    try:
        figures = asyncio.run(_measure())
    except KeyboardInterrupt:
        print("Interrupted; nothing is written.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Refused as error:
        sys.exit(f"The figures mean nothing: {error}.")
    print("\n".join(_table(figures)))
    WRITTEN.write_text(json.dumps(figures.summary(), indent=2) + "\n", encoding="utf-8")
    drawn = draw(figures, WRITTEN)
    print(f"\nwritten to {', '.join(str(path) for path in (WRITTEN, *drawn))}")


async def _measure() -> Figures:
    progress = Progress(acknowledgement.STEPS + burst.STEPS, sys.stderr)
    paced, saturated = await acknowledgement.compare(progress)
    return Figures(paced, saturated, await burst.drain(progress))


def _table(figures: Figures) -> Iterator[str]:
    yield f"{'':34}{'per second':>12}{'p50 ms':>9}{'p99 ms':>9}{'p99.9 ms':>10}"
    for pair in (figures.paced, *figures.saturated):
        for name, load in (("bare handler", pair.bare), ("acknowledged", pair.ours)):
            p50, p99, p999 = (load.within_ms(share) for share in (0.5, 0.99, 0.999))
            yield f"{f'{name}, {pair.what}':34}{load.rate:12,.0f}{p50:9.2f}{p99:9.2f}{p999:10.2f}"
        if pair is not figures.paced:
            yield f"{'  ratio to the bare handler':34}{pair.ratio:12.2f}"
    crowd = figures.burst
    yield f"\n{len(crowd.answered_s)} people accept at once; the bucket holds {crowd.bucket} and forgives {crowd.rate} a second"
    for name, value in crowd.summary().items():
        yield f"{f'  {name}':34}{value:12}"


if __name__ == "__main__":
    main()
