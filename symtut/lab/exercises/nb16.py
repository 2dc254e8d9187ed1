"""The exercises of notebook 16."""

import functools

import numpy as np
import torch

from symtut.lab.exercises.kinds import Function


def exercise_1() -> Function:
    """Which two are an angle?"""

    def reference(a, b):
        squares = np.stack([a, b]) ** 2
        spread = np.mean((squares - squares.mean(1, keepdims=True)) ** 2, axis=1)
        total = squares.sum(0)
        return np.mean((total - total.mean()) ** 2) / spread.min()

    angle = np.linspace(-2.0, 3.5, 12)
    return Function(
        reference,
        cases=[
            (np.cos(angle), np.sin(angle) + 0.05 * np.cos(7 * angle)),
            (np.array([1.0, -2.0, 0.5, 3.0]), np.array([0.2, 0.1, -0.4, 0.9])),
            (np.array([0.99, 1.0, 0.98]), np.array([0.1, -0.02, 0.05])),
            (2 * np.sin(3 * angle), np.cos(angle)),
        ],
        mistakes=[
            (lambda a, b: (a + b).var() / min(a.var(), b.var()), "Square the columns first."),
            (lambda a, b: (a**2 + b**2).var(), "Divide by the smaller of the two variances."),
            (
                lambda a, b: (a**2 + b**2).var() / max((a**2).var(), (b**2).var()),
                "Divide by the smaller variance, not by the larger one.",
            ),
            (
                lambda a, b: (a**2 + b**2).var() / ((a**2).var() + (b**2).var()),
                "Divide by the smaller variance alone, not by their sum.",
            ),
            (
                lambda a, b: (a**2 + b**2).var() / min(a.var(), b.var()),
                "In the denominator stand the variances of the squares.",
            ),
            (
                lambda a, b: (a**2 + b**2).std() / min((a**2).std(), (b**2).std()),
                "Variances are asked, not standard deviations.",
            ),
            (
                lambda a, b: np.mean((a**2 + b**2 - 1) ** 2) / min((a**2).var(), (b**2).var()),
                "The sum need not be 1, it must not vary: take its variance.",
            ),
            (
                lambda a, b: (a**2 + b**2).var() / (a**2).var(),
                "Take the smaller of the two variances, whichever column has it.",
            ),
        ],
        hint="Var(a² + b²) over the smaller of Var(a²) and Var(b²).",
    )


def exercise_2() -> Function:
    """Weigh the pendulum."""

    def reference(a, b, length, time_step):
        inertia_over_mass = length**2 / 3
        return a * inertia_over_mass * 2 / (length * time_step), time_step / (b * inertia_over_mass)

    def changed(gravity=1.0, mass=1.0):
        def answer(*given):
            g, m = reference(*given)
            return g * gravity, m * mass

        return answer

    return Function(
        reference,
        cases=[(0.75, 0.15, 1.0, 0.05), (0.2, 0.4, 0.5, 0.02), (1.5, 0.03, 2.0, 0.1)],
        mistakes=[
            (lambda *x: reference(*x)[::-1], "First the gravity, then the mass."),
            (lambda a, b, n, h: (2 * a / (3 * h), 3 * h / b), "The length is missing."),
            (
                lambda a, b, n, h: (2 * n * a / (3 * h), 3 * h / (b * n)),
                "The moment of inertia has the length squared: b = 3 h / (m l²).",
            ),
            (lambda a, b, n, h: (2 * n * a / 3, 3 / (b * n**2)), "The time step is missing."),
            (
                lambda a, b, n, h: (2 * n * a / (3 * h), b * n**2 / (3 * h)),
                "The mass stands in the denominator of b: it is 3 h / (b l²).",
            ),
            (changed(gravity=0.5), "The weight pulls at half the length: a = 3 g h / (2 l)."),
            (changed(mass=1 / 3), "The moment of inertia is m l² / 3: b = 3 h / (m l²)."),
            (lambda *x: reference(*x)[0], "Both are asked: return gravity, mass."),
        ],
        hint="Solve a = 3 g h / (2 l) for g and b = 3 h / (m l²) for m.",
    )


def exercise_3() -> Function:
    """The change of an angle."""

    def reference(cos, sin):
        point = cos + 1j * sin
        return np.angle(point[1:] / point[:-1])

    def of(angle):
        return np.cos(angle), np.sin(angle)

    def unwrapped(cos, sin):
        return np.diff(np.arctan2(sin, cos))

    return Function(
        reference,
        cases=[
            of(np.array([0.1, 0.4, 0.2, -0.3])),
            of(np.array([2.9, 3.3, 3.6, 3.1, 2.5])),
            of(np.array([-3.0, -3.4, -2.8])),
            of(np.array([0.5, 2.5, 5.0, 7.9, 6.0])),
        ],
        mistakes=[
            (unwrapped, "Take the short way round: from 3.1 to −3.1 rad it is 0.083."),
            (
                lambda c, s: -reference(c, s),
                "The sign: the later angle less the earlier one, and arctan2 takes the sine first.",
            ),
            (lambda c, s: reference(c, s) % (2 * np.pi), "Changes go from −π to π, not to 2π."),
            (lambda c, s: np.abs(reference(c, s)), "Changes have a sign."),
            (lambda c, s: reference(c, s) / 0.05, "The change is asked, not yet the speed."),
            (
                lambda c, s: np.append(0.0, reference(c, s)),
                "There are T − 1 changes between T angles.",
            ),
            (lambda c, s: np.diff(np.arctan(s / c)), "np.arctan cannot tell opposite angles."),
            (lambda c, s: np.diff(np.arccos(c)), "The cosine alone does not tell the side."),
            (lambda c, s: unwrapped(c, s) % np.pi, "Whole turns are 2π."),
        ],
        hint="np.diff of np.arctan2(sin, cos), then (difference + π) modulo 2π, less π.",
        without=("unwrap",),
    )


