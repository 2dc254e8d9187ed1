BY_HAND = "velocity = theta_dot + a * np.sin(theta) + b * u\nangle = theta + h * velocity\n"
ROLLOUT = (
    "total = 0\n"
    "for t in range(horizon):\n"
    "    action = policy(state)\n"
    "    following = step(state, action)\n"
    "    total = total + gamma**t * reward(state, action, following)\n"
    "    state = following\n"
    "return total"
)
APG = (
    "optimizer = torch.optim.Adam(policy.parameters(), lr=learning_rate)\n"
    "history = []\n"
    "for i, states in enumerate(starts):\n"
    "    for group in optimizer.param_groups:\n"
    "        group['lr'] = learning_rate * min(1, 2 * (1 - i / len(starts)))\n"
    "    mean = objective(policy, states).mean()\n"
    "    loss = -mean\n"
    "    optimizer.zero_grad()\n"
    "    loss.backward()\n"
    "    norm = torch.nn.utils.clip_grad_norm_(policy.parameters(), clip)\n"
    "    if torch.isfinite(norm):\n"
    "        optimizer.step()\n"
    "    history.append(mean.item())\n"
    "return history"
)
GUARDED = "    if torch.isfinite(norm):\n        optimizer.step()\n"
PLANS = (
    "tried = torch.clip(plan + noise, -2, 2)\n"
    "weights = torch.softmax(returns_of(tried) / temperature, dim=0)\n"
    "return (weights.view(-1, 1, 1) * tried).sum(0)"
)

