WRONG = {
    "exercise 1": [
        ("return unit_action", "half its torque"),
        ("return unit_action * high", "low is -high"),
        ("return low + unit_action * (high - low)", "from 0 to 1"),
    ],
    "exercise 2": [
        (
            "return torch.distributions.Normal(mean, std).log_prob(raw).sum(-1)",
            "the slope is missing",
        ),
        (
            "gauss = torch.distributions.Normal(mean, std).log_prob(raw)\n"
            "return (gauss + 2 * (math.log(2) - torch.logaddexp(raw, -raw))).sum(-1)",
            "wrong sign",
        ),
        (
            "gauss = torch.distributions.Normal(mean, std).log_prob(raw)\n"
            "return (gauss - 2 * (math.log(2) - torch.logaddexp(raw, -raw))).mean(-1)",
            "they are not averaged",
        ),
        (
            "gauss = torch.distributions.Normal(mean, std).log_prob(raw)\n"
            "return (gauss - torch.log(1 - torch.tanh(raw) ** 2)).sum(-1)",
            "in the stable form",
        ),
    ],
    "exercise 3": [
        ("return log_prob.mean() + target_entropy", "less and less for randomness"),
        ("return -(log_prob.mean() - target_entropy)", "The target is added"),
        ("return -(log_prob.sum() + target_entropy)", "not the sum"),
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
    ],
    "exercise 5": [
        ("return tau * target + (1 - tau) * online", "exchanged"),
        ("return target + tau * online", "add up to 1"),
        ("return online", "a full copy"),
    ],
    "exercise 6": [
        ("return (torch.minimum(q1, q2) - alpha * log_prob).mean()", "seek the worst"),
        ("return (alpha * log_prob - q1).mean()", "One critic alone"),
        ("return (-alpha * log_prob - torch.minimum(q1, q2)).mean()", "pays for certainty"),
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
