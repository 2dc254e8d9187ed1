"""The exercises of notebook 02."""

import numpy as np
import torch

from symtut.lab.exercises.kinds import Function


def exercise_1() -> Function:
    """Two scales of one action."""

    def reference(unit_action, low, high):
        return np.interp(unit_action, [-1.0, 1.0], [low, high])

    return Function(
        reference,
        cases=[
            (np.array([-1.0, -0.25, 0.0, 1.0]), -2.0, 2.0),
            (np.array([1.0, 0.0, -1.0, 0.25]), 0.0, 3.0),
            (np.array([[-0.5], [0.5]]), -1.0, 5.0),
            (np.array([0.5]), -4.0, -2.0),
        ],
        mistakes=[
            (
                lambda u, low, high: u,
                "That leaves it in [-1, 1]: a motor that gives half its torque.",
            ),
            (
                lambda u, low, high: u * high,
                "Right only where low is -high; a pedal goes from 0 to 3.",
            ),
            (
                lambda u, low, high: low + u * (high - low),
                "That is right for numbers from 0 to 1; these begin at -1.",
            ),
            (
                lambda u, low, high: low + (u + 1) * (high - low),
                "From -1 to 1 are two units: half of that.",
            ),
            (
                lambda u, low, high: u * (high - low) / 2,
                "The middle of low and high need not be 0: add it.",
            ),
            (
                lambda u, low, high: np.clip(u, low, high),
                "Clipping cuts off what is outside; stretch what is inside.",
            ),
        ],
        hint="−1 must become low, +1 must become high, 0 the middle of the two.",
    )


def exercise_2() -> Function:
    """The log-probability of a squashed action."""

    def reference(raw, mean, std):
        squash = torch.distributions.TanhTransform(cache_size=1)  # remembers raw: no arctanh of 1
        squashed = torch.distributions.TransformedDistribution(
            torch.distributions.Normal(mean, std), squash
        )
        return squashed.log_prob(squash(raw)).sum(-1)  # pyright: ignore[reportArgumentType]

    def gauss_only(raw, mean, std):
        return torch.distributions.Normal(mean, std).log_prob(raw).sum(-1)

    draw = torch.Generator().manual_seed(1)
    raw, mean, std = (torch.randn(5, 2, generator=draw) for _ in range(3))
    return Function(
        reference,
        cases=[
            (torch.tensor([[0.5]]), torch.tensor([[0.0]]), torch.tensor([[1.0]])),
            (torch.tensor([[0.5, -1.0]]), torch.tensor([[0.25, 0.0]]), torch.tensor([[0.5, 2.0]])),
            (torch.tensor([[12.0], [-15.0]]), torch.zeros(2, 1), torch.full((2, 1), 4.0)),
            (raw, mean, std.exp()),
        ],
        mistakes=[
            (gauss_only, "That is the density of u, not of tanh(u): the slope is missing."),
            (
                lambda u, m, s: 2 * gauss_only(u, m, s) - reference(u, m, s),
                "The slope's logarithm has the wrong sign: squeezing makes the density larger.",
            ),
            (
                lambda u, m, s: reference(u, m, s) / u.shape[-1],
                "Independent coordinates: their log-densities add up, they are not averaged.",
            ),
            (
                lambda u, m, s: reference(u, m, s**0.5),
                "std is the standard deviation, not the variance.",
            ),
            (
                lambda u, m, s: reference(u, m, s) + u.shape[-1] * 0.918938533,
                "The normal density has a constant, too: ½ log 2π for each coordinate.",
            ),
            (
                lambda u, m, s: reference(u, m, s) + s.log().sum(-1),
                "The normal density has −log σ, too.",
            ),
        ],
        hint="The normal log-density minus log(1 − tanh²), in the stable form, summed over dim −1.",
        gradients=["raw", "mean", "std"],
        rtol=1e-4,
        atol=1e-4,
    )


