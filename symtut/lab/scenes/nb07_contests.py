"""Who finds most at equal cost: the contests of notebook 07, run here or stored."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symtut import progress
from symtut.lab.scenes.nb07_decoding_steps import Writer
from symtut.lab.scenes.nb07_fits import Pool, blind_draws, everywhere, lack_of_fit
from symtut.paths import data_path
from symtut.regression.benchmark.tables import EASY, ratio, read_results, read_settings
from symtut.regression.benchmark.trial import run_problem
from symtut.regression.problems.suites import Problem, make_suite
from symtut.regression.search.fits import Fit, Terms, complexity, pareto, rank
from symtut.regression.search.levenberg_marquardt import levenberg_marquardt
from symtut.regression.search.terms import TermPool
from symtut.regression.transformer.model import FormulaTransformer

Rows = list[dict[Any, Any]]  # of a benchmark's table
EXACT = 1e-8  # 1 − R² on fresh points
FITTED = 96  # points
CHOSEN = (
    "pendulum.omega pendulum.theta cart.x unicycle.y bicycle.psi bicycle.v mountain_car.x "
    "spring_damper.v duffing.v van_der_pol.x lotka_volterra.prey lorenz.x fitzhugh_nagumo.v "
    "projectile.vz"
).split()


def mechanics(n: int) -> list[Problem]:
    """Equations of mechanics that no weights were trained on."""
    suite = {problem.name: problem for problem in make_suite("mechanics")}
    order = [*CHOSEN, *(name for name in suite if name not in CHOSEN)]
    return [suite[name] for name in order[:n]]


def points_of(problem: Problem, generator: np.random.Generator) -> tuple:
    """((x, y) of 200 points to fit, (x, y) of 300 fresh ones to judge by), without noise."""
    found = [problem.points(n, generator) for n in (200, 300)]
    return tuple((x, problem.truth(x)) for x in found)


def fitted(
    candidates: Sequence[Terms], x: np.ndarray, y: np.ndarray, generator: np.random.Generator
) -> list[Fit]:
    """The package's fits of the candidates on at most 96 points, best first."""
    fits = levenberg_marquardt(list(candidates), x[:FITTED], y[:FITTED], generator, starts=4)
    return sorted((f for f in fits if np.isfinite(f.loss)), key=lambda f: rank(f, FITTED))


@dataclass
class Rule:
    """What one rule of drawing has found on several equations; one entry an equation.

    Attributes
    ----------
    tokens : list of int, tokens that the decoder read
    different : list of int, different skeletons among the strings
    whole, joined : list of float
        1 − R² on fresh points of the best candidate, and of the best sum of all terms.
    milliseconds : list of float, CPU time a string
    """

    tokens: list[int] = field(default_factory=list)
    different: list[int] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    joined: list[float] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)

    def exact(self) -> tuple[int, int]:
        """How many equations are exact as one string, and by a sum of all terms."""
        whole, joined = np.array(self.whole), np.array(self.joined)
        return int(np.sum(whole < EXACT)), int(np.sum(joined < EXACT))


def compare_rules(
    model: FormulaTransformer, rules: dict[str, Callable], problems: Sequence[Problem], rows: int,
    seed: int,
) -> dict[str, Rule]:  # fmt: skip
    """Each rule of drawing, and the bare prior, on each problem; ``rows`` strings each.

    Parameters
    ----------
    rules : {name: callable}
        (writer, generator) → Written.
    """
    found = {name: Rule() for name in (*rules, "prior")}
    for number, problem in enumerate(progress.steps(problems, "rules of drawing")):
        generator = np.random.default_rng([seed, number])
        (x, y), fresh = points_of(problem, generator)
        reader = Writer(model, x, y, generator)
        for name, rule in found.items():
            begun = time.process_time()
            if name == "prior":
                tokens, terms = 0, list(dict.fromkeys(blind_draws(rows, x.shape[1], generator)))
            else:
                written = rules[name](reader, generator)
                tokens, terms = written.tokens_read, reader.skeletons(written)
            spent = 1000 * (time.process_time() - begun)
            fits = fitted(terms, x, y, generator)
            rule.tokens.append(tokens)
            rule.different.append(len(fits))
            rule.whole.append(lack_of_fit(fits[0].expression(), *fresh))
            rule.joined.append(lack_of_fit(Pool(x, fits).best_sum(y), *fresh))
            rule.milliseconds.append(spent / (1 if name == "greedy" else rows))
    return found


def exact_by_size(
    model: FormulaTransformer, problems: Sequence[Problem], sizes: Sequence[int],
    select: Callable[[np.ndarray, np.ndarray, int], list[int]], seed: int,
) -> dict[tuple[str, str], np.ndarray]:  # fmt: skip
    """Equations found exactly among the first draws: {(proposer, how): hits (sizes,)}.

    How: as one whole string; as the best sum of at most four terms that ``select`` (columns, y,
    number of terms) chooses; by the package's own selection, from the transformer and the prior.
    """
    hows = ("whole string", "your selection", "the package's")
    exact = {("transformer", how): np.zeros(len(sizes)) for how in hows}
    exact["prior", "the package's"] = np.zeros(len(sizes))
    for number, problem in enumerate(progress.steps(problems, "numbers of draws")):
        generator = np.random.default_rng([seed, number])
        (x, y), fresh = points_of(problem, generator)
        reader = Writer(model, x, y, generator)
        written = [reader.candidate(row) for row in reader.sample(sizes[-1], generator).codes]
        draws = {
            "transformer": [c.terms if c else () for c in written],
            "prior": blind_draws(sizes[-1], x.shape[1], generator),
        }
        for who, terms in draws.items():
            unique = [t for t in dict.fromkeys(terms) if t]
            fits = {f.terms: f for f in fitted(unique, x, y, generator)}  # best first
            for place, size in enumerate(sizes):
                known = set(terms[:size])
                mine = [f for t, f in fits.items() if t in known]
                if not mine:
                    continue
                pool = Pool(x, mine)
                best = {"the package's": pool.best_sum(y)}
                if who == "transformer":
                    order = select(pool.columns, y, min(4, pool.columns.shape[1]))
                    sums = [pool.sum_of(order[: k + 1], y) for k in range(len(order))]
                    best["your selection"] = min(sums, key=lambda s: s.loss).expression
                    best["whole string"] = mine[0].expression()
                for how, formula in best.items():
                    exact[who, how][place] += lack_of_fit(formula, *fresh) < EXACT
    return exact


