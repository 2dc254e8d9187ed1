# %% [markdown]
# # 05 · Random functions
#
# *A network that reads points and writes formulas needs millions of examples: points with the
# right formula beside them. Nobody owns such a collection. Where does it come from?*
#
# **You will be able to**
# - write down a prior over formulas as a grammar, sample from it, and measure what it favours;
# - turn formulas into sequences of tokens, with one spelling for each, and back;
# - make training and test data that do not repeat and do not leak, and recognise both faults when
#   they happen;
# - compute how long blind guessing needs for an equation: the baseline of the next two notebooks.
#
# **Before you start:** formulas as trees and fitting constants (notebook 04); what a training loss
# and a test loss are.
# **Time:** about 2 minutes of computing, on one core.
# **Memory:** under 1.5 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %%
import importlib
import inspect
import time
from collections import Counter
from dataclasses import replace
from itertools import permutations

import matplotlib.pyplot as plt
import numpy as np
import sympy
import torch

from symtut import SymbolicRegressor, make_task, progress
from symtut.expressions import (
    MECHANICS,
    OPERATORS,
    VARIABLES,
    Expression,
    Grammar,
    Program,
    RandomFunctions,
    canonical_terms,
    decode,
    random_functions,
    seen_through,
    terms_of,
)
from symtut.expressions.evaluate import SYMBOLS
from symtut.lab import checks, explorers, style, trees
from symtut.lab.scenes import nb05_formula_plots as formula_plots
from symtut.regression.problems.holdout import HELD_OUT, is_held_out, skeleton_key
from symtut.regression.problems.suites import random_suite
from symtut.regression.search.fits import initial_constants
from symtut.regression.search.levenberg_marquardt import levenberg_marquardt
from symtut.regression.transformer.examples import PRESETS, make_chunk
from symtut.regression.transformer.features import correlations
from symtut.regression.transformer.numbered import insert, numbered_sum
from symtut.regression.transformer.tokens import GrammarMask, pack, read, vocabulary_size

# %% tags=["hide-input"]
budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(trees=1000, draws=16_000, guesses=10_000, leak=3000, workers=7, tries=768,
               functions=2, function_tries=96),
    lab=dict(trees=4000, draws=150_000, guesses=20_000, leak=12_000, workers=16, tries=4096,
             functions=24, function_tries=1024),
    paper=dict(trees=20_000, draws=500_000, guesses=100_000, leak=60_000, workers=32,
               tries=16_384, functions=100, function_tries=4096),
)  # fmt: skip
plt.rcParams["figure.dpi"] = 80  # many figures: keeps the file small


def fresh(*key):
    """A generator of its own for each place: results do not depend on the order of cells."""
    return np.random.default_rng(np.random.SeedSequence([SEED, *key]))


# %% [markdown]
# ## 1 · Make up the answer first
#
# From points to a formula is hard. From a formula to points is one evaluation. So we go the easy
# way: make up a formula, compute its points, and hand both to the learner as a question and its
# answer. (Lample and Charton taught a network to integrate like this: making up an integral is
# easy, because differentiating is.)
#
# **Predict:** below are six formulas made up by the program. Will they look like homework, like
# physics, or like noise?

# %%
one_or_two = RandomFunctions(n_variables=(0.5, 0.5), grammar=Grammar(n_terms=(0.5, 0.5)), noise=0.0)
begun = time.process_time()
drawn = random_functions(one_or_two, 1000, n_points=60, generator=fresh(1))
rate = len(drawn.codes) / (time.process_time() - begun)
telling = [
    i
    for i in range(len(drawn.codes))
    if len(drawn.expression(i).variables) == drawn.n_variables[i] and (drawn.codes[i] > 0).sum() > 4
]  # those that use all their variables and are not too plain to be looked at
formula_plots.wall(drawn, telling[:6])
plt.show()
print(f"{len(drawn.codes)} of 1000 drawn were usable; {rate:,.0f} usable ones per CPU-second")

# %% [markdown]
# Dots are what a learner gets to see, the formula in the title is the answer. A formula of one
# variable is a curve, one of two variables a coloured map (dark low, bright high).
#
# Now the way back, for the shortest of them: search for the formula from the points.

# %%
shortest = min(telling[:6], key=lambda i: (drawn.codes[i] > 0).sum())
made_up, d = drawn.expression(shortest), drawn.n_variables[shortest]
x, y = drawn.x[shortest, :, :d].double().numpy(), drawn.y[shortest].double().numpy()
regressor = SymbolicRegressor(method="prior", max_time=None, random_state=SEED).fit(x, y)
print("made up:", made_up.text())
print("found:  ", regressor.equations_[0]["equation"])
print(f"making one took {1 / rate:.1e} CPU-s, searching {regressor.fit_time_:.1e} CPU-s:")
print(f"{regressor.fit_time_ * rate:,.0f} times as long")
lab.record(functions_per_second=rate, search_over_making=regressor.fit_time_ * rate)

# %% [markdown]
# (Do the two look different? They may be two spellings of one function, multiplied out and not; or
# really different and equal on these points only. Sections 4 and 6 come back to both.)
#
# The ratio is why training without real data pays: questions with answers cost next to nothing,
# and the network pays the price of the search once, in training, for all later questions.
#
# What does it learn? Write $f$ for a formula and $D$ for its points. We draw $f$ from a
# distribution $p(f)$, the **prior**, and then $D$ from $p(D \mid f)$. A network $q(f \mid D)$ that
# is trained to give the drawn answer the highest probability, by cross-entropy averaged over all
# pairs, is pushed towards
#
# $$ q(f \mid D) \;\to\; p(f \mid D) = \frac{p(D \mid f)\, p(f)}{\sum_{g} p(D \mid g)\, p(g)} , $$
#
# (the sum runs over all formulas $g$): the **posterior**, which formulas could have made these
# points, and how probable each is. Real data never enter. But the prior does, and what has
# probability zero in $p(f)$ will never be proposed. This notebook is about choosing $p(f)$ and
# $p(D \mid f)$ with open eyes.
#
# Draw some yourself: number of variables, number of terms, seed.


# %%
def draw_function(seed, terms, variables):
    """One random function with so many terms and variables, and its formula."""
    config = RandomFunctions(
        grammar=Grammar(n_terms=(0,) * (terms - 1) + (1,)),
        n_variables=(0,) * (variables - 1) + (1,), noise=0.0,
    )  # fmt: skip
    functions = random_functions(config, 50, 80, fresh(2, seed))
    found = [functions.expression(i) for i in range(len(functions.codes))]
    i = [len(expression.variables) for expression in found].index(variables)  # uses all of them
    expression, x, y = found[i], functions.x[i, :, :variables].numpy(), functions.y[i].numpy()
    slices = [()] if variables < 3 else [(v,) for v in np.quantile(x[:, 2], [0.1, 0.5, 0.9])]
    figure, axes = plt.subplots(
        1, len(slices), figsize=(max(4.6, 3.1 * len(slices)), 3.4), squeeze=False
    )
    for ax, fixed in zip(axes[0], slices, strict=True):
        formula_plots.panel(expression, x, y, ax, fixed)
        if fixed:
            ax.set_title(f"x2 = {fixed[0]:.2g}", fontsize=9)
    figure.suptitle(f"y = {formula_plots.formula(expression, per_line=3)}", fontsize=10)


explorers.explore(draw_function, seed=(0, 50, 1, 0), terms=(1, 3, 1, 2), variables=[2, 1, 3])

# %% [markdown]
# ## 2 · Drawing a tree
#
# *How does one draw a formula at random?* A formula is a tree. Operators are inner nodes,
# variables and numbers are leaves. Read from the root, parents before children and left before
# right, it becomes a sequence, the **prefix form**, which needs no brackets.

# %% tags=["hide-input"]
example = Expression.from_text("2*x1*cos(x0) - x2")
trees.draw_tree(example.prefix, title=f"{example}   =   {' '.join(example.prefix)}")
plt.show()

# %% [markdown]
# ### The naive way
#
# At each node toss a coin: with probability $q$ an operator, each of the fifteen equally likely,
# and go on with its arguments; otherwise a leaf. Here are eight formulas with $q = 0.6$.
#
# **Predict:** how many of them could stand in a physics book?


# %%
def naive(q):
    """The naive rules, in the form that `Grammar` takes: (weight, token, what follows)."""
    operators = [(q / len(OPERATORS), n, ("TERM",) * o.arity) for n, o in OPERATORS.items()]
    return {"TERM": (*operators, (0.7 * (1 - q), "x", ()), (0.3 * (1 - q), "C", ()))}


def skeletons(grammar, n, n_variables, generator):
    """Drawn sequences of codes (n, L), without those that never came to an end."""
    codes = grammar.sample_codes(np.full(n, n_variables), generator)
    return codes[codes[:, 0] > 0]


for row in skeletons(Grammar(rules=naive(0.6), n_terms=(1,)), 8, 2, fresh(3)):
    print("  ", Expression(decode(row)[0]))

# %% [markdown]
# Many are a bare leaf, others a tower such as the tangent of the exponential of something. Both
# come from the same cause. A node has on average
#
# $$ m = q \cdot \bar a $$
#
# children, where $\bar a$ is the mean number of arguments of an operator. If $m < 1$ the tree dies
# out, with $1/(1-m)$ nodes on average; if $m > 1$ some trees grow without end. No $q$ gives what
# we want, *medium* trees: this is the theory of branching processes, and it knows only early death
# and explosion.

