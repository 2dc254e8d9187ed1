"""A task that nobody wrote: state map, reward and end of an episode as real steps showed them.

:func:`symtut.world_models.discovery.discovered_task` finds what stands here; this file is what is
done with it. All of it is JSON-able, so that a policy's file can carry its task.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import gymnasium
import numpy as np
import torch

from symtut.errors import InputError
from symtut.expressions import Expression
from symtut.tasks.base import Array, array_module
from symtut.tasks.observed import ObservedTask
from symtut.tasks.state_map import Coordinate, Limit, differences, states_of


@dataclass(frozen=True)
class Formula:
    """An expression and the columns that are its x0, x1, …."""

    expression: Expression
    columns: tuple[int, ...]

    def __call__(self, x: Array) -> Array:
        """(..., C) -> (...), of the library of ``x``."""
        library = "torch" if isinstance(x, torch.Tensor) else "numpy"
        value = self.expression(x[..., list(self.columns)], library)
        return array_module(x).broadcast_to(value, x.shape[:-1])  # it may be a constant


@dataclass(frozen=True)
class Discovery:
    """What was found about a world. *Features* are the state, then the derived observations."""

    env_id: str
    coordinates: tuple[Coordinate, ...]
    derived: dict[int, Formula]  # columns of the observation, as formulas of the state
    reward: Formula  # of (features, action, features after the step)
    lowest_reward: float  # stands in where the formula is undefined
    reward_left_over: float = 0.0  # 1 − R² of the reward on the steps that follow it
    bonus_at_end: float = 0.0  # joins the reward of the step that ends an episode
    ends: tuple[Limit, ...] = ()  # of the features after the step
    stops: tuple[Limit, ...] = ()  # of the state: beyond them something else acts on it
    differences: tuple[Coordinate, ...] = ()  # whose last increments stand behind the observation
    inputs: dict[str, tuple[str, ...]] = field(default_factory=dict)  # Task.inputs
    seen_low: tuple[float, ...] = ()  # of the state
    seen_high: tuple[float, ...] = ()
    rows: tuple[dict, ...] = field(default=(), compare=False)  # of equations.json, in words, too

    def as_json(self) -> dict:
        """All but ``rows``."""
        return {
            "env_id": self.env_id,
            "coordinates": [_coordinate_json(c) for c in self.coordinates],
            "derived": {str(k): _formula_json(f) for k, f in self.derived.items()},
            "reward": _formula_json(self.reward),
            "lowest_reward": self.lowest_reward,
            "reward_left_over": self.reward_left_over,
            "bonus_at_end": self.bonus_at_end,
            "ends": [_limit_json(limit) for limit in self.ends],
            "stops": [_limit_json(limit) for limit in self.stops],
            "differences": [_coordinate_json(c) for c in self.differences],
            "inputs": {name: list(given) for name, given in self.inputs.items()},
            "seen_low": list(self.seen_low),
            "seen_high": list(self.seen_high),
        }

    @staticmethod
    def from_json(value: dict) -> "Discovery":
        """What :meth:`as_json` gave.

        Raises
        ------
        InputError
            If something is missing or of another kind.
        """
        try:
            return Discovery(
                env_id=str(value["env_id"]),
                coordinates=tuple(map(_coordinate, value["coordinates"])),
                derived={int(k): _formula(f) for k, f in value["derived"].items()},
                reward=_formula(value["reward"]),
                lowest_reward=float(value["lowest_reward"]),
                reward_left_over=float(value.get("reward_left_over", 0.0)),  # older ones lack it
                bonus_at_end=float(value["bonus_at_end"]),
                ends=tuple(map(_limit, value["ends"])),
                stops=tuple(map(_limit, value["stops"])),
                differences=tuple(map(_coordinate, value["differences"])),
                inputs={str(k): tuple(map(str, v)) for k, v in value["inputs"].items()},
                seen_low=tuple(map(float, value["seen_low"])),
                seen_high=tuple(map(float, value["seen_high"])),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"this is no description of a found task ({error!r}).") from error


class DiscoveredTask(ObservedTask):
    """The world ``found.env_id`` with the map, the reward and the end that were found.

    Raises
    ------
    InputError
        As :class:`~symtut.tasks.observed.ObservedTask`, and if the environment has not the
        observations that ``found`` speaks of.
    """

    def __init__(self, found: Discovery):
        self.found = found
        super().__init__(found.env_id)
        parts = found.coordinates
        columns = {k for c in parts for k in c.columns} | set(found.derived)
        if columns != set(range(self.observation_size)):
            raise InputError(
                f"'{found.env_id}' has {self.observation_size} observations, and the task was "
                f"found for another number: find it anew."
            )
        self.state_names = tuple(c.name for c in parts)
        self.angular = tuple(c.angular for c in parts)
        self.inputs = found.inputs
        self.state_low = np.array([-np.pi if c.angular else c.low for c in parts])
        self.state_high = np.array([np.pi if c.angular else c.high for c in parts])

    def make_env(self) -> gymnasium.Env:
        env = super().make_env()
        return Differences(env, self.found.differences) if self.found.differences else env

    def state_from_observation(self, observation: Array) -> Array:
        return states_of(self.found.coordinates, observation)

    def observation_from_state(self, state: Array) -> Array:
        xp = array_module(state)
        columns: dict[int, Array] = {k: f(state) for k, f in self.found.derived.items()}
        for i, c in enumerate(self.found.coordinates):
            value = state[..., i]
            if c.angular:
                columns[c.columns[0]] = c.radii[0] * xp.cos(value + c.zero)
                columns[c.columns[1]] = c.radii[1] * xp.sin(value + c.zero)
            else:
                columns[c.columns[0]] = value
        return xp.stack([columns[k] for k in range(self.observation_size)], -1)

    def features(self, state: Array) -> Array:
        """(..., S) -> (..., F): the state, then the derived observations by their formulas."""
        derived = [f(state)[..., None] for _, f in sorted(self.found.derived.items())]
        return array_module(state).concatenate([state, *derived], -1) if derived else state

    def reward(self, state: Array, action: Array, next_state: Array) -> Array:
        xp = array_module(state)
        after = self.features(next_state)
        value = self.found.reward(xp.concatenate([self.features(state), action, after], -1))
        value = xp.where(xp.isfinite(value), value, self.found.lowest_reward)
        if self.found.bonus_at_end:
            value = value + self.found.bonus_at_end * self._ended(after)
        return value

    def imagined_reward(self, state: Array, action: Array, next_state: Array) -> Array:
        """The reward; where all that counts is to go on, less of it the further a step leads away.

        A reward that is the same on every step until an end comes has no gradient, and nothing in
        it speaks of places that nobody has been to, where the equations are a guess. There a step
        pays 1 / (1 + mean of z_i²) as much, z_i being the coordinate after it in units of the box
        that was seen: 0 in its middle, ±1 at its sides. It always pays, so that going on is better
        than an end, as in reality.
        """
        value = self.reward(state, action, next_state)
        if not self._survival:
            return value
        low = self._like(next_state, self.found.seen_low)
        high = self._like(next_state, self.found.seen_high)
        plain = [i for i, c in enumerate(self.found.coordinates) if not (c.angular or c.constant)]
        z = ((2 * next_state - low - high) / (high - low))[..., plain]
        return value / (1 + array_module(z).mean(z**2, -1))

    @property
    def _survival(self) -> bool:
        """Whether the steps pay all alike, more than nothing, until an end comes."""
        formula = self.found.reward.expression
        return bool(self.found.ends) and formula.prefix == ("C",) and formula.constants[0] > 0

    def terminated(self, state: Array, action: Array, next_state: Array) -> Array:
        return self._ended(self.features(next_state))

    def _ended(self, features: Array) -> Array:
        ended = array_module(features).zeros_like(features[..., 0], dtype=bool)
        for limit in self.found.ends:
            value = features[..., limit.column]
            ended = ended | (value < limit.low) | (value > limit.high)
        return ended

    def uncut(self, state: np.ndarray, next_state: np.ndarray) -> np.ndarray:
        inside = super().uncut(state, next_state)
        for limit in self.found.stops:
            for x in (state[:, limit.column], next_state[:, limit.column]):
                inside &= (x >= limit.low) & (x <= limit.high)
        for c in self.found.differences:  # the first of an episode has no past: it is 0 exactly
            inside &= state[:, self.state_names.index(f"d_{c.name}")] != 0
        return inside

    def relabel(
        self,
        states: torch.Tensor,
        generator: torch.Generator,
        reached: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """States whose constants are drawn anew from the box of all that were seen."""
        result = states.clone()
        for i, c in enumerate(self.found.coordinates):
            if c.constant:
                low, high = self.found.seen_low[i], self.found.seen_high[i]
                drawn = torch.rand(len(states), generator=generator)
                result[:, i] = low + (high - low) * drawn
        return result


class Differences(gymnasium.ObservationWrapper):
    """An environment whose observations end with the last increments of some coordinates."""

    def __init__(self, env: gymnasium.Env, coordinates: Sequence[Coordinate]):
        super().__init__(env)
        self.coordinates, self.before = tuple(coordinates), None
        low, high = env.observation_space.low, env.observation_space.high  # type: ignore
        more = np.full(len(self.coordinates), np.inf, low.dtype)
        self.observation_space = gymnasium.spaces.Box(
            np.concatenate([low, -more]), np.concatenate([high, more]), dtype=low.dtype.type
        )

    def reset(self, **given) -> tuple[np.ndarray, dict]:
        self.before = None
        return super().reset(**given)

    def observation(self, observation: np.ndarray) -> np.ndarray:
        now = states_of(self.coordinates, observation.astype(float))
        angular = np.array([c.angular for c in self.coordinates])
        change = differences(now, now if self.before is None else self.before, angular)
        self.before = now
        return np.concatenate([observation, change.astype(observation.dtype)])


# ---- as JSON, in which there is no infinity -----------------------------------------------------


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _coordinate_json(c: Coordinate) -> dict:
    return {
        "name": c.name, "columns": list(c.columns), "radii": list(c.radii),
        "low": _finite(c.low), "high": _finite(c.high), "constant": c.constant,
        "zero": c.zero,
    }  # fmt: skip


def _coordinate(value: dict) -> Coordinate:
    low, high = _bounds(value)
    columns, radii = tuple(map(int, value["columns"])), tuple(map(float, value["radii"]))
    constant, zero = bool(value["constant"]), float(value.get("zero", 0.0))
    return Coordinate(str(value["name"]), columns, radii, low, high, constant, zero)


def _formula_json(formula: Formula) -> dict:
    return formula.expression.as_json() | {"columns": list(formula.columns)}


def _formula(value: dict) -> Formula:
    return Formula(Expression.from_json(value), tuple(map(int, value["columns"])))


def _limit_json(limit: Limit) -> dict:
    return {
        "column": limit.column, "low": _finite(limit.low), "high": _finite(limit.high),
        "width": limit.width,
    }  # fmt: skip


def _limit(value: dict) -> Limit:
    return Limit(int(value["column"]), *_bounds(value), float(value["width"]))


def _bounds(value: dict) -> tuple[float, float]:
    low, high = value["low"], value["high"]
    return (-np.inf if low is None else float(low)), (np.inf if high is None else float(high))
