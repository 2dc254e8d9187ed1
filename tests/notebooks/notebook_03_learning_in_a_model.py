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
            "half the way",
        ),
        (
            "old = q.copy()\n"
            "for c, a in pairs:\n"
            "    r, after, ended = model[c, a]\n"
            "    q[c, a] = 0.5 * (old[c, a] + r + (0 if ended else old[after].max()))\n"
            "return q",
            "One after the other",
        ),
        (
            "for c, a in reversed(pairs):\n"
            "    r, after, ended = model[c, a]\n"
            "    q[c, a] += 0.5 * (r + (0 if ended else q[after].max()) - q[c, a])\n"
            "return q",
            "the first pair first",
        ),
        (
            "for c, a in pairs:\n"
            "    r, after, ended = model[c, a]\n"
            "    q[c, a] += 0.5 * (r + (0 if ended else q[after].max()) - q[c, a])\n",
            "a return is missing",
        ),
        (
            "while pairs:\n"
            "    c, a = pairs.pop(0)\n"
            "    r, after, ended = model[c, a]\n"
            "    q[c, a] += 0.5 * (r + (0 if ended else q[after].max()) - q[c, a])\n"
            "return q",
            "it changes its input pairs",
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
        ("return torch.distributions.Normal(mean, (0.5 * log_variance).exp()).log_prob(y)", "+log"),
        (
            "return 0.5 * ((y - mean) ** 2 / np.exp(log_variance) + log_variance"
            " + np.log(2 * np.pi))",
            "NumPy's have no gradients",
        ),
        (
            "squares = (y - mean) ** 2 / log_variance.exp().detach()\n"
            "return 0.5 * (squares + log_variance + np.log(2 * np.pi))",
            "not its gradient by log_variance",
        ),
        (
            "squares = (y - mean) ** 2 / log_variance.exp()\n"
            "return 0.5 * (squares + log_variance + np.log(2 * np.pi)).mean()",
            "the shape is",
        ),
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
        (
            "return (task.difference(next_states, state).std(0, correction=0) / scale).mean(1)",
            "square first",
        ),
        (
            "apart = task.difference(next_states, state).std(0, correction=0) / scale\n"
            "return apart.norm(dim=1)",
            "not a sum",
        ),
        (
            "apart = task.difference(next_states, state).std(0, correction=0) / scale\n"
            "return apart.square().mean().sqrt()",
            "the shape is ()",
        ),
        (
            "apart = task.difference(next_states, state).numpy().std(0) / scale.numpy()\n"
            "return np.sqrt((apart**2).mean(1))",
            "a torch tensor is expected",
        ),
        (
            "next_states -= state\n"
            "apart = task.difference(next_states, 0 * state).std(0, correction=0) / scale\n"
            "return apart.square().mean(1).sqrt()",
            "changes its input next_states",
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
        (
            "n = max(len(actions) - lead, 1)\n"
            "state = states[:n]\n"
            "for k in range(lead):\n"
            "    state = predict(state, actions[k : k + n])\n"
            "return (state - states[lead : lead + n]).square().mean().sqrt()",
            "The last start is missing",
        ),
        (
            "n = len(actions) - lead + 1\n"
            "state = states[:n]\n"
            "for k in range(lead):\n"
            "    state = predict(state, actions[k : k + n])\n"
            "return (state - states[lead:]).abs().mean()",
            "mean absolute error",
        ),
        (
            "n = len(actions) - lead + 1\n"
            "state = states[:n]\n"
            "for k in range(lead):\n"
            "    state = predict(state, actions[k : k + n])\n"
            "return (state - states[lead:]).square().mean()",
            "The root is missing",
        ),
        (
            "n = len(actions) - lead + 1\n"
            "for k in range(lead):\n"
            "    states[:n] = predict(states[:n], actions[k : k + n])\n"
            "return (states[:n] - states[lead:]).square().mean().sqrt()",
            "changes its input states",
        ),
    ],
    "exercise 5": [
        ("per_real_step = (20, 1)", "20 updates to a real step"),
        ("per_real_step = (400, 8000)", "divide, do not multiply"),
        ("per_real_step = (400, 400)", "each lasts twenty steps"),
        ("per_real_step = (20, 400)", "The other way round"),
        ("per_real_step = 400", "expected (2,)"),
        ("per_real_step = ('400', '20')", "numbers are expected"),
        ("per_real_step = (400, None)", "should be numbers"),
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
        (
            "rows, state = [], starts\n"
            "for _ in range(length):\n"
            "    after = predict(state, act(state))\n"
            "    rows.append(torch.cat([state, after, 0 * after[:, :1]], 1))\n"
            "    state = after[~ended(after)]\n"
            "return torch.cat(rows)",
            "Mark the transition",
        ),
        (
            "rows = []\n"
            "for state in starts.split(1):\n"
            "    for _ in range(length):\n"
            "        after = predict(state, act(state))\n"
            "        over = ended(after)\n"
            "        rows.append(torch.cat([state, after, over[:, None].float()], 1))\n"
            "        if over:\n"
            "            break\n"
            "        state = after\n"
            "return torch.cat(rows)",
            "Step by step",
        ),
        (
            "rows, state = [], starts\n"
            "for _ in range(length):\n"
            "    after = predict(state, act(state))\n"
            "    over = ended(after)\n"
            "    rows.append(torch.cat([state, after, over[:, None].double()], 1))\n"
            "    state = after[~over]\n"
            "return torch.cat(rows)",
            "torch.float32 is expected",
        ),
        (
            "after = predict(starts, act(starts))\n"
            "return torch.cat([starts, after, ended(after)[:, None].float()], 1)",
            "the shape is",
        ),
    ],
}

