# %% [markdown]
# # 05 · Random functions
#
# A network that reads points and writes formulas needs millions of examples: points with the
# right formula beside them. Nobody owns such a collection. So we make it ourselves: we draw
# formulas at random and compute their points. This notebook is about what to draw. It ends with a
# method that the network has to beat: guessing blindly.
#
# **You will be able to**
# - write down a prior over formulas as a grammar, sample from it, and compute what it favours;
# - read a formula that is written as a sequence of tokens;
# - tell when a test repeats the training data under other names;
# - compute how long blind guessing needs for an equation.
#
# **Before you start:** formulas as trees and fitting constants (notebook
# [04](04_symbolic_regression.ipynb)); what a training loss and a test loss are.
# **Time:** about 2 minutes of computing, on one core.
# **Memory:** under 1.5 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
from collections import Counter
from itertools import permutations

import matplotlib.pyplot as plt
import numpy as np

from symtut.expressions import MECHANICS, Expression, Grammar, canonical_terms
from symtut.lab import checks, style
from symtut.lab.scenes import nb05_blind_search as blind
from symtut.lab.scenes import nb05_figures as figures
from symtut.lab.scenes import nb05_formula_plots as formula_plots
from symtut.lab.scenes import nb05_priors as priors

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(trees=1000, draws=16_000, guesses=4000, leak=3000, workers=7, tries=768,
               functions=2, function_tries=96),
    lab=dict(trees=4000, draws=150_000, guesses=20_000, leak=8000, workers=16, tries=4096,
             functions=24, function_tries=1024),
    paper=dict(trees=20_000, draws=500_000, guesses=100_000, leak=60_000, workers=32,
               tries=16_384, functions=100, function_tries=4096),
)  # fmt: skip
plt.rcParams["figure.dpi"] = 70  # many figures: keeps the file small


def fresh(*key):
    """A generator of its own for each place: results do not depend on the order of cells."""
    return np.random.default_rng(np.random.SeedSequence([SEED, *key]))


# %% [markdown]
# ## 1 · Make up the answer first
#
# *Why random functions?* Because from points to a formula is hard, and from a formula to points is
# one evaluation. So we go the easy way: make up a formula, compute its points, and give both to the
# learner as a question and its answer. (Lample and Charton taught a network to integrate like this:
# differentiating is easy.)
#
# **Predict:** below are six formulas made up by the program. Will they look like homework, like
# physics, or like noise?

# %%
drawn, telling, making_seconds = priors.readable(1000, fresh(1))
style.show_figure(
    formula_plots.wall(drawn, telling[:6]),
    "Six random functions, each under its formula: curves through points, and coloured maps.",
)
print(f"{len(drawn.codes)} of 1000 drawn were usable; {making_seconds:.1e} CPU-s for each")

# %% [markdown]
# The dots (rings on the maps) are the question, the formula above them is the answer. A formula of
# one variable is a curve, one of two variables a coloured map (dark is low, bright is high). It
# looks more like physics than like noise: sums of short terms, products, powers, functions of one
# angle. (*Usable* are those whose values are finite and differ from point to point; section 2
# counts the others.)
#
# Now the other way round. We search for the shortest of the six from its points:

# %%
shortest = min(telling[:6], key=lambda i: (drawn.codes[i] > 0).sum())
d = drawn.n_variables[shortest]
x, y = drawn.x[shortest, :, :d].double().numpy(), drawn.y[shortest].double().numpy()
regressor = blind.prior_search(x, y, SEED)
print("made up:", drawn.expression(shortest).text())
print("found:  ", regressor.equations_[0]["equation"])
ratio = regressor.fit_time_ / making_seconds
print(f"searching took {regressor.fit_time_:.1e} CPU-s, {ratio:,.0f} times as long as making")
lab.record(search_over_making=ratio)

# %% [markdown]
# (If the two look different, they may be two spellings of one function: multiply both out.)
#
# This ratio is why made-up data pay: a question with its answer costs next to nothing. The network
# pays the price of searching once, in training.
#
# What does it learn? Write $f$ for a formula and $D$ for its points. We draw $f$ from a
# distribution $p(f)$, the **prior**, and then $D$ from $p(D \mid f)$. A network $q(f \mid D)$ is
# trained to give the drawn answer a high probability. On average over all pairs the best it can do
# is
#
# $$ q(f \mid D) = p(f \mid D) = \frac{p(D \mid f)\, p(f)}{\sum_{g} p(D \mid g)\, p(g)} , $$
#
# where the sum runs over all formulas $g$. This is the **posterior**: which formulas could have
# made these points, and how probable each is. Real data never enter, but the prior does. A formula
# that has probability zero in $p(f)$ will never be proposed.
#
# ## 2 · Drawing a tree
#
# *How does one draw a formula?* As a tree. Operators are inner nodes; variables and numbers are
# leaves. Read from the root, parents before children and left before right, the tree becomes a
# sequence. This is the **prefix form**, and it needs no brackets. `C` stands for a number that is
# not known yet.