# %%
arguments = np.mean([o.arity for o in OPERATORS.values()])
figure, axes = plt.subplots(figsize=(7, 3))
for q, line in ((0.5, "-"), (0.7, "--"), (0.85, ":")):
    codes = Grammar(rules=naive(q), n_terms=(1,)).sample_codes(
        np.full(budget.trees, 2), fresh(4)
    )  # fmt: skip
    size = np.where(codes[:, 0] > 0, (codes > 0).sum(1), 99)
    axes.step(range(1, 41), [(size >= k).mean() for k in range(1, 41)], line, label=f"q = {q}")
    print(f"q = {q}: m = {q * arguments:.2f}, {(size == 1).mean():.0%} are a single leaf, "
          f"{(size == 99).mean():.1%} longer than 40 tokens")  # fmt: skip
axes.set(xlabel="nodes", ylabel="share at least as large", yscale="log", ylim=(3e-4, 1.3))
axes.set_title("Naive trees: mostly leaves, and a tail without end")
axes.legend()
plt.show()

# %% [markdown]
# ### The project's way: a grammar
#
# `symtut` draws with a **grammar**. In place of one rule for all nodes there is a list of roles
# (a term, a factor, an angle, a denominator), and each role says what may stand there and with
# what weight. Here is the role of the inside of a sine:

# %%
total = sum(weight for weight, *_ in MECHANICS["ANGLE"])
print("ANGLE is")
for weight, token, follows in MECHANICS["ANGLE"]:
    print(f"   {weight / total:4.0%}  {token:<7} {' '.join(follows)}")
print(f"{len(MECHANICS)} roles, {sum(map(len, MECHANICS.values()))} rules:", *MECHANICS)

# %% [markdown]
# So $\sin(\tan(\log x))$ cannot happen, and $\sin x$, $\sin(x + y)$, $\sin(Cx)$ happen often: this
# is where physics enters. `x` stands for a variable, drawn uniformly; `same` for the one that was
# written last. Every rule writes *one token* and leaves a list of roles still to be written. So
# drawing is a walk with a stack, and one formula takes a dozen lines:


# %%
def derive(rules, n_variables, generator, role="TERM"):
    """Write one term: the list of steps, each (tokens written, roles waiting)."""
    written, waiting, last = [], [role], "x0"
    steps = [([], [role])]
    while waiting:
        role, *waiting = waiting
        options = rules[role]
        weights = np.array([weight for weight, *_ in options])
        _, token, follows = options[generator.choice(len(options), p=weights / weights.sum())]
        if token in ("x", "same"):  # a new variable, or the last one again
            token = last = f"x{generator.integers(n_variables)}" if token == "x" else last
        written, waiting = [*written, token], [*follows, *waiting]
        steps.append((written, waiting))
    return steps


walks = (derive(MECHANICS, 3, fresh(5, k)) for k in range(1000))
steps = next(walk for walk in walks if 8 <= len(walk) <= 10)
print("last step:", " ".join(steps[-1][0]), "=", Expression(tuple(steps[-1][0])))

# %% [markdown]
# The film shows that walk. White boxes with a red frame are roles that wait; blue, green and yellow
# ones are operators, variables and numbers. Watch the row *written*: it is a finished prefix
# sequence at the moment when nothing waits any more.

# %% tags=["hide-input"]
formula_plots.writing(steps)

# %% [markdown]
# The package does the same for thousands of formulas at once, in `Grammar.sample_codes`. A
# whole formula is a sum of one to five such terms; the coefficients of the sum are not drawn as
# tokens, because they can be solved for (notebook 04).
#
# **Predict:** which differences do you expect between naive trees and the grammar, in depth, in
# size, in the operators used?


# %%
def height(prefix):
    """Levels below the root."""
    return int(trees.layout(prefix)[1].max())


grammars = {"naive": Grammar(rules=naive(0.6), n_terms=(1,)), "grammar": Grammar(n_terms=(1,))}
terms = {
    name: [decode(row)[0] for row in skeletons(grammar, budget.trees, 2, fresh(6))]
    for name, grammar in grammars.items()
}
figure, axes = plt.subplots(1, 3, figsize=(10, 3), width_ratios=[1, 1, 1.9])
for k, (name, found) in enumerate(terms.items()):
    side, look = 0.4 * k - 0.2, dict(width=0.4, color=style.OKABE_ITO[1 - k], label=name)
    depth = np.bincount([min(height(p), 7) for p in found], minlength=8) / len(found)
    axes[0].bar(np.arange(8) + side, depth, **look)
    sizes = np.bincount([min(len(p), 15) for p in found], minlength=16) / len(found)
    axes[1].bar(np.arange(16) + side, sizes, **look)
    used = [np.mean([o in p for p in found]) for o in OPERATORS]
    axes[2].bar(np.arange(len(OPERATORS)) + side, used, **look)
    no_variable = np.mean([not any(t in VARIABLES for t in p) for p in found])
    medium = np.mean([2 <= len(p) <= 8 for p in found])
    print(f"{name:<8} {no_variable:5.1%} without a variable, {medium:.0%} of two to eight tokens")
    lab.record(**{f"no_variable_{name}": no_variable})
axes[0].set(xlabel="depth (7: or more)", ylabel="share of terms")
axes[1].set(xlabel="nodes (15: or more)")
axes[2].set(ylabel="share of terms that use it")
axes[2].set_xticks(range(len(OPERATORS)), OPERATORS, rotation=60, ha="right")
axes[0].legend()
plt.show()

# %% [markdown]
# The grammar's terms are mostly of two to eight tokens, products and sines are common, tangents and
# logarithms rare. That is not a law of nature; it is what its authors expect of equations of
# motion. **A prior is an opinion, and its weights make it explicit.**
#
# ### Exercise 1 · The probability of a skeleton (easy, 10 min)
#
# A toy grammar, over **two** variables. A formula has one term or two terms, each case with
# probability 1/2.
#
# | role | rules |
# |---|---|
# | TERM | 50 %: `x` · 30 %: `sin` ANGLE · 20 %: `mul` FACTOR FACTOR |
# | ANGLE | 80 %: `x` · 20 %: `mul` C VARIABLE |
# | FACTOR | 70 %: `x` · 30 %: `sin` ANGLE |
#
# How probable is the skeleton $x_0 + \sin x_1$, in whatever order its terms are drawn?
#
# <details><summary>Hint</summary>
# Multiply along the derivation: two terms; the first is a variable and it is x0; the second is a
# sine, its angle is a variable, and it is x1. Then think of the other order.</details>

# %%
toy = Grammar(
    rules={
        "TERM": ((5, "x", ()), (3, "sin", ("ANGLE",)), (2, "mul", ("FACTOR", "FACTOR"))),
        "ANGLE": ((8, "x", ()), (2, "mul", ("CONSTANT", "VARIABLE"))),
        "FACTOR": ((7, "x", ()), (3, "sin", ("ANGLE",))),
        "CONSTANT": ((1, "C", ()),),
        "VARIABLE": ((1, "x", ()),),
    },
    n_terms=(0.5, 0.5),
)

# %%
toy_probability = None
### BEGIN SOLUTION
plain_x0 = 0.5 * 0.5  # a bare variable, and it is x0
sin_x1 = 0.3 * 0.8 * 0.5  # a sine, of a bare variable, and it is x1
toy_probability = 0.5 * 2 * plain_x0 * sin_x1  # two terms, in either order
### END SOLUTION

# %% tags=["check"]
toy_probability = checks.exercise("05.1", toy_probability)

# %%
wanted = canonical_terms((("x0",), ("sin", "x1")))
toy_draws = toy.sample(20_000, 2, fresh(7))
measured = np.mean([terms == wanted for terms in toy_draws])
print(f"computed {toy_probability:.4f}, measured in 20,000 draws {measured:.4f}")
lab.record(toy_measured=measured)

# %% [markdown]
# ## 3 · From a skeleton to values
#
# *Where do the points lie?* A pendulum's episode is a path, not a cloud. A network trained on
# uniform $x$ alone would have seen nothing like it. So $p(D \mid f)$ mixes four kinds of points,
# drawn for each variable anew, with a random scale, sometimes an offset, sometimes wrapped to
# $(-\pi, \pi]$ as angles are. Below one of each kind, and a real episode of the pendulum under
# random torques.


# %%
def pendulum_episode(task, generator):
    """200 real steps with random torques: inputs (200, 3) and increments (200, 2), cut ones out."""
    env, rows = task.make_env(), []
    state = task.state_from_observation(env.reset(seed=int(generator.integers(2**31)))[0])
    for _ in range(200):
        torque = generator.uniform(-2, 2, 1)
        after = task.state_from_observation(env.step(torque)[0])
        if abs(after[1]) < 8 - 1e-5:  # steps that end on the simulator's bound obey no formula
            rows.append(np.concatenate([state, torque, task.difference(after, state)]))
        state = after
    env.close()
    return np.split(np.array(rows, dtype=float), [3], axis=1)


inputs, increments = pendulum_episode(make_task("pendulum"), fresh(8))
source = importlib.import_module("symtut.expressions.random_functions")
kinds = {
    "uniform": source._uniform, "Gaussian": source._gaussian, "clusters": source._clusters,
    "paths": source._paths,
}  # fmt: skip
figure, axes = plt.subplots(1, 5, figsize=(10, 2.4))
for ax, (kind, draw) in zip(axes, kinds.items(), strict=False):
    ax.plot(*draw(2, 80, fresh(9)), ".", markersize=4)
    ax.set(title=kind, xlabel="x0")
