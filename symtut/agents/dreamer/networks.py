"""The networks of Dreamer-v3: layers, the recurrent state-space model, encoder, decoder, heads.

The state of the world model has two parts: ``deter`` (D), which a recurrent network computes, and
``stoch`` (S categoricals of C classes, flat: C S), which is drawn. The *prior* of ``stoch`` knows
``deter`` alone: it is what imagination draws from. The *posterior* has seen the observation, too.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from symtut.agents.dreamer.config import DreamerConfig
from symtut.agents.dreamer.functions import drawn_one_hot, mixed_probabilities, symlog

_EPSILON = 1e-4  # of the RMS normalisation


def scaled_normal(weight: torch.Tensor, inputs: int, generator: torch.Generator) -> None:
    """Draw ``weight`` from a normal, cut at two deviations, of variance 1 / ``inputs``."""
    std = 1.1368 * inputs**-0.5  # 1.1368: the cut takes some of the variance away
    nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std, generator=generator)


def linear(inputs: int, outputs: int, generator: torch.Generator, scale: float = 1.0) -> nn.Linear:
    """A linear layer whose weights start at ``scale`` times the usual size, its bias at 0."""
    layer = nn.Linear(inputs, outputs)
    scaled_normal(layer.weight, inputs, generator)
    layer.weight.data *= scale
    nn.init.zeros_(layer.bias)
    return layer


class NormSiLU(nn.Module):
    """x -> SiLU(scale x / RMS(x)), the end of every layer.

    ``(..., n)`` -> ``(..., n)``, or ``(..., k, n)`` for ``k`` layers side by side.
    """

    epsilon: torch.Tensor

    def __init__(self, *shape: int):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(shape))
        self.register_buffer("epsilon", torch.tensor(_EPSILON), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # torch's own rms_norm takes more and slower operations on a processor.
        norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        mean_square = torch.addcmul(self.epsilon, norm, norm, value=1 / x.shape[-1])
        return F.silu(x * mean_square.rsqrt() * self.scale)


def mlp(
    inputs: int, units: int, layers: int, generator: torch.Generator, outputs: int | None = None,
    scale: float = 1.0,
) -> nn.Sequential:  # fmt: skip
    """``layers`` times linear, RMS normalisation, SiLU; then, if asked for, linear."""
    parts: list[nn.Module] = []
    for i in range(layers):
        parts += [linear(units if i else inputs, units, generator), NormSiLU(units)]
    if outputs is not None:
        parts.append(linear(units, outputs, generator, scale))
    return nn.Sequential(*parts)


class BlockLinear(nn.Module):
    """Units in ``blocks`` groups; the outputs of a group see its own inputs, and no others.

    Parameters
    ----------
    own : int
        Inputs in all that belong to one group each.
    common : int
        Inputs that every group sees.
    """

    def __init__(
        self, own: int, common: int, outputs: int, blocks: int, generator: torch.Generator
    ):
        super().__init__()
        self.blocks, self.own = blocks, own // blocks
        self.weight = nn.Parameter(torch.empty(blocks, self.own + common, outputs // blocks))
        scaled_normal(self.weight.data, own + common * blocks, generator)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def of_common(self, x: torch.Tensor) -> torch.Tensor:
        """``(..., common)`` -> its part of the outputs, with the bias: the same matrix for all."""
        weight = self.weight[:, self.own :].transpose(0, 1).flatten(1)  # (common, outputs)
        return x @ weight + self.bias

    def of_own(self, x: torch.Tensor) -> torch.Tensor:
        """``(N, own)`` -> its part of the outputs ``(N, outputs)``."""
        grouped = x.view(len(x), self.blocks, self.own).transpose(0, 1)
        return torch.bmm(grouped, self.weight[:, : self.own]).transpose(0, 1).flatten(1)


class Latent(NamedTuple):
    """The state of the world model, at one step ``(N, ...)`` or at many ``(T, B, ...)``."""

    deter: torch.Tensor  # (..., D)
    stoch: torch.Tensor  # (..., C S)

    @property
    def feature(self) -> torch.Tensor:
        """Both parts side by side, ``(..., D + C S)``: what decoder and heads see."""
        return torch.cat(self, -1)

    def detach(self) -> "Latent":
        return Latent(self.deter.detach(), self.stoch.detach())


class RSSM(nn.Module):
    """The recurrent state-space model: how the state follows from action and observation."""

    def __init__(self, actions: int, embedding: int, c: DreamerConfig, generator: torch.Generator):
        super().__init__()
        self.config = c
        self.from_deter = linear(c.deter, c.hidden, generator)
        self.from_stoch = linear(c.stoch * c.classes, c.hidden, generator)
        self.from_action = linear(actions, c.hidden, generator)
        self.from_norm = NormSiLU(3, c.hidden)  # of each of the three by itself
        self.recurrent = BlockLinear(c.deter, 3 * c.hidden, c.deter, c.blocks, generator)
        self.recurrent_norm = NormSiLU(c.deter)
        self.gates = BlockLinear(c.deter, 0, 3 * c.deter, c.blocks, generator)
        self.prior_head = mlp(c.deter, c.hidden, 2, generator, c.stoch * c.classes)
        self.posterior_head = mlp(c.deter + embedding, c.hidden, 1, generator, c.stoch * c.classes)

    def initial(self, n: int) -> Latent:
        """The state before the first observation: zeros."""
        c = self.config
        return Latent(torch.zeros(n, c.deter), torch.zeros(n, c.stoch * c.classes))

    def action_part(self, action: torch.Tensor) -> torch.Tensor:
        """``(..., A)`` -> ``(..., H)``, before the norm.

        An action beyond [-1, 1] is cut, as the world cuts it.
        """
        return self.from_action(action.clamp(-1, 1))

    def next_deter(self, latent: Latent, action_part: torch.Tensor) -> torch.Tensor:
        """The recurrent step, a gated unit in blocks: ``(N, D)`` from state and action."""
        deter, stoch = latent
        parts = torch.stack([self.from_deter(deter), self.from_stoch(stoch), action_part], -2)
        common = self.from_norm(parts).flatten(-2)
        x = self.recurrent_norm(self.recurrent.of_own(deter) + self.recurrent.of_common(common))
        gates = self.gates.of_own(x) + self.gates.bias
        # Each block has its three gates side by side.
        gates = gates.view(len(deter), self.config.blocks, 3, -1)
        reset, candidate, update = (gate.flatten(1) for gate in gates.unbind(2))
        candidate = torch.tanh(torch.sigmoid(reset) * candidate)
        return torch.lerp(deter, candidate, torch.sigmoid(update - 1))  # - 1: keep, at first

    def prior(self, deter: torch.Tensor) -> torch.Tensor:
        """Probabilities ``(..., C, S)`` before the observation."""
        return self._probabilities(self.prior_head(deter))

    def posterior(self, deter: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        """Probabilities ``(..., C, S)`` after the observation with ``embedding`` (..., E)."""
        return self._probabilities(self.posterior_head(torch.cat([deter, embedding], -1)))

    def _probabilities(self, logits: torch.Tensor) -> torch.Tensor:
        c = self.config
        return mixed_probabilities(logits.view(*logits.shape[:-1], c.classes, c.stoch))

    def draw(self, probabilities: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """``(..., C, S)`` and uniform ``(..., S)`` -> one-hot ``(..., C S)``."""
        return drawn_one_hot(probabilities, noise).flatten(-2)

    def observe(
        self, latent: Latent, action: torch.Tensor, embedding: torch.Tensor, first: torch.Tensor,
        noise: torch.Tensor,
    ) -> tuple[Latent, torch.Tensor]:  # fmt: skip
        """Follow a sequence that was seen.

        Parameters
        ----------
        latent : Latent
            (B, ...) before the first step.
        action : (T, B, A)
            At each step the action that *led* there.
        embedding : (T, B, E)
            Of what was seen there.
        first : (T, B) bool
            Whether an episode begins there: then nothing is remembered.
        noise : (T, B, S)
            Uniform in [0, 1).

        Returns
        -------
        states (T, B, ...) after each observation, and the posterior (T, B, C, S)
        """
        kept = (~first).float()[..., None]  # (T, B, 1)
        resets = first.any(1).tolist()
        action_part = self.action_part(action * kept)
        states, posteriors = [], []
        for t in range(len(action)):
            if resets[t]:
                latent = Latent(*(part * kept[t] for part in latent))
            deter = self.next_deter(latent, action_part[t])
            posteriors.append(self.posterior(deter, embedding[t]))
            latent = Latent(deter, self.draw(posteriors[-1], noise[t]))
            states.append(latent)
        deters, stochs = zip(*states, strict=True)
        return Latent(torch.stack(deters), torch.stack(stochs)), torch.stack(posteriors)

    def imagine(
        self, latent: Latent, policy: Callable[[Latent], torch.Tensor], noise: torch.Tensor
    ) -> tuple[Latent, torch.Tensor]:
        """From (N, ...) follow ``policy`` for H steps, with ``noise`` (H, N, S).

        Returns the states (H + 1, N, ...), the first one included, and the actions (H + 1, N, A)
        that the policy takes in each.
        """
        states, actions = [latent], [policy(latent)]
        for now in noise:
            deter = self.next_deter(states[-1], self.action_part(actions[-1]))
            states.append(Latent(deter, self.draw(self.prior(deter), now)))
            actions.append(policy(states[-1]))
        deters, stochs = zip(*states, strict=True)
        return Latent(torch.stack(deters), torch.stack(stochs)), torch.stack(actions)


class Networks(nn.Module):
    """All that learns: world model, policy and value.

    ``flat`` is one vector of all weights, as soon as an optimiser has made one.
    """

    flat: torch.Tensor

    def __init__(
        self, observations: int, actions: int, c: DreamerConfig, generator: torch.Generator
    ):
        super().__init__()
        self.config, feature = c, c.feature
        deep, shallow = (c.units, c.layers, generator), (c.units, 1, generator)
        self.encoder = mlp(observations, *deep)
        self.rssm = RSSM(actions, c.units, c, generator)
        self.decoder = mlp(feature, *deep, observations)
        self.reward = mlp(feature, *shallow, c.bins, 0.0)  # 0: every reward is 0 at first
        self.proceed = mlp(feature, *shallow, 1)  # logit of going on
        self.policy = mlp(feature, *deep, 2 * actions, 0.01)
        self.value = mlp(feature, *deep, c.bins, 0.0)

    def embed(self, observation: torch.Tensor) -> torch.Tensor:
        """``(..., O)`` -> ``(..., E)``."""
        return self.encoder(symlog(observation))
