"""The exercises of notebook 03."""

import numpy as np
import torch

from symtut.lab.exercises.kinds import Function
from symtut.tasks import make_task


def exercise_1() -> Function:
    """The planning update."""

    def reference(q, model, pairs, best=lambda q, c, after: max(q[after]), stop=True, rate=0.5):
        q = [list(map(float, row)) for row in q]
        for (cell, action), (reward, after, ended) in ((pair, model[pair]) for pair in pairs):
            ahead = 0.0 if ended and stop else best(q, cell, after)
            q[cell][action] = (1 - rate) * q[cell][action] + rate * (reward + ahead)
        return np.array(q)

    def from_the_old_table(q, model, pairs):
        new = q.copy()
        for pair in pairs:
            new[pair] = reference(q, model, [pair])[pair]
        return new

    table = np.array(
        [[0.0, -2.0, -3.0, -4.0], [-5.0, -1.0, -7.0, -8.0], [-9.0, -6.0, -2.125, -3.0]]
    )
    memory = {(0, 1): (-1.0, 1, False), (1, 2): (-1.0, 2, True), (1, 1): (-2.0, 0, False)}
    return Function(
        reference,
        cases=[
            (table, memory, [(0, 1)]),
            (table, memory, [(1, 2)]),
            (table, memory, [(1, 1), (0, 1)]),
            (table, memory, [(0, 1), (1, 1), (0, 1), (1, 2)]),
            (np.array([[1.0, 5.0], [-3.0, 2.0]]), {(1, 0): (4.0, 0, False)}, [(1, 0)]),
        ],
        mistakes=[
            (
                lambda *x: reference(*x, stop=False),
                "Nothing comes after the end: no maximum there.",
            ),
            (
                lambda *x: reference(*x, best=lambda q, c, after: max(q[c])),
                "The maximum is over the moves from the next cell, not from the present one.",
            ),
            (
                lambda *x: reference(*x, best=lambda q, c, after: sum(q[after]) / len(q[after])),
                "Q-learning takes the best move of the next cell, not the mean of its moves.",
            ),
            (lambda *x: reference(*x, rate=1.0), "Go half the way only: α = 0.5."),
            (
                from_the_old_table,
                "One after the other: the second update sees what the first has changed.",
            ),
            (
                lambda q, model, pairs: reference(q, model, pairs[::-1]),
                "In the order of the list: the first pair first.",
            ),
        ],
        hint="target = reward + max of the next cell's row (not where it ended); go half the way.",
        may_change=["q"],
    )


def exercise_2() -> Function:
    """Disagreement."""

    def spread_of(parts, scale):  # (M, B, S) -> (B,), by pairs: var = mean squared distance / 2
        pairs = (parts[:, None] - parts[None]).square().mean((0, 1)) / 2
        return ((pairs / scale**2).sum(1) / parts.shape[2]).sqrt()

    def short_way(next_states, state):
        off = next_states - state
        return torch.stack([torch.atan2(off[..., 0].sin(), off[..., 0].cos()), off[..., 1]], -1)

    def reference(next_states, state, scale):
        return spread_of(short_way(next_states, state), scale)

    def mean_of_deviations(next_states, state, scale):
        return (short_way(next_states, state).std(0, correction=0) / scale).mean(1)

    units = torch.tensor([1.5, 3.0])
    mid = torch.tensor([[0.1, 1.0], [3.14, 2.0], [-3.13, -1.0]])
    off = 0.1 * torch.randn(5, 3, 2, generator=torch.Generator().manual_seed(2))
    two = torch.tensor([[[0.3, 1.0]], [[0.1, 3.0]]])
    return Function(
        reference,
        cases=[
            (two, mid[:1], torch.tensor([1.0, 1.0])),
            (two, mid[:1], torch.tensor([0.5, 4.0])),
            (torch.tensor([[[3.1, 2.0]], [[-2.9, 2.0]]]), mid[1:2], torch.tensor([0.1, 1.0])),
            (make_task("pendulum").advance(mid, off), mid, units),
        ],
        mistakes=[
            (
                lambda n, s, c: spread_of(n, c),
                "Take it of the increments: at the seam, 3.14 and −3.14 are neighbours.",
            ),
            (
                lambda n, s, c: reference(n, s, torch.ones(2)),
                "Divide each coordinate by its unit: radians and rad/s do not add.",
            ),
            (
                lambda n, s, c: reference(n, s, c) * len(n) ** 0.5 / (len(n) - 1) ** 0.5,
                "Divide by the number of members, not by one less (correction=0).",
            ),
            (
                mean_of_deviations,
                "The root mean square over coordinates: square first, then mean, then root.",
            ),
            (
                lambda n, s, c: reference(n, s, c) * 2**0.5,
                "The root mean square over coordinates: a mean of squares, not a sum.",
            ),
            (lambda n, s, c: reference(n, s, c) ** 2, "The root is missing."),
        ],
        hint="Increments, standard deviation over the members, divide by scale, root mean square.",
        rtol=1e-4,
        atol=1e-5,
    )


