"""``symtut show DIR``: what a run or a sweep has found, read from its files."""

import os
import shlex
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from symtut.agents.planning import Planner, plan_config
from symtut.agents.policy import Controller
from symtut.errors import InputError
from symtut.experiments import evaluate, results
from symtut.experiments.results import Result
from symtut.forms import ANYTHING, number, object_of, optional, whole
from symtut.paths import as_path
from symtut.pictures import FILMS, PICTURES, check_picture, drawn, marked, write_picture
from symtut.regression.presentation import TERMINAL_WIDTH, r2_text
from symtut.storage import read_csv
from symtut.tasks import TASKS, Task, make_task
from symtut.tensors import read_metadata
from symtut.world_models.oracle import OracleWorldModel

CURVE_ROWS, BAR = 12, 24
"""Evaluations of a curve that are printed, and characters of the longest bar beside them."""

CHECKPOINT_FORM = object_of(
    {"env_steps": whole(), "updates": whole(), "cpu_seconds": number(0), "run": ANYTHING},
    {"report": object_of({"equations": optional(results.EQUATIONS_FORM, [])}, others=ANYTHING)},
    others=ANYTHING,
)


@dataclass(frozen=True)
class _Run:
    """What there is of a run; ``result`` is None as long as it is not finished."""

    config: dict
    result: Result | None
    curve: list[dict]
    equations: list[dict]
    spent: tuple[int, int, float]  # real steps, gradient updates, CPU-seconds

    @property
    def task(self) -> Task | None:
        name = self.config["run"]["task"]
        return make_task(name) if name in TASKS else None


def show(
    folder: str | Path,
    plot: str | Path | None = None,
    film: str | Path | None = None,
    say: Callable[[str], None] = print,
    plan: dict | None = None,
) -> str:
    """Print what stands in ``folder``, and draw it; returns the command to type next.

    Parameters
    ----------
    folder : path
        Of a run, be it finished or not, or of a sweep.
    plot : path, optional
        Picture to make of the learning curve, or of a sweep's curves: .png, .svg or .pdf.
    film : path, optional
        Animated PNG to make of an episode of the run's policy, or of the planner with ``plan``.
    plan : dict, optional
        Plan in the run's equations in the real episodes that evaluated its policy; fields of
        ``PlanConfig`` with other values than the task's ({} for none).

    Raises
    ------
    InputError
        If the folder holds neither, a file of it is damaged, there is no policy for a film yet, or
        a picture cannot be written.
    """
    folder = as_path(folder)
    for path, endings in ((plot, PICTURES), (film, FILMS)):
        if path is not None:
            check_picture(as_path(path), endings)
    if os.path.lexists(folder / results.CONFIG):
        return _show_run(folder, plot, film, say, plan)
    for name, asked in (("--film", film), ("--plan", plan)):
        if asked is not None:
            raise InputError(f"'{folder}' is no run: {name} needs the folder of one run.")
    return _show_sweep(folder, plot, say)


# ---- a run --------------------------------------------------------------------------------------


def _show_run(folder: Path, plot, film, say: Callable[[str], None], plan: dict | None) -> str:
    run = _read_run(folder)
    if film is not None and run.result is None:
        raise InputError(f"the run in '{folder}' is not finished: there is no policy to film yet.")
    planner = None if plan is None else _planner(run, folder, plan)
    pictures: list[tuple[str, Path, bytes]] = []
    if plot is not None:
        curve = _curve_picture(run, as_path(plot).suffix.lower())
        pictures.append(("learning curve drawn in", as_path(plot), curve))
    if film is not None and run.result is not None:
        film_of = _film(run.result, planner or run.result.policy())
        pictures.append(("film of an episode in", as_path(film), marked(film_of)))
    for line in (*_head(run), *_equations(run), *_curve(run)):
        say(line)
    if planner is not None and run.result is not None:
        for line in _planned(run.result, planner):
            say(line)
    for what, path, data in pictures:
        write_picture(path, data)
        say(f"{what} {path}")
    asked = run.config["run"]
    if run.result is None:
        typed = str(run.config["provenance"].get("command"))
        return typed if typed.startswith("symtut train") else "the same call goes on with the run"
    if plot is None or film is None:
        more = [] if plot is not None else ["--plot", "curve.png"]
        more += [] if film is not None else ["--film", "policy.png"]
        return shlex.join(["symtut", "show", str(folder), *more])
    return f"symtut sweep --tasks {asked['task']} --methods {asked['method']} --out sweep"


