GAUSS = "gauss = torch.distributions.Normal(mean, std).log_prob(raw)\n"
UPDATE = """\
alpha = agent.log_alpha.exp().item()
seen, following = batch["observation"], batch["next_observation"]
flat = [batch[name][:, 0] for name in ("reward", "terminated", "truncated")]
with torch.no_grad():
    action, log_prob = sample(agent.actor, following, noise_next)
    both = q_values(agent.targets, following, action)
    y = soft_target(*flat, *both, log_prob, alpha, gamma)
values = q_values(agent.critics, seen, batch["action"])
loss = sum(0.5 * ((q - y) ** 2).mean() for q in values)
agent.critic_optimizer.zero_grad()
loss.backward()
agent.critic_optimizer.step()
with torch.no_grad():
    for slow, fast in zip(agent.targets.parameters(), agent.critics.parameters()):
        slow.lerp_(fast, tau)
action, log_prob = sample(agent.actor, seen, noise_now)
smaller = torch.minimum(*q_values(agent.critics, seen, action))
loss = (alpha * log_prob - smaller).mean()
agent.actor_optimizer.zero_grad()
loss.backward()
slope = temperature_gradient(log_prob.detach(), -noise_now.shape[1])
agent.log_alpha.grad = slope.reshape(1)
agent.actor_optimizer.step()
return agent.weights()"""


def changed(old, new):
    assert old in UPDATE, old
    return UPDATE.replace(old, new)