# %% tags=["hide-input"]
style.show_figure(
    formula_plots.example_tree("2*x1*cos(x0) - x2").figure,
    "The tree of 2*x1*cos(x0) - x2: minus on top, below it the product and x2. Its prefix form is "
    "sub mul mul C x1 cos x0 x2.",
)

# %% [markdown]
# ### The naive way
#
# At each node toss a coin. With probability $c$ write an operator, each of the nineteen equally
# likely, and go on with its arguments; otherwise write a leaf. Eight formulas with $c = 0.6$:

# %%
for terms in priors.skeletons(priors.naive(0.6), 8, 2, fresh(3)):
    print("  ", Expression(terms[0]))
for c in (0.5, 0.7, 0.85):
    size = priors.sizes(priors.naive(c), budget.trees, fresh(4))
    print(f"c = {c:<4}: {(size == 1).mean():.0%} single leaves, "
          f"{((size >= 2) & (size <= 8)).mean():.0%} with two to eight nodes, "
          f"{(size > 40).mean():.1%} with more than forty")  # fmt: skip

# %% [markdown]
# A formula without its numbers, as here, is called a **skeleton**. Medium trees do occur. But one
# coin decides everything: whatever $c$ is, a share of about $1 - c$ is a single leaf, and as $c$
# rises, more and more trees grow without end. And the coin knows nothing of physics: a tangent of
# a tangent is as likely as a product.
#
# ### The project's way: a grammar
#
# A **grammar** replaces the one rule by a list of roles (a term, a factor, an angle, a
# denominator). Each role says what may stand there and with what weight. Here is the role of what
# stands inside a sine:

# %%
total = sum(weight for weight, *_ in MECHANICS["ANGLE"])
for weight, token, follows in MECHANICS["ANGLE"]:
    print(f"   {weight / total:4.0%}  {token:<7} {' '.join(follows)}")
print(f"{len(MECHANICS)} roles, {sum(map(len, MECHANICS.values()))} rules")

# %% [markdown]
# So $\sin(\tan(\log x))$ cannot happen, and $\sin x$, $\sin(x + y)$, $\sin(Cx)$ happen often. `x`
# stands for a variable, drawn uniformly; `same` for the one that was written last. A rule writes
# *one token* and leaves roles that still have to be written. So drawing needs a stack of roles:


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
formula_plots.writing(next(walk for walk in walks if 8 <= len(walk) <= 10))

# %% [markdown]
# White boxes with an orange frame are roles that wait; blue, green and yellow boxes are operators,
# variables and numbers. When nothing waits any more, the row *written* is a finished prefix
# sequence. A whole formula is a sum of one to five such terms. The coefficients of the sum are not
# drawn as tokens, because they can be solved for (notebook 04).
#
# **Predict:** how do naive trees and the grammar's terms differ in depth, in size, in the operators
# used?

# %%
grammars = {"naive": priors.naive(0.6), "grammar": Grammar(n_terms=(1,))}
terms = {
    name: [term for (term,) in priors.skeletons(grammar, budget.trees, 2, fresh(6))]
    for name, grammar in grammars.items()
}
style.show_figure(
    figures.shapes(terms),
    "The grammar has fewer single leaves and large terms, and more of add, mul, sin and cos.",
)
for name, found in terms.items():
    medium = np.mean([2 <= len(term) <= 8 for term in found])
    fate = priors.fates(grammars[name], budget.trees, fresh(10))
    print(f"{name}: {medium:.0%} have two to eight tokens; on random points\n   ",
          ", ".join(f"{share:.1%} {reason}" for reason, share in fate.items()))  # fmt: skip
    lab.record(**{f"medium_{name}": medium, f"used_{name}": fate["used"]})

# %% [markdown]
# The grammar has fewer bare leaves and fewer deep terms, many products and sines, few tangents and
# logarithms, and never `asin`, `acos`, `atan` or `pow`. That is no law of nature. It is what its
# authors expect of equations of motion: **a prior is an opinion, and its weights make it
# explicit.**
#
# The printed lines tell what happens to a drawn term when it is evaluated. A logarithm of negative
# numbers is undefined, an exponential overflows, a constant has nothing to tell, and one point far
# outside all others (an *outlier*) would hide the rest. Such terms are
# thrown away before training, for a single undefined value in a batch would make the loss, and
# after one step all weights, undefined. About half of the naive terms are lost, and few of the
# grammar's.
#
# ### Exercise 1 · The probability of a skeleton (easy, required, 6 min)
#
# A small grammar, over **two** variables. A formula has one term with probability 65 % and two with
# 35 %.
#
# | role | rules |
# |---|---|
# | TERM | 50 %: `x` · 30 %: `sin` ANGLE · 20 %: `mul` FACTOR FACTOR |
# | ANGLE | 80 %: `x` · 20 %: `mul` C VARIABLE |
# | FACTOR | 70 %: `x` · 30 %: `sin` ANGLE |
#
# How probable is the skeleton $x_0 + \sin x_1$, in whatever order its terms are drawn?
#
# <details><summary>Hint 1: the idea</summary>
# Follow one derivation from the root and multiply the probabilities of all choices on the way.
# Choices of a variable count, too.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Six factors: two terms; the first is a variable and it is x0; the second is a sine, its angle is
# a variable, and it is x1. Then the same sum in the other order.</details>

