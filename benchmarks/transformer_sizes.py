"""Which transformer learns most in the same CPU time: of what size, and by which optimizer?

    python benchmarks/transformer_sizes.py --minutes 10 \\
        --out data/results/regression/transformer_sizes.csv
    python benchmarks/transformer_sizes.py --minutes 10 --arms "160 x 3+4,160 x 3+4 muon" \\
        --out data/results/regression/transformer_optimizers.csv

Each trains on the same stream of random functions (preset ``laws``) for so many CPU-minutes,
learning rate and decay included, and is judged on the same held-out functions. One thread; the
speed of each is measured first, and its number of functions follows from it.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch

from symtut.errors import unknown
from symtut.regression.transformer.examples import PRESETS
from symtut.regression.transformer.pretraining import Pretraining
from symtut.storage import provenance, write_csv, write_json

ARMS = {  # width, heads, encoder and decoder blocks, latents, optimizer, learning rate
    "128 x 3+3": (128, 4, 3, 3, 24, "adamw", 8e-4),
    "160 x 3+4": (160, 5, 3, 4, 24, "adamw", 7e-4),
    "224 x 4+5": (224, 7, 4, 5, 32, "adamw", 5e-4),
    "160 x 3+4 muon": (160, 5, 3, 4, 24, "muon", 3e-3),
}
COLUMNS = (
    "size", "parameters", "examples", "cpu_seconds", "examples_per_cpu_second", "held_out_loss",
    "held_out_token_accuracy", "held_out_term_recovery",
)  # fmt: skip


def configured(name: str):
    width, heads, encoder, decoder, latents, optimizer, rate = ARMS[name]
    config = PRESETS["laws"]
    model = replace(
        config.model, n_embed=width, n_head=heads, n_encoder=encoder, n_decoder=decoder,
        n_latents=latents,
    )  # fmt: skip
    return replace(config, model=model, optimizer=optimizer, learning_rate=rate)


def speed(config, folder: Path) -> float:
    """Functions a CPU-second, after the first chunks, which pay for what is done once."""
    run = Pretraining(config, folder)
    for _ in range(2):
        run.step()
    seen, spent = run.seen, run.cpu_seconds
    while run.cpu_seconds - spent < 20:
        run.step()
    return (run.seen - seen) / (run.cpu_seconds - spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="CPU-minutes each")
    parser.add_argument("--arms", default=",".join(list(ARMS)[:3]), help="which (default: sizes)")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    names = options.arms.split(",")
    if wrong := [name for name in names if name not in ARMS]:
        raise unknown("arm", wrong[0], ARMS)
    torch.set_num_threads(1)
    rows = []
    for name in names:
        with tempfile.TemporaryDirectory(prefix="symtut-") as folder:
            config = configured(name)
            rate = speed(config, Path(folder) / "speed")
            config = replace(config, examples=int(60 * options.minutes * rate))
            run = Pretraining(config, Path(folder) / "run")
            while run.seen < config.examples:
                run.step()
            figures = run.evaluate(chunks=6, functions=200)
        parameters = sum(p.numel() for p in run.model.parameters())
        rows.append([
            name, parameters, run.seen, round(run.cpu_seconds, 1), round(rate, 1),
            *(round(figures[column], 4) for column in COLUMNS[5:]),
        ])  # fmt: skip
        print(time.strftime("%H:%M"), dict(zip(COLUMNS, rows[-1], strict=True)), flush=True)
        write_csv(options.out, list(COLUMNS), rows)
    write_json(options.out.with_suffix(".json"), {"provenance": provenance()})


if __name__ == "__main__":
    main()
