"""What is each choice of the transformer worth? Five small transformers, equal but for one choice.

    python benchmarks/pretraining_ablation.py --out outputs/ablation

Arms: terms with placeholders and correlations as input (the default); the same without the
correlations; the whole formula in prefix form with placeholders; prefix form with number tokens
(the paper's lineage, Kamienny et al. 2022); terms with number tokens. All have the same sizes and
see the same functions, points and noise in the same batches in the same order, and are judged on
the same held-out functions:

- held-out loss and token accuracy (not comparable between arms that write different tokens);
- exact recovery (1 − R² < 1e-8 on fresh points) of a ``random`` suite with a seed of its own: with
  a second of CPU time per function, and from one round of as many samples for each arm, with and
  without recombination of terms. With a fixed number of samples an arm pays nothing for long
  formulas; with a fixed time it does.

One thread. The work is resumable: run the same command again. ``--arms`` does some of the arms,
``--table`` writes the table from what is there: ``OUT/ablation.csv``, provenance beside it.
"""

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import torch

from symtut.errors import InputError
from symtut.expressions import canonical_terms, decode, random_functions
from symtut.forms import NAME
from symtut.paths import ensure_folder
from symtut.regression.benchmark.tables import COLUMNS, EASY, GOOD, wilson
from symtut.regression.benchmark.trial import run_problem
from symtut.regression.problems.suites import random_suite
from symtut.regression.transformer.config import TransformerConfig
from symtut.regression.transformer.examples import PretrainConfig
from symtut.regression.transformer.pretraining import Pretraining
from symtut.regression.transformer.tokens import MAX_TERMS, length
from symtut.storage import provenance, read_json, read_table, write_csv, write_json

SIZES = TransformerConfig(n_embed=96, n_head=3, n_encoder=2, n_decoder=3, n_latents=16)
"""About a million parameters."""

ARMS = {  # the longest formula of the prior has 43 tokens as terms and 54 in prefix form
    "terms+placeholder+library": dataclasses.replace(SIZES, max_length=48),
    "terms+placeholder": dataclasses.replace(SIZES, max_length=48, n_library_tokens=0),
    "prefix+placeholder+library": dataclasses.replace(SIZES, max_length=60, form="prefix"),
    "prefix+tokens+library": dataclasses.replace(
        SIZES, max_length=60, form="prefix", constants="tokens"
    ),
    "terms+tokens+library": dataclasses.replace(SIZES, max_length=48, constants="tokens"),
}

SETTINGS = {  # options of SymbolicRegressor
    "time": {"rounds": None, "recombine": True},
    "samples": {"rounds": 1, "max_time": None, "recombine": False},
    "samples, recombined": {"rounds": 1, "max_time": None, "recombine": True},
}
ROW = {"arm": NAME, "setting": NAME} | {
    name: COLUMNS[name]
    for name in ("problem", "kind", "r2", "exact", "complexity", "cpu_seconds", "equation")
}


def train(arm: str, out: Path, options) -> dict:
    """Train an arm, or read what is already there; returns its figures."""
    card = out / "arm.json"
    config = PretrainConfig(
        model=ARMS[arm], examples=options.examples, learning_rate=1e-3, seed=options.seed,
        checkpoint_every=600.0,
    )  # fmt: skip
    if card.exists():
        figures = read_json(card)
        if figures["examples_asked"] != options.examples or figures["seed"] != options.seed:
            raise InputError(f"'{out}' holds an arm with other settings: choose another --out.")
        return figures
    run = Pretraining(config, out)
    if run.checkpoint_path.exists():
        run.resume()
    run.run(lambda line: print(f"{arm:<28}{line}", flush=True))
    held_out = run.evaluate(chunks=4)
    figures = {
        "examples_asked": options.examples, "seed": options.seed, "examples": run.seen,
        "parameters": sum(p.numel() for p in run.model.parameters()),
        "train_cpu_seconds": round(run.cpu_seconds, 1),
        "held_out_loss": held_out["held_out_loss"],
        "held_out_token_accuracy": held_out["held_out_token_accuracy"],
        **lengths(config),
    }  # fmt: skip
    write_json(card, figures)
    return figures


def lengths(config: PretrainConfig, n: int = 20_000) -> dict:
    """How long the training formulas are in this form, and the share that does not fit."""
    generator = np.random.default_rng(config.seed)
    drawn = random_functions(config.data, n, 32, generator)
    formulas = [terms for row in drawn.codes if (terms := canonical_terms(decode(row)))]
    formulas = [terms for terms in formulas if len(terms) <= MAX_TERMS]
    tokens = np.array([length(terms, config.model.form) for terms in formulas])
    return {
        "mean_tokens": float(tokens.mean()), "longest": int(tokens.max()),
        "share_too_long": float((tokens > config.model.max_length).mean()),
    }  # fmt: skip


