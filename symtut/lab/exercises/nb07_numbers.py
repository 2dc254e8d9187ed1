"""The exercises of notebook 07 from recombination on; :mod:`nb07` has the others."""

import numpy as np

from symtut.lab.exercises.kinds import Function


def exercise_3() -> Function:
    """Forward selection."""

    def columns(*rows):
        """Columns of mean 0 and norm 1."""
        found = np.array(rows, dtype=float)
        found -= found.mean(axis=0)
        return found / np.linalg.norm(found, axis=0)

    def by_projection(columns, y, k, score=np.abs):
        """Takes what is chosen out of y by an orthonormal basis."""
        basis, chosen = np.ones((len(y), 1)) / np.sqrt(len(y)), []
        for _ in range(k):
            rest = y - basis @ (basis.T @ y)
            chosen.append(int(np.argmax(score(np.corrcoef(rest, columns.T)[0, 1:]))))
            basis = np.linalg.qr(np.column_stack([np.ones(len(y)), columns[:, chosen]]))[0]
        return chosen

    def reference(columns, y, k):
        return by_projection(columns, y, k)

    def newest_alone(columns, y, k):
        chosen, residual = [], y - y.mean()
        for _ in range(k):
            chosen.append(int(np.argmax(np.abs(columns.T @ residual))))
            residual = residual - columns[:, chosen[-1]] * (columns[:, chosen[-1]] @ residual)
        return chosen

    flat = columns([2, 2, -2], [2, -1, -2], [0, -1, -1], [-1, 1, 2])
    alike = columns([-2, -2, 2], [-1, -2, 2], [-1, 1, 0], [-1, 2, -1], [1, 2, -1])
    others = columns([-2, -2, -2], [-2, 1, -2], [0, 1, -1], [1, -1, 2], [1, 0, -2])
    four = columns([2, 0, -2, 1], [-1, -2, 2, 1], [-1, -1, -1, -1], [0, -1, 0, -1], [-2, 1, -1, 1])
    six = columns(
        [2, 1, 2, 0], [0, 2, -2, -2], [-2, -2, 0, 1], [-1, 0, -2, -2], [1, 1, 0, -1], [0, 0, 2, 2]
    )
    return Function(
        reference,
        cases=[
            (flat, np.array([1.0, 0, 1, -4]), 1),
            (alike, np.array([-3.0, -4, 6, 0, -4]), 2),
            (others, np.array([1.0, 0, 1, -4, 7]), 2),
            (four, np.array([-1.0, 7, -2, 7, 6]), 3),
            (six, np.array([1.0, -4, -1, -2, -1, 4]), 3),
        ],
        mistakes=[
            (lambda c, y, k: np.argsort(-np.abs(c.T @ (y - y.mean())))[:k],
             "Compare with the residual, not with y: what is explained need not be again."),
            (newest_alone,
             "Fit all chosen columns together after each choice, not the newest alone."),
            (lambda c, y, k: by_projection(c, y, k, score=lambda r: r),
             "A column that resembles the negative residual helps as much: take the size."),
            (lambda c, y, k: by_projection(c, y, k, score=lambda r: -np.abs(r)),
             "That takes the column least like the residual."),
            (lambda c, y, k: sorted(reference(c, y, k)),
             "The order of choice is asked, not that of the columns."),
            (lambda c, y, k: reference(c, y, k)[::-1], "The first choice comes first."),
            (lambda c, y, k: reference(c, y, 3), "Choose `k` columns, however many that is."),
        ],
        hint="Residual, largest correlation, joint fit, new residual; k times.",
        whole=True,
    )  # fmt: skip