axes[0].set_ylabel("x1")
axes[4].plot(inputs[:, 0], inputs[:, 1], ".", markersize=4, color=style.OKABE_ITO[1])
axes[4].set(title="pendulum, real", xlabel=style.label("theta"), ylabel=style.label("theta_dot"))
plt.show()
print(f"{len(inputs)} of 200 real steps kept")

# %% [markdown]
# ### Which functions are thrown away
#
# *Can every drawn formula be used?* No. A logarithm of negative numbers is undefined, an
# exponential overflows, and a constant has nothing to tell. These are the rules of
# `random_functions` for a term $t$ on its points:

# %%
text = inspect.getsource(seen_through).split("with np.errstate")[1].split("good = good")[0]
print("with np.errstate" + text.rstrip())

# %% [markdown]
# **Predict:** which share of the naive terms will be rejected, and which share of the grammar's?


# %%
def fates(codes, generator):
    """What becomes of drawn terms on 64 points: {reason: share}, the first that applies."""
    n_variables = np.full(len(codes), 2)
    x = torch.from_numpy(source.random_points(n_variables, 64, (0.4, 8.0), generator))
    program = Program(codes)
    shape = (len(codes), 1, program.constant_node.shape[1])
    values = program(x, torch.from_numpy(initial_constants(shape, generator)).float())
    values = values[:, 0, 0].double().numpy()
    with np.errstate(all="ignore"):
        size, spread = np.abs(values).max(1), values.std(1)
    reasons = {
        "undefined": ~np.isfinite(values).all(1), "too large": size >= 1e4,
        "constant": spread <= 1e-3, "one outlier": size >= 12 * spread + 30,
    }  # fmt: skip
    left, shares = np.ones(len(codes), dtype=bool), {}
    for reason, hit in reasons.items():
        shares[reason] = (left & hit).mean()
        left &= ~hit
    return shares | {"used": left.mean()}


figure, axes = plt.subplots(figsize=(8.5, 2.1))
styles = {
    "undefined": "#D55E00", "too large": "#E69F00", "constant": "#888888",
    "one outlier": "#CC79A7", "used": "#56B4E9",
}  # fmt: skip
for row, (name, grammar) in enumerate(grammars.items()):
    shares, left = fates(skeletons(grammar, budget.trees, 2, fresh(10)), fresh(11)), 0.0
    for reason, share in shares.items():
        axes.barh(row, share, left=left, color=styles[reason], label=reason if row == 0 else None)
        left += share
    print(f"{name:<8}", ", ".join(f"{reason} {share:.1%}" for reason, share in shares.items()))
    lab.record(**{f"used_{name}": shares["used"]})
axes.set_yticks([0, 1], list(grammars))
axes.set(xlabel="share of drawn terms", xlim=(0, 1))
axes.legend(ncols=5, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=8.5)
plt.show()

# %% [markdown]
# What would happen without these rules? One overflow is enough. Below, a linear layer takes
# *one* step of gradient descent on a batch of 512 functions in which a single one is undefined at
# a single point.

# %%
torch.manual_seed(SEED)
batch = torch.randn(512, 20)
for name, poison in (("clean", None), ("one NaN", torch.nan)):
    layer, values = torch.nn.Linear(20, 30), batch.clone()
    if poison is not None:
        values[17, 3] = poison
    loss = layer(values).square().mean()
    loss.backward()
    with torch.no_grad():
        layer.weight -= 0.1 * layer.weight.grad
    lost = torch.isnan(layer.weight).float().mean().item()
    print(f"{name:<8} loss {loss.item():.3f}, weights that are NaN afterwards: {lost:.0%}")
lab.record(weights_lost=lost)

# %% [markdown]
# The fault is not in the average, it is in the *worst* example. A filter at the source is cheaper
# than a rescue later.
#
# ### Scaling: what may be changed and what not
#
# Networks like inputs of ordinary size. So should we standardise $x$ and $y$ to mean 0 and standard
# deviation 1? Take $y = 300\, x_1 \sin x_0 + 1000$, change the data in several ways, and ask each
# time how well the *same skeleton* can still fit. The score is $1 - R^2$; 0 is perfect.

# %%
points = fresh(12).uniform([0.0, 1.0], [6.0, 4.0], (200, 2))
y = 300 * points[:, 1] * np.sin(points[:, 0]) + 1000
form = (("mul", "x1", "sin", "x0"),)
form_with_constant = (("mul", "x1", "sin", "mul", "C", "x0"),)


def misfit(terms, x, y):
    """1 − R² of the best fit of a skeleton."""
    return max(levenberg_marquardt([terms], x, y, fresh(13), starts=16)[0].loss, 0.0)


standard_y = (y - y.mean()) / y.std()
for change, terms, x in (
    ("y standardised, x as it is", form, points),
    ("x divided by 2", form, points / 2),
    ("x divided by 2, a C inside the sine", form_with_constant, points / 2),
    ("x shifted to mean 0", form, points - points.mean(0)),
    ("x shifted to mean 0, a C inside the sine", form_with_constant, points - points.mean(0)),
):
    print(f"{change:<42} 1 - R² = {misfit(terms, x, standard_y):.1e}")
lab.record(
    misfit_scaled_y=misfit(form, points, standard_y),
    misfit_shifted_x=misfit(form_with_constant, points - points.mean(0), standard_y),
)

# %% [markdown]
# - **y may be standardised**: the outer weights $w_0 + \sum_k w_k t_k$ are solved for afterwards
#   and take up any shift and scale. Nothing is lost.
# - **x may be divided**, at the price of a constant in the formula.
# - **x must not be shifted.** $\sin(x_0 + a)$ is another skeleton, and $(x_0 + a)(x_1 + b)$ is four
#   terms instead of one. Therefore `symtut` only divides columns of extraordinary size by a power
#   of ten, and feeds the network $x$ together with bounded views of it ($\sin x$,
#   $\operatorname{asinh} x$).
#
# ## 4 · One spelling for each formula
#
# *Are $x_0 + x_1$ and $x_1 + x_0$ two answers?* For a tree they are; for the student who is marked
# by comparing sequences they must not be. `canonical_terms` rewrites a sum of terms into one
# spelling: sorted, without signs and factors that a fitted coefficient absorbs anyway.
#
# **Predict** the right-hand side of each line before you run.

# %%
for text in (
    "x1 + x0", "x0 - x1", "3*x0 + 2", "x1*sin(x0)*x1", "sin(2 - x0)", "x0/(2*x1)",
    "x0 + x0", "sin(2*x0) + sin(3*x0)", "sin(x0)**2 + cos(x0)**2",
):  # fmt: skip
    spelled = canonical_terms((Expression.from_text(text).prefix,))
    print(f"{text:<26} →  ", "  |  ".join(str(Expression(term)) for term in spelled))

# %% [markdown]
# Look at the last two lines.
#
# - $\sin 2x + \sin 3x$ becomes *one* term, $\sin(Cx)$: with constants as placeholders the two look
#   alike and are merged. But one sine does not fit two frequencies, so such an example has a wrong
#   label. How bad and how frequent is that?
# - $\sin^2 x + \cos^2 x$ stays two terms, although it is 1: this is a rewriting of spelling, not
#   algebra. Algebra (`sympy.simplify`) is too slow for a stream of training data. Both are measured
#   below.

# %%
line = np.linspace(-3, 3, 100)[:, None]
two_sines = np.sin(2 * line[:, 0]) + np.sin(3 * line[:, 0])
merged = misfit((("sin", "mul", "C", "x0"),), line, two_sines)
print(f"sin 2x + sin 3x with the merged skeleton: 1 - R² = {merged:.2f}")

drawn_codes = skeletons(Grammar(), 5000, 3, fresh(14))
mislabelled = 0
for row in drawn_codes:
    each = Counter(t for term in decode(row) for t in canonical_terms((term,)))
    mislabelled += any(n > 1 and "C" in t for t, n in each.items())
mislabelled /= len(drawn_codes)
print(f"drawn formulas with a term that is merged like this: {mislabelled:.1%}")

some = [decode(row) for row in drawn_codes[:12] if len(row[row > 0]) < 20]
begun = time.process_time()
[sympy.simplify(Expression(term).sympy()) for terms in some for term in terms]
slow = (time.process_time() - begun) / len(some)
begun = time.process_time()
[canonical_terms(decode(row)) for row in drawn_codes]
quick = (time.process_time() - begun) / len(drawn_codes)
print(f"per formula: sympy.simplify {slow:.1e} CPU-s, canonical_terms {quick:.1e} CPU-s")
lab.record(merged_misfit=merged, mislabelled=mislabelled, simplify_over_canonical=slow / quick)

# %% [markdown]
# That small share of wrong labels is the price of the placeholder. How much
# does one spelling save? Count the distinct formulas among the draws.