# %%
toy_rules = {
    "TERM": ((5, "x", ()), (3, "sin", ("ANGLE",)), (2, "mul", ("FACTOR", "FACTOR"))),
    "ANGLE": ((8, "x", ()), (2, "mul", ("CONSTANT", "VARIABLE"))),
    "FACTOR": ((7, "x", ()), (3, "sin", ("ANGLE",))),
    "CONSTANT": ((1, "C", ()),),
    "VARIABLE": ((1, "x", ()),),
}
toy = Grammar(rules=toy_rules, n_terms=(0.65, 0.35))

# %%
toy_probability = None
### BEGIN SOLUTION
plain_x0 = 0.5 * 0.5  # a bare variable, and it is x0
sin_x1 = 0.3 * 0.8 * 0.5  # a sine, of a bare variable, and it is x1
toy_probability = 0.35 * 2 * plain_x0 * sin_x1  # two terms, in either order
### END SOLUTION

# %% tags=["check"]
toy_probability = checks.exercise("05.1", toy_probability)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# plain_x0 = 0.5 * 0.5  # a bare variable, and it is x0
# sin_x1 = 0.3 * 0.8 * 0.5  # a sine, of a bare variable, and it is x1
# toy_probability = 0.35 * 2 * plain_x0 * sin_x1  # two terms, in either order
# ```
#
# Every rule is chosen independently of the others, so the probabilities along one derivation
# multiply. Two derivations, one for each order of the terms, write the same sum, and probabilities
# of different ways to one result add up.
# </details>

# %%
wanted = canonical_terms((("x0",), ("sin", "x1")))
toy_hits = np.array([terms == wanted for terms in toy.sample(20_000, 2, fresh(7))])
style.show_figure(
    figures.running_share(toy_hits, toy_probability),
    "Share of hits over draws, logarithmic: it wanders, then settles on the dashed line.",
)
print(f"computed {toy_probability:.4f}, measured in 20,000 draws {toy_hits.mean():.4f}")
lab.record(toy_measured=toy_hits.mean())

# %% [markdown]
# The dashed line is your number. The share of the draws is zero until the first hit, wanders, and
# then settles on the line. For a number that counts one order only, it would settle at twice that.
#
# ## 3 · Formulas as sequences
#
# *How does a network write a formula?* As a sentence: one token after the other, from a small
# alphabet. The probability of a whole formula is a product of small decisions,
#
# $$ q(f \mid D) = \prod_{t} q(\text{token}_t \mid \text{token}_1 \dots \text{token}_{t-1}, D). $$
#
# Each factor is a choice among a few dozen tokens, not among an endless list of formulas. Four
# tokens are no part of a tree: `<bos>` begins a sequence, `<sep>` stands between two terms of the
# sum, `<eos>` ends it, and `<pad>` fills shorter sequences up to the length of the longest.
#
# **Predict:** of all sequences of seven tokens, drawn blindly from the 26 symbols of formulas, how
# many are complete formulas: a half, a tenth, a thousandth?

# %%
print(f"complete formulas: {priors.complete(7, 200_000, fresh(16)):.1%}")
writing = ["mul", "x1", "sin", "x0", "<sep>", "x2", "<eos>"]
allowed = priors.allowed(writing, n_variables=3, max_length=12)
style.show_figure(
    formula_plots.mask_chart(writing, allowed).figure,
    "Seven steps over all symbols; what is allowed is green. Each written token is on green.",
)
lab.record(complete_of_seven=priors.complete(7, 200_000, fresh(16)))

# %% [markdown]
# A few in a hundred. A network learns the rules from examples, but we need not trust it. A **mask**
# follows the sequence and forbids what could not be completed. Each row of the chart is one step,
# green is allowed, the dot is what was written. At the start of a term `C`, `add`, `sub` and `neg`
# are forbidden: a bare number is not a term, a sum is several, and a minus belongs to the
# coefficient that is solved for. Variables that the data do not have (`x3` …) are never allowed.
# `<sep>` and `<eos>` come only when a term is complete.
#
# ### Exercise 2 · From tokens to values (medium, required, 15 min)
#
# Compute the values of a prefix sequence at given points. Go through it **from right to left** with
# a stack. A leaf goes onto the stack. An operator takes its arguments off the top (the *first*
# argument comes off first) and puts its result back. The operators are `add`, `sub`, `mul`, `sin`.
# Numbers stand in the list as floats.
#
# <details><summary>Hint 1: the idea</summary>
# Right to left, every operator finds its arguments ready on the stack: what stands behind it has
# been computed already.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Loop over reversed(tokens) with four cases: a float (an array full of it), a name such as x1 (a
# column of x), sin (pop one, push one), and the three others (first, second = stack.pop(),
# stack.pop(), push one). In the end one array is left.</details>


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
value_of = checks.exercise("05.2", value_of)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# stack = []
# for token in reversed(tokens):
#     if isinstance(token, float):
#         stack.append(np.full(len(x), token))
#     elif token[0] == "x":
#         stack.append(x[:, int(token[1:])])
#     elif token == "sin":
#         stack.append(np.sin(stack.pop()))
#     else:
#         first, second = stack.pop(), stack.pop()
#         operate = {"add": np.add, "sub": np.subtract, "mul": np.multiply}[token]
#         stack.append(operate(first, second))
# return stack.pop()
# ```
#
# An operator of two arguments is followed by the whole first argument and then by the whole second
# one, so from the right the second is computed first and lies deeper. No brackets are needed
# because each operator knows how many arguments it takes.
# </details>
#
# Your function draws functions now: six sums from the small grammar, with random numbers.

