"""Runs cases one after the other, each in a process of its own with limits (Linux).

``python -m tests.robustness.runner`` loads what the cases need once, then forks for every line
``{"key": …}`` that it reads, and answers with a line of JSON. :class:`Runner` is its other end.
"""

import contextlib
import fnmatch
import gc
import hashlib
import importlib
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

from tests.robustness.cases import Case, Seen, Wrong, judge

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 10  # seconds of wall clock in which a process that does not end has to compute something
NOBODY = 65534
SHARED = (
    "names",
    "text",
    "data",
    "settings",
    "readers",
    "numbers",
    "names given",
    "shown",
    "checks",
    "show",
)
"""Kinds whose cases change nothing in their process."""

BATCH = 16
NEEDED = (
    *("symtut.experiments.finetune", "symtut.regression.benchmark.run"),
    "symtut.regression.benchmark.peers",
    *("symtut.lab.checks", "symtut.lab.run", "symtut.doctor", "matplotlib.pyplot", "papermill"),
)
OUT_OF_MEMORY = ("MemoryError", "not enough memory", "Cannot allocate memory", "can't allocate")


class Runner:
    """A server process; ``run(key)`` gives (verdict, why, CPU-seconds)."""

    def __init__(self):
        paths = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT))))
        environment = os.environ | {
            "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
            "MPLBACKEND": "agg", "PYTHONHASHSEED": "0",
        }  # fmt: skip
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.robustness.runner"], env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, key: str) -> tuple[str, str, float]:
        self._server.stdin.write(json.dumps({"key": key}) + "\n")
        self._server.stdin.flush()
        line = self._server.stdout.readline()
        if not line:
            raise RuntimeError(f"the runner ended at {key!r}")
        answer = json.loads(line)
        return answer["verdict"], answer["why"], answer["cpu"]

    def close(self) -> None:
        self._server.stdin.close()
        self._server.wait()


# ---- the server -------------------------------------------------------------------------------


def serve() -> None:
    from tests.robustness.specimens import small_work, specimens
    from tests.robustness.tables import CASES

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a case prints by mistake is no answer
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in background runs
    warm_up()
    seen: dict[str, Seen] = {}
    with small_work():
        for line in sys.stdin:
            key = json.loads(line)["key"]
            if key not in seen:
                seen |= observe(batch(CASES, key))
            case = next(case for case in CASES if case.key == key)
            verdict, why = judge(case, seen[key])
            answer = {"verdict": verdict, "why": " ".join(why.split())[:400], "cpu": seen[key].cpu}
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
    shutil.rmtree(specimens(), ignore_errors=True)


def batch(cases: tuple[Case, ...], key: str) -> list[Case]:
    """The case and those that follow, if they may share a process: forking costs more than they."""
    first = next(i for i, case in enumerate(cases) if case.key == key)
    kind, found = cases[first].kind, [cases[first]]
    if kind in SHARED:
        for case in cases[first + 1 : first + BATCH]:
            if case.kind != kind:
                break
            found.append(case)
    return found


def warm_up() -> None:
    """Load what most cases need, so that each pays only for itself."""
    for name in NEEDED:
        importlib.import_module(name)
    import matplotlib.mathtext
    import pandas
    import sklearn.base
    import sympy
    import torch

    from tests.robustness.specimens import specimens
    from tests.robustness.tables.checks import exercises
    from tests.robustness.tables.names import X, Y, sparse

    torch.set_num_threads(1)
    matplotlib.mathtext.MathTextParser("path").parse("$x$")
    sympy.lambdify("x", "sin(x)", "numpy")
    sparse().fit(pandas.DataFrame(X), Y).sympy()
    sklearn.base.clone(sparse())
    specimens()
    exercises()
    gc.freeze()  # collecting it in a child would copy it


def observe(cases: list[Case]) -> dict[str, Seen]:
    """Do them in one forked process, each in a folder of its own, and look at what each left.

    If the process dies, those that it did not come to are done each alone.
    """
    folder = Path(tempfile.mkdtemp(prefix="symtut-robust-"))
    notes = folder / "notes"
    notes.touch()
    try:
        child = os.fork()
        if child == 0:
            _in_child(cases, folder, notes)  # never returns
        status, usage = _ended(child)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # whom it has left behind
        found = dict(json.loads(line) for line in notes.read_text().splitlines())
        seen = {key: Seen(**values) for key, values in found.items()}
        left = [case for case in cases if case.key not in seen]
        if len(cases) == 1 and left:
            cpu = round(usage.ru_utime + usage.ru_stime, 2)
            return {cases[0].key: Seen(**_died(status), cpu=cpu)}
        for case in left:
            seen |= observe([case])
        return seen
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ended(child: int):
    """Wait for it; one that waits itself, for a FIFO perhaps, is ended."""
    idle_since, last = time.monotonic(), -1
    while True:
        found, status, usage = os.wait4(child, os.WNOHANG)
        if found:
            return status, usage
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        state, ticks = fields[0], int(fields[11]) + int(fields[12])
        if state == "R" or ticks != last:
            idle_since, last = time.monotonic(), ticks
        elif time.monotonic() - idle_since > PATIENCE:
            os.kill(child, signal.SIGTERM)
        time.sleep(0.01)


