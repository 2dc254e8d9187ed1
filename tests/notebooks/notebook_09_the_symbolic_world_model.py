TABLE = (
    "def state(o):\n"
    "    x, y, c, s, v = o.T\n"
    "    return np.column_stack([x, y, np.arctan2(s, c), v])\n"
    "\n"
    "\n"
    "before, after = state(observation), state(next_observation)\n"
    "change = after - before\n"
    "change[:, 2] = np.arctan2(np.sin(change[:, 2]), np.cos(change[:, 2]))\n"
    "kept = abs(after[:, 3]) < 2 - 1e-5\n"
    "return np.column_stack([before, action, change])[kept]"
)
TURN = "change[:, 2] = np.arctan2(np.sin(change[:, 2]), np.cos(change[:, 2]))\n"
OLD = "x, y, psi, v = state.T\na1, a2 = action.T\n"
MOVE = (
    "x = x + 0.1 * v_next * np.cos(psi_next)\n"
    "y = y + 0.1 * v_next * np.sin(psi_next)\n"
    "psi_next = np.arctan2(np.sin(psi_next), np.cos(psi_next))\n"
    "return np.stack([x, y, psi_next, v_next], axis=1)"
)
LEADS = (
    "state, errors = real[:, 0], []\n"
    "for k in range(actions.shape[1]):\n"
    "    if np.isnan(real[:, k + 1]).all():\n"
    "        break\n"
    "    state = predict(state, actions[:, k])\n"
    "    d = state - real[:, k + 1]\n"
    "    d = np.where(angular, np.arctan2(np.sin(d), np.cos(d)), d) / scale\n"
    "    errors.append(np.sqrt(np.nanmean(d**2)))\n"
    "return np.array(errors)"
)
REACH = (
    "outside = np.flatnonzero(errors > tolerance)\n"
    "reach = len(errors) * (tolerance / errors[-1]) ** (1 / growth)\n"
)


