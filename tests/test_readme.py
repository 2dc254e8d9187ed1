"""The README is short and says what is true: its example runs, its links lead somewhere."""

import re
import runpy
from pathlib import Path

from PIL import Image

from benchmarks import learners
from symtut import cli

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_is_read_in_two_minutes():
    assert len(README.splitlines()) <= 120 and len(README.split()) <= 900


def test_the_film_is_in_the_first_screen():
    before, film, _ = README.partition("](docs/pendulum.png)")
    assert film and len(before.splitlines()) <= 20
    with Image.open(ROOT / "docs" / "pendulum.png") as picture:
        assert picture.n_frames > 50 and picture.width > 2 * 300 > picture.height


def test_example_runs_and_finds_the_formula(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(example, {})
    found = capsys.readouterr().out.strip()
    assert set(found.replace("-x1", "- x1").split()) >= {"2*sin(x0)"} and "x1" in found


def test_links():
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / link).exists(), link


def test_commands_exist():
    shown = re.findall(r"^symtut (\w+)", README, re.MULTILINE)
    assert shown and set(shown) <= set(cli.COMMANDS)
    targets = re.findall(r"^make (\w+)", README, re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text()
    assert targets and all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_the_table_is_that_of_the_stored_results():
    script = runpy.run_path(str(ROOT / "benchmarks" / "comparison.py"))
    lines = script["short_rows"](ROOT / "data" / "results" / "comparison")
    assert [line.split()[1] for line in lines] == [
        "symbolic", "oracle", "sparse", "mbpo", "sac", "dreamer",
    ]  # fmt: skip
    lines.insert(1, learners.short_row(learners.read(ROOT / "data" / "results" / "learners")[0]))
    assert "\n".join(["|---|---|---|---|", *lines, ""]) in README
