"""How far a long computation is and how long it still takes: in Jupyter, on a terminal, in a log.

>>> for k in steps(range(1000), "training"):
...     work(k)

One bar, four faces. In Jupyter it is drawn in place without ipywidgets, so a saved copy holds one
plain line and nothing that needs a kernel. On a terminal it is tqdm's. Anywhere else (a log, a
batch job, papermill) it is a line now and then, each beginning with "…". ``off`` shows nothing.
The environment variable ``SYMTUT_PROGRESS`` chooses one of :data:`FACES`; else it is seen to.
"""

import itertools
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from symtut.errors import InputError

FACES = ("notebook", "terminal", "lines", "off")
VARIABLE = "SYMTUT_PROGRESS"
MIME = "application/vnd.symtut.progress+json"  # tells a bar from a result in a saved notebook
PATIENCE = 2.0  # seconds without a bar: what is that short needs none
LINE_EVERY, LINE_SHARE = 10.0, 0.01  # a log line needs so many seconds and so much done since
DRAW_EVERY = 0.5  # seconds between two pictures in Jupyter
MARK = "… "
LINE = re.compile(rf"^{MARK}.*: (\d+ % of [\d,]+, about [\d.]+ (s|min|h) left|[\d,]+ in .*)$")

_ids = itertools.count()
_preferred: str | None = None  # of the place that runs the notebook
_open = 0  # bars under way: one within another stays silent


def prefer(face: str | None) -> None:
    """What to show where ``SYMTUT_PROGRESS`` does not say; None: see to it again."""
    global _preferred
    _preferred = face


def face() -> str:
    """How progress is shown here and now.

    Raises
    ------
    InputError
        If ``SYMTUT_PROGRESS`` is set to something else.
    """
    asked = os.environ.get(VARIABLE)
    if asked:
        if asked not in FACES:
            raise InputError(f"{VARIABLE} is '{asked}'; choose one of {', '.join(FACES)}.")
        return asked
    if _preferred is not None:
        return _preferred
    if _kernel():
        return "notebook"
    return "terminal" if sys.stderr.isatty() else "lines"


@contextmanager
def silenced() -> Iterator[None]:
    """No bars within, for instance in one of many processes."""
    global _open
    _open += 1
    try:
        yield
    finally:
        _open -= 1


def steps(iterable: Iterable, what: str, total: int | None = None) -> Iterator:
    """The same items, with a bar. ``total`` is needed only where ``len`` does not know it."""
    total = len(iterable) if total is None else total
    with Bar(what, total) as bar:
        for number, item in enumerate(iterable, 1):
            yield item
            bar.to(number)


class Bar:
    """A bar for work that counts itself: ``with Bar("training", 8000) as bar: bar.to(250)``.

    Parameters
    ----------
    what : str
        What is being done, in a word or two.
    total : int
        How many steps there are.
    done : int
        How many of them were done before (a run that goes on): the pace leaves them out.
    clock : callable
        Seconds; tests bring their own.
    """

    def __init__(
        self, what: str, total: int, done: int = 0, clock: Callable[[], float] = time.monotonic
    ):
        self.what, self.total, self.before, self.done = what, total, done, done
        self.clock, self.note, self._face, self._shown = clock, "", "off", False

    def __enter__(self):
        global _open
        self._face = "off" if _open else face()
        _open += 1
        self._began = self._at = self.clock()
        self._drawn = self.done
        self._due = self._began + (LINE_EVERY if self._face == "lines" else PATIENCE)
        self._handle = f"symtut-progress-{os.getpid()}-{next(_ids)}"
        return self

    def __exit__(self, kind, error, trace) -> None:
        global _open
        _open -= 1
        if not self._shown:
            return
        if self._face == "terminal":
            self._tqdm.close()
            return
        spent = duration(self.clock() - self._began)
        end = f"{self.what}: {self.done:,} in {spent}" + (", then stopped" if kind else "")
        self._show(end, end)

    def to(self, done: int, note: str = "") -> None:
        """So many steps are done; ``note`` is shown behind the time left."""
        self.done, self.note = done, note
        if self._face == "off":
            return
        now = self.clock()
        if now >= self._due and self.before < done < self.total:
            self._draw(now)

    def clear(self) -> None:
        """Make room for a line that somebody else prints on the terminal."""
        if self._shown and self._face == "terminal":
            self._tqdm.clear()

    def left(self) -> float:
        """Seconds to the end at the mean pace so far."""
        new = max(self.done - self.before, 1)
        return (self.clock() - self._began) / new * (self.total - self.done)

    def _draw(self, now: float) -> None:
        share = self.done / self.total
        if self._face == "terminal":
            self._draw_terminal()
            self._due = now  # tqdm itself knows how often
            return
        if self._face == "lines":
            if self.done - self._drawn < LINE_SHARE * self.total:
                return
            self._drawn = self.done
        self._due = now + (LINE_EVERY if self._face == "lines" else DRAW_EVERY)
        left = f"about {duration(self.left())} left"
        note = f" ({self.note})" if self.note and self._face == "notebook" else ""
        bar = f'<progress max="1" value="{share:.3f}" style="width: 12em"></progress>'
        self._show(
            f"{self.what}: {share * 100:.0f} % of {self.total:,}, {left}",
            f"{bar} {self.what}: {share:.0%} of {self.total:,}, {left}{note}",
        )

    def _draw_terminal(self) -> None:
        if not self._shown:
            from tqdm import tqdm

            self._shown = True
            self._tqdm = tqdm(
                desc=self.what, total=self.total, initial=self.before, unit_scale=True,
                dynamic_ncols=True, leave=False,
            )  # fmt: skip
            self._tqdm.start_t -= self.clock() - self._began
        self._tqdm.set_postfix_str(self.note, refresh=False)
        self._tqdm.update(self.done - self._tqdm.n)

    def _show(self, text: str, html: str) -> None:
        if self._face == "lines":
            # In a notebook the output is the log; elsewhere it is the program's result.
            file = sys.stdout if _kernel() else sys.stderr
            print(f"{MARK}{text}", file=file, flush=True)
        else:
            from IPython.display import display, update_display

            tell = update_display if self._shown else display
            data = {"text/plain": text, "text/html": html, MIME: {"done": self.done}}
            tell(data, raw=True, display_id=self._handle)
        self._shown = True


def duration(seconds: float) -> str:
    """``8 s``, ``12 min``, ``2.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def without_lines(text: str) -> str:
    """``text`` without the lines of bars."""
    return "".join(line for line in text.splitlines(True) if not LINE.match(line.rstrip("\n")))


def _kernel() -> bool:
    """Whether this is a notebook's kernel. IPython is asked, never loaded."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None
