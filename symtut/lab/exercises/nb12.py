"""The exercises of notebook 12."""

import functools

import numpy as np

from symtut.lab.exercises.kinds import Function


def exercise_1() -> Function:
    """The noise of an increment."""

    def reference(sigma, rate, dt):
        return (sigma**2 + sigma**2) ** 0.5 / (rate * dt)  # variances of the two readings add

    return Function(
        reference,
        cases=[(0.01, 2.0, 0.05), (0.1, 4.0, 0.1), (0.003, 5.0, 0.02), (0.2, 0.5, 0.25)],
        mistakes=[
            (
                lambda s, r, dt: s / (r * dt),
                "Both readings are noisy, the one before and the one after.",
            ),
            (lambda s, r, dt: 2 * s / (r * dt), "Variances add, not standard deviations."),
            (
                lambda s, r, dt: s / np.sqrt(2) / (r * dt),
                "That is the noise of a mean; a difference has more than one reading, not less.",
            ),
            (lambda s, r, dt: 0.0, "Independent noises do not cancel in a difference."),
            (
                lambda s, r, dt: np.sqrt(2) * s / r,
                "The increment is the rate times the time step.",
            ),
            (
                lambda s, r, dt: np.sqrt(2) * s / r * dt,
                "Divide by the time step, too: s / (r * dt), not s / r * dt.",
            ),
            (
                lambda s, r, dt: np.sqrt(2) * s,
                "That is the noise of the increment; divide it by the typical increment.",
            ),
            (
                lambda s, r, dt: 2 * s**2 / (r * dt) ** 2,
                "That is a ratio of variances: take the root.",
            ),
            (
                lambda s, r, dt: (r * dt) / (np.sqrt(2) * s),
                "Upside down: the noise over the increment.",
            ),
            (lambda s, r, dt: 100 * np.sqrt(2) * s / (r * dt), "A ratio is asked, not percent."),
        ],
        hint="Variances of independent noises add; the increment is rate × time step.",
    )


def exercise_2() -> Function:
    """A model with an edge."""

    def reference(speed, increment, bound):
        return np.minimum(np.maximum(speed + increment, -bound), bound)

    def bounced(v, dv, b):
        after = v + dv
        return np.where(after > b, 2 * b - after, np.where(after < -b, -2 * b - after, after))

    return Function(
        reference,
        cases=[
            (np.array([7.9, -7.9, 0.0, 7.0]), np.array([0.5, -0.5, 1.0, 0.5]), 8.0),
            (np.array([1.5, -1.0, -1.9, 0.3]), np.array([1.0, 0.2, -0.4, -0.1]), 2.0),
            (np.array([-4.0, 5.0, 2.0]), np.array([7.0, -6.5, -8.0]), 5.0),
        ],
        mistakes=[
            (
                lambda v, dv, b: v + np.clip(dv, -b, b),
                "The stop acts on the speed, not on its change.",
            ),
            (
                lambda v, dv, b: np.clip(v, -b, b) + dv,
                "The stop acts on the new speed, not on the old one.",
            ),
            (lambda v, dv, b: np.minimum(v + dv, b), "There is a stop on the other side, too."),
            (lambda v, dv, b: np.maximum(v + dv, -b), "There is a stop on the other side, too."),
            (lambda v, dv, b: v + dv, "Nothing stops it: cut the new speed at the bound."),
            (
                lambda v, dv, b: np.clip(dv, -b, b),
                "That is the change of the speed; add it to the speed.",
            ),
            (
                lambda v, dv, b: np.where(np.abs(v + dv) > b, v, v + dv),
                "It does not stay where it was: it goes up to the stop.",
            ),
            (
                lambda v, dv, b: np.where(np.abs(v + dv) > b, 0.0, v + dv),
                "It does not stand still: it goes on at the speed of the stop.",
            ),
            (
                lambda v, dv, b: np.minimum(np.abs(v + dv), b),
                "A speed keeps its sign: the stop on the other side is at −bound.",
            ),
            (bounced, "It does not bounce: it stays at the stop."),
            (
                lambda v, dv, b: (v + dv + b) % (2 * b) - b,
                "Angles wrap; a speed goes up to the stop.",
            ),
            (lambda v, dv, b: np.clip(v + dv, -8, 8), "Use the bound that is given."),
        ],
        hint="np.clip of the new speed.",
    )


