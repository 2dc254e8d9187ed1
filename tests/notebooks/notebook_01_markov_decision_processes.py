COUNT = (
    "counts = np.zeros((n_states, n_actions, n_states))\n"
    "np.add.at(counts, (states, actions, next_states), 1)\n"
)
WRONG = {
    "exercise 1": [
        ("chance = 0.1", "the first step alone"),
        ("chance = 1 - 0.9 * 0.9", "beside both cells"),
        ("chance = 0.1 * 0.1", "the second step alone"),
        ("chance = 0.5", "Two ways lead"),
        ("chance = '11 %'", "numbers are expected"),
        ("chance = True", "not True or False"),
        ("chance = (0.1, 0.01)", "one number is expected"),
    ],
    "exercise 2": [
        ("return np.sum(gamma ** np.arange(1, len(rewards) + 1) * rewards)", "exponent is 0"),
        ("return np.sum(rewards)", "plain sum"),
        ("return np.mean(gamma ** np.arange(len(rewards)) * rewards)", "not a mean"),
        ("return np.sum(gamma ** np.arange(len(rewards))[::-1] * rewards)", "should count least"),
        ("return rewards[0] + gamma * np.sum(rewards[1:])", "power of the step"),
        ("return np.max(rewards)", "power 0, 1, 2"),
        ("return gamma ** np.arange(len(rewards)) * rewards", "one number is expected"),
        (
            "rewards *= gamma ** np.arange(len(rewards))\nreturn rewards.sum()",
            "changes its input rewards",
        ),
        ("np.sum(gamma ** np.arange(len(rewards)) * rewards)", "a return is missing"),
        ("return np.sum(0.5 ** np.arange(len(rewards)) * rewards)", "power 0, 1, 2"),
    ],
    "exercise 3": [
        ("return (tau * (rho + gamma * values)).sum(axis=2).mean(axis=1)", "mean over actions"),
        ("return (tau * (rho + values)).sum(axis=2).max(axis=1)", "not discounted"),
        ("return (rho + gamma * values).max(axis=(1, 2))", "where the ice takes you"),
        ("return (tau * (rho + gamma * values)).sum(axis=2).min(axis=1)", "the best one is a max"),
        ("return gamma * (tau * values).sum(axis=2).max(axis=1)", "itself is missing"),
        ("return (tau * (rho + gamma * values)).sum(axis=2)", "the shape is"),
        (
            "rho += gamma * values\nreturn (tau * rho).sum(axis=2).max(axis=1)",
            "changes its input rho",
        ),
    ],
    "exercise 4": [
        (COUNT + "return counts / len(states)", "share of all steps"),
        (
            "counts = np.zeros((n_states, n_actions, n_states))\n"
            "counts[states, actions, next_states] += 1\n"
            "tried = counts.sum(axis=2, keepdims=True)\n"
            "stay = np.eye(n_states)[:, None, :]\n"
            "return np.where(tried > 0, counts / np.maximum(tried, 1), stay)",
            "use np.add.at",
        ),
        (
            COUNT + "tried = counts.sum(axis=2, keepdims=True)\n"
            "return np.where(tried > 0, counts / np.maximum(tried, 1), 1 / n_states)",
            "never tried shall stay",
        ),
        (
            COUNT + "return counts / np.maximum(counts.sum(axis=2, keepdims=True), 1)",
            "no chances at all",
        ),
        (COUNT + "return counts", "Those are counts"),
        (COUNT + "return counts / counts.sum(axis=2, keepdims=True)", "nan"),
        (COUNT + "return counts[:, 0] / len(states)", "the shape is"),
    ],
    "exercise 5": [
        ("return (angle - last_angle) / 0.05", "wrap it"),
        ("return np.angle(np.exp(1j * (angle - last_angle)))", "divide by 0.05 s"),
        ("return np.angle(np.exp(1j * (angle - last_angle))) * 0.05", "do not multiply"),
        ("return np.angle(np.exp(1j * (last_angle - angle))) / 0.05", "After minus before"),
        ("return abs(np.angle(np.exp(1j * (angle - last_angle)))) / 0.05", "has a sign"),
        ("return angle / 0.05", "Way by time"),
        (
            "angle -= last_angle\nreturn np.angle(np.exp(1j * angle)) / 0.05",
            "changes its input angle",
        ),
    ],
    "exercise 6": [
        (
            "return reward + gamma * np.where(terminated | truncated, 0.0, next_value)",
            "not over for the world",
        ),
        ("return reward + gamma * next_value", "nothing comes"),
        ("return np.where(terminated, 0.0, reward + gamma * next_value)", "still paid"),
        ("return reward + np.where(terminated, 0.0, next_value)", "discounted by gamma"),
        ("return reward + gamma * np.where(truncated, 0.0, next_value)", "flags are exchanged"),
        ("return reward + gamma * np.where(terminated, next_value, 0.0)", "other way round"),
        (
            "next_value[terminated] = 0.0\nreturn reward + gamma * next_value",
            "changes its input next_value",
        ),
        ("return reward + 0.9 * np.where(terminated, 0.0, next_value)", "Drop the next value"),
    ],
}

