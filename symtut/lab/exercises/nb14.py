"""The exercises of notebook 14; that on planning stands in :mod:`nb14_planning`."""

import functools

import numpy as np
import torch

from symtut.lab.exercises.descent import descent
from symtut.lab.exercises.kinds import Function
from symtut.lab.exercises.nb14_planning import exercise_4

__all__ = ["exercise_1", "exercise_2", "exercise_3", "exercise_4", "exercise_5"]


def exercise_1() -> Function:
    """The slope by hand."""

    def two_rewards(theta, theta_dot, u, a, b, h):
        new_velocity = theta_dot + a * torch.sin(theta) + b * u
        new_angle = theta + h * new_velocity
        return -(0.001 * u**2 + new_angle**2 + 0.1 * new_velocity**2)

    def reference(theta, theta_dot, u, a, b, h):
        theta, theta_dot, u = map(torch.as_tensor, (theta, theta_dot, u))
        u = u.clone().requires_grad_()
        with torch.enable_grad():
            value = two_rewards(theta, theta_dot, u, a, b, h).sum()
            (slope,) = torch.autograd.grad(value, u)
        return slope.numpy()

    def by_parts(theta, theta_dot, u, a, b, h):
        v = theta_dot + a * np.sin(theta) + b * u
        return -0.002 * u, -0.2 * v * b, -2 * (theta + h * v) * h * b

    def old_state(theta, theta_dot, u, a, b, h):
        return -0.002 * u - 0.2 * theta_dot * b - 2 * theta * h * b

    def old_velocity(theta, theta_dot, u, a, b, h):  # explicit Euler
        v = theta_dot + a * np.sin(theta) + b * u
        return -0.002 * u - 0.2 * v * b - 2 * (theta + h * theta_dot) * h * b

    def only(*kept):
        return lambda *x: sum(by_parts(*x)[part] for part in kept)

    def one_factor(theta, theta_dot, u, a, b, h):
        direct, velocity, angle = by_parts(theta, theta_dot, u, a, b, h)
        return direct + velocity + angle / h

    def no_squares(theta, theta_dot, u, a, b, h):
        return sum(by_parts(theta, theta_dot, u, a, b, h)) / 2

    def without_outer(theta, theta_dot, u, a, b, h):
        return -0.002 * u - 0.2 * b - 2 * h * b

    return Function(
        reference,
        cases=[
            (np.array([1.0, -2.0]), np.array([0.5, 3.0]), np.array([1.0, -0.5]), 0.75, 0.15, 0.05),
            (np.array([0.3]), np.array([-1.0]), np.array([2.0]), 0.6, 0.3, 0.1),
            (
                np.array([2.0, 0.1, -1.0]),
                np.array([0.0, 2.0, -4.0]),
                np.array([-1.5, 0.0, 1.2]),
                1.2,
                0.2,
                0.02,
            ),
        ],
        mistakes=[
            (only(1, 2), "The torque has a price of its own: −0.001 u² has a slope, too."),
            (
                only(0, 1),
                "The path through the new angle is missing: θ' depends on θ̇', which depends on u.",
            ),
            (only(0, 2), "The path through the new velocity itself is missing."),
            (lambda *x: -sum(by_parts(*x)), "The sign: rewards are minus a cost."),
            (old_state, "The second reward is for the state after the step: use θ' and θ̇'."),
            (old_velocity, "The new velocity moves the angle: θ' = θ + h θ̇'."),
            (one_factor, "dθ'/du has two factors: h, and then b."),
            (no_squares, "The slope of x² is 2x."),
            (without_outer, "The slope of θ'² by u is 2 θ' dθ'/du: the new state is in it."),
        ],
        hint="Three paths lead from u to J: direct, through θ̇', and through θ̇' and then θ'.",
        without=("grad", "backward", "autograd", "jacobian"),
    )


def _drift(state, action):
    """A small world, not linear: (B, 2), (B, 1) -> (B, 2)."""
    return state + 0.1 * torch.stack([state[:, 1], torch.sin(state[:, 0]) + action[:, 0]], 1)


def _swirl(state, action):
    return 0.9 * state.flip(1) * torch.tensor([1.0, -1.0]).to(state) + 0.2 * action


def _of_all(state, action, following):
    """A reward of everything, so that each argument counts."""
    return -(state**2).sum(1) - 0.3 * action[:, 0] ** 2 + 0.5 * torch.cos(following[:, 0])