# %%
line = np.linspace(-4, 4, 200)[:, None]
skeletons = priors.skeletons(toy, 6, 1, fresh(8))
sums = [priors.numbered(terms, fresh(9, k)) for k, terms in enumerate(skeletons)]
drawings = {priors.formula_of(tokens): value_of(tokens, line) for tokens in sums}
style.show_figure(
    figures.curves(line[:, 0], drawings),
    "Six curves of one variable under their formulas: straight lines, parabolas and waves.",
)

# %% [markdown]
# Formula above, your values below. Sums with a square are parabolas, those with a sine wave. The
# curves come from nothing but a random walk through a grammar and your stack: this is how all
# training data of the next notebook are made. One such example, as the network will get it:

# %%
style.show_figure(
    formula_plots.training_example(*priors.example_batch(SEED)),
    "Points of two variables; beside them features, one column a point; below the answer's tokens.",
)

# %% [markdown]
# On the left the points; the colour is $y$, scaled to mean 0 and standard deviation 1. On the right
# what the network reads: one column is one point. Each of the six places for variables (unused
# ones stay zero) is shown in four **views**, that is, functions of the variable: $x/4$,
# $\operatorname{asinh} x$, which grows only like a logarithm, and $\sin x$ and $\cos x$, which stay
# between −1 and 1. Then come a mark for the places in use, and $y$ in two views. The strip below is
# the answer. $x$ itself is never shifted: $\sin(x_0 + a)$ would be another skeleton (an optional
# section below tries it).
#
# ## 4 · A posterior without a network
#
# *How much can anyone know from the points?* The posterior of section 1 can be computed with your
# function. Draw many one-term formulas from the small grammar: that is the prior. Fit the
# coefficient and the constant of each to the points, and give it the weight $e^{-R/(2\sigma^2)}$,
# where $R$ is the sum of its squared errors and $\sigma$ the noise: that is the likelihood, up to a
# factor. By Bayes' rule, a skeleton's share of all weight is its posterior. The truth is
# $\sin(1.7x)$, $\sigma = 0.1$.
#
# **Predict:** once we look at 16 points with $|x| < 0.5$, once at 64 points with $|x| < 6$. In
# which case does the truth win?

# %%
one_term = Grammar(rules=toy_rules, n_terms=(1,))
one_term = priors.skeletons(one_term, budget.guesses, 1, fresh(17))
guesses = [priors.numbered(terms, fresh(18, k)) for k, terms in enumerate(one_term)]
found = []
for name, reach, n in (("narrow", 0.5, 16), ("wide", 6, 64)):
    x = np.sort(fresh(19, n).uniform(-reach, reach, (n, 1)), axis=0)
    y = np.sin(1.7 * x[:, 0]) + 0.1 * fresh(20, n).standard_normal(n)
    values = np.array([value_of(tokens, x) for tokens in guesses])
    values, target = values - values.mean(1, keepdims=True), y - y.mean()
    squares = target @ target - (values @ target) ** 2 / (values**2).sum(1)  # the best fit's
    weights = np.exp((squares.min() - squares) / (2 * 0.1**2))
    shares, count = Counter(), int((weights > 0.01).sum())
    for terms, weight in zip(one_term, weights / weights.sum(), strict=True):
        shares[str(Expression(canonical_terms(terms)[0]))] += weight
    title = f"{n} points, |x| < {reach}: {count} of {len(weights)} draws count"
    found.append((title, x[:, 0], y, dict(shares.most_common(3))))
    lab.record(**{f"posterior_{name}": shares["sin(C*x0)"], f"counting_{name}": count})
style.show_figure(
    figures.posteriors(found),
    "Within 0.5 x0 has the largest share, sin(x0) less; within 6 sin(C*x0) has nearly all.",
)

# %% [markdown]
# Each bar is a skeleton's share of the weight. On the narrow range the straight line and $\sin x$
# fit within the noise, as the truth does, and they win, because the prior draws them more often.
# From these points and this prior no method can know better, and a good network should *spread* its
# probability in the same way. On the wide range only $\sin(Cx)$ is left. But see in the titles how
# few draws count (have at least 1 % of the best one's weight): that is the price of blind draws,
# and section 6 computes it. A network that has learned the posterior answers in one pass.
#
# ## 5 · The test is in the training data
#
# *Fresh examples from another seed: is that a fair test?* The points are new. The formulas need not
# be, for short skeletons are drawn again and again, and one formula has many spellings. The package
# brings each sum into one spelling: terms and factors sorted, signs and outer factors left out,
# because a fitted coefficient takes them up.

