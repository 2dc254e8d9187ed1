"""One good file of every kind, made once, to be copied, damaged and read."""

# fmt: off
import contextlib
import functools
import json
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

TINY = {
    "hidden": 8, "batch_size": 8, "updates": 40, "evaluate_every": 20, "profile": "smoke",
    "audition_starts": 2, "warm_up": 50, "rollouts": 5,
}
PARAMETERS = [word for name, value in TINY.items() if name != "profile"
              for word in ("--set", f"{name}={value}")]
TRAIN = ("train", "--method", "sparse", "--steps", "200", "--profile", "smoke", *PARAMETERS)
BENCHMARK = ("benchmark", "regression", "--suite", "nguyen", "--methods", "sparse", "--limit", "1",
             "--seconds", "0.1")


@contextlib.contextmanager
def small_work():
    """Evaluate little and pretrain little in this process: no case is about the figures."""
    from symtut.experiments import run
    from symtut.experiments.evaluation import evaluate
    from symtut.regression.transformer.examples import PRESETS
    from symtut.regression.transformer.pretraining import Pretraining
    from symtut.tasks import EVALUATION_SEEDS

    before = run.evaluate, PRESETS["tiny"], Pretraining.evaluate
    run.evaluate = functools.partial(evaluate, seeds=EVALUATION_SEEDS[:3])
    PRESETS["tiny"] = pretraining_config()
    Pretraining.evaluate = lambda self: dict.fromkeys(self.columns[2:], 0.0)
    try:
        yield
    finally:
        run.evaluate, PRESETS["tiny"], Pretraining.evaluate = before


def tiny_train(out, **changes):
    from symtut import train

    options = {"task": "pendulum", "method": "sparse", "steps": 200, "seed": 1} | TINY | changes
    return train(out=out, on_progress=None, **options)


def pretraining_config():
    from symtut.regression.transformer.examples import PretrainConfig

    return PretrainConfig(model=tiny_model(), batch_size=8, chunk_size=16)


def pretraining(out):
    from symtut.regression.transformer.pretraining import Pretraining

    return Pretraining(pretraining_config(), out)


def tiny_model():
    from symtut.regression.transformer.config import TransformerConfig

    return TransformerConfig(n_embed=16, n_head=2, n_encoder=1, n_decoder=1, n_latents=4)


@cache
def specimens() -> Path:
    """A folder with ``run``, ``cut``, ``sweep``, ``bench``, ``pretrain``, weights and a model.

    Who asks first removes it in the end.
    """
    from symtut.cli import main
    from symtut.experiments.sweep import sweep
    from symtut.regression.transformer.model import FormulaTransformer
    from symtut.regression.transformer.weights import save_weights
    from tests.robustness.tables.names import X, Y, sparse

    home = Path(tempfile.mkdtemp(prefix="symtut-specimens-"))
    with small_work():
        tiny_train(home / "run")
        cut_training(home / "cut")
        overrides = {"": {k: v for k, v in TINY.items() if k != "profile"}}
        sweep(["pendulum"], ["sparse"], [0, 1], home / "sweep", 200, "smoke", overrides, jobs=1,
              reference="sparse", report=lambda line: None)
        (home / "bench").mkdir()
        main([*BENCHMARK, "--out", str(home / "bench" / "t.csv")])
        sparse().fit(X, Y).save(home / "model.json")
        save_weights(home / "w.safetensors", FormulaTransformer(tiny_model()), {"device": "cpu"})
        begun = pretraining(home / "pretrain")
        begun.step()
        begun.save_checkpoint()
    return home


def cut_training(out) -> None:
    """A run that was interrupted after its first checkpoint."""
    from symtut.experiments.run import Run

    before = Run._checkpoint

    def once(run):
        before(run)
        raise KeyboardInterrupt

    Run._checkpoint = once
    try:
        tiny_train(out)
    except KeyboardInterrupt:
        pass
    finally:
        Run._checkpoint = before


def put(name: str, place: Path) -> None:
    """Copy a specimen, a file or a folder, into ``place``."""
    source = specimens() / name
    if source.is_dir():
        shutil.copytree(source, place / name)
    else:
        shutil.copy2(source, place / name)


# ---- damages ------------------------------------------------------------------------------------


def instead(content: bytes):
    return lambda path: path.write_bytes(content)


def truncated(path):
    path.write_bytes(path.read_bytes()[:-20])


def folder(path):
    path.unlink()
    path.mkdir()


def fifo(path):
    path.unlink()
    os.mkfifo(path)


def endless(path):
    path.unlink()
    path.symlink_to("/dev/zero")


def huge(path):
    """Three gigabytes of nothing, which cost no space on the disk."""
    with open(path, "r+b") as file:
        file.truncate(3 * 2**30)


def with_json(change):
    """Replace the content of a JSON file by ``change`` of it."""

    def damage(path):
        path.write_text(json.dumps(change(json.loads(path.read_text()))))

    return damage


def everywhere(new):
    """``new(value)`` in place of every number, text and so on, however deep."""

    def change(value):
        if isinstance(value, dict):
            return {name: change(item) for name, item in value.items()}
        if isinstance(value, list):
            return [change(item) for item in value]
        return new(value)

    return change


def number_to(new):
    return lambda v: new if isinstance(v, int | float) and not isinstance(v, bool) else v


def top(new):
    """``new`` in place of every value at the top."""
    return lambda v: dict.fromkeys(v, new) if isinstance(v, dict) else [new] * len(v)


def repeated_keys(path):
    text = path.read_text().strip()
    if text.startswith("{"):
        name = next(iter(json.loads(text)))
        path.write_text(text[:-1].rstrip() + f', "{name}": 3}}')
    else:
        path.write_text('[{"target": "a", "target": "b"}]')


def swapped(name):
    """The content of another kind of file."""
    return lambda path: path.write_bytes((specimens() / name).read_bytes())


def tensors(change_tensors=lambda t: t, change_header=lambda h: h):
    """Rewrite a file of tensors by the library itself, so that the file as such is whole."""

    def damage(path):
        import safetensors
        import safetensors.torch

        with safetensors.safe_open(str(path), framework="pt") as file:
            header = json.loads(file.metadata()["symtut"])
            found = {name: file.get_tensor(name) for name in file.keys()}
        data = safetensors.torch.save(
            {name: t.contiguous() for name, t in change_tensors(found).items()},
            metadata={"symtut": json.dumps(change_header(header))},
        )
        path.write_bytes(data)

    return damage


def table(change):
    """Rewrite the rows of a CSV file."""

    def damage(path):
        import csv

        rows = list(csv.reader(path.open(newline="")))
        with path.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(change(rows))

    return damage


def cells(text):
    return table(lambda rows: [rows[0], *([text] * len(row) for row in rows[1:])])
