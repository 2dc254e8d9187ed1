"""Worlds and rewards through which a gradient comes wrong, or not at all (notebook 14).

In all of them a policy with one number, its gain, balances the pendulum for a second from many
starts. The derivative of the mean return by the gain is taken twice: by backpropagation through
the rollouts, and by a difference of two mean returns. The mean over the starts is smooth even
where a single rollout jumps, so the difference is what an optimiser needs to know.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from symtut.tasks.pendulum import Pendulum

TASK = Pendulum()
GAIN, _STEP, STEPS, STARTS = 0.5, 0.05, 20, 20_000


def upright_only(state: Tensor, action: Tensor, following: Tensor) -> Tensor:
    """1 for each step within 0.2 rad of upright, else 0."""
    return (state[:, 0].abs() < 0.2).to(state.dtype)


def alive(state: Tensor, action: Tensor, following: Tensor) -> Tensor:
    """1 for each step."""
    return torch.ones_like(state[:, 0])


def fallen(following: Tensor) -> Tensor:
    """An episode ends 1 rad from upright."""
    return following[:, 0].abs() > 1.0


def with_wall(state: Tensor, action: Tensor) -> Tensor:
    """A wall at 0.5 rad throws the pendulum back with half its speed."""
    angle, speed = TASK.true_step(state, action).unbind(1)
    hit = angle > 0.5
    angle, speed = torch.where(hit, 1.0 - angle, angle), torch.where(hit, -0.5 * speed, speed)
    return torch.stack([angle, speed], 1)


def with_friction(state: Tensor, action: Tensor) -> Tensor:
    """Dry friction holds the pendulum wherever it moves by less than 0.2 rad/s."""
    angle, speed = TASK.true_step(state, action).unbind(1)
    return torch.stack([angle, torch.where(speed.abs() < 0.2, 0.0, speed)], 1)


#: What is told to the reader: (step, reward, end of an episode).
WORLDS: dict[str, tuple[Callable, Callable, Callable | None]] = {
    "the pendulum as it is": (TASK.true_step, TASK.reward, None),
    "reward 1 within 0.2 rad, else 0": (TASK.true_step, upright_only, None),
    "reward 1 a step; ends at 1 rad": (TASK.true_step, alive, fallen),
    "a wall at 0.5 rad": (with_wall, TASK.reward, None),
    "dry friction": (with_friction, TASK.reward, None),
}


def rollout_return(gain: torch.Tensor, world: str, starts: torch.Tensor) -> torch.Tensor:
    """Of a rollout of one second under the torque 2 tanh(-gain (6 angle + 1.5 speed) / 2)."""
    step, reward, ended = WORLDS[world]
    state, total = starts, torch.zeros(len(starts), dtype=starts.dtype)
    going = torch.ones(len(starts), dtype=torch.bool)
    for _ in range(STEPS):
        action = 2 * torch.tanh(-gain * state @ torch.tensor([[3.0], [0.75]]).to(state))
        following = step(state, action)
        total = total + torch.where(going, reward(state, action, following), 0.0)
        if ended is not None:
            going = going & ~ended(following)
        state = following
    return total.mean()


def slopes(world: str, seed: int) -> tuple[float, float]:
    """d(mean return)/d(gain) by backpropagation (0 where no gradient comes), and by difference."""
    generator = torch.Generator().manual_seed(seed)
    unit = 2 * torch.rand(STARTS, 2, generator=generator, dtype=torch.float64) - 1
    starts = unit * torch.tensor([1.0, 2.0])  # rad, rad/s
    gain = torch.tensor(GAIN, dtype=torch.float64, requires_grad=True)
    value = rollout_return(gain, world, starts)
    by_gradient = 0.0
    if value.requires_grad:
        (slope,) = torch.autograd.grad(value, gain)
        by_gradient = float(slope)
    with torch.no_grad():
        high, low = (rollout_return(gain + s * _STEP, world, starts) for s in (1, -1))
    return by_gradient, float(high - low) / (2 * _STEP)
