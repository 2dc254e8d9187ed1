"""The command line: ``symtut train``, ``symtut pretrain``, ``symtut doctor``.

Exit codes: 0 done, 1 the doctor found something, 2 bad input (one line on stderr), 130 interrupted,
141 nobody reads the output any more (as in ``symtut train ... | head``).
"""

import argparse
import ast
import os
import sys

from symtut.errors import InputError


def add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--task", default="pendulum", help="which world (default: pendulum)")
    parser.add_argument(
        "--method", default="symbolic", help="sac, oracle or symbolic (default: symbolic)"
    )
    parser.add_argument("--steps", type=int, default=200, help="real environment steps")
    parser.add_argument("--seed", type=int, default=0)
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
    clash = overrides.keys() & {"task", "method", "steps", "seed", "out", "profile", "on_progress"}
    if clash:
        raise InputError(f"'{min(clash)}' is not set with --set; use --{min(clash)}.")
    result = train(
        arguments.task, arguments.method, arguments.steps, arguments.seed, arguments.out,
        arguments.profile, say, **overrides,
    )  # fmt: skip
    needed = result.steps_to_threshold
    threshold = result.summary["threshold"]
    say(
        f"final return {result.final_return:.1f} "
        f"({threshold:g} {f'reached at {needed} real steps' if needed else 'not reached'}); "
        f"results in {result.out}"
    )
    return 0


def parse_override(text: str) -> tuple[str, object]:
    """``name=value``, the value a Python literal or else plain text."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InputError(f"--set needs NAME=VALUE, not '{text}'.")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


def add_pretrain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", default="small", help="size of the transformer")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the weights")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")


def run_pretrain(arguments: argparse.Namespace) -> int:
    from symtut.regression import pretraining

    pretraining.main(preset=arguments.preset, out=arguments.out, resume=arguments.resume)
    return 0


def run_doctor(arguments: argparse.Namespace) -> int:
    from symtut.lab.doctor import doctor

    return doctor()


#: name: (one-line help, function that adds the arguments or None, function that runs it).
#: A command imports what it needs when it runs, so that --help is quick.
COMMANDS = {
    "train": ("train a policy on a task and keep the record", add_train, run_train),
    "pretrain": ("pretrain the expression transformer", add_pretrain, run_pretrain),
    "doctor": ("check this installation", None, run_doctor),
}


def say(line: str) -> None:
    print(line, flush=True)  # a pipe or a notebook should see lines as they come


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="symtut", description="Symbolic world models for reinforcement learning."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (summary, add_arguments, run) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if add_arguments is not None:
            add_arguments(command)
        command.set_defaults(run=run)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    arguments = build_parser().parse_args(argv)
    try:
        import torch

        torch.set_num_threads(1)  # the networks are small: more threads only cost more
        return arguments.run(arguments)
    except InputError as error:
        print("symtut: error:", *str(error).split(), file=sys.stderr)  # on one line
        return 2
    except KeyboardInterrupt:
        print(
            "\nsymtut: interrupted; the same command goes on from the last checkpoint.",
            file=sys.stderr,
        )
        return 130
    except BrokenPipeError:
        # Not an error of ours: what the shell itself reports for a program that SIGPIPE ends.
        # Python would try to write what is left in its buffer on exit; let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