# %%
codes = skeletons(Grammar(), budget.draws // 4, 3, fresh(15))
spellings = {
    "as drawn": [row.tobytes() for row in codes],
    "canonical": [canonical_terms(decode(row)) for row in codes],
}
spellings["canonical, names of variables ignored"] = [
    skeleton_key(terms) for terms in spellings["canonical"]
]
counts = np.unique(np.geomspace(100, len(codes), 12).astype(int))
figure, axes = plt.subplots(figsize=(7, 3.2))
for (name, spelled), mark in zip(spellings.items(), "os^", strict=True):
    distinct = [len(set(spelled[:n])) for n in counts]
    axes.plot(counts, distinct / counts, mark + "-", markersize=4, label=name)
    print(f"{name:<40} {distinct[-1]:6d} distinct among {counts[-1]}")
    lab.record(**{f"distinct_{name.split(',')[-1].split()[0]}": distinct[-1] / counts[-1]})
axes.set(xscale="log", xlabel="formulas drawn", ylabel="distinct / drawn", ylim=(0, 1.03),
         title="New formulas keep coming")  # fmt: skip
style.plain_log_axis(axes)
axes.legend(fontsize=8.5)
plt.show()

# %% [markdown]
# One spelling removes duplicates, but even without names and order most draws are new. There is no
# list of all formulas that a classifier could choose from. Keep this figure in mind for the next
# section.
#
# ### Exercise 2 · Count distinct sums (easy, 10 min)
#
# A sum is given as a tuple of its terms, written as text, each with a *free coefficient* in front.
# Count the distinct sums in a list. Order does not matter; and a term that stands there twice adds
# nothing, since $c_1 x + c_2 x = c\,x$.
#
# <details><summary>Hint</summary>
# Which Python type knows neither order nor repetition, and can itself be put into a set?</details>


# %%
def count_distinct(sums):
    """List of tuples of str, e.g. [("x0", "x1"), ("x1", "x0")] -> number of distinct sums."""
    ### BEGIN SOLUTION
    return len({frozenset(terms) for terms in sums})
    ### END SOLUTION


# %% tags=["check"]
count_distinct = checks.exercise("05.2", count_distinct)

# %% [markdown]
# ## 5 · Formulas as sequences
#
# *Why should a sequence model, built for language, suit formulas?* Because a formula in prefix form
# is a sentence: a finite alphabet, any length, and what may come next depends on what was written.
# The probability of a whole formula is a product of small decisions,
#
# $$ q(f \mid D) = \prod_{t} q(\text{token}_t \mid \text{token}_1 \dots \text{token}_{t-1}, D), $$
#
# and each factor is a choice among a few dozen tokens, not among an endless list of formulas.
#
# `symtut.regression.transformer.tokens` can write a formula in two forms, with two ways for its
# numbers:
#
# - **terms**: only the terms, separated by `<sep>`. The coefficients of the sum are solved for.
# - **prefix**: the whole formula as one expression, coefficients included, as in the paper.
# - numbers as a **placeholder** `C`, fitted from random starts; or as a **number token**, one for
#   each sign and each of 64 sizes, from which the fit starts.


# %%
def with_numbers(text):
    """A formula as text → its canonical terms with weights, numbers in place."""
    expression = Expression.from_text(text)
    return numbered_sum((insert(expression.prefix, iter(expression.constants)),), [1.0])


def show_tokens(formula):
    """The formula under both forms and both ways to write numbers."""
    numbered, rows = with_numbers(formula), {}
    for form in ("terms", "prefix"):
        for way, what in (("C", numbered.skeleton), ("numbers", numbered)):
            tokens = trees.words(pack([what], form)[0])
            rows[f"{form}, {way}: {len(tokens)}"] = tokens
    trees.strip(rows, title=f"y = {formula}")


FORMULAS = [
    "0.75*sin(x0) + 0.15*x2",
    "0.05*x1 + 0.0375*sin(x0) + 0.0075*x2",
    "x1*cos(x0)",
    "2*sin(3*x0 + 1) - 0.5*x1**2",
    "-0.1*abs(x1)*x1 - 0.4*x1",
    "(x1 + 2)/(1 + x0**2)",
]
explorers.explore(show_tokens, formula=FORMULAS)

# %% [markdown]
# In number tokens 0.75 is not exactly 0.75: it is the nearest of 64 sizes. That is enough for a
# start; the fit finds the digits. **Try:** which form suffers more from many terms, and why?
#
# How long do sequences get, and how large is the vocabulary? Each sequence begins with the token
# `<bos>` (beginning of sequence) and ends with `<eos>` (end of sequence).

# %%
sample = [t for t in spellings["canonical"][: budget.draws // 12] if 0 < len(t) <= 5]
figure, axes = plt.subplots(figsize=(7, 2.8))
for form, line in (("terms", "-"), ("prefix", "--")):
    lengths = (pack(sample, form) != 0).sum(1)
    share = [(lengths == n).mean() for n in range(1, 61)]
    axes.step(
        range(1, 61), share, line, where="mid", label=f"{form}: median {np.median(lengths):.0f}"
    )
    print(f"{form:<7} 95 % of the sequences have at most {np.quantile(lengths, 0.95):.0f} tokens")
for way in ("placeholder", "tokens"):
    print(f"vocabulary with constants as {way:<11}: {vocabulary_size(way):3d} tokens")
axes.set(xlabel="tokens, <bos> and <eos> included", ylabel="share of formulas")
axes.legend()
plt.show()

# %% [markdown]
# And back again: `read` turns codes into canonical terms and, where there are number tokens, a
# guess of the numbers.

# %%
(sequence,) = pack([with_numbers(FORMULAS[3])], "terms")
candidate = read(sequence, "terms", "tokens")
print("codes:", *sequence)
print("terms:", *(str(Expression(term)) for term in candidate.terms), sep="   ")
print("guess of the inner constants:", np.round(candidate.guess, 2))

# %% [markdown]
# ### Exercise 3 · From tokens back to values (medium, 15 min)
#
# Prefix form has no brackets, yet it has one reading only. Compute the value of a prefix sequence:
# go through it **from right to left** with a stack. A leaf goes onto the stack; an operator takes
# its arguments off the top (the *first* argument comes off first) and puts its result back. The
# operators here are `add`, `sub`, `mul`, `sin`; numbers stand in the list as floats.
#
# <details><summary>Hint</summary>
# <code>for token in reversed(tokens)</code>; for <code>sub</code>: <code>first, second =
# stack.pop(), stack.pop()</code> and push <code>first - second</code>.</details>


# %%
def value_of(tokens, x):
    """Prefix sequence (list of str or float) and points (n, d) -> values (n,)."""
    ### BEGIN SOLUTION
    stack = []
    for token in reversed(tokens):
        if isinstance(token, float):
            stack.append(np.full(len(x), token))
        elif token[0] == "x":
            stack.append(x[:, int(token[1:])])
        elif token == "sin":
            stack.append(np.sin(stack.pop()))
        else:
            first, second = stack.pop(), stack.pop()
            operate = {"add": np.add, "sub": np.subtract, "mul": np.multiply}[token]
            stack.append(operate(first, second))
    return stack.pop()
    ### END SOLUTION


# %% tags=["check"]
value_of = checks.exercise("05.3", value_of)

# %% [markdown]
# ### Which token may follow
#
# **Predict:** of all sequences of seven tokens, drawn blindly from the 26 symbols of formulas
# (`C`, six variables, nineteen operators), how many are complete formulas: a half, a tenth, a
# thousandth?

# %%
generator, tries = fresh(16), 200_000
arity = np.array([o.arity for o in OPERATORS.values()] + [0] * 7)
complete = {}
for n in range(1, 16, 2):
    open_places = 1 + np.cumsum(arity[generator.integers(0, len(arity), (tries, n))] - 1, axis=1)
    # complete at the last token, and at none before
    complete[n] = ((open_places[:, -1] == 0) & (open_places[:, :-1] > 0).all(1)).mean()
print("  ".join(f"{n}: {share:.2%}" for n, share in complete.items()))
lab.record(complete_of_seven=complete[7])

# %% [markdown]
# A few in a hundred. A network learns the rules
# from examples, but it need not be *trusted* with them: `GrammarMask` follows a sequence while it
# is written and forbids what cannot be completed. Green is allowed, the dot is what was written.

# %%
writing = ["mul", "x1", "sin", "x0", "<sep>", "x2", "<eos>"]
mask, allowed = GrammarMask(batch=1, n_variables=3, max_length=12), []
for token in writing:
    allowed.append(mask.allowed()[0].numpy())
    mask.advance(torch.tensor([SYMBOLS.index(token)]))
formula_plots.mask_chart(writing, np.array(allowed), list(SYMBOLS))
plt.show()
print("choices at each step:", *(int(row.sum()) for row in allowed))

# %% [markdown]
# Read it row by row. At the start of a term, `C`, `add`, `sub` and `neg` are forbidden: a bare
# constant or a sum is not a term, coefficients are solved for. Variables that the data do not have
# (`x3` …) are never allowed. `<sep>` and `<eos>` come only when an expression is complete. Near
# the maximal length operators with two arguments disappear, so everything ends in time. To test
# it, write 2,000 sequences by blind choice among what the mask allows:

# %%
mask, rows = GrammarMask(batch=2000, n_variables=3, max_length=24), []
torch.manual_seed(SEED)
for _ in range(23):
    probable = mask.allowed().float() + 1e-9 * (mask.allowed().sum(1, keepdim=True) == 0)
    rows.append(torch.multinomial(probable, 1)[:, 0])
    mask.advance(rows[-1])
written = torch.stack(rows, 1).numpy()
whole = 0
for row in written:
    if 2 in row:  # 2 is <eos>
        for term in decode(row[: list(row).index(2)]):
            Expression(term)  # raises if it is not one complete expression
        whole += 1
print(f"with the mask, {whole / len(written):.1%} are complete formulas")
lab.record(complete_with_mask=whole / len(written))

# %% [markdown]
# ### How much does context tell?
#
# If formulas are sentences, the tokens before should help to guess the next. Count it: estimate
# $p(\text{next} \mid k \text{ tokens before})$ by counting pairs in drawn sequences and measure the
# surprise in bits per token, on the sequences that were counted and on fresh ones.
#
# **Predict:** how do the two curves go on with growing $k$?


# %%
def bits(counted, judged, k):
    """Mean surprise (bits per token) on ``judged`` of a table with k tokens of context."""
    follows = {}
    for row in counted:
        for t in range(1, len(row)):
            follows.setdefault(tuple(row[max(0, t - k) : t]), Counter())[row[t]] += 1
    total, n, size = 0.0, 0, len(SYMBOLS)
    for row in judged:
        for t in range(1, len(row)):
            seen = follows.get(tuple(row[max(0, t - k) : t]), Counter())
            # a tenth of a count for everything that was never seen
            total -= np.log2((seen[row[t]] + 0.1) / (seen.total() + 0.1 * size))
            n += 1
    return total / n


sequences = [row[row > 0].tolist() for row in pack(sample)]
half = len(sequences) // 2
counted, fresh_ones = sequences[:half], sequences[half : half + 1000]
orders = range(7)
seen_bits = [bits(counted, counted[:1000], k) for k in orders]
fresh_bits = [bits(counted, fresh_ones, k) for k in orders]
figure, axes = plt.subplots(figsize=(6.5, 3))
axes.axhline(np.log2(len(SYMBOLS)), color="#888888", linestyle=":", label="all tokens alike")
axes.plot(orders, seen_bits, "o--", label=f"the {half} sequences that were counted")
axes.plot(orders, fresh_bits, "s-", label="fresh sequences")
axes.set(xlabel="tokens of context, k", ylabel="bits per token", ylim=(0, 5))
axes.legend(fontsize=8.5, loc="lower left")
plt.show()
lab.record(seen_bits=seen_bits, fresh_bits=fresh_bits)

# %% [markdown]
# Context helps, down to a minimum. Then the fresh curve turns up while the other goes on
# falling: the table remembers its sequences. A transformer shares what it learns between similar
# contexts, so it can use long ones; and it sees the points, which the table does not. But note the
# picture, *training down, fresh up*. You will meet it again.
#
# ## 6 · What the transformer will see
#
# *How much can anyone know from the points?* Let us compute a posterior with no network at all:
# draw many one-term formulas from the prior, evaluate them on the same $x$, and keep those that
# fit the points. That is Bayes by rejection. The truth is $\sin(1.7x)$, with a little noise.
#
# **Predict:** once we look at $|x| < 1$ and once at $|x| < 6$. In which case will the truth be the
# clear winner?

# %%
prior_codes = skeletons(Grammar(n_terms=(1,)), budget.guesses, 1, fresh(17))
program, generator = Program(prior_codes), fresh(18)
shape = (len(prior_codes), 1, program.constant_node.shape[1])
prior_constants = torch.from_numpy(initial_constants(shape, generator))
figure, axes = plt.subplots(2, 2, figsize=(9.5, 4.6), width_ratios=[1, 1.3])
for row, (reach, n) in enumerate(((1, 16), (6, 64))):
    x = np.sort(generator.uniform(-reach, reach, (n, 1)), axis=0)
    y = np.sin(1.7 * x[:, 0]) + 0.02 * generator.standard_normal(n)
    values = program(torch.from_numpy(x), prior_constants)[:, 0, 0].numpy()
    with np.errstate(all="ignore"):  # weight and intercept are solved for: compare by correlation
        values = values - values.mean(1, keepdims=True)
        r2 = (values @ (y - y.mean())) ** 2 / ((values**2).sum(1) * y.var() * n)
    kept = np.flatnonzero(np.nan_to_num(r2) > 0.99)
    names_kept = Counter(str(Expression(canonical_terms(decode(prior_codes[i]))[0])) for i in kept)
    best = names_kept.most_common(6)
    axes[row, 0].plot(x[:, 0], y, ".", color=style.OKABE_ITO[1])
    axes[row, 0].set(ylabel="y", title=f"{n} points, |x| < {reach}")
    axes[row, 1].barh(range(len(best))[::-1], [share / len(kept) for _, share in best])
    axes[row, 1].set_yticks(range(len(best))[::-1], [name for name, _ in best], fontsize=8.5)
    axes[row, 1].set(xlim=(0, 1), title=f"{len(kept)} of {len(r2)} draws fit (R² > 0.99)")
    lab.record(**{f"posterior_{reach}": names_kept["sin(C*x0)"] / max(len(kept), 1)})
axes[1, 0].set_xlabel("x0")
axes[1, 1].set_xlabel("share of the draws that fit")
plt.show()

# %% [markdown]
# On the narrow range many formulas say the same; no method can know, and a good network should
# *spread* its probability. On the wide range only the truth is left, but blind draws hit it rarely.
# A network that has learned the posterior answers both questions in one pass, with no draws thrown
# away.
# (The title "of so many draws fit" is also the bill for doing it blindly. Section 9 pays it.)
#
# Now one training example, exactly as notebook 06 will use it: points, the features made of them,
# and the answer.

# %%
batches = make_chunk(replace(PRESETS["tiny"], points=(64, 64)), chunk=SEED)
batch = next(b for b in batches if (b.n_variables == 2).any())
row = int(torch.nonzero(batch.n_variables == 2)[0, 0])
formula_plots.training_example(batch, row, trees.words(batch.tokens[row]))
plt.show()
print("x", tuple(batch.x.shape), " y", tuple(batch.y.shape), " tokens", tuple(batch.tokens.shape))

# %% [markdown]
# Each column of the right-hand picture is one point: the six places for variables (unused ones stay
# zero) under four views, which places are in use, and $y$ in two views. Points are a *set*:
# notebook 06 reads them with a network that does not care about their order. The numbers in the
# last line are batch × points × variables, batch × points, batch × longest sequence (shorter ones
# are padded).
#
# ## 7 · Failure: the same examples again
#
# *What can go wrong with data that are made up?* They can be made up twice. Data are drawn by
# several worker processes. If each worker starts its generator from the same seed, all of them make
# the same examples. Nothing crashes. Let us do it.


# %%
def draw_chunk(*key):
    """512 drawn functions: correlations with a library (features), which operators occur (0/1)."""
    functions = random_functions(RandomFunctions(), 512, 64, np.random.default_rng(key))
    found = [set().union(*map(set, canonical_terms(decode(row)))) for row in functions.codes]
    answers = [[operator in tokens for operator in OPERATORS] for tokens in found]
    return correlations(functions.x, functions.y), torch.tensor(answers, dtype=torch.float32)


POSITIONS = 3  # chunks that each worker draws
workers = range(budget.workers)
# the wrong way: the number of the worker is forgotten
same_seed = [draw_chunk(SEED, position) for position in range(POSITIONS) for _ in workers]
# the right way: everything that tells two chunks apart goes into the seed
own_seed = [draw_chunk(SEED, p, worker) for p in range(POSITIONS) for worker in workers]
print(f"{len(same_seed)} chunks in both streams, {sum(len(c[0]) for c in own_seed)} examples")

# %% [markdown]
# A tiny network is to tell from the features which of the nineteen operators occur in the formula.
# Its loss (binary cross-entropy) is plotted as it would be in a real training run. Each chunk is
# used once.
#
# **Predict:** which of the two streams gives the better-looking training loss?


# %%
def train(stream, unseen):
    """One pass over a stream of chunks: [(training loss, loss on unseen functions), …]."""
    torch.manual_seed(SEED)
    measure = torch.nn.BCEWithLogitsLoss()
    network = torch.nn.Sequential(
        torch.nn.Linear(unseen[0].shape[1], 256),
        torch.nn.ReLU(),
        torch.nn.Linear(256, len(OPERATORS)),
    )
    optimiser, curve = torch.optim.Adam(network.parameters(), 2e-3), []
    for features, answers in stream:
        losses = []
        for part, wanted in zip(features.split(64), answers.split(64), strict=True):
            loss = measure(network(part), wanted)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        with torch.no_grad():
            curve.append((np.mean(losses), measure(network(unseen[0]), unseen[1]).item()))
    return np.array(curve)


unseen = [draw_chunk(SEED, 99, k) for k in range(4)]  # no stream has a position 99
unseen = [torch.cat(parts) for parts in zip(*unseen, strict=True)]
# mixed, as by a loader that takes whatever is ready
order = fresh(19).permutation(len(same_seed))
wrong = train([same_seed[k] for k in order], unseen)
right = train([own_seed[k] for k in order], unseen)
figure, axes = plt.subplots(figsize=(7.5, 3.4))
for curve, colour, name in ((wrong, "#D55E00", "same seed"), (right, "#0072B2", "own seeds")):
    axes.plot(curve[1:, 0], ":", color=colour, label=f"{name}: training")
    axes.plot(curve[1:, 1], "-", color=colour, label=f"{name}: fresh functions")
axes.set(xlabel="chunks seen", ylabel="cross-entropy (nats per operator)")
axes.legend(fontsize=8.5, ncols=2, loc="upper center", bbox_to_anchor=(0.5, 1.2))
plt.show()
for name, curve in (("same seed", wrong), ("own seeds", right)):
    print(f"{name}: training loss {curve[-3:, 0].mean():.3f}, fresh {curve[-3:, 1].mean():.3f}")
lab.record(
    wrong_training=wrong[-3:, 0].mean(), wrong_fresh=wrong[-3:, 1].mean(),
    right_training=right[-3:, 0].mean(), right_fresh=right[-3:, 1].mean(),
)  # fmt: skip

# %% [markdown]
# The broken run has the *better* training loss. Only fresh functions, drawn from an unrelated seed,
# give it away. Two safeguards: evaluate on an unrelated seed from the first minute, and count.
#
# ### Exercise 4 · Count the unique examples (medium, 10 min)
#
# Given a list of chunks, each an array (n, k) with one example per row, compute the share of
# distinct rows among all rows of all chunks.
#
# <details><summary>Hint</summary>
# Stack the chunks; <code>np.unique</code> has an argument <code>axis</code>. Or put
# <code>row.tobytes()</code> into a set.</details>


# %%
def share_unique(chunks):
    """List of (n, k) arrays -> number of distinct rows divided by the number of rows."""
    ### BEGIN SOLUTION
    rows = np.concatenate(chunks)
    return len(np.unique(rows, axis=0)) / len(rows)
    ### END SOLUTION


# %% tags=["check"]
share_unique = checks.exercise("05.4", share_unique)

# %%
for name, stream in (("same seed", same_seed), ("own seeds", own_seed)):
    share = share_unique([features.numpy() for features, _ in stream])
    print(f"{name}: {share:.1%} of the examples are unique")
    lab.record(**{f"unique_{name.replace(' ', '_')}": share})
print()
print(inspect.getsource(make_chunk).split("n_points")[0].split('"""')[2].strip())

# %% [markdown]
# The last line is how the package seeds a chunk: a hash of the run's seed, the number of the chunk,
# and whether it is held out. (`Batch.fingerprint` is there to compare chunks.)
#
# ## 8 · Failure: the test is in the training data
#
# *Fresh examples from an unrelated seed: is that a fair test?* The points are new. The formulas
# need not be. Short skeletons are drawn again and again. We take functions with one term in one or
# two variables, and a **memoriser** for a rival: it looks up the training example whose features
# are nearest and repeats its skeleton. It cannot know a skeleton that it has not seen.
#
# **Predict:** of 400 test examples drawn after thousands of training examples, how many have a
# skeleton that occurred in training?

# %%
one_term = RandomFunctions(n_variables=(0.5, 0.5), grammar=Grammar(n_terms=(1,)), noise=0.0)
small_world = random_functions(one_term, budget.leak, 64, fresh(21))
world_terms = [canonical_terms(decode(row)) for row in small_world.codes]
world_keys = np.array([skeleton_key(terms) for terms in world_terms], dtype=np.uint64)
parts = zip(small_world.x.split(1000), small_world.y.split(1000), strict=True)  # saves memory
looks = torch.cat([torch.nn.functional.normalize(correlations(*part), dim=1) for part in parts])


def memoriser(test, training):
    """Share of the test examples whose skeleton (up to names) the nearest neighbour has."""
    near = (looks[test] @ looks[training].T).abs()  # the sign of a coefficient does not matter
    nearest = training[near.argmax(1).numpy()]
    return (world_keys[test] == world_keys[nearest]).mean()


everyone, n_test = np.arange(len(world_terms)), 400
sizes = np.unique(np.geomspace(100, 0.8 * len(everyone), 8).astype(int))
hashed = world_keys % 8 == 0  # hold out one skeleton in eight, by a hash of the skeleton
print(
    f"{'training':>9} {'seen before':>12} {'memoriser':>10} {'seen, hashed':>13} {'memoriser':>10}"
)
table = []
for n in sizes:
    training, test = everyone[n_test : n_test + n], everyone[:n_test]  # split by example
    row = [n, np.isin(world_keys[test], world_keys[training]).mean(), memoriser(test, training)]
    training, test = everyone[~hashed][:n], everyone[hashed][:n_test]  # split by skeleton
    row += [np.isin(world_keys[test], world_keys[training]).mean(), memoriser(test, training)]
    table.append(row)
    print(f"{row[0]:9d} {row[1]:12.0%} {row[2]:10.1%} {row[3]:13.0%} {row[4]:10.1%}")
table = np.array(table)

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(7, 3.3))
for column, look, name in (
    (1, dict(color="#D55E00", linestyle="-", marker="o"), "by example: skeleton seen before"),
    (2, dict(color="#D55E00", linestyle=":", marker="x"), "by example: memoriser right"),
    (3, dict(color="#0072B2", linestyle="-", marker="s"), "by skeleton: seen before"),
    (4, dict(color="#0072B2", linestyle=":", marker="+"), "by skeleton: memoriser right"),
):  # fmt: skip
    axes.plot(table[:, 0], table[:, column], markersize=5, label=name, **look)
axes.set(xscale="log", xlabel="training examples", ylabel="share of the test", ylim=(-0.03, 1))
style.plain_log_axis(axes)
axes.legend(fontsize=8.5, ncols=2, loc="upper center", bbox_to_anchor=(0.5, 1.28))
plt.show()
lab.record(leak=table[-1, 1], memoriser_leaky=table[-1, 2], leak_hashed=table[-1, 3],
           memoriser_hashed=table[-1, 4])  # fmt: skip

# %% [markdown]
# With a split by example most of the test has been seen, and the memoriser scores without knowing
# anything: and better with more training data. With a split by *skeleton* it scores
# nothing, by construction.
#
# The package decides by a hash of the skeleton: one in 64 is held out, everywhere and for ever,
# without keeping a list. The hash must not depend on names or order, or $x_0 \sin x_1$ would be in
# training and its twin $x_1 \sin x_0$ in the test.
#
# ### Exercise 5 · The same skeleton under other names (harder, 20 min)
#
# Write a function that says whether two skeletons are the same up to the names of the variables,
# the order of terms and the order in sums and products. A skeleton is a tuple of terms, each a
# prefix tuple, with at most three variables. `canonical_terms` takes care of order; names are left
# to you.
#
# <details><summary>Hint</summary>
# <code>itertools.permutations</code> of the names; rename one skeleton in every possible way and
# compare canonical forms.</details>


# %%
def same_skeleton(a, b):
    """Tuples of prefix tuples, e.g. (("sin", "x0"), ("x1",)) -> bool."""
    ### BEGIN SOLUTION
    names = sorted({token for term in (*a, *b) for token in term if token[0] == "x"})
    for renamed in permutations(names):
        new = dict(zip(names, renamed, strict=True))
        trial = tuple(tuple(new.get(token, token) for token in term) for term in a)
        if canonical_terms(trial) == canonical_terms(b):
            return True
    return False
    ### END SOLUTION


# %% tags=["check"]
same_skeleton = checks.exercise("05.5", same_skeleton)

# %% [markdown]
# Trying all renamings is fine for three variables and hopeless as a hash. The package describes
# each variable by the terms that it stands in, spells the formula with these descriptions in place
# of names, and hashes the text. A formula, renamed and reordered in all ways, against that rule:

# %%
formula = Expression.from_text("x0*sin(x1) + x2 + x0*x2").prefix
versions = set()
for names in permutations(("x0", "x1", "x2")):
    rename = dict(zip(("x0", "x1", "x2"), names, strict=True))
    versions.add(canonical_terms((tuple(rename.get(token, token) for token in formula),)))
print(f"{len(versions)} spellings, {len({skeleton_key(v) for v in versions})} key")
held = np.mean([is_held_out(terms) for terms in spellings["canonical"]])
print(f"held out: {held:.2%} of {len(codes):,} draws; 1/{HELD_OUT} = {1 / HELD_OUT:.2%}")
both = {(a, b) for a in world_terms[:60] for b in world_terms[:60]}
agree = np.mean([same_skeleton(a, b) == (skeleton_key(a) == skeleton_key(b)) for a, b in both])
print(f"your function and the key agree on {agree:.1%} of {len(both)} pairs")
kept_in = {t for terms in spellings["canonical"] if not is_held_out(terms) for t in terms}
kept_out = [t for terms in spellings["canonical"] if is_held_out(terms) for t in terms]
known = np.mean([term in kept_in for term in kept_out])
print(f"single terms of held-out skeletons that also occur in others: {known:.0%}")
lab.record(known_terms=known)
lab.record(keys=len({skeleton_key(v) for v in versions}), held_out=held, agreement=agree)

# %% [markdown]
# What the rule does *not* do shows in the last line: a held-out skeleton is new as a whole, but
# most of its terms are seen in other company. The test asks for new combinations, not for new
# words.
#
# ## 9 · Guessing blindly
#
# *What must a trained transformer beat?* The cheapest method there is: draw skeletons from the
# prior without looking at the data, fit the constants of each, stop when one is exact. A draw is
# right with probability $p$, independently of the others, so the number of draws $N$ until the
# first hit has the **geometric distribution**
#
# $$ P(N > n) = (1 - p)^n, \qquad E[N] = \frac1p . $$
#
# Let us see whether reality agrees. From a long stream of draws over three variables take three
# skeletons. The first half of the stream gives $p$ by counting, the second half the waiting times.

# %%
stream = [canonical_terms(decode(row)) for row in skeletons(Grammar(), budget.draws, 3, fresh(22))]
half = len(stream) // 2
first_half, second_half = Counter(stream[:half]), stream[half:]
shown = {"x0": (("x0",),), "sin(x1)": (("sin", "x1"),),
         "sin(x0) and x2 (pendulum)": (("x2",), ("sin", "x0"))}  # fmt: skip
figure, axes = plt.subplots(figsize=(7, 3.3))
for (name, terms), colour in zip(shown.items(), style.OKABE_ITO, strict=False):
    p = max(first_half[canonical_terms(terms)], 1) / half
    hits = np.flatnonzero([t == canonical_terms(terms) for t in second_half])
    waits = np.sort(np.diff(hits, prepend=-1)) if len(hits) else np.array([half])
    axes.step(waits, 1 - np.arange(1, len(waits) + 1) / len(waits), color=colour, where="post",
              label=f"{name}: {len(waits)} waits")  # fmt: skip
    n = np.geomspace(1, max(6 / p, 10), 100)
    axes.plot(n, (1 - p) ** n, "--", color=colour, linewidth=1)
    print(f"{name:<26} p = {p:.5f}, 1/p = {1 / p:6.0f}, mean wait {waits.mean():6.0f}")
    lab.record(**{f"wait_{len(terms)}_{terms[0][0]}": waits.mean() * p})
axes.set(xscale="log", xlabel="draws n", ylabel="share of waits longer than n",
         title="Measured (steps) and (1 − p)ⁿ (dashed)")  # fmt: skip
axes.set_xticks([1, 10, 100, 1000, 10_000], ["1", "10", "100", "1,000", "10,000"])
axes.legend(fontsize=8.5)
plt.show()

# %% [markdown]
# Steps and dashes agree as well as the number of waits allows; of the rarest skeleton there are
# few, so its $p$ and its mean wait are rough.
#
# ### Exercise 6 · How many draws for a good chance? (medium, 10 min)
#
# The mean hides the tail. Write how many draws give at least the probability `chance` of having met
# a skeleton of probability `p`: the smallest whole $n$ with $1 - (1-p)^n \ge$ `chance`.
#
# <details><summary>Hint</summary>
# Solve (1 − p)ⁿ = 1 − chance for n with logarithms, then round up.</details>


# %%
def draws_needed(p, chance):
    """Probability of a hit per draw, wanted probability of a hit -> number of draws."""
    ### BEGIN SOLUTION
    return np.ceil(np.log(1 - chance) / np.log(1 - p))
    ### END SOLUTION


# %% tags=["check"]
draws_needed = checks.exercise("05.6", draws_needed)

# %%
print(f"the toy skeleton of exercise 1: mean {1 / toy_probability:.0f} draws,", end=" ")
print(f"95 % chance after {draws_needed(toy_probability, 0.95):.0f}")

# %% [markdown]
# ### Longer formulas are far rarer
#
# Take 2,000 new skeletons from the prior and look each up in the stream. For how many is $p$ so
# small that the whole stream does not contain it?

# %%
lookup, n_stream = Counter(stream), len(stream)
new = [t for t in Grammar().sample(2000, 3, fresh(23)) if t]
size = np.array([sum(map(len, terms)) + len(terms) - 1 for terms in new])
times = np.array([lookup[terms] for terms in new])
bins = [(1, 1), (2, 3), (4, 6), (7, 9), (10, 13), (14, 18), (19, 40)]
figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.2))
never = []
for k, (low, high) in enumerate(bins):
    found = times[(size >= low) & (size <= high)]
    never.append((found == 0).mean())
    wait = n_stream / found[found > 0]
    axes[0].plot(k + fresh(24).uniform(-0.25, 0.25, len(wait)), wait, ".", markersize=3, alpha=0.5)
