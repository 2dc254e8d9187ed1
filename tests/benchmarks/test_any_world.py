"""The table of worlds for which nobody has written a task."""

from benchmarks import any_world
from symtut import train
from symtut.experiments.evaluation import evaluate
from symtut.paths import data_path


def test_what_a_run_has_found_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "symtut.experiments.run.evaluate", lambda task, act: evaluate(task, act, range(2))
    )
    train(
        "Pendulum-v1", "sparse", 100, 100, tmp_path / "runs" / "pendulum" / "seed_100",
        on_progress=None, learner="apg", updates=4, updates_per_step=0.0, horizon=4, threshold=-1e9,
    )  # fmt: skip
    any_world.collect(tmp_path / "runs", tmp_path)
    runs, coordinates = any_world.read(tmp_path)
    (run,) = runs.to_dict("records")
    assert (run["angles"], run["constants"], run["differences"], run["ends"]) == (1, 0, 0, 0)
    assert run["networks"] == 0 and run["equations_left_over"] < 1e-9
    assert list(coordinates["coordinate"]) == ["phi1", "o2"]
    assert set(coordinates["kind"]) == {"equation"}
    assert any_world.lines(runs)[2].startswith("| Pendulum-v1 | 100 | sparse | 1 | -1e+09 | 1 of 1")
    assert any_world.report(tmp_path, "pendulum")[0] == "found in 100 real steps of Pendulum-v1:"


def test_the_page_shows_the_stored_table_and_reports():
    text = any_world.PAGE.read_text(encoding="utf-8")
    assert any_world.page(data_path("results/any_world")) in text, "run it with --page"


def test_what_is_said_of_the_unseen_worlds():
    runs, _ = any_world.read(data_path("results/any_world"))
    for world, above in (("cart_swing_up", True), ("drone", True), ("reactor", False)):
        ours, sac = (runs[runs["world"] == name] for name in (world, f"{world}_sac"))
        assert 5 * ours["env_steps"].max() == sac["env_steps"].min()
        exact = (ours["equations_left_over"].astype(float) < 1e-6) & (ours["networks"] == 0)
        assert exact.all() == above
        assert (ours["final_return"].median() > sac["final_return"].median()) == above
