import numpy as np

WRONG = {
    "exercise 1": [
        ("return np.cumsum(arguments)", "fills one of the open places"),
        ("return np.cumsum(np.asarray(arguments) - 1)", "One place is open"),
        ("return np.cumsum(arguments) + 1", "arguments minus one"),
    ],
    "exercise 2": [
        (
            "order = np.argsort(-p, axis=1)\n"
            "ranked = np.take_along_axis(p, order, axis=1)\n"
            "kept = np.where(np.cumsum(ranked, axis=1) - ranked < mass, ranked, 0.0)\n"
            "result = np.zeros_like(p)\n"
            "np.put_along_axis(result, order, kept, axis=1)\n"
            "return result",
            "must add up to 1 again",
        ),
        (
            "order = np.argsort(-p, axis=1)\n"
            "ranked = np.take_along_axis(p, order, axis=1)\n"
            "kept = np.where(np.cumsum(ranked, axis=1) <= mass, ranked, 0.0)\n"
            "result = np.zeros_like(p)\n"
            "np.put_along_axis(result, order, kept, axis=1)\n"
            "return result / result.sum(axis=1, keepdims=True)",
            "crosses the mass belongs",
        ),
        ("kept = (p > 0.4) * p\nreturn kept / kept.sum(axis=1, keepdims=True)", "Sort downwards"),
    ],
    "exercise 3": [
        (
            "best = np.argsort(-log_p, axis=None)[:width]\nreturn np.divmod(best, log_p.shape[1])",
            "Add the score of the beginning",
        ),
        (
            "rows = np.argsort(-(scores + log_p.max(1)))[:width]\n"
            "return rows, log_p.argmax(1)[rows]",
            "may extend the same beginning",
        ),
        (
            "total = scores[:, None] * log_p\n"
            "best = np.argsort(-total, axis=None)[:width]\nreturn np.divmod(best, log_p.shape[1])",
            "sums of logarithms",
        ),
    ],
    "exercise 4": [
        (
            "hessian = jacobian.T @ jacobian\n"
            "braked = hessian + damping * np.eye(len(hessian))\n"
            "return np.linalg.solve(braked, jacobian.T @ residual)",
            "Levenberg's brake",
        ),
        (
            "hessian = jacobian.T @ jacobian\n"
            "braked = hessian + damping * np.diag(np.diag(hessian))\n"
            "return -np.linalg.solve(braked, jacobian.T @ residual)",
            "no minus sign",
        ),
        ("return np.linalg.lstsq(jacobian, residual, rcond=None)[0]", "Gauss-Newton"),
        ("return jacobian.T @ residual / (1 + damping)", "Solve the equation"),
    ],
    "exercise 5": [
        (
            "return list(np.argsort(-np.abs(columns.T @ (y - y.mean())))[:k])",
            "Compare with the residual",
        ),
        (
            "chosen, residual = [], y - y.mean()\n"
            "for _ in range(k):\n"
            "    chosen.append(int(np.argmax(np.abs(columns.T @ residual))))\n"
            "    newest = columns[:, chosen[-1]]\n"
            "    residual = residual - newest * (newest @ residual)\n"
            "return chosen",
            "Fit all chosen columns together",
        ),
        ("return list(range(k))", "largest correlation"),
    ],
    "exercise 6": [
        ("return int(np.argmin(loss))", "best fit, whatever its length"),
        ("return int(np.argmin(n * np.log(loss) + 2 * k))", "without the correction"),
        (
            "return int(np.argmax(n * np.log(loss) + 2 * k + 2 * k * (k + 1) / (n - k - 1)))",
            "Lower is better",
        ),
    ],
}


def check(results):
    # writing
    assert 0 < results["p_truth"] < 0.5
    assert results["masked_faults"] == 0
    cold, one, _, hot, untrained = results["invalid"]
    assert cold <= hot and one < 0.3 < untrained
    distinct = results["distinct"]
    assert distinct[0] < distinct[3] and distinct[0] <= distinct[-1] <= 16
    assert all(0 <= loss <= 1 for loss in results["best_loss"])
    for who in ("transformer", "prior"):
        assert 1 < results[f"{who}_canonical"] <= results[f"{who}_strings"] <= 64
    # searching
    decoded = results["decoded"]
    assert results["decoding_problems"] == 3
    assert decoded["greedy"]["different"] == 1 and decoded["prior"]["cost"] == 0
    assert decoded["greedy"]["cost"] < decoded["beam"]["cost"]
    assert decoded["T = 0.3"]["different"] <= decoded["T = 1"]["different"]
    assert max(rule["exact"][1] for rule in decoded.values()) >= 1
    assert results["cache_difference"] < 1e-3 and results["cache_speedup"] > 1.2
    # numbers
    projected, right_sign, wrong_sign = results["basins"]
    assert 0.15 < projected <= 1 and 0 < wrong_sign <= 1 and 0 < right_sign <= 1
    success, times = results["success"], results["fit_milliseconds"]
    assert success["LM, number token"] >= 0.9
    assert 0.2 < success["LM, random start"] < success["LM, number token"] + 1e-9
    assert times["LM, random start"] < times["BFGS, random start"]
    # recombining and ranking
    assert results["recombined_loss"] < 0.1 * results["whole_loss"]
    for hits in results["by_size"].values():
        assert all(0 <= n <= 3 for n in hits)
    errors = {rule: [np.inf if e is None else e for e in found]
              for rule, found in results["ranking"].items()}  # fmt: skip
    medians = {rule: np.median(found) for rule, found in errors.items()}
    assert medians["description length"] < 0.05
    assert medians["R² alone"] > 3 * medians["description length"]
    assert results["finished_nodes"] == 8 and "sin(theta)" in results["finished"]
    # outliers
    assert results["clipped"] >= 3 and results["both"] >= 0.7 * results["clipped"]
    (good, short), (_, long) = results["outliers_robust"], results["outliers_plain"]
    assert good < 1e-8 and short == 8 < long
    # the tables, whatever weights they were made with
    assert results["tables"] >= 3
    assert {"level"} <= set(results["verdicts"]) <= {"ahead", "level", "behind"}
    assert results["live_exact"]["pendulum.omega sparse"] == 1
