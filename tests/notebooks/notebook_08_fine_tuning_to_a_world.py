"""Notebook 08: what a smoke run has to record, and the mistakes its checks have to explain."""

import numpy as np


def check(results):
    for name, bits in results["bits"].items():
        assert 0 < bits["this world's prior"] < 12, name
        general = bits["general prior"]
        assert general is None or general > bits["this world's prior"] + 0.5
    for chances in results["chances"].values():
        assert 0.2 < chances["this world's prior"] <= 1
    assert results["leaks_before"] > 0 == results["leaks_after"]
    assert results["trained"]["adapters"] < 0.2 * results["trained"]["all weights"]
    here, general = "this world's functions", "general functions"
    losses = results["losses"]
    for name in ("adapters", "all weights"):
        assert losses[name][here] < losses["general"][here] + 0.05, name
    fast = losses["all, 30 × as fast"]
    assert fast[general] > losses["all weights"][general] + 0.05
    assert results["shipped"][here] < losses["general"][here] - 0.05
    assert set(results["recovered"]) == {"general", "specific", "prior", "world prior"}
    assert all(0.05 < share < 1 for share in results["recovered"].values())
    assert results["recovered"]["specific"] > results["recovered"]["prior"] - 0.05
    assert results["sine_seen"] < 0  # the car of that seed turns to one side only
    assert 0 <= results["error_elsewhere"] < 1  # 0.2 where the modulus is found again
    assert np.isfinite(list(results["again"].values())).all()


WRONG = {
    "exercise 1": [
        ("return p * n", "can pass 1"),
        ("return (1 - p) ** n", "missing it every time"),
        ("return p ** n", "every single time"),
    ],
    "exercise 2": [
        ("return sum(terms in forbidden for terms in training_set)", "other names of variables"),
        (
            "return len({skeleton_key(t) for t in training_set} "
            "& {skeleton_key(t) for t in forbidden})",
            "leaks twice",
        ),
    ],
    "exercise 3": [
        ("rank = 160 * 640 // (160 + 640)", "exactly as many"),
        ("rank = 160", "the rank that W itself"),
    ],
    "exercise 4": [
        ("return (x @ D.T) @ U.T", "W is missing"),
        ("return x @ W.T * ((x @ D.T) @ U.T)", "added to the layer's"),
    ],
    "exercise 5": [('answer = "a"', "a search has to show"), ('answer = "c"', "forbidden")],
    "exercise 6": [
        (
            "return points[int(np.argmax(shares))] / points[int(np.argmax(reference))]",
            "good enough first",
        ),
        (
            "p = [np.flatnonzero(np.asarray(s) >= enough) for s in (reference, shares)]\n"
            "if not len(p[0]) and not len(p[1]):\n"
            "    return np.nan\n"
            "a, b = (points[i[0]] if len(i) else np.inf for i in p)\n"
            "return 0.0 if b == np.inf else a / b",
            "other way round",
        ),
    ],
}
