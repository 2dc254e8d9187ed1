"""The files of a run and of a sweep: what is read, what is refused, what is left alone."""

import json
import shutil

import pytest
import torch

from symtut.agents.networks import MLP
from symtut.agents.policy import Policy
from symtut.cli import main
from symtut.errors import InputError
from symtut.experiments import Result, train
from symtut.experiments.summary import write_tables
from symtut.experiments.tables import read_curves
from symtut.tasks import make_task
from symtut.tensors import load_tensors, save_tensors


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A sweep's folder with one short run."""
    out = tmp_path_factory.mktemp("sweep")
    options = {"random_steps": 5, "updates_per_step": 1, "evaluate_every": 20, "hidden": 8}
    train(
        "pendulum", "sac", 10, 0, out / "pendulum" / "sac" / "seed_0", on_progress=None, **options
    )
    return out


@pytest.fixture
def sweep(tmp_path, finished):
    return shutil.copytree(finished, tmp_path / "sweep")


@pytest.fixture
def run(sweep):
    return sweep / "pendulum" / "sac" / "seed_0"


def test_a_finished_run_is_read_back(run):
    assert Result.load(run).summary["env_steps"] == 10
    assert Result.load(run).policy().task.name == "pendulum"


@pytest.mark.parametrize("name", ["config.json", "summary.json", "curve.csv", "equations.json"])
@pytest.mark.parametrize("content", ["", "[]", "null", "3", "{}", '{"run": null}', "[[]]", "\0"])
def test_files_of_other_content_are_named(run, name, content):
    (run / name).write_text(content)
    with pytest.raises(InputError, match=name):
        Result.load(run)


SUMMARY = {
    "final_return": [None, "1", True, []], "seed": [-1, 0.5, "0"], "env_steps": [-1, 10**30],
    "task": [None, 3, "x" * 1000], "evaluation_seeds": [None, [], [1]], "steps_to_threshold": ["1"],
    "model": [[], 3], "extra": [1],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in SUMMARY.items() for v in vs])
def test_figures_that_no_run_has_are_named(run, sweep, capsys, name, value):
    path = run / "summary.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
    with pytest.raises(InputError, match=f"summary.json' is not the summary of a run: '?{name}"):
        Result.load(run)
    assert main(["sweep", "--table", "--out", str(sweep)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("row", ["1,2,3", "-1,1,1,1,1", "1,1,1,nan,1", "1,1.5,1,1,1", "a,b,c,d,e"])
def test_rows_that_no_curve_has_are_named(run, row):
    path = run / "curve.csv"
    path.write_text(path.read_text() + row + "\n")
    with pytest.raises(InputError, match="curve.csv' is not the curve of a run: line"):
        Result.load(run)


# ---- tables of a sweep --------------------------------------------------------------------------

TABLES = ["runs.csv", "curves.csv", "table.csv", "table.json", "failures.json"]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("content", ["notes\n", "[1]", '{"a": 1}', None, "link"])
def test_a_sweep_overwrites_nothing(sweep, capsys, name, content):
    path = sweep / name
    if content is None:
        path.mkdir()
    elif content == "link":
        path.symlink_to(sweep / "nowhere")
    else:
        path.write_text(content)
    before = sorted(p.name for p in sweep.rglob("*"))
    arguments = ["sweep", "--tasks", "pendulum", "--methods", "oracle", "--out", str(sweep)]
    commands = [arguments, ["sweep", "--table", "--out", str(sweep)]]
    for command in commands[: 1 if name == "failures.json" else 2]:
        assert main(command) == 2
        captured = capsys.readouterr()
        assert captured.err.count("\n") == 1 and str(path) in captured.err
    assert sorted(p.name for p in sweep.rglob("*")) == before
    assert content in (None, "link") or path.read_text() == content


def test_a_sweep_replaces_its_own_tables(sweep):
    write_tables(sweep)
    before = {name: (sweep / name).read_bytes() for name in TABLES[:3]}
    write_tables(sweep)
    assert before == {name: (sweep / name).read_bytes() for name in TABLES[:3]}


def test_curves_whose_steps_do_not_rise_are_refused(sweep):
    path = sweep / "curves.csv"
    path.write_text("task,method,seed,env_steps,mean_return\np,sac,0,20,-5\np,sac,0,10,-4\n")
    with pytest.raises(InputError, match="do not share their rising steps"):
        read_curves(path)


@pytest.mark.parametrize("name", ["curve.csv", "policy.safetensors", "checkpoint.safetensors"])
def test_a_run_begins_only_where_no_files_of_its_names_are(tmp_path, capsys, name):
    (tmp_path / name).symlink_to(tmp_path / "nowhere")
    assert main(["train", "--method", "oracle", "--out", str(tmp_path)]) == 2
    assert name in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [name]


# ---- policies -----------------------------------------------------------------------------------


@pytest.fixture
def policy(tmp_path):
    Policy(make_task("pendulum"), MLP(3, 8, 2)).save(tmp_path / "p.safetensors")
    return tmp_path / "p.safetensors"


POLICIES = {
    "task": (lambda t, m: m.update(task=3), "task must be"),
    "unknown task": (lambda t, m: m.update(task="moon"), "moon"),
    "huge": (lambda t, m: m.update(sizes=[3, 10**6, 2]), r"sizes\[1\] must be"),
    "large": (lambda t, m: m.update(sizes=[3, 100_000, 2]), "has shape"),
    "two sizes": (lambda t, m: m.update(sizes=[3, 8]), "sizes must be"),
    "no sizes": (lambda t, m: m.pop("sizes"), "'sizes' is missing"),
    "unknown": (lambda t, m: m.update(code="x"), "'code' is unknown"),
    "another tensor": (lambda t, m: t.update(w4=torch.ones(1)), "unknown tensor 'w4'"),
    "a tensor less": (lambda t, m: t.pop("b3"), "lacks the tensor 'b3'"),
    "NaN": (lambda t, m: t["w1"].mul_(float("nan")), "'w1' has NaN"),
    "whole numbers": (lambda t, m: t.update(w1=torch.ones(3, 8, dtype=torch.int32)), "I32"),
    "other world": (lambda t, m: (m.update(sizes=[4, 8, 2]), t.update(w1=torch.ones(4, 8))),
                    "is not a policy file of the task 'pendulum'"),
}  # fmt: skip


@pytest.mark.parametrize("name", POLICIES)
def test_other_policies_are_one_error(policy, name):
    change, said = POLICIES[name]
    tensors, metadata = load_tensors(policy)
    change(tensors, metadata)
    save_tensors(policy, tensors, metadata)
    with pytest.raises(InputError, match=said):
        Policy.load(policy)
