"""What was aimed at and what was reached: the table at the end of docs/results.md.

    python benchmarks/targets.py

reads the stored tables in ``data/results`` and writes the page. The aims stand here; what was
reached is computed. An aim over ten seeds stays open while fewer are stored.
"""

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from symtut.experiments.tables import read_curves
from symtut.paths import data_path
from symtut.regression.benchmark.exponents import law_exponents
from symtut.regression.benchmark.tables import EASY, read_results
from symtut.storage import write_bytes
from tools.course_map import between

PAGE = Path(__file__).resolve().parents[1] / "docs" / "results.md"
COURSE = PAGE.with_name("course_figures.md")
MARKS = "<!-- targets -->", "<!-- end of the targets -->"
DEFAULT = "transformer+sparse"


@dataclass(frozen=True)
class Aim:
    """A line of the table; ``met`` is None while the aim is open."""

    what: str
    aim: str
    reached: str
    met: bool | None

    def row(self) -> str:
        verdict = {True: "yes", False: "no", None: "open"}[self.met]
        return f"| {self.what} | {self.aim} | {self.reached} | {verdict} |"


def at_least(what: str, value: float, aim: float, form: str = ".0%") -> Aim:
    return Aim(what, f"at least {aim:{form}}", f"{value:{form}}", bool(value >= aim))


def seeds(what: str, good: pd.Series, aim: int, of: int = 10) -> Aim:
    """How many runs are good, of ``of`` seeds that the aim speaks of."""
    count, stored = int(good.sum()), len(good)
    met = count >= aim if stored >= of or count >= aim else None
    return Aim(what, f"{aim} of {of} seeds", f"{count} of {stored}", met)


# ---- the aims -----------------------------------------------------------------------------------


def regressor() -> Iterator[Aim]:
    """Of single equations, from 200 points; exact in the range of the data and in a wider one."""

    def fits(table: str, method: str = DEFAULT, noise: float = 0.0) -> pd.DataFrame:
        rows = read_results(data_path(f"results/regression/{table}.csv"))
        rows = rows[(rows.method == method) & (rows.points == 200) & (rows.noise == noise)]
        return rows[rows.kind == "table"] if table.startswith("laws") else rows

    def exact(*table: str) -> float:
        return fits(*table).exact_extrapolated.mean()

    slow = exact("laws_10s")
    yield at_least("laws, exact in 2 CPU-seconds", exact("laws_2s"), 0.85)
    yield at_least("laws, exact in 10 CPU-seconds", slow, 0.90)
    lead = slow - exact("laws_peers_10s", "pyoperon")
    yield at_least("laws, ahead of pyoperon in 10 CPU-seconds by", lead, 0.15)
    noisy = fits("laws_2s", noise=0.01)
    yield at_least("laws, 1 % noise: R² above 0.999", (noisy.r2 > 0.999).mean(), 0.90)
    right = pd.Series([law_exponents(row) for row in noisy.to_dict("records")]).dropna()
    yield at_least("power laws, 1 % noise: right exponents", right.astype(float).mean(), 0.80)
    yield at_least("mechanics, exact in 2 CPU-seconds", exact("mechanics_2s"), 0.95)
    yield at_least("Nguyen's functions, exact in 2 CPU-seconds", exact("nguyen_2s"), 11 / 12)

    def hard(method: str) -> float:
        rows = fits("random_1s", method)
        return rows[rows.kind != EASY].exact.mean()

    yield at_least("hard random functions, exact in 1 CPU-second", hard(DEFAULT), 0.38)
    ratio = hard("transformer") / hard("prior")
    yield at_least("the same, transformer over blind draws", ratio, 1.3, ".2f")
    spent = fits("mechanics_2s").cpu_seconds.median()
    what = "mechanics, CPU-seconds of half the problems"
    yield Aim(what, "at most 0.3", f"{spent:.2f}", bool(spent <= 0.3))
    few = pd.read_csv(data_path("results/regression/few_transitions.csv"))
    few = few[(few.proposer == DEFAULT) & (few.transitions == 20)]
    yield seeds("pendulum's equations from 20 transitions, exact", few.exact, 10)


