"""``docs/cli.md`` from the command line's own help: ``python -m tools.cli_page``."""

import argparse
import re

from symtut.cli import COMMANDS
from symtut.storage import write_bytes
from tools.build import REPOSITORY

PAGE = REPOSITORY / "docs" / "cli.md"

HEAD = """\
# The command line

Every command says with `--help` what it takes. If something that was given is wrong, one line says
what, and the exit code is 2.
"""

#: What the help has no room for, in Markdown.
NOTES = {
    "train": "It leaves the [files of a run](architecture.md); `Result.load(DIR)` "
    "(`symtut.experiments`) gives the policy and the world model back. After an interruption the "
    "same command resumes. `reacher` needs the extra `mujoco`.",
    "sweep": "Runs go to all cores, or with `--backend dask` to a cluster (extra `cluster`). After "
    "an interruption the same command resumes. It ends with a table with intervals.",
    "pretrain": "Several devices: `torchrun --nproc-per-node 4 -m symtut pretrain …`, with "
    "`--workers` for the random functions.",
    "finetune": "What it does and whether it pays: [fine-tuning](fine_tuning.md).",
    "fit": "In Python: [using the regressor](using_the_regressor.md).",
    "benchmark": "Every method gets the same CPU time for each equation and is judged on fresh "
    "points without noise: exact (1 − R² < 1e-8), still exact in a region half as large again, "
    "R² > 0.999, nodes, seconds; for power laws, whether all exponents are right. The extra "
    "`benchmarks` brings `gplearn`, `pyoperon` and `pysindy`. After an interruption the same "
    "command resumes.",
}


class Recorder(argparse.ArgumentParser):
    """A parser that keeps what it is told, as rows of a table; its subcommands do, too."""

    def __init__(self, **options):
        self.rows, self.kinds = [], None
        super().__init__(**options)

    def add_argument(self, *names, **options):
        if options.get("action") not in ("help", "version"):
            self.rows.append(_row(names, options))
        return super().add_argument(*names, **options)

    def add_subparsers(self, **options):
        self.kinds = super().add_subparsers(**options)
        return self.kinds

    def sections(self):
        """The command, or each of its subcommands, as Markdown."""
        if self.kinds is not None:
            for kind in self.kinds.choices.values():
                yield from kind.sections()
            return
        yield f"## {self.prog}\n"
        if self.description:
            yield f"{self.description[0].upper()}{self.description[1:]}.\n"
        if self.rows:
            yield "\n".join(["| argument | meaning | default |", "|---|---|---|", *self.rows, ""])


def page() -> str:
    """The text of the page."""
    parts = [HEAD]
    for name, (summary, add_arguments, _) in COMMANDS.items():
        parser = Recorder(prog=f"symtut {name}", description=summary)
        if add_arguments is not None:
            add_arguments(parser)
        parts += parser.sections()
        parts += [f"{NOTES[name]}\n"] if name in NOTES else []
    return "\n".join(parts)


def _row(names: tuple[str, ...], options: dict) -> str:
    words = ", ".join(names)
    if not names[0].startswith("-"):
        words = options.get("metavar", words)
    elif options.get("action") not in ("store_true", "store_false"):
        words += f" {options.get('metavar') or names[-1].strip('-').upper().replace('-', '_')}"
    meaning, said = options.get("help") or "", ""
    if found := re.search(r" ?\(default:? ([^)]*)\)", meaning):
        meaning, said = meaning.replace(found[0], ""), found[1]
    default = options.get("default")
    if options.get("required"):
        said = "*required*"
    elif default is not None and default is not False and default != []:
        said = f"`{default}`"
    return f"| `{words}` | {meaning} | {said} |".replace("\n", " ")


if __name__ == "__main__":
    write_bytes(PAGE, page().encode())
