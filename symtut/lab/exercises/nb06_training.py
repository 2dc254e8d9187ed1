"""The exercise of notebook 06 on the training loop; :mod:`nb06` has the others."""

import functools
import itertools
import math

import torch

from symtut.lab.exercises.descent import Line, descent, points_on_lines, squares
from symtut.lab.exercises.kinds import Function


def exercise_4() -> Function:
    """The training."""

    def share(k, n):
        return min(1.0, 20 * (k + 1) / n, 5 * (1 - k / n))

    def stream(draw, number=lambda chunk: chunk):
        return (batch for chunk in itertools.count() for batch in draw(number(chunk)))

    def trained(
        model, batches, loss_of, updates, peak, *,
        rate=share, most=1.0, kind=torch.optim.AdamW, **mistake,
    ):  # fmt: skip
        def of_all(k, n):
            return rate(k, updates)

        return descent(model, list(batches), loss_of, peak, of_all, most, kind=kind, **mistake)

    def loop(model, draw, loss_of, updates, peak, number=lambda chunk: chunk, **mistake):
        batches = itertools.islice(stream(draw, number), updates)
        return trained(model, batches, loss_of, updates, peak, **mistake)

    def reference(model, draw, loss_of, updates, peak):
        return loop(model, draw, loss_of, updates, peak)

    def of_batches(choose):
        """The training on the batches (draw, updates) -> list that are chosen."""
        return lambda model, draw, loss_of, updates, peak: trained(
            model, choose(draw, updates), loss_of, updates, peak
        )

    def whole_chunks(draw, updates):
        batches = []
        for chunk in itertools.count():
            if len(batches) >= updates:
                return batches
            batches += draw(chunk)

    def mean(*arguments):
        losses = loop(*arguments)
        return sum(losses) / len(losses)

    def but(**mistake):
        return functools.partial(loop, **mistake)

    def three_a_chunk(chunk):
        return points_on_lines(chunk - 2.0, 1.5 - chunk, 0.5 * chunk)

    def two_a_chunk(chunk):
        return points_on_lines(3.0 - chunk, 0.4 * chunk)

    return Function(
        reference,
        cases=[
            (Line(0.2, 0.0, False), three_a_chunk, squares, 4, 0.05),
            (Line(-2.0, 0.1, False), two_a_chunk, squares, 23, 0.1),
            (Line(1.0, 0.5, False), three_a_chunk, squares, 14, 0.3),
        ],
        mistakes=[
            (
                but(number=lambda c: 0),
                "Every chunk is to be new: count, and draw the next number each time.",
            ),
            (but(number=lambda c: c + 1), "The first chunk has the number 0."),
            (
                of_batches(lambda draw, n: draw(0)[:n]),
                "One chunk is not enough: draw the next one until there are n losses.",
            ),
            (
                of_batches(lambda draw, n: [draw(c)[0] for c in range(n)]),
                "Use all batches of a chunk before you draw the next one.",
            ),
            (of_batches(whole_chunks), "Stop after n updates, even in the middle of a chunk."),
            (
                of_batches(lambda draw, n: [b for c in range(n) for b in draw(c)]),
                "updates counts batches, not chunks.",
            ),
            (but(cleared=False), "Old gradients are still there: zero_grad() before backward()."),
            (but(most=math.inf), "Cut the gradient's norm at 1 between backward() and step()."),
            (but(rate=lambda k, n: 1.0), "The learning rate rises and falls: set it each update."),
            (
                but(rate=lambda k, n: min(1.0, 20 * k / n, 5 * (1 - k / n))),
                "The first update has k = 0 and a rate above 0: (k + 1) / (0.05 n).",
            ),
            (
                but(rate=lambda k, n: min(1.0, 20 * (k + 1) / n)),
                "The rate falls, too: take the smallest of three.",
            ),
            (
                but(rate=lambda k, n: min(1.0, 5 * (1 - k / n))),
                "The rate rises first: take the smallest of three.",
            ),
            (
                but(rate=lambda k, n: min(20 * (k + 1) / n, 5 * (1 - k / n))),
                "Between rise and fall the rate stays at its peak: take the smallest of three.",
            ),
            (but(after=True), "Each loss is from before its update."),
            (but(fresh=True), "Make the optimiser once: a new one has forgotten its averages."),
            (but(kind=torch.optim.SGD), "That is plain gradient descent; use AdamW."),
            (but(kind=torch.optim.Adam), "That is Adam; AdamW also shrinks the weights."),
            (mean, "All losses are asked, one an update; not their mean."),
            (but(rate=lambda k, n: 0.0), "Nothing is learned: is there a step()?"),
        ],
        hint="Chunks 0, 1, 2, …; for each batch: rate, loss, zero_grad, backward, clip at 1, step; "
        "n losses in all.",
        may_change=("model",),
    )