axes[0].axhline(n_stream, color=style.INK, linestyle=":", linewidth=1)
axes[0].text(5, n_stream * 0.8, "seen once", fontsize=8.5, va="top", ha="center")
axes[0].set(yscale="log", ylabel="expected draws 1/p", title="Skeletons that the stream contains")
axes[1].bar(range(len(bins)), never, color="#888888")
axes[1].set(ylabel="share", title=f"Not once in {n_stream:,} draws", ylim=(0, 1.05))
for ax in axes:
    ax.set_xticks(range(len(bins)), [f"{a}–{b}" if a < b else f"{a}" for a, b in bins], fontsize=9)
    ax.set_xlabel("tokens of the skeleton")
plt.show()
print("never seen:", "  ".join(f"{a}–{b}: {s:.0%}" for (a, b), s in zip(bins, never, strict=True)))
lab.record(never_short=never[0], never_long=never[-1])

# %% [markdown]
# ### Why it works better than that
#
# The right *skeleton* is more than is needed. A draw that contains the right terms and others
# besides fits just as well: the superfluous ones get the weight zero. So does $\sin(C x_0)$ for
# $\sin x_0$. On the pendulum's real steps:
#
# **Predict:** the skeleton $\{\sin x_0, x_2\}$ has the $1/p$ above. How many draws until an *exact
# fit*, ten times fewer or a thousand times fewer?


