"""What is loaded when: a program that needs one formula should not wait for torch."""

import json
import subprocess
import sys

import pytest

HEAVY = ("torch", "sympy", "scipy", "pandas", "matplotlib", "gymnasium", "IPython")
EASY = """
from symtut import SymbolicRegressor
import numpy as np
x = np.random.default_rng(0).uniform(0.5, 3, (60, 2))
def fit(y, **settings):
    found = SymbolicRegressor(**settings).fit(x, y)
    assert found.score(x, y) > 1 - 1e-9
    return found
"""


def loaded_by(code: str) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded after ``code``."""
    code += f"\nimport json, sys\nprint(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(made.stdout.splitlines()[-1]))


@pytest.mark.parametrize("code", [
    "import symtut",
    "from symtut import SymbolicRegressor",
    "import symtut.expressions, symtut.regression, symtut.storage",
    "from symtut.cli import build_parser; build_parser()",
    "from symtut.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass",
])  # fmt: skip
def test_an_import_loads_nothing_heavy(code):
    assert loaded_by(code) == set()


def test_what_the_library_explains_needs_no_torch():
    """Sums of the library, products, and numbers fitted by Levenberg-Marquardt; text and files."""
    use = """
fit(2 * np.sin(x[:, 0]) - x[:, 1])
fit(np.abs(x[:, 0]) - 0.2 * x[:, 1] ** 3 + x[:, 0] * x[:, 1] - 0.7 * np.cos(x[:, 1]))
fit(3 * x[:, 0] ** 2 / x[:, 1])
fit(np.sin(2.3 * x[:, 0]) + x[:, 1], method="prior", max_time=20)
import tempfile, pathlib
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "m.json")
    fit(x[:, 0] * x[:, 1]).save(path)
    assert SymbolicRegressor.load(path).latex()
"""
    assert loaded_by(EASY + use) == set()


def test_the_command_fit_needs_no_torch_either(tmp_path):
    table = "a,b,y\n" + "".join(f"{k},{k * k % 7},{3 * k + k * k % 7}\n" for k in range(30))
    (tmp_path / "t.csv").write_text(table)
    words = ["fit", str(tmp_path / "t.csv"), "--target", "y", "--out", str(tmp_path / "m.json")]
    assert loaded_by(f"from symtut.cli import main\nassert main({words}) == 0") == set()


def test_the_transformer_loads_torch_when_it_is_asked():
    y = "np.exp(np.sin(3 * x[:, 0])) * x[:, 1]"
    asked = f"SymbolicRegressor(method='transformer', n_candidates=2, rounds=1).fit(x, {y})"
    assert "torch" in loaded_by(EASY + asked)
