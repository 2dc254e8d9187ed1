"""The exercises of notebook 07; those from recombination on stand in :mod:`nb07_numbers`."""

import functools

import numpy as np

from symtut.lab.exercises.kinds import Function
from symtut.lab.exercises.nb07_numbers import exercise_3, exercise_4, exercise_5

__all__ = ["exercise_1", "exercise_2", "exercise_3", "exercise_4", "exercise_5"]


def exercise_1() -> Function:
    """The nucleus."""

    def kept(p, enough):
        """What is kept of each row: the most probable, until ``enough(sum)``."""
        result = np.zeros_like(p)
        for row, weights in zip(result, p, strict=True):
            total = 0.0
            for code in sorted(range(len(weights)), key=lambda code: -weights[code]):
                if enough(total):
                    break
                row[code], total = weights[code], total + weights[code]
        return result

    def scaled(p):
        with np.errstate(invalid="ignore"):
            return p / p.sum(axis=1, keepdims=True)

    def reference(p, mass=0.9):
        return scaled(kept(p, lambda total: total >= mass))

    def too_small(p, mass=0.9):
        inside = [[w + row[row > w].sum() <= mass for w in row] for row in p]
        return scaled(np.where(inside, p, 0.0))

    def as_many_as_the_first(p, mass=0.9):
        count = np.count_nonzero(reference(p, mass)[0])
        return scaled(np.where(np.argsort(np.argsort(-p, axis=1), axis=1) < count, p, 0.0))

    some = np.array([[0.05, 0.5, 0.15, 0.3], [0.62, 0.03, 0.25, 0.1]])
    return Function(
        reference,
        cases=[
            (some,),
            (some, 0.6),
            (some[:, ::-1].copy(), 0.7),
            (np.array([[0.25, 0.75, 0.0]]), 0.5),
            (np.array([[0.5, 0.125, 0.375]]), 0.875),  # a mass that is met exactly
            (np.array([[0.0, 0.25, 0.75], [0.5, 0.125, 0.375], [0.625, 0.125, 0.25]]), 0.8),
        ],
        mistakes=[
            (lambda p, mass=0.9: kept(p, lambda total: total >= mass),
             "What is kept must add up to 1 again."),
            (too_small,
             "The token that crosses the mass belongs to the nucleus: at least the mass."),
            (lambda p, mass=0.9: scaled(kept(p, lambda total: total > mass)),
             "With exactly the mass it is enough: the smallest set is asked."),
            (as_many_as_the_first, "Rows are independent: each keeps as many as it needs itself."),
            (lambda p, mass=0.9: -np.sort(-reference(p, mass), axis=1),
             "Each probability must stand in its token's own place: undo the sorting."),
            (lambda p, mass=0.9: reference(p), "`mass` is an argument: it need not be 0.9."),
        ],
        hint="Sort downwards; a token stays while the sum of those before it is below the mass.",
    )  # fmt: skip


def _sine(c):
    """1.5 sin(c x), its slopes by c."""
    x = np.array([-1.0, 0.5, 2.0, 3.0])
    return 1.5 * np.sin(c[0] * x), (1.5 * x * np.cos(c[0] * x))[:, None]


def _saturating(c):
    """c₀ tanh(c₁ x), its slopes by both."""
    x = np.array([-2.0, -1.0, 0.5, 1.0, 3.0])
    bent = np.tanh(c[1] * x)
    return c[0] * bent, np.column_stack([bent, c[0] * x * (1 - bent**2)])


def _line(c):
    """c₀ + c₁ x, its slopes by both."""
    x = np.array([0.0, 1.0, 2.0, 4.0])
    return c[0] + c[1] * x, np.column_stack([np.ones(4), x])


def _squares(residual):
    return np.sum(residual**2)


def _marquardt(square, damping):
    return damping * np.diag(np.diag(square))