def exercise_3() -> Function:
    """The thermostat."""

    def reference(log_prob, target_entropy):
        log_alpha = torch.tensor(-1.3, requires_grad=True)
        loss = -(log_alpha * (log_prob + target_entropy)).mean()
        return torch.autograd.grad(loss, log_alpha)[0]

    return Function(
        reference,
        cases=[
            (torch.tensor([1.5, 2.5, 4.0]), -1.0),
            (torch.tensor([-0.5, 0.1, -0.2]), -1.0),
            (torch.tensor([0.5]), -3.0),
            (torch.linspace(0, 6, 16), -2.0),
        ],
        mistakes=[
            (
                lambda p, h: p.mean() + h,
                "The sign: a policy that is too certain would be paid less and less for "
                "randomness.",
            ),
            (
                lambda p, h: -(p.mean() - h),
                "The target is added: mean of log π is minus the entropy, and they cancel at the "
                "goal.",
            ),
            (lambda p, h: -(p.sum() + h), "The mean over the batch, not the sum."),
            (lambda p, h: -(p + h).sum(), "The mean over the batch, not the sum."),
            (lambda p, h: -p.mean(), "The target entropy is missing."),
            (
                lambda p, h: -(p.median() + h),
                "The expectation is a mean over the batch, not its median.",
            ),
        ],
        hint="Differentiate −log α times a constant; the constant is the bracket, a mean.",
    )


def exercise_4() -> Function:
    """The soft target."""

    def reference(reward, terminated, truncated, q1, q2, log_prob, alpha, gamma):
        going_on = reward + gamma * (torch.stack([q1, q2]).amin(0) + alpha * -log_prob)
        return torch.where(terminated > 0.5, reward, going_on)

    def with_value(of):
        """A mistake in the value of the two critics."""
        return lambda r, e, t, a, b, p, alpha, g: reference(
            r, e, t, of(a, b), of(a, b), p, alpha, g
        )

    def cut_short(reward, terminated, truncated, *rest):
        return reference(reward, torch.maximum(terminated, truncated), truncated, *rest)

    def case(rows, alpha, gamma):
        return (*torch.tensor(rows).T, alpha, gamma)

    # reward, terminated, truncated, q1, q2, log_prob
    return Function(
        reference,
        cases=[
            case([[1.0, 0.0, 0.0, 2.0, 3.0, -1.0]], 0.5, 0.9),
            case([[1.0, 1.0, 0.0, 2.0, 3.0, -1.0]], 0.5, 0.9),
            case([[1.0, 0.0, 1.0, 2.0, 3.0, -1.0]], 0.5, 0.9),
            case([[-1.0, 0.0, 0.0, 5.0, -2.0, 0.5], [0.5, 0.0, 0.0, 1.0, 2.0, 2.0]], 1.0, 0.5),
            case([[2.0, 1.0, 1.0, 5.0, -2.0, 0.5], [0.5, 0.0, 1.0, -1.0, 2.0, -2.0]], 0.2, 0.99),
            case([[1.0, 0.0, 0.0, -3.0, -4.0, -1.0], [0.0, 0.0, 0.0, 1.0, 9.0, 3.0]], 0.0, 0.9),
        ],
        mistakes=[
            (
                cut_short,
                "A truncated episode is not over for the world: its next state has a value.",
            ),
            (
                lambda r, e, *rest: reference(r, 0 * e, *rest),
                "After a termination nothing comes: no next value.",
            ),
            (
                lambda r, e, *rest: (1 - e) * reference(r, e, *rest),
                "The last reward was still paid: only the next value vanishes.",
            ),
            (
                lambda *x: reference(*x[:6], alpha=0.0, gamma=x[7]),
                "The pay for randomness is missing: minus alpha times the log-probability.",
            ),
            (
                lambda *x: reference(*x[:6], alpha=-x[6], gamma=x[7]),
                "The sign: an unlikely action (log-probability far below 0) is paid, not fined.",
            ),
            (lambda *x: reference(*x[:7], gamma=1.0), "The next value is discounted by gamma."),
            (
                with_value(torch.maximum),
                "The smaller of the two critics counts, not the larger.",
            ),
            (
                with_value(lambda a, b: (a + b) / 2),
                "The smaller of the two critics counts, not their mean.",
            ),
            (with_value(lambda a, b: a), "Both critics are asked; the smaller one counts."),
            (with_value(lambda a, b: b), "Both critics are asked; the smaller one counts."),
            (
                with_value(lambda a, b: a if a.mean() < b.mean() else b),
                "The smaller of the two is chosen for each row, not once for the batch.",
            ),
        ],
        hint="reward + gamma · (1 − terminated) · (smaller Q − alpha · log_prob).",
    )


