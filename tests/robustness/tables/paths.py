"""Where results go: odd paths, and that nothing which is somebody else's is overwritten."""

# fmt: off
import os
from pathlib import Path

from tests.robustness.cases import EITHER, REFUSED, RIGHT, Case, expect
from tests.robustness.specimens import BENCHMARK, PARAMETERS, TRAIN, put
from tests.robustness.tables.names import X, Y, sparse

FOREIGN = "somebody else's work\n"


def files(*names, text=FOREIGN):
    def lay(place):
        for name in names:
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text)

    return lay


def odd_places(place):
    (place / "file").write_text(FOREIGN)
    os.mkfifo(place / "fifo")
    (place / "loop").symlink_to("loop")
    (place / "dangling").symlink_to("nowhere/at/all")
    (place / "zero").symlink_to("/dev/zero")
    (place / "locked").mkdir(mode=0o555)


def sweep(out):
    return ("sweep", "--tasks", "pendulum", "--methods", "sparse", "--seeds", "0", "--jobs", "1",
            "--profile", "smoke", *PARAMETERS, "--out", out)


def train(out):
    return (*TRAIN, "--out", out)


def benchmark(out):
    return (*BENCHMARK, "--out", out)


def pretrain(out):
    return ("pretrain", "--preset", "tiny", "--examples", "1", "--out", out)


def finetune(out):
    return ("finetune", "--task", "pendulum", "--examples", "1", "--random-steps", "50", "--out",
            out)


def notebook(place):
    import nbformat

    cell = nbformat.v4.new_code_cell("print(1)", metadata={"tags": ["parameters"]})
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    written = nbformat.v4.new_notebook(cells=[cell], metadata=kernel)
    (place / "n.ipynb").write_text(nbformat.writes(written))


def lab_run(out):
    return ("lab.run", "n.ipynb", "--out", out)


COMMANDS = {
    "train": train, "sweep": sweep, "pretrain": pretrain, "finetune": finetune,
    "benchmark": benchmark, "lab.run": lab_run,
}

BAD = {
    "nothing": "", "blanks": "  ", "a null byte": "a\0b", "too long": "x" * 5000, "a long name":
    "x" * 300, "a file": "file", "below a file": "file/below", "a FIFO": "fifo", "a loop": "loop",
    "endless": "zero", "a device": "/dev/null", "below a device": "/dev/null/x", "below /proc":
    "/proc/symtut/x", "a locked folder": "locked/x",
}
ODD = {
    "a surrogate": "\udcff", "a newline": "a\nb", "a quote": "a'\"b", "Greek": "θ",
    "a dangling link": "dangling", "a deep folder": "a/" * 60 + "b",
}


def bad_paths():
    for command, words in COMMANDS.items():
        for name, out in BAD.items():
            if (command, name) == ("lab.run", "a locked folder"):
                continue  # loads the library itself, which nobody may not read everywhere

            def lay(place, command=command):
                odd_places(place)
                if command == "lab.run":
                    notebook(place)

            yield Case("paths", f"{command} --out {name}", words(out), REFUSED, "", lay=lay,
                       nobody=name == "a locked folder", cpu=12, memory=1000)
    for command in ("train", "benchmark"):
        for name, out in ODD.items():
            if command == "train" and name in ("a quote", "a deep folder"):
                continue  # a second each
            yield Case("paths", f"{command} --out {name}", COMMANDS[command](out), EITHER, "",
                       lay=odd_places, leaves=("*",), cpu=12)


def saves(to):
    return lambda place: sparse().fit(X, Y).save(to(place) if callable(to) else to)


SAVE = {
    "nothing": "", "a folder": ".", "a missing folder": "no/such/model.json", "a FIFO": "fifo",
    "a null byte": "a\0.json", "too long": "x" * 5000, "None": None, "a number": 3, "a list": [],
    "below a file": "file/model.json", "a loop": "loop", "a locked folder": "locked/model.json",
}


def everywhere_readers():
    from symtut import SymbolicRegressor
    from symtut.agents.policy import Policy
    from symtut.experiments import Result
    from symtut.regression.transformer.weights import load_weights

    return {"a regressor": SymbolicRegressor.load, "a policy": Policy.load, "a run": Result.load,
            "weights": load_weights}


def reads(what, path):
    return lambda _: everywhere_readers()[what](path)


READ = {"nothing": "", "a null byte": "a\0", "too long": "x" * 5000, "None": None, "a number": 3,
        "a list": [], "missing": "no/such", "a device": "/dev/zero", "a surrogate": "\udcff"}


def run_beside(*names):
    def lay(place):
        files(*(f"run/{name}" for name in names))(place)

    return lay


def sweep_beside(*names):
    return files(*(f"sweep/{name}" for name in names))


def tables_beside(place):
    put("sweep", place)
    for name in ("runs.csv", "curves.csv", "table.csv", "table.json"):
        (place / "sweep" / name).unlink()
    files("sweep/table.csv")(place)


def checks_umask(do, *files):
    def checked(place):
        os.umask(0o077)
        do(place)
        for name in files:
            mode = (place / name).stat().st_mode & 0o777
            expect(mode == 0o600, name, "has mode", oct(mode), "under umask 077")

    return checked


def through_cli(words):
    def do(_):
        from symtut.cli import main

        expect(main(list(words)) == 0, "it failed")

    return do