WRONG = {
    "exercise 1": [
        (TABLE.replace("np.arctan2(s, c)", "np.arccos(c)"), "left from right"),
        (TABLE.replace("np.arctan2(s, c)", "np.arcsin(s)"), "front from back"),
        (TABLE.replace("np.arctan2(s, c)", "np.arctan2(c, s)"), "the sine first"),
        (TABLE.replace("np.arctan2(s, c)", "np.arctan(s / c)"), "arctan2"),
        (TABLE.replace("np.arctan2(s, c)", "np.arctan2(s, c) % (2 * np.pi)"), "in [0, 2π)"),
        (TABLE.replace(TURN, ""), "by the short way round"),
        (TABLE.replace(TURN, "change[:, 2] %= 2 * np.pi\n"), "to the right is negative"),
        (TABLE.replace("[kept]", ""), "on either side"),
        (TABLE.replace("abs(after[:, 3])", "after[:, 3]"), "on either side"),
        (TABLE.replace("abs(after[:, 3])", "abs(before[:, 3])"), "speed after the step"),
        (TABLE.replace("[kept]", "[~kept]"), "the cut ones"),
        (TABLE.replace("2 - 1e-5", "2"), "Within 1e-5 of a limit"),
        (TABLE.replace("action, change]", "action, after]"), "next states"),
        (TABLE.replace("after - before", "before - after"), "next state minus state"),
        (TABLE.replace("[before, action, change]", "[action, before, change]"), "The order"),
        (TABLE.replace("[before, action, change]", "[before, change]"), "the shape is"),
        (
            TABLE.replace("state(o):", "state(o):\n    return car.state_from_observation(o)\n"),
            "does just what is asked",
        ),
        (TABLE.replace("return np.column_stack([b", "np.column_stack([b"), "a return is missing"),
        (
            "observation[:, 2] = np.arctan2(observation[:, 3], observation[:, 2])\n"
            "next_observation[:, 2] = np.arctan2(next_observation[:, 3], next_observation[:, 2])\n"
            "before, after = observation[:, [0, 1, 2, 4]], next_observation[:, [0, 1, 2, 4]]\n"
            "change = after - before\n" + TURN + "kept = abs(after[:, 3]) < 2 - 1e-5\n"
            "return np.column_stack([before, action, change])[kept]",
            "changes its input observation",
        ),
    ],
    "exercise 2": [
        (
            "x, y, psi, v = state.T\n"
            "a1, a2 = action.T\n"
            "turned = psi + 0.19 * v * a2 + 0.04 * a1 * a2\n"
            "turned = np.arctan2(np.sin(turned), np.cos(turned))\n"
            "x, y = x + 0.1 * v * np.cos(psi), y + 0.1 * v * np.sin(psi)\n"
            "return np.stack([x, y, turned, 0.95 * v + 0.2 * a1], 1)",
            "by the new speed and heading",
        ),
        (
            "x, y, psi, v = state.T\n"
            "a1, a2 = action.T\n"
            "turned = psi + 0.19 * v * a2 + 0.04 * a1 * a2\n"
            "v = 0.95 * v + 0.2 * a1\n"
            "x, y = x + 0.1 * v * np.cos(turned), y + 0.1 * v * np.sin(turned)\n"
            "return np.stack([x, y, turned, v], 1)",
            "wrap it",
        ),
        (
            OLD
            + "v_next = v = 0.95 * v + 0.2 * a1\n"
            + "psi_next = psi + 0.19 * v * a2 + 0.04 * a1 * a2\n"
            + MOVE,
            "do not overwrite v before",
        ),
        (
            OLD
            + "v_next, psi_next = 0.95 * v + 0.2 * a1, psi + 0.19 * v * a2 + 0.04 * a1 * a2\n"
            + MOVE.replace("(psi_next)\ny", "(psi)\ny").replace(
                "sin(psi_next)\npsi", "sin(psi)\npsi"
            ),
            "the heading is still the old",
        ),
        (
            OLD
            + "v_next, psi_next = 0.95 * v + 0.2 * a1, psi + 0.19 * v * a2 + 0.04 * a1 * a2\n"
            + "psi_next = np.where(psi_next > np.pi, psi_next - 2 * np.pi, psi_next)\n"
            + "x, y = x + 0.1 * v_next * np.cos(psi_next), y + 0.1 * v_next * np.sin(psi_next)\n"
            + "return np.stack([x, y, psi_next, v_next], 1)",
            "on either side",
        ),
        (
            "a2, a1 = action.T\n"
            "x, y, psi, v = state.T\n"
            "v_next, psi_next = 0.95 * v + 0.2 * a1, psi + 0.19 * v * a2 + 0.04 * a1 * a2\n" + MOVE,
            "throttle a₁, then steering a₂",
        ),
        (
            OLD + "v_next, psi_next = v + 0.2 * a1, psi + 0.19 * v * a2 + 0.04 * a1 * a2\n" + MOVE,
            "Speed first",
        ),
        (
            OLD
            + "v_next, psi_next = 0.95 * v + 0.2 * a1, psi + 0.19 * v * a2 + 0.04 * a1 * a2\n"
            + MOVE.replace("x = x + ", "x = ").replace("y = y + ", "y = "),
            "Speed first",
        ),
        (
            "state[:, 3] = 0.95 * state[:, 3] + 0.2 * action[:, 0]\n"
            "state[:, 2] += 0.2 * state[:, 3] * action[:, 1]\n"
            "state[:, 0] += 0.1 * state[:, 3] * np.cos(state[:, 2])\n"
            "state[:, 1] += 0.1 * state[:, 3] * np.sin(state[:, 2])\n"
            "state[:, 2] = np.arctan2(np.sin(state[:, 2]), np.cos(state[:, 2]))\n"
            "return state",
            "it changes its input state",
        ),
        (
            OLD
            + "v_next, psi_next = 0.95 * v + 0.2 * a1, psi + 0.19 * v * a2 + 0.04 * a1 * a2\n"
            + MOVE.replace("psi_next, v_next]", "v_next, psi_next]"),
            "The columns are x, y, ψ, v",
        ),
        (
            OLD
            + "v_next, psi_next = 0.95 * v + 0.2 * a1, psi + 0.19 * v * a2 + 0.04 * a1 * a2\n"
            + MOVE.replace("psi_next, v_next]", "psi_next, np.clip(v_next, -2, 2)]"),
            "do not clip",
        ),
        ("return car.true_step(state, action)", "does just what is asked"),
    ],
    "exercise 3": [
        (
            LEADS.replace("    errors.append", "    state = real[:, k + 1]\n    errors.append"),
            "Closed loop",
        ),
        (LEADS.replace("predict(state,", "predict(real[:, k],"), "Closed loop"),
        (LEADS.replace("nanmean", "mean"), "np.nanmean"),
        (LEADS.replace("np.nanmean(d**2)", "np.nan_to_num(d**2).mean()"), "without error"),
        (
            LEADS.replace(
                "    if np.isnan(real[:, k + 1]).all():\n        break\n",
                "    if np.isnan(real[:, k + 1]).all():\n"
                "        errors.append(np.nan)\n"
                "        continue\n",
            ),
            "no path is left",
        ),
        (
            LEADS.replace("np.where(angular, np.arctan2(np.sin(d), np.cos(d)), d)", "d"),
            "short way round",
        ),
        (
            LEADS.replace(
                "np.where(angular, np.arctan2(np.sin(d), np.cos(d)), d)",
                "np.arctan2(np.sin(d), np.cos(d))",
            ),
            "Only angles go",
        ),
        (LEADS.replace(" / scale", ""), "by its spread"),
        (LEADS.replace("d**2", "abs(d)").replace("np.sqrt(", "("), "then the root"),
        (LEADS.replace("np.sqrt(np.nanmean(d**2))", "np.nanmean(d**2)"), "take the root"),
        (LEADS.replace("nanmean", "nansum"), "do not sum"),
        (LEADS.replace("nanmean", "nanmax"), "the largest error"),
        (LEADS.replace("np.nanmean(d**2)", "np.nanmean(d**2, axis=0)"), "over coordinates, too"),
        (LEADS.replace("range(actions.shape[1])", "range(actions.shape[1] - 1)"), "one lead too"),
        (LEADS.replace("(actions.shape[1])", "(3)"), "Predict, subtract"),
        (LEADS.replace("return np.array(errors)", ""), "a return is missing"),
        (LEADS.replace(".all()", ".any()"), "as long as one path is left"),
        (LEADS.replace("d**2", "(d**2).sum(1)"), "Average over coordinates, too"),
        (
            LEADS.replace(
                "np.where(angular, np.arctan2(np.sin(d), np.cos(d)), d) / scale",
                "d / scale\n    d = np.where(angular, np.arctan2(np.sin(d), np.cos(d)), d)",
            ),
            "Wrap before you divide",
        ),
        (
            LEADS.replace("d = state - real[:, k + 1]", "d = state - real[:, k]"),
            "Predict, subtract",
        ),
    ],
    "exercise 4": [
        (
            "inside = int((errors <= tolerance).sum())\n"
            "reach = len(errors) * (tolerance / errors[-1]) ** (1 / growth)\n"
            "return min(inside if inside < len(errors) else int(reach), longest)",
            "the first time that it leaves",
        ),
        ("return min(int(sum(np.cumprod(errors <= tolerance))), longest)", "power law further"),
        (
            REACH + "return min(int(outside[0]) + 1 if len(outside) else int(reach), longest)",
            "The lead before the first outside",
        ),
        (
            REACH + "return min(int(outside[0]) if len(outside) else round(reach), longest)",
            "round down",
        ),
        (
            REACH + "return min(int(outside[-1]) if len(outside) else int(reach), longest)",
            "The first one, not the last",
        ),
        (
            REACH.replace("errors[-1]", "errors.max()")
            + "return min(int(outside[0]) if len(outside) else int(reach), longest)",
            "round down",
        ),
        (
            REACH + "return min(int(outside[0]) if len(outside) else reach, longest)",
            "is whole: round down",
        ),
        (
            REACH + "return int(outside[0]) if len(outside) else min(int(reach), longest)",
            "also where an error is outside",
        ),
        (REACH + "return int(outside[0]) if len(outside) else int(reach)", "Never more than"),
        (
            REACH.replace(">", ">=")
            + "return min(int(outside[0]) if len(outside) else int(reach), longest)",
            "just the tolerance is within",
        ),
        (
            REACH.replace(" ** (1 / growth)", "")
            + "return min(int(outside[0]) if len(outside) else int(reach), longest)",
            "the root 1/p",
        ),
        (
            REACH.replace("(1 / growth)", "growth")
            + "return min(int(outside[0]) if len(outside) else int(reach), longest)",
            "not p",
        ),
        (
            REACH
            + "return min(int(outside[0]) if len(outside) else int(np.ceil(reach)) - 1, longest)",
            "A whole k is still",
        ),
        (
            "tolerance = 0.1\n"
            + REACH
            + "return min(int(outside[0]) if len(outside) else int(reach), longest)",
            "round down",
        ),
        (
            REACH + "return min(int(outside[0]) if len(outside) else int(reach), 100)",
            "round down",
        ),
    ],
}

