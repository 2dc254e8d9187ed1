"""The exercise of notebook 02 on SAC's update; :mod:`nb02` has the others."""

import copy
import functools

import torch
from torch import nn

from symtut.lab.exercises.kinds import Function


def squashed_log_prob(raw: torch.Tensor, mean: torch.Tensor, std: torch.Tensor) -> torch.Tensor:
    """log π of tanh(raw), raw normal: (B, A) three times -> (B,)."""
    squash = torch.distributions.TanhTransform(cache_size=1)  # remembers raw: no arctanh of 1
    squashed = torch.distributions.TransformedDistribution(
        torch.distributions.Normal(mean, std), squash
    )
    return squashed.log_prob(squash(raw)).sum(-1)  # pyright: ignore[reportArgumentType]


class _Agent:
    """A small agent in the midst of learning: Adam's moments and gradients are there already."""

    def __init__(self, observation_size, action_size, seed):
        torch.manual_seed(seed)

        def network(inputs, outputs):
            layers = nn.Linear(inputs, 5), nn.Tanh(), nn.Linear(5, outputs)
            return nn.Sequential(*layers).double()

        self.actor = network(observation_size, 2 * action_size)
        pair = [network(observation_size + action_size, 1) for _ in range(2)]
        self.critics, self.targets = nn.ModuleList(pair), nn.ModuleList(copy.deepcopy(pair))
        self.log_alpha = torch.full((1,), -0.4, dtype=torch.float64, requires_grad=True)
        mine = [*self.actor.parameters(), self.log_alpha]
        self.critic_optimizer = torch.optim.Adam(self.critics.parameters(), 0.02)
        self.actor_optimizer = torch.optim.Adam(mine, 0.03)
        for target in self.targets.parameters():
            target.data.add_(0.3 * torch.randn_like(target))
        for part in self._moved():
            part.grad = 0.5 * torch.randn_like(part)
        self.critic_optimizer.step()
        self.actor_optimizer.step()

    def _moved(self):
        return [*self.critics.parameters(), *self.actor.parameters(), self.log_alpha]

    def __deepcopy__(self, memo):
        new = object.__new__(type(self))
        vars(new).update(copy.deepcopy(vars(self), memo))
        for mine, its in zip(self._moved(), new._moved(), strict=True):
            its.grad = mine.grad.clone()  # a parameter's copy leaves it behind
        return new

    def weights(self):
        nets = (self.critics, self.targets, self.actor)
        parts = [p for net in nets for p in net.parameters()] + [self.log_alpha]
        return torch.cat([part.detach().flatten() for part in parts])


def _update(agent, batch, noise_next, noise_now, gamma, tau, wrong=""):
    """SAC's update, with gradients by torch.autograd.grad; or one that is ``wrong`` in a way."""
    alpha = agent.log_alpha.detach().exp()
    seen, following = batch["observation"], batch["next_observation"]

    def draw(observation, noise):
        mean, log_std = agent.actor(observation).chunk(2, dim=-1)
        std = log_std.clamp(-20, 2).exp()
        raw = mean + std * noise
        return torch.tanh(raw), squashed_log_prob(raw, mean, std)

    def values(critics, observation, action):
        joined = torch.cat([observation, action], 1)
        return torch.stack([critic(joined)[:, 0] for critic in critics])

    def smaller(both):
        pick = {"larger": both.amax(0), "one critic": both[0], "mean of both": both.mean(0)}
        return pick.get(wrong, both.amin(0))

    def step(optimizer, gradients, weights, stale):
        for weight, gradient in zip(weights, gradients, strict=True):
            kept = weight.grad if stale and weight.grad is not None else 0
            weight.grad = gradient + kept
        optimizer.step()

    asked = (seen, noise_now) if wrong == "old state" else (following, noise_next)
    action, log_prob = draw(*asked)
    action, log_prob = action.detach(), log_prob.detach()
    judges = agent.critics if wrong == "no targets" else agent.targets
    after = values(judges, following, action).amin(0).detach()
    after = after - (0 if wrong == "no entropy in y" else alpha) * log_prob
    ended = batch["terminated"][:, 0]
    if wrong == "truncated":
        ended = torch.maximum(ended, batch["truncated"][:, 0])
    y = batch["reward"][:, 0] + gamma * (1 - ended) * after
    errors = values(agent.critics, seen, batch["action"]) - y
    size = {"not halved": 1.0, "mean of losses": 0.25}.get(wrong, 0.5)
    loss = size * errors.square().mean(1).sum()
    weights = list(agent.critics.parameters())
    slopes = torch.autograd.grad(loss, weights)
    if wrong != "still critics":
        step(agent.critic_optimizer, slopes, weights, wrong == "critics not cleared")

    pairs = list(zip(agent.targets.parameters(), agent.critics.parameters(), strict=True))
    follow = {"full copy": 1.0, "no following": 0.0, "exchanged": 1 - tau}.get(wrong, tau)
    for slow, fast in pairs:
        slow.data = (1 - follow) * slow.data + follow * fast.data

    if wrong == "stored actions":
        log_prob = draw(seen, noise_now)[1]
        best = smaller(values(agent.critics, seen, batch["action"]))
    else:
        action, log_prob = draw(seen, noise_next if wrong == "noise" else noise_now)
        best = smaller(values(agent.critics, seen, action))
    sign = -1 if wrong == "downhill" else 1
    price = {"no entropy in actor": 0 * alpha, "certainty": -alpha}.get(wrong, alpha)
    loss = sign * (price * log_prob - best).mean()
    mine = list(agent.actor.parameters())
    slopes = list(torch.autograd.grad(loss, mine))
    error = (log_prob.detach().mean() - noise_now.shape[1]).reshape(1)
    agent.log_alpha.grad = None  # it is set, not added to
    if wrong != "still temperature":
        slopes.append(error if wrong == "alpha's sign" else -error)
        mine.append(agent.log_alpha)
    step(agent.actor_optimizer, slopes, mine, wrong == "actor not cleared")
    return agent.weights()


