import textwrap

import numpy as np

NUCLEUS = """
order = np.argsort(-p, axis=1)
ranked = np.take_along_axis(p, order, axis=1)
before = np.cumsum(ranked, axis=1) - ranked
kept = np.where({stays}, ranked, 0.0)
result = np.zeros_like(p)
np.put_along_axis(result, order, kept, axis=1)
return {result}
"""


def nucleus(stays="before < mass", result="result / result.sum(axis=1, keepdims=True)"):
    return NUCLEUS.format(stays=stays, result=result)


BEAM = """
total = {total}
best = np.argsort({order}, axis=None)[:{width}]
return {result}
"""


def beam(
    total="scores[:, None] + log_p", order="-total", width="width",
    result="np.divmod(best, log_p.shape[1])",
):  # fmt: skip
    return BEAM.format(total=total, order=order, width=width, result=result)


def damped(brake="damping * np.diag(np.diag(square))"):
    return (
        "square = jacobian.T @ jacobian\n"
        f"return np.linalg.solve(square + {brake}, jacobian.T @ residual)"
    )


SELECTION = """
chosen, residual = [], y - y.mean()
for _ in range({k}):
    likeness = {likeness}
    chosen.append(int(np.argmax(likeness)))
    design = np.column_stack([np.ones(len(y)), columns[:, {fitted}]])
    residual = {before} - design @ np.linalg.lstsq(design, {before}, rcond=None)[0]
return {result}
"""


def selection(
    k="k", likeness="np.abs(columns.T @ residual)", fitted="chosen", before="y", result="chosen"
):
    return SELECTION.format(k=k, likeness=likeness, fitted=fitted, before=before, result=result)


def akaike(fit="n * np.log(loss)", price="2 * k + 2 * k * (k + 1) / (n - k - 1)", best="argmin"):
    return f"return int(np.{best}({fit} + {price}))"


def slopes(
    design="np.column_stack([np.ones(len(y)), np.log(np.abs(x))])",
    target="np.log(np.abs(y))",
    result="p[1:]",
):
    return (
        f"p = np.linalg.lstsq({design}, {target}, rcond=None)[0]\n"
        f"return {result}"
    )  # fmt: skip


