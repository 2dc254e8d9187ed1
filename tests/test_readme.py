"""The README says what is true: its example runs, its links lead somewhere."""

import re
from pathlib import Path

from symtut import cli
from symtut.lab import build

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_example_runs_and_finds_the_formula(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(example, {})
    found = capsys.readouterr().out.strip()
    assert set(found.replace("-x1", "- x1").split()) >= {"2*sin(x0)"} and "x1" in found


def test_links_and_the_course_map():
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / link).exists(), link
    written = set(re.findall(r"\| (\d\d) \| \[.*\| written", README))
    assert written == {source.stem[:2] for source in build.sources()}


def test_commands_exist():
    shown = re.findall(r"^symtut (\w+)", README, re.MULTILINE)
    assert shown and set(shown) <= set(cli.COMMANDS)
    targets = re.findall(r"^make (\w+)", README, re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text()
    assert targets and all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
