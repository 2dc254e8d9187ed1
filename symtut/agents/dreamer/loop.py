"""The one loop with the learner Dreamer-v3: three things differ.

B_pi holds real steps in time order, with the state of the learner's own world model; a real step
passes through that state; an update takes sequences from B_pi. There is no other world model.
"""

import numpy as np
import torch

from symtut.agents.buffers import ReplayBuffer
from symtut.agents.config import LoopConfig
from symtut.agents.dreamer.agent import Dreamer
from symtut.agents.dreamer.config import DreamerConfig
from symtut.agents.dreamer.networks import Networks
from symtut.agents.dreamer.replay import fields
from symtut.agents.loop import Loop
from symtut.errors import InputError
from symtut.tasks import Task


class DreamerLoop(Loop):
    """A Dreamer at work, with the parameters of :class:`Loop`.

    Raises
    ------
    InputError
        If the first real steps are fewer than a sequence has.
    """

    agent: Dreamer

    def __init__(
        self, task: Task, steps: int, config: LoopConfig, learner: DreamerConfig, seed: int
    ):
        if min(config.random_steps, steps) <= learner.length:
            raise InputError(
                f"a sequence has length = {learner.length} steps: --steps and random_steps must be "
                "more than that."
            )
        super().__init__(task, None, steps, config, learner, seed)
        capacity = min(config.policy_capacity, 2 * steps)  # an episode of n steps has n + 1 rows
        self.b_pi = ReplayBuffer(capacity, fields(task, learner))

    @property
    def policy(self) -> Networks:
        """All networks: to act takes the world model, too."""
        return self.agent.actor

    def real_step(self, random: bool) -> dict:
        """One step in the environment, and what was seen before (if it is the first) and after."""
        episodes, nothing = self.episodes, np.zeros(self.task.action_size)
        episodes.begin_if_due()
        if not episodes.actions:
            self._store(episodes.observation, nothing, first=1.0)
        if random:
            action = self.random_policy.uniform(-1, 1, self.task.action_size)
        else:
            action = self.agent.act().double().numpy()
        row = episodes.step(self.task.from_unit_action(action))
        over = episodes.observation is None  # the end of the world, or a time-out
        self._store(
            row["next_observation"], action, row["reward"], last=float(over),
            ended=float(row["terminated"]),
        )  # fmt: skip
        return row

    def _store(self, observation, action, reward=0.0, first=0.0, last=0.0, ended=0.0) -> None:
        """A row of B_pi, with the state after it."""
        observation = torch.as_tensor(observation, dtype=torch.float32)
        action = torch.as_tensor(action, dtype=torch.float32)
        state = self.agent.see(observation, action, first > 0)
        flags = {"reward": reward, "first": first, "last": last, "ended": ended}
        row = {name: torch.tensor([value]) for name, value in flags.items()}
        self.b_pi.add(observation=observation, action=action, **row, **state._asdict())

    def _remember(self, columns: dict[str, torch.Tensor]) -> None:
        """Nothing is left to do: each step went into B_pi by itself."""

    def _learn_from_b_pi(self, agent: Dreamer) -> None:
        agent.update(self.b_pi)
