"""The summary of a finished run, ``summary.json``."""

from pathlib import Path

from symtut.agents.loop import Loop
from symtut.experiments import results
from symtut.experiments.config import RunConfig
from symtut.storage import file_sha256
from symtut.tasks import EVALUATION_SEEDS


def summarised(
    out: Path, config: RunConfig, loop: Loop, curve: list[list], cpu_seconds: float
) -> dict:
    """What ``summary.json`` says of a run whose other files are written."""
    threshold = loop.task.solved_return if config.threshold is None else config.threshold
    solved = [row[0] for row in curve if threshold is not None and row[3] >= threshold]
    model = {}
    if loop.validation is not None and loop.report is not None:
        model = {
            "rollout_length": loop.rollout_length,
            "fits": loop.fits,
            "fits_spared": loop.fits_spared,
            "fitted_to": loop.report.n_transitions,
            "validation_errors": list(loop.validation.errors),
            "validation_growth": loop.validation.growth,
            "imagined_return": loop.auditions.best_return,
            "discarded": round(1 - loop.b_pi.added / max(loop.imagined, 1), 6),
        }
    written = (out / name for name in (results.POLICY, results.EQUATIONS))
    return {
        "task": config.task,
        "method": config.method,
        "seed": config.seed,
        "env_steps": loop.env_steps,
        "gradient_updates": loop.updates,
        "cpu_seconds": round(cpu_seconds, 3),
        "final_return": curve[-1][3],
        "final_return_std": curve[-1][4],
        "evaluation_seeds": [EVALUATION_SEEDS[0], EVALUATION_SEEDS[-1]],
        "threshold": threshold,
        "steps_to_threshold": solved[0] if solved else None,
        "model": model or None,
        "diverged": loop.diverged is not None,
        "diverged_because": loop.diverged,
        "files": {path.name: file_sha256(path) for path in written if path.exists()},
    }