def _lean(state):
    return torch.tanh(state @ torch.tensor([[-0.7], [0.4]]).to(state))


def _curve(state):
    return 0.5 * state[:, :1] * state[:, 1:]


def exercise_2() -> Function:
    """The return of a rollout."""

    def reference(step, reward, policy, state, horizon, gamma):
        rewards, here = [], state
        for _ in range(horizon):
            action = policy(here)
            there = step(here, action)
            rewards.append(reward(here, action, there))
            here = there
        discount = gamma ** torch.arange(horizon, dtype=state.dtype)
        return discount @ torch.stack(rewards)

    def other(step, reward, policy, state, horizon, gamma, *, first=0, held=False, last=False,
              of=lambda s, a, f: (s, a, f), moved=True, more=0):  # fmt: skip
        total, action = 0.0, policy(state)
        for t in range(horizon + more):
            action = action if held else policy(state)
            following = step(state, action)
            value = gamma ** (t + first) * reward(*of(state, action, following))
            total = value if last else total + value
            state = following if moved else state
        return total

    def variant(**options):
        return functools.partial(other, **options)

    cases = [
        (_drift, _of_all, _lean, torch.tensor([[1.0, -0.5], [0.2, 2.0], [-1.5, 0.3]]), 4, 0.9),
        (_swirl, _of_all, _lean, torch.tensor([[0.4, -1.0], [2.0, 0.6]]), 7, 1.0),
        (_drift, _of_all, _curve, torch.tensor([[-0.8, 1.1]]), 1, 0.5),
        (_swirl, _of_all, _curve, torch.tensor([[0.9, 0.7], [0.1, -0.4]]), 3, 0.7),
    ]
    return Function(
        reference,
        cases=[(s, r, p, x.double(), n, g) for s, r, p, x, n, g in cases],
        mistakes=[
            (variant(first=1), "The first reward is not discounted: gamma to the power 0."),
            (variant(moved=False), "The next step begins where this one ended."),
            (variant(held=True), "The policy acts anew in every state."),
            (variant(last=True), "The rewards of all steps count, not the last alone."),
            (
                variant(of=lambda s, a, f: (f, a, f)),
                "reward takes the state before the step first, then the action, then the state "
                "after it.",
            ),
            (
                lambda s, r, p, x, n, g: other(s, r, p, x, n, 1.0),
                "The discount is missing: gamma to the power t.",
            ),
            (variant(more=1), "That is one step too many."),
            (variant(more=-1), "That is one step too few."),
            (
                lambda *x: reference(*x).mean(),
                "One return for each state, (B,): the mean is taken later.",
            ),
            (lambda *x: reference(*x) / x[4], "A return is a sum, not a mean over the steps."),
        ],
        hint="Act, step, add gamma**t times the reward, go on from the new state.",
        gradients=["state"],
    )


class _Weights(torch.nn.Module):
    """A policy of a few numbers, (B, 2) -> (B, 1), double."""

    def __init__(self, *numbers):
        super().__init__()
        self.gains = torch.nn.Parameter(torch.tensor(numbers[:2], dtype=torch.float64))
        self.offset = torch.nn.Parameter(torch.tensor(numbers[2], dtype=torch.float64))

    def forward(self, state):
        return torch.tanh(state @ self.gains[:, None] + self.offset)


def _steep(policy, states):
    """Returns whose gradient is large, (B, 2) -> (B,)."""
    return 60 * _gentle(policy, states)


def _gentle(policy, states):
    """Returns whose gradient is less than 1 now and then."""
    action = policy(states)
    following = _drift(states, action)
    return -0.3 * (following**2).sum(1) - 0.1 * (action[:, 0] - 0.5) ** 2


def _broken(policy, states):
    """Finite returns, whose gradient is not a number where a state is beyond 3."""
    room = (3.0 - states[:, 0]).clamp(min=0) + 0 * policy(states)[:, 0]
    return _steep(policy, states) + 0 * torch.sqrt(room)


