"""The exercises of notebook 01."""

from collections.abc import Callable

import numpy as np

from symtut.lab.exercises.kinds import Function


def exercise_1() -> Function:
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


def _solved(
    tau: np.ndarray,
    rho: np.ndarray,
    gamma: float,
    tolerance: float,
    *,
    best: Callable = max,
    shrink: float | None = None,
    paid: float = 1.0,
    averaged: bool = True,
    at_once: bool = False,
    change_of: Callable = lambda moved: np.max(np.abs(moved)),
    old: bool = False,
    least: int = 1,
    below: float = 1.0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value iteration, state by state; the options are ways to get it wrong."""
    discount = gamma if shrink is None else shrink
    before, changes = np.zeros(len(tau)), []
    for _ in range(3000):
        new, policy = before.copy(), []
        for s in range(len(tau)):
            known = new if at_once else before
            gains = paid * rho[s] + discount * known
            q = (tau[s] * gains).sum(-1) if averaged else gains.max(-1)
            new[s] = best(list(q))
            policy.append(int(np.argmax(q)))
        changes.append(change_of(new - before))
        done = len(changes) >= least and changes[-1] < below * tolerance
        if done and old:
            return before, np.array(policy), np.array(changes)
        before = new
        if done:
            break
    return before, np.array(policy), np.array(changes)


def exercise_2() -> Function:
    """Value iteration."""

    def reference(tau, rho, gamma, tolerance):
        return _solved(tau, rho, gamma, tolerance)

    def variant(**options):
        return lambda *x: _solved(*x, **options)

    def one_more(*x):
        values, _, changes = reference(*x)
        return _solved(*x, least=len(changes) + 1)

    def last_alone(*x):
        values, policy, changes = reference(*x)
        return values, policy, changes[-1]

    def mean(q):
        return sum(q) / len(q)

    draw = np.random.default_rng(1)
    chances = draw.random((3, 2, 3))
    chances = chances / chances.sum(2, keepdims=True)
    return Function(
        reference,
        cases=[
            (np.array([[[1.0], [1.0]]]), np.array([[[1.0], [-3.0]]]), 0.5, 0.3),
            (
                np.array([[[0.5, 0.5], [0.0, 1.0]], [[1.0, 0.0], [0.2, 0.8]]]),
                np.array([[[1.0, 0.0], [0.0, 2.0]], [[0.0, 0.0], [0.0, -1.0]]]),
                0.9, 0.01,
            ),
            (chances, draw.normal(size=(3, 2, 3)) - 3, 0.8, 0.05),
        ],
        mistakes=[
            (variant(best=mean), "That is the mean over actions: random play. Take the max."),
            (variant(best=sum), "Not a sum over actions: a max."),
            (variant(best=min), "The worst action is a min; the best one is a max."),
            (variant(shrink=1.0), "The next value is not discounted."),
            (variant(shrink=0.0), "That is the next reward alone: add gamma V."),
            (variant(paid=0.0), "The reward of the step itself is missing."),
            (
                variant(averaged=False),
                "You cannot choose where the ice takes you: a mean over next states, weighted by "
                "tau.",
            ),
            (
                variant(at_once=True),
                "A sweep uses the values of the sweep before for all states, not its own.",
            ),
            (variant(change_of=lambda moved: np.abs(moved).mean()), "The largest change, please."),
            (variant(change_of=lambda moved: np.abs(moved).sum()), "The largest change, please."),
            (variant(change_of=np.max), "A change may be negative: take its absolute value."),
            (variant(old=True), "Return the values after the last sweep, not before it."),
            (one_more, "Stop after the first sweep whose change is below the tolerance."),
            (last_alone, "The changes of all sweeps, as a list."),
        ],
        hint="Q = (tau * (rho + gamma * values)).sum over next states; its max; the change; again.",
    )  # fmt: skip


def exercise_3() -> Function:
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


def exercise_4() -> Function:
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
