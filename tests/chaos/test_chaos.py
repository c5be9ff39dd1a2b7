"""Some seconds of trouble on either database. Longer ones: `make chaos SEED=7 MINUTES=5`."""

import pytest

from tests.chaos.plan import Options, draw
from tests.chaos.promises import broken
from tests.chaos.report import schedule, summary, traces
from tests.chaos.running import carry_out

SECONDS = 10.0


@pytest.mark.parametrize("seed", [6])
async def test_promises_are_kept_by_one_process_with_a_file(seed):
    await _check(Options(seed, SECONDS, "sqlite", 1))


@pytest.mark.parametrize("seed", [1])
async def test_promises_are_kept_by_replicas_with_a_server(seed, postgres):
    await _check(Options(seed, SECONDS, "postgresql", 2))


async def _check(options):
    record = await carry_out(draw(options))
    complaints = broken(record)

    assert len(record.owed) > len(record.events) / 2
    assert complaints == {}, "\n".join([*schedule(record), *traces(record, complaints), *summary(record, complaints)])
