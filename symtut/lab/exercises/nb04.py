"""The exercises of notebook 04."""

import numpy as np

from symtut.lab.exercises.kinds import Choice, Function


def exercise_1() -> Function:
    """One step to the outer numbers."""

    def reference(columns, y):
        centred = columns - columns.mean(0)
        weights = np.linalg.pinv(centred.T @ centred) @ (centred.T @ (y - y.mean()))
        return np.r_[y.mean() - columns.mean(0) @ weights, weights]

    def without_intercept(columns, y):
        return np.r_[0.0, np.linalg.pinv(columns) @ y]

    def one_at_a_time(columns, y):
        slopes = [np.polyfit(column, y, 1)[0] for column in columns.T]
        return np.r_[y.mean() - columns.mean(0) @ slopes, slopes]

    def mean_in_front(columns, y):
        return np.r_[y.mean(), reference(columns, y)[1:]]

    def through_the_mean(columns, y):
        return np.r_[y.mean(), np.linalg.pinv(columns) @ (y - y.mean())]

    return Function(
        reference,
        cases=[
            (np.array([[0.0], [1.0], [2.0], [4.0]]), np.array([1.0, 4.0, 4.0, 8.0])),
            (
                np.array([[1.0, 0.0], [2.0, 1.0], [3.0, 1.0], [4.0, 4.0], [0.0, -1.0]]),
                np.array([3.0, -2.0, 0.5, 1.0, 4.0]),
            ),
            (
                np.array([[1.0, 2, 0], [0, 1, 1], [2, -1, 3], [1, 1, -2], [-1, 0, 1], [3, 2, 2]]),
                np.array([-1.0, 2.0, 0.0, -4.0, 1.5, -3.0]),
            ),
        ],
        mistakes=[
            (without_intercept, "There is no column of ones, so w0 cannot do its part."),
            (lambda c, y: without_intercept(c, y)[1:], "The intercept w0 is missing."),
            (lambda c, y: reference(c, y)[1:], "The intercept w0 is missing."),
            (one_at_a_time, "One regression for each column ignores that columns overlap."),
            (lambda c, y: np.roll(reference(c, y), -1), "The intercept belongs in front."),
            (
                mean_in_front,
                "The mean of y is w0 only if every column has mean 0: solve for all of w at once.",
            ),
            (
                through_the_mean,
                "The mean of y is w0 only if every column has mean 0: solve for all of w at once.",
            ),
        ],
        hint="AᵀA w = Aᵀy.",
    )


def exercise_2() -> Choice:
    """Choose the target."""
    return Choice(
        "b",
        {
            "a": "That R² is high because the next speed is nearly the speed, whatever you "
            "predict.",
            "b": "Its spread is the physics: whoever misses the motor loses R².",
            "c": "Dividing by the speed blows up where the pendulum turns round, at speed 0.",
            "d": "Scaling changes neither R² nor what hides: it is still nearly the speed.",
        },
    )


