"""The exercises of notebook 12."""

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

    def reference(sigma):
        return np.cbrt(sigma * 6)

    return Function(
        reference,
        cases=[(0.001,), (0.01,), (1e-5,), (0.036,), (0.7,)],
        mistakes=[
            (lambda s: s ** (1 / 3), "The cubic term is θ³/6, not θ³."),
            (lambda s: (s / 6) ** (1 / 3), "w³ = 6 σ: multiply by 6, do not divide."),
            (lambda s: (6 * s) ** 0.5, "Solve w³/6 = σ: that is a cube root."),
            (lambda s: (6 * s) ** 3, "Solve w³/6 = σ: that is a cube root, not a third power."),
            (lambda s: s**3 / 6, "That is the cubic term at an angle of σ; solve w³/6 = σ for w."),
            (lambda s: 6 * s ** (1 / 3), "The 6 belongs under the root, too."),
            (lambda s: 2 * reference(s), "That is the whole width of the range; w is half of it."),
            (lambda s: np.degrees(reference(s)), "Those are degrees; radians are asked."),
            (lambda s: 1.0, "1 // 3 is 0: write 1 / 3."),
            (lambda s: (6 * s) ** 1 / 3, "Write ** (1 / 3): the power binds before the division."),
        ],
        hint="Solve w³ / 6 = σ for w.",
    )


def exercise_4() -> Function:
    """When to infer again."""

    def reference(step_errors, tolerance):
        ordered, half = sorted(step_errors), len(step_errors) // 2
        return bool(ordered[half] + ordered[-half - 1] > 2 * tolerance)

    def above(statistic):
        return lambda errors, tolerance: bool(statistic(errors) > tolerance)

    return Function(
        reference,
        # No median lies on the tolerance, and with even numbers both middle errors are on one side.
        cases=[
            (np.array([0.01, 0.02, 0.01, 3.0, 0.02]), 0.1),
            (np.array([0.3, 0.2, 0.4, 0.0, 0.5]), 0.1),
            (np.array([0.01, 0.02, 6.0, 0.03, 5.0]), 0.1),
            (np.array([2.0, 1.0, 0.01, 0.02, 3.0]), 0.1),
            (np.array([0.11, 0.0, 0.0, 0.12, 0.13]), 0.1),
            (np.array([0.3, 0.2, 0.4]), 0.1),
            (np.array([0.0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]), 0.1),
            (np.array([2e-6, 3e-6, 1e-6, 4e-6]), 1e-6),
            (np.array([2.0, 3.0, 1.0, 4.0]), 5.0),
            (np.array([0.2, 0.3, 0.001, 9.0, 0.4, 0.1]), 0.5),
        ],
        mistakes=[
            (above(np.max), "One clipped transition would trigger it every time."),
            (above(np.mean), "A mean follows a single gross error; use the median."),
            (above(np.min), "It must not wait until every step is wrong; use the median."),
            (
                above(lambda e: np.quantile(e, 0.9)),
                "The median has half of the errors below it, not nine tenths.",
            ),
            (
                above(lambda e: np.sqrt(np.mean(e**2))),
                "A mean of squares follows a single gross error; use the median.",
            ),
            (above(lambda e: e[-1]), "One step alone may be an outlier; use the median of all."),
            (
                above(lambda e: e[len(e) // 2]),
                "That is the error in the middle of the time: sort, or use np.median.",
            ),
            (
                lambda e, t: not reference(e, t),
                "That is the opposite: it fails if the error is large.",
            ),
            (lambda e, t: bool(np.median(e) > 0.1), "Use the tolerance that is given."),
            (lambda e, t: bool(np.median(e) > 1e-3), "Use the tolerance that is given."),
        ],
        hint="np.median, and a comparison.",
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
