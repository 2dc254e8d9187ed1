WRONG = {
    "exercise 1": [
        ("return next_angle - angle", "jumps by 2π at the seam"),
        ("return (next_angle - angle) % (2 * np.pi)", "in [0, 2π)"),
        ("return angle - next_angle", "after minus before"),
    ],
    "exercise 2": [
        ("return np.abs(next_state[:, 1]) <= 8.0", "drop them"),
        ("return next_state[:, 1] < 8.0 - 1e-5", "lower bound too"),
        ("return np.abs(next_state) < 8.0", "Only the velocity is clipped"),
    ],
    "exercise 3": [
        ("coefficient = 0.75", "the velocity's increment"),
        ("coefficient = 0.0", "it is the new one"),
        ("coefficient = 0.05 * 0.75 * 2", "Insert the first equation"),
    ],
    "exercise 4": [
        (
            "return torch.cat([predict(state[None], a[None]) for a in actions])",
            "start from the last prediction",
        ),
        (
            "states = [state]\n"
            "for action in actions[:-1]:\n"
            "    states.append(predict(states[-1][None], action[None])[0])\n"
            "return torch.stack(states)",
            "the state after the first action",
        ),
    ],
    "exercise 5": [
        ('warning = "a"', "explains six steps perfectly"),
        ('warning = "c"', "learns the imagined world"),
    ],
}


def check(results):
    assert results["real_steps"] == results["env_steps_after"] == 200
    assert [e["target"] for e in results["equations"]] == ["delta_theta", "delta_theta_dot"]
    assert all(e["largest_error"] < 0.01 for e in results["equations"])
    assert results["rollout_length"] == 200
    assert results["steps_before_bound"] > 10
    assert results["open_loop_error_symbolic"] < 0.001 < results["open_loop_error_mbpo"]
    assert results["median_error_equations"] < 1e-5 < results["median_error_network"]
    assert -2000 < results["final_return"] < 0
    assert results["second_steps"] == 20
    for name in ("short_rollouts_return", "box_rollouts_return", "second_return"):
        assert -2000 < results[name] < 0
    seen = results["coverage"]
    assert seen["recent 2"] == seen["all 2"] < 0.5 < seen["box 2"]
    assert seen["recent 2"] < seen["recent 20"] < seen["recent 200"]
    few = results["few"]  # six steps of a fixed episode: explained perfectly, by another formula
    assert few["r2"] > 0.9999 and not few["exact"] and results["few_rollout_length"] < 100
    if results["profile"] != "smoke":  # a tiny training has not learned to exploit anything yet
        assert few["expected"] > few["real"] + 200
        assert results["second_return"] > -250
        assert results["box_rollouts_return"] > results["short_rollouts_return"]
