"""The worlds and models of notebook 13: data, a network, thick air, other pendulums, a car."""

from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
import numpy as np
import sympy as sp
import torch
from IPython.display import Math, display

from symtut import make_task
from symtut.agents.loop import Loop
from symtut.experiments.config import RunConfig
from symtut.lab.scenes import nb13_trials as trials
from symtut.tasks import Task, Transitions
from symtut.tasks.pendulum import Pendulum
from symtut.world_models import make_world_model


def random_steps(name: str, steps: int, seed: int, **options) -> Loop:
    """A loop (notebook 10) that has taken real steps with random actions, and fitted nothing."""
    task = make_task(name)
    config = RunConfig.make(name, "symbolic", steps, seed)
    model = make_world_model("symbolic", task, seed, **options)
    assert config.sac is not None
    loop = Loop(task, model, steps, config.loop, config.sac, seed)
    while loop.env_steps < steps:
        loop.interact()
    return loop


def show_formula(name: str, expression: sp.Expr, digits: int = 4) -> None:
    """Display ``name = expression`` with rounded numbers."""

    def rounded(x):
        whole = abs(x - round(x)) < 1e-6
        return sp.Integer(round(x)) if whole else sp.Float(f"{float(x):.{digits}g}")

    tidy = expression.xreplace({x: rounded(x) for x in expression.atoms(sp.Float)})
    names = {s: "\\" + str(s).replace("theta_dot", "dot\\theta")
             for s in tidy.free_symbols if str(s).startswith("theta")}  # fmt: skip
    display(Math(f"{name} = {sp.latex(tidy, symbol_names=names)}"))


