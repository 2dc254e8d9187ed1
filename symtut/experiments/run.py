"""One run from beginning to end: evaluate, write files, survive interruption."""

import os
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import torch

from symtut.agents.checkpoint import pack_loop, unpack_loop
from symtut.agents.dreamer.config import DreamerConfig
from symtut.agents.dreamer.loop import DreamerLoop
from symtut.agents.dreamer.policy import DreamerPolicy
from symtut.agents.loop import Loop
from symtut.agents.policy import Policy
from symtut.errors import InputError
from symtut.experiments import results
from symtut.experiments.config import RunConfig, first_difference
from symtut.experiments.evaluation import evaluate
from symtut.experiments.event_files import EventFiles
from symtut.experiments.found_task import check_repetition, found_equations, found_task
from symtut.experiments.results import Result
from symtut.experiments.run_summary import summarised
from symtut.machine import memory_errors_named
from symtut.paths import as_path, output_folder
from symtut.progress import Bar
from symtut.storage import package_version, provenance, write_csv, write_json
from symtut.tasks import ObservedTask, Task, Transitions, make_task, register_task
from symtut.tensors import load_tensors, save_tensors
from symtut.world_models import make_world_model

CHECKPOINT_EVERY = 500  # gradient updates, or real steps
CHECKPOINT_FORMAT = 2


def train(
    task: str | type[Task] = "pendulum",
    method: str = "symbolic",
    steps: int = 200,
    seed: int = 0,
    out: str | Path = "outputs/run",
    profile: str = "default",
    on_progress: Callable[[str], None] | None = print,
    tensorboard: bool = False,
    **overrides: Any,
) -> Result:
    """Train a policy and leave its record in the folder ``out``.

    Called again with the same arguments it resumes after an interruption, or, if it had finished,
    returns the stored result. The numbers are those of an uninterrupted run, except ``cpu_seconds``
    and dates. Torch computes on one thread meanwhile: the networks are small, and a run gives the
    same numbers on any number of cores.

    Parameters
    ----------
    task : str or Task class
        A known task (``symtut.tasks.TASKS``); ``module:Class``; a class, which is registered; or
        an environment of Gymnasium's, whose task is found in the first real steps.
    method : str
        A known method (``symtut.world_models.METHODS``).
    steps : int
        Real environment steps to spend.
    seed : int
    out : path
        Folder for config.json, curve.csv, policy.safetensors, summary.json and, where the method
        has them, equations.json.
    profile : str
        A named set of choices: ``default``, ``paper`` or ``smoke`` (``experiments/config.py``).
    on_progress : callable or None
        Gets one line of text at each fit and evaluation.
    tensorboard : bool
        Write event files for TensorBoard, too (the extra ``tensorboard``).
    **overrides
        ``learner``: ``"sac"`` (default) or ``"apg"``, the analytic policy gradient; ``preset``:
        ``"tiny"`` (default) or ``"size1m"`` (for the method ``dreamer``); any field of
        ``LoopConfig`` or of the learner's configuration, any option of the world model, and
        ``evaluate_every`` (gradient updates between evaluations).

    Returns
    -------
    Result

    Raises
    ------
    InputError
        For unknown names or bad values, sizes that do not fit into memory, a folder that cannot be
        written, that holds a run with another configuration, or that another process works in.
        Nothing is written before the input is known to be good.
    """
    task = register_task(task).name if isinstance(task, type) else task
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with memory_errors_named():
            config = RunConfig.make(task, method, steps, seed, profile, **overrides)
            run = Run(config, as_path(out), on_progress or (lambda line: None), tensorboard)
            return run.finish()
    finally:
        torch.set_num_threads(threads)


