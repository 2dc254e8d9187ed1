"""The exercises of notebook 09."""

import numpy as np

from symtut.lab.exercises.kinds import Function


def exercise_1() -> Function:
    """The car's table."""

    def short_way(change):
        return np.angle(np.exp(1j * change))

    def table(
        angle=lambda c, s: np.angle(c + 1j * s),
        turn=short_way,
        kept=lambda before, after: np.abs(after[:, 3]) < 2 - 1e-5,
        target=lambda before, after: after - before,
    ):
        """The rule; each argument makes a wrong answer of it."""

        def result(observation, action, next_observation):
            before, after = (
                np.column_stack([o[:, :2], angle(o[:, 2], o[:, 3]), o[:, 4]])
                for o in (observation, next_observation)
            )
            change = target(before, after)
            change = np.column_stack([change[:, :2], turn(change[:, 2]), change[:, 3]])
            return np.column_stack([before, action, change])[kept(before, after)]

        return result

    def seen(*states):
        x, y, psi, v = np.array(states, dtype=float).T
        return np.stack([x, y, np.cos(psi).round(15), np.sin(psi).round(15), v], axis=1)

    def orders(*columns):
        return lambda o, a, n: table()(o, a, n)[:, columns]

    cut, near = "Drop the transitions that end on the speed limit, on either side.", 1.999995
    return Function(
        table(),
        cases=[
            (seen([1, -2, 0.5, 0.7]), np.array([[0.5, -1]]), seen([1.1, -1.9, 0.6, 0.8])),
            (
                seen([0.3, 0.6, 3.1, 1.2], [-1.1, 0.2, -3.0, -0.4]),
                np.array([[0.1, 0.9], [-0.7, 0.3]]),
                seen([0.2, 0.6, -3.1, 1.3], [-1.0, 0.2, 3.1, -0.5]),
            ),
            (
                seen([0, 0, 2.2, 1.9], [2, 1, -1.9, -1.9], [0, 1, 1, 2], [1, 4, -2, 1.8]),
                np.array([[1, 0.2], [-1, 0.4], [-0.5, 0.6], [0.8, -0.1]]),
                seen([0, 0.2, 2.3, near], [2, 0.8, -1.8, -2], [0, 3.2, 1.1, 1.8], [1, 4, -2, 1.95]),
            ),
        ],
        mistakes=[
            (table(lambda c, s: np.arccos(c)), "The cosine alone cannot tell left from right."),
            (table(lambda c, s: np.arcsin(s)), "The sine alone cannot tell front from back."),
            (table(lambda c, s: np.arctan(s / c)), "s/c cannot tell front from back: arctan2."),
            (table(lambda c, s: np.arctan2(c, s)), "np.arctan2 takes the sine first."),
            (table(lambda c, s: np.arctan2(s, c) % (2 * np.pi)), "The heading is in [0, 2π)."),
            (table(turn=lambda d: d), "The heading's increment must go by the short way round."),
            (table(turn=lambda d: d % (2 * np.pi)), "A turn to the right is negative."),
            (table(kept=lambda b, a: np.ones(len(b), dtype=bool)), cut),
            (table(kept=lambda b, a: a[:, 3] < 2 - 1e-5), cut),
            (table(kept=lambda b, a: np.abs(b[:, 3]) < 2 - 1e-5), "Use the speed after the step."),
            (
                table(kept=lambda b, a: (np.abs(np.stack([b, a])[..., 3]) < 2 - 1e-5).all(0)),
                "A step that begins on the limit and leaves it has not been cut: keep it.",
            ),
            (table(kept=lambda b, a: np.abs(a[:, 3]) >= 2 - 1e-5), "Those are the cut ones."),
            (table(kept=lambda b, a: np.abs(a[:, 3]) < 2), "Within 1e-5 of a limit is cut, too."),
            (table(target=lambda b, a: a), "Those are next states; the increments are asked."),
            (table(target=lambda b, a: b - a), "The sign: next state minus state."),
            (orders(6, 7, 8, 9, 0, 1, 2, 3, 4, 5), "The order is state, action, increment."),
            (orders(4, 5, 0, 1, 2, 3, 6, 7, 8, 9), "The order is state, action, increment."),
        ],
        hint="Two states by arctan2, their difference with the angle wrapped, a mask of |v'| < 2.",
        without=("state_from_observation", "difference", "uncut"),
    )


def exercise_2() -> Function:
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
                np.array([[2.0, 1.0, -1.2, -0.9], [-0.5, 0.7, 2.0, 1.98]]),
                np.array([[-1.0, 0.4], [0.9, 0.9]]),
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
            (lambda s, a: reference(s, a)[:, [0, 1, 3, 2]], "The columns are x, y, ψ, v."),
            (lambda s, a: reference(s, a).clip(None, [9, 9, 9, 2]), "No limit here: do not clip."),
        ],
        hint="Speed first, then heading, then position, each from what is already there.",
        without=["true_step"],
    )


