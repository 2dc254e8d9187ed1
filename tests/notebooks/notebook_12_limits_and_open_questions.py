def following(
    error="np.abs(predict(new_x) - new_y)", middle="np.median(error)", condition=None,
    new="fit(new_x, new_y)", step="end", kept="error", begin="every",
    result="np.concatenate(errors), refits",
):  # fmt: skip
    """The body of the loop that fits anew, with some of its parts exchanged."""
    return (
        "predict, errors, refits = fit(x[:every], y[:every]), [], []\n"
        f"for start in range({begin}, len(x), every):\n"
        "    end = min(start + every, len(x))\n"
        "    new_x, new_y = x[start:end], y[start:end]\n"
        f"    error = {error}\n"
        f"    if {condition or middle + ' > tolerance'}:\n"
        f"        predict = {new}\n"
        f"        refits.append({step})\n"
        f"    errors.append({kept})\n"
        f"return {result}"
    )


WRONG = {
    "exercise 1": [
        ("return sigma / (rate * dt)", "Both readings are noisy"),
        ("return 2 * sigma / (rate * dt)", "Variances add"),
        ("return np.sqrt(2) * sigma / rate", "rate times the time step"),
        ("return np.sqrt(2) * sigma / rate * dt", "not s / r * dt"),
        ("return np.sqrt(2) * sigma", "divide it by the typical increment"),
        ("return 2 * sigma**2 / (rate * dt) ** 2", "take the root"),
        ("return np.sqrt(2 * sigma) / (rate * dt)", "Variances of independent noises add"),
        ("return round(np.sqrt(2) * sigma / (rate * dt), 2)", "Variances of independent noises"),
        ("return 0.1414213562373095", "Variances of independent noises add"),
        ("return f'{np.sqrt(2) * sigma / (rate * dt)}'", "numbers are expected"),
        ("np.sqrt(2) * sigma / (rate * dt)", "a return is missing"),
    ],
    "exercise 2": [
        ("return speed + np.clip(increment, -bound, bound)", "on the speed, not on its change"),
        ("return np.clip(speed, -bound, bound) + increment", "not on the old one"),
        ("return np.minimum(speed + increment, bound)", "the other side"),
        (
            "new = speed + increment\nreturn np.where(np.abs(new) > bound, speed, new)",
            "goes up to the stop",
        ),
        ("return np.clip(speed + increment, -8, 8)", "Use the bound that is given"),
        ("return np.minimum(np.abs(speed + increment), bound)", "keeps its sign"),
        ("return np.clip(speed + increment, 0, bound)", "np.clip of the new speed"),
        ("return np.clip(speed + 0.05 * increment, -bound, bound)", "np.clip of the new speed"),
        ("return max(-bound, min(bound, (speed + increment)[0]))", "the shape is"),
        (
            "speed += increment\nreturn np.clip(speed, -bound, bound)",
            "it changes its input speed",
        ),
        ("np.clip(speed + increment, -bound, bound)", "a return is missing"),
    ],
    "exercise 3": [
        ("return (3 * np.sqrt(175) * z * sigma) ** (1 / 3)", "Many points help"),
        ("return (3 * np.sqrt(175) * z * sigma / n) ** (1 / 3)", "falls with √n"),
        ("return (3 * np.sqrt(175) * sigma / np.sqrt(n)) ** (1 / 3)", "number of standard errors"),
        ("return (z * sigma / np.sqrt(n) / (3 * np.sqrt(175))) ** (1 / 3)", "do not divide"),
        ("return np.sqrt(3 * np.sqrt(175) * z * sigma / np.sqrt(n))", "not a square root"),
        ("return 3 * np.sqrt(175) * z * sigma / np.sqrt(n)", "take the cube root"),
        ("return (6 * z * sigma / np.sqrt(n)) ** (1 / 3)", "takes up most"),
        ("return (np.sqrt(175) * z * sigma / np.sqrt(n)) ** (1 / 3)", "The 3 is missing"),
        ("return (3 * 175 * z * sigma / np.sqrt(n)) ** (1 / 3)", "not 175"),
        ("return (3 * np.sqrt(175) * z * sigma / np.sqrt(n)) ** 1 / 3", "the power binds"),
        ("return (3 * np.sqrt(175) * z * sigma / np.sqrt(n)) ** (1 // 3)", "1 // 3 is 0"),
        ("(3 * np.sqrt(175) * z * sigma / np.sqrt(n)) ** (1 / 3)", "a return is missing"),
    ],
    "exercise 4": [
        (following(kept="np.abs(predict(new_x) - new_y)"), "first the test"),
        (following(middle="np.mean(error)"), "A mean follows"),
        (following(middle="np.max(error)"), "One outlier would trigger"),
        (following(middle="np.min(error)"), "until every step is wrong"),
        (following(middle="error[-1]"), "One step alone"),
        (following(new="fit(x[:end], y[:end])"), "older steps may be outdated"),
        (following(error="new_y - predict(new_x)"), "Absolute errors"),
        (following(step="start"), "known at its end"),
        (following(step="end - 1"), "the end of its block"),
        (following(condition="True"), "Fit anew only if"),
        (following(condition="np.median(error) < tolerance"), "For each block"),
        (following(new="predict"), "For each block"),
        (following(result="refits, np.concatenate(errors)"), "The errors come first"),
        (following(result="np.concatenate(errors)"), "Return both"),
        (following(result="np.concatenate(errors), len(refits)"), "For each block"),
        (following(begin="0"), "its errors do not count"),
        (following().replace("return", "result ="), "a return is missing"),
        ("y -= y.mean()\n" + following(), "changes its input y"),
    ],
    "exercise 5": [
        ("return np.stack([np.arange(1, len(turn)), turn[:-1]])", "has no predecessor"),
        (
            "rows = 1 + np.flatnonzero(episode[1:] == episode[:-1])\n"
            "return np.stack([rows, turn[rows]])",
            "the turn itself",
        ),
        (
            "rows = np.flatnonzero(episode[1:] == episode[:-1])\n"
            "return np.stack([rows, turn[rows]])",
            "the rows that have one are asked",
        ),
        (
            "rows = np.flatnonzero(episode[1:] == episode[:-1])\n"
            "return np.stack([rows, turn[rows + 1]])",
            "rows that have a successor",
        ),
        (
            "rows = 1 + np.flatnonzero(episode[1:] == episode[:-1])\n"
            "return np.stack([turn[rows - 1], rows])",
            "The rows come first",
        ),
        (
            "rows = 1 + np.flatnonzero(episode[1:] == episode[:-1])\n"
            "return np.stack([rows, turn[rows - 1]], axis=1)",
            "not pairs of them",
        ),
        (
            "rows = 1 + np.flatnonzero(episode[1:] == episode[:-1])\nreturn turn[rows - 1]",
            "Return both",
        ),
        (
            "rows = np.flatnonzero(np.arange(len(turn)) % 2)\n"
            "return np.stack([rows, turn[rows - 1]])",
            "rows where episode equals",
        ),
        (
            "rows = np.flatnonzero(episode > 0)\nreturn np.stack([rows, turn[rows - 1]])",
            "rows where episode equals",
        ),
        (
            "rows = 1 + np.flatnonzero(episode[1:] == episode[:-1])\n"
            "turn[1:] = turn[:-1].copy()\n"
            "return np.stack([rows, turn[rows]])",
            "it changes its input turn",
        ),
    ],
}

