# %% [markdown]
# # 07 · From tokens to equations
#
# A transformer has read 200 transitions of a pendulum. Now it writes a formula: one token after
# another, each drawn from a list of probabilities. **How does a string of drawn tokens become an
# exact equation of motion?** This notebook follows the whole way: drawing, numbers, recombination,
# choice. You write the four steps yourself, and your own code finds the equation. Then we ask
# whether the transformer was needed.
#
# **You will be able to**
# - write a formula token by token, and choose between greedy, sampling and beam search by what they
#   find at equal cost;
# - fit the numbers of a skeleton: solve for the outer ones, search only for the inner ones;
# - recombine the terms of many half-right candidates, and choose one equation from the result
#   without falling for the longest;
# - read a benchmark table with intervals, and say where the cheap baseline is level or ahead.
#
# **Before you start:** formulas as trees and prefix notation (notebook 04), how the transformer was
# trained (notebook 06), least squares.
# **Time:** about 1 minute of computing.
# **Memory:** under 1 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
import textwrap
from itertools import permutations

import matplotlib.pyplot as plt
import numpy as np
import torch

from symtut import SymbolicRegressor
from symtut.lab import checks, style
from symtut.lab.scenes import nb07_contests as contests
from symtut.lab.scenes import nb07_decoding_plots as writing
from symtut.lab.scenes import nb07_figures as figures
from symtut.lab.scenes import nb07_fits as fits
from symtut.lab.scenes.nb07_decoding_steps import Writer
from symtut.regression.transformer.weights import load_weights

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(draws=64, rows=16, problems=3, sizes=(8, 32), live=1, seconds=0.5, frames=3),
    lab=dict(draws=400, rows=64, problems=14, sizes=(8, 32, 128), live=3, seconds=1.0, frames=7),
    paper=dict(
        draws=2000, rows=128, problems=43, sizes=(8, 32, 128, 512), live=4, seconds=10.0, frames=7
    ),
)

plt.rcParams["figure.dpi"] = 70  # many figures: keeps the file small

# %% [markdown]
# ## 1 · What goes in, what comes out
#
# *What does the decoder decide, exactly?* The data are 200 real steps of the pendulum under random
# torque: angle $\theta$ (rad), angular velocity $\dot\theta$ (rad/s), torque $u$ (N m), and as the
# target the increment $\Delta\dot\theta$ of the velocity over one step of 0.05 s. The encoder reads
# them once. The decoder then gives, for each token of its alphabet, the probability that the
# formula goes on with it.

# %%
names = fits.NAMES
x, targets = fits.pendulum_steps(200, SEED)
y = targets["delta_theta_dot"]

model = load_weights("general")
writer = Writer(model, x, y, np.random.default_rng(SEED))
steps = writer.trace(np.random.default_rng(SEED))
style.show_figure(
    writing.first_step(x, y, steps[0], names),
    "Left, increments of the velocity over the angle, coloured by the torque: two slanted clouds. "
    "Right, bars of the first token's probabilities; the one that was drawn is orange.",
)
print(f"{model.config.vocabulary_size} tokens, at most {model.config.max_length} in a formula")
lab.record(form=model.config.form, constants=model.config.constants)

# %% [markdown]
# On the left each dot is a step: the torque spreads the dots around a curve. On the right are the
# most probable first tokens, and the orange one was drawn. It would be a surprise to see all tokens
# alike: then the points would not have been read.
#
# These weights write a list of *terms* with `<sep>` between them. In prefix notation an operator
# stands before its arguments, so $u\,|\theta|$ is `mul u abs theta`. The token `C` stands for a
# number inside a term, as in `sin mul C theta`. Such a formula without numbers is a **skeleton**;
# the coefficients in front of the terms are not written at all. Section 5 finds both kinds of
# numbers.
#
# ## 2 · Token by token
#
# *What does it look like to write a formula?* Each frame of this film is one call of the decoder:
# the tokens so far, the probabilities of the next one, and (orange) the one that was drawn.

# %% tags=["hide-input"]
writing.writing_film(steps[: budget.frames], names)

# %% [markdown]
# Nothing is planned ahead and nothing is taken back. The probability of the whole string is the
# product of the orange bars,
# $$p(t_1 \dots t_L) = \prod_{i=1}^{L} p(t_i \mid t_1 \dots t_{i-1}, \text{data}),$$
# with $t_i$ the $i$-th of $L$ tokens.
#
# **Predict:** the right equation is $\Delta\dot\theta = 0.75\sin\theta + 0.15\,u$, in tokens
# `sin theta <sep> u <eos>` (or the terms the other way round). The model has read the points. How
# many draws until it writes exactly that: about 3, 300 or 30,000?

# %%
truth = (("sin", "x0"), ("x2",))  # x0 is theta, x2 is u
p_truth = sum(np.exp(writer.log_probability(order)) for order in permutations(truth))
print(f"p = {p_truth:.1e} for both orders together: expected after {1 / p_truth:,.0f} draws")
blind = fits.blind_draws(50 * budget.draws, 3, np.random.default_rng(SEED))
hits = sum(terms == truth for terms in blind)
print(f"blind draws from the prior: {hits} of {len(blind):,}")
lab.record(p_truth=p_truth, blind_hits=hits)

# %% [markdown]
# The **prior** is the distribution of formulas that the transformer was trained on. A blind draw
# from it has read no points. If the first number is large, do not be disappointed: half of this
# notebook is about why the search succeeds although a single draw is so unlikely to be right. The
# other half is about how much of that success is the transformer's.
#
# ### The mask
#
# *Why does the string never stop halfway?* `mul theta` is not a formula: the product lacks an
# argument. To know what may come next it is enough to count open places. At the start one place is
# open. Each token fills one, and opens as many as it has arguments: 2 for `mul`, 1 for `sin`, 0 for
# a variable. While places are open, only variables, `C` and operators may come; at zero, only
# `<sep>` or `<eos>`. The **grammar mask** sets the logits of all other tokens to $-\infty$.
#
# ### What the mask saves (optional)
#
# **Predict:** without the mask, which share of the strings is no formula? And at a high temperature
# (section 3), and from weights that were never trained?

