"""The exercises of notebook 15."""

import functools

import numpy as np
import torch

from symtut.lab.exercises.kinds import Function


def exercise_1() -> Function:
    """A logarithm for both signs."""

    def reference(x):
        return torch.where(x < 0, -1.0, 1.0) * torch.log(1 + torch.sqrt(x * x))

    return Function(
        reference,
        cases=[
            (torch.tensor([1.0, -1.0, 20.0]),),
            (torch.tensor([-0.01, 0.3, -4000.0, 5e5, 0.7]),),
            (torch.tensor([[2.5, -7.0], [0.1, 90.0]]),),
        ],
        mistakes=[
            (lambda x: torch.log(1 + x.abs()), "The sign of x is lost."),
            (lambda x: torch.log(1 + x), "A negative number has no logarithm: take |x|."),
            (lambda x: x.sign() * torch.log(x.abs()), "Near 0 it falls without end: 1 + |x|."),
            (lambda x: x.sign() * torch.log10(1 + x.abs()), "The natural logarithm is asked."),
            (lambda x: x.sign() * torch.expm1(x.abs()), "That is the way back, symexp."),
        ],
        hint="The sign of x times the logarithm of 1 + |x|.",
        gradients=["x"],
        without=("symlog",),
    )  # fmt: skip


def exercise_2() -> Function:
    """A number as shares of two bins."""

    def reference(x, bins):
        grid = bins.double().numpy()
        hats = [np.interp(x.double().numpy(), grid, row) for row in np.eye(len(grid))]
        return torch.tensor(np.stack(hats, 1), dtype=x.dtype)

    def other(x, bins, *, scale=lambda b: b, cut=True, swapped=False, hard=False, half=False):
        number = x.clamp(bins[0], bins[-1]) if cut else x
        above = torch.searchsorted(bins, number, right=True).clamp(1, len(bins) - 1)
        low, high = scale(bins[above - 1]), scale(bins[above])
        share = (scale(number) - low) / (high - low)
        share = share.round() if hard else torch.full_like(share, 0.5) if half else share
        share = 1 - share if swapped else share
        rows = torch.arange(len(x))
        shares = torch.zeros(len(x), len(bins), dtype=x.dtype)
        shares[rows, above - 1], shares[rows, above] = 1 - share, share
        return shares

    def one_late(x, bins):
        return other(x, bins).roll(1, 1)

    def symlog(x):
        return x.sign() * x.abs().log1p()

    few = torch.tensor([-5.0, -1.0, 0.0, 2.0, 10.0])
    return Function(
        reference,
        cases=[
            (torch.tensor([1.0, -3.0, 0.5]), few),
            (torch.tensor([9.0, -1.0, 0.0, 10.0, -5.0]), few),
            (torch.tensor([-7.0, 30.0]), few),
            (torch.tensor([0.2]), torch.tensor([-1.0, 3.0])),
        ],
        mistakes=[
            (functools.partial(other, swapped=True), "The nearer bin gets the larger share."),
            (functools.partial(other, hard=True), "That is one bin alone; two share the number."),
            (functools.partial(other, half=True), "Not half and half: the mean has to be x."),
            (
                functools.partial(other, cut=False),
                "A number beyond the last bin counts as that bin: clamp first.",
            ),
            (
                functools.partial(other, scale=symlog),
                "Shares in raw units: their mean is x itself, not its symlog.",
            ),
            (one_late, "The shares stand one bin too far to the right."),
            (lambda x, bins: reference(x, bins) @ bins, "The shares are asked, (N, K)."),
            (lambda x, bins: reference(x, bins).T, "A row for each number: (N, K)."),
        ],
        hint="Clamp; find the bin above; share = (x − low) / (high − low) for it, the rest for "
        "the one below.",
        without=("two_hot", "interp"),
    )