WRONG = {
    "exercise 1": [
        (
            "return torch.distributions.Normal(mean, std).log_prob(raw).sum(-1)",
            "the slope is missing",
        ),
        (
            GAUSS + "return (gauss + 2 * (math.log(2) - torch.logaddexp(raw, -raw))).sum(-1)",
            "wrong sign",
        ),
        (
            GAUSS + "return (gauss - 2 * (math.log(2) - torch.logaddexp(raw, -raw))).mean(-1)",
            "they are not averaged",
        ),
        (
            GAUSS + "return (gauss - torch.log(1 - torch.tanh(raw) ** 2)).sum(-1)",
            "in the stable form",
        ),
        (
            "gauss = -0.5 * ((raw - mean) / std) ** 2 - std.log()\n"
            "return (gauss - 2 * (math.log(2) - torch.logaddexp(raw, -raw))).sum(-1)",
            "½ log 2π",
        ),
        (
            GAUSS + "return gauss - 2 * (math.log(2) - torch.logaddexp(raw, -raw))",
            "the shape is",
        ),
        (
            "gauss = -0.5 * ((raw - mean) / std) ** 2 - np.log(std) - 0.5 * np.log(2 * np.pi)\n"
            "return (gauss - 2 * (np.log(2) - np.logaddexp(raw, -raw))).sum(-1)",
            "NumPy's have no gradients",
        ),
        (
            GAUSS + "slope = 2 * (math.log(2) - torch.logaddexp(raw, -raw)).detach()\n"
            "return (gauss - slope).sum(-1)",
            "not its gradient by raw",
        ),
    ],
    "exercise 2": [
        ("return log_prob.mean() + target_entropy", "less and less for randomness"),
        ("return -(log_prob.mean() - target_entropy)", "The target is added"),
        ("return -(log_prob.sum() + target_entropy)", "not the sum"),
        ("return -log_prob.mean()", "target entropy is missing"),
        ("return -(log_prob.median() + target_entropy)", "not its median"),
        ("return -(log_prob + target_entropy)", "one number is expected"),
        ("return -(log_prob.mean().item() + target_entropy)", "a torch tensor is expected"),
        ("log_prob += target_entropy\nreturn -log_prob.mean()", "changes its input log_prob"),
    ],
    "exercise 3": [
        (
            "alive = 1 - torch.maximum(terminated, truncated)\n"
            "return reward + gamma * alive * (torch.minimum(q1, q2) - alpha * log_prob)",
            "not over for the world",
        ),
        (
            "return reward + gamma * (1 - terminated) * torch.minimum(q1, q2)",
            "pay for randomness is missing",
        ),
        (
            "value = torch.minimum(q1, q2) + alpha * log_prob\n"
            "return reward + gamma * (1 - terminated) * value",
            "is paid, not fined",
        ),
        (
            "value = torch.maximum(q1, q2) - alpha * log_prob\n"
            "return reward + gamma * (1 - terminated) * value",
            "not the larger",
        ),
        (
            "value = q1 - alpha * log_prob\nreturn reward + gamma * (1 - terminated) * value",
            "Both critics are asked",
        ),
        (
            "q = q1 if q1.mean() < q2.mean() else q2\n"
            "return reward + gamma * (1 - terminated) * (q - alpha * log_prob)",
            "for each row",
        ),
        (
            "value = torch.minimum(q1, q2) - alpha * log_prob\n"
            "return (1 - terminated) * (reward + gamma * value)",
            "still paid",
        ),
        (
            "q1 -= alpha * log_prob\nq2 -= alpha * log_prob\n"
            "return reward + gamma * (1 - terminated) * torch.minimum(q1, q2)",
            "it changes its input q1 and q2",
        ),
        (
            "reward += gamma * (1 - terminated) * (torch.minimum(q1, q2) - alpha * log_prob)\n"
            "return reward",
            "it changes its input reward",
        ),
        (
            "value = np.minimum(q1.numpy(), q2.numpy()) - alpha * log_prob.numpy()\n"
            "return reward.numpy() + gamma * (1 - terminated.numpy()) * value",
            "a torch tensor is expected",
        ),
    ],
    "exercise 4": [
        (
            changed("agent.targets, following", "agent.critics, following"),
            "come from agent.targets",
        ),
        (changed("following, noise_next)", "seen, noise_now)"), "drawn in the next observation"),
        (changed("log_prob, alpha, gamma)", "log_prob, 0.0, gamma)"), "missing in y"),
        (changed("0.5 * ((q", "((q"), "the factor ½"),
        (changed("agent.critic_optimizer.zero_grad()\n", ""), "Gradients add up: critic"),
        (changed("agent.critic_optimizer.step()\n", ""), "critics did not move"),
        (changed("lerp_(fast, tau)", "copy_(fast)"), "they do not copy"),
        (changed("        slow.lerp_(fast, tau)", "        pass"), "target critics did not move"),
        (changed("lerp_(fast, tau)", "lerp_(fast, 1 - tau)"), "not by 1 − tau"),
        (changed("seen, action))", 'seen, batch["action"]))'), "actions drawn now"),
        (changed("seen, noise_now)", "seen, noise_next)"), "with noise_now"),
        (changed("(alpha * log_prob - smaller)", "(smaller - alpha * log_prob)"), "sign of J_π"),
        (changed("(alpha * log_prob - smaller)", "(-smaller)"), "missing in J_π"),
        (changed("(alpha * log_prob - smaller)", "(-alpha * log_prob - smaller)"), "for certainty"),
        (changed("agent.actor_optimizer.zero_grad()\n", ""), "Gradients add up: actor"),
        (changed("slope.reshape", "-slope.reshape"), "temperature's derivative"),
        (changed("agent.log_alpha.grad = slope.reshape(1)\n", ""), "temperature did not follow"),
        (changed("agent.actor_optimizer.step()\n", ""), "Compare each step"),
        (changed("smaller = torch.minimum(*q_", "smaller, _ = (q_"), "the smaller value counts"),
        (changed("return agent.weights()", ""), "a return is missing"),
        (changed("*flat, *both", "flat[0], flat[2], flat[1], *both"), "Compare each step"),
    ],
}

