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


def training(
    optimizer="torch.optim.AdamW(model.parameters(), peak)", batches="draw(chunk)",
    enough="if len(losses) == updates:\n            return losses",
    rate="min(1, 20 * (k + 1) / updates, 5 * (updates - k) / updates)",
    clear="optimizer.zero_grad()", back="loss.backward()",
    clip="torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)", step="optimizer.step()",
    value="loss.item()", start="0", following="chunk += 1", end="losses",
):  # fmt: skip
    """The body of a pretraining with some of its parts exchanged; "" leaves one out."""
    lines = [
        enough, "k = len(losses)", f"optimizer.param_groups[0]['lr'] = peak * {rate}",
        "loss = loss_of(model, batch)", clear, back, clip, step, f"losses.append({value})",
    ]  # fmt: skip
    loop = "".join(f"        {line}\n" for line in lines if line)
    return (
        f"optimizer = {optimizer}\nlosses, chunk = [], {start}\nwhile len(losses) < updates:\n"
        f"    for batch in {batches}:\n{loop}    {following or 'pass'}\nreturn {end}"
    )


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
        (training(following=""), "Every chunk is to be new"),
        (training(start="1"), "The first chunk has the number 0"),
        (training(enough=""), "even in the middle of a chunk"),
        (
            training(enough="").replace("    chunk += 1", "    break"),
            "One chunk is not enough",
        ),
        (training(batches="draw(chunk)[:1]"), "all batches of a chunk"),
        (
            training(enough="").replace("while len(losses) < updates", "while chunk < updates"),
            "counts batches, not chunks",
        ),
        (training(clear=""), "Old gradients are still there"),
        (training(clip=""), "Cut the gradient's norm"),
        (training(rate="1.0"), "set it each update"),
        (
            training(rate="min(1, 20 * k / updates, 5 * (updates - k) / updates)"),
            "a rate above 0",
        ),
        (training(rate="min(1, 20 * (k + 1) / updates)"), "The rate falls, too"),
        (training(rate="min(1, 5 * (updates - k) / updates)"), "The rate rises first"),
        (
            training(rate="min(20 * (k + 1) / updates, 5 * (updates - k) / updates)"),
            "stays at its peak",
        ),
        (training(value="loss_of(model, batch).item()"), "from before its update"),
        (training(optimizer="torch.optim.SGD(model.parameters(), peak)"), "plain gradient"),
        (training(optimizer="torch.optim.Adam(model.parameters(), peak)"), "also shrinks"),
        (training(step=""), "is there a step()"),
        (training(back=""), "Nothing is learned"),
        (
            training(end="np.mean(losses)", enough="if len(losses) == updates:\n            break"),
            "not their mean",
        ),
        (
            training(end="losses[-1]", enough="if len(losses) == updates:\n            break"),
            "n losses in all",
        ),
        (
            training().replace("return losses", "break", 1).replace("return losses", "losses"),
            "a return is missing",
        ),
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
        training(),
        training(clear="model.zero_grad()", enough="if len(losses) >= updates:\n            break"),
        "from itertools import chain, count, islice\n"
        "optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], peak)\n"
        "rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: np.interp(\n"
        "    k, [0.05 * updates - 1, 0.8 * updates, updates], [1, 1, 0])\n"
        "    if k > 0.05 * updates - 1 else (k + 1) / (0.05 * updates))\n"
        "losses = np.zeros(updates)\n"
        "drawn = chain.from_iterable(map(draw, count()))\n"
        "for k, batch in enumerate(islice(drawn, updates)):\n"
        "    loss = loss_of(model, batch)\n"
        "    optimizer.zero_grad(set_to_none=True)\n"
        "    loss.backward()\n"
        "    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)\n"
        "    optimizer.step()\n"
        "    rate.step()\n"
        "    losses[k] = float(loss)\n"
        "return losses",
    ],
}


def check(results):
    assert results["shuffle_set"] < 1e-5 < 0.01 < results["shuffle_list"]
    assert results["ahead"]["with your mask"] == 0 < results["ahead"]["without a mask"]
    assert abs(results["at_start"] - results["uniform"]) < 1
    assert results["last_loss"] < results["first_loss"]
    nats = results["nats"]
    assert nats["what follows what"] < nats["how frequent"]
    assert all(0.3 < value < 6 for value in nats.values())
    assert 0 <= results["terms_found"]["yours"] <= 1
    if results["profile"] != "smoke":  # what takes a minute of training to show
        assert results["last"]["no mask"] < 0.3 * results["last"]["yours"]
        assert results["formulas"]["no mask"] < 0.3 < results["formulas"]["yours"]
        assert results["last"]["one chunk"] < results["last"]["yours"]
        assert results["unseen"]["one chunk"] > results["unseen"]["yours"]
        assert nats["network"] < nats["what follows what"]
        assert nats["network"] < nats["network, wrong points"]
        found = results["terms_found"]
        assert found["shipped"] > found["yours"]
