"""The exercise of notebook 14 on planning; :mod:`nb14` has the others."""

import torch

from symtut.lab.exercises.kinds import Function


def exercise_4() -> Function:
    """A better plan."""

    def reference(returns_of, plan, noise, temperature):
        tried = torch.clip(plan + noise, -2.0, 2.0)
        score = returns_of(tried) / temperature
        weights = torch.exp(score - score.max())
        return torch.einsum("k,kha->ha", weights / weights.sum(), tried)

    def smooth(plans):
        return -((plans - 0.5) ** 2).sum((1, 2)) - 0.5 * plans[:, 0, 0]

    def far_below(plans):
        return 30 * smooth(plans) - 1500.0

    def drawn(seed, samples, steps, size):
        generator = torch.Generator().manual_seed(seed)
        return size * torch.randn(samples, steps, 1, generator=generator, dtype=torch.float64)

    def with_weights(rule):
        def plan_of(returns_of, plan, noise, temperature):
            tried = (plan + noise).clamp(-2, 2)
            weights = rule(returns_of(tried), temperature)
            return (weights[:, None, None] * tried).sum(0)

        return plan_of

    def uncut(returns_of, plan, noise, temperature):
        tried = plan + noise
        weights = torch.softmax(returns_of(tried) / temperature, 0)
        return (weights[:, None, None] * tried).sum(0)

    def cut_late(returns_of, plan, noise, temperature):
        return uncut(lambda x: returns_of(x.clamp(-2, 2)), plan, noise, temperature).clamp(-2, 2)

    def noise_alone(returns_of, plan, noise, temperature):
        return reference(returns_of, 0 * plan, noise, temperature)

    def added_twice(returns_of, plan, noise, temperature):
        return plan + reference(returns_of, plan, noise, temperature)

    return Function(
        reference,
        cases=[
            (smooth, drawn(1, 1, 3, 1.0)[0], drawn(2, 5, 3, 1.0), 1.0),
            (smooth, drawn(3, 1, 2, 2.0)[0], drawn(4, 8, 2, 2.0), 4.0),
            (far_below, drawn(5, 1, 4, 1.0)[0], drawn(6, 6, 4, 1.0), 10.0),
            (far_below, drawn(7, 1, 1, 1.0)[0], drawn(8, 4, 1, 1.5), 0.5),
        ],
        mistakes=[
            (uncut, "The plans are cut to ±2 N m before they are tried."),
            (cut_late, "Average the plans that were tried, after the cut."),
            (
                with_weights(lambda r, t: torch.softmax(-r / t, 0)),
                "That prefers the worst plans: high returns get high weights.",
            ),
            (with_weights(lambda r, t: torch.softmax(r * t, 0)), "Divide by the temperature."),
            (with_weights(lambda r, t: torch.softmax(r, 0)), "The temperature is missing."),
            (
                with_weights(lambda r, t: torch.eye(len(r)).to(r)[r.argmax()]),
                "That is the best plan alone; a weighted mean is asked.",
            ),
            (
                with_weights(lambda r, t: torch.full_like(r, 1 / len(r))),
                "That is the plain mean: weigh the plans by their returns.",
            ),
            (
                with_weights(lambda r, t: torch.exp(r / t)),
                "The weights must sum to 1.",
            ),
            (
                with_weights(lambda r, t: torch.exp(r / t) / torch.exp(r / t).sum()),
                "exp(−1500) is 0 and 0/0 is no number: subtract the largest return first.",
            ),
            (noise_alone, "Disturb the plan: plan + noise."),
            (added_twice, "The plan is in the tried plans already: do not add it again."),
        ],
        hint="Softmax of returns / temperature over the plans tried, then their weighted sum.",
    )
