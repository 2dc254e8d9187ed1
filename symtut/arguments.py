"""What is written on the command line: numbers, lists and options; a mistake is one line."""

import argparse
import ast
import math
import re
from collections.abc import Callable

from symtut.errors import InputError

LARGEST = 2**53  # whole numbers above it have no exact float


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, without repeating the usage."""

    def error(self, message: str):
        raise InputError(f"{message.removeprefix('argument ')} (see {self.prog} --help)")


def whole(low: int = 0, high: int = LARGEST) -> Callable[[str], int]:
    """A reader of whole numbers from ``low`` to ``high``."""
    limits = f"of at least {low}" if high == LARGEST else f"from {low} to {high}"

    def read(text: str) -> int:
        if re.fullmatch(r"\s*[+-]?[0-9]{1,16}\s*", text) and low <= int(text) <= high:
            return int(text)
        raise argparse.ArgumentTypeError(f"must be a whole number {limits}, not {shown(text)}")

    return read


def above_zero(text: str) -> float:
    """A finite number above zero."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a finite number above 0, not {shown(text)}")
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
        f"{option} must be {name} from {low:g} to {high:g}, separated by commas, not {shown(text)}."
    )


def shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")


# ---- options ------------------------------------------------------------------------------------


def check_override(name: str) -> None:
    if name in {"task", "method", "steps", "seed", "out", "profile", "on_progress"}:
        raise InputError(f"'{name}' is not set with --set; use --{name}.")


def parse_override(text: str) -> tuple[str, object]:
    """``name=value``, the value a Python literal or else plain text."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InputError(f"--set needs NAME=VALUE, not '{text}'.")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return name, value


def names(text: str) -> list[str]:
    """``"sac, mbpo"`` → ["sac", "mbpo"]."""
    return [part.strip() for part in text.split(",") if part.strip()]


def parse_steps(text: str) -> dict[str, int]:
    """``"200,sac=6000"`` → {"": 200, "sac": 6000}."""
    steps = {}
    for part in names(text):
        where, _, number = part.rpartition("=")
        if not re.fullmatch("[0-9]{1,16}", number.strip()):
            raise InputError(f"--steps needs NUMBER or METHOD=NUMBER, not {shown(part)}.")
        steps[where.strip()] = int(number)
    return steps


def parse_placed_overrides(texts: list[str]) -> dict[str, dict[str, object]]:
    """``["gamma=0.9", "sac:hidden=64"]`` → {"": {"gamma": 0.9}, "sac": {"hidden": 64}}."""
    placed: dict[str, dict[str, object]] = {}
    for text in texts:
        head, equals, value = text.partition("=")
        where, _, name = head.rpartition(":")
        option, value = parse_override(f"{name}{equals}{value}")
        check_override(option)
        placed.setdefault(where, {})[option] = value
    return placed
