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
        ("return sigma ** (1 / 3)", "θ³/6"),
        ("return (6 * sigma) ** 0.5", "a cube root"),
        ("return 6 * sigma ** (1 / 3)", "under the root"),
        ("return (sigma / 6) ** (1 / 3)", "do not divide"),
        ("return (6 * sigma) ** 1 / 3", "the power binds before"),
        ("return (6 * sigma) ** (1 // 3)", "1 // 3 is 0"),
        ("return 2 * (6 * sigma) ** (1 / 3)", "half of it"),
        ("return round((6 * sigma) ** (1 / 3), 2)", "Solve w³ / 6 = σ for w"),
        ("return np.arcsin((6 * sigma) ** (1 / 3))", "Solve w³ / 6 = σ for w"),
        ("return 0.18171205928321397", "Solve w³ / 6 = σ for w"),
    ],
    "exercise 4": [
        ("return bool(step_errors.max() > tolerance)", "One clipped transition"),
        ("return bool(step_errors.mean() > tolerance)", "use the median"),
        ("return bool(np.median(step_errors) < tolerance)", "the opposite"),
        ("return bool(np.median(step_errors) > 0.1)", "Use the tolerance that is given"),
        ("return bool(np.quantile(step_errors, 0.9) > tolerance)", "not nine tenths"),
        ("return (step_errors > tolerance).all()", "until every step is wrong"),
        ("return bool(step_errors[len(step_errors) // 2] > tolerance)", "sort, or use np.median"),
        ("return np.median(step_errors)", "True or False is expected"),
        ("return int(np.median(step_errors) > tolerance)", "True or False is expected"),
        ("return step_errors > tolerance", "one number is expected"),
        ("return False", "np.median, and a comparison"),
        (
            "step_errors.sort()\nreturn bool(np.median(step_errors) > tolerance)",
            "it changes its input step_errors",
        ),
        (
            "kept = np.sort(step_errors)[1:-1]\nreturn bool(kept.mean() > tolerance)",
            "np.median, and a comparison",
        ),
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
        "return np.cbrt(6 * sigma)",
        "import math\n\nreturn math.exp(math.log(6 * sigma) / 3)",
        "import scipy.optimize\n\n"
        "return scipy.optimize.brentq(lambda w: w**3 / 6 - sigma, 0, 10, xtol=1e-12)",
    ],
    "exercise 4": [
        "return np.quantile(step_errors, 0.5) > tolerance",
        "ordered = sorted(step_errors)\n"
        "n = len(ordered)\n"
        "return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2 > tolerance",
        "return np.mean(step_errors > tolerance) > 0.5",
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
    changed = results["changed_world"]
    assert changed["1.0"] < 1e-5 < 1e-4 < changed["1.01"] < changed["1.1"] < changed["1.5"]
    assert not results["mixed_right"]["least squares"]
    assert results["whole_episodes"] > results["five_steps"] + 300
    assert results["r2_blind"] < 0.9 < 0.999999 < results["r2_memory"]
    chance = results["chance"]
    assert chance[0] > 2 * chance[-1]
    assert results["left_over"]["dry friction"] < 0.05
    assert 0.001 < results["left_over"]["notches"] < 0.3