# %%
def blind_search(x, y, n_draws, generator):
    """Draw skeletons and fit each on 96 points: (skeletons, 1 − R² of each draw, CPU-seconds)."""
    begun = time.process_time()
    drawn = Grammar().sample(n_draws, x.shape[1], generator)
    unique = list(dict.fromkeys(drawn))  # fitted once, counted as often as drawn
    rows = generator.permutation(len(x))
    fits = levenberg_marquardt(unique, x[rows[:96]], y[rows[:96]], generator, starts=4)
    loss = {}
    for terms, fit in zip(unique, fits, strict=True):
        loss[terms] = fit.loss
        if fit.loss < EXACT:  # a fluke would not survive the points that were not fitted
            left = rows[96:]
            loss[terms] = np.mean((fit.expression()(x[left]) - y[left]) ** 2) / y.var()
    return drawn, np.array([loss[terms] for terms in drawn]), time.process_time() - begun


EXACT = 1e-9  # 1 − R²: observations have the digits of float32, no wrong formula comes that far
TRUE_TERMS = {
    "theta_dot": {("sin", "x0"), ("x2",)},
    "theta": {("sin", "x0"), ("x1",), ("x2",)},
}
blind = {}
for k, (target, true) in enumerate(TRUE_TERMS.items()):
    y = increments[:, 1 - k] / increments[:, 1 - k].std()
    drawn, loss, seconds = blind_search(inputs, y, budget.tries, fresh(25, k))
    hit = loss < EXACT
    sort = Counter(
        "just the terms" if set(t) == true else "and others" if set(t) > true else "other words"
        for t, good in zip(drawn, hit, strict=True) if good
    )  # fmt: skip
    draws = len(hit) / max(hit.sum(), 1)
    blind[target] = dict(hits=hit.sum(), draws=draws, seconds=draws * seconds / len(drawn))
    print(f"Δ{target}: {hit.sum()} of {len(drawn)} draws are exact {dict(sort)}")
    print(f"   one in {'more than ' * (not hit.any())}{draws:.0f}; "
          f"{1e3 * seconds / len(drawn):.2f} CPU-ms a draw, "
          f"so {blind[target]['seconds']:.2f} CPU-s to an exact equation")  # fmt: skip
