"""`python -m tests.chaos`: carries out the plan of a seed, tells what came of it, and ends with 1 when a promise was broken."""

import argparse
import asyncio
import sys
from typing import get_args

import click

from tests.chaos.plan import Engine, Options, draw
from tests.chaos.promises import broken
from tests.chaos.report import schedule, summary, traces
from tests.chaos.running import carry_out
from tests.postgres import MissingPostgresError

_REPLICAS: dict[Engine, int] = {"sqlite": 1, "postgresql": 2}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Trouble, and what is true afterwards.")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same plan")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--seconds", type=float, default=60.0, help="how long things go wrong")
    length.add_argument("--minutes", type=float, help="the same")
    parser.add_argument("--database", choices=get_args(Engine), default="sqlite")
    parser.add_argument("--replicas", type=int, choices=(1, 2, 3), help="on PostgreSQL; there 2 by default")
    chosen = parser.parse_args()
    if chosen.database == "sqlite" and chosen.replicas not in {None, 1}:
        parser.error("one process alone has a file; several replicas need --database postgresql")
    replicas = chosen.replicas or _REPLICAS[chosen.database]
    seconds = 60 * chosen.minutes if chosen.minutes is not None else chosen.seconds
    sys.exit(_run(Options(chosen.seed, seconds, chosen.database, replicas)))


def _run(options: Options) -> int:
    plan = draw(options)
    try:
        record = asyncio.run(carry_out(plan, lambda what: click.echo(what, err=True)))
    except MissingPostgresError as error:
        click.echo(error, err=True)
        return 1
    complaints = broken(record)
    if complaints:
        click.echo("\n".join([*schedule(record), *traces(record, complaints)]))
    click.echo("\n".join(summary(record, complaints)))
    return 1 if complaints else 0


if __name__ == "__main__":
    main()