def exercise_3() -> Function:
    """The error at a lead."""

    def squares(
        predict, difference, states, actions, lead, first=None, look=False, same=False
    ):  # fmt: skip
        found = []
        for begin in range(len(actions) - lead + 1)[:first]:
            state = states[begin]
            for k in range(begin, begin + lead):
                state = states[k] if look else state
                state = predict(state[None], actions[begin if same else k][None])[0]
            found.append(difference(state[None], states[begin + lead][None])[0] ** 2)
        return torch.stack(found)

    def reference(predict, difference, states, actions, lead):
        windows = actions.unfold(0, lead, 1).movedim(-1, 0)  # (lead, starts, A)
        state = states[: windows.shape[1]]
        for action in windows:  # all starts together: the notebook may have to wait for this
            state = predict(state, action)
        off = difference(state, states[lead:])
        return (off**2).sum().div(off.numel()) ** 0.5

    def half_way(state, action):
        return 0.5 * state + action

    def plain(a, b):
        return a - b

    def round_way(a, b):  # a full turn is 2
        return 3 * (torch.remainder(a - b + 1, 2) - 1)

    path = torch.cumsum(torch.randn(9, 2, generator=torch.Generator().manual_seed(3)), 0)
    pushes = torch.linspace(-1, 2, 16).reshape(8, 2)
    states = torch.tensor([[0.0], [2.0], [1.0], [-4.0]])
    actions = torch.tensor([[1.0], [0.0], [-1.0]])
    return Function(
        reference,
        cases=[
            (half_way, plain, states, actions, 1),
            (half_way, plain, states, actions, 2),
            (half_way, plain, states, actions, 3),
            (half_way, plain, path, pushes, 3),
            (half_way, round_way, path, pushes, 8),
        ],
        mistakes=[
            (
                lambda f, _, *x: reference(f, plain, *x),
                "Use the difference that is given: it knows about angles and units.",
            ),
            (
                lambda *x: squares(*x, look=True).mean() ** 0.5,
                "That looks at reality at each step: it is the error of one step, at any lead.",
            ),
            (
                lambda *x: squares(*x, first=1).mean() ** 0.5,
                "Use every start, not only the first state.",
            ),
            (
                lambda *x: squares(*x, first=len(x[3]) - x[4] or 1).mean() ** 0.5,
                "The last start is missing: there are T + 1 − lead of them.",
            ),
            (
                lambda *x: squares(*x, same=True).mean() ** 0.5,
                "Step k needs the action k steps after the start.",
            ),
            (lambda *x: squares(*x).mean(), "The root is missing."),
            (
                lambda *x: (squares(*x).mean(1) ** 0.5).mean(),
                "First the mean over all starts, then the root.",
            ),
            (
                lambda *x: (squares(*x) ** 0.5).mean(),
                "That is the mean absolute error; square, mean, root.",
            ),
        ],
        hint="T + 1 − lead starts in one batch; each step feeds the prediction back.",
    )


