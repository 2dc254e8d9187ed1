GAUSS = "gauss = torch.distributions.Normal(mean, std).log_prob(raw)\n"
WRONG = {
    "exercise 1": [
        ("return unit_action", "half its torque"),
        ("return unit_action * high", "low is -high"),
        ("return low + unit_action * (high - low)", "from 0 to 1"),
        ("return low + (unit_action + 1) * (high - low)", "half of that"),
        ("return unit_action * (high - low) / 2", "need not be 0"),
        ("return np.clip(unit_action, low, high)", "Clipping"),
        (
            "unit_action *= 0.5 * (high - low)\nreturn unit_action + 0.5 * (high + low)",
            "it changes its input unit_action",
        ),
    ],
    "exercise 2": [
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
    "exercise 3": [
        ("return log_prob.mean() + target_entropy", "less and less for randomness"),
        ("return -(log_prob.mean() - target_entropy)", "The target is added"),
        ("return -(log_prob.sum() + target_entropy)", "not the sum"),
        ("return -log_prob.mean()", "target entropy is missing"),
        ("return -(log_prob.median() + target_entropy)", "not its median"),
        ("return -(log_prob + target_entropy)", "one number is expected"),
        ("return -(log_prob.mean().item() + target_entropy)", "a torch tensor is expected"),
        ("log_prob += target_entropy\nreturn -log_prob.mean()", "changes its input log_prob"),
    ],
    "exercise 4": [
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
    "exercise 5": [
        ("return tau * target + (1 - tau) * online", "exchanged"),
        ("return target + tau * online", "add up to 1"),
        ("return online", "a full copy"),
        ("return target - tau * (online - target)", "not away from it"),
        ("return target + 0.005 * (online - target)", "of the old"),
        ("target += tau * (online - target)\nreturn target", "changes its input target"),
        ("return target.mul_(1 - tau).add_(tau * online)", "changes its input target"),
        ("target + tau * (online - target)", "a return is missing"),
        ("return (target + tau * (online - target)).double()", "torch.float32 is expected"),
    ],
    "exercise 6": [
        ("return (torch.minimum(q1, q2) - alpha * log_prob).mean()", "seek the worst"),
        ("return (alpha * log_prob - q1).mean()", "One critic alone"),
        ("return (-alpha * log_prob - torch.minimum(q1, q2)).mean()", "pays for certainty"),
        (
            "return alpha * log_prob.mean() - torch.minimum(q1.mean(), q2.mean())",
            "for each row, before the mean",
        ),
        ("return (alpha * log_prob - (q1 + q2) / 2).mean()", "not their mean"),
        ("return (alpha * log_prob - torch.minimum(q1, q2)).sum()", "not the sum"),
        (
            "return (alpha * log_prob.detach() - torch.minimum(q1, q2)).mean()",
            "no gradient flows back to log_prob",
        ),
        ("return np.mean(alpha * log_prob - np.minimum(q1, q2))", "NumPy's have no gradients"),
        (
            "return torch.tensor((alpha * log_prob - torch.minimum(q1, q2)).mean().item())",
            "no gradient flows back",
        ),
        (
            "log_prob *= alpha\nreturn (log_prob - torch.minimum(q1, q2)).mean()",
            "it changes its input log_prob",
        ),
    ],
}

RIGHT = {
    "exercise 1": [
        "middle, half = (low + high) / 2, (high - low) / 2\nreturn middle + half * unit_action",
        "share = (unit_action + 1) / 2\nreturn (1 - share) * low + share * high",
    ],
    "exercise 2": [
        GAUSS + "slope = 2 * (math.log(2) - raw - torch.nn.functional.softplus(-2 * raw))\n"
        "return gauss.sum(-1) - slope.sum(-1)",
        GAUSS + "total = 0\n"
        "for k in range(raw.shape[1]):\n"
        "    u = raw[:, k].abs()\n"
        "    stable = 2 * (math.log(2) - u - torch.log1p(torch.exp(-2 * u)))\n"
        "    total = total + gauss[:, k] - stable\n"
        "return total",
    ],
    "exercise 3": [
        "return (-log_prob - target_entropy).mean()",
        "return -sum(p + target_entropy for p in log_prob) / len(log_prob)",
    ],
    "exercise 4": [
        "lowest = torch.where(q1 < q2, q1, q2)\n"
        "going_on = reward + gamma * (lowest - alpha * log_prob)\n"
        "return torch.where(terminated.bool(), reward, going_on)",
        "rows = []\n"
        "for r, end, a, b, p in zip(reward, terminated, q1, q2, log_prob):\n"
        "    rows.append(r if end else r + gamma * (min(a, b) - alpha * p))\n"
        "return torch.stack(rows)",
    ],
    "exercise 5": [
        "return (1 - tau) * target + tau * online",
        "return torch.lerp(target, online, tau)",
        "new = target.clone()\nnew += tau * (online - new)\nreturn new",
    ],
    "exercise 6": [
        "return alpha * log_prob.mean() - torch.minimum(q1, q2).mean()",
        "return -(torch.stack([q1, q2]).min(dim=0).values - alpha * log_prob).mean()",
        "terms = [alpha * p - min(a, b) for a, b, p in zip(q1, q2, log_prob)]\n"
        "return sum(terms) / len(terms)",
    ],
}


def check(results):
    assert results["random_return"] < -500 < results["best_return"] == -138.5
    assert results["correlation_last"] > 0.8 > 0.5 > abs(results["correlation_drawn"])
    assert results["naive_is_infinite"]
    assert abs(results["integral"] - 1) < 0.02 < abs(results["integral_without"] - 1)
    assert results["entropy_cold"] < -1 < 0.6 < results["entropy_hot"] < 0.6932

    no_entropy, _, thermostat = results["arrived"]
    assert 15 <= no_entropy <= 26 and thermostat == 41 and results["frozen_std"] < 0.05
    assert results["arrived_wide"][2] == 0 < results["arrived_wide"][0]

    assert abs(results["value_right"] - 100) < 0.1 and abs(results["value_wrong_200"] - 66.9) < 0.1
    right, wrong = results["pendulum_shares"]
    assert 0.9 < right < 1.1 and 0.5 < wrong < 0.8
    assert results["hope_one_critic"] > 1.4 and 0.3 < results["hope_the_smaller_of_two"] < 0.8
    for name in ("critics", "actor", "alpha"):
        assert results[f"gradient_error_{name}"] < 1e-4

    assert results["real_steps"] == results["updates"] == 300
    for name in ("own_return", "final_return", "forgetful_return", "halved_return"):
        assert -2000 < results[name] < 0
    assert results["timed_out_rows"] == 1
    assert results["asks_outside"] == 5 and min(results["claims"]) > 0.7
    assert results["claimed_hanging"] > -7 and results["overrated"] > 0.3 > results["underrated"]
    (_, hope, gets), (_, last_hope, last_gets) = results["rounds"][0], results["rounds"][-1]
    assert hope > gets + 0.3 and abs(last_hope - last_gets) < 0.2
    assert 1 <= results["fell_again"] <= 9
    assert results["sac_steps"] == 3500 and results["sac_seeds"] == 10
    beside = results["beside_sb3"]  # of each task: a run's mean over the second half, per seed
    for task in ("pendulum", "car2d", "reacher"):
        ours, theirs = beside[f"{task} ours"], beside[f"{task} SB3"]
        assert len(ours) == len(theirs) >= 3 and max(ours) > min(theirs)
