"""A guest in other people's programs: threads, time, interruption, and answers that hold."""

# fmt: off
import time
import warnings

import numpy as np

from tests.robustness.cases import EITHER, RIGHT, Case, expect
from tests.robustness.tables.names import X, Y, close, sparse

RNG = np.random.default_rng(4)


def r2(model, x, y):
    return 1 - np.mean((y - model.predict(x)) ** 2) / np.var(y)


# ---- threads, time, interruption ----------------------------------------------------------------


def threads(_):
    import torch

    torch.set_num_threads(2)
    sparse().fit(X, Y)
    expect(torch.get_num_threads() == 2, "fit left", torch.get_num_threads(), "threads")


def threads_after_an_error(_):
    import torch

    torch.set_num_threads(2)
    try:
        sparse().fit(X, Y * np.nan)
    except ValueError:
        pass
    expect(torch.get_num_threads() == 2, "fit left", torch.get_num_threads(), "threads")


def generators_untouched(_):
    import torch

    before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    sparse(method="prior+sparse", n_candidates=8, rounds=1).fit(X, Y)
    now = np.random.get_state()[1]  # noqa: NPY002
    expect(np.array_equal(before[0], now), "NumPy's generator moved")
    expect(torch.equal(before[1], torch.get_rng_state()), "torch's generator moved")


def in_time(method, n, seconds, columns=6):
    def do(_):
        x = RNG.uniform(-3, 3, (n, columns))
        y = np.sin(x[:, 0]) * x[:, 1] + np.tanh(x[:, -1]) + 0.1 * RNG.normal(size=n)
        model = sparse(method=method, max_time=seconds, n_candidates=64)
        started = time.process_time()
        model.fit(x, y)
        spent = time.process_time() - started
        expect(spent <= 1.2 * seconds + 0.6, "took", round(spent, 2), "of", seconds, "s;",
               "complete_ is", model.complete_)

    return do


def interrupted(_):
    import os
    import signal
    import threading

    x = RNG.uniform(-3, 3, (300, 4))
    y = np.sin(x[:, 0] * x[:, 1]) + np.tanh(x[:, 3]) + 0.1 * RNG.normal(size=300)
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = sparse(method="prior", rounds=None, max_time=8.0).fit(x, y)
    for warning in caught:
        warnings.warn(str(warning.message), stacklevel=1)
    expect(not model.complete_ and model.equations_, "nothing was kept")
    expect(model.fit_time_ < 5, "it was not interrupted")


# ---- answers that hold --------------------------------------------------------------------------


def no_worse_than_the_mean(make, method="sparse", **options):
    def do(_):
        x, y = make(np.random.default_rng(5))
        model = sparse(method=method, **options).fit(x, y)
        found = r2(model, x, y)
        expect(found >= -1e-9, "R² on its own points is", found, model.equations_[0]["equation"])

    return do


def holds_on_fresh_points(seed, n=24, noise=0.8):
    """R² near 1 in sample and below 0 on fresh points needs a word."""

    def do(_):
        rng = np.random.default_rng(seed)
        x = rng.uniform(-3, 3, (n + 2000, 4))
        y = np.sin(x[:, 0]) + noise * rng.normal(size=n + 2000)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = sparse(method="prior+sparse", n_candidates=128, rounds=3).fit(x[:n], y[:n])
        said = any("held" in str(w.message) or "overfit" in str(w.message) for w in caught)
        inside, fresh = r2(model, x[:n], y[:n]), r2(model, x[n:], y[n:])
        expect(said or not (inside > 0.9 and fresh < 0), "R²", inside, "in sample, fresh", fresh,
               "with", model.equations_[0]["complexity"], "nodes")

    return do


def held_out_is_stated(_):
    noisy = Y + 0.1 * np.random.default_rng(0).normal(size=60)
    row = sparse().fit(X, noisy).equations_[0]
    stated = [value for name, value in row.items() if "hold" in name or "held" in name]
    expect(stated and 0.5 < stated[0] <= 1, "equations_ does not state a held-out R²:", list(row))


