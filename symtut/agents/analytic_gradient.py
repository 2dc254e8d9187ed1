"""Analytic policy gradient: the return of imagined rollouts, differentiated through the model.

SVG(infinity) of Heess et al. 2015 (arXiv 1510.09142), known as APG in Brax. A rollout

    a_t = pi(o(s_t)),   s_t+1 = f(s_t, a_t),   J = mean of sum_t gamma^t r(s_t, a_t, s_t+1)

is one chain of differentiable functions: observation, policy, equations of motion, reward.
Backpropagation through it gives the exact gradient of J. There is no critic and no noise. What it
asks for is a model whose derivatives are right over many steps.

Four precautions. The gradient grows or shrinks with the product of the steps' Jacobians: its norm
is clipped at 1, which nearly always acts, so that the direction counts and not the size. A batch
whose gradient is not finite is left out. A few hundred updates are too few to learn the scale of
each observation (a target's position is some 0.1 m, a joint's speed some 10 rad/s): the first layer
is trained for observations in units of their spread (and from their mean, where they stay far from
0: a temperature of 300 K). And where tanh is flat no gradient comes back:
a small cost on the square of the raw action, which falls to 0, keeps the policy away from there.
On the pendulum, from 20 real steps, the six policies of seeds 100-105 had returns down to -1415
after 60 updates without it, and of at least -211 with it.

Not everything is smooth. Where a bound of the state cuts (the pendulum's speed at 8 rad/s, the
car's at 2 m/s), the derivative is that of the cut, 0 beyond the bound: what happened before does
not matter there. Two others were tried in sparse equations, seeds 100-102. Mean returns of the
pendulum after 150 updates are -149.6 with the cut's own derivative, -150.1 with that of no bound
(straight-through), -149.5 with a bound that is smooth itself; of the car after 200 updates -20.5
with its own and -19.9 straight-through. Seeds differ by up to 4, so the exact derivative stays.
When an episode ends has no derivative either: rewards after the end are 0, and nothing pulls at the
step of the end. Reacher's elbow stop is in no equation, so no gradient knows of it.
"""

from dataclasses import dataclass

import torch

from symtut.agents.episodes import Diverged
from symtut.agents.imagination import far_from_zero, reward_function
from symtut.agents.networks import MLP, perceptrons
from symtut.errors import InputError
from symtut.tasks import Task
from symtut.world_models.base import WorldModel

MOST_SKIPPED = 20
"""Updates without a finite gradient, one after the other, after which there is no going on."""


@dataclass(frozen=True)
class APGConfig:
    """Hyperparameters of the learner.

    Raises
    ------
    InputError
        For a number outside its range.
    """

    hidden: int = 128  # units in each of the two hidden layers
    batch_size: int = 128  # rollouts behind one gradient
    horizon: int = 35  # steps of a rollout; fewer where the model has earned fewer
    learning_rate: float = 5e-3
    gamma: float = 1.0  # discount
    clip: float = 1.0  # largest norm of the gradient
    saturation_cost: float = 0.02  # of a raw action of 1, as a share of the mean size of a reward

    def __post_init__(self):
        if not 0 <= self.gamma <= 1:
            raise InputError(f"gamma must be in [0, 1], not {self.gamma}.")
        if not self.clip > 0:
            raise InputError(f"clip must be greater than 0, not {self.clip}.")


