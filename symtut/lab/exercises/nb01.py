"""The exercises of notebook 01."""

import numpy as np

from symtut.lab.exercises.kinds import Function, Value
from symtut.lab.scenes.nb01_small_worlds import MOVES, slippery_grid


def exercise_1() -> Value:
    """Two steps on ice."""
    world = slippery_grid()
    north = world.mdp.tau[:, list(MOVES).index("north")]  # (S, S)
    return Value(
        float((world.mdp.p0 @ north @ north)[world.state(4, 1)]),
        mistakes=[
            (0.1, "That is the first step alone. Who slipped to the west stands at S again."),
            (0.19, "Right if the crumbs lay beside both cells; east of the second is a wall."),
            (0.2, "Right if the crumbs lay beside both cells; east of the second is a wall."),
            (0.01, "That is the second step alone: the first may lead there at once."),
            (0.09, "That is for a walk that falls into the crumbs in its second step only."),
        ],
        hint="Two ways lead into the crumbs: add their chances.",
    )


def exercise_2() -> Function:
    """The return."""

    def reference(rewards, gamma):
        total = 0.0
        for reward in reversed(rewards):  # from the end: the return of what is left
            total = reward + gamma * total
        return total

    return Function(
        reference,
        cases=[
            (np.array([1.0, 2.0, 4.0]), 0.5),
            (np.array([0.0, 0.25, -1.0]), 0.9),
            (np.array([3.0]), 0.5),
            (np.array([-2.0, 1.0, 0.0, 5.0]), 1.0),
        ],
        mistakes=[
            (
                lambda r, g: g * reference(r, g),
                "The first reward is not discounted: its exponent is 0.",
            ),
            (lambda r, g: np.sum(r), "That is the plain sum: later rewards should count less."),
            (
                lambda r, g: reference(r[::-1], g),
                "Backwards: the last reward should count least.",
            ),
            (
                lambda r, g: reference(r, g) / len(r),
                "The return is a sum over the steps, not a mean.",
            ),
            (
                lambda r, g: r[0] + g * np.sum(r[1:]),
                "Each step discounts once more: gamma to the power of the step.",
            ),
        ],
        hint="Multiply by gamma to the power 0, 1, 2, …, and add up.",
    )


def exercise_3() -> Function:
    """One sweep of value iteration."""

    def reference(tau, rho, values, gamma, best=max):
        result = []
        for chances, rewards in zip(tau, rho, strict=True):
            q = [
                sum(p * (r + gamma * v) for p, r, v in zip(row, gain, values, strict=True))
                for row, gain in zip(chances, rewards, strict=True)
            ]
            result.append(best(q))
        return np.array(result)

    draw = np.random.default_rng(1)
    chances = draw.random((3, 2, 3))
    return Function(
        reference,
        cases=[
            (np.array([[[1.0], [1.0]]]), np.array([[[1.0], [-3.0]]]), np.array([2.0]), 0.5),
            (
                np.array([[[0.5, 0.5], [0.0, 1.0]], [[1.0, 0.0], [0.2, 0.8]]]),
                np.array([[[1.0, 0.0], [0.0, 2.0]], [[0.0, 0.0], [0.0, -1.0]]]),
                np.array([4.0, 2.0]),
                0.9,
            ),
            (
                chances / chances.sum(2, keepdims=True),
                draw.normal(size=(3, 2, 3)) - 3,
                np.array([-1.0, -5.0, 2.0]),
                0.8,
            ),
        ],
        mistakes=[
            (
                lambda t, r, v, g: reference(t, r, v, g, best=lambda q: sum(q) / len(q)),
                "That is the mean over actions: the value of random play. The best action is a "
                "max.",
            ),
            (lambda t, r, v, g: reference(t, r, v, g, best=sum), "Not a sum over actions: a max."),
            (lambda t, r, v, g: reference(t, r, v, 1.0), "The next value is not discounted."),
            (
                lambda t, r, v, g: (r + g * v).max(axis=(1, 2)),
                "You cannot choose where the ice takes you: a mean over next states, weighted by "
                "tau.",
            ),
            (
                lambda t, r, v, g: reference(t, r, v, 0.0),
                "That is the next reward alone: add gamma V.",
            ),
            (
                lambda t, r, v, g: reference(t, 0 * r, v, g),
                "The reward of the step itself is missing.",
            ),
            (
                lambda t, r, v, g: reference(t, r, v, g, best=min),
                "The worst action is a min; the best one is a max.",
            ),
        ],
        hint="Q = (tau * (rho + gamma * values)).sum over next states; then the max over actions.",
    )


