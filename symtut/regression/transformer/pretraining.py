"""Pretraining on random functions: an endless stream of (points, formula) pairs.

The learning rate is constant after a warm-up and falls linearly to zero over the last fifth, so a
finished run can be extended: raise ``examples`` and resume. Started by ``torchrun``, every process
takes its own chunks and the gradients are averaged.
"""

import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader

from symtut.errors import InputError, unknown
from symtut.paths import ensure_folder
from symtut.progress import Bar, silenced
from symtut.regression.transformer.checkpoint import (
    FIGURES,
    LOG,
    LOG_COLUMNS,
    TRAINING_STATE,
    WEIGHTS,
    begin_or_resume,
    recipe,
    restore_training,
    save_training,
    training_folder,
)
from symtut.regression.transformer.examples import (
    PRESETS,
    Batch,
    Chunks,
    PretrainConfig,
    make_chunk,
)
from symtut.regression.transformer.model import FormulaTransformer
from symtut.regression.transformer.muon import optimizers
from symtut.regression.transformer.processes import Processes, bfloat16_pays
from symtut.regression.transformer.recovery import held_out_recovery
from symtut.regression.transformer.weight_names import find_weights
from symtut.regression.transformer.weights import (
    fresh_copy,
    read_card,
    save_weights,
    weights_sha256,
)
from symtut.storage import provenance, write_csv


