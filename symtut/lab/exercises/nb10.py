"""The exercises of notebook 10."""

import numpy as np
import torch

from symtut.lab.exercises.kinds import Choice, Function, Value


def exercise_1() -> Function:
    """The increment of an angle."""

    def reference(next_angle, angle):
        return np.angle(np.exp(1j * (next_angle - angle)))

    def one_sided(after, before):
        return np.where(after - before > np.pi, after - before - 2 * np.pi, after - before)

    return Function(
        reference,
        cases=[
            (np.array([0.3, -0.2]), np.array([0.1, 0.2])),
            (np.array([-3.1, 3.1]), np.array([3.1, -3.1])),
            (np.array([3.0, -3.0, 0.0]), np.array([-0.1, 0.1, 3.0])),
        ],
        mistakes=[
            (lambda after, before: after - before, "The plain difference jumps by 2π at the seam."),
            (lambda after, before: (after - before) % (2 * np.pi), "That is in [0, 2π)."),
            (
                lambda after, before: reference(before, after),
                "That is the way back: after minus before.",
            ),
            (one_sided, "The seam is crossed both ways: add a turn, too."),
            (lambda after, before: abs(reference(after, before)), "A way back has a minus sign."),
        ],
        hint="Subtract as many whole turns as it takes to land in (−π, π].",
    )


def exercise_2() -> Function:
    """Which transitions to leave out."""

    def reference(next_state):
        return ~np.isclose(np.abs(next_state[:, 1]), 8.0, rtol=0, atol=1e-5)

    return Function(
        reference,
        cases=[
            (np.array([[3.1, 7.9], [0.1, 8.0]]),),
            (np.array([[-3.0, -8.0], [np.pi, 0.5]]),),
            (np.array([[0.0, -7.99], [-np.pi, -0.1], [0.2, 7.99]]),),
            (np.array([[0.1, 8.0], [3.0, -8.0]]),),
        ],
        mistakes=[
            (
                lambda s: np.abs(s[:, 1]) <= 8.0,
                "Points exactly on the bound are the cut ones: drop them.",
            ),
            (lambda s: ~reference(s), "That keeps what should go, and the reverse."),
            (lambda s: s[:, 1] < 8.0 - 1e-5, "There is a lower bound too."),
            (
                lambda s: reference(s) & (np.abs(s[:, 0]) < np.pi),
                "The angle may be ±π: it wraps, which is harmless.",
            ),
        ],
        hint="Only the velocity is clipped; the angle wraps, which is harmless.",
    )


def exercise_3() -> Value:
    """A coefficient from two equations."""
    return Value(
        0.0375,
        mistakes=[
            (
                0.75,
                "That is its coefficient in the velocity's increment; the angle moves Δt times "
                "that.",
            ),
            (0.0, "It would be 0 if the old velocity moved the angle; it is the new one."),
            (0.025, "Not g Δt²: a rod turned about its end has 3g/2l."),
            (15.0, "That is the acceleration; two time steps make an angle of it."),
        ],
        hint="Insert the first equation into the second.",
    )


def exercise_4() -> Function:
    """Open-loop prediction."""

    def reference(predict, state, actions):
        first = predict(state[None], actions[:1])
        rest = [reference(predict, first[0], actions[1:])] if len(actions) > 1 else []
        return torch.cat([first, *rest])

    def world(state, action):
        """Two coordinates and one action, as the pendulum's; one step of one state."""
        if tuple(state.shape) != (1, 2) or tuple(action.shape) != (1, 1):
            raise ValueError(
                "predict takes tensors of shape (1, S) and (1, A), "
                f"not {tuple(state.shape)} and {tuple(action.shape)}"
            )
        return torch.cat([state[:, :1] + 0.5 * state[:, 1:], 0.5 * state[:, 1:] + action], dim=1)

    start = torch.tensor([1.0, -2.125])
    return Function(
        reference,
        cases=[
            (world, start, torch.tensor([[1.0], [3.0], [-2.0]])),
            (world, -start, torch.tensor([[2.0], [0.0]])),
            (world, start, torch.tensor([[1.0]])),
        ],
        mistakes=[
            (
                lambda f, s, a: torch.cat([f(s[None], a[t : t + 1]) for t in range(len(a))]),
                "Each step must start from the last prediction, not from the first state.",
            ),
            (
                lambda f, s, a: torch.cat([s[None], reference(f, s, a)[:-1]]),
                "The first row must be the state after the first action.",
            ),
            (
                lambda f, s, a: torch.cat([s[None], reference(f, s, a)]),
                "The first row must be the state after the first action.",
            ),
            (
                lambda f, s, a: reference(f, s, a[:1].expand_as(a)),
                "Each step has its own action.",
            ),
            (lambda f, s, a: reference(f, s, a)[-1:], "Keep the states on the way, too."),
        ],
        hint="The prediction of one step is the state of the next.",
    )


def exercise_5() -> Choice:
    """What would have warned you?"""
    return Choice(
        "b",
        {
            "a": "It was 1 to several digits: a flexible formula explains six steps perfectly.",
            "b": "It is what section 5 did: the model fails on the very next steps.",
            "c": "The critic learns the imagined world. It can be right about that one.",
        },
    )
