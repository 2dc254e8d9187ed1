"""Pages of docs/: links and commands exist, the command line's page is current, examples run."""

import re
import shlex

import pytest

from symtut import cli
from tools import cli_page
from tools.build import REPOSITORY

PAGES = sorted((REPOSITORY / "docs").rglob("*.md"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_and_commands(path):
    text = path.read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (path.parent / link).exists(), link
    for line in re.findall(r"^symtut (.+)$", text, re.MULTILINE):
        cli.build_parser().parse_args(shlex.split(line))
    for script in re.findall(r"\b(benchmarks/\w+\.py)", text):
        assert (REPOSITORY / script).exists(), script


def test_the_page_of_the_command_line_is_current():
    found = cli_page.PAGE.read_text(encoding="utf-8")
    assert found == cli_page.page(), "run: python -m tools.cli_page"
    commands = re.findall(r"^## symtut (\w+)", found, re.MULTILINE)
    assert list(dict.fromkeys(commands)) == list(cli.COMMANDS)
    rows = {row.split("`")[1]: row.split(" | ")[-1] for row in re.findall(r"^\| `.*", found, re.M)}
    assert rows["--steps STEPS"] == rows["--random-steps RANDOM_STEPS"].replace("1000", "`200`")
    assert rows["TABLE"] == " |" and rows["--out DIR"] == "*required* |"


def test_the_example_of_the_regressor_runs(capsys):
    text = (REPOSITORY / "docs" / "using_the_regressor.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names = {}
    exec(example, names)
    found = capsys.readouterr().out
    assert (
        "2*sin(x0)" in found
        and "double" in found
        and names["reg"].score(names["X"], names["y"]) > 1 - 1e-9
    )


def test_the_example_of_a_task_finds_the_equations_that_it_shows(capsys):
    text = (REPOSITORY / "docs" / "own_world.md").read_text(encoding="utf-8")
    task, check, _ = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(task + check, {})
    *equations, problems = capsys.readouterr().out.splitlines()
    (shown,) = re.findall(r"```\n(delta_x.*?)\n```", text, re.DOTALL)
    assert equations == shown.splitlines()
    assert problems == "[]"


def test_the_glossary_names_notebooks_that_use_the_word():
    text = (REPOSITORY / "docs" / "glossary.md").read_text(encoding="utf-8")
    entries = re.findall(
        r"^- \*\*(.+?)\*\* \(\[\d\d\]\(\.\./notebooks/(\w+)\.ipynb\)\):", text, re.M
    )
    assert len(entries) == len(re.findall(r"^- ", text, re.M)) > 30
    words = [word.strip("`<").lower() for word, _ in entries]
    assert words == sorted(words)
    for word, notebook in entries:
        source = (REPOSITORY / "notebooks" / "source" / f"{notebook}.py").read_text(
            encoding="utf-8"
        )
        first = re.split(r"[,(]", word)[0].strip(" `")
        assert re.search(re.escape(first).replace(r"\ ", r"[\s#-]+"), source, re.I), word
