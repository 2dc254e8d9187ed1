"""How long a fit may take, and what Ctrl-C does to it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

TWICE = 3.0
"""Seconds within which a second Ctrl-C is meant for the whole program, not for one fit."""

_last_interrupt = -np.inf


class OutOfTime(Exception):
    """The time is over. Steps that are under way leave nothing behind; the search catches it."""


class Stopwatch:
    """Seconds on another clock, less those for which it was stopped."""

    def __init__(self, clock: Callable[[], float]):
        self._clock, self._missed = clock, 0.0

    def __call__(self) -> float:
        return self._clock() - self._missed

    @contextmanager
    def stopped(self) -> Iterator[None]:
        begun = self._clock()
        try:
            yield
        finally:
            self._missed += self._clock() - begun


class Budget:
    """Seconds on a clock, asked for by every long loop.

    Parameters
    ----------
    clock : callable
        Seconds; that of the calling thread by default.
    deadline : float
        On that clock; infinite for no limit.
    keeps_best : bool
        Whether Ctrl-C ends the search like the deadline, or the program as usual.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.thread_time,
        deadline: float = np.inf,
        keeps_best: bool = False,
    ):
        self.clock, self.deadline, self.keeps_best = clock, deadline, keeps_best
        self.interrupted = False

    def over(self) -> bool:
        return self.interrupted or self.clock() > self.deadline

    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - self.clock()

    def stop(self) -> bool:
        """False as long as there is time; then :class:`OutOfTime`.

        To be handed to loops that ask ``stop()``: it ends them from inside, however deep.
        """
        if self.over():
            raise OutOfTime
        return False

    def until(self, share: float) -> "Budget":
        """This budget, or one that ends after a share of the time that is left."""
        if share == 1.0 or np.isinf(self.deadline):
            return self
        now = self.clock()
        return _Part(self, now + share * (self.deadline - now))

    def interrupt(self) -> None:
        """To be called where Ctrl-C has been caught: notes it, or raises it again.

        It is raised where the best so far is not to be kept, and where it was pressed twice, so
        that a sweep over many fits can be left.
        """
        global _last_interrupt
        before, _last_interrupt = _last_interrupt, time.monotonic()
        if not self.keeps_best or _last_interrupt - before < TWICE:
            raise KeyboardInterrupt
        self.interrupted = True


class _Part(Budget):
    """Some of another budget's time; Ctrl-C ends both."""

    def __init__(self, whole: Budget, deadline: float):
        super().__init__(whole.clock, deadline, whole.keeps_best)
        self.whole = whole

    def interrupt(self) -> None:
        super().interrupt()
        self.whole.interrupted = True