# %% tags=["hide-input"]
generator = np.random.default_rng(SEED)
torch.manual_seed(SEED)
untrained = Writer(type(model)(model.config).eval(), x, y, generator)
rows = budget.draws // 4
shares = {f"T = {t:g}": writer.faults(rows, generator, t, masked=False) for t in (0.5, 1, 2, 3)}
shares["untrained,\nT = 1"] = untrained.faults(rows, generator, 1.0, masked=False)
masked = sum(writer.faults(rows, generator, 3.0, masked=True).values())
style.show_figure(
    writing.faults_stacked(shares).figure,
    "Stacked bars: shares of strings that are no formula, by what is wrong with them. Low at low "
    "temperatures, higher at high ones, and nearly all for untrained weights.",
)
print(f"with the mask, at T = 3: {masked:.0%} of {rows} are no formula")
invalid = [sum(share.values()) for share in shares.values()]
lab.record(masked_faults=masked, invalid=invalid)

# %% [markdown]
# Training alone teaches most of the grammar (the bar at $T = 1$); at high temperatures and without
# training it fails. The mask makes *every* string a formula. A bar that fell with the temperature
# would be a surprise.
#
# ## 3 · Temperature and nucleus
#
# *How adventurous should the draws be?* Divide the logits by a temperature $T$ before the softmax:
# $p_i \propto e^{z_i / T}$, with $z_i$ the logit of token $i$. For $T \to 0$ the most probable
# token always wins; for large $T$ all allowed tokens become equal. Four draws at each of three
# temperatures:

# %%
for temperature in (0.3, 1.0, 3.0):
    print(f"T = {temperature:g}")
    for codes in writer.sample(4, np.random.default_rng(SEED), temperature).codes:
        print("   ", writer.text(codes, names))

# %% [markdown]
# **Predict:** out of a fixed number of draws, at which $T$ is the *best* formula found?

# %% tags=["hide-input"]
generator = np.random.default_rng(SEED)
temperatures = (0.1, 0.3, 0.6, 1.0, 1.5, 2.5, 5.0)
distinct, useful, best = [], [], []
for temperature in temperatures:
    skeletons = writer.skeletons(writer.sample(budget.rows, generator, temperature))
    losses = [fit.loss for fit in contests.fitted(skeletons, x, y, generator)]
    distinct.append(len(skeletons))
    useful.append(sum(loss < 0.1 for loss in losses) / len(skeletons))
    best.append(min(losses))
style.show_figure(
    figures.temperatures(temperatures, distinct, useful, best, budget.rows),
    "Three panels over the temperature: the number of different formulas rises, the share of them "
    "that fits falls, and the error of the best one is largest where hardly any differ.",
)
for temperature, count, share in zip(temperatures, distinct, useful, strict=True):
    print(f"T = {temperature:g}: {count} different, {count * share:.0f} of them with R² > 0.9")
lab.record(distinct=distinct, best_loss=best)

# %% [markdown]
# Far left the draws are alike: you pay for one formula many times. Far right nearly all differ, and
# few fit, because the probabilities hardly depend on the points. Between them lies the useful
# range; the printed lines say where most formulas are different *and* fit. (*Different* means in
# **canonical form**: `mul u theta` and `mul theta u` are two strings and one formula. Fitting such
# twins would be wasted work.)
#
# ### Exercise 1 · The nucleus (medium, required, 12 min)
#
# A temperature makes everything more or less likely. Another way cuts the nonsense alone (Holtzman
# et al. 2020): keep, at each step, the smallest set of most probable tokens whose probabilities add
# up to at least `mass`; draw among those only. Write the filter. Rows are independent.
#
# <details><summary>Hint 1: the idea</summary>
# A token is kept if the tokens before it, in order of probability, do not yet reach the
# mass.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Sort each row downwards; take the cumulative sum *before* each token; keep a token while that sum
# is below the mass. np.put_along_axis or a second argsort brings the marks back to their places.
# Then divide each row by what is left of it.</details>


# %%
def nucleus(p, mass=0.9):
    """(B, V) probabilities -> (B, V): zero outside each row's nucleus, rows sum to 1."""
    ### BEGIN SOLUTION
    order = np.argsort(-p, axis=1)
    ranked = np.take_along_axis(p, order, axis=1)
    before = np.cumsum(ranked, axis=1) - ranked
    kept = np.where(before < mass, ranked, 0.0)
    result = np.zeros_like(p)
    np.put_along_axis(result, order, kept, axis=1)
    return result / result.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %% tags=["check"]
nucleus = checks.exercise("07.1", nucleus)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# order = np.argsort(-p, axis=1)
# ranked = np.take_along_axis(p, order, axis=1)
# before = np.cumsum(ranked, axis=1) - ranked
# kept = np.where(before < mass, ranked, 0.0)
# result = np.zeros_like(p)
# np.put_along_axis(result, order, kept, axis=1)
# return result / result.sum(axis=1, keepdims=True)
# ```
#
# The sum before a token decides, not the sum with it: otherwise the token that crosses the mass
# would be lost, and a single token of 95 % would leave nothing. Unlike a low temperature, the
# nucleus keeps the proportions among the tokens that remain.
# </details>
#
# ## 4 · Greedy, sampling or beam search
#
# *Which strings should be written, if a fixed number of decoder calls can be paid?* Greedy takes
# the best token each time: one string. **Beam search** keeps the $W$ most probable *beginnings*: it
# extends each by every token, adds the token's log-probability to the score of the beginning, and
# of all extensions keeps the best $W$.
#
# The test: equations of mechanics that no weights were trained on, increments of carts,
# oscillators, arms. Each rule gets the same number of places in the decoder's batch (greedy needs
# one). Its strings are then treated alike: constants fitted, terms recombined (sections 5 and 6),
# and the best judged on fresh points. *Exact* means $1 - R^2 < 10^{-8}$ there. The bare prior draws
# as many strings.
#
# **Predict:** which rule finds most equations? Where will the blind prior stand?

