"""The tables of bodies: what is found in a coordinate, and the return beside mbpo and sac."""

import shutil

from benchmarks import bodies
from symtut import train
from symtut.experiments.evaluation import evaluate
from symtut.paths import data_path


def test_runs_of_all_methods_make_both_tables(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "symtut.experiments.run.evaluate", lambda task, act: evaluate(task, act, range(2))
    )
    monkeypatch.setattr(bodies, "BODIES", {"Pendulum-v1": 120})
    monkeypatch.setattr(bodies, "REFITS", 1)
    small = {
        "random_steps": 60, "updates_per_step": 0.1, "hidden": 16, "evaluate_every": 120,
        "batch_size": 16,
    }  # fmt: skip
    monkeypatch.setattr(bodies, "SETTINGS", small)
    for method in bodies.METHODS:
        settings = bodies.options(method, 120)
        if method == "sparse":
            settings |= {"block_steps": 60, "updates": 10}
        out = tmp_path / "runs" / "Pendulum-v1" / method / "seed_100"
        train("Pendulum-v1", method, 120, 100, out, on_progress=None, **settings)
    bodies.collect(tmp_path / "runs", tmp_path)
    lines = bodies.page(tmp_path).splitlines()
    assert lines[0] == "| environment | sparse | mbpo | sac |"
    assert lines[2].startswith("| Pendulum-v1 | ") and lines[2].count("CPU-s") == 3
    assert lines[6].startswith("| Pendulum-v1 | equation | 2 |")
    assert lines[7].startswith("| Pendulum-v1 | sparse, whole state |")
    assert lines[8].startswith("| Pendulum-v1 | mbpo, whole state |")

    # a table that is there already keeps the runs that are no longer there
    before = (tmp_path / "runs.csv").read_text(), (tmp_path / "coordinates.csv").read_text()
    shutil.rmtree(tmp_path / "runs" / "Pendulum-v1" / "mbpo")
    bodies.collect(tmp_path / "runs", tmp_path)
    after = (tmp_path / "runs.csv").read_text(), (tmp_path / "coordinates.csv").read_text()
    assert after == before
    sparse, mbpo = (float(line.split("|")[4]) for line in lines[7:9])
    assert sparse < 1e-4 < mbpo


def test_the_page_shows_the_stored_tables():
    text = bodies.PAGE.read_text(encoding="utf-8")
    assert bodies.page(data_path("results/bodies")) in text, "run it with --page"


def test_what_is_said_of_bodies():
    """Positions by their speeds, networks for the speeds."""
    runs, each = bodies.read(data_path("results/bodies"), bodies.RUNS, bodies.WHAT)
    assert set(runs["world"]) == set(bodies.BODIES)
    kinds = each.groupby("world")["kind"].value_counts(normalize=True).unstack(fill_value=0)
    assert (kinds["network"] >= 0.5).all()
