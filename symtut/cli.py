"""The command line: ``symtut train``, ``sweep``, ``pretrain``, ``fit``, ``benchmark`` …

Exit codes: 0 done, 1 the doctor found something or a run of a sweep failed, 2 bad input or a
training that diverged (one line on stderr), 130 interrupted, 141 nobody reads the output any more
(as in ``symtut train ... | head``).
"""

import argparse
import os
import sys

from symtut.arguments import (
    Parser,
    above_zero,
    check_override,
    names,
    numbers,
    parse_override,
    parse_placed_overrides,
    parse_steps,
    whole,
)
from symtut.errors import InputError
from symtut.fit_command import add_fit, run_fit
from symtut.memory import memory_errors_named
from symtut.orphans import MOST_PROCESSES
from symtut.paths import ADVICE, as_path, file_error

SEED = whole(0, 2**32 - 1)  # that every generator takes
JOBS, WORKERS = whole(1, MOST_PROCESSES), whole(0, MOST_PROCESSES)


def add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--task", default="pendulum", help="which world (default: pendulum)")
    parser.add_argument(
        "--method",
        default="symbolic",
        help="sac, mbpo, symbolic, sparse or oracle (default: symbolic)",
    )
    parser.add_argument("--steps", type=whole(1), default=200, help="real environment steps")
    parser.add_argument("--seed", type=SEED, default=0)
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the results")
    parser.add_argument("--profile", default="default", help="default, paper or smoke")
    parser.add_argument("--weights", help="weights of the transformer (symbolic): a name or a file")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="override any option of the loop, the learner or the model; may be repeated",
    )


def run_train(arguments: argparse.Namespace) -> int:
    from symtut.experiments import train

    overrides = dict(parse_override(text) for text in arguments.set)
    if arguments.weights is not None:
        overrides["weights"] = arguments.weights
    for name in sorted(overrides):
        check_override(name)
    result = train(
        arguments.task, arguments.method, arguments.steps, arguments.seed, arguments.out,
        arguments.profile, say, **overrides,
    )  # fmt: skip
    if result.diverged is not None:
        raise InputError(
            f"the training diverged: {result.diverged}. The last good policy is in "
            f"'{result.out}', with a return of {result.final_return:.1f}; choose a smaller "
            "learning_rate, or another model."
        )
    needed = result.steps_to_threshold
    threshold = result.summary["threshold"]
    say(
        f"final return {result.final_return:.1f} "
        f"({threshold:g} {f'reached at {needed} real steps' if needed else 'not reached'}); "
        f"results in {result.out}"
    )
    return 0


def add_sweep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tasks", default="pendulum", help="separated by commas")
    parser.add_argument("--methods", default="symbolic,sac", help="separated by commas")
    parser.add_argument("--seeds", default="0-9", help="as 0-9 or 0,3,7 (default: 0-9)")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for runs and tables")
    parser.add_argument(
        "--steps",
        default="200",
        help="real environment steps: a number, or by method or task/method, as "
        "200,sac=6000,car2d/sac=20000 (default: 200)",
    )
    parser.add_argument("--profile", default="default", help="default, paper or smoke")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="[WHERE:]NAME=VALUE",
        help="override an option, everywhere or for a method or task/method, as "
        "mbpo:rollout_length=5; may be repeated",
    )
    parser.add_argument("--backend", default="loky", help="loky (default) or dask")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a dask cluster, as tcp://host:8786")
    parser.add_argument("--jobs", type=JOBS, help="processes, one thread each (default: the cores)")
    parser.add_argument("--table", action="store_true", help="only write the tables again")
    parser.add_argument(
        "--reference", default="symbolic", help="method to compare with (default: symbolic)"
    )


def run_sweep(arguments: argparse.Namespace) -> int:
    from symtut.experiments.summary import write_tables
    from symtut.experiments.sweep import parse_seeds, sweep

    if arguments.table:
        say(write_tables(arguments.out, arguments.reference))
        return 0
    failed = sweep(
        names(arguments.tasks), names(arguments.methods), parse_seeds(arguments.seeds),
        arguments.out, parse_steps(arguments.steps), arguments.profile,
        parse_placed_overrides(arguments.set), arguments.backend, arguments.scheduler,
        arguments.jobs, arguments.reference, say,
    )  # fmt: skip
    for run in failed:
        say(f"failed: {run['task']}/{run['method']} seed {run['seed']}: {run['error']}")
    if failed:
        say(
            f"{len(failed)} failed; '{arguments.out}/failures.json' says how to repeat each alone, "
            "the same command tries them again."
        )
    return 1 if failed else 0


def add_pretrain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", default="small", help="size of the transformer")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the weights")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument(
        "--examples", type=whole(1), help="random functions to see (default: preset)"
    )
    parser.add_argument(
        "--workers",
        type=WORKERS,
        default=0,
        help="processes that draw random functions (for GPUs)",
    )
    parser.add_argument("--seed", type=SEED, default=0)


def run_pretrain(arguments: argparse.Namespace) -> int:
    from symtut.regression.transformer import pretraining

    path = pretraining.main(
        arguments.preset, arguments.out, arguments.resume, arguments.examples, arguments.seed, say,
        arguments.workers,
    )  # fmt: skip
    say(f"weights in {path}")
    return 0


