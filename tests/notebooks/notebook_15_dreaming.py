TWO_HOT = (
    "x = x.clamp(bins[0], bins[-1])\n"
    "above = torch.searchsorted(bins, x, right=True).clamp(max=len(bins) - 1)\n"
    "low, high = bins[above - 1], bins[above]\n"
    "share = (x - low) / (high - low)\n"
    "shares = torch.zeros(len(x), len(bins))\n"
    "rows = torch.arange(len(x))\n"
    "shares[rows, above - 1] = 1 - share\n"
    "shares[rows, above] = share\n"
    "return shares"
)
DREAM = (
    "h, z = state\n"
    "pictures = []\n"
    "for t, action in enumerate(actions):\n"
    "    h = step(h, z, action)\n"
    "    if t < len(seen):\n"
    "        z = look(h, seen[t])\n"
    "    else:\n"
    "        z = guess(h)\n"
    "    pictures.append(picture(h, z))\n"
    "return torch.stack(pictures)"
)

WRONG = {
    "exercise 1": [
        ("return torch.log1p(x.abs())", "The sign of x is lost"),
        ("return torch.log(1 + x)", "take |x|"),
        ("return x.sign() * x.abs().log()", "without end"),
        ("return x.sign() * torch.log10(1 + x.abs())", "natural logarithm"),
        ("return x.sign() * torch.expm1(x.abs())", "the way back"),
        ("return np.sign(x.numpy()) * np.log1p(np.abs(x.numpy()))", "NumPy's have no gradients"),
        ("torch.sign(x) * torch.log1p(x.abs())", "a return is missing"),
    ],
    "exercise 2": [
        (TWO_HOT.replace("= 1 - share", "= share ").replace("above] = share", "above] = 1 - share"),
         "nearer bin"),
        (TWO_HOT.replace("(high - low)\n", "(high - low)\nshare = share.round()\n"),
         "one bin alone"),
        (TWO_HOT.replace("(x - low) / (high - low)", "0.5 + 0 * x"), "half and half"),
        (TWO_HOT.replace("x = x.clamp(bins[0], bins[-1])\n", "").replace("max=", "min=1, max="),
         "clamp first"),
        (TWO_HOT.replace("share = (x - low)", "x, low, high = map(symlog, (x, low, high))\n"
                         "share = (x - low)"), "not its symlog"),
        (TWO_HOT.replace("return shares", "return shares.T"), "A row for each number"),
        (TWO_HOT.replace("return shares", "return shares @ bins"), "The shares are asked"),
        (TWO_HOT.replace("return shares", ""), "a return is missing"),
        (TWO_HOT.replace("return shares", "return shares.roll(1, 1)"), "too far to the right"),
    ],
    "exercise 3": [
        ("return (p * (p / q).log()).sum(-1).clamp(min=free).sum(-1)", "forgiven once"),
        ("return (p * (p / q).log()).sum((-1, -2))", "free nats are missing"),
        ("return (q * (q / p).log()).sum((-1, -2)).clamp(min=free)", "taken under p"),
        ("return (p * (p / q).log()).sum(-1).mean(-1).clamp(min=free)", "no mean"),
        ("return (p * (p / q).log()).sum((-1, -2)).clamp(max=free)", "That is min"),
        ("return ((p * (p / q).log()).sum((-1, -2)) - free).clamp(min=0)", "Nothing is subtracted"),
        ("return (p * (p / q).log()).sum((-1, -2)).mean().clamp(min=free)", "One number for each"),
        ("return -(p * q.log()).sum((-1, -2)).clamp(min=free)", "p (log p − log q)"),
        ("return max(free, (p * (p / q).log()).sum())", "for "),
        ("(p * (p / q).log()).sum((-1, -2)).clamp(min=free)", "a return is missing"),
    ],
    "exercise 4": [
        (DREAM.replace("t < len(seen)", "False"), "z comes from look"),
        (DREAM.replace("t < len(seen)", "t < len(seen) - 1"), "one step too early"),
        (DREAM.replace("t < len(seen)", "t <= len(seen)").replace(
            "seen[t]", "seen[min(t, len(seen) - 1)]"),
         "one step too late"),
        (DREAM.replace("    else:\n        z = guess(h)\n", ""), "guessed anew"),
        (DREAM.replace("    h = step(h, z, action)\n", "    pictures.append(picture(h, z))\n"
                       "    h = step(h, z, action)\n").replace(
            "guess(h)\n    pictures.append(picture(h, z))", "guess(h)"), "of the new state"),
        (DREAM.replace("return torch.stack(pictures)", "return torch.stack(pictures[len(seen):])"),
         "All pictures are asked"),
        (DREAM.replace("    h = step", "    if t == len(seen):\n        h, z = state\n"
                       "    h = step"),
         "from where the eyes shut"),
        (DREAM.replace("    h = step(h, z, action)\n", "    new = step(h, z, action)\n").replace(
            "    pictures", "    h = new\n    pictures"), "take the new h"),
        (DREAM.replace("return torch.stack(pictures)", "return pictures"), "for "),
        (DREAM.replace("return ", ""), "a return is missing"),
    ],
}  # fmt: skip

RIGHT = {
    "exercise 1": [
        "return torch.sign(x) * torch.log1p(torch.abs(x))",
        "return torch.where(x > 0, (1 + x.abs()).log(), -(1 + x.abs()).log())",
    ],
    "exercise 2": [
        TWO_HOT,
        "out = torch.zeros(len(x), len(bins))\n"
        "for i, number in enumerate(x):\n"
        "    number = min(max(number, bins[0]), bins[-1])\n"
        "    k = min(int((bins <= number).sum()) - 1, len(bins) - 2)\n"
        "    share = (number - bins[k]) / (bins[k + 1] - bins[k])\n"
        "    out[i, k], out[i, k + 1] = 1 - share, share\n"
        "return out",
    ],
    "exercise 3": [
        "return (p * (p.log() - q.log())).sum((-1, -2)).clamp(min=free)",
        "total = 0\n"
        "for k in range(p.shape[-2]):\n"
        "    total = total + (p[:, k] * torch.log(p[:, k] / q[:, k])).sum(-1)\n"
        "return torch.maximum(total, torch.full_like(total, free))",
    ],
    "exercise 4": [
        DREAM,
        "h, z = state\n"
        "out = []\n"
        "for action, o in zip(actions, [*seen, *[None] * (len(actions) - len(seen))]):\n"
        "    h = step(h, z, action)\n"
        "    z = guess(h) if o is None else look(h, o)\n"
        "    out.append(picture(h, z)[None])\n"
        "return torch.cat(out)",
    ],
}


def check(results):
    assert results["back"] < 1e-3  # two-hot shares give the number again
    assert results["mean_of_shares"] < 1e-3
    assert min(results["forgiven"]["1"]) == 1 and min(results["forgiven"]["0"]) < 0.01
    error = results["errors"]
    for actions in error.values():
        assert actions["equations"][-1] < actions["dream"][-1]
    assert results["weights"] > 100 * results["constants"]
    if results["profile"] != "smoke":  # a few updates have not learned anything yet
        assert results["losses_last"]["reconstruction"] < 0.1
        assert results["final"]["equations"] > -160
        for actions in error.values():
            assert actions["equations"][0] < actions["dream"][0] < 0.3
