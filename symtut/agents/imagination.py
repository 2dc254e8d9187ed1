"""What imagined rollouts begin with, and the reward that they earn.

What the rollouts never reach, the policy cannot learn, however good the model is. Hence these rules
for the states that rollouts start from:

``recent``  the real states of the last ``recent_states`` real steps (B_EM): the paper's rule.
``all``     all real states (B_E).
``first``   the first states of real episodes: where the policy will have to begin. Rollouts of a
            whole episode then see what it will see, and nothing else. For worlds whose episodes
            begin alike but for a goal that can be relabelled; few others show many first states
            within a few hundred steps.
``box``     uniform over the smallest box that holds the observed states and has its centre in the
            middle of the task's bounds, angles all the way round. A few episodes happen to see more
            of one side than of the other; a formula that holds on one holds on both, and episodes
            will begin on both. ``box_scale`` stretches the box, up to the task's bounds.
``either``  for a world of which nobody has said what it needs: ``all`` where networks predict most
            of the motion, which know nothing but the data; else ``first`` where ten episodes have
            begun or more and none has ended before its time; else ``box``. A policy that must not
            fall has to learn to recover.
``model``   states that earlier imagined rollouts have reached (B_pi); recent real ones while there
            are none. Each rollout continues another, so even short ones lead far from real states,
            and errors of the model add up.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from symtut.agents.buffers import ReplayBuffer
from symtut.tasks import Task
from symtut.world_models.base import WorldModel

#: Real states among which ``Task.relabel`` finds the new goals of one draw. The starts themselves
#: would not do: a few at a time are left with hardly a choice, and some with their own place.
REACHED = 256


@dataclass(frozen=True)
class StartStates:
    """A rule and what it draws from. It has no state of its own: the buffers are the loop's."""

    task: Task
    rule: str  # a name in START_STATES
    b_e: ReplayBuffer
    b_em: ReplayBuffer
    b_pi: ReplayBuffer
    box_scale: float = 1.0
    relabel: bool = False
    model: WorldModel | None = None

    def draw(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """(n, S) float32 states in the task's units, their goals drawn anew if ``relabel``."""
        states = START_STATES[self.rule](self, n, generator)
        if self.relabel:
            reached = all_real(self, REACHED, generator)
            states = self.task.relabel(states, generator, reached)
        return states

    def observations(self, n: int = 256) -> torch.Tensor:
        """(n, O) observations in such states; no other random number depends on them."""
        return self.task.observation_from_state(self.draw(n, torch.Generator().manual_seed(0)))

    def draw_imagined(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """(n, S) states that rollouts have passed through; their starts if none is stored."""
        if len(self.b_pi) == 0:
            return self.draw(n, generator)
        return self.task.state_from_observation(self.b_pi.sample(n, generator)["observation"])


def recent(starts: StartStates, n: int, generator: torch.Generator) -> torch.Tensor:
    return starts.b_em.sample(n, generator)["state"]


def all_real(starts: StartStates, n: int, generator: torch.Generator) -> torch.Tensor:
    return starts.b_e.sample(n, generator)["state"].float()


def first(starts: StartStates, n: int, generator: torch.Generator) -> torch.Tensor:
    rows = starts.b_e.window()
    begins = torch.ones(len(rows["state"]), dtype=torch.bool)
    begins[1:] = (rows["episode"].diff(dim=0) != 0)[:, 0]
    states = rows["state"][begins]
    return states[torch.randint(len(states), (n,), generator=generator)].float()


def box(starts: StartStates, n: int, generator: torch.Generator) -> torch.Tensor:
    low, high = (bound.float() for bound in box_bounds(starts))
    return low + (high - low) * torch.rand((n, len(low)), generator=generator)


def box_bounds(starts: StartStates) -> tuple[torch.Tensor, torch.Tensor]:
    """(S,) lower and upper bounds of the box, float64."""
    task = starts.task
    least, most = (torch.as_tensor(bound) for bound in (task.state_low, task.state_high))
    low, high = starts.b_e.extent("state")
    centre = centre_of_box(least, most, low, high)
    half = torch.maximum(centre - low, high - centre) * starts.box_scale
    moved = high > low  # what never moved is no side of a box
    low = torch.where(moved, torch.maximum(centre - half, least), low)
    high = torch.where(moved, torch.minimum(centre + half, most), high)
    angular = torch.as_tensor(task.angular)  # an observed arc has no meaningful ends
    return low.masked_fill(angular, -np.pi), high.masked_fill(angular, np.pi)


def centre_of_box(
    least: torch.Tensor, most: torch.Tensor, low: torch.Tensor, high: torch.Tensor
) -> torch.Tensor:
    """(S,) centres of the box, from the task's bounds and the observed extremes.

    A coordinate that is free on a side has no middle of its bounds. Positions and speeds then have
    theirs at 0. What stays far from 0, compared with how far it moves (a temperature of 300 K), has
    it where it is: a box around 0 would be empty but for its rim.
    """
    free = torch.where(far_from_zero(low, high, 2.0), (low + high) / 2, 0.0)
    return torch.where(torch.isfinite(least + most), (least + most) / 2, free)


def far_from_zero(low: torch.Tensor, high: torch.Tensor, times: float = 5.0) -> torch.Tensor:
    """Which coordinates, observed between ``low`` and ``high`` (S,), stay further away than so many
    times the distance that they move."""
    return torch.minimum(low.abs(), high.abs()) > times * (high - low)


def either(starts: StartStates, n: int, generator: torch.Generator) -> torch.Tensor:
    if getattr(starts.model, "mostly_networks", False):
        return all_real(starts, n, generator)
    rows = starts.b_e.window()
    alike = len(rows["episode"].unique()) >= 10 and not rows["terminated"].any()
    return (first if alike else box)(starts, n, generator)


def imagined_states(starts: StartStates, n: int, generator: torch.Generator) -> torch.Tensor:
    if len(starts.b_pi) == 0:
        return recent(starts, n, generator)
    rows = starts.b_pi.sample(n, generator)
    ended = rows["terminated"] > 0  # nothing comes after such a state: take the one before it
    reached = torch.where(ended, rows["observation"], rows["next_observation"])
    return starts.task.state_from_observation(reached)


#: name: (starts, n, generator) -> (n, S) float32 states.
START_STATES: dict[str, Callable[[StartStates, int, torch.Generator], torch.Tensor]] = {
    "recent": recent,
    "all": all_real,
    "first": first,
    "box": box,
    "either": either,
    "model": imagined_states,
}


def reward_function(
    model: WorldModel, task: Task
) -> Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]:
    """``(B, S), (B, A) environment units, (B, S) -> (B,)``, all torch float32.

    A world model has learned the reward if it has a ``reward`` that is not None.
    """
    return getattr(model, "reward", None) or task.imagined_reward


def imagined_step(
    act: Callable[[torch.Tensor], torch.Tensor], model: WorldModel, task: Task, state: torch.Tensor
) -> tuple[dict[str, torch.Tensor], torch.Tensor, torch.Tensor]:
    """One step of the policy ``act`` in the model from each of ``(n, S)`` states.

    Returns
    -------
    rows : dict
        As B_pi stores them, n each.
    next_state : (n, S)
    usable : (n,) bool
        Where prediction and reward are finite. An equation may leave its domain: such a rollout
        ends, and its row is not learned from.
    """
    observation = task.observation_from_state(state)
    unit_action = act(observation)
    action = task.from_unit_action(unit_action)
    next_state = model.predict(state, action)
    reward = reward_function(model, task)(state, action, next_state)
    rows = {
        "observation": observation,
        "action": unit_action,
        "reward": reward,
        "next_observation": task.observation_from_state(next_state),
        "terminated": task.terminated(state, action, next_state),
    }
    return rows, next_state, torch.isfinite(next_state).all(1) & torch.isfinite(reward)