# %%
RULES = {
    "greedy": lambda w, g: w.sample(1, g, 0.0),
    "T = 0.3": lambda w, g: w.sample(budget.rows, g, 0.3),
    "T = 1": lambda w, g: w.sample(budget.rows, g, 1.0),
    "T = 2": lambda w, g: w.sample(budget.rows, g, 2.0),
    "your nucleus": lambda w, g: w.sample(budget.rows, g, 1.0, keep=nucleus),
    "beam search": lambda w, g: w.beam_search(budget.rows),
}
problems = contests.mechanics(budget.problems)
found = contests.compare_rules(model, RULES, problems, budget.rows, SEED)
style.show_figure(
    figures.rules(found, len(problems)),
    "Shares of equations found exactly by each rule of drawing, as one string and recombined, with "
    "wide intervals. Greedy is lowest; recombined, the other rules and the blind prior overlap.",
)

# %% tags=["hide-input"]
print(f"{'':<14}{'different strings':>18}{'tokens read':>13}{'CPU-ms a string':>17}")
for name, rule in found.items():
    print(f"{name:<14}{np.mean(rule.different):>18.0f}{np.mean(rule.tokens):>13.0f}"
          f"{np.median(rule.milliseconds):>17.2f}")  # fmt: skip
lab.record(
    decoded={
        name: {"tokens": np.mean(rule.tokens), "different": np.mean(rule.different),
               "exact": rule.exact()}
        for name, rule in found.items()
    },
    decoding_problems=len(problems),
)  # fmt: skip

# %% [markdown]
# Look at the intervals before the order: with so few equations only large differences mean
# anything. Greedy has one chance and hardly any terms to recombine, and at $T = 0.3$ one pays for
# repetitions. Beam search finds the *most probable* strings. That is what one wants in translation;
# here the judge is the fit to the data, so variety may be worth as much. And look at the last line,
# and its price, before you praise the decoder: blind draws have read nothing and cost almost
# nothing.
#
# ## 5 · The numbers
#
# *`sin mul C theta`: which C?* A skeleton is judged only after its numbers are fitted. Write a
# candidate as
# $$\hat y = w_0 + \sum_k w_k\, t_k(x; c),$$
# with terms $t_k$, **outer** weights $w_k$ and **inner** constants $c$. The outer ones enter
# linearly. Look at the simplest case, $w_0 + w_1 \sin(c\,x)$, data made with $w_1 = 1.5$ and
# $c = 2.5$:

# %%
xs = np.sort(np.random.default_rng(SEED).uniform(-3, 3, 60))
ys = 1.5 * np.sin(2.5 * xs) + 0.4
c_grid, w_grid = np.linspace(0.05, 5, 200), np.linspace(-2.5, 2.5, 101)
style.show_figure(
    figures.landscape(c_grid, w_grid, *fits.sine_landscape(xs, ys, c_grid, w_grid)),
    "Left, the error over the inner constant c and the outer weight as a map with several hollows; "
    "a white line marks the best weight for each c. Right, the error along that line: one deep "
    "valley at 2.5 between hills.",
)

# %% [markdown]
# The star is the truth, the white line the best weight for each $c$. **Variable projection** (Golub
# and Pereyra 1973) stays on that line: the outer numbers are solved for at every step, and the
# search is over $c$ alone. For a formula without inner constants (like the pendulum's) there is *no
# search at all*.
#
# The line still has hills. With slopes $J_{ij} = \partial \hat y_i / \partial c_j$ and residuals
# $r = y - \hat y$, the residual after a step $\delta$ is about $r - J\delta$, and least squares
# gives $\delta$. **Levenberg–Marquardt** adds a brake:
# $$\left(J^\top J + \lambda\, \mathrm{diag}(J^\top J)\right)\delta = J^\top r .$$
# The damping $\lambda$ is small where steps succeed, and large where they fail: then the steps are
# short and lead downhill.
#
# ### Exercise 2 · The descent (hard, required, 20 min)
#
# Write that search. `model(c)` gives the values $\hat y$ and the slopes $J$. In each step compute
# $\delta$ and try $c + \delta$. If the sum of squared residuals falls, go there and divide the
# damping by 5. Otherwise stay and multiply it by 5. Return all $c$, the start first: one row a
# step, also where $c$ has not moved.
#
# <details><summary>Hint 1: the idea</summary>
# The equation above is a linear system for the step. A step is only a proposal: compare the errors
# before and after, then decide.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Keep values and slopes at the present c. In the loop: square = slopes.T @ slopes; add damping
# times the matrix that keeps only its diagonal; np.linalg.solve with slopes.T @ residual; call
# model at the trial. If better, replace c, values, slopes and damping; else only the damping.
# Append c in both cases.</details>


# %%
def descend(model, y, c, steps=30, damping=1e-2):
    """Levenberg and Marquardt's search -> (steps + 1, J), the path of c.

    model : c (J,) -> values (n,), slopes (n, J); y : (n,); c : (J,) start
    """
    ### BEGIN SOLUTION
    values, slopes = model(c)
    path = [c]
    for _ in range(steps):
        square = slopes.T @ slopes
        braked = square + damping * np.diag(np.diag(square))
        trial = c + np.linalg.solve(braked, slopes.T @ (y - values))
        new_values, new_slopes = model(trial)
        if np.sum((y - new_values) ** 2) < np.sum((y - values) ** 2):
            c, values, slopes = trial, new_values, new_slopes
            damping = damping / 5
        else:
            damping = damping * 5
        path.append(c)
    return np.array(path)
    ### END SOLUTION