# %%
for text in (
    "x1 + x0", "x0 - x1", "3*x0 + 2", "x1*sin(x0)*x1", "sin(2 - x0)", "x0/(2*x1)",
    "sin(2*x0) + sin(3*x0)", "sin(x0)**2 + cos(x0)**2",
):  # fmt: skip
    spelled = canonical_terms((Expression.from_text(text).prefix,))
    print(f"{text:<26} →  ", "  |  ".join(str(Expression(term)) for term in spelled))

# %% [markdown]
# The bar separates terms. The last line stays two terms, although it is 1: this is spelling, not
# algebra. The line before it is merged into one sine, which is wrong; such an answer is rare among
# the draws, and it is the price of a placeholder `C`.
#
# Names of variables remain. $x_0 \sin x_1$ and $x_1 \sin x_0$ ask the network for the same thing. A
# test that holds out one and trains on the other is no test.
#
# ### Exercise 3 · The same skeleton under other names (hard, required, 15 min)
#
# Say whether two skeletons are the same up to the names of the variables, the order of terms and
# the order in sums and products. A skeleton is a tuple of terms, each a prefix tuple, with at most
# three variables. `canonical_terms` takes care of order; names are left to you.
#
# <details><summary>Hint 1: the idea</summary>
# They are the same if *some* renaming turns one into the other. There are at most six
# renamings: try them all.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Collect the names that occur in a or b. For each of itertools.permutations of them make a dict
# from old to new names, rename every token of a, and compare canonical_terms of the result with
# canonical_terms of b. Return True at the first match, False after the last.</details>


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
same_skeleton = checks.exercise("05.3", same_skeleton)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# names = sorted({token for term in (*a, *b) for token in term if token[0] == "x"})
# for renamed in permutations(names):
#     new = dict(zip(names, renamed, strict=True))
#     trial = tuple(tuple(new.get(token, token) for token in term) for term in a)
#     if canonical_terms(trial) == canonical_terms(b):
#         return True
# return False
# ```
#
# One renaming must serve all terms at once, so we rename the whole sum and then compare. After a
# renaming the sorted order may be another, so canonical_terms comes last.
# </details>
#
# Now your function inspects a test. Functions with one term, in one or two variables, are split in
# two ways: *by example*, as is usual, and *by skeleton*, where one skeleton in eight is kept for
# the test alone. A **memoriser** takes the test, too: it looks up the most similar training example
# and repeats its skeleton. It understands nothing.
#
# **Predict:** of the test examples after thousands of training examples, how many have a skeleton
# that occurred in training?

# %%
world = priors.SmallWorld(budget.leak, fresh(21))
sizes, rows = np.geomspace(100, 0.8 * budget.leak, 6).astype(int), []
for size in sizes:
    row = []
    for test, training in world.splits(size, n_test=400).values():
        asked, known = ([world.terms[i] for i in some] for some in (test[:40], training))
        row += [priors.share_seen(same_skeleton, asked, known), world.memoriser(test, training)]
    rows.append(row)
names = [f"{split}: {what}" for split in ("by example", "by skeleton")
         for what in ("seen before", "memoriser right")]  # fmt: skip
style.show_figure(
    figures.leak(sizes, dict(zip(names, np.transpose(rows), strict=True))),
    "By example, seen before rises to 0.9, memoriser right to 0.2; by skeleton both stay at 0.",
)
for name, share in zip(names, rows[-1], strict=True):
    print(f"{name:<29} {share:.1%} with {sizes[-1]} training examples")
lab.record(leak=rows[-1])

# %% [markdown]
# Solid lines are your function's verdicts. Split by example, most of the test has been seen, and
# more with every training example; the memoriser scores without understanding. Split by skeleton
# nothing has been seen, and it scores nothing. A solid blue line above zero would be a leak.
#
# Trying all renamings is fine for three variables and too slow for six. The package computes a
# *key* of each skeleton that does not depend on names, and holds out one key in 64, everywhere and
# for ever. Do your function and the key agree?

# %%
some = list(dict.fromkeys(world.terms))[:60]
keys = dict(zip(world.terms, world.keys, strict=True))
verdicts = [(same_skeleton(a, b), keys[a] == keys[b]) for a in some for b in some]
agreement = np.mean([mine == its for mine, its in verdicts])
print(f"they agree on {agreement:.1%} of {len(verdicts)} pairs, "
      f"{sum(mine for mine, _ in verdicts)} of them the same")  # fmt: skip
lab.record(agreement=agreement)

# %% [markdown]
# ## 6 · Guessing blindly
#
# *What must a trained transformer beat?* The cheapest method there is: draw skeletons from the
# prior without a look at the data, fit the constants of each, stop when one is exact. Let $p$ be
# the probability that one draw is right. The draws are independent, so the number $N$ of draws
# until the first hit has the **geometric distribution**
#
# $$ P(N > n) = (1 - p)^n, \qquad E[N] = \frac1p . $$
#
# ### Exercise 4 · How many draws for a good chance? (easy, required, 6 min)
#
# The mean hides the long waits. How many draws give at least the probability `chance` of having met
# a skeleton of probability `p`? Return the smallest whole $n$ with $1 - (1-p)^n \ge$ `chance`.
#
# <details><summary>Hint 1: the idea</summary>
# After n draws the probability of not one hit is (1 − p)ⁿ. It has to fall to 1 − chance.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Take logarithms of both sides and solve for n. Both logarithms are negative. Then round
# up.</details>


