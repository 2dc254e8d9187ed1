"""Draw the figures of the regressors' benchmark from the stored tables and training logs.

    python benchmarks/regression_figures.py

Reads ``data/results/regression/*.csv`` and writes PNG files beside them.
"""

from pathlib import Path

import matplotlib
import pandas as pd

matplotlib.use("Agg")

from symtut.lab.curves import recovery, training_curves
from symtut.lab.style import use_style
from symtut.regression.benchmark.tables import read_results

FOLDER = Path(__file__).parents[1] / "data" / "results" / "regression"


def clean(name: str) -> list[dict]:
    """Rows of the tables ``name*.csv`` with 200 points and no noise."""
    rows = pd.concat(read_results(path) for path in sorted(FOLDER.glob(f"{name}*.csv")))
    return rows.query("points == 200 and noise == 0").to_dict("records")


def main() -> None:
    use_style()
    logs = {path.stem.removeprefix("training_"): path for path in FOLDER.glob("training_*.csv")}
    training_curves(logs).savefig(FOLDER / "training.png", dpi=110)
    panels = {
        "random, harder part, 1 s": [
            row for row in clean("random_1s") if row["kind"] != "one or two terms, flat"
        ],
        "mechanics, 10 s": clean("mechanics_10s"),
        "nguyen, 10 s": clean("nguyen_10s"),
    }
    recovery(panels).savefig(FOLDER / "recovery.png", dpi=110)


if __name__ == "__main__":
    main()
