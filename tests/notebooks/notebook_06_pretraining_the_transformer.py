WRONG = {
    "exercise 1": [
        ("return torch.softmax(q @ k.T, dim=1) @ v", "take all the weight"),
        (
            "return torch.softmax(q @ k.T / q.shape[1] ** 0.5, dim=0) @ v",
            "softmax along the points",
        ),
        ("return (q @ k.T / q.shape[1] ** 0.5) @ v", "a softmax is missing"),
        ("return torch.softmax(q @ k.T / q.shape[1], dim=1) @ v", "scores (L, n)"),
    ],
    "exercise 2": [
        ("return torch.tril(torch.ones(length, length))", "−∞ is needed"),
        ("return torch.full((length, length), -torch.inf).triu(0)", "may see itself"),
        ("return torch.full((length, length), -torch.inf).tril(-1)", "hides the past"),
    ],
    "exercise 3": [
        (
            "flat = logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()\n"
            "return torch.nn.functional.cross_entropy(*flat)",
            "Padding is counted",
        ),
        (
            "flat = logits.flatten(0, 1), tokens.flatten()\n"
            "return torch.nn.functional.cross_entropy(*flat, ignore_index=0)",
            "not with the next one",
        ),
        (
            "log_p = torch.log_softmax(logits[:, :-1], dim=-1)\n"
            "return log_p.gather(-1, tokens[:, 1:, None]).mean()",
            "Shift by one",
        ),
    ],
    "exercise 4": [
        ("return peak * min(1.0, done / 0.02) * (1 - done)", "falls from the beginning"),
        ("return peak * min(1.0, (1 - done) / 0.2)", "warm-up is missing"),
        ("return peak * min(1.0, done / 0.02)", "The smallest of three"),
    ],
    "exercise 5": [
        ('answer = "a"', "can be copied, too"),
        ('answer = "c"', "fall slowly"),
    ],
}


def check(results):
    assert results["shuffle_set"] < 1e-5 < 0.01 < results["shuffle_list"]
    assert results["functions_seen"] > 100
    assert results["last_loss"] < results["first_loss"]
    nats = results["nats"]
    assert nats["what follows what"] < nats["how frequent"]
    assert all(0.3 < value < 6 for value in nats.values())
    assert 0 < results["loss_with_mask"] < 6 and 0 < results["loss_without_mask"] < 6
    assert 0 <= results["terms_found"]["yours, just trained"] <= 1
    if results["profile"] != "smoke":  # what takes a minute of training to show
        assert results["loss_without_mask"] < 0.7 * results["loss_with_mask"]
        assert nats["network"] < nats["what follows what"]
        assert nats["network"] < nats["network, wrong points"]
        assert results["repeated"][1] > results["fresh"][1]
        found = results["terms_found"]
        assert found["general weights"] > found["yours, just trained"]
