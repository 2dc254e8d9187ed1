WRONG = {
    "exercise 1": [
        (
            "stack, numbers = [], list(constants)\n"
            "for token in reversed(prefix):\n"
            '    if token == "C":\n'
            "        stack.append(numbers.pop())\n"
            "    elif token in OPERATORS:\n"
            "        taken = [stack.pop() for _ in range(OPERATORS[token].arity)]\n"
            "        stack.append(OPERATORS[token].numpy(*taken[::-1]))\n"
            "    else:\n"
            "        stack.append(x[:, int(token[1:])])\n"
            "return stack.pop()",
            "swapped",
        ),
        (
            "stack, numbers = [], list(constants)\n"
            "for token in reversed(prefix):\n"
            '    if token == "C":\n'
            "        stack.append(numbers.pop(0))\n"
            "    elif token in OPERATORS:\n"
            "        taken = [stack.pop() for _ in range(OPERATORS[token].arity)]\n"
            "        stack.append(OPERATORS[token].numpy(*taken))\n"
            "    else:\n"
            "        stack.append(x[:, int(token[1:])])\n"
            "return stack.pop()",
            "the last constant is met first",
        ),
        ("return x[:, 0]", "exactly one thing is left"),
    ],
    "exercise 2": [
        ("holes = [5, 2]", "w0 is a number too"),
        ("holes = [6, 6]", "enter linearly"),
        ("holes = [2, 2]", "The outer numbers are fitted as well"),
    ],
    "exercise 3": [
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
    ],
    "exercise 4": [
        ('target_choice = "a"', "whatever you predict"),
        ('target_choice = "c"', "at speed 0"),
        ('target_choice = "d"', "still nearly the speed"),
    ],
    "exercise 5": [
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
        (
            "kept = np.ones(columns.shape[1], dtype=bool)\n"
            "while True:\n"
            "    w = np.zeros(len(kept))\n"
            "    if kept.any():\n"
            "        w[kept] = np.linalg.lstsq(columns[:, kept], y, rcond=1e-10)[0]\n"
            "    left = kept & (w >= threshold)\n"
            "    if (left == kept).all():\n"
            "        return w\n"
            "    kept = left",
            "compare their size",
        ),
    ],
    "exercise 6": [
        (
            "n, k = len(residuals), n_constants + 1\n"
            "return n * np.log(np.sum(residuals**2) / n) + 2 * k",
            "That is AIC",
        ),
        (
            "n, k = len(residuals), n_constants\n"
            "return n * np.log(np.mean(residuals**2)) + 2 * k + 2 * k * (k + 1) / (n - k - 1)",
            "noise variance is a fitted number",
        ),
        (
            "n, k = len(residuals), n_constants + 1\n"
            "return n * np.log(np.sum(residuals**2)) + 2 * k + 2 * k * (k + 1) / (n - k - 1)",
            "mean square",
        ),
    ],
}


def check(results):
    # sections 1 and 8: alike inside; outside, the form decides
    for name in ("polynomial", "network", "formula"):
        assert results[f"inside_{name}"] > 0.999
    far = {name: results[f"beyond_{name}"][2] for name in (
        "polynomial", "network", "formula_wrong_form", "network_of_sin_cos", "formula_found",
    )}  # fmt: skip
    assert far["formula_found"] < 0.05 < 0.5 < far["network"] < 10 < far["polynomial"]
    assert far["formula_found"] < far["network_of_sin_cos"] < far["network"]
    assert far["formula_wrong_form"] > 3
    # sections 2 and 3
    assert results["trees"] == 1648206336 and results["batch_speedup"] > 0
    assert sum(loss < 1e-6 for loss in results["path_losses"]) == 1
    for method in ("bfgs", "levenberg_marquardt"):
        assert results[f"success_{method}"] < 0.7
    assert results["ms_bfgs"] > results["ms_levenberg_marquardt"]
    # section 4: the wrong target flatters "nothing changes"
    assert results["r2_nothing_changes"][0] > 0.95 and abs(results["r2_nothing_changes"][1]) < 0.1
    assert min(results["r2_gravity_and_motor"]) > 0.999999 and results["angle_unchanged"] > 0.95
    assert "u" not in results["simplest_next_speed_0.95"].replace("theta", "")
    assert "*u" in results["simplest_increment_0.95"]
    # section 5: thresholding works on the handful and fails on the large library
    assert sorted(results["handful"]) == ["sin(theta)", "u"]
    assert results["left_handful"].count(2) >= 5 and min(results["left_package's"]) > 2
    assert results["condition_handful"] < 1e3 < 1e6 < results["condition_package's"]
    assert results["sparse_error"] < 0.05
    # section 6: somebody gets close; blind search is not beaten
    assert min(results["evolved_losses"]) < 0.05
    assert results["exact_prior"] >= results["exact_evolution"]
    # section 7
    priced, free = results["bloat_with_a_price"], results["bloat_without"]
    assert free[0] > 1.5 * priced[0] and free[1] > priced[1] > 0.7  # nodes, R² on the points
    assert free[2] > priced[2]  # error to the truth
    assert results["choice_package"][0] < results["choice_least_error"][0]
    assert results["choice_package"][1] < results["choice_least_error"][1]
    assert results["truth_r2"][0] < 0.5 < 0.98 < results["truth_r2"][1]
    # section 9
    assert results["friction_without"] < 0.995 and results["friction_with"] > 1 - 1e-9
    assert results["valley_1.0"] < 1e-12 and results["valley_0.5"] < 1e-4
    recovered = results["recovered"]
    assert recovered[0][-1] == 1 and recovered[0][-1] >= recovered[-1][0]
