"""The exercises of notebook 10."""

import functools

import numpy as np
import torch

from symtut.lab.exercises.kinds import Choice, Function


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


def exercise_3() -> Function:
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


class _Pupil:
    """A learner that shows what it was given: its gain changes with every update."""

    def __init__(self, gain):
        self.gain, self.updates = gain, 0

    def act(self, state):
        return torch.tanh(self.gain * state[:, :1] - 0.3 * state[:, 1:])

    def learn(self, memory):
        if not memory:
            raise ValueError("there is nothing in the memory to learn from: imagine first")
        self.updates += 1
        recent = sum(float(row[2].mean()) for row in memory[-2:])
        self.gain += 0.1 * recent / len(memory) + 0.01 * self.updates


class _Starts:
    """Draws (2, 2) start states, each time others."""

    def __init__(self, first):
        self.first, self.drawn = first, 0

    def __call__(self):
        self.drawn += 1
        turned = self.first * torch.cos(torch.tensor(float(self.drawn)))
        return torch.stack([turned, -0.5 * turned.flip(0)])


def exercise_4() -> Function:
    """Practice in imagination."""

    def step(state, action):
        return torch.cat([state[:, :1] + 0.5 * state[:, 1:], 0.5 * state[:, 1:] + action], dim=1)

    def reward(state, action, next_state):
        return -(state[:, 0] ** 2) - 0.1 * action[:, 0] ** 2 + 0.2 * next_state[:, 1]

    def reference(learner, step, reward, draw_starts, length, updates, every):
        memory, left = [], 0
        for update in range(updates):
            if update % every == 0:
                here, left = (memory[-1][3], left) if left else (draw_starts(), length)
                action = learner.act(here)
                there = step(here, action)
                memory.append((here, action, reward(here, action, there), there))
                left -= 1
            learner.learn(memory)
        return memory

    def other(learner, step, reward, draw_starts, length, updates, every, *, restarts=True,
              always=False, once=False, late=False, short=False, held=False, stays=False,
              order=lambda s, a, f: (s, a, f)):  # fmt: skip
        memory, age, state, action = [], 0, draw_starts(), None
        for update in range(updates):
            due = always or update % every == 0
            if due:
                if restarts and age == length:
                    state, age, action = draw_starts(), 0, None
                action = action if held and action is not None else learner.act(state)
                following = step(state, action)
                row = state, action, reward(*order(state, action, following)), following
                memory = [row] if short else [*memory, row]
                state, age = state if stays else following, age + 1
            if not once or due:
                learner.learn(memory)
            if late and due:
                learner.learn(memory)
        return memory

    def variant(**options):
        return functools.partial(other, **options)

    start = torch.tensor([0.8, -0.4], dtype=torch.float64)
    return Function(
        reference,
        cases=[
            (_Pupil(0.5), step, reward, _Starts(start), 3, 14, 2),
            (_Pupil(-0.4), step, reward, _Starts(2 * start), 2, 5, 1),
            (_Pupil(0.9), step, reward, _Starts(-start), 4, 17, 3),
        ],
        mistakes=[
            (variant(restarts=False), "After `length` steps all rollouts begin anew."),
            (variant(stays=True), "A rollout goes on from the state that was predicted."),
            (
                variant(always=True),
                "Imagined steps are due before every so many updates, not before each.",
            ),
            (variant(once=True), "Every update learns, with or without a new imagined step."),
            (variant(late=True), "One update in each turn of the loop."),
            (variant(short=True), "The memory keeps all imagined steps, not the last alone."),
            (variant(held=True), "The learner acts anew in every state."),
            (
                variant(order=lambda s, a, f: (f, a, f)),
                "reward takes the state before the step, the action, and the state after it.",
            ),
        ],
        hint="When a step is due: act, predict, remember, go on from the prediction. Then learn.",
        may_change=["learner", "draw_starts"],
    )


def exercise_5() -> Choice:
    """What would have warned you?"""
    return Choice(
        "b",
        {
            "a": "It was 1 to several digits: a flexible formula explains five steps perfectly.",
            "b": "It is what section 5 did: the model fails on the very next steps.",
            "c": "The critic learns the imagined world. It can be right about that one.",
        },
    )
