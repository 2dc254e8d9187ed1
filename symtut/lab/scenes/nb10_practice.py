"""What notebook 10 needs besides the loop: a learner to practise with, and worlds to test it in."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from symtut.agents.buffers import ReplayBuffer
from symtut.agents.imagination import StartStates
from symtut.agents.loop import Loop
from symtut.agents.policy import Policy
from symtut.agents.sac import SAC
from symtut.experiments import evaluate
from symtut.experiments.config import RunConfig
from symtut.expressions import Expression
from symtut.lab import equations
from symtut.tasks import EVALUATION_SEEDS, Task, Transitions
from symtut.world_models import make_world_model
from symtut.world_models.base import WorldModel
from symtut.world_models.symbolic import SymbolicWorldModel
from symtut.world_models.validation import validate

ROLLOUTS = 100  # side by side


def begun_loop(task: Task, steps: int, seed: int, proposer: str = "transformer") -> Loop:
    """The loop of ``symtut train --method symbolic``, but that the transformer alone proposes.

    It has taken its ``steps`` real steps and has fitted nothing yet. With the proposer
    "transformer+sparse" it is that loop itself.
    """
    config = RunConfig.make(task.name, "symbolic", steps, seed)
    model = make_world_model("symbolic", task, seed, proposer=proposer)
    loop = Loop(task, model, steps, config.loop, config.learner, seed)
    loop.interact()
    return loop


def real_return(task: Task, episodes: int) -> Callable:
    """A function from a policy to its mean real return over so many fixed starts.

    The policy takes observations (B, O) and gives actions (B, A) in [-1, 1].
    """
    return lambda act: evaluate(task, act, EVALUATION_SEEDS[:episodes]).mean


class Learner:
    """Soft actor-critic behind two functions, and its curve.

    Parameters
    ----------
    task : Task
    seed, updates : int
        ``updates`` are so many in all: the learning rate falls to 0 over their second half.
    every : int
        Updates between two looks.
    look : callable
        (act on unit actions) -> a real return, for our eyes only.

    Attributes
    ----------
    curve : list of (updates, real return)
    """

    def __init__(self, task: Task, seed: int, updates: int, every: int, look: Callable):
        config = RunConfig.make(task.name, "symbolic", task.horizon, seed).sac
        assert config is not None
        o, a = task.observation_size, task.action_size
        self.task, self.updates, self.every, self.look = task, updates, every, look
        self.rate, self.batch = config.learning_rate, config.batch_size
        self.generator = torch.Generator().manual_seed(seed)
        self.agent = SAC(o, a, config, self.generator)
        fields = {"observation": o, "action": a, "reward": 1, "next_observation": o}
        self.b_pi = ReplayBuffer(100_000, fields | {"terminated": 1})
        self.seen = self.done = 0
        self.curve = [(0, look(self.unit_action))]

    @torch.no_grad()
    def act(self, state: torch.Tensor) -> torch.Tensor:
        """(N, S) states -> (N, A) actions in the task's units, drawn from the policy."""
        return self.task.from_unit_action(self.agent.act(self.task.observation_from_state(state)))

    def learn(self, memory: list) -> None:
        """One update on a batch from ``memory``, a list of (state, action, reward, next state)."""
        task = self.task
        for state, action, reward, following in memory[self.seen :]:
            self.b_pi.add(
                observation=task.observation_from_state(state), action=task.to_unit_action(action),
                reward=reward, next_observation=task.observation_from_state(following),
                terminated=task.terminated(state, action, following),
            )  # fmt: skip
        self.seen = len(memory)
        self.agent.set_learning_rate(self.rate * min(1.0, 2 * (1 - self.done / self.updates)))
        self.agent.update(self.b_pi.sample(self.batch, self.generator))
        self.done += 1
        if self.done % self.every == 0:
            self.curve.append((self.done, self.look(self.unit_action)))

    def unit_action(self, observation: torch.Tensor) -> torch.Tensor:
        """(B, O) -> (B, A) in [-1, 1], the mode of the policy."""
        return self.agent.act(torch.as_tensor(observation).float(), deterministic=True)


def starts(loop: Loop, rule: str, n: int = ROLLOUTS, seed: int = 0) -> Callable:
    """A function that draws (n, S) start states by a rule of :mod:`symtut.agents.imagination`."""
    generator = torch.Generator().manual_seed(seed)
    drawn = StartStates(loop.task, rule, loop.b_e, loop.b_em, loop.b_pi)
    return lambda: drawn.draw(n, generator)


def trusting_policy(task: Task, model: WorldModel, steps: int, updates: int, seed: int) -> Callable:
    """The policy of ``symtut train``, told to practise in whole episodes of ``model``.

    Rollouts begin anywhere in the box around the first ``steps`` real states. Returns a function of
    observations (B, O) to actions (B, A) in [-1, 1].
    """
    config = RunConfig.make(task.name, "symbolic", steps, seed)
    whole = replace(config.loop, rollout_length=task.horizon, start_states="box", updates=updates)
    loop = Loop(task, model, steps, whole, config.learner, seed)
    loop.interact()
    for _ in range(updates):
        loop.learn()
    return Policy(task, loop.policy).unit_action


# ---- models --------------------------------------------------------------------------------------


