"""The best possible return on Pendulum's fixed evaluation starts, by dynamic programming.

    python benchmarks/pendulum_optimum.py [--angles 361] [--velocities 321] [--torques 21]

Backward induction over the 200 steps of an episode on a grid of angles and velocities, with the
true equations and linear interpolation between grid points; then the greedy policy with respect to
these values is played in the real environment from the evaluation starts. A grid is only nearly
exact: the figure printed is what that policy reaches, so the optimum is at least as good.
"""

import argparse

import numpy as np
import torch

from symtut.tasks import EVALUATION_SEEDS, make_task


class Grid:
    """Values on a periodic angle axis and a velocity axis from -8 to 8, with interpolation."""

    def __init__(self, angles: int, velocities: int):
        self.angles, self.velocities = angles, velocities
        theta = -np.pi + 2 * np.pi * torch.arange(angles, dtype=torch.float64) / angles
        velocity = torch.linspace(-8, 8, velocities, dtype=torch.float64)
        self.states = torch.cartesian_prod(theta, velocity)  # (angles * velocities, 2)

    def places(self, state: torch.Tensor):
        """Indices (4, N) of the surrounding grid points of states (N, 2), and weights (4, N)."""
        a = (state[:, 0] + np.pi) / (2 * np.pi) * self.angles
        v = ((state[:, 1] + 8) / 16 * (self.velocities - 1)).clamp(0, self.velocities - 1 - 1e-9)
        a0, v0 = a.floor(), v.floor()
        fa, fv = a - a0, v - v0
        a0, v0 = a0.long() % self.angles, v0.long()
        a1 = (a0 + 1) % self.angles
        rows = [a0 * self.velocities + v0, a0 * self.velocities + v0 + 1]
        rows += [a1 * self.velocities + v0, a1 * self.velocities + v0 + 1]
        weights = [(1 - fa) * (1 - fv), (1 - fa) * fv, fa * (1 - fv), fa * fv]
        return torch.stack(rows), torch.stack(weights)


def backward_induction(task, grid: Grid, torques: torch.Tensor, steps: int) -> list[torch.Tensor]:
    """Values (grid,) with 0, 1, … ``steps`` steps to go."""
    transitions = []
    for torque in torques:
        action = torque.expand(len(grid.states), 1)
        following = task.true_step(grid.states, action)
        reward = task.reward(grid.states, action, following)
        transitions.append((reward, *grid.places(following)))
    values = [torch.zeros(len(grid.states), dtype=torch.float64)]
    for _ in range(steps):
        best = torch.full_like(values[0], -torch.inf)
        for reward, rows, weights in transitions:
            best = torch.maximum(best, reward + (weights * values[-1][rows]).sum(0))
        values.append(best)
    return values


def play(task, grid: Grid, values: list[torch.Tensor], torques: torch.Tensor) -> np.ndarray:
    """Real returns (episodes,) of the greedy policy from the evaluation starts."""
    returns = []
    for seed in EVALUATION_SEEDS:
        env = task.make_env()
        observation, _ = env.reset(seed=seed)
        total = 0.0
        for step in range(task.horizon):
            state = torch.from_numpy(task.state_from_observation(observation.astype(float)))
            states, actions = state.expand(len(torques), 2), torques[:, None]
            following = task.true_step(states, actions)
            rows, weights = grid.places(following)
            ahead = (weights * values[task.horizon - step - 1][rows]).sum(0)
            best = int((task.reward(states, actions, following) + ahead).argmax())
            observation, reward, *_ = env.step(actions[best].numpy().astype(np.float32))
            total += float(reward)
        env.close()
        returns.append(total)
    return np.array(returns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--angles", type=int, default=361)
    parser.add_argument("--velocities", type=int, default=321)
    parser.add_argument("--torques", type=int, default=21)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    task, grid = make_task("pendulum"), Grid(arguments.angles, arguments.velocities)
    torques = torch.linspace(-2, 2, arguments.torques, dtype=torch.float64)
    values = backward_induction(task, grid, torques, task.horizon)
    returns = play(task, grid, values, torques)
    error = returns.std(ddof=1) / len(returns) ** 0.5
    print(f"greedy policy on {len(returns)} fixed starts: mean return {returns.mean():.1f} "
          f"(standard error over starts {error:.1f})")  # fmt: skip


if __name__ == "__main__":
    main()