def measured(
    task: Task, data: Transitions, sigma: float, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (N, 3) and increments (N, 2) of one episode, seen through a noisy sensor."""
    kept = task.uncut(data.state, data.next_state)
    path = np.concatenate([data.state, data.next_state[-1:]])
    path = path + sigma * generator.normal(size=path.shape)
    x = np.column_stack([path[:-1], data.action])
    return x[kept], task.difference(path[1:], path[:-1])[kept]


def readings(
    constants: Callable, dt: float, count: int, sigmas: Sequence[float], seed: int
) -> np.ndarray:
    """(noises, count, 4): what ``constants(c_sin, c_u, dt)`` reads by least squares.

    First from the velocity's increment, then from the angle's, which is divided by dt twice. Each
    of the ``count`` experiments is an episode of 200 random steps.
    """
    task, generator = make_task("pendulum"), np.random.default_rng(seed)
    experiments = [
        random_steps("pendulum", 200, 1000 + 100 * seed + i).transitions()[0] for i in range(count)
    ]
    found = []
    for sigma in sigmas:
        for data in experiments:
            x, increments = measured(task, data, sigma, generator)
            columns = np.column_stack([np.sin(x[:, 0]), x[:, 2], x[:, 1]])  # sin θ, u, θ̇
            velocity = np.linalg.lstsq(columns[:, :2], increments[:, 1], rcond=None)[0]
            angle = np.linalg.lstsq(columns, increments[:, 0], rcond=None)[0]
            found.append([*constants(*velocity, dt), *constants(*angle[:2], dt**2)])
    return np.array(found).reshape(len(sigmas), len(experiments), 4)


def network_step(task: Task, data: Transitions, updates: int, seed: int) -> Callable:
    """One step of a small network fitted to ``data``, (N, 2) and (N, 1) arrays -> (N, 2)."""
    torch.manual_seed(seed)
    network = torch.nn.Sequential(
        torch.nn.Linear(4, 64), torch.nn.SiLU(), torch.nn.Linear(64, 64), torch.nn.SiLU(),
        torch.nn.Linear(64, 2),
    )  # fmt: skip

    def features(state, action):
        seen = task.observation_from_state(state) * torch.tensor([1.0, 1.0, 0.25])
        return torch.cat([seen, action / 2], dim=1)

    data = data[task.uncut(data.state, data.next_state)]
    state, action = (torch.tensor(x, dtype=torch.float32) for x in (data.state, data.action))
    increments = torch.tensor(task.difference(data.next_state, data.state)).float()
    scale = increments.std(0)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(updates):
        loss = ((network(features(state, action)) - increments / scale) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"network: {sum(p.numel() for p in network.parameters())} weights, "
          f"R² {1 - loss.item():.6f}")  # fmt: skip

    @torch.no_grad()
    def step(state, torque):
        state, torque = (torch.as_tensor(x, dtype=torch.float32) for x in (state, torque))
        return task.advance(state, network(features(state, torque)) * scale).numpy().astype(float)

    return step


def real_jacobian(task: Task, rest: np.ndarray, size: float = 1e-5) -> np.ndarray:
    """(2, 2) by moving the real simulator's state a little to either side, for one step."""
    env = task.make_env()
    env.reset(seed=0)
    pendulum: Any = env.unwrapped  # Gymnasium does not declare its state

    def after(state):
        pendulum.state = np.array(state, dtype=float)
        env.step(np.zeros(1))
        return np.array(pendulum.state, dtype=float)

    moves = size * np.eye(2)
    columns = [(after(rest + move) - after(rest - move)) / (2 * size) for move in moves]
    env.close()
    return np.column_stack(columns)


class Elsewhere(Pendulum):
    """The pendulum task with another gravity (m/s²) and length (m) in its real environment."""

    def __init__(self, gravity: float, length: float):
        self.gravity, self.length = gravity, length

    def make_env(self) -> gymnasium.Env:
        env = gymnasium.make("Pendulum-v1", g=self.gravity, disable_env_checker=True)
        pendulum: Any = env.unwrapped  # which is not told the length when it is made
        pendulum.l = self.length
        return env


AIR_DRAG = 0.02  # of thick air, 1/rad


def thick_air(state: np.ndarray, torque: np.ndarray) -> np.ndarray:
    """Semi-implicit steps of a pendulum with drag, (N, 2) and (N, 1) -> (N, 2)."""
    velocity = state[:, 1]
    pull = 15 * np.sin(state[:, 0]) + 3 * torque[:, 0] - AIR_DRAG * velocity * np.abs(velocity)
    return semi_implicit(state, np.clip(velocity + 0.05 * pull, -8, 8))


def semi_implicit(state: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """The step that ends with a velocity (N,): the new velocity moves the angle."""
    moved = np.stack([0.05 * velocity, velocity], axis=1)
    return make_task("pendulum").advance(state * [1, 0], moved)


def seen_in_thick_air(
    start: Sequence[float], most: float, seed: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """200 steps with torques up to ``most``, seen by a sensor of noise 0.005.

    Returns inputs (N, 3), increments of the velocity (N,), and the highest speed in rad/s.
    """
    task, generator = make_task("pendulum"), np.random.default_rng(seed)
    trial = trials.imagined(
        thick_air, np.array([start]), lambda s: generator.uniform(-most, most, (1, 1)), 200
    )
    path = trial.states[:, 0]
    kept = task.uncut(path[:-1], path[1:])
    shown = path + 0.005 * generator.normal(size=path.shape)
    x = np.column_stack([shown[:-1], trial.torques])[kept]
    return x, task.difference(shown[1:], shown[:-1])[kept, 1], float(np.abs(path[:, 1]).max())


def parked_sideways(
    car: Task, step: Callable, keeps: float, gains: float
) -> tuple[np.ndarray, np.ndarray]:
    """Ahead with left, then right, and straight back, in the real car: states (41, 4), actions.

    The throttle follows from v' = keeps v + gains a1 for a wanted speed; how far to come back is
    found in ``step(x, y, psi, v, a1, a2)``, the equations.
    """
    wave = 0.8 * np.sin(np.pi * np.arange(1, 21) / 20)  # m/s: speeds up, slows down, stands
    turn = np.where(np.arange(20) < 10, wave[10:].sum() / wave[:10].sum(), -1.0)  # they cancel

    def plan(wanted, steering):
        before = np.concatenate([[0.0], wanted[:-1]])
        return np.column_stack([(wanted - keeps * before) / gains, steering])

    place = np.zeros(4)
    for action in plan(wave, turn):
        place = np.array(step(*place, *action), dtype=float)
    back = place[0] / (0.1 * wave.sum())  # a step moves the car by 0.1 s times the speed
    actions = np.vstack([plan(wave, turn), plan(-back * wave, 0 * wave)])
    env, states = car.make_env(), [np.zeros(4)]
    env.reset(seed=0, options={"state": [0.0, 0.0, 0.0, 0.0]})
    for action in actions:
        states.append(car.state_from_observation(env.step(action)[0]))
    env.close()
    return np.array(states), actions
