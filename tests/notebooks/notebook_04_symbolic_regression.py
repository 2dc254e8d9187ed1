THRESHOLDING = """
kept = np.ones(columns.shape[1], dtype=bool)
for _ in range({rounds}):
    w = np.zeros(len(kept))
    if kept.any():
        w[kept] = np.linalg.lstsq(columns[:, kept], y, rcond=1e-10)[0]
    left = kept & ({stays})
    if (left == kept).all():
        break
    kept = left
return {result}
"""


def thresholding(rounds="100", stays="np.abs(w) >= threshold", result="w"):
    return THRESHOLDING.format(rounds=rounds, stays=stays, result=result)


AICC = "n, k = len(residuals), n_constants + 1\nreturn {fit} + {price}"


def criterion(fit="n * np.log(np.mean(residuals**2))", price="2 * k * n / (n - k - 1)"):
    return AICC.format(fit=fit, price=price)


MATRIX = "matrix = np.column_stack([np.ones(len(y)), columns])\n"

WRONG = {
    "exercise 1": [
        ("return np.r_[0.0, np.linalg.lstsq(columns, y, rcond=None)[0]]", "no column of ones"),
        ("return np.linalg.lstsq(columns, y, rcond=None)[0]", "w0 is missing"),
        (
            "w = [np.polyfit(column, y, 1)[0] for column in columns.T]\n"
            "return np.r_[y.mean() - columns.mean(0) @ w, w]",
            "columns overlap",
        ),
        (
            "matrix = np.column_stack([columns, np.ones(len(y))])\n"
            "return np.linalg.lstsq(matrix, y, rcond=None)[0]",
            "belongs in front",
        ),
        (
            "w = np.linalg.lstsq(columns - columns.mean(0), y - y.mean(), rcond=None)[0]\n"
            "return np.r_[y.mean(), w]",
            "only if every column has mean 0",
        ),
        (
            "means = columns.mean(0)\ncolumns -= means\n"
            "w = np.linalg.lstsq(columns, y - y.mean(), rcond=None)[0]\n"
            "return np.r_[y.mean() - means @ w, w]",
            "changes its input columns",
        ),
        (MATRIX + "return matrix.T @ y", "AᵀA w = Aᵀy"),
        (MATRIX + "return np.linalg.lstsq(matrix, y[:, None], rcond=None)[0]", "(2, 1)"),
        ("return np.polyfit(columns[:, 0], y, 1)[::-1]", "the shape is (2,)"),
    ],
    "exercise 2": [
        ('target_choice = "a"', "whatever you predict"),
        ('target_choice = "c"', "at speed 0"),
        ('target_choice = "d"', "still nearly the speed"),
        ('target_choice = "the increment"', "is not one of a, b, c, d"),
    ],
    "exercise 3": [
        (
            "w = np.linalg.lstsq(columns, y, rcond=1e-10)[0]\n"
            "return np.where(np.abs(w) >= threshold, w, 0.0)",
            "solve again",
        ),
        (
            "w = np.linalg.lstsq(columns, y, rcond=1e-10)[0]\n"
            "kept = np.abs(w) >= threshold\n"
            "w = np.zeros(len(kept))\n"
            "w[kept] = np.linalg.lstsq(columns[:, kept], y, rcond=1e-10)[0]\n"
            "return w",
            "repeat until nobody goes",
        ),
        (thresholding(rounds="11"), "Rounds are not counted"),
        (thresholding(stays="w >= threshold"), "compare their size"),
        (thresholding(stays="np.abs(w) > threshold"), "it stays"),
        (thresholding(stays="np.abs(w) >= 0.5"), "threshold = 0.75"),
        (thresholding(stays="w**2 >= threshold"), "Solve, drop the small ones"),
        (
            thresholding(stays="np.abs(w) * np.linalg.norm(columns, axis=0) >= threshold"),
            "Solve, drop the small ones",
        ),
        (thresholding(result="w[kept]"), "a place for each of the K columns"),
        (
            "kept, result = list(range(columns.shape[1])), np.zeros(columns.shape[1])\n"
            "while kept:\n"
            "    w = np.linalg.lstsq(columns[:, kept], y, rcond=1e-10)[0]\n"
            "    if np.abs(w).min() >= threshold:\n"
            "        result[kept] = w\n"
            "        break\n"
            "    kept.pop(np.abs(w).argmin())\n"
            "return result",
            "not the smallest alone",
        ),
        (
            "while True:\n"
            "    w = np.linalg.lstsq(columns, y, rcond=1e-10)[0]\n"
            "    small = (np.abs(w) < threshold) & columns.any(0)\n"
            "    if not small.any():\n"
            "        return w\n"
            "    columns[:, small] = 0",
            "changes its input columns",
        ),
    ],
    "exercise 4": [
        (criterion(price="2 * k"), "That is AIC"),
        (
            "n, k = len(residuals), n_constants\n"
            "return n * np.log(np.mean(residuals**2)) + 2 * k + 2 * k * (k + 1) / (n - k - 1)",
            "noise variance is a fitted number",
        ),
        (
            "n, k = len(residuals), n_constants\n"
            "return n * np.log(np.mean(residuals**2)) + 2 + 2 * k + 2 * k * (k + 1) / (n - k - 1)",
            "counts in every k",
        ),
        (criterion(fit="n * np.log(np.sum(residuals**2))"), "mean square"),
        (criterion(fit="n * np.log(np.var(residuals))"), "takes their mean off first"),
        (criterion(fit="n * np.log10(np.mean(residuals**2))"), "natural logarithm"),
        (criterion(fit="n * np.log(np.median(residuals**2))"), "Three terms"),
        (criterion(price="2 * k + 2 * k * (k + 1) // (n - k - 1)"), "Three terms"),
        (
            "residuals **= 2\nn, k = len(residuals), n_constants + 1\n"
            "return n * np.log(residuals.mean()) + 2 * k * n / (n - k - 1)",
            "changes its input residuals",
        ),
    ],
}

