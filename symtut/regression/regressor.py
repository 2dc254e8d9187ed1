"""``SymbolicRegressor``: fit, predict, score in scikit-learn's manner; the result is a formula."""

import numbers
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Self

import numpy as np

from symtut.errors import InputError
from symtut.expressions import Expression
from symtut.expressions.domains import values_inside
from symtut.regression import saved
from symtut.regression.answer import Question
from symtut.regression.data import inputs
from symtut.regression.data.columns import (
    check_same_columns,
    chosen,
    labels_of,
    names_of,
    remember,
    warn_of_names,
)  # fmt: skip
from symtut.regression.data.points import Points
from symtut.regression.data.scaling import choose_columns
from symtut.regression.data.screening import SCREENING_SHARE, Screen
from symtut.regression.estimator import Estimator
from symtut.regression.presentation import Presentation
from symtut.regression.proposers import config_of, known_candidates, proposer_of
from symtut.regression.search import validation
from symtut.regression.search.budget import Budget, Stopwatch
from symtut.regression.search.language import Language
from symtut.regression.settings import check_settings, generator_of
from symtut.regression.watching import Watch
from symtut.storage import keep_foreign, write_json


class SymbolicRegressor(Presentation, Estimator):
    """Find a formula for y(X).

    A transformer reads the points and proposes skeletons; their constants are fitted, their terms
    recombined, and the results ranked by fit and length (Gorodetskiy et al. 2024, section III;
    Kamienny et al. 2022 for the lineage).

    Parameters
    ----------
    weights : str or path
        Name of shipped weights (``"general"``) or path of a ``.safetensors`` file. They are read
        when the transformer is first asked.
    n_candidates : int
        Skeletons sampled in the first round.
    max_time : float or None
        Seconds of this thread's own work after which the search stops with the best so far and a
        warning. Other threads and programs do not use them up, nor does reading the weights, once
        a process. The limit holds within 20 % for up to a million rows, and more time never gives
        a worse answer. None for no limit, which makes the result depend on ``random_state`` alone.
    random_state : int, NumPy Generator or RandomState, or None
        Seed; a generator gives one, None draws a new one.
    method : str
        Who proposes. ``"transformer"``; ``"prior"`` samples blindly from the pretraining prior,
        ``"sparse"`` selects from a fixed library: the baselines. ``"transformer+sparse"`` begins
        with what costs least: sums of library terms, products in the logarithm, sums behind a root,
        a logarithm or a fraction bar. If none of these is exact, the transformer is asked, and its
        terms are combined with those of the library; ``"prior+sparse"`` likewise.
        ``"transformer+prior"`` takes a quarter of its candidates from the transformer and the rest
        from the prior, and pools their terms.
    constants : "lm" or "bfgs"
        Batched Levenberg-Marquardt, or SciPy's BFGS one candidate at a time (the paper's way).
    recombine : bool
        Select among the terms of good candidates too; off in the paper's setting.
    rounds : int or None
        How often the proposer is asked: for y, then twice for the residual of the best equation so
        far, then for y again, and so on. None goes on until ``max_time`` unless the fit is exact.
    feature_names : sequence of str, optional
        Names of the columns of X in the equations; default the column names of a data frame, or
        ``x0, x1, …``. ``wind speed`` cannot stand in a formula: a warning says what does.
    robust : bool
        Leave out points that follow no common formula, up to a quarter of them: gross errors,
        transitions that a simulator has clipped. ``inliers_`` tells who stayed, and the figures in
        ``equations_`` refer to those. Points that are merely rare may be left out, too; switch it
        on where outliers are to be expected.
    operators : sequence of str, optional
        The only operators that may stand in a term, like ``["add", "mul", "sin"]`` or ``["+", "*",
        "sin"]``; default all. An equation is a sum of terms: its numbers, variables, plus and
        minus signs, and the factor in front of each term need no operator; ``sin(2*x0)`` needs
        ``mul``. Known: add, sub, mul, div, neg, inv (1/x), square, sqrt, pow, exp, log, sin, cos,
        tan, asin, acos, atan, tanh, abs. What others can spell is found, too: with ``mul``, x0² as
        ``x0*x0``.
    constraints : dict, optional
        ``max_complexity``: most nodes of an equation; ``max_terms`` of its sum, the constant not
        counted; ``max_depth``: most operators above one another inside a term, two in
        ``sin(x0**2)``; ``nested``: how often one operator may stand below another, as in PySR:
        ``{"sin": {"sin": 0, "cos": 0}}``.
    warm_start : bool
        Whether a second ``fit`` begins with the equations of the last one, as scikit-learn has it:
        refitted to the data that are given now, in the same columns, they are tried first; then
        the search goes on with new proposals. Fits with 5 seconds each go on one from another.
    verbose : bool or int
        Show the seconds and the best equation so far in one line on stderr.

    Attributes
    ----------
    equations_ : list of dict
        The Pareto front of length and fit, best first: ``equation`` (text with as many ``digits``
        as it takes to predict what the figures say), ``complexity`` (nodes), ``loss`` (mean squared
        error, units of y²), ``r2``, ``score`` (nats per point, higher is better), ``source``
        (method), ``domain`` (where it is defined, as text; empty: everywhere), ``expression``
        (:class:`~symtut.expressions.Expression`) and ``r2_holdout``: R² on a quarter of the points
        that was held out while the form was found. The score is that of the worse of the two fits,
        then the numbers are refitted to all points. Of fewer than 24 points none is held out:
        there, each is left out once from the fit of the coefficients.

        The order is that of the score, which charges for numbers and nodes. Below 1 − R² = 1e-6 (an
        error of a thousandth of the spread of y) a further term has to make the error two to four
        times smaller. So an exact law comes before a shorter approximation, and an approximation
        without its small terms before the same with them, which stays on the front. Before them all
        stands the simplest equation whose held-out errors are the same as those of the one with the
        highest score, within one standard error of their paired difference.
    n_features_in_ : int
    feature_names_in_ : array (d,) of str
        Column names of the data frame; only if it has such.
    names_ : tuple of str
        What the d columns of X are called in the equations.
    columns_ : tuple of int
        The columns of X that x0, x1, … of an ``expression`` stand for: all of them if there are at
        most six; else those that vary and are no copies, or the six of them that matter most.
    screening_ : :class:`~symtut.regression.data.screening.Screening` or None
        Where more than six columns vary: those ``chosen``, the ``score`` of each column of X
        (about the share of y's variance that it moves) and its ``frequency`` among the best six
        of random parts of the points; a frequency below 1 is a doubt.
    inliers_ : bool array (n,)
        The points of the last ``fit`` that the equations rest on: all of them unless ``robust``
        or of weight 0.
    n_fits_ : int
        Fits that the equations rest on: more than one with ``warm_start``.
    complete_ : bool
        False if ``max_time`` cut the search short.
    fit_time_ : float
        CPU-seconds of this thread.

    Notes
    -----
    A subclass may propose, or search, in a way of its own: it overrides ``proposer`` or
    ``search_config``.

    Examples
    --------
    >>> import numpy as np
    >>> from symtut import SymbolicRegressor
    >>> X = np.random.default_rng(0).uniform(-3, 3, (100, 2))
    >>> model = SymbolicRegressor(method="sparse").fit(X, 2 * np.sin(X[:, 0]) - X[:, 1])
    >>> print(model.equations_[0]["equation"])
    -x1 + 2*sin(x0)
    """

    _clock = staticmethod(time.thread_time)
    _keeps_best = True  # on Ctrl-C; programs that have to end then set it to False
    proposer, search_config = proposer_of, config_of

    def __init__(
        self,
        weights: str | Path = "general",
        n_candidates: int = 256,
        max_time: float | None = 5.0,
        random_state: int | np.random.Generator | np.random.RandomState | None = 0,
        method: str = "transformer+sparse",
        constants: str = "lm",
        recombine: bool = True,
        rounds: int | None = 3,
        feature_names: Sequence[str] | None = None,
        robust: bool = False,
        operators: Sequence[str] | None = None,
        constraints: dict[str, Any] | None = None,
        warm_start: bool = False,
        verbose: bool | int = False,
    ):
        self.weights = weights
        self.n_candidates = n_candidates
        self.max_time = max_time
        self.random_state = random_state
        self.method = method
        self.constants = constants
        self.recombine = recombine
        self.rounds = rounds
        self.feature_names = feature_names
        self.robust = robust
        self.operators = operators
        self.constraints = constraints
        self.warm_start = warm_start
        self.verbose = verbose

    # ---- fit ------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Search for equations.

        The transformer computes on one thread. Ctrl-C ends the search and keeps the best so far,
        with a warning; pressed twice within three seconds it raises ``KeyboardInterrupt``, so that
        a sweep over many fits can be left. Before anything has been found it raises, too.

        Parameters
        ----------
        X : array (n, d), y : array (n,)
            Finite numbers in any units; n is at least 5. Constant columns and copies of others are
            ignored. Of the rest the six that matter most are searched, with a warning that names
            them; more than a hundred are an error. Beside X and y themselves, a fit takes about
            50 bytes a row.
        sample_weight : array (n,), optional
            Weights of the squared errors, at least 0; a point of weight 0 counts as absent. The
            form is searched among points drawn in proportion to their weight, the numbers are
            fitted to all with their weights.

        Raises
        ------
        InputError (a ValueError)
            Wrong shapes, NaN or infinite values, a constant target, too few points, too many
            variables, unknown weights or settings, data that do not fit into memory.
        """
        check_settings(self)
        clock = Stopwatch(self._clock)
        propose, started = self.proposer(clock), clock()
        deadline = np.inf if self.max_time is None else started + float(self.max_time)
        budget = Budget(clock, deadline, self._keeps_best)
        labels = labels_of(X)
        with inputs.too_large(X):
            X, y = inputs.check_data(X, y)
            weight = inputs.check_sample_weight(sample_weight, len(y))
            present = np.ones(len(y), dtype=bool) if weight is None else weight > 0
            points = Points(X, y, weight)
            if not present.all():
                points = points.take(present)
            inputs.check_fittable(points.X, points.y)
            language = Language.of(self.operators, self.constraints)
            names = names_of(labels, self.feature_names, X.shape[1])
            generator = generator_of(self.random_state)
            held_out = points.held_out(generator)
            warm = bool(self.warm_start) and hasattr(self, "equations_")
            if warm:
                check_same_columns(self, X.shape[1])
                generator = generator.spawn(self.n_fits_)[-1]  # other proposals than before
            before = self.screening_ if warm else None
            screen = Screen(points, held_out, generator, budget.until(SCREENING_SHARE).over, before)
            columns = choose_columns(points.X, "mul" in language.usable, screen)
            known = known_candidates(self, columns) if warm else ()
            config = self.search_config(language, len(columns.used), known)
            question = Question(points, columns, propose, config, generator, budget, held_out)
            written = tuple(names[j] for j in columns.written)
            with Watch(clock, self.max_time) if self.verbose else nullcontext() as question.watch:
                answer = question.answer(written, self.method, bool(self.robust))
                if question.watch is not None:
                    question.watch.show(lambda: answer.rows[0], last=True)
        validation.warn_if_cut(budget.interrupted, answer.complete, self.max_time)
        if screen.found is not None:
            screen.found.warn(names)
        self.equations_, self.screening_ = answer.rows, screen.found
        validation.warn_if_worse(self.equations_[0], few=not held_out.any())
        remember(self, labels, names)
        self.columns_, self.inliers_ = columns.written, present.copy()
        self.inliers_[present] = answer.inliers
        self.complete_, self.fit_time_ = answer.complete, clock() - started
        self.n_fits_ = 1 + (self.n_fits_ if warm else 0)
        return self

    # ---- results --------------------------------------------------------------------------------

    def expression(self, index: int | None = None) -> Expression:
        """The equation at ``index`` in ``equations_``; None for the best."""
        if not hasattr(self, "equations_"):
            raise inputs.not_fitted()
        index = 0 if index is None else index
        whole = isinstance(index, numbers.Integral) and not isinstance(index, bool)
        if not (whole and -len(self.equations_) <= index < len(self.equations_)):
            raise InputError(f"no equation {index!r}: there are {len(self.equations_)}.")
        return self.equations_[index]["expression"]

    def predict(self, X: Any, index: int | None = None) -> np.ndarray:
        """Values (n,) of an equation at X (n, d); NaN, and one warning, outside its domain."""
        expression = self.expression(index)
        points = chosen(X, inputs.check_points(X), self)
        warn_of_names(X, self)
        values = values_inside(expression, points)
        if np.isnan(values).any():
            validation.warn_if_undefined(values, self.domain(index))
        return values

    def score(self, X: Any, y: Any, sample_weight: Any = None, index: int | None = None) -> float:
        """R² of the prediction, weighted by ``sample_weight`` (n,), as scikit-learn defines it."""
        prediction = self.predict(X, index)
        X, y = inputs.check_data(X, y)
        return validation.r2(y, prediction, inputs.check_sample_weight(sample_weight, len(y)))

    # ---- files ----------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write parameters and equations as JSON; the transformer is named, not copied.

        An earlier saved regressor at ``path`` is replaced.

        Raises
        ------
        InputError
            If anything else is there, or the file cannot be written.
        """
        keep_foreign(path, saved.read_saved)
        write_json(path, saved.state_of(self))

    @classmethod
    def load(cls, path: str | Path) -> "SymbolicRegressor":
        """Read what :meth:`save` wrote; predicts at once, needs no transformer weights.

        Raises
        ------
        InputError
            If the file is missing, damaged or of another kind.
        """
        return saved.restored(cls(), path)