# %% tags=["check"]
descend = checks.exercise("07.2", descend)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# values, slopes = model(c)
# path = [c]
# for _ in range(steps):
#     square = slopes.T @ slopes
#     braked = square + damping * np.diag(np.diag(square))
#     trial = c + np.linalg.solve(braked, slopes.T @ (y - values))
#     new_values, new_slopes = model(trial)
#     if np.sum((y - new_values) ** 2) < np.sum((y - values) ** 2):
#         c, values, slopes = trial, new_values, new_slopes
#         damping = damping / 5
#     else:
#         damping = damping * 5
#     path.append(c)
# return np.array(path)
# ```
#
# Without damping the step is right near the end and wild far from it, so the damping has to learn
# where it is. The diagonal scales the brake to each constant's own unit: a formula in millimetres
# takes the same path as one in metres.
# </details>
#
# Your search from 33 starts of $c$: once along the projected line, once over all three numbers, the
# weight starting at 1 or at −1. Beside it BFGS over all three numbers, the search that the paper
# and Kamienny et al. (2022) use.
#
# **Predict:** from where will the search arrive at the truth? What does projection help against?

# %%
STARTS = np.linspace(0.2, 5, 33)
line, plane = fits.projected(fits.SINE, xs[:, None], ys), fits.whole_sine(xs)
ends = {"yours, w solved": [descend(line, ys, np.array([c]))[-1][0] for c in STARTS]}
for w in (1, -1):
    starts = [np.array([c, 0, w]) for c in STARTS]
    ends[f"yours, all, w₁ = {w}"] = [descend(plane, ys, start)[-1][0] for start in starts]
    ends[f"BFGS, all, w₁ = {w}"] = [fits.bfgs_end(xs, ys, start) for start in starts]
arrived = {name: np.abs(np.abs(end) - 2.5) < 1e-3 for name, end in ends.items()}
style.show_figure(
    figures.arrivals(STARTS, arrived),
    "Rows of circles and crosses over the start of c, one row a search. Circles, where the truth "
    "is reached, gather around 2.5; the rows whose weight starts with the wrong sign have fewer.",
)
lab.record(basins={name: there.mean() for name, there in arrived.items()})

# %% [markdown]
# The circles gather around the true value, and each row has crosses. **Failure signature: one bad
# start.** A search that ends in another valley looks converged, since its slope is zero there, and
# a right skeleton is thrown away for bad luck. Solving for $w$ removes the dependence on the
# weight's start (compare the rows with 1 and −1), not the hills along $c$. Hence several starts for
# each skeleton. A row without a cross would be a surprise.
#
# ## 6 · Recombination
#
# *Must one draw contain the whole formula?* Look at the other equation of the pendulum,
# $\Delta\theta = 0.05\,\dot\theta + 0.0375\sin\theta + 0.0075\,u$. Its first term explains nearly
# everything; the other two are small beside it. The best of a batch of draws:

# %%
y_angle = targets["delta_theta"]


def candidates(target):
    """Skeletons that the transformer writes for a target, their numbers fitted; best first."""
    reader = Writer(model, x, target, generator)
    drawn = reader.sample(budget.rows, generator)
    return contests.fitted(reader.skeletons(drawn), x, target, generator)


generator = np.random.default_rng(SEED)
first = candidates(y_angle)
print(f"best of {len(first)} candidates:  {first[0].expression().text(names)}")
residual = y_angle - first[0].expression()(x)
print(f"residual: {np.var(residual) / np.var(y_angle):.1e} of the variance\n")
second = candidates(residual)
print(f"asked again, for the residual:  {second[0].expression().text(names)}")

# %% [markdown]
# The trick of the search: **ask again for what is left over**. The residual is standardised like
# any target, so small terms become large. Then throw the terms of *all* candidates into one pool
# and select a sparse sum among them. A term that is right in one candidate and a term that is right
# in another meet at last.

# %%
pool = fits.Pool(x, first, second)
print(f"{len(pool.labels)} terms in the pool, for instance: " + ";  ".join(pool.labels[:6]))

# %% [markdown]
# ### Exercise 3 · Forward selection (medium, required, 12 min)
#
# Choose `k` columns one by one: always the one whose correlation with the present *residual* is
# largest in size; then fit intercept and all chosen columns together, and take the new residual.
#
# <details><summary>Hint 1: the idea</summary>
# What is explained need not be explained again: compare each column with the residual, not with
# y.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Begin with the residual y minus its mean. Columns have mean 0 and norm 1, so columns.T @ residual
# is proportional to the correlations. After each choice call np.linalg.lstsq with a column of ones
# and all columns chosen so far, and take the new residual.</details>


# %%
def forward_selection(columns, y, k):
    """(n, M) columns of mean 0 and norm 1, (n,) target -> list of k indices in order of choice."""
    ### BEGIN SOLUTION
    chosen, residual = [], y - y.mean()
    for _ in range(k):
        chosen.append(int(np.argmax(np.abs(columns.T @ residual))))
        design = np.column_stack([np.ones(len(y)), columns[:, chosen]])
        residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return chosen
    ### END SOLUTION


# %% tags=["check"]
forward_selection = checks.exercise("07.3", forward_selection)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# chosen, residual = [], y - y.mean()
# for _ in range(k):
#     chosen.append(int(np.argmax(np.abs(columns.T @ residual))))
#     design = np.column_stack([np.ones(len(y)), columns[:, chosen]])
#     residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
# return chosen
# ```
#
# All chosen columns are fitted together because they overlap: a new column changes the best weights
# of the old ones. After that the residual is orthogonal to every chosen column, so none is chosen
# twice.
# </details>

