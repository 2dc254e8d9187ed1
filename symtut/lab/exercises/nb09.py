"""The exercises of notebook 09."""

import numpy as np

from symtut.lab.exercises.kinds import Function, Value


def exercise_1() -> Function:
    """The state map of the car."""

    def reference(observation):
        angle = np.angle(observation[:, 2] + 1j * observation[:, 3])
        return np.stack([*observation.T[:2], angle, observation[:, 4]], axis=1)

    def turned(angle):  # a wrong map that differs in the angle only
        return lambda o: np.column_stack([o[:, :2], angle(o[:, 2], o[:, 3]), o[:, 4:]])

    def seen(*states):
        x, y, psi, v = np.array(states, dtype=float).T
        return np.stack([x, y, np.cos(psi).round(15), np.sin(psi).round(15), v], axis=1)

    def by_sign(c, s):
        return np.sign(s) * np.arccos(c)

    return Function(
        reference,
        cases=[
            (seen([1.0, -2.0, 0.5, 0.7]),),
            (seen([0.3, 0.6, -0.9, 1.2], [-1.1, 0.2, 2.5, -0.4]),),
            (seen([0.8, -0.4, -2.2, -1.9], [2.0, 1.5, 1.9, 0.1]),),
            (seen([-0.6, 0.9, np.pi, 0.3]),),
        ],
        mistakes=[
            (turned(lambda c, s: np.arccos(c)), "The cosine alone cannot tell left from right."),
            (turned(lambda c, s: np.arcsin(s)), "The sine alone cannot tell front from back."),
            (turned(lambda c, s: np.arctan(s / c)), "The quotient cannot tell front from back."),
            (turned(lambda c, s: np.arctan2(c, s)), "arctan2 takes the sine first."),
            (turned(lambda c, s: np.arctan2(s, c) % (2 * np.pi)), "That is in [0, 2π)."),
            (turned(lambda c, s: np.degrees(np.arctan2(s, c))), "Those are degrees, not radians."),
            (turned(by_sign), "All but right: where the sine is 0, so is its sign: π becomes 0."),
            (lambda o: reference(o)[:, [0, 1, 3, 2]], "The heading comes before the speed."),
            (lambda o: reference(o).T, "One row a state: np.stack(…, axis=1)."),
        ],
        hint="np.arctan2 makes an angle of a sine and a cosine; np.stack(…, axis=1) makes columns.",
        without=["state_from_observation"],
    )


def exercise_2() -> Function:
    """The mask."""

    def reference(next_state, low, high, angular):
        walls = [i for i in range(len(low)) if not angular[i]]
        return np.array(
            [all(min(s[i] - low[i], high[i] - s[i]) > 1e-5 for i in walls) for s in next_state]
        )

    def inside(s, low, high, near=1e-5):
        return (s > low + near) & (s < high - near)

    low, high = np.array([-np.inf, -np.pi, -2.0]), np.array([np.inf, np.pi, 2.0])
    middle = np.array([False, True, False])
    uneven = np.array([0.0, -1.0, -np.pi]), np.array([5.0, np.inf, np.pi]), middle[[0, 0, 1]]
    no_angle = np.array([0.0, 2.0]), np.array([2.0, 4.0]), middle[[0, 0]]
    lower, upper = "There are lower bounds, too.", "There are upper bounds, too."
    on_it = "Points exactly on the bound are the cut ones: drop them."
    return Function(
        reference,
        cases=[
            (np.array([[7.0, 3.0, 2.0], [0.0, 0.1, 1.9]]), low, high, middle),
            (np.array([[1, np.pi, 0.5], [2, -np.pi, -2], [-9, 0, -1.9]]), low, high, middle),
            (np.array([[0.0, 1.0, 2 - 5e-6], [0.0, 1.0, 1.9999]]), low, high, middle),
            (np.array([[0.0, 2.0], [2.0, 4.0], [1.0, 3.0]]), *no_angle),
            (np.array([[4, 9, 0.3], [5, 0, 0.3], [1, -1, 1], [0, 2, -1.0]]), *uneven),
            (np.array([[0.5, 0.0, -np.pi], [5.0, 0.0, np.pi]]), *uneven),
        ],
        mistakes=[
            (lambda s, b, t, a: inside(s, b, t).all(1), "An angle at ±π has hit no wall."),
            (lambda s, b, t, a: ((s < t - 1e-5) | a).all(1), lower),
            (lambda s, b, t, a: ((s > b + 1e-5) | a).all(1), upper),
            (lambda *a: ~reference(*a), "True should mean: keep it."),
            (lambda s, b, t, a: (((s >= b) & (s <= t)) | a).all(1), on_it),
            (lambda s, b, t, a: (inside(s, b, t, 0.0) | a).all(1), "On it: within 1e-5 of it."),
            (
                lambda s, b, t, a: (inside(s, b, t) | a).any(1),
                "One coordinate on a wall is enough to cut a transition: .all, not .any.",
            ),
            (lambda s, b, t, a: (inside(s, b, t) | a).all(0), "Ask row by row: axis=1."),
            (
                lambda s, b, t, a: inside(s, b, t) | a,
                "Ask of each row whether all of its numbers are inside: .all(axis=1).",
            ),
            (
                lambda s, b, t, a: ((np.abs(s) < t - 1e-5) | a).all(1),
                "The lower bound need not be minus the upper one.",
            ),
            (lambda s, b, t, a: (inside(s, b, t) | ~a).all(1), "Angles are the ones to leave out."),
        ],
        hint="Is each number inside or an angle? Then of each row: are all of them?",
    )