# ---- noise ---------------------------------------------------------------------------------------


def noisy_front(
    model: FormulaTransformer, x: np.ndarray, y: np.ndarray, noise: float, points: int, seed: int
) -> tuple[list[Fit], int]:
    """Fits of all lengths to the first steps with noise, shortest first; how many points.

    The noise is relative to the spread of y. Half of the candidates are blind: more to fall for.
    """
    generator = np.random.default_rng([seed, 9])
    x, clean = x[:points], y[:points]
    y = clean + noise * clean.std() * generator.standard_normal(len(clean))
    reader = Writer(model, x, y, generator)
    drawn = reader.skeletons(reader.sample(64, generator)) + blind_draws(64, 3, generator)
    fits = fitted(list(dict.fromkeys(drawn)), x, y, generator)
    pool = TermPool(x)
    pool.add(fits, 64)
    short = [f for f in fits + pool.select(y) if f.n_parameters < len(y) - 3]
    return sorted(pareto(short, len(y)), key=complexity), len(y)


def choices_under_noise(
    model: FormulaTransformer, x: np.ndarray, y: np.ndarray, choose: Callable, seed: int
) -> dict[str, list[float]]:
    """1 − R² over the whole range of states of what each rule chooses, in six noisy settings.

    Parameters
    ----------
    choose : callable
        (1 − R² (M,), fitted numbers (M,), points) → place of the best equation.
    """
    errors: dict[str, list[float]] = {}
    for noise in progress.steps((0.02, 0.1, 0.3), "rules of choice"):
        for points in (25, 40):
            front, n = noisy_front(model, x, y, noise, points, seed)
            loss = np.array([max(f.loss, 1e-14) for f in front])
            numbers = np.array([float(f.n_parameters) for f in front])
            picks = {
                "R² alone": int(np.argmin(loss)),
                "your AICc": choose(loss, numbers, n),
                "description length": int(np.argmin([rank(f, n) for f in front])),
            }
            for rule, place in picks.items():
                errors.setdefault(rule, []).append(everywhere(front[place].expression()))
    return errors


# ---- stored tables -------------------------------------------------------------------------------


def stored(suite: str, seconds: float) -> tuple[Rows, list[str]]:
    """Rows of a suite at 200 points without noise, all tables of that budget; how they were made.

    Of the random functions only those with three or more terms, or nested ones.
    """
    rows: Rows = []
    cards = []
    for path in sorted(data_path("results/regression").glob(f"{suite}*.csv")):
        card = read_settings(path)
        if (card["suite"], card["seconds"]) != (suite, seconds):
            continue
        table = [
            row for row in read_results(path).to_dict("records")
            if (row["points"], row["noise"]) == (200, 0)
            and (row["kind"] != EASY or suite != "random")
        ]  # fmt: skip
        if table:
            rows += table
            first = card["sessions"][0]
            weights = f"weights {card['weights'][:7]}" if card["weights"] else "no weights"
            cards.append(
                f"{path.stem}: made {first['date'][:10]}, commit {first['commit'][:7]}, "
                f"{seconds:g} CPU-s an equation, seed {card['seed']}, {weights}"
            )
    return rows, cards


def shares(rows: Rows) -> dict[str, float]:
    """Share of problems that each method finds exactly, in a region half as large again, too."""
    hits: dict[str, list[int]] = {}
    for row in rows:
        hits.setdefault(row["method"], []).append(row["exact_extrapolated"])
    return {method: float(np.mean(some)) for method, some in hits.items()}


def verdict(rows: Rows, above: str, below: str) -> tuple[str, str]:
    """ahead, level or behind, and the line that says why: the ratio with its interval."""
    by: dict[str, dict[str, int]] = {above: {}, below: {}}
    for row in rows:
        if row["method"] in by:
            by[row["method"]][row["problem"]] = row["exact_extrapolated"]
    both = sorted(by[above].keys() & by[below].keys())
    value, low, high = ratio([by[above][p] for p in both], [by[below][p] for p in both])
    word = "ahead" if low > 1 else "behind" if high < 1 else "level"
    text = f"{above:>18} / {below:<12} {len(both):>4}   {value:5.2f} [{low:.2f}, {high:.2f}]"
    return word, f"{text}  {word}"


def live(names: Sequence[str], seconds: float, seed: int) -> Rows:
    """Rows of the table of mechanics, computed now: three proposers on each problem."""
    suite = {problem.name: problem for problem in make_suite("mechanics")}
    return [
        run_problem(suite[name], method, seconds, 200, 0.0, seed)
        for name in progress.steps(names, "live")
        for method in ("transformer", "prior", "sparse")
    ]
