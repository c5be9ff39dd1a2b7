"""What `make bench` makes of what it has measured: percentiles, ratios, optima, and the table that tells which target is met."""

import os

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks.cost import Alone
from tests.benchmarks.figures import Burst, Drain, Figures, Load, Pair, percentile
from tests.benchmarks.footprint import Footprint
from tests.benchmarks.growth import Cost, Growth
from tests.benchmarks.own_share import OwnShare
from tests.benchmarks.replicas import Served
from tests.benchmarks.rows import Row, Section, Target, summary, table
from tests.benchmarks.soak import Soak
from tests.benchmarks.usage import cpu_s, rss_mb

HUNDRED = tuple(float(number) for number in range(1, 101))
BARE, OURS = Load(HUNDRED, elapsed_s=0.5), Load(tuple(2 * latency for latency in HUNDRED), elapsed_s=2.0)
BURST = Burst(answered_s=(1.0, 2.0, 3.0, 6.0), requests=10, refused_by_quota=0, bucket=4, rate=2, margin=1)


def values(measured):
    return {row.figure: row.value for row in measured.rows()}


def targets(measured):
    return {row.figure: str(row.target) for row in measured.rows() if row.target}


# --- figures


@pytest.mark.parametrize(("share", "value"), [(0.5, 50.0), (0.99, 99.0), (0.999, 100.0)])
def test_percentile_is_what_so_many_did_not_exceed(share, value):
    assert percentile(HUNDRED, share) == value


def test_paced_load_is_judged_by_its_latency():
    pair = Pair("50 events/s", BARE, OURS, paced=True)

    assert values(pair)["bare handler, 50 events/s, p50"] == 50.0
    assert values(pair)["acknowledged, 50 events/s, p99"] == 198.0
    assert targets(pair) == {"acknowledged, 50 events/s, p50": "<= 3", "acknowledged, 50 events/s, p99": "<= 10"}


def test_unpaced_load_is_judged_by_its_share_of_the_bare_handlers_rate():
    pair = Pair("10 connections", BARE, OURS, paced=False)

    assert values(pair)["bare handler, 10 connections"] == 200.0
    assert values(pair)["acknowledged, 10 connections"] == 50.0
    assert values(pair)["share of the bare handler's rate, 10 connections"] == 0.25
    assert targets(pair) == {"share of the bare handler's rate, 10 connections": ">= 0.25"}


def test_drain_is_compared_with_both_optima():
    found = values(Drain("4 at 2/s", BURST, busy=0.1))

    assert found["4 at 2/s: times the optimum"] == 2.0  # (10 - 4) / 2 = 3 s
    assert found["4 at 2/s: times the careful optimum"] == pytest.approx(6 / 3.5)
    assert found["4 at 2/s: load and portal took"] == 10.0


def test_small_burst_may_cost_more_than_a_crowd():
    crowd = Burst(tuple(map(float, range(200))), requests=408, refused_by_quota=1, bucket=50, rate=40, margin=40)

    assert values(BURST)["requests per command, burst of 4"] == 2.5
    assert "requests per command, burst of 4" not in targets(BURST)
    assert targets(crowd)["requests per command, burst of 200"] == "<= 2.05"
    assert targets(crowd)["refused by the quota, burst of 200"] == "<= 0"


def test_command_alone_is_named_by_its_word():
    alone = Alone({"accept 651": 3, "dnd": 2, "meetings": 4})

    assert values(alone)["requests per command, accept alone"] == 3
    assert targets(alone) == {
        "requests per command, accept alone": "<= 3",
        "requests per command, dnd alone": "<= 2",
    }


def test_growth_is_the_ratio_of_what_a_command_costs():
    found = values(Growth(3.0, Cost(cpu_ms=4.0, acknowledged_ms=2.0), Cost(cpu_ms=5.0, acknowledged_ms=3.0)))

    assert found["CPU, 100,000 to 100 events"] == 1.25
    assert found["CPU per command after 100,000 events"] == 5.0


def test_footprint_is_the_median_of_the_starts():
    found = values(Footprint((3.0, 1.0, 2.0), (0.9, 0.8, 5.0), started_mb=90.0, worked_mb=95.0, idle=0.004))

    assert found["ready, fresh database"] == 2.0
    assert found["ready, existing database"] == 0.9
    assert found["idle, over 20 s"] == pytest.approx(0.4)


def test_own_share_is_told_beside_the_whole():
    found = values(OwnShare(own_ms=HUNDRED, replied_ms=OURS.latencies_ms, busy=0.25))

    assert found["own share, p50"] == 50.0
    assert found["from post to reply, p99"] == 198.0


def test_replicas_share_what_they_take():
    found = values(Served(2, rate=30.0, replied_ms=HUNDRED, used=(0.25, 0.75), busy=0.5))

    assert found["2 replicas: commands"] == 30.0
    assert found["2 replicas: each took"] == 50.0


def test_slope_of_a_soak_leaves_out_what_warms_up():
    warming = [(float(second), 50.0 + 10 * second) for second in range(1, 4)]
    steady = [(float(second), 80.0 + second / 3600) for second in range(4, 10)]
    found = values(Soak(90, tuple(warming + steady)))

    assert found["slope once warm"] == pytest.approx(1.0)
    assert found["memory at most"] == pytest.approx(80.0025)


def test_chart_needs_loads_and_a_crowd():
    paced, unpaced = (Pair("x", BARE, OURS, paced=paced) for paced in (True, False))
    drain = Drain("4 at 2/s", BURST, busy=0.1)

    assert Figures.among([drain, paced, unpaced]) == Figures(paced, (unpaced,), BURST)
    assert Figures.among([paced, unpaced]) is None
    assert Figures.among([drain]) is None


# --- table


def section(*rows):
    return Section("sqlite", "b", "own share", "a note", rows)


def test_table_tells_which_target_is_met():
    rows = (Row("p50", 9.0, "ms", Target(10)), Row("ratio", 0.2, "", Target(0.25, least=True)), Row("rate", 1234.0))
    lines = list(table(section(*rows)))

    assert [line.strip() for line in lines[:2]] == ["(b) own share, sqlite", "a note"]
    assert [line.split() for line in lines[-3:]] == [
        ["p50", "9", "ms", "<=", "10", "met"],
        ["ratio", "0.200", ">=", "0.25", "MISSED"],
        ["rate", "1,234"],
    ]


def test_json_holds_value_target_and_verdict_of_each_row():
    found = summary([section(Row("p50", 9.0, "ms", Target(10)), Row("rate", 5.0, "/s"))])

    assert found == {
        "sqlite": {
            "b: own share": {
                "p50": {"value": 9.0, "unit": "ms", "target": "<= 10", "met": True},
                "rate": {"value": 5.0, "unit": "/s"},
            }
        }
    }


@pytest.mark.parametrize(
    ("target", "relaxed"),
    [
        (Target(10), "<= 20"),
        (Target(0.25, least=True), ">= 0.125"),
        (Target(1.2, relaxes=False), "<= 1.2"),
    ],
)
def test_server_may_be_twice_as_bad_unless_it_is_a_promise(target, relaxed):
    assert str(target.relaxed(2)) == relaxed


# --- parts


def test_every_part_of_the_bench_can_be_chosen():
    assert "".join(bench.parts(soak_s=120)) == "abcdefgh"


# --- processes


def test_used_time_and_memory_are_those_of_the_process():
    before_s = cpu_s(os.getpid())
    while cpu_s(os.getpid()) == before_s:
        sum(range(10_000))

    assert rss_mb(os.getpid()) > 10
