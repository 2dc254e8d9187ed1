"""Finite MDPs: the solvers against brute force, linear programming and simulation."""

import itertools

import numpy as np
import pytest
from scipy.optimize import linprog

from symtut.errors import InputError
from symtut.lab.scenes.nb01_mdp import (
    FiniteMDP,
    greedy,
    policy_values,
    q_from_v,
    sample_episode,
    value_iteration,
    value_sweeps,
)


def random_mdp(seed, states=4, actions=3):
    generator = np.random.default_rng(seed)
    tau = generator.dirichlet(np.full(states, 0.5), (states, actions))
    return FiniteMDP(tau, generator.normal(size=tau.shape), np.full(states, 1 / states))


def listed(mdp):
    """The same world with its successors listed, in a shuffled order."""
    order = np.random.default_rng(0).permutation(mdp.n_states)
    successors = np.broadcast_to(order, mdp.tau.shape)
    return FiniteMDP(mdp.tau[..., order], mdp.rho[..., order], mdp.p0, successors)


def ends(reward=1.0):
    """Two states: the first pays and goes on with chance 0.75, the second is the end."""
    tau = np.array([[[0.75, 0.25]], [[0.0, 1.0]]])
    return FiniteMDP(tau, np.array([[reward], [0.0]]), np.array([1.0, 0.0]))


def optimal_values(mdp, gamma):
    """Those of the best policy, by linear equations: right to rounding."""
    values, _ = value_iteration(mdp, gamma, tolerance=1e-9)
    return policy_values(mdp, greedy(mdp, values, gamma), gamma)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("gamma", [0.0, 0.6, 0.95])