def exercise_3() -> Function:
    """The car's step, in the right order."""

    def short_way(psi):
        return np.angle(np.exp(1j * psi))

    def one_sided(psi):
        return np.where(psi > np.pi, psi - 2 * np.pi, psi)

    def moved(place="new", arrow="new", turned_by="old", turn=short_way):
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
            (moved("old", "old"), "The car moves by the new speed and heading, not the old ones."),
            (moved("new", "old"), "The speed is the new one, but the heading is still the old."),
            (moved("old", "new"), "The heading is the new one, but the speed is still the old."),
            (moved(turned_by="new"), "Δψ is written in the old speed: do not overwrite v before."),
            (moved(turn=lambda psi: psi), "All but right: ψ' may leave (−π, π]; wrap it."),
            (moved(turn=one_sided), "All but right: ψ' may leave (−π, π] on either side; wrap it."),
            (moved(turn=lambda psi: psi % (2 * np.pi)), "All but right: ψ' is in [0, 2π)."),
            (lambda s, a: reference(s, a[:, ::-1]), "The action is throttle a₁, then steering a₂."),
            (lambda s, a: reference(s, a) - s, "Those are the increments; add them to the state."),
        ],
        hint="Speed first, then heading, then position, each from what is already there.",
        without=["true_step"],
    )


def exercise_4() -> Value:
    """What the numbers mean."""
    per_step = "Those are per step; divide by Δt for units of seconds."
    return Value(
        np.array([2.0, 0.5, 2.0]),
        mistakes=[
            ([2.0, 0.5, 1.9], "a2·v has the coefficient Δt·S·0.95: it is v' that turns."),
            ([2.0, -0.5, 2.0], "The drag stands with a minus already: D is positive."),
            ([0.2, 0.05, 0.2], per_step),
            ([0.2, 0.05, 2.0], per_step),
            ([2.0, 0.5, 0.4], "a1·a2 has the coefficient Δt·S·(Δt·T); divide by all of it."),
            ([2.0, 0.5, 0.2], "S is in rad/m: divide the coefficient of a₂ v' by Δt, too."),
            ([20.0, 5.0, 20.0], "Once Δt is enough: v' − v is Δt times T a₁ − D v."),
            ([2.0, 9.5, 2.0], "0.95 is what is left of v: 1 − Δt D."),
            ([0.5, 2.0, 2.0], "The order is T, D, S."),
        ],
        hint="Insert v' = 0.95 v + 0.2 a1 into Δψ and compare the terms.",
        rtol=1e-2,
    )