RIGHT = {
    "exercise 1": [
        GAUSS + "slope = 2 * (math.log(2) - raw - torch.nn.functional.softplus(-2 * raw))\n"
        "return gauss.sum(-1) - slope.sum(-1)",
        GAUSS + "total = 0\n"
        "for k in range(raw.shape[1]):\n"
        "    u = raw[:, k].abs()\n"
        "    stable = 2 * (math.log(2) - u - torch.log1p(torch.exp(-2 * u)))\n"
        "    total = total + gauss[:, k] - stable\n"
        "return total",
    ],
    "exercise 2": [
        "return (-log_prob - target_entropy).mean()",
        "return -sum(p + target_entropy for p in log_prob) / len(log_prob)",
    ],
    "exercise 3": [
        "lowest = torch.where(q1 < q2, q1, q2)\n"
        "going_on = reward + gamma * (lowest - alpha * log_prob)\n"
        "return torch.where(terminated.bool(), reward, going_on)",
        "rows = []\n"
        "for r, end, a, b, p in zip(reward, terminated, q1, q2, log_prob):\n"
        "    rows.append(r if end else r + gamma * (min(a, b) - alpha * p))\n"
        "return torch.stack(rows)",
    ],
    "exercise 4": [
        UPDATE,
        # the critics' weights are kept out of the actor's graph, the copies are moved by hand
        "alpha = float(agent.log_alpha.detach().exp())\n"
        "following = batch['next_observation']\n"
        "action, log_prob = sample(agent.actor, following, noise_next)\n"
        "q1, q2 = q_values(agent.targets, following, action)\n"
        "y = soft_target(batch['reward'].view(-1), batch['terminated'].view(-1),\n"
        "                batch['truncated'].view(-1), q1, q2, log_prob, alpha, gamma).detach()\n"
        "agent.critic_optimizer.zero_grad()\n"
        "for q in q_values(agent.critics, batch['observation'], batch['action']):\n"
        "    (0.5 * torch.nn.functional.mse_loss(q, y)).backward()\n"
        "agent.critic_optimizer.step()\n"
        "for slow, fast in zip(agent.targets.parameters(), agent.critics.parameters()):\n"
        "    slow.data += tau * (fast.data - slow.data)\n"
        "agent.critics.requires_grad_(False)\n"
        "action, log_prob = sample(agent.actor, batch['observation'], noise_now)\n"
        "q1, q2 = q_values(agent.critics, batch['observation'], action)\n"
        "agent.actor_optimizer.zero_grad()\n"
        "torch.mean(alpha * log_prob - torch.where(q1 < q2, q1, q2)).backward()\n"
        "agent.log_alpha.grad = (action.shape[1] - log_prob.detach().mean()).view(1)\n"
        "agent.actor_optimizer.step()\n"
        "agent.critics.requires_grad_(True)\n"
        "return agent.weights()",
    ],
}


def check(results):
    assert results["random_return"] < -500 < results["best_return"] == -138.5
    assert results["naive_is_infinite"]
    assert abs(results["integral"] - 1) < 0.02 < abs(results["integral_without"] - 1)
    assert results["entropy_cold"] < -1 < 0.6 < results["entropy_hot"] < 0.6932

    no_entropy, _, thermostat = results["arrived"]
    assert 15 <= no_entropy <= 26 and thermostat == 41 and results["frozen_std"] < 0.05
    assert results["arrived_wide"] == 0

    assert abs(results["value_right"] - 100) < 0.1 and abs(results["value_wrong_200"] - 66.9) < 0.1
    assert results["hope_one"] > 1.4 and 0.3 < results["hope_two"] < results["hope_one"] / 2
    assert -2000 < results["last"] <= results["best"] < 0 and 1 <= results["fell_again"] <= 9
    if results["profile"] != "smoke":
        assert results["best"] > -200 > results["half"]

    assert results["asks_outside"] == 5
    (_, hope, gets), (_, last_hope, last_gets) = results["rounds"][0], results["rounds"][-1]
    assert hope > gets + 0.3 and abs(last_hope - last_gets) < 0.2
    assert results["sac_steps"] == 3500 > 10 * results["least_model_steps"] - 1
    assert results["sac_seeds"] == 10
    beside = results["beside_sb3"]  # rows of each task: ours, then theirs
    assert beside["task"][::2] == beside["task"][1::2] == ["pendulum", "car2d", "reacher"]
    assert min(beside["seeds"]) >= 3
    for i in (0, 2, 4):
        assert beside["best"][i] > beside["worst"][i + 1]
