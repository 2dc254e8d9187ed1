"""From points to the rows of ``equations_``: search on some, judge on others, refit on all."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from symtut.regression.data.points import CHUNK, Points
from symtut.regression.data.scaling import Columns
from symtut.regression.search.budget import Budget, OutOfTime
from symtut.regression.search.finishing import Sum, finish, on_all_points, ordered, undominated
from symtut.regression.search.fits import Fit, pareto
from symtut.regression.search.levenberg_marquardt import levenberg_marquardt
from symtut.regression.search.robust import robust_search, rule_of
from symtut.regression.search.search import WORKING_POINTS, Proposer, SearchConfig, search
from symtut.regression.search.validation import losses_held_out
from symtut.regression.watching import Watch

FINAL_POINTS = 5000
"""Equations are judged and refitted on at most so many points; the coefficients of the best are
then solved for on all, as far as time allows."""

MEAN = Fit((), np.zeros(0), np.zeros(0), 0.0, 1.0)
"""What is always an answer."""

SECONDS_A_ROW = 5e-7
"""About what one pass over all rows takes; kept back from the search."""


@dataclass(frozen=True)
class Answer:
    """What a fit found: rows of ``equations_``, whether the search ended, and who belongs."""

    rows: list[dict]
    complete: bool
    inliers: np.ndarray


@dataclass
class Question:
    """The points of a fit, the columns that are searched, and by what means.

    ``held_out`` (n,) bool are points that only the finished formulas are judged by; ``watch``
    shows the best so far.
    """

    points: Points
    columns: Columns
    propose: Proposer
    config: SearchConfig
    generator: np.random.Generator
    budget: Budget
    held_out: np.ndarray
    watch: Watch | None = None

    def answer(self, names: tuple[str, ...], source: str, robust: bool = False) -> Answer:
        """Equations for the points; ``names`` are those of ``columns.written``."""
        n, self._labels = len(self.points), (names, source)
        share = min(0.1 + n * SECONDS_A_ROW / max(self.budget.left(), 1e-9), 0.5)
        searching = self.budget.until(1 - share)
        if robust:
            fits, complete, inliers = self._robust(searching)
        else:
            inliers = np.ones(n, dtype=bool)
            fits, complete = self._search(inliers, searching)
        if searching.interrupted:
            self.budget.interrupted = True
        try:
            rows = self._finished(fits, inliers, names, source)
        except KeyboardInterrupt:  # what has been found is kept, the rest is made quickly
            self.budget.interrupt()
            complete, rows = False, self._finished(fits, inliers, names, source)
        return Answer(rows, complete, inliers)

    def _search(self, among: np.ndarray, budget: Budget) -> tuple[list[Fit], bool]:
        """Search on points that are not held out, on a part of them if they are many."""
        rows = self.points.draw(among & ~self.held_out, WORKING_POINTS, self.generator)
        x, y = self.columns.searched(self.points.X[rows]), self.points.y[rows]
        scale = y.std() or 1.0
        mean, units = float(y.mean()), self.columns.units
        watch = self.watch and partial(self._watched, self.watch, Points(self.points.X[rows], y))
        return search(
            x, (y - mean) / scale, self.propose, self.config, self.generator, budget, units,
            (mean, float(scale)), watch,
        )  # fmt: skip

    def _watched(self, watch: Watch, points: Points, best: Fit) -> None:
        """Show the best fit so far to ``watch``, in the user's units and names."""
        language = self.config.language
        watch.show(lambda: finish(best, points, self.columns, *self._labels, language=language))

    def _robust(self, budget: Budget) -> tuple[list[Fit], bool, np.ndarray]:
        """The same among the points that follow a common formula."""
        n = len(self.points)
        some = np.arange(n)
        if n > FINAL_POINTS:
            some = np.sort(self.generator.choice(n, FINAL_POINTS, replace=False))
        x, y = self.columns.searched(self.points.X[some]), self.points.y[some]

        def search_among(inliers, part):
            among = np.zeros(n, dtype=bool)
            among[some[inliers]] = True
            return self._search(among, part)

        fits, complete, inliers = robust_search(
            x, y, search_among, self.generator, budget, self.config.rounds is None
        )
        if len(some) == n:
            return fits, complete, inliers
        follows = rule_of(fits[0], x, y, inliers)
        found = []
        for begin in range(0, n, CHUNK):
            part = self.points.take(slice(begin, begin + CHUNK))
            found.append(follows(self.columns.searched(part.X), part.y))
        return fits, complete, np.concatenate(found)

    def _finished(self, fits: list[Fit], inliers, names, source: str) -> list[dict]:
        """Judge, refit and describe; best first."""
        members = int(inliers.sum())
        rows, weight = np.flatnonzero(inliers), self.points.weight
        if members > FINAL_POINTS:
            rows, weight = self.points.draw(inliers, FINAL_POINTS, self.generator), None
        final = Points(
            self.points.X[rows], self.points.y[rows], None if weight is None else weight[rows]
        )
        x, held_out = self.columns.searched(final.X), self.held_out[rows]
        language = self.config.language
        judged = refitted = self._judged(fits, x, final, held_out)
        if held_out.any() or weight is not None or members > WORKING_POINTS:
            refitted = self._refitted(judged, x, final)

        def finished(k: int, brief: bool = False, on_all=None) -> dict:
            return finish(
                refitted[k], final, self.columns, names, source, held_out, judged[k], on_all,
                language, brief,
            )  # fmt: skip

        ways = [(k, False) for k in range(len(judged))]
        made = [finished(*way) for way in ways]
        # the best once more, without what matters little: the whole stays on the front behind it
        ways.append((max(range(len(made)), key=lambda k: made[k]["score"]), True))
        made.append(finished(*ways[-1]))
        if not any(language.admits(row["expression"]) for row in made):
            judged, refitted, ways = [MEAN], [MEAN], [(0, False)]
            made = [finished(0)]
        way_of = {id(row): way for row, way in zip(made, ways, strict=True)}
        made = [row for row in made if language.admits(row["expression"])]
        found = sorted(undominated(made), key=lambda row: -row["score"])
        if members == len(final):
            return ordered(found)
        everything = self.points if inliers.all() else self.points.take(inliers)

        def on_all(best: Sum) -> Sum:
            return on_all_points(best, everything, self.columns.written, self.budget.stop)

        for k, row in enumerate(found):  # the best first, as long as there is time
            try:
                better = finished(*way_of[id(row)], on_all)
            except OutOfTime:
                break
            if language.admits(better["expression"]):  # other numbers, other length
                found[k] = better
        found = [row for row in found if np.isfinite(row["loss"])]
        return ordered(found)

    def _judged(self, fits, x, final: Points, held_out) -> list[Fit]:
        """The fits that no simpler one beats where it does worse, held out or not."""
        losses = losses_held_out(fits, x, final.y, final.weight, held_out)
        worse = {
            id(judged := replace(fit, loss=max(fit.loss, loss))): (judged, fit)
            for fit, loss in zip(fits, losses, strict=True)
            if np.isfinite(loss)
        }
        best = pareto([judged for judged, _ in worse.values()], len(final))
        return [worse[id(judged)][1] for judged in best]

    def _refitted(self, judged: list[Fit], x, final: Points) -> list[Fit]:
        """The same with inner constants fitted to all final points, as far as time allows."""
        y = (final.y - final.y.mean()) / final.y.std()
        inner = [i for i, fit in enumerate(judged) if len(fit.constants)]
        at_once = max(1, 2 * FINAL_POINTS // len(y))  # memory grows with formulas times points
        judged = list(judged)
        for begin in range(0, len(inner), at_once):
            block = inner[begin : begin + at_once]
            old = [judged[i] for i in block]
            try:
                fits = levenberg_marquardt(
                    [f.terms for f in old], x, y, self.generator, starts=1, iterations=9,
                    guesses=[f.constants for f in old], stop=self.budget.stop, weight=final.weight,
                )  # fmt: skip
            except OutOfTime:
                break
            for i, fit in zip(block, fits, strict=True):
                if np.isfinite(fit.loss):
                    judged[i] = fit
        return judged
