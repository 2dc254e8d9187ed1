WRONG = {
    "exercise 1": [
        (
            "for c, a in pairs:\n"
            "    r, after, ended = model[c, a]\n"
            "    q[c, a] += 0.5 * (r + q[after].max() - q[c, a])\n"
            "return q",
            "Nothing comes after the end",
        ),
        (
            "for c, a in pairs:\n"
            "    r, after, ended = model[c, a]\n"
            "    q[c, a] += 0.5 * (r + (0 if ended else q[c].max()) - q[c, a])\n"
            "return q",
            "not from the present one",
        ),
        (
            "for c, a in pairs:\n"
            "    r, after, ended = model[c, a]\n"
            "    q[c, a] = r + (0 if ended else q[after].max())\n"
            "return q",
            "go half the way",
        ),
    ],
    "exercise 2": [
        (
            "return 0.5 * ((y - mean) ** 2 / log_variance.exp() + log_variance)",
            "½ log 2π is missing",
        ),
        (
            "s = log_variance.exp()\n"
            "return 0.5 * (y - mean) ** 2 / s**2 + torch.log(s) + 0.5 * np.log(2 * np.pi)",
            "σ² and not σ",
        ),
        ("return (y - mean) ** 2", "Half of"),
    ],
    "exercise 3": [
        (
            "apart = next_states.std(0, correction=0) / scale\n"
            "return apart.square().mean(1).sqrt()",
            "at the seam",
        ),
        (
            "apart = task.difference(next_states, state).std(0, correction=0)\n"
            "return apart.square().mean(1).sqrt()",
            "radians and rad/s",
        ),
        (
            "return (task.difference(next_states, state).std(0) / scale).square().mean(1).sqrt()",
            "not by one less",
        ),
    ],
    "exercise 4": [
        (
            "n = len(actions) - lead + 1\n"
            "state = predict(states[lead - 1 : -1], actions[lead - 1 :])\n"
            "return (state - states[lead:]).square().mean().sqrt()",
            "looks at reality at each step",
        ),
        (
            "state = states[:1]\n"
            "for k in range(lead):\n"
            "    state = predict(state, actions[k : k + 1])\n"
            "return (state - states[lead : lead + 1]).square().mean().sqrt()",
            "Use every start",
        ),
        (
            "n = len(actions) - lead + 1\n"
            "state = states[:n]\n"
            "for _ in range(lead):\n"
            "    state = predict(state, actions[:n])\n"
            "return (state - states[lead:]).square().mean().sqrt()",
            "k steps after the start",
        ),
    ],
    "exercise 5": [
        ("per_real_step = (20, 1)", "20 updates to a real step"),
        ("per_real_step = (400, 8000)", "divide, do not multiply"),
        ("per_real_step = (400, 400)", "each lasts twenty steps"),
    ],
    "exercise 6": [
        (
            "rows, state = [], starts\n"
            "for k in range(length):\n"
            "    after = predict(state, act(state))\n"
            "    over = ended(after)\n"
            "    flag = over | (k == length - 1)\n"
            "    rows.append(torch.cat([state, after, flag[:, None].float()], 1))\n"
            "    state = after[~over]\n"
            "return torch.cat(rows)",
            "cut off has not ended",
        ),
        (
            "rows, state = [], starts\n"
            "for _ in range(length):\n"
            "    after = predict(state, act(state))\n"
            "    rows.append(torch.cat([state, after, ended(after)[:, None].float()], 1))\n"
            "    state = after\n"
            "return torch.cat(rows)",
            "must not go on",
        ),
        (
            "rows, state = [], starts\n"
            "for _ in range(length):\n"
            "    after = predict(state, act(state))\n"
            "    on = ~ended(after)\n"
            "    rows.append(torch.cat([state, after, 0 * after[:, :1]], 1)[on])\n"
            "    state = after[on]\n"
            "return torch.cat(rows)",
            "Store the transition that ends",
        ),
    ],
}


def check(results):
    goals = results["maze_goals"]
    assert 3 * goals["0"] < goals["5"] < goals["50"]
    assert results["fooled_goals"] < 0.3 * goals["50"] < results["corrected_goals"]
    assert results["fooled_belief"] < results["shortest"] - 1  # better than is possible
    assert results["nothing_r2"][0] > 0.9 > 0.2 > results["nothing_r2"][1]
    after, direct, plain = (
        results[f"target {name}"] for name in ("next observation", "increment", "plain difference")
    )
    assert after[0] > 0.9 and after[1] < 0.8 and after[2] > 3 * direct[2]
    assert direct[1] > 0.9 and plain[1] < 0 and plain[2] > 10 * direct[2]
    among, gap, beyond = results["toy_apart"]
    assert gap > 2 * among and beyond > 2 * among
    (left, left_constant), (right, right_constant) = results["toy_shares"].values()
    assert 0.85 < left <= 1 and 0.85 < right <= 1 and left_constant > right_constant + 0.03
    near, far = results["disagreement_near_far"]
    assert far > 1.5 * near and results["rank"] > 0.3
    errors = results["lead_errors"]
    assert errors["ensemble, 200 steps"][0] < errors["nothing changes"][0]
    assert errors["ensemble, 200 steps"][2] > 5 * errors["ensemble, 200 steps"][0]
    assert errors["linear, 200 steps"][1] < 0.3 * errors["ensemble, 200 steps"][1]
    imagined, real = results["exploited"]["hasty network"]
    assert imagined > real + 20
    imagined, real = results["exploited"]["true equations"]
    assert abs(imagined - real) < 0.5
    assert set(results["perfect_model"]) == {
        "an episode long", "short, stale starts", "short, fresh starts",
    }  # fmt: skip
    assert all(-2000 < value < 0 for value in results["perfect_model"].values())
    assert -2000 < results["mbpo_return"] < 0 and results["mbpo_fits"] >= 1
    assert {"sac", "oracle"} <= set(results["stored_methods"])