def exercise_3() -> Function:
    """The open-loop error."""

    def errors(
        wrap=lambda angular: angular, power=2, divide=lambda s: s, gather=np.mean,
        fed=lambda imagined, truth: imagined, first=0,
    ):  # fmt: skip
        """One number at a time; the arguments make wrong answers of it."""

        def result(predict, real, actions, scale, angular):
            state, found = real[:, 0], []
            for k in range(actions.shape[1]):
                state = predict(state, actions[:, min(k + first, actions.shape[1] - 1)])
                truth, parts = real[:, k + 1], []
                alive = ~np.isnan(truth[:, 0])
                if not alive.any():
                    break
                for n in np.flatnonzero(alive):
                    for i in range(len(scale)):
                        d = state[n, i] - truth[n, i]
                        if wrap(angular[i]):
                            d = np.arctan2(np.sin(d), np.cos(d))
                        parts.append(abs(d / divide(scale[i])) ** power)
                found.append(gather(parts) ** (1 / power))
                state = fed(state, truth)
            return np.array(found)

        return result

    def of_squares(mean, until=np.all, divided_first=False):
        def result(predict, real, actions, scale, angular):
            state, found = real[:, 0], []
            for k in range(actions.shape[1]):
                state = predict(state, actions[:, k])
                unit = scale if divided_first else 1.0
                d = (state - real[:, k + 1]) / unit
                d = np.where(angular, np.angle(np.exp(1j * d)), d) * unit / scale
                if until(np.isnan(d)):
                    break
                found.append(mean(d**2))
            return np.array(found)

        return result

    def rooted(squares, axis=None):
        return np.sqrt(np.nanmean(squares, axis))

    def one_too_few(predict, real, actions, *rest):
        return errors()(predict, real, actions[:, :-1], *rest)

    def to_the_end(*arguments):
        """NaN where no path is left."""
        found = errors()(*arguments)
        return np.append(found, np.full(arguments[2].shape[1] - len(found), np.nan))

    def leaning(state, action):
        return np.stack([state[:, 0] + 0.7 * state[:, 1], 0.9 * state[:, 1] + action[:, 0]], 1)

    def turning(state, action):
        return state[:, ::-1] * np.array([1.0, -0.8]) + action

    generator = np.random.default_rng(5)
    real = generator.uniform(-3, 3, (3, 5, 2)).round(1)
    broken = real.copy()
    broken[0, 2:], broken[1, 4:], broken[2, 4:] = np.nan, np.nan, np.nan
    actions = generator.uniform(-1, 1, (3, 4, 1)).round(1)
    angle, scale = np.array([True, False]), np.array([0.5, 2.0])
    once = "One mean over paths and coordinates, and one root of it."
    return Function(
        errors(),
        cases=[
            (leaning, np.array([[[3.0, 1.0], [-3.0, -4.0]]]), np.array([[[0.5]]]), scale, angle),
            (leaning, real[:2], actions[:2], np.array([0.8, 0.2]), angle),
            (turning, real, actions, np.array([2.0, 0.4]), ~angle),
            (leaning, broken, actions, np.array([1.5, 0.2]), angle),
            (turning, real, actions[:, :2], scale, angle),
        ],
        mistakes=[
            (errors(fed=lambda imagined, truth: truth), "Closed loop: go on from the prediction."),
            (of_squares(lambda d: np.sqrt(d.mean())), "Leave NaN out of the mean: np.nanmean."),
            (
                of_squares(lambda d: rooted(np.nan_to_num(d))),
                "A path that has ended is not a path without error: leave it out of the mean.",
            ),
            (to_the_end, "Stop at the first lead at which no path is left."),
            (errors(first=1), "The first prediction takes the first action, actions[:, 0]."),
            (one_too_few, "That is one lead too few."),
            (errors(lambda angular: False), "Angles: go by the short way round."),
            (errors(lambda angular: True), "Only angles go by the short way round."),
            (errors(lambda angular: not angular), "The other way round: `angular` are to wrap."),
            (errors(divide=lambda s: 1.0), "Divide each coordinate by its spread."),
            (errors(divide=np.sqrt), "Divide by the spread before squaring, not after."),
            (errors(power=1), "Square, average, then the root."),
            (errors(gather=np.sum), "Average the squares over paths and coordinates, do not sum."),
            (errors(gather=np.max), "Average the squares; that is the largest error."),
            (errors(gather=np.median), "Average the squares; that is the error in the middle."),
            (of_squares(np.nanmean), "Those are mean squares: take the root."),
            (of_squares(lambda d: np.nanmean(rooted(d, 0))), once),
            (of_squares(lambda d: np.nanmean(np.sqrt(d.mean(1)))), once),
            (of_squares(lambda d: rooted(d, 0)), "Average over coordinates, too."),
            (of_squares(lambda d: rooted(d, 1)), "One error a lead: average over paths."),
            (of_squares(lambda d: rooted(d.sum(1))), "Average over coordinates, too."),
            (of_squares(rooted, divided_first=True), "Wrap before you divide: 2π is in radians."),
            (of_squares(rooted, np.any), "Go on as long as one path is left, not all of them."),
        ],
        hint="Predict, subtract real[:, k + 1], wrap, divide by scale; np.nanmean; a root.",
        without=("lead_errors", "coordinate_errors"),
    )


def exercise_4() -> Function:
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
            (steps(0.08, 0.02), 0.1, 1.0, 100),
            (steps(0.01, 0.02, 0.03, 0.2), 0.1, 1.0, 2),
            (steps(0.01, 0.02, 0.03), 0.1, 1.0, 2),
        ],
        mistakes=[
            (length(lambda e, t: int((e <= t).sum())), back),
            (length(lambda e, t: 1 + max(np.flatnonzero(e <= t), default=-1)), back),
            (length(lambda e, t: int(np.flatnonzero(e > t)[-1])), "The first one, not the last."),
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
