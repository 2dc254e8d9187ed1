"""A task from real transitions: state map, reward and end, with nothing written by hand.

In this order, for each needs what stands before it: angles, constants and bounds (read off, in
:mod:`symtut.tasks.state_map`); velocities that are missing; observations that are functions of the
others; the reward; the end of an episode; stops beyond which another law holds. What is found is
described in words and formulas, and so is what is not.
"""

import warnings
from dataclasses import replace

import numpy as np

from symtut.errors import InputError
from symtut.regression import SymbolicRegressor
from symtut.tasks.discovered import DiscoveredTask, Discovery
from symtut.tasks.observed import ObservedTask
from symtut.tasks.state_map import (
    Coordinate,
    Limit,
    coordinates_of,
    differences,
    end_limits,
    features_of,
    states_of,
    stop_limits,
)
from symtut.tasks.transitions import Transitions
from symtut.world_models.findings import described
from symtut.world_models.found_reward import bonus_at_end, find_reward_formula
from symtut.world_models.sums import MOST_OUTSIDE, FoundSum, find_sum

DERIVED = 2e-5
"""Share of an observation's variance that may be left over where it is a function of the others:
a noise of a few thousandths of its spread."""

ALIKE = 1e-8
"""Share of it below which nothing more is worth a term: simulators compute such observations at
another stage of their integrator."""

UNDETERMINED, _GAIN = 0.01, 0.01
"""A last increment joins the state where the present leaves over more than the first share of the
next one, and both together less than the second share of that."""

LAW, APART = 1e-5, 0.02
"""Share of an increment's variance that a law may leave over on the steps that follow it, and the
error, in spreads of the increment, from which on a step follows another one."""

FEWEST = 20


def discovered_task(
    env_id: str, seen: Transitions, proposer: str = "transformer+sparse", seed: int = 0
) -> DiscoveredTask:
    """The task that real transitions of ``env_id`` show.

    Parameters
    ----------
    env_id : str
        Gymnasium's name of the environment.
    seen : Transitions
        In time order, the state being the observation as it is
        (:class:`~symtut.tasks.observed.ObservedTask`).
    proposer : str
        The ``method`` of the regressor that is asked for the reward where no short sum explains it.
    seed : int
        Of that regressor.

    Raises
    ------
    InputError
        If there is no such environment, the transitions are too few, or they are another
        environment's.
    """
    observed = ObservedTask(env_id)
    if seen.state.shape[1] != observed.observation_size:
        raise InputError(
            f"the transitions have {seen.state.shape[1]} observations and '{env_id}' has "
            f"{observed.observation_size}: give those of this environment."
        )
    needed = max(FEWEST, 2 * (observed.observation_size + observed.action_size))
    if len(seen) < needed:
        raise InputError(
            f"{len(seen)} transitions tell too little of '{env_id}': take at least {needed} "
            "random steps."
        )
    low, high = observed.state_low, observed.state_high
    coordinates = coordinates_of(seen, low, high, set())
    moving = _missing(coordinates, seen)
    if moving:
        seen = _with_differences(moving, seen)
        more = np.full(len(moving), np.inf)
        low, high = np.concatenate([low, -more]), np.concatenate([high, more])
        coordinates = _named(coordinates_of(seen, low, high, set()), moving, len(low))
    derived = _derived(coordinates, seen)
    coordinates = [c for c in coordinates if c.columns[0] not in derived]
    coordinates, reward = find_reward_formula(coordinates, sorted(derived), seen, proposer, seed)
    state = states_of(coordinates, seen.state)
    after = features_of(coordinates, sorted(derived), seen.next_state)
    ends, missed = end_limits(after, seen.terminated)
    stops, inputs = _laws(coordinates, seen)
    found = Discovery(
        env_id=env_id,
        coordinates=tuple(coordinates),
        derived={k: s.formula for k, s in derived.items()},
        reward=reward.formula,
        lowest_reward=float(seen.reward.min()),
        reward_left_over=max(reward.left_over, 0.0),
        bonus_at_end=bonus_at_end(reward.formula, coordinates, sorted(derived), seen),
        ends=tuple(ends),
        stops=tuple(stops),
        inputs=inputs,
        differences=tuple(moving),
        seen_low=tuple(map(float, state.min(0))),
        seen_high=tuple(map(float, state.max(0))),
    )
    return DiscoveredTask(
        replace(found, rows=tuple(described(found, derived, reward, seen, missed)))
    )


# ---- columns ------------------------------------------------------------------------------------


def _missing(coordinates: list[Coordinate], seen: Transitions) -> list[Coordinate]:
    """Coordinates whose last increment tells the next one, where the present does not.

    A simulator that moves a position by the *new* velocity (semi-implicit Euler) makes the last
    increment of the position exactly its velocity times the time step.
    """
    state, after = (states_of(coordinates, o) for o in (seen.state, seen.next_state))
    angular = [c.angular for c in coordinates]
    step = differences(after, state, np.array(angular))
    later = np.flatnonzero(seen.episode[1:] == seen.episode[:-1]) + 1
    now = np.concatenate([state, seen.action], 1)[later]
    flags, found = [*angular, *[False] * seen.action.shape[1]], []
    for i, c in enumerate(coordinates):
        if c.constant:
            continue
        y, past = step[later, i], step[later - 1, i]
        present = find_sum(now, y, flags)
        if present is not None and present.left_over < UNDETERMINED:
            continue
        both = find_sum(np.column_stack([now, past]), y, [*flags, False])
        if both and both.left_over < _GAIN * (1.0 if present is None else present.left_over):
            found.append(c)
    return found


