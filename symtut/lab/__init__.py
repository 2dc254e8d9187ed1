"""What a notebook needs besides science: a start, checks, figures, films, and how it is run."""

from symtut.lab import checks
from symtut.lab.session import record, start, workspace

__all__ = ["checks", "record", "start", "workspace"]
