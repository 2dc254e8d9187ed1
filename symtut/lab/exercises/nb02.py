"""The exercises of notebook 02; that on the whole update stands in :mod:`nb02_update`."""

import torch

from symtut.lab.exercises.kinds import Function
from symtut.lab.exercises.nb02_update import exercise_4, squashed_log_prob

__all__ = ["exercise_1", "exercise_2", "exercise_3", "exercise_4"]


def exercise_1() -> Function:
    """The log-probability of a squashed action."""

    def gauss_only(raw, mean, std):
        return torch.distributions.Normal(mean, std).log_prob(raw).sum(-1)

    draw = torch.Generator().manual_seed(1)
    raw, mean, std = (torch.randn(5, 2, generator=draw) for _ in range(3))
    return Function(
        squashed_log_prob,
        cases=[
            (torch.tensor([[0.5]]), torch.tensor([[0.0]]), torch.tensor([[1.0]])),
            (torch.tensor([[0.5, -1.0]]), torch.tensor([[0.25, 0.0]]), torch.tensor([[0.5, 2.0]])),
            (torch.tensor([[12.0], [-15.0]]), torch.zeros(2, 1), torch.full((2, 1), 4.0)),
            (raw, mean, std.exp()),
        ],
        mistakes=[
            (gauss_only, "That is the density of u, not of tanh(u): the slope is missing."),
            (
                lambda u, m, s: 2 * gauss_only(u, m, s) - squashed_log_prob(u, m, s),
                "The slope's logarithm has the wrong sign: squeezing makes the density larger.",
            ),
            (
                lambda u, m, s: squashed_log_prob(u, m, s) / u.shape[-1],
                "Independent coordinates: their log-densities add up, they are not averaged.",
            ),
            (
                lambda u, m, s: squashed_log_prob(u, m, s**0.5),
                "std is the standard deviation, not the variance.",
            ),
            (
                lambda u, m, s: squashed_log_prob(u, m, s) + u.shape[-1] * 0.918938533,
                "The normal density has a constant, too: ½ log 2π for each coordinate.",
            ),
            (
                lambda u, m, s: squashed_log_prob(u, m, s) + s.log().sum(-1),
                "The normal density has −log σ, too.",
            ),
        ],
        hint="The normal log-density minus log(1 − tanh²), in the stable form, summed over dim −1.",
        gradients=["raw", "mean", "std"],
        rtol=1e-4,
        atol=1e-4,
    )


def exercise_2() -> Function:
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


def exercise_3() -> Function:
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
