"""The picture that `make bench` draws, and the progress that it shows meanwhile."""

import io
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.benchmarks.chart import draw
from tests.benchmarks.figures import Burst, Figures, Load, Pair
from tests.benchmarks.progress import Progress

SVG = "{http://www.w3.org/2000/svg}"
PNG = b"\x89PNG\r\n\x1a\n"
HUNDRED = tuple(float(number) for number in range(1, 101))


@pytest.fixture
def figures():
    bare, ours = Load(HUNDRED, elapsed_s=0.5), Load(tuple(2 * latency for latency in HUNDRED), elapsed_s=2.0)
    saturated = tuple(Pair(what, bare, ours, paced=False) for what in ("1 connection", "10 connections"))
    burst = Burst(answered_s=(1.0, 2.0, 3.0, 6.0), requests=10, refused_by_quota=0, bucket=4, rate=2, margin=1)
    return Figures(Pair("50 events/s", bare, ours, paced=True), saturated, burst)


def words(svg: Path) -> str:
    return " ".join(element.text or "" for element in ET.parse(svg).iter(f"{SVG}text"))


# --- picture


def test_picture_is_written_in_both_forms(figures, tmp_path):
    svg, png = draw(figures, tmp_path / "bench.json")

    assert (svg, png) == (tmp_path / "bench.svg", tmp_path / "bench.png")
    assert ET.parse(svg).getroot().tag == f"{SVG}svg"
    assert png.read_bytes().startswith(PNG)


def test_picture_names_what_it_compares_and_in_which_unit(figures, tmp_path):
    found = words(draw(figures, tmp_path / "bench.json")[0])

    for name in ("statusbot", "bare handler", "leaky bucket's optimum", "1 connection", "99.9 %"):
        assert name in found, name
    for unit in ("latency, ms", "events per second", "seconds since the first event"):
        assert unit in found
    assert found.count("is better") == 3


def test_picture_has_a_ground_of_its_own(figures, tmp_path):
    svg, _ = draw(figures, tmp_path / "bench.json")
    first = next(ET.parse(svg).iter(f"{SVG}path"))

    assert "fill: #ffffff" in first.attrib["style"]


def test_equal_figures_make_equal_pictures(figures, tmp_path):
    one, other = (draw(figures, tmp_path / name)[0] for name in ("one.json", "other.json"))

    assert one.read_bytes() == other.read_bytes()


# --- progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO) -> str:
    progress = Progress(12, stream)
    for what in ("bare handler", "acknowledged"):
        with progress.step(what, 200) as step:
            step.update(199)
            step.update(1)
    return stream.getvalue()


def test_progress_without_a_terminal_is_a_plain_line_for_each_step():
    assert shown(io.StringIO()) == " 1/12 bare handler\n 2/12 acknowledged\n"


def test_progress_on_a_terminal_is_a_bar_for_each_step():
    lines = shown(Terminal()).split("\n")

    assert " 1/12 bare handler" in lines[0]
    assert " 99%" in lines[0]
    assert "100%" in lines[0]
    assert " 2/12 acknowledged" in lines[1]


def test_step_that_is_interrupted_gives_the_line_and_the_cursor_back():
    terminal = Terminal()
    with pytest.raises(KeyboardInterrupt), Progress(1, terminal).step("bare handler", 2):
        raise KeyboardInterrupt

    assert terminal.getvalue().endswith("\x1b[?25h\n")
