"""How much is found in how much time, and what is each part of the regressor worth?

    python benchmarks/anytime.py --out data/results/regression/anytime.csv
    python benchmarks/anytime.py --figure data/results/regression/anytime.csv

Every part alone, all together, and all but one part, at 0.3, 1, 3 and 10 CPU-seconds, with and
without noise, on the harder random functions, the systems of mechanics and the laws that are not
for development. A table that is there already is continued, so it can be cut at any time. A fit
that ended by itself long before the limit counts for the longer limits, too: they only cut.
"""

import argparse
import dataclasses
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from symtut.forms import ANYTHING, NAME, list_of, mapping, number, object_of, text, whole
from symtut.lab.style import INK, OKABE_ITO, use_style
from symtut.paths import output_file
from symtut.regression.benchmark.tables import GOOD
from symtut.regression.benchmark.trial import Interruptible, run_problem
from symtut.regression.problems.suites import Problem, make_suite
from symtut.regression.transformer.weights import load_weights, weights_sha256
from symtut.storage import provenance, read_json, read_table, write_csv, write_json

PARTS = {  # who proposes, and whether the library and the products are tried first
    "all": ("transformer", True, True),
    "transformer alone": ("transformer", False, False),
    "prior alone": ("prior", False, False),
    "products alone": (None, False, True),
    "library alone": (None, True, False),
    "without transformer": (None, True, True),
    "prior for transformer": ("prior", True, True),
    "without products": ("transformer", True, False),
    "without library": ("transformer", False, True),
}
SUITES = {
    "random": lambda problem: problem.kind != "one or two terms, flat",
    "mechanics": lambda problem: True,
    "laws": lambda problem: problem.kind != "development",
}
COLUMNS = {
    "suite": NAME, "problem": NAME, "parts": NAME, "seconds": number(0), "noise": number(0),
    "r2": number(finite=False), "exact": whole(0, 1), "exact_extrapolated": whole(0, 1),
    "cpu_seconds": number(0), "equation": text(100_000), "failure": text(1000),
}  # fmt: skip
SETTINGS = object_of({
    "points": whole(1), "seed": whole(), "weights": NAME, "sessions": list_of(mapping(ANYTHING)),
})  # fmt: skip
WHAT = "an anytime table"
ENDED = 0.7
"""A fit that took less than this share of its limit was not cut."""


def regressor_of(parts: str) -> type:
    """The regressor with some of its parts; where nobody proposes, one round of selection ends."""
    who, library, products = PARTS[parts]

    class Partial(Interruptible):
        def proposer(self, clock):
            return super().proposer(clock) if who else lambda *question: []

        def search_config(self, *choices):
            config = super().search_config(*choices)
            return dataclasses.replace(
                config, library=config.library if library else (),
                laws=config.laws if products else None, rounds=config.rounds if who else 1,
            )  # fmt: skip

    return Partial


def fitted(problem: Problem, parts: str, seconds: float, points: int, noise: float, seed: int):
    """One row of the table, without its suite."""
    method = f"{PARTS[parts][0] or 'prior'}+sparse"
    row = run_problem(problem, method, seconds, points, noise, seed, regressor=regressor_of(parts))
    return row | {"parts": parts, "seconds": seconds}


def run(options) -> None:
    load_weights("general")  # reading them is not part of a fit
    beside = options.out.with_suffix(".json")
    settings = {"points": options.points, "seed": options.seed,
                "weights": weights_sha256("general")}  # fmt: skip
    with output_file(options.out, [beside.name]):
        rows, sessions = [], []
        if options.out.exists():
            rows = read_table(options.out, COLUMNS, WHAT).to_dict("records")
            before = read_json(beside, SETTINGS)
            sessions = before.pop("sessions")
            if before != settings:
                raise SystemExit(f"{options.out} was made with {before}, not {settings}.")
        write_json(beside, settings | {"sessions": [*sessions, provenance()]})
        done = {(r["suite"], r["problem"], r["parts"], r["noise"], r["seconds"]): r for r in rows}
        for number, suite, problem in _interleaved(options):
            for noise in options.noise:
                for parts in options.parts:
                    key = suite, problem.name, parts, noise
                    _row_of_times(done, key, problem, options)
            write_csv(options.out, list(COLUMNS), done.values())
            print(f"{number} problems done, last {suite} {problem.name}", flush=True)