# %%
def draws_needed(p, chance):
    """Probability of a hit per draw, wanted probability of a hit -> number of draws."""
    ### BEGIN SOLUTION
    return np.ceil(np.log(1 - chance) / np.log(1 - p))
    ### END SOLUTION


# %% tags=["check"]
draws_needed = checks.exercise("05.4", draws_needed)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# return np.ceil(np.log(1 - chance) / np.log(1 - p))
# ```
#
# Chances of hits do not add up, chances of misses multiply: hence powers, and logarithms to undo
# them. Rounding up makes the chance at least what was asked.
# </details>
#
# Does reality agree? We draw a long stream of formulas over three variables. The first half gives
# $p$ by counting, the second half the waits from hit to hit. The triangles are yours: the draws for
# a chance of 95 %.

# %%
stream = Grammar().sample(budget.draws, 3, fresh(22))
half = len(stream) // 2
counted = Counter(stream[:half])
measured = {}
for name, terms in {
    "x0": (("x0",),), "sin(x1)": (("sin", "x1"),), "sin(x0) and x2": (("x2",), ("sin", "x0")),
}.items():  # fmt: skip
    wanted = canonical_terms(terms)
    hits = np.flatnonzero([terms == wanted for terms in stream[half:]])
    p, waits = max(counted[wanted], 1) / half, np.diff(hits, prepend=-1)
    measured[name] = (p, waits if len(waits) else np.array([half]))
marks = [draws_needed(p, 0.95) for p, _ in measured.values()]
style.show_figure(
    figures.waits(measured, marks),
    "Share of waits longer than n draws: three steps fall along their dashed curves, the rarer the "
    "skeleton the later; a triangle marks each where it is down to 0.05.",
)
for (name, (p, waits)), mark in zip(measured.items(), marks, strict=True):
    print(f"{name:<14} 1/p {1 / p:5.0f}, mean wait {waits.mean():5.0f}, 95 % need {mark:5.0f}; "
          f"{(waits <= mark).mean():.0%} of {len(waits)} within")  # fmt: skip
    lab.record(**{f"wait_{name}": waits.mean() * p, f"within_{name}": (waits <= mark).mean()})
print(f"the skeleton of exercise 1: 95 % need {draws_needed(toy_probability, 0.95):.0f} draws")

# %% [markdown]
# Your triangles stand where the curves have fallen to 5 %, about three times the mean. Steps and
# dashes agree as well as the number of waits allows; of the rarest skeleton, the pendulum's own,
# there are few.
#
# ### Longer formulas are far rarer (optional)
#
# Take 2,000 new skeletons from the prior and look each up in the stream. What your function says of
# those that are met, and the share of those that never are:

# %%
lookup, bins = Counter(stream), [(1, 1), (2, 3), (4, 6), (7, 9), (10, 13), (14, 18), (19, 40)]
new = Grammar().sample(2000, 3, fresh(23))
tokens = np.array([sum(map(len, terms)) + len(terms) - 1 for terms in new])
p = np.array([lookup[terms] for terms in new]) / len(stream)
needed, never = [], []
for low, high in bins:
    inside = p[(tokens >= low) & (tokens <= high)]
    needed.append([draws_needed(chance, 0.95) for chance in inside[inside > 0]])
    never.append((inside == 0).mean())
style.show_figure(
    figures.rarity(bins, needed, never, len(stream)),
    "Left: draws for a 95 % chance rise with the tokens of the skeleton, from hundreds to hundreds "
    "of thousands. Right: the share never met rises from 0 to 1.",
)
lab.record(never=never)

# %% [markdown]
# Each dot is a skeleton. The draws that you need grow with every few tokens, and from about ten
# tokens on most skeletons never occur in the whole stream. To meet them blindly is hopeless. A flat
# picture would be good news for blind search.
#
# ### Why it works better than that
#
# The right *skeleton* is more than is needed. A draw with the right terms and others besides fits
# just as well: the others get the weight zero. So does $\sin(C x_0)$ for $\sin x_0$. We try it on
# 200 real steps of the pendulum: inputs are the angle, the velocity and the torque; targets are the
# increments.
#
# **Predict:** for the velocity, how many draws until an *exact fit*, compared with $1/p$ above: ten
# times fewer or a thousand times fewer?

