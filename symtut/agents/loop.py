"""The one loop: act, fit, imagine, learn. Only the world model is exchanged.

B_E   all real transitions, in time order: what the world model is fitted to.
B_EM  the recent real states: where rollouts of the model start.
B_pi  what the policy learns from: imagined transitions, or the real ones where there is no model.

Model-free SAC is this loop with ``model=None``. The learner is SAC, which learns from B_pi, the
analytic policy gradient, which differentiates whole rollouts, or Dreamer (``dreamer/loop.py``).
"""

import math
from functools import partial
from typing import Any

import numpy as np
import torch

from symtut.agents import schedule
from symtut.agents.agent import make_agent
from symtut.agents.analytic_gradient import AnalyticGradient, APGConfig, check_differentiable
from symtut.agents.auditions import Auditions
from symtut.agents.buffers import ReplayBuffer, mixed_batch
from symtut.agents.config import LoopConfig, memory_needs
from symtut.agents.dreamer.config import DreamerConfig
from symtut.agents.episodes import Diverged, Episodes, episode_seed, random_policy
from symtut.agents.imagination import StartStates, imagined_step
from symtut.agents.networks import MLP
from symtut.agents.sac import SAC, SACConfig, warn_of_offsets
from symtut.errors import InputError
from symtut.machine import require_memory
from symtut.tasks import Task, Transitions
from symtut.world_models.base import Report, WorldModel
from symtut.world_models.validation import Validation, validate

CHECK_EVERY = 50  # gradient updates between two looks at the learner: NaN does not go away