def gradients() -> Iterator[Aim]:
    """Of learning through the equations (``--learner apg``)."""
    runs = pd.read_csv(data_path("results/learners/runs.csv")).query("learner == 'apg'")

    def cell(task: str, steps: int) -> pd.DataFrame:
        return runs[(runs.task == task) & (runs.env_steps == steps)]

    for task, steps, seconds, aim in (
        ("pendulum", 200, 12, 10), ("pendulum", 20, 20, 9), ("car2d", 300, 20, 10),
        ("reacher", 500, 25, 10), ("reacher", 200, 25, 10),
    ):  # fmt: skip
        found = cell(task, steps)
        what = f"apg, {task}, {steps} real steps: {found.threshold.iloc[0]:g} in {seconds} CPU-s"
        yield seeds(what, found.cpu_seconds_to_threshold <= seconds, aim)
    for task, steps, seconds, aim in (("car2d", 300, 60, -19.5), ("reacher", 500, 50, -4.0)):
        found = cell(task, steps).final_return.median()
        spent = cell(task, steps).cpu_seconds.median()
        yield Aim(
            f"apg, {task}, {steps} real steps: median return", f"{aim:g} in {seconds} CPU-s",
            f"{found:.1f} in {spent:.0f}", bool(found >= aim and spent <= seconds),
        )  # fmt: skip


def found_worlds() -> Iterator[Aim]:
    """Of worlds that nobody has written a task for (``--env``)."""
    runs = pd.read_csv(data_path("results/any_world/runs.csv"))
    aims = {"pendulum": 9, "car2d": 8, "reacher": 8, "inverted_pendulum": 8}
    for world, aim in (aims | {"without_speed": 8, "from_pixels": 8}).items():
        found = runs[runs.world == world]
        steps, threshold = found.env_steps.iloc[0], found.threshold.iloc[0]
        what = f"found: {world.replace('_', ' ')}, {steps:,} real steps: {threshold:g}"
        yield seeds(what, found.final_return >= threshold, aim)


def dreamer() -> Iterator[Aim]:
    update = pd.read_csv(data_path("results/dreamer/update.csv")).set_index("learner")
    spent = float(update.cpu_ms_median["symtut"])
    yield Aim("dreamer, one update", "at most 100 CPU-ms", f"{spent:.0f} CPU-ms", spent <= 100)
    curves = read_curves(data_path("results/comparison/pendulum_dreamer/curves.csv"))
    curve = curves["pendulum", "dreamer"]  # returns: (seeds, evaluations)
    best = pd.Series(curve.returns[:, curve.env_steps <= 5000].max(axis=1))
    yield seeds("dreamer, pendulum: -200 within 5,000 real steps", best >= -200, 4, 5)


def notebooks() -> Iterator[Aim]:
    """A notebook's computing in the profile ``lab``; notebook 10 may take eight minutes."""
    costs = pd.read_csv(data_path("results/notebooks.csv")).query("profile == 'lab'")
    longest = costs[~costs.notebook.str.startswith("10")].wall_seconds.max()
    for what, aim, value in (
        ("longest notebook, seconds", 300, longest),
        ("largest memory of a notebook, MB", 1500, costs.peak_mb.max()),
        ("largest notebook, kB", 400, costs.size_kb.max()),
    ):
        yield Aim(what, f"at most {aim:,}", f"{value:,.0f}", bool(value <= aim))


def course() -> Iterator[Aim]:
    """As docs/course_figures.md counts it."""
    table = re.findall(
        r"^\| (\d\d|all) \| (\d+) .*?([\d.]*)%?\)? \|$", COURSE.read_text("utf-8"), re.M
    )
    longest = max(int(minutes) for name, minutes, _ in table if name != "all")
    yield Aim("longest required path, minutes", "at most 90", f"{longest}", longest <= 90)
    share = next(float(caught) / 100 for name, _, caught in table if name == "all")
    yield at_least("wrong answers that the checks catch", share, 0.95)


def aims() -> list[Aim]:
    return [*regressor(), *gradients(), *found_worlds(), *dreamer(), *notebooks(), *course()]


def page() -> str:
    """The text of docs/results.md with the table of today."""
    head = ["| | aim | reached | met |", "|---|---|---|---|"]
    rows = "\n".join([*head, *(aim.row() for aim in aims())])
    return between(PAGE.read_text(encoding="utf-8"), MARKS, rows)


def main() -> None:
    argparse.ArgumentParser(description=__doc__.split("\n\n")[0]).parse_args()
    write_bytes(PAGE, page().encode())


if __name__ == "__main__":
    main()
