"""The exercises of notebook 07; those from its constants on stand in :mod:`nb07_numbers`."""

import numpy as np

from symtut.lab.exercises.kinds import Function
from symtut.lab.exercises.nb07_numbers import exercise_4, exercise_5, exercise_6, exercise_7

__all__ = [
    "exercise_1", "exercise_2", "exercise_3", "exercise_4", "exercise_5", "exercise_6",
    "exercise_7",
]  # fmt: skip


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
