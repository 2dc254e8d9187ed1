"""The exercises of notebook 06; that on the training loop stands in :mod:`nb06_training`."""

import torch

from symtut.lab.exercises.kinds import Function
from symtut.lab.exercises.nb06_training import exercise_4

__all__ = ["exercise_1", "exercise_2", "exercise_3", "exercise_4"]


def exercise_1() -> Function:
    """Attention."""

    def weighted(q, k, v, scale=None, along=0, normal=True):
        """Sums of e^score times the value; scores are divided by ``scale``."""
        scores = torch.einsum("ld,nd->nl", q, k) / (len(q[0]) ** 0.5 if scale is None else scale)
        shares = scores.exp()
        if normal:
            shares = shares / shares.sum(along, keepdim=True)
        return torch.einsum("nl,nd->ld", shares, v)

    def reference(q, k, v):
        return weighted(q, k, v)

    def case(questions, points, size):
        draw = torch.Generator().manual_seed(questions)
        sizes = ((questions, size), (points, size), (points, size))
        return tuple((2 * torch.randn(shape, generator=draw)).round(decimals=1) for shape in sizes)

    return Function(
        reference,
        cases=[case(2, 3, 2), case(3, 2, 4), case(2, 4, 3), case(1, 5, 2)],
        mistakes=[
            (
                lambda q, k, v: weighted(q, k, v, 1.0),
                "Divide the scores by √d: else a few large products take all the weight.",
            ),
            (
                lambda q, k, v: weighted(q, k, v, len(q[0])),
                "Divide the scores by √d, not by d.",
            ),
            (
                lambda q, k, v: weighted(q, k, v, len(k) ** 0.5),
                "d is the length of one question or key, not the number of points.",
            ),
            (
                lambda q, k, v: weighted(q, k, v, len(q) ** 0.5),
                "d is the length of one question or key, not the number of questions.",
            ),
            (
                lambda q, k, v: weighted(q, k, v, along=1),
                "Each question's weights must sum to 1: softmax along the points, not the "
                "questions.",
            ),
            (
                lambda q, k, v: q @ k.T / len(q[0]) ** 0.5 @ v,
                "These scores are not weights yet: a softmax is missing.",
            ),
            (
                lambda q, k, v: weighted(q, k, v, normal=False),
                "The weights of one question must sum to 1: divide by their sum.",
            ),
            (
                lambda q, k, v: weighted(q, k, k),
                "The weights are for the values: keys only say which point fits.",
            ),
            (
                lambda q, k, v: torch.softmax(q @ k.T / len(q[0]) ** 0.5, dim=1),
                "Those are the weights; the answer is the average of the values.",
            ),
        ],
        hint="scores (L, n), softmax along n, then times the values.",
        gradients=("q", "k", "v"),
    )


def exercise_2() -> Function:
    """The mask."""

    def reference(length):
        places = torch.arange(length)
        seen = places[None, :] <= places[:, None]
        return torch.where(seen, 0.0, -torch.inf)

    return Function(
        reference,
        cases=[(1,), (2,), (3,), (6,)],
        mistakes=[
            (
                lambda n: reference(n).T,
                "That hides the past and shows the future.",
            ),
            (
                lambda n: torch.full((n, n), -torch.inf).triu(0),
                "A token may see itself: what it predicts is the one after it.",
            ),
            (
                lambda n: torch.full((n, n), -torch.inf).triu(2),
                "Position i may not look at i + 1: that is what it must predict.",
            ),
            (
                lambda n: torch.tril(torch.ones(n, n)),
                "Zeros and ones would only be added to the scores; −∞ is needed to forbid.",
            ),
            (
                lambda n: torch.triu(torch.ones(n, n), 1),
                "Zeros and ones would only be added to the scores; −∞ is needed to forbid.",
            ),
            (
                lambda n: torch.triu(torch.ones(n, n), 1) * -torch.inf,
                "0 · ∞ is not a number: write 0 where looking is allowed, do not multiply.",
            ),
            (
                lambda n: -reference(n),
                "+∞ would draw all attention there; −∞ forbids.",
            ),
            (
                lambda n: torch.where(reference(n) == 0, 1.0, -torch.inf),
                "Where looking is allowed, the scores stay as they are: add 0.",
            ),
            (
                lambda n: reference(n).clamp(min=-1e9),
                "A large number almost forbids; −∞ forbids: −torch.inf.",
            ),
        ],
        hint="Row i has its −∞ in columns i + 1 and later.",
    )


