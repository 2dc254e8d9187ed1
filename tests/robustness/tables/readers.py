"""Every reader against every damage: one line, no traceback, no hang, nothing changed."""

# fmt: off
from tests.robustness import specimens as s
from tests.robustness.cases import EITHER, REFUSED, RIGHT, Case, expect
from tests.robustness.specimens import put
from tests.robustness.tables.names import X


def load_run(place):
    from symtut.experiments import Result

    found = Result.load(place / "run")
    return found.final_return, found.steps_to_threshold, found.equations


def go_on(name):
    return lambda place: s.tiny_train(place / name).final_return


def load_policy(place):
    from symtut.agents.policy import Policy

    return Policy.load(place / "run" / "policy.safetensors")([1.0, 0.0, 0.0])


def load_weights(place):
    from symtut.regression.transformer.weights import load_weights

    load_weights(place / "w.safetensors")


def load_model(place):
    from symtut import SymbolicRegressor

    return SymbolicRegressor.load(place / "model.json").predict(X)[:2]


def read_runs(place):
    from symtut.experiments.tables import read_runs

    return len(read_runs(place / "sweep" / "runs.csv"))


def read_curves(place):
    from symtut.experiments.tables import read_curves

    return list(read_curves(place / "sweep" / "curves.csv"))


def add_tables(place):
    from symtut.experiments.summary import add_tables

    add_tables(place / "sweep", place / "stored")


def sweep_again(place):
    from symtut.experiments.sweep import sweep

    overrides = {"": {k: v for k, v in s.TINY.items() if k != "profile"}}
    sweep(["pendulum"], ["sparse"], [0, 1], place / "sweep", 200, "smoke", overrides, jobs=1,
          reference="sparse", report=lambda line: None)


def resume_pretraining(place):
    s.pretraining(place / "pretrain").resume()


def failures(place):
    put("sweep", place)
    (place / "sweep" / "failures.json").write_text(
        '[{"task": "pendulum", "method": "sac", "seed": 7, "out": "/nowhere", "error": "e",'
        ' "repeat": "c", "traceback": "t"}]'
    )


#: name: (what is put into the folder, the file that is damaged, what reads it)
JSON = {
    "a run's configuration": ("run", "run/config.json", load_run),
    "a cut run's configuration": ("cut", "cut/config.json", go_on("cut")),
    "a run's summary": ("run", "run/summary.json", load_run),
    "a run's equations": ("run", "run/equations.json", load_run),
    "a saved regressor": ("model.json", "model.json", load_model),
    "a card": ("w.safetensors", "w.json", load_weights),
    "a table's settings": ("bench", "bench/t.json", ("benchmark", "summary", "bench/t.csv")),
    "a sweep's sources": ("sweep", "sweep/table.json", add_tables),
    "a sweep's failures": (failures, "sweep/failures.json", sweep_again),
}
TENSORS = {
    "a policy": ("run", "run/policy.safetensors", load_policy),
    "a checkpoint": ("cut", "cut/checkpoint.safetensors", go_on("cut")),
    "weights": ("w.safetensors", "w.safetensors", load_weights),
    "a pretraining's checkpoint": ("pretrain", "pretrain/checkpoint.safetensors",
                                   resume_pretraining),
}
TABLES = {
    "a run's curve": ("run", "run/curve.csv", load_run),
    "a sweep's runs": ("sweep", "sweep/runs.csv", read_runs),
    "a sweep's curves": ("sweep", "sweep/curves.csv", read_curves),
    "a benchmark's table": ("bench", "bench/t.csv", ("benchmark", "summary", "bench/t.csv")),
}

ANY = {
    "empty": s.instead(b""), "binary": s.instead(bytes(range(256)) * 9), "cut short": s.truncated,
    "a folder": s.folder, "a FIFO": s.fifo, "endless": s.endless,
    "three gigabytes": s.huge,
    "missing": lambda path: path.unlink(),
}
JSON_DAMAGES = ANY | {
    "[]": s.instead(b"[]"), "null": s.instead(b"null"), "{}": s.instead(b"{}"),
    "deep lists": s.instead(b"[" * 100_000), "UTF-16": s.instead('{"a": 1}'.encode("utf-16")),
    "a number of 10,000 digits": s.instead(b'{"seed": ' + b"9" * 10_000 + b"}"),
    "keys twice": s.repeated_keys, "NaN for numbers": s.with_json(
        s.everywhere(s.number_to(float("nan")))),
    "text for numbers": s.with_json(s.everywhere(s.number_to("3"))),
    "null for everything": s.with_json(s.everywhere(lambda v: None)),
    "numbers for everything": s.with_json(s.everywhere(lambda v: 1)),
    "lists at the top": s.with_json(s.top([])),
    "another kind": s.swapped("bench/t.json"), "a table": s.swapped("bench/t.csv"),
}