class Pretraining:
    """A run that can be stopped at any time and resumed; ``step()`` handles one chunk.

    Parameters
    ----------
    workers : int
        Processes that draw random functions ahead of the training; 0 draws them in this one. The
        result does not depend on it.
    model : FormulaTransformer, optional
        Where to start from; what it has frozen stays as it is. Default: fresh weights.
    draw : callable
        ``(config, chunk, held_out=False)`` → list of batches; the same for the same arguments.
    """

    def __init__(
        self,
        config: PretrainConfig,
        out: str | Path,
        device: str | None = None,
        workers: int = 0,
        model: FormulaTransformer | None = None,
        draw: Callable = make_chunk,
    ):
        self.config, self.out, self.workers = config, ensure_folder(out), workers
        self.draw = draw
        self.processes = Processes(device)
        self.device = self.processes.device
        self._chunks = None
        if model is None:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(config.seed)
                model = FormulaTransformer(config.model)
        self.model = model.to(self.device)
        # what is judged and exported: the running mean of the weights, or the weights themselves
        self.averaged = (
            AveragedModel(self.model, avg_fn=self._averaged) if config.averaging else None
        )
        self.optimizers = optimizers(self.model, config)
        self.autocast = self.device != "cpu" or bfloat16_pays()
        self.chunk = self.seen = 0
        self.cpu_seconds = 0.0
        self.log: list[list] = []
        self.fingerprints: set[str] = set()

    # ---- checkpoint -----------------------------------------------------------------------------

    @property
    def checkpoint_path(self) -> Path:
        return self.out / TRAINING_STATE

    def save_checkpoint(self) -> None:
        save_training(self)

    def resume(self) -> None:
        """Continue from the checkpoint in the output folder, perhaps with more ``examples``."""
        restore_training(self)
        self._chunks = None

    # ---- training -------------------------------------------------------------------------------

    def learning_rate(self, seen: int) -> float:
        done = seen / self.config.examples
        return self.config.learning_rate * min(1.0, done / 0.02 + 0.01, max(0.0, (1 - done) / 0.2))

    def step(self) -> dict:
        """Train on one chunk (one for each process); returns mean loss and token accuracy."""
        started = time.process_time()
        self.model.train()
        losses, accuracies = [], []
        batches = self._next_chunk()
        for number, batch in enumerate(batches):
            # the same on every process, whatever the sizes of their last batches
            seen = self.seen + number * self.config.batch_size * self.processes.size
            for optimizer in self.optimizers.values():
                for group in optimizer.param_groups:
                    group["lr"] = self.learning_rate(seen)
            loss, accuracy = self._loss(self.model, batch)
            self.model.zero_grad()
            loss.backward()
            self.processes.average_gradients(self.model)
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.gradient_clip)
            with self._mixed_precision():
                for optimizer in self.optimizers.values():
                    optimizer.step()
            if self.averaged is not None:
                self.averaged.update_parameters(self.model)
            losses.append(loss.detach())
            accuracies.append(accuracy)
        self.chunk += self.processes.size
        self.seen += self.processes.sum(sum(len(batch.y) for batch in batches))
        self.cpu_seconds += time.process_time() - started
        return {
            "loss": float(torch.stack(losses).mean()),
            "token_accuracy": float(torch.stack(accuracies).mean()),
        }

    def _next_chunk(self) -> list[Batch]:
        """This process's next chunk, cut to the number of batches that all processes have.

        Raises
        ------
        RuntimeError
            If the chunk was drawn before: a mistake in the seeds, and a splendid training loss.
        """
        if self._chunks is None:
            loader = DataLoader(
                Chunks(self.draw, self.config), batch_size=None, num_workers=self.workers,
                sampler=count(self.chunk + self.processes.rank, self.processes.size),
            )  # fmt: skip
            self._chunks = iter(loader)
        number, batches = next(self._chunks)
        fingerprint = batches[0].fingerprint()
        if fingerprint in self.fingerprints:
            raise RuntimeError(f"chunk {number} repeats an earlier one: training data must not.")
        self.fingerprints.add(fingerprint)
        return batches[: self.processes.least(len(batches))]

    @torch.no_grad()
    def evaluate(self, chunks: int = 2, functions: int = 40, samples: int = 32) -> dict:
        """Loss, token accuracy and recovery on held-out skeletons, drawn with unrelated seeds."""
        model = self.best_model.eval()
        config = replace(self.config, seed=self.config.seed + 1_000_003)
        batches = [b for chunk in range(chunks) for b in self.draw(config, chunk, held_out=True)]
        results = [(*self._loss(model, batch), len(batch.y)) for batch in batches]
        loss, accuracy, size = (
            np.array([float(v) for v in column]) for column in zip(*results, strict=True)
        )
        return {
            "held_out_loss": float(np.average(loss, weights=size)),
            "held_out_token_accuracy": float(np.average(accuracy, weights=size)),
        } | held_out_recovery(model, batches, functions, samples, self.config.seed)

    @property
    def best_model(self) -> FormulaTransformer:
        """The transformer that is judged and exported."""
        if self.averaged is None:
            return self.model
        assert isinstance(self.averaged.module, FormulaTransformer)
        return self.averaged.module

    def _averaged(self, mean, new, n):
        """The running mean after ``n`` steps; it forgets the random start faster than the rest."""
        return mean.lerp(new, max(1 - self.config.averaging, 9 / (n + 10)))

    def _loss(self, model: FormulaTransformer, batch: Batch):
        batch = batch.to(self.device)
        with self._mixed_precision():
            return model.loss(batch.x, batch.y, batch.n_variables, batch.tokens)

    def _mixed_precision(self) -> torch.autocast:
        kind = torch.device(self.device).type
        return torch.autocast(kind, torch.bfloat16, enabled=self.autocast)

    def run(self, report: Callable[[str], None] = print) -> Path:
        """Train to the end; returns the path of the weight file.

        A bar shows the time left; ``report`` gets a line at each checkpoint.
        """
        saved = time.monotonic()
        recent: list[dict] = []
        figures: dict[str, float] = {}
        first = self.processes.rank == 0
        quiet = nullcontext() if first else silenced()
        with quiet, Bar("examples", self.config.examples, self.seen) as bar:
            while self.seen < self.config.examples:
                recent.append(self.step())
                self._require_finite(recent[-1]["loss"])
                note = ", ".join(f"{k}={v:.3f}" for k, v in (figures | recent[-1]).items())
                bar.to(min(self.seen, self.config.examples), note)
                last = self.seen >= self.config.examples
                if first and (last or time.monotonic() - saved > self.config.checkpoint_every):
                    figures = self._checkpoint(recent)
                    shown = "  ".join(f"{k} {v:.3f}" for k, v in figures.items())
                    left = (self.config.examples - self.seen) * self.cpu_seconds / self.seen
                    bar.clear()
                    report(f"{self.seen:>9,} examples  {shown}  {left / 60:.0f} min left")
                    recent, saved = [], time.monotonic()
        if first:
            self._write_log()  # a kill may have come between the last checkpoint and its log
        return self.export()

    def _checkpoint(self, recent: list[dict]) -> dict:
        """Figures since the last checkpoint and on held-out functions; writes log and state."""
        figures = {k: float(np.mean([r[k] for r in recent])) for k in recent[0]} | self.evaluate()
        self._require_finite(figures["held_out_loss"])
        self.log.append([self.seen, round(self.cpu_seconds, 1), *figures.values()])
        self.save_checkpoint()
        self._write_log()
        return figures

    def _write_log(self) -> None:
        write_csv(self.out / LOG, list(LOG_COLUMNS), self.log)

    def _require_finite(self, loss: float) -> None:
        if not math.isfinite(loss):
            kept = self.log[-1][0] if self.log else 0
            raise InputError(
                f"the training diverged after {self.seen} examples: its loss is {loss}. It is "
                f"stopped; '{self.out}' holds what it was after {kept} examples."
            )

    def export(self) -> Path:
        """Write the weights and their card into the output folder."""
        path = self.out / WEIGHTS
        save_weights(path, self.best_model, self.card())
        return path

    def card(self) -> dict:
        """What the model card says of the training."""
        return {
            "recipe": recipe(self.config),
            "examples_seen": self.seen,
            "cpu_seconds": round(self.cpu_seconds, 1),
            "device": self.device,
            "figures": dict(zip(FIGURES, self.log[-1][2:], strict=True)) if self.log else {},
            "provenance": provenance(),
        }