def exercise_3() -> Function:
    """Cross-entropy of the next token."""

    def losses(logits, tokens):
        """Of each row, those of its real next tokens."""
        return [
            [torch.logsumexp(scores, 0) - scores[word]
             for scores, word in zip(row[:-1], words[1:], strict=True) if word != 0]
            for row, words in zip(logits, tokens, strict=True)
        ]  # fmt: skip

    def reference(logits, tokens):
        return torch.stack(sum(losses(logits, tokens), [])).mean()

    def all_positions(logits, tokens, shift=1, ignored=-100, **options):
        until = logits.shape[1] - shift
        return torch.nn.functional.cross_entropy(
            logits[:, :until].flatten(0, 1), tokens[:, shift:].flatten(), ignore_index=ignored,
            **options,
        )  # fmt: skip

    def over_all(logits, tokens):  # the sum over real tokens, the number of all
        return all_positions(logits, tokens, ignored=0, reduction="sum") / tokens[:, 1:].numel()

    def backwards(logits, tokens):
        return torch.nn.functional.cross_entropy(
            logits[:, 1:].flatten(0, 1), tokens[:, :-1].flatten(), ignore_index=0
        )

    def raw(logits, tokens):
        chosen = logits[:, :-1].gather(-1, tokens[:, 1:, None])[..., 0]
        return -chosen[tokens[:, 1:] != 0].mean()

    def case(rows, length, size, *tokens):
        draw = torch.Generator().manual_seed(length)
        logits = (2 * torch.randn(rows, length, size, generator=draw)).round(decimals=1)
        return logits, torch.tensor(tokens)

    return Function(
        reference,
        cases=[
            case(1, 3, 4, [1, 3, 2]),
            case(1, 4, 3, [1, 2, 0, 0]),
            case(2, 3, 2, [1, 1, 1], [1, 1, 0]),
            case(3, 5, 7, [1, 4, 2, 0, 0], [1, 5, 6, 3, 2], [1, 6, 4, 2, 0]),
        ],
        mistakes=[
            (all_positions, "Padding is counted: it is easy to predict and flatters the loss."),
            (
                lambda z, t: all_positions(z, t, shift=0, ignored=0),
                "These scores are compared with the token just read, not with the next one.",
            ),
            (
                lambda z, t: all_positions(z, t, shift=0),
                "These scores are compared with the token just read, not with the next one; and "
                "padding is counted.",
            ),
            (backwards, "Scores after token t are compared with token t − 1: shift the other way."),
            (
                lambda z, t: all_positions(z, t, ignored=0, reduction="sum"),
                "That is the sum over the real next tokens; their mean is asked.",
            ),
            (over_all, "The mean is over the real next tokens: divide by their number."),
            (
                lambda z, t: torch.stack(
                    [torch.stack(row).mean() for row in losses(z, t) if row]
                ).mean(),
                "Every token counts alike: not first a mean for each row, as rows differ in "
                "length.",
            ),
            (lambda z, t: -reference(z, t), "A probability is below 1, its −ln above 0."),
            (
                lambda z, t: reference(z, t) / torch.log(torch.tensor(2.0)),
                "Those are bits; in nats it is the natural logarithm.",
            ),
            (raw, "Scores are not log-probabilities yet: log_softmax over the alphabet."),
            (
                lambda z, t: reference(torch.softmax(z, -1), t),
                "cross_entropy and log_softmax take the scores: one softmax is enough.",
            ),
        ],
        hint="Shift by one, take the log-probability of the real next token, average over real "
        "ones.",
        gradients=("logits",),
    )
