"""``python -m symtut`` is ``symtut``."""

from symtut.cli import main

raise SystemExit(main())