# %%
inputs, increments = blind.pendulum_steps(200, SEED)
on_pendulum = {}
for k, (target, true) in enumerate(
    {"θ": {("sin", "x0"), ("x1",), ("x2",)}, "θ̇": {("sin", "x0"), ("x2",)}}.items()
):
    y = increments[:, k] / increments[:, k].std()
    search = blind.blind_search(inputs, y, budget.tries, fresh(25, k))
    exact = search.hits(true)
    per_hit = budget.tries / max(exact.total(), 1)
    on_pendulum[target] = per_hit
    seconds = per_hit * search.cpu_seconds / budget.tries
    print(f"Δ{target}: {exact.total()} of {budget.tries} draws are exact, one in {per_hit:.0f}, "
          f"{seconds:.2f} CPU-s for one\n   ", *(f"{n} {what}" for what, n in exact.items())
          )  # fmt: skip
lab.record(on_pendulum=on_pendulum)

# %% [markdown]
# For the velocity one draw in some dozens is exact, against one in about two thousand above: tens
# of times fewer, neither ten nor a thousand. Most hold other terms besides, or the terms in another
# spelling. Sobering: on this world blind guessing needs a fraction of a second. The transformer
# must not be praised for finding the pendulum's equations. It could earn its place where $1/p$ is
# out of reach. So we try held-out random functions, with up to six variables and five terms, and
# count how many are found after $n$ draws.
#
# One more step costs little: combine terms of *different* draws. If one draw contains $\sin x_0$
# and another $x_1$, their sum is worth a try. This is **recombination**;
# `SymbolicRegressor(method="prior")` does it, and notebook 07 explains it.

# %%
trials = blind.held_out_functions(budget.functions, budget.function_tries, SEED)
style.show_figure(
    figures.found_over_draws(trials, budget.function_tries),
    "Share found over draws: both lines of blind draws stay near 0; the stars of recombination, at "
    "the same time, stand far above them.",
)
found_blind = np.isfinite(trials.first_hit)
for name, found, seconds in (
    (f"{budget.function_tries} blind draws", found_blind, trials.blind_seconds),
    ("blind draws with recombination", trials.pooled, trials.pooled_seconds),
):
    print(f"{name:<31} {found.sum():2d} of {len(found)} found, {seconds.mean():.2f} CPU-s each")
print(f"told the right skeleton: the fit is exact for {trials.told.sum()} of {len(trials.told)}")
lab.record(found_blind=found_blind.mean(), found_pooled=trials.pooled.mean(),
           found_told=trials.told.mean())  # fmt: skip

# %% [markdown]
# Lines are plain blind draws, stars are recombination in the same time. (*Flat* terms have no
# function inside a function; *nested* ones have. A line that starts above zero belongs to a
# function that is so smooth over its points that almost any draw fits.) Compare the last line with
# the first two: fitting is not what limits the search, drawing is. And recombination is a better
# use of time than more draws. These rows are the baseline of notebooks 06 and 07. Note its
# advantage: the test functions come from the very prior that is searched.
#
# ## 7 · The same examples again (optional)
#
# *What else can go wrong with made-up data?* They can be made twice. Several worker processes draw
# the data. If each starts from the same seed, all of them make the same examples. Nothing crashes.
# A tiny network shall tell from the points which operators occur in the formula; each chunk of
# examples is used once.
#
# **Predict:** which of the two streams gives the better-looking training loss?

# %%
keys = [(position, worker) for position in range(3) for worker in range(budget.workers)]
streams = {
    "same seed": [priors.draw_chunk(SEED, position) for position, _ in keys],
    "own seeds": [priors.draw_chunk(SEED, *key) for key in keys],
}
unseen = [priors.draw_chunk(SEED, 99, k) for k in range(4)]  # no stream has a position 99
curves = {name: priors.train(chunks, unseen, SEED) for name, chunks in streams.items()}
style.show_figure(
    figures.losses(curves),
    "Loss over chunks. Same seed: in training it falls, on fresh functions it rises. Own seeds: "
    "both fall together and stay level.",
)
for name, chunks in streams.items():
    rows = np.concatenate([features for features, _ in chunks])
    unique = len(np.unique(rows, axis=0)) / len(rows)
    training, other = curves[name][-3:].mean(0)
    print(f"{name}: loss {training:.3f} in training, {other:.3f} on fresh functions; "
          f"{unique:.1%} are unique")  # fmt: skip
    lab.record(**{name.replace(" ", "_"): [training, other, unique]})

# %% [markdown]
# The broken stream has the *better* training loss (dotted) and the worse loss on fresh functions
# (solid). Two safeguards: evaluate on an unrelated seed from the first minute, and count unique
# examples. The package seeds each chunk by the run's seed, the chunk's number and whether it is
# held out.
#
# ## 8 · A prior that never says it (optional)
#
# *What if nature uses a term that the prior hardly ever draws?* Drag is $|v|\,v$; rigid bodies
# bring products such as $\sin\theta\cos\theta$. The grammar has a few rules for just these. Below
# they are taken out.

# %%
special = [("SIZE", "AGAIN"), ("VARIABLE", "SPEED"), ("SINE", "COSINE_AGAIN"),
           ("VARIABLE", "POWER_AGAIN"), ("VARIABLE", "SATURATION")]  # fmt: skip
