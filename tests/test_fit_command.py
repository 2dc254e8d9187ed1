"""``symtut fit``: what it reads, prints and keeps, and what it refuses."""

import re

import numpy as np
import pytest

from symtut.cli import main
from symtut.errors import InputError
from symtut.regression import SymbolicRegressor
from symtut.table_file import Frame, read_columns

FIT = ["--target", "y", "--method", "sparse", "--seconds", "60"]


def columns(n: int = 60):
    generator = np.random.default_rng(100)
    a, b = generator.uniform(-3, 3, (2, n))
    return {"a": a, "b": b, "y": 2 * np.sin(a) - b}


def write(path, table: dict, separator: str = ","):
    lines = [table, *zip(*table.values(), strict=True)]
    path.write_text("\n".join(separator.join(map(str, line)) for line in lines) + "\n")
    return str(path)


def run(capsys, *words) -> tuple[int, list[str], str]:
    code = main(["fit", *words])
    out, error = capsys.readouterr()
    return code, out.splitlines(), error


def test_front_and_model(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "t.csv", columns())
    file, out = "t.csv", tmp_path / "model.json"
    code, lines, error = run(capsys, file, *FIT, "--out", "model.json")
    assert (code, error) == (0, "")
    assert lines[0] == "t.csv: 60 rows; y from a, b"
    best = next(line for line in lines if line.startswith(">"))
    assert best.endswith("2*sin(a) - b") or best.endswith("-b + 2*sin(a)")
    assert any(line.startswith("Held-out R² of the best: 1") for line in lines)
    assert max(map(len, lines)) <= 80
    assert lines[-1].strip().startswith("symtut.SymbolicRegressor.load(")
    model, table = SymbolicRegressor.load(out), columns()
    X = Frame(["a", "b"], np.column_stack([table["a"], table["b"]]))
    np.testing.assert_allclose(model.predict(X), table["y"], atol=1e-9)
    assert list(model.feature_names_in_) == ["a", "b"]
    # its own file is replaced, another's is not
    assert run(capsys, file, *FIT, "--out", str(out))[0] == 0
    out.write_text("mine")
    code, lines, error = run(capsys, file, *FIT, "--out", str(out))
    assert (code, lines) == (2, []) and "not overwritten" in error and out.read_text() == "mine"


@pytest.mark.parametrize("separator", ["\t", ";"])
def test_columns_are_chosen_and_text_is_left_out(tmp_path, capsys, separator):
    table = columns() | {"when": ["monday"] * 60, "c": np.linspace(0, 1, 60)}
    file = write(tmp_path / "t.tsv", table, separator)
    code, lines, _ = run(capsys, file, *FIT, "--columns", "b, a")
    assert code == 0 and not any("c" in line.split() for line in lines)
    model = tmp_path / "m.json"
    code, lines, _ = run(capsys, file, *FIT, "--out", str(model))
    assert code == 0
    assert "Left out, no numbers: when ('monday' in line 2)" in lines
    assert list(SymbolicRegressor.load(model).names_) == ["a", "b", "c"]


def test_names_that_no_formula_can_hold(tmp_path, capsys):
    table = columns()
    table = {"wind speed": table["a"], "2nd": table["b"], "y": table["y"]}
    code, lines, _ = run(capsys, write(tmp_path / "t.csv", table), *FIT)
    assert code == 0 and "2*sin(wind_speed)" in "\n".join(lines)
    assert "Note: some columns have other names" in "\n".join(lines)
    assert lines[-1].startswith("next: --out")


def test_operators(tmp_path, capsys):
    file = write(tmp_path / "t.csv", columns())
    code, lines, _ = run(capsys, file, *FIT, "--operators", "add, mul,cos")
    text = "\n".join(lines)
    assert code == 0 and "sin(" not in text and "cos(" in text


def test_constraints(tmp_path, capsys):
    file = write(tmp_path / "t.csv", columns())
    limits = "{'max_terms': 1, 'nested': {'add': {'sin': 0}}}"  # as in Python, or as JSON
    for text in (limits, limits.replace("'", '"')):
        code, lines, _ = run(capsys, file, *FIT, "--constraints", text)
        (best,) = (line for line in lines if line.startswith(">"))
        assert code == 0 and best.split()[5:] == ["-1.2*b"]  # the best of one term


def test_missing_numbers(tmp_path, capsys):
    table = columns()
    table["a"] = ["" if k in (3, 5) else v for k, v in enumerate(table["a"])]
    table["b"] = ["NA" if k == 5 else v for k, v in enumerate(table["b"])]
    file = write(tmp_path / "t.csv", table)
    code, lines, error = run(capsys, file, *FIT)
    assert (code, lines) == (2, []) and "2 of 60 rows" in error and "line 5" in error
    code, lines, _ = run(capsys, file, *FIT, "--drop-missing")
    assert code == 0 and "Left out: 2 rows with missing or infinite numbers" in lines
    assert any(line.startswith(">") and "2*sin(a)" in line for line in lines)


