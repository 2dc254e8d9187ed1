"""The exercise of notebook 08 on the training loop; :mod:`nb08` has the others."""

import functools

import numpy as np
import torch

from symtut.lab.exercises.descent import Line, descent, points_on_lines, squares
from symtut.lab.exercises.kinds import Function


def exercise_4() -> Function:
    """The training loop."""

    def training(model, batches, loss_of, peak, **mistake):
        settings = {"rate": up_and_down, "most": 1.0, "kind": torch.optim.AdamW} | mistake
        return descent(model, batches, loss_of, peak, **settings)

    def up_and_down(k, n):
        return min(10 * (k + 1) / n, (1 - k / n) / 0.9)

    def reference(model, batches, loss_of, peak):
        return training(model, batches, loss_of, peak)

    def but(**mistake):
        return functools.partial(training, **mistake)

    return Function(
        reference,
        cases=[
            (Line(1.0, 0.5, True), points_on_lines(*range(-3, 9)), squares, 0.3),
            (Line(-2.0, 0.1, False), points_on_lines(*([3.0, -1.0] * 10)), squares, 0.1),
            (Line(0.2, 0.0, False), points_on_lines(0.25, 0.3, 0.2, 0.1, 0.2), squares, 0.05),
        ],
        mistakes=[
            (but(cleared=False), "Old gradients are still there: zero_grad() before backward()."),
            (but(most=torch.inf), "Cut the gradient's norm at 1 between backward() and step()."),
            (but(rate=lambda k, n: 1.0), "The learning rate rises and falls: set it each update."),
            (
                but(rate=lambda k, n: min(k / (0.1 * n), (n - k) / (0.9 * n))),
                "The first update has k = 0 and a rate above 0: (k + 1) / (0.1 n).",
            ),
            (
                but(rate=lambda k, n: min(1.0, (k + 1) / (0.1 * n))),
                "The rate falls, too: take the smaller one of both terms.",
            ),
            (
                but(rate=lambda k, n: (n - k) / (0.9 * n)),
                "The rate rises first: take the smaller one of both terms.",
            ),
            (but(after=True), "Each loss is from before its update."),
            (but(fresh=True), "Make the optimiser once: a new one has forgotten its averages."),
            (but(kind=torch.optim.SGD), "That is plain gradient descent; use AdamW."),
            (but(kind=torch.optim.Adam), "That is Adam; AdamW also shrinks the weights."),
            (
                lambda *x: np.mean(training(*x)),
                "All losses are asked, one a batch; not their mean.",
            ),
            (but(rate=lambda k, n: 0.0), "Nothing is learned: is there a step()?"),
        ],
        hint="Rate, loss, zero_grad, backward, clip at 1, step, in this order, for each batch.",
        may_change=("model",),
    )