class Run:
    """A run in its folder: new, half done or finished."""

    def __init__(
        self, config: RunConfig, out: Path, say: Callable[[str], None], tensorboard: bool = False
    ):
        self.config, self.out, self._tell = config, out, say
        self.events = EventFiles(out, tensorboard)
        self.bar: Bar | None = None
        self.task = make_task(config.task)
        self.loop = self._new_loop()
        self.seen: Transitions | None = None  # the first steps, where the task is found in them
        self.rows: tuple[dict, ...] = ()  # what was found in them
        self.curve: list[list] = []
        self.cpu_seconds = 0.0  # of training, evaluation left out
        self.checkpointed = 0, 0  # updates and real steps at the last checkpoint

    def _new_loop(self) -> Loop:
        config, learner = self.config, self.config.learner
        if isinstance(learner, DreamerConfig):
            return DreamerLoop(self.task, config.steps, config.loop, learner, config.seed)
        model = make_world_model(config.method, self.task, config.seed, **config.model)
        return Loop(self.task, model, config.steps, config.loop, learner, config.seed)

    def _policy(self) -> Policy | DreamerPolicy:
        if isinstance(self.loop, DreamerLoop):
            return DreamerPolicy(self.task, self.loop.policy)
        return Policy(self.task, self.loop.policy)

    def finish(self) -> Result:
        """Do what is left to do. A run with a missing or damaged file is not finished."""
        # A finished run is only read: that needs no lock, and works in a read-only folder.
        if self._is_finished():
            return self._stored()
        with output_folder(self.out, results.FILES), closing(self.events):
            # Asked again under the lock: the process that was waited for may have finished it.
            if self._is_finished():
                return self._stored()
            begun = self._claim()
            try:
                if isinstance(self.task, ObservedTask) and self.loop.model is not None:
                    self._find_task()
                self._train()
                self._write_results()
            except BaseException:  # Ctrl-C, too
                if begun:
                    self._withdraw()
                raise
        return Result.load(self.out)

    def _find_task(self) -> None:
        """The task of an environment that nobody has written one for, and the loop anew in it."""
        started = time.process_time()
        self.task, self.seen = found_task(self.config)
        self.loop = self._new_loop()
        self.rows = self.task.found.rows
        self.cpu_seconds += time.process_time() - started
        self.say(f"found in {len(self.seen)} real steps of {self.config.task}:")
        for row in self.rows:
            self.say(f"    {row['words']}")

    def _train(self) -> None:
        if (self.out / results.CHECKPOINT).exists():
            self._restore()
            self.say(f"going on from the checkpoint: {self._position()}.")
        self.events.begin(self.curve)
        loop = self.loop
        work = loop.steps + loop.total_updates
        with Bar("training", work, loop.env_steps + loop.updates) as self.bar:
            while not loop.finished:
                self._advance()
                self.bar.to(loop.env_steps + loop.updates)

    def say(self, line: str) -> None:
        if self.bar is not None:
            self.bar.clear()
        self._tell(line)

    def _is_finished(self) -> bool:
        """Whether the folder holds this run, whole; another run is an ``InputError``."""
        run, path = self.config.as_json(), self.out / results.CONFIG
        if os.path.lexists(path):
            stored = results.read_config(path)["run"]
            if stored != run:
                raise InputError(
                    f"'{self.out}' holds a run with another configuration "
                    f"({first_difference(stored, run)}). Choose another --out folder."
                )
            return results.is_finished(self.out)
        names = [*results.FILES, *self.events.present()]
        if foreign := [name for name in names if os.path.lexists(self.out / name)]:
            raise InputError(
                f"'{self.out}' holds '{foreign[0]}' without the {results.CONFIG} of a run: choose "
                "another --out folder."
            )
        return False

    def _stored(self) -> Result:
        (self.out / results.CHECKPOINT).unlink(missing_ok=True)
        self.say(f"'{self.out}' already holds this run, finished; nothing to do.")
        return Result.load(self.out)

    def _claim(self) -> bool:
        """Write the configuration, or recognise the folder as this run's own; is it new?"""
        path = self.out / results.CONFIG
        if not path.exists():
            write_json(path, {"run": self.config.as_json(), "provenance": provenance()})
            return True
        if (self.out / results.SUMMARY).exists():
            fault = results.why_unfinished(self.out)
            self.say(f"{fault} The run is not whole, and is computed again.")
        return False

    def _withdraw(self) -> None:
        """What ends before its first checkpoint has nothing to go on from: it leaves no folder."""
        if any((self.out / name).exists() for name in (results.CHECKPOINT, results.SUMMARY)):
            return
        for name in reversed(results.FILES):  # config.json, which says whose they are, last
            (self.out / name).unlink(missing_ok=True)
        self.events.remove()

    def _advance(self) -> None:
        """One piece of work, then whatever is due after it: a line, an evaluation, a checkpoint."""
        loop, every = self.loop, self.config.evaluate_every
        next_evaluation = (loop.updates // every + 1) * every
        fits, spared, started = loop.fits, loop.fits_spared, time.process_time()
        loop.advance(min(250, next_evaluation - loop.updates))
        self.cpu_seconds += time.process_time() - started
        if self.seen is not None:
            check_repetition(self.config, self.seen, loop)
            self.seen = None
        fitted = loop.fits > fits
        if loop.fits_spared > spared:
            self.say(f"{self._position()}: the model holds on the new steps and is not refitted")
        if fitted and loop.report is not None:
            self.say(f"{self._position()}: fitted; rollouts of {loop.rollout_length} steps")
            for equation in loop.report.equations:
                self.say(f"    {equation['target']} = {equation['equation'] or 'networks'}")
        last = self.curve[-1][1] if self.curve else -1
        waited = max(loop.updates - self.checkpointed[0], loop.env_steps - self.checkpointed[1])
        evaluation_due = loop.updates >= next_evaluation and loop.updates > last
        checkpoint_due = fitted or waited >= CHECKPOINT_EVERY
        if evaluation_due or checkpoint_due:
            loop.check()
        if loop.diverged is not None:
            self.say(f"{self._position()}: stopped: {loop.diverged}")
            self.curve = [row for row in self.curve if row[1] < loop.updates]
            self._evaluate()
        elif evaluation_due or (loop.finished and loop.updates > last):
            self._evaluate()
        if checkpoint_due and loop.diverged is None:
            self._checkpoint()

    def _evaluate(self) -> None:
        loop = self.loop
        found = evaluate(self.task, self._policy().unit_action)
        row = [loop.env_steps, loop.updates, round(self.cpu_seconds, 3), found.mean, found.std]
        self.curve.append(row)
        write_csv(self.out / results.CURVE, results.CURVE_COLUMNS, self.curve)
        self.events.add(row, loop)
        self.say(f"{self._position()}: mean return {found.mean:.1f} over {len(found.returns)}")

    def _position(self) -> str:
        loop = self.loop
        return (
            f"{loop.env_steps}/{loop.steps} real steps, "
            f"{loop.updates}/{loop.total_updates} updates, {self.cpu_seconds:.0f} CPU-s"
        )

    def _checkpoint(self) -> None:
        tensors, values = pack_loop(self.loop)
        values |= self._belongs_to() | {"curve": self.curve, "cpu_seconds": self.cpu_seconds}
        values["events"] = self.events.points
        save_tensors(self.out / results.CHECKPOINT, tensors, values)
        self.checkpointed = self.loop.updates, self.loop.env_steps

    def _belongs_to(self) -> dict:
        """What a checkpoint and the run that goes on from it must have in common."""
        run = self.config.as_json()
        return {"format": CHECKPOINT_FORMAT, "version": package_version(), "run": run}

    def _restore(self) -> None:
        path = self.out / results.CHECKPOINT
        tensors, values = load_tensors(path)
        for name, tensor in tensors.items():
            if not torch.isfinite(tensor).all():
                raise InputError(f"'{path}': '{name}' has NaN or infinite values.")
        wanted = self._belongs_to()
        stored = {name: values.get(name) for name in wanted}
        if stored != wanted:
            raise InputError(
                f"'{path}' is not a checkpoint of this run ({first_difference(stored, wanted)}). "
                "Remove it to begin again from the first step."
            )
        try:
            unpack_loop(self.loop, tensors, values)
            self.curve, self.cpu_seconds = values["curve"], values["cpu_seconds"]
            self.events.points = values.get("events", [])
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise InputError(
                f"'{path}' does not fit its run ({error!r}). Remove it to begin again."
            ) from error
        self.checkpointed = self.loop.updates, self.loop.env_steps

    def _write_results(self) -> None:
        """The summary comes last: where it stands, the run is whole."""
        write_csv(self.out / results.CURVE, results.CURVE_COLUMNS, self.curve)
        equations = found_equations(self.loop, self.rows)
        if equations:
            write_json(self.out / results.EQUATIONS, equations)
        else:
            (self.out / results.EQUATIONS).unlink(missing_ok=True)
        self._policy().save(self.out / results.POLICY)
        summary = summarised(self.out, self.config, self.loop, self.curve, self.cpu_seconds)
        write_json(self.out / results.SUMMARY, summary)
        (self.out / results.CHECKPOINT).unlink(missing_ok=True)
