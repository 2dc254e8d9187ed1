"""What a notebook needs besides science: a start, checks, plots, films, and its own building."""

from symtut.lab import checks, films, plots
from symtut.lab.session import record, start, workspace

__all__ = ["checks", "films", "plots", "record", "start", "workspace"]