# %%
order = forward_selection(pool.columns, y_angle, 3)
sums = [pool.sum_of(order[:n], y_angle) for n in range(4)]
residuals = [y_angle - one.expression(x) for one in sums[:3]]
likeness = [np.abs(pool.columns.T @ r) / np.linalg.norm(r) for r in residuals]
alike = np.sum(likeness[0] > 0.99 * likeness[0].max())
style.show_figure(
    figures.choices(likeness, [one.loss for one in sums[:3]], order, pool.labels),
    "Three panels, one a choice of your selection: bars of the terms most like what is left, the "
    f"chosen one orange. In the first panel {alike} are equally long, to 1 %.",
)
print(f"{alike} of {len(pool.labels)} terms resemble the target within 1 % of the chosen one")
package = pool.best_sum(y_angle)
package_loss = fits.lack_of_fit(package, x, y_angle)
print(f"best whole candidate  1 − R² = {first[0].loss:.1e}")
print(f"your selection        1 − R² = {sums[3].loss:.1e}   {sums[3].text()}")
print(f"the package's         1 − R² = {package_loss:.1e}   {package.text(names, 3)}")
lab.record(whole_loss=first[0].loss, yours=sums[3].loss, recombined_loss=package_loss)

# %% [markdown]
# Each panel is one choice: what resembles the present residual most (orange). Where functions are
# nearly straight lines on these points, such as $\tanh(0.08\,\dot\theta)$, a look-alike may win by
# very little, and a greedy choice is never taken back. The package's own selection begins from
# several first terms and the best triples, and lets idle terms drop out again. A greedy selection
# that always found the law would be a surprise.
#
# ### How many candidates? (optional)
#
# More draws cost time and bring terms. **Predict:** what helps more, four times as many draws or a
# better selection? And how far behind is the blind prior, which never saw a point?

# %% tags=["hide-input"]
exact = contests.exact_by_size(model, problems, budget.sizes, forward_selection, SEED)
style.show_figure(
    figures.found_by_size(exact, budget.sizes, len(problems)),
    "Shares of equations found exactly over the number of strings, with wide intervals: as a whole "
    "string, by your selection and by the package's, which lies highest; below it, from the prior.",
)
for (who, how), counts in exact.items():
    pairs = zip(counts, budget.sizes, strict=True)
    print(f"{who + ', ' + how:<28}" + "".join(f"{int(n):>5} at {size}" for n, size in pairs))
lab.record(by_size={f"{who}, {how}": counts for (who, how), counts in exact.items()})

# %% [markdown]
# Bars are 95 % intervals; they are wide. Recombination pays if the selection can take back a
# choice. More draws also bring more look-alikes, and a greedy selection falls for them: then the
# best whole string is the better answer. Whether the transformer's line is above the prior's at
# equal *draws* is one question; at equal *time* (section 4) it is another, and section 8 answers it
# with many more equations.
#
# ## 7 · Which equation?
#
# *There is a best fit for every length. Which one is true?* Without noise the answer is easy: the
# shortest one that is exact. With noise, longer is always a little better on the points fitted. To
# see what that does, take the first 40 steps only, and add noise of a tenth of the spread.
# *Everywhere* means over the whole range of states; a *node* is an operator, variable or number.

# %% tags=["hide-input"]
front, n = contests.noisy_front(model, x, y, 0.1, 40, SEED)
losses = np.array([fit.loss for fit in front])
numbers = np.array([float(fit.n_parameters) for fit in front])
all_over = np.array([fits.everywhere(fit.expression()) for fit in front])
print(f"{'nodes':>5}{'numbers':>9}{'1 − R² fitted':>15}{'everywhere':>12}   equation")
for fit, error in zip(front, all_over, strict=True):
    shown = textwrap.shorten(fit.expression().text(names, 3), 48, placeholder=" …")
    print(f"{contests.complexity(fit):>5}{fit.n_parameters:>9}{fit.loss:>15.2e}{error:>12.1e}   "
          f"{shown}")  # fmt: skip

# %% [markdown]
# **Failure signature: ranking by $R^2$ alone** picks the last line. Compare its two errors: on the
# points fitted it is the best of all; over the whole range of states it can be anything.
#
# ### Exercise 4 · Choosing by AICc (easy, required, 6 min)
#
# Akaike's criterion with the correction for few points (Hurvich and Tsai 1989) charges for every
# fitted number:
# $$\mathrm{AICc} = n \ln(\text{loss}) + 2k + \frac{2k(k+1)}{n-k-1},$$
# with $n$ points, $k$ fitted numbers, and loss $= 1 - R^2$. Return the index of the best equation.
#
# <details><summary>Hint 1: the idea</summary>
# Lower is better: the first term falls with the fit, the others rise with the numbers.</details>
#
# <details><summary>Hint 2: the structure</summary>
# loss and k are arrays, one entry an equation; n is one number. Compute the criterion for all at
# once and take np.argmin.</details>


# %%
def aicc_choice(loss, k, n):
    """(M,) 1 - R² of each equation, (M,) fitted numbers of each, points -> index of the best."""
    ### BEGIN SOLUTION
    value = n * np.log(loss) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
    return int(np.argmin(value))
    ### END SOLUTION


# %% tags=["check"]
aicc_choice = checks.exercise("07.4", aicc_choice)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# value = n * np.log(loss) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
# return int(np.argmin(value))
# ```
#
# A useless number lowers the loss by chance, and the second and third term take back about what it
# gains. Only the differences between equations matter, so constants that all share are left out.
# </details>

# %%
pick = aicc_choice(losses, numbers, n)
nodes = [contests.complexity(fit) for fit in front]
style.show_figure(
    figures.two_errors(nodes, losses, all_over, pick),
    "Two curves over the length of the equation. The error on the fitted points falls slowly; the "
    "error over all states is smallest in the middle and jumps up at the end. The chosen equation "
    "is circled on both.",
)
print(f"your choice: {front[pick].expression().text(names, 3)[:70]}\n")
rules = contests.choices_under_noise(model, x, y, aicc_choice, SEED)
print("six settings of noise and points: error over the whole range of states")
for rule, errors in rules.items():
    print(f"{rule:<20} median {np.median(errors):8.1e}   worst {np.max(errors):8.1e}")
