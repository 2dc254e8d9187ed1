"""Notebook 08: what a smoke run has to record, and the mistakes its checks have to explain."""

import numpy as np


def check(results):
    for name, bits in results["bits"].items():
        assert 0 < bits["this world's prior"] < 12, name
        general = bits["general prior"]
        assert general is None or general > bits["this world's prior"] + 0.5
    for chances in results["chances"].values():
        assert 0.2 < chances["this world's prior"] <= 1
    assert results["leaks_before"] > 0 == results["leaks_after"]
    missing = results["missing"]
    assert missing["8"] < 1e-4 < missing["6"] < missing["1"] <= 1
    assert 0 < results["trained"]["rank 1"] < results["trained"]["rank 8"]
    assert results["trained"]["rank 8"] < 0.2 * results["trained"]["all, too fast"]
    here, general = "this world's functions", "general functions"
    changes = results["changes"]
    for name in ("rank 1", "rank 8"):
        assert abs(changes[name][here][0]) < 0.2, name
    assert changes["shipped"][here][0] < 0 < changes["shipped"][general][0]
    ratios = results["ratios"]
    assert ratios["pendulum"]["specific"] == 0.5 and ratios["car2d"]["specific"] == 0
    assert set(results["recovered"]) == {"general", "specific", "prior", "world prior"}
    assert all(0.05 < share < 1 for share in results["recovered"].values())
    assert results["recovered"]["specific"] > results["recovered"]["prior"] - 0.05
    assert results["sine_seen"] < 0  # the car of that seed turns to one side only
    assert max(results["both_errors"]) < 1e-5  # float32: the two cannot be told apart
    assert np.isfinite(list(results["again"].values())).all()


LEAKS = "keys = {skeleton_key(terms) for terms in forbidden}\n"

SHARES = """
def needed(values):
    there = [n for n, share in zip(points, values) if {enough}]
    return float({which}) if there else np.inf

return needed(shares) / needed(reference)
"""


def needing(enough="share >= enough", which="there[0]"):
    return SHARES.format(enough=enough, which=which)


def training(
    trained="[p for p in model.parameters() if p.requires_grad]", optimizer="torch.optim.AdamW",
    share="min((k + 1) / (0.1 * n), (n - k) / (0.9 * n))", clear="optimizer.zero_grad()",
    back="loss.backward()", clip="torch.nn.utils.clip_grad_norm_(parameters, {limit})",
    limit="1.0", step="optimizer.step()", loss_at_last="loss.item()", end="losses",
):  # fmt: skip
    """The body of a training loop with some of its lines exchanged; "" leaves one out."""
    lines = [
        "optimizer.param_groups[0]['lr'] = peak * " + share, "loss = loss_of(model, batch)", clear,
        back, clip.format(limit=limit), step, f"losses.append({loss_at_last})",
    ]  # fmt: skip
    loop = "".join(f"    {line}\n" for line in lines if line)
    return (
        f"parameters = list({trained})\noptimizer = {optimizer}(parameters, lr=peak)\n"
        f"losses, n = [], len(batches)\nfor k, batch in enumerate(batches):\n{loop}return {end}"
    )


