from symtut.lab.executed import describe_results

STEP = (
    "action = learner.act(state)\n"
    "following = step(state, action)\n"
    "memory.append((state, action, reward(state, action, following), following))\n"
    "state = following\n"
)


def practice(imagined, before="", after="learner.learn(memory)\n", due="update % every == 0"):
    """An answer to exercise 4: ``imagined`` when a step is due, ``after`` in each turn."""
    lines = [f"    if {due}:", *(f"        {line}" for line in imagined.splitlines())]
    lines += [f"    {line}" for line in after.splitlines()]
    body = "\n".join(lines)
    return f"memory = []\n{before}for update in range(updates):\n{body}\nreturn memory"


AGE = "if len(memory) % length == 0:\n    state = draw_starts()\n"

WRONG = {
    "exercise 1": [
        ("return next_angle - angle", "jumps by 2π at the seam"),
        ("return (next_angle - angle) % (2 * np.pi)", "in [0, 2π)"),
        ("return (angle - next_angle + np.pi) % (2 * np.pi) - np.pi", "after minus before"),
        (
            "d = next_angle - angle\nreturn np.where(d > np.pi, d - 2 * np.pi, d)",
            "crossed both ways",
        ),
        ("return np.abs(np.angle(np.exp(1j * (next_angle - angle))))", "has a minus sign"),
        (
            "next_angle -= angle\nreturn np.angle(np.exp(1j * next_angle))",
            "changes its input next_angle",
        ),
        ("np.angle(np.exp(1j * (next_angle - angle)))", "a return is missing"),
        ("return np.exp(1j * (next_angle - angle))", "complex"),
    ],
    "exercise 2": [
        ("return np.abs(next_state[:, 1]) <= 8.0", "drop them"),
        ("return next_state[:, 1] < 8.0 - 1e-5", "lower bound too"),
        ("return np.abs(next_state) < 8.0", "Only the velocity is clipped"),
        ("return (np.abs(next_state) < [np.pi, 8.0]).all(1)", "it wraps"),
        ("return (np.abs(next_state[:, 1]) < 8.0).astype(float)", "True or False is expected"),
        ("return np.abs(next_state[:, 1]) >= 8.0", "and the reverse"),
        ("return np.abs(next_state[:, 1]) < 7.95", "expected [True, True, True]"),
        ("return np.ones(len(next_state), dtype=bool)", "drop them"),
    ],
    "exercise 3": [
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
        (
            "states = []\n"
            "for action in actions:\n"
            "    state = predict(state[None], actions[:1])[0]\n"
            "    states.append(state)\n"
            "return torch.stack(states)",
            "has its own action",
        ),
        (
            "for action in actions:\n"
            "    state = predict(state[None], action[None])[0]\n"
            "return state[None]",
            "on the way",
        ),
        (
            "states = []\n"
            "for action in actions:\n"
            "    state = predict(state[None], action[None])[0]\n"
            "    states.append(state.numpy())\n"
            "return np.array(states)",
            "a torch tensor is expected",
        ),
        (
            "states = []\n"
            "for action in actions:\n"
            "    state[:] = predict(state[None], action[None])[0]\n"
            "    states.append(state.clone())\n"
            "return torch.stack(states)",
            "it changes its input state",
        ),
        (
            "states = []\n"
            "for action in actions:\n"
            "    state = predict(state, action)\n"
            "    states.append(state)\n"
            "return torch.stack(states)",
            "predict takes tensors of shape (1, S)",
        ),
    ],
    "exercise 4": [
        (practice(STEP, before="state = draw_starts()\n"), "begin anew"),
        (practice("state = draw_starts()\n" + STEP), "exercise 4"),
        (practice(AGE + STEP, due="True"), "are due before every so many"),
        (practice(AGE + STEP + "learner.learn(memory)\n", after=""), "Every update learns"),
        (practice(AGE + STEP, after="learner.learn(memory)\n" * 2), "Then learn"),
        (practice(AGE + STEP.replace("state = following\n", "")), "goes on from the state"),
        (
            practice(AGE + STEP.replace("reward(state,", "reward(following,")),
            "the state before the step",
        ),
        (practice(AGE + STEP, after=""), "expected"),
        (practice(AGE + STEP, due="update % every == 1"), "nothing in the memory"),
        (practice(AGE + STEP).replace("return memory", "memory"), "a return is missing"),
    ],
    "exercise 5": [
        ('warning = "a"', "explains five steps perfectly"),
        ('warning = "c"', "learns the imagined world"),
        ("warning = 2", "is not one of a, b, c"),
        ("warning = ['b']", "is not one of a, b, c"),
    ],
}

RIGHT = {
    "exercise 1": [
        "difference = next_angle - angle\n"
        "return np.arctan2(np.sin(difference), np.cos(difference))",
        "difference = next_angle - angle\n"
        "difference[difference > np.pi] -= 2 * np.pi\n"
        "difference[difference <= -np.pi] += 2 * np.pi\n"
        "return difference",
        "return [(a - b + np.pi) % (2 * np.pi) - np.pi for a, b in zip(next_angle, angle)]",
    ],
    "exercise 2": [
        "return (next_state[:, 1] > -8) & (next_state[:, 1] < 8)",
        "return np.array([abs(speed) < 7.9999 for _, speed in next_state])",
    ],
    "exercise 3": [
        "states = torch.zeros(len(actions), len(state))\n"
        "for t in range(len(actions)):\n"
        "    before = state if t == 0 else states[t - 1]\n"
        "    states[t] = predict(before.unsqueeze(0), actions[t : t + 1]).squeeze(0)\n"
        "return states",
        "rows = [state.reshape(1, -1)]\n"
        "for action in actions:\n"
        "    rows.append(predict(rows[-1], action.reshape(1, -1)))\n"
        "return torch.cat(rows[1:])",
    ],
    "exercise 4": [
        practice(AGE + STEP),
        practice(
            "if age == length:\n    state, age = draw_starts(), 0\n" + STEP + "age += 1\n",
            before="state, age = None, length\n",
        ),
    ],
    "exercise 5": ['warning = "(B)"', 'warning = "b "'],
}


def check(results):
    assert results["real_steps"] == results["env_steps_after"] == 200
    assert [e["target"] for e in results["equations"]] == ["delta_theta", "delta_theta_dot"]
    assert all(e["largest_error"] < 0.01 for e in results["equations"])
    assert describe_results(results).count("    found      ") == 2  # as `make run` says them
    assert results["rollout_length"] == 200
    assert results["steps_before_bound"] > 10
    assert results["open_loop_error_symbolic"] < 0.001 < results["open_loop_error_mbpo"]
    assert results["median_error_equations"] < 1e-5 < results["median_error_network"]
    assert -2000 < results["final_return"] < 0
    assert [r["exact"] for r in results["regressors"]] == [True] * 6
    assert results["second_steps"] == 20
    for name in ("short_rollouts_return", "box_rollouts_return", "second_return"):
        assert -2000 < results[name] < 0
    seen = results["coverage"]
    assert seen["recent 2"] == seen["all 2"] < 0.5 < seen["box 2"]
    assert seen["recent 2"] < seen["recent 20"] < seen["recent 200"]
    few = results["few"]  # five steps of a fixed episode: explained perfectly, by another formula
    assert few["r2"] > 0.9999 and not few["exact"] and results["few_rollout_length"] < 100
    if results["profile"] != "smoke":  # a tiny training has not learned to exploit anything yet
        assert few["expected"] > few["real"] + 200
        assert -160 < results["final_return"] and -250 < results["second_return"]
        assert results["box_rollouts_return"] > results["short_rollouts_return"]
