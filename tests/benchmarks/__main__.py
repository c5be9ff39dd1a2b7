"""`make bench`: eight parts on each database; a table, and `bench.json`, `.svg`, `.png`. The table and the JSON say what was wanted, too."""

import argparse
import asyncio
import functools
import gc
import json
import os
import platform
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.benchmarks import acknowledgement, cost, drain, footprint, growth, own_share, replicas, soak
from tests.benchmarks.chart import draw
from tests.benchmarks.engines import POSTGRESQL, SQLITE, Engine, engines
from tests.benchmarks.figures import Figures
from tests.benchmarks.load import Refused
from tests.benchmarks.progress import Progress
from tests.benchmarks.rows import Measured, Row, Section, summary, table
from tests.process import BotProcess

WRITTEN = Path("bench.json")
INTERRUPTED = 130
SOAK_S = 120


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    note: str
    steps: int
    measure: Callable[[Engine, Progress], Awaitable[Sequence[Measured]]]


def parts(soak_s: int) -> dict[str, Part]:
    """Return all parts by their letters."""
    modules = {
        "a": acknowledgement,
        "b": own_share,
        "c": cost,
        "d": drain,
        "e": growth,
        "f": footprint,
        "g": replicas,
    }
    found = {letter: Part(one.TITLE, one.NOTE, one.STEPS, one.measure) for letter, one in modules.items()}
    measure = functools.partial(soak.measure, seconds=soak_s)
    return found | {"h": Part(soak.TITLE, soak.NOTE, soak.STEPS, measure)}


def main() -> None:
    chosen = _arguments()
    BotProcess.python = str(chosen.python.absolute())  # it is started in another folder
    gc.freeze()  # what is loaded by now is no garbage; to look at it again would show in the slowest answers
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}; load before the start: {os.getloadavg()[0]:.1f}"
    )
    try:
        with engines(chosen.database) as (found, missing):
            for sentence in missing:
                print(sentence)
            known = parts(chosen.soak // max(1, len(found)))
            wanted = {letter: part for letter, part in known.items() if letter in chosen.part}
            sections, figures = asyncio.run(_measure(found, wanted))
    except KeyboardInterrupt:
        print("Interrupted; nothing is written.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Refused as error:
        sys.exit(f"The figures mean nothing: {error}.")
    except TimeoutError:
        sys.exit("The bot was not installed in time; is this machine busy?")
    WRITTEN.write_text(json.dumps(summary(sections), indent=2) + "\n", encoding="utf-8")
    drawn = draw(figures, WRITTEN) if figures else ()
    print(f"\nwritten to {', '.join(str(path) for path in (WRITTEN, *drawn))}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measures the bot.")
    letters = parts(SOAK_S)
    told = "; ".join(f"{letter}: {part.title}" for letter, part in letters.items())
    parser.add_argument("--part", action="append", choices=letters, help=f"{told}; all unless named")
    parser.add_argument("--database", action="append", choices=(SQLITE, POSTGRESQL), help="both unless named")
    parser.add_argument(
        "--soak",
        type=int,
        metavar="SECONDS",
        default=os.environ.get("SOAK", SOAK_S),
        help="of part h, shared by the databases; SOAK in the environment",
    )
    parser.add_argument(
        "--python",
        type=Path,
        default=os.environ.get("BOT_PYTHON", sys.executable),
        help="what the bot runs on: one without the tools of developers, say, which the bot's libraries load where they find them; BOT_PYTHON in the environment",
    )
    chosen = parser.parse_args()
    chosen.part = chosen.part or list(letters)
    chosen.database = chosen.database or [SQLITE, POSTGRESQL]
    return chosen


async def _measure(found: Sequence[Engine], wanted: dict[str, Part]) -> tuple[list[Section], Figures | None]:
    """Print each part's table when it is there; return all, and the chart's figures: of the first engine, if they were wanted."""
    progress = Progress(len(found) * sum(part.steps for part in wanted.values()), sys.stderr)
    sections, figures = [], None
    for engine in found:
        everything: list[Measured] = []
        for letter, part in wanted.items():
            measured = await part.measure(engine, progress)
            everything += measured
            rows = tuple(_judged(row, engine) for one in measured for row in one.rows())
            sections.append(Section(engine.name, letter, part.title, part.note, rows))
            print(*table(sections[-1]), sep="\n", flush=True)
        figures = figures or Figures.among(everything)
    return sections, figures


def _judged(row: Row, engine: Engine) -> Row:
    """Return a row with the target of its engine."""
    return row if row.target is None else replace(row, target=row.target.relaxed(engine.relaxed))


if __name__ == "__main__":
    main()