def exercise_3() -> Function:
    """How small is too small?"""

    def reference(sigma, n, z):
        return np.cbrt(6 * z * sigma * np.sqrt(175 / (4 * n)))

    return Function(
        reference,
        cases=[
            (0.001, 200, 2.0),
            (0.01, 50, 3.0),
            (1e-5, 1000, 1.0),
            (0.05, 400, 2.5),
            (0.2, 9, 1),
        ],
        mistakes=[
            (
                lambda s, n, z: reference(s, 1, z),
                "Many points help: the standard error is σ / √n.",
            ),
            (lambda s, n, z: reference(s, n * n, z), "The standard error falls with √n, not n."),
            (lambda s, n, z: reference(s, n, 1.0), "Use the number of standard errors, z."),
            (
                lambda s, n, z: (z * s / np.sqrt(n) / (3 * np.sqrt(175))) ** (1 / 3),
                "w³ = 3 √175 · z σ / √n: multiply, do not divide.",
            ),
            (lambda s, n, z: reference(s, n, z) ** 1.5, "A cube root, not a square root."),
            (
                lambda s, n, z: reference(s, n, z) ** 3,
                "That is w³: take the cube root.",
            ),
            (
                lambda s, n, z: (6 * z * s / np.sqrt(n)) ** (1 / 3),
                "The line takes up most of θ³/6: what is left is w³ / (3 √175).",
            ),
            (
                lambda s, n, z: (np.sqrt(175) * z * s / np.sqrt(n)) ** (1 / 3),
                "The 3 is missing: what is left is w³ / (3 √175).",
            ),
            (
                lambda s, n, z: (3 * 175 * z * s / np.sqrt(n)) ** (1 / 3),
                "The root of 175, not 175.",
            ),
            (lambda s, n, z: 2 * reference(s, n, z), "That is the whole width; w is half of it."),
            (lambda s, n, z: np.degrees(reference(s, n, z)), "Those are degrees, not radians."),
            (
                lambda s, n, z: reference(s, n, z) ** 3 / 3,
                "Write ** (1 / 3): the power binds before the division.",
            ),
            (lambda s, n, z: 1.0, "1 // 3 is 0: write 1 / 3."),
        ],
        hint="Solve w³ / (3 √175) = z σ / √n for w.",
    )


def _following(
    fit, x, y, every, tolerance, *,
    middle=np.median, since=lambda start: start, tested=True, signed=False, at=lambda end: end,
    first=True, always=False,
):  # fmt: skip
    """The loop that fits anew, and what it becomes with a mistake in it."""
    predict, errors, refits = fit(x[:every], y[:every]), [], []
    for start in range(every, len(x), every):
        block = slice(start, min(start + every, len(x)))
        missed = y[block] - predict(x[block])
        failed = always or middle(missed if signed else np.abs(missed)) > tolerance
        if failed:
            used = slice(since(start), block.stop)
            predict = fit(x[used], y[used])
            refits.append(at(block.stop))
        if failed and not tested:
            missed = y[block] - predict(x[block])
        errors.append(missed if signed else np.abs(missed))
    if not first:
        errors.insert(0, np.abs(y[:every] - fit(x[:every], y[:every])(x[:every])))
    return np.concatenate(errors), refits


def _mean(x, y):
    """A model that predicts what it has seen on average."""
    level = np.mean(y)
    return lambda x: np.full(len(x), level)


def _slope(x, y):
    """A line through the origin."""
    slope = (x[:, 0] * y).sum() / (x[:, 0] ** 2).sum()
    return lambda x: slope * x[:, 0]


