BRANCH = """\
names = ("state", "action", "reward", "next_state", "ended")
rows, state = [], starts
for k in range(length):
    action = act(state)
    after = predict(state, action)
    over = ended(after)
    mark = over
    paid = reward(state, action, after)
    rows.append((state, action, paid[:, None], after, mark[:, None].float()))
    state = after[~over]
return {name: torch.cat(part) for name, part in zip(names, zip(*rows))}"""


def changed(old, new):
    assert old in BRANCH, old
    return BRANCH.replace(old, new)


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
    "exercise 3": [
        (
            "n = len(actions) - lead + 1\n"
            "state = predict(states[lead - 1 : -1], actions[lead - 1 :])\n"
            "return difference(state, states[lead:]).square().mean().sqrt()",
            "looks at reality at each step",
        ),
        (
            "state = states[:1]\n"
            "for k in range(lead):\n"
            "    state = predict(state, actions[k : k + 1])\n"
            "return difference(state, states[lead : lead + 1]).square().mean().sqrt()",
            "Use every start",
        ),
        (
            "n = len(actions) - lead + 1\n"
            "state = states[:n]\n"
            "for _ in range(lead):\n"
            "    state = predict(state, actions[:n])\n"
            "return difference(state, states[lead:]).square().mean().sqrt()",
            "k steps after the start",
        ),
        (
            "n = max(len(actions) - lead, 1)\n"
            "state = states[:n]\n"
            "for k in range(lead):\n"
            "    state = predict(state, actions[k : k + n])\n"
            "return difference(state, states[lead : lead + n]).square().mean().sqrt()",
            "The last start is missing",
        ),
        (
            "n = len(actions) - lead + 1\n"
            "state = states[:n]\n"
            "for k in range(lead):\n"
            "    state = predict(state, actions[k : k + n])\n"
            "return difference(state, states[lead:]).abs().mean()",
            "mean absolute error",
        ),
        (
            "n = len(actions) - lead + 1\n"
            "state = states[:n]\n"
            "for k in range(lead):\n"
            "    state = predict(state, actions[k : k + n])\n"
            "return difference(state, states[lead:]).square().mean()",
            "The root is missing",
        ),
        (
            "n = len(actions) - lead + 1\n"
            "for k in range(lead):\n"
            "    states[:n] = predict(states[:n], actions[k : k + n])\n"
            "return difference(states[:n], states[lead:]).square().mean().sqrt()",
            "changes its input states",
        ),
        (
            "n = len(actions) - lead + 1\n"
            "state = states[:n]\n"
            "for k in range(lead):\n"
            "    state = predict(state, actions[k : k + n])\n"
            "return (state - states[lead:]).square().mean().sqrt()",
            "Use the difference that is given",
        ),
    ],
    "exercise 4": [
        (changed("mark = over", "mark = over | (k == length - 1)"), "cut off has not ended"),
        (changed("after[~over]", "after"), "must not go on"),
        (
            changed(
                "rows.append((state, action, paid[:, None], after, mark[:, None].float()))",
                "on = ~over\n"
                "    kept = [x[on] for x in (state, action, paid[:, None], after)]\n"
                "    rows.append((*kept, 0 * kept[2]))",
            ),
            "Store the transition that ends",
        ),
        (changed("mark = over", "mark = over & False"), "Mark the transition"),
        (changed("mark = over", "mark = ended(state)"), "Mark the transition"),
        (changed("mark = over", "mark = ~over"), "not the other way round"),
        (changed("state = after[~over]", "pass"), "where the last one led"),
        (
            changed("reward(state, action, after)", "reward(after, action, state)"),
            "before the step",
        ),
        (
            "if len(starts) > 1:\n"
            "    one = (predict, act, reward, ended)\n"
            "    parts = [branch(*one, s, length) for s in starts.split(1)]\n"
            "    return {name: torch.cat([p[name] for p in parts]) for name in parts[0]}\n"
            + changed(
                "state = after[~over]", "state = after[~over]\n    if over.all():\n        break"
            ),
            "Step by step",
        ),
        (changed("paid[:, None]", "paid"), "the shape is"),
        (changed("range(length)", "range(1)"), "Store five columns"),
        (changed("return {", "{"), "a return is missing"),
        (changed("for name, part in zip(names", "for name, part in zip(names[:4]"), "the keys are"),
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
        "off = task.difference(next_states, state)\n"
        "variance = (off - off.mean(0)).square().mean(0)\n"
        "return (variance / scale**2).mean(-1) ** 0.5",
        "off = task.difference(next_states, state) / scale\n"
        "return off.var(0, unbiased=False).mean(1).sqrt()",
    ],
    "exercise 3": [
        "squares = []\n"
        "for start in range(len(states) - lead):\n"
        "    state = states[start : start + 1]\n"
        "    for k in range(lead):\n"
        "        state = predict(state, actions[start + k : start + k + 1])\n"
        "    squares.append(difference(state, states[start + lead][None]) ** 2)\n"
        "return torch.cat(squares).mean().sqrt()",
        "n = len(states) - lead\n"
        "guess = states[:n].clone()\n"
        "for k in range(lead):\n"
        "    guess = predict(guess, actions[k : n + k])\n"
        "return (difference(guess, states[lead:]) ** 2).mean() ** 0.5",
    ],
    "exercise 4": [
        BRANCH,
        "found = {k: [] for k in ('state', 'action', 'reward', 'next_state', 'ended')}\n"
        "running = starts.clone()\n"
        "while length > 0 and len(running):\n"
        "    u = act(running)\n"
        "    then = predict(running, u)\n"
        "    flag = ended(then).to(running.dtype).unsqueeze(1)\n"
        "    paid = reward(running, u, then).unsqueeze(1)\n"
        "    for rows, new in zip(found.values(), (running, u, paid, then, flag)):\n"
        "        rows.append(new)\n"
        "    running = then[flag[:, 0] == 0]\n"
        "    length -= 1\n"
        "return {k: torch.vstack(rows) for k, rows in found.items()}",
    ],
}


def check(results):
    none, five, fifty = results["maze_goals"]
    assert 3 * none < five < fifty
    assert results["fooled_goals"] < 0.3 * fifty < results["corrected_goals"]
    assert results["fooled_belief"] < results["shortest"] - 1  # better than is possible
    assert results["nothing_r2"][0] > 0.9 > 0.2 > results["nothing_r2"][1]
    among, gap, beyond = results["toy_apart"]
    assert gap > 2 * among and beyond > 2 * among
    near, far = results["disagreement_near_far"]
    assert far > 1.5 * near and results["rank"] > 0.3
    errors = results["lead_errors"]  # after 1, 2, 5, 10, 20, 50, 100 steps
    assert errors["ensemble, 200 steps"][0] < errors["nothing changes"][0]
    assert errors["ensemble, 200 steps"][5] > 5 * errors["ensemble, 200 steps"][0]
    assert errors["linear, 200 steps"][3] < 0.3 * errors["ensemble, 200 steps"][3]
    imagined, real = results["exploited"]["hasty network"]
    assert imagined > real + 20
    imagined, real = results["exploited"]["true equations"]
    assert abs(imagined - real) < 0.5
    perfect, stale, fresh = results["three_ways"].values()
    assert all(-2000 < value < 0 for value in (perfect, stale, fresh))
    if results["profile"] != "smoke":
        assert perfect > -180 and fresh > stale + 300