lab.record(blind=blind)

# %% [markdown]
# Sobering, and worth remembering: on this world blind guessing needs no more than that. The
# transformer must not be praised for finding the pendulum's equations. Where could it earn its
# place? On functions for which $1/p$ is out of reach. So we try held-out random functions, of up to
# six variables and five terms, drawn like the benchmark's, and count how many are found after $n$
# draws.

# %%
problems = random_suite(budget.functions, seed=1000 + SEED)
first_hit, search_seconds, told = [], [], []
for k, problem in enumerate(progress.steps(problems, "blind search")):
    x = problem.points(192, fresh(26, k))
    y = problem.truth(x)
    y = (y - y.mean()) / y.std()
    _, loss, seconds = blind_search(x, y, budget.function_tries, fresh(27, k))
    hits = np.flatnonzero(loss < EXACT)
    first_hit.append(1 + hits[0] if hits.size else np.inf)
    search_seconds.append(seconds)
    answer = terms_of(problem.truth.prefix)  # and if the right skeleton were known?
    told.append(levenberg_marquardt([answer], x[:96], y[:96], fresh(30, k))[0].loss < EXACT)
first_hit, mean_seconds = np.array(first_hit), np.mean(search_seconds)
easy = np.array([p.kind == "one or two terms, flat" for p in problems])
for name, some in (("one or two flat terms", easy), ("three or more terms, or nested", ~easy)):
    print(f"{name:<31} {np.isfinite(first_hit[some]).sum()} of {some.sum()} found")
print(f"{budget.function_tries} draws cost {mean_seconds:.1f} CPU-s a function")
print(f"told the right skeleton, the fit of its constants is exact for {sum(told)} of {len(told)}")
lab.record(found_told=np.mean(told))

# %% [markdown]
# Compare the last line with the first two: fitting is not what limits the search, drawing is.
#
# One more step costs little: terms of *different* draws may be combined. If one draw contains
# $\sin x_0$ and another $x_1$, the sum is worth a try. That is **recombination**, and
# `SymbolicRegressor(method="prior")` does it (notebook 07 takes it apart).

# %%
pooled, pooled_seconds = [], []
for k, problem in enumerate(progress.steps(problems, "recombination")):
    x = problem.points(192, fresh(26, k))
    y = problem.truth(x)
    regressor = SymbolicRegressor(method="prior", max_time=None, random_state=SEED)
    regressor.fit(x[:96], y[:96])
    pooled.append(1 - regressor.score(x[96:], y[96:]) < 1e-8)
    pooled_seconds.append(regressor.fit_time_)
pooled = np.array(pooled)