class Loop:
    """A learner at work. ``advance`` does the next piece; ``finished`` says when to stop.

    Parameters
    ----------
    task : Task
    model : WorldModel or None
        None is model-free.
    steps : int
        Real environment steps to spend.
    config : LoopConfig
    learner : SACConfig, APGConfig or DreamerConfig
        Whose hyperparameters they are decides who learns.
    seed : int
        Of the networks, the noise, the random policy and the episodes.
    """

    def __init__(
        self,
        task: Task,
        model: WorldModel | None,
        steps: int,
        config: LoopConfig,
        learner: SACConfig | APGConfig | DreamerConfig,
        seed: int,
    ):
        self.task, self.model, self.steps, self.seed = task, model, steps, seed
        self.config, self.learner = config, learner
        if steps < 1:
            raise InputError(f"--steps must be at least 1, not {steps}.")
        require_memory(memory_needs(task, steps, config, learner))
        self.generator = torch.Generator().manual_seed(episode_seed(seed, -1))
        self.random_policy = random_policy(seed)
        self.agent: Any = make_agent(task, model, config, learner, self.generator)

        s, a, o = task.state_size, task.action_size, task.observation_size
        real = {"state": s, "action": a, "next_state": s, "reward": 1, "terminated": 1}
        self.b_e = ReplayBuffer(steps, real | {"episode": 1, "held_back": 1}, torch.float64)
        self.b_em = ReplayBuffer(config.recent_states, {"state": s})
        learned = {"observation": o, "action": a, "reward": 1, "next_observation": o}
        self.b_pi = ReplayBuffer(config.policy_capacity, learned | {"terminated": 1})
        buffers = self.b_e, self.b_em, self.b_pi
        self.start_states = StartStates(
            task, config.start_states, *buffers, config.box_scale, config.relabel, model
        )
        self.episodes = Episodes(task, seed)
        self.env_steps = self.updates = self.imagined = 0
        self.updates_earned = 0.0
        self.total_updates = schedule.total_updates(config, steps, model_free=model is None)
        self.report: Report | None = None  # of the model in use
        self.validation: Validation | None = None
        self.steps_at_last_fit = 0  # real steps before the last fit, or the decision against one
        self.fits = self.fits_spared = 0
        self.rollout_length = schedule.rollout_length(config, task.horizon, None, 0)
        self.auditions = Auditions(task)
        self.unusable = 0  # imagined transitions since the last finite one
        self.last_good = self.agent.actor.flat.clone()  # the actor when it was last looked at
        self.diverged: str | None = None  # why there is no going on
        self.rollout_state = torch.zeros(config.rollouts, s)
        self.rollout_left = torch.zeros(config.rollouts, dtype=torch.int64)  # steps still to go

    # ---- progress ----------------------------------------------------------------------------

    @property
    def finished(self) -> bool:
        spent = self.env_steps >= self.steps and self.updates >= self.total_updates
        return spent or self.diverged is not None

    @property
    def updates_due(self) -> int:
        spent = self.env_steps >= self.steps
        return (self.total_updates if spent else math.floor(self.updates_earned)) - self.updates

    @property
    def policy(self) -> MLP:
        """The actor to hand over now: the best of the auditions, else the current one."""
        return self.auditions.best_actor or self.agent.actor

    def advance(self, most_updates: int = 250) -> None:
        """One piece of work: a block of real steps with its fit, or up to ``most_updates``.

        Where numbers are no longer finite it ends: ``diverged`` says why, and the actor is again
        what it was when it was last looked at.
        """
        try:
            # Updates come first: the next real steps are then those of the policy that learned.
            if self.updates_due > 0:
                for _ in range(min(most_updates, self.updates_due)):
                    self.learn()
                return
            self.interact()
            # The fit comes before any update that these steps have earned: what is imagined from
            # here on is imagined in a model that has seen them.
            spent, waited = self.env_steps >= self.steps, self.env_steps - self.steps_at_last_fit
            fitted = self.report is not None
            if self.model is not None and schedule.fit_due(self.config, fitted, waited, spent):
                self.fit_model()
        except Diverged as error:
            self._stop(str(error))

    def check(self) -> None:
        """Look at the learner; to be called before anything is stored or evaluated."""
        if self.diverged is None:
            try:
                self._check_learner()
            except Diverged as error:
                self._stop(str(error))

    def _stop(self, why: str) -> None:
        self.diverged = f"{why} after {self.env_steps} real steps and {self.updates} updates"
        self.agent.actor.flat.copy_(self.last_good)

    def _check_learner(self) -> None:
        if not self.agent.is_finite():
            raise Diverged("the learner's weights were no longer finite")
        self.last_good.copy_(self.agent.actor.flat)

    # ---- the real world ----------------------------------------------------------------------

    def interact(self) -> None:
        """One block of real steps into B_E and B_EM (and B_pi where there is no model)."""
        first = self.env_steps == 0
        block = self.config.random_steps if first else self.config.block_steps
        block = max(1, min(block, self.steps - self.env_steps))
        rows = []
        try:
            for _ in range(block):
                rows.append(self.real_step(random=first))
        except Diverged as error:
            if first:
                raise InputError(
                    f"under random actions {error}: look at the environment."
                ) from None
            self.env_steps += len(rows)
            raise
        columns = {name: torch.as_tensor(np.array([row[name] for row in rows])) for name in rows[0]}
        columns["held_back"] = schedule.held_back_rows(
            self.config, block, self.env_steps, self.steps_at_last_fit, self.steps
        )
        self.b_e.add(**{name: columns[name] for name in self.b_e.fields})
        self.b_em.add(state=columns["state"])
        self._remember(columns)
        self.env_steps += block
        self.updates_earned += block * self.config.updates_per_step
        self._set_rollout_length()

    def real_step(self, random: bool) -> dict:
        """One step in the environment, by the random policy or the current one."""
        self.episodes.begin_if_due()
        if random:
            action = self.random_policy.uniform(-1, 1, self.task.action_size)
        else:
            seen = torch.as_tensor(self.episodes.observation, dtype=torch.float32)[None]
            action = self.agent.act(seen)[0].double().numpy()
        return self.episodes.step(self.task.from_unit_action(action))

    def _remember(self, columns: dict[str, torch.Tensor]) -> None:
        if self.model is None:  # else the policy learns from imagined steps
            action = self.task.to_unit_action(columns["action"])
            self.b_pi.add(**{n: columns[n] for n in self.b_pi.fields} | {"action": action})

    def transitions(self) -> tuple[Transitions, np.ndarray]:
        """B_E as arrays, and which rows are held back from the fit."""
        columns = {name: column.numpy() for name, column in self.b_e.window().items()}
        held_back = columns.pop("held_back")[:, 0] > 0
        flat = {name: columns[name][:, 0] for name in ("reward", "terminated", "episode")}
        return Transitions(**columns | flat), held_back

    # ---- the model ---------------------------------------------------------------------------

    def fit_model(self) -> None:
        """Fit to what is not held back; keep the old model if the new one validates worse.

        With ``refit="on_failure"`` a model that holds on the steps since the last fit stays.
        """
        model, task, config = self.model, self.task, self.config
        assert model is not None
        transitions, held_back = self.transitions()
        most = config.longest_rollout or task.horizon
        validated = partial(validate, model, task, transitions, held_back, config.tolerance, most)
        new = np.arange(len(transitions)) >= self.steps_at_last_fit
        self.steps_at_last_fit = self.env_steps
        if self.report is not None and schedule.holds(
            config, model, task, transitions, new, self.rollout_length
        ):
            self.fits_spared += 1
            self.validation = validated()
        else:
            self.fits += 1
            self.report, self.validation = schedule.better_fit(
                model, self.report, transitions, held_back, validated
            )
            self.auditions.close()  # returns in another model do not compare
        self._set_rollout_length()

    def _set_rollout_length(self) -> None:
        """The length of the rollouts to come; those under way are cut to it."""
        length = schedule.rollout_length(
            self.config, self.task.horizon, self.validation, self.env_steps
        )
        if length != self.rollout_length:
            self.rollout_length = length
            self.rollout_left.clamp_(max=length)
            self.auditions.close()

    @torch.no_grad()
    def imagine(self) -> None:
        """All rollouts take one step in the model; the transitions go into B_pi."""
        # Rollouts are under way across calls: between two updates only a few steps are due, and a
        # rollout of a hundred steps spreads over many policies, as a real episode would.
        over = self.rollout_left <= 0
        if n := int(over.sum()):
            self.rollout_state[over] = self.start_states.draw(n, self.generator)
            left = torch.full((n,), self.rollout_length)
            if self.imagined == 0:  # spread the first ends, so that not all rollouts end at once
                left = torch.randint(1, self.rollout_length + 1, (n,), generator=self.generator)
            self.rollout_left[over] = left
        assert self.model is not None
        state = self.rollout_state
        rows, next_state, usable = imagined_step(self.agent.act, self.model, self.task, state)
        ended = rows["terminated"] | ~usable
        if not usable.all():
            rows = {name: column[usable] for name, column in rows.items()}
        kept = self.b_pi.added
        self.b_pi.add(**rows)
        # If nothing usable comes, B_pi stays as it is and updates would repeat old rows for ever.
        self.unusable = 0 if self.b_pi.added > kept else self.unusable + len(state)
        if self.unusable >= max(self.config.warm_up, len(state)):
            self._check_learner()  # actions that are not finite have no next state
            raise Diverged("the world model's predictions were no longer finite")
        self.imagined += len(state)
        self.rollout_left = (self.rollout_left - 1).masked_fill(ended, 0)
        self.rollout_state = next_state

    # ---- the policy --------------------------------------------------------------------------

    def learn(self) -> None:
        """One gradient update, and the imagined steps that are due for it."""
        decay = self.config.learning_rate_decay
        remaining = 1.0 - self.updates / max(self.total_updates, 1)
        factor = min(1.0, remaining / decay) if decay else 1.0
        self.agent.set_learning_rate(self.learner.learning_rate * factor)
        if isinstance(self.agent, AnalyticGradient):
            self._learn_through_the_model(self.agent, remaining)
        else:
            self._learn_from_b_pi(self.agent)
        self.updates += 1
        if self.updates % CHECK_EVERY == 0:
            self._check_learner()
        every = self.config.audition_every
        begun = self.updates >= self.config.audition_from * self.total_updates
        if self.model is not None and every and self.updates % every == 0 and begun:
            n = self.config.audition_starts
            draw = partial(self.start_states.draw_imagined, n, self.generator)
            self.auditions.hold(self.agent, self.model, draw, self.rollout_length)

    def _learn_from_b_pi(self, agent: SAC) -> None:
        """Bring B_pi up to date, then an update of SAC on a batch from it."""
        if self.updates == 0:
            warn_of_offsets(self.start_states.observations())
        if self.model is not None:
            # Imagination keeps pace with the updates, whatever the number of rollouts side by side.
            config = self.config
            while self.imagined < config.warm_up + config.imagined_per_update * self.updates:
                self.imagine()
        share = 0.0 if self.model is None else self.config.real_fraction
        batch = mixed_batch(
            self.b_pi, self.b_e, self.learner.batch_size, share, self.task, self.generator
        )
        agent.update(batch)

    def _learn_through_the_model(self, agent: AnalyticGradient, remaining: float) -> None:
        """An update along the gradient of rollouts as long as the model has earned."""
        assert self.model is not None
        states = self.start_states.draw(self.learner.batch_size, self.generator)
        if self.updates == 0:
            seen = self.task.observation_from_state(self.b_e.window()["state"].float())
            agent.measure(seen, self.start_states.observations())
            check_differentiable(self.model, self.task, states)
        horizon = min(agent.config.horizon, self.rollout_length)
        agent.update(self.model, states, horizon, remaining)
        self.imagined += len(states) * horizon
