"""The exercises of notebook 09."""

import numpy as np

from symtut.lab.exercises.kinds import Function, Value


def exercise_1():
    """The state map of the car."""

    def reference(observation):
        angle = np.angle(observation[:, 2] + 1j * observation[:, 3])
        return np.stack([*observation.T[:2], angle, observation[:, 4]], axis=1)

    def with_angle(angle):  # a wrong map that differs in the angle only
        return lambda o: np.column_stack([o[:, :2], angle(o[:, 2], o[:, 3]), o[:, 4:]])

    def seen(*states):
        x, y, psi, v = np.array(states, dtype=float).T
        return np.stack([x, y, np.cos(psi).round(15), np.sin(psi).round(15), v], axis=1)

    return Function(
        reference,
        cases=[
            (seen([1.0, -2.0, 0.5, 0.7]),),
            (seen([0.3, 0.6, -0.9, 1.2], [-1.1, 0.2, 2.5, -0.4]),),
            (seen([0.8, -0.4, -2.2, -1.9], [2.0, 1.5, 1.9, 0.1]),),
            (seen([-0.6, 0.9, np.pi, 0.3]),),
        ],
        mistakes=[
            (
                with_angle(lambda c, s: np.arccos(c)),
                "The cosine alone cannot tell left from right",
            ),
            (with_angle(lambda c, s: np.arcsin(s)), "The sine alone cannot tell front from back."),
            (
                with_angle(lambda c, s: np.arctan(s / c)),
                "The quotient cannot tell front from back.",
            ),
            (with_angle(lambda c, s: np.arctan2(c, s)), "arctan2 takes the sine first."),
            (
                with_angle(lambda c, s: np.arctan2(s, c) % (2 * np.pi)),
                "That is in [0, 2π), not (−π, π].",
            ),
            (
                with_angle(lambda c, s: np.degrees(np.arctan2(s, c))),
                "Those are degrees; radians are asked.",
            ),
            (
                with_angle(lambda c, s: np.sign(s) * np.arccos(c)),
                "All but right: where the sine is 0, so is its sign, and π becomes 0.",
            ),
            (
                lambda o: reference(o)[:, [0, 1, 3, 2]],
                "The heading comes before the speed.",
            ),
            (lambda o: reference(o).T, "One row a state: np.stack(…, axis=1)."),
        ],
        hint="np.arctan2 makes an angle of a sine and a cosine; np.stack(…, axis=1) makes columns.",
        without=["state_from_observation"],
    )


def exercise_2():
    """The mask."""

    def reference(next_state, low, high, angular):
        walls = [i for i in range(len(low)) if not angular[i]]
        return np.array(
            [all(min(s[i] - low[i], high[i] - s[i]) > 1e-5 for i in walls) for s in next_state]
        )

    def inside(s, low, high, near=1e-5):
        return (s > low + near) & (s < high - near)

    bounds = np.array([-np.inf, -np.pi, -2.0]), np.array([np.inf, np.pi, 2.0])
    angular = np.array([False, True, False])
    low_and_high = np.array([0.0, 2.0]), np.array([2.0, 4.0])
    uneven = np.array([0.0, -1.0, -np.pi]), np.array([5.0, np.inf, np.pi])
    return Function(
        reference,
        cases=[
            (np.array([[7.0, 3.0, 2.0], [0.0, 0.1, 1.9]]), *bounds, angular),
            (np.array([[1.0, np.pi, 0.5], [2.0, -np.pi, -2.0], [-9.0, 0, -1.9]]), *bounds, angular),
            (np.array([[0.0, 1.0, 2 - 5e-6], [0.0, 1.0, 1.9999]]), *bounds, angular),
            (np.array([[0.0, 2.0], [2.0, 4.0], [1.0, 3.0]]), *low_and_high, np.array([False] * 2)),
            (
                np.array([[4.0, 9.0, 0.3], [5.0, 0.0, 0.3], [1.0, -1.0, 1.0], [0.0, 2.0, -1.0]]),
                *uneven,
                np.array([False, False, True]),
            ),
            (
                np.array([[0.5, 0.0, -np.pi], [5.0, 0.0, np.pi]]),
                *uneven,
                np.array([False, False, True]),
            ),
        ],
        mistakes=[
            (
                lambda s, low, high, angular: inside(s, low, high).all(1),
                "An angle at ±π has hit no wall: leave angles out.",
            ),
            (
                lambda s, low, high, angular: ((s < high - 1e-5) | angular).all(1),
                "There are lower bounds, too.",
            ),
            (
                lambda s, low, high, angular: ((s > low + 1e-5) | angular).all(1),
                "There are upper bounds, too.",
            ),
            (lambda *a: ~reference(*a), "True should mean: keep it."),
            (
                lambda s, low, high, angular: (((s >= low) & (s <= high)) | angular).all(1),
                "Points exactly on the bound are the cut ones: drop them.",
            ),
            (
                lambda s, low, high, angular: (inside(s, low, high, 0.0) | angular).all(1),
                "What is within 1e-5 of a bound counts as on it.",
            ),
            (
                lambda s, low, high, angular: (inside(s, low, high, -1e-5) | angular).all(1),
                "The margin goes inwards: low + 1e-5 and high − 1e-5.",
            ),
            (
                lambda s, low, high, angular: (inside(s, low, high) | angular).any(1),
                "One coordinate on a wall is enough to cut a transition: .all, not .any.",
            ),
            (
                lambda s, low, high, angular: (inside(s, low, high) | angular).all(0),
                "Ask row by row: axis=1.",
            ),
            (
                lambda s, low, high, angular: inside(s, low, high) | angular,
                "Ask of each row whether all of its numbers are inside: .all(axis=1).",
            ),
            (
                lambda s, low, high, angular: ((np.abs(s) < high - 1e-5) | angular).all(1),
                "The lower bound need not be minus the upper one.",
            ),
            (
                lambda s, low, high, angular: (inside(s, low, high) | ~angular).all(1),
                "The other way round: angles are the ones to leave out.",
            ),
            (
                lambda s, low, high, angular: inside(s, low, high)[:, 2],
                "Any coordinate that is no angle may have a wall.",
            ),
        ],
        hint="Ask of each number whether it is inside or an angle, then of each row whether all "
        "are.",
    )