def _interleaved(options):
    """The problems of all suites in turns, so that a table that was cut says something on each."""
    suites = {
        name: [p for p in make_suite(name) if SUITES[name](p)][: options.limit]
        for name in options.suites
    }
    turns = range(max(map(len, suites.values())))
    every = [(name, ps[i]) for i in turns for name, ps in suites.items() if i < len(ps)]
    yield from ((number, *turn) for number, turn in enumerate(every, 1))


def _row_of_times(done: dict, key: tuple, problem: Problem, options) -> None:
    """Fit for each limit, shortest first, what is not in the table."""
    _, _, parts, noise = key
    ended = None
    for seconds in sorted(options.seconds):
        row = done.get((*key, seconds))
        if row is None and ended is not None:
            row = ended | {"seconds": seconds}
        if row is None:
            row = fitted(problem, parts, seconds, options.points, noise, options.seed)
            row |= {"suite": key[0]}
        done[(*key, seconds)] = row
        if row["cpu_seconds"] < ENDED * seconds and not row["failure"]:
            ended = row


PART_COLOUR = {
    "all": INK,
    "transformer alone": OKABE_ITO[0],
    "prior alone": OKABE_ITO[4],
    "products alone": OKABE_ITO[1],
    "library alone": OKABE_ITO[2],
    "without transformer": OKABE_ITO[0],
    "prior for transformer": OKABE_ITO[4],
    "without products": OKABE_ITO[1],
    "without library": OKABE_ITO[2],
}


def figure(rows: list[dict]):
    """Share of equations found against CPU-seconds: parts alone (full) and left out (dashed).

    One panel a suite and level of noise. Found is: exact on fresh points without noise; R² > 0.999
    against the truth with noise.

    Parameters
    ----------
    rows : list of dict
        As in a stored table.
    """
    panels = list(dict.fromkeys((row["noise"], row["suite"]) for row in rows))
    levels, suites = sorted({p[0] for p in panels}), list(dict.fromkeys(p[1] for p in panels))
    drawn, axes = plt.subplots(
        len(levels), len(suites), figsize=(3.7 * len(suites), 3.1 * len(levels)), squeeze=False,
        sharex=True, sharey=True,
    )  # fmt: skip
    for axis, (level, suite) in zip(
        axes.flat, ((level, suite) for level in levels for suite in suites), strict=True
    ):
        some = [row for row in rows if (row["noise"], row["suite"]) == (level, suite)]
        for parts, colour in PART_COLOUR.items():
            found: dict[float, list[bool]] = {}
            for row in some:
                if row["parts"] == parts:
                    hit = row["r2"] > GOOD if level else bool(row["exact"])
                    found.setdefault(row["seconds"], []).append(hit)
            if not found:
                continue
            times = sorted(found)
            alone = parts == "all" or parts.endswith("alone")
            axis.plot(
                times, [np.mean(found[time]) for time in times], "o-" if alone else "o--",
                color=colour, label=parts, linewidth=2.4 if parts == "all" else 1.4, markersize=4,
            )  # fmt: skip
        problems = len({row["problem"] for row in some})
        axis.set_title(f"{suite}, {level:.0%} noise\n{problems} problems", fontsize=10)
        axis.set(xscale="log", ylim=(-0.03, 1.03))
        times = sorted({row["seconds"] for row in rows})
        axis.set_xticks(times, [f"{time:g}" for time in times])
        axis.minorticks_off()
    for axis in axes[-1]:
        axis.set_xlabel("CPU-seconds")
    for axis, level in zip(axes[:, 0], levels, strict=True):
        axis.set_ylabel("share with R² > 0.999" if level else "share found exactly")
    drawn.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    return drawn


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    words = dict(type=lambda text: text.split(","))
    numbers = dict(type=lambda text: [float(word) for word in text.split(",")])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--figure", type=Path, help="draw a stored table, beside it")
    parser.add_argument("--suites", **words, default=list(SUITES))
    parser.add_argument("--parts", **words, default=list(PARTS))
    parser.add_argument("--seconds", **numbers, default=[0.3, 1.0, 3.0, 10.0])
    parser.add_argument("--noise", **numbers, default=[0.0, 0.05])
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--limit", type=int, default=30, help="problems of a suite")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    if options.out:
        run(options)
    if options.figure:
        use_style()
        rows = read_table(options.figure, COLUMNS, WHAT).to_dict("records")
        figure(rows).savefig(options.figure.with_suffix(".png"), dpi=110)


if __name__ == "__main__":
    main()