def _died(status: int) -> dict:
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    if number in (signal.SIGXCPU, signal.SIGTERM):
        return {"end": "hang", "text": f"ended by {signal.Signals(number).name}"}
    return {"end": "exception", "text": f"the process died with status {status}"}


def snapshot(place: Path) -> dict[str, str]:
    """Relative path → kind, mode and content of everything below ``place``."""
    found = {}
    for path in sorted(place.rglob("*")):
        name, state = path.relative_to(place).as_posix(), path.lstat()
        if path.is_symlink():
            content = os.readlink(path)
        elif state.st_size > 2**26:
            content = f"{state.st_size} bytes of {state.st_mtime_ns}"
        elif path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            content = ""
        found[name] = f"{state.st_mode:o} {content}"
    return found


def _in_child(cases: list[Case], folder: Path, notes: Path) -> None:
    try:
        os.setsid()
        seconds = max(1, round(sum(case.cpu for case in cases)))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        for number, case in enumerate(cases):
            place = folder / str(number)
            place.mkdir()
            before = _prepared(case, folder, place)
            started = _cpu_seconds()
            found = _done(case, place)
            resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
            cpu = round(_cpu_seconds() - started, 2)
            if cpu > case.cpu:
                found |= {"end": "hang", "text": f"took {cpu} CPU-seconds"}
            values = found | {"harmed": _harmed(case, found, before, snapshot(place)), "cpu": cpu}
            with notes.open("a") as file:
                file.write(json.dumps([case.key, values]) + "\n")
    except BaseException:
        traceback.print_exc()
        os._exit(70)
    os._exit(0)


def _prepared(case: Case, folder: Path, place: Path) -> dict[str, str]:
    """Lay out the files, set the limits; returns what is there."""
    if case.lay is not None:
        case.lay(place)
    before = snapshot(place)
    os.chdir(place)
    if case.nobody and os.geteuid() == 0:  # what was laid out stays the super-user's
        folder.chmod(0o777)
        (folder / "notes").chmod(0o666)
        os.chown(place, NOBODY, NOBODY)
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + case.memory * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, -1))
    return before


def _harmed(case: Case, found: dict, before: dict, after: dict) -> list[str]:
    """Paths that were left or changed and may not be; what is refused may leave nothing."""
    allowed = case.leaves if found["end"] == "value" else ()
    return [
        path
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
        and not any(fnmatch.fnmatch(path, pattern) for pattern in allowed)
    ]


def _cpu_seconds() -> float:
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _done(case: Case, place: Path) -> dict:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if callable(case.do):
            found = _called(case.do, place)
        else:
            found = _typed(case.do)
    return found | {"warnings": [str(warning.message)[:300] for warning in caught]}


def _called(do, place: Path) -> dict:
    from symtut.errors import InputError

    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            value = do(place)
        except InputError as error:
            return {"end": "refused", "text": str(error)[:1000]}
        except Wrong as wrong:
            return {"end": "wrong", "text": str(wrong)[:1000]}
        except BaseException as error:
            return _exception(error)
    text = printed.getvalue() if value is None else repr(value)
    return {"end": "value", "text": text[-1000:]}


def _typed(words: tuple[str, ...]) -> dict:
    """A command, as its ``main`` gets it; stderr must be one line where it is refused."""
    from symtut import cli
    from symtut.lab import run

    main, words = (run.notebook_main, words[1:]) if words[:1] == ("lab.run",) else (cli.main, words)
    sys.argv = ["symtut", *words]
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(list(words))
    except SystemExit as stop:
        code = stop.code
    except BaseException as error:
        return _exception(error)
    told = err.getvalue()
    lines = [line for line in told.splitlines() if line.strip()]
    errors = [line for line in lines if not line.startswith(("usage:", " ", "\r"))]
    if code == 0:
        return {"end": "value", "text": (out.getvalue() + told)[-1000:]}
    if code == 2 and len(errors) == 1 and "error:" in errors[0] and "Traceback" not in told:
        return {"end": "refused", "text": errors[0][:1000]}
    return {"end": "exception", "text": f"exit code {code}: {told[-500:]}"}


def _exception(error: BaseException) -> dict:
    text = f"{type(error).__name__}: {error}"
    memory = isinstance(error, MemoryError) or any(word in text for word in OUT_OF_MEMORY)
    where = [
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if "symtut" in frame.filename
    ]
    return {"end": "memory" if memory else "exception", "text": f"{text[:300]} at {where[-3:]}"}


if __name__ == "__main__":
    serve()
