CIRCLE = "first, second = a**2, b**2\n"
WEIGH = "gravity = 2 * length * a / (3 * time_step)\nmass = 3 * time_step / (b * length**2)\n"
CHANGES = "difference = np.diff(np.arctan2(sin, cos))\n"
TURNING = (
    "optimizer = torch.optim.Adam(encoder.parameters(), lr=learning_rate)\n"
    "losses = []\n"
    "for i in range(len(rows)):\n"
    "    shown = images[rows[i]]\n"
    "    before, after = encoder(shown), encoder(turn(shown, angles[i]))\n"
    "    c, s = angles[i].cos(), angles[i].sin()\n"
    "    x = c * before[:, 0] - s * before[:, 1]\n"
    "    y = s * before[:, 0] + c * before[:, 1]\n"
    "    loss = ((after[:, 0] - x) ** 2 + (after[:, 1] - y) ** 2).mean()\n"
    "    optimizer.zero_grad()\n"
    "    loss.backward()\n"
    "    optimizer.step()\n"
    "    losses.append(loss.item())\n"
    "return losses"
)

WRONG = {
    "exercise 1": [
        ("return (a + b).var() / min(a.var(), b.var())", "Square the columns"),
        (CIRCLE + "return (first + second).var()", "Divide by the smaller"),
        (CIRCLE + "return (first + second).var() / max(first.var(), second.var())", "the larger"),
        (CIRCLE + "return (first + second).var() / (first.var() + second.var())", "their sum"),
        (CIRCLE + "return (first + second).std() / min(first.std(), second.std())", "Variances"),
        (CIRCLE + "return ((first + second - 1) ** 2).mean() / min(first.var(), second.var())",
         "need not be 1"),
        (CIRCLE + "return (first + second).var() / first.var()", "whichever column"),
        (CIRCLE + "(first + second).var() / min(first.var(), second.var())", "a return is missing"),
    ],
    "exercise 2": [
        (WEIGH + "return mass, gravity", "First the gravity"),
        ("return 2 * a / (3 * time_step), 3 * time_step / b", "The length is missing"),
        (WEIGH.replace("length**2", "length") + "return gravity, mass", "length squared"),
        ("return 2 * length * a / 3, 3 / (b * length**2)", "time step is missing"),
        (WEIGH + "return gravity / 2, mass", "half the length"),
        (WEIGH + "return gravity, mass / 3", "moment of inertia"),
        (WEIGH + "return gravity", "Both are asked"),
        ("return 9.8, 1.0", "Solve a"),
    ],
    "exercise 3": [
        (CHANGES + "return difference", "short way round"),
        (CHANGES + "return np.pi - (difference + np.pi) % (2 * np.pi)", "later angle"),
        (CHANGES.replace("sin, cos", "cos, sin")
         + "return (difference + np.pi) % (2 * np.pi) - np.pi", "the sine first"),
        (CHANGES + "return difference % (2 * np.pi)", "from −π to π"),
        (CHANGES + "return abs((difference + np.pi) % (2 * np.pi) - np.pi)", "have a sign"),
        ("return np.diff(np.unwrap(np.arctan2(sin, cos)))", "does just what is asked"),
        ("return np.diff(np.arccos(cos))", "does not tell the side"),
        (CHANGES + "return difference % np.pi", "Whole turns"),
    ],
    "exercise 4": [
        (TURNING.replace("- s * before[:, 1]", "+ s * before[:, 1]").replace(
            "y = s *", "y = -s *"), "the same way"),
        (TURNING.replace("x = c * before[:, 0] - s * before[:, 1]", "x, y = before.T").replace(
            "    y = s * before[:, 0] + c * before[:, 1]\n", ""), "must be turned, too"),
        (TURNING.replace("    optimizer.zero_grad()\n", ""), "Gradients add up"),
        (TURNING.replace("optim.Adam", "optim.SGD"), "Adam is asked"),
        (TURNING.replace("encoder(shown), ", "encoder(shown).detach(), "), "cut no gradient"),
        (TURNING.replace("** 2).mean()", "** 2).sum()"), "not the sum"),
        (TURNING.replace("    optimizer.step()\n", ""), "does not change"),
        (TURNING.replace("images[rows[i]]", "images[rows[0]]"), "images[rows[i]]"),
        (TURNING.replace("return losses", "return losses[-1]"), "not the last alone"),
    ],
}  # fmt: skip

RIGHT = {
    "exercise 1": [
        CIRCLE + "return (first + second).var() / min(first.var(), second.var())",
        "squares = np.array([a * a, b * b])\n"
        "return np.var(squares.sum(axis=0)) / np.min(np.var(squares, axis=1))",
    ],
    "exercise 2": [
        WEIGH + "return gravity, mass",
        "return a / time_step * length / 1.5, 3 * time_step / b / length / length",
    ],
    "exercise 3": [
        CHANGES + "return (difference + np.pi) % (2 * np.pi) - np.pi",
        "d = np.diff(np.arctan2(sin, cos))\n"
        "return np.arctan2(np.sin(d), np.cos(d))",
    ],
    "exercise 4": [
        TURNING,
        "optimizer = torch.optim.Adam(encoder.parameters(), learning_rate)\n"
        "history = []\n"
        "for chosen, angle in zip(rows, angles):\n"
        "    both = encoder(torch.cat([images[chosen], turn(images[chosen], angle)]))\n"
        "    first, second = both.chunk(2)\n"
        "    first = torch.view_as_complex(first.contiguous()) * torch.exp(1j * angle)\n"
        "    loss = (torch.view_as_complex(second.contiguous()) - first).abs().square().mean()\n"
        "    optimizer.zero_grad()\n"
        "    loss.backward()\n"
        "    optimizer.step()\n"
        "    history.append(loss.item())\n"
        "return history",
    ],
}  # fmt: skip


def check(results):
    assert results["pair"] == [2, 3]
    assert results["pair_error"] < 1e-6 < 0.01 < results["next_error"]
    assert results["largest_error"] < 1e-5
    misses = results["misses"]
    assert misses["after it"] < 1e-4 < 0.01 < misses["mean"] < misses["before the step"]
    assert list(results["hidden_names"]) == ["phi1", "d_phi1"]
    assert results["last_loss"] < results["first_loss"]
    if results["profile"] != "smoke":  # a few updates have not learned anything yet
        assert results["angle_error"] < 0.01
        assert results["zeros_apart"] < 0.02
        assert results["learned_in"]["without a speed"] > -170
        assert results["learned_in"]["from pixels"] > -250