def exercise_4() -> Function:
    """Chances from counts."""

    def reference(
        states, actions, next_states, n_states, n_actions, unseen: str | float = "stay", once=False
    ):
        table = np.zeros((n_states, n_actions, n_states))
        seen = {(s, a): [] for s in range(n_states) for a in range(n_actions)}
        for s, a, t in zip(states, actions, next_states, strict=True):
            if not (once and t in seen[s, a]):
                seen[s, a].append(t)
        for (s, a), found in seen.items():
            if not found:
                table[s, a] = unseen if unseen != "stay" else np.arange(n_states) == s
            for t in found:
                table[s, a, t] += 1 / len(found)
        return table

    def joint(states, actions, next_states, n_states, n_actions):
        table = np.zeros((n_states, n_actions, n_states))
        for place in zip(states, actions, next_states, strict=True):
            table[place] += 1
        return table / len(states)

    def counts(states, actions, next_states, n_states, n_actions):
        return len(states) * joint(states, actions, next_states, n_states, n_actions)

    draw = np.random.default_rng(2)
    return Function(
        reference,
        cases=[
            (np.array([0, 0, 0]), np.array([0, 0, 0]), np.array([1, 1, 0]), 2, 1),
            (np.array([0, 0, 0, 1]), np.array([1, 1, 1, 0]), np.array([1, 1, 0, 1]), 2, 2),
            (*(draw.integers(n, size=40) for n in (3, 2, 3)), 3, 4),
        ],
        mistakes=[
            (joint, "That is the share of all steps. Divide by how often this (s, a) was tried."),
            (counts, "Those are counts. Divide by how often this (s, a) was tried."),
            (
                lambda *x: reference(*x, once=True),
                "Each next state was counted once: use np.add.at.",
            ),
            (
                lambda *x: reference(*x, unseen=1 / x[3]),
                "A pair that was never tried shall stay where it is, not jump anywhere.",
            ),
            (
                lambda *x: reference(*x, unseen=0.0),
                "A pair that was never tried has no chances at all here: it shall stay.",
            ),
        ],
        hint="Count with np.add.at, divide by the sum over the last axis, fill in the untried.",
    )


def exercise_5() -> Function:
    """The velocity from two photographs."""

    def reference(angle, last_angle):
        turns = np.round((angle - last_angle) / (2 * np.pi))
        return (angle - last_angle - 2 * np.pi * turns) * 20

    return Function(
        reference,
        cases=[
            (np.array([0.537, 0.2]), np.array([0.4, 0.5])),
            (np.array([-3.1, 3.1]), np.array([3.1, -3.1])),
            (np.array([-3.0, 0.1, 2.9]), np.array([3.05, 0.0, -3.0])),
        ],
        mistakes=[
            (
                lambda now, before: (now - before) / 0.05,
                "At the bottom the angle jumps by 2π: wrap it.",
            ),
            (
                lambda now, before: reference(now, before) * 0.05,
                "That is the way moved; divide by 0.05 s.",
            ),
            (
                lambda now, before: reference(now, before) * 0.05**2,
                "Divide by 0.05 s: do not multiply.",
            ),
            (
                lambda now, before: -reference(now, before),
                "After minus before, not before minus after.",
            ),
            (
                lambda now, before: abs(reference(now, before)),
                "A velocity has a sign: which way it turns.",
            ),
        ],
        hint="Way by time: the difference of the angles, the short way round, divided by 0.05 s.",
    )


def exercise_6() -> Function:
    """The target."""

    def reference(reward, next_value, terminated, truncated, gamma):
        targets = []
        for r, v, ended in zip(reward, next_value, terminated, strict=True):
            targets.append(r if ended else r + gamma * v)
        return np.array(targets)

    yes, no = np.array([True]), np.array([False])
    flags = np.array([[False, False], [True, False], [False, True], [True, True]])
    numbers = np.array([1.0, -1.0, 0.5, 2.0]), np.array([10.0, 20.0, -30.0, 40.0])
    return Function(
        reference,
        cases=[
            (np.array([1.0]), np.array([10.0]), no, yes, 0.9),
            (np.array([1.0]), np.array([10.0]), yes, no, 0.9),
            (np.array([-1.125]), np.array([-8.0]), no, no, 0.5),
            (*numbers, *flags.T, 0.9),
            (*numbers, *flags[:, ::-1].T, 0.5),
        ],
        mistakes=[
            (
                lambda r, v, end, cut, g: reference(r, v, end | cut, cut, g),
                "A truncated episode is not over for the world: its next state keeps its value.",
            ),
            (
                lambda r, v, end, cut, g: r + g * v,
                "After a termination nothing comes: no next value.",
            ),
            (
                lambda r, v, end, cut, g: np.where(end, 0.0, r + g * v),
                "The last reward was still paid: only the next value vanishes.",
            ),
            (
                lambda r, v, end, cut, g: reference(r, v, ~end, cut, g),
                "The other way round: the next value vanishes where the episode terminated.",
            ),
            (
                lambda r, v, end, cut, g: reference(r, v, end, cut, 1.0),
                "The next value is discounted by gamma.",
            ),
            (
                lambda r, v, end, cut, g: reference(r, v, cut, end, g),
                "The flags are exchanged: terminated means that nothing comes.",
            ),
        ],
        hint="Drop the next value where the episode terminated, and only there.",
    )
