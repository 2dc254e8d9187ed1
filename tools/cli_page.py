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
