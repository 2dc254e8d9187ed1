"""The command line: ``symtut train``, ``sweep``, ``show``, ``pretrain``, ``fit``, ``benchmark`` …

Exit codes: 0 done, 1 a defect of symtut, 2 wrong input or environment (one line on stderr), 130
interrupted, 141 nobody reads the output any more (as in ``symtut train ... | head``).
"""

import argparse
import os
import shlex
import sys
from pathlib import Path

from symtut import arguments as options
from symtut.errors import InputError
from symtut.machine import memory_errors_named
from symtut.paths import ADVICE, as_path, file_error
from symtut.storage import package_version


def _run_train(arguments: argparse.Namespace) -> int:
    from symtut.experiments import train

    overrides = dict(options.parse_override(text) for text in arguments.set)
    if arguments.weights is not None:
        overrides["weights"] = arguments.weights
    for name in sorted(overrides):
        options.check_override(name, "learner")
    if arguments.env is not None:
        from symtut.tasks import ObservedTask, is_environment

        if arguments.task is not None:
            raise InputError("--task and --env name two worlds: give one of them.")
        if not is_environment(arguments.env):
            ObservedTask(arguments.env)  # says why not
            raise InputError(
                f"'{arguments.env}' is no name of Gymnasium's with a version, as Pendulum-v1."
            )
    given = [name for name in (arguments.env, arguments.task) if name is not None]
    result = train(
        given[0] if given else "pendulum", arguments.method, arguments.steps,
        arguments.seed, arguments.out, arguments.profile, say, arguments.tensorboard,
        learner=arguments.learner, **overrides,
    )  # fmt: skip
    if result.diverged is not None:
        raise InputError(
            f"the training diverged: {result.diverged}. The last good policy is in "
            f"'{result.out}', with a return of {result.final_return:.1f}; choose a smaller "
            "learning_rate, or another model."
        )
    needed, threshold = result.steps_to_threshold, result.summary["threshold"]
    solved = ""
    if threshold is not None:
        reached = f"reached at {needed} real steps" if needed else "not reached"
        solved = f" ({threshold:g} {reached})"
    say(f"final return {result.final_return:.1f}{solved}; results in {result.out}")
    say_next("show", arguments.out)
    return 0


def _run_sweep(arguments: argparse.Namespace) -> int:
    from symtut.experiments.summary import write_tables
    from symtut.experiments.sweep import parse_seeds, sweep
    from symtut.experiments.tables import RUNS, read_runs

    failed = []
    if arguments.table:
        say(write_tables(arguments.out, arguments.reference))
    else:
        failed = sweep(
            options.names(arguments.tasks), options.names(arguments.methods),
            parse_seeds(arguments.seeds), arguments.out, options.parse_steps(arguments.steps),
            arguments.profile, options.parse_placed_overrides(arguments.set), arguments.backend,
            arguments.scheduler, arguments.jobs, arguments.reference, say,
        )  # fmt: skip
    for run in failed:
        say(f"failed: {run['task']}/{run['method']} seed {run['seed']}: {run['error']}")
    if failed:
        say(
            f"{len(failed)} failed; '{arguments.out}/failures.json' says how to repeat each alone, "
            "the same command tries them again."
        )
        ours = [run for run in failed if run["traceback"] and "InputError:" not in run["error"]]
        return 1 if ours else 2
    runs = read_runs(Path(arguments.out) / RUNS)
    if diverged := int(runs["diverged"].to_numpy().sum()):
        say(
            f"{diverged} of {len(runs)} runs diverged, and the last good policy of each counts; "
            "next: the same sweep in another --out, with --set METHOD:learning_rate=0.0003"
        )
    else:
        say_next("show", arguments.out)
    return 0


def _run_show(arguments: argparse.Namespace) -> int:
    from symtut.show import show

    if arguments.set and not arguments.plan:
        raise InputError("--set is for the planner: it needs --plan.")
    plan = dict(map(options.parse_override, arguments.set)) if arguments.plan else None
    say(f"next: {show(arguments.folder, arguments.plot, arguments.film, say, plan)}")
    return 0


