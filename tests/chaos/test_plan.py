"""A seed is all that is needed to have the same things happen again."""

import itertools

import pytest

from tests.chaos.plan import Options, Say, Trouble, draw

SQLITE = Options(7, 60, "sqlite", 1)
POSTGRESQL = Options(7, 120, "postgresql", 3)


@pytest.mark.parametrize("options", [SQLITE, POSTGRESQL])
def test_seed_gives_the_same_plan_again(options):
    assert draw(options) == draw(options)


def test_other_seed_gives_another_plan():
    assert draw(SQLITE).steps != draw(Options(8, 60, "sqlite", 1)).steps


@pytest.mark.parametrize("options", [SQLITE, POSTGRESQL])
def test_steps_come_in_order_and_within_the_time(options):
    times = [step.at_s for step in draw(options).steps]

    assert all(one <= other for one, other in itertools.pairwise(times))
    assert times[-1] < options.seconds + 1


def test_file_has_no_server_to_restart_and_no_replica_to_lose():
    kinds = {
        step.kind
        for seed in range(20)
        for step in draw(Options(seed, 60, "sqlite", 1)).steps
        if isinstance(step, Trouble)
    }

    assert kinds == {"kill", "stop", "freeze", "portal", "outage", "leap"}


def test_one_replica_at_least_stays():
    for seed in range(20):
        gone = [
            step
            for step in draw(Options(seed, 120, "postgresql", 2)).steps
            if step.at_s and getattr(step, "kind", "") == "gone"
        ]
        assert len(gone) < 2


def test_deliveries_are_duplicated_and_late_and_go_to_all_replicas():
    said = [step for step in draw(POSTGRESQL).steps if isinstance(step, Say)]

    assert any(len(step.posts) > 1 for step in said)
    assert any(len(step.posts) == 1 and step.posts[0].after_s > 1 for step in said)
    assert {post.replica for step in said for post in step.posts} == {0, 1, 2}
