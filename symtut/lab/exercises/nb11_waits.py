"""The exercises of notebook 11 on steps to a threshold; :mod:`nb11` has the others."""

import math
from typing import Literal

import numpy as np

from symtut.lab.exercises.kinds import Function


def exercise_3() -> Function:
    """Waiting times of unfinished runs."""

    def reference(steps, given, budgets):
        """Every run has an equal part. Who is stopped leaves his part to those who go on."""
        runs = [(e, 1) if s is None else (s, 0) for s, e in zip(steps, given, strict=True)]
        runs.sort()
        part, parts = 1 / len(runs), []
        for place, (end, stopped) in enumerate(runs, start=1):
            if not stopped:
                parts.append((end, part))
            elif place < len(runs):
                part += part / (len(runs) - place)
        found = np.array([sum(p for end, p in parts if end <= budget) for budget in budgets])
        last, stopped = runs[-1]
        return np.where((np.array(budgets) > last) & (stopped == 1), np.nan, found)

    def curve(
        steps, given, budgets, *, ends=None, at_risk=np.greater_equal, alone=False,
        side: Literal["left", "right"] = "right", summed=False, known=None,
    ):  # fmt: skip
        """Kaplan and Meier's product with a mistake or none."""
        if ends is None:
            ends = [e if s is None else s for s, e in zip(steps, given, strict=True)]
        times, waiting = [0], [1.0]
        for now in sorted(set(steps) - {None}):
            share = (1 if alone else steps.count(now)) / max(np.sum(at_risk(ends, now)), 1)
            times.append(now)
            waiting.append(waiting[-1] - share if summed else waiting[-1] * (1 - share))
        there = 1 - np.array(waiting)[np.searchsorted(times, budgets, side) - 1]
        beyond = np.array(budgets) > max(ends)
        unknown = beyond & (there < 1 - 1e-9) if known is None else known(beyond)
        return np.where(unknown, np.nan, there)

    def but(**mistake):
        return lambda *arguments: curve(*arguments, **mistake)

    def survivors(steps, given, budgets):
        there = [s for s in steps if s is not None]
        return curve(there, there, budgets) if there else np.full(len(budgets), np.nan)

    def never(steps, given, budgets):
        return curve(steps, [math.inf] * len(steps), budgets)

    def as_if_there(steps, given, budgets):
        return survivors([e if s is None else s for s, e in zip(steps, given, strict=True)], given,
                         budgets)  # fmt: skip

    def whole_ends(steps, given, budgets):
        return curve(steps, given, budgets, ends=given)

    def waiting(steps, given, budgets):
        return 1 - curve(steps, given, budgets)

    def case(steps, given, budgets):
        return steps, given, np.array(budgets, dtype=float)

    left_out = (
        "You left out the runs that were stopped. That is how a method which fails seven times in "
        "ten looks fine: the survivors' bias."
    )
    return Function(
        reference,
        cases=[
            case([200, None, 400], [500, 300, 500], [100, 200, 400]),
            case([None, 100, 100, None], [250, 300, 300, 100], [0, 99, 100, 250, 300]),
            case([None, None], [50, 70], [50, 60, 80]),
            case([500, 700, 900] + [None] * 7, [1000] * 10, [500, 800, 1000, 1001]),
            case([None, 60, 90, None, 60], [80, 90, 95, 75, 70], [59.5, 60, 90, 200]),
            case([0, None, 40, 30, None], [45, 30, 60, 60, 60], [0, 35, 50, 60, 61]),
            case([60, None, None, 20], [100, 40, 70, 100], [30, 65, 75]),
        ],
        mistakes=[
            (survivors, left_out),
            (never, "A run that was stopped at 300 is not at risk at 400: nobody watches it then."),
            (as_if_there, "A run that was stopped did not arrive."),
            (whole_ends, "A run that has arrived waits no longer: it is not at risk after that."),
            (but(at_risk=np.greater), "At risk at n are also the runs that arrive just at n."),
            (but(alone=True), "Several runs may arrive at once: d is their number."),
            (but(summed=True), "The share that waits is multiplied by 1 - d/r, step after step."),
            (but(side="left"), "A run that needs 300 steps is there within a budget of 300."),
            (waiting, "That is the share that waits: the share that is there is one minus it."),
            (but(known=lambda beyond: False & beyond),
             "After the end of the run that was watched longest nothing is known: nan."),
            (but(known=lambda beyond: beyond), "Where all runs are there, the share stays 1."),
        ],
        hint="The product of 1 - d/r over the arrivals within each budget; r counts those still "
        "watched, and waiting.",
        without=["median_steps", "steps_to_threshold", "ecdf"],
    )  # fmt: skip


def exercise_4() -> Function:
    """What may be claimed?"""

    def median(steps):
        known = sorted(math.inf if s is None else float(s) for s in steps)
        return known[(len(known) - 1) // 2]

    def ratio(our=median, their=median, known=min, unknown=0.0):
        def supported(ours, theirs, given):
            first, second = our(ours), their(theirs)
            return unknown if first == math.inf else known(second, given) / first

        return supported

    def survivors(steps):
        return median([s for s in steps if s is not None] or [None])

    def mean(steps):
        return float(np.mean([math.inf if s is None else s for s in steps]))

    def reference(ours, theirs, given):
        return ratio()(ours, theirs, given)

    def inverse(ours, theirs, given):
        found = reference(ours, theirs, given)
        return 1 / found if found else 0.0

    def ours_as_bound(ours, theirs, given):
        return min(median(theirs), given) / min(median(ours), given)

    return Function(
        reference,
        cases=[
            ([200] * 3, [None, None, 1400], 1500),
            ([100, 100, 250], [600, 800, None], 1000),
            ([None, 300, None], [500, 900, None], 1000),
            ([40, None, 50, 60], [None, 120, 700, None, 800], 900),
            ([50, 80, 20], [None] * 4, 700),
            ([30, 20, 10, 20, None], [90, 60, 60, 10, 70], 100),
        ],
        mistakes=[
            (
                ratio(known=lambda their, given: their),
                "A median that is not known is not infinite: it is more than the steps given.",
            ),
            (
                ratio(known=lambda their, given: given),
                "Where their median is known, it counts, and not the steps that they were given.",
            ),
            (
                ratio(known=max),
                "A lower bound: the smaller of their median and the steps given.",
            ),
            (
                ratio(their=survivors),
                "You left out their runs that failed: these need more than all others.",
            ),
            (
                ratio(our=survivors),
                "You left out our runs that failed: that makes us look faster.",
            ),
            (
                ratio(our=survivors, their=survivors),
                "You left out the runs that failed, on both sides.",
            ),
            (
                ratio(unknown=math.inf),
                "Where our median is not known, no ratio is supported: 0.",
            ),
            (
                ratio(unknown=math.nan),
                "Where our median is not known, no ratio is supported: 0.",
            ),
            (
                ours_as_bound,
                "Ours may be any number of steps if it is not known, so no ratio is supported: 0.",
            ),
            (inverse, "The other way round: theirs by ours."),
            (ratio(our=mean, their=mean), "Medians, not means: a failed run has no number."),
        ],
        hint="The smaller of their median and the steps given, by our median; 0 if ours is "
        "infinite.",
        rtol=1e-6,
        without=["ratio_of_medians", "steps_to_threshold"],
    )