def test_a_byte_order_mark_blank_lines_and_an_unnamed_index(tmp_path, capsys):
    text = ",a,y\n" + "".join(f"{k},{k / 7},{3 * k / 7}\n\n" for k in range(30))
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    code, lines, _ = run(capsys, str(tmp_path / "t.csv"), *FIT)
    assert code == 0 and "Left out, no numbers: 1 without a name" in lines
    assert any(line.startswith(">") and line.endswith(" 3*a") for line in lines)


GOOD = "a,b,y\n" + "\n".join(f"{k},{k * k},{k + 1}" for k in range(10)) + "\n"
REFUSED = {
    "is empty": "",
    "no rows": "a,b,y\n",
    "first line holds numbers": "1,2,3\n4,5,6\n",
    "two columns 'a'": "a,a,y\n1,2,3\n",
    "no column 'y' (did you mean 'Y'?); it has a, b, Y": GOOD.replace("y", "Y"),
    "no column 'y'; it has a, b, target": GOOD.replace("y", "target"),
    "line 3 has 2 cells, but there are 3": "a,b,y\n1,2,3\n4,5\n6,7,8\n",
    "column 'y' holds 'x' in line 3, which is no number": "a,b,y\n1,2,3\n4,5,x\n",
    "no column of numbers beside 'y'": "a,y\nq,1\nr,2\n",
    "every row has missing": "a,y\n,1\n,2\n",
    "2 of 10 rows": GOOD.replace("4,16,", "4,inf,").replace("7,49,", "nan,49,"),
    "y is constant": "a,y\n" + "".join(f"{k},3\n" for k in range(20)),
    "n_samples = 3": "a,y\n1,2\n2,3\n3,5\n",
    "cannot be read as CSV": 'a,b,y\n1,"2"3,4\n',
    "1,5": "a;y\n1,5;2\n2,5;3\n",
}


@pytest.mark.parametrize("says", REFUSED)
def test_refused_in_one_line(tmp_path, capsys, says):
    (tmp_path / "t.csv").write_text(REFUSED[says])
    extra = ["--drop-missing"] if says.startswith("every") else []
    code, lines, error = run(capsys, str(tmp_path / "t.csv"), *FIT, *extra,
                             *(["--columns", "a"] if says == "1,5" else []))  # fmt: skip
    assert code == 2 and lines == [] and error.count("\n") == 1
    assert re.sub(r"\s+", " ", says) in error


OPTIONS = {
    "no column 'bb' (did you mean 'b'?)": ["--columns", "a,bb"],
    "cannot explain itself": ["--columns", "a,y"],
    "'a' twice": ["--columns", "a,b,a"],
    "--columns is empty": ["--columns", " , "],
    "did you mean 'sparse'": ["--method", "sprase"],
    "did you mean 'sin'": ["--operators", "add,sinn"],
    "--operators is empty": ["--operators", ","],
    "did you mean 'max_terms'": ["--constraints", "{'max_term': 3}"],
    "constraints must be a dictionary": ["--constraints", "max_terms=3"],
    "no folder": ["--out", "no/such/model.json"],
    "is a folder": ["--out", "."],
    "above 0": ["--seconds", "0"],
    "whole number": ["--seed", "-1"],
}


@pytest.mark.parametrize("says", OPTIONS)
def test_wrong_options(tmp_path, capsys, monkeypatch, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(GOOD)
    code, lines, error = run(capsys, "t.csv", *FIT, *OPTIONS[says])
    assert code == 2 and lines == [] and error.count("\n") == 1 and says in error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv"]


def test_interrupted_before_anything_was_found(tmp_path, capsys, monkeypatch):
    def interrupted(self, X, y):
        raise KeyboardInterrupt

    monkeypatch.setattr(SymbolicRegressor, "fit", interrupted)
    code, lines, error = run(capsys, write(tmp_path / "t.csv", columns()), *FIT)
    assert (code, lines) == (130, []) and "before an equation was found" in error


def test_no_such_target_and_file(tmp_path, capsys):
    assert "no such file" in run(capsys, str(tmp_path / "t.csv"), *FIT)[2]
    (tmp_path / "t.csv").write_text(GOOD)
    assert "--target" in run(capsys, str(tmp_path / "t.csv"))[2]
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    assert "save the table as CSV" in run(capsys, str(tmp_path / "t.parquet"), *FIT)[2]


def test_cells_of_a_table(tmp_path):
    (tmp_path / "t.csv").write_text(
        'a,b,c,d,e\n1, 2.5 ,1_0,"1e3",٣\n-1e-3,+3,4,.5,1\n', encoding="utf-8"
    )
    table = read_columns(tmp_path / "t.csv")
    np.testing.assert_array_equal(table.column("a").values, [1, -1e-3])
    np.testing.assert_array_equal(table.column("b").values, [2.5, 3])
    np.testing.assert_array_equal(table.column("d").values, [1000, 0.5])
    for name in "ce":
        with pytest.raises(InputError, match="in line 2, which is no number"):
            table.column(name)
