"""A picture of the figures: latency and rate beside the bare handler, and a crowd's answers beside the bucket's optimum."""

import math
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tests.benchmarks.figures import Burst, Figures, Load, Pair

OURS, BARE, OPTIMUM = "statusbot", "bare handler", "leaky bucket's optimum"
# Two colours of Okabe and Ito, which people who confuse red and green tell apart too; reference lines are also dashed.
_OURS = {"color": "#0072B2", "linewidth": 2.5}
_REFERENCE = {"color": "#D55E00", "linewidth": 2.5, "linestyle": (0, (4, 1.5))}
_STYLE = {
    "font.size": 12,
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#D9D9D9",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "savefig.facecolor": "white",  # its own, so that it can be read on a dark page
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "statusbot",  # equal figures make equal files
}
_SHARES = (0.5, 0.9, 0.99, 0.999)


def draw(figures: Figures, beside: Path) -> tuple[Path, Path]:
    """Write the picture as SVG and as PNG beside a file, with its name; return both paths."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(9.5, 7.5), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12, wspace=0.02, hspace=0.02)  # inches, then shares
        panels = figure.subplot_mosaic([["latency", "rate"], ["burst", "burst"]])
        _latency(panels["latency"], figures.paced)
        _rate(panels["rate"], figures.saturated)
        _burst(panels["burst"], figures.burst)
        svg, png = beside.with_suffix(".svg"), beside.with_suffix(".png")
        figure.savefig(svg, metadata={"Date": None})
        figure.savefig(png, dpi=100)
    return svg, png


def _latency(axes: Axes, paced: Pair) -> None:
    """Draw latencies by percentile, each nine after the point as wide as the other, since the slowest tell most."""
    for load, name, style in ((paced.ours, OURS, _OURS), (paced.bare, BARE, _REFERENCE)):
        axes.plot(*_percentiles(load), label=name, **style)
    axes.set_title(f"Latency at {paced.what}\n(lower is better)")
    axes.set_xlabel("share of events acknowledged within")
    axes.set_xticks([_nines(share) for share in _SHARES], [f"{100 * share:g} %" for share in _SHARES])
    axes.set_xlim(0, _nines(_SHARES[-1]))
    axes.set_ylabel("latency, ms")
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper left")


def _percentiles(load: Load) -> tuple[list[float], tuple[float, ...]]:
    """Return the places and latencies of all but the slowest event, whose share of 100 % is infinitely far away."""
    count = len(load.latencies_ms)
    return [_nines(number / count) for number in range(1, count)], load.latencies_ms[:-1]


def _nines(share: float) -> float:
    return -math.log10(1 - share)


def _rate(axes: Axes, saturated: tuple[Pair, ...]) -> None:
    width = 0.4
    for offset, name, style in ((-width / 2, OURS, _OURS), (width / 2, BARE, _REFERENCE)):
        rates = [(pair.ours if name == OURS else pair.bare).rate for pair in saturated]
        places = [number + offset for number in range(len(rates))]
        bars = axes.bar(places, rates, width, label=name, color=style["color"])
        axes.bar_label(bars, fmt="{:,.0f}", padding=2)
    axes.set_title("Rate, as fast as connections allow\n(higher is better)")
    axes.set_xticks(range(len(saturated)), [pair.what.replace(" ", "\n") for pair in saturated])
    axes.set_ylabel("events per second")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.margins(y=0.35)  # room for the legend
    axes.legend(loc="upper left", ncols=2)


def _burst(axes: Axes, burst: Burst) -> None:
    people = len(burst.answered_s)
    axes.step((0.0, *burst.answered_s), range(people + 1), where="post", label=OURS, **_OURS)
    axes.plot((0, burst.optimum_s), (burst.bucket / burst.per_command, people), label=OPTIMUM, **_REFERENCE)
    axes.set_title(
        f"{people} people accept at once, the portal's bucket holds {burst.bucket:g} requests and forgives {burst.rate:g} a second\n"
        "(closer to the optimum is better)"
    )
    axes.set_xlabel("seconds since the first event")
    axes.set_ylabel("commands answered")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    axes.legend(loc="lower right")