WRONG = {
    "exercise 1": [
        ("return np.cumsum(arguments)", "fills one of the open places"),
        ("return np.cumsum(np.asarray(arguments) - 1)", "One place is open"),
        ("return np.cumsum(arguments) + 1", "arguments minus one"),
        (
            "return np.r_[1, 1 + np.cumsum(arguments[:-1] - 1)]",
            "before each token; after it is asked",
        ),
        ("return arguments", "sum up"),
        ("return 1 + sum(arguments - 1)", "not the last alone"),
        ("return 1 + np.cumsum(arguments[::-1] - 1)[::-1]", "from the front"),
        ("return np.minimum(1 + np.cumsum(arguments - 1), 2)", "the result is"),
        ("arguments -= 1\nreturn 1 + np.cumsum(arguments)", "it changes its input arguments"),
        ("1 + np.cumsum(arguments - 1)", "a return is missing"),
        ("return np.zeros_like(arguments)", "arguments minus one"),
    ],
    "exercise 2": [
        (nucleus(result="result"), "must add up to 1 again"),
        (
            "with np.errstate(invalid='ignore'):\n"
            + textwrap.indent(nucleus(stays="np.cumsum(ranked, axis=1) <= mass").strip(), "    "),
            "crosses the mass belongs",
        ),
        (nucleus(stays="before <= mass"), "exactly the mass it is enough"),
        (nucleus(result="kept / kept.sum(axis=1, keepdims=True)"), "own place: undo the sorting"),
        (nucleus(stays="before < 0.9"), "`mass` is an argument"),
        (nucleus(stays="np.arange(p.shape[1]) < (before[0] < mass).sum()"), "Rows are independent"),
        (nucleus(result="result / result.sum()"), "Sort downwards"),
        (nucleus(result="result > 0"), "not True or False"),
        (
            "order = np.argsort(-p.ravel())\n"
            "ranked = p.ravel()[order] / len(p)\n"
            "kept = np.where(np.cumsum(ranked) - ranked < mass, ranked, 0)\n"
            "result = np.zeros(p.size)\n"
            "result[order] = kept\n"
            "return result.reshape(p.shape)",
            "Sort downwards",
        ),
        ("kept = (p > 0.4) * p\nreturn kept / kept.sum(axis=1, keepdims=True)", "Sort downwards"),
        (
            "kept = (p >= 1 - mass) * p\nreturn kept / kept.sum(axis=1, keepdims=True)",
            "Sort downwards",
        ),
        (
            "p.sort(axis=1)\n"
            "p = p[:, ::-1]\n"
            "kept = np.where(np.cumsum(p, axis=1) - p < mass, p, 0.0)\n"
            "return kept / kept.sum(axis=1, keepdims=True)",
            "it also changes its input p",
        ),
        ("return p / p.sum(axis=1, keepdims=True)", "Sort downwards"),
    ],
    "exercise 3": [
        (beam(total="log_p"), "Add the score of the beginning"),
        (
            "rows = np.argsort(-(scores + log_p.max(1)))[:width]\n"
            "return rows, log_p.argmax(1)[rows]",
            "may extend the same beginning",
        ),
        (beam(total="scores[:, None] * log_p"), "their logarithms are added"),
        (beam(total="np.exp(scores)[:, None] + np.exp(log_p)"), "Scores of extensions are sums"),
        (beam(total="log_p - scores[:, None]"), "not taken away"),
        (beam(order="total"), "Those are the worst"),
        (beam(result="np.divmod(np.sort(best), log_p.shape[1])"), "The best comes first"),
        (beam(result="(best % log_p.shape[1], best // log_p.shape[1])"), "The rows come first"),
        (
            beam(result="np.column_stack(np.divmod(best, log_p.shape[1]))"),
            "all rows, then all tokens",
        ),
        (beam(result="best"), "turn them into rows and tokens"),
        (beam(result="np.divmod(best, log_p.shape[0])"), "divide flat indices by V"),
        (beam(width="len(scores)"), "Keep `width` of them"),
        (beam(result="(best / log_p.shape[1], best % log_p.shape[1])"), "sums of logarithms"),
        (
            beam(result="(best // log_p.shape[1] * 1.0, best % log_p.shape[1] * 1.0)"),
            "whole numbers (int) are expected",
        ),
        ("log_p += scores[:, None]" + beam(total="log_p"), "it changes its input log_p"),
    ],
    "exercise 4": [
        (damped("damping * np.eye(len(square))"), "Levenberg's brake"),
        (damped().replace("return ", "return -"), "no minus sign"),
        ("return np.linalg.lstsq(jacobian, residual, rcond=None)[0]", "Gauss-Newton"),
        (damped("damping * square"), "on the diagonal only"),
        (damped("damping * np.diag(square)"), "added to every row"),
        (damped("damping**2 * np.diag(np.diag(square))"), "not its square"),
        (damped("np.sqrt(damping) * np.diag(np.diag(square))"), "diag keeps only the diagonal"),
        (
            "braked = (1 + damping) * (jacobian**2).sum(0)\nreturn jacobian.T @ residual / braked",
            "entries off the diagonal",
        ),
        ("return jacobian.T @ residual", "steepest descent"),
        ("return jacobian.T @ residual / (1 + damping)", "Solve the equation"),
        (damped("2.0 * np.diag(np.diag(square))"), "Solve the equation"),
        (damped() + "[0]", "the shape is ()"),
        (damped().replace("residual)", "residual[:, None])"), "expected (1,)"),
        (
            "residual *= 2\n" + damped() + " / 2",
            "it changes its input residual",
        ),
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
        (selection(fitted="chosen[-1:]", before="residual"), "Fit all chosen columns together"),
        (selection(likeness="columns.T @ residual"), "take the size"),
        (selection(likeness="-np.abs(columns.T @ residual)"), "least like the residual"),
        (
            "chosen = []\n"
            "for _ in range(k):\n"
            "    left = {}\n"
            "    for j in range(columns.shape[1]):\n"
            "        design = np.column_stack([np.ones(len(y)), columns[:, [*chosen, j]]])\n"
            "        fit = design @ np.linalg.lstsq(design, y, rcond=None)[0]\n"
            "        left[j] = np.sum((y - fit) ** 2)\n"
            "    chosen.append(min(left, key=left.get))\n"
            "return chosen",
            "Residual, largest correlation",
        ),
        (selection(result="sorted(chosen)"), "The order of choice"),
        (selection(result="chosen[::-1]"), "The first choice comes first"),
        (selection(k="3"), "Choose `k` columns"),
        (selection(k="k - 1"), "largest correlation"),
        (selection(result="columns[:, chosen]"), "largest correlation"),
        (selection(result="np.array(chosen, float)"), "whole numbers (int) are expected"),
        ("y -= y.mean()" + selection(), "it changes its input y"),
        ("return list(range(k))", "largest correlation"),
    ],
    "exercise 6": [
        ("return int(np.argmin(loss))", "best fit, whatever its length"),
        (akaike(price="2 * k"), "without the correction"),
        (akaike(best="argmax"), "Lower is better"),
        (akaike(price="k * np.log(n)"), "That is BIC"),
        (akaike(fit="np.log(loss)"), "counts n times"),
        (akaike(fit="n * np.log10(loss)"), "natural logarithm"),
        (akaike(fit="n * loss"), "plus the price of k numbers"),
        (akaike(price="2 * k * (k + 1) / (n - k - 1)"), "the smallest wins"),
        (
            "k = k + 1\n" + akaike(),
            "nothing is added to it",
        ),
        ("return int(np.argmin(k))", "the smallest wins"),
        (
            "v = n * np.log(loss) + 2 * k * n / (n - k - 1)\n"
            "i = 0\n"
            "while i + 1 < len(v) and v[i + 1] < v[i]:\n"
            "    i += 1\n"
            "return i",
            "the smallest wins",
        ),
        ("return k[np.argmin(n * np.log(loss) + 2 * k * n / (n - k - 1))]", "its index is asked"),
        (
            "return np.min(n * np.log(loss) + 2 * k * n / (n - k - 1))",
            "the index of its equation",
        ),
        (
            "k += 0.0\nloss *= 2\n" + akaike(),
            "it changes its input loss",
        ),
        ("return float(np.argmin(n * np.log(loss) + 2 * k * n / (n - k - 1)))", "whole numbers"),
    ],
    "exercise 7": [
        (slopes(design="np.log(np.abs(x))", result="p"), "needs a column of ones"),
        (slopes(result="p"), "the exponents alone are asked"),
        (
            slopes(design="np.column_stack([np.log(np.abs(x)), np.ones(len(y))])", result="p[1:]"),
            "Least squares of log|y|",
        ),
        (
            "return [np.polyfit(np.log(abs(c)), np.log(abs(y)), 1)[0] for c in x.T]",
            "all variables together",
        ),
        (slopes(target="y"), "in the logarithm, too"),
        (slopes(design="np.column_stack([np.ones(len(y)), x])", target="y"), "straight in the log"),
        (slopes(result="np.exp(p[1:])"), "The slopes themselves"),
        (slopes(result="np.round(p[1:])"), "no rounding"),
        (slopes(result="np.round(2 * p[1:]) / 2"), "Least squares of log|y|"),
        (slopes(result="p[:0:-1]"), "In the order of the columns"),
        (
            "with np.errstate(all='ignore'):\n"
            "    a = np.nan_to_num(np.column_stack([np.ones(len(y)), np.log(x)]))\n"
            "    b = np.nan_to_num(np.log(y))\n"
            "return np.linalg.lstsq(a, b, rcond=None)[0][1:]",
            "Least squares of log|y|",
        ),
        ("x[:] = abs(x)\n" + slopes(), "it changes its input x"),
        (slopes(design="np.column_stack([np.ones(len(y)), np.log(np.abs(x[:, :2]))])"), "log|y|"),
    ],
}