def test_optimal_values_are_the_best_of_all_policies(seed, gamma):
    mdp = random_mdp(seed)
    every = itertools.product(range(mdp.n_actions), repeat=mdp.n_states)
    best = np.max([policy_values(mdp, np.array(policy), gamma) for policy in every], axis=0)
    values, _ = value_iteration(mdp, gamma, tolerance=1e-10)
    np.testing.assert_allclose(values, best, atol=1e-9)
    policy = greedy(mdp, values, gamma)
    np.testing.assert_allclose(policy_values(mdp, policy, gamma), best, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_optimal_values_solve_the_linear_program(seed):
    """The smallest V that no action beats (Puterman, section 6.9)."""
    mdp, gamma = random_mdp(seed, states=7, actions=4), 0.9
    rows = [
        gamma * mdp.tau[s, a] - np.eye(7)[s] for s in range(7) for a in range(4)
    ]  # gamma tau V - V <= -r
    reward = (mdp.tau * mdp.rho).sum(-1).ravel()
    found = linprog(np.ones(7), A_ub=np.array(rows), b_ub=-reward, bounds=(None, None))
    np.testing.assert_allclose(value_iteration(mdp, gamma, 1e-10)[0], found.x, atol=1e-7)


def test_tolerance_is_kept():
    mdp = random_mdp(5)
    exact = optimal_values(mdp, 0.99)
    for tolerance in (1.0, 1e-2, 1e-5):
        assert np.abs(value_iteration(mdp, 0.99, tolerance)[0] - exact).max() <= tolerance


def test_sweeps_begin_where_they_are_told_and_contract():
    mdp = random_mdp(1)
    start = np.array([3.0, -2.0, 0.0, 9.0])
    exact = optimal_values(mdp, 0.8)
    sweeps = list(itertools.islice(value_sweeps(mdp, 0.8, start), 30))
    np.testing.assert_array_equal(sweeps[0], start)
    off = np.array([np.abs(values - exact).max() for values in sweeps])
    assert (off[1:] <= 0.8 * off[:-1] + 1e-12).all()
    np.testing.assert_array_equal(next(value_sweeps(mdp, 0.8)), np.zeros(4))


def test_values_of_a_policy_are_mean_returns_of_its_episodes():
    mdp, gamma = random_mdp(2), 0.7
    policy = np.random.default_rng(3).dirichlet(np.ones(3), 4)
    generator = np.random.default_rng(4)
    returns = []
    for _ in range(4000):
        episode = sample_episode(mdp, policy, 40, generator)
        returns.append(episode.rewards @ gamma ** np.arange(40))
        assert len(episode.states) == 41 and not episode.terminated
    error = np.std(returns) / np.sqrt(len(returns))
    assert abs(np.mean(returns) - mdp.p0 @ policy_values(mdp, policy, gamma)) < 4 * error


def test_episodes_end_where_the_world_does():
    mdp, generator = ends(), np.random.default_rng(0)
    assert mdp.terminal.tolist() == [False, True]
    episodes = [sample_episode(mdp, np.array([0, 0]), 1000, generator) for _ in range(3000)]
    assert all(e.terminated and e.states[-1] == 1 for e in episodes)
    assert np.mean([len(e.actions) for e in episodes]) == pytest.approx(4, abs=0.3)  # geometric
    short = [sample_episode(mdp, np.array([0, 0]), 2, generator) for _ in range(2000)]
    assert np.mean([not e.terminated for e in short]) == pytest.approx(0.75**2, abs=0.05)
    assert value_iteration(mdp, 0.9)[0][0] == pytest.approx(1 / (1 - 0.9 * 0.75))


def test_an_absorbing_state_that_pays_is_no_end():
    assert not FiniteMDP(np.ones((1, 1, 1)), np.ones((1, 1)), np.ones(1)).terminal.any()


@pytest.mark.parametrize("seed", range(2))
def test_listed_successors_make_the_same_world(seed):
    mdp = random_mdp(seed)
    same, values = listed(mdp), np.arange(4.0)
    np.testing.assert_allclose(q_from_v(same, values, 0.9), q_from_v(mdp, values, 0.9))
    policy = np.array([0, 2, 1, 0])
    for a, b in zip(same.under(policy), mdp.under(policy), strict=True):
        np.testing.assert_allclose(a, b)
    ended = listed(ends())
    assert ended.terminal.tolist() == [False, True]
    seen = [ended.step(0, 0, np.random.default_rng(k))[0] for k in range(400)]
    assert np.mean(seen) == pytest.approx(0.25, abs=0.08)


def test_rewards_of_actions_and_of_transitions():
    tau = np.array([[[0.5, 0.5]], [[0.0, 1.0]]])
    by_transition = FiniteMDP(tau, [[[2.0, 4.0]], [[0.0, 1.0]]], [1, 0])
    np.testing.assert_allclose(by_transition.reward, [[3.0], [1.0]])
    by_action = FiniteMDP(tau, [[3.0], [1.0]], [1, 0])
    assert by_action.rho.shape == tau.shape
    np.testing.assert_allclose(by_action.reward, by_transition.reward)
    rewards = {by_transition.step(0, 0, np.random.default_rng(k))[:2] for k in range(30)}
    assert rewards == {(0, 2.0), (1, 4.0)}


def test_ties_go_to_the_first_action():
    mdp = FiniteMDP(np.ones((1, 3, 1)), [[0.1 + 0.2, 0.3, 0.3 + 1e-13]], [1.0])
    assert greedy(mdp, np.zeros(1), 0.5).tolist() == [0]


def test_arrays_cannot_be_changed_afterwards():
    table = np.ones((1, 1, 1))
    mdp = FiniteMDP(table, np.ones((1, 1)), np.ones(1))
    table[:] = 7  # the caller's own array stays writable, and is another one
    assert mdp.tau[0, 0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        mdp.tau[0, 0, 0] = 0


GOOD = {"tau": np.full((2, 1, 2), 0.5), "rho": np.zeros((2, 1)), "p0": np.array([1.0, 0.0])}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tau": np.ones((2, 2))}, "three axes"),
        ({"tau": np.full((2, 1, 3), 1 / 3)}, "2 states need 2"),
        ({"rho": np.zeros((2, 2))}, r"rho has the shape \(2, 2\)"),
        ({"rho": np.array([[np.nan], [0.0]])}, "not finite"),
        ({"p0": np.ones(3) / 3}, "2 states"),
        ({"p0": np.array([0.5, 0.6])}, "p0 is no table of probabilities"),
        ({"tau": np.array([[[1.5, -0.5]], [[0.5, 0.5]]])}, "at least 0"),
        ({"tau": np.full((2, 1, 2), np.nan)}, "tau is no table"),
        ({"successors": np.zeros((2, 1, 3), int)}, "whole numbers of the shape"),
        ({"successors": np.zeros((2, 1, 2))}, "whole numbers"),
        ({"successors": np.full((2, 1, 2), 2)}, "between 0 and 1"),
    ],
)
def test_impossible_worlds_are_refused(change, words):
    FiniteMDP(**GOOD)
    with pytest.raises(InputError, match=words):
        FiniteMDP(**GOOD | change)


@pytest.mark.parametrize("gamma", [1.0, -0.1, np.nan])
def test_discounts_outside_their_range_are_refused(gamma):
    for solve in (
        lambda: value_iteration(ends(), gamma),
        lambda: policy_values(ends(), np.zeros(2, int), gamma),
    ):
        with pytest.raises(InputError, match="gamma"):
            solve()