WRONG = {
    "exercise 1": [
        (BY_HAND + "return -0.2 * velocity * b - 2 * angle * h * b", "has a slope, too"),
        (BY_HAND + "return -0.002 * u - 0.2 * velocity * b", "through the new angle is missing"),
        (BY_HAND + "return -0.002 * u - 2 * angle * h * b", "new velocity itself"),
        (BY_HAND + "return 0.002 * u + 0.2 * velocity * b + 2 * angle * h * b", "The sign"),
        ("return -0.002 * u - 0.2 * theta_dot * b - 2 * theta * h * b", "state after the step"),
        (BY_HAND + "return -0.002 * u - 0.2 * velocity * b - 2 * angle * b", "two factors"),
        (
            BY_HAND + "return -0.001 * u - 0.1 * velocity * b - angle * h * b",
            "The slope of x² is 2x",
        ),
        (
            "velocity = theta_dot + 0.75 * np.sin(theta) + 0.15 * u\n"
            "angle = theta + 0.05 * velocity\n"
            "return -0.002 * u - 0.03 * velocity - 0.015 * angle",
            "Three paths",
        ),
        (
            "u = torch.tensor(u, requires_grad=True)\n"
            "v = torch.tensor(theta_dot) + a * torch.sin(torch.tensor(theta)) + b * u\n"
            "j = -0.001 * u**2 - (torch.tensor(theta) + h * v) ** 2 - 0.1 * v**2\n"
            "return torch.autograd.grad(j.sum(), u)[0].numpy()",
            "does just what is asked",
        ),
        (BY_HAND + "-0.002 * u - 0.2 * velocity * b - 2 * angle * h * b", "a return is missing"),
    ],
    "exercise 2": [
        (ROLLOUT.replace("gamma**t", "gamma ** (t + 1)"), "gamma to the power 0"),
        (ROLLOUT.replace("state = following", "pass"), "where this one ended"),
        (ROLLOUT.replace("total = total + ", "total = "), "all steps count"),
        (ROLLOUT.replace("gamma**t * ", ""), "The discount is missing"),
        (ROLLOUT.replace("reward(state,", "reward(following,"), "the state before the step first"),
        (ROLLOUT.replace("range(horizon)", "range(horizon - 1)"), "one step too few"),
        (ROLLOUT.replace("return total", "return total.mean()"), "is taken later"),
        (ROLLOUT.replace("= following\nreturn", "= following.detach()\nreturn"), "its gradient by"),
        (ROLLOUT.replace("step(state, action)", "step(state, action).detach()"), "its gradient by"),
        (
            "with torch.no_grad():\n" + "\n".join("    " + line for line in ROLLOUT.splitlines()),
            "no gradient flows back",
        ),
        (ROLLOUT.replace("return total", "return total.detach().numpy()"), "torch tensor is"),
        (ROLLOUT.replace("range(horizon)", "range(4)"), "Act, step"),
        (
            "action = policy(state)\n" + ROLLOUT.replace("    action = policy(state)\n", ""),
            "acts anew",
        ),
        (ROLLOUT.replace("return total", "return total / horizon"), "not a mean over the steps"),
    ],
    "exercise 3": [
        (APG.replace("loss = -mean", "loss = mean"), "downhill"),
        (APG.replace("    optimizer.zero_grad()\n", ""), "Gradients add up"),
        (
            APG.replace(
                "clip_grad_norm_(policy.parameters(), clip)",
                "clip_grad_norm_(policy.parameters(), 1e9)",
            ),
            "not clipped",
        ),
        (APG.replace(GUARDED, "    optimizer.step()\n"), "must not touch the weights"),
        (APG.replace("min(1, 2 * (1 - i / len(starts)))", "1"), "falls in the second half"),
        (APG.replace("min(1, 2 * (1 - i / len(starts)))", "(1 - i / len(starts))"), "first half"),
        (APG.replace("Adam(", "SGD("), "Adam is asked"),
        (
            APG.replace(
                "norm = torch.nn.utils.clip_grad_norm_(policy.parameters(), clip)",
                "norm = torch.nn.utils.clip_grad_norm_(policy.parameters(), 1e9)\n"
                "    torch.nn.utils.clip_grad_value_(policy.parameters(), clip)",
            ),
            "each number by itself",
        ),
        (APG.replace("isfinite(norm)", "isfinite(mean)"), "without a finite gradient"),
        (APG.replace("mean.item()", "loss.item()"), "Those are losses"),
        (APG.replace("return history", "return history[-1]"), "not the last alone"),
        (APG.replace("loss = -mean", "loss = -objective(policy, states).sum()"), "a sum over the"),
        (APG.replace("        optimizer.step()\n", "        pass\n"), "In each update"),
        (APG.replace("clip)\n", "1.0)\n"), "In each update"),
        (APG.replace("return history", ""), "a return is missing"),
        (
            APG.replace("    norm =", "    optimizer.step()\n    norm =").replace(GUARDED, ""),
            "Clip the gradient, and leave out",
        ),
    ],
    "exercise 4": [
        (PLANS.replace("torch.clip(plan + noise, -2, 2)", "plan + noise"), "before they are tried"),
        (PLANS.replace("returns_of(tried) /", "-returns_of(tried) /"), "prefers the worst"),
        (PLANS.replace("/ temperature", "* temperature"), "Divide by the temperature"),
        (PLANS.replace(" / temperature", ""), "The temperature is missing"),
        (
            "tried = torch.clip(plan + noise, -2, 2)\nreturn tried[returns_of(tried).argmax()]",
            "the best plan alone",
        ),
        ("return torch.clip(plan + noise, -2, 2).mean(0)", "the plain mean"),
        (
            PLANS.replace(
                "torch.softmax(returns_of(tried) / temperature, dim=0)",
                "torch.exp(returns_of(tried) / temperature)\nweights = weights / weights.sum()",
            ),
            "0/0 is no number",
        ),
        (PLANS.replace("plan + noise", "noise"), "Disturb the plan"),
        (PLANS.replace("return (", "return plan + ("), "do not add it again"),
        (
            "tried = plan + noise\n"
            "weights = torch.softmax(returns_of(tried.clip(-2, 2)) / temperature, dim=0)\n"
            "return (weights.view(-1, 1, 1) * tried).sum(0).clip(-2, 2)",
            "after the cut",
        ),
        (
            PLANS.replace(
                "tried = torch.clip(plan + noise, -2, 2)",
                "noise += plan\ntried = noise.clip(-2, 2)",
            ),
            "changes its input noise",
        ),
        (PLANS.replace("return ", ""), "a return is missing"),
    ],
    "exercise 5": [
        ("return torch.sigmoid((theta.abs() - half_width) / softness)", "The sign"),
        ("return torch.sigmoid((half_width - theta) / softness)", "either side"),
        ("return torch.sigmoid((half_width - theta.abs()) * softness)", "Divide by the softness"),
        ("return torch.sigmoid(half_width - theta.abs() / softness)", "whole difference"),
        ("return (theta.abs() < half_width).double()", "it has no slope"),
        ("return torch.tanh((half_width - theta.abs()) / softness)", "from −1 to 1"),
        (
            "theta = theta.detach().numpy()\n"
            "return torch.tensor(1 / (1 + np.exp(-(half_width - abs(theta)) / softness)))",
            "no gradient flows back",
        ),
        ("return torch.sigmoid((0.2 - theta.abs()) / softness)", "half width that is given"),
        (
            "return 1 / (1 + np.exp(-(half_width - abs(theta.detach().numpy())) / softness))",
            "torch tensor is expected",
        ),
    ],
}