def _read_run(folder: Path) -> _Run:
    config = results.read_config(folder / results.CONFIG)
    if os.path.lexists(folder / results.SUMMARY):
        result = Result.load(folder)
        summary = result.summary
        spent = tuple(summary[name] for name in ("env_steps", "gradient_updates", "cpu_seconds"))
        return _Run(config, result, result.curve, result.equations, spent)
    curve, equations, spent = [], [], (0, 0, 0.0)
    if os.path.lexists(folder / results.CURVE):
        curve = read_csv(folder / results.CURVE, results.CURVE_FORM, "the curve of a run")
        spent = tuple(list(curve[-1].values())[:3]) if curve else spent
    if os.path.lexists(folder / results.CHECKPOINT):
        values = read_metadata(folder / results.CHECKPOINT, CHECKPOINT_FORM)
        if values["run"] != config["run"]:
            raise InputError(f"'{folder / results.CHECKPOINT}' is not of the run in its folder.")
        equations = values.get("report", {}).get("equations", [])
        spent = max(spent, tuple(values[n] for n in ("env_steps", "updates", "cpu_seconds")))
    return _Run(config, None, curve, equations, spent)


def _head(run: _Run) -> Iterator[str]:
    """What it is, how good it became, and what it cost."""
    asked, (steps, updates, seconds) = run.config["run"], run.spent
    name = f"{asked['method']} on {asked['task']}, seed {asked['seed']}"
    cost = f"real steps, {updates:,} gradient updates, {seconds:,.0f} CPU-seconds"
    if run.result is None:
        yield f"{name}: not finished"
        yield f"  so far   {steps:,} of {asked['steps']:,} {cost}"
        return
    yield f"{name}: " + ("diverged" if run.result.diverged else "finished")
    if run.result.diverged:
        yield from _wrapped(f"  because  {run.result.diverged}", 11)
    summary, model = run.result.summary, run.result.summary["model"] or {}
    yield f"  cost     {steps:,} {cost}"
    if "fits" in model:
        yield f"  model    {model['fits']} fits; rollouts of {model.get('rollout_length')} steps"
    first, last = summary["evaluation_seeds"]
    yield (
        f"  policy   mean return {summary['final_return']:.1f}, standard deviation "
        f"{summary['final_return_std']:.1f}, over {last - first + 1} episodes"
    )
    needed = summary["steps_to_threshold"]
    best = None if run.task is None else run.task.best_return
    if summary["threshold"] is None:
        return
    yield (
        f"  solved   from {summary['threshold']:g}: "
        + (f"after {needed:,} real steps" if needed else "not reached")
        + (f"; the best possible is {best:g}" if best is not None else "")
    )


def _equations(run: _Run) -> Iterator[str]:
    """Each equation beside the simulator's own, where that is known."""
    names, known = ((), ()) if (t := run.task) is None else (t.state_names, t.true_equations)
    true = dict(zip((f"delta_{name}" for name in names), known, strict=False))
    if found := [row["words"] for row in run.equations if "words" in row]:
        yield from ("", "found in the first real steps")
        yield from (line for words in found for line in _wrapped(f"  {words}", 6))
    if rows := [row for row in run.equations if "words" not in row]:
        yield from ("", "equations (R² on held-out steps)")
    for row in rows:
        r2, method = r2_text(row.get("r2_holdout")), row.get("method")
        by = f"; found by {method}" if method else ""
        yield from _wrapped(f"  {row['target']} = {row['equation']}", 6, f"  ({r2}{by})")
        if "open_loop_errors" in row:
            steps = ", ".join(f"{e:.2g} at {k}" for k, e in row["open_loop_errors"].items())
            yield from _wrapped(f"    left alone it errs by {steps} steps, in spreads", 8)
        if row["target"] in true:
            yield from _wrapped(f"    the simulator: {true[row['target']]}", 8)


def _wrapped(line: str, indent: int, more: str = "") -> list[str]:
    return textwrap.wrap(
        f"{line}{more}", TERMINAL_WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False
    )


def _curve(run: _Run) -> Iterator[str]:
    """The evaluations, a bar each; where there are many, some of them at equal distances."""
    if not (curve := run.curve):
        return
    shown = np.unique(np.linspace(0, len(curve) - 1, CURVE_ROWS).round().astype(int))
    returns = [row["mean_return"] for row in curve]
    low, high = min(returns), max(returns)
    yield from ("", f"learning curve ({len(curve)} evaluations)")
    yield f"{'real steps':>12}{'updates':>12}{'CPU-s':>9}{'mean return':>14}"
    for row in (curve[i] for i in shown):
        share = (row["mean_return"] - low) / (high - low) if high > low else 1.0
        yield (
            f"{row['env_steps']:>12,}{row['gradient_updates']:>12,}{row['cpu_seconds']:>9,.0f}"
            f"{row['mean_return']:>14.1f}  {'#' * round(share * BAR)}"
        ).rstrip()