def print_beside_the_simulator(loop: Loop) -> list[dict]:
    """Each equation's coefficients beside the true ones; what was found, JSON-able."""
    task, model, found = loop.task, loop.model, []
    assert isinstance(model, SymbolicWorldModel) and loop.report is not None
    for row, expression, true in zip(
        loop.report.equations, model.expressions_, task.true_equations, strict=True
    ):
        names = task.state_names + task.action_names
        coefficients = equations.coefficients(expression.text(names, digits=None), true, names)
        print(equations.table(row["target"], coefficients), "\n")
        worst = equations.largest_error(coefficients)
        found.append({
            "target": row["target"], "equation": row["equation"], "true": true,
            "largest_error": worst,
        })  # fmt: skip
    return found


def is_exact(task: Task, target: str, expression: Expression) -> bool:
    """Whether all coefficients are within 1 % of the simulator's, without other terms."""
    names = (*task.state_names, *task.action_names)
    true = task.true_equations[task.state_names.index(target.removeprefix("delta_"))]
    rows = equations.coefficients(expression.text(names, digits=None), true, names)
    return equations.largest_error(rows) < 0.01


def network_step(
    task: Task, state: np.ndarray, action: np.ndarray, increments: np.ndarray,
    updates: int, seed: int,
) -> Callable:  # fmt: skip
    """A small network fitted to (N, S), (N, A) -> (N, S) increments; its step as a function."""
    torch.manual_seed(seed)
    net = torch.nn.Sequential(
        torch.nn.Linear(4, 64), torch.nn.SiLU(), torch.nn.Linear(64, 64), torch.nn.SiLU(),
        torch.nn.Linear(64, 2),
    )  # fmt: skip

    def features(state, action):  # (B, 2), (B, 1) -> (B, 4), all of about unit size
        seen = task.observation_from_state(state)
        return torch.cat([seen * torch.tensor([1.0, 1.0, 0.25]), action / 2], dim=1)

    x = features(*(torch.tensor(part, dtype=torch.float32) for part in (state, action)))
    y = torch.tensor(increments, dtype=torch.float32)
    scale = y.std(0)
    optimiser, loss = torch.optim.Adam(net.parameters(), lr=3e-3), torch.tensor(0.0)
    for _ in range(updates):
        loss = ((net(x) - y / scale) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    print(f"network: {sum(p.numel() for p in net.parameters())} weights, R² {1 - loss.item():.5f}")

    @torch.no_grad()
    def step(state, action):
        return task.advance(state, net(features(state, action)) * scale)

    return step


# ---- worlds to test in ---------------------------------------------------------------------------


def test_episode(task: Task, seed: int) -> tuple[np.ndarray, torch.Tensor]:
    """States (T + 1, S) and actions (T, A) of a real episode with new random torques."""
    env = task.make_env()
    observation, _ = env.reset(seed=30_000 + seed)
    torques = np.random.default_rng(seed).uniform(-2, 2, (task.horizon, 1)).astype(np.float32)
    states = [task.state_from_observation(observation.astype(float))]
    for torque in torques:
        states.append(task.state_from_observation(env.step(torque)[0].astype(float)))
    env.close()
    return np.array(states), torch.tensor(torques)


def first_real_steps(
    task: Task, count: int, noise: float, episode: int
) -> tuple[Loop, Transitions]:
    """The first steps of a random episode, their states read with an error (in spreads)."""
    config = RunConfig.make(task.name, "symbolic", task.horizon, episode)
    loop = Loop(task, None, task.horizon, config.loop, config.learner, episode)
    loop.interact()
    some = loop.transitions()[0]
    path = np.concatenate([some.state[:count], some.next_state[count - 1 : count]])
    dice = np.random.default_rng(episode)
    path = path + noise * some.state.std(0) * dice.normal(size=path.shape)
    return loop, replace(some[:count], state=path[:-1], next_state=path[1:])


def fitted(task: Task, some: Transitions) -> tuple[WorldModel, list[tuple[dict, bool]]]:
    """A model by sparse regression, and each of its equations with whether it is the true one."""
    model = make_world_model("sparse", task, 0)
    assert isinstance(model, SymbolicWorldModel)
    report = model.fit(some)
    rows = [
        (row, is_exact(task, row["target"], expression))
        for row, expression in zip(report.equations, model.expressions_, strict=True)
    ]
    return model, rows


def earned(model: WorldModel, loop: Loop, after: int) -> int:
    """Steps of a rollout that ``model`` earns on the real steps of ``loop`` behind ``after``."""
    real = loop.transitions()[0]
    rows = np.arange(len(real)) >= after
    return validate(model, loop.task, real, rows, loop.config.tolerance, loop.task.horizon).length


@torch.no_grad()
def play_in_world(
    task: Task, step: Callable, act: Callable, state: torch.Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """Returns (N,) and angles (T, N) of a policy on unit actions in a world given by its step."""
    total, angles = torch.zeros(len(state)), []
    for _ in range(task.horizon):
        unit = torch.as_tensor(act(task.observation_from_state(state)))
        action = task.from_unit_action(unit.float())
        after = step(state, action)
        total, state = total + task.reward(state, action, after), after
        angles.append(state[:, 0])
    return total.numpy(), torch.stack(angles).numpy()