def exercise_5() -> Function:
    """Polyak's average."""

    def reference(target, online, tau):
        return torch.lerp(target, online, tau)

    return Function(
        reference,
        cases=[
            (torch.tensor([4.0]), torch.tensor([-4.0]), 0.25),
            (torch.tensor([1.0, -2.0]), torch.tensor([3.0, 1.0]), 0.005),
            (torch.ones(2, 2), torch.zeros(2, 2), 1.0),
            (torch.tensor(2.0, dtype=torch.float64), torch.tensor(3.0, dtype=torch.float64), 0.5),
        ],
        mistakes=[
            (
                lambda target, online, tau: torch.lerp(online, target, tau),
                "The two are exchanged: with τ near 0 the copy should hardly move.",
            ),
            (
                lambda target, online, tau: target + tau * online,
                "The old part must shrink as the new one comes in: the two weights add up to 1.",
            ),
            (lambda target, online, tau: online, "That is a full copy at each update: τ = 1."),
            (lambda target, online, tau: (target + online) / 2, "That is τ = ½ at each update."),
            (lambda target, online, tau: target, "That copy never moves."),
            (
                lambda target, online, tau: target - tau * (online - target),
                "Towards the critic, not away from it.",
            ),
        ],
        hint="(1 − τ) of the old, τ of the new.",
    )


def exercise_6() -> Function:
    """The actor's loss."""

    def reference(q1, q2, log_prob, alpha):
        lowest = torch.stack([q1, q2]).sort(0).values[0]
        return alpha * log_prob.sum() / len(log_prob) - lowest.sum() / len(lowest)

    draw = torch.Generator().manual_seed(3)
    return Function(
        reference,
        cases=[
            (torch.tensor([1.0]), torch.tensor([2.0]), torch.tensor([-3.0]), 0.5),
            (torch.tensor([2.0, -1.0]), torch.tensor([0.0, 4.0]), torch.tensor([1.0, 3.0]), 0.5),
            (
                torch.tensor([0.0, 3.0, 0.6]),
                torch.tensor([1.0, -2.0, 0.5]),
                torch.tensor([0.0, 1.0, -4.0]),
                0.2,
            ),
            (*(torch.randn(8, generator=draw) for _ in range(3)), 1.0),
        ],
        mistakes=[
            (
                lambda a, b, p, alpha: -reference(a, b, p, alpha),
                "Minimising this would seek the worst.",
            ),
            (
                lambda a, b, p, alpha: reference(a, a, p, alpha),
                "One critic alone: its errors would be hunted down. Take the smaller of the two.",
            ),
            (
                lambda a, b, p, alpha: reference(b, b, p, alpha),
                "One critic alone: its errors would be hunted down. Take the smaller of the two.",
            ),
            (
                lambda a, b, p, alpha: alpha * p.mean() - torch.minimum(a.mean(), b.mean()),
                "The smaller of the two is taken for each row, before the mean.",
            ),
            (
                lambda a, b, p, alpha: alpha * p.mean() - torch.maximum(a, b).mean(),
                "The smaller of the two critics counts, not the larger.",
            ),
            (
                lambda a, b, p, alpha: alpha * p.mean() - (a + b).mean() / 2,
                "The smaller of the two critics counts, not their mean.",
            ),
            (
                lambda a, b, p, alpha: reference(a, b, -p, alpha),
                "The sign of the entropy: this one pays for certainty.",
            ),
            (
                lambda a, b, p, alpha: reference(a, b, p, 0.0),
                "The pay for randomness is missing.",
            ),
            (
                lambda a, b, p, alpha: len(a) * reference(a, b, p, alpha),
                "The mean over the batch, not the sum.",
            ),
        ],
        hint="The mean over the batch of α·log_prob minus the smaller value.",
        gradients=["q1", "q2", "log_prob"],
    )