draws = np.unique(np.geomspace(1, budget.function_tries, 60).astype(int))
figure, axes = plt.subplots(figsize=(7.5, 3.5))
per_draw = mean_seconds / budget.function_tries
for name, some, colour, line in (
    ("one or two flat terms", easy, "#0072B2", "-"),
    ("three or more, or nested", ~easy, "#D55E00", "--"),
):
    if some.any():
        axes.step(draws, [(first_hit[some] <= n).mean() for n in draws], line, color=colour,
                  where="post", label=f"{name} ({some.sum()})")  # fmt: skip
        at = np.mean(np.array(pooled_seconds)[some]) / per_draw
        axes.plot(at, pooled[some].mean(), "*", markersize=12, color=colour,
                  label="… with recombination")  # fmt: skip
axes.set(xscale="log", xlabel="draws (stars: draws that take as long)", ylim=(-0.03, 1.05),
         ylabel="share found exactly")  # fmt: skip
style.plain_log_axis(axes)
axes.legend(fontsize=8.5, loc="upper left")
plt.show()

# %%
print("To beat, on this machine:")
print(f"{'':<40} {'found':>7} {'CPU-s each':>11}")
for target, row in blind.items():
    name = f"pendulum, Δ{target}, {row['draws']:.0f} blind draws"
    print(f"{name:<40} {'yes' if row['hits'] else 'no':>7} {row['seconds']:11.2f}")
for name, good, seconds in (
    (
        f"random functions, {budget.function_tries} blind draws",
        np.isfinite(first_hit),
        mean_seconds,
    ),
    ("random functions, prior + recombination", pooled, np.mean(pooled_seconds)),
):
    print(f"{name:<40} {f'{good.sum()}/{len(good)}':>7} {seconds:11.2f}")
lab.record(found_blind=np.isfinite(first_hit).mean(), found_pooled=pooled.mean(),
           seconds_blind=mean_seconds, seconds_pooled=np.mean(pooled_seconds))  # fmt: skip

# %% [markdown]
# This table is the baseline of notebooks 06 and 07. Compare its last two rows: recombination, not
# the number of draws, is what time is best spent on. And note its advantage: the test functions
# come from the very prior that is searched, so blind search is at its best here.
#
# ## 10 · Failure: a prior that never says it
#
# *What if nature uses a term that the prior hardly ever produces?* Drag is $|v|\,v$; rigid bodies
# bring products such as $\sin\theta\cos\theta$ and $\omega^2\sin\theta$. The grammar has a few
# rules for just these. Take them out and count again.

# %%
SPECIAL = [("SIZE", "AGAIN"), ("VARIABLE", "SPEED"), ("SINE", "COSINE_AGAIN"),
           ("VARIABLE", "POWER_AGAIN"), ("VARIABLE", "SATURATION")]  # fmt: skip
plain_rules = MECHANICS | {"TERM": tuple(r for r in MECHANICS["TERM"] if r[2] not in SPECIAL)}
needed = {
    "drag |v| v": "abs(x1)*x1",
    "drag in the plane v √(v² + w²)": "x0*sqrt(x0**2 + x1**2)",
    "sin θ cos θ": "sin(x0)*cos(x0)",
    "centrifugal ω² sin θ": "x1**2*sin(x0)",
    "cart-pole ω² sin θ cos θ": "x1**2*sin(x0)*cos(x0)",
}
plain_stream = Grammar(rules=plain_rules).sample(len(stream) // 4, 3, fresh(28))
shares = {}
for name, source_of in (("with the rules", stream), ("without", plain_stream)):
    each = Counter(term for terms in source_of for term in set(terms))
    shares[name] = [
        each[canonical_terms((Expression.from_text(text).prefix,))[0]] / len(source_of)
        for text in needed.values()
    ]
print(f"{'term':<32} {'with the rules':>15} {'without':>10}   expected draws without")
for text, a, b in zip(needed, *shares.values(), strict=True):
    draws_text = f"{1 / b:10,.0f}" if b else f"more than {len(plain_stream):,}"
    print(f"{text:<32} {a:15.4%} {b:10.4%}   {draws_text}")
lab.record(drag_with=shares["with the rules"][0], drag_without=shares["without"][0])

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(8, 2.9))
places = np.arange(len(needed))[::-1]
for (name, values), n, mark, colour in zip(
    shares.items(), (len(stream), len(plain_stream)), "os", ("#0072B2", "#D55E00"), strict=True
):  # fmt: skip
    values = np.array(values)
    axes.plot(values[values > 0], places[values > 0], mark, color=colour, label=name)
    axes.plot(np.full((values == 0).sum(), 1 / n), places[values == 0], "<", color=colour,
              markerfacecolor="none", markersize=9)  # fmt: skip
axes.set_yticks(places, list(needed))
axes.set(xscale="log", xlabel="share of formulas with this term (open arrow: never seen, so below)")
axes.legend(fontsize=8.5, loc="lower right")
plt.show()

# %% [markdown]
# (Where a share rests on a handful of hits, do not read much into it.)
#
# The last line is rare in both: $\omega^2\sin\theta\cos\theta$ stands in the equations of a
# cart-pole, and no rule was made for it. Here the prior's opinion ends, and with it what any
# network trained on it will readily say.
#
# So give every wanted term a rule with a large weight? Probabilities add up to one. Turn up drag,
# and something else goes down. **Predict** what happens to the pendulum's terms.

# %%
weights, drag, pendulum = [0.0, 1.2, 5.0, 20.0, 80.0], [], []
for k, weight in enumerate(weights):
    rules = tuple(
        (weight, *r[1:]) if r[2] == ("SIZE", "AGAIN") else r for r in MECHANICS["TERM"]
    )  # fmt: skip
    several = Grammar(rules=MECHANICS | {"TERM": rules}).sample(budget.draws // 10, 3, fresh(29, k))
    drag.append(np.mean([("mul", "x1", "abs", "x1") in terms for terms in several]))
    pendulum.append(np.mean([TRUE_TERMS["theta_dot"] <= set(terms) for terms in several]))
figure, axes = plt.subplots(figsize=(6.5, 3))
axes.plot(range(5), drag, "o-", label="formulas with |x1| x1")
axes.plot(range(5), pendulum, "s--", label="formulas with sin x0 and x2")
axes.set_xticks(range(5), [f"{w:g}" for w in weights])
axes.set(
    yscale="log", xlabel="weight of the drag rule (1.2 in the package)", ylabel="share of draws"
)
axes.legend(fontsize=8.5)
plt.show()
print("drag    ", "  ".join(f"{s:.2%}" for s in drag))
print("pendulum", "  ".join(f"{s:.3%}" for s in pendulum))
lab.record(drag_by_weight=drag, pendulum_by_weight=pendulum)

# %% [markdown]
# A prior is a budget. Fine-tuning (notebook 08) spends it on one world; a general prior spreads it.
#
# ## Quick quiz
#
# <details><summary>Why can a network for formulas be trained without real data?</summary> Because
# the hard direction, points to formula, has an easy reverse. Any number of questions with known
# answers can be made, and cross-entropy on them leads to the posterior under the prior.</details>
#
# <details><summary>Why not a classifier over all formulas?</summary>
# The number of distinct formulas keeps growing with the number of draws. Sequences are built from a
# small vocabulary instead, and the mask keeps them grammatical.</details>
#
# <details><summary>Your training loss falls twice as fast as that of your neighbour, who uses the
# same network. What do you check first?</summary> Whether your examples are unique, and the loss on
# functions from an unrelated seed.</details>
#
# <details><summary>May x be standardised like y?</summary> Divided, yes, at the price of constants;
# shifted, no: sines and products change their form.</details>
#
# <details><summary>A skeleton has p = 1/500. After 500 blind draws, has it surely been
# met?</summary> No: (1 − 1/500)⁵⁰⁰ ≈ 0.37, so more than a third of all searches are still
# waiting.</details>
#
# ## What to remember
#
# - Make up the answer, compute the question. The prior decides what can ever be found.
# - A grammar is an opinion about formulas with explicit weights; naive trees are leaves or towers.
# - One spelling for each formula; y standardised, x never shifted; undefined functions out.
# - Count unique examples, and hold out by skeleton: a falling training loss proves nothing.
# - Blind search needs $1/p$ draws. That number stands beside every result of a transformer.
#
# ## What next
#
# Notebook 06 trains a small transformer on exactly these examples; notebook 07 compares it with the
# table of section 9. To go on here: change a weight of `MECHANICS` and draw again, or find a law of
# physics whose term the grammar cannot write at all.
#
# ## References
#
# - G. Lample, F. Charton, *Deep Learning for Symbolic Mathematics*, ICLR 2020, arXiv:1912.01412:
#   formulas as prefix sequences, training pairs made backwards.
# - P.-A. Kamienny, S. d'Ascoli, G. Lample, F. Charton, *End-to-end symbolic regression with
#   transformers*, NeurIPS 2022, arXiv:2204.10532: random functions, number tokens, prefix form.
# - L. Biggio, T. Bendinelli, A. Neitz, A. Lucchi, G. Parascandolo, *Neural Symbolic Regression that
#   Scales*, ICML 2021, arXiv:2106.06427: skeletons proposed, constants fitted.
# - B. Weisfeiler, A. Leman, *The reduction of a graph to canonical form and the algebra which
#   appears therein*, 1968: the refinement behind the key of section 8.
# - A. Gorodetskiy, K. Mironov, A. Panov, *Model-based Policy Optimization using Symbolic World
#   Model*, 2024, arXiv:2407.13518.
