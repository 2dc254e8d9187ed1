"""The ablations of benchmarks/ run at a small size, and say what they should of clear cases."""

import csv
import importlib.util
import runpy
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from symtut.experiments.config import RunConfig
from symtut.experiments.results import Result
from symtut.experiments.sweep import parse_seeds
from symtut.paths import data_path
from symtut.regression.search.language import Language
from symtut.tasks import make_task

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def load(name):
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(path):
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file))


SCRIPTS = sorted({path.stem for path in BENCHMARKS.glob("*.py")} - {"unseen_worlds"})  # a module


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_says_what_it_does(script, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [script, "--help"])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(BENCHMARKS / f"{script}.py"), run_name="__main__")
    said = capsys.readouterr().out
    assert end.value.code == 0 and said.startswith("usage: ") and "--help" in said


def test_open_loop_error_of_the_truth_is_rounding(tmp_path, capsys):
    words = "--tasks pendulum --methods oracle,sparse --seeds 2 --episodes 4 --steps 60"
    load("open_loop_error").main([*words.split(), "--out", str(tmp_path)])
    rows = read(tmp_path / "open_loop.csv")
    assert {row["region"] for row in rows} == {"inside", "outside"}
    assert {row["method"] for row in rows} == {"oracle", "sparse"}
    oracle = [float(row["error"]) for row in rows if row["method"] == "oracle"]
    assert 0 < max(oracle) < 1e-3
    assert "pendulum, inside, 200 steps: oracle" in capsys.readouterr().out
    assert (tmp_path / "open_loop.png").stat().st_size > 10_000
    assert (tmp_path / "open_loop.json").exists()


def test_paths_are_those_of_the_simulator_and_outside_is_wider():
    module, task = load("open_loop_error"), make_task("car2d")
    seen = module.random_transitions(task, 200, 0)
    played = module.regions(task, seen, 30, 40, 0)
    for transitions in played.values():
        assert len(transitions) == 30 * 40
        again = task.true_step(transitions.state, transitions.action)
        np.testing.assert_allclose(transitions.next_state, again)
        inner = transitions.episode[1:] == transitions.episode[:-1]
        assert (transitions.next_state[:-1][inner] == transitions.state[1:][inner]).all()
    speed = {region: np.abs(t.state[:, 3]).mean() for region, t in played.items()}
    assert speed["outside"] > 1.5 * speed["inside"]
    assert (np.abs(played["outside"].action) == 1).all()


@pytest.mark.parametrize("changed", [False, True])
def test_world_weights_knows_the_physics(tmp_path, capsys, changed):
    words = "--tasks pendulum --specific general --proposers general,world~prior --seeds 1"
    words = [word.replace("~", " ") for word in words.split()] + ["--series", "candidates"]
    module = load("world_weights")
    module.main([*words, "--out", str(tmp_path), *(["--changed"] if changed else [])])
    rows = read(tmp_path / ("changed_physics.csv" if changed else "recovery.csv"))
    assert len(rows) == 2 * 2 * 3  # targets, proposers, candidates
    assert all(float(row["r2"]) > 0.99 for row in rows)
    assert any(row["recovered"] == "1" for row in rows)
    assert "pendulum 200 points, 0.05 noise, 256: general" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["pendulum", "car2d", "reacher"])
def test_targets_are_the_simulators_equations(name):
    """As trained, the formulas of world_weights say what the simulator does."""
    module, task = load("world_weights"), make_task(name)
    physics = module.PHYSICS[name]["as trained"]
    for target in module.targets(task, physics):
        transitions = module.random_transitions(task, 300, 7)
        inside = task.uncut(transitions.state, transitions.next_state)
        moved = task.difference(transitions.next_state, transitions.state)[inside]
        moved = moved[:, task.state_names.index(target.name)]
        x, y = module.table(task, target, physics, 300, 7)
        truth = module.Expression.from_text(target.truth, target.inputs)(x)
        near = 2e-2 if name == "reacher" else 1e-6  # free joints leave the links' forces out
        assert np.abs(truth - moved).max() < near * max(1, np.abs(moved).max())
        assert len(y) == len(truth)


