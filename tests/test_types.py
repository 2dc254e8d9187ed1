"""The types that the package declares: every public one, and pyright finds no contradiction."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def public_functions(body: list[ast.stmt], inside: str = ""):
    """(name, definition, number of arguments that need no type) of functions and methods."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef) and (
            not node.name.startswith("_") or node.name == "__init__"
        ):
            static = any(getattr(d, "id", "") == "staticmethod" for d in node.decorator_list)
            yield f"{inside}{node.name}", node, int(bool(inside) and not static)


def undeclared(path: Path):
    for name, node, own in public_functions(ast.parse(path.read_text(encoding="utf-8")).body):
        arguments = [*node.args.posonlyargs, *node.args.args][own:] + node.args.kwonlyargs
        missing = [argument.arg for argument in arguments if argument.annotation is None]
        if node.returns is None and node.name != "__init__":
            missing.append("return")
        if missing:
            yield f"{path.relative_to(ROOT)}:{node.lineno} {name}: {', '.join(missing)}"


def test_every_public_signature_is_declared():
    files = sorted((ROOT / "symtut").rglob("*.py"))
    assert len(files) > 20
    assert [line for path in files for line in undeclared(path)] == []


def test_what_is_undeclared_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    file = tmp_path / "a.py"
    file.write_text(
        "def f(a: int, b, *, c) -> int: ...\ndef _g(a): ...\n"
        "class A:\n    def __init__(self, a): ...\n    @staticmethod\n    def s(a): ...\n"
    )
    assert list(undeclared(file)) == [
        "a.py:1 f: b, c",
        "a.py:4 A.__init__: a",
        "a.py:6 A.s: a, return",
    ]


def test_the_wheel_says_that_types_are_declared():
    assert (ROOT / "symtut" / "py.typed").exists()


def test_pyright_finds_nothing():
    pytest.importorskip("pyright")
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--project", "."]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
