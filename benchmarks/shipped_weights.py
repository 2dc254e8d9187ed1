"""What the shipped weights find in one round of 128 samples, whatever the speed of the machine.

    python benchmarks/shipped_weights.py

Writes ``data/results/regression/shipped_weights.csv`` (28 problems: every second of the mechanics
suite and every second of Nguyen's). Without a time limit the result depends on the seed alone;
``tests/regression/transformer/test_shipped_weights.py`` repeats a part of the table.
"""

import argparse
from pathlib import Path

import pandas as pd
import torch

from symtut.paths import ensure_folder
from symtut.regression.benchmark.tables import COLUMNS, summary_text
from symtut.regression.benchmark.trial import run_problem
from symtut.regression.problems.suites import make_suite
from symtut.storage import provenance, write_csv, write_json

OUT = Path(__file__).parents[1] / "data" / "results" / "regression" / "shipped_weights.csv"
OPTIONS = {"n_candidates": 128, "rounds": 1, "max_time": None, "weights": "general"}
SETTINGS = {"seconds": 60.0, "points": 200, "noise": 0.0, "seed": 0}


def main() -> None:
    argparse.ArgumentParser(description=__doc__.split("\n\n")[0]).parse_args()
    torch.set_num_threads(1)
    rows = [
        {"suite": suite, **run_problem(problem, "transformer", **SETTINGS, **OPTIONS)}
        for suite in ("mechanics", "nguyen")
        for problem in make_suite(suite)[::2]
    ]
    ensure_folder(OUT.parent)
    write_csv(OUT, list(COLUMNS), rows)
    write_json(OUT.with_suffix(".json"), provenance() | {"options": OPTIONS, "settings": SETTINGS})
    print(summary_text(pd.DataFrame(rows)))


if __name__ == "__main__":
    main()