def exercise_3() -> Function:
    """Sequential thresholding."""

    def by_indices(columns, y, threshold, rounds=100, size=abs, refit=True):
        places = list(range(columns.shape[1]))
        for _ in range(rounds):
            weights = np.linalg.pinv(columns[:, places], rcond=1e-10) @ y if places else []
            left = [p for p, w in zip(places, weights, strict=True) if size(w) >= threshold]
            if left == places:
                break
            weights = [w for p, w in zip(places, weights, strict=True) if p in left]
            places = left
        if refit and places:
            weights = np.linalg.pinv(columns[:, places], rcond=1e-10) @ y
        result = np.zeros(columns.shape[1])
        result[places] = weights
        return result

    def reference(columns, y, threshold):
        return by_indices(columns, y, threshold)

    def one_a_round(columns, y, threshold):
        places, result = list(range(columns.shape[1])), np.zeros(columns.shape[1])
        while places:
            weights = np.linalg.pinv(columns[:, places]) @ y
            smallest = np.argmin(np.abs(weights))
            if np.abs(weights[smallest]) >= threshold:
                result[places] = weights
                break
            del places[smallest]
        return result

    def strictly_above(columns, y, threshold):
        return by_indices(columns, y, threshold, size=lambda w: abs(w) - 1e-9)

    def chain(n):
        """Columns of which one goes in each round, from the first to the last but one."""
        return np.eye(n) - np.eye(n, k=-1)

    three = np.array([[1.0, -2, 0], [2, -1, 0], [2, -2, 0], [1, -1, -1]])
    return Function(
        reference,
        cases=[
            (np.eye(3), np.array([0.5, -0.5, 0.25]), 0.5),
            (three, np.array([-2.0, -1, 4, 1]), 0.5),
            (three, np.array([-2.0, -1, 4, 1]), 5.0),
            (
                np.array([[-2.0, -2, -2], [2, -1, 0], [1, -1, 1], [-1, 2, 0]]),
                np.array([3.0, 1, 1, 0]),
                0.5,
            ),
            (chain(3), np.array([-0.5, -0.5, -2.0]), 0.75),
            (chain(12), np.array([0.5] * 11 + [2.0]), 0.75),
        ],
        mistakes=[
            (
                lambda c, y, t: by_indices(c, y, t, rounds=1, refit=False),
                "The survivors still have the coefficients that they had among all: solve again.",
            ),
            (
                lambda c, y, t: by_indices(c, y, t, rounds=1),
                "After solving again, others may be below the threshold: repeat until nobody goes.",
            ),
            (
                lambda c, y, t: by_indices(c, y, t, rounds=2),
                "After solving again, others may be below the threshold: repeat until nobody goes.",
            ),
            (
                lambda c, y, t: by_indices(c, y, t, rounds=10),
                "Rounds are not counted: repeat until nobody goes.",
            ),
            (
                lambda c, y, t: by_indices(c, y, t, size=lambda w: w),
                "Large negative coefficients are important too: compare their size.",
            ),
            (
                strictly_above,
                "A coefficient of exactly the threshold's size is not smaller: it stays.",
            ),
            (one_a_round, "All that are too small go in the same round, not the smallest alone."),
            (
                lambda c, y, t: (lambda w: w[w != 0])(reference(c, y, t)),
                "Keep a place for each of the K columns: those that went have 0.",
            ),
        ],
        hint="Solve, drop the small ones, solve again with the rest; stop when nothing drops.",
        atol=1e-6,
    )


def exercise_4() -> Function:
    """AICc."""

    def by_likelihood(residuals, n_constants, correct=True, variance=1):
        """From the density of the residuals, without what is the same for all formulas."""
        n, k = len(residuals), n_constants + variance
        sigma = np.sqrt(np.mean(residuals**2))
        density = np.exp(-0.5 * (residuals / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
        price = 2 * k * (n / (n - k - 1) if correct else 1)
        return -2 * np.log(density).sum() - n * (1 + np.log(2 * np.pi)) + price

    def reference(residuals, n_constants):
        return by_likelihood(residuals, n_constants)

    def fit(residuals):
        return len(residuals) * np.log(np.mean(residuals**2))

    def variance_once(residuals, n_constants):  # in one of the two terms
        n, k = len(residuals), n_constants
        return fit(residuals) + 2 * (k + 1) + 2 * k * (k + 1) / (n - k - 1)

    return Function(
        reference,
        cases=[
            (np.array([3.0, -1.0, 2.0, -5.0, 0.5]), 0),
            (np.array([0.5, -1.0, 2.0, 0.25, 1.5, -0.5]), 1),
            (np.array([0.1, -0.2, 0.4, 0.1, -0.3, 0.2, 0.5, 0.0]), 3),
        ],
        mistakes=[
            (
                lambda r, k: by_likelihood(r, k, correct=False),
                "That is AIC: with so few points the third term matters.",
            ),
            (
                lambda r, k: by_likelihood(r, k, variance=0),
                "The noise variance is a fitted number too.",
            ),
            (variance_once, "The noise variance counts in every k: add it once, at the top."),
            (
                lambda r, k: reference(r, k) + len(r) * np.log(len(r)),
                "RSS/n, the mean square, stands in the logarithm.",
            ),
            (
                lambda r, k: reference(r, k) - fit(r) + len(r) * np.log(np.var(r)),
                "RSS sums the squared residuals themselves; np.var takes their mean off first.",
            ),
            (
                lambda r, k: reference(r, k) - fit(r) * (1 - 1 / np.log(10)),
                "ln is the natural logarithm: np.log.",
            ),
        ],
        hint="Three terms: n·ln(RSS/n), 2k, and the correction.",
    )