RIGHT = {
    "exercise 1": [
        "for pair in pairs:\n"
        "    reward, after, ended = model[pair]\n"
        "    q[pair] = 0.5 * q[pair] + 0.5 * (reward + (1 - ended) * max(q[after]))\n"
        "return q",
        "new = q.copy()\n"
        "for cell, action in pairs:\n"
        "    target, after, ended = model[cell, action]\n"
        "    if not ended:\n"
        "        target = target + np.max(new[after])\n"
        "    new[cell, action] = (new[cell, action] + target) / 2\n"
        "return new",
    ],
    "exercise 2": [
        "return -torch.distributions.Normal(mean, torch.exp(log_variance / 2)).log_prob(y)",
        "loss = torch.nn.functional.gaussian_nll_loss\n"
        "return loss(mean, y, log_variance.exp(), full=True, reduction='none')",
        "off = (y - mean) * torch.exp(-log_variance / 2)\n"
        "return off * off / 2 + log_variance / 2 + 0.9189385",
    ],
    "exercise 3": [
        "off = task.difference(next_states, state)\n"
        "variance = (off - off.mean(0)).square().mean(0)\n"
        "return (variance / scale**2).mean(-1) ** 0.5",
        "off = task.difference(next_states, state) / scale\n"
        "return off.var(0, unbiased=False).mean(1).sqrt()",
    ],
    "exercise 4": [
        "squares = []\n"
        "for start in range(len(states) - lead):\n"
        "    state = states[start : start + 1]\n"
        "    for k in range(lead):\n"
        "        state = predict(state, actions[start + k : start + k + 1])\n"
        "    squares.append((state - states[start + lead]) ** 2)\n"
        "return torch.cat(squares).mean().sqrt()",
        "n = len(states) - lead\n"
        "guess = states[:n].clone()\n"
        "for k in range(lead):\n"
        "    guess = predict(guess, actions[k : n + k])\n"
        "return torch.nn.functional.mse_loss(guess, states[lead:]) ** 0.5",
    ],
    "exercise 5": ["per_real_step = [400, 20]", "per_real_step = torch.tensor([400, 20])"],
    "exercise 6": [
        "rows, running = [], starts.clone()\n"
        "for _ in range(length):\n"
        "    if len(running) == 0:\n"
        "        break\n"
        "    after = predict(running, act(running))\n"
        "    flag = ended(after).to(running.dtype)\n"
        "    rows.append(torch.hstack([running, after, flag.unsqueeze(1)]))\n"
        "    running = after[flag == 0]\n"
        "return torch.vstack(rows)",
        "rows, states = [], list(starts)\n"
        "for _ in range(length):\n"
        "    following = []\n"
        "    for s in states:\n"
        "        t = predict(s[None], act(s[None]))\n"
        "        over = ended(t)[0]\n"
        "        rows.append(torch.cat([s, t[0], over.reshape(1).float()]))\n"
        "        if not over:\n"
        "            following.append(t[0])\n"
        "    states = following\n"
        "return torch.stack(rows)",
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