WRONG = {
    "exercise 1": [
        ("return p * n", "can pass 1"),
        ("return min(1, n * p)", "counted twice"),
        ("return (1 - p) ** n", "missing it every time"),
        ("return p ** n", "every single time"),
        ("return 1 - p**n", "missing it at least once"),
        ("return n * p * (1 - p) ** (n - 1)", "exactly once"),
        ("return 1 - np.exp(-n * p)", "an approximation for a small p"),
        ("return 1 - (1 - p) ** (n - 1)", "n draws, not n − 1"),
        ("return 1 - (1 - p) ** 64", "One minus the probability of n misses"),
        ("return round(1 - (1 - p) ** n, 2)", "One minus the probability of n misses"),
        ("return np.mean(np.random.rand(1000, n).min(1) < p)", "n misses"),
        ("1 - (1 - p) ** n", "a return is missing"),
    ],
    "exercise 2": [
        ("return sum(terms in forbidden for terms in training_set)", "other names of variables"),
        (
            "return len({skeleton_key(t) for t in training_set} "
            "& {skeleton_key(t) for t in forbidden})",
            "leaks twice",
        ),
        (LEAKS + "return sum(skeleton_key(t) not in keys for t in training_set)", "do not leak"),
        (
            "def plain(terms):\n"
            "    return sorted(tuple(t for t in term if t[0] != 'x') for term in terms)\n"
            "keys = [plain(t) for t in forbidden]\n"
            "return sum(plain(t) in keys for t in training_set)",
            "is not y + sin(x)",
        ),
        (
            "return sum(skeleton_key(t) == skeleton_key(f) for t in training_set "
            "for f in forbidden)",
            "A skeleton leaks once",
        ),
        (LEAKS + "return np.mean([skeleton_key(t) in keys for t in training_set])", "the share"),
        (
            "key = skeleton_key(next(iter(forbidden)))\n"
            "return sum(skeleton_key(t) == key for t in training_set)",
            "Compare skeleton_key of both sides",
        ),
        (LEAKS + "return any(skeleton_key(t) in keys for t in training_set)", "not True or False"),
        (
            LEAKS + "return [t for t in training_set if skeleton_key(t) in keys]",
            "Compare skeleton_key",
        ),
        (
            LEAKS + "count = 0\n"
            "while training_set:\n"
            "    count += skeleton_key(training_set.pop()) in keys\n"
            "return count",
            "it changes its input training_set",
        ),
        (
            "counts = {len(t) for t in forbidden}\n"
            "return sum(len(t) in counts for t in training_set)",
            "Compare skeleton_key",
        ),
    ],
    "exercise 3": [
        ("return x @ W.T", "The adapter is missing"),
        ("return (x @ D.T) @ U.T", "W is missing"),
        ("return x @ W.T * ((x @ D.T) @ U.T)", "added to the layer's"),
        ("return x @ (W + U @ D).T", "as large as W"),
        ("return x @ W.T + x @ (D.T @ U.T)", "as large as W"),
        ("return x @ np.add(W, np.dot(U, D)).T", "as large as W"),
        ("return x @ W.T + (x @ D.T) @ U.T / D.shape[0]", "not divided by the rank"),
        ("return (W @ x.T + U @ (D @ x.T))", "One row for each input"),
        ("return x @ W + (x @ D.T) @ U.T", "First through D"),
        ("return W @ x[0] + U @ (D @ x[0])", "First through D"),
        ("return (x @ W.T + (x @ D.T) @ U.T).mean(0)", "First through D"),
        ("x *= 2\nreturn (x @ W.T + (x @ D.T) @ U.T) / 2", "it changes its input x"),
        ("y = x @ W.T\ny += (x @ D.T) @ U.T", "a return is missing"),
    ],
    "exercise 4": [
        (training(clear=""), "Old gradients are still there"),
        (training(clip=""), "Cut the gradient's norm"),
        (training(share="1.0"), "set it each update"),
        (training(share="min(k / (0.1 * n), (n - k) / (0.9 * n))"), "a rate above 0"),
        (training(share="min(1, (k + 1) / (0.1 * n))"), "falls, too"),
        (training(share="(n - k) / (0.9 * n)"), "rises first"),
        (training(loss_at_last="loss_of(model, batch).item()"), "before its update"),
        (training(optimizer="torch.optim.SGD"), "plain gradient descent"),
        (training(optimizer="torch.optim.Adam"), "also shrinks the weights"),
        (training(step=""), "is there a step()"),
        (training(back=""), "Nothing is learned"),
        (training(end="np.mean(losses)"), "not their mean"),
        (training(end="losses[-1]"), "Rate, loss, zero_grad"),
        (training(limit="10.0"), "Rate, loss, zero_grad"),
        (training().replace("return losses", "losses"), "a return is missing"),
    ],
    "exercise 5": [
        (
            "return points[int(np.argmax(shares))] / points[int(np.argmax(reference))]",
            "good enough first",
        ),
        (
            "p = [np.flatnonzero(np.asarray(s) >= enough) for s in (reference, shares)]\n"
            "if not len(p[0]) and not len(p[1]):\n"
            "    return np.nan\n"
            "a, b = (points[i[0]] if len(i) else np.inf for i in p)\n"
            "return 0.0 if b == np.inf else a / b",
            "other way round",
        ),
        (needing(enough="share > enough"), "exactly `enough` is enough"),
        (needing(which="there[-1]"), "the fewest are asked"),
        (needing(which="1 + points.index(there[0])"), "not their places"),
        (needing(enough="share >= 0.9"), "enough = 0.8"),
        (
            "if max(*shares, *reference) < enough:\n    return 1.0" + needing(),
            "If neither gets there",
        ),
        (
            "first = [int(np.argmax(np.asarray(s) >= enough)) for s in (shares, reference)]\n"
            "return points[first[0]] / points[first[1]]",
            "np.argmax gives 0",
        ),
        (
            "n = [np.searchsorted(s, enough) for s in (shares, reference)]\n"
            "n = [points[i] if i < len(points) else np.inf for i in n]\n"
            "return n[0] / n[1]",
            "First place where",
        ),
        (
            "n = [float(np.interp(enough, s, points)) for s in (shares, reference)]\n"
            "return n[0] / n[1]",
            "First place where",
        ),
        (
            "while reference and reference[0] < enough:\n"
            "    reference.pop(0)\n"
            "there = [n for n, s in zip(points, shares) if s >= enough]\n"
            "a = there[0] if there else np.inf\n"
            "b = points[len(points) - len(reference)] if reference else np.inf\n"
            "return a / b",
            "changes its input reference",
        ),
    ],
}

