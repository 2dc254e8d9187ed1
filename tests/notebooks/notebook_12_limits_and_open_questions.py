WRONG = {
    "exercise 1": [
        ("return sigma / (rate * dt)", "Both readings are noisy"),
        ("return 2 * sigma / (rate * dt)", "Variances add"),
        ("return np.sqrt(2) * sigma / rate", "rate times the time step"),
    ],
    "exercise 2": [
        ("return speed + np.clip(increment, -bound, bound)", "on the speed, not on its change"),
        ("return np.minimum(speed + increment, bound)", "the other side"),
        (
            "new = speed + increment\nreturn np.where(np.abs(new) > bound, speed, new)",
            "goes up to the stop",
        ),
    ],
    "exercise 3": [
        ("return sigma ** (1 / 3)", "θ³/6"),
        ("return (6 * sigma) ** 0.5", "a cube root"),
        ("return 6 * sigma ** (1 / 3)", "under the root"),
    ],
    "exercise 4": [
        ("return bool(step_errors.max() > tolerance)", "One clipped transition"),
        ("return bool(step_errors.mean() > tolerance)", "use the median"),
        ("return bool(np.median(step_errors) < tolerance)", "the opposite"),
    ],
    "exercise 5": [
        ("return np.stack([np.arange(1, len(turn)), turn[:-1]])", "has no predecessor"),
        (
            "rows = 1 + np.flatnonzero(episode[1:] == episode[:-1])\n"
            "return np.stack([rows, turn[rows]])",
            "the turn itself",
        ),
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
