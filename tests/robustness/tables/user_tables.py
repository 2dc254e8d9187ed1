"""``symtut fit`` on files that are no tables, or not the ones that were meant; showing and code."""

# fmt: off
import numpy as np

from tests.robustness.cases import REFUSED, RIGHT, Case, expect
from tests.robustness.tables.names import X, Y, sparse

GOOD = "a,b,y\n" + "".join(f"{k},{k * k},{3 * k + 1}\n" for k in range(30))
FIT = ("fit", "t.csv", "--target", "y", "--method", "sparse", "--seconds", "5")

BROKEN = {
    "empty": b"", "blank lines": b"\n\n\n", "a newline less": b"a,b,y", "a null byte":
    GOOD.replace("4", "\0").encode(), "binary": bytes(range(256)) * 50, "UTF-16":
    GOOD.encode("utf-16"), "Latin-1": GOOD.replace("a", "ä").encode("latin-1"), "JSON":
    b'{"a": [1, 2], "y": [3, 4]}', "a quote that stays open": b'a,"b,y\n' + b"1,2,3\n" * 50,
    "a cell of a megabyte": b"a,y\n" + b"1" * 1_000_000 + b",2\n", "no names":
    GOOD.split("\n", 1)[1].encode(), "one name twice": GOOD.replace("b", "a").encode(),
    "two names that differ by blanks": GOOD.replace("a,b", "a, a").encode(),
    "ten thousand names and one": ",".join(["y", *map(str, range(10_000))]).encode() + b"\n",
    "a ragged line": GOOD.replace("5,25,16", "5,25").encode(), "a longer line":
    GOOD.replace("5,25,16", "5,25,16,3").encode(), "the target is text":
    GOOD.replace(",16\n", ",sixteen\n").encode(), "only text beside the target":
    b"a,y\n" + b"x,1\nz,2\n" * 20, "only the target": b"y\n" + b"1\n2\n" * 20, "three rows":
    b"a,y\n1,2\n2,3\n3,5\n", "a constant target": b"a,y\n" + b"".join(b"%d,3\n" % k for k in
    range(30)), "constant columns": b"a,y\n" + b"".join(b"3,%d\n" % k for k in range(30)),
    "NaN": GOOD.replace("25", "nan").encode(), "a gap": GOOD.replace("25", "").encode(),
    "infinite": GOOD.replace("25", "-Infinity").encode(), "1e999":
    GOOD.replace("25", "1e999").encode(), "decimal commas": b"a;y\n1,5;2\n2,5;3\n" * 9,
    "numbers of size 1e300": b"a,y\n" + b"".join(b"%d,%de300\n" % (k, k) for k in range(1, 9)),
    "underscores": GOOD.replace(",16\n", ",1_6\n").encode(), "Arabic digits":
    GOOD.replace(",16\n", ",١٦\n").encode(),
}
FINE = {
    "CRLF": GOOD.replace("\n", "\r\n").encode(), "a byte-order mark":
    b"\xef\xbb\xbf" + GOOD.encode(), "tabs": GOOD.replace(",", "\t").encode(), "quotes":
    GOOD.replace("a,b,y", '"a","b","y"').encode(), "blank lines between":
    GOOD.replace("\n", "\n\n").encode(), "no newline at the end": GOOD[:-1].encode(),
    "blanks": GOOD.replace(",", " , ").encode(), "an unnamed index": "\n".join(
    f"{k - 1 if k else ''},{line}" for k, line in enumerate(GOOD.splitlines())).encode(),
    "a name that is a formula": GOOD.replace("a,b", "a*b,exp").encode(), "a name in HTML":
    GOOD.replace("a,b", "<b>a</b>,b").encode(), "a name of ten thousand letters":
    GOOD.replace("a,b", "a" * 10_000 + ",b").encode(), "old Mac lines":
    GOOD.replace("\n", "\r").encode(),
}


def lay(content):
    return lambda place: (place / "t.csv").write_bytes(content)


