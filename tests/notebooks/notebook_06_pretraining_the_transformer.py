ATTENTION = "scores = q @ k.T / {scale}\nreturn {answers}"


def attention(scale="q.shape[1] ** 0.5", answers="torch.softmax(scores, dim=1) @ v"):
    return ATTENTION.format(scale=scale, answers=answers)


LOSS = """
target = tokens[:, 1:]
real = target != 0
log_p = torch.log_softmax(logits[:, :-1], dim=-1)
losses = -log_p.gather(-1, target[..., None])[..., 0]
{end}
"""


def loss(end):
    return LOSS.format(end=end)


def cross_entropy(scores="logits[:, :-1]", target="tokens[:, 1:]", ignored=", ignore_index=0"):
    flat = f"{scores}.flatten(0, 1), {target}.flatten()"
    return f"return torch.nn.functional.cross_entropy({flat}{ignored})"


def mask(entry="-torch.inf", end=".triu(1)"):
    return f"return torch.full((length, length), {entry}){end}"


def rate(peak="peak *", up="done / 0.02", down="(1 - done) / 0.2"):
    return f"return {peak} min(1.0, {up}, {down})"


WRONG = {
    "exercise 1": [
        (attention(scale="1"), "take all the weight"),
        (attention(scale="q.shape[1]"), "not by d"),
        (attention(scale="len(k) ** 0.5"), "not the number of points"),
        (attention(scale="len(q) ** 0.5"), "not the number of questions"),
        (attention(answers="torch.softmax(scores, dim=0) @ v"), "softmax along the points"),
        (attention(answers="scores @ v"), "a softmax is missing"),
        (attention(answers="scores.exp() @ v"), "divide by their sum"),
        (attention(answers="torch.softmax(scores, dim=1) @ k"), "The weights are for the values"),
        (attention(answers="torch.softmax(scores, dim=1)"), "Those are the weights"),
        (attention(answers="torch.sigmoid(scores) @ v"), "scores (L, n)"),
        (attention(answers="torch.softmax(scores, dim=1).detach() @ v"), "back to q and k:"),
        (
            "q, k, v = (x.detach().numpy() for x in (q, k, v))\n"
            "weights = np.exp(q @ k.T / q.shape[1] ** 0.5)\n"
            "return weights / weights.sum(1, keepdims=True) @ v",
            "a torch tensor is expected",
        ),
        ("q /= q.shape[1] ** 0.5\nreturn torch.softmax(q @ k.T, 1) @ v", "changes its input q"),
    ],
    "exercise 2": [
        ("return torch.tril(torch.ones(length, length))", "−∞ is needed"),
        (mask(end=".triu(0)"), "may see itself"),
        (mask(end=".triu(2)"), "may not look at i + 1"),
        (mask(end=".tril(-1)"), "hides the past"),
        (mask(entry="torch.inf"), "+∞ would draw"),
        (mask(entry="-1e9"), "almost forbids"),
        (mask(entry="1.0", end=".triu(1) * -torch.inf"), "not a number"),
        (mask(entry="True"), "torch.float32 is expected"),
        (mask(end=".triu(1).numpy()"), "a torch tensor is expected"),
        ("return torch.full((4, 4), -torch.inf).triu(1)", "the shape is (4, 4)"),
    ],
    "exercise 3": [
        (cross_entropy(ignored=""), "Padding is counted"),
        (cross_entropy(scores="logits", target="tokens"), "not with the next one."),
        (cross_entropy(scores="logits", target="tokens", ignored=""), "and padding is counted"),
        (cross_entropy("logits[:, 1:]", "tokens[:, :-1]"), "shift the other way"),
        (cross_entropy(scores="torch.softmax(logits[:, :-1], -1)"), "one softmax is enough"),
        (loss("return losses[real].sum()"), "their mean is asked"),
        (loss("return (losses * real).mean()"), "divide by their number"),
        (loss("return ((losses * real).sum(1) / real.sum(1)).mean()"), "rows differ in length"),
        (loss("return -losses[real].mean()"), "its −ln above 0"),
        (loss("return losses[real].mean() / np.log(2)"), "Those are bits"),
        (loss("return losses[real].median()"), "Shift by one"),
        (loss("return losses[real].mean().item()"), "a torch tensor is expected"),
        (loss("return losses[real].mean().detach()"), "no gradient flows back to logits"),
        (
            "scores = logits[:, :-1].gather(-1, tokens[:, 1:, None])[..., 0]\n"
            "return -scores[tokens[:, 1:] != 0].mean()",
            "Scores are not log-probabilities yet",
        ),
        (
            "tokens[tokens == 0] = -100\n" + cross_entropy(ignored=""),
            "changes its input tokens",
        ),
    ],
    "exercise 4": [
        ("return peak * min(1.0, done / 0.02) * (1 - done)", "falls from the beginning"),
        ("return peak * min(1.0, (1 - done) / 0.2)", "warm-up is missing"),
        ("return peak * min(1.0, done / 0.02)", "way down is missing"),
        (rate(peak=""), "The highest rate is peak"),
        (rate(peak="0.5 *"), "The smallest of three"),
        ("return min(peak, done / 0.02, (1 - done) / 0.2)", "Both slopes go to peak"),
        (rate(down="(1 - done) / 0.8"), "begins at 0.8"),
        (rate(up="done / 0.2"), "2 % of the training"),
        (rate(up="done / 0.2", down="(1 - done) / 0.02"), "not the reverse"),
        (
            rate(down="0.5 + 0.5 * np.cos(np.pi * max(0, done - 0.8) / 0.2)"),
            "The smallest of three",
        ),
        (rate().replace("return ", "lr = "), "a return is missing"),
    ],
    "exercise 5": [
        ('answer = "a"', "can be copied, too"),
        ('answer = "c"', "fall slowly"),
        ("answer = 2", "is not one of a, b, c"),
        ('answer = "too small"', "is not one of a, b, c"),
    ],
}

RIGHT = {
    "exercise 1": [
        "answers = []\n"
        "for question in q:\n"
        "    scores = torch.stack([question @ key for key in k]) / len(question) ** 0.5\n"
        "    weights = torch.exp(scores)\n"
        "    answers.append((weights[:, None] * v).sum(0) / weights.sum())\n"
        "return torch.stack(answers)",
        "return torch.nn.functional.scaled_dot_product_attention(q[None], k[None], v[None])[0]",
    ],
    "exercise 2": [
        mask(),
        "rows = [[0.0 if j <= i else -np.inf for j in range(length)] for i in range(length)]\n"
        "return torch.tensor(rows)",
        "return torch.log(torch.tril(torch.ones(length, length)))",
    ],
    "exercise 3": [
        cross_entropy(),
        "total, count = 0.0, 0\n"
        "for scores, words in zip(logits, tokens):\n"
        "    for t in range(1, len(words)):\n"
        "        if words[t] != 0:\n"
        "            total = total - torch.log(torch.softmax(scores[t - 1], 0)[words[t]])\n"
        "            count += 1\n"
        "return total / count",
    ],
    "exercise 4": [
        "return peak * np.interp(done, [0, 0.02, 0.8, 1], [0, 1, 1, 0])",
        "if done < 0.02:\n    return peak * done / 0.02\n"
        "if done < 0.8:\n    return peak\n"
        "return peak * (1 - (done - 0.8) / 0.2)",
    ],
    "exercise 5": ['answer = "(b)"', 'answer = " B"'],
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
