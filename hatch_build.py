"""Build hook: a wheel carries ``data/`` as ``symtut/data``, so that ``pip install`` is enough.

An editable install reads the repository's ``data/`` itself and must not get a copy that ages.
"""

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DataInWheel(BuildHookInterface):
    def initialize(self, version, build_data):
        if version == "standard" and Path(self.root, "data").is_dir():
            build_data["force_include"]["data"] = "symtut/data"
