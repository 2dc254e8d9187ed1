"""What was found about a world, in words and formulas: the first entries of ``equations.json``."""

from collections.abc import Iterator, Sequence

import numpy as np

from symtut.tasks.discovered import Discovery
from symtut.tasks.state_map import Coordinate, Limit
from symtut.tasks.transitions import Transitions
from symtut.world_models.found_reward import REWARD_EXPLAINED, Reward
from symtut.world_models.sums import FoundSum


def described(
    found: Discovery, derived: dict[int, FoundSum], reward: Reward, seen: Transitions, missed: int
) -> Iterator[dict]:
    """One entry a finding: ``target``, ``equation``, ``kind``, and ``words``, a sentence.

    ``kind`` is state, observation, reward, end, stop or unexplained; where a formula was fitted,
    ``left_over`` is 1 − R² of the steps that follow it and ``following`` their share.
    """
    names = [c.name for c in found.coordinates]
    for c in found.coordinates:
        yield _entry("state", c.name, _reading(c), _coordinate_words(c, seen))
    for column, formula in sorted(found.derived.items()):
        text = formula.expression.text(tuple(names[k] for k in formula.columns), 6)
        share = float(derived[column].inliers.mean())
        words = f"observation {column} is a function of the others: {text}{_except(share)}."
        yield _entry("observation", f"o{column}", text, words) | {
            "left_over": derived[column].left_over, "following": share,
        }  # fmt: skip
    yield _reward_entry(found, reward, names, seen)
    yield from _end_entries(found, names, seen, missed)
    for limit in found.stops:
        text = _outside(limit, names[limit.column])
        words = f"where {text}, something else acts: equations are fitted to the other steps."
        yield _entry("stop", names[limit.column], text, words)


def _entry(kind: str, target: str, equation: str, words: str) -> dict:
    return {"target": target, "equation": equation, "kind": kind, "words": words}


def _reading(c: Coordinate) -> str:
    """The coordinate as a formula of observations."""
    if not c.angular:
        return f"o{c.columns[0]}"
    parts = [
        f"{'-' if r < 0 else ''}o{k}" + ("" if abs(r) == 1 else f"/{abs(r):.6g}")
        for k, r in zip(c.columns, c.radii, strict=True)
    ]
    return f"atan2({parts[1]}, {parts[0]})" + _and(-c.zero)


def _and(value: float) -> str:
    """`` + 0.5``, `` - 0.5``, nothing for 0."""
    return f" {'+' if value > 0 else '-'} {abs(value):.6g}" if value else ""


def _coordinate_words(c: Coordinate, seen: Transitions) -> str:
    if c.angular:
        first, second = c.columns
        said = f"observations {first}, {second} are cos, sin of an angle"
        return f"{said}, {c.name}{_and(c.zero)}."
    column = c.columns[0]
    if c.name.startswith("d_"):
        of = c.name.removeprefix("d_")
        return f"the last change of {of} joins the state: without it the next is not determined."
    if c.constant:
        return f"observation {column} stays as it is for a whole episode: a goal or a parameter."
    words = f"observation {column} is a coordinate as it is"
    bounds = [f"{value:.6g}" for value in (c.low, c.high) if np.isfinite(value)]
    if not bounds:
        return f"{words}."
    after = seen.next_state[:, column]
    times = int(np.sum((after <= c.low) | (after >= c.high)))
    stated = " and ".join(bounds)
    if not times:
        return f"{words}; its stated bounds {stated} were not reached."
    return f"{words}; it is cut at {stated} ({times} of {len(after)} steps)."


def _reward_entry(found: Discovery, reward: Reward, names: Sequence[str], seen) -> dict:
    features = [*names, *(f"o{k}" for k in sorted(found.derived))]
    actions = [f"a{k}" for k in range(1, seen.action.shape[1] + 1)]
    called = [*features, *actions, *(f"{name}_next" for name in features)]
    text = found.reward.expression.text(tuple(called[k] for k in found.reward.columns), 6)
    if found.bonus_at_end:
        text += f" {found.bonus_at_end:+.6g}*ended"
    sure = reward.left_over < REWARD_EXPLAINED
    words = f"the reward is {text}{_except(reward.following)}."
    if not sure:
        words = (
            f"the reward is not explained: {text} leaves {reward.left_over:.2g} of its variance."
        )
    return _entry("reward" if sure else "unexplained", "reward", text, words) | {
        "left_over": reward.left_over, "following": reward.following,
    }  # fmt: skip


def _end_entries(found: Discovery, names, seen: Transitions, missed: int) -> Iterator[dict]:
    n = int(seen.terminated.sum())
    if not n:
        yield _entry("end", "ended", "0", "no episode was seen to end before its time.")
        return
    features = [*names, *(f"o{k}" for k in sorted(found.derived))]
    text = " or ".join(_outside(limit, f"{features[limit.column]}_next") for limit in found.ends)
    if text:
        words = f"an episode ends where {text} ({n - missed} of {n} ends that were seen)."
        yield _entry("end", "ended", text, words)
    if missed:
        words = f"{missed} of {n} ends of an episode are not explained by a bound on a coordinate."
        yield _entry("unexplained", "ended", text or "0", words)


def _outside(limit: Limit, name: str) -> str:
    if limit.low == -limit.high:
        return f"|{name}| > {limit.high:.6g}"
    sides = [f"{name} > {limit.high:.6g}"] if np.isfinite(limit.high) else []
    sides += [f"{name} < {limit.low:.6g}"] if np.isfinite(limit.low) else []
    return " or ".join(sides)


def _except(share: float) -> str:
    return "" if share >= 1.0 else f" on {share:.1%} of the steps"