def exercise_4() -> Function:
    """Choosing by AICc."""

    def price(k, n):
        return 2 * k * n / (n - k - 1)  # 2k + 2k(k+1)/(n-k-1)

    def reference(loss, k, n):
        """By comparing pairs: the odds exp(-difference / 2) of one against another."""
        best = 0
        for other in range(1, len(loss)):
            dearer = price(k[other], n) - price(k[best], n)
            odds = (loss[other] / loss[best]) ** (n / 2) * np.exp(dearer / 2)
            best = other if odds < 1 else best
        return best

    def lowest(value):
        return lambda loss, k, n: int(np.argmin(value(loss, k, n)))

    def case(loss, k, n):
        return np.array(loss), np.array(k, dtype=float), n

    return Function(
        reference,
        cases=[
            case([0.9, 0.3], [1, 2], 15),
            case([0.39, 0.29, 0.75], [4, 6, 1], 20),
            case([0.82, 0.07, 0.04], [1, 2, 7], 30),
            case([0.9, 0.73, 0.7, 0.39, 0.35], [2, 3, 5, 6, 7], 20),
            case([0.86, 0.56, 0.5, 0.45, 0.43], [1, 2, 3, 6, 7], 30),
            case([0.47, 0.32, 0.7, 0.8, 0.18], [4, 6, 2, 1, 7], 30),
            case([0.83, 0.66, 0.31, 0.19], [1, 2, 4, 5], 12),
        ],
        mistakes=[
            (lowest(lambda loss, k, n: loss), "That is the best fit, whatever its length."),
            (lowest(lambda loss, k, n: n * np.log(loss) + 2 * k),
             "That is AIC without the correction: with few points it is too lenient."),
            (lowest(lambda loss, k, n: -n * np.log(loss) - price(k, n)), "Lower is better."),
            (lowest(lambda loss, k, n: n * np.log(loss) + k * np.log(n)),
             "That is BIC, which charges ln(n) for each number."),
            (lowest(lambda loss, k, n: np.log(loss) + price(k, n)),
             "The logarithm counts n times, once for each point."),
            (lowest(lambda loss, k, n: n * np.log10(loss) + price(k, n)),
             "ln is the natural logarithm: np.log."),
            (lowest(lambda loss, k, n: n * np.log(loss) + price(k + 1, n)),
             "k counts the fitted numbers as it is given: nothing is added to it."),
            (lambda loss, k, n: k[reference(loss, k, n)],
             "That is k of the best equation; its index is asked."),
            (lambda loss, k, n: np.min(n * np.log(loss) + price(k, n)),
             "That is the lowest value; the index of its equation is asked."),
        ],
        hint="n times the logarithm of the loss, plus the price of k numbers; the smallest wins.",
        whole=True,
    )  # fmt: skip


def exercise_5() -> Function:
    """Exponents by a regression in the logarithm."""

    def centred(x, y, log=np.log, size=np.abs):
        """Normal equations of the logarithms, each less its mean."""
        a, b = log(size(x)), log(size(y))
        a, b = a - a.mean(axis=0), b - b.mean()
        return np.linalg.pinv(a.T @ a) @ a.T @ b

    def reference(x, y):
        return centred(x, y)

    def through_the_origin(x, y):
        return np.linalg.lstsq(np.log(np.abs(x)), np.log(np.abs(y)), rcond=None)[0]

    def with_intercept(x, y):
        design = np.column_stack([np.ones(len(y)), np.log(np.abs(x))])
        return np.linalg.lstsq(design, np.log(np.abs(y)), rcond=None)[0]

    def one_by_one(x, y):
        return np.array([reference(column[:, None], y)[0] for column in x.T])

    def not_in_the_logarithm(x, y):
        return np.linalg.lstsq(np.column_stack([np.ones(len(y)), x]), y, rcond=None)[0][1:]

    pairs = np.array([[1.0, 2.0], [2.0, 3.0], [4.0, 1.0], [3.0, 0.5], [0.5, 5.0]])
    signed = pairs * np.array([[1, -1], [-1, 1], [1, 1], [-1, -1], [1, -1]])
    single = np.array([[0.5], [1.0], [2.0], [-4.0]])
    triples = np.array(
        [[1, 2, 4], [2, 1, 3], [3, 3, 1], [0.5, 4, 2], [5, 0.25, 1], [1, 1, 6], [2, 5, 0.5]]
    )

    return Function(
        reference,
        cases=[
            (single, 3 * np.abs(single[:, 0]) ** 0.75),
            (pairs, 6.5 * pairs[:, 0] / pairs[:, 1] ** 2),
            (signed, -0.25 * signed[:, 0] / signed[:, 1]),
            (pairs, np.array([2.0, 1.0, 7.0, 9.0, -0.5])),  # no power law: the best one
            (triples, 5 * triples[:, 0] ** 1.5 * triples[:, 1] ** -0.5),
        ],
        mistakes=[
            (through_the_origin, "The factor c is free: the regression needs a column of ones."),
            (with_intercept, "The first number is log|c|: the exponents alone are asked."),
            (lambda x, y: with_intercept(x, y)[:-1],
             "The first number is log|c|: the exponents alone are asked."),
            (one_by_one, "One regression with all variables together, not one for each."),
            (lambda x, y: np.linalg.lstsq(
                np.column_stack([np.ones(len(y)), np.log(np.abs(x))]), y, rcond=None)[0][1:],
             "y stands in the logarithm, too."),
            (not_in_the_logarithm, "The line is straight in the logarithm of x and of y."),
            (lambda x, y: np.exp(reference(x, y)), "The slopes themselves are the exponents."),
            (lambda x, y: np.round(reference(x, y)), "Exponents need not be whole: no rounding."),
            (lambda x, y: reference(x, y)[::-1], "In the order of the columns of x."),
        ],
        hint="Least squares of log|y| on a column of ones and the columns log|x|; their slopes.",
    )  # fmt: skip