def exercise_3():
    """The car's step, in the right order."""

    def moved(
        place="new", arrow="new", turned_by="old", turn=lambda psi: np.angle(np.exp(1j * psi))
    ):
        def step(state, action):
            x, y, psi, v = state.T
            speed = 0.95 * v + 0.2 * action[:, 0]
            by = v if turned_by == "old" else speed
            heading = psi + (0.19 * by + 0.04 * action[:, 0]) * action[:, 1]
            way = np.exp(1j * (heading if arrow == "new" else psi))
            point = x + 1j * y + 0.1 * (speed if place == "new" else v) * way
            return np.stack([point.real, point.imag, turn(heading), speed], axis=1)

        return step

    reference = moved()

    def one_sided(psi):
        return np.where(psi > np.pi, psi - 2 * np.pi, psi)

    return Function(
        reference,
        cases=[
            (np.array([[0.3, -0.2, 0.5, 1.2]]), np.array([[0.6, -0.8]])),
            (
                np.array([[0.0, 0.0, 3.1, 1.0], [1.0, -1.0, -3.1, 1.5]]),
                np.array([[0.5, 1.0], [1.0, -1.0]]),
            ),
            (
                np.array([[2.0, 1.0, -1.2, -0.9], [-0.5, 0.7, 2.0, 0.0]]),
                np.array([[-1.0, 0.4], [-0.3, 0.9]]),
            ),
        ],
        mistakes=[
            (
                moved("old", "old"),
                "That moves the car by the old speed and heading; the new ones are wanted.",
            ),
            (
                moved("new", "old"),
                "The speed is the new one, but the heading is still the old one.",
            ),
            (
                moved("old", "new"),
                "The heading is the new one, but the speed is still the old one.",
            ),
            (moved(turned_by="new"), "Δψ is written in the old speed: do not overwrite v before."),
            (moved(turn=lambda psi: psi), "All but right: ψ' may leave (−π, π]; wrap it."),
            (moved(turn=one_sided), "All but right: ψ' may leave (−π, π] on either side; wrap it."),
            (
                moved(turn=lambda psi: psi % (2 * np.pi)),
                "All but right: ψ' is in [0, 2π), not (−π, π].",
            ),
            (
                lambda s, a: reference(s, a[:, ::-1]),
                "The action is throttle a₁, then steering a₂.",
            ),
            (
                lambda s, a: reference(s, a) - s,
                "Those are the increments; add them to the state.",
            ),
        ],
        hint="Speed first, then heading, then position, each from what is already there.",
        without=["true_step"],
    )