def cut_tensors(found):
    return {name: tensor.reshape(-1)[:-1] for name, tensor in found.items()}


def fewer(found):
    return dict(list(found.items())[1:])


def doubled(found):
    return {name: tensor.double() if tensor.is_floating_point() else tensor.float()
            for name, tensor in found.items()}


def undefined(found):
    return {name: tensor * float("nan") if tensor.is_floating_point() else tensor
            for name, tensor in found.items()}


def n_encoder(header):
    for config in (header.get("config"), header.get("config", {}).get("model"), header):
        if isinstance(config, dict) and ("n_encoder" in config or config is header):
            config["n_encoder"] = 1_000_000
            config["n_embed"] = 100_000
            break
    if "sizes" in header:
        header["sizes"] = [3, 100_000, 100_000, 2]
    return header


TENSOR_DAMAGES = ANY | {
    "JSON": s.instead(b"[]"), "a header of 2**62 bytes": s.instead(b"\xff" * 7 + b"\x3f{}"),
    "a flipped byte in the header": lambda path: path.write_bytes(
        path.read_bytes()[:20] + b"\xff\xff" + path.read_bytes()[22:]),
    "header null": s.tensors(change_header=lambda h: None),
    "header []": s.tensors(change_header=lambda h: []),
    "header with null": s.tensors(change_header=s.everywhere(lambda v: None)),
    "header with text": s.tensors(change_header=s.everywhere(s.number_to("3"))),
    "header with huge numbers": s.tensors(change_header=s.everywhere(s.number_to(10**9))),
    "header that promises gigabytes": s.tensors(change_header=n_encoder),
    "a tensor missing": s.tensors(fewer), "no tensors": s.tensors(lambda found: {}),
    "tensors cut": s.tensors(cut_tensors), "other types": s.tensors(doubled),
    "NaN": s.tensors(undefined), "a policy": s.swapped("run/policy.safetensors"),
    "weights": s.swapped("w.safetensors"), "a checkpoint": s.swapped("cut/checkpoint.safetensors"),
}
TABLE_DAMAGES = ANY | {
    "another header": s.table(lambda rows: [["a", "b"], *rows[1:]]),
    "text for numbers": s.cells("x"), "nan for numbers": s.cells("nan"),
    "1e999 for numbers": s.cells("1e999"), "empty cells": s.cells(""),
    "10,000 digits": s.cells("9" * 10_000), "cells too few": s.table(
        lambda rows: [rows[0], *(row[:-2] for row in rows[1:])]),
    "cells too many": s.table(lambda rows: [rows[0], *([*row, "1", "2"] for row in rows[1:])]),
    "null bytes": s.cells("\0"), "a field of a megabyte": s.cells("x" * 2**20),
    "the header alone": s.table(lambda rows: rows[:1]), "JSON": s.swapped("bench/t.json"),
}

#: Where the damage is none, or honest work goes on: (reader, damage).
HARMLESS = {
    ("a card", "missing"), ("a card", "{}"), ("a card", "null for everything"),
    ("a card", "text for numbers"),
    ("a card", "keys twice"), ("a card", "NaN for numbers"), ("a run's equations", "[]"),
    ("a run's equations", "missing"), ("a cut run's configuration", "missing"),
    ("a sweep's failures", "missing"),
    ("a sweep's failures", "[]"), ("a checkpoint", "missing"), ("a sweep's runs",
    "the header alone"), ("a sweep's curves", "the header alone"), ("a benchmark's table",
    "the header alone"), ("a policy", "other types"), ("weights", "other types"),
    ("a pretraining's checkpoint", "other types"), ("a checkpoint", "other types"),
    ("a policy", "a policy"),
    ("a checkpoint", "header that promises gigabytes"),
    ("weights", "weights"), ("a checkpoint", "a checkpoint"),
    ("a table's settings", "another kind"),
}