def _run_pretrain(arguments: argparse.Namespace) -> int:
    from symtut.regression.transformer import pretraining

    path = pretraining.pretrain(
        arguments.preset, arguments.out, arguments.resume, arguments.examples, arguments.seed, say,
        arguments.workers, arguments.weights,
    )  # fmt: skip
    say(f"weights in {path}")
    say_next("benchmark", "regression", "--weights", path, "--out", "table.csv")
    return 0


def _run_finetune(arguments: argparse.Namespace) -> int:
    from symtut.experiments.finetune import finetune

    path = finetune(
        arguments.task, arguments.out, arguments.resume, arguments.weights, arguments.rank,
        arguments.examples, arguments.random_steps, arguments.seed, say, arguments.workers,
    )  # fmt: skip
    say(f"weights in {path}")
    say_next("train", "--task", arguments.task, "--weights", path, "--out", "DIR")
    return 0


def _run_fit(arguments: argparse.Namespace) -> int:
    from symtut.fit_command import fit

    return fit(arguments, say)


def _run_benchmark(arguments: argparse.Namespace) -> int:
    if arguments.what == "summary":
        from symtut.regression.benchmark.tables import summaries

        say(summaries(arguments.tables))
        say("next: symtut benchmark regression --out FILE adds methods, points or noise to a table")
        return 0
    from symtut.regression.benchmark import run as benchmark

    methods = [name.strip() for name in arguments.methods.split(",")]
    benchmark.run_benchmark(
        arguments.suite, methods, arguments.out, arguments.seconds,
        options.numbers(arguments.points, "--points", 5, 1000, int),
        options.numbers(arguments.noise, "--noise", 0, 1000, float), arguments.limit,
        arguments.seed, arguments.kind, say, arguments.jobs, arguments.overwrite,
        arguments.scheduler, weights=arguments.weights,
    )  # fmt: skip
    say_next("benchmark", "summary", arguments.out)
    return 0


def _run_doctor(arguments: argparse.Namespace) -> int:
    from symtut.doctor import doctor

    if doctor(say):
        say("next: mend what is marked PROBLEM, then run symtut doctor again")
        return 2
    say_next("train", "--task", "pendulum", "--out", "outputs/run")
    return 0


#: name: (one-line help, function that adds the options or None, function that runs it).
#: A command imports what it needs when it runs, so that --help is quick.
COMMANDS = {
    "train": ("train a policy on a task and keep the record", options.add_train, _run_train),
    "sweep": ("many runs: tasks, methods and seeds; tables", options.add_sweep, _run_sweep),
    "show": ("equations, learning curve and policy of a run", options.add_show, _run_show),
    "pretrain": ("pretrain the expression transformer", options.add_pretrain, _run_pretrain),
    "finetune": ("fine-tune the transformer to a world", options.add_finetune, _run_finetune),
    "fit": ("find equations for a column of a table", options.add_fit, _run_fit),
    "benchmark": ("compare regressors at equal CPU time", options.add_benchmark, _run_benchmark),
    "doctor": ("check this installation", None, _run_doctor),
}


def say(line: str) -> None:
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    line = line.encode(encoding, "backslashreplace").decode(encoding)  # an ASCII terminal, say
    print(line, flush=True)  # a pipe or a notebook should see lines as they come


def say_next(*words: object) -> None:
    """The last line of a command: what to type next."""
    say(f"next: {shlex.join(['symtut', *map(str, words)])}")


def build_parser() -> options.Parser:
    parser = options.Parser(
        prog="symtut", description="Symbolic world models for reinforcement learning.",
        epilog="symtut COMMAND --help names a command's options and what they may be.",
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"symtut {package_version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, (summary, add_options, run) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if add_options is not None:
            add_options(command)
        command.set_defaults(run=run)
        parser.commands[name] = command
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    try:
        parser = build_parser()
        arguments = parser.parse_args(argv)
        if arguments.command is None:
            parser.print_help()
            return 0
        for name in ("out", "weights", "folder", "plot", "film"):
            if getattr(arguments, name, None) is not None:
                as_path(getattr(arguments, name))
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