def exercise_5() -> Function:
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

    def of_squares(mean):
        def result(imagined, real, scale, angular):
            d = imagined - real
            d = np.where(angular, np.angle(np.exp(1j * d)), d) / scale
            return mean(d**2)

        return result

    some = np.random.default_rng(5).uniform(-3, 3, (2, 4, 3, 2)).round(1)
    angle = np.array([True, False])
    once, a_lead = "One mean over starts and coordinates, and one root of it.", "One error a lead"
    return Function(
        errors(),
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
            (errors(lambda angular: True), "Only angles go by the short way round."),
            (errors(lambda angular: not angular), "The other way round: `angular` are to wrap."),
            (errors(divide=lambda s: 1.0), "Divide each coordinate by its spread."),
            (errors(divide=lambda s: s**2), "Divide by the spread before squaring, not after."),
            (errors(power=1), "Square, average, then the root."),
            (errors(gather=np.sum), "Average the squares over starts and coordinates, do not sum."),
            (errors(gather=np.max), "Average the squares; that is the largest error."),
            (errors(gather=np.median), "Average the squares; that is the error in the middle."),
            (of_squares(lambda d: d.mean((0, 2))), "Those are mean squares: take the root."),
            (of_squares(lambda d: np.sqrt(d.mean(0)).mean(1)), once),
            (of_squares(lambda d: np.sqrt(d.mean(2)).mean(0)), once),
            (of_squares(lambda d: np.sqrt(d.mean(0))), "Average over coordinates, too."),
            (of_squares(lambda d: np.sqrt(d.mean((1, 2)))), f"{a_lead}: average axes 0 and 2."),
            (of_squares(lambda d: np.sqrt(d.mean())), f"{a_lead}: average axes 0 and 2."),
        ],
        hint="Difference, wrapped where angular, divided by scale; mean over axes 0 and 2; root.",
    )


def exercise_6() -> Function:
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

    def length(outside=None, inside=None, leaves=np.greater):
        """Right but for what is given: (errors, tolerance) -> lead, (k, longest) -> length."""

        def rule(errors, tolerance, growth, longest):
            if leaves(errors, tolerance).any():
                found = outside or (lambda e, t: int(np.argmax(leaves(e, t))))
                return min(found(errors, tolerance), longest)
            k = len(errors) * (tolerance / errors[-1]) ** (1 / growth)
            return inside(k, longest) if inside else reference(errors, tolerance, growth, longest)

        return rule

    def steps(*errors):
        return np.array(errors)

    back = "An error may come back inside; what counts is the first time that it leaves."
    down, most = "The largest whole k that is still within: round down.", "Never more than longest."
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
            (length(lambda e, t: int((e <= t).sum())), back),
            (length(lambda e, t: 1 + max(np.flatnonzero(e <= t), default=-1)), back),
            (length(lambda e, t: int(np.argmax(e > t)) + 1), "The lead before the first outside."),
            (length(lambda e, t: max(int(np.argmax(e > t)) - 1, 0)), "That is one too few."),
            (
                lambda e, t, g, m: min(int(np.sum(np.cumprod(e <= t))), m),
                "Inside to the end: follow the power law further.",
            ),
            (lambda e, t, g, m: reference(e, t, g, 10**6), most),
            (length(inside=lambda k, m: int(k)), most),
            (
                lambda e, t, g, m: reference(e, t, g, 10**6 if (e > t).any() else m),
                "Never more than longest, also where an error is outside.",
            ),
            (length(leaves=np.greater_equal), "An error of just the tolerance is within it."),
            (length(inside=lambda k, m: min(round(k), m)), down),
            (length(inside=lambda k, m: min(int(np.ceil(k)), m)), down),
            (length(inside=lambda k, m: min(k, m)), "A number of steps is whole: round down."),
            (length(inside=lambda k, m: min(np.ceil(k) - 1, m)), "A whole k is still within."),
            (lambda e, t, g, m: reference(e, t, 1.0, m), "The law has an exponent: the root 1/p."),
            (lambda e, t, g, m: reference(e, t, 1 / g, m), "The exponent for k is 1/p, not p."),
        ],
        hint="Solve tolerance = e(K) (k/K)^p for k, and round down.",
    )