lab.record(ranking=rules)

# %% [markdown]
# The error on the points goes on falling while the error everywhere turns: what follows is noise
# learned by heart, and a formula with a pole (a denominator that vanishes) can be off by any amount
# where no point was. Your choice is circled. `symtut` itself goes by **description length**: it
# charges for nodes as well, since two formulas with equally many numbers need not be equally
# simple. Compare the medians of the three rules, and then the last column: in its worst setting
# each rule errs. A criterion that never does would be a surprise.
#
# ### Your own regressor
#
# All four parts are there. Together they are a symbolic regressor: *your* nucleus draws, *your*
# descent finds the numbers, *your* selection recombines, *your* criterion chooses.


# %%
def my_regressor(x, y, most=5):
    """Sums of 1, 2, ... terms for the points, and the place of the one to believe."""
    reader = Writer(model, x, y, generator)
    drawn = reader.sample(64, generator, keep=nucleus)
    fitted = fits.numbers_by(descend, reader.skeletons(drawn), x, y, generator)
    pool = fits.Pool(x, fitted[:8])  # worse candidates bring look-alikes
    order = forward_selection(pool.columns, y, min(most, len(pool.labels)))
    sums = [pool.sum_of(order[: k + 1], y) for k in range(len(order))]
    loss = np.array([max(one.loss, 1e-12) for one in sums])  # below it is rounding
    return sums, aicc_choice(loss, np.array([float(one.numbers) for one in sums]), len(y))


generator = np.random.default_rng(SEED)
sums, place = my_regressor(x, y)
for k, one in enumerate(sums):
    print(f"{'→' if k == place else ' '} 1 − R² = {one.loss:.1e}   {one.text()[:70]}")
print(f"the law: 0.75 sin(theta) + 0.15 u; off by {fits.everywhere(sums[place].expression):.1e}")

trials = [(sums, place), *(my_regressor(x, y) for _ in range(4))]  # same points, other draws
off = [fits.everywhere(found[chosen].expression) for found, chosen in trials]
print(f"the law was found with {np.sum(np.array(off) < 1e-9)} of {len(off)} sets of draws")
lab.record(mine=off)

# %% [markdown]
# Where the arrow stands at $0.75\sin\theta + 0.15\,u$, your code has found the equation of motion
# from 200 steps of a random policy. Longer sums fit no better than that, and the criterion leaves
# them. The last line counts how often that happens with other draws for the same points. Where it
# did not, a look-alike came first.
#
# ## 8 · Was the transformer needed?
#
# *Everything after the decoder works alike, whoever suggested the terms.* Call what suggests
# skeletons the **proposer**. So we exchange the proposer, give each the same CPU time on the same
# points, and count. The tables are stored with the package.
#
# | name | who proposes |
# |---|---|
# | transformer | samples of the shipped weights |
# | prior | blind draws from the distribution that they were trained on |
# | sparse | all functions of a fixed library (as SINDy) |
# | …+prior | a quarter from the transformer, the rest blind |
# | …+sparse | where the proposals leave something over, the library's terms join the pool |
# | gplearn, pyoperon, pysindy | public libraries: two genetic programs, sparse regression |
#
# **Predict:** on mechanics, with ten seconds each: who leads, and by how much?

# %% tags=["hide-input"]
panels = {}
for title, suite, seconds in (
    ("mechanics, 10 s", "mechanics", 10), ("random functions, 1 s", "random", 1)
):  # fmt: skip
    panels[title], cards = contests.stored(suite, seconds)
    print("\n".join(cards))
style.show_figure(
    figures.recovery(panels),
    "Bars with intervals: the share of equations that each method finds exactly, on mechanics and "
    "on random functions. On mechanics transformer, prior and their mixtures are level; on random "
    "functions the transformer with the library leads.",
)

# %% [markdown]
# Pale: exact on fresh points of the same region. Full, with a 95 % interval: still exact in a
# region half as large again, where hardly any but the right form is. (Of the random functions,
# those with three or more terms or nested ones.) An interval alone does not compare two methods
# that met the *same* problems. For that, take the ratio of what they find, and resample the
# problems: *ahead* and *behind* mean that the interval of the ratio leaves out 1, *level* that it
# contains 1.

# %% tags=["hide-input"]
verdicts = {}
for title, rows in panels.items():
    print(title)
    for above, below in (
        ("transformer", "prior"), ("transformer+sparse", "prior+sparse"),
        ("transformer+sparse", "sparse"), ("transformer+sparse", "pyoperon"),
        ("transformer+sparse", "pysindy"),
    ):  # fmt: skip
        verdicts[title, above, below], line = contests.verdict(rows, above, below)
        print(line)
assert verdicts["mechanics, 10 s", "transformer", "prior"] == "level"
assert verdicts["mechanics, 10 s", "transformer+sparse", "prior+sparse"] == "level"
assert verdicts["random functions, 1 s", "transformer", "prior"] == "level"
assert verdicts["random functions, 1 s", "transformer+sparse", "prior+sparse"] == "ahead"
assert {word for (*_, below), word in verdicts.items() if below.startswith("py")} == {"ahead"}
lab.record(verdicts=list(verdicts.values()))

# %% [markdown]
# On mechanics the transformer is level with blind draws from its own prior. On random functions it
# is ahead of them only when both have the library beside them. A blind prior with the same
# constants, pool and ranking is a strong opponent: its draws are cheap, and the suites are short
# formulas. Much of what looks like the transformer's skill is the work of sections 5 to 7, which
# all proposers share. The public libraries are behind on both suites. But `mechanics` flatters this
# project: a list of products for quotients was written after looking at which of its equations had
# failed. A transformer that was ahead of the prior everywhere would be a surprise.
#
# ## 9 · Products in the logarithm, and structure before search (optional)
#
# *What can be found without drawing anything?* Many laws of physics are one product of powers,
# $y = c\,x_1^{p_1} x_2^{p_2} \cdots$ The picture on the left shows one: the power $y$ that an
# animal of mass $m$ turns over at rest (made-up points with 5 % noise).
# **Predict:** what will the same points look like when both axes are logarithmic?