@pytest.mark.parametrize(
    ("study", "fewer"),
    [
        ("proposers", {}), ("rollouts", {"updates": 300}), ("inference", {"updates_per_step": 1.0}),
        ("adaptive", {}),
    ],
)  # fmt: skip
def test_a_study_of_the_loop_runs_and_is_resumed(tmp_path, capsys, monkeypatch, study, fewer):
    """``fewer`` updates where the study's own number overrides that of the profile."""
    module = load("loop_ablation")
    arms = [replace(arm, options=arm.options | fewer) for arm in module.STUDIES[study]()]
    monkeypatch.setitem(module.STUDIES, study, lambda: arms)
    words = ["--study", study, "--seeds", "1", "--profile", "smoke", "--limit", "1"]
    words += ["--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "out")]
    first = module.main(words)
    assert len(first) == 1 and -2500 < first[0]["final_return"] < 0 and first[0]["seed"] >= 200
    assert module.main(words) == first  # nothing is run twice: the same figures, CPU time too
    assert len(read(tmp_path / "out" / f"{study}.csv")) == 1
    assert (tmp_path / "out" / f"{study}.png").exists()
    assert "of 1," in capsys.readouterr().out


def test_arms_of_all_studies_are_valid_and_distinct():
    module = load("loop_ablation")
    for name, make in module.STUDIES.items():
        arms = make()
        assert len({arm.name for arm in arms}) == len(arms) > 1, name
        for arm in arms:
            RunConfig.make(arm.task, arm.method, arm.steps, 0, **arm.options)


def test_few_transitions_count_what_is_exact(tmp_path, capsys):
    out = tmp_path / "few.csv"
    words = "--task car2d --transitions 5,100 --proposers sparse --seeds 2 --out"
    load("few_transitions").main([*words.split(), str(out)])
    exact = {(row["transitions"], row["seed"]): row["exact"] for row in read(out)}
    assert exact == {("5", "0"): "0", ("5", "1"): "0", ("100", "0"): "1", ("100", "1"): "1"}
    assert "100 transitions: 2 of 2 exact [0.34, 1.00]" in capsys.readouterr().out
    assert out.with_suffix(".json").exists()


def test_adapters_and_all_weights_are_judged_on_the_same_functions(tmp_path, capsys):
    for kind, name in (("adapter", "pendulum"), ("all_weights", "general")):
        (tmp_path / kind / "pendulum").mkdir(parents=True)
        for ending in ("json", "safetensors"):
            target = tmp_path / kind / "pendulum" / f"weights.{ending}"
            shutil.copy(data_path(f"weights/{name}.{ending}"), target)
    words = ["--tasks", "pendulum", "--chunks", "1", "--runs", str(tmp_path), "--out"]
    load("adapters_against_all_weights").main([*words, str(tmp_path / "out")])
    general, adapter, full = read(tmp_path / "out" / "adapters.csv")
    names = [row["weights"] for row in (general, adapter, full)]
    assert names == ["general", "adapter", "all_weights"]
    for loss in ("loss_world", "loss_general"):  # here "all_weights" are the general ones
        assert full[loss] == general[loss]
    assert float(adapter["loss_world"]) < float(general["loss_world"]) - 0.1
    assert int(adapter["numbers_trained"]) < 0.1 * int(full["numbers_trained"])
    assert int(adapter["file_bytes"]) < 0.1 * int(full["file_bytes"])
    assert "in general" in capsys.readouterr().out


# ---- are the baselines tuned? --------------------------------------------------------------------


def test_tuning_runs_every_setting_once(tmp_path, monkeypatch, capsys):
    module = load("baseline_tuning")
    monkeypatch.setattr(module, "STEPS", {"sac": {"pendulum": 40}})
    monkeypatch.setattr(module, "SEEDS", {("sac", ""): "100"})
    monkeypatch.setattr(
        module, "ALTERNATIVES", {("sac", ""): ({"hidden": 16},), ("sac", "pendulum"): ()}
    )
    words = ["--runs", str(tmp_path / "runs"), "--out", str(tmp_path), "--jobs", "1"]
    module.main(words)
    first = (tmp_path / "tuning.csv").read_text()
    rows = read(tmp_path / "tuning.csv")
    assert [(row["setting"], row["seed"]) for row in rows] == [
        ("default", "100"), ("hidden=16", "100"),
    ]  # fmt: skip
    for row in rows:
        assert row["steps_to_threshold"] == "" and -2000 < float(row["mean_return"]) < -500
    hidden = [
        Result.load(path.parent).config["run"]["sac"]["hidden"]
        for path in sorted((tmp_path / "runs").glob("*/*/*/*/summary.json"))
    ]
    assert hidden == [RunConfig.make("pendulum", "sac", 40, 0).sac.hidden, 16]
    module.main(words)  # nothing is run twice
    assert (tmp_path / "tuning.csv").read_text() == first
    assert "hidden=16" in capsys.readouterr().out


def test_stored_trials_are_those_of_the_grid_and_each_changes_something():
    module = load("baseline_tuning")
    rows = read(data_path("results/tuning/tuning.csv"))
    stored = {(row["task"], row["method"], row["setting"], int(row["seed"])) for row in rows}
    expected = set()
    for one in module.sweeps():
        setting = one.name.split("_", 2)[2]
        seeds = parse_seeds(one.seeds)
        expected |= {(one.task, one.methods[0], setting, seed) for seed in seeds}
        assert min(seeds) >= 100  # not among those that are reported
        made = [
            RunConfig.make(one.task, one.methods[0], one.steps[0][1], 0, **overrides)
            for overrides in ({}, dict(one.overrides))
        ]
        assert (made[0] == made[1]) == (setting == "default")
    assert stored == expected


def test_anytime_knows_what_each_part_can_and_goes_on_where_it_was_cut(tmp_path, monkeypatch):
    module, table = load("anytime"), tmp_path / "a.csv"
    words = "--suites mechanics --limit 1 --noise 0 --seconds 0.5,2".split()
    words += ["--out", str(table)]
    module.main([*words, "--parts", "library alone"])
    first = read(table)
    assert [(row["seconds"], row["exact"]) for row in first] == [("0.5", "1"), ("2.0", "1")]
    assert first[0]["equation"] == first[1]["equation"]  # not cut at 0.5, so not fitted again
    asked = []
    fitted = module.fitted
    monkeypatch.setattr(module, "fitted", lambda *a: asked.append(a[1]) or fitted(*a))
    module.main([*words, "--parts", "library alone,products alone", "--figure", str(table)])
    assert set(asked) == {"products alone"}
    rows = read(table)
    assert rows[:2] == first
    assert [row["parts"] for row in rows[2:]] == ["products alone"] * 2
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_parts_of_the_anytime_table_are_what_they_are_called():
    module, x = load("anytime"), np.random.default_rng(0).uniform(1, 2, (30, 2))
    for name, (who, library, products) in module.PARTS.items():
        model = module.regressor_of(name)(method=f"{who or 'prior'}+sparse", n_candidates=4)
        config = model.search_config(Language(), 2)
        assert (bool(config.library), bool(config.laws)) == (library, products)
        if who is None:
            assert not model.proposer(None)(x, x[:, 0], 4, np.random.default_rng(0))


def test_steps_of_the_regressor_are_left_out_and_the_table_goes_on(tmp_path, capsys):
    module, out = load("regressor_parts"), tmp_path / "parts.csv"
    words = f"--out {out} --seconds 0.5 --noise 0 --every 100 --left-out".split()
    module.main([*words, "nothing", "library sums"])  # gravitation and the pendulum's speed
    rows = module.read_parts(out).to_dict("records")
    assert [(row["suite"], row["left_out"]) for row in rows] == [
        ("laws", "nothing"), ("laws", "library sums"),
        ("mechanics", "nothing"), ("mechanics", "library sums"),
    ]  # fmt: skip
    assert all(row["exact"] == 1 and not row["failure"] for row in rows)
    module.main([*words, "nothing", "products"])
    again = module.read_parts(out).to_dict("records")
    assert again[:4] == rows and len(again) == 6
    with pytest.raises(SystemExit, match="was made with"):
        module.main([*words, "nothing", "--seed", "3"])


@pytest.mark.parametrize("left_out", ["products", "sums behind a function", "one combination"])
def test_a_step_that_is_left_out_proposes_nothing(left_out, monkeypatch):
    from symtut.regression.structure import laws as structure

    module, seen = load("regressor_parts"), []
    monkeypatch.setattr(module, "run_problem", lambda *a, **k: seen.append(left_all()) or {})

    def left_all():
        x = np.random.default_rng(0).uniform(1, 3, (60, 3))
        y = {
            "products": x[:, 0] ** 2.3 / x[:, 1],
            "sums behind a function": 1 / (1 / x[:, 0] + 2 / x[:, 1]),
            "one combination": x[:, 2] ** 2 * np.tanh(x[:, 0] / x[:, 1]),
        }[left_out]
        observations = structure.Observations(x, y)
        proposers = {
            "products": lambda: next(structure.Laws(x, y).first()),
            "sums behind a function": lambda: structure.propose_inverted_sums(observations),
            "one combination": lambda: structure.reductions(observations),
        }
        return len(proposers[left_out]())

    module.fitted(None, "nothing", 1.0, 0.0, 0)
    module.fitted(None, left_out, 1.0, 0.0, 0)
    assert seen[0] > 0 and seen[1] == 0