def lay(given, file, damage):
    def do(place):
        if callable(given):
            given(place)
        else:
            put(given, place)
        if given == "w.safetensors":
            put("w.json", place)
            if file == given:
                (place / "w.json").unlink()  # its checksum would find out everything
        if file == "sweep/table.json":
            (place / "stored").mkdir()
        damage(place / file)

    return do


def cases(readers, damages):
    for reader, (given, file, do) in readers.items():
        for name, damage in damages.items():
            harmless = (reader, name) in HARMLESS
            yield Case(
                "readers", f"{reader}: {name}", do, EITHER if harmless else REFUSED,
                "" if harmless else file.rsplit("/", 1)[-1].replace(".", r"\."),
                lay=lay(given, file, damage), cpu=5, memory=400,
                leaves=("*",) if harmless else (),
            )


def whole(reader, given, file, do):
    return Case("readers", f"{reader}: whole", do, RIGHT, lay=lay(given, file, lambda path: None),
                leaves=("*",))


def expression(**row):
    """A saved regressor with another equation."""

    def change(saved):
        saved["equations"][0].update(row)
        return saved

    return s.with_json(change)


def squares(place):
    from symtut import SymbolicRegressor

    found = SymbolicRegressor.load(place / "model.json")
    found.latex()
    found.sympy()
    found.predict(X)


ROWS = {
    "an unknown token": {"prefix": ["foo"], "constants": []},
    "half a formula": {"prefix": ["add", "x0"], "constants": []},
    "a variable that it lacks": {"prefix": ["x5"], "constants": []},
    "constants that are text": {"prefix": ["C"], "constants": ["3"]},
    "constants that are missing": {"prefix": ["C"], "constants": []},
    "a constant too many": {"prefix": ["x0"], "constants": [1.0]},
    "a constant of 1e400": {"prefix": ["C"], "constants": [10**400]},
    "a formula of a million nodes": {"prefix": ["neg"] * 10**6 + ["x0"], "constants": []},
    "code": {"prefix": ["__import__('os').system('touch hacked')"], "constants": []},
}

CASES = [
    *cases(JSON, JSON_DAMAGES), *cases(TENSORS, TENSOR_DAMAGES), *cases(TABLES, TABLE_DAMAGES),
    *(whole(name, *how) for name, how in (JSON | TENSORS | TABLES).items()),
    *(Case("readers", f"a saved regressor: {name}", squares, REFUSED, "model.json",
           lay=lay("model.json", "model.json", expression(**row))) for name, row in ROWS.items()),
    Case("readers", "a saved regressor: 40 nested squares", squares, EITHER, "model.json",
         lay=lay("model.json", "model.json", expression(
             prefix=[*["square"] * 40, "add", "x0", "C"], constants=[0.7]))),
    Case("readers", "a saved regressor: 40 nested squares of a number", squares, EITHER,
         "model.json", lay=lay("model.json", "model.json", expression(
             prefix=[*["square"] * 40, "C"], constants=[7.0]))),
]


def checkpoint_of_another(place):
    import json

    path = place / "cut" / "config.json"
    stored = json.loads(path.read_text())
    stored["run"]["sac"]["gamma"] = 0.5
    path.write_text(json.dumps(stored))


def put_other_checkpoint(place):
    put("cut", place)
    checkpoint_of_another(place)


def without_policy(place):
    put("run", place)
    (place / "run" / "policy.safetensors").unlink()


def with_cut_curve(place):
    put("run", place)
    path = place / "run" / "curve.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")


def is_whole(place):
    import csv

    from symtut.experiments import Result

    s.tiny_train(place / "run")
    found = Result.load(place / "run")
    found.policy()
    rows = list(csv.DictReader((place / "run" / "curve.csv").open()))
    expect(float(rows[-1]["mean_return"]) == found.final_return, "the curve ends elsewhere")
    expect(len(rows) == len(list(csv.DictReader(
        (s.specimens() / "run" / "curve.csv").open()))), "the curve is still cut")


CASES += [
    Case("readers", "a checkpoint of another configuration",
         lambda place: s.tiny_train(place / "cut", gamma=0.5), REFUSED, "checkpoint|configuration",
         lay=put_other_checkpoint),
    Case("readers", "a finished run without its policy", is_whole, EITHER, "policy",
         lay=without_policy, leaves=("*",)),
    Case("readers", "a finished run with a cut curve", is_whole, EITHER, "curve",
         lay=with_cut_curve, leaves=("*",)),
]
