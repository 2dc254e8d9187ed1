"""What a notebook leaves that was executed: its file, its record, and what they say in words."""

from pathlib import Path
from typing import Any

from symtut.errors import InputError
from symtut.storage import read_bytes, read_json

NOTEBOOK_BYTES = 100_000_000


def read_notebook(path: Path) -> Any:
    """A notebook, as nbformat holds it."""
    import nbformat

    data = read_bytes(path, NOTEBOOK_BYTES)
    try:
        notebook = nbformat.reads(data.decode(), as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat's own, and whatever other content leads it to
        raise InputError(f"'{path}' is not a notebook ({type(error).__name__}).") from error
    return notebook


def read_executed(path: Path) -> Any:
    """A notebook that was executed by papermill."""
    notebook = read_notebook(path)
    if "papermill" not in notebook.metadata:
        raise InputError(f"'{path}' is not a notebook that was executed here.")
    return notebook


def read_record(path: Path) -> dict:
    """The results that a notebook has recorded."""
    results = read_json(path)
    if not isinstance(results, dict) or not {"profile", "seed"} <= results.keys():
        raise InputError(f"'{path}' does not hold the results of a notebook.")
    return results


def describe_results(results: dict) -> str:
    """What a run found, in a few lines: equations, real steps, mean real return."""
    lines = []
    for equation in results.get("equations", ()):
        lines += [
            f"{equation['target']}",
            f"    found      {equation['equation']}",
            f"    simulator  {equation['true']}",
        ]
        if (error := equation.get("largest_error")) is not None:
            lines.append(f"    largest relative error of a coefficient: {error:.2%}")
        else:
            lines.append("    not the simulator's terms")
    if "real_steps" in results:
        lines.append(f"real steps: {results['real_steps']}")
    if "final_return" in results:
        line = f"mean real return: {results['final_return']:.1f}"
        if "evaluation_episodes" in results:
            line += f" over {results['evaluation_episodes']} fixed starts"
        if "optimum" in results:
            line += f" (best possible {results['optimum']:g})"
        lines.append(line)
    if cost := results.get("cost"):
        lines.append(
            f"it took {duration(cost['seconds'])}"
            + (f", {cost['cpu_seconds']:.0f} CPU-seconds" if cost["cpu_seconds"] else "")
        )
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """``48 s``, ``3 min 20 s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
