"""``symtut show`` of whatever stands there, and event files beside what is somebody else's."""

# fmt: off
import os

from tests.robustness import specimens as s
from tests.robustness.cases import EITHER, REFUSED, RIGHT, Case
from tests.robustness.specimens import TRAIN, put
from tests.robustness.tables.paths import BAD, files, odd_places


def lay(name, damage=None, file=None):
    def laid(place):
        put(name, place)
        if damage is not None:
            damage(place / name / file)

    return laid


def beside(*names):
    def laid(place):
        put("run", place)
        odd_places(place)
        (place / "d.png").mkdir()
        os.mkfifo(place / "f.png")
        (place / "l.png").symlink_to("l.png")
        (place / "z.png").symlink_to("/dev/zero")
        files(*names)(place)

    return laid


DAMAGES = {
    "empty": s.instead(b""), "binary": s.instead(bytes(range(256))), "null": s.instead(b"null"),
    "deep": s.instead(b"[" * 100_000), "cut": s.truncated, "a folder": s.folder, "a FIFO": s.fifo,
    "endless": s.endless, "huge": s.huge,
}
RUN = ("config.json", "curve.csv", "equations.json", "policy.safetensors", "summary.json")
VALUES = {
    "nothing": None, "text": "ten", "a list": [], "infinite": float("inf"), "negative": -1,
}


PICTURES = {
    "nothing": "", "a null byte": "a\0.png", "too long": "x" * 5000 + ".png", "a folder": "d.png",
    "a FIFO": "f.png", "a loop": "l.png", "endless": "z.png", "a device": "/dev/null",
    "below a file": "file/a.png", "a missing folder": "no/a.png", "below /proc": "/proc/a.png",
    "of another kind": "a.gif", "without an ending": "picture",
}


def damaged():
    for damage, do in DAMAGES.items():
        for file in RUN:
            if (file, damage) == ("policy.safetensors", "huge"):
                continue  # its hash takes seconds
            yield Case("show", f"a run: {file}: {damage}", ("show", "run"), REFUSED,
                       file.split(".")[0], lay=lay("run", do, file))
        for file in ("config.json", "curve.csv", "checkpoint.safetensors"):
            yield Case("show", f"a cut run: {file}: {damage}", ("show", "cut"),
                       EITHER if file == "curve.csv" else REFUSED, file.split(".")[0],
                       lay=odd_cut(do, file))
        yield Case("show", f"a sweep: summary.json: {damage}", ("show", "sweep"), REFUSED,
                   "summary", lay=lay("sweep", do, "pendulum/sparse/seed_0/summary.json"))
    for name, value in VALUES.items():
        for key in ("env_steps", "updates", "cpu_seconds", "run", "report"):
            change = s.tensors(change_header=lambda h, k=key, v=value: h | {k: v})
            yield Case("show", f"a cut run: {key} is {name}", ("show", "cut"), REFUSED,
                       "checkpoint", lay=lay("cut", change, "checkpoint.safetensors"))
        change = s.tensors(change_header=lambda h, v=value: h | {"report": {"equations": v}})
        yield Case("show", f"a cut run: equations are {name}", ("show", "cut"),
                   EITHER if value == [] else REFUSED, "checkpoint",
                   lay=lay("cut", change, "checkpoint.safetensors"))


def odd_cut(do, file):
    """A cut run that has a curve, too."""
    def laid(place):
        put("cut", place)
        put("run", place)
        (place / "run" / "curve.csv").rename(place / "cut" / "curve.csv")
        do(place / "cut" / file)

    return laid


CASES = [
    *(Case("show", f"the folder {name}", ("show", folder), REFUSED, "", lay=odd_places)
      for name, folder in BAD.items()),
    Case("show", "no folder", ("show",), REFUSED, "DIR"),
    Case("show", "an empty folder", ("show", "."), REFUSED, "neither a run nor a sweep"),
    Case("show", "a folder of weights", ("show", "pretrain"), REFUSED, "neither",
         lay=lay("pretrain")),
    Case("show", "a run", ("show", "run"), RIGHT, "mean return.*next: ", lay=lay("run")),
    Case("show", "a cut run", ("show", "cut"), RIGHT, "not finished.*next: ", lay=lay("cut")),
    Case("show", "a sweep", ("show", "sweep"), RIGHT, "sparse.*next: ", lay=lay("sweep")),
    *damaged(),
    *(Case("show", f"{option} {name}", ("show", "run", f"{option}={path}"), REFUSED, "",
           lay=beside())
      for option in ("--plot", "--film") for name, path in PICTURES.items()),
    *(Case("show", f"{option} over {name}", ("show", "run", option, name), REFUSED, "overwritten",
           lay=beside(name))
      for option, name in (("--plot", "a.png"), ("--plot", "a.svg"), ("--film", "a.png"))),
    Case("show", "--film of a cut run", ("show", "cut", "--film", "f.png"), REFUSED, "not finished",
         lay=lay("cut")),
    Case("show", "--film of a sweep", ("show", "sweep", "--film", "f.png"), REFUSED, "one run",
         lay=lay("sweep")),
    Case("event files", "beside another's", (*TRAIN, "--out=run", "--tensorboard"), REFUSED,
         "tfevents", lay=files("run/events.out.tfevents.1.mine.0"), cpu=20, memory=2000),
    Case("event files", "not wanted beside another's", (*TRAIN, "--out=run"), RIGHT,
         "results in run", lay=files("run/events.out.tfevents.1.mine.0"), cpu=20, leaves=(
             "run", *(f"run/{name}" for name in RUN))),
    Case("event files", "as a setting", (*TRAIN, "--out=run", "--set", "tensorboard=1"), REFUSED,
         "--tensorboard", cpu=12),
    *(Case("fit limits", f"--constraints {text[:30]!r}", ("fit", "t.csv", "--target", "y",
           "--method", "sparse", f"--constraints={text}"), REFUSED, "constraints", cpu=8,
           lay=files("t.csv", text="x,y\n" + "".join(f"{k},{k * k}\n" for k in range(30))))
      for text in ("", "3", "[]", "{", "max_terms=3", "{'max_term': 3}", "{'max_terms': 0}",
                   "{'max_terms': True}", "{'max_terms': 1.5}", "{'nested': 3}", "{1: 2}",
                   "{'nested': {'sin': {'sin': -1}}}", "{'nested': {'sinn': {'sin': 0}}}",
                   "{[]: 1}", "(" * 5000, "9" * 5000, "{'max_terms': ٣}", "__import__('os')")),
]