class AnalyticGradient:
    """The learner: an actor and its optimiser.

    Parameters
    ----------
    task : Task
        Its observation, reward and bounds are links of the chain.
    config : APGConfig
    generator : torch.Generator
        Source of the initial weights; nothing else here is random.

    Attributes
    ----------
    actor : MLP
        Means and log standard deviations of the raw action, as SAC's, so that policy files are
        alike. The latter are not used.
    weights : tensor
        What is trained: the actor's, its first layer for observations in units of ``scale``.
    centre, scale : tensor (O,)
    """

    def __init__(self, task: Task, config: APGConfig, generator: torch.Generator):
        self.task, self.config = task, config
        sizes = task.observation_size, config.hidden, 2 * task.action_size
        self.actor = MLP(*sizes, generator=generator)
        self.weights = self.actor.flat.clone().requires_grad_()
        self.centre = torch.zeros(task.observation_size)
        self.scale = torch.ones(task.observation_size)
        self.optimizer = torch.optim.Adam([self.weights], betas=(0.9, 0.99), fused=True)
        self.skipped = 0  # updates without a finite gradient since the last with one

    @torch.no_grad()
    def act(self, observation: torch.Tensor, deterministic: bool = True) -> torch.Tensor:
        """``(B, O)`` -> actions ``(B, A)`` in [-1, 1]; the policy has no noise."""
        return torch.tanh(self.actor.forward(observation)[0, :, : self.task.action_size])

    @torch.no_grad()
    def measure(self, observations: torch.Tensor, starts: torch.Tensor) -> None:
        """Take the scale from real ``observations`` (N, O), before any update, and the centre where
        neither these nor those where rollouts start, ``starts`` (M, O), come near 0."""
        both = torch.cat([observations, starts])
        far = far_from_zero(both.amin(0), both.amax(0))
        self.centre = torch.where(far, both.mean(0), 0.0)
        spread = observations.std(0, correction=0)  # one observation has a spread of 0, not NaN
        self.scale = torch.where(spread > 1e-6, spread, torch.ones(()))
        self._write_actor()

    def rollouts(
        self, model: WorldModel, states: torch.Tensor, horizon: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """``(B, S)`` start states -> rewards and squared raw actions, ``(H, B)`` each.

        Both are differentiable by ``weights``. After the end of an episode rewards are 0.
        """
        task, parameters = self.task, self._parameters()
        visited, actions, efforts, state = [states], [], [], states
        over = torch.zeros(len(states), dtype=torch.bool)
        alive = []
        for _ in range(horizon):
            raw = perceptrons(parameters, task.observation_from_state(state))[0]
            raw = raw[:, : task.action_size]
            efforts.append(raw.square().sum(1))
            actions.append(task.from_unit_action(torch.tanh(raw)))
            # What has ended stands still: left alone, a fallen body soon has no finite gradient.
            following = torch.where(over[:, None], state, model.predict(state, actions[-1]))
            alive.append(~over)
            over = over | task.terminated(state, actions[-1], following)
            state = following
            visited.append(state)
        # Rewards are no links between the steps: they are computed for all at once.
        visited, actions = torch.stack(visited), torch.stack(actions)  # (H + 1, B, S), (H, B, A)
        reward = reward_function(model, task)(visited[:-1], actions, visited[1:])
        # The step that ends an episode is the last that counts; when it comes has no derivative.
        reward = torch.where(torch.stack(alive), reward, 0.0)
        return reward, torch.stack(efforts)

    def update(
        self, model: WorldModel, states: torch.Tensor, horizon: int, remaining: float
    ) -> None:
        """One gradient step up the mean return of rollouts from ``states`` (B, S).

        ``remaining`` is the share of the updates that are still to come: the cost of saturation
        falls with it.

        Raises
        ------
        Diverged
            If there was no finite gradient for many updates.
        """
        discount = self.config.gamma ** torch.arange(horizon, dtype=torch.float32)
        with torch.enable_grad():
            reward, effort = self.rollouts(model, states, horizon)
            returns = (discount @ reward).mean()
            cost = self.config.saturation_cost * remaining * reward.detach().abs().mean()
            loss = -returns + cost * effort.mean(1).sum()
            (gradient,) = torch.autograd.grad(loss, self.weights)
        norm = gradient.norm()
        if not torch.isfinite(norm):
            self.skipped += 1
            if self.skipped >= MOST_SKIPPED:
                raise Diverged("the gradient through the world model was no longer finite")
            return
        self.skipped = 0
        self.weights.grad = gradient * min(1.0, self.config.clip / max(float(norm), 1e-12))
        self.optimizer.step()
        self._write_actor()

    def _parameters(self) -> list[torch.Tensor]:
        """The actor's parameters as functions of ``weights``."""
        sizes = [p.numel() for p in self.actor.parameters]
        pieces = zip(self.weights.split(sizes), self.actor.parameters, strict=True)
        first, bias, *others = [piece.view(p.shape) for piece, p in pieces]
        first = first / self.scale[:, None]
        return [first, bias - self.centre[None] @ first, *others]

    @torch.no_grad()
    def _write_actor(self) -> None:
        for mine, theirs in zip(self._parameters(), self.actor.parameters, strict=True):
            theirs.copy_(mine)

    def set_learning_rate(self, learning_rate: float) -> None:
        self.optimizer.param_groups[0]["lr"] = learning_rate

    def is_finite(self) -> bool:
        """Whether all weights are finite numbers."""
        return bool(torch.isfinite(self.actor.flat).all())

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Weights, centre, scale and optimiser."""
        state = {"weights": self.weights.detach().clone()}
        state |= {"centre": self.centre.clone(), "scale": self.scale.clone()}
        for name, value in self.optimizer.state.get(self.weights, {}).items():
            state[f"optimizer.{name}"] = value.clone()
        return state

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        self.weights.copy_(state["weights"])
        self.centre, self.scale = state["centre"].clone(), state["scale"].clone()
        for name, value in state.items():
            if name.startswith("optimizer."):
                key = name.removeprefix("optimizer.")
                self.optimizer.state[self.weights][key] = value.clone()
        self._write_actor()


def check_differentiable(model: WorldModel, task: Task, states: torch.Tensor) -> None:
    """See whether a gradient comes through one step of the chain.

    Raises
    ------
    InputError
        Names the function that breaks it.
    """
    state = states[:2].clone().requires_grad_()
    action = torch.zeros(len(state), task.action_size, requires_grad=True)
    owner = task if getattr(model, "reward", None) is None else model
    with torch.enable_grad():
        links = {
            f"observation_from_state of {type(task).__name__}": task.observation_from_state(state),
            f"predict of {type(model).__name__}": (following := model.predict(state, action)),
            f"reward of {type(owner).__name__}": reward_function(model, task)(
                state, action, following
            ),
        }
    for name, value in links.items():
        if not value.requires_grad:
            raise InputError(
                f"{name} has no gradient (it leaves torch, or detaches its result): the analytic "
                "policy gradient needs one; learn with --learner sac."
            )
