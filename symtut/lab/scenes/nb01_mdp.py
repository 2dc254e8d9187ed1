"""Finite Markov decision processes and exact solvers for them.

The tuple is the paper's, (S, A, tau, rho, p0). States and actions are numbered from 0. A policy is
``(S,)`` whole numbers, one action a state, or ``(S, A)`` probabilities. Solvers after Puterman,
*Markov Decision Processes* (1994), chapter 6. NumPy only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from symtut.errors import InputError


@dataclass(frozen=True)
class FiniteMDP:
    """A world with S states and A actions.

    Parameters
    ----------
    tau : (S, A, S) array
        Transition probabilities: ``tau[s, a, t]`` is the chance that action a leads from s to t.
        With ``successors``, (S, A, K): the chances of K listed states only.
    rho : (S, A), or the shape of ``tau``
        Reward of an action in a state, or of a transition. Kept in the shape of ``tau``.
    p0 : (S,) array
        Distribution of the first state of an episode.
    successors : (S, A, K) whole numbers, optional
        The states that an action may lead to, where they are few: S can then be large.

    Raises
    ------
    InputError
        If shapes disagree, numbers are not finite, or probabilities do not sum to 1.
    """

    tau: np.ndarray
    rho: np.ndarray
    p0: np.ndarray
    successors: np.ndarray | None = None

    def __post_init__(self):
        tau, rho, p0 = (np.array(x, dtype=float) for x in (self.tau, self.rho, self.p0))
        if tau.ndim != 3 or not tau.size:
            raise InputError(f"tau must have three axes (S, A, S), not the shape {tau.shape}.")
        states = len(tau)
        if self.successors is None and tau.shape[2] != states:
            raise InputError(
                f"tau has the shape {tau.shape}, but {states} states need {states} "
                "probabilities for each action (or give successors)."
            )
        if rho.shape not in (tau.shape, tau.shape[:2]):
            raise InputError(f"rho has the shape {rho.shape}; give {tau.shape[:2]} or {tau.shape}.")
        if p0.shape != (states,):
            raise InputError(f"p0 has the shape {p0.shape}, but there are {states} states.")
        if not np.isfinite(rho).all():
            raise InputError("rho has entries that are not finite numbers.")
        for name, table in (("tau", tau), ("p0", p0)):
            off = np.abs(table.sum(-1) - 1).max()
            if not (table.min() >= 0 and off < 1e-6):
                raise InputError(
                    f"{name} is no table of probabilities: its rows must be at least 0 "
                    f"and sum to 1 (smallest entry {table.min():g}, a sum off by {off:g})."
                )
        if rho.ndim == 2:
            rho = np.broadcast_to(rho[..., None], tau.shape)
        arrays = {"tau": tau, "rho": rho, "p0": p0}
        if self.successors is not None:
            arrays["successors"] = listed = np.array(self.successors)
            if listed.shape != tau.shape or listed.dtype.kind not in "iu":
                raise InputError(f"successors must be whole numbers of the shape {tau.shape}.")
            if listed.min() < 0 or listed.max() >= states:
                raise InputError(f"successors must lie between 0 and {states - 1}.")
        for name, array in arrays.items():
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def n_states(self) -> int:
        return self.tau.shape[0]

    @property
    def n_actions(self) -> int:
        return self.tau.shape[1]

    @cached_property
    def reward(self) -> np.ndarray:
        """(S, A) expected reward of an action."""
        return (self.tau * self.rho).sum(-1)

    @cached_property
    def terminal(self) -> np.ndarray:
        """(S,) bool: states that no action leaves and that pay nothing. Episodes end there."""
        own = np.arange(self.n_states)[:, None, None]
        listed = np.arange(self.n_states) if self.successors is None else self.successors
        stays = np.where(listed == own, self.tau, 0).sum(-1)
        return (stays > 1 - 1e-9).all(-1) & (self.reward == 0).all(-1)

    @cached_property
    def _cumulative(self) -> np.ndarray:
        return np.cumsum(self.tau, axis=-1)

    def expected_next(self, values: np.ndarray) -> np.ndarray:
        """(S,) values -> (S, A) mean value of the next state."""
        if self.successors is None:
            return self.tau @ values
        return (self.tau * values[self.successors]).sum(-1)

    def under(self, policy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Transition matrix (S, S) and expected reward (S,) when actions come from a policy."""
        chosen = action_probabilities(policy, self.n_actions)
        matrix = np.zeros((self.n_states, self.n_states))
        if self.successors is None:
            matrix[:] = (chosen[..., None] * self.tau).sum(1)
        else:
            rows = np.broadcast_to(np.arange(self.n_states)[:, None, None], self.tau.shape)
            np.add.at(matrix, (rows, self.successors), chosen[..., None] * self.tau)
        return matrix, (chosen * self.reward).sum(1)

    def start(self, generator: np.random.Generator) -> int:
        """A first state, drawn from p0."""
        return int(generator.choice(self.n_states, p=self.p0))

    def step(
        self, state: int, action: int, generator: np.random.Generator
    ) -> tuple[int, float, bool]:
        """One transition: next state, reward, and whether the episode has terminated there."""
        cumulative = self._cumulative[state, action]
        k = int(np.searchsorted(cumulative, generator.random() * cumulative[-1], side="right"))
        following = k if self.successors is None else int(self.successors[state, action, k])
        return following, float(self.rho[state, action, k]), bool(self.terminal[following])


