"""What a sweep reports: a line or a bar with the time left, and the list of failed runs.

A ``run`` here is a :class:`~symtut.experiments.sweep.SweepRun`.
"""

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from symtut.forms import NAME, list_of, object_of, text, whole
from symtut.storage import keep_foreign, read_json, write_json

FAILURES_FORM = list_of(
    object_of(
        {"task": NAME, "method": NAME, "seed": whole(), "out": text(5000), "error": text(100_000),
         "repeat": text(100_000), "traceback": text(1_000_000)}
    ),
    what="a list of failed runs",
)  # fmt: skip


class Failures:
    """``failures.json``: the runs that failed, why, and how to repeat each. Absent if none did.

    Raises
    ------
    InputError
        If there is another file of that name.
    """

    def __init__(self, path: Path):
        self.path = path
        keep_foreign(path, self._read)
        self.entries = {e["out"]: e for e in self._read(path)} if path.exists() else {}

    @staticmethod
    def _read(path: Path) -> list[dict]:
        return read_json(path, FAILURES_FORM)

    def add(self, run: Any, outcome: dict) -> None:
        self.entries[run.out] = {
            "task": run.task, "method": run.method, "seed": run.seed, "out": run.out,
            "error": outcome["error"], "repeat": run.command(),
            "traceback": outcome.get("traceback", ""),
        }  # fmt: skip
        self._write()

    def forget(self, folders: Iterable[str]) -> None:
        for folder in folders:
            self.entries.pop(folder, None)
        self._write()

    def of(self, folders: Iterable[str]) -> list[dict]:
        return [self.entries[folder] for folder in folders if folder in self.entries]

    def _write(self) -> None:
        if self.entries:
            write_json(self.path, list(self.entries.values()))
        else:
            self.path.unlink(missing_ok=True)


class Progress:
    """A line a run with the time left; on a terminal a bar below the lines of what failed."""

    def __init__(
        self, runs: Sequence, todo: Sequence, places: int | None, report: Callable[[str], None]
    ):
        self.total, self.done, self.report = len(runs), len(runs) - len(todo), report
        self.left = {run: (run.task, run.method) for run in todo}
        self.places = places
        self.spent: dict[tuple, list[float]] = {}
        self.began, self.failed, self.bar = time.monotonic(), 0, None

    def __enter__(self):
        if self.left and sys.stderr.isatty():
            from tqdm import tqdm

            form = "{l_bar}{bar}| {n_fmt}/{total_fmt} runs, {elapsed}{postfix}"
            self.bar = tqdm(total=self.total, initial=self.done, bar_format=form)
        return self

    def __exit__(self, *exception):
        if self.bar is not None:
            self.bar.close()

    def tick(self, run: Any, outcome: dict) -> None:
        cell = self.left.pop(run)
        self.done += 1
        if "error" in outcome:
            self.failed += 1
            said = f"FAILED: {outcome['error']}"
        else:
            self.spent.setdefault(cell, []).append(outcome["seconds"])
            said = f"return {outcome['final_return']:.1f}, {outcome['cpu_seconds']:.0f} CPU-s"
            if outcome.get("diverged"):
                said = f"DIVERGED, last good {said}"
        left = self.time_left()
        if self.bar is None:
            self.report(f"[{self.done}/{self.total}] {run.name}: {said}{left and '; ' + left}")
            return
        self.bar.update()
        self.bar.set_postfix_str(left, refresh=True)
        if "error" in outcome:
            self.bar.write(f"{run.name}: {said}", file=sys.stderr)

    def time_left(self) -> str:
        """At the pace of each task and method so far; unknown ones at the mean of the others."""
        if not self.left or not self.spent:
            return ""
        pace = {cell: sum(spent) / len(spent) for cell, spent in self.spent.items()}
        mean = sum(pace.values()) / len(pace)
        work = sum(pace.get(cell, mean) for cell in self.left.values())
        places = self.places
        if places is None:  # a cluster that others may use: as many as were seen at work
            busy = sum(map(sum, self.spent.values()))
            places = max(1.0, busy / max(time.monotonic() - self.began, 1e-9))
        minutes = work / min(places, len(self.left)) / 60
        return "about " + (
            f"{minutes:.0f} min left" if minutes < 90 else f"{minutes / 60:.1f} h left"
        )