def judge(arm: str, out: Path, problems: list, options) -> list[dict]:
    """Recover the held-out functions; rows already in the arm's table are kept."""
    path = out / "recovery.csv"
    rows = read(path) if path.exists() else []
    done = {(row["setting"], row["problem"]) for row in rows}
    for setting, chosen in SETTINGS.items():
        for i, problem in enumerate(problems):
            if (setting, problem.name) in done:
                continue
            row = run_problem(
                problem, "transformer", options.seconds, 200, 0.0, options.seed,
                **{"n_candidates": options.samples, "weights": out / "weights.safetensors"}
                | chosen,
            )  # fmt: skip
            rows.append({"arm": arm, "setting": setting} | row)
            if i % 10 == 9 or i == len(problems) - 1:
                write_csv(path, list(ROW), rows)
        exact = np.mean([row["exact"] for row in rows if row["setting"] == setting])
        print(f"{arm:<28}{setting:<22}exact {exact:.3f}", flush=True)
    return rows


def read(path: Path) -> list[dict]:
    """The rows of an arm's table."""
    return read_table(path, ROW, "a table of benchmarks/pretraining_ablation.py").to_dict("records")


def table(out: Path, problems: list) -> list[dict]:
    """One row for each arm and setting that is complete."""
    result = []
    for arm in ARMS:
        folder = out / arm
        if not (folder / "arm.json").exists() or not (folder / "recovery.csv").exists():
            continue
        figures = read_json(folder / "arm.json")
        rows = read(folder / "recovery.csv")
        for setting in SETTINGS:
            some = [row for row in rows if row["setting"] == setting]
            if len(some) < len(problems):
                continue
            line = {"arm": arm} | {k: v for k, v in figures.items() if k != "examples_asked"}
            line |= {"setting": setting, "problems": len(some)}
            for name, group in (
                ("exact", some), ("exact_hard", [row for row in some if row["kind"] != EASY]),
            ):  # fmt: skip
                hits = sum(row["exact"] for row in group)
                low, high = wilson(hits, len(group))
                line |= {name: hits / len(group), f"{name}_low": low, f"{name}_high": high}
            line["r2_above_0.999"] = float(np.mean([row["r2"] > GOOD for row in some]))
            line["median_cpu_seconds"] = float(np.median([row["cpu_seconds"] for row in some]))
            result.append({k: round(v, 4) if isinstance(v, float) else v for k, v in line.items()})
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of weights and tables")
    parser.add_argument("--examples", type=int, default=100_000, help="per arm (100,000)")
    parser.add_argument("--problems", type=int, default=150, help="held-out functions (150)")
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU-seconds a function (1)")
    parser.add_argument("--samples", type=int, default=128, help="samples in one round (128)")
    parser.add_argument("--seed", type=int, default=0, help="of the training")
    parser.add_argument("--suite-seed", type=int, default=4711, help="of the held-out functions")
    parser.add_argument("--arms", default=",".join(ARMS), help="some of: " + ", ".join(ARMS))
    parser.add_argument("--table", action="store_true", help="only write the table")
    options = parser.parse_args()
    chosen = options.arms.split(",")
    unknown = [arm for arm in chosen if arm not in ARMS]
    if unknown:
        parser.error(f"unknown arm '{unknown[0]}'; known: {', '.join(ARMS)}")
    torch.set_num_threads(1)
    ensure_folder(options.out)
    problems = random_suite(options.problems, options.suite_seed)
    for arm in [] if options.table else chosen:
        try:
            train(arm, ensure_folder(options.out / arm), options)
        except InputError as error:
            parser.error(str(error))
        judge(arm, options.out / arm, problems, options)
    result = table(options.out, problems)
    if not result:
        parser.error(f"no arm in '{options.out}' is complete yet")
    write_csv(
        options.out / "ablation.csv", list(result[0]), [list(line.values()) for line in result]
    )
    settings = {k: v for k, v in vars(options).items() if k not in ("out", "arms", "table")}
    arms = {arm: dataclasses.asdict(ARMS[arm]) for arm in {line["arm"] for line in result}}
    write_json(options.out / "ablation.json", provenance() | {"settings": settings, "arms": arms})
    for line in result:
        print(
            f"{line['arm']:<28}{line['setting']:<22}exact {line['exact']:.3f} "
            f"[{line['exact_low']:.3f}, {line['exact_high']:.3f}]"
        )


if __name__ == "__main__":
    main()