def exercise_4():
    """What the numbers mean."""
    return Value(
        np.array([2.0, 0.5, 2.0]),
        mistakes=[
            (np.array([2.0, 0.5, 1.9]), "a2·v has the coefficient Δt·S·0.95: it is v' that turns."),
            (
                np.array([2.0, -0.5, 2.0]),
                "The drag stands with a minus already: D is positive.",
            ),
            (
                np.array([0.2, 0.05, 0.2]),
                "Those are per step; divide by Δt for units of seconds.",
            ),
            (
                np.array([0.2, 0.05, 2.0]),
                "Thrust and drag are per step; divide by Δt for units of seconds.",
            ),
            (
                np.array([2.0, 0.5, 0.4]),
                "a1·a2 has the coefficient Δt·S·(Δt·T); divide by all of it.",
            ),
            (
                np.array([2.0, 0.5, 0.2]),
                "S is in rad/m: divide the coefficient of a₂ v' by Δt, too.",
            ),
            (np.array([20.0, 5.0, 20.0]), "Once Δt is enough: v' − v is Δt times T a₁ − D v."),
            (np.array([2.0, 9.5, 2.0]), "0.95 is what is left of v: 1 − Δt D."),
            (np.array([0.5, 2.0, 2.0]), "The order is T, D, S."),
        ],
        hint="Insert v' = 0.95 v + 0.2 a1 into Δψ and compare the terms.",
        rtol=1e-2,
    )


def exercise_5():
    """The open-loop error."""

    def errors(wrap=lambda angular: angular, power=2, divide=lambda s: s, gather=np.mean):
        """One number at a time; the arguments make wrong answers of it."""

        def result(imagined, real, scale, angular):
            found = []
            for k in range(imagined.shape[1]):
                parts = []
                for n in range(imagined.shape[0]):
                    for i in range(imagined.shape[2]):
                        d = imagined[n, k, i] - real[n, k, i]
                        if wrap(angular[i]):
                            d = np.arctan2(np.sin(d), np.cos(d))
                        parts.append(abs(d / divide(scale[i])) ** power)
                found.append(gather(parts) ** (1 / power))
            return np.array(found)

        return result

    reference = errors()

    def of_squares(mean):
        def result(imagined, real, scale, angular):
            d = imagined - real
            d = np.where(angular, np.angle(np.exp(1j * d)), d) / scale
            return mean(d**2)

        return result

    some = np.random.default_rng(5).uniform(-3, 3, (2, 4, 3, 2)).round(1)
    angle = np.array([True, False])
    return Function(
        reference,
        cases=[
            (np.array([[[3.0, 1.0]]]), np.array([[[-3.0, -4.0]]]), np.array([0.5, 2.0]), angle),
            (
                np.array([[[0.1, 0.2], [-3.0, 0.9]], [[0.5, 3.3], [0.4, -1.0]]]),
                np.array([[[0.0, 0.0], [3.1, 0.1]], [[0.5, 0.1], [0.0, 4.0]]]),
                np.array([0.8, 0.2]),
                angle,
            ),
            (
                np.array([[[0.2, 3.0]], [[0.1, -0.3]], [[5.0, 0.7]]]),
                np.array([[[0.0, -3.1]], [[0.0, 0.3]], [[0.5, 0.6]]]),
                np.array([2.0, 0.4]),
                ~angle,
            ),
            (*some, np.array([1.5, 0.2]), angle),
        ],
        mistakes=[
            (errors(lambda angular: False), "Angles: go by the short way round."),
            (
                errors(lambda angular: True),
                "Only angles go by the short way round; see `angular`.",
            ),
            (errors(lambda angular: not angular), "The other way round: `angular` are to wrap."),
            (errors(divide=lambda s: 1.0), "Divide each coordinate by its spread."),
            (errors(divide=lambda s: s**2), "Divide by the spread before squaring, not after."),
            (errors(power=1), "Square, average, then the root."),
            (errors(gather=np.sum), "Average the squares over starts and coordinates, do not sum."),
            (errors(gather=np.max), "Average the squares; that is the largest error."),
            (errors(gather=np.median), "Average the squares; that is the error in the middle."),
            (of_squares(lambda d: d.mean((0, 2))), "Those are mean squares: take the root."),
            (
                of_squares(lambda d: np.sqrt(d.mean(0)).mean(1)),
                "One mean over starts and coordinates, and one root of it.",
            ),
            (
                of_squares(lambda d: np.sqrt(d.mean(2)).mean(0)),
                "One mean over starts and coordinates, and one root of it.",
            ),
            (
                of_squares(lambda d: np.sqrt(d.mean(0))),
                "Average over the coordinates, too: axes 0 and 2.",
            ),
            (of_squares(lambda d: np.sqrt(d.mean((1, 2)))), "One error a lead: axes 0 and 2."),
            (of_squares(lambda d: np.sqrt(d.mean())), "One error a lead: axes 0 and 2."),
            (of_squares(lambda d: np.sqrt(d.mean((0, 1)))), "One error a lead: axes 0 and 2."),
        ],
        hint="Difference, wrapped where angular, divided by scale; then the mean over axes 0 "
        "and 2.",
    )