# %%
generator = np.random.default_rng(SEED)
mass = np.exp(generator.uniform(np.log(0.02), np.log(4000), 120))  # kg
watts = 3.4 * mass**0.75 * np.exp(0.05 * generator.standard_normal(120))
slope, offset = np.polyfit(np.log(mass), np.log(watts), 1)
style.show_figure(
    figures.logarithm(mass, watts, slope, np.exp(offset)),
    "The same points twice: a bent cloud with plain axes, a straight line with logarithmic ones.",
)
lab.record(slope=slope)

# %% [markdown]
# A straight line, and its slope is the exponent. With several variables the line becomes a plane:
# $$\log|y| = \log|c| + p_1 \log|x_1| + \dots + p_d \log|x_d|,$$
# linear in the unknowns $\log|c|$ and $p_1, \dots, p_d$. No start, no candidates, one linear
# regression.
#
# ### Exercise 5 · Exponents (easy, optional, 8 min)
#
# Write that regression. Variables and `y` may be negative, never zero; the sign of $c$ is found
# afterwards.
#
# <details><summary>Hint 1: the idea</summary>
# In the logarithm the product is a sum, and its exponents are slopes.</details>
#
# <details><summary>Hint 2: the structure</summary>
# The columns of the design are a column of ones and np.log(np.abs(x)); the target is
# np.log(np.abs(y)). np.linalg.lstsq gives the intercept and the exponents; return the exponents
# alone.</details>


# %%
def exponents(x, y):
    """x (n, d) and y (n,), none of them zero -> the exponents p (d,)."""
    ### BEGIN SOLUTION
    design = np.column_stack([np.ones(len(y)), np.log(np.abs(x))])
    return np.linalg.lstsq(design, np.log(np.abs(y)), rcond=None)[0][1:]
    ### END SOLUTION


# %% tags=["check"]
exponents = checks.exercise("07.5", exponents)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# design = np.column_stack([np.ones(len(y)), np.log(np.abs(x))])
# return np.linalg.lstsq(design, np.log(np.abs(y)), rcond=None)[0][1:]
# ```
#
# The column of ones takes up log|c|, whatever the coefficient is. One linear regression gives all
# exponents at once, with no start and no candidates.
# </details>
#
# Two of these laws are products of powers; the third has a cosine in it as well.
# **Predict:** which of the fitted exponents will be no simple fractions?

# %%
draws = generator.uniform([0.5, 0.5, 0.2], [5, 3, 1.4], (200, 3))
a, b, angle = draws.T
laws = {
    "6.7*a*b**-2": 6.7 * a / b**2,
    "-2*a**1.5*b**-0.5": -2 * a**1.5 * b**-0.5,
    "9.8*a**1.5/b*cos(angle)": 9.8 * a**1.5 / b * np.cos(angle),
}
for text, values in laws.items():
    noisy = values * (1 + 0.02 * generator.standard_normal(200))
    powers = exponents(draws, noisy)
    print(f"{text:<25}" + "".join(f"{p:8.3f}" for p in powers))
    lab.record(**{f"exponents_{len(text)}": powers})

# %% [markdown]
# The exponents of $a$ and $b$ are close to their fractions, and the cosine has bent the exponent of
# its angle. So the package tries, beside the logarithms of the variables, the logarithm of each of
# a long list of **factors** ($\cos x$, $1 \pm x$, $e^{xy}$, $x^2 + y^2$, …) and each pair of them.
# Exponents near simple fractions are rounded, and a rounding stays if the data do not object:

# %%
proposals = fits.products(draws, noisy, ("a", "b", "angle"))
for text, loss in proposals[:3]:
    print(f"1 − R² = {loss:.1e}   {text}")
lab.record(product=proposals[0][0])

# %% [markdown]
# ### One combination
#
# *And where there is no product?* A hot body shines with the intensity
# $y = f^3 / (e^{4.8 f/T} - 1)$, where $f$ is the frequency and $T$ the temperature (M. Planck,
# 1900). Suppose that you know nothing of this formula and have 200 points. Plot $y / f^3$ against
# three combinations $w$ of the two. **Predict:** which of the pictures will be a curve and not a
# cloud?

# %%
f, temperature = generator.uniform([0.5, 1.0], [8.0, 6.0], (200, 2)).T
intensity = f**3 / (np.exp(4.8 * f / temperature) - 1)
ways = {"f·T": f * temperature, "f": f, "f / T": f / temperature}
left = {text: fits.off_the_line(w, np.log(intensity / f**3)) for text, w in ways.items()}
style.show_figure(
    figures.combinations(ways, intensity / f**3, left, temperature),
    "Three panels of the same points over f times T, f, and f over T: two clouds, and on the right "
    "one smooth curve.",
)
lab.record(off_the_line=list(left.values()))

# %% [markdown]
# The colour is the temperature; the grey line joins neighbours in $w$. On the right all points lie
# on one curve, whatever their temperature: after division by $f^3$ only $f/T$ matters. W. Wien knew
# that in 1893, seven years before the formula was found. The test needs no formula: if $w$ is the
# right combination, each point lies on the line between its two neighbours. The number above each
# picture says which share of the variance does not.
#
# The powers in front need not be known either. In $\log|y| = \sum_i p_i \log|x_i| + g(w)$ the
# unknown function $g$ almost cancels between neighbours, and the exponents follow from a linear
# regression on the differences (Yatchew 1997). So hundreds of combinations are tried in
# milliseconds. What is then left to find is a function of *one* variable.

# %%
columns = np.column_stack([f, temperature])
reductions = fits.one_combination(columns, intensity, ("f", "T"))
for factor, combination, rest in reductions:
    print(f"y = {factor} times a function of {combination}; off the line: {rest:.1e}")
