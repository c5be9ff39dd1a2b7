"""The example dashboard asks for figures that exist, and for all of them."""

import itertools
import json
import re
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

DASHBOARD = json.loads(
    (Path(__file__).resolve().parent.parent / "deploy" / "grafana-dashboard.json").read_text("utf-8")
)
PANELS = DASHBOARD["panels"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]
ASKED = [*QUERIES, *(variable["query"] for variable in DASHBOARD["templating"]["list"])]
OF_PROMETHEUS = {"instance"}  # the label that it adds itself


@pytest.fixture
async def labels(ask) -> dict[str, set[str]]:
    """The names of all figures after a command, with their labels."""
    await ask("accept 651")
    with ask.core.metrics.cronofy.counted("events.read") as request:
        request.outcome = "ok"
    async with TestClient(TestServer(ask.receiver.app())) as client:
        page = await (await client.get("/metrics")).text()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def names_in(query: str) -> set[str]:
    return set(re.findall(r"\bstatusbot_\w+", query))


def labels_in(query: str) -> set[str]:
    """Those that a query chooses or groups by."""
    chosen = {name for braces in re.findall(r"\{([^}]*)\}", query) for name in re.findall(r"(\w+)\s*[=!]", braces)}
    grouped = {name for names in re.findall(r"\bby \(([^)]*)\)", query) for name in re.split(r",\s*", names)}
    return chosen | grouped


@pytest.mark.parametrize("query", ASKED)
def test_queries_are_read_as_they_are_meant(query):
    assert bool(names_in(query)) is (query != "prometheus")
    assert query.count("(") == query.count(")")
    assert query.count("{") == query.count("}")


async def test_every_figure_and_label_that_is_asked_for_exists(labels):
    for query in ASKED:
        names = names_in(query)
        assert names <= labels.keys(), query
        for name in names:
            assert labels_in(query) <= labels[name] | OF_PROMETHEUS, query


async def test_every_figure_is_shown(labels):
    shown = set().union(*map(names_in, QUERIES))
    figures = {re.sub(r"_(bucket|sum|count|created|total)$", "", name) for name in labels}

    assert len(figures) == 9
    assert {re.sub(r"_(bucket|total)$", "", name) for name in shown} == figures


def test_legends_name_labels_that_are_left_by_the_query():
    for target in (target for panel in PANELS for target in panel["targets"]):
        named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        grouped = set(re.findall(r"\w+", " ".join(re.findall(r"\bby \(([^)]*)\)", target["expr"])))) - {"le"}

        assert named == grouped, target


def test_panels_have_words_and_places_of_their_own():
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in PANELS)
        for x, y in itertools.product(
            range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
        )
    ]

    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert len({panel["title"] for panel in PANELS}) == len(PANELS)
    assert all(panel["description"] for panel in PANELS)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_data_source_is_chosen_where_the_dashboard_is_imported():
    sources = [panel["datasource"] for panel in PANELS]
    sources += [target["datasource"] for panel in PANELS for target in panel["targets"]]

    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources)
    assert "http" not in json.dumps(DASHBOARD)
