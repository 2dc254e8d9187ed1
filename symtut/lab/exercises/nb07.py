"""The exercises of notebook 07."""

import numpy as np

from symtut.lab.exercises.kinds import Function


def exercise_1() -> Function:
    """Open places."""

    def reference(arguments):
        stack, found = ["root"], []
        for count in arguments:
            stack.pop()
            stack += ["argument"] * int(count)
            found.append(len(stack))
        return np.array(found)

    terms = [0], [2, 0, 0], [1, 1, 0], [2, 1, 2], [2, 0, 1, 0], [1, 2, 2, 0, 0, 1, 0]
    fills = "Each token also fills one of the open places: its arguments minus one."
    return Function(
        reference,
        cases=[(np.array(term),) for term in terms],
        mistakes=[
            (lambda a: np.cumsum(a), fills),
            (lambda a: np.cumsum(a) + 1, fills),
            (lambda a: np.cumsum(a - 1), "One place is open before the first token."),
            (lambda a: np.cumsum(a - 1) - a + 2,
             "That is how many are open before each token; after it is asked."),
            (lambda a: a, "Places that earlier tokens opened are still open: sum up."),
            (lambda a: reference(a)[-1], "A count after each token is asked, not the last alone."),
            (lambda a: 1 + np.cumsum(a[::-1] - 1)[::-1], "Count from the front."),
        ],
        hint="Each token changes the count by its arguments minus one; at first the root is open.",
    )  # fmt: skip


def exercise_2() -> Function:
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


def exercise_3() -> Function:
    """One step of beam search."""

    def best(table, width):
        """Rows and tokens of the largest entries, largest first."""
        pairs = [(b, v) for b in range(table.shape[0]) for v in range(table.shape[1])]
        pairs.sort(key=lambda pair: table[pair], reverse=True)
        return np.array(pairs[:width]).T

    def of_table(combine):
        return lambda scores, log_p, width: best(combine(scores[:, None], log_p), width)

    def of_flat(turn):
        """From places in the flattened table, and how many rows and columns it has."""
        return lambda s, p, width: turn(np.ravel_multi_index(right(s, p, width), p.shape), *p.shape)

    right = of_table(np.add)

    def reference(scores, log_p, width):
        return right(scores, log_p, width)

    def one_each(scores, log_p, width):
        rows = np.argsort(-scores - log_p.max(1))[:width]
        return np.array([rows, log_p.argmax(1)[rows]])

    return Function(
        reference,
        cases=[
            (np.array([-3.0, -1.0]), np.array([[-0.25, -2.0, -4.0], [-3.5, -0.5, -1.5]]), 2),
            (np.array([-1.0, -3.0]), np.array([[-0.5, -3.0, -9.0], [-0.125, -2.5, -3.5]]), 3),
            (np.array([-2.0]), np.array([[-4.0, -0.25, -np.inf, -1.75]]), 3),
            (np.array([-1.5, -0.5, -4.0]),
             np.array([[-0.75, -0.875], [-1.0, -0.5], [-0.0625, -np.inf]]), 4),
            (np.array([-1.0, -1.25]), np.array([[-2.0, -0.75, -3.0], [-0.25, -3.0, -1.5]]), 1),
        ],
        mistakes=[
            (of_table(lambda score, log_p: log_p + 0 * score),
             "Add the score of the beginning: a likely token after an unlikely start."),
            (one_each,
             "Two of the best may extend the same beginning: compare all of them together."),
            (of_table(np.multiply), "Probabilities are multiplied; their logarithms are added."),
            (of_table(lambda score, log_p: log_p - score), "The score is added, not taken away."),
            (of_table(lambda score, log_p: -log_p - score),
             "Those are the worst: the largest log-probabilities come first."),
            (of_flat(lambda flat, b, v: np.divmod(np.sort(flat), v)),
             "The best comes first: keep the order of the sorting."),
            (of_flat(lambda flat, b, v: (flat % v, flat // v)),
             "The rows come first, then the tokens."),
            (of_flat(lambda flat, b, v: np.stack(np.divmod(flat, v), 1)),
             "Two arrays of `width`: all rows, then all tokens."),
            (of_flat(lambda flat, b, v: flat),
             "Those are places in the flattened table: turn them into rows and tokens."),
            (of_flat(lambda flat, b, v: np.divmod(flat, b)),
             "A row of the table has V entries: divide flat indices by V, not by B."),
            (lambda scores, log_p, width: right(scores, log_p, len(scores)),
             "Keep `width` of them, however many beginnings there are."),
        ],
        hint="Scores of extensions are sums of logarithms; sort all B·V of them together.",
        whole=True,
    )  # fmt: skip


def exercise_4() -> Function:
    """One step of Levenberg–Marquardt."""

    def reference(jacobian, residual, damping):
        """Plain least squares with extra rows that pull towards zero."""
        brake = np.diag(np.sqrt(damping) * np.linalg.norm(jacobian, axis=0))
        rows = np.vstack([jacobian, brake])
        return np.linalg.lstsq(rows, np.append(residual, np.zeros(len(brake))), rcond=None)[0]

    def braked(brake):
        """The step with another brake, made of JᵀJ, its diagonal and the damping."""

        def step(jacobian, residual, damping):
            square = jacobian.T @ jacobian
            matrix = square + brake(square, np.diag(np.diag(square)), damping)
            return np.linalg.solve(matrix, jacobian.T @ residual)

        return step

    slopes = np.array([[1.0, 2.0], [0.0, 1.0], [-1.0, 3.0]])
    return Function(
        reference,
        cases=[
            (np.array([[1.0], [3.0]]), np.array([2.0, -1.0]), 0.5),
            (slopes, np.array([1.0, 2.0, 0.0]), 2.0),
            (slopes, np.array([-3.0, 1.0, 2.0]), 0.0),
            (np.array([[2.0, -1.0, 0.0], [0.0, 3.0, 1.0], [1.0, 1.0, -2.0]]), np.ones(3), 0.25),
        ],
        mistakes=[
            (braked(lambda square, diagonal, damping: damping * np.eye(len(square))),
             "λ times the identity is Levenberg's brake; Marquardt's is in units of J'J."),
            (lambda j, r, d: -reference(j, r, d), "It is data minus model: no minus sign."),
            (braked(lambda square, diagonal, damping: 0.0), "Undamped: that is Gauss-Newton."),
            (braked(lambda square, diagonal, damping: damping * square),
             "The brake is on the diagonal only: λ diag(J'J), not λ J'J."),
            (braked(lambda square, diagonal, damping: damping * np.diag(square)),
             "np.diag(J'J) is a vector, which is added to every row: make a matrix of it."),
            (braked(lambda square, diagonal, damping: damping**2 * diagonal),
             "λ itself stands in the equation, not its square."),
            (braked(lambda square, diagonal, damping: (1 + damping) * diagonal - square),
             "J'J has entries off the diagonal, too: the brake is added to all of it."),
            (lambda j, r, d: j.T @ r, "That is the direction of steepest descent: solve for δ."),
        ],
        hint="Solve the equation above for δ; diag keeps only the diagonal.",
    )  # fmt: skip


def exercise_5() -> Function:
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


def exercise_6() -> Function:
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


def exercise_7() -> Function:
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