def _with_differences(moving: list[Coordinate], seen: Transitions) -> Transitions:
    """``seen`` as :class:`~symtut.tasks.discovered.Differences` shows the world."""
    angular = np.array([c.angular for c in moving])
    step = differences(states_of(moving, seen.next_state), states_of(moving, seen.state), angular)
    before = np.concatenate([np.zeros_like(step[:1]), step[:-1]])
    before[np.flatnonzero(np.diff(seen.episode, prepend=-1))] = 0.0
    return replace(
        seen, state=np.concatenate([seen.state, before], 1),
        next_state=np.concatenate([seen.next_state, step], 1),
    )  # fmt: skip


def _named(coordinates, moving: list[Coordinate], size: int) -> list[Coordinate]:
    """Coordinates whose last columns are called after what they are the differences of."""
    names = {size - len(moving) + k: f"d_{c.name}" for k, c in enumerate(moving)}
    return [replace(c, name=names.get(c.columns[0], c.name)) for c in coordinates]


def _derived(coordinates: list[Coordinate], seen: Transitions) -> dict[int, FoundSum]:
    """Observations that are sums of terms of the coordinates that stay, by column.

    The later ones are tried first: as a rule an environment appends what it computes.
    """
    chosen: list[Coordinate] = []
    for c in reversed(coordinates):
        others = [k for k in coordinates if k != c and k not in chosen]
        if not c.angular and not c.constant and _function_of(others, c, seen):
            chosen.append(c)
    while True:  # without those that need another derived one
        stay = [c for c in coordinates if c not in chosen]
        found = {c.columns[0]: _function_of(stay, c, seen) for c in chosen}
        if all(found.values()):
            return {column: sum_ for column, sum_ in found.items() if sum_ is not None}
        chosen = [c for c in chosen if found[c.columns[0]] is not None]


def _function_of(others: list[Coordinate], c: Coordinate, seen: Transitions) -> FoundSum | None:
    """Column ``c`` as a sum of terms of the ``others``; None if something is left over."""
    x, y = states_of(others, seen.state), seen.state[:, c.columns[0]]
    angular, first = [k.angular for k in others], 2 * len(y) // 3
    trial = find_sum(x[:first], y[:first], angular, rounding=ALIKE)
    if trial is None or trial.left_over > DERIVED:
        return None
    # by the median: steps on which the simulator itself is at odds may be among the last, too
    error = np.median(np.abs(y[first:] - trial.formula(x[first:]))) / 0.6745
    again = find_sum(x, y, angular, rounding=ALIKE)
    if error**2 > DERIVED * y.var() or again is None or again.left_over > DERIVED:
        return None
    return again


# ---- laws of motion -----------------------------------------------------------------------------


def _laws(
    coordinates: list[Coordinate], seen: Transitions
) -> tuple[list[Limit], dict[str, tuple[str, ...]]]:
    """What short laws of motion tell beforehand.

    Returns
    -------
    stops : list of Limit
        Places beyond which the motion follows another law: a joint's soft stop, say.
    inputs : dict
        For coordinates whose law needs no constant of the episode: all other names.
    """
    state, after = (states_of(coordinates, o) for o in (seen.state, seen.next_state))
    angular = np.array([c.angular for c in coordinates])
    step = differences(after, state, angular)
    low, high = (np.array([getattr(c, end) for c in coordinates]) for end in ("low", "high"))
    inside = ((after > low) & (after < high) | angular).all(1)
    x = np.concatenate([state, seen.action], 1)[inside]
    flags = [*angular, *[False] * seen.action.shape[1]]
    constants = {i for i, c in enumerate(coordinates) if c.constant}
    actions = (f"a{k}" for k in range(1, seen.action.shape[1] + 1))
    moving = (*(c.name for c in coordinates if not c.constant), *actions)
    stops: dict[int, Limit] = {}
    inputs: dict[str, tuple[str, ...]] = {}
    for i, c in enumerate(coordinates):
        if i in constants:
            continue
        y = step[inside, i]
        found = find_sum(x, y, flags, rounding=LAW)
        if found is None or found.left_over > LAW:
            continue
        if constants and not constants & set(found.formula.columns):
            inputs[c.name] = moving
        apart = np.abs(y - found.formula(x)) > APART * y[found.inliers].std()
        if not 3 <= apart.sum() <= MOST_OUTSIDE * len(y) or _one_law(x, y):
            continue
        for limit in stop_limits(state[inside], after[inside], apart):
            k = limit.column
            known = stops.get(k, limit)
            stops[k] = Limit(k, max(limit.low, known.low), min(limit.high, known.high))
    return list(stops.values()), inputs


def _one_law(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether one formula of the larger library holds for every row.

    What bends faster than the small library's sums (a square root near 0) looks like another law
    there, and is none.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nobody sees this formula
        error = np.abs(y - SymbolicRegressor(method="sparse", max_time=None).fit(x, y).predict(x))
    return bool((error**2).mean() < LAW * y.var() and error.max() < APART * y.std())