RIGHT = {
    "exercise 1": [
        "n, result = 1, []\n"
        "for count in arguments:\n"
        "    n += count - 1\n"
        "    result.append(n)\n"
        "return result",
        "return np.cumsum(arguments) - np.arange(len(arguments))",
    ],
    "exercise 2": [
        "result = np.zeros(p.shape)\n"
        "for i, row in enumerate(p):\n"
        "    total = 0.0\n"
        "    for j in np.argsort(row)[::-1]:\n"
        "        if total < mass:\n"
        "            result[i, j] = row[j]\n"
        "            total += row[j]\n"
        "    result[i] /= total\n"
        "return result",
        "p = torch.as_tensor(p)\n"
        "ranked, order = p.sort(dim=1, descending=True)\n"
        "ranked = ranked * (ranked.cumsum(1) - ranked < mass)\n"
        "result = torch.zeros_like(p).scatter(1, order, ranked)\n"
        "return result / result.sum(1, keepdim=True)",
        "above = (p[:, None, :] > p[:, :, None]) * p[:, None, :]\n"
        "kept = np.where(above.sum(2) < mass, p, 0)\n"
        "return kept / kept.sum(1)[:, None]",
    ],
    "exercise 3": [
        "pairs = [(scores[b] + log_p[b, v], b, v) for b in range(len(log_p))\n"
        "         for v in range(log_p.shape[1])]\n"
        "pairs = sorted(pairs, reverse=True)[:width]\n"
        "return [b for _, b, v in pairs], [v for _, b, v in pairs]",
        "total = (scores + log_p.T).T\n"
        "best = np.argsort(total.ravel())[::-1][:width]\n"
        "return np.unravel_index(best, total.shape)",
        "total = torch.as_tensor(scores)[:, None] + torch.as_tensor(log_p)\n"
        "best = total.flatten().topk(width).indices\n"
        "return best // total.shape[1], best % total.shape[1]",
    ],
    "exercise 4": [
        "A = jacobian.T @ jacobian\n"
        "A[np.diag_indices_from(A)] *= 1 + damping\n"
        "return np.linalg.inv(A) @ jacobian.T @ residual",
        "brake = np.sqrt(damping) * np.diag(np.linalg.norm(jacobian, axis=0))\n"
        "b = np.concatenate([residual, np.zeros(len(brake))])\n"
        "return list(np.linalg.lstsq(np.vstack([jacobian, brake]), b, rcond=None)[0])",
    ],
    "exercise 5": [
        "chosen, residual = [], y - np.mean(y)\n"
        "while len(chosen) < k:\n"
        "    r = [abs(np.corrcoef(column, residual)[0, 1]) for column in columns.T]\n"
        "    chosen.append(np.argmax(r))\n"
        "    A = np.c_[columns[:, chosen], np.ones(len(y))]\n"
        "    residual = y - A @ (np.linalg.pinv(A) @ y)\n"
        "return np.array(chosen)",
        selection(likeness="(columns.T @ residual) ** 2", before="(y - y.mean())"),
    ],
    "exercise 6": [
        "values = [n * np.log(l) + 2 * q + 2 * q * (q + 1) / (n - q - 1) "
        "for l, q in zip(loss, k)]\n"
        "return values.index(min(values))",
        "return np.argsort(np.log(loss) + 2 * k / (n - k - 1))[0]",
    ],
    "exercise 7": [
        slopes(),
        "a = np.c_[np.log10(x**2), np.ones(len(x))]\n"
        "return list((np.linalg.pinv(a) @ np.log10(y**2))[:-1])",
        "a, b = np.log(abs(x)), np.log(abs(y))\n"
        "a, b = a - a.mean(0), b - b.mean()\n"
        "return np.linalg.solve(a.T @ a, a.T @ b)",
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
    (good, short), (bad, long) = results["outliers_robust"], results["outliers_plain"]
    assert good < 1e-8 < 1e-7 < bad and short == 8 <= long
    # before any search
    assert abs(results["slope"] - 0.75) < 0.02
    np.testing.assert_allclose(results["exponents_11"], [1, -2, 0], atol=0.05)
    np.testing.assert_allclose(results["exponents_17"], [1.5, -0.5, 0], atol=0.05)
    assert -1 < results["exponents_23"][2] < -0.5 and "cos x2" in results["product"]
    *wrong, right = results["off_the_line"]
    assert right < 1e-4 < 0.1 < min(wrong)
    assert results["reductions"][0] == "div x0 x1" and results["planck_outside"] < 1e-8
    # the tables, whatever weights they were made with
    assert results["tables"] >= 3
    assert {"level"} <= set(results["verdicts"]) <= {"ahead", "level", "behind"}
    assert results["live_exact"]["pendulum.omega sparse"] == 1