RIGHT = {
    "exercise 1": [
        MATRIX + "return np.linalg.solve(matrix.T @ matrix, matrix.T @ y)",
        "import torch\n"
        "matrix = torch.tensor(np.c_[np.ones(len(y)), columns])\n"
        "return torch.linalg.lstsq(matrix, torch.tensor(y)[:, None]).solution[:, 0]",
        "means = columns.mean(0)\n"
        "w = list(np.linalg.lstsq(columns - means, y - y.mean(), rcond=None)[0])\n"
        "return [y.mean() - sum(w * means), *w]",
    ],
    "exercise 2": ['target_choice = "B"', 'target_choice = "(b) "'],
    "exercise 3": [
        "left = columns.copy()\n"
        "for _ in range(columns.shape[1] + 1):\n"
        "    w = np.linalg.lstsq(left, y, rcond=1e-10)[0]\n"
        "    left[:, np.abs(w) < threshold] = 0\n"
        "return w",
        "def solve(places):\n"
        "    w = np.zeros(columns.shape[1])\n"
        "    if places:\n"
        "        w[places] = np.linalg.pinv(columns[:, places], rcond=1e-10) @ y\n"
        "    left = [p for p in places if abs(w[p]) >= threshold]\n"
        "    return w if left == places else solve(left)\n"
        "return solve(list(range(columns.shape[1])))",
    ],
    "exercise 4": [
        "n = residuals.size\n"
        "k = n_constants + 1\n"
        "return n * np.log(residuals @ residuals / n) + 2 * k * n / (n - k - 1)",
        "n, k = len(residuals), n_constants + 1\n"
        "import torch\n"
        "rss = torch.tensor(residuals).square().sum()\n"
        "return n * (torch.log(rss) - np.log(n)) + 2 * k + 2 * (k * k + k) / (n - k - 1)",
    ],
}


def check(results):
    # sections 1 and 7: alike inside; outside, the form decides
    for name in ("polynomial", "network", "formula"):
        assert results[f"inside_{name}"] > 0.999
    far = {name: results[f"beyond_{name}"][1] for name in (
        "polynomial", "network", "formula_wrong_form", "network_of_sin_cos", "formula_found",
    )}  # fmt: skip
    assert far["formula_found"] < 0.05 < 0.5 < far["network"] < 10 < far["polynomial"]
    assert far["formula_found"] < far["network_of_sin_cos"] < far["network"]
    assert far["formula_wrong_form"] > 3
    # sections 2 and 3
    assert results["trees"] == 1648206336 and results["growth"] > 10**4  # four nodes more
    assert sum(loss < 1e-6 for loss in results["path_losses"]) == 1
    for method in ("BFGS", "Levenberg-Marquardt"):
        assert results[f"success_{method}"] < 0.7
    assert results["ms_BFGS"] > results["ms_Levenberg-Marquardt"]
    # the wrong target flatters "nothing changes"
    assert results["r2_nothing_changes"][0] > 0.95 and abs(results["r2_nothing_changes"][1]) < 0.1
    assert results["r2_nothing_changes"][0] < results["r2_only_gravity"][0]
    assert results["r2_only_gravity"][1] < 0.98 and min(results["r2_gravity_and_motor"]) > 0.999999
    # section 4: thresholding works on the handful and fails on the large library
    assert results["above"] >= 10 and sorted(results["handful"]) == ["sin(theta)", "u"]
    assert results["left_handful"].count(2) >= 5 and min(results["left_package's"]) > 2
    assert results["condition_handful"] < 1e3 < 1e6 < results["condition_package's"]
    assert "sin(theta)" in results["sparse"] and "*u" in results["sparse"]
    # section 5: somebody gets close (who wins in tenths of a second is not asserted)
    assert min(results["evolved_losses"]) < 0.05
    if results["profile"] != "smoke":
        assert results["exact_prior"] > results["exact_evolution"]
        assert results["exact_both_prior"] < results["exact_prior"]
    # section 6: nodes, R² on the points, error to the truth
    priced, free = results["bloat_with_a_price"], results["bloat_without"]
    assert free[0] > 1.5 * priced[0] and free[1] > priced[1] > 0.7 and free[2] > priced[2]
    errors = results["front_errors"]
    assert errors == sorted(errors, reverse=True) and len(errors) >= 3
    assert results["choice_package"][0] < results["choice_least"][0]
    # medians over a handful of draws; that the error is lower is seen with the lab's draws
    assert results["choice_package"][1] < 1.5 * results["choice_least"][1]
    longer = {rule: results[f"choice_{rule}"][2] for rule in ("least", "AICc", "package")}
    assert longer["least"] >= longer["AICc"] >= longer["package"]
    # section 8
    assert results["friction_without"] < 0.995 and results["friction_with"] > 1 - 1e-9
    assert results["valley"] < 1e-4
    recovered = results["recovered"]
    assert recovered[0][-1] == 1 and recovered[0][-1] >= recovered[-1][0]