RIGHT = {
    "exercise 1": [
        TABLE,
        "import math\n\n"
        "rows = []\n"
        "for o, a, n in zip(observation, action, next_observation):\n"
        "    if 2 - abs(n[4]) <= 1e-5:\n"
        "        continue\n"
        "    old, new = math.atan2(o[3], o[2]), math.atan2(n[3], n[2])\n"
        "    turned = math.remainder(new - old, math.tau)\n"
        "    change = [n[0] - o[0], n[1] - o[1], turned, n[4] - o[4]]\n"
        "    rows.append([o[0], o[1], old, o[4], *a, *change])\n"
        "return rows",
    ],
    "exercise 2": [
        OLD
        + "v_next = 0.95 * v + 0.2 * a1\n"
        + "psi_next = psi + 0.2 * a2 * v_next\n"
        + "x = x + 0.1 * v_next * np.cos(psi_next)\n"
        + "y = y + 0.1 * v_next * np.sin(psi_next)\n"
        + "psi_next = (psi_next + np.pi) % (2 * np.pi) - np.pi\n"
        + "return np.column_stack([x, y, psi_next, v_next])",
        "import math\n\n"
        "rows = []\n"
        "for (x, y, psi, v), (a1, a2) in zip(state, action):\n"
        "    psi += 0.19 * v * a2 + 0.04 * a1 * a2\n"
        "    v += 0.2 * a1 - 0.05 * v\n"
        "    x += 0.1 * v * math.cos(psi)\n"
        "    y += 0.1 * v * math.sin(psi)\n"
        "    rows.append([x, y, math.remainder(psi, math.tau), v])\n"
        "return rows",
    ],
    "exercise 3": [
        LEADS,
        "steps = [real[:, 0]]\n"
        "for k in range(actions.shape[1]):\n"
        "    steps.append(predict(steps[-1], actions[:, k]))\n"
        "imagined = np.stack(steps[1:], axis=1)\n"
        "d = imagined - real[:, 1 : imagined.shape[1] + 1]\n"
        "d[:, :, angular] = (d[:, :, angular] + np.pi) % (2 * np.pi) - np.pi\n"
        "square = (d / scale) ** 2\n"
        "alive = ~np.isnan(square).all(axis=(0, 2))\n"
        "last = len(alive) if alive.all() else int(np.argmin(alive))\n"
        "return np.sqrt(np.nanmean(square[:, :last], axis=(0, 2)))",
    ],
    "exercise 4": [
        REACH + "return int(min(outside[0] if len(outside) else np.floor(reach), longest))",
        "for steps in range(longest):\n"
        "    if steps < len(errors):\n"
        "        error = errors[steps]\n"
        "    else:\n"
        "        error = errors[-1] * ((steps + 1) / len(errors)) ** growth\n"
        "    if error > tolerance:\n"
        "        return steps\n"
        "return longest",
    ],
}