RIGHT = {
    "exercise 1": [
        "v = theta_dot + a * np.sin(theta) + b * u\n"
        "return -(0.002 * u + b * (0.2 * v + 2 * h * (theta + h * v)))",
        "out = []\n"
        "for x, w, push in zip(theta, theta_dot, u):\n"
        "    new = w + a * np.sin(x) + b * push\n"
        "    out.append(-0.002 * push - 2 * (x + h * new) * h * b - 0.2 * new * b)\n"
        "return out",
    ],
    "exercise 2": [
        "rewards = []\n"
        "for _ in range(horizon):\n"
        "    before, action = state, policy(state)\n"
        "    state = step(before, action)\n"
        "    rewards.append(reward(before, action, state))\n"
        "return sum(gamma**t * r for t, r in enumerate(rewards))",
        "if horizon == 0:\n"
        "    return 0\n"
        "action = policy(state)\n"
        "after = step(state, action)\n"
        "rest = imagined_return(step, reward, policy, after, horizon - 1, gamma)\n"
        "return reward(state, action, after) + gamma * rest",
    ],
    "exercise 3": [
        APG,
        "weights = list(policy.parameters())\n"
        "optimizer = torch.optim.Adam(weights, maximize=True)\n"
        "values = []\n"
        "for i in range(starts.shape[0]):\n"
        "    value = objective(policy, starts[i]).mean()\n"
        "    values.append(value.item())\n"
        "    gradients = torch.autograd.grad(value, weights)\n"
        "    norm = sum((g**2).sum() for g in gradients) ** 0.5\n"
        "    if not norm.isfinite():\n"
        "        continue\n"
        "    half = len(starts) / 2\n"
        "    rate = learning_rate if i <= half else learning_rate * (len(starts) - i) / half\n"
        "    optimizer.param_groups[0]['lr'] = rate\n"
        "    for weight, gradient in zip(weights, gradients):\n"
        "        weight.grad = gradient * clip / norm if norm > clip else gradient\n"
        "    optimizer.step()\n"
        "return values",
    ],
    "exercise 4": [
        PLANS,
        "tried = torch.stack([(plan + n).clamp(-2, 2) for n in noise])\n"
        "returns = returns_of(tried)\n"
        "weights = torch.exp((returns - returns.max()) / temperature)\n"
        "return torch.tensordot(weights, tried, 1) / weights.sum()",
    ],
    "exercise 5": [
        "return 1 / (1 + torch.exp((abs(theta) - half_width) / softness))",
        "distance = torch.where(theta < 0, -theta, theta)\n"
        "return torch.nn.functional.sigmoid((half_width - distance) / softness)",
    ],
}


def check(results):
    assert results["hand_against_machine"] < 1e-3
    # the size of the gradient explodes in the equations, too; its direction stays right there
    norms, alike = results["norms"]["equations"], results["alike"]
    assert norms[-1] > 100 * norms[2] > 100 * norms[0]
    assert min(alike["equations"]) > 0.95
    assert min(min(alike[f"network {i}"]) for i in (1, 2, 3)) < 0.9
    slopes = results["slopes"]
    for world, (by_gradient, by_difference) in slopes.items():
        agree = abs(by_gradient - by_difference) < 0.05 * abs(by_difference)
        assert agree == (world == "the pendulum as it is")
    assert (
        slopes["reward 1 within 0.2 rad, else 0"][0]
        == 0
        < 1
        < slopes["reward 1 within 0.2 rad, else 0"][1]
    )
    assert slopes["reward 1 a step; ends at 1 rad"][0] == 0
    assert results["plan_cost"][0] < results["plan_cost"][-1]
    assert min(results["faster"].values()) > 3  # in stored runs
    if results["profile"] != "smoke":  # a few updates have not learned anything yet
        assert results["yours"] > -160 and results["final"]["APG"] > -160
        assert results["final"]["SAC"] > -200
        slow = results["solved_after"]["SAC"]
        assert slow is None or slow > 2 * results["solved_after"]["APG"]
        assert results["norm_trained"] < results["norm_fresh"] / 3
        assert results["planned"]["3"] < results["planned"]["15"] > -200
        assert results["shares"]["soft, c = 2"] > 0.6 > 0.3 > results["shares"]["hard"]
