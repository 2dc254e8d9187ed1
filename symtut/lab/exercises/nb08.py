"""The exercises of notebook 08; that on the training loop stands in :mod:`nb08_training`."""

from itertools import permutations

import numpy as np

from symtut.lab.exercises.kinds import Function
from symtut.lab.exercises.nb08_training import exercise_4

__all__ = ["exercise_1", "exercise_2", "exercise_3", "exercise_4", "exercise_5"]


def exercise_1() -> Function:
    """At least once."""

    def reference(p, n):
        return float(sum(p * (1 - p) ** missed for missed in range(n)))  # the draw that hits first

    return Function(
        reference,
        cases=[(0.3, 2), (0.5, 3), (0.0, 10), (1.0, 4), (0.2, 1), (0.01, 64), (1 / 250, 256)],
        mistakes=[
            (
                lambda p, n: p * n,
                "That is how often it comes on average; as a probability it can pass 1.",
            ),
            (
                lambda p, n: min(1.0, p * n),
                "Draws that hit twice are counted twice; cutting at 1 does not mend that.",
            ),
            (lambda p, n: (1 - p) ** n, "That is the probability of missing it every time."),
            (lambda p, n: p**n, "That is the probability of drawing it every single time."),
            (lambda p, n: 1 - p**n, "That is the probability of missing it at least once."),
            (
                lambda p, n: n * p * (1 - p) ** (n - 1),
                "That is the probability of drawing it exactly once; more often counts, too.",
            ),
            (
                lambda p, n: 1 - np.exp(-n * p),
                "That is an approximation for a small p: the misses are (1 − p) each.",
            ),
            (lambda p, n: 1 - (1 - p) ** (n - 1), "There are n draws, not n − 1."),
        ],
        hint="One minus the probability of n misses.",
    )


def exercise_2() -> Function:
    """Find the leak."""

    def names_free(terms):
        """The first in the alphabet of all spellings with other names, without signs."""
        spellings = []
        for order in permutations("012"):
            table = {f"x{i}": f"x{j}" for i, j in enumerate(order)}
            renamed = [tuple(table.get(t, t) for t in term if t != "neg") for term in terms]
            spellings.append(sorted(renamed))
        return min(spellings)

    def leaking(training_set, forbidden):
        wanted = [names_free(terms) for terms in forbidden]
        return [names_free(t) for t in training_set if names_free(t) in wanted]

    def reference(training_set, forbidden):
        return len(leaking(training_set, forbidden))

    def operators_only(training_set, forbidden):
        def plain(terms):
            return sorted(tuple(t for t in term if t[0] != "x") for term in terms)

        return sum(plain(t) in [plain(f) for f in forbidden] for t in training_set)

    def pairs(training_set, forbidden):
        return sum(names_free(t) == names_free(f) for t in training_set for f in forbidden)

    a, b, c = (((f"x{i}",),) for i in range(3))
    sin_a, sin_b, sin_c = ((("sin", f"x{i}"),) for i in range(3))
    cos_a, exp_a, exp_b, exp_minus_a = (
        ((*term,),) for term in (("cos", "x0"), ("exp", "x0"), ("exp", "x1"), ("exp", "neg", "x0"))
    )
    return Function(
        reference,
        cases=[
            ([sin_b, sin_a, cos_a], {sin_a}),
            ([a], {b, c}),
            ([a, sin_a, sin_b, exp_a], {c, sin_c}),
            ([cos_a, exp_a], {sin_a}),
            ([exp_minus_a], {exp_b}),
            ([a + sin_a, b + sin_c], {c + sin_a}),
            ([b + sin_c, b + a + sin_c, a], {c + sin_a}),
            (
                [(("mul", "x1", "sin", "x0"),), (("mul", "x0", "sin", "x0"),)],
                {(("mul", "x0", "sin", "x1"),)},
            ),
        ],  # fmt: skip
        mistakes=[
            (
                lambda t, f: sum(terms in f for terms in t),
                "Equal tuples only: the same sum with other names of variables slips through.",
            ),
            (
                lambda t, f: len(set(map(tuple, leaking(t, f)))),
                "You counted kinds of leaks; a skeleton that leaks twice is two examples.",
            ),
            (lambda t, f: len(t) - reference(t, f), "That is how many do not leak."),
            (
                operators_only,
                "Names do not matter, but which places have the same one does: x + sin(x) is not "
                "y + sin(x).",
            ),
            (pairs, "A skeleton leaks once, however many of the forbidden ones have its key."),
            (lambda t, f: reference(t, f) / len(t), "That is the share; count them."),
        ],
        hint="Compare skeleton_key of both sides.",
    )


class _Thrifty(np.ndarray):
    """An array of (m, n) or thinner that refuses to make, or to be added to, another (m, n)."""

    large: tuple[int, ...] = ()

    def __array_finalize__(self, parent):
        self.large = getattr(parent, "large", ())

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **settings):
        def plain(array):
            return array.view(np.ndarray) if isinstance(array, _Thrifty) else array

        if out:
            settings["out"] = tuple(plain(array) for array in out)
        result = getattr(ufunc, method)(*(plain(array) for array in inputs), **settings)
        both = (self.large, self.large[::-1])
        if self.large and ufunc in (np.add, np.matmul) and np.shape(result) in both:
            raise MemoryError("this forms a matrix as large as W: multiply x by D first")
        return result


