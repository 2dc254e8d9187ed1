COUNT = (
    "counts = np.zeros((n_states, n_actions, n_states))\n"
    "np.add.at(counts, (states, actions, next_states), 1)\n"
)
SOLVE = """\
values, changes = np.zeros(len(tau)), []
while True:
    q = (tau * (rho + gamma * values)).sum(axis=2)
    new = q.max(axis=1)
    changes.append(np.abs(new - values).max())
    values = new
    if changes[-1] < tolerance:
        return values, q.argmax(axis=1), changes"""


def changed(old, new):
    assert old in SOLVE, old
    return SOLVE.replace(old, new)


WRONG = {
    "exercise 1": [
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
    "exercise 2": [
        (changed("q.max(axis=1)", "q.mean(axis=1)"), "mean over actions"),
        (changed("q.max(axis=1)", "q.min(axis=1)"), "the best one is a max"),
        (changed("rho + gamma * values", "gamma * values"), "itself is missing"),
        (changed("rho + gamma * values", "rho"), "next reward alone"),
        (
            changed("(tau * (rho + gamma * values)).sum(axis=2)", "(rho + gamma * values).max(2)"),
            "where the ice takes you",
        ),
        (
            changed("new = q.max(axis=1)", "new = values.copy()").replace(
                "    changes.append",
                "    for s in range(len(tau)):\n"
                "        new[s] = (tau[s] * (rho[s] + gamma * new)).sum(1).max()\n"
                "    changes.append",
            ),
            "values of the sweep before",
        ),
        (changed("np.abs(new - values).max()", "np.abs(new - values).mean()"), "largest change"),
        (changed("return values", "return new - q.max(axis=1) + 1"), "Q = (tau"),
        (
            changed("    values = new\n", "    before, values = values, new\n").replace(
                "return values", "return before"
            ),
            "not before it",
        ),
        (changed("changes[-1] < tolerance", "changes[-1] < tolerance / 10"), "Q = (tau"),
        (
            changed(
                "return values, q.argmax(axis=1), changes",
                "return values, q.argmax(axis=1), changes[-1]",
            ),
            "list",
        ),
        (changed("return values, q.argmax(axis=1), changes", "return values"), "expected 3"),
        (
            changed("        return values", "        rho *= 2\n        return values"),
            "changes its input",
        ),
    ],
    "exercise 3": [
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
    "exercise 4": [
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
}

RIGHT = {
    "exercise 1": [
        "total = 0\nfor k, reward in enumerate(rewards):\n    total += gamma**k * reward\n"
        "return total",
        "return np.polyval(rewards[::-1], gamma)",
        "return np.array([rewards @ np.power(gamma, range(len(rewards)))])",
    ],
    "exercise 2": [
        "states, changes = range(len(tau)), [np.inf]\n"
        "values = np.zeros(len(tau))\n"
        "while changes[-1] >= tolerance:\n"
        "    ahead = [rho[s] + gamma * values for s in states]\n"
        "    q = np.array([np.diag(tau[s] @ ahead[s].T) for s in states])\n"
        "    actions, before = np.argmax(q, axis=1), values\n"
        "    values = q[states, actions]\n"
        "    changes.append(float(np.linalg.norm(values - before, np.inf)))\n"
        "return values, list(actions), changes[1:]",
        "v, deltas = [0.0] * len(tau), []\n"
        "while not deltas or deltas[-1] >= tolerance:\n"
        "    table = np.einsum('ijk,ijk->ij', tau, rho + gamma * np.array(v))\n"
        "    deltas.append(max(abs(table.max(1) - v)))\n"
        "    v = table.max(1)\n"
        "return v, table.argmax(1), np.array(deltas)",
    ],
    "exercise 3": [
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
    "exercise 4": [
        "moved = (angle - last_angle + np.pi) % (2 * np.pi) - np.pi\nreturn moved / 0.05",
        "moved = angle - last_angle\nreturn 20 * np.arctan2(np.sin(moved), np.cos(moved))",
    ],
}


def check(results):
    # the ice, exactly
    assert results["states"] == 29
    assert abs(results["best_value"] - 0.1340) < 5e-4
    assert results["contraction"] <= 1.0001
    assert results["sweeps"] == sorted(results["sweeps"]) and results["sweeps"][0] < 50
    assert results["ends"]["c"] > results["ends"]["G"]
    shares = results["goal_share"]  # discounts of 0.5, 0.8, 0.9, 0.92, 0.95, 0.99
    assert max(shares[:3]) < 0.2 < 0.5 < min(shares[4:])
    off = abs(results["monte_carlo"] - results["random_value"])
    assert off < 2.5 * results["monte_carlo_error"]
    # a learned table, and what it costs without one
    planning, replay, plain = results["final"]
    assert 0.28 < planning <= results["best"] + 1e-9
    assert plain < planning and results["chance_level"] < replay
    first, *others = results["steps_to_goal"]
    assert 100 <= first <= 3000 and all(n is None or first < n for n in others)  # None: not reached
    # the pendulum on a grid, played for real
    by_gamma = results["by_gamma"]
    assert -175 < by_gamma[-1] < -110 and by_gamma[0] < -900
    assert abs(by_gamma[0] - results["no_torque"]) < 1e-6
    seen, two_angles, frozen, _ = results["without"]
    assert min(seen, two_angles) > -175 and frozen < -800
    assert results["entries"]["reacher"] > 1e9 > results["entries"]["pendulum"]