RIGHT = {
    "exercise 1": [
        "return np.hypot(sigma, sigma) / (rate * dt)",
        "import math\n\nvariance = 2 * sigma**2\nreturn math.sqrt(variance) / rate / dt",
    ],
    "exercise 2": [
        "return [max(-bound, min(bound, v + dv)) for v, dv in zip(speed, increment)]",
        "new = speed + increment\nnew[new > bound] = bound\nnew[new < -bound] = -bound\nreturn new",
        "import torch\n\nreturn torch.tensor(speed + increment).clamp(-bound, bound)",
    ],
    "exercise 3": [
        "return np.cbrt(3 * 175**0.5 * z * sigma / n**0.5)",
        "import math\nreturn math.exp(math.log(3 * math.sqrt(175 / n) * z * sigma) / 3)",
    ],
    "exercise 4": [
        following(kept="error", middle="np.quantile(error, 0.5)"),
        "model, errors, refits = fit(x[:every], y[:every]), np.zeros(len(x)), []\n"
        "k = every\n"
        "while k < len(x):\n"
        "    stop = min(k + every, len(x))\n"
        "    errors[k:stop] = abs(y[k:stop] - model(x[k:stop]))\n"
        "    ordered = sorted(errors[k:stop])\n"
        "    half = len(ordered) // 2\n"
        "    if ordered[half] + ordered[-half - 1] > 2 * tolerance:\n"
        "        model = fit(x[k:stop], y[k:stop])\n"
        "        refits += [stop]\n"
        "    k = stop\n"
        "return errors[every:], np.array(refits, dtype=int)",
    ],
    "exercise 5": [
        "rows, before = [], []\n"
        "for t in range(1, len(turn)):\n"
        "    if episode[t] == episode[t - 1]:\n"
        "        rows.append(t)\n"
        "        before.append(turn[t - 1])\n"
        "return np.array(rows), np.array(before)",
        "same = np.r_[False, np.diff(episode) == 0]\n"
        "rows = np.where(same)[0]\n"
        "return [rows, np.roll(turn, 1)[rows]]",
        "rows = []\n"
        "for number in np.unique(episode):\n"
        "    rows.extend(np.flatnonzero(episode == number)[1:])\n"
        "return np.stack([rows, turn[np.array(rows) - 1]])",
    ],
}


def check(results):
    shares = results["found_under_noise"]
    assert all(share[0] == 1.0 for share in shares.values())  # without noise
    assert all(share[-1] < 0.8 for share in shares.values())  # with the most noise
    assert results["bound"]["cut points left out"] and not results["bound"]["all points"]
    assert 0.02 < results["share_cut"] < 0.5
    timid = results["timid_error"]
    assert timid["3.0"] < 0.05 < 0.3 < timid["0.1"]
    sines = results["sines"]
    assert sines["3.0"] and sines["1.0"] and not sines["0.1"]
    gaps = results["gaps"]
    assert gaps["with your stop"] < 1e-3 < 1 < gaps["equation alone"]
    assert results["refits"][:2] == [450, 500]
    last = results["last"]
    assert last["when it fails (yours)"] < 1e-6 < 1e-3 < min(last["never"], last["from all steps"])
    assert results["whole_episodes"] > results["five_steps"] + 300
    assert results["r2_blind"] < 0.9 < 0.999999 < results["r2_memory"]
    chance = results["chance"]
    assert chance[0] > 2 * chance[-1]
    assert results["left_over"]["dry friction"] < 0.05
    assert 0.001 < results["left_over"]["notches"] < 0.3