def other(place):
    lay(GOOD.encode())(place)
    (place / "m.json").write_text('{"mine": true}')


OPTIONS = {
    "--target": ["", "Y", "y\0", "a" * 10_000, "\udcff"],
    "--columns": ["", ",", "a,a", "y", "a,y", "c", "a,,\0"],
    "--operators": ["", ",", "sinn", "add,add2", "\0"],
    "--seconds": ["0", "nan", "-1", "inf", "ten", ""],
    "--method": ["", "sprase", "oracle"],
    "--seed": ["-1", "1.5", "x", str(2**32)],
    "--out": ["", ".", "no/m.json", "m\0", "x" * 5000],
}


def options():
    for name, values in OPTIONS.items():
        for value in values:
            yield Case("user tables", f"fit {name} {value!r:.30}", (*FIT, f"{name}={value}"),
                       REFUSED, lay=lay(GOOD.encode()), cpu=12)


def model():
    return sparse().fit(X, Y)


def shown_with(value):
    """What a notebook shows holds no mark-up of the user's."""
    def do(_):
        from symtut import SymbolicRegressor

        found = SymbolicRegressor(weights=value)
        expect(str(found), "no text")
        expect("<script" not in found._repr_html_(), found._repr_html_()[:200])

    return do


def language(name):
    return lambda _: model().code(name)


def runs_as_predict(_):
    found, scope = model(), {}
    exec(found.code("python"), scope)
    used = [X[:, j] for j in found.expression().variables]
    expect(np.allclose(scope["equation"](*used), found.predict(X), rtol=1e-12), "other values")


CASES = [
    *(Case("user tables", f"fit {label}", FIT, REFUSED, "t.csv|n_samples|constant|size|column",
           lay=lay(content), cpu=12) for label, content in BROKEN.items()),
    *(Case("user tables", f"fit {label}", FIT, RIGHT, "held-out", lay=lay(content), cpu=12)
      for label, content in FINE.items()),
    *options(),
    *(Case("user tables", f"fit of {path!r:.20}", ("fit", path, "--target", "y"), REFUSED, cpu=12)
      for path in ("", "no.csv", ".", "/dev/zero", "t\0", "x" * 5000, "t.parquet")),
    Case("user tables", "fit without a target", ("fit", "t.csv"), REFUSED, "--target", cpu=12),
    Case("user tables", "fit over another's file", (*FIT, "--out", "m.json"), REFUSED,
         "not overwritten", lay=other, cpu=12),
    Case("user tables", "fit without gaps", (*FIT, "--drop-missing"), RIGHT, "3 rows with missing",
         lay=lay(BROKEN["a gap"]), cpu=12),
    Case("user tables", "fit and keep", (*FIT, "--out", "m.json"), RIGHT, "saved in m.json",
         lay=lay(GOOD.encode()), leaves=("m.json",), cpu=12),
    *(Case("shown", f"code({name!r:.20})", language(name), REFUSED, "language")
      for name in ("", "pyhton", None, 3, [], "C", "fortran", "python\0", b"c", float("nan"))),
    Case("shown", "code gives what predict does", runs_as_predict, RIGHT),
    Case("shown", "HTML in a parameter", shown_with("<script>alert(1)</script>"), RIGHT),
    Case("shown", "a surrogate in a parameter", shown_with("\udcff"), RIGHT),
    Case("shown", "code of nothing", lambda _: sparse().code(), REFUSED, "not fitted"),
    Case("shown", "plot into no axes", lambda _: model().plot("ax"), REFUSED, "axes"),
    Case("shown", "plot of nothing", lambda _: sparse().plot(), REFUSED, "not fitted"),
    Case("shown", "table of nothing", lambda _: sparse().table(), REFUSED, "not fitted"),
    *(Case("shown", f"domain({i!r})", lambda _, i=i: model().domain(i), REFUSED, "equation")
      for i in (99, "0", 1.5, True)),
]