def exercise_3() -> Function:
    """An analytic policy gradient."""

    def train(objective, policy, starts, learning_rate, clip, loss=lambda r: -r.mean(), **mistake):
        settings = {"rate": falling_late, "most": clip} | mistake
        losses = descent(
            policy, starts, lambda p, s: loss(objective(p, s)), learning_rate, **settings
        )
        return -np.array(losses)

    def falling_late(i, n):
        return min(1.0, 2 * (1 - i / n))

    def variant(**mistake):
        return functools.partial(train, **mistake)

    def reference(objective, policy, starts, learning_rate, clip):
        return train(objective, policy, starts, learning_rate, clip)

    def starts(seed, updates, rollouts):
        generator = torch.Generator().manual_seed(seed)
        return 2 * torch.randn(
            updates, rollouts, 2, generator=generator, dtype=torch.float64
        ).clamp(-1.4, 1.4)

    bad = starts(3, 6, 4)
    bad[2, 1, 0] = 4.0
    return Function(
        reference,
        cases=[
            (_steep, _Weights(0.3, -0.5, 0.1), starts(1, 8, 5), 0.1, 1.0),
            (_gentle, _Weights(-0.4, 0.2, -0.3), starts(2, 7, 3), 0.03, 0.17),
            (_broken, _Weights(0.1, 0.6, 0.2), bad, 0.2, 2.0),
        ],
        mistakes=[
            (
                lambda *x: -train(*x, loss=torch.mean),
                "It goes downhill: the loss is minus the mean return.",
            ),
            (variant(cleared=False), "Gradients add up: zero_grad before each backward."),
            (variant(most=torch.inf), "The gradient is not clipped."),
            (variant(guard=False), "A batch without a finite gradient must not touch the weights."),
            (
                variant(guard=False, most=torch.inf),
                "Clip the gradient, and leave out a batch whose gradient is not finite.",
            ),
            (
                variant(rate=lambda i, n: 1.0),
                "The learning rate falls in the second half: times min(1, 2 (1 − i/U)).",
            ),
            (
                variant(rate=lambda i, n: 1 - i / n),
                "The learning rate stays in the first half: min(1, 2 (1 − i/U)).",
            ),
            (variant(fresh=True), "Make the optimiser once: Adam remembers earlier gradients."),
            (variant(kind=torch.optim.SGD), "Adam is asked, not plain gradient steps."),
            (variant(each=True), "Clip the norm of all together, not each number by itself."),
            (lambda *x: reference(*x) * x[2].shape[1], "The mean return is asked, not the sum."),
            (
                lambda *x: train(*x, loss=lambda r: -r.sum()) / x[2].shape[1],
                "Climb the mean return: a sum over the batch has another gradient norm.",
            ),
            (lambda *x: -reference(*x), "Those are losses; the mean returns themselves are asked."),
            (lambda *x: reference(*x)[-1], "One mean return for each update, not the last alone."),
        ],
        hint="In each update: rate, mean return, zero_grad, backward of its negative, clip, step.",
        may_change=["policy"],
        rtol=1e-4,
    )


def exercise_5() -> Function:
    """A reward with a slope."""

    def reference(theta, half_width, softness):
        return 0.5 * (1 + torch.tanh((half_width - torch.sqrt(theta**2)) / (2 * softness)))

    def logistic(x):
        return 1 / (1 + torch.exp(-x))

    return Function(
        reference,
        cases=[
            (torch.tensor([0.1, -0.3, 1.0, -2.5], dtype=torch.float64), 0.2, 0.5),
            (torch.tensor([0.4, -0.6, 3.0], dtype=torch.float64), 0.5, 0.1),
            (torch.tensor([-1.2, 0.7], dtype=torch.float64), 1.0, 2.0),
        ],
        mistakes=[
            (
                lambda x, w, c: logistic((x.abs() - w) / c),
                "The sign: inside the half width the reward is near 1.",
            ),
            (
                lambda x, w, c: logistic((w - x) / c),
                "Leaning to either side is as bad: take the absolute value of the angle.",
            ),
            (lambda x, w, c: logistic((w - x.abs()) * c), "Divide by the softness."),
            (lambda x, w, c: logistic(w - x.abs() / c), "Divide the whole difference."),
            (lambda x, w, c: (x.abs() < w).double(), "That is the hard reward: it has no slope."),
            (lambda x, w, c: (w - x.abs()) / c, "Put it through the logistic function."),
            (
                lambda x, w, c: torch.tanh((w - x.abs()) / c),
                "tanh goes from −1 to 1; the logistic function from 0 to 1.",
            ),
            (
                lambda x, w, c: logistic((w - x**2) / c),
                "The distance is the absolute value, not the square.",
            ),
            (lambda x, w, c: logistic((0.2 - x.abs()) / c), "Use the half width that is given."),
            (lambda x, w, c: logistic((w - x.abs()) / 0.5), "Use the softness that is given."),
        ],
        hint="torch.sigmoid((half_width − |θ|) / softness).",
        gradients=["theta"],
    )