RIGHT = {
    "exercise 1": [
        "missed = 1.0\nfor _ in range(n):\n    missed *= 1 - p\nreturn 1 - missed",
        "return np.array([1 - np.prod(np.full(n, 1 - p))])",
        "return 1.0 if p == 1 else -np.expm1(n * np.log1p(-p))",
    ],
    "exercise 2": [
        "keys = [skeleton_key(terms) for terms in forbidden]\n"
        "count = 0\n"
        "for terms in training_set:\n"
        "    if skeleton_key(terms) in keys:\n"
        "        count += 1\n"
        "return count",
        "keys = np.array([skeleton_key(t) for t in training_set], dtype=np.uint64)\n"
        "bad = np.array([skeleton_key(t) for t in forbidden], dtype=np.uint64)\n"
        "return np.isin(keys, bad).sum()",
        "return len([t for t in training_set "
        "if any(skeleton_key(t) == skeleton_key(f) for f in forbidden)])",
    ],
    "exercise 3": [
        "return np.einsum('bn,mn->bm', x, W) + np.einsum('bn,rn,mr->bm', x, D, U)",
        "return [W @ row + U @ (D @ row) for row in x]",
        "import torch\n"
        "x, W, U, D = map(torch.tensor, (x, W, U, D))\n"
        "return x @ W.T + x @ D.T @ U.T",
        "y = np.zeros((len(x), len(W)))\n"
        "for b in range(len(x)):\n"
        "    for i in range(len(W)):\n"
        "        y[b, i] = np.dot(W[i], x[b]) + np.dot(U[i], D.dot(x[b]))\n"
        "return y",
        "return (W @ x.T + U @ (D @ x.T)).T",
        "x = np.asarray(x)\ny = x @ W.T\ny += x.dot(D.T).dot(U.T)\nreturn y",
    ],
    "exercise 4": [
        training(clear="model.zero_grad()"),
        training(trained="model.parameters()"),
        "n = len(batches)\n"
        "optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], peak)\n"
        "rate = torch.optim.lr_scheduler.LambdaLR(\n"
        "    optimizer, lambda k: min((k + 1) / (0.1 * n), (n - k) / (0.9 * n)))\n"
        "losses = np.zeros(n)\n"
        "for k in range(n):\n"
        "    optimizer.zero_grad(set_to_none=True)\n"
        "    loss = loss_of(model, batches[k])\n"
        "    loss.backward()\n"
        "    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)\n"
        "    optimizer.step()\n"
        "    rate.step()\n"
        "    losses[k] = float(loss)\n"
        "return losses",
    ],
    "exercise 5": [
        needing(),
        "n = [np.min(np.where(np.array(s) >= enough, points, np.inf)) "
        "for s in (shares, reference)]\n"
        "with np.errstate(invalid='ignore'):\n"
        "    return n[0] / n[1]",
        "def first(values):\n"
        "    for n, share in zip(points, values):\n"
        "        if share >= enough:\n"
        "            return n\n"
        "    return None\n"
        "a, b = first(shares), first(reference)\n"
        "if a is None:\n"
        "    return float('nan') if b is None else float('inf')\n"
        "return 0 if b is None else a / b",
    ],
}