# ---- policies and episodes ----------------------------------------------------------------------


def action_probabilities(policy: np.ndarray, n_actions: int) -> np.ndarray:
    """(S,) actions or (S, A) probabilities -> (S, A) probabilities."""
    policy = np.asarray(policy)
    return np.eye(n_actions)[policy] if policy.ndim == 1 else policy


@dataclass(frozen=True)
class Episode:
    """What was seen: T + 1 states, T actions and rewards, and how it ended.

    ``terminated``: the world itself ended. False: it was cut off after the allowed steps.
    """

    states: np.ndarray  # (T + 1,)
    actions: np.ndarray  # (T,)
    rewards: np.ndarray  # (T,)
    terminated: bool


def sample_episode(
    mdp: FiniteMDP, policy: np.ndarray, horizon: int, generator: np.random.Generator
) -> Episode:
    """Play one episode of at most ``horizon`` steps."""
    cumulative = np.cumsum(action_probabilities(policy, mdp.n_actions), axis=1)
    states, actions, rewards = [mdp.start(generator)], [], []
    terminated = bool(mdp.terminal[states[0]])
    while not terminated and len(actions) < horizon:
        row = cumulative[states[-1]]
        action = int(np.searchsorted(row, generator.random() * row[-1], side="right"))
        following, reward, terminated = mdp.step(states[-1], action, generator)
        states.append(following)
        actions.append(action)
        rewards.append(reward)
    return Episode(np.array(states), np.array(actions, int), np.array(rewards), terminated)


# ---- exact solvers ------------------------------------------------------------------------------


def q_from_v(mdp: FiniteMDP, values: np.ndarray, gamma: float) -> np.ndarray:
    """(S,) values of states -> (S, A) values of actions: reward plus discounted value ahead."""
    return mdp.reward + gamma * mdp.expected_next(values)


def greedy(mdp: FiniteMDP, values: np.ndarray, gamma: float) -> np.ndarray:
    """(S,) best actions if ``values`` were right. Of equally good ones the first."""
    q = q_from_v(mdp, values, gamma)
    # Ties in exact arithmetic must not be broken by the last digit of a sum.
    return (q >= q.max(1, keepdims=True) - 1e-10).argmax(1)


def value_sweeps(
    mdp: FiniteMDP, gamma: float, start: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Value iteration, sweep by sweep, without end: first ``start`` (default zeros), then on."""
    values = np.zeros(mdp.n_states) if start is None else np.array(start, dtype=float)
    while True:
        yield values
        values = q_from_v(mdp, values, gamma).max(1)


def value_iteration(
    mdp: FiniteMDP, gamma: float, tolerance: float = 1e-8, start: np.ndarray | None = None
) -> tuple[np.ndarray, int]:
    """Optimal values (S,) to within ``tolerance``, and the number of sweeps.

    A sweep brings values closer by the factor gamma at least, so the last change bounds the error.
    """
    _check_discount(gamma)
    sweeps = value_sweeps(mdp, gamma, start)
    before = next(sweeps)
    for sweep, values in enumerate(sweeps, 1):
        if gamma * np.abs(values - before).max() <= tolerance * (1 - gamma):
            return values, sweep
        before = values
    raise AssertionError("value_sweeps never ends")


def policy_values(mdp: FiniteMDP, policy: np.ndarray, gamma: float) -> np.ndarray:
    """(S,) values of a policy: the solution of (1 - gamma P) V = r."""
    _check_discount(gamma)
    matrix, reward = mdp.under(policy)
    return np.linalg.solve(np.eye(mdp.n_states) - gamma * matrix, reward)


def _check_discount(gamma: float) -> None:
    if not 0 <= gamma < 1:
        raise InputError(f"gamma is {gamma}; it must be at least 0 and less than 1.")
