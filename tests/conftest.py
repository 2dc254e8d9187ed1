"""One thread per process: the workers of pytest-xdist already share the cores."""

import os

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # before torch and NumPy are imported
os.environ.setdefault("MPLBACKEND", "agg")
