"""One line on stderr while a fit goes on: the time, the best equation so far, how good it is."""

import sys
import time
from collections.abc import Callable

_EVERY = 0.2
"""Seconds between two pictures of the line."""


class Watch:
    """Shows the best equation so far; as a context manager it ends the line.

    Parameters
    ----------
    clock : callable
        Seconds, as ``max_time`` counts them.
    max_time : float or None
    """

    def __init__(self, clock: Callable[[], float], max_time: float | None):
        self.clock, self.max_time, self._began = clock, max_time, clock()
        self._due, self._text = 0.0, ""

    def __enter__(self) -> "Watch":
        from tqdm import tqdm

        self._bar = tqdm(bar_format="{desc}", file=sys.stderr, dynamic_ncols=True)
        return self

    def __exit__(self, *_) -> None:
        self._bar.close()

    def show(self, row: Callable[[], dict], last: bool = False) -> None:
        """Show an equation; ``row()`` makes its entry of ``equations_``, if the line is due."""
        now = time.monotonic()
        if now < self._due and not last:
            return
        found = row()
        left = 1 - found["r2"]
        fit = f"R2 = {found['r2']:.5g}" if left > 1e-4 else f"1 - R2 = {max(left, 0.0):.1e}"
        limit = "" if self.max_time is None else f" of {self.max_time:g}"
        line = f"{self.clock() - self._began:.1f}{limit} s, {fit}: {found['equation']}"
        encoding = getattr(sys.stderr, "encoding", None) or "ascii"
        line = line.encode(encoding, "backslashreplace").decode(encoding)
        self._bar.set_description_str(line)
        self._due = time.monotonic() + _EVERY
