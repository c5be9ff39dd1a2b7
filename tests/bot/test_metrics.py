"""How requests to a service are counted."""

import pytest

from bot.metrics import Metrics, Requests

SERVICES = ["portal", "cronofy"]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.mark.parametrize("service", SERVICES)
def test_request_is_counted_with_its_outcome_and_time(metrics: Metrics, service: str) -> None:
    requests: Requests = getattr(metrics, service)
    with requests.counted("read") as request:
        request.outcome = "ok"

    sample = metrics.registry.get_sample_value
    assert sample(f"statusbot_{service}_requests_total", {"method": "read", "outcome": "ok"}) == 1
    assert sample(f"statusbot_{service}_seconds_count") == 1


@pytest.mark.parametrize("service", SERVICES)
def test_request_that_fails_is_counted_without_an_answer(metrics: Metrics, service: str) -> None:
    requests: Requests = getattr(metrics, service)
    with pytest.raises(TimeoutError), requests.counted("read"):
        raise TimeoutError

    labels = {"method": "read", "outcome": "no_answer"}
    assert metrics.registry.get_sample_value(f"statusbot_{service}_requests_total", labels) == 1
    assert metrics.registry.get_sample_value(f"statusbot_{service}_seconds_count") == 1