def exercise_6():
    """The length."""

    def reference(errors, tolerance, growth, longest):
        """Step by step: one more as long as the next one stays within the tolerance."""
        steps = 0
        while steps < longest:
            lead = steps + 1
            law = errors[-1] * (lead / len(errors)) ** growth
            if (errors[steps] if lead <= len(errors) else law) > tolerance:
                break
            steps = lead
        return steps

    def followed(reach=lambda k: int(k), exponent=lambda p: 1 / p):
        def length(errors, tolerance, growth, longest):
            if (errors > tolerance).any():
                return reference(errors, tolerance, growth, longest)
            k = len(errors) * (tolerance / errors[-1]) ** exponent(growth)
            return min(reach(k), longest)

        return length

    def inside_or(other):
        def length(errors, tolerance, growth, longest):
            if (errors > tolerance).any():
                return min(other(errors, tolerance), longest)
            return reference(errors, tolerance, growth, longest)

        return length

    def steps(*errors):
        return np.array(errors)

    return Function(
        reference,
        cases=[
            (steps(0.01, 0.05, 0.2, 0.09, 0.08, 0.3), 0.1, 1.0, 100),
            (steps(0.01, 0.02, 0.033), 0.1, 1.0, 100),
            (steps(0.01, 0.052), 0.1, 1.0, 100),
            (steps(0.001, 0.004, 0.011), 0.1, 2.0, 100),
            (steps(0.001, 0.004, 0.011), 0.3, 1.5, 100),
            (steps(0.5, 0.6), 0.1, 1.0, 100),
            (steps(1e-6, 2e-6), 0.1, 1.0, 50),
            (steps(0.125, 0.25), 0.5, 1.0, 100),
            (steps(0.125, 0.25), 1.0, 2.0, 100),
            (steps(0.05, 0.1, 0.2), 0.1, 1.0, 100),
            (steps(0.05, 0.1), 0.1, 1.0, 100),
            (steps(0.01, 0.02, 0.03, 0.2), 0.1, 1.0, 2),
            (steps(0.01, 0.02, 0.03), 0.1, 1.0, 2),
        ],
        mistakes=[
            (
                inside_or(lambda e, t: int((e <= t).sum())),
                "An error may come back inside; what counts is the first time that it leaves.",
            ),
            (
                inside_or(
                    lambda e, t: int(np.flatnonzero(e <= t)[-1]) + 1 if (e <= t).any() else 0
                ),
                "An error may come back inside; what counts is the first time that it leaves.",
            ),
            (
                inside_or(lambda e, t: int(np.argmax(e > t)) + 1),
                "That is the first lead outside; the length is the one before it.",
            ),
            (
                inside_or(lambda e, t: max(int(np.argmax(e > t)) - 1, 0)),
                "Leads count from 1: that is one too few.",
            ),
            (
                lambda e, t, g, m: (
                    min(int(np.argmin(e <= t)), m) if (e > t).any() else min(len(e), m)
                ),
                "Inside to the end: follow the power law further.",
            ),
            (lambda e, t, g, m: reference(e, t, g, 10**6), "Never more than longest."),
            (
                lambda e, t, g, m: (
                    int(np.argmax(e > t)) if (e > t).any() else reference(e, t, g, m)
                ),
                "Never more than longest, also where an error is outside.",
            ),
            (
                lambda e, t, g, m: (
                    reference(e, t, g, m) if (e > t).any() else reference(e, t, g, 10**6)
                ),
                "Never more than longest.",
            ),
            (
                lambda e, t, g, m: (
                    min(int(np.argmax(e >= t)), m) if (e >= t).any() else reference(e, t, g, m)
                ),
                "An error of just the tolerance is within it.",
            ),
            (followed(round), "The largest whole k that is still within it: round down."),
            (
                followed(lambda k: int(np.ceil(k))),
                "The largest whole k that is still within it: round down.",
            ),
            (
                followed(lambda k: int(np.ceil(k)) - 1),
                "A k that is whole is still within it.",
            ),
            (followed(exponent=lambda p: 1.0), "The law has an exponent: the root 1/p."),
            (followed(exponent=lambda p: p), "Solved for k, the exponent is 1/p, not p."),
            (followed(lambda k: k), "A number of steps is whole: round down."),
        ],
        hint="Solve tolerance = e(K) (k/K)^p for k, and round down.",
    )
