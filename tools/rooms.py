"""The rooms before and after the modules moved: ``python -m tools.rooms`` writes figure and table.

It reads two commits of this repository and writes ``docs/rooms.svg`` and the table in
``docs/architecture.md``.
"""

import argparse
import ast
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Container
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np

from symtut.storage import write_bytes
from tools.build import REPOSITORY
from tools.course_map import between

MARKS = ("<!-- table of the rooms -->", "<!-- end of the table of the rooms -->")
ROWS = (  # of the figure, from above: imports point downwards
    "tools", "lab.exercises lab lab.scenes", "experiments", "agents agents.dreamer", "world_models",
    "regression.benchmark regression tasks", "regression.transformer",
    "regression.problems regression.search regression.structure", "regression.data", "expressions",
)  # fmt: skip
SCENE = re.compile(r"\.scenes\.(nb\d\d)_")
EXERCISE = re.compile(r"exercise_\d+")  # numbered within each notebook


class Module(NamedTuple):
    room: str  # its folder, to the second level; "symtut" for the files at the top
    lines: int
    tree: ast.Module


def modules_at(commit: str) -> dict[str, Module]:
    """The modules of a commit by their dotted names."""

    def git(*words: str) -> str:
        return subprocess.check_output(["git", *words], cwd=REPOSITORY, text=True, encoding="utf-8")

    modules = {}
    for path in git("ls-tree", "-r", "--name-only", commit, "symtut", "tools").split():
        if path.endswith(".py"):
            text = git("show", f"{commit}:{path}")
            room = ".".join(path.removeprefix("symtut/").split("/")[:-1][:2]) or "symtut"
            name = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
            modules[name] = Module(room, text.count("\n"), ast.parse(text))
    return modules


def imported(tree: ast.AST, known: Container[str]) -> set[str]:
    """What a file imports anywhere, functions included; a name of a package, if it is a module."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module and node.level == 0, "imports are absolute"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else node.module for name in names}
    return found


def public(tree: ast.Module) -> set[str]:
    """Functions, classes and constants that a module itself defines, not those it imports."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            parts = [p for t in getattr(node, "targets", [node]) for p in ast.walk(t)]
            stored = [p for p in parts if isinstance(getattr(p, "ctx", None), ast.Store)]
            names |= {part.id for part in stored if isinstance(part, ast.Name)}
    return {name for name in names if not name.startswith("_") and not EXERCISE.fullmatch(name)}


def twice(trees: dict[str, ast.Module]) -> dict[str, list[str]]:
    """Public names that several modules define, with those modules.

    A scene's names belong to its notebook, which alone imports it: they count within that notebook.
    """
    places = defaultdict(list)
    for module, tree in trees.items():
        notebook = SCENE.search(module)
        for name in public(tree):
            places[notebook and notebook[1], name].append(module)
    return {name: found for (_, name), found in places.items() if len(found) > 1}


class House:
    """The modules of a commit, and their imports of each other."""

    def __init__(self, commit: str):
        self.modules = modules_at(commit)
        self.room = {name: module.room for name, module in self.modules.items()}
        pairs = [(a, b) for a, m in self.modules.items() for b in imported(m.tree, self.modules)]
        self.imports = sorted((a, b) for a, b in pairs if b in self.modules and a != b)

    def counts(self) -> tuple[Counter, Counter, Counter]:
        """Files, lines and imports inside, a room."""
        lines = Counter()
        for module in self.modules.values():
            lines[module.room] += module.lines
        inside = Counter(self.room[a] for a, b in self.imports if self.room[a] == self.room[b])
        return Counter(self.room.values()), lines, inside

    def draw(self, axes) -> None:
        """A room is a circle of dots, its modules (area: lines); lines are imports within it."""
        files, place, centre, y = self.counts()[0], {}, {}, 0.0
        for row in (row.split() for row in ROWS):
            radii = {room: 0.4 + 0.05 * files[room] for room in row if files[room]}
            y, x = y - max(radii.values(), default=0), -sum(2 * r + 2 for r in radii.values()) / 2
            for room, radius in radii.items():
                x += radius + 1
                centre[room] = np.array([x, y])
                names = [name for name in self.modules if self.room[name] == room]
                for turn, name in zip(
                    np.linspace(0, 2 * np.pi, len(names) + 1), names, strict=False
                ):
                    place[name] = centre[room] + radius * np.array([np.sin(turn), np.cos(turn)])
                axes.text(x, y + radius + 0.25, f"{room} {len(names)}", ha="center", fontsize=8)
                x += radius + 1
            y -= max(radii.values(), default=-1) + 1
        between_rooms = Counter((self.room[a], self.room[b]) for a, b in self.imports)
        for (a, b), n in between_rooms.items():
            if a != b and "symtut" not in (a, b):
                ends = zip(centre[a], centre[b], strict=True)
                axes.plot(*ends, color="#E69F00", lw=0.3 * n**0.5 + 0.5, alpha=0.4)
        inside = [
            [place[a], place[b], (np.nan, np.nan)]  # a gap in the one line that they all are
            for a, b in self.imports
            if self.room[a] == self.room[b] != "symtut"
        ]
        axes.plot(*np.concatenate(inside).T, color="#0072B2", lw=0.5, alpha=0.6)
        sizes = [self.modules[name].lines / 15 for name in place]
        axes.scatter(*zip(*place.values(), strict=True), sizes, "#222222", zorder=3, lw=0)
        axes.set_aspect("equal")
        axes.set_axis_off()


def table(houses: list[House]) -> str:
    """Files, lines and imports inside each room, before and after, as Markdown."""
    columns = [counter for house in houses for counter in house.counts()]
    rows = [f"| room |{' files | lines | imports inside |' * 2}", "|---|" + "--:|" * 6]
    for room in sorted(columns[0] | columns[3]):
        cells = [f"{c[room]:,}" if columns[i - i % 3][room] else "" for i, c in enumerate(columns)]
        rows.append(f"| {room} | {' | '.join(cells)} |")
    rows.append(f"| all | {' | '.join(f'{c.total():,}' for c in columns)} |")
    package = [{n: m.tree for n, m in h.modules.items() if m.room != "tools"} for h in houses]
    before, after = (len(twice(trees)) for trees in package)
    text = f"Public names that two modules define: {before} before, {after} after."
    return "\n".join([*rows, "", text])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.rooms", description=__doc__)
    parser.add_argument("--before", default="4784352^", help="default: the last before the moves")
    parser.add_argument("--after", default="HEAD")
    arguments = parser.parse_args()
    houses = [House(arguments.before), House(arguments.after)]
    plt.rcParams.update({"svg.hashsalt": "rooms", "svg.fonttype": "none"})
    figure, axes = plt.subplots(1, 2, figsize=(11, 9), layout="constrained")
    for house, ax, title in zip(houses, axes, ("before", "after"), strict=True):
        house.draw(ax)
        ax.set_title(title)
    page = REPOSITORY / "docs" / "architecture.md"
    figure.savefig(page.with_name("rooms.svg"), metadata={"Date": None})
    text = between(page.read_text(encoding="utf-8"), MARKS, table(houses))
    write_bytes(page, text.encode())


if __name__ == "__main__":
    main()
