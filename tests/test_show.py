"""``symtut show``: what it prints of runs and sweeps, what it draws, and what it refuses."""

import functools
import io
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from symtut.agents.loop import Loop
from symtut.cli import main
from symtut.experiments import evaluate, train
from symtut.lab.episodes import episode_png
from symtut.tasks import EVALUATION_SEEDS, TASKS, make_task

TINY = {
    "hidden": 16, "batch_size": 32, "updates": 600, "evaluate_every": 200, "profile": "smoke",
    "steps": 200, "seed": 1,
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def few_episodes():
    with pytest.MonkeyPatch.context() as patch:
        few = functools.partial(evaluate, seeds=EVALUATION_SEEDS[:3])
        patch.setattr("symtut.experiments.run.evaluate", few)
        yield


@pytest.fixture(scope="module")
def finished(few_episodes, tmp_path_factory):
    """A run with equations."""
    return train("pendulum", "sparse", out=tmp_path_factory.mktemp("runs") / "run",
                 on_progress=None, **TINY)  # fmt: skip


def cut(out, at: int, **changes) -> None:
    """A run that ends at a gradient update."""
    learn = Loop.learn

    def dying(self):
        if self.updates == at:
            raise KeyboardInterrupt
        learn(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loop, "learn", dying)
        with pytest.raises(KeyboardInterrupt):
            train("pendulum", "sparse", out=out, on_progress=None, **TINY | changes)


def shown(capsys, *words) -> list[str]:
    assert main(["show", *map(str, words)]) == 0
    out, error = capsys.readouterr()
    lines = out.splitlines()
    assert error == "" and lines[-1].startswith("next: ")
    paths = [str(word) for word in words if not str(word).startswith("-")]
    assert max(len(line) for line in lines if not any(path in line for path in paths)) <= 80
    return lines


def refused(capsys, *words) -> str:
    assert main(["show", *map(str, words)]) == 2
    out, error = capsys.readouterr()
    assert out == "" and error.count("\n") == 1
    return error


def test_a_finished_run(finished, capsys):
    before = {path: path.read_bytes() for path in finished.out.iterdir()}
    lines = shown(capsys, finished.out)
    text = "\n".join(lines)
    assert lines[0] == "sparse on pendulum, seed 1: finished"
    assert "200 real steps, 600 gradient updates, " in lines[1]
    for row in finished.equations:
        assert f"{row['target']} = {row['equation']}" in " ".join(text.split())
    assert "the simulator: 0.75*sin(theta) + 0.15*u" in text
    assert f"mean return {finished.final_return:.1f}, standard deviation " in text
    assert "solved   from -160: not reached; the best possible is -138.5" in text
    rows = [line.split() for line in lines if line.strip().startswith("200 ")][-3:]
    assert [(row[1], row[3]) for row in rows] == [
        (f"{row['gradient_updates']}", f"{row['mean_return']:.1f}") for row in finished.curve
    ]
    best = max(finished.curve, key=lambda row: row["mean_return"])["gradient_updates"]
    assert max(rows, key=lambda row: len(row[-1]))[1] == str(best)  # the longest bar
    assert lines[-1] == f"next: symtut show {finished.out} --plot curve.png --film policy.png"
    assert before == {path: path.read_bytes() for path in finished.out.iterdir()}


def test_unfinished_runs(tmp_path, capsys):
    cut(tmp_path / "early", 1)  # it has been fitted, and has a checkpoint
    lines = shown(capsys, tmp_path / "early")
    assert lines[0] == "sparse on pendulum, seed 1: not finished"
    assert "so far   200 of 200 real steps, 0 gradient updates" in lines[1]
    assert any("delta_theta_dot = " in line for line in lines)
    assert lines[-1] == "next: the same call goes on with the run"
    assert "there is no learning curve" in refused(
        capsys, tmp_path / "early", "--plot", tmp_path / "c.png"
    )
    cut(tmp_path / "late", 450)
    lines = shown(capsys, tmp_path / "late", "--plot", tmp_path / "c.png")
    assert "learning curve (2 evaluations)" in lines
    assert (tmp_path / "c.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert "not finished: there is no policy to film" in refused(
        capsys, tmp_path / "late", "--film", tmp_path / "f.png"
    )
    assert not (tmp_path / "f.png").exists()


def test_a_long_curve_shows_some_of_its_rows(finished, tmp_path, capsys):
    run = tmp_path / "run"
    shutil.copytree(finished.out, run)
    (run / "summary.json").unlink()
    rows = "".join(f"{10 * k},{10 * k},1.5,{-k},2.0\n" for k in range(1, 1001))
    header = (run / "curve.csv").read_text().splitlines()[0]
    (run / "curve.csv").write_text(f"{header}\n{rows}")
    lines = shown(capsys, run)
    assert "learning curve (1000 evaluations)" in lines
    table = [line.split() for line in lines if line.endswith("#") or line.split()[:1] == ["10,000"]]
    assert len(table) <= 12 and table[0][0] == "10" and table[-1][0] == "10,000"


def test_pictures_are_drawn_and_only_our_own_are_replaced(finished, tmp_path, capsys):
    for ending, start in ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")):
        path = tmp_path / f"curve{ending}"
        for _ in range(2):  # its own is replaced
            shown(capsys, finished.out, "--plot", path)
        assert path.read_bytes().startswith(start)
    film = tmp_path / "film.png"
    for _ in range(2):
        lines = shown(capsys, finished.out, "--film", film, "--plot", tmp_path / "curve.png")
    assert lines[-1] == "next: symtut sweep --tasks pendulum --methods sparse --out sweep"
    image = Image.open(film)
    image.load()
    assert image.n_frames == 100 and image.info["loop"] == 0  # every second of 200 states
    for option, name in (("--film", "mine.png"), ("--plot", "mine.svg")):
        (tmp_path / name).write_bytes(b"mine")
        assert "not overwritten" in refused(capsys, finished.out, option, tmp_path / name)
        assert (tmp_path / name).read_bytes() == b"mine"


@pytest.mark.parametrize(
    "words, message",
    [
        (["nowhere"], "holds neither a run nor a sweep"),
        (["run", "--plot", "curve.jpg"], "must end in .png or .svg or .pdf"),
        (["run", "--film", "film.gif"], "must end in .png"),
        (["run", "--plot", "no/folder/curve.png"], "there is no folder for"),
        (["run", "--plot", "."], "must end in"),
        (["run", "--film", ""], "a path is empty"),
        (["run", "--set", "samples=8"], "--set is for the planner: it needs --plan"),
        (["run", "--plan", "--set", "sample=8"], "unknown option 'sample'"),
        (["run", "--plan", "--set", "samples=0"], "samples must be a whole number"),
    ],
)
def test_what_is_refused(finished, capsys, monkeypatch, words, message):
    monkeypatch.chdir(finished.out.parent)
    assert message in refused(capsys, *words)


def test_planning_in_the_equations(finished, tmp_path, capsys, monkeypatch):
    few = functools.partial(evaluate, seeds=EVALUATION_SEEDS[:3])
    monkeypatch.setattr("symtut.show.evaluate", lambda task, act, seeds: few(task, act))
    choices = ("--plan", "--set", "samples=8", "--set", "horizon=6")
    lines = shown(capsys, finished.out, *choices, "--film", tmp_path / "film.png")
    assert any("nothing learned (8 plans of 6 steps)" in line for line in lines)
    planner, policy = (
        next(
            line.split() for line in lines if line.split()[:1] == [name] and len(line.split()) == 4
        )
        for name in ("planner", "policy")
    )
    assert float(policy[1]) == pytest.approx(finished.final_return, abs=0.06)
    assert float(planner[1]) != float(policy[1]) and float(planner[3]) > float(policy[3])
    film = (tmp_path / "film.png").read_bytes()
    shown(capsys, finished.out, "--film", tmp_path / "film.png")
    assert (tmp_path / "film.png").read_bytes() != film  # the policy's


def test_planning_needs_a_finished_run_with_equations(finished, tmp_path, capsys):
    cut(tmp_path / "sweep" / "pendulum" / "sparse" / "seed_1", 300)
    unfinished = tmp_path / "sweep" / "pendulum" / "sparse" / "seed_1"
    assert "not finished: --plan needs" in refused(capsys, unfinished, "--plan")
    assert "--plan needs the folder of one run" in refused(capsys, tmp_path / "sweep", "--plan")
    shutil.copytree(finished.out, tmp_path / "run")
    (tmp_path / "run" / "equations.json").unlink()
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    del summary["files"]["equations.json"]
    (tmp_path / "run" / "summary.json").write_text(json.dumps(summary))
    assert "has no equations" in refused(capsys, tmp_path / "run", "--plan")


def test_damaged_runs(finished, tmp_path, capsys):
    for name in ("curve.csv", "equations.json", "policy.safetensors", "config.json"):
        run = tmp_path / name
        shutil.copytree(finished.out, run)
        (run / name).write_bytes(b"x" * 40)
        assert name in refused(capsys, run)


def test_a_world_of_ones_own_has_no_simulator_beside_it(finished, tmp_path, capsys):
    shutil.copytree(finished.out, tmp_path / "run")
    for name in ("config.json", "summary.json"):
        data = json.loads((tmp_path / "run" / name).read_text())
        data.get("run", data)["task"] = "mine"
        (tmp_path / "run" / name).write_text(json.dumps(data))
    lines = shown(capsys, tmp_path / "run")
    assert lines[0] == "sparse on mine, seed 1: finished"
    assert any("delta_theta = " in line for line in lines)
    assert not any("simulator" in line or "best possible" in line for line in lines)


def test_a_sweep(finished, tmp_path, capsys):
    cell = tmp_path / "pendulum" / "sparse"
    shutil.copytree(finished.out, cell / "seed_1")
    cut(cell / "seed_2", 300, seed=2)
    lines = shown(capsys, tmp_path, "--plot", tmp_path / "curves.svg")
    assert any(line.split()[:1] == ["sparse"] for line in lines)
    assert "1 runs are not finished: the sweep's command goes on with them" in lines
    assert (tmp_path / "curves.svg").exists() and not (tmp_path / "runs.csv").exists()
    assert "--film needs the folder of one run" in refused(
        capsys, tmp_path, "--film", tmp_path / "film.png"
    )


def test_what_pip_install_brings_is_enough(finished, tmp_path):
    """Neither pandas nor what notebooks need is loaded."""
    code = (
        "import sys\n"
        "sys.modules |= dict.fromkeys(('IPython', 'ipywidgets', 'nbformat', 'papermill'))\n"
        "from symtut.cli import main\n"
        f"assert main(['show', {str(finished.out)!r}, '--plot', 'c.png', '--film', 'f.png']) == 0"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "c.png").exists() and (tmp_path / "f.png").exists()


@pytest.mark.parametrize("name", [*TASKS, "another"])
def test_films_of_every_world_move(name):
    task = make_task("pendulum" if name == "another" else name)
    rng = np.random.default_rng(0)
    states = np.cumsum(rng.normal(0, 0.05, (30, task.state_size)), 0)
    actions = rng.uniform(task.action_low, task.action_high, (30, task.action_size))
    if name == "another":
        task.name = name  # of the instance: a world without a painter of its own
    film = Image.open(io.BytesIO(episode_png(task, states, actions)))
    assert film.n_frames == 30 and film.size == (240, 240)
    pictures = []
    for number in (0, 14, 29):
        film.seek(number)
        pictures.append(np.asarray(film.convert("RGB")))
    for one, other in zip(pictures, pictures[1:], strict=False):
        assert (one != other).any(axis=2).sum() > 100