def exercise_4() -> Function:
    """SAC's update."""

    def reference(agent, batch, noise_next, noise_now, gamma, tau):
        return _update(agent, batch, noise_next, noise_now, gamma, tau)

    def case(seed, rows, observation_size, action_size, gamma, tau):
        draw = torch.Generator().manual_seed(seed)

        def normal(width):
            return torch.randn(rows, width, generator=draw, dtype=torch.float64)

        batch = {
            "observation": normal(observation_size), "action": torch.tanh(normal(action_size)),
            "reward": normal(1), "next_observation": normal(observation_size),
            "terminated": (normal(1) > 0.5).double(), "truncated": (normal(1) > 0).double(),
        }  # fmt: skip
        agent = _Agent(observation_size, action_size, seed)
        return agent, batch, normal(action_size), normal(action_size), gamma, tau

    mistakes = {
        "truncated": "A truncated row is no end: use your soft_target with both flags in order.",
        "no targets": "The targets y come from agent.targets, not from agent.critics.",
        "old state": "For y the action is drawn in the next observation, with noise_next.",
        "no entropy in y": "The pay for randomness is missing in y.",
        "larger": "In J_π the smaller of the two critics counts, not the larger.",
        "one critic": "In J_π both critics are asked; the smaller value counts.",
        "mean of both": "In J_π the smaller of the two critics counts, not their mean.",
        "not halved": "J_Q has the factor ½.",
        "mean of losses": "J_Q is the sum over both critics, not their mean.",
        "critics not cleared": "Gradients add up: critic_optimizer.zero_grad() before backward.",
        "still critics": "The critics did not move: critic_optimizer.step().",
        "full copy": "The target critics follow by tau, they do not copy.",
        "no following": "The target critics did not move: lerp_ each of their weights by tau.",
        "exchanged": "Towards the critics by tau, not by 1 − tau.",
        "stored actions": "J_π needs actions drawn now, not the stored ones.",
        "noise": "The actions in s are drawn with noise_now.",
        "downhill": "The sign of J_π: high values must make it small.",
        "no entropy in actor": "The pay for randomness is missing in J_π.",
        "certainty": "The sign of the entropy in J_π: this one pays for certainty.",
        "alpha's sign": "The sign of the temperature's derivative: use your own function.",
        "still temperature": "The temperature did not follow: set agent.log_alpha.grad.",
        "actor not cleared": "Gradients add up: actor_optimizer.zero_grad() before backward.",
    }
    return Function(
        reference,
        cases=[
            case(1, 6, 3, 1, 0.9, 0.1),
            case(2, 5, 2, 2, 0.99, 0.02),
        ],
        mistakes=[
            (functools.partial(_update, wrong=name), text) for name, text in mistakes.items()
        ],
        hint="Compare each step with the list: y, critics, copies, actor, temperature.",
        may_change=["agent"],
        rtol=1e-6,
    )
