"""The command line: its help, what it says of a misspelt word, and its exit codes."""

import re

import pytest

from symtut.cli import COMMANDS, main
from symtut.experiments.config import PROFILES
from symtut.regression.problems.suites import SUITES
from symtut.regression.settings import REGRESSION_METHODS
from symtut.regression.transformer.examples import PRESETS
from symtut.storage import package_version
from symtut.tasks import TASKS
from symtut.world_models import METHODS


def shown(capsys, *words) -> str:
    """What a command prints that ends well."""
    try:
        assert main(list(words)) == 0
    except SystemExit as stop:  # argparse has printed its help
        assert stop.code == 0
    out, error = capsys.readouterr()
    assert error == ""
    return out


def test_alone_it_shows_its_help_and_all_commands(capsys):
    out = shown(capsys)
    assert out == shown(capsys, "--help")
    assert all(re.search(rf"^    {name}\b", out, re.MULTILINE) for name in COMMANDS)


def test_version(capsys):
    assert shown(capsys, "--version") == f"symtut {package_version()}\n"


@pytest.mark.parametrize(
    "command, registries",
    [
        ("train", (TASKS, METHODS, PROFILES)),
        ("sweep", (TASKS, METHODS, PROFILES)),
        ("finetune", (TASKS,)),
        ("pretrain", (PRESETS,)),
        ("fit", (REGRESSION_METHODS,)),
        ("benchmark regression", (SUITES, REGRESSION_METHODS)),
    ],
)
def test_help_names_what_is_known_in_80_columns(capsys, monkeypatch, command, registries):
    monkeypatch.setenv("COLUMNS", "80")
    out = shown(capsys, *command.split(), "--help")
    assert max(map(len, out.splitlines())) <= 80
    words = set(re.findall(r"[\w+]+", out))
    for registry in registries:
        assert words >= set(registry)


@pytest.mark.parametrize(
    "words, message",
    [
        ("trian --out X", "unknown command 'trian' (did you mean 'train'?). Known commands: train"),
        ("benchmark summry", "unknown command 'summry' (did you mean 'summary'?)"),
        ("train --out X --stesp 3", "unknown option '--stesp' (did you mean '--steps'?)"),
        ("train --oot X", "unknown option '--oot' (did you mean '--out'?)"),
        ("benchmark regression --sute=laws", "unknown option '--sute' (did you mean '--suite'?)"),
        ("--verson", "unknown option '--verson' (did you mean '--version'?)"),
        ("train --out X --task pendulmu", "unknown task 'pendulmu' (did you mean 'pendulum'?)"),
        ("train --out X --method symbolc", "unknown method 'symbolc' (did you mean 'symbolic'?)"),
        ("train --out X --profile smok", "unknown profile 'smok' (did you mean 'smoke'?)"),
        ("train --out X --set gama=1", "unknown option 'gama' (did you mean 'gamma'?)"),
        ("train --out X --weights generl", "unknown weights 'generl' (did you mean 'general'?)"),
        ("sweep --out X --backend lokky", "unknown backend 'lokky' (did you mean 'loky'?)"),
        ("sweep --out X --reference mpbo", "unknown method 'mpbo' (did you mean 'mbpo'?)"),
        ("pretrain --out X --preset smal", "unknown preset 'smal' (did you mean 'small'?)"),
        ("finetune --out X --task reachr", "unknown task 'reachr' (did you mean 'reacher'?)"),
        ("benchmark regression --out X.csv --suite law",
         "unknown suite 'law' (did you mean 'laws'?)"),
        ("benchmark regression --out X.csv --methods sprase",
         "unknown method 'sprase' (did you mean 'sparse'?)"),
    ],
)  # fmt: skip
def test_a_misspelt_word_is_one_line_with_the_word_that_was_meant(
    tmp_path, monkeypatch, capsys, words, message
):
    monkeypatch.chdir(tmp_path)
    assert main(words.split()) == 2
    out, error = capsys.readouterr()
    assert out == "" and error.count("\n") == 1 and message in error
    assert not list(tmp_path.iterdir())


def test_options_may_be_cut_short_and_values_may_look_like_options(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--meth=sprase", "--out", "X"]) == 2
    assert "did you mean 'sparse'" in capsys.readouterr().err
    assert main(["train", "--out", "X", "--set=--gamma=1"]) == 2
    assert "unknown option '--gamma'" in capsys.readouterr().err


@pytest.mark.parametrize("problems, code, last", [
    (0, 0, "next: symtut train --task pendulum --out outputs/run"),
    (1, 2, "next: mend what is marked PROBLEM, then run symtut doctor again"),
])  # fmt: skip
def test_doctor(capsys, monkeypatch, problems, code, last):
    monkeypatch.setattr("symtut.doctor.doctor", lambda say: problems)
    assert main(["doctor"]) == code
    assert capsys.readouterr().out.splitlines()[-1] == last