def full_disk(words):
    """The disk is full when the first file of a run should reach it."""

    def do(_):
        import errno

        from symtut.cli import main

        def full(handle):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        os.fsync = full
        if callable(words):
            words(Path())
        else:
            code = main(list(words))
            if code == 2:
                from symtut.errors import InputError

                raise InputError("No space left on device")
            expect(False, "exit code", code)

    return do


CASES = [
    *bad_paths(),
    *(Case("paths", f"save to {name}", saves(to), REFUSED, "", lay=odd_places,
           nobody="locked" in name) for name, to in SAVE.items()),
    *(Case("paths", f"read {what} from {name}", reads(what, path), REFUSED, "", memory=300)
      for what in ("a regressor", "a policy", "a run", "weights") for name, path in READ.items()),
    Case("overwriting", "benchmark: package.csv beside package.json", benchmark("package.csv"),
         REFUSED, "package", lay=files("package.json", text='{"name": "mine"}')),
    Case("overwriting", "benchmark: package.json that is text", benchmark("package.csv"),
         REFUSED, "package", lay=files("package.json")),
    Case("overwriting", "benchmark: a foreign table", benchmark("t.csv"), REFUSED, "t.csv",
         lay=files("t.csv", text="a,b\n1,2\n")),
    Case("overwriting", "benchmark: an empty file", benchmark("t.csv"), REFUSED, "t.csv",
         lay=files("t.csv", text="")),
    *(Case("overwriting", f"benchmark --overwrite: {name}", (*benchmark(name), "--overwrite"),
           REFUSED, "t|notes", lay=files(name)) for name in ("t.csv", "notes.txt")),
    Case("overwriting", "benchmark --overwrite: foreign settings",
         (*benchmark("package.csv"), "--overwrite"), REFUSED, "package", lay=files("package.json")),
    Case("overwriting", "benchmark --overwrite: its own", (*benchmark("bench/t.csv"),
         "--overwrite"), RIGHT, lay=lambda place: put("bench", place), leaves=("bench/*",)),
    *(Case("overwriting", f"benchmark --out {name}", benchmark(name), REFUSED, "json|name|other",
           lay=files("other")) for name in ("t.json", "T.JSON", ".json", "other/")),
    *(Case("overwriting", f"train beside {name}", train("run"), REFUSED, name.split(".")[0],
           lay=run_beside(name), cpu=12)
      for name in ("config.json", "curve.csv", "policy.safetensors", "equations.json",
                   "summary.json", "checkpoint.safetensors")),
    Case("overwriting", "train beside a hidden file", train("run"), EITHER, lay=run_beside(
         ".curve.csv-my-notes", ".config.json-backup"), leaves=("run/[!.]*", "run"), cpu=12),
    Case("overwriting", "train in a folder with other files", train("run"), EITHER,
         lay=run_beside("notes.txt", "data.csv"), cpu=12, leaves=(
             "run", *(f"run/{n}" for n in ("config.json", "curve.csv", "policy.safetensors",
                                          "equations.json", "summary.json")))),
    *(Case("overwriting", f"sweep beside {name}", sweep("sweep"), REFUSED, name.split(".")[0],
           lay=sweep_beside(name), cpu=12)
      for name in ("table.csv", "runs.csv", "curves.csv", "table.json", "failures.json")),
    Case("overwriting", "sweep --table beside a foreign table", ("sweep", "--table", "--out",
         "sweep", "--reference", "sparse"), REFUSED, "table", lay=tables_beside),
    *(Case("overwriting", f"{command} beside {name}", COMMANDS[command]("out"), REFUSED,
           name.split(".")[0] + "|resume", lay=files(f"out/{name}"), cpu=25, memory=2000)
      for command, names in {
        "pretrain": ("weights.safetensors", "weights.json", "log.csv", "checkpoint.safetensors"),
        "finetune": ("weights.json", "checkpoint.safetensors"),
      }.items() for name in names),
    Case("overwriting", "lab.run into the notebook's own folder", lab_run("."), REFUSED, "n.ipynb",
         lay=notebook, cpu=20),
    Case("overwriting", "lab.run beside another notebook's results", lab_run("out"), REFUSED,
         "n", lay=lambda place: (notebook(place), files("out/n.json", "out/n.ipynb")(place)),
         cpu=20),
    Case("umask", "train", checks_umask(through_cli(train("run")), "run/config.json",
         "run/summary.json", "run/policy.safetensors"), RIGHT, leaves=("*",), cpu=12),
    Case("umask", "save", checks_umask(saves("model.json"), "model.json"), RIGHT, leaves=("*",)),
    Case("umask", "benchmark", checks_umask(through_cli(benchmark("t.csv")), "t.csv", "t.json"),
         RIGHT, leaves=("*",)),
    Case("full disk", "train", full_disk(train("run")), REFUSED, "space", cpu=12),
    Case("full disk", "sweep", full_disk(sweep("sweep")), EITHER, "space", cpu=12),
    Case("full disk", "benchmark", full_disk(benchmark("t.csv")), REFUSED, "space"),
    Case("full disk", "save", full_disk(saves("model.json")), REFUSED, "space"),
    Case("full disk", "train, read-only", train("locked/run"), REFUSED, "ermission|write",
         lay=odd_places, nobody=True, cpu=12),
]
