"""What is each step of the regressor worth? It is left out, and everything else stays.

    python benchmarks/regressor_parts.py --out data/results/regression/regressor_parts.csv

On the development half of the laws and on mechanics, with and without noise, 200 points. A table
that is there already is continued, so it can be cut at any time; ``docs/regressors.md`` shows it.
"""

import argparse
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pandas as pd

from symtut.forms import ANYTHING, NAME, list_of, mapping, number, object_of, text, whole
from symtut.paths import output_file
from symtut.regression import proposers
from symtut.regression.benchmark.trial import run_problem
from symtut.regression.problems.suites import make_suite
from symtut.regression.search import search
from symtut.regression.structure import laws as structure
from symtut.regression.transformer.weights import load_weights, weights_sha256
from symtut.storage import provenance, read_json, read_table, write_csv, write_json


@dataclass(frozen=True)
class _WithoutRatios(search.SearchConfig):
    rational: bool = False


def _nothing(*arguments, **settings):
    return iter(())


#: Name: (where a step is called from, its name there, what stands in its place).
STEPS = {
    "library sums": (proposers, "library", lambda *arguments: []),
    "products": (structure.Products, "close_to", lambda *arguments: []),
    "sums of two terms": (structure, "propose_sums", lambda *arguments: []),
    "kinks": (structure, "propose_kinks", lambda *arguments: []),
    "sums behind a function": (structure, "propose_inverted_sums", lambda *arguments: []),
    "one combination": (structure, "reductions", lambda *arguments: []),
    "groups of variables": (structure, "separation", lambda *arguments: None),
    "products beside a term": (structure.Laws, "later", _nothing),
    "transformer": (
        proposers,
        "transformer_proposer",
        lambda *arguments, **settings: lambda *q: [],
    ),
    "ratios": (proposers, "SearchConfig", _WithoutRatios),
}
NOTHING, RECOMBINATION = "nothing", "recombination"
LEFT_OUT = (NOTHING, *STEPS, RECOMBINATION)
COLUMNS = {
    "suite": NAME, "problem": NAME, "left_out": NAME, "noise": number(0), "points": whole(1),
    "r2": number(finite=False), "exact": whole(0, 1), "exact_extrapolated": whole(0, 1),
    "cpu_seconds": number(0), "equation": text(100_000), "failure": text(1000),
}  # fmt: skip
SETTINGS = object_of(
    {"seconds": number(0), "seed": whole(), "weights": NAME, "sessions": list_of(mapping(ANYTHING))}
)


def read_parts(path: Path) -> pd.DataFrame:
    """A stored table."""
    return read_table(path, COLUMNS, "a table of steps left out")


def fitted(problem, left_out: str, seconds: float, noise: float, seed: int) -> dict:
    """One row, without its suite. Recombination takes sums of the library with it."""
    with ExitStack() as stack:
        if left_out in STEPS:
            where, name, instead = STEPS[left_out]
            stack.enter_context(patch.object(where, name, instead))
        options = {"recombine": False} if left_out == RECOMBINATION else {}
        row = run_problem(problem, "transformer+sparse", seconds, 200, noise, seed, **options)
    return row | {"left_out": left_out}


def problems(every: int) -> list[tuple[str, object]]:
    """(suite, problem) in turns, so that a table that was cut says something on each."""
    laws = [("laws", p) for p in make_suite("laws") if p.kind == "development"][::every]
    systems = [("mechanics", p) for p in make_suite("mechanics")][::every]
    turns = max(len(laws), len(systems))
    return [suite[i] for i in range(turns) for suite in (laws, systems) if i < len(suite)]


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--noise", type=float, nargs="+", default=[0.0, 0.05])
    parser.add_argument("--every", type=int, default=1, help="only each so-many-th problem")
    parser.add_argument("--left-out", nargs="+", default=LEFT_OUT, choices=LEFT_OUT)
    parser.add_argument("--seed", type=int, default=100)
    options = parser.parse_args(argv)
    load_weights("general")  # reading them is not part of a fit
    beside = options.out.with_suffix(".json")
    settings = {
        "seconds": options.seconds, "seed": options.seed, "weights": weights_sha256("general"),
    }  # fmt: skip
    with output_file(options.out, [beside.name]):
        rows, sessions = [], []
        if options.out.exists():
            rows = read_parts(options.out).to_dict("records")
            before = read_json(beside, SETTINGS)
            sessions = before.pop("sessions")
            if before != settings:
                raise SystemExit(f"{options.out} was made with {before}, not {settings}.")
        write_json(beside, settings | {"sessions": [*sessions, provenance()]})
        done = {(r["suite"], r["problem"], r["left_out"], r["noise"]) for r in rows}
        for suite, problem in problems(options.every):
            for noise in options.noise:
                for left_out in options.left_out:
                    if (suite, problem.name, left_out, noise) in done:
                        continue
                    row = fitted(problem, left_out, options.seconds, noise, options.seed)
                    rows.append(row | {"suite": suite})
            write_csv(options.out, list(COLUMNS), rows)
            print(suite, problem.name, flush=True)


if __name__ == "__main__":
    main()
