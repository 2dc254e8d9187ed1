"""The figure of benchmarks/anytime.py says what its table says."""

from benchmarks.anytime import figure


def test_anytime_lines_are_shares_of_the_suite_and_noise():
    def row(parts, seconds, exact, r2, noise=0.0, problem="a"):
        return {"suite": "laws", "problem": problem, "parts": parts, "seconds": seconds,
                "noise": noise, "exact": exact, "r2": r2}  # fmt: skip

    drawn = figure([
        row("all", 1.0, 1, 1.0), row("all", 0.3, 0, 1.0), row("all", 0.3, 1, 1.0, problem="b"),
        row("without library", 1.0, 0, 0.5), row("all", 1.0, 0, 0.9995, noise=0.05),
    ])  # fmt: skip
    clean, noisy = drawn.axes
    lines = {line.get_label(): line for line in clean.lines}
    assert list(lines["all"].get_xdata()) == [0.3, 1.0]
    assert list(lines["all"].get_ydata()) == [0.5, 1.0]
    assert list(lines["without library"].get_ydata()) == [0.0]
    assert list(noisy.lines[0].get_ydata()) == [1.0]
    assert any("2 problems" in clean.get_title(loc=place) for place in ("left", "center"))
    assert [tick.get_text() for tick in noisy.get_xticklabels()] == ["0.3", "1"]
