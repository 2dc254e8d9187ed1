"""Pretraining on random functions: an endless stream of (points, formula) pairs.

The learning rate is constant after a warm-up and falls linearly to zero over the last fifth, so a
finished run can be extended: raise ``examples`` and resume.
"""

import json
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from symtut.errors import InputError
from symtut.regression.training_data import PRESETS, Batch, PretrainConfig, make_chunk
from symtut.regression.transformer import FormulaTransformer, TransformerConfig
from symtut.regression.weights import save_weights
from symtut.storage import ensure_folder, load_tensors, provenance, save_tensors, write_csv


def bfloat16_pays() -> bool:
    """Whether bfloat16 matrix products are faster than float32 on this CPU (measured, 20 ms)."""

    def seconds(dtype):
        a = torch.ones(512, 256, dtype=dtype)
        b = torch.ones(256, 256, dtype=dtype)
        a @ b
        start = time.perf_counter()
        for _ in range(20):
            a @ b
        return time.perf_counter() - start

    return seconds(torch.bfloat16) < 0.8 * seconds(torch.float32)


class Pretraining:
    """A run that can be stopped at any time and resumed; ``step()`` handles one chunk."""

    def __init__(self, config: PretrainConfig, out: str | Path, device: str | None = None):
        self.config, self.out = config, ensure_folder(out)
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.model = FormulaTransformer(config.model).to(self.device)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), config.learning_rate, betas=(0.9, 0.98),
            weight_decay=config.weight_decay, fused=True,
        )  # fmt: skip
        self.autocast = self.device != "cpu" or bfloat16_pays()
        self.chunk = self.seen = 0
        self.cpu_seconds = 0.0
        self.log: list[list] = []

    # ---- checkpoint -----------------------------------------------------------------------------

    @property
    def checkpoint_path(self) -> Path:
        return self.out / "checkpoint.safetensors"

    def save_checkpoint(self) -> None:
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        for i, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{i}.{k}": v for k, v in state.items()}
        metadata = {
            "config": _plain(self.config), "chunk": self.chunk, "seen": self.seen,
            "cpu_seconds": self.cpu_seconds, "log": self.log,
        }  # fmt: skip
        save_tensors(self.checkpoint_path, tensors, metadata)

    def resume(self) -> None:
        """Continue from the checkpoint in the output folder.

        ``examples`` may differ from the interrupted run's (to extend it); nothing else may.
        """
        tensors, metadata = load_tensors(self.checkpoint_path)
        stored, mine = dict(metadata["config"]), _plain(self.config)
        # a field that an older checkpoint lacks has its default
        stored["model"] = _plain(TransformerConfig()) | stored["model"]
        free = ("examples", "checkpoint_every")
        changed = [k for k in mine if k not in free and mine[k] != stored.get(k)]
        if changed:
            raise InputError(
                f"'{self.checkpoint_path}' belongs to a run with other settings "
                f"({', '.join(changed)}): use the same preset and seed, or another folder."
            )
        model = {k[6:]: v for k, v in tensors.items() if k.startswith("model.")}
        self.model.load_state_dict(model)
        state: dict[int, dict] = {}
        for key, value in tensors.items():
            if key.startswith("optimizer."):
                _, i, name = key.split(".", 2)
                state.setdefault(int(i), {})[name] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": state, "param_groups": groups})
        self.chunk, self.seen = metadata["chunk"], metadata["seen"]
        self.cpu_seconds, self.log = metadata["cpu_seconds"], metadata["log"]

    # ---- training -------------------------------------------------------------------------------

    def learning_rate(self) -> float:
        done = self.seen / self.config.examples
        return self.config.learning_rate * min(1.0, done / 0.02 + 0.01, max(0.0, (1 - done) / 0.2))

    def step(self) -> dict:
        """Train on one chunk; returns mean loss and token accuracy."""
        started = time.process_time()
        self.model.train()
        losses, accuracies = [], []
        for batch in make_chunk(self.config, self.chunk):
            for group in self.optimizer.param_groups:
                group["lr"] = self.learning_rate()
            loss, accuracy = self._loss(batch)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.gradient_clip)
            self.optimizer.step()
            losses.append(loss.detach())
            accuracies.append(accuracy)
            self.seen += len(batch.y)
        self.chunk += 1
        self.cpu_seconds += time.process_time() - started
        return {
            "loss": float(torch.stack(losses).mean()),
            "token_accuracy": float(torch.stack(accuracies).mean()),
        }

    @torch.no_grad()
    def evaluate(self, chunks: int = 2) -> dict:
        """Loss and token accuracy on held-out skeletons, drawn with unrelated seeds."""
        self.model.eval()
        config = replace(self.config, seed=self.config.seed + 1_000_003)
        results = [
            (*self._loss(batch), len(batch.y))
            for chunk in range(chunks)
            for batch in make_chunk(config, chunk, held_out=True)
        ]
        loss, accuracy, size = (
            np.array([float(v) for v in column]) for column in zip(*results, strict=True)
        )
        return {
            "held_out_loss": float(np.average(loss, weights=size)),
            "held_out_token_accuracy": float(np.average(accuracy, weights=size)),
        }

    def _loss(self, batch: Batch):
        batch = batch.to(self.device)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.autocast):
            return self.model.loss(batch.x, batch.y, batch.n_variables, batch.tokens)

    def run(self, report=print) -> Path:
        """Train to the end; returns the path of the weight file."""
        saved = time.monotonic()
        recent: list[dict] = []
        while self.seen < self.config.examples:
            recent.append(self.step())
            last = self.seen >= self.config.examples
            if last or time.monotonic() - saved > self.config.checkpoint_every:
                figures = {k: float(np.mean([r[k] for r in recent])) for k in recent[0]}
                figures |= self.evaluate()
                self.log.append([self.seen, round(self.cpu_seconds, 1), *figures.values()])
                recent.clear()
                self.save_checkpoint()
                write_csv(self.out / "log.csv", ["examples", "cpu_seconds", *figures], self.log)
                left = (self.config.examples - self.seen) * self.cpu_seconds / self.seen
                shown = "  ".join(f"{k} {v:.3f}" for k, v in figures.items())
                report(f"{self.seen:>9,} examples  {shown}  {left / 60:.0f} min left")
                saved = time.monotonic()
        return self.export()

    def export(self) -> Path:
        """Write the weights and their card into the output folder."""
        path = self.out / "weights.safetensors"
        names = ("loss", "token_accuracy", "held_out_loss", "held_out_token_accuracy")
        card = {
            "recipe": {k: v for k, v in _plain(self.config).items() if k != "model"},
            "examples_seen": self.seen,
            "cpu_seconds": round(self.cpu_seconds, 1),
            "device": self.device,
            "figures": dict(zip(names, self.log[-1][2:], strict=True)) if self.log else {},
            "provenance": provenance(),
        }
        save_weights(path, self.model, card)
        return path


def _plain(config) -> dict:
    """A configuration as JSON would give it back (tuples become lists)."""
    return json.loads(json.dumps(asdict(config)))


def main(
    preset: str, out: str | Path, resume: bool = False, examples: int | None = None, seed: int = 0,
    report=print,
) -> Path:  # fmt: skip
    """``symtut pretrain``: train a preset, writing checkpoints, a log and the weights to ``out``.

    Raises
    ------
    InputError
        Unknown preset, non-writable folder, a checkpoint that is not resumed, or none to resume.
    """
    if preset not in PRESETS:
        raise InputError(f"unknown preset '{preset}'; known presets: {', '.join(PRESETS)}.")
    config = replace(PRESETS[preset], seed=seed)
    if examples is not None:
        if examples < 1:
            raise InputError("the number of examples must be positive.")
        config = replace(config, examples=examples)
    run = Pretraining(config, out)
    if run.checkpoint_path.exists():
        if not resume:
            raise InputError(
                f"'{out}' holds an interrupted run: add --resume to continue it, "
                "or choose another folder."
            )
        run.resume()
    return run.run(report)