def _descent(
    model, y, c, steps, damping, *, brake=_marquardt, sign=1.0, size=_squares, always=False,
    shorter=5.0, longer=5.0, stale=False, old_slopes=False,
):  # fmt: skip
    """The path of c with a mistake or none; each step by the normal equations."""
    c, path = np.asarray(c, dtype=float), [np.asarray(c, dtype=float)]
    values, slopes = model(c)
    for _ in range(steps):
        square = slopes.T @ slopes
        step = np.linalg.pinv(square + brake(square, damping)) @ slopes.T @ (y - values)
        trial = c + sign * step
        found, steep = model(trial)
        if always or size(y - found) < size(y - values):
            c, damping = trial, damping / shorter
            values = values if stale else found
            slopes = slopes if stale or old_slopes else steep
        else:
            damping = damping * longer
        path.append(c)
    return np.array(path)


def exercise_2() -> Function:
    """Levenberg and Marquardt's descent."""

    def reference(model, y, c, steps=30, damping=1e-2):
        """Each step by least squares with extra rows that pull towards zero."""
        path = np.empty((steps + 1, len(c)))
        path[0] = c
        for k in range(steps):
            values, slopes = map(np.nan_to_num, model(path[k]))
            brake = np.diag(np.sqrt(damping) * np.linalg.norm(slopes, axis=0))
            target = np.append(y - values, np.zeros(len(c)))
            step = np.linalg.lstsq(np.vstack([slopes, brake]), target, rcond=None)[0]
            gain = _squares(y - values) - _squares(y - model(path[k] + step)[0])
            path[k + 1] = path[k] + (step if gain > 0 else 0.0)
            damping = damping / 5 if gain > 0 else damping * 5
        return path

    def but(**mistake):
        return functools.partial(_descent, **mistake)

    def of_path(turn):
        return lambda *arguments: turn(_descent(*arguments))

    def moves_only(path):
        return path[np.r_[True, np.any(path[1:] != path[:-1], axis=1)]]

    y = np.array([0.4, -0.3, 1.2, -1.1])
    bent = np.array([-2.1, -1.8, 1.0, 1.7, 2.2])
    return Function(
        reference,
        cases=[
            (_sine, y, np.array([1.6]), 6, 0.01),
            (_sine, y, np.array([3.4]), 6, 0.1),
            (_saturating, bent, np.array([0.5, 3.0]), 5, 0.5),
            (_saturating, -bent, np.array([1.0, 0.2]), 7, 0.001),
            (_line, np.array([3.0, 1.0, 2.0, -1.0]), np.array([1.0, 2.0]), 3, 2.0),
        ],
        mistakes=[
            (but(always=True), "Keep a step only if the squared error falls; else c stays."),
            (but(sign=-1.0), "It is data minus model: the step is added."),
            (but(brake=lambda square, damping: damping * np.eye(len(square))),
             "λ times the identity is Levenberg's brake; Marquardt's is in units of J'J."),
            (but(brake=lambda square, damping: 0.0 * square), "Undamped: that is Gauss-Newton."),
            (but(brake=lambda square, damping: damping * square),
             "The brake is on the diagonal only: λ diag(J'J), not λ J'J."),
            (but(brake=lambda square, damping: damping * np.diag(square)),
             "np.diag(J'J) is a vector, which is added to every row: make a matrix of it."),
            (but(shorter=1.0, longer=1.0), "The damping changes after every step."),
            (but(shorter=0.2, longer=0.2), "The other way round: less damping after a success."),
            (but(shorter=1.0), "After a success the damping is divided by 5."),
            (but(longer=1.0), "After a failure the damping is multiplied by 5."),
            (but(stale=True), "After a step, values and slopes are those at the new c."),
            (but(old_slopes=True), "The slopes change with c: take those at the new c."),
            (but(size=lambda r: np.abs(np.sum(r))), "Sum the squares of the residuals."),
            (of_path(lambda path: path[-1]), "All c are asked, the start first."),
            (of_path(lambda path: path[1:]), "The start is the first entry."),
            (of_path(moves_only), "A step that is not kept leaves c as it was, and counts."),
        ],
        hint="Solve for the step, try it, keep it if the squared error falls, change the damping.",
    )  # fmt: skip