def exercise_4() -> Function:
    """A batch of branches."""

    names = ("state", "action", "reward", "next_state", "ended")

    def steps_of(
        predict, act, reward, ended, starts, length,
        *, go_on=False, drop=False, cut=False, again=False, told=lambda s, t, over: over,
        paid=lambda of, s, a, t: of(s, a, t),
    ):  # fmt: skip
        steps = [[] for _ in range(length)]
        for state in starts.split(1):
            origin = state
            for k in range(length):
                state = origin if again else state
                action = act(state)
                after = predict(state, action)
                over = bool(ended(after)[0])
                flag = float(told(ended(state)[0], after, over or (cut and k == length - 1)))
                if not (drop and over):
                    earned = paid(reward, state, action, after)[:, None]
                    steps[k].append((state, action, earned, after, torch.tensor([[flag]])))
                if over and not go_on:
                    break
                state = after
        return steps

    def rows_of(steps):
        rows = [row for step in steps for row in step]
        columns = zip(*rows, strict=True)
        return {name: torch.cat(column) for name, column in zip(names, columns, strict=True)}

    def reference(predict, act, reward, ended, starts, length):
        steps, state = [], starts
        while len(steps) < length and len(state):
            action = act(state)
            after = predict(state, action)
            over = ended(after).reshape(-1, 1)
            paid = reward(state, action, after).reshape(-1, 1)
            steps.append((state, action, paid, after, over.float()))
            state = after[over[:, 0].logical_not()]
        return rows_of([steps])

    def branch_by_branch(*x):
        predict, act, reward, ended, starts, length = x
        found = [reference(predict, act, reward, ended, s, length) for s in starts.split(1)]
        return {name: torch.cat([part[name] for part in found]) for name in names}

    def variant(**options):
        return lambda *x: rows_of(steps_of(*x, **options))

    def price(state, action, after):
        return state[:, 0] + 10 * action[:, 0] - 0.5 * after[:, 0]

    def other_price(state, action, after):
        return 3 * after.sum(1) - action[:, 0]

    def grow(state, action):
        return state + action

    def beyond(state):
        return state[:, 0] > 3.5

    return Function(
        reference,
        cases=[
            (grow, torch.ones_like, price, beyond, torch.tensor([[0.0], [1.0]]), 2),
            (grow, torch.ones_like, price, beyond, torch.tensor([[3.0], [0.0]]), 2),
            (grow, torch.ones_like, price, beyond, torch.tensor([[0.0], [3.0], [2.0], [1.5]]), 3),
            (
                grow, torch.sign, other_price, beyond,
                torch.tensor([[3.2, 1.0], [-1.0, 2.0], [2.9, 0.5]]), 4,
            ),
            (grow, torch.ones_like, price, beyond, torch.tensor([[2.0], [2.125]]), 4),
        ],
        mistakes=[
            (
                variant(cut=True),
                "A branch that is cut off has not ended: SAC must go on to value its last state.",
            ),
            (variant(go_on=True), "A branch that has ended must not go on."),
            (
                variant(drop=True),
                "Store the transition that ends a branch: it is what tells SAC about the end.",
            ),
            (variant(again=True, go_on=True), "Each step starts where the last one led."),
            (
                variant(told=lambda before, after, over: False),
                "Mark the transition that ended the episode with 1.",
            ),
            (
                variant(told=lambda before, after, over: before),
                "Ask of the next state whether the episode has ended.",
            ),
            (
                variant(told=lambda before, after, over: not over),
                "Mark what has ended with 1 and the rest with 0, not the other way round.",
            ),
            (
                variant(paid=lambda of, s, a, t: of(t, a, s)),
                "reward takes the state before the step, the action, the state after it.",
            ),
            (branch_by_branch, "Step by step: first the first steps of all branches."),
        ],
        hint="Store five columns of the running branches, then drop the ended ones.",
    )  # fmt: skip
