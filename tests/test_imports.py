"""What imports what, and what is loaded when: one formula should not have to wait for torch."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import rooms

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

ROOT = Path(__file__).parents[1]
ORDER = (
    "errors", "forms machine paths progress", "storage", "tensors workers", "expressions",
    "regression.data", "regression.search", "regression.structure regression.problems",
    "regression.transformer", "regression", "regression.benchmark tasks", "world_models",
    "agents", "experiments", "lab", "arguments pictures", "doctor table_file",
    "fit_command show", "cli", "__main__",
)  # fmt: skip
"""The rooms of the package from below: each imports from those that stand before it alone."""
LEVEL = {room: level for level, line in enumerate(ORDER) for room in line.split()}
SCENE = re.compile(r"symtut\.lab\.scenes\.nb(\d\d)_")


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def parsed(pattern: str) -> dict[str, ast.Module]:
    return {name_of(path): ast.parse(path.read_text("utf-8")) for path in ROOT.glob(pattern)}


MODULES = parsed("symtut/**/*.py")


def imported(tree: ast.AST) -> set[str]:
    return rooms.imported(tree, MODULES)


def room_of(module: str) -> str:
    _, *parts = module.split(".")
    return ".".join(parts[:2]) if ".".join(parts[:2]) in LEVEL else "".join(parts[:1])


def test_imports_point_downwards():
    found = {room_of(module) for module in MODULES if module != "symtut"}
    assert found <= LEVEL.keys()
    upwards = [
        f"{module} imports {other}"
        for module, tree in MODULES.items() if module != "symtut"
        for other in imported(tree) if other.startswith("symtut.")
        and room_of(other) != room_of(module) and LEVEL[room_of(other)] >= LEVEL[room_of(module)]
    ]  # fmt: skip
    assert upwards == []


def test_a_public_name_stands_once():
    """Exercises and scenes stand once within their notebook, which alone imports them."""
    assert rooms.twice(MODULES) == {}
    again = {"here": ast.parse("def a(): ...\nB = _c = 1"), "there": ast.parse("a, b = 1, 2")}
    assert rooms.twice(again) == {"a": ["here", "there"]}
    scenes = {f"symtut.lab.scenes.nb0{i}": ast.parse("def a(): ...") for i in ("4_b", "5_b", "5_c")}
    assert rooms.twice(scenes) == {"a": ["symtut.lab.scenes.nb05_b", "symtut.lab.scenes.nb05_c"]}
    defined = [m for m, tree in MODULES.items() if "SymbolicRegressor" in rooms.public(tree)]
    assert defined == ["symtut.regression.regressor"]


def test_the_package_needs_nothing_beside_it():
    outside = {other.split(".")[0] for tree in MODULES.values() for other in imported(tree)}
    assert outside.isdisjoint({"tools", "tests", "benchmarks", "notebooks"})


def test_a_scene_belongs_to_one_notebook():
    notebooks = {
        name.split(".")[-1]: tree for name, tree in parsed("notebooks/source/*.py").items()
    }
    strangers, seen = [], set()
    for name, tree in (MODULES | notebooks).items():
        own = re.match(r"(?:symtut\.lab\.(?:scenes|exercises)\.nb)?(\d\d)", name)
        for other in imported(tree):
            if scene := SCENE.match(other):
                seen.add(other)
                if own is None or own[1] != scene[1]:
                    strangers.append(f"{name} imports {other}")
    assert strangers == [] and seen == {module for module in MODULES if SCENE.match(module)}


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