class _Encoder(torch.nn.Module):
    """Points of the plane (B, 2) -> points of the unit circle (B, 2), double."""

    def __init__(self, *numbers):
        super().__init__()
        self.matrix = torch.nn.Parameter(torch.tensor(numbers, dtype=torch.float64).view(2, 2))

    def forward(self, images):
        point = images @ self.matrix
        return point / point.norm(dim=1, keepdim=True)


def _rotated(points, angles):
    x, y = points[:, 0], points[:, 1]
    cos, sin = angles.cos(), angles.sin()
    return torch.stack([cos * x - sin * y, sin * x + cos * y], 1)


def exercise_4() -> Function:
    """Learn by turning."""

    def learn(encoder, images, turn, rows, angles, learning_rate, *, sign=1.0, clear=True,
              kind=torch.optim.Adam, fresh=False, cut=False, cut_other=False, total=torch.mean,
              still=False, told=lambda loss: loss, halved=1.0, same=False, steps=True):  # fmt: skip
        weights, losses = list(encoder.parameters()), []
        optimizer = kind(weights, lr=learning_rate)
        earlier = [torch.zeros_like(w) for w in weights]
        for i in range(len(rows)):
            optimizer = kind(weights, lr=learning_rate) if fresh else optimizer
            shown = images[rows[0 if same else i]]
            with torch.enable_grad():
                wanted = encoder(shown)
                wanted = wanted if still else _rotated(wanted, sign * angles[i])
                answer = encoder(turn(shown, angles[i]))
                wanted = wanted.detach() if cut else wanted
                answer = answer.detach() if cut_other else answer
                loss = halved * total((answer - wanted).square().sum(1))
                found = torch.autograd.grad(loss, weights)
            found = found if clear else [f + e for f, e in zip(found, earlier, strict=True)]
            earlier = found
            for weight, gradient in zip(weights, found, strict=True):
                weight.grad = gradient
            if steps:
                optimizer.step()
            losses.append(told(loss.item()))
        return losses

    def variant(**options):
        return functools.partial(learn, **options)

    def reference(encoder, images, turn, rows, angles, learning_rate):
        return np.array(learn(encoder, images, turn, rows, angles, learning_rate))

    def case(seed, updates, batch, rate, *numbers):
        generator = torch.Generator().manual_seed(seed)
        images = torch.randn(9, 2, generator=generator, dtype=torch.float64)
        rows = torch.randint(9, (updates, batch), generator=generator)
        angles = 6.2832 * torch.rand(updates, batch, generator=generator, dtype=torch.float64)
        return _Encoder(*numbers), images, _rotated, rows, angles, rate

    return Function(
        reference,
        cases=[
            case(1, 6, 4, 0.05, 1.0, 0.3, -0.8, 0.5),
            case(2, 5, 3, 0.2, 0.2, 1.0, 0.9, 0.4),
            case(3, 8, 5, 0.01, -1.0, 0.2, 0.5, 0.7),
        ],
        mistakes=[
            (variant(sign=-1.0), "The answer is to turn the same way as the image."),
            (variant(still=True), "The answer for the turned image must be turned, too."),
            (variant(clear=False), "Gradients add up: zero_grad before each backward."),
            (variant(kind=torch.optim.SGD), "Adam is asked, not plain gradient steps."),
            (variant(fresh=True), "Make the optimiser once: Adam remembers earlier gradients."),
            (variant(cut=True), "Both encodings are to be learned: cut no gradient."),
            (variant(cut_other=True), "Both encodings are to be learned: cut no gradient."),
            (variant(total=torch.sum), "The mean over the batch is asked, not the sum."),
            (variant(halved=0.5), "The sum over both coordinates, not their mean."),
            (variant(same=True), "Update i uses images[rows[i]]."),
            (variant(steps=False), "The encoder does not change: optimizer.step() is missing."),
            (variant(told=np.sqrt), "The loss is the squared distance itself."),
            (lambda *x: reference(*x)[-1], "One loss for each update, not the last alone."),
            (
                lambda *x: reference(*x).mean(),
                "One loss for each update, in a list.",
            ),
        ],
        hint="Encode, turn the answer; encode the turned image; mean squared distance; Adam.",
        may_change=["encoder"],
        rtol=1e-4,
    )