def exercise_3() -> Function:
    """The layer with its adapter."""

    def reference(x, W, U, D):
        x, W, U, D = (np.asarray(array) for array in (x, W, U, D))
        return np.einsum("bn,mn->bm", x, W) + np.einsum("bn,rn,mr->bm", x, D, U)

    def numbers(*shape, start):
        """Whole numbers of both signs, in no order."""
        return (np.arange(start, start + np.prod(shape)) * 5 % 11 - 4.0).reshape(shape)

    def case(m, n, r, batch, thrifty=True):
        shapes = (batch, n), (m, n), (m, r), (r, n)
        arrays = [numbers(*shape, start=k) for k, shape in enumerate(shapes)]
        if thrifty:
            arrays = [array.view(_Thrifty) for array in arrays]
            for array in arrays:
                array.large = (m, n)
        return tuple(arrays)

    return Function(
        reference,
        cases=[case(2, 3, 1, 2), case(4, 2, 2, 3), case(3, 5, 2, 1), case(2, 2, 1, 2, False)],
        mistakes=[
            (lambda x, W, U, D: x @ W.T, "The adapter is missing."),
            (lambda x, W, U, D: (x @ D.T) @ U.T, "W is missing: the adapter is added to it."),
            (
                lambda x, W, U, D: x @ W.T * ((x @ D.T) @ U.T),
                "The adapter's output is added to the layer's, not multiplied with it.",
            ),
            (
                lambda x, W, U, D: x @ W.T + (x @ D.T) @ U.T / len(D),
                "The adapter's output is not divided by the rank.",
            ),
            (
                lambda x, W, U, D: x @ W.T - (x @ D.T) @ U.T,
                "The adapter's output is added, not taken away.",
            ),
            (lambda x, W, U, D: reference(x, W, U, D).T, "One row for each input: (B, m)."),
            (
                lambda x, W, U, D: reference(x, W, U, D).sum(0),
                "One row for each input: (B, m), no sum over the batch.",
            ),
            (
                lambda x, W, U, D: reference(x[:1], W, U, D),
                "That is the first input only: the batch has B of them.",
            ),
        ],
        hint="First through D (r numbers a row), then through U; add W's own output.",
    )


def exercise_5() -> Function:
    """Half the points?"""

    def ratio(needed):
        """The ratio of what each needs; ``needed`` gives places among the points."""

        def of_points(points, shares, reference, enough):
            found = []
            for values in (shares, reference):
                places = needed(np.asarray(values), enough)
                found.append(float(points[places[0]]) if len(places) else np.inf)
            if found == [np.inf, np.inf]:
                return np.nan
            return 0.0 if found[1] == np.inf else found[0] / found[1]

        return of_points

    by_masking = ratio(lambda values, enough: np.flatnonzero(values >= enough))

    def reference(points, shares, reference, enough):
        return by_masking(points, shares, reference, enough)

    def settled(values, enough):
        below = np.flatnonzero(values < enough)
        return np.arange(below[-1] + 1 if len(below) else 0, len(values))

    def places(points, shares, reference, enough):
        return by_masking(range(1, len(points) + 1), shares, reference, enough)

    def one_if_neither(points, shares, reference, enough):
        result = by_masking(points, shares, reference, enough)
        return 1.0 if np.isnan(result) else result

    return Function(
        reference,
        cases=[
            ([10, 20, 50, 200], [0.2, 0.95, 1.0, 1.0], [0.1, 0.3, 0.9, 1.0], 0.9),
            ([10, 20, 50], [0.2, 0.4, 0.8], [0.2, 0.9, 0.95], 0.5),
            ([5, 30, 60], [0.1, 0.9, 0.3], [0.8, 0.2, 0.5], 0.75),
            ([10, 20, 50], [0.2, 0.4, 0.5], [0.2, 0.4, 0.95], 0.9),
            ([10, 20, 50], [0.2, 0.4, 0.91], [0.2, 0.4, 0.5], 0.9),
            ([10, 20], [0.2, 0.4], [0.1, 0.3], 0.9),
            ([10, 20], [0.9, 0.9], [0.8, 1.0], 0.8),
        ],
        mistakes=[
            (
                lambda points, s, r, e: points[int(np.argmax(s))] / points[int(np.argmax(r))],
                "That compares where each is best, not where each is good enough first.",
            ),
            (
                lambda points, s, r, e: by_masking(points, r, s, e),
                "The other way round: the proposer's points over the reference's.",
            ),
            (
                ratio(lambda values, enough: np.flatnonzero(values > enough)),
                "A share of exactly `enough` is enough.",
            ),
            (
                ratio(lambda values, enough: np.flatnonzero(values >= enough)[::-1]),
                "That takes the most points with which it is enough: the fewest are asked.",
            ),
            (
                ratio(settled),
                "The fewest points with which it is enough, even if the share falls again later.",
            ),
            (places, "Divide numbers of points, not their places in the list."),
            (one_if_neither, "If neither gets there, nothing can be compared: nan."),
            (
                ratio(lambda values, enough: [np.argmax(values >= enough)]),
                "np.argmax gives 0 as well where no share is enough: that is infinitely many.",
            ),
        ],
        hint="First place where the share is at least `enough`; infinity where there is none.",
    )
