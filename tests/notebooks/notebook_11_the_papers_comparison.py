WRONG = {
    "exercise 1": [
        ("return np.median(returns)", "That is the median"),
        ("return np.mean(returns)", "one failed run"),
        (
            "cut = len(returns) // 4\nreturn returns[cut : len(returns) - cut].mean()",
            "Sort first",
        ),
    ],
    "exercise 2": [
        ("return np.quantile(returns, [0.025, 0.975])", "spread of single runs"),
        (
            "error = returns.std(ddof=1) / np.sqrt(len(returns))\n"
            "return np.array([returns.mean() - 1.96 * error, returns.mean() + 1.96 * error])",
            "textbook interval",
        ),
        (
            "n = len(returns)\n"
            "drawn = returns[generator.integers(n, size=(resamples, n))]\n"
            "return np.quantile(drawn.mean(1), [0.025, 0.975])",
            "an IQM for each row",
        ),
    ],
    "exercise 3": [
        (
            "return float(np.median([s for s in steps if s is not None] or [np.inf]))",
            "the survivors' bias",
        ),
        ("return float(np.median([s or 1000 for s in steps]))", "did not reach the threshold"),
        (
            "there = sorted(s for s in steps if s is not None)\n"
            "return there[len(steps) // 2] if len(there) > len(steps) // 2 else np.inf",
            "failed runs come last",
        ),
    ],
    "exercise 4": [('claim = "b"', "is censored"), ('claim = "c"', "one run did")],
    "exercise 5": [
        ("return steps / 20 / 60", "reset the pendulum"),
        ("return (steps / 20 + 30 * steps / 200) / 60", "whole reset"),
        ("return steps / 20 + 30 * -(-steps // 200)", "These are seconds"),
    ],
}


def check(results):
    assert {"pendulum", "car2d", "reacher", "reacher_no_relabel"} <= set(results["sweeps"])
    assert results["solved"]["pendulum symbolic"] == [10, 10]
    assert results["solved"]["pendulum_50 symbolic"][0] >= 9
    for task in ("pendulum", "car2d", "reacher"):
        assert results["ratios"][f"{task} sac"][1] > 10
    # on Reacher both are given 500 random steps first, so only fewer steps can tell them apart
    assert all(results["ratios"][f"{task} mbpo"][1] > 1 for task in ("pendulum", "car2d"))
    fewest = results["from_fewest"]
    assert fewest["pendulum sac"][0] > 50 and fewest["pendulum mbpo"][0] > 5
    assert fewest["reacher sac"][0] > 100 and fewest["reacher mbpo"][0] > 5
    assert fewest["pendulum_two_updates sac"][0] < fewest["pendulum sac"][0]
    # what is better than our settings of the baselines costs more computing
    for found in results["better_settings"].values():
        for setting, price in found.items():
            assert price > 1.2 if price else "updates_per_step" in setting
    value, low, high = results["ratios"]["pendulum oracle"]
    assert low <= 1 <= high
    for task in ("pendulum", "reacher"):  # the paper's loop, from more real steps, ends lower
        for method in ("symbolic", "oracle"):
            assert results[f"{task}_paper_{method}_final"] < results[f"{task}_{method}_final"]
    assert results["difference_10_seeds"] < results["difference_3_seeds"]
    assert -200 < results["stored"] < -100
    if results["profile"] == "smoke":  # cut short: it only has to work
        assert -2500 < results["recomputed"] < 0
    else:
        assert abs(results["recomputed"] - results["stored"]) < 15
    assert results["minutes"]["symbolic"] < 1 < results["minutes"]["sac"]
