"""Numbers on the command line: a bad one is one line, exit 2, and nothing on the disk."""

import errno
import os

import pytest

from symtut.arguments import integer, numbers, parse_override, parse_steps
from symtut.cli import main
from symtut.errors import InputError
from symtut.experiments.sweep import MOST_SEEDS, parse_seeds
from symtut.machine import MOST_PROCESSES

WHOLE = ["-1", "1e3", "1.5", "", "nan", "inf", "0x10", "9" * 5000, "٣", "1_000", "one"]
TRAIN, SWEEP = ["train", "--method", "oracle"], ["sweep", "--methods", "oracle"]
PRETRAIN, FINETUNE = ["pretrain", "--preset", "tiny"], ["finetune"]
BENCHMARK = ["benchmark", "regression", "--suite", "nguyen", "--methods", "sparse"]


def refused(command, option, value, out, capsys):
    assert main([*command, option, value, "--out", str(out)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("symtut: error: ") and captured.err.count("\n") == 1
    assert len(captured.err) < 400
    assert not list(out.parent.iterdir())
    return captured.err


@pytest.mark.parametrize("command", [TRAIN, PRETRAIN, FINETUNE, BENCHMARK], ids=lambda c: c[0])
def test_seeds_that_no_generator_takes(command, tmp_path, capsys):
    for value in (*WHOLE, str(2**32)):
        assert "whole number from 0 to 4294967295" in refused(
            command, "--seed", value, tmp_path / "out", capsys
        )


@pytest.mark.parametrize(
    "command, option, values, message",
    [
        (TRAIN, "--steps", ["0", "-5", "1e9", "9" * 40], "whole number of at least 1"),
        (TRAIN, "--steps", ["1000000000000"], "steps = 1000000000000 needs 72,000.0 GB"),
        (SWEEP, "--steps", ["0"], "whole number of at least 1"),
        (SWEEP, "--steps", ["-5", "1e9", "oracle=9e9", "9" * 40], "--steps needs NUMBER"),
        (SWEEP, "--steps", ["1000000000000"], "needs 72,000.0 GB"),
        (SWEEP, "--jobs", ["0", "-1", "1000000", "2.5"], f"from 1 to {MOST_PROCESSES}"),
        (SWEEP, "--seeds", ["9-0", "0-1000000000", "", "-1", "0-9,20000-29999", "4294967296"],
         f"at most {MOST_SEEDS}"),
        (SWEEP, "--set", ["updates=-1", "updates=1e3"], "'updates' must be a whole number"),
        (BENCHMARK, "--jobs", ["0", "-1", "1000000"], f"from 1 to {MOST_PROCESSES}"),
        (BENCHMARK, "--seconds", ["inf", "nan", "-1", "0", "many"], "finite number above"),
        (BENCHMARK, "--limit", ["0", "-3", "x"], "whole number of at least 1"),
        (BENCHMARK, "--points", ["1", "0", "-1", "1e3", "100000000000", ""], "from 5 to 1000"),
        (BENCHMARK, "--noise", ["-1", "nan", "inf", "a", ""], "from 0 to 1000"),
        (PRETRAIN, "--examples", ["0", "-1", "1e6"], "whole number of at least 1"),
        (PRETRAIN, "--workers", ["-1", "1000000"], f"from 0 to {MOST_PROCESSES}"),
        (FINETUNE, "--rank", ["-1", "1000000"], "from 0 to 1024"),
        (FINETUNE, "--random-steps", ["0", "1"], "at least"),
        (FINETUNE, "--random-steps", ["1000000000000"], "GB of memory"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_bad_numbers(command, option, values, message, tmp_path, capsys):
    for value in values:
        assert message in refused(command, option, value, tmp_path / "out", capsys)


def test_good_numbers():
    assert [integer(1, 9)(text) for text in ("1", " 9", "+3")] == [1, 9, 3]
    assert numbers("200,20,200", "--points", 5, 1000, int) == (200, 20)
    assert numbers("0,0.05", "--noise", 0, 1, float) == (0.0, 0.05)
    assert parse_steps("200,sac=6000") == {"": 200, "sac": 6000}
    assert parse_seeds("0-9999") == list(range(10_000))
    with pytest.raises(InputError, match="is not a list of seeds"):
        parse_seeds("0-10000")


def test_an_option_that_cannot_be_read_as_a_value_is_text():
    for value in ("[" * 5000, "9" * 5000, "a b", "{[]: 1}"):
        assert parse_override(f"size={value}") == ("size", value)


def test_an_unknown_option_is_one_line(tmp_path, capsys):
    assert "--colour" in refused(TRAIN, "--colour", "red", tmp_path / "out", capsys)


def test_output_that_cannot_be_written_is_one_line(tmp_path, capsys, monkeypatch):
    def full(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("symtut.cli.say", full)
    monkeypatch.setattr("symtut.cli.drop_output", lambda: None)
    out = tmp_path / "run"
    assert main([*TRAIN, "--profile", "smoke", "--out", str(out)]) == 2
    assert capsys.readouterr().err.count("\n") == 1 and not out.exists()
