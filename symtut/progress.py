"""How far a long computation is and how long it still takes: tqdm, with the manners of the course.

>>> for k in steps(range(1000), "training"):
...     work(k)

A bar appears after two seconds and is gone when the work is done. On a terminal and in Jupyter it
is one line that changes in place (in Jupyter without ipywidgets: a saved copy holds nothing that
needs a kernel); in a log it is a line every ten seconds. A bar within another one stays silent.
The environment variable ``SYMTUT_PROGRESS`` may be ``off`` (nothing is shown), or ``stderr``: a
notebook's bars go to the terminal or log of whoever runs it, and the notebook keeps none.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import Any, TypeVar

from tqdm.std import tqdm

from symtut.errors import InputError

Item = TypeVar("Item")

VARIABLE = "SYMTUT_PROGRESS"
PLACES = ("off", "stderr")
PATIENCE = 2.0  # seconds without a bar: what is that short needs none
DRAW_EVERY, LINE_EVERY = 0.5, 10.0  # seconds between two states of a bar, in place and in a log
LOG_FORMAT = "… {desc}: {percentage:.0f} % of {total:,}, {remaining} left"

_open = 0  # bars under way


@contextmanager
def silenced() -> Iterator[None]:
    """No bars within, for instance in one of many processes."""
    global _open
    _open += 1
    try:
        yield
    finally:
        _open -= 1


def steps(iterable: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """The same items, with a bar. ``total`` is needed only where ``len`` does not know it."""
    if total is None:
        assert isinstance(iterable, Sized)
        total = len(iterable)
    with Bar(what, total) as bar:
        for number, item in enumerate(iterable, 1):
            yield item
            bar.to(number)


class Bar(tqdm):
    """A bar for work that counts itself: ``with Bar("training", 8000) as bar: bar.to(250)``.

    Parameters
    ----------
    what : str
        What is being done, in a word or two.
    total : int
        How many steps there are.
    done : int
        How many of them were done before (a run that resumes): the pace leaves them out.

    Raises
    ------
    InputError
        If ``SYMTUT_PROGRESS`` is neither ``off`` nor ``stderr``.
    """

    monitor_interval = 0  # no thread beside the work
    _counted = False

    def __init__(self, what: str, total: int, done: int = 0):
        global _open
        settings: dict[str, Any] = {"disable": True} if _open else _settings(total)
        _open += 1
        self._counted = True
        super().__init__(
            desc=what, total=total, initial=done, delay=PATIENCE, leave=False, unit_scale=True,
            smoothing=0,  # the time left follows from the mean pace: single steps differ much
            **settings,
        )  # fmt: skip

    def to(self, done: int, note: str = "") -> None:
        """So many steps are done; ``note`` is shown behind the time left."""
        self.postfix = note
        self.update(done - self.n)

    def close(self) -> None:
        global _open
        if self._counted:
            self._counted = False
            _open -= 1
        super().close()


Bar.set_lock(threading.RLock())  # tqdm's own would settle how this process starts others


def _settings(total: int) -> dict:
    """Where a bar shows here and now, and how often."""
    asked = os.environ.get(VARIABLE)
    if asked and asked not in PLACES:
        raise InputError(f"{VARIABLE} is '{asked}'; choose one of {', '.join(PLACES)}.")
    if asked == "off":
        return {"disable": True}
    in_place: dict[str, Any] = {"miniters": 1, "mininterval": DRAW_EVERY}
    if _kernel() and asked != "stderr":
        return in_place | {"file": _Lines(_display()), "ncols": 80, "ascii": False}
    file = sys.__stderr__ if asked == "stderr" else sys.stderr
    if file is None or file.isatty():
        return in_place | {"file": file, "dynamic_ncols": True}
    lines = _Lines(lambda text: print(text, file=file, flush=True) if text else None)
    often = {"miniters": max(1, total // 100), "mininterval": LINE_EVERY}
    return often | {"file": lines, "bar_format": LOG_FORMAT}


class _Lines:
    """A file for tqdm that hands on each state of a bar, without the signs that move a cursor."""

    def __init__(self, show: Callable[[str], None]):
        self.show = show

    def write(self, text: str) -> None:
        if text not in ("", "\r", "\n"):
            self.show(text.strip("\r\n "))

    def flush(self) -> None:
        pass


def _display() -> Callable[[str], None]:
    """A place in the output of a notebook's cell that is made when it is first needed."""
    from IPython.display import display

    places = []

    def show(text: str) -> None:
        data = {"text/plain": text}
        if places:
            places[0].update(data, raw=True)
        else:
            places.append(display(data, raw=True, display_id=True))

    return show


def _kernel() -> bool:
    """Whether this is a notebook's kernel. IPython is asked, never loaded."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None