def exercise_4() -> Function:
    """When to infer again."""

    def reference(fit, x, y, every, tolerance):
        return _following(fit, x, y, every, tolerance)

    def but(**mistake):
        return functools.partial(_following, **mistake)

    def case(fit, levels, every, tolerance, odd):
        """Blocks of these levels; ``odd`` tells by how much some single values are off."""
        x = 1.0 + np.arange(float(every * len(levels)))[:, None] % 3
        y = np.repeat(np.asarray(levels, dtype=float), every)
        y = y * (x[:, 0] if fit is _slope else 1.0) + 0.01 * (np.arange(len(y)) % 2)
        for place, amount in odd.items():
            y[place] += amount
        return fit, x, y, every, tolerance

    short = case(_mean, (1, 1, 4, 4), 4, 0.5, {})
    return Function(
        reference,
        cases=[
            case(_mean, (1, 1, 3, 3, 3, 1), 5, 0.1, {7: 50, 12: -2, 18: 50}),
            case(_slope, (0.5, 0.5, -1, -1, 0.2, 0.2), 3, 0.05, {5: 50}),
            case(_mean, (0, 0.3, 0.6, 2, 2.4, 2.4), 4, 1.0, {6: 2}),
            (short[0], short[1][:-2], short[2][:-2], 4, 0.5),  # the last block is shorter
        ],
        mistakes=[
            (but(tested=False), "Keep the errors from before the new fit: first the test."),
            (but(middle=np.mean), "A mean follows a single outlier; use the median."),
            (but(middle=np.max), "One outlier would trigger it; use the median."),
            (but(middle=np.min), "It must not wait until every step is wrong; use the median."),
            (but(middle=lambda e: e[-1]), "One step alone may be an outlier; use the median."),
            (but(since=lambda start: 0), "Fit to this block alone: older steps may be outdated."),
            (but(signed=True), "Absolute errors: a model that predicts too much fails, too."),
            (but(at=lambda end: end - 1), "The step of a new fit is the end of its block."),
            (
                lambda fit, x, y, every, t: _following(
                    fit, x, y, every, t, at=lambda end: (end - 1) // every * every
                ),
                "A block is known at its end: note start + its length.",
            ),
            (but(first=False), "The first block is for the first fit; its errors do not count."),
            (but(always=True), "Fit anew only if the median is above the tolerance."),
            (
                lambda fit, x, y, every, t: _following(fit, x, y, every, np.inf),
                "It never fits anew: compare the median with the tolerance, and keep the new fit.",
            ),
            (
                lambda *case: _following(*case)[::-1],
                "The errors come first, then the steps of new fits.",
            ),
            (lambda *case: _following(*case)[0], "Return both: the errors, and the steps."),
        ],
        hint="For each block: predict, keep the absolute errors, then decide by their median.",
    )


def exercise_5() -> Function:
    """Memory."""

    def pairs(turn, episode, used=lambda turn, t: turn[t - 1], row=lambda t: t):
        kept = [t for t in range(1, len(turn)) if episode[t] == episode[t - 1]]
        return np.array([[row(t) for t in kept], [used(turn, t) for t in kept]], dtype=float)

    def reference(turn, episode):
        return pairs(turn, episode)

    def with_zeros(turn, episode):
        first = np.r_[True, episode[1:] != episode[:-1]]
        return np.stack([np.arange(len(turn)), np.where(first, 0.0, np.r_[0.0, turn[:-1]])])

    return Function(
        reference,
        cases=[
            (np.array([0.1, 0.2, 0.3, 0.4]), np.array([0, 0, 1, 1])),
            (np.array([0.5, -0.2, 0.3]), np.array([0, 0, 0])),
            (np.array([0.4, 0.9, -0.7, 0.1, -0.3, 0.6]), np.array([2, 2, 2, 5, 7, 7])),
            (np.array([-0.1, 0.8, 0.2, -0.5]), np.array([3, 4, 4, 4])),
        ],
        mistakes=[
            (
                lambda d, e: np.stack([np.arange(1, len(d)), d[:-1]]),
                "The first step of an episode has no predecessor: what stands before it in the "
                "table belongs to another episode.",
            ),
            (
                lambda d, e: pairs(d, e, lambda d, t: d[t]),
                "That is the turn itself, which is what is to be predicted.",
            ),
            (
                lambda d, e: pairs(d, e, lambda d, t: d[t] - d[t - 1]),
                "The turn before is asked, not the change of the turn.",
            ),
            (
                lambda d, e: pairs(d, e, lambda d, t: d[(t + 1) % len(d)]),
                "That is the turn after; the turn before is asked.",
            ),
            (
                lambda d, e: pairs(d, e, row=lambda t: t - 1),
                "Those are the rows of the predecessors; the rows that have one are asked.",
            ),
            (
                lambda d, e: pairs(d, e, lambda d, t: d[t], lambda t: t - 1),
                "Those are rows that have a successor; the rows that have a predecessor are asked.",
            ),
            (lambda d, e: reference(d, e)[::-1], "The rows come first, then the turns."),
            (lambda d, e: reference(d, e).T, "One array of rows, one of turns: not pairs of them."),
            (with_zeros, "A row without a predecessor is left out, not filled with zero."),
            (lambda d, e: reference(d, e)[1], "Return both: the rows, and the turn before each."),
        ],
        hint="rows where episode equals that of the row before; the turn at rows − 1.",
    )