def exercise_3() -> Function:
    """A divergence, and what is forgiven."""

    def reference(p, q, free):
        cross, own = (-(p * r.log()).sum(-1) for r in (q, p))
        total = (cross - own).sum(-1)
        return torch.where(total < free, torch.full_like(total, free), total)

    def each(p, q):
        return (p * (p / q).log()).sum(-1)

    def drawn(seed, *shape):
        generator = torch.Generator().manual_seed(seed)
        return torch.softmax(2 * torch.randn(*shape, generator=generator).double(), -1)

    close = 0.9 * drawn(5, 2, 4, 3) + 0.1 * drawn(6, 2, 4, 3)
    return Function(
        reference,
        cases=[
            (drawn(1, 3, 2, 4), drawn(2, 3, 2, 4), 1.0),
            (drawn(3, 2, 5, 3), drawn(4, 2, 5, 3), 0.4),
            (close, drawn(5, 2, 4, 3), 0.7),
            (drawn(7, 1, 3, 2), drawn(8, 1, 3, 2), 0.0),
        ],
        mistakes=[
            (
                lambda p, q, free: each(p, q).clamp(min=free).sum(-1),
                "Sum over the categoricals first; what is below the free nats is forgiven once.",
            ),
            (lambda p, q, free: each(p, q).sum(-1), "The free nats are missing."),
            (lambda p, q, free: reference(q, p, free), "KL(p ‖ q): the mean is taken under p."),
            (
                lambda p, q, free: each(p, q).mean(-1).clamp(min=free),
                "Independent variables: divergences add up; no mean.",
            ),
            (
                lambda p, q, free: each(p, q).sum(-1).clamp(max=free),
                "That is min; what is asked is the larger of the two.",
            ),
            (
                lambda p, q, free: (each(p, q).sum(-1) - free).clamp(min=0.0),
                "Nothing is subtracted: the loss is never below the free nats.",
            ),
            (
                lambda p, q, free: each(p, q).sum(-1).mean().clamp(min=free),
                "One number for each state, (B,): the mean is taken later.",
            ),
            (
                lambda p, q, free: (-(p * q.log()).sum((-1, -2))).clamp(min=free),
                "That is the cross entropy: p log p is missing.",
            ),
        ],
        hint="p (log p − log q), summed over classes and categoricals; then at least free.",
        gradients=["q"],
        without=("kl_div", "kl_divergence", "kl_losses"),
    )


def _step(deter, stoch, action):
    """A small world model, with numbers that tell its arguments apart."""
    return 0.5 * deter + torch.tanh(stoch) - 0.3 * action


def _look(deter, observation):
    return torch.sin(deter) + 0.7 * observation


def _guess(deter):
    return torch.cos(2 * deter)


def _picture(deter, stoch):
    return deter - 0.4 * stoch**2


def exercise_4() -> Function:
    """Follow with open eyes, go on with closed ones."""

    def reference(step, look, guess, picture, state, seen, actions):
        pictures, here = [], tuple(state)
        for t in range(len(actions)):
            memory = step(*here, actions[t])
            here = memory, look(memory, seen[t]) if t < len(seen) else guess(memory)
            pictures.append(picture(*here))
        return torch.stack(pictures)

    def other(step, look, guess, picture, state, seen, actions, *, open_for=0, before=False,
              frozen=False, stale=False, dreamt=False, forgets=False, blind=False):  # fmt: skip
        deter, stoch = state
        pictures, last = [], None
        for t, action in enumerate(actions):
            old = deter, stoch
            if forgets and t == len(seen):
                deter, stoch = state
            deter = step(deter, stoch, action)
            if t < len(seen) + open_for and not blind:
                last = seen[min(t, len(seen) - 1)]
                stoch = look(old[0] if stale else deter, last)
            elif not frozen:
                stoch = guess(old[0] if stale else deter)
            pictures.append(picture(*(old if before else (deter, stoch))))
        return torch.stack(pictures[len(seen) :] if dreamt else pictures)

    def variant(**options):
        return functools.partial(other, **options)

    def case(seed, batch, size, open_eyes, steps):
        generator = torch.Generator().manual_seed(seed)
        state = tuple(torch.randn(2, batch, size, generator=generator).double())
        seen = torch.randn(open_eyes, batch, size, generator=generator).double()
        actions = torch.randn(steps, batch, size, generator=generator).double()
        return _step, _look, _guess, _picture, state, seen, actions

    return Function(
        reference,
        cases=[case(1, 1, 1, 2, 4), case(2, 3, 2, 1, 5), case(3, 2, 2, 3, 6), case(4, 2, 1, 3, 4)],
        mistakes=[
            (variant(blind=True), "While something is seen, z comes from look(h, o)."),
            (variant(open_for=1), "The eyes shut one step too late: t < len(seen)."),
            (variant(open_for=-1), "The eyes shut one step too early: t < len(seen)."),
            (variant(before=True), "The picture is of the new state, after step and look."),
            (variant(frozen=True), "With eyes shut z is guessed anew in each step."),
            (variant(stale=True), "look and guess take the new h, the one that step gave."),
            (variant(dreamt=True), "All pictures are asked, those of open eyes, too."),
            (variant(forgets=True), "The dream goes on from where the eyes shut."),
        ],
        hint="In each step: h = step(h, z, a); z from look or guess; a picture of both.",
    )