def check(results):
    errors = results["coefficient_errors"]
    assert all(e < (0.01 if n.startswith("reacher") else 1e-4) for n, e in errors.items()), errors
    # the observation as the state: no exact equation for its cosine and sine
    assert results["observation_theta_dot"][1] < 1e-9 < 1e-6 < results["observation_cosine"][1]
    assert min(results["lazy_x"], results["lazy_y"]) > 0.99
    assert max(results["mine_psi"], results["mine_v"]) < 1e-9
    # next values: a product; without them nothing exact
    for target in ("delta_x", "delta_y"):
        nodes, r2 = results[f"next_{target}"]
        assert nodes < 10 and 1 - r2 < 1e-9
        assert 1 - results[f"blind_{target}"][1] > 1e-6
    assert results["off"]["your step"] < 1e-9 < 1e-3 < results["off"]["old order"]
    check_many_steps(results)
    rollouts = results["rollouts"]
    assert rollouts["pendulum symbolic"] == rollouts["pendulum sparse"] == 200
    assert rollouts["car2d symbolic"] == 100
    assert rollouts["car2d mbpo"] < 60
    check_optional(results)


def check_many_steps(results):
    first, tenth = results["lead_1"], results["lead_10"]
    for world in ("pendulum", "car2d"):
        for region in ("inside", "outside"):
            for method in ("symbolic", "sparse", "oracle"):
                assert tenth[f"{world} {region} {method}"] < 1e-4
            assert tenth[f"{world} {region} mbpo"] > 1e-2
    assert first["reacher inside symbolic"] < 1e-2
    assert first["reacher inside oracle"] < 1e-5
    blind, symbolic = tenth["car2d inside blind"], tenth["car2d inside symbolic"]
    assert tenth["car2d inside mbpo"] > blind > 100 * symbolic
    assert results["film_gaps"][0] < 0.01 < results["film_gaps"][1]


def check_optional(results):
    assert results["reacher_strike"] > 10 * results["reacher_free"]
    for well in ("pendulum velocity, stated well", "pendulum angle, stated well"):
        assert results[well][2] < 1e-9
    assert results["1 one cut transition kept"][2] > 1e-9
    assert results["1 all cut transitions kept"][2] > 1e-3
    assert results["2 angle not wrapped"][2] > 1.0
    own, fresh = results["3 car: y' instead of its increment"][1:]
    assert fresh > 10 * own
    noisy = results["pendulum angle, noise 0.01, all 200"][2]
    assert results["4 noise 0.01, the first 8"][2] > 3 * noisy
    horizons = results["horizons"]
    assert set(horizons["0"]) == {100} and horizons["0.01"][0] < 40
    assert 1 - results["rewards"]["pendulum"][2] < 1e-6 < 1 - results["rewards"]["car2d"][2]
    assert results["with_target"] == 0
    partial = results["partial"]
    assert partial["angle only"] > 0.5 and partial["with the increment before"] < 1e-6
