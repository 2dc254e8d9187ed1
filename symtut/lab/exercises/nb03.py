"""The exercises of notebook 03."""

import numpy as np
import torch

from symtut.experiments.config import RunConfig
from symtut.lab.exercises.kinds import Function, Value
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
    """The negative log-likelihood."""
    normal = torch.distributions.Normal
    constant = np.log(2 * np.pi)

    def reference(mean, log_variance, y):
        return -normal(mean, (0.5 * log_variance).exp()).log_prob(y)

    return Function(
        reference,
        cases=[
            (torch.tensor([0.0]), torch.tensor([0.0]), torch.tensor([1.0])),
            (torch.tensor([1.0, -2.0]), torch.tensor([2.0, -4.0]), torch.tensor([0.5, -2.0])),
            tuple(torch.randn(3, 6, 2, generator=torch.Generator().manual_seed(1))),
        ],
        mistakes=[
            (lambda m, v, y: -reference(m, v, y), "That is +log: turn the sign."),
            (
                lambda m, v, y: 0.5 * ((y - m) ** 2 / v.exp() + v),
                "The constant ½ log 2π is missing.",
            ),
            (
                lambda m, v, y: reference(m, 2 * v, y),
                "log_variance is log σ², so its exponential is σ² and not σ.",
            ),
            (
                lambda m, v, y: 0.5 * ((y - m) ** 2 / v.exp() + constant),
                "Without log σ² in the loss, the network would make σ infinite and be done.",
            ),
            (lambda m, v, y: 2 * reference(m, v, y), "Half of it all: the density has a root."),
        ],
        hint="Half of: squared error over variance, plus log-variance, plus log 2π.",
        gradients=["mean", "log_variance"],
        rtol=1e-4,
        atol=1e-6,
    )


def exercise_3() -> Function:
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


def exercise_4() -> Function:
    """The error at a lead."""

    def squares(predict, states, actions, lead, first=None, look=False, same=False):
        found = []
        for begin in range(len(actions) - lead + 1)[:first]:
            state = states[begin]
            for k in range(begin, begin + lead):
                state = states[k] if look else state
                state = predict(state[None], actions[begin if same else k][None])[0]
            found.append((state - states[begin + lead]) ** 2)
        return torch.stack(found)

    def reference(predict, states, actions, lead):
        return squares(predict, states, actions, lead).mean() ** 0.5

    def half_way(state, action):
        return 0.5 * state + action

    path = torch.cumsum(torch.randn(9, 2, generator=torch.Generator().manual_seed(3)), 0)
    pushes = torch.linspace(-1, 2, 16).reshape(8, 2)
    states = torch.tensor([[0.0], [2.0], [1.0], [-4.0]])
    actions = torch.tensor([[1.0], [0.0], [-1.0]])
    return Function(
        reference,
        cases=[
            (half_way, states, actions, 1),
            (half_way, states, actions, 2),
            (half_way, states, actions, 3),
            (half_way, path, pushes, 3),
            (half_way, path, pushes, 8),
        ],
        mistakes=[
            (
                lambda *x: squares(*x, look=True).mean() ** 0.5,
                "That looks at reality at each step: it is the error of one step, at any lead.",
            ),
            (
                lambda *x: squares(*x, first=1).mean() ** 0.5,
                "Use every start, not only the first state.",
            ),
            (
                lambda *x: squares(*x, first=len(x[2]) - x[3] or 1).mean() ** 0.5,
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


def exercise_5() -> Value:
    """Bookkeeping."""
    settings = RunConfig.make("pendulum", "mbpo", 1000, 0).loop
    made = float(settings.updates_per_step * settings.imagined_per_update)
    return Value(
        np.array([made, made / int(settings.rollout_length)]),
        mistakes=[
            ((20.0, 1.0), "That is for each update; there are 20 updates to a real step."),
            ((400.0, 8000.0), "A branch holds 20 transitions: divide, do not multiply."),
            (
                (400.0, 400.0),
                "400 rollouts run side by side, but each lasts twenty steps: it takes twenty real "
                "steps' worth of transitions to finish them all.",
            ),
            ((20.0, 400.0), "The other way round: the transitions first, then the branches."),
        ],
        hint="Real step → updates → imagined transitions → branches of rollout_length transitions.",
    )


def exercise_6() -> Function:
    """A batch of branches."""

    def steps_of(f, act, ended, starts, length, go_on=False, drop=False, cut=False, again=False):
        steps = [[] for _ in range(length)]
        for state in starts:
            origin = state
            for k in range(length):
                state = origin if again else state
                after = f(state[None], act(state[None]))[0]
                over = bool(ended(after[None])[0])
                flag = float(over or (cut and k == length - 1))
                if not (drop and over):
                    steps[k].append((state, after, torch.tensor([flag])))
                if over and not go_on:
                    break
                state = after
        return steps

    def rows_of(steps):
        return torch.stack([torch.cat(row) for step in steps for row in step])

    def reference(predict, act, ended, starts, length):
        return rows_of(steps_of(predict, act, ended, starts, length))

    def branch_by_branch(predict, act, ended, starts, length):
        return torch.cat([reference(predict, act, ended, s[None], length) for s in starts])

    def never_marked(predict, act, ended, starts, length):
        steps = steps_of(predict, act, ended, starts, length)
        return rows_of([[(s, t, 0 * flag) for s, t, flag in step] for step in steps])

    def marked_before(predict, act, ended, starts, length):
        steps = steps_of(predict, act, ended, starts, length)
        return rows_of([[(s, t, 1.0 * ended(s[None])) for s, t, _ in step] for step in steps])

    def grow(state, action):
        return state + action

    def beyond(state):
        return state[:, 0] > 3.5

    return Function(
        reference,
        cases=[
            (grow, torch.ones_like, beyond, torch.tensor([[0.0], [1.0]]), 2),
            (grow, torch.ones_like, beyond, torch.tensor([[3.0], [0.0]]), 2),
            (grow, torch.ones_like, beyond, torch.tensor([[0.0], [3.0], [2.0], [1.5]]), 3),
            (grow, torch.sign, beyond, torch.tensor([[3.2, 1.0], [-1.0, 2.0], [2.9, 0.5]]), 4),
            (grow, torch.ones_like, beyond, torch.tensor([[2.0], [2.125]]), 4),
        ],
        mistakes=[
            (
                lambda *x: rows_of(steps_of(*x, cut=True)),
                "A branch that is cut off has not ended: SAC must go on to value its last state.",
            ),
            (
                lambda *x: rows_of(steps_of(*x, go_on=True)),
                "A branch that has ended must not go on.",
            ),
            (
                lambda *x: rows_of(steps_of(*x, drop=True)),
                "Store the transition that ends a branch: it is what tells SAC about the end.",
            ),
            (
                lambda *x: rows_of(steps_of(*x, again=True)),
                "Each step starts where the last one led.",
            ),
            (never_marked, "Mark the transition that ended the episode with 1."),
            (marked_before, "Ask of the next state whether the episode has ended."),
            (branch_by_branch, "Step by step: first the first steps of all branches."),
        ],
        hint="Store (state, next state, ended) of the running branches, then drop the ended ones.",
    )