regressor = SymbolicRegressor(random_state=SEED, feature_names=("f", "T")).fit(columns, intensity)
print(f"\nthe whole regressor: {regressor.equations_[0]['equation']}")
outside = 1.5 * columns
law = outside[:, 0] ** 3 / (np.exp(4.8 * outside[:, 0] / outside[:, 1]) - 1)
outside_error = fits.lack_of_fit(regressor.predict, outside, law)
print(f"1 − R² in a region half as large again: {outside_error:.1e}")

laws_found = contests.shares(contests.stored("laws", 10)[0])
print("\n49 textbook laws, found exactly in 10 s: "
      + ", ".join(f"{method} {share:.0%}" for method, share in laws_found.items()))  # fmt: skip
assert laws_found["transformer+sparse"] > 1.5 * laws_found["pyoperon"]
lab.record(reductions=[r[1] for r in reductions], planck_outside=outside_error)

# %% [markdown]
# Both tools look first and draw nothing, so they cost almost nothing where they fail. They fail
# where the law is neither a product nor a function of one combination from the list. The default
# method, `transformer+sparse`, tries them after sums of library terms and before the transformer;
# on textbook laws they do nearly all the work, and put it ahead of genetic programming. What each
# step is worth stands in `docs/regressors.md`.
#
# ## 10 · A few rows, live (optional)
#
# *Are the stored numbers true?* These rows are computed now, by the function that
# `symtut benchmark regression` calls. A time limit cuts at another place on another machine, so
# last digits and sometimes verdicts differ.

# %%
problem_names = ("pendulum.omega", "van_der_pol.v", "unicycle.x", "fitzhugh_nagumo.v")
rows = contests.live(problem_names[: budget.live], budget.seconds, SEED)
print(f"{budget.seconds:g} CPU-s an equation")
for row in rows:
    print(f"{row['problem']:<19}{row['method']:<12}{'exact' if row['exact'] else '-':<6}"
          f"{row['cpu_seconds']:>6.2f} CPU-s   {row['equation'][:44]}")  # fmt: skip
lab.record(live_exact={f"{row['problem']} {row['method']}": row["exact"] for row in rows})

# %% [markdown]
# ## Quick quiz
#
# <details><summary>Why does a draw almost never contain the whole right formula, and why is that
# no disaster?</summary> Its probability is a product over all tokens. But the terms of the right
# formula are short and turn up in different draws; recombination joins them, and residuals show
# the small ones.</details>
#
# <details><summary>Beam search returns the most probable strings. Why is it not the obvious
# choice?</summary> The fit to the data decides, not the probability, and the most probable strings
# resemble each other. Whether that costs anything has to be measured: see section 4.</details>
#
# <details><summary>What does variable projection do for a formula without inner
# constants?</summary> Everything: its numbers are the solution of one linear least-squares problem.
# No start, no iterations, no local minima.</details>
#
# <details><summary>Two equations fit 40 noisy points with R² 0.991 and 0.996; the second has 40
# nodes. Which one?</summary> Ask a criterion that charges for numbers and nodes, or points that
# were held back. With that many nodes on so few points the difference may be noise that was
# learned by heart.</details>
#
# <details><summary>Why compare proposers at equal CPU time and not at equal draws?</summary>
# A blind draw is much cheaper than one of the transformer (last column in section 4). What you can
# spend is time.</details>
#
# ## What to remember
#
# - A formula is drawn token by token; a mask that counts open places makes every string a formula.
# - Temperature trades variety against relevance; candidates are compared in canonical form.
# - Solve for what is linear, search only for the rest, from several starts.
# - Recombine terms, ask again for the residual, and rank by fit *and* length; $R^2$ alone picks
#   monsters.
# - Put the blind prior and the sparse library beside every result. Where they are level, say so.
# - Optional: a product is a plane in the logarithm, and a law that depends on one combination alone
#   is a curve when it is plotted against it.
#
# ## What next
#
# Set `PROFILE = "paper"` for all equations of the suite, or make a table of your own:
# `symtut benchmark regression --suite mechanics --methods transformer,prior --out mine.csv`.
# Notebook 08 asks what weights gain by seeing functions of one world; notebook
# [10](10_symbolic_mbpo.ipynb) puts the regressor into the loop, and
# [12](12_limits_and_open_questions.ipynb) tries outliers and noise.
#
# ## References
#
# - A. Gorodetskiy, K. Mironov, A. Panov, *Model-based Policy Optimization using Symbolic World
#   Model*, 2024, arXiv 2407.13518.
# - P.-A. Kamienny, S. d'Ascoli, G. Lample, F. Charton, *End-to-end symbolic regression with
#   transformers*, NeurIPS 2022, arXiv 2204.10532.
# - A. Holtzman, J. Buys, L. Du, M. Forbes, Y. Choi, *The Curious Case of Neural Text Degeneration*,
#   ICLR 2020, arXiv 1904.09751.
# - G. H. Golub, V. Pereyra, *The differentiation of pseudo-inverses and nonlinear least squares
#   problems whose variables separate*, SIAM Journal on Numerical Analysis 10, 1973.
# - D. W. Marquardt, *An Algorithm for Least-Squares Estimation of Nonlinear Parameters*, Journal of
#   the Society for Industrial and Applied Mathematics 11, 1963.
# - C. M. Hurvich, C.-L. Tsai, *Regression and time series model selection in small samples*,
#   Biometrika 76, 1989.
# - A. Yatchew, *An elementary estimator of the partial linear model*, Economics Letters 57, 1997.
# - S.-M. Udrescu, M. Tegmark, *AI Feynman: a physics-inspired method for symbolic regression*,
#   Science Advances 6, 2020, arXiv 1905.11481.
# - W. La Cava et al., *Contemporary Symbolic Regression Methods and their Relative Performance*,
#   NeurIPS Datasets and Benchmarks 2021, arXiv 2107.14351.
