"""Mutated solutions: does the check of an exercise notice each of them?

A solution is changed in one place at a time (an operator, a comparison, a number, a missing minus,
two arguments in the wrong order, a line that is absent), and its check judges what comes of it.
Some changes change no result, so not every answer that passes is a hole in the check.
"""

import ast
import contextlib
import copy
import io
import signal
import warnings
from collections.abc import Iterator
from typing import Any

from symtut.lab.exercises import describe
from symtut.lab.exercises.kinds import RIGHT, WRONG, Choice
from tools.exercises import BEGIN, END, answer, find

SECONDS = 3  # of CPU time for one judgement: a mutated loop may not end
BINARY = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult, ast.FloorDiv: ast.Div, ast.Mod: ast.Mult,
}  # fmt: skip
COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
SYMMETRIC = {"min", "max", "minimum", "maximum", "logaddexp"}  # two arguments in any order


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """What ``node`` may be mistaken for."""
    if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
        yield ast.BinOp(node.left, BINARY[type(node.op)](), node.right)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        swapped = [COMPARISONS[type(node.ops[0])](), *node.ops[1:]]
        yield ast.Compare(node.left, swapped, node.comparators)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield node.operand
    elif isinstance(node, ast.Call) and len(node.args) > 1:
        if getattr(node.func, "attr", getattr(node.func, "id", "")) in SYMMETRIC:
            return
        yield ast.Call(node.func, [*node.args[1::-1], *node.args[2:]], node.keywords)
    elif isinstance(node, (ast.AugAssign, ast.Expr)):
        yield ast.Pass()
    elif isinstance(node, ast.Return) and node.value is not None:
        yield ast.Expr(node.value)
    elif isinstance(node, ast.If):
        yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def mutants(code: str) -> Iterator[str]:
    """``code`` with one place between the solution markers changed, once for each change."""
    lines = [line.strip() for line in code.splitlines()]
    first, last = lines.index(BEGIN) + 1, lines.index(END) + 1
    tree = ast.parse(code)
    for place, node in enumerate(ast.walk(tree)):
        if first < getattr(node, "lineno", 0) < last:
            for k in range(len(list(changes(node)))):
                changed = copy.deepcopy(tree)
                target = list(ast.walk(changed))[place]
                replacement = list(changes(target))[k]
                changed = _Replaced(target, replacement).visit(changed)
                yield ast.unparse(ast.fix_missing_locations(changed))


class _Replaced(ast.NodeTransformer):
    def __init__(self, target: ast.AST, replacement: ast.AST):
        self.target, self.replacement = target, replacement

    def visit(self, node):
        return self.replacement if node is self.target else self.generic_visit(node)


def trial(notebook, where: str) -> dict[str, tuple[int, list[str]]]:
    """Of each exercise that can be judged without running its notebook: (mutants, those that pass).

    Left out are choices, and exercises whose check or solution needs what other cells compute.
    """
    names, found = _definitions(notebook), {}
    for exercise in find(notebook, where):
        cell, check = (notebook.cells[i].source for i in (exercise.solution, exercise.check))
        make = _maker(exercise.name)
        if make is None or _status(cell, answer(check), make, names) != RIGHT:
            continue
        tried = {code: _status(code, answer(check), make, names) for code in mutants(cell)}
        passed = [code for code, status in tried.items() if status == RIGHT]
        found[exercise.name] = len(tried), passed
    return found


def _maker(key: str):
    """A function that describes the exercise; None for a choice, or if it needs the notebook."""
    try:
        description = describe(key)
    except TypeError:
        return None
    return None if isinstance(description, Choice) else lambda: describe(key)


def _definitions(notebook) -> dict[str, Any]:
    """What the cells import and define, without running anything else."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in notebook.cells:
        if cell.cell_type == "code" and "setup" not in cell.metadata.get("tags", []):
            for node in ast.parse(cell.source).body:
                if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)):
                    with contextlib.suppress(Exception):  # a base class that a cell computes
                        exec(compile(ast.Module([node], []), "a cell", "exec"), names)
    return names


def _status(code: str, name: str, make, names: dict[str, Any]) -> str:
    """What the check says of the answer that ``code`` gives; no answer at all is a wrong one."""

    def stop(*_):
        raise KeyboardInterrupt

    space, before = dict(names), signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            exec(compile(code, "an answer", "exec"), space)
            return make().judge(space.get(name)).status
    except (Exception, KeyboardInterrupt):
        return WRONG
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