RIGHT = {
    "exercise 1": ["chance = 0.11", "chance = np.array([11 / 100])"],
    "exercise 2": [
        "total = 0\nfor k, reward in enumerate(rewards):\n    total += gamma**k * reward\n"
        "return total",
        "return np.polyval(rewards[::-1], gamma)",
        "return np.array([rewards @ np.power(gamma, range(len(rewards)))])",
    ],
    "exercise 3": [
        "return np.max(np.einsum('ijk,ijk->ij', tau, rho + gamma * values), axis=1)",
        "q = (tau * rho).sum(-1) + gamma * tau @ values\nreturn [max(row) for row in q]",
    ],
    "exercise 4": [
        "table = np.zeros((n_states, n_actions, n_states))\n"
        "for s in range(n_states):\n"
        "    for a in range(n_actions):\n"
        "        after = next_states[(states == s) & (actions == a)]\n"
        "        if len(after):\n"
        "            table[s, a] = np.bincount(after, minlength=n_states) / len(after)\n"
        "        else:\n"
        "            table[s, a, s] = 1\n"
        "return table",
        COUNT + "for s, a in np.argwhere(counts.sum(axis=2) == 0):\n"
        "    counts[s, a, s] = 1\n"
        "return counts / counts.sum(axis=2)[..., None]",
    ],
    "exercise 5": [
        "moved = (angle - last_angle + np.pi) % (2 * np.pi) - np.pi\nreturn moved / 0.05",
        "moved = angle - last_angle\nreturn 20 * np.arctan2(np.sin(moved), np.cos(moved))",
    ],
    "exercise 6": [
        "return reward + gamma * next_value * ~terminated",
        "targets = reward + gamma * next_value\n"
        "targets[terminated] = reward[terminated]\n"
        "return targets",
    ],
}


def check(results):
    # the ice, exactly
    assert results["states"] == 29
    assert abs(results["best_value"] - 0.1340) < 5e-4
    assert results["contraction"] <= 1.0001
    assert results["agreement"] < 1e-6 and results["rounds"] < 10 < results["sweeps"]
    assert results["goal_0.8"] < 0.1 < 0.5 < results["goal_0.95"]
    off = abs(results["monte_carlo"] - results["random_value"])
    assert off < 2.5 * results["monte_carlo_error"]
    # failure signatures: no horizon takes the crumbs or hardly moves
    assert results["indifferent"] > results["cells"] / 2 and results["moved"] <= 4
    # a learned table, and what it costs without one
    assert 0.28 < results["planning_final"] <= results["best"] + 1e-9
    assert results["Q-learning_final"] < results["planning_final"]
    assert results["chance_level"] < results["Q-learning_replay_final"]
    assert 100 <= results["planning_steps"] <= 3000
    # the pendulum on a grid, played for real
    assert -170 < results["pendulum_return"] < -110
    assert abs(results["return_gamma_0"] - results["no_torque"]) < 1e-6
    assert results["return_gamma_0"] < -900
    without = results["without"]
    assert min(without["velocity_seen"], without["two_angles"]) > -175
    assert max(without["frozen"], without["angle_only"]) < -800
    assert results["value_spread"] > 100
    # a time limit taken for the end of the world
    for limit, right, wrong in zip(
        results["limits"], results["staying_right"], results["staying_wrong"], strict=True
    ):
        assert abs(right - 100) < 2
        assert abs(wrong * (1 - 0.99 * (1 - 1 / limit)) - 1) < 0.05
    assert 10 < results["hanging_wrong"] - results["hanging_right"] < 40
    assert results["entries"]["reacher"] > 1e9 > results["entries"]["pendulum"]