def _curve_picture(run: _Run, ending: str) -> bytes:
    from matplotlib.figure import Figure

    from symtut.lab.curves import learning_curve

    if not run.curve:
        raise InputError("the run has no evaluation yet: there is no learning curve to draw.")
    figure = Figure(figsize=(7.0, 3.6), layout="constrained")
    column = "env_steps" if len({row["env_steps"] for row in run.curve}) > 1 else "gradient_updates"
    columns = {name: [row[name] for row in run.curve] for name in results.CURVE_COLUMNS}
    asked, threshold = run.config["run"], None if run.task is None else run.task.solved_return
    axes = learning_curve(
        columns[column], columns["mean_return"], columns["std_return"], method=asked["method"],
        axes=figure.subplots(), xlabel=column.replace("env", "real environment").replace("_", " "),
        marks=[] if threshold is None else [(threshold, "solved")],
    )  # fmt: skip
    axes.set_title(f"{asked['method']} on {asked['task']}, seed {asked['seed']}")
    return drawn(figure, ending)


def _film(result: Result, controller: Controller) -> bytes:
    """A real episode, from the first of the evaluation's starts."""
    from symtut.lab.episodes import episode, episode_png

    controller.begin()
    seed = result.summary["evaluation_seeds"][0]
    return episode_png(controller.task, *episode(controller.task, controller, seed))


# ---- planning -----------------------------------------------------------------------------------


def _planner(run: _Run, folder: Path, choices: dict) -> Planner:
    if run.result is None:
        raise InputError(f"the run in '{folder}' is not finished: --plan needs its equations.")
    asked = run.config["run"]
    task = run.result.policy().task  # a found task is known to the run alone
    oracle = asked["method"] == "oracle"
    model = OracleWorldModel(task) if oracle else run.result.world_model()
    return Planner(task, model, plan_config(task, **choices), asked["seed"])


def _planned(result: Result, planner: Planner) -> Iterator[str]:
    """The planner in the real episodes that evaluated the policy, and both costs."""
    config, (first, last) = planner.config, result.summary["evaluation_seeds"]
    seeds = range(first, last + 1)
    policy = evaluate(planner.task, result.policy().unit_action, seeds)
    planner.begin()
    found = evaluate(planner.task, planner.unit_action, seeds)
    yield ""
    yield (
        f"planning in the equations, nothing learned ({config.samples} plans of {config.horizon} "
        f"steps)"
    )
    yield f"{'':>12}{'mean return':>14}{'deviation':>12}{'CPU-ms a decision':>20}"
    for name, one in (("planner", found), ("policy", policy)):
        yield f"{name:>12}{one.mean:>14.1f}{one.std:>12.1f}{1000 * one.decision_seconds:>20.3f}"
    yield f"(real episodes {first} to {last}, side by side)"


# ---- a sweep ------------------------------------------------------------------------------------


def _show_sweep(folder: Path, plot, say: Callable[[str], None]) -> str:
    from symtut.experiments import summary, tables

    begun = len(list(folder.glob(f"*/*/seed_*/{results.CONFIG}")))
    if begun:
        records, curves = tables.collect(folder)
    elif os.path.lexists(folder / tables.RUNS):
        records = tables.read_runs(folder / tables.RUNS)
        curves = tables.read_curves(folder / tables.CURVES)
    else:
        raise InputError(f"'{folder}' holds neither a run nor a sweep of symtut.")
    reference = "symbolic"
    if os.path.lexists(folder / summary.SOURCES):
        reference = summary.read_sources(folder / summary.SOURCES)["reference"]
    say(summary.readable(summary.summarise(records, reference), records, reference))
    if begun > len(records):
        say(f"{begun - len(records)} runs are not finished: the sweep's command goes on with them")
    if plot is not None:
        write_picture(as_path(plot), _sweep_picture(records, curves, as_path(plot).suffix.lower()))
        say(f"learning curves drawn in {plot}")
    one = next(folder.glob(f"*/*/seed_*/{results.CONFIG}"), None)
    if plot is None or one is None:
        return shlex.join(["symtut", "show", str(folder), "--plot", "curves.png"])
    return shlex.join(["symtut", "show", str(one.parent)])


def _sweep_picture(records, curves, ending: str) -> bytes:
    from matplotlib.figure import Figure

    from symtut.lab.curves import sample_efficiency

    tasks = records.groupby("task")["threshold"].first().to_dict()
    figure = Figure(figsize=(5.6 * len(tasks), 4.0), layout="constrained")
    for axes, (task, threshold) in zip(
        figure.subplots(1, len(tasks), squeeze=False)[0], tasks.items(), strict=True
    ):
        sample_efficiency(curves, task, threshold, axes)
    return drawn(figure, ending)