def one_point_stands_out(rng):
    x = rng.normal(size=(40, 2))
    y = np.zeros(40)
    y[7] = 1e9
    return x, y


def heavy_tails(rng):
    return rng.normal(size=(60, 3)), rng.standard_cauchy(60)


def noise_alone(rng):
    return rng.normal(size=(60, 3)), rng.normal(size=60)


def six_points(rng):
    return rng.normal(size=(6, 4)), rng.normal(size=6)


def one_x_many_y(rng):
    return np.repeat(np.arange(5.0), 12)[:, None], rng.normal(size=60)


def far_column(rng):
    return 1e9 + rng.normal(size=(60, 2)), rng.normal(size=60)


def zeros_and_ones(rng):
    """Which no quotient explains better than a sum."""
    x = np.zeros((24, 1))
    x[2] = 1
    y = x[:, 0].copy()
    y[0] = 1
    return x, y


def ones_and_a_zero(rng):
    x = 1 - zeros_and_ones(rng)[0]
    return x, zeros_and_ones(rng)[1]


HARD = {
    "zeros and ones": zeros_and_ones, "ones and a zero": ones_and_a_zero,
    "one point stands out": one_point_stands_out, "heavy tails": heavy_tails,
    "noise alone": noise_alone, "six points": six_points, "one x, many y": one_x_many_y,
    "columns far from zero": far_column,
}


def same_again(_):
    texts = [
        sparse(method="prior", n_candidates=16, rounds=1, random_state=7).fit(X, Y).equations_
        for _ in range(2)
    ]
    expect(texts[0][0]["equation"] == texts[1][0]["equation"])


def after_a_refusal(_):
    """What a refused second fit leaves is the first model, or nothing."""
    model = sparse().fit(X, Y)
    try:
        model.fit(X, Y * np.nan)
    except ValueError:
        pass
    if hasattr(model, "equations_"):
        expect(close(model.predict(X), Y), "a mixture of two fits")


CASES = [
    Case("guest", "threads come back", threads, RIGHT),
    Case("guest", "threads come back after an error", threads_after_an_error, RIGHT),
    Case("guest", "others' random numbers stay", generators_untouched, RIGHT, cpu=10),
    Case("guest", "in time: sparse, 300,000 rows", in_time("sparse", 300_000, 0.6), RIGHT,
         cpu=12, memory=1500),
    Case("guest", "in time: sparse, 2,000 rows", in_time("sparse", 2000, 0.3), RIGHT, cpu=12),
    Case("guest", "in time: prior, 50,000 rows", in_time("prior", 50_000, 0.5), RIGHT, cpu=12,
         memory=1500),
    Case("guest", "in time: a billionth of a second", in_time("sparse", 200, 1e-9), RIGHT,
         cpu=12),
    Case("guest", "in time: two columns", in_time("prior+sparse", 200, 0.3, 2), RIGHT, cpu=12),
    Case("guest", "Ctrl-C keeps the best so far", interrupted, RIGHT, warns="interrupt|best so far",
         cpu=12),
    *(Case("guest", f"no worse than the mean: {name}", no_worse_than_the_mean(make), EITHER,
           "constant|units|points", cpu=10) for name, make in HARD.items()),
    *(Case("guest", f"no worse than the mean, no time: {name}",
           no_worse_than_the_mean(make, "prior", max_time=1e-9), EITHER, "constant|units|points",
           cpu=10) for name, make in HARD.items()),
    *(Case("guest", f"fresh points {seed}", holds_on_fresh_points(seed), RIGHT, cpu=20)
      for seed in range(4)),
    Case("guest", "the held-out R² is stated", held_out_is_stated, RIGHT),
    Case("guest", "the same seed, the same answer", same_again, RIGHT),
    Case("guest", "a second fit that is refused", after_a_refusal, RIGHT),
]