plain = MECHANICS | {"TERM": tuple(rule for rule in MECHANICS["TERM"] if rule[2] not in special)}
without = Grammar(rules=plain).sample(len(stream) // 4, 3, fresh(28))
for name, text in {
    "drag |v| v": "abs(x1)*x1", "sin θ cos θ": "sin(x0)*cos(x0)",
    "centrifugal ω² sin θ": "x1**2*sin(x0)", "cart-pole ω² sin θ cos θ": "x1**2*sin(x0)*cos(x0)",
}.items():  # fmt: skip
    (term,) = canonical_terms((Expression.from_text(text).prefix,))
    shares = [np.mean([term in terms for terms in some]) for some in (stream, without)]
    print(f"{name:<24} in {shares[0]:7.4%} of formulas; without the rules {shares[1]:7.4%}")
    lab.record(**{f"term_{text}": shares})

# %% [markdown]
# Without their rules, drag and $\sin\theta\cos\theta$ are many times rarer. The last two lines are
# rare in both: both stand in the equations of a cart-pole, but no rule was made for them. (Where a
# share rests on a handful of hits, do not read much into it.) So give every wanted term a large
# weight? Probabilities add up to one. **Predict** what happens to the pendulum's terms when drag is
# turned up.

# %%
weights, shares = (0.0, 1.2, 5.0, 20.0, 80.0), {"with |x1| x1": [], "with sin x0 and x2": []}
for k, weight in enumerate(weights):
    rules = [(weight, *r[1:]) if r[2] == ("SIZE", "AGAIN") else r for r in MECHANICS["TERM"]]
    grammar = Grammar(rules=MECHANICS | {"TERM": tuple(rules)})
    some = grammar.sample(len(stream) // 10, 3, fresh(29, k))
    for share, terms in zip(
        shares.values(), ({("mul", "x1", "abs", "x1")}, {("sin", "x0"), ("x2",)}), strict=True
    ):
        share.append(np.mean([terms <= set(drawn) for drawn in some]))
print("weight", *(f"{name:>20}" for name in shares))
for weight, *row in zip(weights, *shares.values(), strict=True):
    print(f"{weight:6g}", *(f"{share:20.2%}" for share in row))
lab.record(by_weight=shares)

# %% [markdown]
# A prior is a budget: as drag rises, the pendulum's own terms fall. Fine-tuning (notebook 08)
# spends the budget on one world; a general prior spreads it.
#
# ## 9 · What may be scaled (optional)
#
# *Why is y standardised and x never shifted?* Take $y = 300\, x_1 \sin x_0 + 1000$, change the
# data in several ways, and ask each time how well the *same skeleton* can still fit. The score is
# $1 - R^2$; 0 is perfect.

# %%
points = fresh(12).uniform([0.0, 1.0], [6.0, 4.0], (200, 2))
y = 300 * points[:, 1] * np.sin(points[:, 0]) + 1000
y = (y - y.mean()) / y.std()
form, with_constant = (("mul", "x1", "sin", "x0"),), (("mul", "x1", "sin", "mul", "C", "x0"),)
for change, terms, x in (
    ("y standardised, x as it is", form, points),
    ("x divided by 2, a C inside the sine", with_constant, points / 2),
    ("x shifted to mean 0, a C inside the sine", with_constant, points - points.mean(0)),
):
    misfit = blind.misfit(terms, x, y, fresh(13))
    print(f"{change:<42} 1 - R² = {misfit:.1e}")
    lab.record(**{f"misfit_{change.split(',')[0]}": misfit})

# %% [markdown]
# $y$ may be standardised: the weights of the sum are solved for afterwards and take up any shift
# and scale. $x$ may be divided, at the price of a constant. $x$ must not be shifted: no number that
# the skeleton has can undo it, and $(x_0 + a)(x_1 + b)$ is four terms instead of one.
#
# ## Quick quiz
#
# <details><summary>Why can a network for formulas be trained without real data?</summary> Because
# the hard direction, points to formula, has an easy reverse. Any number of questions with known
# answers can be made, and training on them leads to the posterior under the prior.</details>
#
# <details><summary>Why not a classifier over all formulas?</summary> There is no end of formulas,
# and most are drawn once. Sequences are built from a small vocabulary instead, and the mask keeps
# them grammatical.</details>
#
# <details><summary>A skeleton has p = 1/500. After 500 blind draws, has it surely been
# met?</summary> No: (1 − 1/500)⁵⁰⁰ ≈ 0.37, so more than a third of all searches are still
# waiting.</details>
#
# ## What to remember
#
# - Make up the answer, compute the question. The prior decides what can ever be found.
# - A grammar is an opinion about formulas with explicit weights.
# - One spelling for each formula, and hold out by skeleton, whatever the names of the variables.
# - Blind search needs about $1/p$ draws. That number stands beside every result of a transformer.
#
# ## What next
#
# Notebook 06 trains a small transformer on exactly these examples; notebook 07 compares it with
# the last table of section 6. To go on here: change a weight of `MECHANICS` and draw again.
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
#   appears therein*, 1968: the refinement behind the key of section 5.
# - A. Gorodetskiy, K. Mironov, A. Panov, *Model-based Policy Optimization using Symbolic World
#   Model*, 2024, arXiv:2407.13518.
