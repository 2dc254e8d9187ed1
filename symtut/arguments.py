"""What is written on the command line: options, numbers and lists; a mistake is one line."""

import argparse
import ast
import math
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from symtut.errors import InputError, did_you_mean, unknown
from symtut.forms import LARGEST, LARGEST_SEED
from symtut.machine import MOST_PROCESSES


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, with the word that was perhaps meant."""

    def __init__(self, *args, **settings):
        self.options: list[str] = []
        self.commands: dict[str, argparse.ArgumentParser] = {}
        super().__init__(*args, **settings)

    def add_argument(self, *names: str, **settings: Any) -> argparse.Action:
        self.options += [name for name in names if name.startswith("--")]
        return super().add_argument(*names, **settings)

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:
        words = sys.argv[1:] if args is None else list(args)
        if self.commands and words and not words[0].startswith("-"):
            if words[0] not in self.commands:
                raise unknown("command", words[0], self.commands)
        for word in words if not self.commands else words[:1]:
            name = word.partition("=")[0]
            if name == "--":  # what follows is no option
                break
            if name.startswith("--") and not any(o.startswith(name) for o in self.options):
                raise InputError(
                    f"unknown option {quoted(name)}{did_you_mean(name, self.options)} "
                    f"(see {self.prog} --help)"
                )
        return super().parse_known_args(words, namespace)

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message.removeprefix('argument ')} (see {self.prog} --help)")


# ---- values -------------------------------------------------------------------------------------


def integer(low: int = 0, high: int = LARGEST) -> Callable[[str], int]:
    """A reader of whole numbers from ``low`` to ``high``."""
    limits = f"of at least {low}" if high == LARGEST else f"from {low} to {high}"

    def read(text: str) -> int:
        if re.fullmatch(r"\s*[+-]?[0-9]{1,16}\s*", text) and low <= int(text) <= high:
            return int(text)
        raise argparse.ArgumentTypeError(f"must be a whole number {limits}, not {quoted(text)}")

    return read


def above_zero(text: str) -> float:
    """A finite number above zero."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a finite number above 0, not {quoted(text)}")
    return value


def numbers(text: str, option: str, low: float, high: float, kind: type) -> tuple:
    """``"20,200"`` → (20, 200), each once and from ``low`` to ``high``."""
    try:
        values = tuple(dict.fromkeys(kind(part) for part in text.split(",")))
        if text.isascii() and "_" not in text and all(low <= value <= high for value in values):
            return values
    except ValueError:
        pass
    name = "whole numbers" if kind is int else "numbers"
    raise InputError(
        f"{option} must be {name} from {low:g} to {high:g}, separated by commas, "
        f"not {quoted(text)}."
    )


def quoted(text: str) -> str:
    """``text`` in quotes, cut where it is long."""
    return repr(text if len(text) <= 40 else f"{text[:37]}...")


def names(text: str) -> list[str]:
    """``"sac, mbpo"`` → ["sac", "mbpo"]."""
    return [part.strip() for part in text.split(",") if part.strip()]


def literal(text: str) -> object:
    """The Python literal that ``text`` is, or else the text itself."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def check_override(name: str, *others: str) -> None:
    """Refuse what has an option of its own: always, or among ``others``."""
    own = {"task", "env", "method", "steps", "seed", "out", "profile", "on_progress", "tensorboard"}
    if name in own.union(others):
        raise InputError(f"'{name}' is not set with --set; use --{name}.")


def parse_override(text: str) -> tuple[str, object]:
    """``name=value``, the value a Python literal or else plain text."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InputError(f"--set needs NAME=VALUE, not '{text}'.")
    return name, literal(value)


def parse_steps(text: str) -> dict[str, int]:
    """``"200,sac=6000"`` → {"": 200, "sac": 6000}."""
    steps = {}
    for part in names(text):
        where, _, number = part.rpartition("=")
        if not re.fullmatch("[0-9]{1,16}", number.strip()):
            raise InputError(f"--steps needs NUMBER or METHOD=NUMBER, not {quoted(part)}.")
        steps[where.strip()] = int(number)
    return steps