def add_finetune(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--task", default="pendulum", help="which world (default: pendulum)")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the weights")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--weights", default="general", help="start from: a name or a file")
    parser.add_argument(
        "--rank", type=whole(0, 1024), help="of the adapters (default 8); 0: all weights"
    )
    parser.add_argument("--examples", type=whole(1), help="random functions of that world to see")
    parser.add_argument(
        "--random-steps", type=whole(1), help="real steps of a random policy (default 1000)"
    )
    parser.add_argument("--workers", type=WORKERS, default=0, help="processes that draw functions")
    parser.add_argument("--seed", type=SEED, default=0)


def run_finetune(arguments: argparse.Namespace) -> int:
    from symtut.experiments.finetune import finetune

    path = finetune(
        arguments.task, arguments.out, arguments.resume, arguments.weights, arguments.rank,
        arguments.examples, arguments.random_steps, arguments.seed, say, arguments.workers,
    )  # fmt: skip
    say(f"weights in {path}")
    return 0


def add_benchmark(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    run = kinds.add_parser("regression", help="run regressors on a suite, or go on with a table")
    run.add_argument("--suite", default="mechanics", help="mechanics, nguyen, laws or random")
    run.add_argument(
        "--methods", default="transformer+sparse,transformer,prior,sparse",
        help="separated by commas: transformer, prior, sparse, transformer+sparse, prior+sparse, "
        "transformer+prior, and gplearn, pyoperon, pysindy from the extra 'benchmarks'",
    )  # fmt: skip
    run.add_argument("--seconds", type=above_zero, default=10.0, help="CPU-seconds an equation")
    run.add_argument("--points", default="200", help="numbers of points, separated by commas")
    run.add_argument("--noise", default="0", help="noise levels relative to y, as 0,0.01,0.05")
    run.add_argument("--kind", help="problems of one kind only: development or table (of laws), …")
    run.add_argument("--limit", type=whole(1), help="only the first so many problems")
    run.add_argument("--seed", type=SEED, default=0)
    run.add_argument("--weights", default="general", help="a name or a file")
    run.add_argument("--jobs", type=JOBS, default=1, help="processes, one thread each")
    run.add_argument("--overwrite", action="store_true", help="begin a stored table anew")
    run.add_argument("--out", required=True, metavar="FILE", help="table, as CSV")
    show = kinds.add_parser("summary", help="shares and intervals of stored tables")
    show.add_argument("tables", nargs="+", metavar="FILE")


def run_benchmark(arguments: argparse.Namespace) -> int:
    if arguments.what == "summary":
        from symtut.regression.benchmark.tables import summarise

        say(summarise(arguments.tables))
        return 0
    from symtut.regression.benchmark import run as benchmark

    methods = [name.strip() for name in arguments.methods.split(",")]
    benchmark.run_benchmark(
        arguments.suite, methods, arguments.out, arguments.seconds,
        numbers(arguments.points, "--points", 5, 1000, int),
        numbers(arguments.noise, "--noise", 0, 1000, float), arguments.limit,
        arguments.seed, arguments.kind, say, arguments.jobs, arguments.overwrite,
        weights=arguments.weights,
    )  # fmt: skip
    return 0


def run_doctor(arguments: argparse.Namespace) -> int:
    from symtut.doctor import doctor

    return doctor()


#: name: (one-line help, function that adds the arguments or None, function that runs it).
#: A command imports what it needs when it runs, so that --help is quick.
COMMANDS = {
    "train": ("train a policy on a task and keep the record", add_train, run_train),
    "sweep": ("many runs: tasks, methods and seeds; tables", add_sweep, run_sweep),
    "pretrain": ("pretrain the expression transformer", add_pretrain, run_pretrain),
    "finetune": ("fine-tune the transformer to one world", add_finetune, run_finetune),
    "fit": ("find equations for a column of a table", add_fit, lambda a: run_fit(a, say)),
    "benchmark": ("compare regressors at equal CPU time", add_benchmark, run_benchmark),
    "doctor": ("check this installation", None, run_doctor),
}


def say(line: str) -> None:
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    line = line.encode(encoding, "backslashreplace").decode(encoding)  # an ASCII terminal, say
    print(line, flush=True)  # a pipe or a notebook should see lines as they come


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(prog="symtut", description="Symbolic world models for reinforcement learning.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (summary, add_arguments, run) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if add_arguments is not None:
            add_arguments(command)
        command.set_defaults(run=run)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    try:
        arguments = build_parser().parse_args(argv)
        for path in (getattr(arguments, "out", None), getattr(arguments, "weights", None)):
            if path is not None:
                as_path(path)
        if arguments.command != "fit":  # which needs torch only where it asks the transformer
            import torch

            torch.set_num_threads(1)  # the networks are small: more threads only cost more
        with memory_errors_named():
            return arguments.run(arguments)
    except InputError as error:
        return complain(error)
    except KeyboardInterrupt:
        print(
            "\nsymtut: interrupted; the same command goes on from the last checkpoint.",
            file=sys.stderr,
        )
        return 130
    except BrokenPipeError:
        # Not an error of ours: what the shell itself reports for a program that SIGPIPE ends.
        drop_output()
        return 141
    except OSError as error:
        if error.errno not in ADVICE:
            raise
        if error.filename is None:  # it is the output itself that cannot be written
            drop_output()
        return complain(file_error("use", error.filename or "standard output", error))


def complain(error: InputError) -> int:
    """The error as one line on stderr; returns the exit code for it."""
    print("symtut: error:", *str(error).split(), file=sys.stderr)
    return 2


def drop_output() -> None:
    """Python would try to write what is left in its buffer on exit: that goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
