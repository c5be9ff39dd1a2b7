"""What is measured now and how far it is: a bar on a terminal, else a line for each step."""

import itertools
from typing import Any, TextIO

import click


class Progress:
    """Counts the steps off.

    Args:
        steps: How many there will be.
        stream: Where they are shown.
    """

    def __init__(self, steps: int, stream: TextIO) -> None:
        self._steps = steps
        self._stream = stream
        self._numbers = itertools.count(1)

    def step(self, what: str, length: int) -> Any:
        """Return a context whose value is told with `update(n)` that so many more of `length` are done."""
        return click.progressbar(
            length=length,
            label=f"{next(self._numbers):2}/{self._steps} {what}",
            bar_template="%(label)-34s [%(bar)s] %(info)s",
            width=24,
            show_eta=False,  # what comes in waves cannot be foretold
            file=self._stream,
            update_min_steps=max(1, length // 100),  # drawing is not to show in what is measured
        )
