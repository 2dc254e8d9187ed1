"""The map of the course: one table, from which README's is written."""

import re
from pathlib import Path

import jupytext

from tools.minutes import efforts

COURSE = {
    "00_start_here": ("Start here", "a working set-up, and where you are going"),
    "01_markov_decision_processes": ("Markov decision processes",
        "values, policies, exact solutions; what a state is"),
    "02_soft_actor_critic": ("Soft actor-critic",
        "a learner for continuous actions, and what it costs without a model"),
    "03_learning_in_a_model": ("Learning in a model",
        "from Dyna to MBPO; how a model errs and how that is exploited"),
    "04_symbolic_regression": ("Symbolic regression",
        "formulas as trees, constants, sparsity; why form matters beyond the data"),
    "05_random_functions": ("Random functions",
        "a prior over formulas, tokens, and the search that a transformer has to beat"),
    "06_pretraining_the_transformer": ("Pretraining the transformer",
        "points in, formulas out; what is read from the points and what is habit"),
    "07_from_tokens_to_equations": ("From tokens to equations",
        "sampling, constants, recombination, ranking; regressors at equal time"),
    "08_fine_tuning_to_a_world": ("Fine-tuning to a world",
        "general against specific weights: points, noise and time"),
    "09_the_symbolic_world_model": ("The symbolic world model",
        "equations of three worlds, and how far each model sees"),
    "10_symbolic_mbpo": ("Symbolic MBPO", "the whole loop, live, from one clumsy episode"),
    "11_the_papers_comparison": ("The paper's comparison",
        "who needs how many real steps, with intervals; any cell again"),
    "12_limits_and_open_questions": ("Limits and open questions",
        "noise, edges, missing sensors, more dimensions: break it yourself"),
    "13_reading_the_equations": ("Reading the equations",
        "energy, stability, a controller without learning: what a readable model buys"),
    "14_learning_through_the_equations": ("Learning through the equations",
        "a policy by differentiating the model; planning; where gradients fail"),
    "15_dreaming": ("Dreaming",
        "Dreamer-v3 in parts, its dreams beside equations"),
    "16_your_own_world": ("Your own world",
        "state map, reward and equations found; an angle from pixels"),
}  # fmt: skip
"""Name of the source: (title, what the reader leaves with), in order."""

MARKS = ("<!-- course map -->", "<!-- end of the course map -->")


def course_map(repository: Path, folder: str = "", hours: bool = False) -> str:
    """The table as Markdown; written notebooks are links, which begin with ``folder``.

    README stands outside the notebooks' own folder: there it is ``"notebooks/"``. With ``hours``
    the table also says which notebooks come before, and the reader's minutes.
    """
    more = " after | minutes |" if hours else ""
    rows = [f"| no. | notebook | you leave with |{more}", "|---|---|---|" + "---|---|" * hours]
    for name, (title, gain) in COURSE.items():
        source = repository / "notebooks" / "source" / f"{name}.py"
        written = source.exists()
        link = f"[{title}]({folder}{name}.ipynb)" if written else f"{title} (planned)"
        more = _before_and_minutes(source) if hours and written else " | |" * hours
        rows.append(f"| {name[:2]} | {link} | {gain} |{more}")
    return "\n".join(rows)


def prerequisites(text: str) -> list[str]:
    """The numbers of the notebooks that a first cell's "Before you start" names."""
    before = re.search(r"\*\*Before you start:\*\*.*?\*\*", text, re.DOTALL)
    return sorted(set(re.findall(r"\b\d\d\b", before[0]))) if before else []


def _before_and_minutes(source: Path) -> str:
    """Two cells: the notebooks that "Before you start" names, and the reader's minutes."""
    notebook = jupytext.read(source, fmt="py:percent")
    numbers = prerequisites(notebook.cells[0].source)
    required, optional = (effort.minutes for effort in efforts(notebook))
    return f" {', '.join(numbers)} | {required}" + f" + {optional}" * bool(optional) + " |"


def neighbours(repository: Path, name: str) -> str:
    """Links to the written notebooks before and after ``name``, as one line of Markdown."""
    written = [n for n in COURSE if (repository / "notebooks" / "source" / f"{n}.py").exists()]
    if name not in written:
        return ""
    place = written.index(name)
    links = []
    if place > 0:
        before = written[place - 1]
        links.append(f"[← {before[:2]} · {COURSE[before][0]}]({before}.ipynb)")
    if place + 1 < len(written):
        after = written[place + 1]
        links.append(f"[{after[:2]} · {COURSE[after][0]} →]({after}.ipynb)")
    return " | ".join(links)


def between(text: str, marks: tuple[str, str], rows: str) -> str:
    """``text`` with ``rows`` between the two marks."""
    begin, end = marks
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    return pattern.sub(lambda _: f"{begin}\n{rows}\n{end}", text)