def parse_placed_overrides(texts: Iterable[str]) -> dict[str, dict[str, object]]:
    """``["gamma=0.9", "sac:hidden=64"]`` → {"": {"gamma": 0.9}, "sac": {"hidden": 64}}."""
    placed: dict[str, dict[str, object]] = {}
    for text in texts:
        head, equals, value = text.partition("=")
        where, _, name = head.rpartition(":")
        option, value = parse_override(f"{name}{equals}{value}")
        check_override(option)
        placed.setdefault(where, {})[option] = value
    return placed


# ---- the options of each command ----------------------------------------------------------------
# Names of tasks, methods and suites stand here as text, so that --help loads no world and no torch;
# a test compares them with the registries.

_TASKS = "car2d, pendulum, reacher"
_METHODS = "sac, oracle, symbolic, sparse, mbpo, dreamer"
_PROFILES = "default, paper or smoke"
_LEARNERS = "sac or apg"
SEED = integer(0, LARGEST_SEED)
JOBS, WORKERS = integer(1, MOST_PROCESSES), integer(0, MOST_PROCESSES)


def add_train(parser: Parser) -> None:
    add = parser.add_argument
    add("--task", help=f"the world: {_TASKS}, or MODULE:CLASS (default: pendulum)")
    add(
        "--env",
        metavar="ID",
        help="instead of a task, any environment of Gymnasium's, as Pendulum-v1: the map from "
        "observations to states, the reward and the end of an episode are found in real steps",
    )
    add("--method", default="symbolic", help=f"{_METHODS} (default: symbolic)")
    add("--steps", type=integer(1), default=200, help="real environment steps (default: 200)")
    add("--seed", type=SEED, default=0, help="of everything that is random (default: 0)")
    add("--out", required=True, metavar="DIR", help="folder for the results")
    add("--profile", default="default", help=f"{_PROFILES} (default: default)")
    add("--weights", help="weights of the transformer (symbolic): a name or a file")
    add(
        "--learner",
        help=f"{_LEARNERS}: soft actor-critic, or gradients through the equations (default: sac; "
        "dreamer has its own)",
    )
    add(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="override any option of the loop, the learner or the model; may be repeated",
    )
    add("--tensorboard", action="store_true", help="write event files, too (extra 'tensorboard')")


def add_sweep(parser: Parser) -> None:
    add = parser.add_argument
    add(
        "--tasks",
        default="pendulum",
        help=f"separated by commas: {_TASKS}, or MODULE:CLASS (default: pendulum)",
    )
    add(
        "--methods",
        default="symbolic,sac",
        help=f"separated by commas: {_METHODS} (default: symbolic,sac)",
    )
    add("--seeds", default="0-9", help="as 0-9 or 0,3,7 (default: 0-9)")
    add("--out", required=True, metavar="DIR", help="folder for runs and tables")
    add(
        "--steps",
        default="200",
        help="real environment steps: a number, or by method or task/method, as "
        "200,sac=6000,car2d/sac=20000 (default: 200)",
    )
    add("--profile", default="default", help=f"{_PROFILES} (default: default)")
    add(
        "--set",
        action="append",
        default=[],
        metavar="[WHERE:]NAME=VALUE",
        help="override an option, everywhere or for a method or task/method, as "
        "mbpo:rollout_length=5; may be repeated",
    )
    add("--backend", default="loky", help="loky (default) or dask")
    add("--scheduler", metavar="ADDRESS", help="a dask cluster, as tcp://host:8786")
    add("--jobs", type=JOBS, help="processes, one thread each (default: the cores)")
    add("--table", action="store_true", help="only write the tables again")
    add("--reference", default="symbolic", help="method to compare with (default: symbolic)")


def add_show(parser: Parser) -> None:
    add = parser.add_argument
    add("folder", metavar="DIR", help="folder of a run (finished or not) or of a sweep")
    add("--plot", metavar="FILE", help="draw the learning curve: a .png, .svg or .pdf")
    add("--film", metavar="FILE", help="draw an episode of the policy: an animated .png")
    add("--plan", action="store_true", help="plan in the run's equations, too; film the planner")
    add(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of --plan: samples, horizon, noise, correlation, temperature; may be repeated",
    )


