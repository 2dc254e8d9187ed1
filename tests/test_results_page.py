"""docs/results.md and docs/fine_tuning.md say what the stored tables say."""

import csv
import re
import runpy
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import dreamer_update, learners
from symtut.experiments.statistics import (
    censored,
    mean_return,
    median_steps,
    probability_of_improvement,
)
from symtut.experiments.tables import read_runs
from symtut.lab import loop_ablations
from symtut.lab.scenes import nb08_fine_tuning as fine_tuning
from symtut.regression.benchmark.tables import wilson
from symtut.tasks import make_task

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
FINE_TUNING = (ROOT / "docs" / "fine_tuning.md").read_text(encoding="utf-8")


def test_what_is_said_of_few_transitions():
    with open(ROOT / "data/results/regression/few_transitions.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["transitions"] for row in rows} == {"10", "20", "50"} and len(rows) == 120
    assert all(row["exact"] == "1" for row in rows)
    longest = {
        proposer: max(float(row["cpu_seconds"]) for row in rows if row["proposer"] == proposer)
        for proposer in ("transformer+sparse", "sparse")
    }
    assert longest["transformer+sparse"] < 1.4 and longest["sparse"] < 0.1


def test_the_table_of_the_ablation_is_that_of_the_stored_results():
    page = (ROOT / "data" / "weights" / "README.md").read_text()
    with open(ROOT / "data" / "results" / "regression" / "ablation.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["arm"] for row in rows}) == 5 and len(rows) == 15
    for row in rows:
        form, constants, *library = row["arm"].split("+")
        line = next(
            line
            for line in page.splitlines()
            if line.startswith(f"| {form} | {constants} | {'yes' if library else 'no'} |")
        )
        exact, low, high = (float(row[name]) for name in ("exact", "exact_low", "exact_high"))
        assert f"{float(row['held_out_loss']):.2f} |" in line
        assert f"| {exact:.2f} [{low:.2f}, {high:.2f}] |" in line


def test_the_table_of_specific_weights_is_that_of_the_stored_results():
    rows = fine_tuning.read_rows(ROOT / "data" / "results" / "finetuning" / "recovery.csv")
    for task in ("pendulum", "car2d", "reacher"):
        cells = []
        for proposer in fine_tuning.PROPOSERS:
            hits = [
                row["recovered"]
                for row in rows
                if (row["task"], row["proposer"], row["noise"]) == (task, proposer, 0.05)
            ]
            low, high = wilson(sum(hits), len(hits))
            cells.append(f"{sum(hits) / len(hits):.2f} [{low:.2f}, {high:.2f}]")
        assert f"| {task} | {len(hits)} | {' | '.join(cells)} |" in FINE_TUNING

    def share(task, proposer, *condition):
        return fine_tuning.recovered(rows, task, proposer, condition).share

    for said, cell in (
        ("(0.68)", ("car2d", "specific", 10, 0.0, 64)),
        ("(0.55)", ("car2d", "general", 200, 0.0, 64)),
        ("(0.75)", ("car2d", "specific", 200, 0.05, 16)),
        ("(0.72)", ("car2d", "general", 200, 0.05, 256)),
    ):
        assert f"({share(*cell):.2f})" == said and said in FINE_TUNING
    for fewer, more in ((10, 20), (20, 50)):
        few, many = (share("pendulum", who, n, 0.0, 64) for who, n in
                     (("specific", fewer), ("general", more)))  # fmt: skip
        assert few >= many


def test_the_table_of_dreamers_update_is_that_of_the_stored_results():
    table = dreamer_update.lines(ROOT / "data" / "results" / "dreamer")
    assert len(table) == 5 and "\n".join(table) in PAGE


def test_what_is_said_of_the_loop():
    folder = ROOT / "data" / "results" / "loop"

    def medians(study):
        arms = loop_ablations.arms(loop_ablations.read_study(folder / f"{study}.csv"))
        return {k: np.median([run["final_return"] for run in runs]) for k, runs in arms.items()}

    found = medians("proposers")
    pendulum = [value for key, value in found.items() if key[0] == "pendulum"]
    assert max(pendulum) - min(pendulum) < 6
    said = {"specific": -19, "sparse": -19, "general": -37, "prior": -94}
    assert {kind: round(found["car2d", 100, kind]) for kind in said} == said
    assert all(f"{value} with" in FINE_TUNING for value in said.values())
    whole = [value for key, value in medians("rollouts").items() if key[1] == "validated"]
    assert min(whole) > -650
    inference = medians("inference").values()
    assert max(inference) - min(inference) < 4


def test_open_loop_errors_are_those_of_the_stored_results():
    script = runpy.run_path(str(ROOT / "benchmarks" / "open_loop_error.py"))
    with open(ROOT / "data" / "results" / "open_loop" / "open_loop.csv", newline="") as file:
        rows = [
            [*values[:2], int(values[2]), values[3], int(values[4]), *map(float, values[5:])]
            for values in list(csv.reader(file))[1:]
        ]
    lines = script["summary"](rows).splitlines()
    assert len(lines) == 6 and all(line in PAGE for line in lines)
    at_50 = script["summary"]([row for row in rows if row[4] <= 50]).splitlines()
    (reacher,) = (line for line in at_50 if line.startswith("reacher, outside, 50 steps"))
    assert float(re.search(r"mbpo / symbolic ([\d.e+-]+)", reacher).group(1)) < 3


def test_returns_of_the_planner_are_those_of_the_stored_results():
    script = runpy.run_path(str(ROOT / "benchmarks" / "planning.py"))
    planned = pd.read_csv(ROOT / "data" / "results" / "planning" / "planning.csv")
    lines = script["returns"](planned)
    assert len(lines) == 8 and all(f"\n{line}\n" in PAGE for line in lines)
    for task, rows in planned.groupby("task"):
        assert rows["mean_return"].min() >= make_task(task).solved_return
    assert set(planned["seed"]) == set(range(10))
    chosen = pd.read_csv(ROOT / "data" / "results" / "planning" / "choices.csv")
    mean = chosen.pivot_table("mean_return", "choice", "task")
    behind = mean.loc["as it is"] - mean
    assert f"costs Reacher {behind.loc['white noise', 'reacher']:.1f} of its return" in PAGE
    assert f"the pendulum {behind.loc['white noise', 'pendulum']:.0f};" in PAGE
    assert (behind.loc["horizon x 2"] > 0).all() and (behind.loc["cross-entropy"] > 0).all()


def test_gradients_are_those_of_the_stored_results():
    script = runpy.run_path(str(ROOT / "benchmarks" / "gradients.py"))
    rows = pd.read_csv(ROOT / "data" / "results" / "gradients" / "gradients.csv")
    lines = script["summary"](rows).splitlines()
    said = [line for line in lines if ", trained, " in line and "oracle" not in line]
    assert len(lines) == 12 and len(said) == 4 and all(f"\n{line}\n" in PAGE for line in said)
    cosine = rows.groupby(["task", "method"])["cosine"].min()
    assert cosine["pendulum", "sparse"] > 0.9 and cosine["car2d", "sparse"] > 0.999
    assert cosine["car2d", "mbpo"] < 0.1


def test_the_table_of_adapters_is_that_of_the_stored_results():
    page = (ROOT / "data" / "weights" / "README.md").read_text()
    with open(ROOT / "data" / "results" / "finetuning" / "adapters.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for task in ("pendulum", "car2d", "reacher"):
        cells = [
            f"{float(row['loss_world']):.2f}, {float(row['loss_general']):.2f}"
            for kind in ("general", "adapter", "all_weights")
            for row in rows
            if (row["task"], row["weights"]) == (task, kind)
        ]
        assert f"| {task} | {' | '.join(cells)} |" in page


def test_the_table_of_the_comparison_is_that_of_the_stored_results():
    script = runpy.run_path(str(ROOT / "benchmarks" / "comparison.py"))
    lines = script["rows"](ROOT / "data" / "results" / "comparison")
    assert len(lines) >= 9 and all(line in PAGE for line in lines)
    comparison = PAGE.split("## The comparison")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (?:pendulum|car2d|reacher) \|.*$", comparison, re.MULTILINE)
    assert rows == lines


def test_what_is_said_of_dreamer_is_in_its_curves():
    folder = ROOT / "data" / "results" / "comparison"
    curves = pd.read_csv(folder / "pendulum_dreamer" / "curves.csv")
    said = re.search(r"\*\*Dreamer\*\* \(.*?\n\n", PAGE, re.DOTALL)[0].replace("\n", " ")
    for level in (-200, -160):
        above = curves[curves["mean_return"] >= level].groupby("seed")["env_steps"].min()
        first = [f"{above[seed]:,}" for seed in sorted(set(curves["seed"])) if seed in above]
        steps = re.search(rf"above {level} after ([\d, and]+)", said)[1]
        assert re.findall(r"\d[\d,]*\d", steps) == first
    dreamer, sac = (
        read_runs(folder / name / "runs.csv").query(f"method == '{method}'")
        for name, method in (("pendulum_dreamer", "dreamer"), ("pendulum", "sac"))
    )
    assert 7 < dreamer["cpu_seconds"].median() / sac["cpu_seconds"].median() < 15


def test_what_is_said_of_the_comparison():
    folder = ROOT / "data" / "results" / "comparison"

    def cell(sweep, method):
        return read_runs(folder / sweep / "runs.csv").query("method == @method")

    def median(sweep, method):
        runs = cell(sweep, method)
        return median_steps(censored(runs.steps_to_threshold, runs.env_steps))

    def there(sweep, method="symbolic"):
        runs = cell(sweep, method)
        return runs.steps_to_threshold.notna().sum(), len(runs)

    assert median("pendulum", "sac") / 50 == 70 and median("pendulum", "mbpo") / 50 == 7
    assert there("pendulum_50") == (10, 10) and there("pendulum_20") == (8, 10)
    assert there("car2d") == (10, 10)
    assert there("car2d", "sac") == (0, 10) and there("car2d", "mbpo") == (2, 10)
    assert set(cell("car2d", "sac").env_steps) == {40 * 300}
    assert set(cell("car2d", "mbpo").env_steps) == {5 * 300}
    assert median("reacher", "sac") / 100 == 120 and median("reacher", "mbpo") / 100 == 5
    assert median("reacher", "sac") / 200 == 60 and median("reacher", "mbpo") / 200 == 2.5
    assert median("reacher", "mbpo") == median("reacher", "symbolic") == 500
    assert there("reacher_200") == (10, 10)
    assert median("pendulum_two_updates", "sac") == 2000 == 40 * 50
    assert median("reacher_two_updates", "sac") == 8750 == 87.5 * 100
    assert (median("pendulum", "sac"), median("reacher", "sac")) == (3500, 12_000)
    assert there("car2d_two_updates", "sac") == (0, 10)
    trials = runpy.run_path(str(ROOT / "benchmarks" / "baseline_tuning.py"))["read"](
        ROOT / "data" / "results" / "tuning" / "tuning.csv"
    )

    def tried(task, method, setting, column):
        cell = task, method, setting
        return [float(r[column]) for r in trials if cell == tuple(r.values())[:3]]

    for task in ("pendulum", "car2d", "reacher"):
        one, two = (
            np.mean(tried(task, "sac", setting, "cpu_seconds"))
            for setting in ("default", "updates_per_step=2.0")
        )
        assert 1.7 < two / one < 2.3
    assert round(cell("pendulum", "sac").cpu_seconds.median()) == 24
    assert round(np.median(tried("pendulum", "sac", "default", "cpu_seconds"))) == 16
    for setting, finals in {
        "hidden=128": [-28, -26],
        "hidden=128,start_states=all": [-32, -49],
    }.items():
        assert np.rint(tried("car2d", "mbpo", setting, "final_return")).tolist() == finals
    for setting, waits in {"default": [750, 700], "relabel=False": [1050, 1000]}.items():
        assert tried("reacher", "mbpo", setting, "steps_to_threshold") == waits
    for task, setting in (("reacher", "random_steps=100"), ("pendulum", "random_steps=50")):
        fewer, ours = (tried(task, "mbpo", s, "mean_return") for s in (setting, "default"))
        assert all(a < b for a, b in zip(fewer, ours, strict=True))
    for setting, finals in {
        "default": [-190, -223], "batch_size=32,length=8": [-176, -865],
        "learning_rate=0.0003": [-471, -226], "gamma=0.97": [-200, -178],
        "updates_per_step=0.5": [-1590, -942], "updates_per_step=2.0": [-164, -819],
        "deter=256,units=128": [-157, -1546],
    }.items():  # fmt: skip
        assert np.rint(tried("pendulum", "dreamer", setting, "final_return")).tolist() == finals
        assert "{} and {}".format(*finals) in " ".join(PAGE.split())
    assert there("reacher_100") == (9, 10) and there("reacher_no_relabel") == (6, 10)
    for task in ("pendulum", "car2d", "reacher"):
        assert there(task) == there(task, "sparse") == there(task, "oracle")
    level = 0
    for task in ("pendulum", "car2d", "reacher"):
        for rival in ("sparse", "oracle"):
            ours, theirs = (cell(task, m).final_return for m in ("symbolic", rival))
            chance = probability_of_improvement([ours], [theirs])
            level += chance.low <= 0.5 <= chance.high
    assert level == 5 and [round(value, 2) for value in chance] == [0.77, 0.52, 0.96]
    assert round(ours.mean() - theirs.mean(), 2) == 0.07  # the last pair: Reacher's oracle
    assert there("pendulum_paper") == there("pendulum_paper", "oracle") == (8, 10)
    assert there("reacher_paper") == there("reacher_paper", "oracle") == (0, 10)
    assert there("car2d_paper") == there("car2d_paper", "oracle") == (0, 10)
    for sweep in ("pendulum_paper", "reacher_paper", "car2d_paper"):
        finals = [cell(sweep, m).final_return for m in ("symbolic", "oracle")]
        chance = probability_of_improvement(finals[:1], finals[1:])
        assert chance.low < 0.5 and (chance.high > 0.5) == (sweep != "car2d_paper")
    assert [round(mean_return(values).value) for values in finals] == [-81, -56]
    # What was made again replaced what stood there; of the first-made, 13 were made once more.
    first = [path for path in folder.glob("*/runs.csv") if "dreamer" not in path.parent.name]
    commits = [commit for path in first for commit in read_runs(path).commit]
    assert len(commits) == 290
    assert sum(commit.startswith(("6bea4e1", "d827836")) for commit in commits) == 87 + 13


def test_what_is_said_of_our_sac_beside_that_of_stable_baselines():
    script = runpy.run_path(str(ROOT / "benchmarks" / "sac_against_sb3.py"))
    rows = script["stored"](ROOT / "data" / "results" / "sac" / "curves.csv")
    said = " ".join(PAGE.split())
    for task, last in script["STEPS"].items():
        ours, theirs = (
            mean_return(np.array([r[4] for r in rows if (*r[:2], r[3]) == (task, who, last)]))
            for who in ("ours", "SB3")
        )
        assert ours.low <= theirs.high and theirs.low <= ours.high
        named = {"pendulum": "the pendulum", "car2d": "Car2d", "reacher": "Reacher"}[task]
        assert f"{ours.value:.1f}, {theirs.value:.1f} on {named}" in said


def test_what_the_landing_page_says_of_the_policy():
    page = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    runs = read_runs(ROOT / "data" / "results" / "comparison" / "pendulum" / "runs.csv")
    (run,) = runs[(runs.method == "symbolic") & (runs.seed == 0)].itertuples()
    best = make_task("pendulum").best_return
    said = f"mean return of {run.final_return:.1f} (the best possible is {best})"
    assert said.replace("-", "−") in " ".join(page.split())


def test_the_table_of_the_two_learners_is_that_of_the_stored_results():
    runs, curves = learners.read(ROOT / "data" / "results" / "learners")
    assert "\n".join(learners.lines(runs)) in PAGE
    key = list(learners.RUN)
    assert set(runs[key].apply(tuple, axis=1)) == set(curves[key].apply(tuple, axis=1))