def pretrain(
    preset: str, out: str | Path, resume: bool = False, examples: int | None = None, seed: int = 0,
    report: Callable[[str], None] = print, workers: int = 0, weights: str | Path | None = None,
) -> Path:  # fmt: skip
    """``symtut pretrain``: train a preset, writing checkpoints, a log and the weights to ``out``.

    ``weights`` (a name or a path) go on learning instead of fresh ones.

    Raises
    ------
    InputError
        Unknown preset, non-writable folder, a checkpoint that is not resumed, or none to resume.
        Weights of another size, or which have seen the functions of this seed.
    """
    if preset not in PRESETS:
        raise unknown("preset", preset, PRESETS)
    config = replace(PRESETS[preset], seed=seed)
    if examples is not None:
        if examples < 1:
            raise InputError("the number of examples must be positive.")
        config = replace(config, examples=examples)
    if workers < 0:
        raise InputError("the number of workers must not be negative.")
    model = None
    if weights is not None:
        model = _to_go_on(weights, config)
        config = replace(config, base=str(weights), base_sha256=weights_sha256(weights))
    with training_folder(out):
        run = Pretraining(config, out, workers=workers, model=model)
        return begin_or_resume(run, resume, report)


def _to_go_on(weights: str | Path, config: PretrainConfig) -> FormulaTransformer:
    """A copy of ``weights`` that ``config`` can train further, on functions new to it."""
    model = fresh_copy(weights)
    if model.config != config.model:
        raise InputError(f"'{weights}' is a transformer of another form than the preset trains.")
    card = find_weights(weights).with_suffix(".json")
    if card.exists() and read_card(card).get("recipe", {}).get("seed") == config.seed:
        raise InputError(
            f"'{weights}' has seen the functions of seed {config.seed}: choose another seed."
        )
    return model