def add_pretrain(parser: Parser) -> None:
    add = parser.add_argument
    add("--preset", default="small", help="tiny, small, medium, laws or paper (default: small)")
    add("--out", required=True, metavar="DIR", help="folder for the weights")
    add("--resume", action="store_true", help="go on from the last checkpoint")
    add("--weights", help="start from: a name or a file (default: fresh weights)")
    add("--examples", type=integer(1), help="random functions to see (default: preset)")
    add("--workers", type=WORKERS, default=0, help="processes that draw functions (for GPUs)")
    add("--seed", type=SEED, default=0, help="of everything that is random (default: 0)")


def add_finetune(parser: Parser) -> None:
    add = parser.add_argument
    add("--task", default="pendulum", help=f"the world: {_TASKS} (default: pendulum)")
    add("--out", required=True, metavar="DIR", help="folder for the weights")
    add("--resume", action="store_true", help="go on from the last checkpoint")
    add("--weights", default="general", help="start from: a name or a file (default: general)")
    add("--rank", type=integer(0, 1024), help="of the adapters (default 8); 0: all weights")
    add("--examples", type=integer(1), help="random functions of that world to see")
    add("--random-steps", type=integer(1), help="real steps of a random policy (default 1000)")
    add("--workers", type=WORKERS, default=0, help="processes that draw functions")
    add("--seed", type=SEED, default=0, help="of everything that is random (default: 0)")


def add_fit(parser: Parser) -> None:
    add = parser.add_argument
    add("table", metavar="TABLE", help="CSV or TSV file: a line with the columns' names, then rows")
    add("--target", required=True, metavar="NAME", help="column to explain")
    add(
        "--columns",
        metavar="A,B",
        help="columns to explain it by, separated by commas (default: all others with numbers)",
    )
    add("--seconds", type=above_zero, default=5.0, help="CPU-seconds of search (default: 5)")
    add("--out", metavar="FILE", help="keep the equations, as JSON")
    add(
        "--method",
        default="transformer+sparse",
        help="transformer+sparse (default), prior+sparse, transformer+prior, transformer, prior or "
        "sparse",
    )
    add("--robust", action="store_true", help="leave out rows that follow no common formula")
    add("--drop-missing", action="store_true", help="leave out rows where a number is missing")
    add("--operators", metavar="A,B", help="alphabet of the answers, as add,mul,sin (default: all)")
    add(
        "--constraints",
        type=literal,
        metavar="LIMITS",
        help='limits of the answers, as \'{"max_complexity": 20, "max_terms": 3, '
        '"nested": {"sin": {"sin": 0}}}\' (default: none)',
    )
    add("--seed", type=SEED, default=0, help="of everything that is random (default: 0)")


def add_benchmark(parser: Parser) -> None:
    kinds = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    summary = "run regressors on a suite, or go on with a table"
    run = kinds.add_parser("regression", help=summary, description=summary)
    add = run.add_argument
    add(
        "--suite",
        default="mechanics",
        help="mechanics, nguyen, laws or random (default: mechanics)",
    )
    add(
        "--methods",
        default="transformer+sparse,transformer,prior,sparse",
        help="separated by commas: transformer, prior, sparse, transformer+sparse, prior+sparse, "
        "transformer+prior, and gplearn, pyoperon, pysindy from the extra 'benchmarks'",
    )
    add("--seconds", type=above_zero, default=10.0, help="CPU-seconds an equation (default: 10)")
    add("--points", default="200", help="numbers of points, separated by commas (default: 200)")
    add("--noise", default="0", help="noise levels relative to y, as 0,0.01,0.05 (default: 0)")
    add("--kind", help="problems of one kind only: development or table (of laws), …")
    add("--limit", type=integer(1), help="only the first so many problems")
    add("--seed", type=SEED, default=0, help="of everything that is random (default: 0)")
    add("--weights", default="general", help="a name or a file (default: general)")
    add("--scheduler", metavar="ADDRESS", help="a dask cluster, as tcp://host:8786")
    add("--jobs", type=JOBS, help="processes, one thread each (default: 1)")
    add("--overwrite", action="store_true", help="begin a stored table anew")
    add("--out", required=True, metavar="FILE", help="table, as CSV")
    summary = "shares and intervals of stored tables"
    show = kinds.add_parser("summary", help=summary, description=summary)
    show.add_argument("tables", nargs="+", metavar="FILE")
    parser.commands = {"regression": run, "summary": show}
